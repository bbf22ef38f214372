# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The privileges that a form is given for a service.

Some the user wrote under ``as``; the others are what the needs take, by the tables. They are listed for whoever
reviews them, ``max_privilege`` bounds them, and the candidate that needs fewer is preferred.
"""

from __future__ import annotations

import functools
import posixpath
import re
import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping

from ..knowledge.features import DOCKER, LXC, VM, feature_row
from ..knowledge.host_paths import SOCKET, canonical, is_device_of_all, opened
from ..knowledge.lxd_options import is_off, is_on
from ..knowledge.privileges import CAPABILITIES, OTHER_PRIVILEGES, capability_level
from ..model import PRIVILEGES, Candidate, Grant, Requirements, Service, device_of
from .profiles import config_and_devices


def grants(requirements: Requirements, candidate: Candidate) -> tuple[Grant, ...]:
    """What is granted to the service on this candidate, each once: the user's own first, then what the needs take."""
    written = each_once(_WRITTEN[candidate.form](candidate)) if _may_open(candidate) else ()
    added = needed(requirements, candidate)
    return each_once((*written, *added)) if written and added else written or added


def _may_open(candidate: Candidate) -> bool:
    options = candidate.options
    if candidate.form == LXC and candidate.facts.profiles:
        return True
    return bool(options) and candidate.form in _OPENING and not _OPENING[candidate.form].isdisjoint(options)


def granted(requirements: Requirements, candidate: Candidate) -> tuple[Grant, ...]:
    """As ``grants``, worked out once for as long as one candidate is judged: several rules ask."""
    if candidate.grants is not None:
        return candidate.grants
    global _last
    needs, one, found = _last
    if needs is not requirements or one is not candidate:
        found = grants(requirements, candidate)
        _last = requirements, candidate, found
    return found


_last: tuple[Requirements | None, Candidate | None, tuple[Grant, ...]] = (None, None, ())


def each_once(found: Iterable[Grant]) -> tuple[Grant, ...]:
    each: dict[tuple[str, str], Grant] = {}
    for grant in found:
        each.setdefault((grant.kind, grant.value), grant)
    return tuple(each.values())


def needed(requirements: Requirements, candidate: Candidate) -> tuple[Grant, ...]:
    """What the needs and the image take in this form, whether the user wrote it or not."""
    found = (*_of_image(candidate), *of_needs(requirements, candidate))
    return each_once(found) if found else ()


def of_needs(requirements: Requirements, candidate: Candidate) -> list[Grant]:
    """What the needs take in this form."""
    found: list[Grant] = []
    asks = (
        requirements.kernel_features
        or requirements.privileges
        or requirements.devices
        or requirements.host_view
        or requirements.host_network
    )
    if not asks:
        return found
    for feature in requirements.kernel_features:
        found += _of_feature(feature, candidate.form, candidate.facts.engine_version)
    for name in requirements.privileges:
        found += [_for(grant, name) for grant in _PRIVILEGES.get(candidate.form, _none)(name)]
    for device in requirements.devices:
        if device.kind != "path" or candidate.form != VM:
            kind = "device" if device.kind == "path" else device.kind
            level = _host_device(device.value, candidate).level if device.kind == "path" else "capabilities"
            found.append(Grant(kind=kind, value=device.spelled, level=level, why="devices"))
    if candidate.form == DOCKER:
        if requirements.host_view:
            found.append(Grant(kind="host", value="pid", why="host_view"))
        if requirements.host_network:
            found.append(Grant(kind="host", value="network", why="host_network"))
    return found


@functools.cache
def _of_feature(feature: str, form: str, engine: str | None) -> tuple[Grant, ...]:
    row = feature_row(feature, form, engine)
    return tuple(_for(grant, feature) for grant in row.grants) if row is not None else ()


def _of_image(candidate: Candidate) -> list[Grant]:
    """What an LXD image says that it needs itself."""
    if candidate.form != LXC or candidate.image is None or not candidate.image.requirements:
        return []
    wanted = candidate.image.requirements
    return [Grant(kind=kind, level=kind, why="its image") for kind in _LXD_SWITCHES.values() if is_on(wanted.get(kind))]


def _for(grant: Grant, why: str) -> Grant:
    return Grant(kind=grant.kind, value=grant.value, level=grant.level, why=why)


# --- a privilege that the user asks for -----------------------------------------------------------


def _docker_privilege(name: str) -> Iterator[Grant]:
    if name in OTHER_PRIVILEGES:
        row = OTHER_PRIVILEGES[name]
        yield Grant(kind=row.kind, value=row.value, level=row.level)
    elif not CAPABILITIES[name].default:
        yield Grant(kind="capability", value=name, level=CAPABILITIES[name].level)


