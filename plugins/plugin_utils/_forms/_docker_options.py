# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
How each option of docker_container compares with what ``docker inspect`` says.

A comparison takes the option's value and the inspected container, and returns both in one normal form:
(wanted, found). Options that are missing here are told apart by a digest in a label.
"""

from __future__ import annotations

import re
import shlex
import typing as t
from collections.abc import Callable, Mapping

from .._quantities import MIB, mebibytes
from ._common import OptionError, text
from ._docker_acts import compare_platform

Compared = Callable[[t.Any, Mapping[str, t.Any]], tuple[t.Any, t.Any]]

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


def _at(config: Mapping[str, t.Any], path: str) -> t.Any:
    value: t.Any = config
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _same(path: str, *, normal: Callable[[t.Any], t.Any] = lambda value: value, default: t.Any = None) -> Compared:
    def compare(value: t.Any, config: Mapping[str, t.Any]) -> tuple[t.Any, t.Any]:
        found = _at(config, path)
        return normal(value), normal(default if found is None else found)

    return compare


def _number(path: str, factor: float = 1) -> Compared:
    return lambda value, config: (round(float(value) * factor), _at(config, path) or 0)


def _bytes(path: str, *, may_be_unlimited: bool = False) -> Compared:
    def compare(value: t.Any, config: Mapping[str, t.Any]) -> tuple[t.Any, t.Any]:
        found = _at(config, path) or 0
        if may_be_unlimited and str(value).strip() in ("unlimited", "-1"):
            return -1, found
        # Docker reads a plain number as bytes.
        return mebibytes(value, plain="B"), round(found / MIB)

    return compare


def _words(value: t.Any) -> list[str]:
    return shlex.split(value) if isinstance(value, str) else [str(item) for item in value or ()]


def _subset(path: str) -> Compared:
    """A mapping whose other keys are the image's own and stay."""

    def compare(value: t.Any, config: Mapping[str, t.Any]) -> tuple[t.Any, t.Any]:
        wanted = {str(key): text(item) for key, item in value.items()}
        found = _at(config, path) or {}
        return wanted, {key: found.get(key) for key in wanted if key in found}

    return compare


def _env(value: t.Any, config: Mapping[str, t.Any]) -> tuple[t.Any, t.Any]:
    wanted = {str(key): str(item) for key, item in value.items()}
    found = dict(item.partition("=")[::2] for item in _at(config, "Config.Env") or ())
    return wanted, {key: found[key] for key in wanted if key in found}


def _image(value: t.Any, config: Mapping[str, t.Any]) -> tuple[t.Any, t.Any]:
    """The name, and behind it the id: an image that was built anew under its old name is another image."""
    named = _at(config, "Config.Image")
    if named not in image_reference(value) and value not in image_reference(str(named)):
        return value, named
    now = config.get("_image_id")
    same = now is None or now == config.get("Image")
    return (value, named) if not same and value != named else (value, value if same else f"an earlier {value}")


def _set(path: str, normal: Callable[[str], str] = str) -> Compared:
    def compare(value: t.Any, config: Mapping[str, t.Any]) -> tuple[t.Any, t.Any]:
        return sorted({normal(str(item)) for item in value}), sorted({normal(item) for item in _at(config, path) or ()})

    return compare


def _capability(name: str) -> str:
    return name.upper().removeprefix("CAP_")


def _security_option(text: str) -> str:
    return text.replace(":", "=", 1) if "=" not in text else text


_DOCKERS_OWN = "label=disable"
"""Docker adds it to a container that is privileged or shares a namespace of the host, SELinux or not."""


def _security_options(value: t.Any, config: Mapping[str, t.Any]) -> tuple[t.Any, t.Any]:
    wanted, found = _set("HostConfig.SecurityOpt", _security_option)(value, config)
    return wanted, [item for item in found if item != _DOCKERS_OWN or item in wanted]


def _bind(text: str) -> str:
    """``source:target`` means read-write; SELinux and propagation flags keep their order of the alphabet."""
    source, _sign, rest = text.partition(":")
    target, _sign, mode = rest.partition(":")
    flags = set(filter(None, mode.split(",")))
    if not flags & {"ro", "rw"}:
        flags.add("rw")
    return f"{source}:{target}:{','.join(sorted(flags))}"


def _volumes(value: t.Any, config: Mapping[str, t.Any]) -> tuple[t.Any, t.Any]:
    wanted = sorted(_bind(str(item)) if ":" in str(item) else str(item) for item in value)
    binds = {_bind(item) for item in _at(config, "HostConfig.Binds") or ()}
    anonymous = {item for item in wanted if ":" not in item and item in (_at(config, "Config.Volumes") or {})}
    return wanted, sorted(binds | anonymous)


