# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the target's API would let its user do what the plan takes."""

from __future__ import annotations

import re

from ...failures import not_now, together, undecided
from ...knowledge.proxmox_privileges import ROOT, how_to_give, is_allowed, listed_permits
from ...model import Candidate, Failure, Requirements
from ...wording import listed


def permissions(_requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    The user or token of a target must have each privilege that the plan's calls take there, on its path. A target whose
    privileges were never asked for, such as an older record, passes.
    """
    held = candidate.permissions
    if held is None or candidate.permits is None:
        return None
    permits = candidate.permits(candidate)
    if not permits:
        return None
    if held.paths is None and held.user != ROOT:
        remedy = f"let {held.user} read /access/permissions, or set 'unknown: accept'"
        return undecided(f"cannot tell the privileges of {held.user}", remedy)
    refused = [permit for permit in permits if not is_allowed(held, permit)]
    missing = [permit for permit in refused if permit.privileges]
    reserved = list(dict.fromkeys(permit.why for permit in refused if not permit.privileges))
    return together(
        (
            not_now(f"{held.user} lacks {listed_permits(missing)}", how_to_give(held, missing)) if missing else None,
            _reserved(held.user, reserved) if reserved else None,
        )
    )


def _reserved(user: str, settings: list[str]) -> Failure:
    """What only an administrator who has logged in may set."""
    devices = [name for name in settings if re.fullmatch(r"(hostpci|usb)\d+", name)]
    remedy = f"connect as {ROOT} with its password"
    if devices:
        remedy = f"make a resource mapping of the device and name that ('mapping=NAME'), or {remedy}"
    elif len(settings) == 1:
        remedy = f"take '{settings[0]}' out, or {remedy}"
    else:
        remedy = f"take them out, or {remedy}"
    names = [f"'{name}'" for name in settings]
    return not_now(f"only {ROOT} itself may set {listed(names)}, which {user} is not", remedy)
