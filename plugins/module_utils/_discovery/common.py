# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kinds share: facts on the way to JSON, and which addresses count."""

from __future__ import annotations


class Findings:
    """Facts of one node on the way to becoming JSON, each with its origin. What is None is not known: left out."""

    def __init__(self):
        self.facts = {}
        self.origins = {}

    def add(self, origin, **facts):
        """``origin`` is ``api``, ``probed`` or ``estimated``; a later origin replaces an earlier one."""
        for name, value in facts.items():
            if value is not None:
                self.facts[name] = value
                self.origins[name] = origin

    def node(self, name, online=True):
        """The node as ``discover`` returns it."""
        return {"name": name, "online": online, "facts": self.facts, "origins": self.origins}


def ordered_ports(ports):
    """Unique ports such as ``8080/tcp``, by their numbers."""
    return sorted(set(ports), key=lambda port: (int(port.partition("/")[0]), port))


_OWN_BRIDGES = ("docker", "veth", "br-")


def outside_interface(name):
    """Whether an instance's network interface leads outside: not its loopback, nor a bridge of containers in it."""
    return name != "lo" and not name.startswith(_OWN_BRIDGES)


def ordered_addresses(addresses):
    """Unique addresses, IPv4 first, without link-local ones."""
    usable = [one for one in dict.fromkeys(addresses) if one and not one.lower().startswith(("fe80:", "169.254."))]
    return sorted(usable, key=lambda address: ":" in address)
