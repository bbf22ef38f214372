# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The privileges that placing a VM takes of the API's user."""

from __future__ import annotations

import re

from ...knowledge.proxmox_privileges import permits_of
from ...model import Candidate, Instance, Permit, Service, Target
from ..common import STARTED
from .drives import is_from_nothing
from .existing import config_of
from .permits import permits_of_calls
from .planning import plan
from .settings import has_agent


def permits_of_plan(
    service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str
) -> tuple[Permit, ...]:
    """What its plan takes, and what it takes to see what became of it."""
    options = candidate.options or {}
    if not instances and candidate.image is None and not is_from_nothing(options):
        # Nothing can be planned, which another rule says.
        return ()
    current = config_of(instances[0]) if instances else {}
    template = candidate.image.config if candidate.image and not instances else {}
    planned = plan(service, candidate, target, instances, state)
    release = _release(candidate.facts.engine_version)
    names = {
        "vmid": instances[0].id if instances else target.next_id,
        "node": candidate.node,
        "pool": options.get("pool"),
    }
    permits = [] if instances else [*permits_of("look at the node", **names), *permits_of("see", **names)]
    permits += permits_of_calls(
        planned.calls,
        current=current,
        template=template,
        pool=names["pool"],
        networks=candidate.facts.networks,
        permissions=candidate.permissions,
        release=release,
    )
    if planned.state == STARTED and has_agent({**template, **current, **options}):
        permits += permits_of("ask the agent", release, **names)
    return tuple(dict.fromkeys(permits))


def _release(version: str | None) -> int | None:
    number = re.match(r"\d+", version or "")
    return int(number.group()) if number else None
