# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Whether a service has settled: it is there as it was planned, ready, and goes on running.

Pure: each look at the engine is handed in, with its time in seconds of any clock that only goes forward.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .forms.base import Form
from .forms.common import STARTED, STOPPED
from .model import Instance, Plan, Run

MIN_UPTIME = 1.0
"""Seconds that a container must run to count as started, where no healthcheck says how it is."""

CRASH_LIMIT = 3
"""How often a container's own policy may start it again before that is called a crash loop."""

DIFFERENCE_TIMEOUT = 0.5
"""Seconds after which a difference that does not change is final: by then an engine has taken what it was told."""

STOPPED_TIMEOUT = 15.0
"""Seconds after which what was started and is stopped is given up: a reboot passes through that state."""


class EndedError(Exception):
    """What was started does not go on running; the text is a sentence without its full stop."""


class DiffersError(Exception):
    """A difference stays, and no further look would end it; ``plan`` is what would still have to be done."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(f"it still differs afterwards: {describe_differences(plan)}")
        self.plan = plan


class Settling:
    """
    The looks at a service so far.

    ``starts`` says that this run has started it, by ``start_time`` at the latest; else it is as it was found.
    ``min_uptime`` and ``wait_timeout`` are the user's, in seconds; ``min_uptime`` None for the default.
    ``awaits_address`` says that it is not ready before it has its address.
    """

    def __init__(
        self,
        form: Form,
        state: str,
        *,
        starts: bool,
        start_time: float,
        min_uptime: float | None,
        wait_timeout: float,
        awaits_address: bool = True,
    ) -> None:
        self._form = form
        self._state = state
        self._starts = starts
        self._start_time = start_time
        self._min_uptime = min_uptime
        self._wait_timeout = wait_timeout
        self._awaits_address = awaits_address
        self._restarts_before: dict[str, int] = {}
        self._starts_seen: dict[str, tuple[str | None, float]] = {}
        self._last_difference: tuple[t.Any, float] | None = None

    def reason_to_wait(self, instances: tuple[Instance, ...], remaining: Plan, now: float) -> str | None:
        """
        Why one more look is needed; None for a service that has settled.

        ``remaining`` is the plan made again, from these instances. Raises EndedError and DiffersError where no further
        look would help.
        """
        if not instances:
            return "it is not there afterwards"
        running = self._state == STARTED
        exit_reason = self._form.exit_reason(instances) if running else None
        if exit_reason:
            raise EndedError(exit_reason)
        up_long_enough = not running or self._are_up_long_enough(instances, now)
        if remaining.changed:
            self._check_difference(remaining, now)
            return f"it still differs afterwards: {describe_differences(remaining)}"
        self._last_difference = None
        if running and not (up_long_enough and all(map(self._is_ready, instances))):
            return "it is not ready: no address, or no healthy answer"
        return None

    def _is_ready(self, instance: Instance) -> bool:
        return instance.ready if self._awaits_address else instance.up

    def _check_difference(self, remaining: Plan, now: float) -> None:
        """
        Raise DiffersError or EndedError for a difference that has not changed for too long.

        A run state changes by itself; any other difference that two looks show alike stays.
        """
        difference = (dict(remaining.before), dict(remaining.after), [call.does for call in remaining.calls])
        if self._last_difference is None or self._last_difference[0] != difference:
            self._last_difference = (difference, now)
            return
        unchanged_for = now - self._last_difference[1]
        if not _is_of_run_state(remaining):
            if unchanged_for >= DIFFERENCE_TIMEOUT:
                raise DiffersError(remaining)
        elif self._starts and unchanged_for >= STOPPED_TIMEOUT and _is_stopped(remaining):
            raise EndedError(f"it was started, and has been stopped for {STOPPED_TIMEOUT:g} s since")

    def _are_up_long_enough(self, instances: tuple[Instance, ...], now: float) -> bool:
        """
        Whether each has run for long enough: one that crashes is up for a moment, too.

        One restart is not a crash loop, for a program may give up until another one is ready. Raises EndedError.
        """
        runs: Mapping[str, Run] | None = self._form.runs(instances)
        if runs is None:
            return True
        by_name = {instance.name: instance for instance in instances}
        long_enough = True
        for name, run in runs.items():
            before = self._restarts_before.setdefault(name, 0 if self._starts else run.restarts)
            if run.restarts - before >= CRASH_LIMIT:
                raise EndedError(
                    f"container '{name}' ends again and again after its start{self._form.log_tail(by_name[name])}"
                )
            uptime = now - self._start_of(name, run, now)
            long_enough = long_enough and uptime >= self._min_uptime_of(run)
        return long_enough

    def _start_of(self, name: str, run: Run, now: float) -> float:
        """When it was started, on our clock; the latest time that this can have been."""
        is_new = name not in self._starts_seen
        started, start = self._starts_seen.get(name, (None, now))
        if not is_new and started == run.started:
            return start
        if run.uptime is not None:
            start = now - run.uptime
        if self._starts and is_new and not run.restarts:
            # The delegate ended only after the start.
            start = min(start, self._start_time)
        self._starts_seen[name] = (run.started, start)
        return start

    def _min_uptime_of(self, run: Run) -> float:
        default = 0.0 if run.has_healthcheck else MIN_UPTIME
        # A run that does not wait at all does not wait for this.
        return min(default if self._min_uptime is None else self._min_uptime, self._wait_timeout)


def _is_of_run_state(plan: Plan) -> bool:
    changes = [name for changed in plan.after.values() for name in changed]
    return bool(changes) and set(changes) == {"state"}


def _is_stopped(plan: Plan) -> bool:
    return any(was.get("state") == STOPPED for was in plan.before.values())


def describe_differences(plan: Plan) -> str:
    """Each difference by name, with the present value and the wanted one; a plan has its secrets masked."""
    differences = [
        f"{option} is {_describe_value(plan.before.get(name, {}).get(option))}, wanted is {_describe_value(value)}"
        for name, changed in plan.after.items()
        for option, value in changed.items()
    ]
    return "; ".join(differences) or ", ".join(call.does for call in plan.calls)


_MAX_LENGTH = 200


def _describe_value(value: t.Any) -> str:
    if value is None:
        return "not set"
    text = str(value)
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"
