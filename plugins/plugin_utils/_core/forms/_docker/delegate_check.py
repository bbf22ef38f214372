# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the delegate is asked in check mode: whether a difference is another spelling alone."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ...model import Call, Candidate, Instance, Plan, Service
from ..common import ABSENT
from .acts import ACTS, ALL, IGNORE, MORE, STRICT, way_to_compare
from .calls import MODULE
from .comparison import SUBSETS
from .containers import wanted_containers
from .options import CERTAIN, IN_PLACE


def doubtful_options(candidate: Candidate, plan: Plan) -> dict[str, tuple[str, ...]]:
    """
    Options that the user wrote, and that differ from what the container has.

    Of what it would change in place the delegate says in check mode that nothing changes: module_container/module.py,
    update_limits. Of acts it makes no difference.
    """
    given = candidate.options or {}
    doubtful = {
        name: tuple(
            option
            for option, value in changes.items()
            if value is not None
            and given.get(option) is not None
            and option not in (*ACTS, *IN_PLACE, *CERTAIN)
            # What is only taken away is known by our marks, and the delegate is content with more than was asked for.
            and not _is_within(value, plan.before.get(name, {}).get(option))
        )
        for name, changes in plan.after.items()
        if plan.before.get(name, {}).get("state") != ABSENT
    }
    return {name: options for name, options in doubtful.items() if options}


def _is_within(value: t.Any, whole: t.Any) -> bool:
    """Whether a value is found in another one, beside which that has more."""
    if isinstance(value, Mapping) and isinstance(whole, Mapping):
        return all(key in whole and _is_within(item, whole[key]) for key, item in value.items())
    if isinstance(value, (list, tuple)) and isinstance(whole, (list, tuple)):
        return all(any(_is_within(item, other) for other in whole) for item in value)
    return value == whole


def question(service: Service, candidate: Candidate, instance: Instance, options: Sequence[str]) -> Call:
    """Every other option is left out of its comparison; the user's own comparisons hold."""
    containers = wanted_containers(service, candidate)
    container = next(container for container in containers if container.name == instance.name)
    args = {
        **container.options,
        "name": container.name,
        "state": "present",
        "pull": "never",
        "comparisons": {ALL: IGNORE, **{option: _comparison_to_ask(container.options, option) for option in options}},
    }
    return Call(module=MODULE, does=f"compare {', '.join(options)} of container '{container.name}'", args=args)


def _comparison_to_ask(options: Mapping[str, t.Any], option: str) -> str:
    """What is to be ignored and differs all the same is what a need comes to."""
    how = way_to_compare(options, option)
    return how if how in (STRICT, MORE) else MORE if option in SUBSETS else STRICT
