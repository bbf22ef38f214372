# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user writes is read, or every mistake in it is told at once, and never a value."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._model import KernelModule, Process, Requirements
from ansible_collections.rightscope.deploy.plugins.plugin_utils._requirements import (
    RequirementsError,
    _schema,
    parse_service,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._versions import VersionRange

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


def test_the_error_says_all_of_its_problems():
    with pytest.raises(RequirementsError) as failure:
        parse_service("X", {"cpus": -1}, {}, forms=tuple(FORMS))
    assert [problem.path for problem in failure.value.problems] == [("name",), ("requirements", "cpus")]
    assert str(failure.value) == "; ".join(map(str, failure.value.problems))


def test_each_requirement_is_read():
    written = {
        "os_family": "Debian",
        "os_version": 12,
        "architecture": ["amd64", "aarch64"],
        "processes": [{"name": "app", "image": "a", "command": ["run", "it"]}, {"name": "db", "image": "b"}],
        "init": {"wanted": True},
        "kernel": {"version": ">=5.15,<7", "modules": "nbd", "own": True},
        "isolation": "Machine",
        "cpus": 1.5,
        "memory": "1.5 GiB",
        "disk": "20 GiB",
        "labels": {"zone": "a", "ssd": True},
        "forms": "proxmox_vm",
    }
    assert service(**written).requirements == Requirements(
        os_family="debian",
        os_version="12",
        architectures=("x86_64", "aarch64"),
        process_count=2,
        processes=(Process(name="app", image="a", command=["run", "it"]), Process(name="db", image="b")),
        init=True,
        kernel_version=VersionRange.parse(">=5.15,<7"),
        kernel_modules=(KernelModule(name="nbd"),),
        kernel_own=True,
        isolation="machine",
        cpus=1.5,
        memory=1536,
        disk=20480,
        labels={"zone": "a", "ssd": "True"},
        forms=("proxmox_vm",),
    )
    assert set(written) == set(dict(_schema(tuple(FORMS))))


def test_a_requirement_that_is_none_is_not_given():
    assert service(memory=None, kernel=None, labels=None).requirements == Requirements()
    assert parse_service("web", None, None, forms=tuple(FORMS)).made_as == {}


def test_the_options_of_a_form_are_taken_as_they_are():
    made_as = {"lxd_container": {"config": {"a": 1}}, "proxmox_vm": {}}
    assert service(made_as=made_as).made_as == made_as


@pytest.mark.parametrize("name", ["web\n", "web ", "wéb", "a.b"])
def test_what_only_looks_like_a_dns_label_is_none(name):
    assert [problem.split()[0] for problem in problems({}, name=name)] == ["name"]


@pytest.mark.parametrize("name", ["a", "web", "web-1", "a" * 63])
def test_a_dns_label_is_a_name(name):
    assert service(name).name == name


@pytest.mark.parametrize(
    ("given", "path"),
    [
        pytest.param({"processes": "²"}, "requirements.processes", id="a digit that is no number"),
        pytest.param({"memory": 10**400}, "requirements.memory", id="a size beyond all numbers"),
        pytest.param({"cpus": 10**400}, "requirements.cpus", id="processors beyond all numbers"),
        pytest.param({"cpus": float("inf")}, "requirements.cpus", id="endless processors"),
        pytest.param({"cpus": float("nan")}, "requirements.cpus", id="not a number"),
        pytest.param({"kernel": {"modules": ["nbd\n"]}}, "requirements.kernel.modules[0]", id="a line end in a name"),
        pytest.param({"kernel": {"version": "9" * 5000}}, "requirements.kernel.version", id="an endless version"),
        pytest.param({"labels": {"a": None}}, "requirements.labels.a", id="a label of nothing"),
        pytest.param({"labels": {1: "a"}}, "requirements.labels[1]", id="a label without a name"),
        pytest.param({"forms": ["docker"]}, "requirements.forms[0]", id="a form that is none"),
        pytest.param({"os_version": True}, "requirements.os_version", id="a switch for a version"),
        pytest.param({7: 1}, "requirements[7]", id="a key that is no text"),
        pytest.param({"processes": [{"image": "a"}]}, "requirements.processes[0].name", id="a process without a name"),
        pytest.param({"processes": [7]}, "requirements.processes[0]", id="a process that is none"),
    ],
)
def test_an_odd_value_is_one_problem_with_its_path(given, path):
    (problem,) = problems(given)
    assert problem.startswith(f"{path} ")
    assert problem.split(" ", 1)[1].startswith(("must be ", "is missing", "is not known"))


ODD = [
    *({key: SENTINEL} for key in ("memory", "disk", "cpus", "processes", "init", "kernel", "labels", "os_family")),
    *({key: SENTINEL} for key in ("architecture", "isolation", "forms")),
    *({key: [[SENTINEL]]} for key in ("memory", "processes", "architecture", "os_family", "os_version", "forms")),
    *({key: {"a": SENTINEL}} for key in ("memory", "cpus", "architecture", "os_version", "isolation", "forms")),
    *({"kernel": {key: SENTINEL}} for key in ("version", "own")),
    {"kernel": {"modules": [f"{SENTINEL} x"]}},
    {"kernel": {"modules": [{"name": f"{SENTINEL} x", "optional": SENTINEL}]}},
    {"labels": {"zone": [SENTINEL]}},
    {"init": {"wanted": SENTINEL, "supervised": SENTINEL}},
    {"processes": [{"name": SENTINEL, "image": [SENTINEL], "command": {"a": SENTINEL}}]},
    {"processes": [{"name": "a", "command": [[SENTINEL]]}]},
    SENTINEL,
    [SENTINEL],
]


@pytest.mark.parametrize("requirements", ODD, ids=str)
def test_no_error_ever_shows_a_value(requirements):
    told = problems(requirements, name=SENTINEL, made_as={"docker_container": SENTINEL, "lxd_container": [SENTINEL]})
    assert len(told) >= 4
    assert SENTINEL.lower() not in " ".join(told).lower()
