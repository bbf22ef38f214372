# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The processor: its architecture, and what it can do, as far as the service gets to see it."""

from __future__ import annotations

import re

from ...failures import never, not_now, together, undecided, unknown
from ...knowledge.processors import PHYSICAL, flags_of, level_of, shown_by, wanted_level
from ...model import Candidate, Facts, Failure, Requirements
from ...wording import listed

X86_64 = "x86_64"


def architecture(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """The node must run one of the acceptable architectures, and the image must be made for one."""
    wanted, found = requirements.architectures, candidate.facts.architectures
    if not wanted:
        return None
    if found and not set(wanted) & set(found):
        return never(f"runs {' and '.join(found)}, {' or '.join(wanted)} wanted")
    made_for = candidate.image.architecture if candidate.image else None
    if made_for and made_for not in wanted:
        return not_now(f"its image is made for {made_for}, {' or '.join(wanted)} wanted", "name another image")
    return None if found else unknown("cannot tell its architecture", "architectures")


def cpu_level(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    The processor must reach the micro-architecture level that is wanted, or that the distribution is built for.

    For a machine both must reach it: the physical processor, and the CPU model that the guest sees. If other
    architectures are acceptable too, the level does not apply to them.
    """
    wanted, why = _wanted_level(requirements, candidate)
    if wanted is None:
        return None
    facts = candidate.facts
    if facts.architectures and X86_64 not in facts.architectures:
        named = requirements.cpu_level
        # Who takes another architecture too means the level for x86_64 alone.
        if named is None or set(requirements.architectures) & set(facts.architectures):
            return None
        return never(f"runs {' and '.join(facts.architectures)}, which has no {named}")
    return together([_physical(wanted, why, facts), _hidden(candidate, flags_of(wanted), f"{wanted} is wanted{why}")])


def _physical(wanted: str, why: str, facts: Facts) -> Failure | None:
    if facts.cpu_flags is None:
        return unknown(f"cannot tell whether its processor is the {wanted} that is wanted{why}", "cpu_flags")
    missing = flags_of(wanted) - facts.cpu_flags
    if not missing:
        return None
    found = level_of(facts.cpu_flags) or "below x86-64-v1"
    return never(f"its processor is {found}, {wanted} wanted{why}: it lacks {listed(sorted(missing))}")


def _wanted_level(requirements: Requirements, candidate: Candidate) -> tuple[str | None, str]:
    """(the level, why if nobody named it): the higher of the user's and the distribution's."""
    system, version = requirements.os_family, requirements.os_version
    if candidate.image is not None and candidate.image.os:
        system, version = candidate.image.os, candidate.image.os_version
    return wanted_level(requirements.cpu_level, system, version)


def cpu_features(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """Each wanted flag must be on the physical processor and, for a machine, in the CPU model of the guest."""
    wanted, found = frozenset(requirements.cpu_features), candidate.facts.cpu_flags
    if not wanted:
        return None
    names = listed(sorted(wanted))
    hidden = _hidden(candidate, wanted, f"{names} {'is' if len(wanted) == 1 else 'are'} wanted")
    if found is None:
        return together([unknown(f"cannot tell whether its processor has {names}", "cpu_flags"), hidden])
    missing = wanted - found
    return together([never(f"its processor has no {listed(sorted(missing))}") if missing else None, hidden])


_ADDED = re.compile(r"\+([\w.-]+)")
"""Flags that are shown beyond the model: ``cputype=kvm64,flags=+aes;+pcid``."""


def _hidden(candidate: Candidate, flags: frozenset[str], wanted: str) -> Failure | None:
    """
    A guest sees its CPU model and not the processor below; ``wanted`` is a sentence.

    Where the user names no model the plan takes one that shows all that is wanted.
    """
    model = candidate.form.cpu_model(candidate)
    if model is None or model in PHYSICAL:
        return None
    shown = shown_by(model)
    added = frozenset(_ADDED.findall(str(candidate.options.get("cpu"))))
    if shown is None:
        reason = f"cannot tell what the CPU model '{model}' shows, and {wanted}"
        return undecided(reason, _without_model(candidate))
    missing = listed(sorted(flags - shown - added)) if flags - shown - added else None
    if missing is None:
        return None
    return not_now(f"the CPU model '{model}' hides {missing}, and {wanted}", _without_model(candidate))


def _without_model(candidate: Candidate) -> str:
    return f"take 'cpu' out of 'as.{candidate.form.name}', or name another model there"
