# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server's instances."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import find


@pytest.mark.parametrize(
    ("service", "name", "state", "addresses", "ready", "node"),
    [
        ("web", "web", "started", ["10.0.3.17", "fd00::5"], True, "lab"),
        ("web2", "named", "stopped", [], False, "lab"),
        ("lonely", "lonely", "started", [], True, "lab"),
        ("lost", "lost", "error", [], False, "m2"),
    ],
)
def test_instances(server, service, name, state, addresses, ready, node):
    (found,) = find("lxd", server(), service, "lab")
    assert (found["form"], found["name"], found["state"]) == ("lxd_container", name, state)
    assert (found["addresses"], found["ready"], found["node"], found["memory"]) == (addresses, ready, node, 512)
