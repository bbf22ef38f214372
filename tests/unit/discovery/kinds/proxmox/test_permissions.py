# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who asks, and what that user may do."""

from __future__ import annotations

import json

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import discover
from tests.unit.discovery.kinds.proxmox.cluster import OPTIONS
from tests.unit.discovery.kinds.refusals import Forbidden, NotThere, status_error


@pytest.mark.parametrize(
    ("answer", "permissions"),
    [
        pytest.param(NotThere(), None, id="a release that has no such thing"),
        pytest.param(status_error(501), None, id="one that says so"),
        pytest.param(Forbidden(), {"user": "deploy@pve", "paths": None}, id="asked and refused"),
        pytest.param(status_error(500), {"user": "deploy@pve", "paths": None}, id="asked and failed"),
        pytest.param(
            {
                "/": {"Sys.Audit": 1},
                "/access": {"Sys.Audit": 1},
                "/nodes": {"Sys.Audit": 1},
                "/vms": {"VM.Audit": 1, "VM.Clone": 0},
                "/vms/100": {"VM.Audit": 1},
                "/vms/101": {"VM.Audit": 1, "VM.Clone": 1},
            },
            {
                "user": "deploy@pve",
                "paths": {
                    "/": {"Sys.Audit": True},
                    "/vms": {"VM.Audit": True, "VM.Clone": False},
                    "/vms/101": {"VM.Audit": True, "VM.Clone": True},
                },
            },
            id="a path that only repeats what is above it is left out",
        ),
    ],
)
def test_what_the_user_may_do(cluster, answer, permissions):
    cluster(**{"access/permissions": answer})
    assert discover("proxmox", OPTIONS, "web").get("permissions") == permissions


def test_a_token_is_another_user(cluster):
    cluster()
    token = {"api_host": "pve", "api_user": "deploy@pve", "api_token_id": "ansible", "api_token_secret": "hunter2"}
    found = discover("proxmox", token, "web")
    assert found["permissions"]["user"] == "deploy@pve!ansible"
    assert "hunter2" not in json.dumps(found)
