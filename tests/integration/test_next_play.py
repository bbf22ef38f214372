# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A placed service is a host: the next play runs in it, however its target is reached and whatever its form is."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from .conftest import DOCKER_IMAGE, SCRIPTS, _environment
from .test_connections import WAYS

WEB = {"name": "web", "as": {"docker_container": {"image": DOCKER_IMAGE}}, "targets": ["dock1"]}


class Book:
    """A playbook of several plays."""

    def __init__(self, directory: Path, collections: Path) -> None:
        self.directory, self.collections = directory, collections

    def run(self, plays: list[dict], inventory: dict, *flags: str, environment: dict | None = None) -> str:
        """What ansible-playbook printed; each host's counts are in its recap."""
        (self.directory / "book.yml").write_text(yaml.safe_dump(plays), encoding="utf-8")
        (self.directory / "inventory.json").write_text(json.dumps(inventory), encoding="utf-8")
        variables = {**_environment(self.collections), **(environment or {})}
        done = subprocess.run(
            [str(SCRIPTS / "ansible-playbook"), "-i", "inventory.json", "book.yml", *flags],
            capture_output=True,
            text=True,
            env={name: value for name, value in variables.items() if value is not None},
            cwd=self.directory,
            timeout=240,
            check=False,
        )
        return done.stdout + done.stderr


@pytest.fixture
def book(tmp_path, collections) -> Book:
    return Book(tmp_path, collections)


def _placing(*services: dict, **keywords) -> dict:
    """A play that places them."""
    tasks = [{"name": f"Place {one['name']}", "rightscope.deploy.service": one, **keywords} for one in services]
    return {"name": "Place them", "hosts": "localhost", "gather_facts": False, "tasks": tasks}


def _inside(hosts: str, *tasks: dict) -> dict:
    return {"name": "Be in it", "hosts": hosts, "gather_facts": False, "tasks": list(tasks)}


def _recap(output: str, host: str) -> dict[str, int]:
    found = re.search(rf"^{host} +: (.*)$", output, re.M)
    assert found, output
    return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", found.group(1))}


def _targets(**hosts: dict) -> dict:
    return {"rightscope_targets": {"hosts": hosts}}


@pytest.mark.parametrize("name", WAYS)
def test_the_next_play_is_in_the_service_wherever_it_is(book, request, tmp_path, name):
    """By what only it can say, and by a script that is copied into it: neither can be had from outside."""
    way = WAYS[name](request)
    (tmp_path / "script.sh").write_text("#!/bin/sh\necho in it: $(cat /www/index.html /var/www/index.html) $1\n")
    plays = [
        _placing(way.service),
        _inside(
            way.service["name"],
            {"name": "Ask", "ansible.builtin.raw": "echo who: $(id -u); cat /proc/1/cmdline", "register": "asked"},
            {"name": "Copy", "ansible.builtin.script": "script.sh 'two words'", "register": "copied"},
            {"name": "Show", "ansible.builtin.debug": {"msg": "{{ asked.stdout }} {{ copied.stdout }}"}},
        ),
    ]

    output = book.run(plays, _targets(there=way.host), environment=way.environment)

    recap = _recap(output, way.service["name"])
    assert (recap["ok"], recap["failed"], recap["unreachable"]) == (3, 0, 0), output
    assert "who: 0" in output
    assert "rightscope-test-page" in output
    assert "two words" in output
    assert "sentinel" not in output


def test_a_second_run_changes_nothing_and_the_service_is_a_host_all_the_same(book, docker_target, docker_eyes):
    plays = [_placing(WEB), _inside("rightscope_docker_container", {"name": "Ask", "ansible.builtin.raw": "hostname"})]
    targets = _targets(dock1=docker_target)

    first, second = book.run(plays, targets), book.run(plays, targets)

    assert (_recap(first, "localhost")["changed"], _recap(second, "localhost")["changed"]) == (1, 0)
    assert _recap(first, "web")["ok"] == _recap(second, "web")["ok"] == 1
    assert second.count("ok: [localhost]") == 1


def test_what_a_user_calls_changed_is_his_affair(book, docker_target, docker_eyes):
    output = book.run([_placing(WEB, changed_when=False), _inside("web")], _targets(dock1=docker_target))
    assert _recap(output, "localhost")["changed"] == 0
    assert docker_eyes.names() == ["web"]


