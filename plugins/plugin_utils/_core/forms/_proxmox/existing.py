# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a VM that exists, beside its run state."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping

from ...model import Instance
from ..common import STARTED

PAUSED, HIBERNATED = "paused", "hibernated"
"""It stands still until it is resumed: with its memory, and with its memory on disk."""

_AT_ONCE = re.compile(
    r"description|hookscript|name|onboot|protection|shares|startup|tags|disk|state|cpulimit|cpuunits"
    r"|(net|scsi|virtio|sata|ide|usb)\d*(\.size)?"
)
"""
What a running VM takes at once, as long as its ``hotplug`` is the default (network, disk, usb): all else waits.
qemu-server's ``vmconfig_hotplug_pending`` and its ``fast_plug_option``; cores and memory waiting were recorded.
"""


def config_of(instance: Instance) -> Mapping[str, t.Any]:
    """Its configuration, as the API tells it."""
    return instance.config.get("config") or {}


def tags_of(instance: Instance) -> list[str]:
    """Its tags."""
    return [tag for tag in re.split(r"[;,\s]+", str(config_of(instance).get("tags") or "")) if tag]


def lock_of(instance: Instance) -> str | None:
    """What it is locked for. One that is hibernated has a lock all the time, and may be started and removed."""
    lock = str((instance.config.get("status") or {}).get("lock") or "")
    return f"VM {instance.id} is locked ({lock})" if lock and instance.state != HIBERNATED else None


def waiting_settings(instances: tuple[Instance, ...]) -> tuple[str, ...]:
    """The settings that are written and wait for a restart of the VM."""
    entries = (entry for instance in instances for entry in instance.config.get("pending") or ())
    return tuple(sorted(str(entry["key"]) for entry in entries))


def will_wait(instances: tuple[Instance, ...], changes: Mapping[str, tuple[t.Any, t.Any]]) -> tuple[str, ...]:
    """What waits already, and what of the changes no running VM takes."""
    if not any(instance.state == STARTED for instance in instances):
        return ()
    plugs = [str(config_of(instance).get("hotplug") or "").split(",") for instance in instances]
    hot = {plug for words in plugs for plug in words}
    waiting = {key for key, change in changes.items() if not _is_taken_at_once(key, change, hot)}
    return tuple(sorted({*waiting_settings(instances), *waiting}))


def _is_taken_at_once(key: str, change: tuple[t.Any, t.Any], hot: set[str]) -> bool:
    if key == "balloon":
        # Its size is, the device itself is not: https://pve.proxmox.com/wiki/Dynamic_Memory_Management.
        return "0" not in (str(change[0]), str(change[1]))
    return bool(_AT_ONCE.fullmatch(key)) or (key == "memory" and "memory" in hot)
