# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several engines of one kind, and targets of several nodes that differ: which one is chosen, and found again."""

from __future__ import annotations

import json

import pytest

from tests.engines import lxd
from tests.engines.lxd_cluster import NARROW_MIB

from .conftest import DOCKER_IMAGE, LXD_IMAGE, Playbook

WEB = {"name": "web", "as": {"docker_container": {"image": DOCKER_IMAGE}}}
SYSTEM = {"name": "sys", "as": {"lxd_container": {"source": {"type": "image", "alias": LXD_IMAGE}}}}

VM = {"name": "db", "as": {"proxmox_vm": {"clone": "debian-12-cloud"}}}


def _needs(service: dict, **requirements) -> dict:
    return {**service, "requirements": requirements}


def _reasons(outcome) -> dict[str, list[str]]:
    """Which rules reject each node."""
    return {one["node"]: [failure["rule"] for failure in one["failures"]] for one in outcome["decision"]["verdicts"]}


@pytest.fixture
def twins(docker_target, tls_target, other_docker_engine, lxd_target, https_target) -> dict[str, dict]:
    """Two targets of each kind on one machine, told apart by labels; those of the edge are in no group of ours."""
    zones = {name: {"rightscope_labels": {"zone": name}} for name in "ab"}
    other = {**tls_target, "rightscope_options": other_docker_engine.options}
    return {
        "rightscope_targets": {
            "hosts": {"lab-a": {**lxd_target, **zones["a"]}, "lab-b": {**https_target, **zones["b"]}}
        },
        "edge": {"hosts": {"edge-a": {**docker_target, **zones["a"]}, "edge-b": {**other, **zones["b"]}}},
    }


def test_two_engines_of_a_kind_are_two_targets_and_a_pattern_names_them(
    twins, docker_eyes, tls_eyes, lxd_eyes, https_eyes, tmp_path, collections
):
    """Both Docker engines tell the same ID of themselves, where their release lets it be given."""
    web = {**_needs(WEB, labels={"zone": "b"}), "targets": ["edge-?"]}
    system = _needs(SYSTEM, labels={"zone": "b"})

    outcomes = Playbook(tmp_path, collections, {}).tasks(
        ("service", web),
        ("service", web),
        ("service", {**system, "targets": ["*-b"]}),
        ("service", system),
        inventory=json.dumps(twins),
    )

    assert [one.get("msg") for one in outcomes if one["failed"]] == []
    made, again, other, system_again = outcomes
    assert (made["placement"]["target"], made["changed"]) == ("edge-b", True)
    assert _reasons(made) == {"edge-a": ["labels"], "edge-b": []}
    assert (docker_eyes.names(), tls_eyes.names()) == ([], ["web"])
    assert (again["changed"], again["placement"]) == (False, made["placement"])
    assert (other["placement"]["target"], other["changed"]) == ("lab-b", True)
    assert set(_reasons(other)) == {"edge-b", "lab-b"}
    assert (lxd_eyes.names(), https_eyes.names()) == ([], ["sys"])
    assert (system_again["changed"], system_again["placement"]) == (False, other["placement"])


@pytest.fixture
def cluster(cluster_target, cluster_eyes, tmp_path, collections) -> Playbook:
    """Plays with one target, which has two members: 'wide', and 'narrow' with hardly any storage."""
    return Playbook(tmp_path, collections, {"lab": cluster_target})


@pytest.fixture
def held(lxd_cluster_engine, cluster_eyes) -> str:
    """An instance on 'wide' that may take nearly all of the machine's memory."""
    resources = lxd.request(lxd_cluster_engine.socket, "GET", "/1.0/resources?target=wide")
    limit = resources["memory"]["total"] // 2**20 - 64
    body = {
        "name": "hog",
        "source": {"type": "image", "alias": LXD_IMAGE},
        "config": {"limits.memory": f"{limit}MiB"},
    }
    lxd.request(lxd_cluster_engine.socket, "POST", "/1.0/instances?target=wide", body)
    lxd.request(lxd_cluster_engine.socket, "PUT", "/1.0/instances/hog/state", {"action": "start"})
    return "hog"


