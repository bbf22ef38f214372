# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operating systems, the families they belong to, the kernels they boot, and names of architectures."""

from __future__ import annotations

from dataclasses import dataclass

ANY = "any"
OTHER = "other"
"""An application that brings all it needs: a static binary asks for no distribution."""


@dataclass(frozen=True, kw_only=True)
class OperatingSystem:
    """``family`` is what ``os_family`` may name it by, ``kernel`` what it needs to be booted or shared."""

    name: str
    family: str
    kernel: str
    source: str


_FAMILIES = (
    "https://github.com/ansible/ansible/blob/devel/lib/ansible/module_utils/facts/system/distribution.py "
    "(OS_FAMILY_MAP)"
)


def _linux(family: str, *names: str) -> tuple[OperatingSystem, ...]:
    return tuple(OperatingSystem(name=name, family=family, kernel="linux", source=_FAMILIES) for name in names)


_OWN_KERNEL = "https://www.freebsd.org, https://www.openbsd.org, https://www.netbsd.org: kernel and userland are one"

OPERATING_SYSTEMS = {
    system.name: system
    for system in (
        *_linux("debian", "debian", "ubuntu", "kali", "linuxmint", "raspbian", "devuan"),
        *_linux("redhat", "redhat", "rhel", "centos", "rocky", "almalinux", "fedora", "oraclelinux", "amazon"),
        *_linux("suse", "suse", "sles", "opensuse"),
        *_linux("alpine", "alpine"),
        *_linux("arch", "archlinux", "manjaro"),
        *_linux("gentoo", "gentoo"),
        *_linux("nixos", "nixos"),
        *_linux("busybox", "busybox"),
        *(
            OperatingSystem(name=name, family=name, kernel=name, source=_OWN_KERNEL)
            for name in ("freebsd", "openbsd", "netbsd", "dragonflybsd")
        ),
        OperatingSystem(
            name="opnsense", family="freebsd", kernel="freebsd", source="https://docs.opnsense.org/intro.html"
        ),
        OperatingSystem(
            name="pfsense", family="freebsd", kernel="freebsd", source="https://docs.netgate.com/pfsense/en/latest"
        ),
        OperatingSystem(
            name="solaris", family="solaris", kernel="solaris", source="https://pve.proxmox.com/pve-docs/qm.conf.5.html"
        ),
        OperatingSystem(
            name="windows",
            family="windows",
            kernel="windows",
            source="https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility",
        ),
        OperatingSystem(name=OTHER, family=OTHER, kernel=OTHER, source="the user's word for none of these"),
    )
}

LINUX = "linux"
"""The family of every distribution that boots a Linux kernel."""

FAMILIES = frozenset(system.family for system in OPERATING_SYSTEMS.values())

_DEBIAN = "https://www.debian.org/releases/{}/amd64/release-notes/ch-whats-new.en.html"
_UBUNTU = "https://canonical.com/security/livepatch/docs/kernels (GA)"
_REDHAT = "https://access.redhat.com/articles/3078"
_ORACLE = "https://docs.oracle.com/en/operating-systems/oracle-linux/10/relnotes10.0/ol10.0-ShippedKernels.html"
_SUSE = "https://www.suse.com/support/kb/doc/?id=000019587"
_AMAZON = "https://docs.aws.amazon.com/linux/al2/ug/aml2-kernel.html"
_ALPINE = "https://alpinelinux.org/posts/Alpine-{}.0-released.html"

DEFAULT_KERNELS = {
    ("debian", "10"): ("4.19", _DEBIAN.format("buster")),
    ("debian", "11"): ("5.10", _DEBIAN.format("bullseye")),
    ("debian", "12"): ("6.1", _DEBIAN.format("bookworm")),
    ("debian", "13"): ("6.12", "https://www.debian.org/releases/trixie/release-notes/whats-new.en.html"),
    ("ubuntu", "18.04"): ("4.15", _UBUNTU),
    ("ubuntu", "20.04"): ("5.4", _UBUNTU),
    ("ubuntu", "22.04"): ("5.15", _UBUNTU),
    ("ubuntu", "24.04"): ("6.8", _UBUNTU),
    ("ubuntu", "26.04"): ("7.0", _UBUNTU),
    # The rebuilds have the kernels of what they rebuild; only Oracle's boots one of its own.
    **{
        (system, version): (kernel, _REDHAT)
        for system in ("rhel", "rocky", "almalinux", "centos")
        for version, kernel in (("8", "4.18"), ("9", "5.14"), ("10", "6.12"))
    },
    ("oraclelinux", "10"): ("6.12", _ORACLE),
    **{
        (system, version): (kernel, _SUSE)
        for system in ("sles", "opensuse")
        for version, kernel in (("15.4", "5.14"), ("15.5", "5.14"), ("15.6", "6.4"), ("16", "6.12"))
    },
    ("sles", "15.7"): ("6.4", _SUSE),
    ("amazon", "2023"): ("6.1", _AMAZON),
    ("alpine", "3.20"): ("6.6", _ALPINE.format("3.20")),
    ("alpine", "3.21"): ("6.12", _ALPINE.format("3.21")),
    ("alpine", "3.22"): ("6.12", _ALPINE.format("3.22")),
    ("alpine", "3.23"): ("6.18", _ALPINE.format("3.23")),
}
"""(distribution, version) -> the kernel its first release boots, and the source of that."""

# What uname -m, Go (Docker, LXD) and people call the same machine.
ARCHITECTURES = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "aarch64": "aarch64",
    "arm64": "aarch64",
    "armv7l": "armv7l",
    "armhf": "armv7l",
    "i686": "i686",
    "i386": "i686",
    "386": "i686",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}


def known_os_names() -> tuple[str, ...]:
    """Everything that ``os_family`` may say."""
    return tuple(sorted({ANY, LINUX, *OPERATING_SYSTEMS, *FAMILIES}))


def is_known_os(word: str) -> bool:
    return word in (ANY, LINUX) or word in OPERATING_SYSTEMS or word in FAMILIES


def kernel_of(word: str) -> str:
    """The kernel that ``word``, a system or family, runs on; ``any`` runs on each and says ``linux``."""
    if word in (ANY, LINUX):
        return LINUX
    if word in OPERATING_SYSTEMS:
        return OPERATING_SYSTEMS[word].kernel
    return next((system.kernel for system in OPERATING_SYSTEMS.values() if system.family == word), word)


def is_of_family(system: str, family: str) -> bool:
    """Whether ``system`` is what ``family`` asks for: a Debian is a ``debian`` and a ``linux``."""
    if family in (ANY, system):
        return True
    if family == LINUX:
        return kernel_of(system) == LINUX
    known = OPERATING_SYSTEMS.get(system)
    # A family's name is a distribution's too: 'debian' as a need means the family, Ubuntu included.
    return known is not None and known.family == family


def is_version(found: str, wanted: str) -> bool:
    """Whether a release is the wanted one or a point release of it: 12.5 is a 12."""
    return found == wanted or found.startswith(wanted + ".")


def default_kernel(system: str | None, version: str | None) -> str | None:
    """The kernel release that a distribution boots by default, where the table has it."""
    for (name, release), (kernel, _source) in DEFAULT_KERNELS.items():
        if name == system and version is not None and is_version(version, release):
            return kernel
    return None
