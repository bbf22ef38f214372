# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The optional needs: which of them come true on a candidate, and what they are given for that.

A wish rejects nothing. It is worth a device or a single capability, where the user allows those, and never more.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from .. import needs
from ..model import PRIVILEGES, Candidate, Grant, Requirements, Wish
from .constraints import Rule
from .grants import need_grants

_WORTH = PRIVILEGES.index("capabilities")


def wishing(requirements: Requirements) -> Callable[[Candidate], tuple[Wish, ...]]:
    """
    How to tell which of the optional needs come true on a candidate, by what it may be granted for them.

    What does not depend on the candidate is worked out once.
    """
    bound = min(_WORTH, PRIVILEGES.index(requirements.max_privilege))
    each = [(wish, needs.rules_of_wish(wish)) for wish in requirements.wishes]

    def met(candidate: Candidate) -> tuple[Wish, ...]:
        return tuple(wish for wish, rules in each if comes_true(wish, rules, candidate))

    def comes_true(wish: Wish, rules: tuple[Rule, ...], candidate: Candidate) -> bool:
        given = tuple(need_grants(wish.needs, candidate))
        if any(PRIVILEGES.index(grant.level) > bound for grant in given):
            return False
        judged = dataclasses.replace(candidate, grants=given)
        return all(rule(wish.needs, judged) is None for rule in rules)

    return met


def met(requirements: Requirements, candidate: Candidate) -> tuple[Wish, ...]:
    """The optional needs that come true on a candidate, which are worked out once for a decision."""
    return candidate.met if candidate.met is not None else wishing(requirements)(candidate)


def wish_grants(wishes: tuple[Wish, ...], candidate: Candidate) -> list[Grant]:
    """What optional needs are granted."""
    return [dataclasses.replace(grant, wish=True) for wish in wishes for grant in need_grants(wish.needs, candidate)]


def with_wishes(requirements: Requirements, candidate: Candidate) -> Requirements:
    """The needs as the plan is to meet them: the optional ones that come true here are as good as musts."""
    return needs.with_wishes(requirements, met(requirements, candidate))
