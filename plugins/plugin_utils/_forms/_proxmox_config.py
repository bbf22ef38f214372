# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
How proxmox_kvm's options compare with a VM's configuration as the API tells it.

The API normalises what it is given: tags come back sorted and in lower case, numbers as texts, keys
URL-encoded, a network with a MAC, a description with a line end.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from ._common import MASK

_GROUPS = ("net", "ide", "sata", "scsi", "virtio", "ipconfig", "numa", "serial", "parallel", "hostpci", "usb", "audio")
"""Options that are mappings of numbered keys, each a setting of its own."""

_DEVICES = ("net", "ide", "sata", "scsi", "virtio", "efidisk0", "tpmstate0")
"""What the delegate sends only as an unsafe update."""

_RENAMED = {
    "nameservers": "nameserver",
    "searchdomains": "searchdomain",
    "smbios": "smbios1",
    "numa_enabled": "numa",
}
_NET_MODELS = re.compile(r"^(virtio|e1000e?|rtl8139|vmxnet3|ne2k_\w+|pcnet|i8\w+|e1000-\w+)$")
_SIZES = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024 * 1024, "": 1 / 2**20}
_SECRET = "cipassword"


@dataclass(frozen=True)
class Settings:
    """The settings that differ: each (before, after) by its API name, and the delegate's arguments for them."""

    changes: Mapping[str, tuple[t.Any, t.Any]] = field(default_factory=dict)
    arguments: Mapping[str, t.Any] = field(default_factory=dict)
    devices: bool = False

    def before(self) -> dict[str, t.Any]:
        return {key: MASK if key == _SECRET else was for key, (was, _shall) in self.changes.items()}

    def shown(self) -> dict[str, t.Any]:
        return {key: MASK if key == _SECRET else shall for key, (_was, shall) in self.changes.items()}


def settings(wanted: Mapping[str, t.Any], there: Mapping[str, t.Any]) -> Settings:
    """What of ``wanted``, in the delegate's options, differs from ``there``, the API's configuration."""
    changes: dict[str, tuple[t.Any, t.Any]] = {}
    arguments: dict[str, t.Any] = {}
    for option, value in wanted.items():
        if option in _GROUPS and isinstance(value, Mapping):
            for key, item in value.items():
                found = there.get(key)
                sent = _with_mac(str(item), found) if option == "net" else item
                if _COMPARE_GROUP.get(option, _parts)(sent, found):
                    changes[key] = (found, sent)
                    arguments.setdefault(option, {})[key] = sent
            continue
        key = _RENAMED.get(option, option)
        found = there.get(key)
        sent, differs = _COMPARE.get(option, _plain)(value, found)
        if differs:
            changes[key] = (found, sent if not isinstance(sent, list) else ";".join(sent))
            arguments[option] = sent
    return Settings(changes, arguments, any(option in _DEVICES for option in arguments))


# --- one setting: (what to send, whether it differs) ----------------------------------------------


def _plain(value: t.Any, found: t.Any) -> tuple[t.Any, bool]:
    return value, _scalar(value) != _scalar(found)


def _scalar(value: t.Any) -> str | None:
    """Booleans are 1 and 0 to the API, numbers may be texts, and an unset switch is off."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _whole(value: t.Any, found: t.Any) -> tuple[t.Any, bool]:
    return int(value), str(int(value)) != str(found if found is not None else "").rpartition("=")[2]


def _switch(value: t.Any, found: t.Any, default: str = "0") -> tuple[t.Any, bool]:
    return value, bool(value) != (str(default if found is None else found).lower() in ("1", "true", "on", "yes"))


def _switch_that_is_on(value: t.Any, found: t.Any) -> tuple[t.Any, bool]:
    return _switch(value, found, default="1")


def _agent(value: t.Any, found: t.Any) -> tuple[t.Any, bool]:
    return value, _agent_parts(value) != _agent_parts(found)


def _agent_parts(value: t.Any) -> dict[str, str]:
    """``1``, ``true`` and ``enabled=1`` are the same; what else is there must be the same too."""
    parts = str(value if value is not None else "0").strip().lower().split(",")
    words = {"true": "1", "yes": "1", "on": "1", "false": "0", "no": "0", "off": "0"}
    pairs = dict(part.split("=", 1) if "=" in part else ("enabled", part) for part in parts if part)
    return {key: words.get(item, item) for key, item in pairs.items()}


def _description(value: t.Any, found: t.Any) -> tuple[t.Any, bool]:
    return str(value).strip(), str(value).strip() != str(found or "").strip()


def _tags(value: t.Any, found: t.Any) -> tuple[list[str], bool]:
    """Tags that somebody else gave it stay."""
    wanted = {str(tag).lower() for tag in value}
    there = set(filter(None, re.split(r"[;,\s]+", str(found or ""))))
    return sorted(wanted | there), not wanted <= there


def _listed(value: t.Any, found: t.Any) -> tuple[t.Any, bool]:
    items = value.split() if isinstance(value, str) else [str(item) for item in value]
    return items, items != str(found or "").split()


def _ssh_keys(value: t.Any, found: t.Any) -> tuple[t.Any, bool]:
    return value, str(value).strip() != unquote(str(found or "")).strip()


_FIRST = {"cpu": "cputype", "smbios": "", "startup": "order", "vga": "type", "watchdog": "model"}
"""Settings of several parts, and the name that the first one may leave out: the API's ``default_key``."""