@pytest.mark.parametrize("flags", [("--check",), ()])
def test_what_is_not_there_is_no_host(book, docker_target, docker_eyes, flags):
    asked = {"ansible.builtin.raw": "hostname"}
    service = WEB if flags else {**WEB, "add_to_inventory": False}
    output = book.run(
        [_placing(service), _inside("rightscope_services:web", asked)], _targets(dock1=docker_target), *flags
    )
    assert "skipping: no hosts matched" in output
    assert _recap(output, "localhost")["failed"] == 0


def test_in_check_mode_what_is_there_is_a_host(book, docker_target, docker_eyes):
    targets = _targets(dock1=docker_target)
    book.run([_placing(WEB)], targets)
    asked = {"ansible.builtin.raw": "hostname", "check_mode": False}
    output = book.run([_placing(WEB), _inside("web", asked)], targets, "--check")
    assert (_recap(output, "localhost")["changed"], _recap(output, "web")["ok"]) == (0, 1)


def test_items_of_a_loop_are_never_called_changed_for_the_inventory(book, docker_target, docker_eyes):
    task = {
        "name": "Place them",
        "rightscope.deploy.service": {**WEB, "name": "{{ item }}"},
        "loop": ["one", "two"],
    }
    plays = [
        {"name": "Place them", "hosts": "localhost", "gather_facts": False, "tasks": [task]},
        _inside("one:two", {"name": "Ask", "ansible.builtin.raw": "hostname"}),
    ]
    targets = _targets(dock1=docker_target)

    first, second = book.run(plays, targets), book.run(plays, targets)

    assert _recap(first, "one")["ok"] == _recap(first, "two")["ok"] == 1
    assert _recap(second, "localhost")["changed"] == 0
    assert second.count("ok: [localhost] => (item=") == 2


def test_a_host_of_the_inventory_keeps_its_own_connection(book, docker_target, docker_eyes):
    inventory = _targets(dock1=docker_target) | {"mine": {"hosts": {"web": {"ansible_connection": "local"}}}}
    asked = _inside("web", {"name": "Ask", "ansible.builtin.raw": "echo here is $(pwd)"})

    output = book.run([_placing(WEB, ignore_errors=True), asked], inventory, "-v")

    assert "the inventory has a host of that name with a connection of its own" in " ".join(output.split())
    assert f"here is {book.directory}" in output
    assert docker_eyes.names() == []

    output = book.run([_placing({**WEB, "add_to_inventory": False}), asked], inventory, "-v")
    assert f"here is {book.directory}" in output
    assert docker_eyes.names() == ["web"]


def test_a_host_that_is_declared_without_a_connection_gets_the_one_of_its_service(book, docker_target, docker_eyes):
    inventory = _targets(dock1=docker_target) | {"mine": {"hosts": {"web": {"colour": "red"}}}}
    asked = {"name": "Ask", "ansible.builtin.raw": "hostname; echo {{ colour }} {{ rightscope_placement.form }}"}

    output = book.run([_placing(WEB), _inside("mine", asked)], inventory, "-v")

    assert "red docker_container" in output
    assert docker_eyes.id("web")[:12] in output


def test_a_machine_is_reached_by_ssh_as_the_user_and_with_the_key_that_it_was_made_with(play, pve_eyes, tmp_path):
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "work").touch()
    public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIntegrationTestsOnlyNobodysKeyAtAll00000"
    (tmp_path / ".ssh" / "work.pub").write_text(f"{public} me@here\n", encoding="utf-8")
    made = {"clone": "debian-12-cloud", "ciuser": "ops", "sshkeys": f"{public} somebody"}
    machine = {"name": "db", "requirements": {"isolation": "machine"}, "as": {"proxmox_vm": made}}

    (placed,) = play.tasks(("service", machine), environment={"HOME": str(tmp_path)})

    assert placed["placement"]["connection"] == {
        "ansible_connection": "ssh",
        "ansible_host": pve_eyes.addresses("db")[0],
        "ansible_user": "ops",
        "ansible_ssh_private_key_file": str(tmp_path / ".ssh" / "work"),
    }
