# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision in sentences, for people, and as plain data, for machines."""

from __future__ import annotations

import textwrap
import typing as t
from collections.abc import Iterator

from ..model import NEVER, NOT_NOW, RELAX, SCOPES, Decision, Failure, Remedy, Verdict, Wish
from ..needs import values_of
from ..wording import listed

_WIDTH = 110


def explain(decision: Decision) -> str:
    """
    One sentence that says it, then a paragraph for each candidate: every reason, never only the first.

    The proof follows: what kept the service out of every narrower form, and what lets it be so narrow.
    """
    several = _several_forms(decision)
    lines = [headline(decision)]
    for verdict in decision.verdicts:
        lines.append(_paragraph(_name(verdict, several), _line(decision, verdict)))
    if decision.chosen is None and decision.verdicts:
        lines.append(what_would_help(decision, several))
    if decision.proof:
        lines.append(f"Why {decision.chosen.candidate.title}:")
        lines += [_filled(f"- {line}", " " * 4, " " * 6) for line in decision.proof]
    return "\n".join(lines)


def _paragraph(name: str, text: str) -> str:
    return _filled(f"{name}: {text}", " " * 4, " " * (6 + len(name)))


def _filled(text: str, first: str, rest: str) -> str:
    return textwrap.fill(
        text,
        width=_WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def headline(decision: Decision) -> str:
    """The decision in one sentence."""
    service, count = decision.service, len(decision.verdicts)
    fitting = sum(verdict.fits for verdict in decision.verdicts)
    fit = f"({fitting} of {count} candidate{'s' if count != 1 else ''} fit{'s' if fitting == 1 else ''})"
    if decision.chosen is not None:
        candidate = decision.chosen.candidate
        verb = "stays on" if decision.stays else "goes to"
        if decision.leaves is not None:
            verb = f"moves from '{decision.leaves.candidate.place}' to"
        return f"Service '{service}' {verb} '{candidate.place}', {candidate.title} {fit}."
    if decision.stays:
        present = next(verdict for verdict in decision.verdicts if verdict.candidate.is_present)
        candidate = present.candidate
        return f"Service '{service}' is on '{candidate.place}', {candidate.title}, which no longer fits it {fit}."
    if not decision.verdicts:
        return f"Service '{service}' has no candidates: no target offers any form."
    return f"No candidate fits service '{service}' (0 of {count})."


def _several_forms(decision: Decision) -> set[str]:
    """The places that offer more than one form: their lines must say which."""
    places = [verdict.candidate.place for verdict in decision.verdicts]
    return {place for place in places if places.count(place) > 1}


def _name(verdict: Verdict, several: set[str]) -> str:
    place = verdict.candidate.place
    return f"{place} ({verdict.candidate.form.name})" if place in several else place


def _line(decision: Decision, verdict: Verdict) -> str:
    if not verdict.fits:
        return _rejection(verdict)
    if verdict is decision.chosen:
        parts = [f"chosen, {why_chosen(decision, verdict)}"]
    elif _failed(decision, verdict):
        parts = [f"fits as {verdict.candidate.title}, but could not be made"]
    else:
        parts = [f"fits as {verdict.candidate.title}"]
    parts.append(_score(verdict))
    if verdict.grants:
        parts.append(f"grants: {', '.join(map(str, verdict.grants))}")
    unmet = list(_unmet(verdict, decision.wishes)) if verdict is decision.chosen else []
    if unmet:
        parts.append(f"optional needs that are not met: {', '.join(unmet)}")
    if verdict.candidate.options is None and verdict.candidate.image is not None:
        parts.append(f"made from {verdict.candidate.image_name} alone: 'as' does not describe it")
    parts.extend(f"accepted though {_reason(failure)}" for failure in verdict.accepted)
    parts.extend(estimates_of(verdict))
    return "; ".join(parts) + "."


def _unmet(verdict: Verdict, wishes: tuple[Wish, ...]) -> Iterator[str]:
    for wish in wishes:
        if not any(met is wish for met in verdict.candidate.met or ()):
            yield f"{wish.name} {', '.join(values_of(wish))}"


def _failed(decision: Decision, verdict: Verdict) -> bool:
    return any(verdict is failed for failed in decision.failed)


def _score(verdict: Verdict) -> str:
    """The mean, and what is below 100: the rest goes without saying."""
    lower = ", ".join(f"{name} {points}" for name, points in verdict.scores.items() if points < 100)
    return f"score {verdict.total}{f' ({lower})' if lower else ''}"


def _rejection(verdict: Verdict) -> str:
    text = "rejected, " + "; ".join(_reason(failure) for failure in verdict.failures)
    remedies = [failure.remedy for failure in verdict.failures if failure.remedy]
    if not remedies:
        return text + "."
    judged = not verdict.candidate.trouble
    mended = judged and len(remedies) == len(verdict.failures) and all(one.when != NEVER for one in verdict.failures)
    lead = "it would fit if you" if mended else "what would help:"
    return f"{text}; {lead} {'; and '.join(_together(remedies))}."


def _together(remedies: list[Remedy]) -> list[str]:
    """Needs to relax in one breath, after what would help without giving anything up."""
    needs = [f"'{remedy.text}'" for remedy in remedies if remedy.kind == RELAX]
    others = [str(remedy) for remedy in dict.fromkeys(remedies) if remedy.kind != RELAX]
    return [*others, f"relax {listed(needs)}"] if needs else others


def why_chosen(decision: Decision, chosen: Verdict) -> str:
    """Why the chosen one and no other, as a part of a sentence."""
    if decision.stays:
        return "it is there and still fits"
    if decision.leaves is not None and not decision.failed:
        left = decision.leaves.candidate.place
        return f"better than '{left}', which it leaves" if decision.leaves.fits else f"since '{left}' no longer fits it"
    if decision.failed:
        return "the next best: the better ones could not be made"
    scope = chosen.candidate.scope
    rivals = [verdict for verdict in decision.verdicts if verdict.fits and verdict is not chosen]
    if not rivals:
        return "the only one that fits"
    level = SCOPES.index(scope)
    if all(SCOPES.index(rival.candidate.scope) > level for rival in rivals):
        return f"the narrowest scope that fits ({scope})"
    peers = [rival for rival in rivals if rival.candidate.scope == scope]
    if all(peer.grants_taken > chosen.grants_taken for peer in peers):
        return f"the fewest grants in the narrowest scope that fits ({scope})"
    if all(peer.grants_taken > chosen.grants_taken or peer.total < chosen.total for peer in peers):
        return f"the best score in the narrowest scope that fits ({scope})"
    return f"the first declared of equals in the narrowest scope that fits ({scope})"


def estimates_of(verdict: Verdict) -> list[str]:
    """What of its facts is no more than reckoned, or of another day."""
    facts, said = verdict.candidate.facts, []
    if facts.origin("memory_free") == "estimated":
        said.append("its free memory is estimated: the total less the limits of its containers")
    if verdict.candidate.recorded and facts.time:
        said.append(f"its facts were recorded at {facts.time}")
    return said


def _reason(failure: Failure) -> str:
    """The sentence and its rule; ``not_now`` is the common case and goes without saying."""
    return f"{failure.reason} [{failure.rule}{'' if failure.when == NOT_NOW else f': {failure.when}'}]"


def what_would_help(decision: Decision, several: set[str]) -> str:
    """The nearest candidate, and how near it is."""
    nearest = next((v for v in decision.verdicts if v.candidate.is_present), decision.verdicts[0])
    if decision.stays:
        return "It is left as it is: relax the need, or let 'on_form_change: replace' move it."
    never = sum(failure.when == NEVER for failure in nearest.failures)
    count = len(nearest.failures)
    reasons = f"{count} reason{'s' if count != 1 else ''} against it, {_mendable(count, never)}"
    return f"The nearest is {_name(nearest, several)}: {reasons}."


def _mendable(count: int, never: int) -> str:
    if not never:
        return "which can be mended" if count == 1 else "all of which can be mended"
    if never == count:
        return "which takes a change of the needs" if count == 1 else "all of which take a change of the needs"
    return f"{never} of which take{'s' if never == 1 else ''} a change of the needs"


def as_data(decision: Decision) -> dict[str, t.Any]:
    """The decision as plain data, as a task returns it."""
    chosen = decision.chosen.candidate if decision.chosen else None
    return {
        "chosen": {"target": chosen.target, "node": chosen.node, "form": chosen.form.name} if chosen else None,
        "proof": list(decision.proof),
        "verdicts": [_verdict_data(verdict) for verdict in decision.verdicts],
    }


def _verdict_data(verdict: Verdict) -> dict[str, t.Any]:
    candidate = verdict.candidate
    return {
        "target": candidate.target,
        "node": candidate.node,
        "form": candidate.form.name,
        "scope": candidate.scope,
        "fits": verdict.fits,
        "failures": [_failure_data(failure) for failure in verdict.failures],
        "accepted": [_failure_data(failure) for failure in verdict.accepted],
        "grants": [str(grant) for grant in verdict.grants],
        "scores": dict(verdict.scores),
        "total": verdict.total,
    }


def _failure_data(failure: Failure) -> dict[str, t.Any]:
    return {"rule": failure.rule, "reason": failure.reason, "when": failure.when, "remedy": _text(failure.remedy)}


def _text(remedy: Remedy | None) -> str | None:
    return None if remedy is None else str(remedy)
