# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What './quickstart --clean' removes of the machine's packages, with an apt that only plays, and real processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.engines import __main__ as engines
from tests.engines import _common, machine

APT = '''#!{python} -IS
"""A system of a few packages, in a file; each command is written down."""
import json, os, sys
where = os.path.dirname(os.path.abspath(__file__))
system = json.load(open(where + "/system.json"))
words = [word for word in sys.argv[1:] if not word.startswith("-") and "::" not in word]
if sys.argv[0].endswith("dpkg-query"):
    if sys.argv[1] == "-L":
        print("\\n".join(system[sys.argv[2]]["files"]))
    else:
        print("\\n".join(f"ii  {{name}}" for name in system))
    sys.exit()
gone = set(words[1:]) if words[0] == "purge" else set()
needed = {{one for name in system for one in system[name]["depends"]}}
if words[0] == "autoremove":
    gone = {{name for name in system if system[name].get("automatic") and name not in needed}}
while more := {{name for name in system if gone & set(system[name]["depends"])}} - gone:
    gone |= more
if "--simulate" in sys.argv:
    print("\\n".join(f"Purg {{name}} [1]" for name in sorted(gone)))
else:
    with open(where + "/purged", "a") as log:
        log.write("".join(f"{{name}}\\n" for name in sorted(gone)))
    json.dump({{name: system[name] for name in system if name not in gone}}, open(where + "/system.json", "w"))
'''


class System:
    """Packages of an engine in a directory, and processes that run from them."""

    def __init__(self, path: Path, monkeypatch) -> None:
        self.path = path
        self.files = path / "usr" / "bin"
        self.files.mkdir(parents=True)
        self._processes: list[subprocess.Popen] = []
        for name in ("dockerd", "runc", "containerd-shim-runc-v2", "lxd"):
            shutil.copy(shutil.which("sleep"), self.files / name)
        (self.files / "wrapper").write_text("#!/bin/sh\nsleep 300\n:\n", encoding="ascii")
        (self.files / "wrapper").chmod(0o755)
        units = path / "lib" / "systemd" / "system"
        units.mkdir(parents=True)
        (units / "docker.service").touch()
        system = {
            "docker.io": (["dockerd", "wrapper", "../../lib/systemd/system/docker.service"], ["containerd"]),
            "containerd": (["containerd-shim-runc-v2"], ["runc"]),
            "runc": (["runc"], []),
            "lxd": (["lxd"], ["squashfs-tools"]),
            "squashfs-tools": ([], []),
            "iproute2": ([], []),
        }
        described = {
            name: {
                "files": [os.path.normpath(self.files / file) for file in files],
                "depends": depends,
                "automatic": name in ("containerd", "runc", "squashfs-tools"),
            }
            for name, (files, depends) in system.items()
        }
        (path / "system.json").write_text(json.dumps(described), encoding="utf-8")
        for name in ("apt-get", "dpkg-query"):
            (path / name).write_text(APT.format(python=sys.executable), encoding="utf-8")
            (path / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{path}:{os.environ['PATH']}")
        # The machine that runs the tests may have engines of its own.
        monkeypatch.setattr(machine, "SOCKETS", {})
        monkeypatch.setattr(engines, "DATA", {})
        self.record = path / "record.json"
        docker = {"asked": ["docker.io", "iproute2"], "packages": ["containerd", "docker.io", "iproute2", "runc"]}
        lxd = {"asked": ["lxd"], "packages": ["lxd", "squashfs-tools"]}
        kinds = {"docker": {**docker, "paths": []}, "lxd": {**lxd, "paths": []}}
        self.record.write_text(json.dumps(kinds), encoding="utf-8")

    def run(self, program: str) -> int:
        words = [self.files / program] + (["300"] if program != "wrapper" else [])
        begun = subprocess.Popen(words)
        self._processes.append(begun)
        return begun.pid

    def purge(self) -> list[str]:
        engines.do_purge(SimpleNamespace(record=self.record))
        log = self.path / "purged"
        return sorted(log.read_text(encoding="utf-8").split()) if log.exists() else []

    def end(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


@pytest.fixture
def system(tmp_path, monkeypatch):
    made = System(tmp_path, monkeypatch)
    yield made
    made.end()


DOCKER, LXD = ["containerd", "docker.io", "iproute2", "runc"], ["lxd", "squashfs-tools"]


def test_packages_that_nobody_runs_from_go(system):
    assert system.purge() == sorted(DOCKER + LXD)


@pytest.mark.parametrize("program", ["dockerd", "containerd-shim-runc-v2", "wrapper"])
def test_packages_stay_while_a_process_runs_from_one_of_them(system, capsys, program):
    pid = system.run(program)
    assert system.purge() == LXD
    told = capsys.readouterr().out
    assert f"docker: kept with its packages, since PID {pid} runs {system.files / program}" in told
    assert "lxd: removed lxd" in told


def test_what_was_installed_for_another_kind_stays_too(system, capsys):
    pid = system.run("lxd")
    assert system.purge() == ["containerd", "docker.io", "runc"]
    told = capsys.readouterr().out
    assert f"lxd: kept with its packages, since PID {pid} runs" in told
    assert "docker: removed docker.io and what came along" in told


def test_a_program_that_was_replaced_runs_on(system, capsys):
    pid = system.run("dockerd")
    shutil.copy(shutil.which("sleep"), system.files / "new")
    (system.files / "new").replace(system.files / "dockerd")
    assert system.purge() == LXD
    assert f"PID {pid} runs" in capsys.readouterr().out


def test_another_program_of_the_same_name_keeps_nothing(system, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(shutil.which("sleep"), elsewhere / "dockerd")
    system.run(str(elsewhere / "dockerd"))
    assert system.purge() == sorted(DOCKER + LXD)


def test_what_goes_with_its_package_keeps_nothing(system, monkeypatch):
    """A unit that the package brings, and the machine's own engine with all that it started."""
    unit, own = system.run("dockerd"), system.run("lxd")
    monkeypatch.setattr(
        engines.packages, "_units", lambda pid: ["system.slice", "docker.service"] if pid == unit else []
    )
    monkeypatch.setattr(engines, "_running", lambda kind: SimpleNamespace(others=list, socket=kind))
    monkeypatch.setattr(_common, "listener", lambda socket: own if socket == "lxd" else None)
    assert system.purge() == sorted(DOCKER + LXD)


def test_a_command_tells_who_runs_from_packages(system):
    pid = system.run("runc")
    told = subprocess.run(
        [sys.executable, "-m", "tests.engines", "runs", "runc", "containerd"],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[3],
    ).stdout
    assert told == f"PID {pid} runs {system.files / 'runc'}\n"


def test_who_listens_is_found_by_its_socket(tmp_path):
    path = tmp_path / "socket"
    code = f"import socket, time; s = socket.socket(socket.AF_UNIX); s.bind({str(path)!r}); s.listen(); time.sleep(300)"
    with subprocess.Popen([sys.executable, "-c", code]) as begun:
        try:
            deadline = time.monotonic() + 20
            while (found := _common.listener(str(path))) is None and time.monotonic() < deadline:
                time.sleep(0.02)
            assert found == begun.pid
            assert {begun.pid} == _common.with_children({begun.pid})
            assert begun.pid in _common.with_children({os.getpid()})
        finally:
            begun.kill()
    assert _common.listener(str(tmp_path / "none")) is None
