# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a guest of Proxmox VE is up to, and what builds on its disks."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._proxmox.guests import (
    has_agent,
    linked_clones,
    run_state,
)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"status": "running", "qmpstatus": "running"}, "started"),
        ({"status": "running"}, "started"),
        *(
            ({"status": "running", "qmpstatus": qmp}, "paused")
            for qmp in ("paused", "suspended", "prelaunch", "io-error")
        ),
        ({"status": "stopped", "qmpstatus": "stopped"}, "stopped"),
        ({"status": "stopped", "lock": "suspended"}, "hibernated"),
        ({"status": "stopped", "lock": "backup"}, "stopped"),
        ({"status": "running", "qmpstatus": "running", "lock": "backup"}, "started"),
        ({}, "unknown"),
    ],
)
def test_the_state_of_a_guest(status, state):
    assert run_state(status) == state


class Cluster:
    """One node with these guests' configurations."""

    def __init__(self, configs):
        self.configs = configs

    def get(self, path, **_query):
        if path == "nodes":
            return [{"node": "pve1", "status": "online"}]
        return [{"vmid": vmid} for vmid in self.configs] if path.endswith("/qemu") else []

    def get_if_allowed(self, path, **_query):
        return self.configs.get(int(path.split("/")[3]))


@pytest.mark.parametrize(
    ("own", "other", "found"),
    [
        pytest.param("lvm:base-100-disk-0,size=8G", "lvm:base-100-disk-0/vm-101-disk-0,size=8G", ["101"], id="thin"),
        pytest.param(
            "local:100/base-100-disk-0.raw", "local:100/base-100-disk-0.raw/101/vm-101-disk-0.qcow2", ["101"], id="file"
        ),
        pytest.param("lvm:base-100-disk-0,size=8G", "lvm:vm-101-disk-0,size=8G", [], id="nobody's base"),
        pytest.param("lvm:base-100-disk-1,size=8G", "lvm:base-100-disk-10/vm-101-disk-0", [], id="another base"),
        pytest.param("lvm:vm-100-disk-0", "lvm:base-100-disk-0/vm-101-disk-0", [], id="no base of its own"),
        pytest.param("lvm:base-900-disk-0/vm-100-disk-0", "lvm:base-900-disk-0/vm-101-disk-0", [], id="a brother"),
    ],
)  # fmt: skip
def test_the_guests_whose_disks_build_on_its_own(own, other, found):
    config = {"scsi0": own}
    cluster = Cluster({100: config, 101: {"scsi0": other}})
    guest = {"vmid": 100, "node": "pve1", "kind": "qemu"}
    assert linked_clones(cluster, guest, config) == found


@pytest.mark.parametrize(
    ("agent", "enabled"),
    [("1", True), (1, True), ("enabled=1,type=virtio", True), ("0", False), ("enabled=0", False), (None, False)],
)
def test_the_agent(agent, enabled):
    assert has_agent({} if agent is None else {"agent": agent}) is enabled
