# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is left of an option that is given no more."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable, Iterable, Mapping

from . import values
from .acts import BEHAVIOUR
from .compare_networks import NETWORK_KEYS
from .compare_values import ADDED_BY_DOCKER
from .digests import OTHER, digests
from .inspection import at, nameless_volumes, variables
from .options import IN_PLACE, PATHS


def _if_set(path: str, *nothing: t.Any) -> Callable[[Mapping[str, t.Any]], t.Any]:
    """The value there, None where it is what Docker gives if it is told nothing."""

    def value_left(config: Mapping[str, t.Any]) -> t.Any:
        present = at(config, path)
        return None if not present or present in nothing else present

    return value_left


def _if_host(path: str) -> Callable[[Mapping[str, t.Any]], t.Any]:
    return lambda config: "host" if at(config, path) == "host" else None


MODES = ("pid_mode", "ipc_mode", "userns_mode", "network_mode")
"""Namespaces. The host's is never what an engine gives by itself; what else may be is the engine's to choose."""


def _security_left(config: Mapping[str, t.Any]) -> t.Any:
    return [item for item in at(config, "HostConfig.SecurityOpt") or () if item != ADDED_BY_DOCKER] or None


def _swap_left(config: Mapping[str, t.Any]) -> t.Any:
    """Untold, Docker makes it twice the memory, or no limit where the kernel counts no swap."""
    present, memory = at(config, "HostConfig.MemorySwap"), at(config, "HostConfig.Memory") or 0
    unlimited = -1 if config.get("_counts_swap") is not True else None
    return None if present in (None, 0, unlimited, 2 * memory) else present


LEFT: dict[str, Callable[[Mapping[str, t.Any]], t.Any]] = {
    **{
        name: _if_set(PATHS[name])
        for name in ("blkio_weight", "restart_retries", "cpu_period", "cpu_quota", "cpu_shares", "cpus")
        + ("cpuset_cpus", "cpuset_mems", "memory", "memory_reservation", "privileged", "read_only", "auto_remove")
        + ("capabilities", "cap_drop", "sysctls", "volumes", "published_ports", "publish_all_ports")
        + ("interactive", "tty")
    },
    "restart_policy": _if_set(PATHS["restart_policy"], "no"),
    **{name: _if_host(PATHS[name]) for name in MODES},
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
        given = {str(network.get("name")): [key for key in NETWORK_KEYS if network.get(key)] for network in value}
        return [*given, *(f"{name}.{key}" for name, keys in given.items() for key in keys)]
    return list(map(str, value))


def _present_items(name: str, config: Mapping[str, t.Any]) -> dict[str, t.Any]:
    if name == "env":
        return variables(config)
    if name == "networks":
        networks = at(config, PATHS[name]) or {}
        parts = {
            f"{network}.{key}": normal(at(said, path))
            for network, said in networks.items()
            for key, (path, normal) in NETWORK_KEYS.items()
            if at(said, path)
        }
        return {**dict.fromkeys(networks, {}), **parts}
    if name == "exposed_ports":
        own = values.exposed_ports(at(config, "_image.config.ExposedPorts") or ())
        published = {port.lower() for port in at(config, PATHS["published_ports"]) or ()}
        return dict.fromkeys(values.exposed_ports(at(config, PATHS[name]) or ()) - own - published, "exposed")
    if name == "volumes":
        own = {values.path(item) for item in at(config, "_image.config.Volumes") or {}}
        return dict.fromkeys(nameless_volumes(config) - own, "without a name")
    return dict(at(config, PATHS[name]) or {})


def names_given(options: Mapping[str, t.Any]) -> str:
    """
    The names of what was given and is known neither by a digest nor by what is LEFT of it, never the values.

    ``none`` without any.
    """
    digested = {part.partition("=")[0] for part in digests(options).split()}
    known = {*digested, *(set(LEFT) - set(MODES) - IN_PLACE), *BEHAVIOUR, *_TABLES, "image"}
    names = [name for name, value in options.items() if value is not None and name not in known]
    names += [f"{name}.{_word(item)}" for name in _ITEMS for item in _items(name, options.get(name) or ())]
    return " ".join(sorted(names)) or "none"


_TABLES = ("env", "labels")
"""Options that are known by their items alone."""


def _word(item: str) -> str:
    return re.sub(r"\s", "_", item)


def find_withdrawn(
    given: Iterable[str], digests_before: Mapping[str, str], options: Mapping[str, t.Any], config: Mapping[str, t.Any]
) -> tuple[dict[str, t.Any], dict[str, dict[str, t.Any]]]:
    """
    What was given before and is not now: (options with what is there, items of others with theirs).

    ``given`` are the names that the container was marked with.
    """
    now, names_before = set(names_given(options).split()), set(given)
    withdrawn: dict[str, t.Any] = {}
    by_item = {name.partition(".")[0] for name in names_before if "." in name}
    for name in sorted({*names_before, *digests_before} - now - {"none"}):
        if "." not in name and options.get(name) is None and name not in by_item and name not in IN_PLACE:
            value = _value_left(name, config, options)
            if value is not None:
                withdrawn[name] = value
    items = {name: _withdrawn_items(name, names_before - now, config) for name in _ITEMS if name not in withdrawn}
    return withdrawn, {name: left for name, left in items.items() if left}


def _withdrawn_items(name: str, names: Iterable[str], config: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Of the names of what is given no more, the items of an option that are there and not the image's own."""
    present = {_word(item): (item, value) for item, value in _present_items(name, config).items()}
    words = {word.partition(".")[2] for word in names if word.startswith(f"{name}.")}
    left = [present[word] for word in sorted(words & set(present))]
    return {item: value for item, value in left if not _is_the_images(name, item, value, config)}


def _value_left(name: str, config: Mapping[str, t.Any], options: Mapping[str, t.Any]) -> t.Any:
    """What the engine has of an option that is given no more; None where that is what it would have without it."""
    if name not in PATHS:
        return OTHER
    present = at(config, PATHS[name])
    if name == "networks":
        return None if set(present or ()) <= {"bridge"} else sorted(present or ())
    if name == "platform":
        # Of one that is not made for the node's own processor nobody else would be chosen.
        return None
    if name == "init":
        return present
    if not present or (name in ("pids_limit", "memory_swappiness") and present == -1):
        return None
    # Docker leaves the image's command out where an entrypoint is given.
    may_be_the_images = name != "command" or options.get("entrypoint") is None
    own = at(config, "_image.config" + PATHS[name].removeprefix("Config")) if "Config." in PATHS[name] else None
    return None if may_be_the_images and own == present else present


def _is_the_images(name: str, item: str, value: t.Any, config: Mapping[str, t.Any]) -> bool:
    if name == "env":
        own = dict(variable.partition("=")[::2] for variable in at(config, "_image.config.Env") or ())
        return own.get(item) == value
    return name == "labels" and (at(config, "_image.config.Labels") or {}).get(item) == value
