# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
The privileges that a form is given for a service.

None is ever added here: these are the ones that the user wrote under ``as``. They are listed for whoever
reviews them, and the candidate that needs fewer is preferred.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

from .._model import Candidate

_DOCKER_SWITCHES = ("privileged",)
_DOCKER_LISTS = {"capabilities": "capability", "devices": "device", "device_requests": "device request"}
_DOCKER_HOST_NAMESPACES = ("network_mode", "pid_mode", "ipc_mode", "userns_mode", "cgroupns_mode")
_LXD_SWITCHES = {"security.privileged": "privileged", "security.nesting": "nesting"}
_LXD_HOST_DEVICES = ("disk", "gpu", "pci", "unix-block", "unix-char", "usb")


def grants(candidate: Candidate) -> tuple[str, ...]:
    """What is granted to the service on this candidate, one phrase a privilege, in a stable order."""
    options = candidate.options or {}
    return tuple(_BY_KIND.get(candidate.kind, _none)(options))


def _docker(options: t.Mapping[str, t.Any]) -> Iterator[str]:
    for name in _DOCKER_SWITCHES:
        if options.get(name) is True:
            yield name
    for name, phrase in _DOCKER_LISTS.items():
        for item in options.get(name) or ():
            yield f"{phrase} {item}" if isinstance(item, str) else phrase
    for name in _DOCKER_HOST_NAMESPACES:
        if options.get(name) == "host":
            yield f"host {name.removesuffix('_mode').removesuffix('ns')}"
    for item in options.get("security_opts") or ():
        if isinstance(item, str) and "unconfined" in item:
            yield item.replace(":", "=")


def _lxd(options: t.Mapping[str, t.Any]) -> Iterator[str]:
    config = options.get("config") or {}
    for name, phrase in _LXD_SWITCHES.items():
        if str(config.get(name, "")).lower() in ("true", "1"):
            yield phrase
    for name, device in sorted((options.get("devices") or {}).items()):
        kind = device.get("type") if isinstance(device, t.Mapping) else None
        if kind in _LXD_HOST_DEVICES and (kind != "disk" or device.get("source")):
            yield f"device {name} ({kind})"


def _none(_options: t.Mapping[str, t.Any]) -> Iterator[str]:
    # A machine has its privileges inside of itself.
    return iter(())


_BY_KIND = {"docker": _docker, "lxd": _lxd}
