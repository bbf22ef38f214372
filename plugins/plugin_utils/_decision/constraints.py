# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
The musts. A rule is a function of the requirements and one candidate; its name is its public name.

It returns None where it holds, else a failure: what is wanted, what was found, and what would help.
Unknown is not yes: a need that cannot be checked fails as ``unknown``.
"""

from __future__ import annotations

from .._knowledge.distributions import ANY, LINUX, default_kernel, is_of_family, is_version, kernel_of
from .._model import ISOLATIONS, NEVER, NOT_NOW, UNKNOWN, Candidate, Failure, Requirements
from .._quantities import readable
from .._versions import is_release


def _never(reason: str, remedy: str | None = None) -> Failure:
    return Failure(reason=reason, when=NEVER, remedy=remedy)


def _not_now(reason: str, remedy: str | None = None) -> Failure:
    return Failure(reason=reason, when=NOT_NOW, remedy=remedy)


def _unknown(reason: str, fact: str) -> Failure:
    return Failure(reason=reason, when=UNKNOWN, remedy=f"declare '{fact}' in the target's rightscope_facts")


def reachable(_requirements: Requirements, candidate: Candidate) -> Failure | None:
    """A target must answer, and the node of a cluster must be online."""
    return _not_now(candidate.trouble, candidate.remedy) if candidate.trouble else None


def labels(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """Each wanted label must equal the target's label of that name."""
    wrong = [
        f"{name}={candidate.labels.get(name, '(none)')}, {value} wanted"
        for name, value in requirements.labels.items()
        if str(candidate.labels.get(name)) != value
    ]
    return _never(f"its labels are {'; '.join(wrong)}", "change 'rightscope_labels' or the need") if wrong else None


