# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The engines of a campaign, what somebody does to them by hand, and plays against them.

A ground is one engine as a target. All that a test asks of it, it asks the engine itself.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import shutil
import signal
import subprocess
import threading
import time
import typing as t
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.engines import _common, docker, fixtures, incus, lxd, pve
from tests.integration.conftest import DOCKER_IMAGE, LXD_IMAGE, SCRIPTS, _environment
from tests.integration.looking import DockerEyes, LxdEyes, ProxmoxEyes

from .services import DOCKER, LXD, PROXMOX, SENTINEL

LONGEST = 180.0
"""Seconds after which a play is stuck."""

ROOM = "200m"
"""What an engine may take; some images and containers of a few megabytes."""

PATIENCE = 20
"""Seconds for which an engine is asked, and its service waited for: a hang ends before."""


class Ground:
    """One engine as a target, with what somebody else can do there."""

    form = ""
    kind = ""
    lasts = True
    """Whether the engine, killed and started again, has all that it had."""

    def __init__(self, name: str, engine: t.Any, eyes: t.Any, *, room: Path | None = None) -> None:
        """``room`` is a file system that the engine alone keeps all in."""
        self.name, self.engine, self.eyes, self.room = name, engine, eyes, room

    @property
    def variables(self) -> dict[str, t.Any]:
        """Of its host in the inventory."""
        return {
            "ansible_connection": "local",
            "rightscope_kind": self.kind,
            "rightscope_options": self.engine.options,
            "rightscope_labels": {"place": self.name},
        }

    def kill(self) -> None:
        """End it as a lack of memory would."""
        self.engine.process.signal(signal.SIGKILL)
        _common.poll_until(lambda: not self.engine.process.alive, 10)

    def revive(self) -> None:
        """Start it again, if it has ended, and wait until it answers."""
        self.resume()
        if not self.engine.process.alive:
            again = _common.spawn_again(self.engine.process)
            # It is a value everywhere but here, and in the fixtures.
            object.__setattr__(self.engine, "process", again)
        _common.await_ready(self.name, self.engine.process, self._answers, self.engine.log, 90)

    def _answers(self) -> bool:
        return fixtures._answers(self.engine.socket)

    def hang(self) -> None:
        """Let it stop where it is."""
        self.engine.process.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.engine.process.signal(signal.SIGCONT)

    @property
    def can_be_full(self) -> bool:
        """Whether there is a bound to what it may take."""
        return self.room is not None

    def fill(self) -> None:
        """Leave no room for anything new."""
        free = os.statvfs(self.room)
        with (self.room / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize)
            while file.write(bytes(4096)):
                pass

    def empty(self) -> None:
        """Make room again."""
        if self.room is not None:
            (self.room / "filler").unlink(missing_ok=True)

    def unmark(self, instance: str) -> None:
        """Take the mark away, so that it is nobody's."""
        raise NotImplementedError

    def drift(self, instance: str, how: str) -> None:
        """Change it by hand: ``run`` starts or stops it, ``memory`` gives it another amount."""
        raise NotImplementedError

    def put_stranger(self, name: str) -> None:
        """Something of somebody else's that has the name."""
        self.eyes.put_stranger(name)

    def snapshot(self) -> dict[str, str]:
        """All that is there, by its name."""
        return {name: self.eyes.everything(name) for name in self.eyes.names()}

    def shown(self) -> str:
        """What everybody may read who may look at an engine: there is no secret in it."""
        raise NotImplementedError


class DockerGround(Ground):
    form, kind = DOCKER, "docker"

    def drift(self, instance: str, how: str) -> None:
        if how == "run":
            self.eyes.do(
                "stop" if self.eyes.state(instance) == "started" else "start",
                "--time=0" if self.eyes.state(instance) == "started" else "--attach=false",
                instance,
            )
        elif how == "memory":
            self.eyes.do("update", "--memory=40m", "--memory-swap=-1", instance)
        else:
            self.eyes.do("rm", "--force", instance)

    def shown(self) -> str:
        return json.dumps([self.eyes.inspect(name)["Config"]["Labels"] for name in self.eyes.names()])


class LxdGround(Ground):
    form, kind = LXD, "lxd"

    def drift(self, instance: str, how: str) -> None:
        path = f"/1.0/instances/{instance}"
        if how == "run":
            action = "stop" if self.eyes.state(instance) == "started" else "start"
            self.eyes.do("PUT", f"{path}/state", {"action": action, "force": True, "timeout": 10})
        elif how == "memory":
            self.eyes.do("PATCH", path, {"config": {"limits.memory": "80MiB"}})
        else:
            lxd.remove_instance(str(self.engine.socket), instance)

    def snapshot(self) -> dict[str, str]:
        """Without what the server notes for itself, which it does a moment after something has happened."""
        found = {}
        for name in self.eyes.names():
            seen = json.loads(self.eyes.everything(name))
            found[name] = json.dumps([_without_volatile(one) for one in seen])
        return found

    def unmark(self, instance: str) -> None:
        seen = self.eyes.inspect(instance)
        config = {key: value for key, value in seen["config"].items() if not key.startswith("user.rightscope.")}
        kept = ("architecture", "devices", "ephemeral", "profiles", "description")
        self.eyes.do("PUT", f"/1.0/instances/{instance}", {"config": config, **{key: seen[key] for key in kept}})

    def shown(self) -> str:
        told = [self.eyes.inspect(name) for name in self.eyes.names()]
        for one in told:
            for config in (one["config"], one.get("expanded_config", {})):
                config.pop("environment.PASSWORD", None)
        return json.dumps(told)


