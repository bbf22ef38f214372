# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of one node on the way to becoming JSON, and units that all engines count in."""

from __future__ import annotations

from .._shared.sizes import MIB


class NodeFacts:
    """Facts of one node, each with its origin. What is None is not known: left out."""

    def __init__(self):
        self.facts = {}
        self.origins = {}

    def add(self, origin, **facts):
        """``origin`` is ``api``, ``probed`` or ``estimated``; a later origin replaces an earlier one."""
        for name, value in facts.items():
            if value is not None:
                self.facts[name] = value
                self.origins[name] = origin

    def as_node(self, name, online=True):
        """The node as ``discover`` returns it."""
        return {"name": name, "online": online, "facts": self.facts, "origins": self.origins}


def to_mib(size):
    """Bytes in whole MiB; None for what is not known, and never less than nothing."""
    return None if size is None else max(0, int(size)) // MIB
