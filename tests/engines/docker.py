# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private Docker engine: a dockerd with data, socket and bridge of its own, beside any other."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from . import _common, certificates
from ._common import EngineError, Process, Stoppable

PAGE = _common.page("One process", "This page comes from an application container.")


@dataclass(frozen=True)
class Engine(Stoppable):
    """A running dockerd."""

    directory: str
    socket: str
    bridge: str
    network: str
    process: Process
    port: int = 0
    kind: str = "docker"

    @property
    def docker_host(self) -> str:
        """Its address, as ``docker_host`` of the community.docker modules takes it."""
        return f"unix://{self.socket}"

    @property
    def options(self) -> dict[str, str]:
        """Its address as an inventory's ``rightscope_options``."""
        return {"docker_host": self.docker_host}

    @property
    def tls_options(self) -> dict[str, str | bool]:
        """Its address on 127.0.0.1, where it was started ``tls``, with what is needed to be let in."""
        tls = _tls(Path(self.directory))
        return {
            "docker_host": f"tcp://{certificates.ADDRESS}:{self.port}",
            "validate_certs": True,
            "ca_path": f"{tls}/authority.crt",
            "client_cert": f"{tls}/client.crt",
            "client_key": f"{tls}/client.key",
        }

    @property
    def log(self) -> Path:
        """Where it writes what it does."""
        return Path(self.directory) / "dockerd.log"

    def stop(self) -> None:
        """End it and remove all it made: containers, bridge, mounts, control groups, files."""
        directory = Path(self.directory)
        if self.process.alive:
            _remove_containers(self.docker_host)
            self.process.end(timeout=30)
        for process in reversed(_common.processes_in(directory)):
            process.end(timeout=3)
        _common.remove_bridge(self.bridge)
        _common.remove_cgroups(self.bridge)
        _common.remove_tree(directory)


def start(directory: str | Path, key: str | Path | None = None, tls: bool = False) -> Engine:
    """Start a dockerd that keeps everything in ``directory``; with ``tls`` it listens on 127.0.0.1 as well.

    Engines of version 20 that are given the same ``key`` file report the same ID, as two on one machine usually do.
    """
    _common.need_root("Docker")
    if not shutil.which("dockerd"):
        raise EngineError("There is no 'dockerd' here; install Docker (Debian: docker.io), or run the step 'packages'.")
    path, socket = _common.prepare(directory, "docker.sock")
    name = _common.bridge_name()
    try:
        with _common.network_lock():
            network = _common.free_network()
            _common.make_bridge(name, network)
        config = path / "daemon.json"
        config.write_text(json.dumps(_configuration(path, key)), encoding="utf-8")
        port = _common.free_port() if tls else 0
        arguments = [*_arguments(path, socket, name), *(_tls_arguments(path, port) if tls else ())]
        process = _common.spawn(arguments, path / "dockerd.log")
    except EngineError:
        _common.remove_bridge(name)
        _common.remove_tree(path)
        raise
    engine = Engine(str(path), str(socket), name, str(network), process, port)
    try:
        _common.await_ready("Docker", process, lambda: _answers(str(socket)), engine.log, 60)
    except EngineError:
        engine.stop()
        raise
    return engine


def _configuration(path: Path, key: str | Path | None) -> dict:
    """The daemon's file: without one it would read /etc/docker/daemon.json, which is the system's."""
    if " 20." in _common.run(["dockerd", "--version"]):
        # Else the ID is kept in /etc/docker/key.json; engines after 20.10 keep it in their data and refuse the option.
        return {"deprecated-key-path": str(key or path / "key.json")}
    return {}


def _arguments(path: Path, socket: Path, bridge: str) -> list[str]:
    """The command line of a dockerd that shares nothing with another one."""
    return [
        "dockerd",
        f"--config-file={path}/daemon.json",
        f"--data-root={path}/data",
        f"--exec-root={path}/exec",
        f"--pidfile={path}/dockerd.pid",
        f"--host=unix://{socket}",
        f"--bridge={bridge}",
        # A second dockerd rewrites the chains of the first. Published ports are served by the userland proxy.
        "--iptables=false",
        "--ip6tables=false",
        "--ip-masq=false",
        "--ip-forward=false",
        # A containerd of the system, if one runs, is used by all: names of our own keep the containers apart.
        f"--containerd-namespace={bridge}",
        f"--containerd-plugins-namespace=plugins.{bridge}",
        "--exec-opt=native.cgroupdriver=cgroupfs",
        f"--cgroup-parent=/{bridge}",
        "--shutdown-timeout=3",
    ]