def _without_volatile(part: t.Any) -> t.Any:
    return {key: value for key, value in part.items() if "volatile." not in key} if isinstance(part, dict) else part


class ProxmoxGround(Ground):
    form, kind, lasts = PROXMOX, "proxmox", False

    def revive(self) -> None:
        self.resume()

    def drift(self, instance: str, how: str) -> None:
        seen = self.eyes.inspect(instance)
        if how == "run":
            status = "stopped" if seen["status"] == "running" else "running"
            self.engine.control("set_vm", seen["vmid"], status=status)
        elif how == "memory":
            self.engine.control("set_vm", seen["vmid"], config={"memory": "768"})
        else:
            self.engine.control("remove_vm", seen["vmid"])

    def unmark(self, instance: str) -> None:
        seen = self.eyes.inspect(instance)
        lines = [line for line in seen["config"]["description"].splitlines() if not line.startswith("rightscope.")]
        tags = [tag for tag in seen["config"]["tags"].split(";") if tag != "rightscope"]
        config = {"description": "\n".join(lines), "tags": ";".join(tags)}
        self.engine.control("set_vm", seen["vmid"], config=config)

    def put_stranger(self, name: str) -> None:
        taken = {vm["vmid"] for vm in self.engine.control("vms")}
        free = next(number for number in range(150, 200) if number not in taken)
        config = {"memory": "512", "cores": 1}
        self.engine.control("add_vm", free, name, node="pve1", status="running", config=config)

    can_be_full = True

    def fill(self) -> None:
        self.engine.control("set_storage", "local-lvm", total=2**20)

    def empty(self) -> None:
        self.engine.control("set_storage", "local-lvm", total=2**40)

    def shown(self) -> str:
        keys = ("description", "tags", "name")
        return json.dumps(
            [{key: self.eyes.inspect(name)["config"].get(key) for key in keys} for name in self.eyes.names()]
        )


@dataclass
class Played:
    """What the tasks of a play returned, and all that was printed."""

    results: list[dict[str, t.Any]] = field(repr=False)
    output: str = field(repr=False)


