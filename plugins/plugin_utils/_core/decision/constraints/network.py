# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses, network interfaces and ports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...model import Candidate, Failure, Requirements
from ..profiles import config_and_devices
from .failures import listed, not_now, unknown

_OWN_ADDRESS = ("macvlan", "ipvlan")
"""Drivers of Docker networks whose containers have an address in the network outside."""

_OUTSIDE = ("macvlan", "ipvlan", "physical", "sriov", "routed")
"""Sorts of NICs of LXD that are in the network outside, whatever the server's networks are."""

_NAT = "nat"
"""What discovery calls a bridge of LXD behind NAT."""

_NIC = re.compile(r"net\d+")


def address(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    An address of its own in the network outside: a container of Docker has the host's, unless it is on a macvlan or
    ipvlan network, and one of LXD behind a bridge with NAT has one that nobody outside can reach.
    """
    if requirements.address != "own":
        return None
    return _ADDRESSES.get(candidate.kind, _own)(candidate)


def _own(_candidate: Candidate) -> None:
    """A machine's network is what its bridge leads to."""


def _docker_address(candidate: Candidate) -> Failure | None:
    named = _docker_networks(candidate.options or {})
    drivers = candidate.facts.networks
    if named and drivers is None:
        return unknown("cannot tell the drivers of its networks", "networks")
    if any((drivers or {}).get(name) in _OWN_ADDRESS for name in named):
        return None
    remedy = "make a macvlan or ipvlan network there and name it under 'as.docker_container.networks'"
    return not_now("its containers are behind the host's address, an address of its own is wanted", remedy)


def _lxd_address(candidate: Candidate) -> Failure | None:
    """By its interfaces, as far as they are known; else it is on one of the server's networks."""
    types, nics = candidate.facts.networks, _lxd_nics(candidate)
    if any(nic.get("nictype") in _OUTSIDE for nic in nics):
        return None
    if types is None:
        return unknown("cannot tell the types of its networks", "networks")
    named = [str(nic.get("network") or nic.get("parent")) for nic in nics]
    remedy = "name a NIC on a bridge without NAT, or a macvlan one, under 'as.lxd_container.devices'"
    found = [types.get(name) for name in named] if nics else list(types.values())
    if found and all(kind == _NAT for kind in found):
        return not_now("its containers are behind NAT, an address of its own in the network outside is wanted", remedy)
    if not nics and _NAT in found:
        return unknown("cannot tell whether its profiles lead through NAT", "profiles")
    return None


_ADDRESSES = {"docker": _docker_address, "lxd": _lxd_address}


def nics(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """Several network interfaces must be named in the options of the form, or be in the template."""
    wanted = requirements.nics
    if wanted is None or wanted <= 1:
        return None
    found = _count_nics(candidate)
    if found >= wanted:
        return None
    where = {"docker": "networks", "lxd": "devices", "proxmox": "net"}[candidate.kind]
    reason = f"would have {found} network interface{'s' if found != 1 else ''}, {wanted} wanted"
    return not_now(reason, f"name them under 'as.{candidate.form}.{where}'")


def _count_nics(candidate: Candidate) -> int:
    options = candidate.options or {}
    if candidate.kind == "docker":
        return max(1, len(_docker_networks(options)))
    if candidate.kind == "lxd":
        found = len(_lxd_nics(candidate))
        # Where nobody knows, the default profile has one.
        return max(1, found) if candidate.facts.profiles is None else found
    template = candidate.image.config if candidate.image else {}
    return len({key for key in (*template, *(options.get("net") or {})) if _NIC.fullmatch(key)})


def _lxd_nics(candidate: Candidate) -> list[Mapping[str, Any]]:
    _config, devices = config_and_devices(candidate)
    return [one for one in devices.values() if isinstance(one, Mapping) and one.get("type") == "nic"]


def _docker_networks(options: Mapping[str, Any]) -> list[str]:
    names = [str(network.get("name")) for network in options.get("networks") or ()]
    mode = options.get("network_mode")
    return names or ([mode] if mode and mode not in ("default", "bridge", "host", "none") else [])


def ports(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    A port of the host that the service is published at must be free; its own count as free.

    Only where an address is shared: a system container and a machine have all ports of their own. A rootless engine
    publishes at none below 1024, unless the kernel's ``net.ipv4.ip_unprivileged_port_start`` is lower.
    """
    wanted = host_ports(requirements, candidate)
    if not wanted:
        return None
    low = _too_low(wanted, candidate)
    if low:
        first = low[0].partition("/")[0]
        remedy = f"run 'sysctl -w {_PORT_START}={first}' on {candidate.place}, or name another host port"
        return not_now(f"its engine is rootless, and cannot publish at {listed(low)}", remedy)
    taken = candidate.facts.ports_taken
    if taken is None:
        return unknown("cannot tell which of its ports are taken", "ports_taken")
    clash = [port for port in wanted if port in taken and port not in candidate.held_ports]
    if not clash:
        return None
    noun = "port" if len(clash) == 1 else "ports"
    return not_now(f"its {noun} {listed(clash)} {'is' if len(clash) == 1 else 'are'} taken", "name another host port")


_PORT_START = "net.ipv4.ip_unprivileged_port_start"


def _too_low(wanted: list[str], candidate: Candidate) -> list[str]:
    """https://docs.docker.com/engine/security/rootless/#exposing-privileged-ports"""
    if not candidate.facts.rootless:
        return []
    start = str((candidate.facts.kernel_sysctls or {}).get(_PORT_START, 1024))
    bound = int(start) if start.isdecimal() and len(start) < 7 else 1024
    return sorted(
        (port for port in wanted if int(port.partition("/")[0]) < bound), key=lambda port: int(port.partition("/")[0])
    )


def host_ports(requirements: Requirements, candidate: Candidate) -> list[str]:
    """The ports of the host that would be used, as ``8080/tcp``."""
    if candidate.kind != "docker":
        return []
    options = candidate.options or {}
    on_host = requirements.host_network or options.get("network_mode") == "host"
    if not on_host and options.get("published_ports") is not None:
        # What the user says of it wins over the need, in the plan too.
        return [port for item in options["published_ports"] for port in _published(str(item))]
    # On the host's network nothing is published: it listens on the very port.
    numbers = ((port.number if on_host else port.host, port.protocol) for port in requirements.ports)
    return [f"{number}/{protocol}" for number, protocol in numbers if number]


_PUBLISHED = re.compile(r"(?:.*:)?(?P<first>\d+)(?:-(?P<last>\d+))?:[^:]+")


def _published(text: str) -> list[str]:
    """The host's ports in ``[ip:]host:container[/protocol]``; none where the engine picks one."""
    ports, _sign, protocol = text.partition("/")
    found = _PUBLISHED.fullmatch(ports)
    if not found:
        return []
    first, last = int(found["first"]), int(found["last"] or found["first"])
    # Of a range for one port the engine picks a free one.
    wanted = range(first, last + 1) if "-" in ports.rsplit(":", 1)[-1] or first == last else ()
    return [f"{number}/{protocol or 'tcp'}" for number in wanted]
