# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
How each option of docker_container is told apart from what ``docker inspect`` says.

A comparison takes the option's value, the inspected container and all options, and returns both sides in one normal
form: (wanted, found). Beside it a label holds a digest of the option as it was written when the container was made.
Nothing of a container changes after that but what is IN_PLACE, its networks, and what its names stand for. So an
option that is still written the same is no difference, however the engine spells it (``is_as_made``), and a spelling
that nobody foresaw costs one new container at most. What the engine does not tell has the digest alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from collections.abc import Callable, Iterable, Mapping

from ...reading.quantities import MIB
from ..common import OptionError, text
from . import values
from .acts import BEHAVIOUR, compare_platform

Compared = Callable[[t.Any, Mapping[str, t.Any], Mapping[str, t.Any]], tuple[t.Any, t.Any]]

IN_PLACE = frozenset(
    ("cpu_period", "cpu_quota", "cpu_shares", "cpuset_cpus", "cpuset_mems", "memory", "memory_reservation")
    + ("memory_swap", "blkio_weight", "restart_policy", "restart_retries")
)
"""What the delegate changes without recreating: community.docker, module_container/docker_api.py."""


def image_reference(name: str) -> tuple[str, ...]:
    """The names an image may be listed by: Docker adds ``latest``, and leaves out its own registry."""
    last = name.rsplit("/", 1)[-1]
    full = name if ":" in last or "@" in last else f"{name}:latest"
    bare = full.removeprefix("docker.io/").removeprefix("library/")
    return tuple(dict.fromkeys((name, full, bare)))


def need_full_paths(volumes: t.Iterable[t.Any]) -> None:
    """Raises OptionError for ``~`` and relative paths: the delegate makes them whole on the node, out of our sight."""
    if any(str(volume).startswith(("~", ".")) for volume in volumes):
        raise OptionError("must name each path on the host in full, from '/' on")


# --- comparisons ------------------------------------------------------------------------------------


