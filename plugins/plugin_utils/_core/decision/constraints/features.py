# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the features of the kernel take: whether a form can have one at all, and what its kernel must have for it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from ...failures import never, not_now, together, undecided, unknown
from ...knowledge.features import feature_row
from ...knowledge.processors import PHYSICAL
from ...model import Candidate, Failure, Requirements
from ...reading.versions import VersionRange
from .kernel import has_module, has_no_image, modules_missing, version_refused


def kernel_features(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    Each feature must be possible in this form, and the host's kernel must have what it takes. What the container must
    be granted for it is judged by ``max_privilege``.
    """
    failures = []
    for feature in requirements.kernel_features:
        row = feature_row(feature, candidate.form.runtime, candidate.facts.engine_version)
        if row is None:
            failures.append(undecided(f"cannot tell what {feature} takes in {candidate.title}"))
        elif not row.possible:
            failures.append(never(f"has no {feature}: {row.reason}", row.remedy))
        else:
            checks = (CONDITIONS[condition.kind](feature, condition.value, candidate) for condition in row.conditions)
            failures += [failure for failure in checks if failure is not None]
    return together(failures)


def _check_module(feature: str, name: str, candidate: Candidate) -> Failure | None:
    if has_module(candidate.facts, name):
        return None
    failure = modules_missing([name], candidate)
    return Failure(reason=f"{failure.reason}, for {feature}", when=failure.when, remedy=failure.remedy)


def _check_kernel(feature: str, text: str, candidate: Candidate) -> Failure | None:
    failure = None if has_no_image(candidate) else version_refused(_range(text), candidate)
    if failure is None:
        return None
    return Failure(reason=f"{failure.reason} for {feature}", when=failure.when, remedy=failure.remedy)


@functools.cache
def _range(text: str) -> VersionRange:
    return VersionRange.parse(text)


def _check_device(feature: str, path: str, candidate: Candidate) -> Failure | None:
    devices = candidate.facts.devices
    if devices is None:
        return unknown(f"cannot tell whether it has {path}, for {feature}", "devices")
    if path in devices:
        return None
    return not_now(f"it has no {path}, for {feature}", f"load the module that makes {path} on {candidate.place}")


def _check_at_least(feature: str, text: str, candidate: Candidate) -> Failure | None:
    name, _sign, number = text.partition("=")
    value = _number_of(candidate, name)
    if value is None:
        return unknown(f"cannot tell its {name}, for {feature}", f"kernel_sysctls: {{{name}: ...}}")
    if value >= int(number):
        return None
    remedy = f"run 'sysctl -w {text}' on {candidate.place}"
    return not_now(f"{name} is {value} here, {number} or more wanted for {feature}", remedy)


def _check_at_most(feature: str, text: str, candidate: Candidate) -> Failure | None:
    """A switch that closes something: a kernel that does not have the switch does not close it."""
    name, _sign, number = text.partition("=")
    value, facts = _number_of(candidate, name), candidate.facts
    # A declaration of some settings says nothing of the others.
    if value is None and facts.origin("kernel_sysctls") in ("unknown", "declared"):
        return unknown(f"cannot tell its {name}, for {feature}", f"kernel_sysctls: {{{name}: ...}}")
    if value is None or value <= int(number):
        return None
    remedy = f"run 'sysctl -w {text}' on {candidate.place}"
    return not_now(f"{name} is {value} here, {number} at most wanted for {feature}", remedy)


_NUMBER = re.compile(r"-?[0-9]{1,40}")


def _number_of(candidate: Candidate, name: str) -> int | None:
    value = (candidate.facts.kernel_sysctls or {}).get(name)
    return int(value) if value is not None and _NUMBER.fullmatch(str(value)) else None


def _check_cgroup(feature: str, version: str, candidate: Candidate) -> Failure | None:
    present = candidate.facts.cgroup_version
    if present is None:
        return unknown(f"cannot tell its cgroup version, for {feature}", "cgroup_version")
    if str(present) == version:
        return None
    return not_now(
        f"it has cgroup v{present}, v{version} wanted for {feature}", "boot it with the other cgroup version"
    )


def _check_btf(feature: str, _value: str, candidate: Candidate) -> Failure | None:
    has_btf = candidate.facts.kernel_btf
    if has_btf is None:
        return unknown("cannot tell whether its kernel has type information", "kernel_btf")
    if has_btf:
        return None
    return not_now(
        f"its kernel has no type information for {feature}", "boot a kernel with CONFIG_DEBUG_INFO_BTF there"
    )


def _check_nested(feature: str, _value: str, candidate: Candidate) -> Failure | None:
    model = candidate.form.cpu_model(candidate)
    if model is not None and model not in PHYSICAL:
        remedy = f"take 'cpu' out of 'as.{candidate.form.name}', or set it to host"
        return not_now(f"the CPU model '{model}' hides the processor's virtualisation from {feature}", remedy)
    is_nested = candidate.facts.nested_virtualization
    if is_nested is None:
        return unknown("cannot tell whether its guests can be hypervisors", "nested_virtualization")
    if is_nested:
        return None
    remedy = f"load kvm_intel or kvm_amd with nested=1 on {candidate.place}"
    return not_now(f"its guests cannot be hypervisors, which {feature} needs", remedy)


CONDITIONS: dict[str, Callable[[str, str, Candidate], Failure | None]] = {
    "module": _check_module,
    "kernel": _check_kernel,
    "device": _check_device,
    "at_least": _check_at_least,
    "at_most": _check_at_most,
    "cgroup": _check_cgroup,
    "btf": _check_btf,
    "nested": _check_nested,
}
"""How each kind of condition in the table of features is looked for."""
