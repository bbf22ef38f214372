# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at a service again and again, until it is as it shall be or the user's time is over."""

from __future__ import annotations

from collections.abc import Callable

from ..._core.forms import Form
from ..._core.forms.common import STARTED
from ..._core.model import Instance, Plan
from ..._core.settling import DiffersError, EndedError, Settling
from ..errors import AttemptError, Cause, EngineError
from .job import Engine, Job, Site
from .planning import make_plan

FIRST_PAUSE, LONGEST_PAUSE = 0.15, 1.0
"""Seconds between two looks; the pause grows from the first to the longest."""

_PAUSE_GROWTH = 1.25


def look_until(
    job: Job, engine: Engine, is_over: Callable[[tuple[Instance, ...]], bool]
) -> tuple[tuple[Instance, ...], bool]:
    """(the instances as last seen, whether ``is_over`` said yes within ``wait_timeout``). Raises EngineError."""
    deadline = job.clock.monotonic() + job.options.wait_timeout
    pause = FIRST_PAUSE
    while True:
        instances = engine.find()
        if is_over(instances):
            return instances, True
        if job.clock.monotonic() >= deadline:
            return instances, False
        job.clock.sleep(pause)
        pause = min(pause * _PAUSE_GROWTH, LONGEST_PAUSE)


def wait_until_free(job: Job, engine: Engine, form: Form, instances: tuple[Instance, ...]) -> tuple[Instance, ...]:
    """
    The instances, once nothing is at work on them any more that an interrupted run, or somebody else, has begun.

    Raises AttemptError and EngineError.
    """
    if job.check_mode or not form.busy(instances):
        return instances
    seen, free = look_until(job, engine, lambda seen: not form.busy(job.instances_of(form, seen)))
    instances = job.instances_of(form, seen)
    if not free:
        message = f"{form.busy(instances)}, and was so for {job.options.wait_timeout:g} s"
        raise AttemptError(message, Cause.TIMEOUT, remains=True)
    return instances


def wait_until_settled(job: Job, site: Site, plan: Plan, *, starts: bool) -> tuple[Instance, ...]:
    """
    The instances, once they are as planned, ready, and go on running; ``starts`` says that this run started them.

    Raises DiffersError, EndedError, EngineError, and AttemptError when the time is over.
    """
    return _look_until_settled(job, site, _settling(job, site, plan, starts=starts))


def wait_until_ready(job: Job, site: Site, plan: Plan, instances: tuple[Instance, ...]) -> tuple[Instance, ...]:
    """
    The instances, once those that need no change are ready: somebody else may just have started them.

    Raises AttemptError.
    """
    if plan.changed or job.check_mode or job.state not in (STARTED, "restarted"):
        return instances
    settling = _settling(job, site, plan, starts=False)
    try:
        if settling.reason_to_wait(instances, plan, job.clock.monotonic()) is None:
            return instances
        return _look_until_settled(job, site, settling)
    except (DiffersError, EndedError, EngineError, AttemptError) as error:
        raise AttemptError(str(error).rstrip("."), cause_of(error), remains=True) from None


def cause_of(error: Exception) -> Cause:
    """Why an attempt ended, by the error that ended it."""
    if isinstance(error, AttemptError):
        return error.cause
    if isinstance(error, EndedError):
        return Cause.EXIT
    return Cause.DIFFERENCE if isinstance(error, DiffersError) else Cause.ENGINE


def _settling(job: Job, site: Site, plan: Plan, *, starts: bool) -> Settling:
    return Settling(
        site.form,
        plan.state,
        starts=starts,
        start_time=job.clock.monotonic(),
        min_uptime=job.options.min_uptime,
        wait_timeout=job.options.wait_timeout,
        awaits_address=job.options.awaits_address,
    )


def _look_until_settled(job: Job, site: Site, settling: Settling) -> tuple[Instance, ...]:
    reason: str | None = None
    # A restart is over when the service runs: to plan another one each time would never end.
    state = STARTED if job.state == "restarted" else job.state

    def has_settled(seen: tuple[Instance, ...]) -> bool:
        nonlocal reason
        instances = job.instances_of(site.form, seen)
        remaining = make_plan(job, site, instances, state)
        reason = settling.reason_to_wait(instances, remaining, job.clock.monotonic())
        return reason is None

    seen, settled = look_until(job, site.engine, has_settled)
    if not settled:
        message = f"{reason}, {job.options.wait_timeout:g} s after the delegates had finished"
        raise AttemptError(message, Cause.TIMEOUT)
    return job.instances_of(site.form, seen)
