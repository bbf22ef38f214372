# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel that the service would run on: the host's for a container, the guest's own for a machine."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...failures import never, not_now, together, undecided, unknown
from ...knowledge.distributions import default_kernel
from ...knowledge.modules import is_built_in
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
    return never("it shares the host's kernel, but a kernel of its own is wanted")


def kernel_version(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """The kernel that the form runs on must be in range: the host's for a container, the guest's for a VM."""
    wanted = requirements.kernel_version
    if wanted is None or has_no_image(candidate):
        return None
    return _unknown_kernel(candidate) or version_refused(wanted, candidate)


def has_no_image(candidate: Candidate) -> bool:
    """A machine without a template boots nothing: that it has none is said by another rule, and nothing more."""
    return candidate.shares_kernel is False and candidate.image is None


def _unknown_kernel(candidate: Candidate) -> Failure | None:
    """Where the form does not say what runs it, nothing is known of its kernel."""
    if candidate.shares_kernel is not None:
        return None
    return undecided(f"cannot tell which kernel {candidate.title} runs on")


def version_refused(wanted: VersionRange, candidate: Candidate) -> Failure | None:
    """Why the version of the kernel that the form runs on is not in this range."""
    if candidate.shares_kernel:
        version, whose = candidate.facts.kernel_version, "its kernel"
        if not is_release(version):
            return unknown("cannot tell its kernel's version", "kernel_version")
    else:
        version, whose = _guest_kernel(candidate), f"the kernel of {candidate.image_name}"
        if not is_release(version):
            return undecided(
                f"cannot tell the version of the kernel that {candidate.image_name} boots",
                "use a template of a known system, or set 'unknown: accept'",
            )
    if version in wanted:
        return None
    remedy = "boot another kernel there" if candidate.shares_kernel else "clone a template with another kernel"
    return not_now(f"{whose} is {version}, {wanted} wanted", remedy)


def _guest_kernel(candidate: Candidate) -> str | None:
    if candidate.image is None:
        return None
    return candidate.image.kernel_version or default_kernel(candidate.image.os, candidate.image.os_version)


_FLAVOURS = re.compile(r"preempt[-_]rt|[-.]rt\d|[-+]rt(?:[-.]|$)|realtime")


def kernel_flavour(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """A special kernel, such as ``preempt-rt``, must be the one that the host, or the template, boots."""
    wanted = requirements.kernel_flavour
    if wanted is None or has_no_image(candidate):
        return None
    if candidate.shares_kernel is None:
        return _unknown_kernel(candidate)
    if not candidate.shares_kernel:
        flavour = candidate.image.kernel_flavour if candidate.image else None
        if flavour == wanted:
            return None
        if flavour is None:
            reason = f"cannot tell whether {candidate.image_name} boots a {wanted} kernel"
            remedy = "make a template that does, and say so in the target's rightscope_facts, or set 'unknown: accept'"
            return undecided(reason, remedy)
        return not_now(f"{candidate.image_name} boots a {flavour} kernel, {wanted} wanted", "clone another template")
    flavour = flavour_of(candidate.facts)
    if flavour is None:
        return unknown(f"cannot tell whether its kernel is a {wanted} one", "kernel_flavour")
    if wanted == flavour or (not candidate.facts.kernel_flavour and _is_named(wanted, candidate.facts)):
        return None
    return not_now(f"its kernel is a {flavour} one, {wanted} wanted", f"boot a {wanted} kernel there")


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

    A machine loads its own. If built-in modules cannot be listed, a module that is not seen may be built in: unknown.
    """
    if not requirements.kernel_modules or candidate.shares_kernel is False:
        return None
    if candidate.shares_kernel is None:
        return _unknown_kernel(candidate)
    present, missing = [], []
    for module in requirements.kernel_modules:
        (present if has_module(candidate.facts, module.name) else missing).append(module)
    failures = [modules_missing(sorted({module.name for module in missing}), candidate)] if missing else []
    return together([*failures, *(failure for module in present for failure in _check_module(module, candidate))])


def has_module(facts: Facts, name: str) -> bool:
    """Whether a module is loaded, or built into kernels of this release."""
    return name in (facts.kernel_modules or ()) or is_built_in(name, facts.kernel_version)


def modules_missing(names: list[str], candidate: Candidate) -> Failure:
    """That the kernel is not known to have these modules."""
    if candidate.facts.kernel_modules is None:
        return unknown(f"cannot tell whether its kernel has loaded {listed(names)}", "kernel_modules")
    if not candidate.facts.kernel_modules_complete:
        return unknown(f"cannot tell whether its kernel has {listed(names)} built in", "kernel_modules")
    remedy = f"run 'modprobe -a {' '.join(names)}' on {candidate.place}"
    return not_now(f"its kernel has not loaded {listed(names)}", remedy)


def _check_module(module: KernelModule, candidate: Candidate) -> Iterator[Failure]:
    """What is wrong with a module that is there: another version, other parameters."""
    facts = candidate.facts
    if module.version is not None:
        version = (facts.module_versions or {}).get(module.name)
        if not is_release(version):
            yield unknown(f"cannot tell the version of its module {module.name}", "module_versions")
        elif version not in module.version:
            reason = f"its module {module.name} is {version}, {module.version} wanted"
            yield not_now(reason, f"install another {module.name} on {candidate.place}")
    for name, wanted in module.parameters.items():
        value = (facts.module_parameters or {}).get(module.name, {}).get(name)
        if value is None:
            yield unknown(f"cannot tell the parameter {name} of its module {module.name}", "module_parameters")
        elif _switch(value) != _switch(wanted):
            reason = f"its module {module.name} has {name}={value}, {wanted} wanted"
            yield not_now(reason, f"unload it and run 'modprobe {module.name} {name}={wanted}' on {candidate.place}")


def _switch(text: str) -> str:
    """The kernel shows switches as Y and N, and takes 1 and 0 too."""
    return {"y": "1", "n": "0"}.get(text.strip().lower(), text.strip())


# --- settings -----------------------------------------------------------------------------------


def kernel_sysctls(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    A namespaced setting is set for the container alone. Any other must have its value on the host already, and cannot
    be set by options under ``as``.

    A machine sets its own.
    """
    if not (requirements.kernel_sysctls or candidate.options) or candidate.shares_kernel is False:
        return None
    under_as = candidate.form.sysctls_under_as(candidate)
    if not requirements.kernel_sysctls and not under_as:
        return None
    if candidate.shares_kernel is None:
        return _unknown_kernel(candidate)
    sysctls = requirements.kernel_sysctls
    shared = [sysctl for sysctl in sysctls if not is_own_sysctl(sysctl.name, requirements, candidate)]
    failures = [_check_on_host(sysctl, requirements, candidate) for sysctl in shared]
    return together([*failures, *(_option_refused(name, where, requirements, candidate) for name, where in under_as)])


def _option_refused(name: str, where: str, requirements: Requirements, candidate: Candidate) -> Failure | None:
    """Why an option cannot set it; None where it can."""
    # It has the host's own users, so what is each container's own is its to set.
    as_root = candidate.form.is_root_of_host(candidate)
    if is_own_sysctl(name, requirements, candidate) or (as_root and sysctl_row(name).namespace):
        return None
    sysctl, row = Sysctl(name=name, value=""), sysctl_row(name)
    refused = _unprivileged_refused(sysctl, candidate)
    if refused is not None:
        return refused
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


def _unprivileged_refused(sysctl: Sysctl, candidate: Candidate) -> Failure | None:
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
    version = candidate.facts.kernel_version
    what = f"{sysctl.name} is each container's own, and unprivileged ones may set it only on Linux {wanted}"
    if not is_release(version):
        return unknown(f"{what}, and cannot tell its kernel's version", "kernel_version")
    return not_now(f"{what}; its kernel is {version}", "boot another kernel there") if version not in wanted else None


def _check_on_host(sysctl: Sysctl, requirements: Requirements, candidate: Candidate) -> Failure | None:
    refused = _unprivileged_refused(sysctl, candidate)
    if refused is not None:
        return refused
    value, why = (candidate.facts.kernel_sysctls or {}).get(sysctl.name), why_shared(sysctl, requirements, candidate)
    if value is None:
        reason = f"cannot tell its {sysctl.name}, which {why}"
        return unknown(reason, f"kernel_sysctls: {{{sysctl.name}: ...}}")
    if sysctl.holds(value):
        return None
    wanted = f"{sysctl.value} wanted" if sysctl.at_least else f"exactly {sysctl.value} wanted"
    remedy = f"run 'sysctl -w {sysctl.name}={_quoted(sysctl.value)}' on {candidate.place}"
    return not_now(f"{sysctl.name} is {value} here and {why}, {wanted}", remedy)


_SHARED = {
    "network": "belongs to the host on the host's network",
    "ipc": "belongs to the host with the host's shared memory",
}


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
    present = candidate.facts.kernel_parameters
    if present is None:
        return unknown("cannot tell which parameters its kernel was booted with", "kernel_parameters")
    missing = [word for word in wanted if not _has_parameter(word, present)]
    if not missing:
        return None
    them = "it" if len(missing) == 1 else "them"
    remedy = f"add {them} to the boot command line of {candidate.place} and reboot it"
    return not_now(f"its kernel was booted without {listed(missing)}", remedy)


def _has_parameter(wanted: str, present: tuple[str, ...]) -> bool:
    """``name=value`` as it is; a ``name`` alone, with any value."""
    return wanted in present or ("=" not in wanted and any(word.startswith(f"{wanted}=") for word in present))
