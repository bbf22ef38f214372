# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What of a container differs from what it shall be, key by key.

The delegate differs for ever over a number where LXD keeps a text, so what there is is compared here.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ...knowledge.lxd_options import device_meaning, meaning
from ...model import Candidate, Instance
from ..common import differences
from .marks import GIVEN_KEY
from .options import PLAIN

Sides = tuple[dict[str, t.Any], dict[str, t.Any]]
"""(before, after)"""


def compare(candidate: Candidate, instance: Instance, wanted: Mapping[str, t.Any]) -> Sides:
    """What differs from ``wanted``, by key; of options that were agreed on, nothing."""
    agreed = candidate.agreed.get(instance.name, frozenset())
    before, after = _differences(wanted, instance.config)
    if len(after) > 1:
        # The mark follows from the rest.
        agreed = {*agreed, f"config.{GIVEN_KEY}"}
    return tuple({key: value for key, value in side.items() if key not in agreed} for side in (before, after))


def _differences(wanted: Mapping[str, t.Any], current: Mapping[str, t.Any]) -> Sides:
    """Keys of the engine's own stay out of sight."""
    before, after = {}, {}
    for part in ("config", "devices"):
        present, new = current.get(part) or {}, wanted.get(part) or {}
        if part == "config":
            # LXD keeps no key without a value.
            new = {key: value if value != "" else None for key, value in new.items()}
        if part == "devices" and part in wanted:
            new = {**dict.fromkeys(present), **new}
        differing = {key: value for key, value in new.items() if not _is_same(part, key, value, present.get(key))}
        before |= {f"{part}.{key}": present.get(key) for key in differing}
        after |= {f"{part}.{key}": value for key, value in differing.items()}
    plain_before, plain_after = differences({key: wanted[key] for key in PLAIN if key in wanted}, current)
    return {**before, **plain_before}, {**after, **plain_after}


def _is_same(part: str, key: str, wanted: t.Any, present: t.Any) -> bool:
    """Whether two values mean the same to the server, which keeps each text as it was written."""
    if wanted is None or present is None:
        return wanted is present
    if part == "devices":
        return device_meaning(wanted) == device_meaning(present)
    return meaning(key, wanted) == meaning(key, present)
