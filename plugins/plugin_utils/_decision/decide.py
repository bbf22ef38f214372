# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""The decision, whole, on one screen."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from .._model import NEVER, NOTHING, SCOPES, UNKNOWN, Candidate, Decision, Failure, Service, Verdict
from .constraints import CONSTRAINTS, WITHOUT_FACTS, need_of
from .grants import each_once, grants
from .proof import prove
from .scorers import score
from .wishes import grants_of_wishes


def decide(
    service: Service,
    candidates: Iterable[Candidate],
    *,
    weights: Mapping[str, float] = NOTHING,
    accept_unknown: bool = False,
) -> Decision:
    """
    Judge every candidate by every rule, and choose.

    Those that fit come first: narrowest scope, then fewest grants, then highest score, then the order in
    which they were declared. The rest follow, nearest miss first. A service keeps the place it has while
    that fits, and where it no longer fits nothing is chosen: moving it is for a person to say.
    """
    verdicts = [judge(service, candidate, weights, accept_unknown) for candidate in candidates]
    # Python's sort is stable: what is equal in all of this keeps the order of declaration.
    ordered = tuple(sorted(verdicts, key=_rank))
    present = next((verdict for verdict in ordered if verdict.candidate.is_present), None)
    if present is not None:
        chosen = present if present.fits else None
    else:
        chosen = next((verdict for verdict in ordered if verdict.fits), None)
    return _proven(service, Decision(service=service.name, verdicts=ordered, chosen=chosen, stays=present is not None))


def instead(service: Service, decision: Decision, chosen: Verdict, failed: tuple[Verdict, ...]) -> Decision:
    """The decision after better candidates have failed: what it then came to, and why."""
    return _proven(service, dataclasses.replace(decision, chosen=chosen, failed=failed))


def _proven(service: Service, decision: Decision) -> Decision:
    return dataclasses.replace(decision, proof=prove(service.requirements, decision))


def judge(
    service: Service, candidate: Candidate, weights: Mapping[str, float] = NOTHING, accept_unknown: bool = False
) -> Verdict:
    """
    Everything said of one candidate; it depends on no other.

    Where nobody named an image, and the first one does not fit, the next one may: a newer release of a system can
    want a newer processor.
    """
    first = _judged(service, candidate, weights, accept_unknown)
    if first.fits or not candidate.other_images or candidate.trouble:
        return first
    others = (dataclasses.replace(candidate, image=image, other_images=()) for image in candidate.other_images)
    verdicts = (_judged(service, other, weights, accept_unknown) for other in others)
    return next((verdict for verdict in verdicts if verdict.fits), first)


def _judged(service: Service, candidate: Candidate, weights: Mapping[str, float], accept_unknown: bool) -> Verdict:
    needs = service.requirements
    failures, accepted = [], []
    given = grants(needs, candidate)
    if needs.wishes and not candidate.trouble:
        given = each_once((*given, *grants_of_wishes(needs, candidate)))
    if given:
        candidate = dataclasses.replace(candidate, grants=given)
    for rule in WITHOUT_FACTS if candidate.trouble else CONSTRAINTS:
        failure = rule(needs, candidate)
        if failure is not None:
            passed = accept_unknown and failure.when == UNKNOWN
            (accepted if passed else failures).append(_complete(failure, rule.__name__))
    scores, total = ({}, 0) if candidate.trouble else score(needs, candidate, weights)
    return Verdict(
        candidate=candidate,
        failures=tuple(failures),
        accepted=tuple(accepted),
        grants=given,
        scores=scores,
        total=total,
    )


def _complete(failure: Failure, rule: str) -> Failure:
    """With its rule's name, and where nothing else would help, the need to relax."""
    reason, when, remedy, _rule = failure
    need = None if remedy else need_of(rule)
    return Failure(reason, when, remedy or (f"relax '{need}'" if need else None), rule)


def _rank(verdict: Verdict) -> tuple:
    scope = SCOPES.index(verdict.candidate.scope)
    if verdict.fits:
        return (0, scope, sum(not grant.wish for grant in verdict.grants), -verdict.total)
    # Of one that does not answer nobody knows how near it is.
    return (1, verdict.candidate.trouble is not None, *_distance(verdict.failures), scope, -verdict.total)


def _distance(failures: tuple[Failure, ...]) -> tuple[int, int]:
    """How far a candidate is from fitting: what can never be mended weighs first."""
    return sum(failure.when == NEVER for failure in failures), len(failures)
