# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The collection as its users have it: built, installed, and run by ansible-playbook against real engines.

A test asks the engine itself what is there; what a task returned is only ever one side of a comparison.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from _pytest.runner import runtestprotocol

from tests.engines import docker, fixtures, lxd

from .looking import DockerEyes, LxdEyes, ProxmoxEyes

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS = Path(sys.executable).parent
PAGE = "rightscope-test-page"
DOCKER_IMAGE = "rightscope-test/web:1"
LXD_IMAGE = "rightscope-test/system"
PARAMIKO = "5.1.0"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem) -> bool:
    """Run a test once more where it failed while an engine ended that nobody had stopped, and tell that it did."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if any(report.failed for report in reports):
        ended = fixtures.revive()
        if ended:
            warnings.warn(pytest.PytestWarning(f"{item.nodeid} was run again: {'; '.join(ended)}"), stacklevel=1)
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.fixture(scope="session")
def collections(tmp_path_factory) -> Path:
    """Where the collection is installed, from the tarball that its users get."""
    out = tmp_path_factory.mktemp("build")
    path = tmp_path_factory.mktemp("collections")
    galaxy = [str(SCRIPTS / "ansible-galaxy"), "collection"]
    quiet = {"capture_output": True, "cwd": REPOSITORY, "env": _environment(path)}
    subprocess.run([*galaxy, "build", "--output-path", str(out)], check=True, **quiet)
    (tarball,) = out.glob("rightscope-deploy-*.tar.gz")
    subprocess.run([*galaxy, "install", "--offline", "--no-deps", str(tarball), "-p", str(path)], check=True, **quiet)
    return path


def _environment(collections: Path, **more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "PYTHONPATH"))}
    return {
        **kept,
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        # Nothing is left in the home directory of whoever runs the tests.
        "ANSIBLE_HOME": str(collections / "home"),
        "ANSIBLE_REMOTE_TMP": str(collections / "home" / "tmp"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_DEVEL_WARNING": "0",
        "LC_ALL": "C.UTF-8",
        **more,
    }


@dataclass
class Outcome:
    """What a task returned, and all that Ansible printed while it ran."""

    result: dict = field(repr=False)
    output: str

    def __getitem__(self, key):
        return self.result[key]

    def get(self, key, default=None):
        return self.result.get(key, default)


class Playbook:
    """Runs one task at a time in a play on a host that has nothing to do with the targets."""

    def __init__(self, directory: Path, collections: Path, hosts: dict[str, dict]) -> None:
        self.directory, self.collections = directory, collections
        self._count = itertools.count(1)
        self.hosts = hosts

    def run(
        self,
        module: str,
        args: dict,
        *flags: str,
        hosts: dict[str, dict] | None = None,
        environment=None,
        keywords: dict | None = None,
    ) -> Outcome:
        """``keywords`` are the task's own, such as ``until``."""
        number = next(self._count)
        answer = self.directory / f"answer{number}.json"
        playbook = self.directory / f"play{number}.yml"
        inventory = self.directory / f"inventory{number}.json"
        # YAML: of JSON, Ansible does not remember lines.
        book = _play(module, args, answer)
        book[0]["tasks"][0].update(keywords or {})
        playbook.write_text(yaml.safe_dump(book), encoding="utf-8")
        targets = {"hosts": self.hosts if hosts is None else hosts}
        inventory.write_text(json.dumps({"rightscope_targets": targets}), encoding="utf-8")
        done = subprocess.run(
            [str(SCRIPTS / "ansible-playbook"), "-i", str(inventory), str(playbook), *flags],
            capture_output=True,
            text=True,
            env=_environment(self.collections, **(environment or {})),
            cwd=self.directory,
            timeout=240,
            check=False,
        )
        output = done.stdout + done.stderr
        if not answer.exists():
            raise AssertionError(f"The play came to no end:\n{output}")
        return Outcome(json.loads(answer.read_text(encoding="utf-8")), output)

    def tasks(
        self,
        *tasks: tuple[str, dict] | tuple[str, dict, dict],
        flags: tuple[str, ...] = (),
        environment: dict[str, str | None] | None = None,
        inventory: str | None = None,
    ) -> list[Outcome]:
        """
        What several tasks returned, one after the other in one play: that takes far less time than a play for each.

        Each is the name of one of our modules, its arguments, and keywords of the task such as ``check_mode``.
        A variable that is None is not in the environment.
        """
        number = next(self._count)
        answer = self.directory / f"answers{number}.json"
        (play,) = _play("", {}, answer)
        names = [f"answer{position}" for position in range(len(tasks))]
        play["tasks"][:1] = [
            {"name": f"Task {name}", f"rightscope.deploy.{module}": args, "register": name, "ignore_errors": True}
            | (keywords[0] if keywords else {})
            for name, (module, args, *keywords) in zip(names, tasks, strict=True)
        ]
        play["vars"]["answer"] = f"{{{{ [{', '.join(names)}] }}}}"
        (self.directory / f"plays{number}.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
        text = inventory or json.dumps({"rightscope_targets": {"hosts": self.hosts}})
        (self.directory / f"inventory{number}.yml").write_text(text, encoding="utf-8")
        variables = {**_environment(self.collections), **(environment or {})}
        done = subprocess.run(
            [str(SCRIPTS / "ansible-playbook"), "-i", f"inventory{number}.yml", f"plays{number}.yml", *flags],
            capture_output=True,
            text=True,
            env={name: value for name, value in variables.items() if value is not None},
            cwd=self.directory,
            timeout=240,
            check=False,
        )
        output = done.stdout + done.stderr
        if not answer.exists():
            raise AssertionError(f"The play came to no end:\n{output}")
        return [Outcome(result, output) for result in json.loads(answer.read_text(encoding="utf-8"))]

    def service(self, *flags: str, hosts: dict[str, dict] | None = None, **args) -> Outcome:
        return self.run("rightscope.deploy.service", args, *flags, hosts=hosts)

    def killed_after(self, seconds: float, **args) -> None:
        """Begin the task, and end the controller with all its forks in the midst of it; it may be done by then."""
        number = next(self._count)
        play = _play("rightscope.deploy.service", args, self.directory / f"answer{number}.json")
        (self.directory / f"killed{number}.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
        inventory = {"rightscope_targets": {"hosts": self.hosts}}
        (self.directory / f"killed{number}.json").write_text(json.dumps(inventory), encoding="utf-8")
        begun = subprocess.Popen(
            [str(SCRIPTS / "ansible-playbook"), "-i", f"killed{number}.json", f"killed{number}.yml"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(self.collections),
            cwd=self.directory,
            start_new_session=True,
        )
        with suppress(subprocess.TimeoutExpired):
            begun.wait(seconds)
        # Its group outlives it where a module still runs.
        with suppress(ProcessLookupError):
            os.killpg(begun.pid, signal.SIGKILL)
        begun.wait()

    def everywhere(self, count: int, **args) -> list[Outcome]:
        """The same task for several hosts of one play at once."""
        play = _play("rightscope.deploy.service", args, self.directory / "answer-{{ inventory_hostname }}.json")
        play[0]["hosts"] = "many"
        names = [f"many{number}" for number in range(count)]
        inventory = {
            "rightscope_targets": {"hosts": self.hosts},
            "many": {"hosts": {name: {"ansible_connection": "local"} for name in names}},
        }
        (self.directory / "many.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
        (self.directory / "many.json").write_text(json.dumps(inventory), encoding="utf-8")
        done = subprocess.run(
            [str(SCRIPTS / "ansible-playbook"), "-i", "many.json", "many.yml", "--forks", str(count)],
            capture_output=True,
            text=True,
            env=_environment(self.collections),
            cwd=self.directory,
            timeout=240,
            check=False,
        )
        answers = [self.directory / f"answer-{name}.json" for name in names]
        return [Outcome(json.loads(one.read_text(encoding="utf-8")), done.stdout + done.stderr) for one in answers]

    def info(self, *flags: str, hosts: dict[str, dict] | None = None, **args) -> Outcome:
        return self.run("rightscope.deploy.service_info", args, *flags, hosts=hosts)


def _play(module: str, args: dict, answer: Path) -> list[dict]:
    keep = {"content": "{{ answer | ansible.builtin.to_json }}", "dest": str(answer), "mode": "0600"}
    return [
        {
            "name": "Run one task",
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "tasks": [
                {"name": "The task", module: args, "register": "answer", "ignore_errors": True},
                {
                    "name": "Its answer",
                    "ansible.builtin.copy": keep,
                    "check_mode": False,
                    "diff": False,
                    "no_log": True,
                },
            ],
        }
    ]


@pytest.fixture(scope="session")
def docker_target(docker_engine) -> dict:
    docker.busybox_image(docker_engine.docker_host, DOCKER_IMAGE, text=PAGE)
    return _local("docker", docker_engine.options)


@pytest.fixture(scope="session")
def lxd_target(lxd_engine) -> dict:
    lxd.busybox_image(lxd_engine.lxd_dir, LXD_IMAGE, text=PAGE)
    return _local("lxd", lxd_engine.options)


@pytest.fixture(scope="session")
def pve_target(pve) -> dict:
    return _local("proxmox", pve.options)


def _local(kind: str, options: dict) -> dict:
    return {"ansible_connection": "local", "rightscope_kind": kind, "rightscope_options": options}


@pytest.fixture(scope="session")
def tls_target(other_docker_engine) -> dict:
    """A Docker engine that is asked over TLS."""
    docker.busybox_image(other_docker_engine.docker_host, DOCKER_IMAGE, text=PAGE)
    return _local("docker", other_docker_engine.tls_options)


@pytest.fixture(scope="session")
def https_target(other_lxd_engine) -> dict:
    """An LXD server that is asked over https."""
    lxd.busybox_image(other_lxd_engine.lxd_dir, LXD_IMAGE, text=PAGE)
    return _local("lxd", other_lxd_engine.https_options)


@pytest.fixture(scope="session")
def incus_target(incus_engine) -> dict:
    """An Incus server, asked through its socket."""
    lxd.busybox_image(incus_engine.lxd_dir, LXD_IMAGE, text=PAGE)
    return _local("lxd", incus_engine.options)


@pytest.fixture(scope="session")
def cluster_target(lxd_cluster_engine) -> dict:
    """An LXD cluster, asked through its first member's socket."""
    lxd.busybox_image(lxd_cluster_engine.lxd_dir, LXD_IMAGE, text=PAGE)
    return _local("lxd", lxd_cluster_engine.options)


@pytest.fixture(scope="session")
def node(ssh_server) -> dict:
    """The variables of a managed node that Ansible reaches over ssh; its modules run in the tests' own Python."""
    return {**ssh_server.variables, "ansible_python_interpreter": sys.executable}


@pytest.fixture(scope="session")
def paramiko() -> str:
    """A directory for PYTHONPATH with paramiko: the Docker SDK needs it for ssh://, and nothing else does."""
    path = REPOSITORY / ".cache" / f"paramiko-{PARAMIKO}-{sys.version_info[0]}.{sys.version_info[1]}"
    if not path.exists():
        made = path.with_name(f"{path.name}.{os.getpid()}")
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(made), f"paramiko=={PARAMIKO}"]
        subprocess.run(install, check=True, capture_output=True)
        # Another process may have been quicker.
        with suppress(OSError):
            made.rename(path)
        shutil.rmtree(made, ignore_errors=True)
    return str(path)


@pytest.fixture
def play(tmp_path, collections, docker_target, lxd_target, pve_target) -> Playbook:
    """Plays with three targets, one of each kind."""
    return Playbook(tmp_path, collections, {"dock1": docker_target, "lab": lxd_target, "pve": pve_target})


@pytest.fixture
def docker_eyes(docker_engine) -> Iterator[DockerEyes]:
    yield from _emptied(DockerEyes(docker_engine))


@pytest.fixture
def lxd_eyes(lxd_engine) -> Iterator[LxdEyes]:
    yield from _emptied(LxdEyes(lxd_engine))


@pytest.fixture
def pve_eyes(pve) -> Iterator[ProxmoxEyes]:
    yield from _emptied(ProxmoxEyes(pve))


@pytest.fixture
def tls_eyes(other_docker_engine) -> Iterator[DockerEyes]:
    yield from _emptied(DockerEyes(other_docker_engine))


@pytest.fixture
def https_eyes(other_lxd_engine) -> Iterator[LxdEyes]:
    yield from _emptied(LxdEyes(other_lxd_engine))


@pytest.fixture
def incus_eyes(incus_engine) -> Iterator[LxdEyes]:
    yield from _emptied(LxdEyes(incus_engine))


@pytest.fixture
def cluster_eyes(lxd_cluster_engine) -> Iterator[LxdEyes]:
    yield from _emptied(LxdEyes(lxd_cluster_engine))


def _emptied(eyes) -> Iterator:
    """Each test starts with empty engines, and leaves them so."""
    eyes.clear()
    yield eyes
    eyes.clear()


@dataclass(frozen=True)
class Case:
    """A service that can go into one form only, and how that form's engine is asked."""

    form: str
    target: str
    scope: str
    args: dict
    eyes: object


@pytest.fixture(params=["docker_container", "lxd_container", "proxmox_vm"])
def case(request, docker_eyes, lxd_eyes, pve_eyes) -> Case:
    """The same test for every form."""
    return {
        "docker_container": Case(
            "docker_container",
            "dock1",
            "application",
            {
                "requirements": {"memory": "64 MiB", "cpus": 0.5},
                "as": {"docker_container": {"image": DOCKER_IMAGE, "env": {"GREETING": "hello"}}},
            },
            docker_eyes,
        ),
        "lxd_container": Case(
            "lxd_container",
            "lab",
            "system",
            {
                "requirements": {"memory": "96 MiB", "cpus": 1, "processes": 3, "init": True},
                "as": {
                    "lxd_container": {
                        "source": {"type": "image", "alias": LXD_IMAGE},
                        "config": {"boot.autostart": False},
                    }
                },
            },
            lxd_eyes,
        ),
        "proxmox_vm": Case(
            "proxmox_vm",
            "pve",
            "machine",
            {
                "requirements": {"memory": "1 GiB", "cpus": 2, "disk": "20 GiB", "kernel": {"own": True}},
                "as": {"proxmox_vm": {"clone": "debian-12-cloud", "onboot": True}},
            },
            pve_eyes,
        ),
    }[request.param]
