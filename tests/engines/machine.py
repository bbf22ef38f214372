# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machine's own Docker and LXD: used as they are, with only objects of our own added, and those removed again."""

from __future__ import annotations

import os
import shutil
import urllib.parse
from dataclasses import asdict, dataclass
from pathlib import Path

from . import _common, docker, lxd
from ._common import EngineError

SOCKETS = {
    "docker": ("/run/docker.sock",),
    "lxd": ("/var/lib/lxd/unix.socket", "/var/snap/lxd/common/lxd/unix.socket", "/var/lib/incus/unix.socket"),
}
UNITS = {"docker": ("docker.service", "docker.socket"), "lxd": ("lxd.service", "lxd.socket")}
IMAGE = "rightscope/busybox"
# What we make in an LXD that has no usable default profile.
OWN_NAME = "rightscope-quickstart"


@dataclass
class Engine:
    """An engine that was there before us, or is started by the system; ``made`` names what we added to it."""

    kind: str
    socket: str
    unit_started: bool
    made: dict[str, str]
    directory: str = ""
    shared: bool = True

    @property
    def docker_host(self) -> str:
        """Docker's address."""
        return f"unix://{self.socket}"

    @property
    def options(self) -> dict[str, str]:
        """Its address as an inventory's ``rightscope_options``."""
        return {"docker_host": self.docker_host} if self.kind == "docker" else {"url": f"unix:{self.socket}"}

    def state(self) -> dict:
        """All that is needed to undo it from another process."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict) -> Engine:
        """The engine that ``state()`` told of."""
        return cls(**state)

    def stop(self) -> None:
        """Remove what we added, and stop the engine's unit if we started it and nothing else uses it."""
        if _answers(self.kind, self.socket):
            _undo_docker(self) if self.kind == "docker" else _undo_lxd(self)
        if self.unit_started and not self.others():
            _common.run(["systemctl", "stop", *reversed(UNITS[self.kind])], check=False)

    def others(self) -> list[str]:
        """What is in the engine that is not ours."""
        if not _answers(self.kind, self.socket):
            return []
        return _docker_holds(self.socket) if self.kind == "docker" else _lxd_holds(self.socket)


def find(kind: str) -> Engine | None:
    """The machine's own engine of this kind, started by systemd where it does not run yet; None if there is none."""
    for socket in SOCKETS[kind]:
        if os.path.exists(socket) and _answers(kind, socket):
            return Engine(kind, socket, False, {})
    if not os.path.isdir("/run/systemd/system") or not shutil.which("systemctl"):
        return None
    unit = UNITS[kind][0]
    if "LoadState=loaded" not in _common.run(["systemctl", "show", "-p", "LoadState", unit], check=False):
        return None
    _common.run(["systemctl", "start", unit], timeout=120)
    for socket in SOCKETS[kind]:
        if _common.poll_until(lambda where=socket: _answers(kind, where), 30 if socket == SOCKETS[kind][0] else 0):
            return Engine(kind, socket, True, {})
    where = SOCKETS[kind][0]
    raise EngineError(f"systemd started '{unit}', but nothing answers on {where}. See 'journalctl -u {unit}'.")


def _answers(kind: str, socket: str) -> bool:
    """Whether an engine of this kind answers on the socket."""
    try:
        return _common.call(socket, "GET", "/_ping" if kind == "docker" else "/1.0", timeout=20)[0] == 200
    except EngineError:
        return False


# -------------------------------------------------------------------- furnishing


def furnish(engine) -> dict[str, str]:
    """Add the small image to an engine, private or not; returns what was added, by kind of object."""
    made = engine.made if isinstance(engine, Engine) else {}
    if engine.kind == "docker":
        tag = f"{IMAGE}:1"
        status, _answer = _common.call(engine.socket, "GET", f"/images/{tag}/json")
        image = docker.busybox_image(engine.docker_host, tag)
        if status != 200:
            made["image"] = image
    elif engine.kind == "lxd":
        alias = urllib.parse.quote(IMAGE, safe="")
        status, _answer = _common.call(engine.socket, "GET", f"/1.0/images/aliases/{alias}")
        image = lxd.busybox_image(str(Path(engine.socket).parent), IMAGE)
        if status != 200:
            made["image"] = image
        if isinstance(engine, Engine):
            _furnish_lxd(engine.socket, made)
    return made


