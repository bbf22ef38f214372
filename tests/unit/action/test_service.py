# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of the action 'service', each in its place."""

from __future__ import annotations

import contextlib

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.rightscope.deploy.plugins.action import service
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import action_base
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import ProvisioningError
from tests.unit.controller.actions import make_action


class Host:
    def __init__(self, name: str) -> None:
        self.name = name


def _returned_or_raised(result: dict | Exception) -> dict:
    if isinstance(result, Exception):
        raise result
    return result


@pytest.fixture
def steps(monkeypatch) -> list[str]:
    """The steps in the order in which they are taken; what is deployed is in ``steps.deployed``."""

    class Steps(list):
        result = {"changed": True, "placement": None}

    taken = Steps()

    @contextlib.contextmanager
    def lock(name):
        taken.append(f"lock {name}")
        yield
        taken.append("unlock")

    def deploy(deployment, since):
        taken.append("deploy")
        taken.deployed = (deployment, since)
        return _returned_or_raised(taken.result)

    def survey(_hosts, services, _options, *, timeout, ttl):
        taken.append(f"ask within {timeout:g} s")
        return {one.name: [] for one in services}

    def join(_action, result, _hostvars):
        taken.append("join")
        return result

    monkeypatch.setattr(service, "only_run_for", lock)
    monkeypatch.setattr(service, "deploy", deploy)
    monkeypatch.setattr(service, "join_inventory", join)
    monkeypatch.setattr(service, "check_host_name", lambda name, _vars, targets: taken.append(f"name {name} {targets}"))
    monkeypatch.setattr(action_base, "survey", survey)
    monkeypatch.setattr(action_base, "target_hosts", lambda *_arguments: [Host("dock1")])
    return taken


def run(args=None, **attributes):
    return make_action(service.ActionModule, {"name": "web", **(args or {})}, **attributes).run(
        task_vars={"hostvars": {}}
    )


def test_each_step_is_taken_in_its_place(steps):
    assert run() == {"changed": True, "placement": None}
    assert steps == ["name web ['dock1']", "lock web", "ask within 10 s", "deploy", "unlock", "join"]


def test_what_is_to_be_gone_takes_nobodys_name(steps):
    run({"state": "absent"})
    assert steps[0] == "lock web"


def test_it_need_not_become_a_host(steps):
    run({"add_to_inventory": False})
    assert steps == ["lock web", "ask within 10 s", "deploy", "unlock"]


def test_what_is_deployed_is_what_the_task_says(steps):
    run({"state": "stopped", "max_attempts": 1}, check_mode=True)
    deployment, _since = steps.deployed
    assert (deployment.service.name, deployment.options.state, deployment.check_mode) == ("web", "stopped", True)
    assert (list(deployment.engines), deployment.options.provisioning.max_attempts) == (["dock1"], 1)


@pytest.mark.parametrize(("attributes", "age"), [({}, 0), ({"loop": [1]}, 5)])
def test_the_discovery_began_as_long_ago_as_facts_may_be_old(steps, monkeypatch, attributes, age):
    monkeypatch.setattr(service.time, "time", lambda: 1000.0)
    run(**attributes)
    assert steps.deployed[1] == 1000.0 - age


def test_warnings_are_shown_by_the_action(steps, monkeypatch):
    shown = []
    monkeypatch.setattr(action_base.display, "warning", shown.append)
    steps.result = {"changed": False, "warnings": ["mind"]}
    assert run() == {"changed": False}
    assert shown == ["mind"]


def test_an_error_fails_the_task_with_its_result(steps):
    steps.result = ProvisioningError("It failed.", {"changed": True})
    with pytest.raises(AnsibleActionFail, match="It failed") as caught:
        run()
    assert caught.value.result["changed"] is True
    assert "join" not in steps


def test_a_mistake_ends_it_before_anything_is_asked(steps):
    with pytest.raises(AnsibleActionFail, match="'expect_plan' is for a decision"):
        run({"expect_plan": "d1", "state": "absent"})
    with pytest.raises(AnsibleActionFail, match="The service is not valid"):
        run({"requirements": {"memory": "x"}})
    assert steps == []
