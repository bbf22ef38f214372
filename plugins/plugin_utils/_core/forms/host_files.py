# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of the host a path opens to a container that it is mounted in, or given as a device."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ..knowledge.host_paths import SOCKET, canonical, is_device_of_all, opened
from ..model import PRIVILEGES, Candidate, Device, Grant


def device_grant(path: str, candidate: Candidate) -> Grant:
    """By what a link leads to, where that is known."""
    leads_to = (candidate.facts.device_links or {}).get(path, path)
    return Grant(kind="device", value=path, level="privileged" if is_device_of_all(leads_to) else "capabilities")


def needed_device_grant(device: Device, candidate: Candidate) -> Grant:
    """What a container is given for a device that is needed."""
    if device.kind != "path":
        return Grant(kind=device.kind, value=device.spelled, why="devices")
    level = device_grant(device.value, candidate).level
    return Grant(kind="device", value=device.spelled, level=level, why="devices")


def mount_grants(source: str, read_only: bool, candidate: Candidate) -> Iterator[Grant]:
    """What of the host a mount opens, by the path as it is written and by what its links lead to."""
    facts = candidate.facts
    if not source.startswith("/"):
        yield from _volume_grants(source, read_only, candidate)
        return
    own = frozenset((facts.engine_paths or {}).items())
    path = canonical(source)
    leads_to = (facts.paths or {}).get(host_path(source)) or path
    row, level = max(
        (opened(one, read_only=read_only, own=own) for one in dict.fromkeys((path, leads_to))),
        key=lambda found: PRIVILEGES.index(found[1]),
    )
    if level == PRIVILEGES[0]:
        return
    if row.gives == SOCKET and (read_only or path != "/"):
        is_below = posixpath.normpath(source).startswith(row.path) or canonical(leads_to).startswith(row.path)
        yield Grant(kind="socket", value=source if is_below else f"{row.path} in {source}", level=level)
        return
    value = "files" if path == "/" else f"files {path}"
    yield Grant(kind="host", value=value, level=level)


def host_path(source: str) -> str:
    """A path of the host as discovery is asked for it."""
    return posixpath.normpath(f"/{source.lstrip('/')}")


def _volume_grants(source: str, read_only: bool, candidate: Candidate) -> Iterator[Grant]:
    """A volume with a name of its own opens nothing, unless it stands for a directory of the host."""
    if _WINDOWS_PIPE.match(source):
        yield Grant(kind="socket", value=source, level="privileged")
    elif WINDOWS_DRIVE.match(source):
        level = "capabilities" if read_only else "privileged"
        yield Grant(kind="host", value=f"files {source}", level=level)
    else:
        stands_for = (candidate.facts.volumes or {}).get(source)
        if stands_for:
            yield from backing_grants(stands_for, read_only, candidate)


_WINDOWS_PIPE = re.compile(r"(?i)(?:npipe:)?[\\/]{2}\.[\\/]pipe[\\/](?:docker|containerd|podman)")
WINDOWS_DRIVE = re.compile(r"(?i)[a-z]:[\\/]*(?:$|windows|users|program|inetpub)")
"""What of Windows is the engine's, or the system's own."""


def backing_grants(device: str, read_only: bool, candidate: Candidate) -> Iterator[Grant]:
    """A volume's device: a directory of the host that is bound, or a disk that is mounted."""
    if device.startswith("/dev/") and not device.startswith("/dev/shm"):
        yield device_grant(device, candidate)
    elif device.startswith("/"):
        yield from mount_grants(device, read_only, candidate)
