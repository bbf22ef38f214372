# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table of what a place must have: room, addresses, ports, and what its platform does with the whole."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.constraints.size import free_memory
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import proxmox_vm
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.storages import StorageRow
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Facts, Image

from .builders import COLUMNS, case, declare, holds, rule_says


@pytest.fixture(autouse=True)
def _made_up_storages(made_up):
    rows = {"thin": StorageRow(type="thin", snapshots=True), "thick": StorageRow(type="thick", snapshots=False)}
    made_up.setattr(proxmox_vm, "STORAGES", rows)


OWN = {"address": "own"}
LIVE = {"live_migration": True}
SNAPSHOTS = {"snapshots": True}
NAME_NETWORK = "make a macvlan or ipvlan network there and name it under 'as.docker_container.networks'"
BEHIND = "its containers are behind the host's address, an address of its own is wanted"
PUBLISHED = {"ports": ["8080:80", "53:53/udp"]}
TAKEN = frozenset({"22/tcp", "8080/tcp"})


NATTED = "its containers are behind NAT, an address of its own in the network outside is wanted"
NAME_NIC = "name a NIC on a bridge without NAT, or a macvlan one, under 'as.lxd_container.devices'"
BOTH = {"networks": {"lxdbr0": "nat", "br0": "bridge"}}


def nic(**keys: str) -> dict:
    return {"options": {"devices": {"root": {"type": "disk"}, "eth0": {"type": "nic", **keys}}}}


def default_nic(**device: str) -> dict:
    return {"profiles": {"default": {"config": {}, "devices": {"eth0": {"type": "nic", **device}}}}}


def networks(*names: str) -> dict:
    return {"options": {"networks": [{"name": name} for name in names]}}


