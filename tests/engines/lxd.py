# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private LXD server: a daemon with state, socket, bridge and storage of its own, beside any other."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import shutil
import tarfile
import time
import urllib.parse
from dataclasses import dataclass, replace
from pathlib import Path

from . import _common, certificates
from ._common import EngineError, Process, Stoppable

PAGE = _common.page("A small system", "This page comes from a system container with an init and several processes.")

INITTAB = """\
::sysinit:/bin/hostname -F /etc/hostname
::sysinit:/bin/ifconfig lo 127.0.0.1 up
::respawn:/bin/udhcpc -f -i eth0 -s /etc/udhcpc.script
::respawn:/bin/syslogd -n -O /var/log/messages
::respawn:/bin/crond -f -c /var/spool/cron
::respawn:/bin/httpd -f -p 80 -h /www
::ctrlaltdel:/bin/poweroff
::shutdown:/bin/killall httpd crond syslogd udhcpc
"""

UDHCPC = """\
#!/bin/sh
case "$1" in
bound|renew)
    ifconfig "$interface" "$ip" netmask "${subnet:-255.255.255.0}" up
    [ -z "$router" ] || route add default gw "${router%% *}" dev "$interface" 2>/dev/null
    : > /etc/resolv.conf
    for server in $dns; do echo "nameserver $server" >> /etc/resolv.conf; done
    ;;
deconfig)
    ifconfig "$interface" 0.0.0.0 up
    ;;
esac
"""


@dataclass(frozen=True)
class Engine(Stoppable):
    """A running LXD server."""

    directory: str
    socket: str
    bridge: str
    network: str
    process: Process
    port: int = 0
    kind: str = "lxd"

    @property
    def lxd_dir(self) -> str:
        """Where it keeps its state; LXD's own programs take it as LXD_DIR."""
        return str(Path(self.socket).parent)

    @property
    def url(self) -> str:
        """Its address, as ``url`` of community.general.lxd_container takes it."""
        return f"unix:{self.socket}"

    @property
    def options(self) -> dict[str, str]:
        """Its address as an inventory's ``rightscope_options``."""
        return {"url": self.url}

    @property
    def https_options(self) -> dict[str, str]:
        """Its address on 127.0.0.1, where it was started ``https``, with what is needed to be let in."""
        return {
            "url": f"https://{certificates.ADDRESS}:{self.port}",
            "client_cert": f"{self.directory}/tls/client.crt",
            "client_key": f"{self.directory}/tls/client.key",
            "server_cert": f"{self.lxd_dir}/server.crt",
        }

    @property
    def log(self) -> Path:
        """Where it writes what it does."""
        return Path(self.directory) / "lxd.log"

    def stop(self) -> None:
        """Remove its instances, end it, and remove all it made: bridge, DHCP server, mounts, files."""
        directory = Path(self.directory)
        if self.process.alive:
            # Whatever fails here, what follows ends it all the same.
            with contextlib.suppress(EngineError):
                remove_instances(self.socket)
            with contextlib.suppress(EngineError):
                self._shut_down()
        # The descendants are looked up before their parents end: an instance's init names no directory.
        left = _common.processes_in(directory)
        self.process.end(timeout=5)
        for process in reversed(left):
            process.end(timeout=3)
        _common.remove_bridge(self.bridge)
        _common.remove_tree(directory)

    def _shut_down(self) -> None:
        """Ask it to end, with what may still run in it."""
        _common.run(["lxd", "shutdown", "--timeout=30"], env=_environment(self.lxd_dir), timeout=60)
        _common.poll_until(lambda: not self.process.alive, 10)


def start(directory: str | Path, nat: bool = False, https: bool = False) -> Engine:
    """Start an LXD that keeps everything in ``directory``, with a bridge, the storage pool and profile ``default``.

    With ``nat`` the instances reach what this machine reaches; without it no packet filter is touched. With ``https``
    it listens on 127.0.0.1 as well, and trusts one client's certificate.
    """
    _common.need_root("LXD")
    if not shutil.which("lxd"):
        raise EngineError("There is no 'lxd' here; install LXD (Debian: lxd), or run the step 'packages'.")
    engine = furnish(launch(directory), nat)
    if not https:
        return engine
    try:
        return _listening(engine)
    except EngineError:
        engine.stop()
        raise


def furnish(engine: Engine, nat: bool = False) -> Engine:
    """The engine with a network, a storage pool and a default profile that has both."""
    try:
        with _common.network_lock():
            network = _common.free_network()
            _set_up(engine.socket, engine.bridge, network, nat)
    except EngineError:
        engine.stop()
        raise
    return replace(engine, network=str(network))


