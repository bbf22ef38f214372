# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes over what somebody else made, by its marks alone."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.forms import FORMS
from ..._core.model import Call, Instance, Plan, Target
from ..errors import AttemptError, Cause, EngineError, ProvisioningError
from ..placement import placement
from .calls import run_calls
from .job import Engine, Job
from .report import report
from .waiting import look_until


def adopt(job: Job, engine: Engine, target: Target, instance: Instance) -> dict[str, t.Any]:
    """The task's result, once the instance has the service's marks. Raises ProvisioningError, AdoptionError."""
    name = job.service.name
    plan = FORMS[instance.form].adopt(job.service, target, instance)
    if job.check_mode:
        adopted = dataclasses.replace(instance, service=name)
        return report(target, plan, placement(name, target, (adopted,)))
    completed: list[Call] = []
    try:
        instances = _mark(job, engine, instance, plan, completed)
    except (EngineError, AttemptError) as error:
        message = f"Service '{name}' could not be taken over on '{target.name}': {error}."
        raise ProvisioningError(message, {"changed": bool(completed)}) from None
    return report(target, plan, placement(name, target, instances))


def _mark(job: Job, engine: Engine, instance: Instance, plan: Plan, completed: list[Call]) -> tuple[Instance, ...]:
    """Run the plan and see that the marks are there; the instances that have them."""
    form = FORMS[instance.form]
    run_calls(job, engine, plan, completed)
    seen, is_marked = look_until(job, engine, lambda seen: bool(job.instances_of(form, seen)))
    if not is_marked:
        raise AttemptError(f"{form.title} '{instance.name}' has no mark afterwards", Cause.TIMEOUT)
    return job.instances_of(form, seen)