def _ports(value: t.Any, config: Mapping[str, t.Any]) -> tuple[t.Any, t.Any]:
    """
    ``[[ip:]host:]container[/protocol]``, each alone.

    Where no host port is named the engine picks one, and any is right.
    """
    wanted = sorted(one for item in value for one in _port(str(item)))
    free = {item.rsplit("->", 1)[1] for item in wanted if item.startswith("0.0.0.0:->")}
    found = []
    for container, bindings in (_at(config, "HostConfig.PortBindings") or {}).items():
        for binding in bindings or ():
            host = "" if container in free else binding.get("HostPort", "")
            found.append(f"{_any_address(binding.get('HostIp'))}:{host}->{container}")
    return wanted, sorted(found)


def _port(text: str) -> list[str]:
    """Of a range, each port alone: so the engine keeps them."""
    text, _sign, protocol = text.partition("/")
    address, _sign, rest = text.rpartition("]:") if text.startswith("[") else ("", "", text)
    parts = rest.split(":")
    if address:
        parts.insert(0, address.lstrip("["))
    *host, container = parts
    ip, port = (host[0], host[1]) if len(host) == 2 else ("", host[0] if host else "")
    containers = _each(container)
    ports = _each(port) if port and len(containers) > 1 else [port] * len(containers)
    return [f"{_any_address(ip)}:{a}->{b}/{protocol or 'tcp'}" for a, b in zip(ports, containers, strict=True)]


def _each(text: str) -> list[str]:
    first, sign, last = text.partition("-")
    return [str(number) for number in range(int(first), int(last) + 1)] if sign else [text]


def _any_address(text: str | None) -> str:
    return text or "0.0.0.0"


_ADDRESSES = {"ipv4_address": "IPAMConfig.IPv4Address", "ipv6_address": "IPAMConfig.IPv6Address"}


def _networks(value: t.Any, config: Mapping[str, t.Any]) -> tuple[t.Any, t.Any]:
    """
    Each by its name, with what is said of it: aliases, links and addresses.

    The engine adds the container's short id and its host name to the aliases.
    """
    there = _at(config, "NetworkSettings.Networks") or {}
    own = {str(config.get("Id") or "")[:12], str(_at(config, "Config.Hostname") or "")}
    wanted, found = {}, {}
    for item in value:
        name = str(item.get("name"))
        held = there.get(name)
        said, seen = {}, {}
        for key, path in (("aliases", "Aliases"), ("links", "Links")):
            if item.get(key) is not None:
                said[key] = sorted(set(map(str, item[key])) - own)
                seen[key] = sorted(set(_at(held or {}, path) or ()) - own)
        for key, path in _ADDRESSES.items():
            if item.get(key):
                said[key], seen[key] = str(item[key]), _at(held or {}, path)
        wanted[name] = said
        if held is not None:
            found[name] = seen
    return wanted, found


def _network_mode(value: t.Any, config: Mapping[str, t.Any]) -> tuple[t.Any, t.Any]:
    plain = {"default": "bridge", "": "bridge"}
    found = _at(config, "HostConfig.NetworkMode") or ""
    return plain.get(value, value), plain.get(found, found)


def _restart_policy(value: t.Any, config: Mapping[str, t.Any]) -> tuple[t.Any, t.Any]:
    return str(value), _at(config, "HostConfig.RestartPolicy.Name") or "no"


COMPARED: dict[str, Compared] = {
    "image": _image,
    "command": _same("Config.Cmd", normal=_words),
    "entrypoint": _same("Config.Entrypoint", normal=_words),
    "env": _env,
    "labels": _subset("Config.Labels"),
    "hostname": _same("Config.Hostname"),
    "user": _same("Config.User", normal=str, default=""),
    "working_dir": _same("Config.WorkingDir", default=""),
    "stop_signal": _same("Config.StopSignal"),
    "cpu_period": _number("HostConfig.CpuPeriod"),
    "cpu_quota": _number("HostConfig.CpuQuota"),
    "cpu_shares": _number("HostConfig.CpuShares"),
    "cpus": _number("HostConfig.NanoCpus", factor=1e9),
    "cpuset_cpus": _same("HostConfig.CpusetCpus", normal=str, default=""),
    "cpuset_mems": _same("HostConfig.CpusetMems", normal=str, default=""),
    "blkio_weight": _number("HostConfig.BlkioWeight"),
    "memory": _bytes("HostConfig.Memory"),
    "memory_swap": _bytes("HostConfig.MemorySwap", may_be_unlimited=True),
    "memory_reservation": _bytes("HostConfig.MemoryReservation"),
    "shm_size": _bytes("HostConfig.ShmSize"),
    "restart_policy": _restart_policy,
    "restart_retries": _number("HostConfig.RestartPolicy.MaximumRetryCount"),
    "privileged": _same("HostConfig.Privileged", default=False),
    "read_only": _same("HostConfig.ReadonlyRootfs", default=False),
    "init": _same("HostConfig.Init", default=False),
    "pid_mode": _same("HostConfig.PidMode", default=""),
    "ipc_mode": _same("HostConfig.IpcMode", default=""),
    "userns_mode": _same("HostConfig.UsernsMode", default=""),
    "network_mode": _network_mode,
    "networks": _networks,
    "capabilities": _set("HostConfig.CapAdd", _capability),
    "cap_drop": _set("HostConfig.CapDrop", _capability),
    "security_opts": _security_options,
    "sysctls": _subset("HostConfig.Sysctls"),
    "volumes": _volumes,
    "published_ports": _ports,
    "ports": _ports,
    "platform": compare_platform,
}


