# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which marks are believed, and how they are signed."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Instance, Target
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading import marks as _marks
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.answers import AnswerError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.instances import READERS, read_instances
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.marks import believed, signature, signed
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.names import RESERVED
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.nodes import read_nodes
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.requirements import (
    RequirementsError,
    parse_service,
)

from . import builders

KEY, OLD = "a key of the team", "the key of last year"
WEB = Instance(form="docker_container", name="web", id="1", node="n", state="started", service="web")
RAW = {"form": "docker_container", "name": "web", "id": "1", "node": "n", "state": "started"}


def with_signature(one: Instance, key: str = KEY) -> Instance:
    made = signature(key, one.form, one.service, _marks.identity(one), one.process)
    return dataclasses.replace(one, signature=made)


# --- names ----------------------------------------------------------------------------------------

NO_NAMES = [
    *sorted(RESERVED),
    *(
        "127.0.0.1",
        "::1",
        "ansible_limit",
        "inventory_hostname",
        "x y",
        "a;b",
        "a\nb",
        "{{7*7}}",
        "{{ lookup('pipe') }}",
    ),
    *("", " ", "*", "!all", "~web", "@web", "web,db", "web:db", "web[0]", "Web", "wéb", "-oProxyCommand=x", "../web"),
    *("web\x1b[2J", "web\u202e", "web\x00", "web\n", "a" * 64),
]


@pytest.mark.parametrize("name", NO_NAMES)
def test_no_mark_names_a_service_that_no_task_can_name(name):
    pytest.importorskip("voluptuous")
    (found,) = read_instances([{**RAW, "service": name}])
    assert (found.service, found.doubt) == (None, _marks.NO_NAME)
    assert found.claims.isprintable()
    with pytest.raises(RequirementsError):
        parse_service(name, {}, {}, forms=())


@pytest.mark.parametrize("name", ["web", "web-1", "a", "all-in-one", "local", "a" * 63])
def test_any_other_label_is_a_name(name):
    (found,) = read_instances([{**RAW, "service": name}])
    assert (found.service, found.claims, found.doubt) == (name, None, None)


@pytest.mark.parametrize("process", ["", "../x", "{{ 1 }}", "a\x1b[0m", "A"])
def test_a_forged_process_makes_a_stranger(process):
    (found,) = read_instances([{**RAW, "service": "web", "process": process}])
    assert (found.service, found.process, found.doubt) == (None, None, _marks.NO_PROCESS)


@pytest.mark.parametrize("service", [7, True, ["web"], {"web": 1}])
def test_a_mark_that_is_no_text_is_none(service):
    (found,) = read_instances([{**RAW, "service": service}])
    assert found.service is None


def test_every_part_of_an_instance_is_read():
    assert set(READERS) == {field.name for field in dataclasses.fields(Instance)} - {
        "claims",
        "doubt",
        "is_numbered",
    }


def test_what_is_said_of_the_belief_by_somebody_else_is_not_heard():
    (found,) = read_instances([{**RAW, "claims": "x", "doubt": "y"}])
    assert (found.claims, found.doubt) == (None, None)


# --- signatures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [(KEY,), (KEY, OLD), (OLD, KEY)])
def test_what_any_of_the_keys_has_signed_is_believed(keys):
    assert believed(with_signature(WEB), keys).service == "web"


@pytest.mark.parametrize(
    ("one", "doubt"),
    [
        pytest.param(WEB, _marks.UNSIGNED, id="unsigned"),
        pytest.param(with_signature(WEB, OLD), _marks.WRONG, id="by another key"),
        pytest.param(dataclasses.replace(with_signature(WEB), signature="é"), _marks.WRONG, id="no signature at all"),
        pytest.param(dataclasses.replace(with_signature(WEB), name="web2"), _marks.WRONG, id="copied to another name"),
        pytest.param(dataclasses.replace(with_signature(WEB), service="db"), _marks.WRONG, id="of another service"),
        pytest.param(dataclasses.replace(with_signature(WEB), process="app"), _marks.WRONG, id="of another process"),
        pytest.param(
            dataclasses.replace(with_signature(WEB), form="lxd_container"), _marks.WRONG, id="of another form"
        ),
        pytest.param(
            dataclasses.replace(with_signature(dataclasses.replace(WEB, is_numbered=True)), id="2"),
            _marks.WRONG,
            id="a clone of a VM",
        ),
    ],
)
def test_anything_else_is_a_stranger(one, doubt):
    found = believed(one, (KEY,))
    assert (found.service, found.claims, found.doubt) == (None, one.service, doubt)


def test_without_a_key_nothing_is_signed_and_no_signature_is_asked_for():
    assert believed(WEB).service == "web"
    assert believed(dataclasses.replace(WEB, signature="whatever")).service == "web"
    assert signed(Target(name="t", kind="docker"), WEB.form, "web", "web") is None


def test_the_first_key_signs_and_a_signature_that_stands_may_stay():
    target = Target(name="t", kind="docker", mark_keys=(KEY, OLD))
    first, older = with_signature(WEB), with_signature(WEB, OLD)
    assert signed(target, WEB.form, "web", "web") == first.signature
    assert signed(target, WEB.form, "web", "web", there=older) == older.signature
    assert signed(target, WEB.form, "web", "web", there=with_signature(WEB, "a third")) == first.signature


def test_no_key_is_shown():
    assert KEY not in repr(Target(name="t", kind="docker", mark_keys=(KEY,)))


