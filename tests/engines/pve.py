# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in for a Proxmox VE server, run in a process of its own: a SIMULATION, no guest runs."""

from __future__ import annotations

import json
import os
import shutil
import socket as sockets
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import _common
from ._common import EngineError, Process, Stoppable

SCRIPT = Path(__file__).with_name("pve_standin.py")


@dataclass(frozen=True)
class Engine(Stoppable):
    """A running stand-in."""

    directory: str
    socket: str
    process: Process
    ready: dict[str, Any] = field(repr=False)
    kind: str = "proxmox"

    @property
    def options(self) -> dict[str, Any]:
        """Its address and token as an inventory's ``rightscope_options``."""
        return {
            "api_host": self.ready["host"],
            "api_port": self.ready["port"],
            "api_user": self.ready["api_user"],
            "api_token_id": self.ready["api_token_id"],
            "api_token_secret": self.ready["api_token_secret"],
            "validate_certs": True,
            "ca_path": self.ready["ca_path"],
        }

    @property
    def poor_options(self) -> dict[str, Any]:
        """The same with a token that may only audit the system."""
        return dict(self.options, api_user=self.ready["poor_user"])

    @property
    def root_options(self) -> dict[str, Any]:
        """The same as root itself, logged in with its password: some settings are for it alone."""
        token = ("api_token_id", "api_token_secret")
        kept = {name: value for name, value in self.options.items() if name not in token}
        return {**kept, "api_user": self.ready["root_user"], "api_password": self.ready["root_password"]}

    @property
    def log(self) -> Path:
        """Where it writes what it does."""
        return Path(self.directory) / "pve.log"

    def control(self, call: str, *args, **kwargs) -> Any:
        """The result of a command; the class Control in pve_standin.py lists them."""
        try:
            with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as link:
                link.settimeout(30)
                link.connect(self.socket)
                link.sendall(json.dumps({"call": call, "args": args, "kwargs": kwargs}).encode() + b"\n")
                with link.makefile(encoding="utf-8") as lines:
                    answer = json.loads(lines.readline() or '{"error": "it ended"}')
        except OSError as error:
            raise EngineError(f"The stand-in on '{self.socket}' does not answer: {error.strerror or error}.") from None
        if "error" in answer:
            raise EngineError(f"The stand-in refused '{call}': {answer['error']}")
        return answer["ok"]

    def stop(self) -> None:
        """End it and remove its files."""
        self.process.end(timeout=10)
        for process in _common.processes_in(Path(self.directory)):
            process.end(timeout=3)
        _common.remove_tree(Path(self.directory))


def start(directory: str | Path, python: str = sys.executable, **options) -> Engine:
    """Start a stand-in that keeps everything in ``directory``, with a ``python`` that has fakepve.

    ``options`` are those of pve_standin.py: ``port``, ``resources_lag``, ``time_scale``, and ``templates``, a list of
    templates to add.
    """
    if not shutil.which(python):
        raise EngineError(f"There is no Python '{python}' here.")
    if subprocess.run([python, "-c", "import fakepve"], capture_output=True, check=False).returncode:
        raise EngineError(f"'{python}' has no fakepve; install tests/requirements.txt there, or give another Python.")
    path, socket = _common.prepare(directory, "control.sock")
    argv = [python, str(SCRIPT), str(path)]
    if options.get("templates"):
        file = path / "templates.json"
        file.write_text(json.dumps(options.pop("templates")), encoding="utf-8")
        argv += ["--templates", str(file)]
    for name, value in options.items():
        if value is not None:
            argv += [f"--{name.replace('_', '-')}", str(value)]
    log, ready = path / "pve.log", path / "ready.json"
    try:
        process = _common.spawn(argv, log, env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))
        _common.await_ready("The Proxmox VE stand-in", process, ready.exists, log, 30)
    except EngineError:
        for process in _common.processes_in(path):
            process.end(timeout=3)
        _common.remove_tree(path)
        raise
    return Engine(str(path), str(socket), process, json.loads(ready.read_text(encoding="utf-8")))
