# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Engines of this run's own, and whole plays on them with their time."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

SCRIPTS = Path(sys.executable).parent
DOCKER_IMAGE = "rightscope-benchmark/web:1"
LXD_IMAGE = "rightscope-benchmark/system"


@contextlib.contextmanager
def engines(**starters) -> Iterator[tuple[dict, Path]]:
    """(the started engines by name, a directory); whatever happens, they are stopped and it is gone."""
    with contextlib.ExitStack() as stack:
        # Short, for a socket's path must be; and nothing below it may be shut to a container's users.
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rs-benchmark-", dir="/tmp")))
        directory.chmod(0o711)
        started = {}
        for name, start in starters.items():
            started[name] = start(directory / name)
            stack.callback(started[name].stop)
        yield started, directory


def target(engine) -> dict:
    """The engine as an inventory's host."""
    options = {"rightscope_kind": engine.kind, "rightscope_options": engine.options}
    return {"ansible_connection": "local", **options}


class Plays:
    """Plays of a few tasks on the engines, each a process of its own as people start it."""

    def __init__(self, directory: Path, hosts: dict[str, dict]) -> None:
        self._directory = directory
        home = directory / "home"
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")},
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_HOME": str(home),
            "ANSIBLE_REMOTE_TMP": str(home / "tmp"),
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "LC_ALL": "C.UTF-8",
        }
        self.inventory(hosts)

    def inventory(self, hosts: dict[str, dict]) -> None:
        text = json.dumps({"rightscope_targets": {"hosts": hosts}})
        (self._directory / "inventory.json").write_text(text, encoding="utf-8")

    def seconds(self, *tasks: dict) -> float:
        """How long the whole of ansible-playbook takes. Raises CalledProcessError where it fails."""
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": sys.executable},
            "tasks": list(tasks),
        }
        (self._directory / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
        command = [str(SCRIPTS / "ansible-playbook"), "-i", "inventory.json", "play.yml"]
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, cwd=self._directory, env=self._environment)
        return time.perf_counter() - began


def best(rounds: int, plays: Plays, *tasks: dict, before: Sequence[dict] = ()) -> float:
    """The shortest of some rounds; what comes ``before`` each is not counted."""
    times = []
    for _round in range(rounds):
        if before:
            plays.seconds(*before)
        times.append(plays.seconds(*tasks))
    return min(times)
