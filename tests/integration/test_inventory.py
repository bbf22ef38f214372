# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory of services: what every engine holds, as hosts that Ansible reaches."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from .conftest import DOCKER_IMAGE, LXD_IMAGE, SCRIPTS, _environment

PLUGIN = {"plugin": "rightscope.deploy.services"}
WEB = {"name": "web", "as": {"docker_container": {"image": DOCKER_IMAGE}}, "targets": ["dock1"]}
SHOP = {
    "name": "shop",
    "targets": ["dock1"],
    "requirements": {"processes": [{"name": one, "image": DOCKER_IMAGE} for one in ("app", "db")]},
}
SYSTEM = {
    "name": "sys",
    "state": "stopped",
    "requirements": {"init": True},
    "as": {"lxd_container": {"source": {"type": "image", "alias": LXD_IMAGE}}},
}
VM = {
    "name": "appliance",
    "requirements": {"isolation": "machine"},
    "as": {"proxmox_vm": {"clone": "debian-12-cloud", "ciuser": "ops"}},
}


class Inventory:
    """A directory of inventory sources, as ansible-inventory and ansible read it."""

    def __init__(self, directory: Path, collections: Path) -> None:
        self.directory, self.collections = directory / "inventory", collections
        self.directory.mkdir()

    def write(self, name: str, content) -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")

    def _run(self, program: str, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [str(SCRIPTS / program), "-i", str(self.directory), *words],
            capture_output=True,
            text=True,
            env=_environment(self.collections),
            cwd=self.directory.parent,
            timeout=120,
            check=False,
        )

    def list(self) -> tuple[dict, dict, str]:
        """(groups, each with its hosts; hosts, each with its variables; what was said besides)."""
        done = self._run("ansible-inventory", "--list")
        assert done.returncode == 0, done.stderr
        # What came from an engine is no template, and marked as such.
        told = json.loads(done.stdout, object_hook=lambda found: found.get("__ansible_unsafe", found))
        hosts = told.pop("_meta")["hostvars"]
        return {name: group.get("hosts", []) for name, group in told.items()}, hosts, done.stderr

    def ask(self, pattern: str, command: str) -> str:
        return self._run("ansible", pattern, "-m", "ansible.builtin.raw", "-a", command).stdout


@pytest.fixture
def inventory(tmp_path, collections, play) -> Inventory:
    made = Inventory(tmp_path, collections)
    made.write("hosts.yml", {"rightscope_targets": {"hosts": play.hosts}})
    made.write("rightscope.yml", PLUGIN)
    return made


def test_every_service_is_a_host_in_the_groups_that_say_where_and_how_it_is(
    inventory, play, docker_eyes, lxd_eyes, pve_eyes
):
    docker_eyes.put_stranger("stranger")
    for done in play.tasks(*(("service", one) for one in (WEB, SHOP, SYSTEM, VM))):
        assert done["failed"] is False, done.get("msg")
    inventory.write(
        "hosts.yml",
        {
            "rightscope_targets": {
                "hosts": {**play.hosts, "lab": {**play.hosts["lab"], "rightscope_labels": {"zone": "fra-1"}}}
            }
        },
    )
    inventory.write(
        "rightscope.yml",
        {
            **PLUGIN,
            "keyed_groups": [{"prefix": "zone", "key": "rightscope_target_labels.zone | default('none')"}],
            "compose": {"first": "rightscope_placement.addresses | first | default('')"},
        },
    )

    groups, hosts, _said = inventory.list()

    assert {name: sorted(group) for name, group in groups.items() if name.startswith(("rightscope_", "zone"))} == {
        "rightscope_targets": ["dock1", "lab", "pve"],
        "rightscope_services": ["appliance", "shop", "shop-db", "sys", "web"],
        "rightscope_docker_container": ["shop", "shop-db", "web"],
        "rightscope_lxd_container": ["sys"],
        "rightscope_proxmox_vm": ["appliance"],
        "rightscope_target_dock1": ["shop", "shop-db", "web"],
        "rightscope_target_lab": ["sys"],
        "rightscope_target_pve": ["appliance"],
        "rightscope_state_started": ["appliance", "shop", "shop-db", "web"],
        "rightscope_state_stopped": ["sys"],
        "rightscope_label_zone_fra_1": ["sys"],
        "zone_fra_1": ["sys"],
        "zone_none": ["appliance", "shop", "shop-db", "web"],
    }
    assert "stranger" not in hosts
    assert (hosts["appliance"]["ansible_user"], hosts["appliance"]["ansible_host"]) == (
        "ops",
        hosts["appliance"]["first"],
    )
    assert hosts["appliance"]["first"] == pve_eyes.addresses("appliance")[0]
    assert hosts["web"]["rightscope_placement"]["id"] == docker_eyes.id("web")
    assert hosts["shop"]["ansible_host"] == "shop-app"
    assert play.hosts["pve"]["rightscope_options"]["api_token_secret"] not in json.dumps(hosts["appliance"])
    asked = inventory.ask("web:shop-db", "hostname")
    assert docker_eyes.id("web")[:12] in asked
    assert docker_eyes.id("shop-db")[:12] in asked


def test_a_target_that_does_not_answer_is_warned_of_and_the_others_are_listed(inventory, play, docker_eyes):
    play.service(**WEB)
    silent = {"ansible_connection": "local", "rightscope_kind": "lxd", "rightscope_options": {"url": "unix:/nowhere"}}
    inventory.write("hosts.yml", {"rightscope_targets": {"hosts": {"dock1": play.hosts["dock1"], "lab": silent}}})

    _groups, hosts, said = inventory.list()

    assert "web" in hosts
    assert "The services on 'lab' are not known: the LXD or Incus server at unix:/nowhere" in " ".join(said.split())


def test_a_managed_node_is_asked_by_its_own_connection_and_its_services_are_reached_by_way_of_it(
    inventory, play, docker_eyes, request
):
    """With its variables in group_vars, some of them templates."""
    node = {**request.getfixturevalue("node"), "rightscope_kind": "docker"}
    port = node.pop("ansible_port")
    inventory.write("hosts.yml", {"rightscope_targets": {"hosts": {"dock1": node}}})
    inventory.write("group_vars/rightscope_targets.yml", {"my_port": port, "ansible_port": "{{ my_port }}"})
    play.service(**WEB)

    _groups, hosts, said = inventory.list()
    assert "web" in hosts, said

    assert hosts["web"]["ansible_connection"] == "rightscope.deploy.through", said
    assert docker_eyes.id("web")[:12] in inventory.ask("web", "hostname")


def test_what_was_found_is_kept_where_that_is_asked_for(inventory, play, docker_eyes, tmp_path):
    play.service(**WEB)
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    inventory.write("rightscope.yml", {**PLUGIN, "targets": ["dock1"], **cache})
    first = inventory.list()[1]
    docker_eyes.clear()

    kept = inventory.list()[1]
    (tmp_path / "cache").rename(tmp_path / "other")

    assert kept["web"] == first["web"]
    assert "web" not in inventory.list()[1]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        pytest.param({**PLUGIN, "targets": ["dokc1"]}, "did you mean 'dock1'?", id="no such target"),
        pytest.param({**PLUGIN, "discovery_timeout": "long"}, "discovery_timeout", id="no number"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(inventory, config, said):
    inventory.write("rightscope.yml", config)
    told = " ".join(inventory.list()[2].split())
    assert said in told
    assert "Traceback" not in told
