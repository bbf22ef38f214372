# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table of what is asked of the processor, and of what the system inside asks of the host."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.constraints import processor, system
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.runtimes import DOCKER
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.systems import InitBound, SyscallRow
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Content, Image
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.versions import VersionRange

from .builders import COLUMNS, case, declare, holds, rule_says

V1 = frozenset({"sse", "sse2"})
V2 = V1 | {"popcnt"}
V3 = V2 | {"avx", "bmi1", "fma"}
LEVELS = {"x86-64-v1": V1, "x86-64-v2": V2, "x86-64-v3": V3}
MODELS = {"kvm64": V1, "x86-64-v2-AES": V2 | {"aes"}}
ROCKY = Image(id="1", os="rocky", os_version="9.4")
BOUNDS = (
    InitBound(systemd=VersionRange.parse("<231"), cgroup=1, reason="knows only cgroup v1", source="-"),
    InitBound(systemd=VersionRange.parse(">=256"), cgroup=2, reason="refuses cgroup v1", source="-"),
    InitBound(
        systemd=VersionRange.parse(">=258"), kernel=VersionRange.parse(">=5.4"), reason="needs Linux 5.4", source="-"
    ),
)
SYSTEMDS = {("debian", "8"): "215", ("debian", "12"): "252", ("debian", "13"): "257", ("debian", "14"): "259"}
ALPINE = SyscallRow(
    runtime=DOCKER,
    system="alpine",
    version=VersionRange.parse(">=3.14"),
    engine=VersionRange.parse(">=20.10"),
    reason="it calls what an old one forbids",
    source="-",
)


@pytest.fixture(autouse=True)
def _made_up_systems(made_up):
    """What these tests are about is how a table is read, not what is in it."""
    made_up.setattr(system, "INIT_BOUNDS", BOUNDS)
    made_up.setattr(system, "systemd_of", lambda name, version: SYSTEMDS.get((name, version)))
    made_up.setattr(
        system, "syscall_row", lambda runtime, *of: ALPINE if (runtime, *of) == (DOCKER, "alpine", "3.20") else None
    )
    made_up.setattr(processor, "flags_of", LEVELS.get)
    made_up.setattr(
        processor, "level_of", lambda flags: max((n for n, all in LEVELS.items() if all <= flags), default=None)
    )
    made_up.setattr(processor, "shown_by", MODELS.get)
    made_up.setattr(processor, "wanted_level", made_up_level)


def made_up_level(named, name, version):
    implied = {"9": "x86-64-v2", "9.4": "x86-64-v2", "10": "x86-64-v3"}.get(version) if name == "rocky" else None
    return (implied, f" by {name} {version}") if implied and (named or "") < implied else (named, "")


def model(name: str) -> dict:
    return {"options": {"cpu": name}}


def level(number: int) -> dict:
    return {"cpu_level": f"x86-64-v{number}"}


ROCKY_9 = {"os_family": "rocky", "os_version": "9"}
AVX = {"cpu_features": ["aes", "avx"]}
OUT = "take 'cpu' out of 'as.proxmox_vm', or name another model there"


def windows(version: str | None, host: str | None, **changes) -> tuple[dict, dict]:
    """(needs, changes) for a container of one build on a host of another."""
    needs = {"os_family": "windows", **({"os_version": version} if version else {})}
    return needs, {"os_type": "windows", "os_version": host, **changes}


def debian(version: str, **changes) -> dict:
    return {"image": Image(id="1", os="debian", os_version=version), **changes}


