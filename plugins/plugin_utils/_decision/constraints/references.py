# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""Whether what the options of an LXC container name is there, and is something that its server knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..._knowledge.features import LXC
from ..._model import Candidate, Failure, Requirements, Sysctl
from ..profiles import root_disk
from ._say import never, not_now, together
from .kernel import is_own_sysctl, why_shared

_SYSCTL = "linux.sysctl."


def references(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    What the options of an LXC container name must be there: its profiles, networks, bridges and storage pools. Its
    server must know each key, a setting of the kernel must be one that a container can have for itself, and the root
    disk of one that is there stays in its pool.
    """
    if candidate.form != LXC or not candidate.options:
        return None
    config, devices = candidate.options.get("config") or {}, candidate.options.get("devices") or {}
    return together(
        (
            *_profiles(candidate),
            *_devices(candidate, devices),
            *_pool_of_root(candidate, devices),
            *_keys(candidate, config),
            *_sysctls(requirements, candidate, config),
        )
    )


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


def _sysctls(requirements: Requirements, candidate: Candidate, config: Mapping[str, Any]) -> Iterator[Failure]:
    for key, value in config.items():
        if not key.startswith(_SYSCTL) or value in (None, ""):
            continue
        sysctl = Sysctl(name=key.removeprefix(_SYSCTL), value=str(value))
        if not is_own_sysctl(sysctl.name, requirements, candidate):
            why = why_shared(sysctl, requirements, candidate)
            remedy = f"take 'as.lxd_container.config.{key}' out, and ask for it by 'kernel.sysctls'"
            yield never(f"{sysctl.name} {why}, so a container cannot set it", remedy)
