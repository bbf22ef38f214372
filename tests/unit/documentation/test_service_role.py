# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role 'service' has the options of the action, all of them, and hands each on."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.arguments import SERVICE

ROOT = Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles/service"
PREFIX = "service_"
OWN = {"service_list", "service_roles", "service_gather_facts"}
# The action reads these itself, to say better what is wrong with them.
TYPES = {"name": "str", "requirements": "dict", "as": "dict"}
each_option = pytest.mark.parametrize("name", SERVICE)


def _yaml(path: Path) -> t.Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def options() -> dict[str, dict[str, t.Any]]:
    return _yaml(ROLE / "meta/argument_specs.yml")["argument_specs"]["main"]["options"]


@pytest.fixture(scope="module")
def entry(options) -> dict[str, dict[str, t.Any]]:
    """The keys of an entry of the list."""
    return options["service_list"]["options"]


def test_the_role_has_the_options_of_the_action_and_few_of_its_own(options, entry):
    assert set(options) == {f"{PREFIX}{name}" for name in SERVICE} | OWN
    assert set(entry) == {*SERVICE, "roles"}


@each_option
def test_an_option_is_what_the_action_says_of_it(options, entry, name):
    told, argument = options[f"{PREFIX}{name}"], SERVICE[name]
    for one in (told, entry[name]):
        assert one["type"] == TYPES.get(name, argument["type"])
        assert one.get("choices") == argument.get("choices")
        assert one.get("elements") == argument.get("elements")
    assert told.get("default") == argument.get("default")
    assert type(told.get("default")) is type(argument.get("default"))
    # What an entry leaves out is what the role's variable says, and no default of its own.
    assert "default" not in entry[name]
    assert entry[name].get("required", False) == (name == "name")


@each_option
def test_an_option_with_a_default_is_a_variable_with_that_default(name):
    defaults = _yaml(ROLE / "defaults/main.yml")
    assert defaults.get(f"{PREFIX}{name}") == SERVICE[name].get("default")
    assert (f"{PREFIX}{name}" in defaults) == ("default" in SERVICE[name])


@each_option
def test_the_action_is_handed_the_entry_s_own_value_or_else_the_role_s(name):
    (task,) = (one for one in _yaml(ROLE / "tasks/place.yml") if "rightscope.deploy.service" in one)
    assert set(task["rightscope.deploy.service"]) == set(SERVICE)
    assert not {"loop", "with_items", "until"} & set(task), "it would make no host of the service"
    value = f"__service_entry['{name}']"
    otherwise = f"{PREFIX}{name}" if "default" in SERVICE[name] else f"{PREFIX}{name} | default(omit)"
    wanted = value if name == "name" else f"{value} | default({otherwise})"
    assert task["rightscope.deploy.service"][name] == f"{{{{ {wanted} }}}}"


def test_no_fact_of_a_service_can_change_where_a_task_runs():
    names = _yaml(ROLE / "vars/main.yml")["__service_fact_names"]
    assert names == sorted(set(names))
    # What ansible.vars.clean takes away from facts that are made variables, and what is a variable of a play.
    forbidden = r"connection|host|port|user|password|.*_interpreter|become.*|ssh_.*|remote_.*|shell_.*|check_mode|facts"
    assert not [name for name in names if re.fullmatch(forbidden, name)]


# --- the playbooks with a list of services --------------------------------------------------------


def test_one_list_of_services_serves_all_playbooks(entry):
    """What 'place' takes of an entry and 'explain' does not is what 'explain' leaves out: another word is a mistake."""
    explain = _yaml(ROOT / "playbooks/explain.yml")[0]["vars"]["rightscope_of_place"]
    assert set(entry) - set(explain) == {"name", "requirements", "as"}
    remove = _yaml(ROOT / "playbooks/remove.yml")[0]["vars"]["rightscope_found_by"]
    assert set(remove) <= set(entry) - {"state"}