def _tls(directory: Path) -> Path:
    """Where its certificates are."""
    return directory / "tls"


def _tls_arguments(path: Path, port: int) -> list[str]:
    """The command line's part for a second address, for clients with a certificate of an authority of our own."""
    directory = _tls(path)
    authority = certificates.authority(directory)
    server = certificates.server(directory, authority)
    certificates.client(directory, authority)
    return [
        f"--host=tcp://{certificates.ADDRESS}:{port}",
        "--tlsverify",
        f"--tlscacert={authority.certificate}",
        f"--tlscert={server.certificate}",
        f"--tlskey={server.key}",
    ]


def _answers(socket: str) -> bool:
    """Whether a Docker engine answers on the socket."""
    try:
        return _common.call(socket, "GET", "/_ping", timeout=5)[0] == 200
    except EngineError:
        return False


def _socket_of(docker_host: str) -> str:
    """The path in ``unix://PATH``."""
    scheme, _sign, path = docker_host.partition("://")
    if scheme != "unix" or not path:
        raise EngineError(f"'{docker_host}' is not the address of a local engine; give unix:///path/to/docker.sock.")
    return path


def _remove_containers(docker_host: str) -> None:
    """Remove every container, so that none makes the daemon wait for it."""
    socket = _socket_of(docker_host)
    try:
        _status, found = _common.call(socket, "GET", "/containers/json?all=1")
        for container in found:
            _common.call(socket, "DELETE", f"/containers/{container['Id']}?force=1&v=1")
    except EngineError:
        return


def busybox_image(
    docker_host: str, tag: str, text: str = PAGE, command: list[str] | None = None, labels: dict[str, str] | None = None
) -> str:
    """Make an image of a web server out of this machine's busybox, unless it is there; returns its ID.

    ``tag`` is its name and tag, ``text`` the page it serves on port 80, ``command`` what it runs instead.
    """
    socket = _socket_of(docker_host)
    status, image = _common.call(socket, "GET", f"/images/{urllib.parse.quote(tag, safe='/:')}/json")
    if status == 200:
        return image["Id"]
    name = tag if ":" in tag.rsplit("/", 1)[-1] else f"{tag}:latest"
    config = _image_config(command, labels or {})
    # Not 'docker import': the engine of Debian 12 refuses STOPSIGNAL there.
    status, answer = _common.call(
        socket,
        "POST",
        "/images/load?quiet=1",
        body=_image_archive(name, config, _root_archive(text)),
        headers={"Content-Type": "application/x-tar"},
    )
    status, image = _common.call(socket, "GET", f"/images/{urllib.parse.quote(name, safe='/:')}/json")
    if status != 200:
        raise EngineError(f"Docker on '{socket}' did not take the image '{name}': {answer}")
    return image["Id"]


def _image_config(command: list[str] | None, labels: dict[str, str]) -> dict:
    """What a container of the image runs."""
    return {
        "Cmd": command or ["/bin/httpd", "-f", "-p", "80", "-h", "/www"],
        "ExposedPorts": {"80/tcp": {}},
        "Env": ["PATH=/bin"],
        # busybox httpd ignores SIGTERM as PID 1, which would make every stop take ten seconds.
        "StopSignal": "SIGKILL",
        "Labels": labels,
    }


def _image_archive(name: str, config: dict, layer: bytes) -> bytes:
    """An image of one layer, as 'docker save' writes it."""
    image = json.dumps(
        {
            "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(_common.architecture(), _common.architecture()),
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
        }
    ).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]).encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path, data in (("config.json", image), ("layer.tar", layer), ("manifest.json", manifest)):
            _file(archive, path, data)
    return out.getvalue()


def _root_archive(text: str) -> bytes:
    """A root file system of busybox with a page, as tar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in ("bin", "etc", "www", "tmp", "var"):
            _directory(archive, name)
        archive.add(_common.busybox(), arcname="bin/busybox", filter=_as_root)
        for applet in _common.applets():
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
        for name, content in (
            ("www/index.html", text),
            ("etc/passwd", "root:x:0:0:root:/:/bin/sh\n"),
            ("etc/group", "root:x:0:\n"),
        ):
            _file(archive, name, content.encode())
    return out.getvalue()


def _file(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    """Add a file."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o644
    archive.addfile(entry, io.BytesIO(data))


def _directory(archive: tarfile.TarFile, name: str) -> None:
    """Add an empty directory."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
    archive.addfile(entry)


def _as_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """The entry with root as its owner and a mode that everybody can run."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mode, entry.mtime = 0o755, 0
    return entry
