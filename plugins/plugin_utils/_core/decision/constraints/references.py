# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what the options of a container name is there, and is something that its engine knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...knowledge.features import LXC
from ...model import Candidate, Failure, Requirements
from ..profiles import root_disk
from . import docker
from .failures import never, not_now, together


def references(_requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    What an option names must be there. Of a Docker container: a network, another container, a device, a runtime, a
    driver, and a directory that a mount of the type ``bind`` binds. Of an LXC container: a profile, a network, a
    bridge, a storage pool; its server must know each key, and the root disk of one that is there stays in its pool.

    What nobody knows of is left to the engine. A directory under ``volumes`` is made by Docker.
    """
    if not candidate.options:
        return None
    if candidate.form == docker.DOCKER:
        return together(docker.missing(candidate, candidate.options))
    return together(_of_lxc(candidate, candidate.options)) if candidate.form == LXC else None


def _of_lxc(candidate: Candidate, options: Mapping[str, Any]) -> Iterator[Failure]:
    config, devices = options.get("config") or {}, options.get("devices") or {}
    yield from _profiles(candidate)
    yield from _devices(candidate, devices)
    yield from _pool_of_root(candidate, devices)
    yield from _keys(candidate, config)


def _profiles(candidate: Candidate) -> Iterator[Failure]:
    known = candidate.facts.profiles
    for name in (candidate.options or {}).get("profiles") or () if known is not None else ():
        if name not in known:
            yield not_now(f"it has no profile '{name}'", "make it there, or name another")


def _devices(candidate: Candidate, devices: Mapping[str, Any]) -> Iterator[Failure]:
    facts = candidate.facts
    for device in devices.values():
        kind, network, pool = device.get("type"), device.get("network"), device.get("pool")
        if kind == "nic" and network and facts.networks is not None and network not in facts.networks:
            yield not_now(f"it has no network '{network}'", "make it there, or name another")
        # Of a cluster only its own networks are known, and of an interface that is no bridge not always.
        bridge = device.get("parent") if device.get("nictype") == "bridged" and not facts.peers else None
        if kind == "nic" and bridge and facts.networks is not None and bridge not in facts.networks:
            yield not_now(f"it has no bridge '{bridge}'", "make it there, or name another")
        if kind == "disk" and pool and facts.storage_types is not None and pool not in facts.storage_types:
            yield not_now(f"it has no storage pool '{pool}'", "make it there, or name another")


def _pool_of_root(candidate: Candidate, devices: Mapping[str, Any]) -> Iterator[Failure]:
    """https://documentation.ubuntu.com/lxd/en/latest/howto/instances_manage/: only a move brings it elsewhere."""
    held = root_disk(candidate.held_config.get("expanded_devices") or {}).get("pool")
    wanted = root_disk(devices).get("pool")
    if held and wanted and held != wanted:
        remedy = f"move it by hand, 'lxc move NAME --storage {wanted}', or name '{held}'"
        yield not_now(f"its root disk is in the storage pool '{held}', '{wanted}' wanted", remedy)


def _keys(candidate: Candidate, config: Mapping[str, Any]) -> Iterator[Failure]:
    known = candidate.facts.option_keys
    if known is None:
        return
    for key in config:
        if not any(re.fullmatch(_pattern(one), key) for one in known):
            yield never(f"its server knows no key '{key}'", f"take 'as.lxd_container.config.{key}' out, or change it")


def _pattern(key: str) -> str:
    """``user.*`` and ``volatile.<name>.hwaddr`` stand for many."""
    return re.sub(r"\\\*|<.*?>", ".+", re.escape(key))
