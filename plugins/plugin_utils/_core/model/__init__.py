# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The nouns, as frozen dataclasses.

Units everywhere inside: memory and disk in MiB, processors in whole or part processors.
"""

from __future__ import annotations

from .candidate import Candidate, Grant, Permit
from .decision import ACT, DECLARE, NEVER, NOT_NOW, RELAX, UNKNOWN, Decision, Failure, Remedy, Verdict
from .facts import Content, Facts, Image, Sought
from .plan import ACTIONS, Call, Part, Plan
from .scales import ISOLATIONS, NOTHING, PRIVILEGES, SCOPES
from .service import Device, KernelModule, Port, Process, Requirements, Service, Sysctl, Wish, device_of
from .target import Instance, Node, Permissions, Run, Target

__all__ = [
    "ACT",
    "ACTIONS",
    "DECLARE",
    "ISOLATIONS",
    "NEVER",
    "NOTHING",
    "NOT_NOW",
    "PRIVILEGES",
    "RELAX",
    "SCOPES",
    "UNKNOWN",
    "Call",
    "Candidate",
    "Content",
    "Decision",
    "Device",
    "Facts",
    "Failure",
    "Grant",
    "Image",
    "Instance",
    "KernelModule",
    "Node",
    "Part",
    "Permissions",
    "Permit",
    "Plan",
    "Port",
    "Process",
    "Remedy",
    "Requirements",
    "Run",
    "Service",
    "Sought",
    "Sysctl",
    "Target",
    "Verdict",
    "Wish",
    "device_of",
]
