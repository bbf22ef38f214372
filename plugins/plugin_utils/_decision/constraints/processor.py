# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""The processor: its architecture, and what it can do, as far as the service gets to see it."""

from __future__ import annotations

from ..._knowledge.distributions import ANY
from ..._knowledge.processors import LEVELS, PHYSICAL, baseline, flags_of, level_of, shown_by
from ..._model import Candidate, Failure, Requirements
from ._say import listed, never, not_now, unknown

X86_64 = "x86_64"


def architecture(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """The node must run one of the acceptable architectures, and the image must be made for one."""
    wanted = requirements.architectures
    if not wanted:
        return None
    if candidate.facts.architectures is None:
        return unknown("cannot tell its architecture", "architectures")
    if not set(wanted) & set(candidate.facts.architectures):
        return never(f"runs {' and '.join(candidate.facts.architectures)}, {' or '.join(wanted)} wanted")
    made_for = candidate.image.architecture if candidate.image else None
    if made_for and made_for not in wanted:
        return not_now(f"its image is made for {made_for}, {' or '.join(wanted)} wanted", "name another image")
    return None


def cpu_level(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    The processor must reach the micro-architecture level that is wanted, or that the distribution is built for.

    For a machine both must: the physical processor, and the CPU model that the guest is shown.
    """
    wanted, why = _wanted_level(requirements, candidate)
    if wanted is None:
        return None
    facts = candidate.facts
    if facts.architectures is not None and X86_64 not in facts.architectures:
        return None if why else never(f"runs {' and '.join(facts.architectures)}, which has no {wanted}")
    if facts.cpu_flags is None:
        return unknown(f"cannot tell whether its processor is {wanted}{why}", "cpu_flags")
    missing = flags_of(wanted) - facts.cpu_flags
    if missing:
        found = level_of(facts.cpu_flags) or "below x86-64-v1"
        return never(f"its processor is {found}, {wanted} wanted{why}: it lacks {listed(sorted(missing))}")
    return _hidden(candidate, flags_of(wanted), f"{wanted}{why}")


def _wanted_level(requirements: Requirements, candidate: Candidate) -> tuple[str | None, str]:
    """(the level, why if nobody named it): the higher of the user's and the distribution's."""
    system, version = requirements.os_family, requirements.os_version
    if candidate.image is not None and candidate.image.os:
        system, version = candidate.image.os, candidate.image.os_version
    implied = baseline(system, version) if system != ANY else None
    own = requirements.cpu_level
    if implied and (own is None or LEVELS.index(implied) > LEVELS.index(own)):
        return implied, f" by {system} {version}"
    return own, ""


def cpu_features(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """Each wanted flag must be on the physical processor and, for a machine, in the CPU model of the guest."""
    wanted = frozenset(requirements.cpu_features)
    if not wanted:
        return None
    if candidate.facts.cpu_flags is None:
        return unknown(f"cannot tell whether its processor has {listed(sorted(wanted))}", "cpu_flags")
    missing = wanted - candidate.facts.cpu_flags
    if missing:
        return never(f"its processor has no {listed(sorted(missing))}")
    return _hidden(candidate, wanted, listed(sorted(wanted)))


def _hidden(candidate: Candidate, flags: frozenset[str], what: str) -> Failure | None:
    """
    A guest sees its CPU model and not the processor below.

    Where the user names no model the plan takes one that shows all that is wanted.
    """
    model = guest_model(candidate)
    if model is None or model in PHYSICAL:
        return None
    shown = shown_by(model)
    if shown is None:
        return not_now(f"cannot tell what the CPU model '{model}' shows of {what}", _without_model(candidate))
    if flags <= shown:
        return None
    missing = listed(sorted(flags - shown))
    return not_now(f"the CPU model '{model}' hides {missing}, and {what} is wanted", _without_model(candidate))


def guest_model(candidate: Candidate) -> str | None:
    """The CPU model that the user gives a guest under ``as``; None where the plan may choose one."""
    if candidate.scope != "machine" or not candidate.options:
        return None
    named = candidate.options.get("cpu")
    return str(named).split(",", 1)[0].removeprefix("cputype=") if named else None


def _without_model(candidate: Candidate) -> str:
    return f"take 'cpu' out of 'as.{candidate.form}', or name another model there"
