# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each row of the tables has a source, and is reached by what a user can say."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._decision.constraints import kernel_version
from ansible_collections.rightscope.deploy.plugins.plugin_utils._knowledge.distributions import (
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
from ansible_collections.rightscope.deploy.plugins.plugin_utils._model import Image
from ansible_collections.rightscope.deploy.plugins.plugin_utils._versions import is_release

from .builders import candidate, service


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