def _at(config: Mapping[str, t.Any], path: str) -> t.Any:
    value: t.Any = config
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _same(path: str, *, normal: Callable[[t.Any], t.Any] = lambda value: value, default: t.Any = None) -> Compared:
    def compare(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
        found = _at(config, path)
        return normal(value), normal(default if found is None else found)

    return compare


def _number(path: str, factor: float = 1) -> Compared:
    return lambda value, config, _options=None: (round(float(value) * factor), _at(config, path) or 0)


def _bytes(path: str, *, may_be_unlimited: bool = False) -> Compared:
    def compare(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
        found = _at(config, path) or 0
        if may_be_unlimited and str(value).strip() in ("unlimited", "-1"):
            return -1, _mebibytes(found)
        return _mebibytes(values.size(value)), _mebibytes(found)

    return compare


def _mebibytes(size: int) -> float:
    """To the byte, and whole where it is; -1 says that there is no end."""
    return size if size < 0 else size // MIB if size % MIB == 0 else size / MIB


def _table(path: str) -> Compared:
    """A mapping of which the engine has nothing but what was given."""
    return _same(path, normal=values.plain, default={})


def _subset(path: str) -> Compared:
    """A mapping whose other keys are the image's or the engine's own and stay."""

    def compare(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
        wanted = {str(key): text(item) for key, item in value.items()}
        found = _at(config, path) or {}
        return wanted, {key: found.get(key) for key in wanted if key in found}

    return compare


def _variables(config: Mapping[str, t.Any]) -> dict[str, str]:
    return dict(item.partition("=")[::2] for item in _at(config, "Config.Env") or ())


def _env(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    wanted = {str(key): str(item) for key, item in value.items()}
    found = _variables(config)
    return wanted, {key: found[key] for key in wanted if key in found}


def _image(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    """The name, and behind it the id: an image that was built anew under its old name is another image."""
    named = _at(config, "Config.Image")
    if named not in image_reference(value) and value not in image_reference(str(named)):
        return value, named
    now = config.get("_image_id")
    same = now is None or now == config.get("Image")
    return (value, named) if not same and value != named else (value, value if same else f"an earlier {value}")


def _set(path: str, normal: Callable[[t.Any], t.Any] = str) -> Compared:
    def compare(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
        return sorted({normal(item) for item in value}), sorted({normal(item) for item in _at(config, path) or ()})

    return compare


def _list(path: str, normal: Callable[[t.Any], t.Any] = str) -> Compared:
    return _same(path, normal=lambda items: [normal(item) for item in items], default=())


_DOCKERS_OWN = "label=disable"
"""Docker adds it to a container that is privileged or shares a namespace of the host, SELinux or not."""

_GOES_WITHOUT = "no-new-privileges=false"


def _security_options(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    wanted, found = _set("HostConfig.SecurityOpt", values.security_option)(value, config, {})
    wanted = [item for item in wanted if item != _GOES_WITHOUT]
    return wanted, [item for item in found if item != _GOES_WITHOUT and (item != _DOCKERS_OWN or item in wanted)]


def _volumes(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    wanted = {values.bind(item) if values.is_bind(item) else values.path(item) for item in value}
    binds = {values.bind(item) for item in _at(config, "HostConfig.Binds") or ()}
    return sorted(wanted), sorted(binds | (wanted & _nameless(config)))


def _nameless(config: Mapping[str, t.Any]) -> set[str]:
    """The paths of volumes without a name, the image's own among them."""
    return {values.path(item) for item in _at(config, "Config.Volumes") or {}}


def _ports(
    value: t.Any, config: Mapping[str, t.Any], options: Mapping[str, t.Any] | None = None
) -> tuple[t.Any, t.Any]:
    """
    Each alone, with its address: where none is named it is ``default_host_ip``, and without that any IPv4 address.

    Where no port of the host is named the engine picks one, and any is right.
    """
    default = (options or {}).get("default_host_ip")
    wanted = {one for item in value for one in values.published_port(item, _ANY if default is None else _bare(default))}
    free = {(one.address, one.container) for one in wanted if not one.host}
    found = set()
    for container, bindings in (_at(config, "HostConfig.PortBindings") or {}).items():
        for binding in bindings or ():
            # Of a container that was made without the delegate it is empty, which is any address too.
            at = values.address(binding.get("HostIp") or ("" if default == "" else _ANY))
            host = "" if (at, container) in free else binding.get("HostPort", "")
            found.add(values.Binding(at, host, container))
    return sorted(map(str, wanted)), sorted(map(str, found))


_ANY = "0.0.0.0"


def _bare(text: t.Any) -> str:
    return values.address(text) if text else ""


def _exposed(
    value: t.Any, config: Mapping[str, t.Any], _options: Mapping[str, t.Any] | None = None
) -> tuple[t.Any, t.Any]:
    """Those that are given: the image and ``published_ports`` have others."""
    wanted = values.exposed_ports(value)
    return sorted(wanted), sorted(wanted & values.exposed_ports(_at(config, "Config.ExposedPorts") or ()))


def _hosts(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    found = dict(str(item).partition(":")[::2] for item in _at(config, "HostConfig.ExtraHosts") or ())
    wanted = {str(name): values.address(at) for name, at in value.items()}
    return wanted, {name: values.address(at) for name, at in found.items()}


def _tmpfs(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    wanted = dict(str(item).partition(":")[::2] for item in value)
    found = _at(config, "HostConfig.Tmpfs") or {}
    return tuple(
        {values.path(at): values.filesystem_options(options) for at, options in side.items()}
        for side in (wanted, found)
    )


def _ulimits(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    found = (f"{one['Name']}:{one['Soft']}:{one['Hard']}" for one in _at(config, "HostConfig.Ulimits") or ())
    return sorted(map(values.ulimit, value)), sorted(found)


def _devices(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    keys = ("PathOnHost", "PathInContainer", "CgroupPermissions")
    there = _at(config, "HostConfig.Devices") or ()
    found = {values.device_of(*(str(one.get(key) or "") for key in keys)) for one in there}
    return sorted({values.device(item) for item in value}), sorted(found)


def _rates(path: str, normal: Callable[[t.Any], int]) -> Compared:
    def compare(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
        there = _at(config, path) or ()
        found = [{"path": values.path(one["Path"]), "rate": one["Rate"]} for one in there]
        wanted = [{"path": values.path(one["path"]), "rate": normal(one["rate"])} for one in value]
        return _ordered(wanted), _ordered(found)

    return compare


def _ordered(items: Iterable[t.Any]) -> list[t.Any]:
    return sorted(items, key=repr)


def _device_requests(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    """Of ``capabilities`` one of the lists must be had in full, in any order."""
    names = {"DeviceIDs": "device_ids"}
    there = _at(config, "HostConfig.DeviceRequests") or ()
    found = [{names.get(key, key.lower()): item for key, item in one.items()} for one in there]
    return tuple(_ordered(_device_request(one) for one in side) for side in (value, found))


def _device_request(one: Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {
        "capabilities": sorted(sorted(map(str, some)) for some in one.get("capabilities") or ()),
        "count": int(one.get("count") or 0),
        "device_ids": sorted(map(str, one.get("device_ids") or ())),
        "driver": str(one.get("driver") or ""),
        "options": values.plain(one.get("options") or {}),
    }


def _healthcheck(
    value: t.Any, config: Mapping[str, t.Any], _options: Mapping[str, t.Any] | None = None
) -> tuple[t.Any, t.Any]:
    """What is not given is the image's: so the engine merges the two."""
    found = _at(config, "Config.Healthcheck") or {}
    own = _at(config, "_image.config.Healthcheck") or {}
    test = value.get("test")
    if not test and not (value.get("test_cli_compatible") and test is None):
        test = ["NONE"]
    wanted = {"test": list(map(str, test)) if isinstance(test, (list, tuple)) else test and ["CMD-SHELL", str(test)]}
    wanted |= {name: values.nanoseconds(value.get(name) or "") for name in _DURATIONS}
    wanted["retries"] = int(value.get("retries") or 0)
    wanted = {name: given or own.get(key) or None for (name, key), given in zip(_HEALTH, wanted.values(), strict=True)}
    seen = {name: found.get(key) or None for name, key in _HEALTH}
    if (wanted["test"] or ["NONE"]) == ["NONE"] == (seen["test"] or ["NONE"]):
        return {"test": ["NONE"]}, {"test": ["NONE"]}
    return wanted, seen


_DURATIONS = ("interval", "timeout", "start_period", "start_interval")
_HEALTH = (
    ("test", "Test"),
    ("interval", "Interval"),
    ("timeout", "Timeout"),
    ("start_period", "StartPeriod"),
    ("start_interval", "StartInterval"),
    ("retries", "Retries"),
)


def _mounts(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    wanted = [_mount(one) for one in value]
    return _ordered(wanted), _ordered(map(_mount_found, _at(config, "HostConfig.Mounts") or ()))


def _mount(one: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """As the delegate sends it; a default that is written out is none."""
    kind = str(one.get("type") or "volume")
    source = str(one.get("source") or "")
    mount = {
        "type": kind,
        "target": values.path(one.get("target")),
        "source": values.path(source) if kind == "bind" else source,
        "propagation": None if one.get("propagation") == "rprivate" else one.get("propagation"),
        "consistency": None if one.get("consistency") in ("default", "consistent") else one.get("consistency"),
        "volume_driver": one.get("volume_driver"),
        # Without a driver the delegate does not pass them on.
        "volume_options": values.plain(one.get("volume_options") or {}) if one.get("volume_driver") else {},
        "labels": values.plain(one.get("labels") or {}),
        "subpath": one.get("subpath"),
        "tmpfs_size": values.size(one.get("tmpfs_size") or 0),
        "tmpfs_mode": int(str(one.get("tmpfs_mode") or 0), 8),
        "tmpfs_options": sorted(map(_mount_option, one.get("tmpfs_options") or ())),
        **{name: bool(one.get(name)) for name in _MOUNT_SWITCHES},
    }
    return {name: part for name, part in mount.items() if part}


def _mount_option(option: Mapping[str, t.Any]) -> list[str]:
    return [str(part) for pair in option.items() for part in pair if part is not None]


_MOUNT_SWITCHES = ("read_only", "no_copy", "non_recursive", "create_mountpoint") + (
    "read_only_non_recursive",
    "read_only_force_recursive",
)
_MOUNT_PATHS = {
    "type": "Type",
    "target": "Target",
    "source": "Source",
    "read_only": "ReadOnly",
    "consistency": "Consistency",
    "propagation": "BindOptions.Propagation",
    "non_recursive": "BindOptions.NonRecursive",
    "create_mountpoint": "BindOptions.CreateMountpoint",
    "read_only_non_recursive": "BindOptions.ReadOnlyNonRecursive",
    "read_only_force_recursive": "BindOptions.ReadOnlyForceRecursive",
    "no_copy": "VolumeOptions.NoCopy",
    "labels": "VolumeOptions.Labels",
    "volume_driver": "VolumeOptions.DriverConfig.Name",
    "volume_options": "VolumeOptions.DriverConfig.Options",
    "tmpfs_size": "TmpfsOptions.SizeBytes",
    "tmpfs_options": "TmpfsOptions.Options",
}


def _mount_found(one: Mapping[str, t.Any]) -> dict[str, t.Any]:
    found = {name: _at(one, path) for name, path in _MOUNT_PATHS.items()}
    found["subpath"] = _at(one, "VolumeOptions.Subpath") or _at(one, "ImageOptions.Subpath")
    found["tmpfs_mode"] = oct(_at(one, "TmpfsOptions.Mode") or 0)[2:]
    found["tmpfs_options"] = [dict([(*option, None)[:2]]) for option in found["tmpfs_options"] or ()]
    return _mount(found)


# --- what refers to something else ------------------------------------------------------------------

_CONTAINER = "container:"


def _names_of(container: str, config: Mapping[str, t.Any]) -> list[str]:
    """The names that a container has now, by its id; ``_names`` is discovery's."""
    return (config.get("_names") or {}).get(container) or []


def _container_named(wanted: str, found: str, config: Mapping[str, t.Any]) -> str:
    """What the engine has of a container, by the user's word for it where that means the same one now."""
    short = len(wanted) >= _SHORT_ID and found.startswith(wanted)
    if short or wanted in _names_of(found, config):
        return wanted
    return next(iter(_names_of(found, config)), found)


_SHORT_ID = 12
"""Characters of an id that Docker shows, and takes for it."""


def _mode(path: str, plain: Mapping[str, str] | None = None) -> Compared:
    """
    A namespace: a word, a network by its name or id, or another container's.

    The delegate gives the engine that one's id. Once it was made anew its id is another one, and the name means that.
    """

    def compare(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
        wanted, found = str(value), str(_at(config, path) or "")
        if found.startswith(_CONTAINER) and wanted.startswith(_CONTAINER):
            name = _container_named(wanted.removeprefix(_CONTAINER), found.removeprefix(_CONTAINER), config)
            return wanted, f"{_CONTAINER}{name}"
        networks = _at(config, "NetworkSettings.Networks") or {}
        names = {str(one.get("NetworkID")): name for name, one in networks.items() if one.get("NetworkID")}
        wanted, found = names.get(wanted, wanted), names.get(found, found)
        return (plain or {}).get(wanted, wanted), (plain or {}).get(found, found)

    return compare


def _links(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    """``container[:alias]``; the engine has ``/container:/this one/alias``."""
    found = []
    for item in _at(config, "HostConfig.Links") or ():
        name, _sign, alias = str(item).partition(":")
        found.append((name.lstrip("/"), alias.rsplit("/", 1)[-1]))
    wanted = []
    for item in value:
        name, _sign, alias = str(item).partition(":")
        wanted.append((next(iter(_by_id(name, config)), name), alias or name))
    return sorted(map(":".join, wanted)), sorted(map(":".join, found))


def _by_id(word: str, config: Mapping[str, t.Any]) -> list[str]:
    """The names of the container whose id the word is, or the beginning of it."""
    known = config.get("_names") or {}
    found = [id for id in known if len(word) >= _SHORT_ID and id.startswith(word)]
    return known[found[0]] if found else []


def _volumes_from(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    def normal(item: t.Any) -> str:
        name, _sign, mode = str(item).partition(":")
        return f"{next(iter(_by_id(name, config)), name)}:{mode or 'rw'}"

    return _set("HostConfig.VolumesFrom", normal)(value, config, {})


# --- networks ---------------------------------------------------------------------------------------


def _words_of(value: t.Any) -> list[str]:
    return sorted(set(map(str, value or ())))


def _network_links(value: t.Any) -> list[str]:
    """``container[:alias]``."""
    return sorted({item if ":" in item else f"{item}:{item}" for item in map(str, value or ())})


_NETWORK: dict[str, tuple[str, Callable[[t.Any], t.Any]]] = {
    "aliases": ("Aliases", _words_of),
    "links": ("Links", _network_links),
    "ipv4_address": ("IPAMConfig.IPv4Address", values.address),
    "ipv6_address": ("IPAMConfig.IPv6Address", values.address),
    "mac_address": ("MacAddress", values.hardware_address),
    "driver_opts": ("DriverOpts", lambda value: values.plain(value or {})),
    "gw_priority": ("GwPriority", lambda value: int(value or 0)),
}
"""Of a network's keys, where the engine tells them and in what form they are compared."""


def _networks(
    value: t.Any, config: Mapping[str, t.Any], options: Mapping[str, t.Any] | None = None
) -> tuple[t.Any, t.Any]:
    """
    Each by its name, with what is said of it. The first is the network mode, unless that is given or kept apart.

    The engine adds the container's short id and its host name to the aliases.
    """
    there = _at(config, "NetworkSettings.Networks") or {}
    own = {str(config.get("Id") or "")[:12], str(_at(config, "Config.Hostname") or "")}
    wanted, found = {}, {}
    for item in value:
        name = str(item.get("name"))
        held = there.get(name)
        said, seen = {}, {}
        for key, (path, normal) in _NETWORK.items():
            if item.get(key) is not None and (item[key] or key in _LISTS):
                said[key], seen[key] = normal(item[key]), normal(_at(held or {}, path))
        if "aliases" in said:
            for some in (said, seen):
                some["aliases"] = [one for one in some["aliases"] if one not in own]
        if "driver_opts" in said:
            seen["driver_opts"] = {key: one for key, one in seen["driver_opts"].items() if key in said["driver_opts"]}
        wanted[name] = said
        if held is not None:
            found[name] = seen
    mode = _network_mode_of(options or {})
    if mode and _at(config, PATHS["network_mode"]):
        shall, is_now = COMPARED["network_mode"](mode, config, {})
        if shall != is_now:
            wanted["network_mode"], found["network_mode"] = shall, is_now
    return wanted, found


_LISTS = ("aliases", "links")
"""Keys of which an empty list is a wish: that there be none."""


def _network_mode_of(options: Mapping[str, t.Any]) -> str | None:
    """The network mode where only networks are given: community.docker, module_container/module.py."""
    networks = options.get("networks")
    if not networks or options.get("network_mode") is not None:
        return None
    return "default" if options.get("networks_cli_compatible") is False else str(networks[0].get("name"))


# --- the tables -------------------------------------------------------------------------------------


def _restart_policy(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    return str(value), _at(config, "HostConfig.RestartPolicy.Name") or "no"


def _mac_address(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    """From API 1.44 on it is a network's, and the container has none."""
    wanted, own = values.hardware_address(value), _at(config, "Config.MacAddress")
    networks = (_at(config, "NetworkSettings.Networks") or {}).values()
    found = {values.hardware_address(one.get("MacAddress")) for one in networks} - {""}
    return wanted, values.hardware_address(own) if own else wanted if wanted in found else None


def _pids(value: t.Any) -> int:
    return max(0, int(value))


PATHS: dict[str, str] = {
    "image": "Config.Image",
    "command": "Config.Cmd",
    "entrypoint": "Config.Entrypoint",
    "env": "Config.Env",
    "labels": "Config.Labels",
    "hostname": "Config.Hostname",
    "domainname": "Config.Domainname",
    "user": "Config.User",
    "working_dir": "Config.WorkingDir",
    "stop_signal": "Config.StopSignal",
    "healthcheck": "Config.Healthcheck",
    "exposed_ports": "Config.ExposedPorts",
    "interactive": "Config.OpenStdin",
    "tty": "Config.Tty",
    "mac_address": "Config.MacAddress",
    "cpu_period": "HostConfig.CpuPeriod",
    "cpu_quota": "HostConfig.CpuQuota",
    "cpu_shares": "HostConfig.CpuShares",
    "cpus": "HostConfig.NanoCpus",
    "cpuset_cpus": "HostConfig.CpusetCpus",
    "cpuset_mems": "HostConfig.CpusetMems",
    "blkio_weight": "HostConfig.BlkioWeight",
    "device_read_bps": "HostConfig.BlkioDeviceReadBps",
    "device_write_bps": "HostConfig.BlkioDeviceWriteBps",
    "device_read_iops": "HostConfig.BlkioDeviceReadIOps",
    "device_write_iops": "HostConfig.BlkioDeviceWriteIOps",
    "memory": "HostConfig.Memory",
    "memory_swap": "HostConfig.MemorySwap",
    "memory_reservation": "HostConfig.MemoryReservation",
    "memory_swappiness": "HostConfig.MemorySwappiness",
    "kernel_memory": "HostConfig.KernelMemory",
    "oom_killer": "HostConfig.OomKillDisable",
    "oom_score_adj": "HostConfig.OomScoreAdj",
    "pids_limit": "HostConfig.PidsLimit",
    "shm_size": "HostConfig.ShmSize",
    "ulimits": "HostConfig.Ulimits",
    "restart_policy": "HostConfig.RestartPolicy.Name",
    "restart_retries": "HostConfig.RestartPolicy.MaximumRetryCount",
    "auto_remove": "HostConfig.AutoRemove",
    "privileged": "HostConfig.Privileged",
    "read_only": "HostConfig.ReadonlyRootfs",
    "init": "HostConfig.Init",
    "runtime": "HostConfig.Runtime",
    "pid_mode": "HostConfig.PidMode",
    "ipc_mode": "HostConfig.IpcMode",
    "uts": "HostConfig.UTSMode",
    "userns_mode": "HostConfig.UsernsMode",
    "cgroupns_mode": "HostConfig.CgroupnsMode",
    "cgroup_parent": "HostConfig.CgroupParent",
    "network_mode": "HostConfig.NetworkMode",
    "networks": "NetworkSettings.Networks",
    "links": "HostConfig.Links",
    "etc_hosts": "HostConfig.ExtraHosts",
    "dns_servers": "HostConfig.Dns",
    "dns_opts": "HostConfig.DnsOptions",
    "dns_search_domains": "HostConfig.DnsSearch",
    "capabilities": "HostConfig.CapAdd",
    "cap_drop": "HostConfig.CapDrop",
    "security_opts": "HostConfig.SecurityOpt",
    "groups": "HostConfig.GroupAdd",
    "sysctls": "HostConfig.Sysctls",
    "devices": "HostConfig.Devices",
    "device_requests": "HostConfig.DeviceRequests",
    "device_cgroup_rules": "HostConfig.DeviceCgroupRules",
    "volumes": "HostConfig.Binds",
    "volume_driver": "HostConfig.VolumeDriver",
    "volumes_from": "HostConfig.VolumesFrom",
    "mounts": "HostConfig.Mounts",
    "tmpfs": "HostConfig.Tmpfs",
    "storage_opts": "HostConfig.StorageOpt",
    "log_driver": "HostConfig.LogConfig.Type",
    "log_options": "HostConfig.LogConfig.Config",
    "published_ports": "HostConfig.PortBindings",
    "ports": "HostConfig.PortBindings",
    "publish_all_ports": "HostConfig.PublishAllPorts",
    "platform": "Image",
}
"""Where the engine tells an option."""

_OF_THEIR_OWN: dict[str, Compared] = {
    "image": _image,
    "env": _env,
    "labels": _subset(PATHS["labels"]),
    "log_options": _subset(PATHS["log_options"]),
    "healthcheck": _healthcheck,
    "exposed_ports": _exposed,
    "mac_address": _mac_address,
    "restart_policy": _restart_policy,
    "cpus": _number(PATHS["cpus"], 1e9),
    "memory_swap": _bytes(PATHS["memory_swap"], may_be_unlimited=True),
    "ulimits": _ulimits,
    "pid_mode": _mode(PATHS["pid_mode"]),
    "ipc_mode": _mode(PATHS["ipc_mode"]),
    "network_mode": _mode(PATHS["network_mode"], {"default": "bridge", "": "bridge"}),
    "networks": _networks,
    "links": _links,
    "etc_hosts": _hosts,
    "security_opts": _security_options,
    "devices": _devices,
    "device_requests": _device_requests,
    "volumes": _volumes,
    "volumes_from": _volumes_from,
    "mounts": _mounts,
    "tmpfs": _tmpfs,
    "published_ports": _ports,
    "ports": _ports,
    "platform": compare_platform,
    **{f"device_{way}_bps": _rates(PATHS[f"device_{way}_bps"], values.size) for way in ("read", "write")},
    **{f"device_{way}_iops": _rates(PATHS[f"device_{way}_iops"], int) for way in ("read", "write")},
}

_BY_SORT: dict[Callable[[str], Compared], tuple[str, ...]] = {
    _number: ("cpu_period", "cpu_quota", "cpu_shares", "blkio_weight", "restart_retries", "oom_score_adj"),
    _bytes: ("memory", "memory_reservation", "kernel_memory", "shm_size"),
    _table: ("sysctls", "storage_opts"),
    _list: ("dns_search_domains",),
    _set: ("dns_opts", "groups"),
    _same: ("hostname",),
}

_BY_FORM: dict[str, tuple[Callable[..., Compared], Callable[[t.Any], t.Any], t.Any]] = {
    "command": (_same, values.words, None),
    "entrypoint": (_same, values.words, None),
    "domainname": (_same, str, ""),
    "user": (_same, str, ""),
    "working_dir": (_same, values.path, ""),
    "stop_signal": (_same, values.signal, ""),
    "cpuset_cpus": (_same, values.numbers, ""),
    "cpuset_mems": (_same, values.numbers, ""),
    "memory_swappiness": (_same, int, -1),
    "pids_limit": (_same, _pids, 0),
    "uts": (_same, str, ""),
    "userns_mode": (_same, str, ""),
    "cgroupns_mode": (_same, str, ""),
    "cgroup_parent": (_same, values.path, ""),
    "runtime": (_same, str, ""),
    "volume_driver": (_same, str, ""),
    "log_driver": (_same, str, ""),
    **dict.fromkeys(
        ("interactive", "tty", "oom_killer", "auto_remove", "privileged", "read_only", "init", "publish_all_ports"),
        (_same, bool, False),
    ),
}

_IN_LISTS: dict[str, tuple[Callable[..., Compared], Callable[[t.Any], t.Any]]] = {
    "capabilities": (_set, values.capability),
    "cap_drop": (_set, values.capability),
    "dns_servers": (_list, values.address),
    "device_cgroup_rules": (_list, values.cgroup_rule),
}

COMPARED: dict[str, Compared] = {
    **{name: sort(PATHS[name]) for sort, names in _BY_SORT.items() for name in names},
    **{name: sort(PATHS[name], normal=normal, default=none) for name, (sort, normal, none) in _BY_FORM.items()},
    **{name: sort(PATHS[name], normal) for name, (sort, normal) in _IN_LISTS.items()},
    **_OF_THEIR_OWN,
}
COMPARED = {name: COMPARED[name] for name in PATHS}

CERTAIN = frozenset(
    ("image", "command", "entrypoint", "env", "labels", "hostname", "domainname", "user", "networks", "links")
    + ("privileged", "read_only", "capabilities", "cap_drop", "tty", "interactive", "auto_remove", "init")
    + ("publish_all_ports",)
)
"""What the engine keeps as it is sent, or what may change without us: the comparison alone decides."""

KEYS: dict[str, frozenset[str]] = {
    "healthcheck": frozenset((*(name for name, _key in _HEALTH), "test_cli_compatible")),
    "mounts": frozenset((*_MOUNT_PATHS, "subpath", "tmpfs_mode")),
    "networks": frozenset(("name", *_NETWORK)),
    "device_requests": frozenset(("capabilities", "count", "device_ids", "driver", "options")),
    **dict.fromkeys(
        ("device_read_bps", "device_write_bps", "device_read_iops", "device_write_iops"), frozenset(("path", "rate"))
    ),
}
"""Of options that have suboptions, those that the comparison knows. A later release has more: they have a digest."""


def unknown_keys(name: str, value: t.Any) -> t.Any:
    """Of an option, the suboptions that no comparison knows; nothing where it knows all."""
    if name not in KEYS:
        return None
    items = value if isinstance(value, (list, tuple)) else [value]
    rest = [{key: one[key] for key in one if key not in KEYS[name]} for one in items]
    return rest if any(rest) else None


# --- as it was made ---------------------------------------------------------------------------------


def digests(options: Mapping[str, t.Any]) -> str:
    """
    A mark of each option that is as it was made while it is written the same, with its name; ``none`` without any.

    It is the same from run to run.
    """
    given = {name: value for name, value in options.items() if value is not None and name not in BEHAVIOUR}
    found = {name: _digested(name, value, options) for name, value in given.items()}
    return " ".join(f"{name}={_digest(value)}" for name, value in sorted(found.items()) if value is not None) or "none"


def _digested(name: str, value: t.Any, options: Mapping[str, t.Any]) -> t.Any:
    """What is digested of an option: nothing where the comparison decides."""
    if name in CERTAIN or name in IN_PLACE:
        rest = unknown_keys(name, value)
        return None if rest is None else normalised(name, rest)
    if isinstance(value, str) and value.startswith(_CONTAINER):
        # The name stands for another container once that one was made anew.
        return None
    default = options.get("default_host_ip") if name in ("published_ports", "ports") else None
    return normalised(name, value) if default is None else [default, normalised(name, value)]


def _digest(value: t.Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:12]


def compared(
    name: str,
    value: t.Any,
    config: Mapping[str, t.Any],
    options: Mapping[str, t.Any],
    *,
    was: str | None,
    shall: str | None,
    given: Iterable[str] = (),
) -> tuple[t.Any, t.Any]:
    """
    An option against the engine's words and its own digests, the one it ``was`` made with and the present one.

    ``given`` are the names that the container was marked with. Returns (wanted, found), the same twice where nothing
    differs.
    """
    if name in _DISCARDED and name in given and not _at(config, PATHS[name]):
        # No update takes such a limit away: the engine has discarded it, for its kernel does not know it.
        return value, value
    is_certain = name in CERTAIN or name in IN_PLACE
    if was == shall and shall is not None and not is_certain:
        return value, value
    if name not in COMPARED or (name in KEYS and was != shall and (is_certain or unknown_keys(name, value))):
        return value, OTHER if was else None
    return COMPARED[name](value, config, options)


_DISCARDED = IN_PLACE - {"restart_policy", "restart_retries"}

OTHER = "another value"
"""What is shown of a value that is known by its digest alone."""


# --- what nobody wants any more -------------------------------------------------------------------


def _if_set(path: str, *nothing: t.Any) -> Callable[[Mapping[str, t.Any]], t.Any]:
    """The value there, None where it is what Docker gives if it is told nothing."""

    def left(config: Mapping[str, t.Any]) -> t.Any:
        found = _at(config, path)
        return None if not found or found in nothing else found

    return left


def _if_host(path: str) -> Callable[[Mapping[str, t.Any]], t.Any]:
    return lambda config: "host" if _at(config, path) == "host" else None


_MODES = ("pid_mode", "ipc_mode", "userns_mode", "network_mode")
"""Namespaces. The host's is never what an engine gives by itself; what else may be is the engine's to choose."""


def _security_left(config: Mapping[str, t.Any]) -> t.Any:
    return [item for item in _at(config, "HostConfig.SecurityOpt") or () if item != _DOCKERS_OWN] or None


def _swap_left(config: Mapping[str, t.Any]) -> t.Any:
    """Untold, Docker makes it twice the memory, or no limit where the kernel counts no swap."""
    found, memory = _at(config, "HostConfig.MemorySwap"), _at(config, "HostConfig.Memory") or 0
    unlimited = -1 if config.get("_counts_swap") is not True else None
    return None if found in (None, 0, unlimited, 2 * memory) else found


LEFT: dict[str, Callable[[Mapping[str, t.Any]], t.Any]] = {
    **{
        name: _if_set(PATHS[name])
        for name in ("blkio_weight", "restart_retries", "cpu_period", "cpu_quota", "cpu_shares", "cpus")
        + ("cpuset_cpus", "cpuset_mems", "memory", "memory_reservation", "privileged", "read_only", "auto_remove")
        + ("capabilities", "cap_drop", "sysctls", "volumes", "published_ports", "publish_all_ports")
        + ("interactive", "tty")
    },
    "restart_policy": _if_set(PATHS["restart_policy"], "no"),
    **{name: _if_host(PATHS[name]) for name in _MODES},
    "security_opts": _security_left,
    "memory_swap": _swap_left,
}
"""
What is left of an option that is given no more, by its name.

These are the engine's own settings of the container, with a known default, and are seen without a mark too. The rest
may be the image's or the engine's, and is told apart by the names in the marks.
"""

_ITEMS = ("env", "labels", "log_options", "exposed_ports", "volumes", "networks")
"""Options of which the engine has more than was given: what was given is known item by item."""


def _items(name: str, value: t.Any) -> list[str]:
    if name == "exposed_ports":
        return sorted(values.exposed_ports(value))
    if name == "volumes":
        return sorted(values.path(item) for item in value if not values.is_bind(item))
    if name == "networks":
        given = {str(one.get("name")): [key for key in _NETWORK if one.get(key)] for one in value}
        return [*given, *(f"{network}.{key}" for network, keys in given.items() for key in keys)]
    return list(map(str, value))


def _items_found(name: str, config: Mapping[str, t.Any]) -> dict[str, t.Any]:
    if name == "env":
        return _variables(config)
    if name == "networks":
        there = _at(config, PATHS[name]) or {}
        parts = {
            f"{network}.{key}": normal(_at(one, path))
            for network, one in there.items()
            for key, (path, normal) in _NETWORK.items()
            if _at(one, path)
        }
        return {**dict.fromkeys(there, {}), **parts}
    if name == "exposed_ports":
        own = values.exposed_ports(_at(config, "_image.config.ExposedPorts") or ())
        published = {port.lower() for port in _at(config, PATHS["published_ports"]) or ()}
        return dict.fromkeys(values.exposed_ports(_at(config, PATHS[name]) or ()) - own - published, "exposed")
    if name == "volumes":
        own = {values.path(item) for item in _at(config, "_image.config.Volumes") or {}}
        return dict.fromkeys(_nameless(config) - own, "without a name")
    return dict(_at(config, PATHS[name]) or {})


def names_given(options: Mapping[str, t.Any]) -> str:
    """
    The names of what was given and is known neither by a digest nor by what is LEFT of it, never the values.

    ``none`` without any.
    """
    digested = {part.partition("=")[0] for part in digests(options).split()}
    known = {*digested, *(set(LEFT) - set(_MODES) - IN_PLACE), *BEHAVIOUR, *_TABLES, "image"}
    names = [name for name, value in options.items() if value is not None and name not in known]
    names += [f"{name}.{_word(item)}" for name in _ITEMS for item in _items(name, options.get(name) or ())]
    return " ".join(sorted(names)) or "none"


_TABLES = ("env", "labels")
"""Options that are known by their items alone."""


def _word(item: str) -> str:
    return re.sub(r"\s", "_", item)


def given_no_more(
    given: Iterable[str], made: Mapping[str, str], options: Mapping[str, t.Any], config: Mapping[str, t.Any]
) -> tuple[dict[str, t.Any], dict[str, dict[str, t.Any]]]:
    """
    What was given before and is not now: (options with what is there, items of others with theirs).

    ``given`` are the names that the container was marked with, ``made`` its digests.
    """
    now = set(names_given(options).split())
    gone: dict[str, t.Any] = {}
    by_item = {one.partition(".")[0] for one in given if "." in one}
    for name in sorted({*given, *made} - now - {"none"}):
        if "." not in name and options.get(name) is None and name not in by_item and name not in IN_PLACE:
            found = _whats_left(name, config, options)
            if found is not None:
                gone[name] = found
    items: dict[str, dict[str, t.Any]] = {}
    for name in _ITEMS:
        found = {_word(item): (item, value) for item, value in _items_found(name, config).items()}
        before = {one.partition(".")[2] for one in given if one.startswith(f"{name}.")}
        left = sorted(item for item in before & set(found) if f"{name}.{item}" not in now)
        left = [item for item in left if not _is_the_images(name, *found[item], config)]
        if left and name not in gone:
            items[name] = {found[item][0]: found[item][1] for item in left}
    return gone, items


def _whats_left(name: str, config: Mapping[str, t.Any], options: Mapping[str, t.Any]) -> t.Any:
    """What the engine has of an option that is given no more; None where that is what it would have without it."""
    if name not in PATHS:
        return OTHER
    found = _at(config, PATHS[name])
    if name == "networks":
        return None if set(found or ()) <= {"bridge"} else sorted(found or ())
    if name == "platform":
        # Of one that is not made for the node's own processor nobody else would be chosen.
        return None
    if name == "init":
        return found
    if not found or (name in ("pids_limit", "memory_swappiness") and found == -1):
        return None
    # Docker leaves the image's command out where an entrypoint is given.
    may_be_the_images = name != "command" or options.get("entrypoint") is None
    own = _at(config, "_image.config" + PATHS[name].removeprefix("Config")) if "Config." in PATHS[name] else None
    return None if may_be_the_images and own == found else found


def _is_the_images(name: str, item: str, value: t.Any, config: Mapping[str, t.Any]) -> bool:
    if name == "env":
        own = dict(one.partition("=")[::2] for one in _at(config, "_image.config.Env") or ())
        return own.get(item) == value
    return name == "labels" and (_at(config, "_image.config.Labels") or {}).get(item) == value


# --- what can only be told apart ------------------------------------------------------------------

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h)")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_UNORDERED = ("mounts", "ulimits", "devices", "tmpfs", "groups", "volumes_from")


def normalised(option: str, value: t.Any) -> t.Any:
    """A value in one spelling of many: durations in seconds, sizes in bytes, switches as texts, sets in order."""
    if isinstance(value, Mapping):
        return {str(key): normalised(str(key), item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        items = [normalised(option, item) for item in value]
        return sorted(items, key=repr) if option in _UNORDERED else items
    if option in ("interval", "timeout", "start_period", "start_interval"):
        parts = _DURATION.findall(str(value))
        if parts and "".join(number + unit for number, unit in parts) == str(value):
            return str(round(sum(float(number) * _SECONDS[unit] for number, unit in parts), 6))
    if option == "tmpfs_size":
        return str(values.size(value))
    return text(value)
