# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets as hosts of the inventory: what their variables say, and how a module is run there."""

from __future__ import annotations

import sys
import typing as t

import pytest
import yaml
from ansible.plugins.action import ActionBase
from ansible.template import trust_as_template

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.hosts import (
    GROUP,
    Host,
    TargetsError,
    target_hosts,
)

from .actions import make_action


class Action(ActionBase):
    """The action whose targets these are."""

    def run(self, tmp=None, task_vars=None):
        raise NotImplementedError


class HostVars(dict):
    """Variables by host, not yet templated."""

    def raw_get(self, name: str) -> dict[str, t.Any]:
        return self[name]


DOCKER = {"rightscope_kind": "docker", "ansible_connection": "local"}


def targets(
    hosts: dict[str, dict], wanted: list[str] | None = None, group: list[str] | None = None, **task
) -> list[Host]:
    groups = {GROUP: list(hosts) if group is None else group, "edge": ["dock2"]}
    task_vars = {"hostvars": HostVars(hosts), "groups": groups}
    return target_hosts(wanted, make_action(Action, {}, **task), task_vars)


def target(**variables) -> Host:
    (host,) = targets({"dock1": {**DOCKER, **variables}})
    return host


# --- which hosts ----------------------------------------------------------------------------------

THREE = dict.fromkeys(("dock1", "dock2", "lab"), DOCKER)


@pytest.mark.parametrize(
    ("wanted", "eligible"),
    [
        pytest.param(None, ["dock1", "dock2", "lab"], id="all of the group"),
        pytest.param(["lab"], ["lab"], id="a host"),
        pytest.param(["edge"], ["dock2"], id="a group"),
        pytest.param(["dock*"], ["dock1", "dock2"], id="a pattern"),
        pytest.param(["lab", "dock*", "lab"], ["lab", "dock1", "dock2"], id="each once, in the task's own order"),
    ],
)
def test_those_that_are_named_are_eligible_and_the_rest_is_looked_at(wanted, eligible):
    hosts = targets(THREE, wanted)
    assert [host.name for host in hosts if host.eligible] == eligible
    assert {host.name for host in hosts} == set(THREE)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        pytest.param(
            None, "There are no targets: the inventory has no host in the group 'rightscope_targets'.", id="none"
        ),
        pytest.param(["dokc1"], "'targets' names 'dokc1', which is not a host, group or pattern", id="a slip"),
        pytest.param(["zzz*"], "'targets' names 'zzz*', which is not a host, group or pattern", id="nothing matches"),
    ],
)
def test_where_nothing_is_meant_it_is_told(wanted, text):
    with pytest.raises(TargetsError) as caught:
        targets(THREE, wanted, group=[])
    assert str(caught.value).startswith(text)
    assert ("did you mean 'dock1'?" in str(caught.value)) is (wanted == ["dokc1"])


# --- variables ------------------------------------------------------------------------------------


def test_variables_are_read_and_templated():
    host = target(
        rightscope_options={"docker_host": trust_as_template("{{ address }}")},
        address="tcp://dock1:2376",
        rightscope_labels={"zone": "a"},
        rightscope_facts={"memory": 1024},
        rightscope_mark_key=["new", "old"],
    )
    assert (host.kind, host.options, host.labels) == ("docker", {"docker_host": "tcp://dock1:2376"}, {"zone": "a"})
    assert (host.declared, host.mark_keys, host.probe, host.recorded) == ({"memory": 1024}, ("new", "old"), None, None)
    assert (host.has("address"), host.has("other"), host.variable("other")) == (True, False, None)


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"rightscope_kind": None}, "is a target and has no 'rightscope_kind'; set it to one of docker, lxd, proxmox"),
        ({"rightscope_kind": "dokcer"}, "has a 'rightscope_kind' that is not known; did you mean 'docker'"),
        ({"rightscope_options": []}, "The variable 'rightscope_options' of host 'dock1' must be a mapping"),
        ({"rightscope_options": {"url": "x"}}, "'url' in 'rightscope_options' of host 'dock1' is not a connection"),
        ({"rightscope_facts": {"memroy": 1}}, "The 'rightscope_facts' of host 'dock1' cannot be used."),
        ({"rightscope_probe": "yes"}, "has the 'rightscope_probe' yes; it can be 'container'"),
        ({"rightscope_probe": "container", "rightscope_probe_image": 7}, "'rightscope_probe_image' of host 'dock1'"),
        ({"rightscope_mark_key": ""}, "The variable 'rightscope_mark_key' of host 'dock1' must be a text that is not"),
        ({"rightscope_mark_key": []}, "The variable 'rightscope_mark_key' of host 'dock1' must be a text that is not"),
        ({"rightscope_recorded": "gone.yml"}, "The file 'gone.yml' in 'rightscope_recorded' of host 'dock1' was not"),
        (
            {"rightscope_labels": trust_as_template("{{ nothing }}")},
            "The variable 'rightscope_labels' of host 'dock1' cannot be used: ",
        ),
    ],
)
def test_a_wrong_variable_is_told_by_its_host_and_name(variables, text):
    with pytest.raises(TargetsError) as caught:
        target(**variables)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "probe"),
    [
        ({"rightscope_probe": "none"}, None),
        ({"rightscope_probe": "container"}, ""),
        ({"rightscope_probe": "container", "rightscope_probe_image": "busybox:1"}, "busybox:1"),
    ],
)
def test_a_probe_has_an_image_or_takes_any(variables, probe):
    assert target(**variables).probe == probe


