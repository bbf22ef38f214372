# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of a cluster's nodes."""

from __future__ import annotations

import json

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import discover
from tests.unit.discovery.kinds.proxmox.cluster import OPTIONS, PRIVILEGES, PVE
from tests.unit.discovery.kinds.refusals import Forbidden


def test_facts(cluster):
    cluster()
    found = discover("proxmox", OPTIONS, "web", "pve")
    assert "hunter2" not in json.dumps(found)
    assert found["permissions"] == {"user": "deploy@pve", "paths": {"/": dict.fromkeys(PRIVILEGES, True)}}
    assert (found["server"], found["next_id"]) == ({"name": "proxmox", "version": "8.4.21", "quorate": True}, 103)
    online, offline = found["nodes"]
    assert offline == {"name": "pve2", "online": False, "facts": {}, "origins": {}}
    assert online["facts"] == {
        "os_type": "linux",
        "os_name": "Proxmox VE 8.4.21",
        "engine_version": "8.4.21",
        "architectures": ["x86_64"],
        "kernel_version": "6.8.12-4-pve",
        "cpus": 16,
        "cpu_flags": ["avx2", "fpu", "vmx"],
        "memory": 32768,
        "memory_free": 24576,
        "memory_reserved": 3 * 1024 + 300,
        "storages": {"local-lvm": 102400},
        "storage_types": {"local-lvm": "lvmthin", "broken": "nfs"},
        "networks": {"vmbr0": "bridge"},
        "peers": 0,
        "pci_devices": ["0000:01:00.0 10de:1eb8"],
        "usb_devices": ["1-2.4 1a6e:089a"],
        "isolation": "machine",
        "images": [
            {
                "id": "900",
                "names": ["debian-12-cloud"],
                "os": "debian",
                "os_version": "12",
                "disk": 2252,
                "disk_key": "scsi0",
                "storage": "local-lvm",
                "config": PVE["nodes/pve1/qemu/900/config"],
            }
        ],
    }


@pytest.mark.parametrize("status", [403, 501])
def test_what_this_user_may_not_know_is_left_out(cluster, status):
    refused = Forbidden()
    refused.status_code = status
    paths = ("network", "hardware/pci", "hardware/usb")
    cluster(**{f"nodes/pve1/{path}": refused for path in paths})
    facts = discover("proxmox", OPTIONS)["nodes"][0]["facts"]
    assert not {"networks", "pci_devices", "usb_devices", "nested_virtualization", "gpus"} & set(facts)


def test_bridges_that_are_filtered_away_are_not_known(cluster):
    cluster(**{"nodes/pve1/network": []})
    assert "networks" not in discover("proxmox", OPTIONS)["nodes"][0]["facts"]


def test_what_a_service_gives_back_is_what_was_counted_for_it(cluster):
    """The decision adds an instance's memory to what is not promised: here none but this service's is."""
    cluster(**{"nodes/pve1/lxc": []})
    found = discover("proxmox", OPTIONS, "web")
    (instance,) = found["instances"]
    assert found["nodes"][0]["facts"]["memory_reserved"] == instance["memory"] == 3 * 1024


def test_nodes_that_cannot_be_reached_are_no_peers(cluster):
    gone = Forbidden()
    gone.status_code = 595
    nodes = [{"node": name, "status": "online"} for name in ("pve1", "pve2", "pve3")]
    pve3 = {path.replace("pve1", "pve3"): answer for path, answer in PVE.items() if "nodes/pve1/" in path}
    cluster(**{"nodes": nodes, "nodes/pve2/qemu": gone, **pve3})
    found = discover("proxmox", OPTIONS)["nodes"]
    assert [(node["online"], node["facts"].get("peers")) for node in found] == [(True, 1), (False, None), (True, 1)]


def test_a_node_that_may_not_be_looked_at_is_one_that_is_not_known(cluster):
    cluster(**{"nodes/pve1/status": Forbidden()})
    facts = next(node for node in discover("proxmox", OPTIONS, "web")["nodes"] if node["online"])["facts"]
    assert not {"cpus", "memory", "memory_free", "kernel_version"} & set(facts)
    assert facts["storages"] == {"local-lvm": 102400}


def test_a_node_that_went_offline_meanwhile(cluster):
    gone = Forbidden()
    gone.status_code = 595
    cluster(**{"nodes/pve1/qemu": gone})
    assert [node["online"] for node in discover("proxmox", OPTIONS)["nodes"]] == [False, False]
