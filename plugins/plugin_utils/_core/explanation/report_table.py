# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What a report says of one service, before it is written in HTML or Markdown.

A row is a need as the user wrote it, with what the rules that judge it say of each candidate. A rule that fails
though nobody asked has a row of its own, so that no failure is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .. import needs
from ..decision.constraints import CONSTRAINTS, WITHOUT_FACTS
from ..decision.wishes import met
from ..model import NEVER, NOT_NOW, UNKNOWN, Candidate, Decision, Requirements, Service, Verdict, Wish
from ..needs import values_of
from .explain import estimates_of, headline, what_would_help, why_chosen

FITS, ACCEPTED, ESTIMATED, NOT_JUDGED, LACKS = "fits", "accepted", "estimated", "not_judged", "lacks"

MARKS = {
    FITS: ("✓", "fits", "the candidate has what is needed"),
    NEVER: ("✗", "never", "it is of the wrong sort"),
    NOT_NOW: ("!", "not now", "it would fit after a change of its present state"),
    UNKNOWN: ("?", "unknown", "nobody knows, and unknown is not yes"),
    ACCEPTED: ("~", "accepted", "unknown, and let pass by 'unknown: accept'"),
    ESTIMATED: ("≈", "estimated", "a size that is reckoned, where nobody can tell it"),
    NOT_JUDGED: ("·", "not judged", "it does not answer, so nothing is known of it"),
}
"""Of each mark a symbol, a word, and what it means: none is told by a colour alone."""
WISH_MARKS = {FITS: ("✓", "comes true"), LACKS: ("–", "not here"), NOT_JUDGED: ("·", "not judged")}


def legible(text: str) -> str:
    """One line of what can be seen: what turns the direction of writing or rings a bell is shown as a replacement."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in " ".join(text.split()))


# --- the nouns ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that is said in a cell; ``rule`` where that is not what the row is called."""

    mark: str = ""
    text: str = ""
    remedy: str | None = None
    rule: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A need or another matter: its name, what is wanted, and what each column has; ``note`` explains the name."""

    name: str
    cells: tuple[tuple[Item, ...], ...]
    values: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows that belong together; ``kind`` is ``needs``, ``grants``, ``wishes`` or ``scores``."""

    kind: str
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A candidate; ``name`` tells it from all others, ``status`` is what became of it."""

    name: str
    place: str
    form: str
    scope: str
    status: str
    fits: bool
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """All that is said of one service; ``reason`` is the sentence that follows the headline."""

    service: str
    headline: str
    reason: str
    place: str
    form: str
    fitting: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    proof_title: str
    proof: tuple[str, ...]


def sheet(service: Service, decision: Decision) -> Sheet:
    """What a report says of one service."""
    verdicts, chosen = decision.verdicts, decision.chosen
    return Sheet(
        service=service.name,
        headline=headline(decision),
        reason=_reason(decision),
        place=_place(decision),
        form=_untitled(chosen.candidate) if chosen else "none",
        fitting=f"{sum(verdict.fits for verdict in verdicts)} of {len(verdicts)}",
        columns=_columns(decision),
        groups=tuple(group for group in _groups(service.requirements, verdicts) if group.rows) if verdicts else (),
        proof_title=f"Why {chosen.candidate.title}:" if chosen and decision.proof else "",
        proof=decision.proof if chosen else (),
    )


def _groups(requirements: Requirements, verdicts: tuple[Verdict, ...]) -> Iterator[Group]:
    yield Group(kind="needs", title="What it needs", rows=tuple(_need_rows(requirements, verdicts)))
    yield Group(kind="grants", title="What it would be given", rows=tuple(_given_rows(verdicts)))
    yield Group(kind="wishes", title="What it wishes for", rows=tuple(_wish_rows(requirements, verdicts)))
    yield Group(kind="scores", title="What it scores, of 100", rows=tuple(_score_rows(verdicts)))


# --- the columns --------------------------------------------------------------------------------


def _place(decision: Decision) -> str:
    if decision.chosen is not None:
        return f"{decision.chosen.candidate.place}{', where it is' if decision.stays else ''}"
    present = next((verdict.candidate for verdict in decision.verdicts if verdict.candidate.is_present), None)
    return f"none: {present.place}, where it is, no longer fits" if present else "none"


def _reason(decision: Decision) -> str:
    if decision.chosen is not None:
        return f"Chosen: {why_chosen(decision, decision.chosen)}."
    return what_would_help(decision, _shared_places(decision)) if decision.verdicts else ""


def _shared_places(decision: Decision) -> set[str]:
    places = [verdict.candidate.place for verdict in decision.verdicts]
    return {place for place in places if places.count(place) > 1}


def _columns(decision: Decision) -> tuple[Column, ...]:
    shared = _shared_places(decision)
    return tuple(_column(decision, verdict, shared) for verdict in decision.verdicts)


def _column(decision: Decision, verdict: Verdict, shared: set[str]) -> Column:
    candidate, count = verdict.candidate, len(verdict.failures)
    chosen = verdict is decision.chosen
    status = "chosen" if chosen else "fits" if verdict.fits else f"rejected, {count} reason{'s' if count > 1 else ''}"
    return Column(
        name=f"{candidate.place} ({candidate.form.name})" if candidate.place in shared else candidate.place,
        place=candidate.place,
        form=_untitled(candidate),
        scope=candidate.scope,
        status=f"{status}; it is here" if candidate.is_present else status,
        fits=verdict.fits,
        chosen=chosen,
    )


def _untitled(candidate: Candidate) -> str:
    """The form's title without its article."""
    article, _space, noun = candidate.title.partition(" ")
    return noun if article in ("a", "an") and noun else candidate.title


