# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the options under ``as`` take back what a need asks for: the plan lets them win, and the decision knows."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator, Mapping

from ..failures import never
from ..model import Candidate, Failure, Grant, Requirements
from ..reading.quantities import mebibytes

TakenBack = Iterator[tuple[str, str]]
"""(an option, the need that it takes back)."""


def taken_back(candidate: Candidate, pairs: Iterable[tuple[str, str]]) -> Iterator[Failure]:
    """A failure for each option that takes back a need."""
    where = f"as.{candidate.form.name}"
    for option, need in pairs:
        yield never(f"'{where}.{option}' takes back what {need} asks for", f"take '{where}.{option}' out, or change it")


def must_grants(candidate: Candidate) -> list[Grant]:
    """What is granted for musts: a wish that is taken back is one that does not come true."""
    return [grant for grant in candidate.grants or () if not grant.wish]


def sysctls_taken_back(needs: Requirements, given: Mapping[str, t.Any], where: str) -> TakenBack:
    """The settings that are given another value than is needed."""
    for sysctl in needs.kernel_sysctls:
        value = given.get(sysctl.name)
        if value is not None and not sysctl.holds(" ".join(str(value).split())):
            yield f"{where}.{sysctl.name}", "kernel.sysctls"


def is_size_below(text: t.Any, wanted: int) -> bool:
    """Whether a size is below the wanted one, in MiB; what is not a size is for the engine to judge."""
    try:
        return text is not None and mebibytes(text, plain="B") < wanted
    except ValueError:
        return False


def number(value: t.Any, default: float = float("inf")) -> float:
    """A number, or the default for what is not one."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return default
