# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which candidate is tried next: the chosen one, and where that fails the next best that fits."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Callable, Mapping

from ..._core.candidates import is_described
from ..._core.decision.decide import can_follow, with_fallback
from ..._core.model import Candidate, Decision, Service, Target, Verdict
from ..decisions import decision_result
from ..errors import AttemptError, Cause, ProvisioningError
from .converge import converge
from .job import Engine, Job, Site
from .report import Attempt, attempts_as_data

RACES = 5
"""How often the next id is tried where somebody else was quicker to take one that was free."""


def place(
    job: Job,
    decision: Decision,
    engines: Mapping[str, Engine],
    targets: Mapping[str, Target],
    claim: Callable[[Candidate], None] | None = None,
) -> dict[str, t.Any]:
    """
    The task's result, once the service is on the best candidate that can be provisioned.

    A service that has a place already is never tried elsewhere. ``engines`` and ``targets`` are by the target's name;
    ``claim`` is called with each candidate that is tried in place of the chosen one. Raises ProvisioningError.
    """
    attempts: list[Attempt] = []
    failed: list[Verdict] = []
    changed = False
    for verdict in _verdicts_to_try(job, decision):
        candidate = _as_planned(verdict)
        if attempts and claim is not None:
            claim(candidate)
        site = Site(candidate=candidate, target=targets[candidate.target], engine=engines[candidate.target])
        try:
            result = _converge_despite_races(job, site)
        except AttemptError as error:
            attempt = Attempt(candidate, str(error))
            if error.cause is Cause.REFUSAL:
                raise _refusal(job, attempt) from None
            attempts.append(attempt)
            failed.append(verdict)
            changed = error.changed
            if error.remains:
                break
            continue
        if attempts:
            result = _add_attempts(result, [*attempts, Attempt(candidate)])
            result |= decision_result(with_fallback(job.service, decision, verdict, tuple(failed)))
        return result
    raise _exhausted(job, attempts, changed=changed)


def _as_planned(verdict: Verdict) -> Candidate:
    """The candidate with the grants that the needs take: those without a reason the user wrote under ``as``."""
    return dataclasses.replace(verdict.candidate, grants=tuple(grant for grant in verdict.grants if grant.why))


def _verdicts_to_try(job: Job, decision: Decision) -> list[Verdict]:
    """The chosen one first, then as many of those that may follow it as the user allows."""
    if decision.stays:
        return [decision.chosen]
    left = decision.leaves
    return [
        verdict
        for verdict in decision.verdicts
        if _may_follow(job.service, verdict, decision.chosen) and (left is None or can_follow(verdict, left))
    ][: job.options.max_attempts]


def _may_follow(service: Service, verdict: Verdict, chosen: Verdict) -> bool:
    """
    Whether a candidate may be tried when the chosen one has failed.

    A form that the user left out of ``as`` fits with any image of the system: to end in it over a mistake in another
    form's options would be an empty guest and a green task.
    """
    form = verdict.candidate.form
    return verdict.fits and (form is chosen.candidate.form or is_described(form, service))


def _converge_despite_races(job: Job, site: Site) -> dict[str, t.Any]:
    """Converge; where somebody else has taken the id that was free, with the next one, a few times."""
    for races_left in reversed(range(RACES)):
        try:
            return converge(job, site)
        except AttemptError as error:
            if error.cause is not Cause.ID_TAKEN or not races_left:
                raise
            site = dataclasses.replace(site, target=dataclasses.replace(site.target, next_id=error.next_id))
    raise AssertionError("unreachable")


def _add_attempts(result: dict[str, t.Any], attempts: list[Attempt]) -> dict[str, t.Any]:
    """The result of the last attempt, with those that failed before it."""
    warnings = [*result["warnings"], _second_choice_warning(attempts)]
    return {**result, "attempts": attempts_as_data(attempts), "warnings": warnings}


def _second_choice_warning(attempts: list[Attempt]) -> str:
    *failed, success = attempts
    errors = "; ".join(f"'{attempt.candidate.target}': {attempt.error}" for attempt in failed)
    return f"The better candidate failed, so it went to '{success.candidate.place}'. {errors}."


def _refusal(job: Job, attempt: Attempt) -> ProvisioningError:
    result = {"changed": False, "attempts": [attempt.as_data()]}
    return ProvisioningError(f"Service '{job.service.name}' is left as it is: {attempt.error}.", result)


def _exhausted(job: Job, attempts: list[Attempt], *, changed: bool) -> ProvisioningError:
    errors = " ".join(
        f"On '{attempt.candidate.target}' ({attempt.candidate.form.name}): {attempt.error}." for attempt in attempts
    )
    verb = "made" if job.state == "present" else job.state
    message = f"Service '{job.service.name}' could not be {verb}. {errors}"
    return ProvisioningError(message, {"changed": changed, "attempts": attempts_as_data(attempts)})