TABLE = [
    # memory that is promised
    holds("memory", "docker", {"memory": 2048}, {"memory_reserved": 6144}, "what is promised to nobody is enough"),
    holds("memory", "docker", {"memory": 2048}, {"memory_reserved": 7168, "held": 1024}, "its own share is its own"),
    case(
        "memory",
        "docker",
        {"memory": 2049},
        {"memory_reserved": 6144},
        "not_now",
        "needs 2049 MiB of memory, has 2048 MiB free that is not promised to others",
        "free, but promised",
        remedy="free 1 MiB",
    ),
    case(
        "memory",
        "docker",
        {"memory": 1024},
        {"memory_reserved": 10240},
        "not_now",
        "needs 1 GiB of memory, has 0 MiB free that is not promised to others",
        "more is promised than there is",
        remedy="free 3 GiB",
    ),
    case(
        "memory",
        "docker",
        {"memory": 5120},
        {"memory_reserved": 1024},
        "not_now",
        "needs 5 GiB of memory, has 4 GiB free",
        "used by others, promised or not",
        remedy="free 1 GiB",
    ),
    case(
        "memory",
        "docker",
        {"memory": 5120},
        {"memory_reserved": 9000, "memory": None},
        "not_now",
        "needs 5 GiB of memory, has 4 GiB free",
        "promised of how much is not known",
        remedy="free 1 GiB",
    ),
    # shared memory
    holds("shm", "docker", {"shm": "8 GiB"}, {}, "all there is"),
    holds("shm", "docker", {}, {"memory": None}, "none wanted"),
    case(
        "shm",
        "docker",
        {"shm": "9 GiB"},
        {},
        "never",
        "needs 9 GiB of shared memory, has 8 GiB of memory in all",
        "more than there is",
    ),
    case(
        "shm",
        "lxd",
        {"shm": 64},
        {"memory": None},
        "unknown",
        "cannot tell how much memory it has",
        "unknown",
        remedy=declare("memory"),
    ),
    # addresses
    holds("address", "docker", {"address": "shared"}, {}, "a shared one"),
    holds("address", "proxmox", OWN, {}, "a machine is where its bridge leads"),
    *(
        holds("address", "lxd", OWN, nic(nictype=kind), f"LXD: a NIC of the sort {kind}")
        for kind in ("macvlan", "ipvlan", "physical", "sriov", "routed")
    ),
    holds("address", "lxd", OWN, {"networks": {"br0": "bridge", "lxdbr0": "bridge"}}, "LXD: no network is behind NAT"),
    holds("address", "lxd", OWN, {**BOTH, **nic(network="br0")}, "LXD: a NIC on a bridge without NAT"),
    holds("address", "lxd", OWN, {**BOTH, **nic(nictype="bridged", parent="br0")}, "LXD: a NIC, by its parent"),
    *(
        case("address", "lxd", OWN, changes, "not_now", NATTED, f"LXD: {id}", remedy=NAME_NIC)
        for id, changes in (
            ("a NIC behind NAT", {**BOTH, **nic(network="lxdbr0")}),
            ("nothing but NAT", {"networks": {"lxdbr0": "nat"}}),
        )
    ),
    case(
        "address",
        "lxd",
        OWN,
        BOTH,
        "unknown",
        "cannot tell whether its profiles lead through NAT",
        "LXD: a profile may lead to either",
        remedy=declare("profiles"),
    ),
    holds("address", "lxd", OWN, {**BOTH, **default_nic(network="br0")}, "LXD: a profile leads outside"),
    case(
        "address",
        "lxd",
        OWN,
        {**BOTH, **default_nic(network="lxdbr0")},
        "not_now",
        NATTED,
        "LXD: its profile leads through NAT",
        remedy=NAME_NIC,
    ),
    case(
        "address",
        "lxd",
        OWN,
        nic(network="br0"),
        "unknown",
        "cannot tell the types of its networks",
        "LXD: networks nobody knows",
        remedy=declare("networks"),
    ),
    *(
        holds("address", "docker", OWN, {"networks": {"lan": driver}, **networks("other", "lan")}, driver)
        for driver in ("macvlan", "ipvlan")
    ),
    holds(
        "address", "docker", OWN, {"networks": {"lan": "macvlan"}, "options": {"network_mode": "lan"}}, "by its mode"
    ),
    *(
        case("address", "docker", OWN, changes, "not_now", BEHIND, id, remedy=NAME_NETWORK)
        for id, changes in (
            ("no network is named", {"networks": {"lan": "macvlan"}}),
            ("no network is named, nor known", {}),
            ("a bridge", {"networks": {"lan": "bridge"}, **networks("lan")}),
            ("a network that is not there", {"networks": {}, **networks("lan")}),
            ("a mode that is none", {"networks": {"host": "macvlan"}, "options": {"network_mode": "host"}}),
        )
    ),
    case(
        "address",
        "docker",
        OWN,
        networks("lan"),
        "unknown",
        "cannot tell the drivers of its networks",
        "unknown",
        remedy=declare("networks"),
    ),
    # network interfaces
    *(holds("nics", kind, {"nics": 1}, {}, f"{kind} has one") for kind in ("docker", "lxd", "proxmox")),
    holds("nics", "docker", {"nics": 2}, networks("a", "b"), "two networks"),
    holds(
        "nics",
        "lxd",
        {"nics": 2},
        {**default_nic(), "options": {"devices": {"a": {"type": "nic"}}}},
        "its profile's and its own",
    ),
    holds(
        "nics",
        "lxd",
        {"nics": 2},
        {"options": {"devices": {"a": {"type": "nic"}, "b": {"type": "nic"}}}},
        "two devices",
    ),
    holds("nics", "proxmox", {"nics": 2}, {"options": {"net": {"net1": "virtio"}}}, "one more than its template"),
    holds(
        "nics",
        "proxmox",
        {"nics": 2},
        {"image": Image(id="1", config={"net0": "a", "net1": "b", "netx": "c"})},
        "its template has two",
    ),
    *(
        case(
            "nics",
            kind,
            {"nics": 2},
            changes,
            "not_now",
            f"would have {found}, 2 wanted",
            id,
            remedy=f"name them under 'as.{option}'",
        )
        for kind, changes, found, option, id in (
            ("docker", {}, "1 network interface", "docker_container.networks", "Docker gives one"),
            ("docker", networks("a"), "1 network interface", "docker_container.networks", "Docker is given one"),
            ("lxd", {}, "1 network interface", "lxd_container.devices", "LXD's profile has one"),
            (
                "lxd",
                {"options": {"devices": {"a": {"type": "nic"}, "b": {"type": "disk"}}}},
                "1 network interface",
                "lxd_container.devices",
                "a disk is none",
            ),
            ("proxmox", {}, "1 network interface", "proxmox_vm.net", "the template has one"),
            ("proxmox", {"options": {"net": {"net0": "x"}}}, "1 network interface", "proxmox_vm.net", "the same one"),
            ("proxmox", {"image": None}, "0 network interfaces", "proxmox_vm.net", "no template, no interface"),
        )
    ),
    # ports
    holds("ports", "docker", {}, {"ports_taken": None}, "none"),
    holds("ports", "docker", {"ports": [80, "53/udp"]}, {"ports_taken": None}, "any port of the host will do"),
    holds("ports", "docker", PUBLISHED, {"ports_taken": frozenset({"53/tcp"})}, "free, by its protocol"),
    holds("ports", "docker", PUBLISHED, {"ports_taken": TAKEN, "held_ports": frozenset({"8080/tcp"})}, "its own"),
    *(holds("ports", kind, PUBLISHED, {"ports_taken": TAKEN}, f"{kind} has all") for kind in ("lxd", "proxmox")),
    case(
        "ports",
        "docker",
        PUBLISHED,
        {"ports_taken": TAKEN},
        "not_now",
        "its port 8080/tcp is taken",
        "taken",
        remedy="name another host port",
    ),
    case(
        "ports",
        "docker",
        PUBLISHED,
        {"ports_taken": TAKEN | {"53/udp"}, "held_ports": frozenset({"22/tcp"})},
        "not_now",
        "its ports 8080/tcp and 53/udp are taken",
        "several are taken",
        remedy="name another host port",
    ),
    *(
        case(
            "ports",
            "docker",
            {"ports": [22], **needs},
            {"ports_taken": TAKEN, **changes},
            "not_now",
            "its port 22/tcp is taken",
            f"on the host's network, {how}",
            remedy="name another host port",
        )
        for how, needs, changes in (
            ("by need", {"host_network": True}, {}),
            ("by option", {}, {"options": {"network_mode": "host"}}),
        )
    ),
    case(
        "ports",
        "docker",
        PUBLISHED,
        {},
        "unknown",
        "cannot tell which of its ports are taken",
        "unknown",
        remedy=declare("ports_taken"),
    ),
    # snapshots
    holds("snapshots", "docker", {"snapshots": False}, {}, "none wanted"),
    holds("snapshots", "lxd", SNAPSHOTS, {}, "LXD has them everywhere"),
    holds("snapshots", "proxmox", SNAPSHOTS, {"storage_types": {"local-lvm": "thin"}}, "the template's storage"),
    holds(
        "snapshots",
        "proxmox",
        SNAPSHOTS,
        {"storage": "fast", "storage_types": {"local-lvm": "thick", "fast": "thin"}},
        "the storage that is named",
    ),
    case(
        "snapshots",
        "docker",
        SNAPSHOTS,
        {},
        "never",
        "Docker has no snapshots of a container with its volumes, which are wanted",
        "Docker has none",
    ),
    case(
        "snapshots",
        "proxmox",
        SNAPSHOTS,
        {"storage_types": {"local-lvm": "thick"}},
        "not_now",
        "its storage 'local-lvm' is of type thick, which has no snapshots",
        "a storage that has none",
        remedy="name another storage",
    ),
    case(
        "snapshots",
        "proxmox",
        SNAPSHOTS,
        {"storage_types": {"local-lvm": "new"}},
        "unknown",
        "cannot tell whether a storage of type new has snapshots",
        "a type nobody knows",
        remedy=declare("storage_types"),
    ),
    case(
        "snapshots",
        "proxmox",
        SNAPSHOTS,
        {},
        "unknown",
        "cannot tell the type of the storage 'local-lvm'",
        "a storage nobody knows",
        remedy=declare("storage_types"),
    ),
    case(
        "snapshots",
        "proxmox",
        SNAPSHOTS,
        {"image": None, "storage_types": {"local": "thin"}},
        "unknown",
        "cannot tell the type of the storage of its template",
        "no template, no storage",
        remedy=declare("storage_types"),
    ),
    # live migration
    holds("live_migration", "docker", {"live_migration": False}, {}, "none wanted"),
    holds("live_migration", "proxmox", LIVE, {"peers": 1}, "to another node"),
    holds("live_migration", "proxmox", {**LIVE, "devices": ["/dev/net/tun"]}, {"peers": 1}, "a file is no device"),
    *(
        case(
            "live_migration",
            kind,
            LIVE,
            {"peers": 3},
            "never",
            f"{what} cannot move to another host while it runs",
            f"{kind} cannot",
        )
        for kind, what in (("docker", "a Docker container"), ("lxd", "an LXC container"))
    ),
    *(
        case(
            "live_migration",
            "proxmox",
            {**LIVE, "devices": [device]},
            {"peers": 1},
            "never",
            f"a machine that holds {shown} cannot move away from it",
            f"with {shown}",
        )
        for device, shown in (
            ({"pci": "0000:01:00.0"}, "pci 0000:01:00.0"),
            ({"usb": "1-2"}, "usb 1-2"),
            ({"gpu": 1}, "gpu 1"),
        )
    ),
    case(
        "live_migration",
        "proxmox",
        LIVE,
        {"peers": 0},
        "not_now",
        "its cluster has no other node that is online",
        "alone",
        remedy="add a node to the cluster",
    ),
    case(
        "live_migration",
        "proxmox",
        LIVE,
        {},
        "unknown",
        "cannot tell whether its cluster has another node",
        "unknown",
        remedy=declare("peers"),
    ),
    # ports that the user publishes himself
    holds(
        "ports",
        "docker",
        {"ports": ["8080:80"]},
        {"ports_taken": TAKEN, "options": {"published_ports": ["9090:80"]}},
        "another one under 'as' wins over the need",
    ),
    holds(
        "ports",
        "docker",
        {},
        {"ports_taken": TAKEN, "options": {"published_ports": ["80", "8080-8090:80", "127.0.0.1::80"]}},
        "the engine picks a free one",
    ),
    *(
        case(
            "ports",
            "docker",
            {},
            {"ports_taken": TAKEN, "options": {"published_ports": [published]}},
            "not_now",
            "its port 8080/tcp is taken",
            f"under 'as': {published}",
            remedy="name another host port",
        )
        for published in ("8080:80", "127.0.0.1:8080:80", "8079-8081:80-82", "[::1]:8080:80")
    ),
    # labels
    case(
        "labels",
        "docker",
        {"labels": {"zone": "None", "rack": 1}},
        {"labels": {"rack": 2}},
        "never",
        "it has no label zone, None wanted; its label rack is 2, 1 wanted",
        "none is not the word None",
        remedy="change 'rightscope_labels' or the need",
    ),
]


@pytest.mark.parametrize(COLUMNS, TABLE)
def test_a_rule_holds_or_says_why_not_and_what_would_help(rule, kind, needs, changes, when, reason, remedy):
    assert rule_says(rule, kind, needs, changes) == (when, reason, remedy)


@pytest.mark.parametrize(
    ("free", "total", "promised", "left"),
    [(None, 8, 1, None), (4, None, 1, 4), (4, 8, None, 4), (4, 8, 2, 4), (4, 8, 6, 2), (4, 8, 9, -1)],
)
def test_memory_is_free_that_is_neither_used_nor_promised(free, total, promised, left):
    assert free_memory(Facts(memory_free=free, memory=total, memory_reserved=promised)) == left
