# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What discovery found and a person declared become facts, and each tells where it is from."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Content, Facts, Image
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.answers import AnswerError, read_content
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.facts import (
    IMAGE_SHAPES,
    SHAPES,
    FactsError,
    read_facts,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.instances import read_instances
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.nodes import TABLES, read_nodes
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.records import check_record

REPLY = {
    "nodes": [
        {
            "name": "pve1",
            "facts": {"cpus": 8, "memory": 4096, "kernel_modules": ["br-netfilter"], "swap_limit": None},
            "origins": {"cpus": "api", "memory": "estimated", "kernel_modules": "probed"},
        },
        {"name": "pve2", "online": False},
    ]
}


def test_nodes_are_read_in_the_order_of_the_reply():
    first, second = read_nodes(REPLY, {})
    assert (first.name, first.online, second.name, second.online) == ("pve1", True, "pve2", False)
    assert first.facts.kernel_modules == {"br_netfilter"}
    assert second.facts == Facts()


def test_each_fact_tells_where_it_is_from():
    (node, _other) = read_nodes(REPLY, {"cpus": 2})
    origins = {name: node.facts.origin(name) for name in ("cpus", "memory", "kernel_modules", "swap_limit")}
    assert origins == {"cpus": "declared", "memory": "estimated", "kernel_modules": "probed", "swap_limit": "unknown"}


def test_a_fact_without_an_origin_is_from_the_api():
    assert read_facts({"cpus": 1}).origin("cpus") == "api"


def test_what_is_declared_wins_on_every_node():
    assert [node.facts.cpus for node in read_nodes(REPLY, {"cpus": 2})] == [2, 2]


def test_what_is_declared_of_one_node_wins_there_alone():
    declared = {"cpus": 2, "nodes": {"pve2": {"cpus": 4, "memory": 64}}}
    first, second = (node.facts for node in read_nodes(REPLY, declared))
    assert (first.cpus, first.memory, second.cpus, second.memory) == (2, 4096, 4, 64)


def test_what_is_not_declared_stays_as_it_was_found():
    (node, _other) = read_nodes(REPLY, {"cpus": 2})
    assert node.facts.memory == 4096


def test_a_fact_can_be_declared_unknown():
    (node, _other) = read_nodes(REPLY, {"memory": None})
    assert (node.facts.memory, node.facts.origin("memory")) == (None, "unknown")


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        pytest.param("architectures", ["amd64", "ARM64"], ("x86_64", "aarch64"), id="as needs name them"),
        pytest.param("kernel_version", 6.1, "6.1", id="YAML's number is a version"),
        pytest.param("kernel_modules", ["br-netfilter", "zfs"], frozenset({"br_netfilter", "zfs"}), id="- is _"),
        pytest.param("storages", {"local": 10.5}, {"local": 10}, id="free space in whole MiB"),
        pytest.param("isolation", "user_namespace", "user_namespace", id="an isolation"),
        pytest.param("cpus", 0.5, 0.5, id="part of a processor"),
        pytest.param("os_type", "Windows", "windows", id="in lower case, as needs are"),
        pytest.param("os_version", 12, "12", id="YAML's number is a release"),
        pytest.param("kernel_flavour", "PREEMPT-RT", "preempt-rt", id="a flavour, as needs name it"),
        pytest.param("cpu_flags", ["avx", "avx"], frozenset({"avx"}), id="flags, each once"),
        pytest.param("kernel_sysctls", {"vm.swappiness": 60, "a.b": None}, {"vm.swappiness": "60"}, id="settings"),
        pytest.param("kernel_sysctls", {"kernel.sem": "1\t2  3\n"}, {"kernel.sem": "1 2 3"}, id="single blanks"),
        pytest.param("module_versions", {"br-netfilter": 1.5}, {"br_netfilter": "1.5"}, id="versions: - is _"),
        pytest.param(
            "module_parameters",
            {"kvm-intel": {"nested": True, "x": False, "y": None}},
            {"kvm_intel": {"nested": "1", "x": "0"}},
            id="parameters: - is _, and a switch 1 or 0",
        ),
        pytest.param("kernel_parameters", ["a", "b=c"], ("a", "b=c"), id="parameters in their order"),
        pytest.param("cgroup_version", 2.0, 2, id="a whole number"),
        pytest.param("ports_taken", [8080, "53/UDP"], frozenset({"8080/tcp", "53/udp"}), id="ports"),
        pytest.param("devices", ["/dev/fuse"], frozenset({"/dev/fuse"}), id="device files"),
        pytest.param("networks", {"lan": "macvlan"}, {"lan": "macvlan"}, id="networks"),
    ],
)
def test_a_fact_is_read_in_one_form(name, written, read):
    assert getattr(read_facts({name: written}), name) == read


