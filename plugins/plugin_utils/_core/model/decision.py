# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of each candidate, and the choice."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from .candidate import Candidate, Grant
from .scales import nothing
from .service import Wish

NEVER, NOT_NOW, UNKNOWN = "never", "not_now", "unknown"


RELAX, DECLARE, ACT = "relax", "declare", "act"
"""What a remedy asks for: to give up a need, to tell a fact, or to change something."""


class Remedy(t.NamedTuple):
    """What would help: ``text`` is a need's path for RELAX, a fact for DECLARE, else a clause in the imperative."""

    kind: str
    text: str

    def __str__(self) -> str:
        if self.kind == RELAX:
            return f"relax '{self.text}'"
        if self.kind == DECLARE:
            return f"declare '{self.text}' in the target's rightscope_facts"
        return self.text


@dataclass(slots=True)
class Failure:
    """
    One constraint that does not hold.

    ``when`` is ``never`` (this candidate is of the wrong sort), ``not_now`` (it would fit after a change
    of its present state) or ``unknown`` (nobody knows; see ``remedy`` for how to let it be known).
    The one noun that is completed after it was made: the judge adds the ``rule``'s name, and the remedy that always
    helps. A large cluster has more failures than anything else, and to make each of them twice would be felt.
    """

    reason: str
    when: str
    remedy: Remedy | None = None
    rule: str = ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Everything said of one candidate."""

    candidate: Candidate
    failures: tuple[Failure, ...] = ()
    accepted: tuple[Failure, ...] = ()
    grants: tuple[Grant, ...] = ()
    scores: Mapping[str, int] = field(default_factory=nothing)
    total: int = 0

    @property
    def fits(self) -> bool:
        return not self.failures

    @property
    def grants_taken(self) -> int:
        """How many privileges the musts take, which is what candidates are compared by: a wish is free to cost some."""
        return sum(not grant.wish for grant in self.grants)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """
    All verdicts in order, best first, and the chosen one, or None.

    ``proof`` are the lines that say which needs forced the chosen form, and with what; ``failed`` are the
    verdicts of better candidates that could not be provisioned. ``wishes`` are the service's optional needs.
    ``leaves`` is the place that it has and is moved away from.
    """

    service: str
    verdicts: tuple[Verdict, ...] = ()
    chosen: Verdict | None = None
    stays: bool = False
    proof: tuple[str, ...] = ()
    failed: tuple[Verdict, ...] = ()
    wishes: tuple[Wish, ...] = ()
    leaves: Verdict | None = None
