# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the calls of a plan, in order."""

from __future__ import annotations

import dataclasses

from ..._core.model import Call, Plan
from ..errors import EngineError
from .job import Engine, Job

MIN_CALL_TIMEOUT = 10
"""Seconds that an engine has for one act at the least, also where the user does not wait at all."""

SILENCE_PAUSE = 1.0
"""Seconds after which a call is repeated that an engine did not answer."""


def run_calls(job: Job, engine: Engine, plan: Plan, completed: list[Call]) -> None:
    """Run each call, and note it in ``completed`` as soon as it has run. Raises EngineError."""
    for call in plan.calls:
        try:
            _run_until_answered(job, engine, _bounded(job, call))
        except EngineError:
            if not call.may_fail:
                raise
        completed.append(call)


def _run_until_answered(job: Job, engine: Engine, call: Call) -> None:
    """Run the call; where the engine is silent and repeating does no harm, again until the user's time is over."""
    deadline = job.clock.monotonic() + job.options.wait_timeout
    while True:
        try:
            return engine.run(call)
        except EngineError as error:
            if not (call.repeatable and error.is_silent and job.clock.monotonic() < deadline):
                raise
        job.clock.sleep(SILENCE_PAUSE)


def _bounded(job: Job, call: Call) -> Call:
    """The call with no more time than the user waits, and no less than an act takes."""
    if not call.bounded:
        return call
    timeout = min(call.args["timeout"], max(job.options.wait_timeout, MIN_CALL_TIMEOUT))
    return dataclasses.replace(call, args={**call.args, "timeout": timeout})