# --- the needs ----------------------------------------------------------------------------------

_PROMISES = {rule.__name__: (rule.__doc__ or "").strip().split("\n\n")[0] for rule in CONSTRAINTS}
_ORDER = {name: number for number, name in enumerate(_PROMISES)}
_WITHOUT_FACTS = {rule.__name__ for rule in WITHOUT_FACTS}

# What is the default needs no row. That a service is of Linux does: it keeps it out of the rest.
_SILENT = Requirements(os_family="")


def _need_rows(requirements: Requirements, verdicts: tuple[Verdict, ...]) -> list[Row]:
    """In the order of the rules, whoever asked for them."""
    told = {failure.rule for verdict in verdicts for failure in (*verdict.failures, *verdict.accepted)}
    rows, seen = {}, set()
    for need in needs.NEEDS:
        values = tuple(need.written(requirements))
        if values != tuple(need.written(_SILENT)):
            rows[need.rule_names] = Row(name=need.key, values=values, cells=_judged(need.rule_names, verdicts))
        elif len(need.rule_names) == 1 and need.rule_names[0] in told:
            note = _note(need.rule_names[0])
            rows[need.rule_names] = Row(
                name=need.key, values=values, note=note, cells=_judged(need.rule_names, verdicts)
            )
        else:
            continue
        seen.update(need.rule_names)
    for rule in sorted(told - seen):
        rows[(rule,)] = Row(name=rule or "other", note=_note(rule), cells=_judged((rule,), verdicts))
    return [rows[rules] for rules in sorted(rows, key=lambda rules: (_ORDER.get(rules[0], len(_ORDER)), rules))]


def _note(rule: str) -> str:
    """What the rule promises: nobody wrote such a need, so the reader may not know it."""
    return " ".join(_PROMISES.get(rule, "").split())


def _judged(rules: tuple[str, ...], verdicts: tuple[Verdict, ...]) -> tuple[tuple[Item, ...], ...]:
    return tuple(_cell(rules, verdict) for verdict in verdicts)


def _cell(rules: tuple[str, ...], verdict: Verdict) -> tuple[Item, ...]:
    several = len(rules) > 1
    said = [(failure.when, failure) for failure in verdict.failures if failure.rule in rules]
    said += [(ACCEPTED, failure) for failure in verdict.accepted if failure.rule in rules]
    if said:
        return tuple(
            Item(mark=mark, text=one.reason, remedy=one.remedy and str(one.remedy), rule=one.rule if several else "")
            for mark, one in said
        )
    judged = not verdict.candidate.trouble or _WITHOUT_FACTS.issuperset(rules)
    return (Item(mark=FITS if judged else NOT_JUDGED),)


# --- all else -----------------------------------------------------------------------------------


def _given_rows(verdicts: tuple[Verdict, ...]) -> Iterator[Row]:
    yield Row(name="grants", cells=tuple(tuple(_granted(verdict)) for verdict in verdicts))
    made_from = tuple(_texts(_made_from(verdict.candidate)) for verdict in verdicts)
    if any(made_from):
        yield Row(name="made from", cells=made_from)
    estimates = tuple(tuple(Item(mark=ESTIMATED, text=text) for text in estimates_of(verdict)) for verdict in verdicts)
    if any(estimates):
        yield Row(name="free memory", cells=estimates)


def _granted(verdict: Verdict) -> Iterator[Item]:
    if not verdict.grants:
        yield Item(text="none")
    for grant in verdict.grants:
        yield Item(text=f"{grant} ({grant.why})" if grant.why else str(grant))


def _made_from(candidate: Candidate) -> str:
    if candidate.image is None:
        return candidate.image_wanted or ""
    name = candidate.image.names[0] if candidate.image.names else candidate.image.id
    return name if candidate.options is not None else f"{name} alone: 'as' does not describe it"


def _texts(*texts: str) -> tuple[Item, ...]:
    return tuple(Item(text=text) for text in texts if text)


def _wish_rows(requirements: Requirements, verdicts: tuple[Verdict, ...]) -> Iterator[Row]:
    for wish in requirements.wishes:
        cells = tuple((Item(mark=_wished(wish, requirements, verdict.candidate)),) for verdict in verdicts)
        yield Row(name=wish.name, values=values_of(wish), cells=cells)


def _wished(wish: Wish, requirements: Requirements, candidate: Candidate) -> str:
    if candidate.trouble:
        return NOT_JUDGED
    return FITS if any(one is wish for one in met(requirements, candidate)) else LACKS


def _score_rows(verdicts: tuple[Verdict, ...]) -> Iterator[Row]:
    for name in dict.fromkeys(name for verdict in verdicts for name in verdict.scores):
        points = (verdict.scores.get(name) for verdict in verdicts)
        yield Row(name=name, cells=tuple(() if number is None else _texts(str(number)) for number in points))
    yield Row(name="total", cells=tuple(_texts(str(verdict.total) if verdict.scores else "") for verdict in verdicts))
