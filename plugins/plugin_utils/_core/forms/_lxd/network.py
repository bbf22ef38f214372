# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses and network interfaces of a container."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...failures import not_now, unknown
from ...model import Candidate, Failure
from .profiles import config_and_devices

_OUTSIDE = ("macvlan", "ipvlan", "physical", "sriov", "routed")
"""Sorts of NICs of LXD that are in the network outside, whatever the server's networks are."""

_NAT = "nat"
"""What discovery calls a bridge of LXD behind NAT."""


def address_refused(candidate: Candidate) -> Failure | None:
    """By its interfaces, as far as they are known; else it is on one of the server's networks."""
    types, cards = candidate.facts.networks, nics(candidate)
    if any(nic.get("nictype") in _OUTSIDE for nic in cards):
        return None
    if types is None:
        return unknown("cannot tell the types of its networks", "networks")
    named = [str(nic.get("network") or nic.get("parent")) for nic in cards]
    remedy = "name a NIC on a bridge without NAT, or a macvlan one, under 'as.lxd_container.devices'"
    found = [types.get(name) for name in named] if cards else list(types.values())
    if found and all(kind == _NAT for kind in found):
        return not_now("its containers are behind NAT, an address of its own in the network outside is wanted", remedy)
    if not cards and _NAT in found:
        return unknown("cannot tell whether its profiles lead through NAT", "profiles")
    return None


def count_nics(candidate: Candidate) -> int:
    """By its profiles and options; where nobody knows, the default profile has one."""
    count = len(nics(candidate))
    return max(1, count) if candidate.facts.profiles is None else count


def nics(candidate: Candidate) -> list[Mapping[str, Any]]:
    """Its devices that are network interfaces."""
    _config, devices = config_and_devices(candidate)
    return [one for one in devices.values() if isinstance(one, Mapping) and one.get("type") == "nic"]