def test_recorded_facts_say_what_kind_it_is(tmp_path):
    record = {"kind": "proxmox", "nodes": [{"name": "pve1", "facts": {"memory": 65536}}]}
    path = tmp_path / "pve.facts.yml"
    path.write_text(yaml.safe_dump({"target_facts": record}), encoding="utf-8")
    host = target(rightscope_kind=None, rightscope_recorded=str(path), rightscope_probe="container")
    assert (host.kind, host.recorded, host.probe) == ("proxmox", record, None)
    with pytest.raises(
        TargetsError, match="has the 'rightscope_kind' docker, and its recorded facts are those of a proxmox"
    ):
        target(rightscope_recorded=str(path))


@pytest.mark.parametrize(
    ("variables", "task", "is_here", "is_local"),
    [
        pytest.param({}, {}, True, True, id="here"),
        pytest.param({"ansible_connection": "ssh"}, {}, False, False, id="elsewhere"),
        pytest.param({"ansible_become": True}, {}, False, False, id="here, as another user"),
        pytest.param({}, {"become": True}, False, False, id="as another user by the task"),
        pytest.param({"ansible_become": False}, {"become": True}, True, True, id="the host has the last word"),
        pytest.param({}, {"environment": [{"A": "b"}]}, True, False, id="here, in another environment"),
    ],
)
def test_it_is_known_where_it_is_asked_from(variables, task, is_here, is_local):
    (host,) = targets({"dock1": {**DOCKER, **variables}}, **task)
    assert (host.is_here, host.is_local) == (is_here, is_local)


def test_no_secret_is_in_what_is_scrubbed():
    options = {"api_host": "pve", "api_user": "u@pve", "api_password": "S3NTINEL"}
    host = target(rightscope_kind="proxmox", rightscope_options=options, rightscope_mark_key="K3Y")
    assert host.scrub("S3NTINEL for pve, K3Y") == "******** for pve, ********"


# --- modules --------------------------------------------------------------------------------------


@pytest.fixture
def executed(monkeypatch) -> list[tuple]:
    """What is executed: the action, and what its module is given."""
    calls = []

    def execute(action, **given):
        calls.append((action, given))
        return {"changed": True}

    monkeypatch.setattr(ActionBase, "_execute_module", execute)
    return calls


def test_a_module_is_run_with_what_it_is_given(executed):
    given = {"name": "web"}
    assert target().execute("a.b.c", given, {"TOKEN": "x"}) == {"changed": True}
    ((action, call),) = executed
    assert (call["module_name"], call["module_args"]) == ("a.b.c", {"name": "web"})
    assert call["module_args"] is not given
    assert call["task_vars"]["ansible_python_interpreter"] == sys.executable
    assert action._task.environment == [{"TOKEN": "x"}]


def test_what_a_module_is_given_is_not_logged_where_it_runs(executed):
    target().execute("a.b.c", {}, {})
    ((action, _call),) = executed
    assert action._task.no_log is True


def test_an_interpreter_of_the_hosts_own_is_kept(executed):
    target(ansible_python_interpreter="/opt/python").execute("a.b.c", {}, {})
    assert executed[0][1]["task_vars"]["ansible_python_interpreter"] == "/opt/python"


@pytest.mark.parametrize(
    ("task", "asked", "check_mode"),
    [(False, None, False), (True, None, True), (False, True, True), (True, False, False)],
)
def test_check_mode_is_the_tasks_unless_it_is_asked_for(executed, task, asked, check_mode):
    (host,) = targets({"dock1": DOCKER}, check_mode=task)
    host.execute("a.b.c", {}, {}, check_mode=asked)
    ((action, _call),) = executed
    assert action._task.check_mode is check_mode


def test_a_connection_that_is_not_installed_is_told_by_its_host():
    with pytest.raises(TargetsError, match="The connection plugin 'a.b.none' of host 'dock1' was not found"):
        target(ansible_connection="a.b.none").execute("a.b.c", {}, {})
