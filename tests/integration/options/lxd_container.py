# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Values of each option of ``community.general.lxd_container``, in spellings that mean the same, as data.

Nothing here asks an engine: a test tries each row on LXD and on Incus, and a generator of services can draw from it.
In a value ``{bridge}`` is a managed network of the server, and ``{directory}`` one of its host.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

INSTANCE = "https://documentation.ubuntu.com/lxd/en/latest/reference/instance_options/"
UNITS = "https://documentation.ubuntu.com/lxd/en/latest/reference/instance_units/"
DEVICE = "https://documentation.ubuntu.com/lxd/en/latest/reference/devices/"
API = "https://documentation.ubuntu.com/lxd/en/latest/api/#/instances/instance_get"
MODULE = "https://docs.ansible.com/projects/ansible/latest/collections/community/general/lxd_container_module.html"

NOTHING = object()


@dataclass(frozen=True)
class Row:
    """
    One option: ``spellings`` mean the same, the first of them makes it; ``other`` is another value.

    ``path`` is its place below ``as.lxd_container``. ``kept`` says whether the engine keeps it as a thing of its own,
    which is gone when it is given no more. ``live`` says that a container that runs can take ``other``.
    """

    path: tuple[str, ...]
    spellings: tuple[t.Any, ...]
    other: t.Any
    source: str
    kept: bool = True
    live: bool = True

    @property
    def option(self) -> str:
        return self.path[0]

    @property
    def id(self) -> str:
        return ".".join(self.path)


def _config(key: str, *spellings: t.Any, other: t.Any, source: str = INSTANCE, **more: t.Any) -> Row:
    return Row(("config", key), spellings, other, source, **more)


def _switches(*keys: str) -> tuple[Row, ...]:
    return tuple(_config(key, True, "true", "1", "yes", "On", "TRUE", other="no", live=False) for key in keys)


def _numbers(*keys: str, other: str = "7") -> tuple[Row, ...]:
    return tuple(_config(key, 5, "5", "05", "+5", other=other, live=False) for key in keys)


CONFIG = (
    *_switches("boot.autostart", "migration.incremental.memory", "security.devlxd.images", "security.nesting"),
    *_switches("security.privileged", "security.protection.delete", "security.protection.shift"),
    *_switches("security.syscalls.deny_compat", "security.syscalls.intercept.mknod"),
    *_switches("security.syscalls.intercept.setxattr", "security.syscalls.intercept.sysinfo"),
    *_switches("security.syscalls.intercept.bpf", "security.syscalls.intercept.mount"),
    *_switches("snapshots.schedule.stopped", "security.guestapi.images", "boot.autorestart"),
    _config("security.idmap.isolated", "false", False, "no", "0", "Off", other="true", live=False),
    _config("security.devlxd", False, "false", "0", "No", other=True, live=False),
    _config("security.guestapi", False, "false", "0", "No", other=True, live=False),
    *_numbers("boot.autostart.delay", "boot.autostart.priority", "boot.host_shutdown_timeout", "boot.stop.priority"),
    *_numbers("limits.cpu.priority", "limits.disk.priority", "limits.network.priority", "limits.memory.swap.priority"),
    _config("limits.processes", 500, "500", "0500", other=600),
    _config(
        "limits.memory",
        "2GiB",
        "2048MiB",
        "2147483648",
        2147483648,
        "2147483648B",
        "0002GiB",
        other="1GiB",
        source=UNITS,
    ),
    _config("limits.memory.swap", False, "false", "0", other="true", live=False),
    _config("limits.memory.enforce", "soft", "soft", other="hard"),
    _config("limits.hugepages.2MB", "4MiB", "4194304", other="8MiB", source=UNITS, live=False),
    _config("limits.cpu", "0-1", "0,1", "1,0", other=1),
    _config("limits.cpu.allowance", "50%", "50%", other="25ms/100ms"),
    _config("linux.kernel_modules", "loop,dm_mod", "loop, dm_mod", other="loop", live=False),
    _config("linux.sysctl.net.ipv4.ip_forward", 1, "1", other="0", live=False),
    _config("environment.GREETING", "hello  you", "hello  you", other="hello you"),
    _config("user.note", "a\nb\n", "a\nb\n", other="a\nb"),
    _config("cloud-init.user-data", "#cloud-config\n", "#cloud-config\n", other="#cloud-config\n{}\n"),
    _config("snapshots.schedule", "@daily", "@daily", other="@hourly"),
    _config("snapshots.expiry", "1d 2w", "1d 2w", other="3d"),
    _config("snapshots.pattern", "snap%d", "snap%d", other="s%d"),
    _config("cluster.evacuate", "stop", "stop", other="migrate"),
    _config("raw.lxc", "lxc.log.level = 3", "lxc.log.level = 3", other="lxc.log.level = 4", live=False),
    _config("volatile.eth0.hwaddr", "00:16:3e:11:22:33", "00:16:3e:11:22:33", other="00:16:3e:11:22:44", live=False),
)


def _device(name: str, *spellings: Mapping[str, t.Any], other: Mapping[str, t.Any], **more: t.Any) -> Row:
    return Row(("devices", name), spellings, other, DEVICE, **more)


