# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the values of options are held against what ``docker inspect`` says."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Mapping

from ...knowledge.distributions import ARCHITECTURES
from ...reading.quantities import MIB
from ..common import text
from . import values
from .images import image_reference
from .inspection import at, nameless_volumes, variables

Comparison = Callable[[t.Any, Mapping[str, t.Any], Mapping[str, t.Any]], tuple[t.Any, t.Any]]
"""Of an option's value, the inspected container and all options: (wanted, present), both in one normal form."""


def by_value(path: str, *, normal: Callable[[t.Any], t.Any] = lambda value: value, default: t.Any = None) -> Comparison:
    """The value as it is, or in its ``normal`` form; ``default`` is what the engine has where it says nothing."""

    def compare(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
        present = at(config, path)
        return normal(value), normal(default if present is None else present)

    return compare


def by_number(path: str, factor: float = 1) -> Comparison:
    """A number, of which the engine counts ``factor`` times as many."""
    return lambda value, config, _options=None: (round(float(value) * factor), at(config, path) or 0)


def by_size(path: str, *, may_be_unlimited: bool = False) -> Comparison:
    """A size, in MiB on both sides."""

    def compare(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
        present = at(config, path) or 0
        if may_be_unlimited and str(value).strip() in ("unlimited", "-1"):
            return -1, _in_mebibytes(present)
        return _in_mebibytes(values.size(value)), _in_mebibytes(present)

    return compare


def _in_mebibytes(size: int) -> float:
    """To the byte, and whole where it is; -1 says that there is no end."""
    return size if size < 0 else size // MIB if size % MIB == 0 else size / MIB


def by_table(path: str) -> Comparison:
    """A mapping of which the engine has nothing but what was given."""
    return by_value(path, normal=values.plain, default={})


def by_subset(path: str) -> Comparison:
    """A mapping whose other keys are the image's or the engine's own and stay."""

    def compare(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
        wanted = {str(key): text(item) for key, item in value.items()}
        present = at(config, path) or {}
        return wanted, {key: present.get(key) for key in wanted if key in present}

    return compare


def compare_env(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    wanted = {str(key): str(item) for key, item in value.items()}
    present = variables(config)
    return wanted, {key: present[key] for key in wanted if key in present}


def compare_image(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    """The name, and behind it the id: an image that was built anew under its old name is another image."""
    named = at(config, "Config.Image")
    if named not in image_reference(value) and value not in image_reference(str(named)):
        return value, named
    now = config.get("_image_id")
    same = now is None or now == config.get("Image")
    return (value, named) if not same and value != named else (value, value if same else f"an earlier {value}")


def by_set(path: str, normal: Callable[[t.Any], t.Any] = str) -> Comparison:
    """Items in any order."""

    def compare(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
        return sorted({normal(item) for item in value}), sorted({normal(item) for item in at(config, path) or ()})

    return compare


def by_list(path: str, normal: Callable[[t.Any], t.Any] = str) -> Comparison:
    """Items whose order counts."""
    return by_value(path, normal=lambda items: [normal(item) for item in items], default=())


ADDED_BY_DOCKER = "label=disable"
"""Docker adds it to a container that is privileged or shares a namespace of the host, SELinux or not."""

_GOES_WITHOUT = "no-new-privileges=false"


def compare_security_options(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    wanted, present = by_set("HostConfig.SecurityOpt", values.security_option)(value, config, {})
    wanted = [item for item in wanted if item != _GOES_WITHOUT]
    return wanted, [item for item in present if item != _GOES_WITHOUT and (item != ADDED_BY_DOCKER or item in wanted)]


def compare_volumes(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    wanted = {values.bind(item) if values.is_bind(item) else values.path(item) for item in value}
    binds = {values.bind(item) for item in at(config, "HostConfig.Binds") or ()}
    return sorted(wanted), sorted(binds | (wanted & nameless_volumes(config)))


def compare_ports(
    value: t.Any, config: Mapping[str, t.Any], options: Mapping[str, t.Any] | None = None
) -> tuple[t.Any, t.Any]:
    """
    Each alone, with its address: where none is named it is ``default_host_ip``, and without that any IPv4 address.

    Where no port of the host is named the engine picks one, and any is right.
    """
    default = (options or {}).get("default_host_ip")
    usual_address = _ANY if default is None else values.address(default) if default else ""
    wanted = {binding for item in value for binding in values.published_port(item, usual_address)}
    free = {(binding.address, binding.container) for binding in wanted if not binding.host}
    present = set()
    for container, bindings in (at(config, "HostConfig.PortBindings") or {}).items():
        for binding in bindings or ():
            # Of a container that was made without the delegate it is empty, which is any address too.
            address = values.address(binding.get("HostIp") or ("" if default == "" else _ANY))
            host = "" if (address, container) in free else binding.get("HostPort", "")
            present.add(values.Binding(address, host, container))
    return sorted(map(str, wanted)), sorted(map(str, present))


_ANY = "0.0.0.0"


def compare_exposed_ports(
    value: t.Any, config: Mapping[str, t.Any], _options: Mapping[str, t.Any] | None = None
) -> tuple[t.Any, t.Any]:
    """Those that are given: the image and ``published_ports`` have others."""
    wanted = values.exposed_ports(value)
    return sorted(wanted), sorted(wanted & values.exposed_ports(at(config, "Config.ExposedPorts") or ()))


def compare_hosts(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    present = dict(str(item).partition(":")[::2] for item in at(config, "HostConfig.ExtraHosts") or ())
    wanted = {str(name): values.address(address) for name, address in value.items()}
    return wanted, {name: values.address(address) for name, address in present.items()}


def compare_tmpfs(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    wanted = dict(str(item).partition(":")[::2] for item in value)
    present = at(config, "HostConfig.Tmpfs") or {}
    return tuple(
        {values.path(mount): values.filesystem_options(options) for mount, options in side.items()}
        for side in (wanted, present)
    )


def compare_ulimits(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    present = (f"{limit['Name']}:{limit['Soft']}:{limit['Hard']}" for limit in at(config, "HostConfig.Ulimits") or ())
    return sorted(map(values.ulimit, value)), sorted(present)


def compare_devices(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    keys = ("PathOnHost", "PathInContainer", "CgroupPermissions")
    devices = at(config, "HostConfig.Devices") or ()
    present = {values.device_of(*(str(device.get(key) or "") for key in keys)) for device in devices}
    return sorted({values.device(item) for item in value}), sorted(present)


def by_rates(path: str, normal: Callable[[t.Any], int]) -> Comparison:
    """A rate for each device."""

    def compare(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
        rates = at(config, path) or ()
        present = [{"path": values.path(rate["Path"]), "rate": rate["Rate"]} for rate in rates]
        wanted = [{"path": values.path(rate["path"]), "rate": normal(rate["rate"])} for rate in value]
        return ordered(wanted), ordered(present)

    return compare


def ordered(items: Iterable[t.Any]) -> list[t.Any]:
    """Items of any sort, always in the same order."""
    return sorted(items, key=repr)


def compare_device_requests(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    """Of ``capabilities`` one of the lists must be had in full, in any order."""
    names = {"DeviceIDs": "device_ids"}
    requests = at(config, "HostConfig.DeviceRequests") or ()
    present = [{names.get(key, key.lower()): item for key, item in request.items()} for request in requests]
    return tuple(ordered(map(_device_request, side)) for side in (value, present))


def _device_request(request: Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {
        "capabilities": sorted(sorted(map(str, names)) for names in request.get("capabilities") or ()),
        "count": int(request.get("count") or 0),
        "device_ids": sorted(map(str, request.get("device_ids") or ())),
        "driver": str(request.get("driver") or ""),
        "options": values.plain(request.get("options") or {}),
    }


def compare_restart_policy(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    return str(value), at(config, "HostConfig.RestartPolicy.Name") or "no"


def compare_mac_address(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    """From API 1.44 on it is a network's, and the container has none."""
    wanted, own = values.hardware_address(value), at(config, "Config.MacAddress")
    networks = (at(config, "NetworkSettings.Networks") or {}).values()
    present = {values.hardware_address(network.get("MacAddress")) for network in networks} - {""}
    return wanted, values.hardware_address(own) if own else wanted if wanted in present else None


_SYSTEMS = ("linux", "windows", "freebsd", "darwin")


def compare_platform(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[str, str]:
    """What is said of ``os[/arch[/variant]]``, or of an architecture alone; an image that is gone is not compared."""
    platform = (config.get("_image") or {}).get("platform")
    wanted, present = _platform_parts(value), _platform_parts(platform or value)
    is_same = all(key not in present or present[key] == part for key, part in wanted.items())
    return str(value), str(value) if is_same else str(platform)


def _platform_parts(value: t.Any) -> dict[str, str]:
    parts = str(value).lower().split("/")
    if len(parts) == 1 and parts[0] not in _SYSTEMS:
        parts.insert(0, "")
    named = dict(zip(("os", "architecture", "variant"), parts, strict=False))
    if named.get("architecture"):
        named["architecture"] = ARCHITECTURES.get(named["architecture"], named["architecture"])
    return {key: part for key, part in named.items() if part}
