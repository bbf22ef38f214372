# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an engine says of itself, for people."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._docker.discovery import (
    _describe_server,
)


@pytest.mark.parametrize(
    ("info", "told"),
    [
        pytest.param({"Swarm": {"LocalNodeState": "active", "ControlAvailable": True}}, "manager", id="manager"),
        pytest.param({"Swarm": {"LocalNodeState": "active", "ControlAvailable": False}}, "worker", id="worker"),
        pytest.param({"Swarm": {"LocalNodeState": "inactive"}}, None, id="in no swarm"),
        pytest.param({}, None, id="an engine that knows none"),
    ],
)
def test_says_its_role_in_a_swarm(info, told):
    assert _describe_server(info).get("swarm_role") == told


def test_says_its_runtimes_and_devices():
    devices = [{"Source": "cdi", "ID": "nvidia.com/gpu=0"}, {"Source": "other", "ID": "x"}]
    server = _describe_server(
        {"Runtimes": {"runc": {}, "kata": {}}, "DefaultRuntime": "runc", "DiscoveredDevices": devices}
    )
    assert server == {
        "name": "docker",
        "runtimes": ["kata", "runc"],
        "default_runtime": "runc",
        "cdi_devices": ["nvidia.com/gpu=0"],
    }
