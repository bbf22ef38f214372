# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses and ports of instances: which count, and in which order."""

from __future__ import annotations

_OWN_BRIDGES = ("docker0", "docker_gwbridge", "veth", "br-")
_LINK_LOCAL = ("fe80:", "169.254.")


def leads_outside(interface):
    """Whether an instance's network interface leads outside: not its loopback, nor a bridge of containers in it."""
    return interface != "lo" and not interface.startswith(_OWN_BRIDGES)


def sort_addresses(addresses):
    """Unique addresses, IPv4 first, without link-local ones."""
    unique = dict.fromkeys(address for address in addresses if address)
    return sorted(
        (address for address in unique if not address.lower().startswith(_LINK_LOCAL)),
        key=lambda address: ":" in address,
    )


def sort_ports(ports):
    """Unique ports such as ``8080/tcp``, by their numbers."""
    return sorted(set(ports), key=lambda port: (int(port.partition("/")[0]), port))
