# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What is made of answers that real engines gave, each with the place where it stands.

A file in ``answers`` is one engine. ``answers`` are shortened: by API path, with names, ids and addresses of people's
machines left out. What the source does not show is not in it, and then neither among the ``facts``, which are all that
must be found, of a cluster below ``nodes``. ``instances`` are those of the ``service``. ``error`` is the sentence where
nothing can be found.
"""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.rightscope.deploy.plugins.module_utils import _discovery
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._docker.connection import Engine
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._lxd.connection import Server
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._proxmox.connection import Cluster
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import decide
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Target
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.nodes import read_nodes
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.permissions import read_permissions
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.records import check_record
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.requirements import parse_service

from .fakes import Answers, DockerClient, LxdClient, PveApi

FILES = sorted(Path(__file__).with_name("answers").glob("*.yml"))

NEEDED = {"source", "engine", "kind", "answers"}
ALLOWED = NEEDED | {"translated", "facts", "nodes", "origins", "service", "instances", "permissions", "error"}
EXPECTED = {"facts", "nodes", "instances", "permissions", "error"}

KINDS = {
    "docker": (Engine, DockerClient, {"docker_host": "tcp://engine:2375"}),
    "lxd": (Server, LxdClient, {"url": "https://engine:8443"}),
    "proxmox": (Cluster, PveApi, {"api_host": "engine", "api_user": "u@pve", "api_password": "p"}),
}

# What an engine that tells none of it seems to have none of: facts that no answer of the file is behind.
FROM_LISTS = {
    "/containers/json": ("ports_taken", "memory_reserved", "containers"),
    "/images/json": ("images",),
    "/1.0/instances": ("memory_reserved",),
    "/1.0/storage-pools": ("storages", "storage_types"),
    "/1.0/images": ("images",),
    "/1.0/networks": ("networks",),
    "/1.0/profiles": ("profiles",),
    "/nodes/*/storage": ("storages", "storage_types"),
    "/nodes/*/qemu": ("memory_reserved", "images"),
}


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


RECORDS = {path.stem: load(path) for path in FILES}


def answered(record):
    """The paths that a file has answers of, without members and names of nodes."""
    paths = (path.partition("?")[0] for path in record["answers"])
    return {re.sub("^/nodes/[^/]+", "/nodes/*", path) for path in paths}


def made_up(record):
    """Facts that come of a list which the source does not show."""
    return {fact for path, facts in FROM_LISTS.items() if path not in answered(record) for fact in facts}


@pytest.fixture
def connected(monkeypatch):
    """A file's answers, and the call that discovers its engine."""

    def make(record):
        connecting, client, options = KINDS[record["kind"]]
        answers = Answers(record["answers"])
        monkeypatch.setattr(connecting, "_connect", lambda self: client(answers))

        def discover():
            if "instances" in record and not {"facts", "nodes"} & set(record):
                found = {"instances": _discovery.find(record["kind"], options, record["service"], "engine")}
            else:
                found = _discovery.discover(record["kind"], options, record.get("service"), "engine")
            json.dumps(found)
            return found

        return answers, discover

    return make


@pytest.fixture
def ask(connected):
    """What is discovered of a file's engine."""
    return lambda record: connected(record)[1]()


def expected_nodes(record):
    """(name, what must be known of it) of each node; None for one that is offline."""
    return record["nodes"].items() if "nodes" in record else [("engine", record["facts"])]


def of_the_nodes(record, found):
    """The found nodes by name; that of a single node has the name that the file gives it none of."""
    nodes = found["nodes"]
    return {node["name"]: node for node in nodes} if "nodes" in record else {"engine": nodes[0]}


def named(test):
    return pytest.mark.parametrize("name", [name for name, record in RECORDS.items() if test(record)])


@named(lambda record: True)
def test_a_file_says_where_it_is_from_and_what_must_be_found(name):
    record = RECORDS[name]
    assert not NEEDED - set(record)
    assert not set(record) - ALLOWED
    assert EXPECTED & set(record)
    assert re.match(r"https://\S+$|Recorded from ", record["source"])
    assert record["kind"] in KINDS
    assert record["answers"]


def test_the_files_are_of_all_kinds():
    kinds = [record["kind"] for record in RECORDS.values()]
    assert [kind for kind in KINDS if kinds.count(kind) < 5] == []


@named(lambda record: {"facts", "nodes"} & set(record))
def test_facts(ask, name):
    record = RECORDS[name]
    found = ask(record)
    nodes = of_the_nodes(record, found)
    assert set(nodes) == {node for node, _facts in expected_nodes(record)}
    left_out = made_up(record)
    for node, facts in expected_nodes(record):
        assert nodes[node]["online"] is (facts is not None)
        told = {fact: value for fact, value in nodes[node]["facts"].items() if fact not in left_out}
        assert told == {fact: value for fact, value in (facts or {}).items() if fact not in left_out}
        for fact, origin in record.get("origins", {}).items():
            assert (fact, nodes[node]["origins"].get(fact)) == (fact, origin)


@named(lambda record: {"facts", "nodes"} & set(record))
def test_facts_are_read_back(ask, name):
    found = ask(RECORDS[name])
    check_record(found)
    assert len(read_nodes(found, {})) == len(found["nodes"])


@named(lambda record: "instances" in record)
def test_instances(ask, name):
    record = RECORDS[name]
    found = ask(record)
    told = [
        {key: one[key] for key in wanted} for one, wanted in zip(found["instances"], record["instances"], strict=True)
    ]
    assert told == record["instances"]


@named(lambda record: "permissions" in record)
def test_permissions(ask, name):
    found = ask(RECORDS[name])
    assert found["permissions"] == RECORDS[name]["permissions"]
    assert read_permissions(found["permissions"]).paths == RECORDS[name]["permissions"]["paths"]


def test_what_the_real_api_refused_is_refused_by_the_decision(ask):
    """The clone was answered with 403: Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)."""
    found = ask(RECORDS["pve-9.2-no-networks"])
    service = parse_service(
        "web", {"isolation": "machine"}, {"proxmox_vm": {"clone": "debian-12-fast"}}, forms=tuple(FORMS)
    )
    target = Target(
        name="pve",
        kind="proxmox",
        nodes=read_nodes(found, {}),
        next_id=found["next_id"],
        permissions=read_permissions(found["permissions"]),
    )
    (verdict,) = decide(service, candidates(service, [target])).verdicts
    assert [(one.rule, one.when, one.reason) for one in verdict.failures] == [
        ("permissions", "not_now", "u@pve lacks SDN.Use on /sdn/zones/localnetwork/vmbr0")
    ]


@named(lambda record: "error" in record)
def test_errors(ask, name):
    with pytest.raises(DiscoveryError) as found:
        ask(RECORDS[name])
    assert found.value.message == RECORDS[name]["error"]


@named(lambda record: True)
def test_every_answer_is_asked_for(connected, name):
    answers, discover = connected(RECORDS[name])
    with contextlib.suppress(DiscoveryError):
        discover()
    assert set(answers.told) - answers.asked == set()
