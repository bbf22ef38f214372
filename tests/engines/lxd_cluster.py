# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private LXD cluster of two members on this machine, the second with far less storage than the first."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from . import _common, certificates, lxd
from ._common import EngineError, Stoppable

MEMBERS = ("wide", "narrow")
NARROW_MIB = 64


@dataclass(frozen=True)
class Engine(Stoppable):
    """A running cluster; it has no network of its own."""

    directory: str
    members: tuple[lxd.Engine, ...]
    kind: str = "lxd_cluster"

    @classmethod
    def from_state(cls, state: dict) -> Engine:
        """The cluster that ``state()`` told of."""
        return cls(state["directory"], tuple(lxd.Engine.from_state(member) for member in state["members"]))

    @property
    def socket(self) -> str:
        """The first member's, which speaks for all of them."""
        return self.members[0].socket

    @property
    def lxd_dir(self) -> str:
        """The first member's."""
        return self.members[0].lxd_dir

    @property
    def options(self) -> dict[str, str]:
        """Its address as an inventory's ``rightscope_options``."""
        return self.members[0].options

    def stop(self) -> None:
        """Remove its instances, end its members, and remove all they made."""
        if all(member.process.alive for member in self.members):
            with contextlib.suppress(EngineError):
                lxd.remove_instances(self.socket)
        # Without the other one, a member knows of no instance any more and waits: none is asked to shut down.
        for member in reversed(self.members):
            member.process.end(timeout=2)
            member.stop()
        _common.remove_tree(Path(self.directory))


def start(directory: str | Path, bridge: str) -> Engine:
    """Start a cluster that keeps all in ``directory``, with its instances on ``bridge``, which must be there."""
    path = Path(directory).resolve()
    members: list[lxd.Engine] = []
    try:
        members.append(lxd.launch(path / "a"))
        password = _found(members[0], bridge)
        members.append(lxd.launch(path / "b"))
        _join(members[0], members[1], password)
    except EngineError:
        Engine(str(path), tuple(members)).stop()
        raise
    return Engine(str(path), tuple(members))


def _found(first: lxd.Engine, bridge: str) -> str:
    """Make a cluster of one member; returns the password that lets another one in."""
    devices = {
        "root": {"type": "disk", "path": "/", "pool": "default"},
        "eth0": {"type": "nic", "name": "eth0", "nictype": "bridged", "parent": bridge},
    }
    password = secrets.token_hex(16)
    lxd.listen(first.socket)
    lxd.request(first.socket, "PATCH", "/1.0", {"config": {"core.trust_password": password}})
    lxd.request(first.socket, "POST", "/1.0/storage-pools", {"name": "default", "driver": "dir"})
    lxd.request(first.socket, "PUT", "/1.0/profiles/default", {"description": "", "config": {}, "devices": devices})
    lxd.request(first.socket, "PUT", "/1.0/cluster", {"server_name": MEMBERS[0], "enabled": True})
    return password


def _join(first: lxd.Engine, other: lxd.Engine, password: str) -> None:
    """Let another server become a member, with its storage in the machine's memory."""
    storage = Path(other.directory) / "storage"
    storage.mkdir(mode=0o711)
    _common.run(["mount", "-t", "tmpfs", "-o", f"size={NARROW_MIB}m,mode=711", "tmpfs", str(storage)])
    about = lxd.request(first.socket, "GET", "/1.0")
    lxd.request(
        other.socket,
        "PUT",
        "/1.0/cluster",
        {
            "server_name": MEMBERS[1],
            "enabled": True,
            "server_address": f"{certificates.ADDRESS}:{_common.free_port()}",
            "cluster_address": about["config"]["core.https_address"],
            "cluster_certificate": about["environment"]["certificate"],
            "cluster_password": password,
            "member_config": [
                {"entity": "storage-pool", "name": "default", "key": "source", "value": str(storage)},
            ],
        },
    )
