# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster's guests as instances."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import discover, find
from tests.unit.discovery.kinds.proxmox.cluster import OPTIONS, WEB
from tests.unit.discovery.kinds.refusals import NotThere


def test_an_instance_as_the_plan_needs_it(cluster):
    cluster()
    (found,) = find("proxmox", OPTIONS, "web", "pve")
    config = found.pop("config")
    assert found == {
        "form": "proxmox_vm",
        "name": "web",
        "id": "101",
        "node": "pve1",
        "state": "started",
        "service": "web",
        "process": None,
        "signature": None,
        "addresses": ["10.0.0.7"],
        "ports": [],
        "ready": True,
        "up": True,
        "memory": 3 * 1024,
    }
    assert set(config["config"]) == set(WEB) - {"digest", "cipassword"}
    assert [entry["key"] for entry in config["pending"]] == ["memory", "net1"]
    assert config["status"] == {"status": "running", "qmpstatus": "running", "lock": "backup"}
    assert config["agent"] is True


def test_an_agent_that_does_not_answer_is_not_ready(cluster):
    cluster(**{"nodes/pve1/qemu/101/agent/network-get-interfaces": TimeoutError()})
    (found,) = find("proxmox", OPTIONS, "web", "pve")
    assert (found["state"], found["addresses"], found["ready"]) == ("started", [], False)


@pytest.mark.parametrize(
    ("service", "found"),
    [
        ("queue", [("renamed", "proxmox_vm", "queue", False)]),
        ("ct1", [("ct1", "proxmox_container", None, True)]),
        ("other", [("other", "proxmox_vm", None, False)]),
        ("debian-12-cloud", []),
        ("rename", []),
        (None, [("web", "proxmox_vm", "web", True), ("renamed", "proxmox_vm", "queue", False)]),
    ],
)
def test_instances_by_name_or_mark(cluster, service, found):
    cluster(**{"nodes/pve1/qemu/104/config": {}})
    instances = discover("proxmox", OPTIONS, service)["instances"]
    assert [(one["name"], one["form"], one["service"], one["ready"]) for one in instances] == found


def test_finding_by_name_asks_for_no_other_guest(cluster):
    api = cluster()
    find("proxmox", OPTIONS, "web")
    assert not [path for path in api.asked if "/102/" in path or "permissions" in path or "storage" in path]


def test_a_guest_that_went_away_meanwhile_is_none(cluster):
    cluster(**{"nodes/pve1/qemu/101/config": NotThere(), "nodes/pve1/qemu/900/config": NotThere()})
    found = discover("proxmox", OPTIONS, "web")
    assert found["instances"] == []
    assert found["nodes"][0]["facts"]["images"] == []
