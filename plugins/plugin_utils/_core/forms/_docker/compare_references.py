# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How options that name another container, or a network, are held against what the engine says."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .compare_values import Comparison, by_set
from .inspection import at, name_of_container, names_by_id

CONTAINER = "container:"
"""What stands before the container whose namespace is shared."""


def by_mode(path: str, plain: Mapping[str, str] | None = None) -> Comparison:
    """
    A namespace: a word, a network by its name or id, or another container's.

    The delegate gives the engine that one's id. Once it was made anew its id is another one, and the name means that.
    """

    def compare(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
        wanted, present = str(value), str(at(config, path) or "")
        if present.startswith(CONTAINER) and wanted.startswith(CONTAINER):
            name = name_of_container(wanted.removeprefix(CONTAINER), present.removeprefix(CONTAINER), config)
            return wanted, f"{CONTAINER}{name}"
        networks = at(config, "NetworkSettings.Networks") or {}
        names = {str(network.get("NetworkID")): name for name, network in networks.items() if network.get("NetworkID")}
        wanted, present = names.get(wanted, wanted), names.get(present, present)
        return (plain or {}).get(wanted, wanted), (plain or {}).get(present, present)

    return compare


def compare_links(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    """``container[:alias]``; the engine has ``/container:/this one/alias``."""
    present = []
    for item in at(config, "HostConfig.Links") or ():
        name, _sign, alias = str(item).partition(":")
        present.append((name.lstrip("/"), alias.rsplit("/", 1)[-1]))
    wanted = []
    for item in value:
        name, _sign, alias = str(item).partition(":")
        wanted.append((next(iter(names_by_id(name, config)), name), alias or name))
    return sorted(map(":".join, wanted)), sorted(map(":".join, present))


def compare_volumes_from(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    def normal(item: t.Any) -> str:
        name, _sign, mode = str(item).partition(":")
        return f"{next(iter(names_by_id(name, config)), name)}:{mode or 'rw'}"

    return by_set("HostConfig.VolumesFrom", normal)(value, config, {})


compare_network_mode = by_mode("HostConfig.NetworkMode", {"default": "bridge", "": "bridge"})
"""Without a word the network is Docker's bridge."""
