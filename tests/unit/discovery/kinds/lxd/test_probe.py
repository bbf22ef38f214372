# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container that looks into the kernel of a server's node: where it is made, and that it never stays."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._lxd.probe import probe_kernel

IMAGES = [
    {"id": "f1", "names": ["app"], "os": None},
    {"id": "f2", "names": [], "os": "alpine"},
]
TEXT = b"sys/kernel\n\nproc/meminfo:MemAvailable: 1024 kB\nproc/cpuinfo:flags : fpu\nproc/sys/vm/swappiness:60\n"


class Refused(Exception):
    status_code = 400


class Server:
    """What is asked of a server, in order."""

    timeout = 5.0

    def __init__(self, refuses=None):
        self.refuses, self.calls = refuses, []

    def do(self, method, path, json=None, target=None):
        action = (json or {}).get("action") or method
        self.calls.append((action, path.partition("/")[2].replace(self.name, "NAME"), target))
        if action == self.refuses:
            raise Refused
        if path == "instances":
            self.made = json
        return {"output": {"1": "/1.0/instances/x/logs/exec.stdout"}}

    @property
    def name(self):
        return getattr(self, "made", {}).get("name", "NAME")

    def read_file(self, _url):
        return TEXT


def probe(server, image=""):
    return probe_kernel(server, IMAGES, image, "m1", "fast", "The LXD or Incus server at https://lab:8443")


def test_it_is_made_on_the_member_run_and_removed():
    server = Server()
    facts = probe(server)
    assert [action for action, _path, _target in server.calls] == ["post", "start", "post", "stop", "delete"]
    assert server.calls[0][2] == "m1"
    assert server.made["source"]["fingerprint"] == "f2"
    assert server.made["profiles"] == []
    assert server.made["devices"] == {"root": {"type": "disk", "path": "/", "pool": "fast"}}
    assert server.made["config"]["user.rightscope.probe"] == "kernel"
    assert facts["kernel_sysctls"] == {"vm.swappiness": "60"}
    assert not {"memory_free", "cpu_flags"} & set(facts)


@pytest.mark.parametrize("refused", ["post", "start"])
def test_one_that_cannot_be_run_is_removed_all_the_same(refused):
    server = Server(refuses=refused)
    with pytest.raises(DiscoveryError, match="cannot run a probing container from 'alpine'"):
        probe(server)
    assert [action for action, _path, _target in server.calls][-2:] == ["stop", "delete"]


def test_the_user_names_the_image():
    server = Server()
    probe(server, "app")
    assert server.made["source"]["fingerprint"] == "f1"
