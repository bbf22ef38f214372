# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What sort of value LXD and Incus read in each key of an instance and of its devices, and how they read it.

The servers keep the text as it was written, and give it a meaning when it is used: so two texts of one meaning are the
same value. A key that is in no table is a free text.
"""

from __future__ import annotations

import ipaddress
import math
import posixpath
import re
import typing as t
from collections.abc import Callable, Mapping

from ....module_utils._shared.sizes import LXD_UNITS
from ..model import Requirements

SOURCE = "https://documentation.ubuntu.com/lxd/en/latest/reference/instance_options/"

ON, OFF = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
"""How a switch is written, in any case: https://github.com/canonical/lxd/blob/main/shared/util.go (IsTrue, IsFalse)."""

_RATES = {
    "": 1,
    "bit": 1,
    **{f"{letter}bit": 10 ** (3 * power) for power, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}ibit": 2 ** (10 * power) for power, letter in enumerate("KMGTPE", 1)},
}
"""https://documentation.ubuntu.com/lxd/en/latest/reference/instance_units/"""

_AMOUNT = re.compile(r"(\d+)(.*)", re.ASCII)


def _amount(text: str, units: Mapping[str, int]) -> t.Any:
    found = _AMOUNT.fullmatch(text)
    return int(found[1]) * units[found[2]] if found and found[2] in units else text


def switch(text: str) -> t.Any:
    """True or False."""
    word = text.lower()
    return True if word in ON else False if word in OFF else text


def number(text: str) -> t.Any:
    """A whole number."""
    return int(text) if re.fullmatch(r"[+-]?\d+", text, re.ASCII) else text


def size(text: str) -> t.Any:
    """Bytes; a percentage is one of its own."""
    if text.endswith("%"):
        return ("%", number(text[:-1]))
    return _amount(text, LXD_UNITS)


def size_or_switch(text: str) -> t.Any:
    """Either."""
    found = switch(text)
    return found if isinstance(found, bool) else size(text)


def rate(text: str) -> t.Any:
    """Bits a second."""
    return _amount(text, _RATES)


def processors(text: str) -> t.Any:
    """How many, or which: ``2`` are any two, ``0-1`` and ``1,0`` these two."""
    if re.fullmatch(r"\d+", text, re.ASCII):
        return int(text)
    which: set[int] = set()
    for part in text.split(","):
        found = re.fullmatch(r"(\d+)(?:-(\d+))?", part, re.ASCII)
        if not found or int(found[2] or 0) - int(found[1]) > _MANY:
            return text
        which.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    return frozenset(which)


_MANY = 4096


def words(text: str) -> t.Any:
    """A list, in its order."""
    return tuple(word.strip() for word in text.split(","))


def path(text: str) -> t.Any:
    """A path in the instance: from its root on, however it is written."""
    return posixpath.normpath(f"/{text.lstrip('/')}") if text else text


def host_path(text: str) -> t.Any:
    """A path of the host; the name of a volume, or of what a server makes itself, is none."""
    return path(text) if text.startswith("/") else text


def mode(text: str) -> t.Any:
    """Rights of a file, in octal."""
    return int(text, 8) if re.fullmatch(r"[0-7]+", text, re.ASCII) else text


def mac(text: str) -> t.Any:
    """In lower case."""
    return text.lower()


def addresses(text: str) -> t.Any:
    """One or several, each in one way of many."""
    return tuple(_address(word.strip()) for word in text.split(","))


def _address(text: str) -> t.Any:
    try:
        return ipaddress.ip_interface(text) if "/" in text else ipaddress.ip_address(text)
    except ValueError:
        return text


Sort = Callable[[str], t.Any]

CONFIG: dict[str, Sort] = {
    **dict.fromkeys(
        (
            "agent.nic_config",
            "boot.autorestart",
            "boot.autostart",
            "boot.debug_edk2",
            "migration.incremental.memory",
            "migration.stateful",
            "nvidia.runtime",
            "security.agent.metrics",
            "security.csm",
            "security.delegate_bpf",
            "security.devlxd",
            "security.devlxd.images",
            "security.guestapi",
            "security.guestapi.images",
            "security.idmap.isolated",
            "security.iommu",
            "security.nesting",
            "security.privileged",
            "security.protection.delete",
            "security.protection.shift",
            "security.protection.start",
            "security.secureboot",
            "security.sev",
            "security.sev.policy.es",
            "security.syscalls.deny_compat",
            "security.syscalls.deny_default",
            "security.syscalls.intercept.bpf",
            "security.syscalls.intercept.bpf.devices",
            "security.syscalls.intercept.mknod",
            "security.syscalls.intercept.mount",
            "security.syscalls.intercept.mount.shift",
            "security.syscalls.intercept.sched_setscheduler",
            "security.syscalls.intercept.setxattr",
            "security.syscalls.intercept.sysinfo",
            "limits.memory.hugepages",
            "snapshots.schedule.stopped",
        ),
        switch,
    ),
    **dict.fromkeys(
        (
            "boot.autostart.delay",
            "boot.autostart.priority",
            "boot.host_shutdown_timeout",
            "boot.stop.priority",
            "limits.cpu.priority",
            "limits.disk.priority",
            "limits.memory.swap.priority",
            "limits.network.priority",
            "limits.processes",
            "migration.incremental.memory.goal",
            "migration.incremental.memory.iterations",
            "security.idmap.base",
            "security.idmap.size",
        ),
        number,
    ),
    **dict.fromkeys(("limits.hugepages.1GB", "limits.hugepages.1MB", "limits.hugepages.2MB"), size),
    "limits.hugepages.64KB": size,
    "limits.memory": size,
    "limits.memory.swap": size_or_switch,
    "limits.cpu": processors,
    "limits.cpu.nodes": processors,
    "linux.kernel_modules": words,
    "linux.kernel_modules.load": words,
}
"""
By key of the configuration. Source: SOURCE, and https://linuxcontainers.org/incus/docs/main/reference/instance_options/.
"""