def test_an_image_that_a_person_declares_is_one_as_discovery_finds_it():
    declared = {
        "id": 900,
        "names": ["gold"],
        "os": "Debian",
        "os_version": 12,
        "architecture": "amd64",
        "kernel_version": 6.1,
        "kernel_flavour": "Cloud",
        "requirements": {"nesting": True},
        "disk": 8192.0,
        "disk_key": "scsi0",
        "storage": "local",
        "size": 7,
        "config": None,
    }
    assert read_facts({"images": [declared]}).images == (
        Image(
            id="900",
            names=("gold",),
            os="debian",
            os_version="12",
            architecture="x86_64",
            kernel_version="6.1",
            kernel_flavour="cloud",
            requirements={"nesting": "1"},
            disk=8192,
            disk_key="scsi0",
            storage="local",
        ),
    )
    assert read_facts({"images": [{"id": "1", "config": {"a": 1}}]}).images[0].config == {"a": 1}


def test_an_image_may_have_no_names():
    assert [one.names for one in read_facts({"images": [{"id": "1"}, {"id": "2", "names": None}]}).images] == [(), ()]


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        pytest.param({"memroy": 1}, "'memroy' is not a fact; did you mean 'memory'?", id="the nearest name"),
        pytest.param({"zzz": 1}, "'zzz' is not a fact.", id="nothing near"),
        pytest.param({"origins": {}}, "'origins' is not a fact.", id="origins are not declared"),
        pytest.param({"memory": "4 GiB"}, "The fact 'memory' must be a number of 0 or more.", id="a text"),
        pytest.param({"cpus": -1}, "The fact 'cpus' must be a number of 0 or more.", id="negative"),
        pytest.param({"cpus": True}, "The fact 'cpus' must be a number of 0 or more.", id="a switch"),
        pytest.param({"cpus": float("nan")}, "The fact 'cpus' must be a number of 0 or more.", id="not a number"),
        pytest.param({"cpus": float("inf")}, "The fact 'cpus' must be a number of 0 or more.", id="without an end"),
        pytest.param({"architectures": "amd64"}, "The fact 'architectures' must be a list.", id="no list"),
        pytest.param({"kernel_modules": [["a"]]}, "The fact 'kernel_modules' must be a text.", id="lists in a list"),
        pytest.param({"os_type": {}}, "The fact 'os_type' must be a text.", id="no text"),
        pytest.param(
            {"storages": [1]}, "The fact 'storages' must be a mapping of storage names to free MiB.", id="no mapping"
        ),
        pytest.param({"storages": {"a": "b"}}, "The fact 'storages' must be a number of 0 or more.", id="no space"),
        pytest.param(
            {"isolation": "vm"},
            "The fact 'isolation' must be one of process, user_namespace, machine.",
            id="no isolation",
        ),
        pytest.param({"images": ["a"]}, "The fact 'images' must be a list of mappings that have an id.", id="no image"),
        pytest.param({"images": [{"id": 1, "names": "a"}]}, "The fact 'images.names' must be a list.", id="one name"),
        pytest.param({"images": [{"id": None}]}, "The fact 'images.id' must be a text.", id="no id"),
        pytest.param({"images": [{"id": 1, "os": ["a"]}]}, "The fact 'images.os' must be a text.", id="no system"),
        pytest.param(
            {"images": [{"id": 1, "disk": "8G"}]}, "The fact 'images.disk' must be a number of 0 or more.", id="no disk"
        ),
        pytest.param(
            {"images": [{"id": 1, "config": ["a"]}]}, "The fact 'images.config' must be a mapping.", id="no settings"
        ),
        pytest.param({"devices": [None]}, "The fact 'devices' must be a text.", id="nothing in a list"),
        pytest.param({"kernel_btf": "perhaps"}, "The fact 'kernel_btf' must be true or false.", id="no switch"),
        pytest.param({"gpus": 1.5}, "The fact 'gpus' must be a whole number of 0 or more.", id="half a card"),
        pytest.param({"memory": 10**400}, "The fact 'memory' must be a number of 0 or more.", id="beyond all numbers"),
        pytest.param(
            {"kernel_sysctls": ["a"]}, "The fact 'kernel_sysctls' must be a mapping.", id="no settings at all"
        ),
        pytest.param(
            {"kernel_sysctls": {"a.b": [1]}},
            "The fact 'kernel_sysctls.a.b' must be a text.",
            id="no value of a setting",
        ),
        pytest.param(
            {"module_parameters": {"a": ["b"]}}, "The fact 'module_parameters.a' must be a mapping.", id="no parameters"
        ),
        pytest.param(
            {"module_parameters": ["a"]},
            "The fact 'module_parameters' must be a mapping of module names to parameters.",
            id="no modules",
        ),
        pytest.param({"nodes": ["pve1"]}, "'nodes' must be a mapping of a node's name to its facts.", id="no nodes"),
        pytest.param(
            {"nodes": {"pve3": {"cpus": 2}}},
            "'nodes.pve3' does not name a node of this target; did you mean 'pve2'?",
            id="a node that is not there",
        ),
        pytest.param(
            {"nodes": {"pve1": {"cpu": 2}}},
            "In 'nodes.pve1': 'cpu' is not a fact; did you mean 'cpus'?",
            id="no fact of a node",
        ),
        pytest.param(["cpus"], "Facts must be a mapping of fact names to values.", id="no facts"),
    ],
)
def test_a_declaration_that_is_none_is_refused_in_a_sentence(declared, sentence):
    with pytest.raises(FactsError) as failure:
        read_nodes(REPLY, declared)
    assert str(failure.value) == sentence


