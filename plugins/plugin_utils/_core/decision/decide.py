# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision, whole, on one screen."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping

from ..explanation.proof import prove
from ..model import (
    NEVER,
    NOTHING,
    RELAX,
    SCOPES,
    UNKNOWN,
    Candidate,
    Decision,
    Failure,
    Remedy,
    Requirements,
    Service,
    Verdict,
)
from ..needs import asked, need_of
from .constraints import WITHOUT_FACTS, Rule
from .grants import each_once, grants
from .scorers import scoring
from .wishes import wish_grants, wishing

STAY, IF_NEEDED, IF_BETTER = "stay", "if_needed", "if_better"
"""When a service may leave the place that it has: never, where that no longer fits, or for a better one too."""

_CLEARLY = 10
"""Points by which a score must be higher to move for: free memory alone changes it by a few from run to run."""


def decide(
    service: Service,
    candidates: Iterable[Candidate],
    *,
    weights: Mapping[str, float] = NOTHING,
    accept_unknown: bool = False,
    move: str = STAY,
) -> Decision:
    """
    Judge every candidate by every rule, and choose.

    Those that fit come first: narrowest scope, then fewest grants, then highest score, then the order in
    which they were declared. The rest follow, nearest miss first. A service keeps the place it has while
    that fits, and where it no longer fits nothing is chosen: moving it is for a person to say, by ``move``.
    """
    verdicts = map(judging(service, weights, accept_unknown), candidates)
    # Python's sort is stable: what is equal in all of this keeps the order of declaration.
    ordered = tuple(sorted(verdicts, key=_rank))
    present = next((verdict for verdict in ordered if verdict.candidate.is_present), None)
    chosen = _choose(ordered, present, move)
    stays = present is not None and chosen in (None, present)
    decision = Decision(
        service=service.name,
        verdicts=ordered,
        chosen=chosen,
        stays=stays,
        wishes=service.requirements.wishes,
        leaves=None if stays else present,
    )
    return _proven(service, decision)


def _choose(ordered: tuple[Verdict, ...], present: Verdict | None, move: str) -> Verdict | None:
    if present is None:
        return next((verdict for verdict in ordered if verdict.fits), None)
    if present.candidate.trouble:
        # It cannot be retired, and is there again as soon as its node is: a second one would be a twin.
        return present if present.fits else None
    best = next((verdict for verdict in ordered if verdict.fits and can_follow(verdict, present)), None)
    if not present.fits:
        return best if move != STAY else None
    return best if move == IF_BETTER and best is not None and _is_better(best, present) else present


def can_follow(verdict: Verdict, present: Verdict) -> bool:
    """Whether there can be a new one beside the old: of the same form on the same target there is one of a name."""
    new, old = verdict.candidate, present.candidate
    return (new.target, new.form.name) != (old.target, old.form.name)


def _is_better(new: Verdict, old: Verdict) -> bool:
    """By scope, then by grants, then clearly by the score."""
    (_fits, *ahead, score), (_also, *behind, other) = _rank(new), _rank(old)
    return ahead < behind or (ahead == behind and -score >= -other + _CLEARLY)


def with_fallback(service: Service, decision: Decision, chosen: Verdict, failed: tuple[Verdict, ...]) -> Decision:
    """The decision after better candidates have failed: what it then came to, and why."""
    return _proven(service, dataclasses.replace(decision, chosen=chosen, failed=failed))


def _proven(service: Service, decision: Decision) -> Decision:
    return dataclasses.replace(decision, proof=prove(service.requirements, decision))


def judge(
    service: Service, candidate: Candidate, weights: Mapping[str, float] = NOTHING, accept_unknown: bool = False
) -> Verdict:
    """Everything said of one candidate; it depends on no other."""
    return judging(service, weights, accept_unknown)(candidate)


def judging(
    service: Service, weights: Mapping[str, float] = NOTHING, accept_unknown: bool = False
) -> Callable[[Candidate], Verdict]:
    """How to judge any candidate for a service: what does not depend on the candidate is worked out once."""
    needs = service.requirements
    with_facts, without = _named(asked(needs)), _named(WITHOUT_FACTS)
    met, score = wishing(needs), scoring(weights)

    def verdict(candidate: Candidate) -> Verdict:
        if candidate.trouble:
            failures, accepted = _failures(needs, candidate, without, accept_unknown)
            return Verdict(candidate=candidate, failures=failures, accepted=accepted)
        first = judged(candidate)
        if first.fits or not candidate.other_images:
            return first
        # Nobody named an image: a newer release of a system, say, can want a newer processor.
        others = (dataclasses.replace(candidate, image=image, other_images=()) for image in candidate.other_images)
        return next((other for other in map(judged, others) if other.fits), first)

    def judged(candidate: Candidate) -> Verdict:
        given = grants(needs, candidate)
        if given:
            candidate = dataclasses.replace(candidate, grants=given)
        if needs.wishes:
            wishes = met(candidate)
            given = each_once((*given, *wish_grants(wishes, candidate)))
            candidate = dataclasses.replace(candidate, grants=given, met=wishes)
        failures, accepted = _failures(needs, candidate, with_facts, accept_unknown)
        scores, total = score(needs, candidate)
        return Verdict(
            candidate=candidate, failures=failures, accepted=accepted, grants=given, scores=scores, total=total
        )

    return verdict


_Named = tuple[tuple[Rule, str, Remedy | None], ...]


def _named(rules: Iterable[Rule]) -> _Named:
    """Each rule with its name and, where it judges a need, the remedy that always helps: to relax that."""
    needs = {rule: need_of(rule.__name__) for rule in rules}
    return tuple((rule, rule.__name__, Remedy(RELAX, need) if need else None) for rule, need in needs.items())


def _failures(
    needs: Requirements, candidate: Candidate, rules: _Named, accept_unknown: bool
) -> tuple[tuple[Failure, ...], tuple[Failure, ...]]:
    """(what does not hold, what nobody knows and is accepted)."""
    failures, accepted = [], []
    for rule, name, relax in rules:
        failure = rule(needs, candidate)
        if failure is not None:
            failure.rule = name
            if failure.remedy is None:
                failure.remedy = relax
            passed = accept_unknown and failure.when == UNKNOWN
            (accepted if passed else failures).append(failure)
    return tuple(failures), tuple(accepted)


def _rank(verdict: Verdict) -> tuple:
    scope = SCOPES.index(verdict.candidate.scope)
    if verdict.fits:
        return (0, scope, verdict.grants_taken, -verdict.total)
    # Of one that does not answer nobody knows how near it is.
    return (1, verdict.candidate.trouble is not None, *_distance(verdict.failures), scope, -verdict.total)


def _distance(failures: tuple[Failure, ...]) -> tuple[int, int]:
    """How far a candidate is from fitting: what can never be mended weighs first."""
    return sum(failure.when == NEVER for failure in failures), len(failures)
