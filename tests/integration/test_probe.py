# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container that looks into the kernel of an engine which is reached by its API alone."""

from __future__ import annotations

import pytest

from .conftest import DOCKER_IMAGE, LXD_IMAGE

NEEDS = {"kernel": {"sysctls": {"vm.max_map_count": ">=1"}}}
AS = {"docker_container": {"image": DOCKER_IMAGE}}


@pytest.fixture
def probed(tls_target) -> dict[str, dict]:
    return {"far": {**tls_target, "rightscope_probe": "container", "rightscope_probe_image": DOCKER_IMAGE}}


def rule_of(outcome) -> list[str]:
    return [failure["rule"] for failure in outcome["decision"]["verdicts"][0]["failures"]]


def test_what_no_api_tells_is_known_by_a_probe_that_leaves_nothing(play, tls_target, tls_eyes, probed):
    arguments = {"name": "search", "requirements": NEEDS, "as": AS}
    blind = play.info(hosts={"far": tls_target}, **arguments)
    assert rule_of(blind) == ["kernel_sysctls"]
    assert "declare" in blind["decision"]["verdicts"][0]["failures"][0]["remedy"]

    seeing = play.info(hosts=probed, **arguments)
    assert seeing["decision"]["chosen"]["target"] == "far"
    assert tls_eyes.names() == []


def test_a_server_that_is_reached_by_https_is_probed_too(play, https_target, https_eyes):
    arguments = {"name": "search", "requirements": {**NEEDS, "processes": 2}}
    arguments["as"] = {"lxd_container": {"source": {"type": "image", "alias": LXD_IMAGE}}}
    blind = play.info(hosts={"far": https_target}, **arguments)
    assert rule_of(blind) == ["kernel_sysctls"]

    probe = {"rightscope_probe": "container", "rightscope_probe_image": LXD_IMAGE}
    seeing = play.info(hosts={"far": {**https_target, **probe}}, **arguments)
    assert seeing["decision"]["chosen"]["target"] == "far"
    assert https_eyes.names() == []


def test_a_probe_tells_what_the_node_itself_tells(play, docker_target, tls_target, tls_eyes):
    """Both engines are on this machine: one is asked on it, the other through the network."""
    ask = {"kind": "docker", "target": "it"}
    near = play.run("rightscope.deploy.target_info", {**ask, "options": docker_target["rightscope_options"]})
    probe = {"probe": "container", "probe_image": DOCKER_IMAGE}
    far = play.run("rightscope.deploy.target_info", {**ask, **probe, "options": tls_target["rightscope_options"]})
    (there,), (here,) = far["target_facts"]["nodes"], near["target_facts"]["nodes"]
    for name in ("cpu_flags", "kernel_modules", "kernel_parameters", "kernel_btf", "module_versions"):
        assert there["facts"].get(name) == here["facts"].get(name), name
        assert name not in there["facts"] or there["origins"][name] == "probed"
    settings, all_settings = there["facts"]["kernel_sysctls"], here["facts"]["kernel_sysctls"]
    assert {name: all_settings[name] for name in ("vm.max_map_count", "vm.swappiness", "fs.file-max")}.items() <= (
        settings.items()
    )
    # A container's own: they say nothing of the host.
    assert not [name for name in settings if name.startswith(("net.", "kernel.shm", "kernel.hostname"))]
    assert not {"devices"} & set(there["facts"])
    assert there["origins"]["memory_free"] == "probed"
    assert tls_eyes.names() == []


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        pytest.param(
            {"rightscope_probe_image": "no/such:1"},
            "has no image 'no/such:1', which rightscope_probe_image names",
            id="gone",
        ),
        pytest.param({"rightscope_probe_image": None}, "has no image that is known to work for a probe", id="unnamed"),
    ],
)
def test_a_probe_that_cannot_be_made_says_what_to_do(play, probed, tls_eyes, variables, said):
    told = play.info(name="search", hosts={"far": {**probed["far"], **variables}}, **{"as": AS})
    assert said in told["msg"]
    assert "rightscope_probe_image" in told["msg"]
    assert tls_eyes.names() == []


@pytest.mark.parametrize(
    ("target", "variables"),
    [
        pytest.param("dock1", {"rightscope_probe": "vm"}, id="no such probe"),
        pytest.param("pve", {"rightscope_probe": "container"}, id="no such probe of this kind"),
    ],
)
def test_a_probe_that_does_not_exist_is_a_mistake(play, target, variables):
    hosts = {**play.hosts, target: {**play.hosts[target], **variables}}
    told = play.info(name="search", hosts=hosts, **{"as": AS})
    assert f"Host '{target}' has the 'rightscope_probe' {variables['rightscope_probe']}" in told["msg"]