_ANY_DEVICE: dict[str, Sort] = {"boot.priority": number, "required": switch, "optional": switch}

_UNIX = {"gid": number, "uid": number, "mode": mode, "major": number, "minor": number}

DEVICES: dict[str, dict[str, Sort]] = {
    "nic": {
        **dict.fromkeys(
            ("mtu", "vlan", "queue.tx.length", "limits.priority", "ipv4.host_table", "ipv6.host_table"), number
        ),
        **dict.fromkeys(("limits.ingress", "limits.egress", "limits.max"), rate),
        **dict.fromkeys(
            (
                "gvrp",
                "security.mac_filtering",
                "security.ipv4_filtering",
                "security.ipv6_filtering",
                "security.port_isolation",
                "security.promiscuous",
                "security.trusted",
                "ipv4.neighbor_probe",
                "ipv6.neighbor_probe",
            ),
            switch,
        ),
        **dict.fromkeys(
            (
                "ipv4.address",
                "ipv6.address",
                "ipv4.host_address",
                "ipv6.host_address",
                "ipv4.routes",
                "ipv6.routes",
                "ipv4.routes.external",
                "ipv6.routes.external",
            ),
            addresses,
        ),
        "hwaddr": mac,
        "vlan.tagged": words,
        "security.acls": words,
    },
    "disk": {
        **dict.fromkeys(("readonly", "recursive", "shift"), switch),
        **dict.fromkeys(("size", "size.state", "limits.read", "limits.write", "limits.max"), size),
        "path": path,
        "source": host_path,
    },
    **{
        name: {**_UNIX, "path": path, "source": host_path}
        for name in ("unix-char", "unix-block", "unix-hotplug", "usb", "gpu", "tpm")
    },
    "proxy": {
        **dict.fromkeys(("nat", "proxy_protocol"), switch),
        **dict.fromkeys(("uid", "gid", "security.uid", "security.gid"), number),
        "mode": mode,
    },
    "infiniband": {"hwaddr": mac, "mtu": number},
}
"""
By type of device, then by key. Source: https://documentation.ubuntu.com/lxd/en/latest/reference/devices/
"""


def meaning(key: str, value: str) -> t.Any:
    """What the server takes a value of the configuration for: equal where two texts mean the same."""
    return CONFIG.get(key, str)(value)


def device_meaning(device: Mapping[str, str]) -> dict[str, t.Any]:
    """The same of a device, all keys of it; the servers keep none that has no value."""
    sorts = {**_ANY_DEVICE, **DEVICES.get(device.get("type", ""), {})}
    return {key: sorts.get(key, str)(value) for key, value in device.items() if value != ""}


def is_on(value: t.Any) -> bool:
    """As LXD reads a switch: https://github.com/canonical/lxd/blob/main/shared/util.go (IsTrue)."""
    return str(value).lower() in ON


def is_off(value: t.Any) -> bool:
    """As LXD reads a switch that is off."""
    return str(value).lower() in OFF


def in_bytes(value: t.Any) -> int | None:
    """A size in bytes; None for what is none, a percentage too."""
    found = size(str(value or ""))
    return found if isinstance(found, int) else None


def limits_of(needs: Requirements) -> dict[str, str]:
    """The keys of the configuration that the sizes among the needs become."""
    limits: dict[str, str] = {}
    if needs.cpus:
        limits["limits.cpu"] = str(math.ceil(needs.cpus))
        if needs.cpus != math.ceil(needs.cpus):
            # A share of time over whole processors: half of one is 50 ms of every 100.
            limits["limits.cpu.allowance"] = f"{round(needs.cpus * 100)}ms/100ms"
    if needs.memory:
        limits["limits.memory"] = f"{needs.memory}MiB"
    return limits