def test_a_service_goes_to_the_member_that_has_room_stays_there_and_is_found(
    cluster, held, cluster_eyes, lxd_cluster_engine
):
    system = _needs(SYSTEM, memory="256 MiB")

    facts, made = cluster.tasks(
        ("target_info", {"kind": "lxd", "options": cluster.hosts["lab"]["rightscope_options"]}), ("service", system)
    )

    wide, narrow = sorted(facts["target_facts"]["nodes"], key=lambda node: node["name"], reverse=True)
    assert narrow["facts"]["storages"]["default"] <= NARROW_MIB < wide["facts"]["storages"]["default"]
    assert narrow["facts"]["memory_reserved"] == 0 < wide["facts"]["memory_reserved"]
    # The member that was asked has the controller's kernel; of the other one nothing of the kind is known.
    assert wide["origins"]["kernel_sysctls"] == "probed"
    assert "probed" not in narrow["origins"].values()
    assert (made["failed"], made["changed"]) == (False, True), made.get("msg")
    assert _reasons(made) == {"wide": ["memory"], "narrow": []}
    assert (made["placement"]["target"], made["placement"]["node"]) == ("lab", "narrow")
    assert cluster_eyes.inspect("sys")["location"] == "narrow"
    assert made["placement"]["addresses"][:1] == cluster_eyes.addresses("sys")[:1] != []

    lxd.remove_instance(lxd_cluster_engine.socket, held)
    bigger = _needs(SYSTEM, memory="320 MiB")
    stays, grown, removed = cluster.tasks(
        ("service", system), ("service", bigger), ("service", {**bigger, "state": "absent"})
    )

    assert (stays["changed"], stays["placement"]) == (False, made["placement"])
    assert (grown["failed"], grown["changed"]) == (False, True), grown.get("msg")
    assert grown["placement"]["node"] == "narrow"
    assert (removed["failed"], removed["changed"], removed["placement"]) == (False, True, None), removed.get("msg")
    assert cluster_eyes.names() == []


@pytest.fixture
def evacuated(lxd_cluster_engine):
    """'wide' takes no instances."""
    url = "/1.0/cluster/members/wide/state"
    lxd.request(lxd_cluster_engine.socket, "POST", url, {"action": "evacuate"})
    yield "wide"
    lxd.request(lxd_cluster_engine.socket, "POST", url, {"action": "restore"})


def test_members_without_the_storage_or_out_of_service_are_rejected(cluster, evacuated):
    roomy, small = cluster.tasks(
        ("service_info", _needs(SYSTEM, disk="1 GiB")), ("service_info", _needs(SYSTEM, memory="64 MiB"))
    )

    assert _reasons(roomy) == {"wide": ["reachable"], "narrow": ["disk"]}
    assert roomy["decision"]["chosen"] is None
    assert small["decision"]["chosen"]["node"] == "narrow"


def test_nodes_of_proxmox_that_differ_are_chosen_by_what_they_have(pve_target, pve_eyes, tmp_path, collections):
    """pve1 has 8 processors and 32 GiB, pve2 half of both; each has a template of the same name."""
    play = Playbook(tmp_path, collections, {"pve": pve_target})
    config = pve_eyes.engine.control("vm", 900)["config"]
    config["scsi0"] = config["scsi0"].replace("base-900", "base-902")
    pve_eyes.engine.control("add_template", 902, "debian-12-cloud", node="pve2", config=config)
    many, much = play.tasks(
        ("service_info", _needs(VM, isolation="machine", cpus=6)),
        ("service_info", _needs(VM, isolation="machine", memory="24 GiB")),
    )

    assert _reasons(many) == {"pve1": [], "pve2": ["cpus"]}
    assert _reasons(much) == {"pve1": [], "pve2": ["memory"]}

    pve_eyes.engine.control("set_node", "pve1", used=31 * 2**30)
    machine = {**_needs(VM, isolation="machine", memory="4 GiB"), "state": "present"}
    made, again = play.tasks(("service", machine), ("service", machine))

    assert (made["failed"], made["changed"]) == (False, True), made.get("msg")
    assert _reasons(made) == {"pve1": ["memory"], "pve2": []}
    assert made["placement"]["node"] == "pve2"
    assert pve_eyes.inspect("db")["node"] == "pve2"
    (clone,) = [path for _method, path, _body in pve_eyes.engine.control("requests", "POST") if path.endswith("/clone")]
    assert clone.endswith("/nodes/pve2/qemu/902/clone")
    assert (again["changed"], again["placement"]) == (False, made["placement"])


def test_a_target_whose_connection_is_local_is_asked_without_a_module(play):
    """A module would need an interpreter, and there is none of that name."""
    nowhere = {"ansible_python_interpreter": "/no/such/python"}
    hosts = {name: {**host, **nowhere} for name, host in play.hosts.items()}

    told = play.info(name="web", hosts=hosts, **{"as": {"docker_container": {"image": DOCKER_IMAGE}}})

    rules = {failure["rule"] for verdict in told["decision"]["verdicts"] for failure in verdict["failures"]}
    assert "reachable" not in rules
    assert told["decision"]["chosen"]["target"] == "dock1"
    as_another = {**hosts, "dock1": {**hosts["dock1"], "ansible_become": True, "ansible_become_method": "su"}}
    refused = play.info(name="web", hosts=as_another, **{"as": {"docker_container": {"image": DOCKER_IMAGE}}})
    assert refused["decision"]["chosen"] is None or refused["decision"]["chosen"]["target"] != "dock1"
