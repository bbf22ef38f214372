# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A placed service becomes a host of the running playbook, so that the next play can be on it."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var

from .._core.reading.names import need_name
from .errors import ControllerError
from .placement import groups_of, has_own_connection, without_connection

display = Display()


class HostNameError(ControllerError):
    """A service must not become a host of its name; the text is a sentence that says what to do."""


def host_refusal(name: str, groups: Iterable[str], targets: Iterable[str], is_group: bool = False) -> str | None:
    """Why a service must not become a host of its name, as half a sentence; None where it may."""
    try:
        need_name(name)
    except ValueError as error:
        return f"its name {error}"
    if is_group or name in groups:
        return "the inventory has a group of that name, which Ansible would take for it"
    if name in targets:
        return "that is the name of a target"
    return None


def check_host_name(name: str, task_vars: Mapping[str, t.Any], targets: Iterable[str]) -> None:
    """
    Raise HostNameError where the service would take the place of something else in the inventory.

    A host of that name that has no connection and is not a target is one that somebody declared for the service.
    """
    reason = host_refusal(name, task_vars["groups"], targets)
    host = _host(name, task_vars["hostvars"])
    if reason is None and host is not None and has_own_connection(host, host["group_names"]):
        reason = "the inventory has a host of that name with a connection of its own"
    if reason is not None:
        raise HostNameError(
            f"Service '{name}' cannot become a host ('add_to_inventory'), and nothing was done: {reason}; give one "
            "of the two another name."
        )


def _host(name: str, hostvars: Mapping[str, t.Any]) -> Mapping[str, t.Any] | None:
    return hostvars.get(name) if name in hostvars else None


def join_inventory(action: ActionBase, result: dict[str, t.Any], hostvars: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Make the service of an action's result a host: its name, its connection, its groups. Returns the result."""
    placed = result.get("placement")
    if not placed or placed["id"] is None:
        return result
    name, variables = placed["service"], dict(placed["connection"])
    if not variables:
        display.warning(
            f"Nothing on '{placed['target']}' runs a command in service '{name}', so it is not a host of the inventory."
        )
        return result
    # Values from an engine are not templates, and neither are rendered ones.
    variables = wrap_var({**variables, "rightscope_placement": without_connection(placed)})
    host = {"host_name": name, "host_vars": variables, "groups": groups_of(placed)}
    if hasattr(action, "add_host"):
        action.add_host(host_name=name, host_vars=variables, parent_group_names=host["groups"])
        return result
    return _join_by_result(action, result, host, _host(name, hostvars))


def _join_by_result(
    action: ActionBase, result: dict[str, t.Any], host: dict[str, t.Any], known: Mapping[str, t.Any] | None
) -> dict[str, t.Any]:
    """
    Join as ansible-core before 2.21 has it: by a part of the result.

    There the strategy says 'changed' of what became of the inventory, whatever became of the service, and only a
    task's 'changed_when' has the last word (StrategyBase._process_pending_results). It travels with the task.
    """
    task, changed = action._task, result["changed"]
    if task.loop is None and not task.loop_with:
        if not task.changed_when:
            task.changed_when = [changed]
        return {**result, "add_host": host}
    # The task of an item is a copy that travels nowhere.
    is_new = known is None or any(known.get(key) != value for key, value in host["host_vars"].items())
    if is_new == changed:
        return {**result, "add_host": host}
    if is_new:
        # The same for each item: Ansible shows a text once.
        display.warning(
            "Services of this loop that needed no change are not hosts of the inventory: ansible-core before 2.21 "
            "would report them as changed. Use the role rightscope.deploy.service, or include a task for each item."
        )
    return result
