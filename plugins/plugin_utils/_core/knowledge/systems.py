# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What the system inside of a container asks of the kernel and the engine below it.

Its init: systemd wants one cgroup hierarchy or the other, by its release. Its C library: new ones use system calls
that the seccomp filters of old engines refuse in a way that looks like an error of the program.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from ..reading.versions import VersionRange
from .distributions import is_version
from .runtimes import DOCKER, Runtime


@dataclass(frozen=True, kw_only=True)
class SystemdRow:
    """The systemd that a distribution's release has."""

    system: str
    version: str
    systemd: str
    source: str


def _systemd(system: str, source: str, **releases: str) -> tuple[SystemdRow, ...]:
    return tuple(
        SystemdRow(system=system, version=name[1:].replace("_", "."), systemd=systemd, source=source)
        for name, systemd in releases.items()
    )


# Lists of the packages in the official images. Only Oracle's is to be trusted of those with rpm: the files of others,
# Fedora's and AlmaLinux's for example, list Oracle's packages too.
_IMAGES = "https://github.com/docker-library/repo-info"
_DEBIAN_8 = "https://www.mail-archive.com/debian-lts-changes@lists.debian.org/msg01927.html"
_DEBIAN_9 = "https://www.heise.de/ix/heft/Wahlverwandtschaft-3780439.html"
_DEBIAN = f"{_IMAGES} (repos/debian/local: 10.13.md, 11.md, 12.md, 13.md)"
_UBUNTU = f"{_IMAGES} (repos/ubuntu/local: 16.04.md, bionic.md, focal-20221130.md, 22.04.md, 24.04.md, resolute.md)"
# The oldest package it accepts, by the release of the system.
_SAP = "https://github.com/SAP/arp142-hana (scripts/lib/check/0600_systemd_version.check)"
_REDHAT_7 = "https://www.github.com/elpheria/pystemd/blob/master/_docs/centos7.md"
_REDHAT_8 = "https://gitlab.com/redhat/centos-stream/rpms/systemd/-/merge_requests/105"
_REDHAT_9 = f"https://github.com/systemd/python-systemd/issues/132 (9.2), {_SAP} (9.0: 250, between the same bounds)"
_REDHAT_10 = f"{_IMAGES} (repos/oraclelinux/local/10.md)"
_FEDORA_41 = "https://packages.fedoraproject.org/pkgs/systemd/systemd-libs/index.html"
_FEDORA = "https://packages.fedoraproject.org/pkgs/systemd/systemd-tests/"
_SUSE_15_3 = (
    "https://build.opensuse.org/packages/systemd.22651/build_reason/SUSE:SLE-15-SP3:Update/pool-leap-15.4/s390x"
)
_SUSE_15_4 = (
    "https://build.opensuse.org/packages/patchinfo.25519/build_reason/SUSE:SLE-15-SP4:Update/pool-leap-15.6/i586"
)
_SUSE_15_6 = "https://www.suse.com/support/update/announcement/2024/suse-ru-20242641-1"
_SUSE_16 = (
    "https://systemadministration.net/sles-16-suse-debuts-an-ai-ready-base-with-selinux-by-default-agama-"
    "reproducible-builds-and-a-lifecycle-of-up-to-16-years (16.0; not known of later ones)"
)
_AMAZON_2 = "https://github.com/wincent/masochist/issues/175"
_AMAZON_2023 = "https://docs.aws.amazon.com/linux/al2023/release-notes/relnotes-2023.8.20250804.html"

SYSTEMD: tuple[SystemdRow, ...] = (
    *_systemd("debian", _DEBIAN_8, v8="215"),
    *_systemd("debian", _DEBIAN_9, v9="232"),
    *_systemd("debian", _DEBIAN, v10="241", v11="247", v12="252", v13="257"),
    *_systemd("ubuntu", _UBUNTU, v16_04="229", v18_04="237", v20_04="245", v22_04="249", v24_04="255", v26_04="259"),
    *(
        row
        for system in ("redhat", "rhel", "centos", "rocky", "almalinux", "oraclelinux")
        for row in (
            *_systemd(system, _REDHAT_7, v7="219"),
            *_systemd(system, _REDHAT_8, v8="239"),
            *_systemd(system, _REDHAT_9, v9="252"),
            *_systemd(system, _REDHAT_10, v10="257"),
        )
    ),
    *_systemd("fedora", _FEDORA_41, v41="256"),
    *_systemd("fedora", _FEDORA, v42="257", v43="258"),
    # Service packs of SUSE's 15 differ; openSUSE Leap has the packages of the service pack of the same number.
    *(
        row
        for system in ("sles", "opensuse")
        for row in (
            *_systemd(system, _SUSE_15_3, v15_3="246"),
            *_systemd(system, _SUSE_15_4, v15_4="249"),
            *_systemd(system, _SAP, v15_5="249"),
            *_systemd(system, _SUSE_15_6, v15_6="254"),
            *_systemd(system, _SUSE_16, v16="257"),
        )
    ),
    *_systemd("amazon", _AMAZON_2, v2="219"),
    *_systemd("amazon", _AMAZON_2023, v2023="252"),
)


