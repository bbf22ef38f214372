# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An LXC container on a network that gives it no address: it is started all the same."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.engines import _common, lxd

from .conftest import LXD_IMAGE, Playbook


@pytest.fixture(params=["lxd", "incus"])
def server(request, tmp_path, collections):
    """(plays, eyes, socket) of an LXD and of an Incus server."""
    target = request.getfixturevalue(f"{request.param}_target")
    eyes = request.getfixturevalue(f"{request.param}_eyes")
    engine = request.getfixturevalue(f"{request.param}_engine")
    return Playbook(tmp_path, collections, {"lab": target}), eyes, str(engine.socket)


@pytest.fixture
def bridge(server) -> Iterator:
    """Makes a bridge of the server's own with the configuration, and returns its name."""
    _play, eyes, socket = server
    made = []

    def make(**config: str) -> str:
        name = _common.bridge_name()
        lxd.request(socket, "POST", "/1.0/networks", {"name": name, "type": "bridge", "config": config})
        made.append(name)
        return name

    yield make
    eyes.clear()
    for name in made:
        lxd.request(socket, "DELETE", f"/1.0/networks/{name}")


def _on(nic: dict | None, **more) -> dict:
    devices = {"devices": {"eth0": {"type": "nic", "name": "eth0", **nic}}} if nic else {"profiles": ["no-nic"]}
    source = {"type": "image", "alias": LXD_IMAGE}
    return {
        "name": "static",
        "requirements": {"init": True},
        "as": {"lxd_container": {"source": source, **devices}},
        "targets": ["lab"],
        "wait_timeout": 20,
        **more,
    }


def _started_once(play, eyes, task: dict, addresses: bool) -> None:
    (foreseen,) = play.tasks(("service", task), flags=("--check",))
    done, again = play.tasks(("service", task), ("service", task))
    assert (done["failed"], done["changed"]) == (False, True), done.get("msg")
    assert done["diff"] == foreseen["diff"]
    assert (again["failed"], again["changed"]) == (False, False), again.get("msg")
    assert eyes.state("static") == "started"
    assert bool(done["placement"]["addresses"]) is bool(eyes.addresses("static")) is addresses


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({"ipv4.address": "none", "ipv6.address": "none"}, id="no addresses"),
        pytest.param({"ipv4.dhcp": "false", "ipv6.address": "none"}, id="no DHCP"),
    ],
)
def test_a_network_that_gives_no_address(server, bridge, config):
    play, eyes, _socket = server
    with _common.network_lock():
        network = _common.free_network()
        own = {"ipv4.address": f"{network[1]}/{network.prefixlen}", "ipv4.nat": "false", "ipv4.firewall": "false"}
        name = bridge(**{**(own if "ipv4.dhcp" in config else {}), **config})
    _started_once(play, eyes, _on({"network": name}), addresses=False)


def test_a_container_without_an_interface(server):
    play, eyes, socket = server
    devices = {"root": {"type": "disk", "path": "/", "pool": "default"}}
    lxd.request(socket, "POST", "/1.0/profiles", {"name": "no-nic", "devices": devices})
    _started_once(play, eyes, _on(None), addresses=False)


def test_an_address_that_the_interface_is_configured_with(server):
    play, eyes, socket = server
    (name,) = [
        one["name"]
        for one in lxd.request(socket, "GET", "/1.0/networks?recursion=1")
        if one["managed"] and one["config"].get("ipv4.address") not in (None, "none")
    ]
    address = lxd.request(socket, "GET", f"/1.0/networks/{name}")["config"]["ipv4.address"].rpartition(".")[0] + ".77"
    _started_once(play, eyes, _on({"network": name, "ipv4.address": address}), addresses=True)
    assert eyes.addresses("static") == [address]


def test_a_bridge_of_the_host_that_nothing_is_known_of(server):
    """Nobody knows whether an address is to be expected: the user says it."""
    play, eyes, _socket = server
    name = _common.bridge_name()
    subprocess.run(["ip", "link", "add", name, "type", "bridge"], check=True)
    try:
        nic = {"nictype": "bridged", "parent": name}
        refused, done, again = play.tasks(
            ("service", _on(nic, wait_timeout=2)),
            ("service", _on(nic, wait_for="started")),
            ("service", _on(nic, wait_for="started")),
        )
        assert refused["failed"] is True
        assert "it is not ready: no address" in refused["msg"]
        assert (done["failed"], again["failed"], again["changed"]) == (False, False, False), done.get("msg")
        assert (eyes.state("static"), done["placement"]["addresses"]) == ("started", [])
    finally:
        eyes.clear()
        subprocess.run(["ip", "link", "delete", name], check=True)
