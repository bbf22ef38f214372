# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of a server's node, and of the members of a cluster."""

from __future__ import annotations

import json

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import discover
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._lxd.nodes import memory_limit
from tests.unit.discovery.kinds.lxd.server import ANSWERS, lxd_instance
from tests.unit.discovery.kinds.refusals import Forbidden


def test_facts(server):
    found = discover("lxd", server(), "web", "lab")
    json.dumps(found)
    assert found["server"] == {
        "name": "incus",
        "version": "6.0.4",
        "url": "https://lab:8443",
        "clustered": False,
        "instance_types": ["container"],
        "kernel_features": ["seccomp_listener"],
    }
    (node,) = found["nodes"]
    images = node["facts"].pop("images")
    assert node["facts"] == {
        "os_type": "linux",
        "os_name": "Debian GNU/Linux 12",
        "engine_version": "6.0.4",
        "architectures": ["x86_64", "i686"],
        "kernel_version": "0.0.1-elsewhere",
        "cpus": 4,
        "cpu_flags": ["avx2", "fpu"],
        "memory": 8192,
        "memory_free": 6144,
        "memory_reserved": 512 + 512 + 1024,
        "storages": {"default": 7168},
        "storage_types": {"default": "zfs"},
        "networks": {"lxdbr0": "nat", "br0": "bridge", "eth0": "physical"},
        "profiles": {
            "default": {
                "config": {"security.nesting": "true"},
                "devices": {"eth0": {"type": "nic", "network": "lxdbr0"}},
            },
            "empty": {"config": {}, "devices": {}},
        },
        "peers": 0,
        "pci_devices": ["0000:01:00.0 10de:1eb8"],
        "usb_devices": ["001:004 1a6e:089a"],
        "gpus": 1,
        "isolation": "user_namespace",
    }
    assert [
        (image["id"], image["names"], image["os"], image["os_version"], image["requirements"]) for image in images
    ] == [
        ("f1", ["debian/12"], "debian", "12", {"cgroup": "v1"}),
        ("f3", ["rocky/9"], "rocky", "9", {}),
    ]


def test_what_this_client_may_not_know_is_left_out(server):
    answers = {"instances": [], ("instances", "all"): Forbidden(), "storage-pools": Forbidden()}
    (node,) = discover("lxd", server(answers), None, "lab")["nodes"]
    assert set(node["facts"]) == {
        *("os_type", "os_name", "engine_version", "architectures", "kernel_version", "isolation"),
        *("images", "peers"),
    }


def test_servers_that_tell_less_of_their_hardware(server):
    """LXD has no flags of processors, and before 4.0 neither PCI nor USB devices."""
    resources = {"cpu": {"total": 1, "sockets": [{"cores": [{"core": 0}]}]}, "memory": {}, "gpu": {"cards": None}}
    (node,) = discover("lxd", server({**ANSWERS, "resources": resources}), None, "lab")["nodes"]
    assert not {"cpu_flags", "pci_devices", "usb_devices", "memory"} & set(node["facts"])
    assert node["facts"]["gpus"] == 0


def test_on_its_own_node(server, own_node, tmp_path):
    (tmp_path / "unix.socket").touch()
    own_node(kernel_flavour="preempt-rt", memory_free=7, gpus=0, usb_devices=["1-2 1a6e:089a"], pci_devices=[])
    options = {**server(), "url": f"unix:{tmp_path}/unix.socket"}
    (node,) = discover("lxd", options, None, "lab")["nodes"]
    facts, origins = node["facts"], node["origins"]
    assert (facts["kernel_flavour"], facts["memory_free"]) == ("preempt-rt", 7)
    for name in ("gpus", "usb_devices", "pci_devices"):
        assert origins[name] == "api"
        assert facts[name]


def test_within_a_project_that_one_alone_is_counted(server):
    """The server takes a project or all of them, and pylxd sends the project with each call."""
    options = {**server({**ANSWERS, "projects/mine": {}}), "project": "mine"}
    (node,) = discover("lxd", options, None, "lab")["nodes"]
    assert node["facts"]["memory_reserved"] == 512 + 512


def test_cluster_members(server):
    members = [{"server_name": "m1", "status": "Online"}, {"server_name": "m2", "status": "Evacuated"}]
    nodes = discover("lxd", server({**ANSWERS, "cluster/members": members}, clustered=True))["nodes"]
    assert [(node["name"], node["online"], bool(node["facts"])) for node in nodes] == [
        ("m1", True, True),
        ("m2", False, False),
    ]
    assert nodes[0]["facts"]["peers"] == 0


def test_each_member_has_its_own_and_what_all_share(server):
    members = [{"server_name": name, "status": "Online"} for name in ("m1", "m2", "m3")]
    everything = [
        lxd_instance("a", location="m1"),
        lxd_instance("b", location="m2"),
        lxd_instance("c", location="m2"),
    ]
    answers = {**ANSWERS, "cluster/members": members, ("instances", "all"): everything}
    answers["resources", "m3"] = {"cpu": {"total": 64}}
    nodes = discover("lxd", server(answers, clustered=True))["nodes"]
    assert [node["facts"]["memory_reserved"] for node in nodes] == [512, 1024, 0]
    assert [node["facts"]["cpus"] for node in nodes] == [4, 4, 64]
    for node in nodes:
        assert node["facts"]["peers"] == 2
        assert node["facts"]["networks"] == {"lxdbr0": "nat"}


@pytest.mark.parametrize(
    ("limit", "mib"),
    [
        ("512MiB", 512),
        ("1GiB", 1024),
        ("1GB", 953),
        ("1073741824", 1024),
        ("50%", 0),
        ("", 0),
        (None, 0),
        ("1PiB", 2**30),
        ("1073741824 bytes", 1024),
        ("1XiB", 0),
    ],
)
def test_memory_limits(limit, mib):
    assert memory_limit(limit) == mib