def test_the_parts_of_what_is_signed_do_not_run_into_one_another():
    made = {signature(KEY, "f", *parts) for parts in (("a", "bc"), ("ab", "c"), ("a", "c", "b"), ("a", "b", "c"))}
    assert len(made) == 4


# --- other words of somebody else -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        pytest.param(["10.0.0.2", "2001:db8::2"], ("10.0.0.2", "2001:db8::2"), id="addresses"),
        pytest.param(["127.0.0.1", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1"], (), id="the controller's own"),
        pytest.param(["-oProxyCommand=touch /tmp/x", "localhost", "db1", "10.0.0.2 ", "{{ 7*7 }}"], (), id="none"),
        pytest.param(["fe80::1", "fe80::1%eth0", "169.254.0.1", "224.0.0.1", None, 7], (), id="of no use"),
        pytest.param("10.0.0.2", (), id="no list"),
    ],
)
def test_only_an_address_that_can_be_its_own_is_one(told, taken):
    (found,) = read_instances([{**RAW, "addresses": told}])
    assert found.addresses == taken


def test_what_a_terminal_would_obey_is_left_out():
    evil = "a\x1b[31mb\x9b2Jc\x07\u202ed\ne"
    (found,) = read_instances(
        [{**RAW, "name": evil, "node": evil, "state": evil, "log": evil, "ports": [{"container": evil}]}]
    )
    clean = "a[31mb2Jcd e"
    assert (found.name, found.node, found.state, found.log) == (clean,) * 4
    assert found.ports == ({"container": clean},)
    (node,) = read_nodes({"nodes": [{"name": evil, "facts": {"os_name": evil, "networks": {evil: evil}}}]}, {})
    assert (node.name, node.facts.os_name, node.facts.networks) == (clean, clean, {clean: clean})


@pytest.mark.parametrize(
    "reply",
    [None, "x", 7, {}, [None], [[]], [{}], [{**RAW, "id": None}], [{**RAW, "name": 7}], [{**RAW, "config": []}]],
)
def test_what_is_no_answer_is_told_in_words(reply):
    with pytest.raises(AnswerError):
        read_instances(reply)


@pytest.mark.parametrize(
    "reply",
    [
        *(None, [], {"nodes": 7}, {"nodes": [7]}, {"nodes": [{"name": 7}]}, {"nodes": [{"name": "n", "facts": 7}]}),
        {"nodes": [{"name": "n", "online": "yes"}]},
        {"nodes": [{"name": "n", "origins": []}, {"name": "n", "origins": [1]}]},
    ],
)
def test_nodes_that_are_none_are_told_in_words(reply):
    with pytest.raises(AnswerError):
        read_nodes(reply, {})


# --- in each form ---------------------------------------------------------------------------------

OPTIONS = {
    "docker": {"docker_container": {"image": "web:1"}},
    "lxd": {"lxd_container": {"source": {"alias": "debian/12"}}},
    "proxmox": {"proxmox_vm": {"clone": "debian-12"}},
}


@pytest.mark.parametrize("kind", OPTIONS)
def test_each_form_writes_the_signature_beside_its_mark_and_never_the_key(kind):
    pytest.importorskip("voluptuous")
    of = builders.service(made_as=OPTIONS[kind])
    place = dataclasses.replace(builders.target(kind), mark_keys=(KEY, OLD))
    form = FORMS[builders.FORM_OF[kind]]
    plan = form.plan(of, builders.candidate(kind, of=of), place, (), "started")
    wanted = signature(KEY, form.name, "web", "100" if kind == "proxmox" else "web")
    assert wanted in str(plan.calls[0].args)
    shown = f"{plan.before} {plan.after} {plan.warnings} {[call.does for call in plan.calls]}"
    assert wanted not in shown
    assert KEY not in f"{shown} {[call.args for call in plan.calls]}"
    unsigned = form.plan(of, builders.candidate(kind, of=of), builders.target(kind), (), "started")
    assert "rightscope.signature" not in str(unsigned.calls[0].args)


def test_each_of_several_containers_is_signed_for_itself():
    pytest.importorskip("voluptuous")
    of = builders.service(processes=[{"name": "app", "image": "a"}, {"name": "db", "image": "b"}])
    place = dataclasses.replace(builders.target("docker"), mark_keys=(KEY,))
    form = FORMS["docker_container"]
    plan = form.plan(of, builders.candidate("docker", of=of), place, (), "started")
    made = {call.args["name"]: call.args["labels"] for call in plan.calls if "labels" in call.args and call.creates}
    for process in ("app", "db"):
        name = f"web-{process}"
        assert made[name][_marks.SIGNATURE] == signature(KEY, form.name, "web", name, process)


@pytest.mark.parametrize("kind", ["lxd", "proxmox"])
def test_who_takes_something_over_signs_it_and_takes_away_what_was_forged(kind):
    pytest.importorskip("voluptuous")
    place = dataclasses.replace(builders.target(kind), mark_keys=(KEY,))
    config = {"config": {"description": "Words.\n\nrightscope.service: db\nrightscope.signature: 00"}}
    form = FORMS[builders.FORM_OF[kind]]
    there = builders.instance(kind, service=None, config=config if kind == "proxmox" else {})
    (call,) = form.adopt(builders.service(), place, there).calls
    wanted = signature(KEY, form.name, "web", "100" if kind == "proxmox" else "web")
    assert wanted in str(call.args)
    assert "db" not in str(call.args)
