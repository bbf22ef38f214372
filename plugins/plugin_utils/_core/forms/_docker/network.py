# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses, networks and ports of a container."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...failures import not_now, unknown
from ...model import Candidate, Failure, Requirements

_OWN_ADDRESS = ("macvlan", "ipvlan")
"""Drivers of Docker networks whose containers have an address in the network outside."""


def address_refused(candidate: Candidate) -> Failure | None:
    """Only on a macvlan or ipvlan network it has an address of its own."""
    named = networks(candidate.options or {})
    drivers = candidate.facts.networks
    if named and drivers is None:
        return unknown("cannot tell the drivers of its networks", "networks")
    if any((drivers or {}).get(name) in _OWN_ADDRESS for name in named):
        return None
    remedy = "make a macvlan or ipvlan network there and name it under 'as.docker_container.networks'"
    return not_now("its containers are behind the host's address, an address of its own is wanted", remedy)


def networks(options: Mapping[str, Any]) -> list[str]:
    """The networks that the options name."""
    names = [str(network.get("name")) for network in options.get("networks") or ()]
    mode = options.get("network_mode")
    return names or ([mode] if mode and mode not in ("default", "bridge", "host", "none") else [])


def host_ports(requirements: Requirements, candidate: Candidate) -> list[str]:
    """The ports of the host that would be used, as ``8080/tcp``."""
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