def _furnish_lxd(socket: str, made: dict[str, str]) -> None:
    """Give an LXD whose default profile has no disk or no network a profile of our own that has both."""
    if made.get("profile"):
        return
    kinds = {d["type"] for d in lxd.request(socket, "GET", "/1.0/profiles/default")["devices"].values()}
    if {"disk", "nic"} <= kinds:
        return
    pools = lxd.request(socket, "GET", "/1.0/storage-pools")
    pool = pools[0].rsplit("/", 1)[1] if pools else OWN_NAME
    if not pools:
        lxd.request(socket, "POST", "/1.0/storage-pools", {"name": OWN_NAME, "driver": "dir"})
        made["pool"] = OWN_NAME
    with _common.network_lock():
        bridge, network = _common.bridge_name(), _common.free_network()
        config = {"ipv4.address": f"{network[1]}/24", "ipv4.nat": "true", "ipv6.address": "none"}
        lxd.request(socket, "POST", "/1.0/networks", {"name": bridge, "type": "bridge", "config": config})
    made["network"] = bridge
    devices = {
        "root": {"type": "disk", "path": "/", "pool": pool},
        "eth0": {"type": "nic", "name": "eth0", "network": bridge},
    }
    profile = {"name": OWN_NAME, "description": "", "config": {}, "devices": devices}
    lxd.request(socket, "POST", "/1.0/profiles", profile)
    made["profile"] = OWN_NAME


# ----------------------------------------------------------------------- undoing


def _undo_docker(engine: Engine) -> None:
    """Remove the containers of our image, and the image if we made it."""
    image = engine.made.get("image")
    if not image:
        return
    for container in _common.call(engine.socket, "GET", "/containers/json?all=1")[1]:
        if container["ImageID"] == image:
            _common.call(engine.socket, "DELETE", f"/containers/{container['Id']}?force=1&v=1")
    _common.call(engine.socket, "DELETE", f"/images/{IMAGE}:1?force=1")
    engine.made.pop("image")


def _undo_lxd(engine: Engine) -> None:
    """Remove the instances of our image, and of what else we made everything."""
    socket, made = engine.socket, engine.made
    if "image" in made:
        for instance in lxd.request(socket, "GET", "/1.0/instances?recursion=1"):
            if instance["config"].get("volatile.base_image") == made["image"]:
                lxd.remove_instance(socket, instance["name"])
        lxd.request(socket, "DELETE", f"/1.0/images/{made.pop('image')}")
    for key, url in (("profile", "profiles"), ("network", "networks"), ("pool", "storage-pools")):
        if key in made:
            lxd.request(socket, "DELETE", f"/1.0/{url}/{made[key]}")
            made.pop(key)


def _docker_holds(socket: str) -> list[str]:
    """Containers, images and volumes in a Docker engine."""
    found = [f"container {c['Names'][0].lstrip('/')}" for c in _common.call(socket, "GET", "/containers/json?all=1")[1]]
    images = _common.call(socket, "GET", "/images/json")[1]
    found += [f"image {(image.get('RepoTags') or [image['Id']])[0]}" for image in images]
    volumes = _common.call(socket, "GET", "/volumes")[1].get("Volumes") or []
    return found + [f"volume {volume['Name']}" for volume in volumes]


def _lxd_holds(socket: str) -> list[str]:
    """Instances, images and storage pools in an LXD server."""
    found = []
    for kind in ("instances", "images", "storage-pools"):
        found += [f"{kind[:-1]} {url.rsplit('/', 1)[1]}" for url in lxd.request(socket, "GET", f"/1.0/{kind}") or []]
    return found