@dataclass(frozen=True, kw_only=True)
class InitBound:
    """What a systemd in this range asks of the host: the cgroup hierarchy, a kernel, and why."""

    systemd: VersionRange
    cgroup: int | None = None
    kernel: VersionRange | None = None
    reason: str
    source: str


INIT_BOUNDS: tuple[InitBound, ...] = (
    InitBound(
        systemd=VersionRange.parse("<231"),
        cgroup=1,
        reason="knows only the old cgroup hierarchy",
        source="https://pve.proxmox.com/pve-docs/chapter-pct.html#pct_cgroup_compat",
    ),
    InitBound(
        systemd=VersionRange.parse(">=256"),
        cgroup=2,
        reason="refuses the old cgroup hierarchy",
        source="https://github.com/systemd/systemd/releases/tag/v256",
    ),
    InitBound(
        systemd=VersionRange.parse(">=258"),
        kernel=VersionRange.parse(">=5.4"),
        reason="runs on no older kernel",
        source="https://github.com/systemd/systemd/releases/tag/v258",
    ),
)


@dataclass(frozen=True, kw_only=True)
class SyscallRow:
    """
    The releases of a runtime whose seccomp filter lets the C library of these releases of a system work.

    Releases are counted differently in each system of a family, so a row is of one system alone.
    """

    runtime: Runtime
    system: str
    version: VersionRange
    engine: VersionRange
    reason: str
    source: str


_CLONE3 = "its C library uses clone3, which this engine's seccomp filter answers with EPERM instead of ENOSYS"
_FACCESSAT2 = "its C library uses faccessat2, which this engine's seccomp filter answers with EPERM instead of ENOSYS"
_MOBY = "https://github.com/moby/moby/pull/42681 (glibc 2.34), https://github.com/containerd/containerd/issues/6203"


def _syscalls(system: str, version: str, docker: str, reason: str, source: str) -> SyscallRow:
    return SyscallRow(
        runtime=DOCKER,
        system=system,
        version=VersionRange.parse(version),
        engine=VersionRange.parse(docker),
        reason=reason,
        source=source,
    )


SYSCALLS: tuple[SyscallRow, ...] = (
    # The releases that have a glibc of 2.34 or newer.
    _syscalls("debian", ">=12", ">=20.10.10", _CLONE3, _MOBY),
    _syscalls("raspbian", ">=12", ">=20.10.10", _CLONE3, _MOBY),
    _syscalls("ubuntu", ">=21.10", ">=20.10.10", _CLONE3, _MOBY),
    _syscalls("fedora", ">=35", ">=20.10.10", _CLONE3, _MOBY),
    *(
        _syscalls(system, ">=9", ">=20.10.10", _CLONE3, _MOBY)
        for system in ("redhat", "rhel", "centos", "rocky", "almalinux", "oraclelinux")
    ),
    _syscalls("sles", ">=16", ">=20.10.10", _CLONE3, _MOBY),
    _syscalls("opensuse", ">=16", ">=20.10.10", _CLONE3, _MOBY),
    _syscalls("amazon", ">=2023", ">=20.10.10", _CLONE3, _MOBY),
    _syscalls(
        "alpine",
        ">=3.14",
        ">=20.10",
        _FACCESSAT2,
        "https://wiki.alpinelinux.org/wiki/Release_Notes_for_Alpine_3.14.0#faccessat2",
    ),
)


@functools.cache
def systemd_of(system: str | None, version: str | None) -> str | None:
    """The release of systemd that a system has; None where it has another init or the table does not know."""
    if not system or not version:
        return None
    return next((row.systemd for row in SYSTEMD if row.system == system and is_version(version, row.version)), None)


@functools.cache
def syscall_row(runtime: Runtime | None, system: str | None, version: str | None) -> SyscallRow | None:
    """What a system's C library asks of the runtime; None for nothing, or where that is not known."""
    if not system or not version or not version[:1].isdigit():
        return None
    return next(
        (row for row in SYSCALLS if row.runtime == runtime and row.system == system and version in row.version), None
    )
