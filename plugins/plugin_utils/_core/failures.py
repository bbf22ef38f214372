# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a rule, or a form, says that a need does not hold."""

from __future__ import annotations

from collections.abc import Iterable

from .model import ACT, DECLARE, NEVER, NOT_NOW, UNKNOWN, Failure, Remedy


def never(reason: str, remedy: str | None = None) -> Failure:
    """This candidate is of the wrong sort; the remedy is to relax the need or to change an option."""
    return Failure(reason, NEVER, _act(remedy))


def not_now(reason: str, remedy: str | None = None) -> Failure:
    """It would fit after a change of its present state."""
    return Failure(reason, NOT_NOW, _act(remedy))


def unknown(reason: str, fact: str) -> Failure:
    """Nobody knows; the fact's name is what to declare."""
    return Failure(reason, UNKNOWN, Remedy(DECLARE, fact))


def undecided(reason: str, remedy: str = "set 'unknown: accept'") -> Failure:
    """Nobody knows, and no fact would tell."""
    return Failure(reason, UNKNOWN, _act(remedy))


def together(found: Iterable[Failure | None]) -> Failure | None:
    """
    Several failures of one rule as one: it can be mended only if each can, and what is known is known.

    So what nobody knows never hides what is known to be wrong, and to accept the unknown accepts no more than that.
    """
    if not found:
        return None
    failures = [failure for failure in found if failure is not None]
    if len(failures) < 2:
        return failures[0] if failures else None
    whens = {failure.when for failure in failures}
    when = next(when for when in (NEVER, NOT_NOW, UNKNOWN) if when in whens)
    reasons = dict.fromkeys(failure.reason for failure in failures)
    remedies = dict.fromkeys(failure.remedy for failure in failures if failure.remedy)
    if len(remedies) < 2:
        return Failure("; ".join(reasons), when, next(iter(remedies), None))
    return Failure("; ".join(reasons), when, Remedy(ACT, ", and ".join(map(str, remedies))))


def _act(remedy: str | None) -> Remedy | None:
    return Remedy(ACT, remedy) if remedy else None
