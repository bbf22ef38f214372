# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task's result says of provisioning."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.model import Call, Candidate, Instance, Plan, Target
from ..placement import placement
from .job import Job, Site


@dataclass(frozen=True)
class Attempt:
    """A candidate that was tried, and the error that ended that; None where it was a success."""

    candidate: Candidate
    error: str | None = None

    def as_data(self) -> dict[str, t.Any]:
        place = self.candidate
        return {"target": place.target, "node": place.node, "form": place.form.name, "error": self.error}


def attempts_as_data(attempts: list[Attempt]) -> list[dict[str, t.Any]]:
    return [attempt.as_data() for attempt in attempts]


def report(target: Target, plan: Plan, placed: dict[str, t.Any] | None) -> dict[str, t.Any]:
    """The result of a plan on a target; ``placed`` is where the service is afterwards."""
    result: dict[str, t.Any] = {
        "changed": plan.changed,
        "failed": False,
        "placement": placed,
        "calls": [_call_as_data(call, target) for call in plan.calls],
        "warnings": list(plan.warnings),
    }
    if plan.changed:
        result["diff"] = {"before": dict(plan.before), "after": dict(plan.after)}
    return result


def _call_as_data(call: Call, target: Target) -> dict[str, t.Any]:
    data = {"module": call.module, "target": target.name, "changed": True, "does": call.does, "action": call.action}
    return data | (
        {"keeps": list(map(str, call.keeps)), "loses": list(map(str, call.loses))} if call.action == "replace" else {}
    )


def predicted_placement(job: Job, site: Site, plan: Plan, instances: tuple[Instance, ...]) -> dict[str, t.Any]:
    """Where the service will be once the plan has run; of what is made anew the id is not known."""
    name = job.service.name
    if instances and not any(call.action == "replace" for call in plan.calls):
        return placement(name, site.target, instances, state=plan.state if plan.changed else None)
    candidate = site.candidate
    predicted = Instance(form=candidate.form.name, name=name, id="", node=candidate.node, state=plan.state)
    return placement(name, site.target, (predicted,)) | {"id": None}


def add_waiting(job: Job, result: dict[str, t.Any], waiting: tuple[str, ...]) -> dict[str, t.Any]:
    """The result, with the settings that wait for a restart."""
    if not waiting:
        return result
    warnings = [*result["warnings"], _restart_warning(job, waiting)]
    return {**result, "restart_required": list(waiting), "warnings": warnings}


def _restart_warning(job: Job, waiting: tuple[str, ...]) -> str:
    return f"Service '{job.service.name}': {', '.join(waiting)} take effect at its next restart."
