# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each row of the tables has a source, and is reached by what a user can say."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core import knowledge as _knowledge
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.constraints import kernel_version
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.constraints.features import CONDITIONS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge import features, sysctls, systems
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.distributions import (
    ARCHITECTURES,
    DEFAULT_KERNELS,
    FAMILIES,
    OPERATING_SYSTEMS,
    default_kernel,
    is_known_os,
    is_of_family,
    is_version,
    kernel_of,
    known_os_names,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.features import (
    FEATURES,
    feature_row,
    known_features,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.modules import BUILT_IN, is_built_in
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.privileges import (
    CAPABILITIES,
    OTHER_PRIVILEGES,
    capability_level,
    known_privileges,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.processors import (
    BASELINES,
    DEFAULT_MODEL,
    LEVEL_FLAGS,
    LEVELS,
    MODELS,
    PHYSICAL,
    baseline,
    flags_of,
    level_of,
    model_for,
    shown_by,
    wanted_level,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.runtimes import DOCKER, LXC, QEMU
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.storages import STORAGES
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.sysctls import (
    SYSCTLS,
    is_settable,
    sysctl_row,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.systems import (
    INIT_BOUNDS,
    SYSCALLS,
    SYSTEMD,
    syscall_row,
    systemd_of,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.windows import (
    BUILDS,
    runs_on,
    windows_build,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import PRIVILEGES, Image
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.versions import VersionRange, is_release

from .builders import FORM_OF, candidate, needed, rule_says, service

KIND_OF = {FORMS[form].runtime: kind for kind, form in FORM_OF.items()}
ENGINES = (
    "1.0",
    "17.06",
    "18.09.1",
    "19.03.15",
    "20.10.5",
    "20.10.24",
    "22.0",
    "23.0",
    "24.0.7",
    "25.0",
    "27.5",
    "29.1",
)
"""Engines old and new: what a table knows of engines is reached by one of these, or by none at all."""
# Who needs no source: it stands for what nobody else has a name for.
NO_SOURCE = {("OperatingSystem", "other")}


def tables() -> dict[str, list]:
    """Every table there is, by its name: rows that are dataclasses with a source."""
    found = {}
    for module in pkgutil.iter_modules(_knowledge.__path__):
        inside = vars(importlib.import_module(f"{_knowledge.__name__}.{module.name}"))
        for name, value in inside.items():
            rows = (
                list(value.values() if isinstance(value, dict) else value) if isinstance(value, (dict, tuple)) else []
            )
            if rows and all(dataclasses.is_dataclass(row) and hasattr(row, "source") for row in rows):
                found[f"{module.name}.{name}"] = rows
    return found


def test_every_table_is_found():
    assert len(tables()) >= 13
    assert sum(map(len, tables().values())) > 350


@pytest.mark.parametrize(("name", "rows"), tables().items(), ids=tables())
def test_each_row_says_where_it_is_from(name, rows):
    for row in rows:
        assert (
            re.search(r"https://[a-z0-9.-]+\.[a-z]+(/|$|\b)", row.source)
            or re.search(r"\w+(/\w+)+\.\w+", row.source)
            or (type(row).__name__, getattr(row, "name", "")) in NO_SOURCE
        ), (name, row)


@pytest.mark.parametrize(("name", "rows"), tables().items(), ids=tables())
def test_no_row_is_there_twice(name, rows):
    bare = [repr(dataclasses.replace(row, source="")) for row in rows]
    assert len(set(bare)) == len(bare), name


# --- systems --------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", OPERATING_SYSTEMS.values(), ids=OPERATING_SYSTEMS)
def test_each_system_has_a_source_and_can_be_asked_for(system):
    assert len(system.source) > 10
    assert OPERATING_SYSTEMS[system.name] is system
    assert service(os_family=system.name).requirements.os_family == system.name
    assert service(os_family=system.family).requirements.os_family == system.family
    assert is_of_family(system.name, system.family)
    assert is_of_family(system.name, "any")
    assert is_of_family(system.name, "linux") == (system.kernel == "linux")


@pytest.mark.parametrize("name", known_os_names())
def test_each_name_that_is_offered_is_known_and_has_a_kernel(name):
    assert is_known_os(name)
    assert kernel_of(name) in {system.kernel for system in OPERATING_SYSTEMS.values()}


def test_all_of_a_family_boot_one_kernel():
    for family in FAMILIES:
        assert len({system.kernel for system in OPERATING_SYSTEMS.values() if system.family == family}) == 1, family


@pytest.mark.parametrize(("row", "value"), DEFAULT_KERNELS.items(), ids=lambda part: "-".join(part)[:30])
def test_each_default_kernel_has_a_source_and_decides(row, value):
    (system, version), (kernel, source) = row, value
    assert source.startswith("https://")
    assert system in OPERATING_SYSTEMS
    assert is_release(kernel)
    template = candidate("proxmox", image=Image(id="1", os=system, os_version=f"{version}.7"))
    assert kernel_version(service(kernel={"version": f"=={kernel}"}).requirements, template) is None
    assert kernel_version(service(kernel={"version": f"!={kernel}"}).requirements, template).when == "not_now"


@pytest.mark.parametrize(
    ("system", "version"), [("debian", "1"), ("debian", "120"), ("debian", None), (None, "12"), ("nosuch", "12")]
)
def test_a_kernel_is_never_guessed(system, version):
    assert default_kernel(system, version) is None


@pytest.mark.parametrize(("written", "meant"), ARCHITECTURES.items())
def test_each_architecture_can_be_asked_for_by_each_of_its_names(written, meant):
    assert service(architecture=written).requirements.architectures == (meant,)
    assert ARCHITECTURES[meant] == meant


@pytest.mark.parametrize(
    ("system", "family", "is_one"),
    [
        pytest.param("debian", "debian", True, id="itself"),
        pytest.param("ubuntu", "debian", True, id="a member"),
        pytest.param("debian", "ubuntu", False, id="not the other way round"),
        pytest.param("rocky", "debian", False, id="of another family"),
        pytest.param("alpine", "linux", True, id="each distribution is a Linux"),
        pytest.param("linux", "debian", False, id="a Linux may be any"),
        pytest.param("freebsd", "linux", False, id="FreeBSD is none"),
        pytest.param("opnsense", "freebsd", True, id="OPNsense is a FreeBSD"),
        pytest.param("windows", "any", True, id="any takes all"),
        pytest.param("nosuch", "linux", False, id="what nobody knows is no Linux"),
    ],
)
def test_a_system_is_of_a_family(system, family, is_one):
    assert is_of_family(system, family) is is_one


@pytest.mark.parametrize(
    ("found", "wanted", "is_one"),
    [("12", "12", True), ("12.5", "12", True), ("12", "12.5", False), ("120", "12", False), ("24.04", "24", True)],
)
def test_a_point_release_is_of_its_release(found, wanted, is_one):
    assert is_version(found, wanted) is is_one


# --- features -------------------------------------------------------------------------------------


@pytest.mark.parametrize("feature", known_features())
def test_each_feature_can_be_asked_for_and_is_known_in_every_form(feature):
    assert service(kernel={"features": [feature]}).requirements.kernel_features == (feature,)
    assert {row.runtime for row in FEATURES if row.feature == feature} == {form.runtime for form in FORMS.values()}


@pytest.mark.parametrize("row", FEATURES, ids=lambda row: f"{row.feature} {row.runtime.name} {row.engine or ''}")
def test_each_row_of_a_feature_is_reached_and_can_be_judged(row):
    reached = [engine for engine in (None, *ENGINES) if feature_row(row.feature, row.runtime, engine) is row]
    assert reached, "no engine reaches it"
    assert row.engine is None or any(engine in row.engine for engine in reached if engine)
    assert row.reason
    assert not row.reason.endswith(".")
    assert not (row.remedy or "").endswith(".")
    assert row.possible or not (row.grants or row.conditions)
    for engine in reached:
        when, reason, _remedy = rule_says(
            "kernel_features", KIND_OF[row.runtime], {"kernel": {"features": [row.feature]}}, {"engine_version": engine}
        )
        assert row.possible or (when, row.reason in reason) == ("never", True)
        of = service(kernel={"features": [row.feature]}).requirements
        given = needed(of, candidate(KIND_OF[row.runtime], engine_version=engine))
        assert [(grant.kind, grant.value, grant.level) for grant in given] == [
            (grant.kind, grant.value, grant.level) for grant in row.grants
        ]


def test_what_a_feature_takes_is_said_in_words_that_are_known():
    for row in FEATURES:
        assert {grant.level for grant in row.grants} <= set(PRIVILEGES[1:])
        assert row.runtime != QEMU or not row.grants
        for condition in row.conditions:
            assert condition.kind in CONDITIONS
            if condition.kind == "kernel":
                VersionRange.parse(condition.value)
            if condition.kind in ("at_least", "at_most"):
                name, number = condition.value.split("=")
                assert sysctl_row(name).pattern
                int(number)
            if condition.kind == "cgroup":
                assert condition.value in ("1", "2")
            if condition.kind == "device":
                assert condition.value.startswith("/dev/")


def test_a_capability_in_a_feature_goes_as_far_as_the_capability():
    for row in FEATURES:
        for grant in row.grants:
            if grant.kind == "capability":
                assert grant.level == CAPABILITIES[grant.value].level, row


def test_a_form_that_the_table_does_not_have_has_no_row():
    assert feature_row("tun", None, None) is None


def test_of_several_rows_the_first_that_holds_counts_and_the_last_where_nothing_is_known(made_up):
    rows = [
        features.FeatureRow(
            feature="x", runtime=DOCKER, reason=text, engine=text and VersionRange.parse(text), source="-"
        )
        for text in ("<20", "<25")
    ]
    last = features.FeatureRow(feature="x", runtime=DOCKER, reason="", source="-")
    made_up.setattr(features, "FEATURES", (*rows, last))
    found = {engine: feature_row("x", DOCKER, engine).reason for engine in ("19.1", "20", "25.1", "dev", None)}
    assert found == {"19.1": "<20", "20": "<25", "25.1": "", "dev": "", None: ""}


# --- settings -------------------------------------------------------------------------------------


def test_each_row_of_a_setting_is_reached_by_some_name():
    for row in SYSCTLS:
        name = f"{row.pattern.removesuffix('*')}surely_no_other" if row.pattern.endswith("*") else row.pattern
        assert sysctl_row(name) is row
        assert (row.namespace is not None) == bool(row.by)
        assert row.namespace in (None, "ipc", "uts", "pid", "user", "network")
        assert row.kernel is None or row.namespace


def test_a_setting_can_be_set_where_its_row_says():
    for row in SYSCTLS:
        name = row.pattern.replace("*", "surely_no_other")
        for runtime, can in ((DOCKER, row.is_set_by(DOCKER)), (LXC, row.is_set_by(LXC))):
            assert is_settable(name, runtime, "99.0") is can
            kernels = (row.unprivileged_kernel if runtime == LXC else None) or row.kernel
            assert is_settable(name, runtime, "2.6") is (can and (kernels is None or "2.6" in kernels))
            assert is_settable(name, runtime, "99.0", None, frozenset({"network"})) is (
                can and row.namespace != "network"
            )


def test_a_setting_that_only_some_kernels_have_apart_is_not_had_on_one_that_nobody_knows(made_up):
    row = sysctls.SysctlRow(pattern="*", namespace="pid", by=(LXC,), kernel=VersionRange.parse(">=6.14"), source="-")
    made_up.setattr(sysctls, "sysctl_row", lambda _name: row)
    found = [is_settable("a.b", LXC, release) for release in ("6.14.1", "6.13", None, "custom")]
    assert found == [True, False, False, False]


# --- privileges -----------------------------------------------------------------------------------


def test_every_capability_of_linux_is_there_and_dockers_own_are_marked():
    assert len(CAPABILITIES) == 41
    assert sum(row.default for row in CAPABILITIES.values()) == 14


@pytest.mark.parametrize("name", known_privileges())
def test_each_privilege_can_be_asked_for_and_has_a_level(name):
    row = OTHER_PRIVILEGES.get(name) or CAPABILITIES[name]
    assert row.name == name
    assert row.level in PRIVILEGES[1:]
    assert service(privileges=[name.lower()]).requirements.privileges == (name,)


def test_a_capability_says_what_it_is_for():
    for row in CAPABILITIES.values():
        assert row.means
        assert not row.means.endswith(".")
        assert capability_level(row.name) == capability_level(f"cap_{row.name.lower()}") == row.level
        # What no LXC container has is surely not its own user namespace's; what Docker gives anyway goes not far.
        assert not row.refused_by or not row.owned
        assert not row.default or row.level == "capabilities"


@pytest.mark.parametrize("name", ["ALL", "all", "BRAND_NEW"])
def test_a_capability_that_nobody_knows_goes_all_the_way(name):
    assert capability_level(name) == "privileged"


# --- processors -----------------------------------------------------------------------------------


def test_each_level_has_all_of_the_one_below():
    assert tuple(row.level for row in LEVEL_FLAGS) == LEVELS
    for lower, higher in zip(LEVELS, LEVELS[1:], strict=False):
        assert flags_of(lower) < flags_of(higher)
    for level in LEVELS:
        assert level_of(flags_of(level)) == level
        assert service(cpu_level=level).requirements.cpu_level == level
    assert level_of(frozenset()) is None


def test_each_model_shows_its_level_and_more():
    for row in MODELS.values():
        assert row.level in LEVELS
        assert shown_by(row.name) == flags_of(row.level) | row.flags
        assert row.name not in PHYSICAL


def test_the_model_that_is_chosen_is_the_most_general_that_shows_all():
    assert model_for(frozenset()) == model_for(flags_of("x86-64-v2")) == DEFAULT_MODEL
    assert model_for(flags_of("x86-64-v3")) == "x86-64-v3"
    assert model_for(flags_of("x86-64-v4")) == "x86-64-v4"
    assert model_for(frozenset({"brand_new"})) in PHYSICAL
    assert shown_by("nosuch") is None


def test_each_baseline_is_reached_and_decides():
    for row in BASELINES:
        assert baseline(row.system, f"{row.version}.3") == row.level
        assert row.system in OPERATING_SYSTEMS
        assert row.level in LEVELS[1:]
        assert wanted_level(None, row.system, row.version) == (row.level, f" by {row.system} {row.version}")
        assert wanted_level(LEVELS[-1], row.system, row.version)[0] == LEVELS[-1]
        assert wanted_level(LEVELS[0], row.system, row.version)[0] == row.level
        assert wanted_level(row.level, row.system, row.version) == (row.level, "")


@pytest.mark.parametrize(("system", "version"), [("rocky", None), (None, "9"), ("rocky", "90"), ("nosuch", "9")])
def test_a_baseline_is_never_guessed(system, version):
    assert baseline(system, version) is None
    assert wanted_level(None, system, version) == (None, "")


# --- what a system asks of what is below ----------------------------------------------------------


def test_each_systemd_is_reached():
    for row in SYSTEMD:
        assert systemd_of(row.system, f"{row.version}.1") == systemd_of(row.system, row.version) == row.systemd
        assert row.system in OPERATING_SYSTEMS
        assert is_release(row.systemd)


@pytest.mark.parametrize("bound", INIT_BOUNDS, ids=lambda bound: str(bound.systemd))
def test_each_bound_of_an_init_is_of_some_systemd_and_asks_one_thing(bound):
    assert any(row.systemd in bound.systemd for row in SYSTEMD)
    assert (bound.cgroup is None) != (bound.kernel is None)
    assert bound.reason
    assert not bound.reason.endswith(".")


@pytest.mark.parametrize("row", SYSCALLS, ids=lambda row: f"{row.system} {row.version}")
def test_each_runtime_is_reached_by_the_first_release_that_asks_it(row):
    ((_sign, bound),) = row.version.comparisons
    version = ".".join(map(str, bound))
    assert syscall_row(row.runtime, row.system, version) is row
    assert syscall_row(row.runtime, row.system, "0.1") is None
    assert row.system in OPERATING_SYSTEMS
    assert rule_says("runtime", "docker", {"os_family": row.system, "os_version": version}, {"engine_version": "1.0"})[
        0
    ]


@pytest.mark.parametrize(("system", "version"), [(None, "12"), ("debian", None), ("debian", "sid"), ("nosuch", "12")])
def test_what_a_system_asks_is_never_guessed(system, version):
    assert systemd_of(system, version) is None
    assert syscall_row(DOCKER, system, version) is None


def test_a_release_is_counted_by_its_own_system():
    """Ubuntu 20.04 is of the family debian, and no later than Debian 12."""
    assert systems.syscall_row(DOCKER, "ubuntu", "20.04") is None


# --- the rest -------------------------------------------------------------------------------------


def test_each_module_that_is_built_in_is_found():
    for row in BUILT_IN:
        assert is_built_in(row.module, f"6.1.0-13{row.release}")
        assert not is_built_in(row.module, "6.1.0-custom")
        assert not is_built_in(row.module, None)
        assert "-" not in row.module


@pytest.mark.parametrize("row", STORAGES.values(), ids=STORAGES)
def test_each_type_of_storage_decides_of_snapshots(row):
    when, _reason, _remedy = rule_says(
        "snapshots", "proxmox", {"snapshots": True}, {"storage_types": {"local-lvm": row.type}}
    )
    assert when == (None if row.snapshots else "not_now")


@pytest.mark.parametrize("row", BUILDS, ids=lambda row: str(row.build))
def test_each_build_of_windows_goes_by_its_names_and_runs_itself(row):
    for name in row.names:
        assert windows_build(name) == windows_build(name.upper()) == row.build
    assert windows_build(f"10.0.{row.build}.2340") == windows_build(str(row.build)) == row.build
    assert runs_on(row.build, row.build)
    assert not runs_on(row.build + 1, row.build)


@pytest.mark.parametrize("text", [None, "", "vista", "10.0"])
def test_a_build_is_never_guessed(text):
    assert windows_build(text) is None
