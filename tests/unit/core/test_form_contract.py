# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every form keeps to, over the whole seam: each part is asked, and its answer is of the sort that is told."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.grants import with_grants
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS, AdoptionError, Form
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms.common import Source
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.runtimes import RUNTIMES
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import (
    ISOLATIONS,
    SCOPES,
    Call,
    Device,
    Failure,
    Grant,
    Permit,
    Plan,
    Run,
    Sought,
)

from .builders import facts, instance, service, target

OPTIONS = {
    "docker_container": {"image": "web:1", "volumes": ["/srv:/srv"], "sysctls": {"net.ipv4.ip_forward": "1"}},
    "lxd_container": {"config": {"linux.sysctl.net.ipv4.ip_forward": "1"}, "profiles": ["default"]},
    "proxmox_vm": {"clone": "debian-12-cloud", "cpu": "host"},
}
CONFIG = {
    "docker_container": {"State": {"Status": "running"}, "Config": {"Labels": {}}},
    "lxd_container": {"config": {}, "devices": {}, "expanded_config": {}, "expanded_devices": {}, "profiles": []},
    "proxmox_vm": {"config": {"name": "web"}, "status": {}, "pending": []},
}


class World:
    """Everything that a form is asked with."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.options = OPTIONS[form.name]
        self.service = service(made_as={form.name: self.options}, memory=64)
        self.requirements = self.service.requirements
        self.target = target(form.kind)
        (one,) = [one for one in candidates(self.service, [self.target]) if one.form is form]
        self.candidate = with_grants(self.requirements, one)
        self.instance = instance(form.kind, config=CONFIG[form.name])
        self.instances = (self.instance,)
        self.new_plan = form.plan(self.service, self.candidate, self.target, (), "started")


def _each(kind: type):
    """An iterable of such."""

    def check(answer: object) -> bool:
        return isinstance(answer, Iterable) and all(isinstance(item, kind) for item in answer)

    return check


def _is(*kinds: type):
    """One of these."""
    return lambda answer: isinstance(answer, kinds)


NONE = type(None)
SEAM = {
    # What it can be asked when it is judged.
    "isolation": (lambda w: [w.candidate], lambda answer: answer is None or answer in ISOLATIONS),
    "isolation_unknown": (lambda w: [w.candidate], _is(Failure)),
    "isolation_remedy": (lambda w: ["machine", w.candidate], _is(str, NONE)),
    "privileges_refused": (lambda w: [("NET_ADMIN",), w.candidate], _is(Failure, NONE)),
    "privilege_grants": (lambda w: ["SYS_ADMIN"], _each(Grant)),
    "option_grants": (lambda w: [w.candidate], _each(Grant)),
    "image_grants": (lambda w: [w.candidate], _each(Grant)),
    "device_grants": (lambda w: [Device(kind="pci", value="0000:01:00.0"), w.candidate], _each(Grant)),
    "host_grants": (lambda w: [w.requirements], _each(Grant)),
    "device_refused": (lambda w: [Device(kind="path", value="/dev/fuse"), w.candidate], _is(Failure, NONE)),
    "host_view_refused": (lambda w: [w.candidate], _is(Failure, NONE)),
    "host_network_refused": (lambda w: [w.candidate], _is(Failure, NONE)),
    "host_sources": (lambda w: [w.options], _each(str)),
    "options_refused": (lambda w: [w.requirements, w.candidate], _each(Failure)),
    "references_missing": (lambda w: [w.candidate], _each(Failure)),
    "image_refused": (lambda w: [w.candidate], _is(Failure, NONE)),
    "limit_refused": (lambda w: ["memory", "memory", w.candidate], _is(Failure, NONE)),
    "address_refused": (lambda w: [w.candidate], _is(Failure, NONE)),
    "count_nics": (lambda w: [w.candidate], _is(int)),
    "host_ports": (lambda w: [w.requirements, w.candidate], _each(str)),
    "snapshots_refused": (lambda w: [w.candidate], _is(Failure, NONE)),
    "quota_refused": (lambda w: [w.requirements, w.candidate], _is(Iterable)),
    "restrictions": (lambda w: [w.requirements, w.candidate], _is(Iterable)),
    "cpu_model": (lambda w: [w.candidate], _is(str, NONE)),
    "host_namespaces": (lambda w: [w.requirements, w.candidate], _is(frozenset)),
    "sysctls_under_as": (lambda w: [w.candidate], _each(tuple)),
    "is_root_of_host": (lambda w: [w.candidate], _is(bool)),
    # What it is made from.
    "image": (lambda w: [w.requirements, w.options, facts(w.form.kind)], _is(Source)),
    "images_named": (lambda w: [w.requirements, w.options], _each(str)),
    "is_described": (lambda w: [w.service], lambda answer: answer is True),
    "storage": (lambda w: [w.options], _is(str, NONE)),
    "sought": (lambda w: [w.requirements, w.options], _is(Sought)),
    "check": (lambda w: next([*item] for item in w.options.items()), _is(NONE)),
    "contradictions": (lambda w: [w.requirements, w.options], _each(tuple)),
    # What is there.
    "system": (lambda w: [w.instance, w.options], _is(str, NONE)),
    "kept_options": (lambda w: [w.instance], _is(Mapping)),
    "identity": (lambda w: [w.instance], _is(str)),
    "busy": (lambda w: [w.instances], _is(str, NONE)),
    "exit_reason": (lambda w: [w.instances], _is(str, NONE)),
    "runs": (lambda w: [w.instances], lambda answer: answer is None or _each(Run)(answer.values())),
    "log_tail": (lambda w: [w.instance], _is(str)),
    "pending": (lambda w: [w.instances], _each(str)),
    "will_wait": (lambda w: [w.instances, {"memory": (64, 128)}], _each(str)),
    "removal_refused": (lambda w: [w.target, w.instances], _is(str, NONE)),
    # How it is made, and reached.
    "plan": (lambda w: [w.service, w.candidate, w.target, (), "started"], _is(Plan)),
    "permits": (lambda w: [w.service, w.candidate, w.target, (), "started"], _each(Permit)),
    "restart": (lambda w: [w.instances, ("memory",)], _each(Call)),
    "doubtful": (lambda w: [w.candidate, w.new_plan], _is(Mapping)),
    "named": (lambda w: [frozenset({"memory"})], _is(frozenset)),
    "remove": (lambda w: [w.service, w.target, w.instances], _is(Plan)),
    "connection": (lambda w: [w.target, w.instance], _is(dict)),
    "command": (lambda w: [w.target, w.instance], _each(str)),
    "public_keys": (lambda w: [w.instance], _each(str)),
}
"""Each part of the seam: what it is asked with, and what an answer must be."""

ELSEWHERE = {"question", "adopt"}
"""Asked below: only of a form that has something to answer."""


@pytest.fixture(params=FORMS)
def world(request) -> World:
    return World(FORMS[request.param])


def test_the_whole_seam_is_covered():
    parts = {name for name, _part in inspect.getmembers(Form, inspect.isfunction) if not name.startswith("_")}
    assert parts == {*SEAM, *ELSEWHERE}


@pytest.mark.parametrize("part", SEAM)
def test_an_answer_is_of_the_sort_that_is_told(world, part):
    asked_with, is_right = SEAM[part]
    answer = getattr(world.form, part)(*asked_with(world))
    assert is_right(answer), f"{world.form.name}.{part} answers {answer!r}"


def test_what_it_is_as_data_is_whole(world):
    form = world.form
    assert FORMS[form.name] is form
    assert form.scope in SCOPES
    assert form.runtime in RUNTIMES.values()
    assert form.shares_kernel is (not form.runtime.own_kernel)
    assert form.title.startswith(("a ", "an "))
    assert form.module.count(".") == 2
    assert form.least_memory is not None
    assert form.nic_option
    assert isinstance(form.shares_ports, bool)


def test_a_form_that_is_adoptable_can_be_marked_and_any_other_says_why_not(world):
    stranger = instance(world.form.kind, service=None, config=CONFIG[world.form.name])
    if world.form.is_adoptable:
        plan = world.form.adopt(world.service, world.target, stranger)
        assert plan.calls
        assert not [call for call in plan.calls if call.action == "remove"]
        return
    with pytest.raises(AdoptionError):
        world.form.adopt(world.service, world.target, stranger)


def test_what_a_second_opinion_is_asked_of_is_answered_by_a_call(world):
    (option,) = list(world.options)[:1]
    differing = Plan(before={"web": {option: "a"}}, after={"web": {option: "b"}})
    for options in world.form.doubtful(world.candidate, differing).values():
        assert isinstance(world.form.question(world.service, world.candidate, world.instance, options), Call)
