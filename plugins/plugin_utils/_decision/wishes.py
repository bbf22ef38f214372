# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
The optional needs: which of them come true on a candidate, and what they are given for that.

A wish rejects nothing. It is worth a device or a single capability, where the user allows those, and never more.
"""

from __future__ import annotations

import dataclasses

from .._model import PRIVILEGES, Candidate, Grant, Requirements, Wish
from .constraints import CONSTRAINTS
from .grants import of_needs

_WORTH = PRIVILEGES.index("capabilities")

# What a wish alone says nothing of: these judge the candidate whatever is wanted.
_ALWAYS = frozenset(
    (
        *("reachable", "os", "cpu_level", "systemd", "runtime", "max_privilege", "options", "disk"),
        *("image", "os_version", "image_requirements", "name_taken"),
    )
)
_OF_WISHES = tuple(rule for rule in CONSTRAINTS if rule.__name__ not in _ALWAYS)


def comes_true(wish: Wish, requirements: Requirements, candidate: Candidate) -> bool:
    """Whether a candidate meets an optional need, by what it may be granted for it."""
    bound = min(_WORTH, PRIVILEGES.index(requirements.max_privilege))
    if any(PRIVILEGES.index(grant.level) > bound for grant in of_needs(wish.needs, candidate)):
        return False
    return all(rule(wish.needs, candidate) is None for rule in _OF_WISHES)


def grants_of_wishes(requirements: Requirements, candidate: Candidate) -> tuple[Grant, ...]:
    """What the optional needs that come true are granted."""
    return tuple(
        dataclasses.replace(grant, wish=True)
        for wish in requirements.wishes
        if comes_true(wish, requirements, candidate)
        for grant in of_needs(wish.needs, candidate)
    )


_LISTS = (
    *("cpu_features", "kernel_modules", "kernel_sysctls", "kernel_parameters", "kernel_features"),
    *("privileges", "devices", "ports"),
)


def with_wishes(requirements: Requirements, candidate: Candidate) -> Requirements:
    """The needs as the plan is to meet them: the optional ones that come true here are as good as musts."""
    met = [wish.needs for wish in requirements.wishes if comes_true(wish, requirements, candidate)]
    if not met:
        return requirements
    added = {name: tuple(item for needs in met for item in getattr(needs, name)) for name in _LISTS}
    more = {name: (*getattr(requirements, name), *items) for name, items in added.items() if items}
    return dataclasses.replace(requirements, **more)
