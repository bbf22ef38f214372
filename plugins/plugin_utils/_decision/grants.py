# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
The privileges that a form is given for a service.

Some the user wrote under ``as``; the others are what the needs take, by the tables. They are listed for whoever
reviews them, ``max_privilege`` bounds them, and the candidate that needs fewer is preferred.
"""

from __future__ import annotations

import functools
import posixpath
import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping

from .._knowledge.features import DOCKER, LXC, VM, feature_row
from .._knowledge.privileges import CAPABILITIES, OTHER_PRIVILEGES, capability_level
from .._model import Candidate, Grant, Requirements
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
            level = _host_device(device.value).level if device.kind == "path" else "capabilities"
            found.append(Grant(kind=kind, value=device.value, level=level, why="devices"))
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

_SOCKETS = tuple(
    f"{directory}/{name}"
    for directory in ("/var/run", "/run")
    for name in ("docker.sock", "containerd/containerd.sock", "podman/podman.sock", "crio/crio.sock")
) + ("/var/lib/lxd/unix.socket", "/var/snap/lxd/common/lxd/unix.socket", "/var/lib/incus/unix.socket")
"""Whoever may speak to an engine can have any container made, a privileged one too."""

_OF_THE_HOST = (
    "/",
    "/etc",
    "/root",
    "/boot",
    "/proc",
    "/sys",
    "/dev",
    "/usr",
    "/lib",
    "/var",
    "/home",
    "/var/lib/docker",
)
"""Directories of the host through which it can be taken over, if they can be written."""

_DEVICES_OF_ALL = ("/dev/mem", "/dev/kmem", "/dev/port", "/dev/sd", "/dev/vd", "/dev/xvd", "/dev/nvme", "/dev/dm-")


def _docker(candidate: Candidate) -> Iterator[Grant]:
    options = candidate.options or {}
    if options.get("privileged") is True:
        yield Grant(kind="privileged", level="privileged")
    for item in options.get("capabilities") or ():
        name = str(item).upper().removeprefix("CAP_")
        yield Grant(kind="capability", value=name, level=capability_level(name))
    for item in options.get("devices") or ():
        yield _host_device(str(item).split(":", 1)[0])
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
        yield from _mounted(source, read_only)


def _host_device(path: str) -> Grant:
    level = "privileged" if path.startswith(_DEVICES_OF_ALL) else "capabilities"
    return Grant(kind="device", value=path, level=level)


def _mounted(source: str, read_only: bool) -> Iterator[Grant]:
    """What of the host a mount opens: a volume with a name of its own opens nothing."""
    if not source.startswith("/"):
        return
    path = posixpath.normpath(f"/{source.lstrip('/')}")
    inside = path.rstrip("/") + "/"
    sockets = [socket for socket in _SOCKETS if socket == path or (socket.startswith(inside) and path != "/")]
    if sockets:
        yield Grant(kind="socket", value=sockets[0], level="privileged")
    elif path in _OF_THE_HOST:
        value = "files" if path == "/" else f"files {path}"
        yield Grant(kind="host", value=value, level="capabilities" if read_only else "privileged")


def _docker_mounts(options: Mapping[str, t.Any]) -> Iterator[tuple[str, bool]]:
    """(what of the host is mounted, whether it is only read)."""
    for item in options.get("volumes") or ():
        source, _sign, rest = str(item).partition(":")
        yield source, "ro" in rest.partition(":")[2].split(",")
    for mount in options.get("mounts") or ():
        if isinstance(mount, Mapping):
            yield str(mount.get("source")), mount.get("read_only") is True


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
            yield from _lxd_device(name, device)


def _lxd_device(name: str, device: Mapping[str, t.Any]) -> Iterator[Grant]:
    kind, source = device.get("type"), str(device.get("source") or device.get("path") or "")
    if kind == "disk" and device.get("source"):
        opened = list(_mounted(source, is_on(device.get("readonly"))))
        yield from opened or (Grant(kind="device", value=f"{name} (disk)"),)
    elif kind == "proxy" and str(device.get("connect", "")).startswith("unix:"):
        yield from _mounted(str(device["connect"]).removeprefix("unix:"), read_only=False)
    elif kind in _LXD_HOST_DEVICES:
        yield (
            _host_device(source)
            if kind.startswith("unix") and source
            else Grant(kind="device", value=f"{name} ({kind})")
        )


def is_on(value: t.Any) -> bool:
    """As LXD reads a switch: https://github.com/canonical/lxd/blob/main/shared/util.go (IsTrue)."""
    return str(value).lower() in ("true", "1", "yes", "on")


def is_off(value: t.Any) -> bool:
    """As LXD reads a switch that is off."""
    return str(value).lower() in ("false", "0", "no", "off")


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
