# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an instance is to be given an address by its networks."""

from __future__ import annotations

_WITHOUT_DHCP = ("routed", "ipvlan")
"""Types of interfaces that have the addresses which they are configured with, and never another."""

_FAMILIES = ("ipv4", "ipv6")

_GIVES_ADDRESSES = ("bridge", "ovn")
"""Types of networks whose addresses the server itself gives out."""

_ON = ("true", "1", "yes", "on")
"""How the server reads a switch that is on."""


def awaits_address(server, entry):
    """Whether an interface of an instance is to be given an address, as far as its server knows; else it may be."""
    nics = [device for device in (entry.get("expanded_devices") or {}).values() if device.get("type") == "nic"]
    if not nics or all(_gets_none(nic, {}) for nic in nics):
        return False
    networks = {network["name"]: network for network in server.get_if_allowed("networks", recursion=1) or ()}
    return not all(_gets_none(nic, networks) for nic in nics)


def _gets_none(nic, networks):
    """
    Whether nothing gives the interface an address: its network is one of the server's own that has none to give.

    Of what the server does not manage nobody knows: there may be a DHCP server behind it.
    https://documentation.ubuntu.com/lxd/en/latest/reference/devices_nic/
    """
    if nic.get("nictype") in _WITHOUT_DHCP:
        return not any(nic.get(f"{family}.address") for family in _FAMILIES)
    if nic.get("nictype") == "p2p":
        return True
    network = networks.get(nic.get("network") or nic.get("parent")) or {}
    config = network.get("config") or {}
    may_give = network.get("type") in _GIVES_ADDRESSES and not config.get("bridge.external_interfaces")
    if not network.get("managed") or not may_give:
        return False
    return not any(_gives(config, nic, family) for family in _FAMILIES)


def _gives(config, nic, family):
    """
    Of IPv4 by DHCP. Of IPv6 also without it: the network is announced, and the guest makes an address of its own.

    https://documentation.ubuntu.com/lxd/en/latest/reference/network_bridge/
    """
    if config.get(f"{family}.address") in (None, "", "none") or nic.get(f"{family}.address") == "none":
        return False
    return family == "ipv6" or str(config.get("ipv4.dhcp", "true")).lower() in _ON
