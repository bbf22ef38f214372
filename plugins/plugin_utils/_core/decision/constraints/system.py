# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which operating system it can be, and whether it can be a system at all."""

from __future__ import annotations

from ...failures import never, not_now, together, undecided, unknown
from ...knowledge.distributions import ANY, OTHER, kernel_of
from ...knowledge.systems import INIT_BOUNDS, InitBound, syscall_row, systemd_of
from ...knowledge.windows import runs_on, windows_build
from ...model import Candidate, Facts, Failure, Requirements
from ...reading.versions import is_release
from ...wording import listed

WINDOWS = "windows"


def os(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    A container runs only systems of the kernel it shares; a machine boots any.

    A Docker engine on Linux shares a Linux kernel, one on Windows a Windows kernel; LXC shares a Linux kernel. On
    Windows the builds of host and container must also match.
    """
    if candidate.shares_kernel is False or requirements.os_family == ANY:
        return None
    runtime = candidate.form.runtime
    if runtime is None:
        return undecided(f"cannot tell which kernel {candidate.title} runs on")
    wanted = kernel_of(requirements.os_family)
    if runtime.kernels and wanted not in runtime.kernels:
        kernels = listed([kernel.capitalize() for kernel in runtime.kernels])
        return never(
            f"{runtime.title} containers share the host's {kernels} kernel, on which {_systems(requirements)} not run"
        )
    if candidate.facts.os_type is None:
        return unknown("cannot tell which kernel its containers share", "os_type")
    if candidate.facts.os_type != wanted:
        return never(
            f"{candidate.title} shares the host's {candidate.facts.os_type} kernel, on which "
            f"{_systems(requirements)} not run"
        )
    return _windows(requirements, candidate) if wanted == WINDOWS else None


def _systems(requirements: Requirements) -> str:
    """Who does what, as the middle of a sentence: ``freebsd does``."""
    return "such systems do" if requirements.os_family == OTHER else f"{requirements.os_family} does"


def _windows(requirements: Requirements, candidate: Candidate) -> Failure | None:
    found = candidate.image.os_version if candidate.image else None
    wanted = windows_build(found) or windows_build(requirements.os_version)
    if wanted is None:
        return None
    host = windows_build(candidate.facts.os_version)
    if host is None:
        return unknown("cannot tell the build of its Windows kernel", "os_version")
    # Behind Hyper-V each container has a kernel of its own, which may be older than the host's, never newer.
    if wanted <= host if candidate.facts.isolation == "machine" else runs_on(wanted, host):
        return None
    reason = f"its Windows is build {host}, which runs no container of build {wanted}"
    return never(reason, f"use an image made for build {host}")


def processes(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    Several processes need an instance of an operating system, unless each has an image of its own.

    A container of one application has nothing that starts, reaps and restarts a second process.
    """
    count = requirements.process_count
    if count == 1 or candidate.scope != "application" or requirements.supervised:
        return None
    if requirements.each_process_has_an_image:
        return None
    return never(
        f"an application container runs one process, {count} wanted",
        "give each process an image of its own, or say 'init: {supervised: true}' of an image with a supervisor",
    )


def init(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """An init system as PID 1 needs an instance of an operating system, not an application container."""
    if not requirements.init or candidate.scope != "application":
        return None
    return never("an application container has no init system as PID 1, which is wanted")


def systemd(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    The systemd of a system container's image must get along with the host's cgroups and kernel.

    Before version 231 it knows only cgroup v1, from 256 on it refuses cgroup v1, and from 258 on it needs kernel 5.4.
    """
    if candidate.scope != "system":
        return None
    system, version = _system(requirements, candidate)
    release = systemd_of(system, version)
    if release is None:
        return None
    what = f"the systemd {release} of {system} {version}"
    bounds = (bound for bound in INIT_BOUNDS if release in bound.systemd)
    return together(_beyond(bound, f"{what} {bound.reason}", candidate.facts) for bound in bounds)


def _beyond(bound: InitBound, what: str, facts: Facts) -> Failure | None:
    if bound.cgroup and facts.cgroup_version is None:
        return unknown(f"{what}, and cannot tell its cgroup version", "cgroup_version")
    if bound.cgroup and facts.cgroup_version != bound.cgroup:
        remedy = "use another release of the system, or a machine"
        return never(f"{what}, and it has cgroup v{facts.cgroup_version}", remedy)
    if bound.kernel and not is_release(facts.kernel_version):
        return unknown(f"{what}, and cannot tell its kernel's version", "kernel_version")
    if bound.kernel and facts.kernel_version not in bound.kernel:
        return not_now(f"{what}, and its kernel is {facts.kernel_version}", "boot another kernel there")
    return None


def runtime(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    Docker must know the system calls of the image's C library.

    An old engine answers a call that it does not know with 'not permitted', and programs then fail instead of trying
    the older call.
    """
    system, version = _system(requirements, candidate)
    row = syscall_row(candidate.form.runtime, system, version) if is_release(version) else None
    if row is None:
        return None
    found = candidate.facts.engine_version
    if not is_release(found):
        return unknown("cannot tell the release of its Docker engine", "engine_version")
    if found in row.engine:
        return None
    return not_now(f"its Docker is {found}, {row.engine} wanted: {row.reason}", "upgrade Docker and libseccomp there")


def _system(requirements: Requirements, candidate: Candidate) -> tuple[str | None, str | None]:
    """What is inside, by the image if it says so, else by what is wanted."""
    found = candidate.image
    if found is not None and found.os and found.os_version:
        return found.os, found.os_version
    return requirements.os_family, requirements.os_version
