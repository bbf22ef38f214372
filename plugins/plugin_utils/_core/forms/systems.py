# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds of every form that is a system of its own: its processes, its network and its ports are its own."""

from __future__ import annotations

from ..failures import never
from ..model import Candidate, Failure, Requirements
from .base import Form


class OwnSystem(Form):
    """An instance of an operating system, or a machine."""

    is_adoptable = True
    shares_ports = False

    def host_view_refused(self, candidate: Candidate) -> Failure:
        """It sees its own processes alone."""
        return never(f"{self.title} sees no processes but its own, but the service must see the host's")

    def host_network_refused(self, candidate: Candidate) -> Failure:
        """It has its own network alone."""
        return never(f"{self.title} has a network of its own, but the service must use the host's")

    def host_ports(self, requirements: Requirements, candidate: Candidate) -> list[str]:
        """None: it listens at addresses of its own."""
        return []

    def limit_refused(self, limit: str, noun: str, candidate: Candidate) -> None:
        """Every limit holds."""
