# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The variables of a host as a play will have them, while the inventory is still being read.

Ansible puts an inventory in order when all of its sources are read: until then no host is in ``all`` or
``ungrouped``. So its own VariableManager is shown an inventory that is in order already.
"""

from __future__ import annotations

import os
import typing as t
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ansible import context
from ansible.inventory.data import InventoryData
from ansible.inventory.host import Host
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager

_IMPLICIT_GROUPS = ("all", "ungrouped")


class EarlyVariables(Mapping):
    """Variables by host; ``raw_get`` is what ``hostvars`` has it for."""

    def __init__(self, inventory: InventoryData, loader: DataLoader, path: str, *, use_plugins: bool) -> None:
        """``path`` is the source that is being read; without ``use_plugins`` there is no ``group_vars``."""
        self._inventory = inventory
        self._loader = loader
        self._directory = _directory_of_play()
        self.groups = self._hosts_by_group()
        self._manager = VariableManager(
            loader=loader, inventory=_OrderedInventory(self, _sources(inventory, path, use_plugins))
        )
        if not use_plugins or self._directory == "":
            self._manager.safe_basedir = False

    def _hosts_by_group(self) -> dict[str, list[str]]:
        """The names of the hosts in each group."""
        groups = {name: [host.name for host in group.get_hosts()] for name, group in self._inventory.groups.items()}
        ungrouped = [host.name for host in self._inventory.hosts.values() if not _groups(host)]
        return {**groups, "all": list(self._inventory.hosts), "ungrouped": ungrouped}

    @contextmanager
    def beside_the_play(self) -> Iterator[None]:
        """Relative paths start where the playbook is: Ansible itself knows that only once the inventory is read."""
        before = self._loader.get_basedir()
        if self._directory:
            self._loader.set_basedir(self._directory)
        try:
            yield
        finally:
            self._loader.set_basedir(before)

    def raw_get(self, name: str) -> dict[str, t.Any]:
        """A host's variables, not yet templated. Raises KeyError."""
        unordered = self._inventory.hosts[name]
        host = Host(name, gen_uuid=False)
        groups = self._inventory.groups
        host.vars, host.address = unordered.vars, unordered.address
        host.groups = [groups["all"], *(_groups(unordered) or [groups["ungrouped"]])]
        with self.beside_the_play():
            return self._manager.get_vars(host=host, include_hostvars=False, stage="all")

    def __getitem__(self, name: str) -> dict[str, t.Any]:
        return self.raw_get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._inventory.hosts)

    def __len__(self) -> int:
        return len(self._inventory.hosts)


def _groups(host: Host) -> list[t.Any]:
    return [group for group in host.get_groups() if group.name not in _IMPLICIT_GROUPS]


class _OrderedInventory:
    """As much of an InventoryManager as a VariableManager asks for, where neither play nor task is given."""

    def __init__(self, variables: EarlyVariables, sources: list[str]) -> None:
        self._sources = sources
        self.groups = variables._inventory.groups
        self.hosts = variables._inventory.hosts
        self.get_groups_dict = lambda: variables.groups


def _sources(inventory: InventoryData, path: str, use_plugins: bool) -> list[str]:
    """
    The sources beside which a play looks for ``group_vars``: those of the command, a directory as such.

    Where the command gives none, they are the files that were read up to now.
    """
    if not use_plugins:
        return []
    given = context.CLIARGS.get("inventory")
    return list(given) if given else [*inventory.processed_sources, path]


def _directory_of_play() -> str | None:
    """The directory of the first playbook; empty where a collection has it, None where none is run."""
    # ansible and ansible-inventory have the option --playbook-dir, which Ansible has set by now.
    if "start_at_task" not in context.CLIARGS:
        return None
    playbook = next(iter(context.CLIARGS.get("args") or ()), "")
    return os.path.realpath(os.path.dirname(playbook) or ".") if os.path.exists(playbook) else ""
