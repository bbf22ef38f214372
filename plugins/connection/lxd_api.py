# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: lxd_api
author:
  - rightscope.deploy contributors (@rightscope)
short_description: Run tasks in an instance of LXD or Incus, by the server's API
version_added: 0.3.0
description:
  - Runs commands and copies files by the API of the server, over https or a unix socket, and needs neither its command
    line client nor a remote that was made known to one.
  - For a server on this machine, at its usual place, P(community.general.lxd#connection) and
    P(community.general.incus#connection) serve as well.
requirements:
  - pylxd >= 2.3
notes:
  - Everything runs as the instance's C(root); a C(become) of the tasks happens inside of it,
    and one to C(root) takes nothing.
options:
  remote_addr:
    description: The name of the instance.
    type: str
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_host
  url:
    description: Where the server is, such as V(https://lab:8443) or V(unix:/var/lib/incus/unix.socket).
    type: str
    required: true
    vars:
      - name: ansible_lxd_api_url
  client_cert:
    description: The client's certificate, which the server trusts.
    type: path
    vars:
      - name: ansible_lxd_api_client_cert
  client_key:
    description: The client's private key.
    type: path
    vars:
      - name: ansible_lxd_api_client_key
  server_cert:
    description: A copy of the server's own certificate, where no authority has signed it.
    type: path
    vars:
      - name: ansible_lxd_api_server_cert
  project:
    description: The instance's project.
    type: str
    vars:
      - name: ansible_lxd_api_project
"""

import secrets
import typing as t
from contextlib import contextmanager, nullcontext
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure, AnsibleFileNotFound
from ansible.module_utils.common.text.converters import to_text
from ansible.plugins.connection import ConnectionBase
from ansible.utils.display import Display

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds.lxd import KIND

display = Display()

_OPTIONS = ("url", "client_cert", "client_key", "server_cert", "project")
_LONGEST = 86_400.0
"""Seconds that a command may take: its end is one answer of the server."""


class Connection(ConnectionBase):
    """Commands in an instance, asked of its server."""

    transport = "rightscope.deploy.lxd_api"
    has_pipelining = False
    default_user = "root"
    """Ansible asks it in order to become nobody who is that already: a small system has no sudo."""

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self._server: t.Any = None

    def _connect(self) -> Connection:
        if self._server is None:
            options = {name: self.get_option(name) for name in _OPTIONS}
            with self._translate_errors():
                self._server = KIND.connect({name: value for name, value in options.items() if value}, _LONGEST)
            display.vvv(f"ASK {self._server.url}", host=self._name)
        self._connected = True
        return self

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run a command in the instance."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        self._connect()
        command = to_text(cmd)
        with self._translate_errors():
            if in_data:
                command = f"{self._input(in_data)}{command}"
            return self._run(["/bin/sh", "-c", command])

    def _run(self, words: list[str]) -> tuple[int, bytes, bytes]:
        """
        As an operation that records the output: pylxd's websockets lose the end of it over TLS.

        They know of no data that TLS has read already and nobody has taken (ws4py's manager polls the socket alone).
        """
        where = f"instances/{self._name}"
        request = {"command": words, "interactive": False, "wait-for-websocket": False, "record-output": True}
        result = self._server.do("post", f"{where}/exec", json=request)
        output = []
        for stream in ("1", "2"):
            record = (result.get("output") or {}).get(stream)
            output.append(self._server.read_file(record) if record else b"")
            if record:
                self._server.do("delete", record.partition("/1.0/")[2])
        return result["return"], output[0], output[1]

    def _input(self, content: bytes) -> str:
        """What makes a command read it: a file, which is open and gone before the command begins."""
        path = f"/tmp/.ansible-input-{secrets.token_hex(8)}"
        self._instance().files.put(path, content, mode=0o600)
        return f"exec 0<{path}; rm -f {path}; "

    def put_file(self, in_path: str, out_path: str) -> None:
        """Send a file."""
        super().put_file(in_path, out_path)
        self._connect()
        try:
            content = Path(in_path).read_bytes()
        except OSError as error:
            raise AnsibleFileNotFound(f"The file '{in_path}' cannot be read: {error.strerror}.") from None
        with self._translate_errors():
            self._instance().files.put(out_path, content)

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Get a file."""
        super().fetch_file(in_path, out_path)
        self._connect()
        with self._translate_errors():
            content = self._instance().files.get(in_path)
        Path(out_path).write_bytes(content)

    def close(self) -> None:
        self._server, self._connected = None, False

    def reset(self) -> None:
        self.close()

    @property
    def _name(self) -> str:
        return self.get_option("remote_addr")

    def _instance(self) -> t.Any:
        return self._server.client.instances.get(self._name)

    @contextmanager
    def _translate_errors(self) -> t.Iterator[None]:
        """What goes wrong on the way is a host that cannot be reached, in words."""
        try:
            with self._server.translate_errors() if self._server else nullcontext():
                yield
        except DiscoveryError as error:
            raise AnsibleConnectionFailure(f"{error.message} {error.remedy or ''}".rstrip()) from None