class World:
    """Grounds, and a place for plays. ``log`` tells what was done since ``clear``."""

    def __init__(self, directory: Path, collections: Path, grounds: list[Ground], *, may_kill: bool) -> None:
        self.directory, self.collections, self.may_kill = directory, collections, may_kill
        self.grounds = {ground.name: ground for ground in grounds}
        self.log: list[str] = []
        self.failed: list[str] | None = None
        """The steps that led to the last failure, and its traceback."""
        self.plays = 0
        self._home = directory / "home"

    def clear(self) -> None:
        """Nothing is anywhere, and no engine has a fault."""
        for ground in self.grounds.values():
            ground.revive()
            ground.eyes.clear()
        shutil.rmtree(self.directory, ignore_errors=True)
        self._home.mkdir(parents=True)
        self.log.clear()

    def tell(self, text: str) -> None:
        """Note a step."""
        self.log.append(text)
        with self.directory.with_name("steps").open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%T')} {text}\n")

    def keep(self, fault: str) -> None:
        """Keep a failure, with the plays that led to it."""
        self.failed = [*self.log, "", fault]
        shutil.copytree(self.directory, self.kept, dirs_exist_ok=True)

    @property
    def kept(self) -> Path:
        """Where the plays of the last failure are."""
        return self.directory.with_name("failed")

    def play(self, tasks: list[dict[str, t.Any]], *, looks: Mapping[int, Callable[[], object]] | None = None) -> Played:
        """Run tasks in one play, each of which may fail. A look is made before the task of its position."""
        with _asked(looks or {}) as address:
            number, command = self._written(tasks, address, looks or {})
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                errors="replace",
                env=self._variables(),
                cwd=self.directory,
                timeout=LONGEST,
                check=False,
                start_new_session=True,
            )
        return self._read(number, done.stdout + done.stderr)

    def begun(self, task: dict[str, t.Any], *, home: str = "home") -> tuple[int, subprocess.Popen]:
        """A play that has begun, as of a controller of its own where ``home`` is another one."""
        number, command = self._written([task], "", {})
        with (self.directory / f"out{number}").open("w") as out:
            variables = {**self._variables(), "ANSIBLE_HOME": str(self.directory / home)}
            return number, subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, env=variables, cwd=self.directory, start_new_session=True
            )

    def ended(self, number: int, begun: subprocess.Popen) -> Played | None:
        """What came of it; None where it came to no end."""
        try:
            begun.wait(LONGEST)
        except subprocess.TimeoutExpired:
            end(begun)
            raise AssertionError(f"A play did not end in {LONGEST:.0f} s.") from None
        output = (self.directory / f"out{number}").read_text(encoding="utf-8", errors="replace")
        if not (self.directory / f"answer{number}.json").exists():
            return Played([], output)
        return self._read(number, output)

    def _variables(self) -> dict[str, str]:
        return _environment(
            self.collections,
            ANSIBLE_HOME=str(self._home),
            ANSIBLE_REMOTE_TMP=str(self._home / "tmp"),
            ANSIBLE_LOG_PATH=str(self._home / "ansible.log"),
        )

    def _written(
        self, tasks: list[dict[str, t.Any]], address: str, looks: Mapping[int, object]
    ) -> tuple[int, list[str]]:
        self.plays += 1
        number = self.plays
        names = [f"answer{position}" for position in range(len(tasks))]
        for position, (task, name) in enumerate(zip(tasks, names, strict=True)):
            task.update(register=name, ignore_errors=True, diff=True)
            if position in looks:
                # A condition is evaluated by the controller itself, which costs no task.
                task["when"] = f"lookup('ansible.builtin.url', '{address}/{position}', use_proxy=false) == 'done'"
        answer = self.directory / f"answer{number}.json"
        keep = {"content": f"{{{{ [{', '.join(names)}] | to_json }}}}", "dest": str(answer), "mode": "0600"}
        last = {"ansible.builtin.copy": keep, "check_mode": False, "diff": False, "no_log": True}
        play = {
            "name": "A step",
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "tasks": [*tasks, last],
        }
        (self.directory / f"play{number}.yml").write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
        hosts = {name: ground.variables for name, ground in self.grounds.items()}
        inventory = json.dumps({"rightscope_targets": {"hosts": hosts}})
        (self.directory / "inventory.yml").write_text(inventory, encoding="utf-8")
        return number, [str(SCRIPTS / "ansible-playbook"), "-i", "inventory.yml", f"play{number}.yml", "-vvv"]

    def _read(self, number: int, output: str) -> Played:
        answer = self.directory / f"answer{number}.json"
        (self.directory / f"out{number}").write_text(output, encoding="utf-8")
        if not answer.exists():
            raise AssertionError(f"Play {number} came to no end:\n{output[-4000:]}")
        return Played(json.loads(answer.read_text(encoding="utf-8")), output)

    def secrets_shown(self, output: str) -> list[str]:
        """Where the sentinel is that nobody may see."""
        found = ["the output"] if SENTINEL in output else []
        # Of what a play leaves behind.
        for path in self._home.rglob("*"):
            with contextlib.suppress(OSError):
                if path.is_file() and SENTINEL.encode() in path.read_bytes():
                    found.append(str(path.relative_to(self.directory)))
        return found + [name for name, ground in self.grounds.items() if SENTINEL in ground.shown()]


def end(begun: subprocess.Popen) -> None:
    """Kill a controller with all its forks; a module that still runs is in its group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(begun.pid, signal.SIGKILL)
    begun.wait()


@contextlib.contextmanager
def _asked(looks: Mapping[int, Callable[[], object]]) -> Iterator[str]:
    """An address where each path runs something in this process."""
    if not looks:
        yield ""
        return

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            looks[int(self.path.lstrip("/"))]()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"done")

        def log_message(self, *_args: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def own_engines(directory: Path) -> Iterator[list[Ground]]:
    """Engines that nobody else has, so that they may be killed."""
    grounds: list[Ground] = []
    try:
        for name, kind, ground in (
            ("dock1", docker, docker_ground),
            ("dock2", docker, docker_ground),
            ("lab", lxd, lxd_ground),
            ("inc", incus, lxd_ground),
        ):
            room = _room(directory / name)
            grounds.append(ground(name, kind.start(room), room))
        grounds.append(ProxmoxGround("pve", engine := pve.start(directory / "pve"), ProxmoxEyes(engine)))
        yield grounds
    finally:
        for ground in grounds:
            ground.resume()
            ground.engine.stop()


def _room(path: Path) -> Path:
    """A small file system in memory; an engine that is stopped unmounts what is in its directory."""
    path.mkdir()
    _common.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=0711", "tmpfs", str(path)])
    return path


def docker_ground(name: str, engine: t.Any, room: Path | None = None) -> Ground:
    """A Docker engine with its image."""
    docker.busybox_image(engine.docker_host, DOCKER_IMAGE)
    return DockerGround(name, engine, DockerEyes(engine), room=room)


def lxd_ground(name: str, engine: t.Any, room: Path | None = None) -> Ground:
    """An LXD or Incus server with its image."""
    lxd.busybox_image(engine.lxd_dir, LXD_IMAGE)
    return LxdGround(name, engine, LxdEyes(engine), room=room)


def after(seconds: float, act: Callable[[], object]) -> threading.Timer:
    """Do something in a while."""
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()
    return timer


def wait(seconds: float, begun: subprocess.Popen) -> None:
    """Until a moment of a play, or its end."""
    deadline = time.monotonic() + seconds
    while begun.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
