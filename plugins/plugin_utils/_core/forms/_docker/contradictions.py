# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is once, and would be given to several containers."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Mapping

from ...model import Requirements

_ONCE_OF_A_NETWORK = ("ipv4_address", "ipv6_address", "mac_address")
Contradiction = tuple[tuple[t.Any, ...], str]


def contradictions(requirements: Requirements, options: Mapping[str, t.Any]) -> list[Contradiction]:
    """What there is once, a port of the host, an address or a name, and each of several containers is given."""
    mistakes = list(_repeated_ports(options.get("published_ports") or ()))
    if len(requirements.processes) < 2:
        return mistakes
    for index, entry in enumerate(options.get("published_ports") or ()):
        if _host_ports(str(entry)):
            mistakes.append(
                (
                    ("published_ports", index),
                    (
                        "is a single port of the host, but each process' container would be given it; name ports with "
                        "a 'process' instead"
                    ),
                )
            )
    for name in ("hostname", "mac_address"):
        if options.get(name) is not None:
            mistakes.append(((name,), "can be used once, but each process' container would be given it; leave it out"))
    for index, network in enumerate(options.get("networks") or ()):
        mistakes += [
            (
                ("networks", index, name),
                "can be used once, but each process' container would be given it; leave it out",
            )
            for name in _ONCE_OF_A_NETWORK
            if network.get(name) is not None
        ]
    return mistakes


def _repeated_ports(ports: Iterable[t.Any]) -> Iterable[Contradiction]:
    seen: set[tuple[str, int, str]] = set()
    for index, entry in enumerate(ports):
        host_ports = _host_ports(str(entry))
        if any(_is_taken(port, seen) for port in host_ports):
            yield ("published_ports", index), "is a port of the host that an earlier entry has; take another"
        seen |= host_ports


def _is_taken(port: tuple[str, int, str], seen: set[tuple[str, int, str]]) -> bool:
    """A port without an address is one on every address."""
    address, number, protocol = port
    return any(
        (number, protocol) == (other, kind) and (not address or not where or address == where)
        for where, other, kind in seen
    )


_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_EVERY = ("", "0.0.0.0", "::")


def _host_ports(text: str) -> set[tuple[str, int, str]]:
    """(address, port, protocol) of each port of the host that an entry names; a range for one port leaves a choice."""
    text, _sign, protocol = text.partition("/")
    address, _sign, rest = text.rpartition("]:") if text.startswith("[") else ("", "", text)
    parts = rest.split(":")
    if not address and len(parts) == 3:
        address = parts.pop(0)
    if len(parts) != 2:
        return set()
    host, inside = (_RANGE.fullmatch(part) for part in parts)
    if not host or not inside or (host[2] and not inside[2]):
        return set()
    address = address.lstrip("[")
    numbers = range(int(host[1]), int(host[2] or host[1]) + 1)
    return {("" if address in _EVERY else address, number, protocol or "tcp") for number in numbers}
