# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user writes is read, or every mistake in it is told at once, and never a value."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._model import Requirements
from ansible_collections.rightscope.deploy.plugins.plugin_utils._requirements import RequirementsError, parse_service

from .builders import service

SENTINEL = "S3NTINEL-value"


def problems(requirements, name="web", made_as=None) -> list[str]:
    with pytest.raises(RequirementsError) as failure:
        parse_service(name, requirements, made_as or {}, forms=tuple(FORMS))
    return [str(problem) for problem in failure.value.problems]


def test_nothing_said_constrains_nothing():
    assert service().requirements == Requirements()


@pytest.mark.parametrize(
    ("given", "key", "meant"),
    [
        pytest.param({"memory": "4 GiB"}, "memory", 4096, id="GiB"),
        pytest.param({"memory": 512}, "memory", 512, id="a plain number of memory is MiB"),
        pytest.param({"memory": "1 GB"}, "memory", 954, id="decimal, rounded up"),
        pytest.param({"disk": 20}, "disk", 20480, id="a plain number of disk is GiB"),
        pytest.param({"cpus": "0.5"}, "cpus", 0.5, id="half a processor"),
        pytest.param({"architecture": "amd64"}, "architectures", ("x86_64",), id="another name of it"),
        pytest.param({"os_version": 12}, "os_version", "12", id="YAML's number"),
        pytest.param({"processes": 3}, "process_count", 3, id="a number of processes"),
        pytest.param({"processes": [{"name": "a"}, {"name": "b"}]}, "process_count", 2, id="described processes"),
        pytest.param({"init": {"supervised": True}}, "supervised", True, id="its own supervisor"),
        pytest.param({"init": True}, "init", True, id="init"),
        pytest.param({"kernel": {"own": True}}, "kernel_own", True, id="kernel of its own"),
        pytest.param({"labels": {"zone": 1}}, "labels", {"zone": "1"}, id="labels are texts"),
        pytest.param({"isolation": "machine"}, "isolation", "machine", id="isolation"),
    ],
)
def test_a_requirement_is_read_in_one_unit(given, key, meant):
    assert getattr(service(**given).requirements, key) == meant


def test_a_kernel_module_is_named_as_the_kernel_names_it_and_may_be_a_wish():
    modules = service(
        kernel={"modules": ["br-netfilter", {"name": "zfs", "optional": True}]}
    ).requirements.kernel_modules
    assert [(module.name, module.optional) for module in modules] == [("br_netfilter", False), ("zfs", True)]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param({"memroy": 1}, "requirements.memroy is not known; did you mean 'memory'?", id="unknown"),
        pytest.param(
            {"kernel": {"moduls": []}}, "requirements.kernel.moduls is not known; did you mean 'modules'?", id="deep"
        ),
        pytest.param(
            {"kernel": {"modules": [{"nam": "x"}]}},
            "requirements.kernel.modules[0].nam is not known; did you mean 'name'?",
            id="in a list",
        ),
        pytest.param({"memory": "-1 GiB"}, "requirements.memory must be a size of 0 or more, such as", id="negative"),
        pytest.param({"memory": 0}, "requirements.memory must be more than 0", id="nothing"),
        pytest.param({"memory": "4 GX"}, "requirements.memory has a unit that is not known; use", id="unit"),
        pytest.param({"cpus": True}, "requirements.cpus must be a number greater than 0", id="a switch is no number"),
        pytest.param({"processes": 0}, "requirements.processes must be a whole number of 1 or more", id="none"),
        pytest.param({"processes": []}, "requirements.processes must name at least one process", id="empty"),
        pytest.param({"init": "yes"}, "requirements.init must be true or false", id="no switch"),
        pytest.param({"os_family": "debain"}, "did you mean 'debian'?", id="system"),
        pytest.param({"architecture": "x68_64"}, "did you mean 'x86_64'?", id="architecture"),
        pytest.param(
            {"isolation": "proces"}, "requirements.isolation must be an isolation; did you mean 'process'?", id="choice"
        ),
        pytest.param(
            {"kernel": {"version": "new"}}, "requirements.kernel.version must be a range of versions", id="no range"
        ),
        pytest.param(
            {"kernel": {"version": ">6,<5"}}, "requirements.kernel.version is a range that no", id="impossible"
        ),
        pytest.param({"kernel": "6.1"}, "requirements.kernel must be a mapping", id="no mapping"),
        pytest.param("all", "requirements must be a mapping", id="nothing at all"),
        pytest.param(
            {"processes": [{"name": "a"}, {"name": "a"}]},
            "requirements.processes[1].name is the name of an earlier process too",
            id="twice",
        ),
        pytest.param(
            {"init": {"wanted": True, "supervised": True}},
            "requirements.init.supervised cannot be true with 'wanted'",
            id="contradiction",
        ),
    ],
)
def test_a_mistake_is_told_with_its_path(given, sentence):
    assert any(sentence in problem for problem in problems(given))


@pytest.mark.parametrize("name", ["Web", "web_1", "-web", "web-", "1web", "", "a" * 64, None, 7])
def test_a_name_is_a_dns_label(name):
    assert problems({}, name=name) == [
        "name must be a DNS label: lower-case letters, digits and '-', 63 at most, a letter first"
    ]


def test_all_mistakes_are_told_at_once():
    told = problems({"memory": "x", "cpus": -1, "kernel": {"own": 3}}, name="X", made_as={"docker": {}})
    paths = [problem.split()[0] for problem in told]
    assert sorted(paths) == ["as.docker", "name", "requirements.cpus", "requirements.kernel.own", "requirements.memory"]


@pytest.mark.parametrize(
    "requirements",
    [
        {"memory": SENTINEL},
        {"labels": {"zone": [SENTINEL]}},
        {"kernel": {"version": SENTINEL, "modules": [f"{SENTINEL} x"]}},
        {"os_family": SENTINEL},
        {"architecture": [SENTINEL]},
        {"isolation": SENTINEL},
        {"processes": [{"name": SENTINEL, "image": 5}]},
    ],
)
def test_no_error_ever_shows_a_value(requirements):
    assert SENTINEL not in " ".join(problems(requirements, name=SENTINEL))
