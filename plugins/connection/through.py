# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: through
author:
  - rightscope.deploy contributors (@rightscope)
short_description: Run tasks in a container by way of the host that it is on
version_added: 0.3.0
description:
  - Runs everything in a container by a command on another host of the inventory, such as C(docker exec), where only
    that host reaches the container's engine.
  - That host is reached by its own variables, whatever its connection is, and with its own C(become), unless that is to
    the user who is there already.
  - M(rightscope.deploy.service) and P(rightscope.deploy.services#inventory) set the variables of this plugin.
notes:
  - A C(become) of the tasks themselves happens inside the container and cannot ask for a password there. Most commands
    that run another in a container do so as its C(root), and then a C(become) to C(root) takes nothing.
options:
  remote_addr:
    description: The container, for messages.
    type: str
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_host
  target:
    description: The name of the inventory host that the container is on.
    type: str
    required: true
    vars:
      - name: ansible_rightscope_target
  command:
    description: The command on that host that runs another one in the container, word by word.
    type: list
    elements: str
    required: true
    vars:
      - name: ansible_rightscope_command
"""

import shlex
import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleConnectionFailure, AnsibleError, AnsibleFileNotFound
from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible.playbook.play_context import PlayContext
from ansible.plugins.connection import ConnectionBase
from ansible.utils.display import Display

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.connections import (
    UnknownPluginError,
    changes_user,
    connect,
)

display = Display()


class _Target:
    """The variables of the host that the container is on."""

    def __init__(self, name: str, hostvars: Mapping[str, t.Any]) -> None:
        self.name = name
        try:
            self._variables = hostvars[name]
        except KeyError:
            raise AnsibleError(f"The host '{name}', through which a container is reached, is not known.") from None

    def has(self, name: str) -> bool:
        return name in self._variables

    def variable(self, name: str) -> t.Any:
        return self._variables.get(name)


class Connection(ConnectionBase):
    """Commands in a container, as commands on its host."""

    transport = "rightscope.deploy.through"
    has_pipelining = True

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self._hostvars: Mapping[str, t.Any] = {}
        self._way: ConnectionBase | None = None
        self._user: str | None = None

    @property
    def default_user(self) -> str | None:
        """Who runs commands in the container; Ansible asks it in order to become nobody who is that already."""
        if self.become and self._user is None:
            code, out, _err = self._run(["/bin/sh", "-c", "id -un"], None)
            self._user = to_text(out).strip() if code == 0 else ""
        return self._user or None

    def update_vars(self, variables: dict[str, t.Any]) -> None:
        """The one moment at which a connection sees the variables of other hosts."""
        super().update_vars(variables)
        self._hostvars = variables.get("hostvars") or {}

    def _connect(self) -> Connection:
        if self._way is None:
            target = _Target(self.get_option("target"), self._hostvars)
            context = PlayContext()
            context.become_method = None
            try:
                self._way = connect(target, context)
            except UnknownPluginError as error:
                raise AnsibleConnectionFailure(str(error)) from None
            if self._way.has_option("use_tty"):
                # What runs another command in a container takes a terminal for a person, and loses output at its end.
                self._way.set_option("use_tty", False)
            # The target can be reached by way of another one in turn.
            self._way.update_vars({"hostvars": self._hostvars})
            display.vvv(f"BY WAY OF {target.name}: {self._words('...')}", host=self.get_option("remote_addr"))
        self._connected = True
        return self

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run a command in the container."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return self._run(["/bin/sh", "-c", to_text(cmd)], in_data)

    def put_file(self, in_path: str, out_path: str) -> None:
        """Send a file, as the input of a command that writes it."""
        super().put_file(in_path, out_path)
        try:
            with open(in_path, "rb") as file:
                content = file.read()
        except OSError as error:
            raise AnsibleFileNotFound(f"The file '{in_path}' cannot be read: {error.strerror}.") from None
        self._copied(["/bin/sh", "-c", f"cat > {shlex.quote(out_path)}"], content, f"write '{out_path}'")

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Get a file, as the output of a command that reads it."""
        super().fetch_file(in_path, out_path)
        content = self._copied(["/bin/sh", "-c", f"cat < {shlex.quote(in_path)}"], b"", f"read '{in_path}'")
        with open(to_bytes(out_path), "wb") as file:
            file.write(content)

    def close(self) -> None:
        if self._way is not None:
            self._way.close()
        self._way, self._connected = None, False

    def reset(self) -> None:
        self.close()

    def _copied(self, words: list[str], content: bytes, what: str) -> bytes:
        code, out, err = self._run(words, content)
        if code:
            said = to_text(err).strip() or f"status {code}"
            raise AnsibleError(f"Cannot {what} in '{self.get_option('remote_addr')}': {said}")
        return out

    def _words(self, *words: str) -> str:
        return shlex.join([*self.get_option("command"), *words])

    def _run(self, words: list[str], in_data: bytes | None) -> tuple[int, bytes, bytes]:
        self._connect()
        way, command = self._way, self._words(*words)
        if changes_user(way):
            command = way.become.build_become_command(command, way._shell)
        return way.exec_command(command, in_data=in_data, sudoable=True)
