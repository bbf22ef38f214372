# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role 'service', and the playbooks that a list of services is given to. Roles inside: test_molecule.py too."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from .conftest import DOCKER_IMAGE, LXD_IMAGE, SCRIPTS, _environment
from .test_next_play import Book, _recap, _targets

WEB = {"name": "web", "as": {"docker_container": {"image": DOCKER_IMAGE}}}
SYSTEM = {
    "name": "system",
    "requirements": {"init": True},
    "as": {"lxd_container": {"source": {"type": "image", "alias": LXD_IMAGE}}},
}
MACHINE = {
    "name": "machine",
    "requirements": {"kernel": {"own": True}},
    "as": {"proxmox_vm": {"clone": "debian-12-cloud"}},
}
# The images have no Python.
MARK = [{"name": "Mark", "ansible.builtin.raw": "echo {{ inventory_hostname }} >> /etc/marked", "changed_when": False}]


@pytest.fixture
def book(tmp_path, collections) -> Book:
    tasks = tmp_path / "roles/mark/tasks"
    tasks.mkdir(parents=True)
    (tasks / "main.yml").write_text(yaml.safe_dump(MARK), encoding="utf-8")
    return Book(tmp_path, collections)


@pytest.fixture
def inventory(docker_target, lxd_target, pve_target) -> dict:
    return _targets(dock1=docker_target, lab=lxd_target, pve=pve_target)


def _role(*after: dict, **variables) -> dict:
    """A play that has the role, and says in the end where each service is."""
    role = {"name": "Place", "ansible.builtin.include_role": {"name": "rightscope.deploy.service"}, "vars": variables}
    told = "{{ service_placements | dict2items | map(attribute='value.state', default='gone') | join(' ') }}"
    tell = {"name": "Tell", "ansible.builtin.debug": {"msg": f"states: {told}; running: {{{{ service_running }}}}"}}
    return {"name": "Place them", "hosts": "localhost", "gather_facts": False, "tasks": [role, tell, *after]}


def _marked(engine, name: str) -> str:
    """What the role 'mark' left in a container."""
    words = ["docker", "-H", engine.docker_host, "exec", name, "cat", "/etc/marked"]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout


def _refusal(output: str) -> str:
    return json.loads(re.search(r"^fatal: \[localhost\].* => (\{.*\})$", output, re.M).group(1))["msg"]


def test_roles_go_into_what_runs_and_into_nothing_else(book, inventory, docker_engine, docker_eyes, lxd_eyes):
    """An entry's own options win; check mode foresees, and goes into nothing that is not there yet."""
    idle = {"name": "idle", "as": {"docker_container": {"image": DOCKER_IMAGE}}, "state": "stopped"}
    play = _role(
        service_list=[WEB, idle, {**SYSTEM, "roles": []}],
        service_roles=["mark"],
        service_gather_facts=False,
        service_targets=["dock1", "lab"],
    )

    foreseen = book.run([play], inventory, "--check")

    assert _recap(foreseen, "localhost")["changed"] == 3, foreseen
    assert "running: []" in foreseen
    assert docker_eyes.names() == []

    made = book.run([play], inventory)

    assert "states: started stopped started; running: ['web', 'system']" in made
    assert docker_eyes.state("idle") == "stopped"
    assert _marked(docker_engine, "web") == "localhost\n"
    assert lxd_eyes.names() == ["system"]
    again = book.run([play], inventory)
    assert _recap(again, "localhost")["changed"] == 0, again

    gone = book.run([_role(service_name="web", service_state="absent", service_roles=["mark"])], inventory)

    assert "states: gone; running: []" in gone
    assert docker_eyes.names() == ["idle"]


def test_what_cannot_be_is_refused_with_what_to_do(book, inventory, docker_eyes):
    neither, both = _role(), _role(service_name="web", service_list=[WEB])
    assert _refusal(book.run([neither], inventory)).startswith(
        "Neither service_name nor service_list is given; give one"
    )
    assert _refusal(book.run([both], inventory)).startswith("Both service_name and service_list are given; give one")
    assert "have the name web, and a service" in _refusal(book.run([_role(service_list=[WEB, SYSTEM, WEB])], inventory))
    unknown = _refusal(book.run([_role(service_list=[{**WEB, "image": "web:1"}])], inventory))
    assert "service_list.image. Supported parameters include:" in unknown
    assert docker_eyes.names() == []
    alone = {"service_list": [WEB], "service_roles": ["mark"], "service_add_to_inventory": False}
    assert _refusal(book.run([_role(**alone)], inventory)) == (
        "Service 'web' is on 'dock1', and no role can be applied inside: add_to_inventory is false, and it takes a "
        "host of the play; let it be true."
    )
    inventory["all"] = {"hosts": {"web": {"ansible_connection": "local"}}}
    another = _refusal(book.run([_role(service_list=[WEB], service_roles=["mark"])], inventory))
    assert another.endswith(
        "the inventory has a host of that name with a connection of its own; give one of the two another name."
    )


def _run(directory: Path, collections: Path, playbook: str, *flags: str) -> str:
    done = subprocess.run(
        [str(SCRIPTS / "ansible-playbook"), "-i", "inventory.json", f"rightscope.deploy.{playbook}", *flags],
        capture_output=True,
        text=True,
        env=_environment(collections, ANSIBLE_ROLES_PATH=str(directory / "roles")),
        cwd=directory,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_one_list_of_services_is_explained_placed_and_removed(
    book, inventory, tmp_path, collections, docker_engine, docker_eyes, lxd_eyes, pve_eyes
):
    eyes = (docker_eyes, lxd_eyes, pve_eyes)
    # What one playbook takes, the others let be.
    services = [
        {**WEB, "roles": ["mark"], "wait_timeout": 60},
        {**SYSTEM, "roles": ["mark"]},
        {**MACHINE, "state": "present"},
    ]
    (tmp_path / "services.yml").write_text(yaml.safe_dump({"rightscope_services": services}), encoding="utf-8")
    (tmp_path / "inventory.json").write_text(json.dumps(inventory), encoding="utf-8")
    given = ("-e", "@services.yml", "-e", "rightscope_gather_facts=false")

    explained = _run(tmp_path, collections, "explain", *given)
    foreseen = _run(tmp_path, collections, "place", *given, "--check")
    assert [one.names() for one in eyes] == [[], [], []]
    placed = _run(tmp_path, collections, "place", *given)

    for output in (explained, foreseen, placed):
        assert "Service 'web' goes to 'dock1', a Docker container" in output
        assert "Service 'machine' goes to 'pve/pve1', a Proxmox VM" in output
    assert _recap(foreseen, "localhost")["changed"] == _recap(placed, "localhost")["changed"] == 3
    assert [one.names() for one in eyes] == [["web"], ["system"], ["machine"]]
    # The role ran on the service itself, and not by delegation.
    assert _marked(docker_engine, "web") == "web\n"
    assert _recap(placed, "system")["failed"] == 0
    again = _run(tmp_path, collections, "place", *given)
    assert _recap(again, "localhost")["changed"] == 0

    spared = _run(tmp_path, collections, "remove", "-e", "@services.yml", "--check")
    assert "Service 'machine' would be removed from 'pve'." in spared
    assert [one.names() for one in eyes] == [["web"], ["system"], ["machine"]]
    removed = _run(tmp_path, collections, "remove", "-e", "@services.yml")
    assert "Service 'web' was removed from 'dock1'." in removed
    assert [one.names() for one in eyes] == [[], [], []]
    assert "Service 'system' is on none of the 3 targets." in _run(
        tmp_path, collections, "remove", "-e", "@services.yml"
    )
