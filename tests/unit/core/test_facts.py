# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What discovery found and a person declared become facts, and each tells where it is from."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._facts import (
    FactsError,
    read_facts,
    read_instances,
    read_nodes,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._model import Facts

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
    ],
)
def test_a_fact_is_read_in_one_form(name, written, read):
    assert getattr(read_facts({name: written}), name) == read


def test_an_image_that_a_person_declares_is_one_as_discovery_finds_it():
    declared = {"id": 900, "names": ["gold"], "os": "debian", "size": 7, "config": None}
    (image,) = read_facts({"images": [declared]}).images
    assert (image.id, image.names, image.os, dict(image.config)) == ("900", ("gold",), "debian", {})


def test_an_image_may_have_no_names():
    assert [one.names for one in read_facts({"images": [{"id": "1"}, {"id": "2", "names": None}]}).images] == [(), ()]


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        pytest.param({"memroy": 1}, "'memroy' is no fact; did you mean 'memory'?", id="the nearest name"),
        pytest.param({"zzz": 1}, "'zzz' is no fact.", id="nothing near"),
        pytest.param({"origins": {}}, "'origins' is no fact.", id="origins are not declared"),
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
    for name in (field.name for field in dataclasses.fields(Facts) if field.name != "origins"):
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