def said_of(declared) -> str:
    try:
        return f"{len(read_facts(declared).origins)} origins"
    except FactsError as error:
        return str(error)


def test_no_error_shows_what_was_declared():
    for name in (field.name for field in dataclasses.fields(Facts) if field.name not in ("origins", "time")):
        for value in ({"a": ["S3NTINEL-value"]}, ["S3NTINEL-value", []], "S3NTINEL-value"):
            assert "S3NTINEL" not in said_of({name: value})


def test_instances_are_read_without_what_is_not_known_here():
    told = {"form": "lxd_container", "name": "a", "id": "a", "node": "n", "state": "started"}
    (one,) = read_instances([{**told, "addresses": None, "more": 1}])
    assert (one.name, one.service, one.addresses, one.ports, one.ready) == ("a", None, (), (), True)


def test_nobody_sees_a_configuration_in_a_repr():
    (one,) = read_instances([{"form": "f", "name": "a", "id": "a", "node": "n", "state": "s", "config": {"a": "S3NT"}}])
    facts = read_facts({"images": [{"id": "1", "config": {"a": "S3NT"}}]})
    assert "S3NT" not in repr((one, facts))


def test_each_fact_and_each_part_of_an_image_has_a_shape():
    assert set(SHAPES) == {field.name for field in dataclasses.fields(Facts)} - {"origins", "time"}
    assert set(IMAGE_SHAPES) == {field.name for field in dataclasses.fields(Image)}
    assert set(TABLES) < set(SHAPES)


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_a_fact_of_the_wrong_sort_is_named(name):
    """None of these is a sort that any fact could be of."""
    for value in (object(), {1, 2}, b"bytes"):
        with pytest.raises(FactsError, match=f"^The fact '{name}' must be "):
            read_facts({name: value})


@pytest.mark.parametrize("name", sorted(set(IMAGE_SHAPES) - {"id"}))
def test_a_part_of_an_image_of_the_wrong_sort_is_named(name):
    with pytest.raises(FactsError, match=f"^The fact 'images.{name}' must be "):
        read_facts({"images": [{"id": "1", name: object()}]})


def found(**facts) -> dict:
    return {"nodes": [{"name": "a", "facts": facts, "origins": dict.fromkeys(facts, "probed")}]}


def test_a_declared_entry_of_a_table_stands_beside_those_that_were_found():
    (node,) = read_nodes(found(kernel_sysctls={"a.b": "1", "a.c": "2"}), {"kernel_sysctls": {"a.c": 3, "a.d": 4}})
    assert node.facts.kernel_sysctls == {"a.b": "1", "a.c": "3", "a.d": "4"}
    # It is still known to be all of them.
    assert node.facts.origin("kernel_sysctls") == "probed"


def test_a_table_that_was_not_found_is_declared():
    (node,) = read_nodes(found(), {"kernel_sysctls": {"a.c": 3}})
    assert (node.facts.kernel_sysctls, node.facts.origin("kernel_sysctls")) == ({"a.c": "3"}, "declared")


@pytest.mark.parametrize("there", [{}, {"kernel_sysctls": {"a.b": "1"}}], ids=["not found", "found"])
def test_a_table_can_be_declared_unknown(there):
    (node,) = read_nodes(found(**there), {"kernel_sysctls": None})
    assert (node.facts.kernel_sysctls, node.facts.origin("kernel_sysctls")) == (None, "unknown")


def test_any_other_fact_that_is_declared_stands_alone():
    (node,) = read_nodes(found(storages={"a": 1}), {"storages": {"b": 2}})
    assert (node.facts.storages, node.facts.origin("storages")) == ({"b": 2}, "declared")