def forms(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """Where the user names the forms that are allowed, it must be one of them."""
    if not requirements.forms or candidate.form in requirements.forms:
        return None
    return _never(f"'{candidate.form}' is not among the allowed forms", f"add '{candidate.form}' to 'forms'")


def os(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    A container runs only systems of the kernel it shares; a machine boots any.

    Docker's kernel is Windows' own on a Windows engine; LXC is Linux alone.
    """
    if not candidate.shares_kernel or requirements.os_family == ANY:
        return None
    wanted = kernel_of(requirements.os_family)
    if candidate.kind == "lxd" and wanted != LINUX:
        return _never(f"{requirements.os_family} is no Linux, and LXC containers share the host's Linux kernel")
    if candidate.facts.os_type is None:
        return _unknown("cannot tell which kernel its containers share", "os_type")
    if candidate.facts.os_type != wanted:
        return _never(
            f"{requirements.os_family} needs a {wanted} kernel, and {candidate.title}"
            f" shares the host's {candidate.facts.os_type} kernel"
        )
    return None


def architecture(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """The node must run one of the acceptable architectures, and the image must be made for one."""
    wanted = requirements.architectures
    if not wanted:
        return None
    if candidate.facts.architectures is None:
        return _unknown("cannot tell its architecture", "architectures")
    if not set(wanted) & set(candidate.facts.architectures):
        return _never(f"runs {' and '.join(candidate.facts.architectures)}, {' or '.join(wanted)} wanted")
    made_for = candidate.image.architecture if candidate.image else None
    if made_for and made_for not in wanted:
        return _not_now(f"its image is made for {made_for}, {' or '.join(wanted)} wanted", "name another image")
    return None


def processes(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    Several processes are a system of their own, unless each is an application with an image of its own.

    A container of one application has nothing that starts, reaps and restarts a second process.
    """
    count = requirements.process_count
    if candidate.scope != "application" or count == 1 or requirements.supervised:
        return None
    if requirements.each_process_has_an_image:
        return None
    return _never(
        f"an application container runs one process, {count} wanted",
        "give each process an image of its own, or say 'init: {supervised: true}' of an image with a supervisor",
    )


def init(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """An init system as PID 1 needs an instance of an operating system, not an application container."""
    if not requirements.init or candidate.scope != "application":
        return None
    return _never("an application container has no init system as PID 1, which is wanted")


def kernel_own(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """Only a machine boots a kernel of its own."""
    if not requirements.kernel_own or not candidate.shares_kernel:
        return None
    return _never("shares the host's kernel, a kernel of its own is wanted")


def kernel_version(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """The kernel that the form runs on must be in range: the host's for a container, the guest's for a VM."""
    wanted = requirements.kernel_version
    if wanted is None:
        return None
    if candidate.shares_kernel:
        found, whose = candidate.facts.kernel_version, "its kernel"
        if not is_release(found):
            return _unknown("cannot tell its kernel's version", "kernel_version")
    else:
        found, whose = _guest_kernel(candidate), f"the kernel of {_image_name(candidate)}"
        if not is_release(found):
            reason = f"cannot tell the version of the kernel that {_image_name(candidate)} boots"
            return Failure(
                reason=reason, when=UNKNOWN, remedy="use a template of a known system, or set 'unknown: accept'"
            )
    if found in wanted:
        return None
    remedy = "boot another kernel there" if candidate.shares_kernel else "clone a template with another kernel"
    return _not_now(f"{whose} is {found}, {wanted} wanted", remedy)


def _guest_kernel(candidate: Candidate) -> str | None:
    if candidate.image is None:
        return None
    return candidate.image.kernel_version or default_kernel(candidate.image.os, candidate.image.os_version)


def _image_name(candidate: Candidate) -> str:
    if candidate.image is None:
        return "its template"
    return f"'{candidate.image.names[0] if candidate.image.names else candidate.image.id}'"


def kernel_modules(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    Each needed module must be in the kernel that the service shares; a machine loads its own.

    Where built-in modules cannot be listed, a module that is not seen may yet be there: unknown.
    """
    needed = {module.name for module in requirements.kernel_modules if not module.optional}
    if not needed or not candidate.shares_kernel:
        return None
    if candidate.facts.kernel_modules is None:
        return _unknown("cannot tell which modules its kernel has loaded", "kernel_modules")
    missing = sorted(needed - candidate.facts.kernel_modules)
    if not missing:
        return None
    names = ", ".join(missing)
    if not candidate.facts.kernel_modules_complete:
        return _unknown(f"cannot tell whether its kernel has {names} built in", "kernel_modules")
    return _not_now(f"its kernel has not loaded {names}", f"run 'modprobe -a {' '.join(missing)}' on {candidate.place}")


def isolation(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """What separates it from its neighbours must be at least as strong as wanted."""
    wanted = requirements.isolation
    if wanted == ISOLATIONS[0]:
        return None
    found = isolation_of(candidate)
    if found is None:
        return _unknown("cannot tell how its containers are isolated", "isolation")
    if ISOLATIONS.index(found) >= ISOLATIONS.index(wanted):
        return None
    remedies = {
        ("user_namespace", "docker"): "run its dockerd with 'userns-remap' or rootless",
        ("user_namespace", "lxd"): "take 'security.privileged' out of its config",
    }
    remedy = remedies.get((wanted, candidate.kind))
    if remedy and candidate.kind == "docker" and candidate.facts.isolation not in (None, found):
        remedy = "take 'privileged' and 'userns_mode: host' out of its options"
    reason = f"isolates by {found.replace('_', ' ')}, {wanted.replace('_', ' ')} wanted"
    return Failure(reason=reason, when=NOT_NOW if remedy else NEVER, remedy=remedy)


def isolation_of(candidate: Candidate) -> str | None:
    """The isolation this form gives here, with the options the user wrote for it."""
    if candidate.scope == "machine":
        return "machine"
    options = candidate.options or {}
    config = options.get("config") or {}
    if options.get("privileged") is True or options.get("userns_mode") == "host":
        return "process"
    if str(config.get("security.privileged", "")).lower() in ("true", "1"):
        return "process"
    return candidate.facts.isolation


def cpus(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """The node must have as many processors: more can neither be limited to nor given."""
    wanted, found = requirements.cpus, candidate.facts.cpus
    if wanted is None:
        return None
    if found is None:
        return _unknown("cannot tell how many processors it has", "cpus")
    return None if found >= wanted else _never(f"needs {wanted:g} processors, has {found:g}")


def memory(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """As much memory must be free; what the service itself holds there already counts as free."""
    wanted, free, total = requirements.memory, candidate.facts.memory_free, candidate.facts.memory
    if wanted is None:
        return None
    if total is not None and total < wanted:
        need, has = _told_apart(wanted, total)
        return _never(f"needs {need} of memory, has {has} in all")
    if free is None:
        return _unknown("cannot tell how much memory is free", "memory_free")
    free += candidate.held
    if free >= wanted:
        return None
    need, has = _told_apart(wanted, free)
    return _not_now(f"needs {need} of memory, has {has} free", f"free {readable(wanted - free)}")


def _told_apart(wanted: float, found: float) -> tuple[str, str]:
    """Two sizes in words, in MiB where they would read the same."""
    words = readable(wanted), readable(found)
    return words if words[0] != words[1] else (f"{wanted:.10g} MiB", f"{found:.10g} MiB")


def disk(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    As much disk must be free in the storage it would be made on; where the service is already, it has its own.

    A machine needs at least its template's size, wanted or not.
    """
    template = candidate.image.disk if candidate.image and not candidate.shares_kernel else None
    wanted = max(requirements.disk or 0, template or 0)
    if not wanted or candidate.is_present:
        return None
    storages = candidate.facts.storages
    if storages is None:
        return _unknown("cannot tell how much disk is free", "storages")
    if candidate.storage and candidate.storage not in storages:
        return _not_now(f"it has no storage '{candidate.storage}'", "name another storage")
    free = storages[candidate.storage] if candidate.storage else max(storages.values(), default=0)
    if free >= wanted:
        return None
    need, has = _told_apart(wanted, free)
    return _not_now(f"needs {need} of disk, has {has} free", f"free {readable(wanted - free)}")


def image(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """There must be something to make it from: an image or template that is there or can be fetched."""
    if candidate.image is not None or candidate.fetches_image:
        return None
    if candidate.image_wanted:
        noun = "template" if candidate.kind == "proxmox" else "image"
        return _not_now(f"it has no {noun} '{candidate.image_wanted}'", f"make the {noun} there, or name another")
    system = " ".join(filter(None, (requirements.os_family, requirements.os_version)))
    if candidate.form == "docker_container":
        return _not_now("no image is named for a Docker container", "give 'as.docker_container.image'")
    noun = "template" if candidate.kind == "proxmox" else "image"
    return _not_now(f"it has no {noun} of {system}", f"make one there, or name one under 'as.{candidate.form}'")


def os_version(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """An image whose system is known must be of the wanted family and release."""
    found = candidate.image
    if found is None or found.os is None:
        return None
    wanted, version = requirements.os_family, requirements.os_version
    if not is_of_family(found.os, wanted):
        return _not_now(f"{_image_name(candidate)} is {found.os}, {wanted} wanted", "name another image or template")
    if version and found.os_version and not is_version(found.os_version, version):
        reason = f"{_image_name(candidate)} is {found.os} {found.os_version}, {version} wanted"
        return _not_now(reason, "name another image or template")
    return None


def name_taken(_requirements: Requirements, candidate: Candidate) -> Failure | None:
    """An object of the same name that is not this service's is never touched."""
    if not candidate.stranger:
        return None
    reason = f"{candidate.stranger} there has this name and is not marked as this service's"
    return _not_now(reason, "rename the service, or remove that by hand if nobody needs it")


CONSTRAINTS = (
    # Whether it can be asked and is allowed at all, then what it is, then what it has, then what is there.
    reachable,
    labels,
    forms,
    os,
    architecture,
    processes,
    init,
    kernel_own,
    kernel_version,
    kernel_modules,
    isolation,
    cpus,
    memory,
    disk,
    image,
    os_version,
    name_taken,
)
