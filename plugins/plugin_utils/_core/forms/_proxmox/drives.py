# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drives: which disks the options describe, what they make, and where another may go."""

from __future__ import annotations

import math
import re
import typing as t
from collections.abc import Mapping

from .....module_utils._shared.proxmox import is_cloud_init
from .options import DRIVES, FIXED_DISKS
from .parts import DRIVE

NEW_DISK = re.compile(r"(?:([^/:\s]+):)?(\d+(?:\.\d+)?)")
"""A disk to be made: storage and GiB."""

_MADE_WITH = ("file", "size", "format", "import-from")
"""Parts of a drive that it is made with, and that its volume has from then on."""


def in_mib(gib: float | str) -> int:
    """A size in whole MiB."""
    return math.ceil(float(gib) * 1024)


def changeable_parts(text: str) -> dict[str, str]:
    """The parts of a drive that can change, as they are written, by their names."""
    parts = {}
    for word in filter(None, text.split(",")):
        key, sign, item = word.partition("=")
        key, item = (DRIVE.aliases.get(key, key), item) if sign else ("file", key)
        parts[key] = item
    return {name: item for name, item in parts.items() if name not in _MADE_WITH}


def _volume(text: t.Any) -> str:
    return str(DRIVE.read(text).get("file", ""))


def _is_disk(text: t.Any) -> bool:
    """Whether a drive holds a volume that somebody named: a disk, or an image of a CD-ROM."""
    volume = _volume(text)
    return volume not in ("", "none", "cdrom") and not is_cloud_init(volume)


def _described(options: Mapping[str, t.Any]) -> list[tuple[str, t.Any]]:
    """(key, text) of each drive in the options."""
    return [drive for bus in DRIVES for drive in (options.get(bus) or {}).items()]


def describes_disks(options: Mapping[str, t.Any]) -> bool:
    """Whether the options say what the VM's disks are, or what it boots from."""
    return any(options.get(name) for name in FIXED_DISKS) or any(_is_disk(text) for _key, text in _described(options))


def is_from_nothing(options: Mapping[str, t.Any]) -> bool:
    """Whether the VM is made without a template."""
    return not options.get("clone") and describes_disks(options)


def boot_order(options: Mapping[str, t.Any]) -> str | None:
    """What the API itself makes of the drives of a new VM: the first disk, the first CD-ROM, the first network."""
    first: dict[str, str] = {}
    for bus in DRIVES:
        for key, text in sorted((options.get(bus) or {}).items(), key=lambda item: (len(item[0]), item[0])):
            if _is_disk(text):
                first.setdefault("tray" if DRIVE.read(text).get("media") == "cdrom" else "disk", key)
    networks = sorted(options.get("net") or {}, key=lambda key: (len(key), key))
    order = [first[kind] for kind in ("disk", "tray") if kind in first] + networks[:1]
    return f"order={';'.join(order)}" if order else None


def as_made(options: Mapping[str, t.Any]) -> dict[str, str]:
    """The disks that the options have made, as the configuration will tell their sizes."""
    made = {}
    for key, text in _described(options):
        new = NEW_DISK.fullmatch(_volume(text))
        made[key] = f"{text},size={in_mib(new.group(2))}M" if new else str(text)
    return made


def makes_volumes(arguments: Mapping[str, t.Any]) -> bool:
    """Whether what is sent has volumes made, each time that it is sent."""
    volumes = [_volume(text) for _key, text in _described(arguments)]
    return any(NEW_DISK.fullmatch(volume) or volume.endswith(":cloudinit") for volume in volumes)


def first_storage(options: Mapping[str, t.Any]) -> str | None:
    """The storage of the first disk that the options describe."""
    for _key, text in _described(options):
        new = NEW_DISK.fullmatch(_volume(text))
        if new and new.group(1):
            return new.group(1)
    return next((options[name].get("storage") for name in FIXED_DISKS if options.get(name)), None)


def has_cloud_init(config: Mapping[str, t.Any]) -> bool:
    """Whether one of its drives is cloud-init's."""
    return any("cloudinit" in str(value) for key, value in config.items() if re.match(r"(ide|sata|scsi)\d+$", key))


def free_slot(config: Mapping[str, t.Any]) -> str:
    """Where a cloud-init drive may go: ``ide2`` as everybody does, else another that q35 has too, else any."""
    return next((slot for slot in ("ide2", "ide0", "ide3", "ide1") if slot not in config), "ide2")