def _lxc_privilege(name: str) -> Iterator[Grant]:
    """In its own user namespace a container has what is owned by that; for the rest it must be a privileged one."""
    if name == "apparmor_unconfined":
        yield Grant(kind="config", value="raw.lxc=lxc.apparmor.profile=unconfined", level="nesting")
        return
    row = OTHER_PRIVILEGES.get(name) or CAPABILITIES[name]
    if not row.owned and name != "host_pid":
        yield Grant(kind="privileged", level="privileged")


def _none(_name: str) -> Iterator[Grant]:
    # A machine has its privileges inside of itself.
    return iter(())


_PRIVILEGES: dict[str, Callable[[str], Iterator[Grant]]] = {DOCKER: _docker_privilege, LXC: _lxc_privilege}


# --- what the user wrote under 'as' ---------------------------------------------------------------

_DOCKER_HOST_NAMESPACES = ("network_mode", "pid_mode", "ipc_mode", "userns_mode", "cgroupns_mode", "uts")
_DOCKER_OPEN = {
    "device_requests": ("device request", "capabilities"),
    "volumes_from": ("volumes of another container", "privileged"),
    "device_cgroup_rules": ("device rule", "privileged"),
    "cgroup_parent": ("cgroup parent", "nesting"),
    "runtime": ("runtime", "nesting"),
}
"""Options that open something, what it is called, and how far that goes: what nobody can look into goes all the way."""


def _docker(candidate: Candidate) -> Iterator[Grant]:
    options = candidate.options or {}
    if options.get("privileged") is True:
        yield Grant(kind="privileged", level="privileged")
    for item in options.get("capabilities") or ():
        name = str(item).upper().removeprefix("CAP_")
        yield Grant(kind="capability", value=name, level=capability_level(name))
    for item in options.get("devices") or ():
        yield _host_device(device_of(str(item))[0], candidate)
    for option, (kind, level) in _DOCKER_OPEN.items():
        if options.get(option):
            yield Grant(kind=kind, level=level)
    for option in _DOCKER_HOST_NAMESPACES:
        name, value = option.removesuffix("_mode").removesuffix("ns"), str(options.get(option) or "")
        if value == "host":
            yield Grant(kind="host", value=name)
        elif value.startswith("container:"):
            yield Grant(kind=f"{name} of another container", value=value.partition(":")[2])
    for item in options.get("security_opts") or ():
        kind, _sign, value = str(item).replace("=", ":").partition(":")
        if kind in ("seccomp", "apparmor", "systempaths"):
            yield Grant(kind=kind, value="unconfined" if value == "unconfined" else "of its own", level="nesting")
    for source, read_only in _docker_mounts(options):
        yield from _mounted(source, read_only, candidate)
    for device, read_only in _driver_paths(options):
        yield from _of_volume(device, read_only, candidate)


def _host_device(path: str, candidate: Candidate) -> Grant:
    """By what a link leads to, where that is known."""
    leads_to = (candidate.facts.device_links or {}).get(path, path)
    return Grant(kind="device", value=path, level="privileged" if is_device_of_all(leads_to) else "capabilities")


def _mounted(source: str, read_only: bool, candidate: Candidate) -> Iterator[Grant]:
    """What of the host a mount opens, by the path as it is written and by what its links lead to."""
    facts = candidate.facts
    if not source.startswith("/"):
        yield from _named(source, read_only, candidate)
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


def host_paths(services: Iterable[Service]) -> list[str]:
    """All paths of the host that services would have mounted, each once."""
    found = (source for service in services for source in _sources(service.made_as))
    return list(dict.fromkeys(host_path(source) for source in found if source.startswith("/")))


def _sources(made_as: Mapping[str, Mapping[str, t.Any]]) -> Iterator[str]:
    docker = made_as.get(DOCKER) or {}
    yield from (source for source, _read_only in (*_docker_mounts(docker), *_driver_paths(docker)))
    devices = (made_as.get(LXC) or {}).get("devices")
    for device in devices.values() if isinstance(devices, Mapping) else ():
        if isinstance(device, Mapping) and device.get("type") == "disk":
            yield str(device.get("source") or "")
        elif isinstance(device, Mapping) and device.get("type") == "proxy":
            yield str(device.get("connect") or "").removeprefix("unix:")


