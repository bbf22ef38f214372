# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which services become hosts, with what, and which do not."""

from __future__ import annotations

import dataclasses

import pytest
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.template import trust_as_template

from ansible_collections.rightscope.deploy.plugins.inventory import services as plugin
from ansible_collections.rightscope.deploy.plugins.inventory.services import InventoryModule
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Target
from tests.unit.core.builders import instance

WEB = instance("docker", node="dock1")


@pytest.fixture
def read(monkeypatch, tmp_path):
    """Read the inventory of these targets; hosts and groups that come before it are given."""
    path = tmp_path / "services.yml"
    path.write_text("plugin: rightscope.deploy.services\n", encoding="utf-8")

    def read(*targets, hosts=(), options=None):
        inventory, loader = InventoryData(), DataLoader()
        for name, group, variables in hosts:
            inventory.add_group(group)
            inventory.add_host(name, group)
            for key, value in variables.items():
                inventory.set_variable(name, key, value)
        module = InventoryModule()
        given = {"use_vars_plugins": False, "targets": None, "discovery_timeout": 10.0, "cache": False, "strict": False}
        given |= {"compose": {}, "groups": {}, "keyed_groups": [], **(options or {})}
        monkeypatch.setattr(module, "_read_config_data", lambda _path: None)
        monkeypatch.setattr(module, "load_cache_plugin", lambda: None)
        monkeypatch.setattr(module, "get_option", given.get)
        monkeypatch.setattr(plugin, "target_hosts", lambda *_arguments: [])
        monkeypatch.setattr(plugin, "discover_services", lambda _hosts, _timeout: list(targets))
        read.warnings = []
        monkeypatch.setattr(module.display, "warning", read.warnings.append)
        module._cache = read.cache
        module.parse(inventory, loader, str(path))
        return inventory

    read.cache = {}
    return read


def target(*instances, **more) -> Target:
    return Target(**{"name": "dock1", "kind": "docker", "instances": instances, **more})


def groups(inventory, name: str) -> set[str]:
    return {group.name for group in inventory.hosts[name].get_groups()} - {"all"}


def test_each_service_is_a_host_with_its_place_and_groups(read):
    inventory = read(target(WEB, labels={"zone": "a"}))
    variables = inventory.hosts["web"].vars
    assert variables["rightscope_placement"]["target"] == "dock1"
    assert variables["rightscope_target_labels"] == {"zone": "a"}
    assert variables["ansible_connection"] == "community.docker.docker_api"
    assert groups(inventory, "web") == {
        *("rightscope_services", "rightscope_docker_container", "rightscope_target_dock1"),
        *("rightscope_state_started", "rightscope_label_zone_a"),
    }
    assert read.warnings == []


def test_of_several_containers_the_others_are_hosts_by_their_own_names(read):
    parts = [instance("docker", f"shop-{part}", service="shop", process=part) for part in ("web", "app")]
    inventory = read(target(*parts))
    assert set(inventory.hosts) == {"shop", "shop-web"}
    assert inventory.hosts["shop"].vars["ansible_host"] == "shop-app"


def test_groups_and_variables_can_be_composed(read):
    place = trust_as_template("rightscope_placement.target")
    keyed = [{"key": place, "prefix": "on"}]
    inventory = read(target(WEB), options={"compose": {"where": place}, "keyed_groups": keyed})
    assert inventory.hosts["web"].vars["where"] == "dock1"
    assert "on_dock1" in groups(inventory, "web")


@pytest.mark.parametrize(
    ("targets", "warning"),
    [
        pytest.param(
            [target(trouble="it is off", remedy="start it")],
            "The services on 'dock1' are not known: it is off (start it).",
            id="a target does not answer",
        ),
        pytest.param(
            [target(WEB), target(WEB, name="dock2")],
            "'web' was found 2 times, on 'dock1' and 'dock2', so no host was made of it.",
            id="two of a name",
        ),
        pytest.param(
            [target(dataclasses.replace(WEB, service=None, claims="web", doubt="it is forged"))],
            "No host was made of the mark of 'web' on 'dock1': it is forged.",
            id="a mark that is not believed",
        ),
        pytest.param(
            [target(instance("docker", "a", service="web"), instance("docker", "b", service="web"))],
            "No host was made of the mark of 'a', 'b' on 'dock1': nobody knows which is the service.",
            id="nobody knows which it is",
        ),
        pytest.param(
            [target(instance("docker", "localhost"))],
            "No host was made of service 'localhost' on 'dock1': its name",
            id="a name that Ansible keeps",
        ),
    ],
)
def test_what_is_not_clear_is_no_host_and_is_warned_of(read, targets, warning):
    assert set(read(*targets).hosts) == set()
    (shown,) = read.warnings
    assert shown.startswith(warning)


def test_what_has_the_mark_besides_is_warned_of(read):
    inventory = read(target(WEB, instance("docker", "copy", service="web")))
    assert set(inventory.hosts) == {"web"}
    warning = "No host was made of the mark of 'copy' on 'dock1': what has it is not a part of service 'web'."
    assert read.warnings == [warning]


@pytest.mark.parametrize(
    ("known", "keys", "reason"),
    [
        pytest.param(("rightscope_services", {}), (), None, id="declared for it"),
        pytest.param(("mine", {}), ("key",), None, id="the mark is signed"),
        pytest.param(
            ("mine", {}),
            (),
            "the inventory has such a host, which is not in the group 'rightscope_services'",
            id="a name",
        ),
        pytest.param(
            ("mine", {"ansible_host": "10.0.0.9"}),
            ("key",),
            "the inventory has a host of that name with a connection of its own",
            id="another thing",
        ),
        pytest.param(
            ("rightscope_services", {"rightscope_placement": {}}),
            (),
            "another source of services has found one of that name",
            id="of another source",
        ),
        pytest.param(("rightscope_targets", {}), ("key",), "that is the name of a target", id="a target"),
    ],
)
def test_a_host_of_the_inventory_is_taken_for_it_only_where_somebody_said_so(read, known, keys, reason):
    group, variables = known
    inventory = read(target(WEB, mark_keys=keys), hosts=[("web", group, variables)])
    assert ("rightscope_target_labels" in inventory.hosts["web"].vars) is (reason is None)
    assert read.warnings == ([f"No host was made of service 'web' on 'dock1': {reason}."] if reason else [])


def test_a_group_of_its_name_keeps_its_name(read):
    inventory = read(target(WEB), hosts=[("other", "web", {})])
    assert "web" not in inventory.hosts
    assert "the inventory has a group of that name" in read.warnings[0]


@pytest.mark.parametrize(("trouble", "kept"), [(None, True), ("it is off", False)])
def test_only_what_all_targets_answered_is_cached(read, trouble, kept):
    read(target(WEB), target(name="dock2", trouble=trouble), options={"cache": True})
    assert bool(read.cache) is kept


def test_what_is_cached_is_not_asked_for_again(read):
    read(target(WEB), options={"cache": True})
    assert set(read(options={"cache": True}).hosts) == {"web"}


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [("services.yml", True), ("rightscope.yaml", True), ("hosts.yml", False), ("services.json", False)],
)
def test_its_files_are_known_by_their_names(tmp_path, name, is_ours):
    (tmp_path / name).touch()
    assert InventoryModule().verify_file(str(tmp_path / name)) is is_ours
