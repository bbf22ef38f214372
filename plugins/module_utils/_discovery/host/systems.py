# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of operating systems and architectures, as engines and people write them, in the collection's words."""

from __future__ import annotations

import re

# What uname -m, Go (Docker, LXD), Debian and Proxmox VE call the same machine.
_ARCHITECTURES = {
    "amd64": "x86_64",
    "x86-64": "x86_64",
    "arm64": "aarch64",
    "armhf": "armv7l",
    "armv7": "armv7l",
    "arm": "armv7l",
    "armv8l": "armv7l",
    "i386": "i686",
    "i586": "i686",
    "386": "i686",
    "ppc64el": "ppc64le",
}

# Spellings -> the names of plugin_utils/_core/knowledge/distributions.py.
_SPELLINGS = {
    "alma": "almalinux",
    "amazonlinux": "amazon",
    "amazon-linux": "amazon",
    "amzn": "amazon",
    "arch": "archlinux",
    "arch-linux": "archlinux",
    "oracle-linux": "oraclelinux",
    "oracle": "oraclelinux",
    "rockylinux": "rocky",
    "rocky-linux": "rocky",
    "redhat": "rhel",
    "red-hat": "rhel",
    "opensuse-leap": "opensuse",
    "opensuse-tumbleweed": "opensuse",
    "sle": "sles",
    "mint": "linuxmint",
    "win": "windows",
}

_NAMES = (
    *("debian", "ubuntu", "kali", "linuxmint", "raspbian", "devuan"),
    *("rhel", "centos", "rocky", "almalinux", "fedora", "oraclelinux", "amazon"),
    *("sles", "opensuse", "suse", "alpine", "archlinux", "manjaro", "gentoo", "nixos", "busybox"),
    *("freebsd", "openbsd", "netbsd", "dragonflybsd", "opnsense", "pfsense", "solaris", "windows"),
)

# https://www.debian.org/releases/ and https://wiki.ubuntu.com/Releases
_CODENAMES = {
    "buster": ("debian", "10"),
    "bullseye": ("debian", "11"),
    "bookworm": ("debian", "12"),
    "trixie": ("debian", "13"),
    "forky": ("debian", "14"),
    "bionic": ("ubuntu", "18.04"),
    "focal": ("ubuntu", "20.04"),
    "jammy": ("ubuntu", "22.04"),
    "noble": ("ubuntu", "24.04"),
    "resolute": ("ubuntu", "26.04"),
}

# A bare 'oracle' or 'mint' names other things too: only an image's own property may say that.
_LOOSE = ("oracle", "mint", "sle")
_WORDS = sorted({*_NAMES, *(word for word in _SPELLINGS if word not in _LOOSE)}, key=len, reverse=True)
_SYSTEM = re.compile(
    r"(?<![a-z0-9])(?P<name>" + "|".join(_WORDS) + r")(?![a-z])"
    r"(?:[-_./ ]?(?:stream|leap|server|linux))?"
    r"(?:[-_./ ]?(?P<version>\d+(?:\.\d+)*)(?![a-z0-9]))?(?:[-_](?P<minor>\d\d)(?!\d))?"
)
_CODENAME = re.compile(r"(?<![a-z0-9])(" + "|".join(_CODENAMES) + r")(?![a-z])")
_UBUNTU_SHORT = re.compile(r"(\d\d)(\d\d)")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")

# https://pve.proxmox.com/pve-docs/qm.conf.5.html: 'ostype'. A win10 may be a Windows Server too: no version.
_GUEST_TYPES = {
    **dict.fromkeys(("l24", "l26"), "linux"),
    **dict.fromkeys(("wxp", "w2k", "w2k3", "w2k8", "wvista", "win7", "win8", "win10", "win11"), "windows"),
    "solaris": "solaris",
}


def architecture(name):
    """``amd64`` -> ``x86_64``; a name that is not in the table is returned as it is, None stays None."""
    low = (name or "").strip().lower()
    return _ARCHITECTURES.get(low, low) or None


def architectures(names):
    """Unique architectures in order, or None for none."""
    return list(dict.fromkeys(filter(None, map(architecture, names or ())))) or None


def system_name(name):
    """An image's own ``os`` property in the collection's words: ``Rockylinux`` -> ``rocky``."""
    low = (name or "").strip().lower().replace(" ", "-").replace("_", "-")
    return _SPELLINGS.get(low, low) or None


def system_version(system, *texts):
    """A release number from the first text that has one: ``bookworm`` -> ``12``, ``9-Stream`` -> ``9``."""
    for text in texts:
        low = (text or "").strip().lower()
        known, number = _CODENAMES.get(low, (None, None))
        if known in (system, None) and number:
            return number
        match = _NUMBER.match(low)
        if match:
            return match.group()
    return next((text.strip().lower() for text in texts if text), None)


def parse_system(*texts):
    """
    ``(os, os_version)`` from names and tags, None for what they do not say.

    The first text that tells system and version wins, then the first that tells a system:
    ``debian-12-cloud``, ``rocky9``, ``ubuntu-24-04``, ``jammy-template``, ``windows-2022``, ``opnsense``.
    """
    systems = [(name, version) for name, version in map(_parse_text, texts) if name]
    with_version = [(name, version) for name, version in systems if version]
    return next(iter([*with_version, *systems]), (None, None))


def _parse_text(text):
    low = (text or "").lower()
    codename = _CODENAME.search(low)
    if codename:
        return _CODENAMES[codename.group(1)]
    match = _SYSTEM.search(low)
    if not match:
        return None, None
    system = _SPELLINGS.get(match.group("name"), match.group("name"))
    return system, _dotted(system, match.group("version"), match.group("minor"))


def _dotted(system, version, minor):
    """Ubuntu's versions have two parts, which names often run together: 2404, 24-04."""
    if system != "ubuntu" or not version:
        return version
    short = _UBUNTU_SHORT.fullmatch(version)
    if short:
        return ".".join(short.groups())
    return f"{version}.{minor}" if minor and "." not in version else version


def guest_system(ostype):
    """The system behind a Proxmox VE ``ostype``: ``linux``, ``windows``, ``solaris``, or None."""
    return _GUEST_TYPES.get(ostype)
