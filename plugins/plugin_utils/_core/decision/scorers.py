# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The preferences. A scorer is absolute, 0 to 100, and never looks at another candidate.

So adding a target changes nobody else's score. What is not known scores 0: nothing is to be won by silence. The
first line of a scorer's docstring is what the documentation says of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..model import Candidate, Requirements
from .constraints.size import free_memory
from .wishes import met

LABELS = "labels"
"""The name of a wish that is a label."""

_WORST_GRANTS = 10
"""With as many grants, or more, nothing is left of the score."""


def headroom(requirements: Requirements, candidate: Candidate) -> int:
    """The share of the node's memory that stays free with the service on it: services spread."""
    free, total = free_memory(candidate.facts), candidate.facts.memory
    if free is None or not total:
        return 0
    left = free + candidate.held - (requirements.memory or 0)
    return _clamped(100 * left / total)


def packing(requirements: Requirements, candidate: Candidate) -> int:
    """The share of the node's memory that is taken with the service on it: services pack. Counts 0 if not weighted."""
    if free_memory(candidate.facts) is None or not candidate.facts.memory:
        return 0
    return 100 - headroom(requirements, candidate)


def image_present(_requirements: Requirements, candidate: Candidate) -> int:
    """100 where the image or template is there already, 0 where it must be fetched."""
    return 100 if candidate.image is not None else 0


def fewest_grants(_requirements: Requirements, candidate: Candidate) -> int:
    """100 without any grant, 10 less for each; what a wish is granted does not count."""
    musts = sum(not grant.wish for grant in candidate.grants or ())
    return _clamped(100 - 100 * musts / _WORST_GRANTS)


def free_ports(requirements: Requirements, candidate: Candidate) -> int:
    """The share of its ports that nobody else uses on the host; 100 where it has all to itself, 0 if not known."""
    wanted = requirements.ports
    if not wanted or candidate.form.shares_ports is False:
        return 100
    taken = candidate.facts.ports_taken
    if taken is None or candidate.form.shares_ports is None:
        return 0
    free = sum(f"{port.host or port.number}/{port.protocol}" not in taken - candidate.held_ports for port in wanted)
    return _clamped(100 * free / len(wanted))


def preferred_labels(requirements: Requirements, candidate: Candidate) -> int:
    """The share of the optional labels that the target has; 100 where there are none."""
    return _share_of_wishes(requirements, candidate, labels=True)


def wishes(requirements: Requirements, candidate: Candidate) -> int:
    """The share of the other optional needs that come true here; 100 where there are none."""
    return _share_of_wishes(requirements, candidate, labels=False)


def _share_of_wishes(requirements: Requirements, candidate: Candidate, *, labels: bool) -> int:
    if not requirements.wishes:
        return 100
    wanted = sum((wish.name == LABELS) is labels for wish in requirements.wishes)
    if not wanted:
        return 100
    return _clamped(100 * sum((wish.name == LABELS) is labels for wish in met(requirements, candidate)) / wanted)


SCORERS = (headroom, packing, image_present, fewest_grants, free_ports, preferred_labels, wishes)
DEFAULT_WEIGHTS: Mapping[str, float] = {"packing": 0}
"""What a scorer counts where the user says nothing: 1, but for these."""


def scoring(weights: Mapping[str, float]) -> Callable[[Requirements, Candidate], tuple[dict[str, int], int]]:
    """How to score a candidate: every score by its scorer's name, and their mean, weighted by the user."""
    shares = {scorer: weights.get(scorer.__name__, DEFAULT_WEIGHTS.get(scorer.__name__, 1)) for scorer in SCORERS}
    counted = [(scorer, scorer.__name__, share) for scorer, share in shares.items() if share]
    whole = sum(share for _scorer, _name, share in counted)

    def score(requirements: Requirements, candidate: Candidate) -> tuple[dict[str, int], int]:
        scores, total = {}, 0.0
        for scorer, name, share in counted:
            scores[name] = points = scorer(requirements, candidate)
            total += points * share
        return scores, round(total / whole) if whole else 0

    return score


def _clamped(number: float) -> int:
    return round(min(100.0, max(0.0, number)))
