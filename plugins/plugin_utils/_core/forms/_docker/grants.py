# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a container's options open of the host, and what it takes for a privilege."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator, Mapping

from ...knowledge.lxd_options import is_on
from ...knowledge.privileges import CAPABILITIES, OTHER_PRIVILEGES, capability_level
from ...model import Candidate, Grant, device_of
from ..host_files import WINDOWS_DRIVE, backing_grants, device_grant, mount_grants


def privilege_grants(name: str) -> Iterator[Grant]:
    """An option for what no capability is; nothing for a capability that every container has."""
    if name in OTHER_PRIVILEGES:
        row = OTHER_PRIVILEGES[name]
        yield Grant(kind=row.kind, value=row.value, level=row.level)
    elif not CAPABILITIES[name].default:
        yield Grant(kind="capability", value=name, level=CAPABILITIES[name].level)


_HOST_NAMESPACES = ("network_mode", "pid_mode", "ipc_mode", "userns_mode", "cgroupns_mode", "uts")
_OPEN = {
    "device_requests": ("device request", "capabilities"),
    "volumes_from": ("volumes of another container", "privileged"),
    "device_cgroup_rules": ("device rule", "privileged"),
    "cgroup_parent": ("cgroup parent", "nesting"),
    "runtime": ("runtime", "nesting"),
}
"""Options that open something, what it is called, and how far that goes: what nobody can look into goes all the way."""


def option_grants(candidate: Candidate) -> Iterator[Grant]:
    """What its options open."""
    options = candidate.options or {}
    if options.get("privileged") is True:
        yield Grant(kind="privileged", level="privileged")
    for item in options.get("capabilities") or ():
        name = str(item).upper().removeprefix("CAP_")
        yield Grant(kind="capability", value=name, level=capability_level(name))
    for item in options.get("devices") or ():
        yield device_grant(device_of(str(item))[0], candidate)
    for option, (kind, level) in _OPEN.items():
        if options.get(option):
            yield Grant(kind=kind, level=level)
    for option in _HOST_NAMESPACES:
        name, value = option.removesuffix("_mode").removesuffix("ns"), str(options.get(option) or "")
        if value == "host":
            yield Grant(kind="host", value=name)
        elif value.startswith("container:"):
            yield Grant(kind=f"{name} of another container", value=value.partition(":")[2])
    for item in options.get("security_opts") or ():
        kind, _sign, value = str(item).replace("=", ":").partition(":")
        if kind in ("seccomp", "apparmor", "systempaths"):
            yield Grant(kind=kind, value="unconfined" if value == "unconfined" else "of its own", level="nesting")
    for source, read_only in mounts(options):
        yield from mount_grants(source, read_only, candidate)
    for device, read_only in driver_paths(options):
        yield from backing_grants(device, read_only, candidate)


def mounts(options: Mapping[str, t.Any]) -> Iterator[tuple[str, bool]]:
    """(what of the host is mounted, whether it is only read)."""
    for item in options.get("volumes") or ():
        text = str(item)
        # A drive of Windows and a pipe have a colon of their own.
        start = 2 if WINDOWS_DRIVE.match(text) or re.match(r"[A-Za-z]:\\", text) else 0
        source, _sign, rest = text[start:].partition(":")
        yield text[:start] + source, "ro" in rest.partition(":")[2].split(",")
    for mount in options.get("mounts") or ():
        if isinstance(mount, Mapping):
            yield str(mount.get("source") or ""), is_on(mount.get("read_only"))


def driver_paths(options: Mapping[str, t.Any]) -> Iterator[tuple[str, bool]]:
    """As above, of a volume's options: its driver can mount any path that they name, and nobody knows what it does."""
    for mount in options.get("mounts") or ():
        if isinstance(mount, Mapping):
            read_only = is_on(mount.get("read_only"))
            given = mount.get("volume_options")
            for value in given.values() if isinstance(given, Mapping) else ():
                yield from ((path, read_only) for path in _paths_in(str(value)))


def _paths_in(text: str) -> list[str]:
    """The absolute paths in an option such as ``/srv`` or ``lowerdir=/a:/b,upperdir=/c``."""
    words = re.split(r"[,=]|:(?=/)", text)
    # ':/export' is a path of another host's.
    return [] if text.startswith(":") else [word for word in words if word.startswith("/")]


def host_sources(options: Mapping[str, t.Any]) -> Iterator[str]:
    """The paths of the host that the options would have mounted."""
    yield from (source for source, _read_only in (*mounts(options), *driver_paths(options)))


OPENING = frozenset(
    ("privileged", "capabilities", "devices", "security_opts", "volumes", "mounts", *_OPEN, *_HOST_NAMESPACES)
)
"""The options that can open something: most services have none of them, and there are many candidates."""