def launch(directory: str | Path, program: str = "lxd", environment: dict[str, str] | None = None) -> Engine:
    """Start a server that keeps everything in ``directory``, and set up nothing in it."""
    path, socket = _common.prepare(directory, "lxd/unix.socket")
    closed = _common.closed_to_others(path)
    if closed:
        _common.remove_tree(path)
        raise EngineError(
            f"LXD's containers cannot be reached in '{path}', since only the owner may pass '{closed}'. "
            "Choose another directory, or 'chmod o+x' that one."
        )
    socket.parent.mkdir(mode=0o711)
    name = _common.bridge_name()
    env = {**_environment(str(socket.parent)), **(environment or {})}
    process = _common.spawn([program, "--group", "root"], path / "lxd.log", env=env)
    engine = Engine(str(path), str(socket), name, "", process)
    try:
        _common.await_ready("LXD", process, lambda: _ready(str(socket)), engine.log, 60)
    except EngineError:
        engine.stop()
        raise
    return engine


def listen(socket: str) -> int:
    """Let a server listen on a port of 127.0.0.1, which is returned."""
    port = _common.free_port()
    request(socket, "PATCH", "/1.0", {"config": {"core.https_address": f"{certificates.ADDRESS}:{port}"}})
    return port


def _listening(engine: Engine) -> Engine:
    """The engine with a port, at which it trusts one client."""
    client = certificates.client(Path(engine.directory) / "tls")
    trusted = {"type": "client", "name": "tests", "certificate": base64.b64encode(client.der()).decode()}
    request(engine.socket, "POST", "/1.0/certificates", trusted)
    return replace(engine, port=listen(engine.socket))


def _environment(lxd_dir: str) -> dict[str, str]:
    """The environment LXD runs in; a user's settings for the client would send it elsewhere."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LXD_", "INCUS_"))}
    return dict(kept, LXD_DIR=lxd_dir)


def _ready(socket: str) -> bool:
    """Whether the server has started all it starts."""
    if not os.path.exists(socket):
        return False
    try:
        return _common.call(socket, "GET", "/internal/ready", timeout=5)[0] == 200
    except EngineError:
        return False


def _set_up(socket: str, bridge: str, network, nat: bool) -> None:
    """Give a new server its network, storage pool and default profile."""
    config = {
        "ipv4.address": f"{network[1]}/{network.prefixlen}",
        "ipv4.nat": str(nat).lower(),
        "ipv4.firewall": str(nat).lower(),
        "ipv4.routing": str(nat).lower(),
        "ipv6.address": "none",
    }
    _add_network(socket, {"name": bridge, "type": "bridge", "config": config})
    request(socket, "POST", "/1.0/storage-pools", {"name": "default", "driver": "dir"})
    devices = {
        "root": {"type": "disk", "path": "/", "pool": "default"},
        "eth0": {"type": "nic", "name": "eth0", "network": bridge},
    }
    request(socket, "PUT", "/1.0/profiles/default", {"description": "", "config": {}, "devices": devices})


def _add_network(socket: str, network: dict) -> None:
    """Add a network; again where Incus, which looks at all interfaces of the machine, misses one that just went."""
    for attempt in range(5):
        try:
            request(socket, "POST", "/1.0/networks", network)
        except EngineError as error:
            if attempt == 4 or "does not exist" not in str(error) or network["name"] in str(error):
                raise
        else:
            return


def request(socket: str, method: str, url: str, body=None, headers: dict[str, str] | None = None):
    """The metadata of LXD's answer, once the operation it started is done; an EngineError where it fails."""
    status, answer = _common.call(socket, method, url, body, headers)
    if not isinstance(answer, dict) or answer.get("type") == "error":
        reason = answer.get("error") if isinstance(answer, dict) else answer
        raise EngineError(f"LXD refused {method} {url.partition('?')[0]} with status {status}: {reason}")
    if answer.get("type") != "async":
        return answer.get("metadata")
    # A member of a cluster names the project there too.
    operation, _sign, query = answer["operation"].partition("?")
    _status, answer = _common.call(socket, "GET", f"{operation}/wait?timeout=60&{query}", timeout=90)
    done = answer["metadata"]
    if done is None:
        # One that ends at once can be gone by then.
        raise EngineError(f"LXD failed in {method} {url.partition('?')[0]}: {answer.get('error')}")
    if done["status_code"] != 200:
        raise EngineError(f"LXD failed in {method} {url.partition('?')[0]}: {done.get('err') or done['status']}")
    return done.get("metadata")