# --- what nobody wants any more -------------------------------------------------------------------


def _if_set(path: str, *nothing: t.Any) -> Callable[[Mapping[str, t.Any]], t.Any]:
    """The value there, None where it is what Docker gives if it is told nothing."""

    def left(config: Mapping[str, t.Any]) -> t.Any:
        found = _at(config, path)
        return None if not found or found in nothing else found

    return left


def _if_host(path: str) -> Callable[[Mapping[str, t.Any]], t.Any]:
    return lambda config: "host" if _at(config, path) == "host" else None


def _security_left(config: Mapping[str, t.Any]) -> t.Any:
    return [item for item in _at(config, "HostConfig.SecurityOpt") or () if item != _DOCKERS_OWN] or None


def _swap_left(config: Mapping[str, t.Any]) -> t.Any:
    """Untold, Docker makes it twice the memory, or no limit where the kernel counts no swap."""
    found, memory = _at(config, "HostConfig.MemorySwap"), _at(config, "HostConfig.Memory") or 0
    return None if found in (None, 0, -1, 2 * memory) else found


LEFT: dict[str, Callable[[Mapping[str, t.Any]], t.Any]] = {
    **{
        name: _if_set(f"HostConfig.{path}")
        for name, path in (
            ("blkio_weight", "BlkioWeight"),
            ("restart_retries", "RestartPolicy.MaximumRetryCount"),
            ("cpu_period", "CpuPeriod"),
            ("cpu_quota", "CpuQuota"),
            ("cpu_shares", "CpuShares"),
            ("cpus", "NanoCpus"),
            ("cpuset_cpus", "CpusetCpus"),
            ("cpuset_mems", "CpusetMems"),
            ("memory", "Memory"),
            ("memory_reservation", "MemoryReservation"),
            ("privileged", "Privileged"),
            ("read_only", "ReadonlyRootfs"),
            ("capabilities", "CapAdd"),
            ("cap_drop", "CapDrop"),
            ("sysctls", "Sysctls"),
            ("volumes", "Binds"),
            ("published_ports", "PortBindings"),
        )
    },
    "restart_policy": _if_set("HostConfig.RestartPolicy.Name", "no"),
    "pid_mode": _if_host("HostConfig.PidMode"),
    "ipc_mode": _if_host("HostConfig.IpcMode"),
    "userns_mode": _if_host("HostConfig.UsernsMode"),
    "network_mode": _if_host("HostConfig.NetworkMode"),
    "security_opts": _security_left,
    "memory_swap": _swap_left,
}
"""
What is left of an option that is given no more, by its name.

These are the engine's own settings of the container, with a known default: the rest may be the image's, and is told
apart by the names in a label.
"""

OF_THE_IMAGE = {
    "command": "Config.Cmd",
    "entrypoint": "Config.Entrypoint",
    "hostname": "Config.Hostname",
    "user": "Config.User",
    "working_dir": "Config.WorkingDir",
    "stop_signal": "Config.StopSignal",
    "shm_size": "HostConfig.ShmSize",
    "init": "HostConfig.Init",
    "networks": "NetworkSettings.Networks",
}
"""Options whose value is the image's or the engine's where none is given, and where the engine tells them."""

_TABLES = ("env", "labels")


def names_given(options: Mapping[str, t.Any]) -> str:
    """The names of what was given and may come from the image too, never the values; ``none`` without any."""
    names = [name for name in OF_THE_IMAGE if options.get(name) is not None]
    names += [f"{table}.{key}" for table in _TABLES for key in options.get(table) or ()]
    return " ".join(sorted(names)) or "none"


def given_no_more(
    before: str, now: str, config: Mapping[str, t.Any]
) -> tuple[dict[str, t.Any], dict[str, dict[str, str]]]:
    """
    Of the names that were given before and are not now: (options with what is there, keys of tables with theirs).

    ``before`` and ``now`` are marks as ``names_given`` makes them.
    """
    options: dict[str, t.Any] = {}
    tables: dict[str, dict[str, str]] = {}
    held = {"env": dict(item.partition("=")[::2] for item in _at(config, "Config.Env") or ())}
    held["labels"] = _at(config, "Config.Labels") or {}
    for name in sorted(set(before.split()) - set(now.split()) - {"none"}):
        table, _dot, key = name.partition(".")
        if table in _TABLES and key in held[table]:
            tables.setdefault(table, {})[key] = held[table][key]
        elif name in OF_THE_IMAGE:
            found = _at(config, OF_THE_IMAGE[name])
            options[name] = sorted(found) if isinstance(found, Mapping) else found
    return options, tables


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
    if option in ("tmpfs_size", "size") and value is not None:
        try:
            return f"{mebibytes(value, plain='B')} MiB"
        except ValueError:
            return text(value)
    return text(value)
