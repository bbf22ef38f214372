# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a guest of Proxmox VE is marked, and which of its disks is which."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping

from .sizes import MIB, PROXMOX_UNITS

TAG = "rightscope"
"""Every guest of the collection has this tag, and in its description the lines of its marks."""

_SIZE = re.compile(r"(?:^|,)size=(\d+(?:\.\d+)?)([KMGT]?)")
_CLOUD_INIT = re.compile(r"[:/](?:vm-\d+-)?cloudinit(?:\.(?:raw|qcow2|vmdk|qed|cow))?$")

BUSES = ("ide", "scsi", "virtio", "sata")
"""
The buses of disks, in the order in which Proxmox VE looks for one to boot from.

https://github.com/proxmox/qemu-server/blob/master/src/PVE/QemuServer/Drive.pm (valid_drive_names: "order is important -
used to autoselect boot disk").
"""

_DRIVE = re.compile(rf"({'|'.join(BUSES)})(\d+)")


# --- marks ----------------------------------------------------------------------------------------


def mark_line(mark: str, value: str) -> str:
    """The line of a description that says ``value`` of a mark."""
    return f"{mark}: {value}"


def read_mark(description: object, mark: str) -> str | None:
    """What the first line of a mark says in a description; None without such a line or without a value in it."""
    pattern = rf"^[^\S\n]*{re.escape(mark)}:[^\S\n]*(\S[^\n]*?)?[^\S\n]*$"
    line = re.search(pattern, str(description or ""), re.MULTILINE)
    return line.group(1) if line else None


# --- disks ----------------------------------------------------------------------------------------


def is_cloud_init(volume: str) -> bool:
    """Whether a volume holds what cloud-init reads (Drive.pm, drive_is_cloudinit)."""
    return bool(_CLOUD_INIT.search(volume))


def boot_disk(config: Mapping[str, t.Any]) -> str | None:
    """
    The key of the disk that a VM boots from, such as ``scsi0``; None where it has no disk.

    ``config`` is the VM's configuration as the API tells it. As Proxmox VE itself has it (Drive.pm, get_bootdisks and
    resolve_first_disk): the first disk in ``boot: order=``. Without an order, or with the older ``boot: cdn``, the one
    that ``bootdisk`` names. Where neither names a disk that is there, the first in the order of the buses and then of
    the numbers. A CD-ROM is no disk, and neither is cloud-init's.
    """
    disks = sorted((key for key, value in config.items() if _is_disk(key, value)), key=_position)
    named = [key for key in _named_to_boot(config) if key in disks]
    return next(iter([*named, *disks]), None)


def _is_disk(key: str, value: object) -> bool:
    words = [word.strip() for word in str(value).split(",")]
    return bool(_DRIVE.fullmatch(key)) and "media=cdrom" not in words and not any(map(is_cloud_init, words))


def _position(key: str) -> tuple[int, int]:
    bus, number = _DRIVE.fullmatch(key).groups()
    return BUSES.index(bus), int(number)


def _named_to_boot(config: Mapping[str, t.Any]) -> list[str | None]:
    """The devices that the VM is said to boot from, in their order."""
    for part in re.sub(r"\s", "", str(config.get("boot") or "")).split(","):
        name, _sign, devices = part.partition("=")
        if name == "order":
            return devices.split(";")
    return [config.get("bootdisk")]


def disk_mib(config: Mapping[str, t.Any], key: str | None) -> int | None:
    """The size of a disk in whole MiB, as its ``size=`` says; None where it says none."""
    size = _SIZE.search(str(config.get(key, "")))
    return int(float(size.group(1)) * PROXMOX_UNITS[size.group(2)] / MIB) if size else None
