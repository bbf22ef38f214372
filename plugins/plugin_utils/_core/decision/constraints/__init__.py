# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The musts. A rule is a function of the requirements and one candidate; its name is its public name.

It returns None where it holds, else a failure: what is wanted, what was found, and what would help. Its docstring
is what the documentation says of it. Unknown is not yes: a need that cannot be checked fails as ``unknown``.
"""

from __future__ import annotations

from collections.abc import Callable

from ...model import Candidate, Failure, Requirements
from .authorization import authorization
from .content import content
from .features import kernel_features
from .image import image, image_requirements, name_taken, os_version
from .kernel import (
    kernel_flavour,
    kernel_modules,
    kernel_own,
    kernel_parameters,
    kernel_sysctls,
    kernel_version,
)
from .network import address, nics, ports
from .option import options
from .permission import permissions
from .place import forms, labels, reachable
from .platform import live_migration, snapshots
from .privilege import devices, host_network, host_view, isolation, max_privilege, privileges
from .processor import architecture, cpu_features, cpu_level
from .project import project_limits, project_restrictions
from .references import references
from .size import cpus, disk, memory, shm
from .system import init, os, processes, runtime, systemd

Rule = Callable[[Requirements, Candidate], Failure | None]

CONSTRAINTS: tuple[Rule, ...] = (
    # Whether it can be asked and is allowed at all.
    reachable,
    labels,
    forms,
    # What it is.
    os,
    architecture,
    cpu_level,
    cpu_features,
    processes,
    init,
    systemd,
    runtime,
    # The kernel that the service would run on.
    kernel_own,
    kernel_version,
    kernel_flavour,
    kernel_modules,
    kernel_sysctls,
    kernel_parameters,
    kernel_features,
    # What it may do, and what keeps it apart.
    privileges,
    devices,
    host_view,
    host_network,
    max_privilege,
    options,
    authorization,
    isolation,
    # What it has.
    cpus,
    memory,
    disk,
    shm,
    address,
    nics,
    ports,
    snapshots,
    live_migration,
    # What its target's own project lets it have.
    project_limits,
    project_restrictions,
    # What its options name there.
    references,
    # What it is made from, and what is there already.
    image,
    os_version,
    image_requirements,
    permissions,
    content,
    name_taken,
)
"""Every rule, in the order in which its failures are told."""

WITHOUT_FACTS = (reachable, labels, forms)
"""What can be said of a target that does not answer: to add 'cannot tell' for all the rest would hide the reason."""
