# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The devices that a container shall have: those of its needs, those of the user, and its root disk."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping

from ...knowledge.lxd_options import in_bytes
from ...model import Candidate, Requirements, device_of
from .options import device_texts

_GIVEN_ANYWAY = ("/dev/fuse", "/dev/net/tun")
"""Every container has them: https://linuxcontainers.org/incus/docs/main/container-environment/"""

_BLOCK = ("/dev/sd", "/dev/vd", "/dev/xvd", "/dev/nvme", "/dev/loop", "/dev/dm-", "/dev/mapper/", "/dev/md", "/dev/rbd")


def wanted_devices(
    needs: Requirements, candidate: Candidate, options: Mapping[str, t.Any], current: Mapping[str, t.Any]
) -> dict[str, dict[str, str]]:
    """By name, each as the server keeps it. ``current`` is what the server says of the container."""
    devices = _granted_devices(candidate) | device_texts(options)
    inherited = root_device(current.get("expanded_devices") or {})
    name = next((name for name, device in devices.items() if device.get("path") == "/"), "root")
    if needs.disk and not root_device(devices).get("size"):
        root = {"type": "disk", "path": "/", "pool": _pool(candidate), **inherited, **devices.get(name, {})}
        devices = {**devices, name: {**root, "size": f"{needs.disk}MiB"}}
    if _is_less(root_device(devices).get("size"), inherited.get("size")):
        # No disk shrinks: what is on it might not fit.
        devices = {**devices, name: {**devices[name], "size": inherited["size"]}}
    return devices


def root_device(devices: Mapping[str, t.Any]) -> Mapping[str, t.Any]:
    """The device of the root file system; an empty one where none is said to be."""
    return next((device for device in devices.values() if device.get("path") == "/"), {})


def _granted_devices(candidate: Candidate) -> dict[str, dict[str, str]]:
    devices = {}
    for grant in candidate.grants or ():
        if grant.kind == "device" and grant.value not in _GIVEN_ANYWAY:
            source, path, _access = device_of(grant.value)
            leads_to = (candidate.facts.device_links or {}).get(source, source)
            kind = "unix-block" if leads_to.startswith(_BLOCK) else "unix-char"
            devices[_device_name(source)] = {"type": kind, "source": source, "path": path}
        elif grant.kind == "usb":
            vendor, _sign, product = grant.value.partition(":")
            devices[_device_name(f"usb-{vendor}-{product}")] = {"type": "usb", "vendorid": vendor, "productid": product}
        elif grant.kind == "gpu":
            devices["gpu"] = {"type": "gpu"}
    return devices


def _device_name(path: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")


def _is_less(size: str | None, other: str | None) -> bool:
    sizes = in_bytes(size), in_bytes(other)
    return None not in sizes and sizes[0] < sizes[1]


def _pool(candidate: Candidate) -> str:
    pools = candidate.facts.storages or {}
    if candidate.storage:
        return candidate.storage
    return "default" if "default" in pools or not pools else sorted(pools)[0]
