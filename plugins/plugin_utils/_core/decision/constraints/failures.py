# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a rule says that it does not hold."""

from __future__ import annotations

from collections.abc import Iterable

from ...model import NEVER, NOT_NOW, UNKNOWN, Candidate, Failure
from ...reading.quantities import readable


def never(reason: str, remedy: str | None = None) -> Failure:
    """This candidate is of the wrong sort; the remedy is to relax the need or to change an option."""
    return Failure(reason, NEVER, remedy)


def not_now(reason: str, remedy: str | None = None) -> Failure:
    """It would fit after a change of its present state."""
    return Failure(reason, NOT_NOW, remedy)


def unknown(reason: str, fact: str) -> Failure:
    """Nobody knows; the fact's name is what to declare."""
    return Failure(reason, UNKNOWN, f"declare '{fact}' in the target's rightscope_facts")


def together(found: Iterable[Failure | None]) -> Failure | None:
    """
    Several failures of one rule as one: it can be mended only if each can, and what is known is known.

    So what nobody knows never hides what is known to be wrong, and to accept the unknown accepts no more than that.
    """
    failures = [failure for failure in found if failure is not None]
    if len(failures) < 2:
        return failures[0] if failures else None
    whens = {failure.when for failure in failures}
    when = next(when for when in (NEVER, NOT_NOW, UNKNOWN) if when in whens)
    reasons = dict.fromkeys(failure.reason for failure in failures)
    remedies = dict.fromkeys(failure.remedy for failure in failures if failure.remedy)
    return Failure(reason="; ".join(reasons), when=when, remedy=", and ".join(remedies) or None)


def told_apart(wanted: float, found: float) -> tuple[str, str]:
    """Two sizes in words, in MiB where they would read the same."""
    words = readable(wanted), readable(found)
    return words if words[0] != words[1] else (f"{wanted:.10g} MiB", f"{found:.10g} MiB")


def image_name(candidate: Candidate) -> str:
    """The image or template by its first name, in quotes."""
    if candidate.image is None:
        return "its template" if candidate.scope == "machine" else "its image"
    return f"'{candidate.image.names[0] if candidate.image.names else candidate.image.id}'"


def listed(names: tuple[str, ...] | list[str]) -> str:
    """``a, b and c``."""
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last