def _named(source: str, read_only: bool, candidate: Candidate) -> Iterator[Grant]:
    """A volume with a name of its own opens nothing, unless it stands for a directory of the host."""
    if _WINDOWS_PIPE.match(source):
        yield Grant(kind="socket", value=source, level="privileged")
    elif _WINDOWS_DRIVE.match(source):
        level = "capabilities" if read_only else "privileged"
        yield Grant(kind="host", value=f"files {source}", level=level)
    else:
        stands_for = (candidate.facts.volumes or {}).get(source)
        if stands_for:
            yield from _of_volume(stands_for, read_only, candidate)


_WINDOWS_PIPE = re.compile(r"(?i)(?:npipe:)?[\\/]{2}\.[\\/]pipe[\\/](?:docker|containerd|podman)")
_WINDOWS_DRIVE = re.compile(r"(?i)[a-z]:[\\/]*(?:$|windows|users|program|inetpub)")
"""What of Windows is the engine's, or the system's own."""


def _of_volume(device: str, read_only: bool, candidate: Candidate) -> Iterator[Grant]:
    """A volume's device: a directory of the host that is bound, or a disk that is mounted."""
    if device.startswith("/dev/") and not device.startswith("/dev/shm"):
        yield _host_device(device, candidate)
    elif device.startswith("/"):
        yield from _mounted(device, read_only, candidate)


def _docker_mounts(options: Mapping[str, t.Any]) -> Iterator[tuple[str, bool]]:
    """(what of the host is mounted, whether it is only read)."""
    for item in options.get("volumes") or ():
        text = str(item)
        # A drive of Windows and a pipe have a colon of their own.
        start = 2 if _WINDOWS_DRIVE.match(text) or re.match(r"[A-Za-z]:\\", text) else 0
        source, _sign, rest = text[start:].partition(":")
        yield text[:start] + source, "ro" in rest.partition(":")[2].split(",")
    for mount in options.get("mounts") or ():
        if isinstance(mount, Mapping):
            yield str(mount.get("source") or ""), is_on(mount.get("read_only"))


def _driver_paths(options: Mapping[str, t.Any]) -> Iterator[tuple[str, bool]]:
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


_LXD_SWITCHES = {"security.privileged": "privileged", "security.nesting": "nesting"}
_LXD_HOST_DEVICES = ("gpu", "pci", "unix-block", "unix-char", "unix-hotplug", "usb")
_LXD_OPEN = {
    "raw.": "privileged",
    "linux.kernel_modules": "privileged",
    "security.syscalls.intercept.mount": "privileged",
    "security.syscalls.intercept.": "nesting",
    "security.syscalls.allow": "nesting",
}


def _lxd(candidate: Candidate) -> Iterator[Grant]:
    config, devices = config_and_devices(candidate)
    for key, kind in _LXD_SWITCHES.items():
        if is_on(config.get(key)):
            yield Grant(kind=kind, level=kind)
    for key, value in sorted(config.items()):
        level = next((level for start, level in _LXD_OPEN.items() if str(key).startswith(start)), None)
        if level and value not in (None, "") and not is_off(value):
            yield Grant(kind="config", value=f"{key}={_lower(value)}", level=level)
    for name, device in sorted(devices.items()):
        if isinstance(device, Mapping):
            yield from _lxd_device(name, device, candidate)


def _lxd_disk(source: str, read_only: bool, candidate: Candidate) -> Iterator[Grant]:
    """A disk of LXD is a directory of the host, or a block device that is mounted."""
    yield from _of_volume(source, read_only, candidate)


def _lxd_device(name: str, device: Mapping[str, t.Any], candidate: Candidate) -> Iterator[Grant]:
    kind, source = device.get("type"), str(device.get("source") or device.get("path") or "")
    if kind == "disk" and device.get("source"):
        found = list(_lxd_disk(source, is_on(device.get("readonly")), candidate)) if not device.get("pool") else ()
        yield from found or (Grant(kind="device", value=f"{name} (disk)"),)
    elif kind == "proxy" and str(device.get("connect", "")).startswith("unix:"):
        yield from _mounted(str(device["connect"]).removeprefix("unix:"), False, candidate)
    elif kind in _LXD_HOST_DEVICES:
        yield (
            _host_device(source, candidate)
            if kind.startswith("unix") and source
            else Grant(kind="device", value=f"{name} ({kind})")
        )


def _lower(value: t.Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_WRITTEN: dict[str, Callable[[Candidate], Iterator[Grant]]] = {DOCKER: _docker, LXC: _lxd}
_OPENING = {
    DOCKER: frozenset(
        ("privileged", "capabilities", "devices", "security_opts", "volumes", "mounts")
        + (*_DOCKER_OPEN, *_DOCKER_HOST_NAMESPACES)
    ),
    LXC: frozenset(("config", "devices")),
}
"""The options that can open something: most services have none of them, and there are many candidates."""
