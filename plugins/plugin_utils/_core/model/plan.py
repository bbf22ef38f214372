# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done, and what it changes."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from .scales import nothing

ACTIONS = ("create", "change", "start", "stop", "restart", "replace", "remove")
"""What a call does to something that is there, or is not there yet."""


@dataclass(frozen=True)
class Part:
    """
    A part of what is there, that a replacement keeps or loses.

    ``is_data`` says that it holds data. So does whatever nobody says otherwise of: it is not replaced without leave.
    """

    text: str
    is_data: bool = True

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, kw_only=True)
class Call:
    """
    One delegate call. ``does`` says in a few words what it changes: results show that, never ``args``,
    which may hold secrets. ``creates`` marks the call after which there is something to clean up,
    ``may_fail`` one whose failure the next call makes up for, ``claims`` one that says of a failure whether what it
    was to create is this run's, ``bounded`` one whose ``timeout`` is never more than what the user waits,
    ``repeatable`` one that may be made once more where the engine was silent, for it comes to the same.
    ``action`` is one of ACTIONS; of a replacement ``keeps`` and ``loses`` name what outlives it and what does not.
    """

    module: str
    does: str
    args: Mapping[str, t.Any] = field(repr=False)
    environment: Mapping[str, str] = field(default_factory=nothing, repr=False)
    creates: str | None = None
    may_fail: bool = False
    claims: bool = False
    bounded: bool = False
    repeatable: bool = False
    action: str = "change"
    keeps: tuple[Part, ...] = ()
    loses: tuple[Part, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """
    The calls that bring a service from what is there to what is wanted, and the difference they make.

    ``before`` and ``after`` hold only what changes, with secrets masked: they are shown to people.
    ``state`` is what the service shall be afterwards: ``started``, ``stopped`` or ``absent``.
    """

    calls: tuple[Call, ...] = ()
    before: Mapping[str, t.Any] = field(default_factory=nothing)
    after: Mapping[str, t.Any] = field(default_factory=nothing)
    state: str = "started"
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.calls)
