# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""Operating systems, the families they belong to, the kernels they boot, and names of architectures."""

from __future__ import annotations

from dataclasses import dataclass

ANY = "any"
"""An application that brings all it needs: a static binary asks for no distribution."""


@dataclass(frozen=True, kw_only=True)
class OperatingSystem:
    """``family`` is what ``os_family`` may name it by, ``kernel`` what it needs to be booted or shared."""

    name: str
    family: str
    kernel: str
    source: str


_FAMILIES = "ansible-core lib/ansible/module_utils/facts/system/distribution.py OS_FAMILY_MAP"


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
        OperatingSystem(name="other", family="other", kernel="other", source="the user's word for none of these"),
    )
}

LINUX = "linux"
"""The family of every distribution that boots a Linux kernel."""

FAMILIES = frozenset(system.family for system in OPERATING_SYSTEMS.values())

DEFAULT_KERNELS = {
    ("debian", "11"): ("5.10", "https://www.debian.org/releases/bullseye/amd64/release-notes/"),
    ("debian", "12"): ("6.1", "https://www.debian.org/releases/bookworm/amd64/release-notes/"),
    ("debian", "13"): ("6.12", "https://www.debian.org/releases/trixie/release-notes/"),
    ("ubuntu", "20.04"): ("5.4", "https://wiki.ubuntu.com/FocalFossa/ReleaseNotes"),
    ("ubuntu", "22.04"): ("5.15", "https://discourse.ubuntu.com/t/jammy-jellyfish-release-notes/24668"),
    ("ubuntu", "24.04"): ("6.8", "https://discourse.ubuntu.com/t/ubuntu-24-04-lts-noble-numbat-release-notes/39890"),
    ("rocky", "8"): ("4.18", "https://docs.rockylinux.org/release_notes/8_10/"),
    ("rocky", "9"): ("5.14", "https://docs.rockylinux.org/release_notes/9_6/"),
    ("rhel", "8"): ("4.18", "https://access.redhat.com/articles/3078"),
    ("rhel", "9"): ("5.14", "https://access.redhat.com/articles/3078"),
    ("almalinux", "9"): ("5.14", "https://wiki.almalinux.org/release-notes/"),
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
