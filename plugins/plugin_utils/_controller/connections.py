# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A connection to a host that is not the task's own, by that host's variables.

Ansible has no public way to it from inside of a plugin.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible import constants as C
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.playbook.play_context import PlayContext
from ansible.plugins.connection import ConnectionBase
from ansible.plugins.loader import become_loader, connection_loader

from .errors import ControllerError


class UnknownPluginError(ControllerError):
    """The host's variables name a plugin that is not installed; the text is a sentence that names the host."""


class Variables(t.Protocol):
    """The variables of a host. ``variable`` returns one templated, or None where the host does not have it."""

    name: str

    def variable(self, name: str) -> t.Any: ...

    def has(self, name: str) -> bool: ...


LOCAL = ("local", "ansible.builtin.local")


def connection_name(host: Variables) -> str:
    """The connection plugin that the host is reached by."""
    return host.variable("ansible_connection") or C.DEFAULT_TRANSPORT


def becomes(host: Variables, default: bool = False) -> bool:
    """Whether what runs there runs as another user."""
    value = host.variable("ansible_become")
    return boolean(default if value is None else value, strict=False)


def connect(
    host: Variables, context: PlayContext, keys: Mapping[str, t.Any] | None = None, *, become: bool | None = None
) -> ConnectionBase:
    """
    The host's connection, with its become and its shell; nothing is asked of the host yet.

    ``context`` is changed; ``keys`` are a task's own, such as ``remote_user``. Raises UnknownPluginError.
    """
    name = connection_name(host)
    context.remote_addr = str(host.variable("ansible_host") or host.name)
    connection = connection_loader.get(name, context, new_stdin=None)
    if connection is None:
        raise UnknownPluginError(f"The connection plugin '{name}' of host '{host.name}' was not found.")
    context.become = becomes(host) if become is None else become
    if context.become:
        _set_become(host, connection, context, keys)
    connection.set_options(task_keys=keys, var_options=_options_of("connection", connection, host))
    connection._shell.set_options(task_keys=keys, var_options=_options_of("shell", connection._shell, host))
    return connection


def changes_user(connection: ConnectionBase) -> bool:
    """
    Whether a command takes the connection's become, by the rule of Ansible's own actions.

    Root that becomes root takes none: minimal systems have no sudo. An action asks this by itself; a plugin that calls
    another connection has no action to ask (ActionBase._low_level_execute_command, ansible/ansible#68054).
    """
    if not connection.become:
        return False
    user, wanted = _user_of(connection), connection.become.get_option("become_user")
    return bool(C.BECOME_ALLOW_SAME_USER) or wanted != user or not wanted


def _user_of(connection: ConnectionBase) -> str | None:
    """As ActionBase._get_remote_user; None where nothing names the user."""
    try:
        return connection.get_option("remote_user")
    except KeyError:
        # The plugin has no such option.
        return getattr(connection, "default_user", None) or connection._play_context.remote_user


def _set_become(
    host: Variables, connection: ConnectionBase, context: PlayContext, keys: Mapping[str, t.Any] | None
) -> None:
    method = host.variable("ansible_become_method") or context.become_method or "sudo"
    plugin = become_loader.get(method)
    if plugin is None:
        raise UnknownPluginError(f"The become plugin '{method}' of host '{host.name}' was not found.")
    context.become_method = method
    plugin.set_options(task_keys=keys, var_options=_options_of("become", plugin, host))
    connection.set_become_plugin(plugin)


def _options_of(kind: str, plugin: t.Any, host: Variables) -> dict[str, t.Any]:
    names = C.config.get_plugin_vars(kind, plugin._load_name)
    return {name: host.variable(name) for name in names if host.has(name)}
