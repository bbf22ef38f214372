# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which placed service becomes a host of the playbook, and with what."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible.template import is_trusted_as_template, trust_as_template

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import inventory_host, placement
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.inventory_host import (
    HostNameError,
    check_host_name,
    join_inventory,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Instance, Target


def one(name: str = "web", form: str = "docker_container", **more) -> Instance:
    return Instance(form=form, name=name, id="1", node="n", state="started", **more)


class Action:
    """An action as ansible-core before 2.21 has it."""

    def __init__(self, loop=None, changed_when=()) -> None:
        self._task = SimpleNamespace(loop=loop, loop_with=None, changed_when=list(changed_when))


class Newer(Action):
    """An action that can say it itself."""

    def __init__(self) -> None:
        super().__init__()
        self.added = []

    def add_host(self, **host) -> bool:
        self.added.append(host)
        return True


@pytest.fixture
def warned(monkeypatch) -> list[str]:
    warnings = []
    monkeypatch.setattr(inventory_host.display, "warning", warnings.append)
    return warnings


def answer(changed=False, **more) -> dict:
    placed = placement.placement("web", Target(name="dock1", kind="docker"), (one(),))
    return {"changed": changed, "placement": placed | more}


@pytest.mark.parametrize("changed", [True, False])
def test_what_became_of_the_service_is_said_whatever_became_of_the_inventory(changed, warned):
    action = Action()
    joined = join_inventory(action, answer(changed), {})
    assert joined["add_host"]["host_name"] == "web"
    assert joined["add_host"]["groups"] == ["rightscope_services", "rightscope_docker_container"]
    assert joined["add_host"]["host_vars"]["ansible_host"] == "web"
    assert joined["add_host"]["host_vars"]["rightscope_placement"]["target"] == "dock1"
    assert action._task.changed_when == [changed]
    assert warned == []


def test_the_users_own_word_on_what_is_changed_stands():
    action = Action(changed_when=["false"])
    join_inventory(action, answer(True), {})
    assert action._task.changed_when == ["false"]


def test_a_newer_ansible_is_told_by_its_own_way():
    action, given = Newer(), answer()
    assert join_inventory(action, given, {}) == given
    (host,) = action.added
    assert (host["host_name"], action._task.changed_when) == ("web", [])
    assert host["parent_group_names"] == ["rightscope_services", "rightscope_docker_container"]


@pytest.mark.parametrize(
    ("placed", "said"),
    [
        pytest.param(None, [], id="nowhere"),
        pytest.param({"id": None}, [], id="only foreseen"),
        pytest.param({"connection": {}}, ["Nothing on 'dock1' runs a command in service 'web'"], id="no way in"),
    ],
)
def test_what_cannot_be_reached_is_no_host(placed, said, warned):
    given = {"changed": True, "placement": None} if placed is None else answer(True, **placed)
    assert join_inventory(Action(), given, {}) == given
    assert [text[: len(begin)] for text, begin in zip(warned, said, strict=True)] == said


@pytest.mark.parametrize(
    ("name", "there", "said"),
    [
        pytest.param("web", {"group_names": ["mine"], "ansible_host": "10.0.0.9"}, "own", id="with its own connection"),
        pytest.param("web", {"group_names": ["mine"], "colour": "red"}, None, id="a mere name"),
        pytest.param("web", {"group_names": ["rightscope_services"], "ansible_host": "web"}, None, id="itself"),
        pytest.param("web", None, None, id="nothing"),
        pytest.param("mine", None, "a group of that name", id="a group"),
        pytest.param("dock1", {"group_names": ["rightscope_targets"]}, "the name of a target", id="a target"),
        pytest.param("localhost", None, "Ansible keeps", id="the controller"),
        pytest.param("all", None, "Ansible keeps", id="all groups"),
    ],
)
def test_a_service_never_takes_the_place_of_something_else(name, there, said):
    hostvars = {} if there is None else {name: there}
    groups = {"all": [], "ungrouped": [], "mine": ["lab"]}
    given = (name, {"groups": groups, "hostvars": hostvars}, ["dock1"])
    if said is None:
        check_host_name(*given)
    else:
        with pytest.raises(HostNameError, match=said):
            check_host_name(*given)


def test_no_template_is_rendered_that_an_engine_tells():
    placed = answer(addresses=["{{ 7 * 7 }}"], node=trust_as_template("{{ 7 * 7 }}"))
    joined = join_inventory(Action(), placed, {})
    found = joined["add_host"]["host_vars"]["rightscope_placement"]
    assert not any(map(is_trusted_as_template, (found["node"], *found["addresses"])))


@pytest.mark.parametrize(
    ("changed", "there", "joins", "warns"),
    [
        pytest.param(True, False, True, False, id="made, and new to the inventory"),
        pytest.param(False, True, True, False, id="neither"),
        pytest.param(False, False, False, True, id="there already, and new to the inventory"),
        pytest.param(True, True, False, False, id="changed, and known as it is"),
    ],
)
def test_in_a_loop_of_an_older_ansible_the_truth_comes_first(changed, there, joins, warns, warned):
    given = answer(changed)
    known = join_inventory(Action(), given, {})["add_host"]["host_vars"] | {"group_names": ["rightscope_services"]}
    joined = join_inventory(Action(loop=["a"]), given, {"web": known} if there else {})
    assert ("add_host" in joined, bool(warned)) == (joins, warns)
