# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What both actions do with their arguments, their errors and what they ask."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import action_base
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.action_base import (
    DeployAction,
    show_warnings,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.arguments import SERVICE
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.decisions import DecisionOptions
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import (
    ControllerError,
    ProvisioningError,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.hosts import TargetsError

from .actions import make_action


class Action(DeployAction):
    """An action that does what a test says."""

    def act(self, task_vars, result):
        return self.does(task_vars, result)


@pytest.fixture
def make():
    def make(does=None, args=None, **attributes) -> Action:
        action = make_action(Action, {"name": "web"} if args is None else args, **attributes)
        action.does = does
        return action

    return make


def raising(error: Exception):
    def act(_task_vars, _result):
        raise error

    return act


def test_what_it_does_is_its_result(make):
    assert make(lambda task_vars, result: {**result, "x": task_vars["x"]}).run(task_vars={"x": 1}) == {"x": 1}


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ProvisioningError("It failed.", {"changed": True, "attempts": []}), id="an error of ours"),
        pytest.param(AnsibleActionFail("It failed.", result={"changed": True, "attempts": []}), id="one of Ansible's"),
    ],
)
def test_each_error_fails_the_task_with_its_result(make, error):
    with pytest.raises(AnsibleActionFail) as caught:
        make(raising(error)).run(task_vars={})
    assert caught.value.result == {"changed": True, "attempts": [], "failed": True, "msg": "It failed."}


@pytest.mark.parametrize("again", [{"until": ["x is success"]}, {"retries": 3}])
@pytest.mark.parametrize("kind", [ControllerError, lambda text, result: AnsibleActionFail(text, result=result)])
def test_where_the_task_tries_again_an_error_is_an_answer(make, again, kind):
    """An exception would end the attempts."""
    answer = make(raising(kind("It failed.", {"attempts": []})), **again).run(task_vars={})
    assert answer == {"changed": False, "attempts": [], "failed": True, "msg": "It failed."}


def test_what_a_terminal_would_obey_is_taken_out_of_an_error(make):
    with pytest.raises(AnsibleActionFail) as caught:
        make(raising(ControllerError("an \x1b[2Jimage\nand more"))).run(task_vars={})
    assert caught.value.message == "an [2Jimage\nand more"


def test_the_origin_of_an_error_is_kept(make):
    origin = {"name": "web"}
    with pytest.raises(AnsibleActionFail) as caught:
        make(raising(AnsibleActionFail("an \x1bimage", obj=origin))).run(task_vars={})
    assert caught.value.obj is origin


def test_the_cause_of_an_error_is_still_told(make):
    def act(_task_vars, _result):
        raise AnsibleActionFail("It failed.") from ImportError("no voluptuous")

    with pytest.raises(AnsibleActionFail, match="no voluptuous"):
        make(act).run(task_vars={})


def test_an_error_that_nobody_foresaw_is_not_hidden(make):
    with pytest.raises(KeyError):
        make(raising(KeyError("x"))).run(task_vars={})


# --- arguments ------------------------------------------------------------------------------------


def test_the_arguments_are_validated_with_their_defaults(make):
    args = make(args={"name": "web", "wait_timeout": "7"}).arguments(SERVICE)
    assert (args["wait_timeout"], args["state"]) == (7.0, "started")


@pytest.mark.parametrize(
    ("args", "text"),
    [
        pytest.param({"nam": "web"}, "^nam is not an option of rightscope.deploy.*; did you mean 'name'", id="near"),
        pytest.param({"zzz": 1}, "^zzz is not an option of .*; known: name, requirements", id="far"),
        pytest.param({"name": "w", "discovery_timeout": 0.01}, "^discovery_timeout must be 0.1 or more.$", id="little"),
        pytest.param({"name": "w", "wait_timeout": float("nan")}, "^wait_timeout must be 0 or more.$", id="no number"),
    ],
)
def test_a_wrong_argument_is_told(make, args, text):
    with pytest.raises(AnsibleActionFail, match=text):
        make(args=args).arguments(SERVICE)


# --- what is asked --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "ttl"),
    [
        pytest.param({}, 0, id="a task by itself"),
        pytest.param({"loop": [1, 2]}, 5.0, id="an item of a loop"),
        pytest.param({"loop": [1, 2], "until": ["x"]}, 0, id="an item that is tried again"),
    ],
)
def test_facts_hold_for_the_next_item_alone(make, attributes, ttl):
    assert make(**attributes).facts_ttl({"facts_ttl": 5.0}) == ttl


def test_the_targets_are_asked_in_the_time_that_the_task_gives(make, monkeypatch):
    asked = []
    monkeypatch.setattr(action_base, "survey", lambda *args, **more: asked.append((args, more)) or {})
    options = DecisionOptions()
    make(loop=[1]).survey(["host"], ["service"], options, {"discovery_timeout": 3.0, "facts_ttl": 5.0})
    assert asked == [((["host"], ["service"], options), {"timeout": 3.0, "ttl": 5.0})]


def test_targets_that_cannot_be_used_are_shown_at_the_task(make, monkeypatch):
    def fail(*_arguments):
        raise TargetsError("There are no targets.")

    monkeypatch.setattr(action_base, "target_hosts", fail)
    action = make()
    with pytest.raises(AnsibleActionFail, match="There are no targets") as caught:
        action.hosts({"targets": None}, {})
    assert caught.value.obj is action._task.args


def test_warnings_are_shown_and_are_no_part_of_the_result(monkeypatch):
    shown = []
    monkeypatch.setattr(action_base.display, "warning", shown.append)
    assert show_warnings({"changed": True, "warnings": ["mind \x1bthis"]}) == {"changed": True}
    assert shown == ["mind this"]
    assert show_warnings({"changed": True}) == {"changed": True}
