# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings the service to one candidate: plan, call, verify; and leaves nothing half made behind."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.candidates import acted, present
from ..._core.model import Call, Instance, Plan
from ..._core.settling import DiffersError, EndedError
from ..errors import AttemptError, Cause, EngineError
from ..placement import placement
from .calls import run_calls
from .cleanup import clean_up
from .job import Job, Site, of_form
from .planning import check_may_replace
from .report import add_waiting, predicted_placement, report
from .restart import STARTING_ACTIONS, add_restart, settings_to_wait, unforeseen_restart, waiting_settings
from .second_opinion import agree, agreed_options, plan_with_opinion, spelling_warnings
from .waiting import cause_of, wait_until_free, wait_until_ready, wait_until_settled


def converge(job: Job, site: Site) -> dict[str, t.Any]:
    """The task's result, once the service is on the site in its state. Raises AttemptError."""
    instances = _free_instances(job, site)
    site, plan, warnings = plan_with_opinion(job, site, instances)
    plan = add_restart(job, site, plan, instances)
    check_may_replace(job, site, plan, instances)
    if not plan.changed or job.check_mode:
        return _foresee(job, site, plan, instances, warnings)
    return _carry_out(job, site, plan, instances, warnings)


def _free_instances(job: Job, site: Site) -> tuple[Instance, ...]:
    """What is there of the service, once nothing is at work on it."""
    instances = of_form(site.form, present(job.service, site.target))
    try:
        return wait_until_free(job, site.engine, site.form, instances)
    except EngineError as error:
        raise AttemptError(str(error).rstrip("."), Cause.ENGINE, remains=True) from None


def _foresee(
    job: Job, site: Site, plan: Plan, instances: tuple[Instance, ...], warnings: list[str]
) -> dict[str, t.Any]:
    """The result of a plan that is not run: there is nothing to do, or this is check mode."""
    instances = wait_until_ready(job, site, plan, instances)
    result = report(site.target, plan, predicted_placement(job, site, plan, instances))
    result["warnings"] += warnings
    return add_waiting(job, result, settings_to_wait(site, plan, instances))


def _carry_out(
    job: Job, site: Site, plan: Plan, instances: tuple[Instance, ...], warnings: list[str]
) -> dict[str, t.Any]:
    """Run the plan and verify what came of it."""
    completed: list[Call] = []
    try:
        run_calls(job, site.engine, plan, completed)
        site = dataclasses.replace(site, candidate=acted(site.candidate))
        after, more = _verify(job, site, plan)
        plan, after = _restart_for_the_rest(job, site, plan, after)
    except DiffersError as error:
        # What was made is as good as it was made: nothing that works is removed over a spelling.
        message = _difference_remains(site, error, fresh=not instances)
        raise AttemptError(message, Cause.DIFFERENCE, remains=True, changed=True) from None
    except (EndedError, EngineError, AttemptError) as error:
        raise _failure(job, site, plan, completed, error, existed=bool(instances)) from None
    result = report(site.target, plan, placement(job.service.name, site.target, after))
    result["warnings"] += [*warnings, *more]
    return add_waiting(job, result, waiting_settings(site, plan, after))


def _verify(job: Job, site: Site, plan: Plan) -> tuple[tuple[Instance, ...], list[str]]:
    """
    (the instances, warnings), once the service is ready and nothing is left to do, also by the delegate's opinion.

    Raises DiffersError, EndedError, EngineError, AttemptError.
    """
    starts = any(call.action in (*STARTING_ACTIONS, "create") for call in plan.calls)
    try:
        return wait_until_settled(job, site, plan, starts=starts), []
    except DiffersError as error:
        difference = error
    instances = job.instances_of(site.form, site.engine.find())
    agreed = agreed_options(job, site, instances, difference.plan)
    if not agreed:
        raise difference
    warnings = spelling_warnings(job.service, difference.plan, agreed)
    return wait_until_settled(job, agree(site, agreed), plan, starts=starts), warnings


def _restart_for_the_rest(
    job: Job, site: Site, plan: Plan, instances: tuple[Instance, ...]
) -> tuple[Plan, tuple[Instance, ...]]:
    """(the plan, the instances) after another restart, where the user allows it, for what nobody foresaw to wait."""
    more = unforeseen_restart(job, site, plan, instances)
    if more is None:
        return plan, instances
    run_calls(job, site.engine, more, [])
    whole = dataclasses.replace(plan, calls=(*plan.calls, *more.calls))
    return whole, _verify(job, site, whole)[0]


def _failure(
    job: Job, site: Site, plan: Plan, completed: list[Call], error: Exception, *, existed: bool
) -> AttemptError:
    """What becomes of an attempt whose calls, or what came of them, failed: only what is new is cleaned up."""
    text, cause = str(error).rstrip("."), cause_of(error)
    next_id, is_claimed = getattr(error, "next_id", None), getattr(error, "is_claimed", False)
    if next_id is not None and not completed:
        message = f"each id was taken by somebody else, the last one was {next_id}"
        return AttemptError(message, Cause.ID_TAKEN, next_id=next_id)
    if existed:
        # It is where it was, and what has been done of the plan stays done.
        remains = bool(completed)
        return AttemptError(text, cause, remains=remains, changed=remains)
    remnant = clean_up(job, site, plan, completed, is_claimed=is_claimed)
    return AttemptError(text + remnant, cause, remains=bool(remnant), changed=bool(remnant))


def _difference_remains(site: Site, error: DiffersError, *, fresh: bool) -> str:
    return f"{site.form.title} was made and is left there; {error}" if fresh else str(error)
