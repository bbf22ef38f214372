# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: services
author:
  - rightscope.deploy contributors (@rightscope)
short_description: Every service that was placed, as a host
version_added: 0.3.0
description:
  - Asks all targets at once which services are there, and makes each of them a host, with the connection that its form
    and its target want. A service of several containers is reached in the first one by name; the others are hosts by
    their containers' names.
  - The targets are hosts of the inventory that come before this source, such as those in a file beside it whose name
    comes earlier in the alphabet. They are reached by their own variables, as M(rightscope.deploy.service) does it.
  - A target that does not answer is warned of, and its services are missing.
  - Each host has C(rightscope_placement), with the keys of RV(rightscope.deploy.service#module:placement) but
    C(connection), and C(rightscope_target_labels).
  - Its groups are C(rightscope_services), C(rightscope_FORM), C(rightscope_target_TARGET), C(rightscope_state_STATE)
    and C(rightscope_label_KEY_VALUE) for each label of its target.
requirements:
  - What M(rightscope.deploy.service) needs to ask the targets.
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: The name of this plugin, by which it knows its own file.
    type: str
    required: true
    choices:
      - rightscope.deploy.services
  targets:
    description: The hosts, groups or patterns that are targets. By default all hosts in C(rightscope_targets).
    type: list
    elements: str
  discovery_timeout:
    description: Seconds that each target has to answer in.
    type: float
    default: 10
  use_vars_plugins:
    description: Whether the targets have the variables of C(group_vars) and C(host_vars) beside the inventory.
    type: bool
    default: true
"""

EXAMPLES = r"""
# rightscope.yml, beside hosts.yml, which has the group rightscope_targets
plugin: rightscope.deploy.services

---
# With a group for each target's zone, and the address at hand
plugin: rightscope.deploy.services
keyed_groups:
  - prefix: zone
    key: rightscope_target_labels.zone
compose:
  address: rightscope_placement.addresses | first
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: /tmp/services
"""

import typing as t
from collections.abc import Iterator, Mapping

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.group import to_safe_group_name
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins import loader as plugin_loader
from ansible.plugins.action import ActionBase
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.vars import combine_vars
from ansible.vars.plugins import get_vars_from_inventory_sources

from ansible_collections.rightscope.deploy.plugins.plugin_utils._asking import services_on
from ansible_collections.rightscope.deploy.plugins.plugin_utils._hosts import TargetsError, target_hosts
from ansible_collections.rightscope.deploy.plugins.plugin_utils._model import Target
from ansible_collections.rightscope.deploy.plugins.plugin_utils._placement import (
    connection_to,
    first_of,
    groups_of,
    has_own_connection,
    placement,
    without_connection,
)

_FILES = tuple(f"{name}.{ending}" for name in ("rightscope", "services") for ending in ("yml", "yaml"))


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Hosts out of what the targets answer."""

    NAME = "rightscope.deploy.services"

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(_FILES)

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        self.load_cache_plugin()
        for found in self._found(path, cache):
            self._add(found)

    def _found(self, path: str, cache: bool) -> list[dict[str, t.Any]]:
        """What becomes a host, from the cache where it may be. What not all targets have a part in is not kept."""
        key, may = self.get_cache_key(path), self.get_option("cache")
        if may and cache:
            try:
                return self._cache[key]
            except KeyError:
                pass
        found, whole = self._ask()
        if may and whole:
            self._cache[key] = found
        return found

    def _ask(self) -> tuple[list[dict[str, t.Any]], bool]:
        """(what becomes a host, whether all targets answered)."""
        try:
            hosts = target_hosts(self.get_option("targets"), _Asker(self), {"hostvars": _Raw(self), **self._groups()})
        except TargetsError as error:
            raise AnsibleParserError(str(error)) from None
        targets = services_on(
            [host for host in hosts if host.eligible and host.recorded is None], self.get_option("discovery_timeout")
        )
        for target in targets:
            if target.trouble:
                remedy = f" ({target.remedy})" if target.remedy else ""
                self.display.warning(f"The services on '{target.name}' are not known: {target.trouble}{remedy}.")
        found: dict[str, dict[str, t.Any]] = {}
        for one in (one for target in targets for one in _hosts_on(target)):
            other = found.setdefault(one["name"], one)
            if other is not one:
                where = " and ".join(f"'{each['placement']['target']}'" for each in (other, one))
                self.display.warning(f"Service '{one['name']}' was found on {where}; the host is the first one.")
        return list(found.values()), not any(target.trouble for target in targets)

    def _groups(self) -> dict[str, t.Any]:
        groups = self.inventory.groups.values()
        return {"groups": {group.name: [host.name for host in group.get_hosts()] for group in groups}}

    def variables_of(self, name: str) -> dict[str, t.Any]:
        """An earlier host's variables, as a play would have them, not yet templated."""
        host = self.inventory.hosts[name]
        entities = [*host.get_groups(), host]
        variables: dict[str, t.Any] = {}
        for entity in entities:
            variables = combine_vars(variables, entity.get_vars())
            if self.get_option("use_vars_plugins"):
                sources = self.inventory.processed_sources
                more = get_vars_from_inventory_sources(self.loader, sources, [entity], "all")
                variables = combine_vars(variables, more)
        return variables

    def _add(self, found: Mapping[str, t.Any]) -> None:
        name = found["name"]
        there = self.inventory.hosts.get(name)
        groups = [group.name for group in there.get_groups()] if there is not None else []
        if there is not None and has_own_connection(self.variables_of(name), groups):
            self.display.warning(
                f"The inventory has a host '{name}' with a connection of its own, which is left alone."
            )
            return
        self.inventory.add_host(name)
        variables = {
            **found["connection"],
            "rightscope_placement": found["placement"],
            "rightscope_target_labels": found["labels"],
        }
        for key, value in variables.items():
            self.inventory.set_variable(name, key, value)
        for group in found["groups"]:
            self.inventory.add_child(self.inventory.add_group(to_safe_group_name(group, force=True)), name)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict=strict)


class _Raw(Mapping):
    """The variables of all hosts, in the one way in which they are asked for."""

    def __init__(self, plugin: InventoryModule) -> None:
        self._plugin = plugin

    def raw_get(self, name: str) -> dict[str, t.Any]:
        return self._plugin.variables_of(name)

    def __getitem__(self, name: str) -> dict[str, t.Any]:
        return self._plugin.variables_of(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._plugin.inventory.hosts)

    def __len__(self) -> int:
        return len(self._plugin.inventory.hosts)


class _Asker(ActionBase):
    """An action that no task stands behind: targets are asked by way of one."""

    def __init__(self, plugin: InventoryModule) -> None:
        super().__init__(Task(), None, PlayContext(), plugin.loader, plugin.templar, plugin_loader)

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        raise AnsibleError("It is not to be run.")


def _hosts_on(target: Target) -> Iterator[dict[str, t.Any]]:
    """The services of a target, in plain data, for that is what a cache holds."""
    for service in sorted({one.service for one in target.instances if one.service}):
        mine = tuple(one for one in target.instances if one.service == service)
        first, placed = first_of(mine), placement(service, target, mine)
        about = {
            "placement": without_connection(placed),
            "labels": dict(target.labels),
            "groups": [
                *groups_of(placed),
                f"rightscope_target_{target.name}",
                f"rightscope_state_{placed['state']}",
                *(f"rightscope_label_{key}_{value}" for key, value in target.labels.items()),
            ],
        }
        yield {"name": service, "connection": placed["connection"], **about}
        for one in mine:
            if one is not first:
                yield {"name": one.name, "connection": connection_to(target, one), **about}
