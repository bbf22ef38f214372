# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes a service, and sees that it is gone."""

from __future__ import annotations

import typing as t

from ..._core.forms import FORMS
from ..._core.model import Call, Instance, Plan, Target
from ..errors import AttemptError, Cause, EngineError, ProvisioningError
from .calls import run_calls
from .job import Engine, Job
from .report import report
from .waiting import look_until, wait_until_free


def remove(job: Job, engine: Engine, target: Target, instances: tuple[Instance, ...]) -> dict[str, t.Any]:
    """The task's result, once these instances of the service are gone. Raises ProvisioningError."""
    if not instances:
        return report(target, Plan(state="absent"), None) | {"diff": {"before": {}, "after": {}}}
    check_removable(job, target, instances)
    if job.check_mode:
        return _foresee(job, target, instances)
    completed: list[Call] = []
    try:
        plan = _remove_until_gone(job, engine, target, instances, completed)
    except (EngineError, AttemptError) as error:
        raise _failure(job, target, error, changed=bool(completed)) from None
    return report(target, plan, None)


def check_removable(job: Job, target: Target, instances: tuple[Instance, ...]) -> None:
    """Raise ProvisioningError where the engine would refuse to remove them, before anything is done."""
    refusal = FORMS[instances[0].form].removal_refused(target, instances)
    if refusal:
        message = f"Service '{job.service.name}' is left as it is on '{target.name}': {refusal}."
        raise ProvisioningError(message, {"changed": False})


def retire(job: Job, engine: Engine, target: Target, instances: tuple[Instance, ...]) -> dict[str, t.Any]:
    """
    As ``remove``, of those that are still the same.

    They were found before the new ones were made, which may be long ago.
    """
    if job.check_mode:
        return remove(job, engine, target, instances)
    try:
        seen = engine.find()
    except EngineError as error:
        raise _failure(job, target, error, changed=False) from None
    form = FORMS[instances[0].form]
    known = {(instance.id, form.identity(instance)) for instance in instances}
    now = job.instances_of(form, seen)
    same = tuple(instance for instance in now if (instance.id, form.identity(instance)) in known)
    return remove(job, engine, target, same)


def _foresee(job: Job, target: Target, instances: tuple[Instance, ...]) -> dict[str, t.Any]:
    form = FORMS[instances[0].form]
    result = report(target, form.remove(job.service, target, instances), None)
    busy = form.busy(instances)
    result["warnings"] += [f"{busy}; its removal waits for that."] if busy else []
    return result


def _remove_until_gone(
    job: Job, engine: Engine, target: Target, instances: tuple[Instance, ...], completed: list[Call]
) -> Plan:
    """The plan by which they were removed. Raises EngineError, AttemptError."""
    form = FORMS[instances[0].form]
    instances = wait_until_free(job, engine, form, instances)
    plan = form.remove(job.service, target, instances)
    removed = {instance.id for instance in instances}
    run_calls(job, engine, plan, completed)

    def are_gone(seen: tuple[Instance, ...]) -> bool:
        return not any(instance.id in removed for instance in job.instances_of(form, seen))

    left, gone = look_until(job, engine, are_gone)
    if not gone:
        raise AttemptError(f"{form.title} '{left[0].name}' is still there after its removal", Cause.TIMEOUT)
    return plan


def _failure(job: Job, target: Target, error: Exception, *, changed: bool) -> ProvisioningError:
    message = f"Service '{job.service.name}' could not be removed from '{target.name}': {error}."
    return ProvisioningError(message, {"changed": changed})
