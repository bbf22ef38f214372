# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes what a failed attempt has made, and nothing else."""

from __future__ import annotations

from ..._core.model import Call, Instance, Plan
from ..errors import EngineError
from .calls import run_calls
from .job import Engine, Job, Site, of_form
from .waiting import FIRST_PAUSE

CLEANUP_TIMEOUT = 30
"""Seconds in which the removal of what has failed is tried again."""


def clean_up(job: Job, site: Site, plan: Plan, completed: list[Call], *, is_claimed: bool) -> str:
    """
    Remove what this run has created; the end of a sentence that says what is left of it, or nothing.

    ``completed`` are the calls that have run: the next one of the plan has failed. ``is_claimed`` says that it created
    something of this run all the same. Where the answer to a clone was lost, nothing tells what it made from what
    another controller made with that id and name.
    """
    failed = plan.calls[len(completed)] if len(completed) < len(plan.calls) else None
    unproven = {failed.creates} if failed and failed.claims and not is_claimed else set()
    created = {call.creates for call in plan.calls[: len(completed) + 1] if call.creates}
    before = {instance.id for instance in site.target.instances}
    deadline = job.clock.monotonic() + CLEANUP_TIMEOUT
    try:
        now = of_form(site.form, find_until(job, site.engine, deadline))
        new = [instance for instance in now if instance.id not in before]
        if unproven and any(instance.id in unproven or instance.service == job.service.name for instance in new):
            return f"; {site.form.title} of its name is there now, and was left alone, for another run may have made it"
        own = tuple(instance for instance in new if _is_own(job, instance, created - unproven))
        _remove_until(job, site, own, deadline)
    except EngineError as error:
        return f"; what the attempt made is still there ({str(error).rstrip('.')})"
    return ""


def find_until(job: Job, engine: Engine, deadline: float) -> tuple[Instance, ...]:
    """What is there now; an engine that does not answer is asked again until the deadline. Raises EngineError."""
    while True:
        try:
            return engine.find()
        except EngineError:
            if job.clock.monotonic() >= deadline:
                raise
            job.clock.sleep(FIRST_PAUSE)


def _remove_until(job: Job, site: Site, instances: tuple[Instance, ...], deadline: float) -> None:
    """The engine may still be busy with what has just failed, so the removal is tried again until the deadline."""
    while True:
        try:
            return run_calls(job, site.engine, site.form.remove(job.service, site.target, instances), [])
        except EngineError:
            if job.clock.monotonic() >= deadline:
                raise
            job.clock.sleep(FIRST_PAUSE)
            left = {instance.id for instance in find_until(job, site.engine, deadline)}
            instances = tuple(instance for instance in instances if instance.id in left)


def _is_own(job: Job, instance: Instance, created: set[str | None]) -> bool:
    """
    Marked as this service's, or a VM of the id that this run cloned to: a clone gets its mark a call later.

    The name alone says nothing: a stranger may have been quicker.
    """
    name = job.service.name
    return instance.service == name or (instance.id in created and instance.name == name)