def remove_instances(socket: str) -> None:
    """Stop and delete every instance of every project."""
    for instance in request(socket, "GET", "/1.0/instances?recursion=1&all-projects=true") or []:
        remove_instance(socket, instance["name"], instance.get("project", "default"))


def remove_instance(socket: str, name: str, project: str = "default") -> None:
    """Stop and delete one instance."""
    url = f"/1.0/instances/{urllib.parse.quote(name)}"
    query = "?project=" + urllib.parse.quote(project)
    if request(socket, "GET", url + query)["status"] != "Stopped":
        request(socket, "PUT", url + "/state" + query, {"action": "stop", "force": True, "timeout": 10})
    request(socket, "DELETE", url + query)


def busybox_image(
    lxd_dir: str, alias: str, text: str = PAGE, properties: dict[str, str] | None = None, project: str = "default"
) -> str:
    """Make an image of a small system out of this machine's busybox, unless it is there; returns its fingerprint.

    Its init runs a DHCP client, a log, a scheduler and a web server that serves ``text`` on port 80.
    """
    socket = str(Path(lxd_dir) / "unix.socket")
    query = "?project=" + urllib.parse.quote(project)
    url = "/1.0/images/aliases/" + urllib.parse.quote(alias, safe="") + query
    status, answer = _common.call(socket, "GET", url)
    if status == 200:
        return answer["metadata"]["target"]
    made = request(
        socket,
        "POST",
        "/1.0/images" + query,
        body=_image(alias, text, properties or {}),
        headers={"Content-Type": "application/octet-stream", "X-LXD-filename": "busybox.tar.gz"},
    )
    target = {"name": alias, "target": made["fingerprint"], "description": ""}
    request(socket, "POST", "/1.0/images/aliases" + query, target)
    return made["fingerprint"]


def _image(alias: str, text: str, properties: dict[str, str]) -> bytes:
    """The image: metadata and root file system in one archive."""
    metadata = {
        "architecture": _common.architecture(),
        "creation_date": int(time.time()),
        "properties": {
            "os": "busybox",
            "release": "1",
            "architecture": _common.architecture(),
            "description": f"busybox, a small system ({alias})",
            **properties,
        },
        "templates": {"/etc/hostname": {"when": ["create", "copy"], "template": "hostname.tpl"}},
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        # JSON is YAML, and needs no library.
        _add(archive, "metadata.yaml", json.dumps(metadata))
        _add(archive, "templates/hostname.tpl", "{{ container.name }}\n")
        for name in (
            "bin",
            "sbin",
            "dev",
            "etc",
            "proc",
            "run",
            "sys",
            "tmp",
            "www",
            "root",
            "var/log",
            "var/run",
            "var/spool/cron",
        ):
            _add_directory(archive, f"rootfs/{name}")
        entry = archive.gettarinfo(str(_common.busybox()), "rootfs/bin/busybox")
        entry.uid = entry.gid = 0
        entry.uname, entry.gname, entry.mode = "root", "root", 0o755
        with _common.busybox().open("rb") as file:
            archive.addfile(entry, file)
        for applet in _common.applets():
            _add_link(archive, f"rootfs/bin/{applet}", "busybox")
        _add_link(archive, "rootfs/sbin/init", "../bin/busybox")
        for name, content in _files(text).items():
            _add(archive, f"rootfs/{name}", content, 0o755 if name.endswith(".script") else 0o644)
    return out.getvalue()


def _files(text: str) -> dict[str, str]:
    """The files of the small system."""
    return {
        "etc/inittab": INITTAB,
        "etc/udhcpc.script": UDHCPC,
        "etc/hostname": "busybox\n",
        "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
        "etc/group": "root:x:0:\n",
        "etc/os-release": "ID=busybox\nNAME=busybox\nPRETTY_NAME=busybox\nVERSION_ID=1\n",
        "www/index.html": text,
    }


def _add(archive: tarfile.TarFile, name: str, content: str, mode: int = 0o644) -> None:
    """Add a file."""
    data = content.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), mode
    archive.addfile(entry, io.BytesIO(data))


def _add_link(archive: tarfile.TarFile, name: str, target: str) -> None:
    """Add a symbolic link."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    archive.addfile(entry)


def _add_directory(archive: tarfile.TarFile, name: str) -> None:
    """Add an empty directory."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if name.endswith("/tmp") else 0o755
    archive.addfile(entry)
