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
    comes earlier in the alphabet. They are reached by their own variables, which are those that a play would have.
  - A target that does not answer is warned of, and its services are missing.
  - What an engine says is data of somebody else. A mark whose name is no name of a service, or is that of the
    controller, of a target, of a group or of another host, makes no host; nor does one that is not signed where the
    target has C(rightscope_mark_key), nor a name that two things have. Each is warned of. No template in what was found
    is rendered.
  - A host of the inventory that comes before this source is given the connection of the service of its name only if it
    is in the group C(rightscope_services), or if the mark is signed.
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
    description: Whether the targets have the variables of C(group_vars) and C(host_vars) beside the inventory and the
      playbook.
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
cache_connection: ~/.ansible/services
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
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.discovery import discover_services
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.early_variables import EarlyVariables
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.hosts import (
    GROUP,
    TargetsError,
    target_hosts,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.inventory_host import host_refusal
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.placement import (
    SERVICES,
    connection_to,
    first_of,
    groups_of,
    has_own_connection,
    placement,
    without_connection,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import members_of
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Target
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.wording import quoted

_FILES = tuple(f"{name}.{ending}" for name in ("rightscope", "services") for ending in ("yml", "yaml"))


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Makes hosts of the services that the targets have."""

    NAME = "rightscope.deploy.services"

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(_FILES)

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        self.load_cache_plugin()
        self._variables = EarlyVariables(inventory, loader, path, use_plugins=self.get_option("use_vars_plugins"))
        self._groups = self._variables.groups
        for host in self._read_hosts(path, cache):
            self._add(host)

    def _read_hosts(self, path: str, cache: bool) -> list[dict[str, t.Any]]:
        """The services as hosts, from the cache where allowed. Answers of only some targets are not kept."""
        key, uses_cache = self.get_cache_key(path), self.get_option("cache")
        if uses_cache and cache:
            try:
                return self._cache[key]
            except KeyError:
                pass
        hosts, are_complete = self._discover_hosts()
        if uses_cache and are_complete:
            self._cache[key] = hosts
        return hosts

    def _discover_hosts(self) -> tuple[list[dict[str, t.Any]], bool]:
        """(the services as hosts, whether all targets answered)."""
        variables = {"hostvars": self._variables, "groups": self._groups}
        try:
            with self._variables.beside_the_play():
                hosts = target_hosts(self.get_option("targets"), _DiscoveryAction(self), variables)
        except TargetsError as error:
            raise AnsibleParserError(str(error)) from None
        targets = discover_services(
            [host for host in hosts if host.eligible and host.recorded is None], self.get_option("discovery_timeout")
        )
        for target in targets:
            if target.trouble:
                remedy = f" ({target.remedy})" if target.remedy else ""
                self.display.warning(f"The services on '{target.name}' are not known: {target.trouble}{remedy}.")
            self._warn_of_doubts(target)
        by_name: dict[str, list[dict[str, t.Any]]] = {}
        for target in targets:
            for host in _hosts_on(target):
                by_name.setdefault(host["name"], []).append(host)
        return list(self._unique(by_name)), not any(target.trouble for target in targets)

    def _warn_of_doubts(self, target: Target) -> None:
        """Warn of each reason once, however many marks there are: who forges one can forge a thousand."""
        doubts: dict[str, list[str]] = {}
        for instance in target.instances:
            if instance.claims is not None:
                doubts.setdefault(str(instance.doubt), []).append(instance.claims)
        for service in _services_of(target):
            members, others = members_of(service, target.instances)
            reason = (
                f"what has it is not a part of service '{service}'" if members else "nobody knows which is the service"
            )
            for instance in others:
                doubts.setdefault(reason, []).append(instance.name)
        for doubt, names in doubts.items():
            self.display.warning(f"No host was made of the mark of {quoted(names)} on '{target.name}': {doubt}.")

    def _unique(self, by_name: Mapping[str, list[dict[str, t.Any]]]) -> Iterator[dict[str, t.Any]]:
        """The hosts whose name no other has: whichever of two was taken, it could be the forged one."""
        for name, hosts in by_name.items():
            if len(hosts) == 1:
                yield hosts[0]
                continue
            where = " and ".join(dict.fromkeys(f"'{host['placement']['target']}'" for host in hosts))
            self.display.warning(f"'{name}' was found {len(hosts)} times, on {where}, so no host was made of it.")

    def _refusal(self, host: Mapping[str, t.Any]) -> str | None:
        """Why a service must not become a host of its name; None where it may."""
        name = host["name"]
        reason = host_refusal(name, self._groups, self._targets(), name in self.inventory.groups)
        known = self.inventory.hosts.get(name)
        if reason is not None or known is None:
            return reason
        groups = [group.name for group in known.get_groups()]
        if has_own_connection(self._variables.raw_get(name), groups):
            return "the inventory has a host of that name with a connection of its own"
        if "rightscope_placement" in known.vars:
            return "another source of services has found one of that name"
        if SERVICES not in groups and not host.get("signed"):
            return f"the inventory has such a host, which is not in the group '{SERVICES}'"
        return None

    def _add(self, host: Mapping[str, t.Any]) -> None:
        name, reason = host["name"], self._refusal(host)
        if reason is not None:
            self.display.warning(f"No host was made of service '{name}' on '{host['placement']['target']}': {reason}.")
            return
        self.inventory.add_host(name)
        # Values from an engine are not templates, and neither are rendered ones.
        variables = wrap_var(
            {
                **host["connection"],
                "rightscope_placement": host["placement"],
                "rightscope_target_labels": host["labels"],
            }
        )
        inventory, self.inventory = self.inventory, _HostsAlone(self.inventory)
        try:
            self._set(name, variables, host["groups"])
        finally:
            self.inventory = inventory

    def _targets(self) -> list[str]:
        """The names of all targets of a play, or of this source."""
        wanted = self.get_option("targets") or ()
        return [*self._groups.get(GROUP, ()), *(name for word in wanted for name in self._groups.get(word, (word,)))]

    def _set(self, name: str, variables: dict[str, t.Any], groups: list[str]) -> None:
        for key, value in variables.items():
            self.inventory.set_variable(name, key, value)
        for group in groups:
            self.inventory.add_child(self.inventory.add_group(to_safe_group_name(group, force=True)), name)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict=strict)


class _HostsAlone:
    """
    The inventory, in which the name of a host is never taken for that of a group.

    Ansible's own prefers the group, so that what is given to the one would be the other's.
    """

    def __init__(self, inventory: t.Any) -> None:
        self._inventory = inventory

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._inventory, name)

    def set_variable(self, entity: str, varname: str, value: t.Any) -> None:
        self._inventory.hosts[entity].set_variable(varname, value)

    def add_child(self, group: str, child: str) -> bool:
        host = self._inventory.hosts.get(child)
        return self._inventory.add_child(group, child) if host is None else self._inventory.groups[group].add_host(host)

    def get_host(self, hostname: str) -> t.Any:
        return self._inventory.hosts[hostname]


class _DiscoveryAction(ActionBase):
    """An action without a task: targets are asked by way of an action."""

    def __init__(self, plugin: InventoryModule) -> None:
        super().__init__(Task(), None, PlayContext(), plugin.loader, plugin.templar, plugin_loader)

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        raise AnsibleError("It is not to be run.")


def _services_of(target: Target) -> list[str]:
    return sorted({instance.service for instance in target.instances if instance.service})


def _hosts_on(target: Target) -> Iterator[dict[str, t.Any]]:
    """The services of a target as hosts, in plain data that a cache can hold."""
    for service in _services_of(target):
        members, _others = members_of(service, target.instances)
        if not members:
            continue
        first, placed = first_of(members), placement(service, target, members)
        about = {
            "placement": without_connection(placed),
            "labels": dict(target.labels),
            "signed": bool(target.mark_keys),
            "groups": [
                *groups_of(placed),
                f"rightscope_target_{target.name}",
                f"rightscope_state_{placed['state']}",
                *(f"rightscope_label_{key}_{value}" for key, value in target.labels.items()),
            ],
        }
        yield {"name": service, "connection": placed["connection"], **about}
        for member in members:
            if member is not first:
                yield {"name": member.name, "connection": connection_to(target, member), **about}
