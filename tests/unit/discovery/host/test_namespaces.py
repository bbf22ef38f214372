# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an unprivileged container could set: tried for real on this kernel, and nothing changes by that."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.host import namespaces

UNSHARE = ["unshare", "--user", "--map-root-user", "--net", "--ipc"]


def readable(path: str) -> str | None:
    try:
        return Path("/proc/sys", path).read_text(encoding="utf-8")
    except OSError:
        return None


def test_what_is_said_to_be_settable_can_be_set_in_such_namespaces():
    found = namespaces.settable()
    # The last pid of a namespace is a counter.
    still = [name for name in found or () if name != "kernel.ns_last_pid"]
    before = {name: readable(name.replace(".", "/")) for name in still}
    # By another way: as nobody, for root may write more.
    script = "for one in net/ipv4/ip_forward vm/swappiness; do test -w /proc/sys/$one && echo $one; done; true"
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *UNSHARE, "sh", "-c", script]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        assert found is None, "nobody may make such namespaces here"
        return
    assert ("net.ipv4.ip_forward" in found) is ("net/ipv4/ip_forward" in ran.stdout)
    assert not [name for name in found if name.startswith(("vm.", "user."))]
    assert {name: readable(name.replace(".", "/")) for name in still} == before


def test_what_cannot_be_tried_is_not_known(monkeypatch):
    monkeypatch.setattr(namespaces.sys, "executable", "/no/such/python")
    assert namespaces.settable() is None


def test_what_fails_on_the_way_is_not_known(monkeypatch):
    monkeypatch.setattr(namespaces, "_CODE", "print('/proc/sys/net/core/somaxconn'); raise SystemExit(1)")
    assert namespaces.settable() is None
