# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples in docs/ that need no engine: inventories, facts, needs, and what Ansible looks through."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins import loader as plugin_loader
from ansible.plugins.action import ActionBase
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.arguments import INFO, MINIMUMS, SERVICE
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.hosts import TargetsError, target_hosts
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.ledger import EXPIRY
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.attempts import RACES
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.nodes import read_nodes, split_declared
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.records import check_record
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.requirements import parse_service
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.settling import CRASH_LIMIT
from tests.documents.examples import PAGES, WAYS, examples

RECORD = {"kind": "proxmox", "nodes": [{"name": "pve1", "facts": {"memory": 65536}}]}
# What an inventory takes from elsewhere.
VAULT = {"vault_pve_token": "token", "vault_pve_password": "password"}


def _each(*ways: str, but: str = ""):
    found = [one for one in examples(*ways) if not but or one.more != but]
    return pytest.mark.parametrize("example", [pytest.param(one, id=one.place) for one in found])


def test_every_page_is_read():
    assert {"quickstart.md", "targets.md", "requirements.md", "forms.md", "life_cycle.md"} <= {
        one.name for one in PAGES
    }


@pytest.mark.parametrize("example", [pytest.param(one, id=one.place) for one in examples()])
def test_every_example_says_what_is_to_be_done_with_it(example):
    assert example.way in WAYS, "put '<!-- test: HOW -->' before it; see tests/documents/examples.py"


@_each(*(way for way in WAYS if way != "none"))
def test_every_example_is_yaml(example):
    assert example.data


# --- inventories ----------------------------------------------------------------------------------


class _Asker(ActionBase):
    def run(self, tmp=None, task_vars=None):
        raise NotImplementedError


def _targets(path: Path):
    """The targets of an inventory, as an action has them."""
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(path)])
    variables = VariableManager(loader=loader, inventory=inventory)
    variables._extra_vars = VAULT
    groups = {name: [host.name for host in group.get_hosts()] for name, group in inventory.groups.items()}
    action = _Asker(Task(), None, PlayContext(), loader, Templar(loader=loader), plugin_loader)
    return target_hosts(None, action, {"hostvars": HostVars(inventory, variables, loader), "groups": groups})


def _written(tmp_path: Path, data) -> Path:
    (tmp_path / "pve.facts.yml").write_text(yaml.safe_dump(RECORD), encoding="utf-8")
    path = tmp_path / "hosts.yml"
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return path


@_each("inventory", "hosts", but="plugin")
def test_targets_can_be_made_of_an_inventory(tmp_path, example):
    data = example.data if example.way == "inventory" else {"rightscope_targets": {"hosts": example.data}}

    hosts = _targets(_written(tmp_path, data))

    assert [host.name for host in hosts] == list(data["rightscope_targets"]["hosts"])
    assert all((host.recorded is None) == (example.more != "recorded") for host in hosts)


def test_an_inventory_with_a_mistake_would_be_seen(tmp_path):
    wrong = {
        "rightscope_targets": {"hosts": {"dock1": {"rightscope_kind": "docker", "rightscope_options": {"url": 1}}}}
    }

    with pytest.raises(TargetsError, match="not a connection option"):
        _targets(_written(tmp_path, wrong))


# --- what is read ---------------------------------------------------------------------------------


@_each("facts")
def test_facts_can_be_declared(example):
    (declared,) = example.data.values()
    assert split_declared(declared)


@_each("record")
def test_a_record_can_be_used(example):
    check_record(example.data)
    assert read_nodes(example.data, {})


@_each("requirements")
def test_needs_can_be_read(example):
    assert parse_service("web", example.data["requirements"], {}, forms=tuple(FORMS))


@_each("variables")
def test_services_can_be_read(example):
    (services,) = example.data.values()
    for one in services:
        assert parse_service(one["name"], one.get("requirements"), one.get("as"), forms=tuple(FORMS))


# --- options --------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", sorted({*SERVICE, *INFO}))
def test_every_option_is_on_some_page(option):
    texts = [page.read_text(encoding="utf-8") for page in PAGES if page.name != "troubleshooting.md"]
    assert any(re.search(rf"`{option}\b|^ +{option}:", text, re.M) for text in texts)


# --- defaults -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "words", "figure"),
    [
        pytest.param("targets.md", "{:g} seconds if not set", SERVICE["discovery_timeout"]["default"], id="to answer"),
        pytest.param("targets.md", "`facts_ttl` seconds, {:g} if not set", SERVICE["facts_ttl"]["default"], id="facts"),
        pytest.param(
            "troubleshooting.md", "`discovery_timeout` at {:g}", MINIMUMS["discovery_timeout"], id="the least"
        ),
        pytest.param(
            "life_cycle.md", "three in all (`max_attempts`)", SERVICE["max_attempts"]["default"], id="attempts"
        ),
        pytest.param("life_cycle.md", "after an hour in any case", EXPIRY / 3600, id="claims"),
        pytest.param("troubleshooting.md", "up to five times", RACES, id="ids"),
        pytest.param("forms.md", "more than three times", CRASH_LIMIT, id="crashes"),
    ],
)
def test_a_default_is_what_the_code_has(page, words, figure):
    text = " ".join((PAGES[0].parent / page).read_text(encoding="utf-8").split())
    named = {"three": 3, "five": 5, "an hour": 1}
    assert words.format(figure) in text
    assert "{" in words or figure in {number for word, number in named.items() if word in words}


# --- what Ansible looks through -------------------------------------------------------------------


def test_what_cannot_be_run_is_looked_through(tmp_path):
    """All of it in one go: most of the time is Ansible's own start."""
    books = []
    for number, example in enumerate(examples("syntax", "tasks", "play")):
        data = example.data
        plays = data if all("hosts" in one for one in data) else [{"name": "x", "hosts": "all", "tasks": data}]
        books.append(tmp_path / f"{number}.yml")
        books[-1].write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "--syntax-check", "-i", "dock1,", *map(str, books)],
        env=os.environ | {"ANSIBLE_HOME": str(tmp_path / "home"), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "ERROR" not in done.stderr
    assert books
