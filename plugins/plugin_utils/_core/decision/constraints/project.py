# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the target's own project bounds and forbids, known before the server refuses it."""

from __future__ import annotations

from ...failures import together
from ...model import Candidate, Failure, Requirements


def project_limits(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    The target's own project (LXD, Incus) must have room for one more instance, and for its limits. If a project limits
    the sum of something, each of its instances must have a limit of it.

    What the service itself has there counts as free.
    """
    return together(candidate.form.quota_refused(requirements, candidate)) if candidate.facts.project else None


def project_restrictions(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    A restricted project of the target (LXD, Incus) must allow what the service would be given: nesting, a privileged
    container, low-level keys, devices of the host, its networks and storage pools.
    """
    return together(candidate.form.restrictions(requirements, candidate)) if candidate.facts.project else None