def _of_parts(first: str) -> Callable[[t.Any, t.Any], tuple[t.Any, bool]]:
    def parts(text: t.Any) -> dict[str, str]:
        words = [word.strip() for word in str(text).split(",") if word.strip()]
        return dict(word.split("=", 1) if "=" in word else (first, word) for word in words)

    return lambda value, found: (value, found is None or parts(value) != parts(found))


def _secret(value: t.Any, _found: t.Any) -> tuple[t.Any, bool]:
    return value, True


_COMPARE: dict[str, Callable[[t.Any, t.Any], tuple[t.Any, bool]]] = {
    "agent": _agent,
    "cipassword": _secret,
    "cores": _whole,
    "description": _description,
    "memory": _whole,
    "nameservers": _listed,
    "searchdomains": _listed,
    "sockets": _whole,
    "sshkeys": _ssh_keys,
    "tags": _tags,
    **{option: _of_parts(first) for option, first in _FIRST.items()},
    **dict.fromkeys(
        ("autostart", "freeze", "localtime", "numa_enabled", "onboot", "protection"),
        _switch,
    ),
    # On where nothing is said: https://pve.proxmox.com/pve-docs/qm.conf.5.html
    **dict.fromkeys(("acpi", "kvm", "reboot", "tablet"), _switch_that_is_on),
}


# --- numbered settings: whether they differ -------------------------------------------------------


def _parts(value: t.Any, found: t.Any) -> bool:
    """``a=1,b=2`` in any order."""
    return found is None or set(str(value).split(",")) != set(str(found).split(","))


def _net_differs(value: t.Any, found: t.Any) -> bool:
    return found is None or _net(str(value)) != _net(str(found))


def _drive_differs(value: t.Any, found: t.Any) -> bool:
    """A drive that is there has a volume of its own: ``local:cloudinit`` became ``local:vm-100-cloudinit``."""
    return found is None


_COMPARE_GROUP: dict[str, Callable[[t.Any, t.Any], bool]] = {
    "net": _net_differs,
    **dict.fromkeys(("ide", "sata", "scsi", "virtio"), _drive_differs),
}


def _net(text: str) -> dict[str, str]:
    """A network's parts: its model and MAC under names of their own, as ``virtio=MAC`` and ``model=`` say both."""
    parts = {}
    for part in filter(None, text.split(",")):
        key, _sign, value = part.partition("=")
        if _NET_MODELS.match(key):
            parts["model"], parts["macaddr"] = key, value.upper()
        elif key == "macaddr":
            parts["macaddr"] = value.upper()
        else:
            parts[key] = value
    return parts


def _with_mac(text: str, found: t.Any) -> str:
    """
    The network as it will be sent, with the MAC it has: without one the API makes a new one at each update.
    """
    wanted = _net(text)
    mac = wanted.pop("macaddr", "") or _net(str(found or "")).get("macaddr", "")
    model = wanted.pop("model", "virtio")
    head = f"{model}={mac}" if mac else model
    return ",".join([head, *(f"{key}={value}" for key, value in wanted.items())])


def without_macs(config: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A template's configuration as its clone will have it: each network of a clone gets a MAC of its own."""
    return {key: _without_mac(str(value)) if re.match(r"net\d+$", key) else value for key, value in config.items()}


def _without_mac(text: str) -> str:
    parts = (part for part in text.split(",") if not part.startswith("macaddr="))
    return ",".join(part.partition("=")[0] if _NET_MODELS.match(part.partition("=")[0]) else part for part in parts)


# --- disks ----------------------------------------------------------------------------------------


def has_cloud_init(config: Mapping[str, t.Any]) -> bool:
    """Whether one of its drives is cloud-init's."""
    return any("cloudinit" in str(value) for key, value in config.items() if re.match(r"(ide|sata|scsi)\d+$", key))


def free_slot(config: Mapping[str, t.Any]) -> str:
    """Where a cloud-init drive may go: ``ide2`` as everybody does, else another that q35 has too, else any."""
    return next((slot for slot in ("ide2", "ide0", "ide3", "ide1") if slot not in config), "ide2")


def boot_disk(config: Mapping[str, t.Any]) -> str | None:
    """The disk it boots from: the first in ``boot: order=``, else the first there is."""
    disks = [
        key
        for key, value in config.items()
        if re.match(r"(scsi|virtio|sata|ide)\d+$", key)
        and "media=cdrom" not in str(value)
        and "cloudinit" not in str(value)
    ]
    order = re.findall(r"[a-z]+\d+", str(config.get("boot", "")))
    return next((key for key in order if key in disks), min(disks, default=None))


def disk_mib(config: Mapping[str, t.Any], key: str) -> int | None:
    """The disk's size in MiB, as its ``size=`` says."""
    found = re.search(r"(?:^|,)size=(\d+(?:\.\d+)?)([KMGT]?)", str(config.get(key, "")))
    return int(float(found.group(1)) * _SIZES[found.group(2)]) if found else None
