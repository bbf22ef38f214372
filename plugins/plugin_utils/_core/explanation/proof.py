# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The proof of the form: for each need that had a part in it one line, with what was found where.

Two sorts of lines: what kept the service out of every narrower form, and what lets it be as narrow as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..decision.constraints.kernel import is_own_sysctl, why_shared
from ..knowledge.features import feature_row
from ..knowledge.sysctls import sysctl_row
from ..model import SCOPES, Candidate, Decision, Requirements, Sysctl, Verdict
from ..needs import need_of


def prove(requirements: Requirements, decision: Decision) -> tuple[str, ...]:
    """The lines for the chosen candidate; none where nothing was chosen."""
    if decision.chosen is None:
        return ()
    narrower = [verdict.candidate for verdict in _narrower(decision) if verdict.fits]
    if narrower:
        return tuple(_not_forced(decision, narrower))
    lines = [*_sysctls(requirements, decision), *_too_narrow(requirements, decision)]
    if decision.chosen.candidate.shares_kernel:
        lines += [*_modules(requirements, decision.chosen), *_features(requirements, decision.chosen)]
    return tuple(lines)


def _not_forced(decision: Decision, narrower: list[Candidate]) -> Iterator[str]:
    """Where a narrower form would fit no need forced this one: it is there already, or the others failed."""
    places = "; ".join(f"{one.place} would fit as {one.title}" for one in narrower)
    if decision.stays:
        yield (
            f"it is {decision.chosen.candidate.title} already; {places}, which is narrower: 'relocate: true' moves it "
            "there."
        )
    else:
        yield f"{places}, which is narrower, and could not be made."


def _too_narrow(requirements: Requirements, decision: Decision) -> Iterator[str]:
    """Rule by rule, why no narrower form would do."""
    found: dict[str, dict[str, list[str]]] = {}
    for verdict in _narrower(decision):
        for failure in verdict.failures:
            if failure.rule != "kernel_sysctls" or not requirements.kernel_sysctls:
                reasons = found.setdefault(failure.rule, {})
                reasons.setdefault(failure.reason, []).append(verdict.candidate.place)
    for rule, reasons in found.items():
        each = "; ".join(f"{reason} ({', '.join(places)})" for reason, places in reasons.items())
        yield f"{need_of(rule) or rule}: {each}."


def _narrower(decision: Decision) -> list[Verdict]:
    level = SCOPES.index(decision.chosen.candidate.scope)
    return [verdict for verdict in decision.verdicts if SCOPES.index(verdict.candidate.scope) < level]


def _sysctls(requirements: Requirements, decision: Decision) -> Iterator[str]:
    chosen = decision.chosen.candidate
    for sysctl in requirements.kernel_sysctls:
        if chosen.shares_kernel and is_own_sysctl(sysctl.name, requirements, chosen):
            row = sysctl_row(sysctl.name)
            yield f"{sysctl} is namespaced ({row.namespace}), and set for this container alone."
            continue
        others = [one for one in _rivals(decision, chosen) if not is_own_sysctl(sysctl.name, requirements, one)]
        if not chosen.shares_kernel:
            # Where the value is there already it kept the service out of nothing.
            others = [one for one in others if not _has(sysctl, one)]
        said = [_value(sysctl, one) for one in others]
        if chosen.shares_kernel:
            known = sysctl.name in (chosen.facts.kernel_sysctls or {})
            so = f"so it stays {chosen.title} there" if known else "and that was accepted"
            said.append(f"{_value(sysctl, chosen)}, {so}")
        elif others:
            said.append(f"so it takes {chosen.title}, whose kernel is its own")
        else:
            said.append(f"and {chosen.title} has a kernel of its own")
        shared = chosen if chosen.shares_kernel else others[0] if others else None
        if shared is not None or sysctl_row(sysctl.name).namespace is None:
            why = why_shared(sysctl, requirements, shared) if shared is not None else "is not namespaced"
            yield f"{sysctl} {why}; {'; '.join(said)}."


def _rivals(decision: Decision, chosen: Candidate) -> list[Candidate]:
    """Those whose own values have to do with it: they share a kernel, and are no wider than the chosen one."""
    return [
        one
        for one in (verdict.candidate for verdict in decision.verdicts)
        if one.shares_kernel
        and not one.trouble
        and SCOPES.index(one.scope) <= SCOPES.index(chosen.scope)
        and (one.target, one.node) != (chosen.target, chosen.node)
    ]


def _has(sysctl: Sysctl, candidate: Candidate) -> bool:
    found = (candidate.facts.kernel_sysctls or {}).get(sysctl.name)
    return found is not None and sysctl.holds(found)


def _value(sysctl: Sysctl, candidate: Candidate) -> str:
    found = (candidate.facts.kernel_sysctls or {}).get(sysctl.name)
    return f"{candidate.place} has {found}" if found is not None else f"the value of {candidate.place} is not known"


def _modules(requirements: Requirements, chosen: Verdict) -> Iterator[str]:
    names, candidate = ", ".join(module.name for module in requirements.kernel_modules), chosen.candidate
    if names and all(failure.rule != "kernel_modules" for failure in chosen.accepted):
        yield f"kernel.modules: the kernel of {candidate.place} has {names}, and {candidate.title} shares it."


def _features(requirements: Requirements, chosen: Verdict) -> Iterator[str]:
    candidate = chosen.candidate
    for feature in requirements.kernel_features:
        row = feature_row(feature, candidate.form.runtime, candidate.facts.engine_version)
        if row is not None:
            given = ", ".join(str(grant) for grant in row.grants)
            yield f"kernel.features {feature}: {row.reason}{f'; granted: {given}' if given else ''}."
