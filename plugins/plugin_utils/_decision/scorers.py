# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
The preferences. A scorer is absolute, 0 to 100, and never looks at another candidate.

So adding a target changes nobody else's score. What is not known scores 0: nothing is to be won by silence.
"""

from __future__ import annotations

from collections.abc import Mapping

from .._model import Candidate, Requirements


def headroom(requirements: Requirements, candidate: Candidate) -> int:
    """The share of the node's memory that stays free with the service on it."""
    free, total = candidate.facts.memory_free, candidate.facts.memory
    if free is None or not total:
        return 0
    left = free + candidate.held - (requirements.memory or 0)
    return _clamped(100 * left / total)


def image_present(_requirements: Requirements, candidate: Candidate) -> int:
    """100 where the image or template is there already, 0 where it must be fetched."""
    return 100 if candidate.image is not None else 0


def wishes(requirements: Requirements, candidate: Candidate) -> int:
    """The share of the optional needs that come true here; 100 where there are none."""
    wanted = {module.name for module in requirements.kernel_modules if module.optional}
    if not wanted or not candidate.shares_kernel:
        return 100
    return _clamped(100 * len(wanted & (candidate.facts.kernel_modules or frozenset())) / len(wanted))


SCORERS = (headroom, image_present, wishes)


def score(requirements: Requirements, candidate: Candidate, weights: Mapping[str, float]) -> tuple[dict[str, int], int]:
    """Every score by its scorer's name, and their mean, weighted by the user (1 where nothing is said)."""
    scores = {scorer.__name__: scorer(requirements, candidate) for scorer in SCORERS}
    shares = {name: weights.get(name, 1) for name in scores}
    whole = sum(shares.values())
    total = sum(scores[name] * share for name, share in shares.items()) / whole if whole else 0
    return scores, round(total)


def _clamped(number: float) -> int:
    return round(min(100.0, max(0.0, number)))
