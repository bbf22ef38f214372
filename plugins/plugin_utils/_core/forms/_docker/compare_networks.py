# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the networks that a container is on are held against what the engine says."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from . import values
from .compare_references import compare_network_mode
from .inspection import at


def _words_of(value: t.Any) -> list[str]:
    return sorted(set(map(str, value or ())))


def _network_links(value: t.Any) -> list[str]:
    """``container[:alias]``."""
    return sorted({item if ":" in item else f"{item}:{item}" for item in map(str, value or ())})


NETWORK_KEYS: dict[str, tuple[str, Callable[[t.Any], t.Any]]] = {
    "aliases": ("Aliases", _words_of),
    "links": ("Links", _network_links),
    "ipv4_address": ("IPAMConfig.IPv4Address", values.address),
    "ipv6_address": ("IPAMConfig.IPv6Address", values.address),
    "mac_address": ("MacAddress", values.hardware_address),
    "driver_opts": ("DriverOpts", lambda value: values.plain(value or {})),
    "gw_priority": ("GwPriority", lambda value: int(value or 0)),
}
"""Of a network's keys, where the engine tells them and in what form they are compared."""


def compare_networks(
    value: t.Any, config: Mapping[str, t.Any], options: Mapping[str, t.Any] | None = None
) -> tuple[t.Any, t.Any]:
    """
    Each by its name, with what is said of it. The first is the network mode, unless that is given or kept apart.

    The engine adds the container's short id and its host name to the aliases.
    """
    networks = at(config, "NetworkSettings.Networks") or {}
    own_aliases = {str(config.get("Id") or "")[:12], str(at(config, "Config.Hostname") or "")}
    wanted, present = {}, {}
    for item in value:
        name = str(item.get("name"))
        wanted[name], current = _compare_network(item, networks.get(name) or {}, own_aliases)
        if networks.get(name) is not None:
            present[name] = current
    mode = _network_mode_of(options or {})
    if mode and at(config, "HostConfig.NetworkMode"):
        wanted_mode, present_mode = compare_network_mode(mode, config, {})
        if wanted_mode != present_mode:
            wanted["network_mode"], present["network_mode"] = wanted_mode, present_mode
    return wanted, present


def _compare_network(
    item: Mapping[str, t.Any], network: Mapping[str, t.Any], own_aliases: set[str]
) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """(wanted, present) of one network, by the keys that are given."""
    wanted, present = {}, {}
    for key, (path, normal) in NETWORK_KEYS.items():
        if item.get(key) is not None and (item[key] or key in _LISTS):
            wanted[key], present[key] = normal(item[key]), normal(at(network, path))
    if "aliases" in wanted:
        for side in (wanted, present):
            side["aliases"] = [alias for alias in side["aliases"] if alias not in own_aliases]
    if "driver_opts" in wanted:
        given = wanted["driver_opts"]
        present["driver_opts"] = {key: option for key, option in present["driver_opts"].items() if key in given}
    return wanted, present


_LISTS = ("aliases", "links")
"""Keys of which an empty list is a wish: that there be none."""


def _network_mode_of(options: Mapping[str, t.Any]) -> str | None:
    """The network mode where only networks are given: community.docker, module_container/module.py."""
    networks = options.get("networks")
    if not networks or options.get("network_mode") is not None:
        return None
    return "default" if options.get("networks_cli_compatible") is False else str(networks[0].get("name"))
