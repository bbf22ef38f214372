# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""pytest fixtures: engines for the session, each started when first asked for.

Load them with ``pytest_plugins = ["tests.engines.fixtures"]`` in the conftest.py at the root of the repository.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from . import _common, docker, incus, lxd, lxd_cluster, packages, sshd
from . import pve as proxmox
from ._common import EngineError, Process

PREFIX = "rs-engines-"
KINDS = {
    "docker": docker,
    "incus": incus,
    "lxd": lxd,
    "lxd_cluster": lxd_cluster,
    "proxmox": proxmox,
    "sshd": sshd,
}

# One process, which finds again what it had: the stand-in for Proxmox VE keeps all in memory, a cluster is several.
LASTING = ("docker", "incus", "lxd")

_running: dict[str, object] = {}


def _base() -> Path:
    """Where engines go: short, since the path of a socket must be."""
    return Path(os.environ.get("RIGHTSCOPE_ENGINES_DIR", "/tmp"))


def _sweep(base: Path) -> None:
    """Stop what a session that was killed has left."""
    for directory in base.glob(PREFIX + "*"):
        try:
            owner = Process(**json.loads((directory / "owner.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            continue
        if owner.alive:
            continue
        for file in directory.glob("*.json"):
            state = json.loads(file.read_text(encoding="utf-8"))
            if "kind" in state:
                KINDS[state["kind"]].Engine.from_state(state).stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def engines_directory():
    """A short directory for the session's engines; it is empty again when the session ends."""
    base = _base()
    _sweep(base)
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    directory.chmod(0o711)
    owner = directory / "owner.json"
    owner.write_text(json.dumps(Process.of(os.getpid()).__dict__), encoding="utf-8")
    yield directory
    owner.unlink(missing_ok=True)
    left = sorted(path.name for path in directory.iterdir())
    shutil.rmtree(directory, ignore_errors=True)
    assert not left, f"engines left files behind: {left}"


def _engine(kind: str, directory: Path, *, name: str | None = None, needs: tuple[str, ...] = (), **options):
    """Start an engine, note it for a sweep, and stop it whatever happens; its leftovers fail the session."""
    name = name or kind
    try:
        packages.ensure([kind, *needs])
        engine = KINDS[kind].start(directory / name, **options)
    except EngineError as error:
        if os.environ.get("RIGHTSCOPE_ENGINES_REQUIRED"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    note = directory / f"{name}.json"
    note.write_text(json.dumps(engine.state()), encoding="utf-8")
    note.chmod(0o600)
    _running[name] = engine
    try:
        yield engine
    finally:
        del _running[name]
        engine.stop()
        note.unlink(missing_ok=True)
        left = leftovers(engine.directory, getattr(engine, "bridge", None))
        assert not left, f"{name} left behind: {left}"


def revive() -> list[str]:
    """Start the engines again that ended though nobody stopped them; how each ended, with its last words."""
    told = []
    for name, engine in _running.items():
        if engine.kind not in LASTING or engine.process.alive:
            continue
        told.append(f"{name} ended by itself, with status {engine.process.status}: {_common.tail(engine.log, 15)}")
        again = _common.spawn_again(engine.process)
        _common.await_ready(name, again, lambda engine=engine: _answers(engine.socket), engine.log, 60)
        # It is a value everywhere but here.
        object.__setattr__(engine, "process", again)
    return told


def _answers(socket: str) -> bool:
    try:
        return _common.call(socket, "GET", "/version", timeout=5)[0] < 500
    except EngineError:
        return False


@pytest.fixture(scope="session")
def docker_engine(engines_directory):
    """A private Docker engine: ``docker_host``, ``options``, ``socket``."""
    yield from _engine("docker", engines_directory)


@pytest.fixture(scope="session")
def lxd_engine(engines_directory):
    """A private LXD server: ``url``, ``options``, ``socket``, ``lxd_dir``."""
    yield from _engine("lxd", engines_directory)


@pytest.fixture(scope="session")
def other_docker_engine(engines_directory, docker_engine):
    """A second Docker engine, which is reached over TLS as well: ``tls_options``. It tells the ID of the first."""
    key = Path(docker_engine.directory) / "key.json"
    yield from _engine("docker", engines_directory, name="docker2", needs=("tls",), key=key, tls=True)


@pytest.fixture(scope="session")
def other_lxd_engine(engines_directory):
    """A second LXD server, which is reached over https as well: ``https_options``."""
    yield from _engine("lxd", engines_directory, name="lxd2", needs=("tls",), https=True)


@pytest.fixture(scope="session")
def lxd_cluster_engine(engines_directory, lxd_engine):
    """An LXD cluster of two members: ``options``, ``members``. Its instances are on the first server's bridge."""
    yield from _engine("lxd_cluster", engines_directory, bridge=lxd_engine.bridge)


@pytest.fixture(scope="session")
def incus_engine(engines_directory):
    """A private Incus server, which is asked as LXD is."""
    yield from _engine("incus", engines_directory)


@pytest.fixture(scope="session")
def ssh_server(engines_directory, docker_engine):
    """An sshd of this machine: ``variables``. Who logs in finds the first Docker engine."""
    environment = {"DOCKER_HOST": docker_engine.docker_host}
    yield from _engine("sshd", engines_directory, environment=environment)


@pytest.fixture(scope="session")
def pve(engines_directory):
    """A stand-in Proxmox VE server: ``options``, ``poor_options``, ``control(call, ...)``."""
    python = os.environ.get("RIGHTSCOPE_FAKEPVE_PYTHON")
    yield from _engine("proxmox", engines_directory, **({"python": python} if python else {}))


def leftovers(directory: str | Path, bridge: str | None = None) -> list[str]:
    """What an engine left: processes, bridge, mounts and files. Empty is as it should be."""
    path = Path(directory)
    found = [f"process {process.pid}" for process in _common.processes_in(path)]
    found += [f"mount {point}" for point in _common.mounts_in(path)]
    found += [f"bridge {name}" for name in _common.bridges() if name == bridge]
    return found + ([f"files in {path}"] if path.exists() else [])