TABLE = [
    # the level of the processor
    holds("cpu_level", "docker", {}, {}, "none wanted"),
    holds("cpu_level", "docker", level(2), {"cpu_flags": V2}, "just reached"),
    holds("cpu_level", "lxd", level(2), {"cpu_flags": V3}, "more than reached"),
    holds("cpu_level", "lxd", level(2), {"cpu_flags": V3, "architectures": None}, "on a machine that nobody knows"),
    case(
        "cpu_level",
        "docker",
        level(3),
        {"cpu_flags": V2},
        "never",
        "its processor is x86-64-v2, x86-64-v3 wanted: it lacks avx, bmi1 and fma",
        "not reached",
    ),
    case(
        "cpu_level",
        "docker",
        level(2),
        {"cpu_flags": frozenset({"sse", "popcnt"})},
        "never",
        "its processor is below x86-64-v1, x86-64-v2 wanted: it lacks sse2",
        "below all levels",
    ),
    case(
        "cpu_level",
        "docker",
        level(2),
        {},
        "unknown",
        "cannot tell whether its processor is the x86-64-v2 that is wanted",
        "unknown",
        remedy=declare("cpu_flags"),
    ),
    case(
        "cpu_level",
        "docker",
        level(2),
        {"architectures": ("aarch64",)},
        "never",
        "runs aarch64, which has no x86-64-v2",
        "another architecture has no levels",
    ),
    holds("cpu_level", "docker", ROCKY_9, {"architectures": ("aarch64",)}, "nor does a system ask one there"),
    holds(
        "cpu_level",
        "docker",
        {**level(2), "architecture": ["x86_64", "arm64"]},
        {"architectures": ("aarch64",)},
        "who takes another architecture means x86_64's alone",
    ),
    case(
        "cpu_level",
        "docker",
        {**ROCKY_9, **level(1)},
        {"architectures": ("aarch64",)},
        "never",
        "runs aarch64, which has no x86-64-v1",
        "but who names one wants it",
    ),
    case(
        "cpu_level",
        "docker",
        ROCKY_9,
        {"cpu_flags": V1},
        "never",
        "its processor is x86-64-v1, x86-64-v2 wanted by rocky 9: it lacks popcnt",
        "by the wanted system",
    ),
    case(
        "cpu_level",
        "lxd",
        {},
        {"image": ROCKY},
        "unknown",
        "cannot tell whether its processor is the x86-64-v2 that is wanted by rocky 9.4",
        "by the image's system",
        remedy=declare("cpu_flags"),
    ),
    holds("cpu_level", "lxd", ROCKY_9, {"image": Image(id="1", os="debian", os_version="12")}, "the image's counts"),
    holds("cpu_level", "proxmox", level(2), {"cpu_flags": V2}, "a guest's model to be chosen"),
    holds("cpu_level", "proxmox", level(2), {"cpu_flags": V2, **model("host")}, "a guest sees the processor itself"),
    holds("cpu_level", "proxmox", level(2), {"cpu_flags": V2, **model("cputype=max,flags=+x")}, "as Proxmox writes it"),
    holds("cpu_level", "proxmox", level(2), {"cpu_flags": V3, **model("x86-64-v2-AES")}, "a model that shows it"),
    case(
        "cpu_level",
        "proxmox",
        ROCKY_9,
        {"cpu_flags": V3, "image": ROCKY, **model("kvm64")},
        "not_now",
        "the CPU model 'kvm64' hides popcnt, and x86-64-v2 is wanted by rocky 9.4",
        "a model that hides it",
        remedy=OUT,
    ),
    case(
        "cpu_level",
        "proxmox",
        level(2),
        {"cpu_flags": V3, **model("mystery")},
        "unknown",
        "cannot tell what the CPU model 'mystery' shows, and x86-64-v2 is wanted",
        "a model nobody knows",
        remedy=OUT,
    ),
    case(
        "cpu_level",
        "proxmox",
        level(2),
        {"cpu_flags": None, **model("kvm64")},
        "not_now",
        "cannot tell whether its processor is the x86-64-v2 that is wanted; "
        "the CPU model 'kvm64' hides popcnt, and x86-64-v2 is wanted",
        "a processor nobody knows hides no model",
        remedy=f"{declare('cpu_flags')}, and {OUT}",
    ),
    # single features of it
    holds("cpu_features", "docker", AVX, {"cpu_flags": frozenset({"aes", "avx", "sse"})}, "there"),
    holds("cpu_features", "docker", {}, {}, "none wanted"),
    case(
        "cpu_features",
        "docker",
        AVX,
        {"cpu_flags": frozenset({"aes"})},
        "never",
        "its processor has no avx",
        "not there",
    ),
    case(
        "cpu_features",
        "lxd",
        AVX,
        {},
        "unknown",
        "cannot tell whether its processor has aes and avx",
        "unknown",
        remedy=declare("cpu_flags"),
    ),
    holds("cpu_features", "proxmox", AVX, {"cpu_flags": V3 | {"aes"}}, "a guest's model to be chosen"),
    case(
        "cpu_features",
        "proxmox",
        AVX,
        {"cpu_flags": V3 | {"aes"}, **model("x86-64-v2-AES")},
        "not_now",
        "the CPU model 'x86-64-v2-AES' hides avx, and aes and avx are wanted",
        "a model that hides one",
        remedy=OUT,
    ),
    case(
        "cpu_features",
        "proxmox",
        {"cpu_features": ["aes"]},
        {"cpu_flags": V3, **model("kvm64")},
        "never",
        "its processor has no aes; the CPU model 'kvm64' hides aes, and aes is wanted",
        "both lack it",
        remedy=OUT,
    ),
    case(
        "cpu_features",
        "proxmox",
        {"cpu_features": ["aes"]},
        {"cpu_flags": None, **model("kvm64")},
        "not_now",
        "cannot tell whether its processor has aes; the CPU model 'kvm64' hides aes, and aes is wanted",
        "a processor nobody knows hides no model",
        remedy=f"{declare('cpu_flags')}, and {OUT}",
    ),
    holds(
        "cpu_features",
        "proxmox",
        AVX,
        {"cpu_flags": V3 | {"aes"}, **model("cputype=kvm64,flags=+aes;+avx;-pcid")},
        "flags that are shown beyond the model",
    ),
    # the architecture, where it is not known
    case(
        "architecture",
        "docker",
        {"architecture": "arm64"},
        {"architectures": ()},
        "unknown",
        "cannot tell its architecture",
        "none at all is not known",
        remedy=declare("architectures"),
    ),
    case(
        "architecture",
        "lxd",
        {"architecture": "x86_64"},
        {"architectures": None, "image": Image(id="1", architecture="aarch64")},
        "not_now",
        "its image is made for aarch64, x86_64 wanted",
        "what nobody knows hides no image",
        remedy="name another image",
    ),
    # the init of a system container
    holds("systemd", "lxd", {}, debian("12"), "one that takes either hierarchy"),
    holds("systemd", "lxd", {}, debian("99"), "one that nobody knows"),
    holds("systemd", "lxd", {}, debian("8", cgroup_version=1), "an old one on the old hierarchy"),
    holds("systemd", "lxd", {}, debian("14", cgroup_version=2), "a new one on the new"),
    holds(
        "systemd", "docker", {"os_family": "debian", "os_version": "8"}, {"cgroup_version": 2}, "no init, no systemd"
    ),
    holds("systemd", "proxmox", {}, debian("8", cgroup_version=2), "a machine has its own hierarchy"),
    case(
        "systemd",
        "lxd",
        {},
        debian("8", cgroup_version=2),
        "never",
        "the systemd 215 of debian 8 knows only cgroup v1, and it has cgroup v2",
        "an old one on the new",
        remedy="use another release of the system, or a machine",
    ),
    case(
        "systemd",
        "lxd",
        {"os_family": "debian", "os_version": "13"},
        {"image": None, "cgroup_version": 1},
        "never",
        "the systemd 257 of debian 13 refuses cgroup v1, and it has cgroup v1",
        "a new one on the old, by what is wanted",
        remedy="use another release of the system, or a machine",
    ),
    case(
        "systemd",
        "lxd",
        {},
        debian("13"),
        "unknown",
        "the systemd 257 of debian 13 refuses cgroup v1, and cannot tell its cgroup version",
        "a hierarchy nobody knows",
        remedy=declare("cgroup_version"),
    ),
    case(
        "systemd",
        "lxd",
        {},
        debian("14", cgroup_version=2, kernel_version="5.3"),
        "not_now",
        "the systemd 259 of debian 14 needs Linux 5.4, and its kernel is 5.3",
        "a kernel too old",
        remedy="boot another kernel there",
    ),
    case(
        "systemd",
        "lxd",
        {},
        debian("14", cgroup_version=2, kernel_version=None),
        "unknown",
        "the systemd 259 of debian 14 needs Linux 5.4, and cannot tell its kernel's version",
        "a kernel nobody knows",
        remedy=declare("kernel_version"),
    ),
    case(
        "systemd",
        "lxd",
        {},
        debian("14", kernel_version="5.3"),
        "not_now",
        "the systemd 259 of debian 14 refuses cgroup v1, and cannot tell its cgroup version; "
        "the systemd 259 of debian 14 needs Linux 5.4, and its kernel is 5.3",
        "a hierarchy nobody knows hides no kernel",
        remedy=f"{declare('cgroup_version')}, and boot another kernel there",
    ),
    # the engine below a C library
    holds("runtime", "docker", {"os_family": "alpine", "os_version": "3.20"}, {"engine_version": "20.10.24"}, "new"),
    holds("runtime", "docker", {"os_family": "alpine", "os_version": "3.13"}, {}, "a system that asks nothing"),
    holds("runtime", "docker", {"os_family": "alpine", "os_version": "edge"}, {}, "a release that is no number"),
    holds("runtime", "docker", {"os_family": "alpine"}, {}, "a release that nobody names"),
    holds("runtime", "lxd", {"os_family": "alpine", "os_version": "3.20"}, {}, "Docker alone filters so"),
    case(
        "runtime",
        "docker",
        {"os_family": "alpine", "os_version": "3.20"},
        {"engine_version": "19.03.15"},
        "not_now",
        "its Docker is 19.03.15, >=20.10 wanted: it calls what an old one forbids",
        "old",
        remedy="upgrade Docker and libseccomp there",
    ),
    case(
        "runtime",
        "docker",
        {},
        {"engine_version": "dev", "image": Image(id="1", os="alpine", os_version="3.20")},
        "unknown",
        "cannot tell the release of its Docker engine",
        "unknown",
        remedy=declare("engine_version"),
    ),
    # Windows on Windows
    holds("os", "docker", *windows(None, None), "Windows: no build is wanted"),
    holds("os", "docker", *windows("ltsc2019", "10.0.17763"), "Windows: the same build"),
    holds("os", "docker", *windows("2022", "10.0.26100.1"), "Windows: a new host runs the release before"),
    holds("os", "docker", *windows("2016", "10.0.17763", isolation="machine"), "Windows: behind Hyper-V an older one"),
    case(
        "os",
        "docker",
        *windows("2016", "10.0.17763"),
        "never",
        "its Windows is build 17763, which runs no container of build 14393",
        "Windows: an older build",
        remedy="use an image made for build 17763",
    ),
    case(
        "os",
        "docker",
        *windows("2025", "10.0.20348", isolation="machine"),
        "never",
        "its Windows is build 20348, which runs no container of build 26100",
        "Windows: behind Hyper-V a newer one",
        remedy="use an image made for build 20348",
    ),
    case(
        "os",
        "docker",
        *windows("2016", "10.0.20348", image=Image(id="1", os="windows", os_version="10.0.17763")),
        "never",
        "its Windows is build 20348, which runs no container of build 17763",
        "Windows: the image's build counts",
        remedy="use an image made for build 20348",
    ),
    case(
        "os",
        "docker",
        *windows("2022", None),
        "unknown",
        "cannot tell the build of its Windows kernel",
        "Windows: a host nobody knows",
        remedy=declare("os_version"),
    ),
    holds(
        "os_version",
        "docker",
        {"os_family": "windows", "os_version": "2022"},
        {"image": Image(id="1", os="windows", os_version="10.0.20348.2340")},
        "Windows: a release by its build",
    ),
    case(
        "os_version",
        "docker",
        {"os_family": "windows", "os_version": "2019"},
        {"image": Image(id="1", os="windows", os_version="ltsc2022")},
        "not_now",
        "'1' is windows ltsc2022, 2019 wanted",
        "Windows: another release",
        remedy="name another image or template",
    ),
    holds(
        "os_version",
        "docker",
        {"os_family": "debian", "os_version": "12"},
        {"image": Image(id="1", os="debian")},
        "a release that the image does not say",
    ),
    # what is behind names
    holds("content", "docker", {}, {"content": Content(files={"/e": "1"}, images={"web:1": "2"})}, "all is known"),
    holds(
        "content",
        "docker",
        {},
        {"content": Content(unreadable={"/e": "it is none"}, silent={"web:1": "it is none"}), "is_present": True},
        "no reason to move",
    ),
    case(
        "content",
        "docker",
        {},
        {"content": Content(unreadable={"/e": "no such file or directory"})},
        "not_now",
        "'/e' cannot be read where the module runs (no such file or directory)",
        "a file that is missing",
        remedy="put '/e' there",
    ),
    case(
        "content",
        "docker",
        {},
        {"content": Content(silent={"web:1": "connection refused"})},
        "unknown",
        "cannot tell what the registry has by 'web:1', which must always be pulled (connection refused)",
        "a registry that does not answer",
        remedy="bring the registry back, or remove 'pull: always'",
    ),
    # what an image asks of the host
    holds("image_requirements", "lxd", {}, {}, "nothing"),
    holds(
        "image_requirements",
        "lxd",
        {},
        {"image": Image(id="1", requirements={"nesting": "true"}), "cgroup_version": 2},
        "something else",
    ),
    holds(
        "image_requirements",
        "lxd",
        {},
        {"image": Image(id="1", requirements={"cgroup": "v1"}), "cgroup_version": 1},
        "the old hierarchy, and it is there",
    ),
    holds("image_requirements", "lxd", {}, {"image": None}, "no image"),
    case(
        "image_requirements",
        "docker",
        {},
        {"image": Image(id="1", names=("web:1",), architecture="aarch64")},
        "not_now",
        "'web:1' is made for aarch64, it runs x86_64",
        "a foreign architecture",
        remedy="name another image or template",
    ),
    case(
        "image_requirements",
        "docker",
        {"architecture": ["x86_64", "aarch64"]},
        {"image": Image(id="1", architecture="aarch64")},
        "not_now",
        "'1' is made for aarch64, it runs x86_64",
        "one that is acceptable and not there",
        remedy="name another image or template",
    ),
    holds(
        "image_requirements",
        "docker",
        {"architecture": "x86_64"},
        {"image": Image(id="1", architecture="aarch64")},
        "a foreign architecture of which another rule speaks",
    ),
    holds(
        "image_requirements",
        "proxmox",
        {},
        {"image": Image(id="1", requirements={"cgroup": "v1"}), "cgroup_version": 2},
        "a machine has its own hierarchy",
    ),
    case(
        "image_requirements",
        "lxd",
        {},
        {"image": Image(id="1", names=("xenial",), requirements={"cgroup": "v1"}), "cgroup_version": 2},
        "never",
        "'xenial' requires cgroup v1, and it has cgroup v2",
        "the old hierarchy on the new",
        remedy="use a newer release of the system, or a machine",
    ),
    case(
        "image_requirements",
        "lxd",
        {},
        {"image": Image(id="1", requirements={"cgroup": "v1"})},
        "unknown",
        "'1' requires cgroup v1, and cannot tell its version",
        "a hierarchy nobody knows",
        remedy=declare("cgroup_version"),
    ),
]


@pytest.mark.parametrize(COLUMNS, TABLE)
def test_a_rule_holds_or_says_why_not_and_what_would_help(rule, kind, needs, changes, when, reason, remedy):
    assert rule_says(rule, kind, needs, changes) == (when, reason, remedy)