THERE = {"form": "lxd_container", "name": "a", "id": "a", "node": "a", "state": "started"}
RECORD = {"nodes": [{"name": "a", "facts": {"cpus": 1}}], "instances": [THERE]}


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        pytest.param({"nodes": []}, "It must be a mapping that has a list of 'nodes'; see docs/facts.md.", id="none"),
        pytest.param(
            {"nodes": [{"name": "a"}, {"name": "a"}]},
            "nodes[1].name must be a unique name of printable characters.",
            id="a name twice",
        ),
        pytest.param(
            {"nodes": [{"name": "a\x1b"}]},
            "nodes[0].name must be a unique name of printable characters.",
            id="a name that moves the cursor",
        ),
        pytest.param(
            {"nodes": [{"name": "a", "origins": [1]}]},
            "nodes[0].origins must be a mapping of fact names to origins.",
            id="origins",
        ),
        pytest.param(
            {"nodes": [{"name": "a", "online": "perhaps"}]}, "nodes[0].online must be true or false.", id="online"
        ),
        pytest.param({**RECORD, "instances": 3}, "instances must be a list.", id="instances"),
        pytest.param(
            {**RECORD, "instances": [{**THERE, "node": "b"}]},
            "instances[0].node must be one of the nodes.",
            id="an instance elsewhere",
        ),
        pytest.param(
            {**RECORD, "instances": [{**THERE, "memory": "lots"}]},
            "instances[0].memory must be a whole number of MiB.",
            id="an instance's memory",
        ),
        pytest.param(
            {**RECORD, "instances": [{**THERE, "addresses": "x"}]},
            "instances[0].addresses must be a list.",
            id="an instance's addresses",
        ),
        pytest.param(
            {**RECORD, "instances": [{**THERE, "ports": [3]}]},
            "instances[0].ports must be a list of mappings.",
            id="an instance's ports",
        ),
        pytest.param(
            {**RECORD, "instances": [{**THERE, "name": 3}]},
            "instances[0].name must be a text.",
            id="an instance's name",
        ),
        pytest.param(["a"], "It must be a mapping that has a list of 'nodes'; see docs/facts.md.", id="no mapping"),
        pytest.param(
            {"nodes": {}}, "It must be a mapping that has a list of 'nodes'; see docs/facts.md.", id="no nodes"
        ),
        pytest.param({"nodes": [{}]}, "nodes[0] must be a mapping that has a 'name'.", id="no name"),
        pytest.param({"nodes": ["a"]}, "nodes[0] must be a mapping that has a 'name'.", id="no node"),
        pytest.param(
            {"nodes": [{"name": "a", "facts": {"cpus": "x"}}]},
            "In nodes[0].facts: The fact 'cpus' must be a number of 0 or more.",
            id="fact",
        ),
        pytest.param(
            {**RECORD, "instances": [{"form": "a"}]},
            "instances[0] must have the keys form, name, id, node, state.",
            id="no instance",
        ),
        pytest.param(
            {**RECORD, "instances": [[*THERE]]},
            "instances[0] must have the keys form, name, id, node, state.",
            id="an instance without values",
        ),
    ],
)
def test_a_record_that_is_none_is_refused_in_a_sentence(record, sentence):
    with pytest.raises(FactsError) as failure:
        check_record(record)
    assert str(failure.value) == sentence


def test_a_record_as_it_is_returned_is_one():
    check_record(RECORD)
    check_record({"nodes": [{"name": "a", "facts": None}], "instances": None})


@pytest.mark.parametrize(
    ("raw", "content"),
    [
        pytest.param(None, Content(), id="nothing was sought"),
        pytest.param({}, Content(), id="nothing was found"),
        pytest.param(
            {"images": {"a": {"digest": "1"}, "b": {"trouble": "x"}}, "files": {"/c": {"digest": "2"}}},
            Content(images={"a": "1"}, silent={"b": "x"}, files={"/c": "2"}),
            id="each by its sort",
        ),
        pytest.param({"files": {"/c": {"trouble": "\x1b[31mx"}}}, Content(unreadable={"/c": "[31mx"}), id="signs"),
        pytest.param({"images": {"a": {"digest": 1}}}, Content(), id="a digest that is no text"),
    ],
)
def test_what_is_behind_names_is_read(raw, content):
    assert read_content(raw) == content


@pytest.mark.parametrize("raw", [1, ["a"], {"images": 1}, {"files": {"/a": "b"}}])
def test_content_that_is_none_is_refused(raw):
    with pytest.raises(AnswerError, match="its content is not a mapping of answers"):
        read_content(raw)
