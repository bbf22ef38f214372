# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a container's settings, devices and profiles open of the host, and what it takes for a privilege."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping

from ...knowledge.lxd_options import is_off, is_on
from ...knowledge.privileges import CAPABILITIES, OTHER_PRIVILEGES
from ...model import Candidate, Grant
from ..host_files import backing_grants, device_grant, mount_grants
from .profiles import config_and_devices


def privilege_grants(name: str) -> Iterator[Grant]:
    """In its own user namespace a container has what is owned by that; for the rest it must be a privileged one."""
    if name == "apparmor_unconfined":
        yield Grant(kind="config", value="raw.lxc=lxc.apparmor.profile=unconfined", level="nesting")
        return
    row = OTHER_PRIVILEGES.get(name) or CAPABILITIES[name]
    if not row.owned and name != "host_pid":
        yield Grant(kind="privileged", level="privileged")


def image_grants(candidate: Candidate) -> list[Grant]:
    """What an LXD image says that it needs itself."""
    if candidate.image is None or not candidate.image.requirements:
        return []
    wanted = candidate.image.requirements
    return [Grant(kind=kind, level=kind, why="its image") for kind in _SWITCHES.values() if is_on(wanted.get(kind))]


_SWITCHES = {"security.privileged": "privileged", "security.nesting": "nesting"}
_HOST_DEVICES = ("gpu", "pci", "unix-block", "unix-char", "unix-hotplug", "usb")
_OPEN = {
    "raw.": "privileged",
    "linux.kernel_modules": "privileged",
    "security.syscalls.intercept.mount": "privileged",
    "security.syscalls.intercept.": "nesting",
    "security.syscalls.allow": "nesting",
}


def option_grants(candidate: Candidate) -> Iterator[Grant]:
    """What its profiles and options open."""
    config, devices = config_and_devices(candidate)
    for key, kind in _SWITCHES.items():
        if is_on(config.get(key)):
            yield Grant(kind=kind, level=kind)
    for key, value in sorted(config.items()):
        level = next((level for start, level in _OPEN.items() if str(key).startswith(start)), None)
        if level and value not in (None, "") and not is_off(value):
            yield Grant(kind="config", value=f"{key}={_lower(value)}", level=level)
    for name, device in sorted(devices.items()):
        if isinstance(device, Mapping):
            yield from _device_grants(name, device, candidate)


def _device_grants(name: str, device: Mapping[str, t.Any], candidate: Candidate) -> Iterator[Grant]:
    kind, source = device.get("type"), str(device.get("source") or device.get("path") or "")
    if kind == "disk" and device.get("source"):
        found = list(backing_grants(source, is_on(device.get("readonly")), candidate)) if not device.get("pool") else ()
        yield from found or (Grant(kind="device", value=f"{name} (disk)"),)
    elif kind == "proxy" and str(device.get("connect", "")).startswith("unix:"):
        yield from mount_grants(str(device["connect"]).removeprefix("unix:"), False, candidate)
    elif kind in _HOST_DEVICES:
        yield (
            device_grant(source, candidate)
            if kind.startswith("unix") and source
            else Grant(kind="device", value=f"{name} ({kind})")
        )


def _lower(value: t.Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def host_sources(options: Mapping[str, t.Any]) -> Iterator[str]:
    """The paths of the host that the devices name."""
    devices = options.get("devices")
    for device in devices.values() if isinstance(devices, Mapping) else ():
        if isinstance(device, Mapping) and device.get("type") == "disk":
            yield str(device.get("source") or "")
        elif isinstance(device, Mapping) and device.get("type") == "proxy":
            yield str(device.get("connect") or "").removeprefix("unix:")
