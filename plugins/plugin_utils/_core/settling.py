# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Whether a service has settled: it is there, as it was planned, ready, and it goes on running.

Pure: each look at the engine is handed in, with its time in seconds of any clock that only goes forward.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .forms._common import STARTED, STOPPED
from .model import Instance, Plan, Run

MIN_UPTIME = 1.0
"""Seconds that a container must run on to be called started, where no healthcheck says how it is."""

CRASHES = 3
"""Ends of what was started, and was started again by its policy, that are a crash loop."""

SAME_FOR = 0.5
"""Seconds between two looks that show the same difference: by then an engine has taken what it was told."""


STANDS_STILL = 15.0
"""Seconds for which what was started is stopped before it is given up: a reboot passes through that state."""


class EndedError(Exception):
    """What was started does not come to run; the text is a sentence without its full stop."""


class DiffersError(Exception):
    """A difference stays, and no further look would end it; ``plan`` is what would still have to be done."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(f"it still differs afterwards: {describe_differences(plan)}")
        self.plan = plan


class Settling:
    """
    The looks at a service so far.

    ``starts`` says that this run has started it, by ``began`` at the latest; else it is as it was found.
    ``min_uptime`` and ``wait_timeout`` are the user's, in seconds; ``min_uptime`` None for the default.
    """

    def __init__(
        self,
        form: t.Any,
        state: str,
        *,
        starts: bool,
        began: float,
        min_uptime: float | None,
        wait_timeout: float,
        awaits_address: bool = True,
    ) -> None:
        self._form = form
        self._state = state
        self._starts = starts
        self._began = began
        self._min_uptime = min_uptime
        self._wait_timeout = wait_timeout
        self._awaits_address = awaits_address
        self._restarts_before: dict[str, int] = {}
        self._runs: dict[str, tuple[str | None, float]] = {}
        self._difference: tuple[t.Any, float] | None = None

    def reason_to_wait(self, instances: tuple[Instance, ...], again: Plan, now: float) -> str | None:
        """
        Why one more look is needed; None for a service that has settled.

        ``again`` is the plan made anew from what is there. Raises EndedError and DiffersError where waiting is no use.
        """
        if not instances:
            return "it is not there afterwards"
        running = self._state == STARTED
        ended = self._form.ended(instances) if running else None
        if ended:
            raise EndedError(ended)
        runs_on = not running or self._run_on(instances, now)
        if again.changed:
            self._need_another_difference(again, now)
            return f"it still differs afterwards: {describe_differences(again)}"
        self._difference = None
        if running and not (runs_on and all(map(self._is_ready, instances))):
            return "it is not ready: no address, or no healthy answer"
        return None

    def _is_ready(self, instance: Instance) -> bool:
        return instance.ready if self._awaits_address else instance.up

    def _need_another_difference(self, again: Plan, now: float) -> None:
        """A run state changes by itself; any other difference that two looks show alike stays."""
        found = (dict(again.before), dict(again.after), [call.does for call in again.calls])
        last = self._difference
        if last is None or last[0] != found:
            self._difference = (found, now)
        elif not _is_of_run_state(again):
            if now - last[1] >= SAME_FOR:
                raise DiffersError(again)
        elif self._starts and now - last[1] >= STANDS_STILL and _is_stopped(again):
            raise EndedError(f"it was started, and has been stopped for {STANDS_STILL:g} s since")

    def _run_on(self, instances: tuple[Instance, ...], now: float) -> bool:
        """
        Whether each has run on for long enough: one that crashes is up for a moment, too.

        One restart is not a crash loop, for a program may give up until another one is there.
        """
        runs: Mapping[str, Run] | None = self._form.runs(instances)
        if runs is None:
            return True
        names = {instance.name: instance for instance in instances}
        long_enough = True
        for name, run in runs.items():
            before = self._restarts_before.setdefault(name, 0 if self._starts else run.restarts)
            if run.restarts - before >= CRASHES:
                raise EndedError(f"container '{name}' ends again and again after its start{self._log(names[name])}")
            since = self._since(name, run, now)
            long_enough = long_enough and now - since >= self._least(run)
        return long_enough

    def _since(self, name: str, run: Run, now: float) -> float:
        """When it was started, on our clock; the latest that it can have been."""
        started, since = self._runs.get(name, (None, now))
        if name in self._runs and started == run.started:
            return since
        if run.uptime is not None:
            since = now - run.uptime
        if self._starts and name not in self._runs and not run.restarts:
            # The delegate ended only after the start.
            since = min(since, self._began)
        self._runs[name] = (run.started, since)
        return since

    def _least(self, run: Run) -> float:
        default = 0.0 if run.has_healthcheck else MIN_UPTIME
        # A run that does not wait at all does not wait for this.
        return min(default if self._min_uptime is None else self._min_uptime, self._wait_timeout)

    def _log(self, instance: Instance) -> str:
        return self._form.last_words(instance)


def _is_of_run_state(plan: Plan) -> bool:
    changes = [name for changed in plan.after.values() for name in changed]
    return bool(changes) and set(changes) == {"state"}


def _is_stopped(plan: Plan) -> bool:
    return any(was.get("state") == STOPPED for was in plan.before.values())


def describe_differences(plan: Plan) -> str:
    """The differences by name, each with the value that is there and the wanted one; secrets are masked in a plan."""
    told = [
        f"{option} is {_shown(plan.before.get(name, {}).get(option))}, wanted is {_shown(value)}"
        for name, changed in plan.after.items()
        for option, value in changed.items()
    ]
    return "; ".join(told) or ", ".join(call.does for call in plan.calls)


_LONGEST = 200


def _shown(value: t.Any) -> str:
    if value is None:
        return "not set"
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
