# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel that the service would run on: the host's for a container, the guest's own for a machine."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator

from ...failures import never, not_now, together, undecided, unknown
from ...knowledge.distributions import default_kernel
from ...knowledge.features import feature_row
from ...knowledge.modules import is_built_in
from ...knowledge.processors import PHYSICAL
from ...knowledge.sysctls import is_settable, is_tried, sysctl_row
from ...model import Candidate, Facts, Failure, KernelModule, Requirements, Sysctl
from ...reading.versions import VersionRange, is_release
from ...wording import listed


def kernel_own(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """Only a machine boots a kernel of its own."""
    if not requirements.kernel_own or candidate.shares_kernel is False:
        return None
    if candidate.shares_kernel is None:
        return _unknown_kernel(candidate)
    return never("shares the host's kernel, a kernel of its own is wanted")


def kernel_version(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """The kernel that the form runs on must be in range: the host's for a container, the guest's for a VM."""
    wanted = requirements.kernel_version
    if wanted is None or _has_no_image(candidate):
        return None
    return _unknown_kernel(candidate) or _in_range(wanted, candidate)


def _has_no_image(candidate: Candidate) -> bool:
    """A machine without a template boots nothing: that it has none is said by another rule, and nothing more."""
    return candidate.shares_kernel is False and candidate.image is None


def _unknown_kernel(candidate: Candidate) -> Failure | None:
    """Where the form does not say what runs it, nothing is known of its kernel."""
    if candidate.shares_kernel is not None:
        return None
    return undecided(f"cannot tell which kernel {candidate.title} runs on")


def _in_range(wanted: VersionRange, candidate: Candidate) -> Failure | None:
    if candidate.shares_kernel:
        found, whose = candidate.facts.kernel_version, "its kernel"
        if not is_release(found):
            return unknown("cannot tell its kernel's version", "kernel_version")
    else:
        found, whose = _guest_kernel(candidate), f"the kernel of {candidate.image_name}"
        if not is_release(found):
            return undecided(
                f"cannot tell the version of the kernel that {candidate.image_name} boots",
                "use a template of a known system, or set 'unknown: accept'",
            )
    if found in wanted:
        return None
    remedy = "boot another kernel there" if candidate.shares_kernel else "clone a template with another kernel"
    return not_now(f"{whose} is {found}, {wanted} wanted", remedy)


def _guest_kernel(candidate: Candidate) -> str | None:
    if candidate.image is None:
        return None
    return candidate.image.kernel_version or default_kernel(candidate.image.os, candidate.image.os_version)


_FLAVOURS = re.compile(r"preempt[-_]rt|[-.]rt\d|[-+]rt(?:[-.]|$)|realtime")


def kernel_flavour(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """A special kernel, such as ``preempt-rt``, must be the one that is booted: there, or by the template."""
    wanted = requirements.kernel_flavour
    if wanted is None or _has_no_image(candidate):
        return None
    if candidate.shares_kernel is None:
        return _unknown_kernel(candidate)
    if not candidate.shares_kernel:
        found = candidate.image.kernel_flavour if candidate.image else None
        if found == wanted:
            return None
        if found is None:
            reason = f"cannot tell whether {candidate.image_name} boots a {wanted} kernel"
            remedy = "make a template that does, and say so in the target's rightscope_facts, or set 'unknown: accept'"
            return undecided(reason, remedy)
        return not_now(f"{candidate.image_name} boots a {found} kernel, {wanted} wanted", "clone another template")
    found = flavour_of(candidate.facts)
    if found is None:
        return unknown(f"cannot tell whether its kernel is a {wanted} one", "kernel_flavour")
    if wanted == found or (not candidate.facts.kernel_flavour and _is_named(wanted, candidate.facts)):
        return None
    return not_now(f"its kernel is a {found} one, {wanted} wanted", f"boot a {wanted} kernel there")


def flavour_of(facts: Facts) -> str | None:
    """The flavour that is known, or that the release's name tells; ``generic`` for a release that tells none."""
    if facts.kernel_flavour:
        return facts.kernel_flavour
    if facts.kernel_version is None:
        return None
    return "preempt-rt" if _FLAVOURS.search(facts.kernel_version.lower()) else "generic"


def _is_named(flavour: str, facts: Facts) -> bool:
    """Whether the release's name has the flavour in it, as ``6.8.0-31-lowlatency`` has."""
    return flavour in re.split(r"[-.+_]", (facts.kernel_version or "").lower())


# --- modules ------------------------------------------------------------------------------------


def kernel_modules(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    Each needed module must be in the kernel that the service shares, in its version and with its parameters.

    A machine loads its own. Where built-in modules cannot be listed, a module that is not seen may yet be there:
    unknown.
    """
    if not requirements.kernel_modules or candidate.shares_kernel is False:
        return None
    if candidate.shares_kernel is None:
        return _unknown_kernel(candidate)
    there, missing = [], []
    for module in requirements.kernel_modules:
        (there if has_module(candidate.facts, module.name) else missing).append(module)
    failures = [_missing(sorted({module.name for module in missing}), candidate)] if missing else []
    return together([*failures, *(failure for module in there for failure in _other_than_wanted(module, candidate))])


def has_module(facts: Facts, name: str) -> bool:
    """Whether a module is loaded, or built into kernels of this release."""
    return name in (facts.kernel_modules or ()) or is_built_in(name, facts.kernel_version)


def _missing(names: list[str], candidate: Candidate) -> Failure:
    if candidate.facts.kernel_modules is None:
        return unknown(f"cannot tell whether its kernel has loaded {listed(names)}", "kernel_modules")
    if not candidate.facts.kernel_modules_complete:
        return unknown(f"cannot tell whether its kernel has {listed(names)} built in", "kernel_modules")
    remedy = f"run 'modprobe -a {' '.join(names)}' on {candidate.place}"
    return not_now(f"its kernel has not loaded {listed(names)}", remedy)


def _other_than_wanted(module: KernelModule, candidate: Candidate) -> Iterator[Failure]:
    """What is wrong with a module that is there: another version, other parameters."""
    facts = candidate.facts
    if module.version is not None:
        found = (facts.module_versions or {}).get(module.name)
        if not is_release(found):
            yield unknown(f"cannot tell the version of its module {module.name}", "module_versions")
        elif found not in module.version:
            reason = f"its module {module.name} is {found}, {module.version} wanted"
            yield not_now(reason, f"install another {module.name} on {candidate.place}")
    for name, wanted in module.parameters.items():
        found = (facts.module_parameters or {}).get(module.name, {}).get(name)
        if found is None:
            yield unknown(f"cannot tell the parameter {name} of its module {module.name}", "module_parameters")
        elif _switch(found) != _switch(wanted):
            reason = f"its module {module.name} has {name}={found}, {wanted} wanted"
            yield not_now(reason, f"unload it and run 'modprobe {module.name} {name}={wanted}' on {candidate.place}")


def _switch(text: str) -> str:
    """The kernel shows switches as Y and N, and takes 1 and 0 too."""
    return {"y": "1", "n": "0"}.get(text.strip().lower(), text.strip())


# --- settings -----------------------------------------------------------------------------------


def kernel_sysctls(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    A setting that is namespaced is set for the container alone; any other must have its value on the host already, and
    is none that options under ``as`` can set.

    A machine sets its own.
    """
    if not (requirements.kernel_sysctls or candidate.options) or candidate.shares_kernel is False:
        return None
    under_as = candidate.form.sysctls_under_as(candidate)
    if not requirements.kernel_sysctls and not under_as:
        return None
    if candidate.shares_kernel is None:
        return _unknown_kernel(candidate)
    shared = (one for one in requirements.kernel_sysctls if not is_own_sysctl(one.name, requirements, candidate))
    found = [_on_the_host(sysctl, requirements, candidate) for sysctl in shared]
    return together([*found, *(_not_to_be_set(name, where, requirements, candidate) for name, where in under_as)])


def _not_to_be_set(name: str, where: str, requirements: Requirements, candidate: Candidate) -> Failure | None:
    """Why an option cannot set it; None where it can."""
    # It has the host's own users, so what is each container's own is its to set.
    as_root = candidate.form.is_root_of_host(candidate)
    if is_own_sysctl(name, requirements, candidate) or (as_root and sysctl_row(name).namespace):
        return None
    sysctl, row = Sysctl(name=name, value=""), sysctl_row(name)
    closed = _closed_to_unprivileged(sysctl, candidate)
    if closed is not None:
        return closed
    remedy = f"take '{where}' out, set {name} on {candidate.place}, and ask for it in 'requirements.kernel.sysctls'"
    if row.namespace and row.kernel and not is_release(candidate.facts.kernel_version):
        return unknown(f"{name} {why_shared(sysctl, requirements, candidate)}, and '{where}' sets it", "kernel_version")
    return never(f"{name} {why_shared(sysctl, requirements, candidate)}, and '{where}' sets it", remedy)


def is_own_sysctl(name: str, requirements: Requirements, candidate: Candidate) -> bool:
    """Whether the form can set it for this service alone: the plan then does."""
    return is_settable(
        name,
        candidate.form.runtime,
        candidate.facts.kernel_version,
        candidate.facts.unprivileged_sysctls,
        candidate.form.host_namespaces(requirements, candidate),
    )


def _closed_to_unprivileged(sysctl: Sysctl, candidate: Candidate) -> Failure | None:
    """A setting that is each container's own, and that this kernel lets no unprivileged one set."""
    row = sysctl_row(sysctl.name)
    runtime = candidate.form.runtime
    if runtime is None or not runtime.is_unprivileged or not row.is_set_by(runtime):
        return None
    if candidate.facts.unprivileged_sysctls is not None and is_tried(sysctl.name):
        reason = f"{sysctl.name} is each container's own, and an unprivileged one cannot set it on this kernel"
        return not_now(f"{reason}, which was tried", "boot another kernel there")
    wanted = row.unprivileged_kernel
    if wanted is None:
        return None
    found = candidate.facts.kernel_version
    what = f"{sysctl.name} is each container's own, and unprivileged ones may set it on Linux {wanted} alone"
    if not is_release(found):
        return unknown(f"{what}, and cannot tell its kernel's version", "kernel_version")
    return not_now(f"{what}; its kernel is {found}", "boot another kernel there") if found not in wanted else None


def _on_the_host(sysctl: Sysctl, requirements: Requirements, candidate: Candidate) -> Failure | None:
    closed = _closed_to_unprivileged(sysctl, candidate)
    if closed is not None:
        return closed
    found, why = (candidate.facts.kernel_sysctls or {}).get(sysctl.name), why_shared(sysctl, requirements, candidate)
    if found is None:
        reason = f"cannot tell its {sysctl.name}, which {why}"
        return unknown(reason, f"kernel_sysctls: {{{sysctl.name}: ...}}")
    if sysctl.holds(found):
        return None
    wanted = f"{sysctl.value} wanted" if sysctl.at_least else f"exactly {sysctl.value} wanted"
    remedy = f"run 'sysctl -w {sysctl.name}={_quoted(sysctl.value)}' on {candidate.place}"
    return not_now(f"{sysctl.name} is {found} here and {why}, {wanted}", remedy)


_SHARED = {"network": "is the host's on the host's network", "ipc": "is the host's with its shared memory"}


def why_shared(sysctl: Sysctl, requirements: Requirements, candidate: Candidate) -> str:
    """Why a container cannot have the setting for itself, as a part of a sentence."""
    row = sysctl_row(sysctl.name)
    if row.namespace is None:
        return "is not namespaced"
    if not row.is_set_by(candidate.form.runtime):
        return f"is not {candidate.form.runtime.title}'s to set for one container"
    if row.namespace in candidate.form.host_namespaces(requirements, candidate):
        return _SHARED[row.namespace]
    return f"is namespaced only from Linux {str(row.kernel).removeprefix('>=')} on"


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value


def kernel_parameters(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """The host's kernel must have been booted with each parameter; a machine boots with its own."""
    wanted = requirements.kernel_parameters
    if not wanted or candidate.shares_kernel is False:
        return None
    if candidate.shares_kernel is None:
        return _unknown_kernel(candidate)
    found = candidate.facts.kernel_parameters
    if found is None:
        return unknown("cannot tell which parameters its kernel was booted with", "kernel_parameters")
    missing = [word for word in wanted if not _has_parameter(word, found)]
    if not missing:
        return None
    them = "it" if len(missing) == 1 else "them"
    remedy = f"add {them} to the boot command line of {candidate.place} and reboot that"
    return not_now(f"its kernel was booted without {listed(missing)}", remedy)


def _has_parameter(wanted: str, found: tuple[str, ...]) -> bool:
    """``name=value`` as it is; a ``name`` alone, with any value."""
    return wanted in found or ("=" not in wanted and any(word.startswith(f"{wanted}=") for word in found))


# --- features -----------------------------------------------------------------------------------


def kernel_features(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    What each feature takes in this form is in the table of features: whether it can be had at all, and what the
    host's kernel must have. What the container must be granted for it is judged by ``max_privilege``.
    """
    failures = []
    for feature in requirements.kernel_features:
        row = feature_row(feature, candidate.form.runtime, candidate.facts.engine_version)
        if row is None:
            failures.append(undecided(f"cannot tell what {feature} takes in {candidate.title}"))
        elif not row.possible:
            failures.append(never(f"has no {feature}: {row.reason}", row.remedy))
        else:
            checked = (_CONDITIONS[one.kind](feature, one.value, candidate) for one in row.conditions)
            failures += [lack for lack in checked if lack is not None]
    return together(failures)


def _needs_module(feature: str, name: str, candidate: Candidate) -> Failure | None:
    if has_module(candidate.facts, name):
        return None
    failure = _missing([name], candidate)
    return Failure(reason=f"{failure.reason}, for {feature}", when=failure.when, remedy=failure.remedy)


def _needs_kernel(feature: str, text: str, candidate: Candidate) -> Failure | None:
    failure = None if _has_no_image(candidate) else _in_range(_range(text), candidate)
    if failure is None:
        return None
    return Failure(reason=f"{failure.reason} for {feature}", when=failure.when, remedy=failure.remedy)


@functools.cache
def _range(text: str) -> VersionRange:
    return VersionRange.parse(text)


def _needs_device(feature: str, path: str, candidate: Candidate) -> Failure | None:
    found = candidate.facts.devices
    if found is None:
        return unknown(f"cannot tell whether it has {path}, for {feature}", "devices")
    if path in found:
        return None
    return not_now(f"it has no {path}, for {feature}", f"load the module that makes {path} on {candidate.place}")


def _needs_at_least(feature: str, text: str, candidate: Candidate) -> Failure | None:
    name, _sign, number = text.partition("=")
    found = _number_of(candidate, name)
    if found is None:
        return unknown(f"cannot tell its {name}, for {feature}", f"kernel_sysctls: {{{name}: ...}}")
    if found >= int(number):
        return None
    remedy = f"run 'sysctl -w {text}' on {candidate.place}"
    return not_now(f"{name} is {found} here, {number} or more wanted for {feature}", remedy)


def _needs_at_most(feature: str, text: str, candidate: Candidate) -> Failure | None:
    """A switch that closes something: a kernel that does not have the switch does not close it."""
    name, _sign, number = text.partition("=")
    found, facts = _number_of(candidate, name), candidate.facts
    # Who declares some settings says nothing of the others.
    if found is None and facts.origin("kernel_sysctls") in ("unknown", "declared"):
        return unknown(f"cannot tell its {name}, for {feature}", f"kernel_sysctls: {{{name}: ...}}")
    if found is None or found <= int(number):
        return None
    remedy = f"run 'sysctl -w {text}' on {candidate.place}"
    return not_now(f"{name} is {found} here, {number} at most wanted for {feature}", remedy)


_NUMBER = re.compile(r"-?[0-9]{1,40}")


def _number_of(candidate: Candidate, name: str) -> int | None:
    found = (candidate.facts.kernel_sysctls or {}).get(name)
    return int(found) if found is not None and _NUMBER.fullmatch(str(found)) else None


def _needs_cgroup(feature: str, version: str, candidate: Candidate) -> Failure | None:
    found = candidate.facts.cgroup_version
    if found is None:
        return unknown(f"cannot tell its cgroup version, for {feature}", "cgroup_version")
    if str(found) == version:
        return None
    return not_now(f"it has cgroup v{found}, v{version} wanted for {feature}", "boot it with the other hierarchy")


def _needs_btf(feature: str, _value: str, candidate: Candidate) -> Failure | None:
    found = candidate.facts.kernel_btf
    if found is None:
        return unknown("cannot tell whether its kernel has type information", "kernel_btf")
    if found:
        return None
    return not_now(
        f"its kernel has no type information for {feature}", "boot a kernel with CONFIG_DEBUG_INFO_BTF there"
    )


def _needs_nested(feature: str, _value: str, candidate: Candidate) -> Failure | None:
    model = candidate.form.cpu_model(candidate)
    if model is not None and model not in PHYSICAL:
        remedy = f"take 'cpu' out of 'as.{candidate.form.name}', or set it to host"
        return not_now(f"the CPU model '{model}' hides the processor's virtualisation from {feature}", remedy)
    found = candidate.facts.nested_virtualization
    if found is None:
        return unknown("cannot tell whether its guests can be hypervisors", "nested_virtualization")
    if found:
        return None
    remedy = f"load kvm_intel or kvm_amd with nested=1 on {candidate.place}"
    return not_now(f"its guests cannot be hypervisors, {feature} wanted", remedy)


_CONDITIONS: dict[str, Callable[[str, str, Candidate], Failure | None]] = {
    "module": _needs_module,
    "kernel": _needs_kernel,
    "device": _needs_device,
    "at_least": _needs_at_least,
    "at_most": _needs_at_most,
    "cgroup": _needs_cgroup,
    "btf": _needs_btf,
    "nested": _needs_nested,
}
"""How each kind of condition in the table of features is looked for."""
