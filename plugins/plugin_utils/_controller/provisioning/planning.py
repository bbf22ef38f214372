# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a service on one candidate, and whether it may replace what is there."""

from __future__ import annotations

from ..._core.forms import RefusedError
from ..._core.model import Call, Instance, Plan
from ..errors import AttemptError, Cause
from .job import Job, Site


def make_plan(job: Job, site: Site, instances: tuple[Instance, ...], state: str) -> Plan:
    """The calls from these instances to the state. Raises AttemptError where the form refuses to plan that."""
    try:
        return site.form.plan(job.service_on(site.candidate), site.candidate, site.target, instances, state)
    except RefusedError as error:
        raise AttemptError(str(error), Cause.REFUSAL) from None


def check_may_replace(job: Job, site: Site, plan: Plan, instances: tuple[Instance, ...]) -> None:
    """
    Raise AttemptError where the plan would make something anew that it must not.

    What holds data is made anew only if the user says so, anything else unless the user forbids it; and nothing is that
    the engine would refuse to remove.
    """
    for call in plan.calls:
        if call.action != "replace":
            continue
        refusal = site.form.removal_refused(site.target, instances)
        if refusal:
            raise AttemptError(f"{call.does} would remove it first, and {refusal}", Cause.REFUSAL)
        if not _may_replace(job.options.replace, call):
            kept = f"{', '.join(map(str, call.keeps))} would be kept, " if call.keeps else ""
            message = f"{call.does} needs 'replace: when_needed'; {kept}{', '.join(map(str, call.loses))} would be lost"
            raise AttemptError(message, Cause.REFUSAL)


def _may_replace(replace: str | None, call: Call) -> bool:
    return replace == "when_needed" or (replace is None and not touches_data(call))


def touches_data(call: Call) -> bool:
    """Whether a replacement keeps or loses anything that holds data. One that says nothing of it may."""
    return not call.loses or any(part.is_data for part in (*call.keeps, *call.loses))
