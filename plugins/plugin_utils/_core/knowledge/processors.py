# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Levels and features of processors: what a level stands for, what a guest's CPU model shows, who needs which.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

LEVELS = ("x86-64-v1", "x86-64-v2", "x86-64-v3", "x86-64-v4")
"""The micro-architecture levels of x86_64, lowest first: each has all that those before it have."""

_PSABI = "https://gitlab.com/x86-psABIs/x86-64-ABI (Table 3.1), by the names of /proc/cpuinfo"


@dataclass(frozen=True, kw_only=True)
class LevelRow:
    """The flags that a level adds to the one below it."""

    level: str
    flags: frozenset[str]
    source: str = _PSABI


LEVEL_FLAGS = (
    LevelRow(level="x86-64-v1", flags=frozenset(["cmov", "cx8", "fpu", "fxsr", "mmx", "sse", "sse2", "syscall"])),
    # SSE3, which the kernel calls 'pni', is left out: whatever has SSSE3 has it.
    LevelRow(level="x86-64-v2", flags=frozenset(["cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3"])),
    # 'abm' is how it calls LZCNT; OSXSAVE, that XSAVE is switched on, it does not list.
    LevelRow(
        level="x86-64-v3", flags=frozenset(["abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave"])
    ),
    LevelRow(level="x86-64-v4", flags=frozenset(["avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"])),
)


@functools.cache
def flags_of(level: str) -> frozenset[str]:
    """All flags that a level stands for."""
    rows = LEVEL_FLAGS[: LEVELS.index(level) + 1]
    return frozenset().union(*(row.flags for row in rows))


@functools.cache
def level_of(flags: frozenset[str]) -> str | None:
    """The highest level that these flags reach; None below the first."""
    reached = [level for level in LEVELS if flags_of(level) <= flags]
    return reached[-1] if reached else None


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """What a CPU model of QEMU shows to the guest: a level, and flags beyond it."""

    name: str
    level: str
    flags: frozenset[str] = frozenset()
    source: str


_QM = "https://github.com/proxmox/qemu-server/blob/master/src/PVE/QemuServer/CPUConfig.pm (builtin_models)"
_QEMU = (
    "https://github.com/qemu/qemu/blob/master/docs/system/cpu-models-x86-abi.csv (levels), "
    "https://github.com/qemu/qemu/blob/master/target/i386/cpu.c (flags)"
)


def _models(level: str, names: str, *flags: str, source: str = _QEMU) -> tuple[ModelRow, ...]:
    return tuple(ModelRow(name=name, level=level, flags=frozenset(flags), source=source) for name in names.split())


MODELS = {
    row.name: row
    for row in (
        # 486, pentium, pentium2, pentium3, coreduo, athlon, kvm32 and qemu32 do not reach the first level.
        *_models("x86-64-v1", "kvm64 qemu64 core2duo phenom Conroe Penryn Opteron_G1 Opteron_G2 Opteron_G3"),
        *_models("x86-64-v2", "x86-64-v2", source=_QM),
        *_models("x86-64-v2", "x86-64-v2-AES", "aes", source=_QM),
        *_models("x86-64-v2", "Nehalem Nehalem-IBRS"),
        *_models("x86-64-v2", "Westmere Westmere-IBRS", "aes"),
        *_models(
            "x86-64-v2",
            "SandyBridge SandyBridge-IBRS IvyBridge IvyBridge-IBRS Opteron_G4 Opteron_G5",
            "aes",
            "avx",
            "xsave",
        ),
        *_models("x86-64-v3", "x86-64-v3", "aes", source=_QM),
        *_models("x86-64-v3", "Haswell Haswell-IBRS Haswell-noTSX Haswell-noTSX-IBRS", "aes"),
        *_models("x86-64-v3", "Broadwell Broadwell-IBRS Broadwell-noTSX Broadwell-noTSX-IBRS", "aes", "adx", "rdseed"),
        *_models(
            "x86-64-v3",
            "Skylake-Client Skylake-Client-IBRS Skylake-Client-noTSX-IBRS Skylake-Client-v4",
            "aes",
            "adx",
            "rdseed",
        ),
        *_models(
            "x86-64-v3",
            "EPYC EPYC-IBPB EPYC-v3 EPYC-v4 EPYC-Rome EPYC-Rome-v2 EPYC-Rome-v3 EPYC-Rome-v4 EPYC-Milan EPYC-Milan-v2",
            "aes",
            "adx",
            "rdseed",
            "sha_ni",
        ),
        *_models("x86-64-v4", "x86-64-v4", "aes", source=_QM),
        *_models(
            "x86-64-v4",
            "Skylake-Server Skylake-Server-IBRS Skylake-Server-noTSX-IBRS Skylake-Server-v4 Skylake-Server-v5 "
            "Cascadelake-Server Cascadelake-Server-noTSX Cascadelake-Server-v2 Cascadelake-Server-v4 "
            "Cascadelake-Server-v5 Cooperlake Cooperlake-v2 Icelake-Server Icelake-Server-noTSX Icelake-Server-v3",
            "aes",
            "adx",
            "rdseed",
        ),
        # Without a version a model is its first, and that of Icelake hides the SHA instructions.
        *_models(
            "x86-64-v4",
            "Icelake-Server-v4 Icelake-Server-v5 Icelake-Server-v6 Icelake-Server-v7 SapphireRapids SapphireRapids-v2 "
            "SapphireRapids-v3 GraniteRapids EPYC-Genoa",
            "aes",
            "adx",
            "rdseed",
            "sha_ni",
        ),
    )
}
"""Models by name. ``host`` and ``max`` are none: they show what the physical processor has."""