# In place of its profile's: an instance can be in a network once.
_NIC = {"type": "nic", "name": "eth0", "network": "{bridge}"}
_DISK = {"type": "disk", "source": "{directory}", "path": "/data"}
_CHAR = {"type": "unix-char", "source": "/dev/null", "path": "/dev/nothing"}
_P2P = {"type": "nic", "name": "eth9", "nictype": "p2p"}
_PROXY = {"type": "proxy", "listen": "tcp:127.0.0.1:18080", "connect": "tcp:127.0.0.1:80"}

DEVICES = (
    _device(
        "eth0",
        {**_NIC, "hwaddr": "00:16:3e:aa:bb:cc", "limits.ingress": "10Mbit", "security.mac_filtering": True},
        {**_NIC, "hwaddr": "00:16:3E:AA:BB:CC", "limits.ingress": "10000kbit", "security.mac_filtering": "1"},
        {
            **_NIC,
            "hwaddr": "00:16:3e:aa:bb:cc",
            "limits.ingress": 10000000,
            "security.mac_filtering": "Yes",
            "vlan": "",
        },
        other={**_NIC, "hwaddr": "00:16:3e:aa:bb:cc", "limits.ingress": "10Mbit", "security.mac_filtering": False},
    ),
    _device(
        "data",
        {**_DISK, "readonly": True, "required": "yes", "recursive": False},
        {**_DISK, "source": "{directory}/", "path": "/data/", "readonly": "1", "required": True, "recursive": "0"},
        {**_DISK, "source": "{directory}/.", "path": "data", "readonly": "On", "required": "1", "recursive": "No"},
        other={**_DISK, "readonly": False, "required": "yes", "recursive": False},
    ),
    _device(
        "nothing",
        {**_CHAR, "mode": "0660", "uid": 5},
        {**_CHAR, "mode": "660", "uid": "05"},
        {**_CHAR, "path": "/dev//nothing", "mode": "00660", "uid": "5"},
        other={**_CHAR, "mode": "0600", "uid": 5},
    ),
    _device("door", {**_PROXY, "nat": False}, {**_PROXY, "nat": "0"}, other={**_PROXY, "connect": "tcp:127.0.0.1:81"}),
    _device("eth9", {"type": "none"}, {"type": "none", "name": ""}, other=_P2P),
)

ROOT = Row(
    ("devices", "root"),
    (
        {"type": "disk", "path": "/", "pool": "default", "size": "1GiB"},
        {"type": "disk", "path": "/", "pool": "default", "size": "1024MiB"},
        {"type": "disk", "path": "//", "pool": "default", "size": 1073741824},
        # No disk shrinks.
        {"type": "disk", "path": "/", "pool": "default", "size": "512MiB"},
    ),
    {"type": "disk", "path": "/", "pool": "default", "size": "2GiB"},
    DEVICE,
    kept=False,
)
"""It stays when it is given no more: what is on it might not fit into its profile's."""

PLAIN = (
    Row(("architecture",), ("i686", "i386", "I686"), "x86_64", API),
    Row(("ephemeral",), (True, "yes", 1, "on"), False, API),
    Row(("profiles",), (["default", "rightscope-a"], ["default", "rightscope-a"]), ["default", "rightscope-b"], API),
)

SOURCE = Row(
    ("source",),
    (
        {"type": "image", "alias": "{alias}"},
        {"type": "image", "fingerprint": "{fingerprint}"},
        {"type": "image", "fingerprint": "{prefix}"},
        {"type": "image", "alias": "{alias}", "mode": "pull"},
    ),
    NOTHING,
    API,
    kept=False,
)
"""Looked at when it is made, and by the system in it afterwards."""

BEHAVIOUR = (
    Row(("timeout",), (20, "20", 21), NOTHING, MODULE, kept=False),
    Row(("force_stop",), (True, "yes", False), NOTHING, MODULE, kept=False),
    Row(("ignore_volatile_options",), (True, "1", False), NOTHING, MODULE, kept=False),
)
"""How the module works: never a difference."""

ROWS = (*CONFIG, *DEVICES, ROOT, *PLAIN, SOURCE, *BEHAVIOUR)

NOT_GIVEN = {
    **dict.fromkeys(
        ("name", "state", "type", "target", "wait_for_ipv4_addresses", "wait_for_container"),
        "the collection sets it itself",
    ),
    **dict.fromkeys(
        ("url", "snap_url", "client_key", "client_cert", "trust_password", "project"),
        "it is of the target's rightscope_options",
    ),
}
"""Options that nobody can give under ``as``, and why."""


def filled(value: t.Any, **words: str) -> t.Any:
    """The value with ``{bridge}`` and the like filled in, at any depth."""
    if isinstance(value, str):
        for name, word in words.items():
            value = value.replace(f"{{{name}}}", word)
        return value
    if isinstance(value, Mapping):
        return {key: filled(item, **words) for key, item in value.items()}
    return [filled(item, **words) for item in value] if isinstance(value, list) else value


def options_of(rows: t.Iterable[Row], spelling: int | None = 0) -> dict[str, t.Any]:
    """The options under ``as`` with all of these rows: in the given spelling, else with their other values."""
    options: dict[str, t.Any] = {}
    for row in rows:
        value = row.other if spelling is None else row.spellings[min(spelling, len(row.spellings) - 1)]
        *above, last = row.path
        place = options
        for step in above:
            place = place.setdefault(step, {})
        place[last] = value
    return options