PHYSICAL = ("host", "max")
"""The models that show the physical processor as it is."""

DEFAULT_MODEL = "x86-64-v2-AES"
"""What the web interface of Proxmox VE gives; the API's own kvm64 is too old for RHEL 9.

https://pve.proxmox.com/pve-docs/chapter-qm.html#_cpu_type
"""

_CHOICE = (DEFAULT_MODEL, "x86-64-v3", "x86-64-v4")


def model_name(text: object) -> str:
    """The model in a setting of Proxmox VE: ``host``, ``cputype=host,flags=+aes``; empty where there is none."""
    return str(text or "").split(",", 1)[0].removeprefix("cputype=")


def shown_by(model: str) -> frozenset[str] | None:
    """The flags that a model shows for certain; None for one that is not in the table."""
    row = MODELS.get(model)
    return flags_of(row.level) | row.flags if row else None


def wanted_level(named: str | None, system: str | None, version: str | None) -> tuple[str | None, str]:
    """(the level, why if nobody named it): the higher of the one that is named and the system's own."""
    implied = baseline(system, version)
    if implied and (named is None or LEVELS.index(implied) > LEVELS.index(named)):
        return implied, f" by {system} {version}"
    return named, ""


def model_for(flags: frozenset[str]) -> str:
    """The most general model that shows all of these flags: a guest of it can move to more hosts."""
    return next((model for model in _CHOICE if flags <= (shown_by(model) or frozenset())), PHYSICAL[0])


@dataclass(frozen=True, kw_only=True)
class BaselineRow:
    """The level that every binary of a distribution's release is built for."""

    system: str
    version: str
    level: str
    source: str


_RHEL9 = "https://developers.redhat.com/blog/2021/01/05/building-red-hat-enterprise-linux-9-for-the-x86-64-v2-microarchitecture-level"
_RHEL10 = (
    "https://gitlab.com/redhat/centos-stream/src/kernel/centos-stream-9/-/merge_requests/3972, "
    "https://github.com/rocky-linux/documentation/pull/2964 (Rocky Linux)"
)
_ORACLE9 = "https://docs.oracle.com/en/operating-systems/oracle-linux/9/install/install-SystemRequirements.html"
_SUSE = "https://susedoc.github.io/doc-modular/main/single-html/SLE-comparison (minimum CPU architecture support)"
_LEAP = "https://en.opensuse.org/X86-64_microarchitecture_levels"

BASELINES = (
    *(
        BaselineRow(system=system, version="9", level="x86-64-v2", source=_RHEL9)
        for system in ("redhat", "rhel", "centos", "rocky", "almalinux")
    ),
    BaselineRow(system="oraclelinux", version="9", level="x86-64-v2", source=_ORACLE9),
    # AlmaLinux 10 is also built for x86-64-v2, as an architecture of its own, x86_64_v2: its x86_64 is v3 all the same.
    *(
        BaselineRow(system=system, version="10", level="x86-64-v3", source=_RHEL10)
        for system in ("redhat", "rhel", "centos", "rocky", "almalinux", "oraclelinux")
    ),
    BaselineRow(system="sles", version="16", level="x86-64-v2", source=_SUSE),
    BaselineRow(system="opensuse", version="16", level="x86-64-v2", source=_LEAP),
)


@functools.cache
def baseline(system: str | None, version: str | None) -> str | None:
    """The level that a release needs to run at all; None where it runs on every x86_64 or nobody wrote it down."""
    if not system or not version:
        return None
    major = version.split(".", 1)[0]
    return next((row.level for row in BASELINES if (row.system, row.version) == (system, major)), None)
