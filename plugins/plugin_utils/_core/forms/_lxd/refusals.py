# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a container's options takes back a need, and what they name that is not there."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator, Mapping

from ...failures import never, not_now
from ...knowledge.lxd_options import is_off
from ...model import Candidate, Failure, Requirements
from ..taken_back import TakenBack, is_size_below, must_grants, sysctls_taken_back, taken_back
from .profiles import root_disk

Options = Mapping[str, t.Any]


def options_refused(requirements: Requirements, candidate: Candidate) -> Iterator[Failure]:
    """What takes back a need."""
    if not candidate.options or _WORDS.isdisjoint(candidate.options):
        return iter(())
    return taken_back(candidate, needs_taken_back(requirements, candidate, candidate.options or {}))


_WORDS = frozenset(("config", "devices"))
"""The options that are looked at: most services have none of them, and there are many candidates."""


def needs_taken_back(needs: Requirements, candidate: Candidate, given: Options) -> TakenBack:
    """What the settings and devices take back of the needs."""
    config, devices = given.get("config") or {}, given.get("devices") or {}
    switches = {"nesting": "security.nesting", "privileged": "security.privileged"}
    for grant in must_grants(candidate) if config or devices else ():
        key = switches.get(grant.kind) or (grant.value.partition("=")[0] if grant.kind == "config" else None)
        if grant.why and key in config and is_off(config[key]):
            yield f"config.{key}", grant.why
        if grant.kind == "device" and grant.why:
            name = grant.value.strip("/").replace("/", "-").lower()
            if (devices.get(name) or {}).get("type") == "none":
                yield f"devices.{name}", grant.why
    if needs.memory and is_size_below(config.get("limits.memory"), needs.memory):
        yield "config.limits.memory", "memory"
    start = "linux.sysctl."
    own = {key.removeprefix(start): value for key, value in config.items() if str(key).startswith(start)}
    yield from sysctls_taken_back(needs, own, f"config.{start.rstrip('.')}")


def references_missing(candidate: Candidate) -> Iterator[Failure]:
    """What the options name that is known not to be there."""
    options = candidate.options or {}
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


def _devices(candidate: Candidate, devices: Options) -> Iterator[Failure]:
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


def _pool_of_root(candidate: Candidate, devices: Options) -> Iterator[Failure]:
    """https://documentation.ubuntu.com/lxd/en/latest/howto/instances_manage/: only a move brings it elsewhere."""
    held = root_disk(candidate.held_config.get("expanded_devices") or {}).get("pool")
    wanted = root_disk(devices).get("pool")
    if held and wanted and held != wanted:
        remedy = f"move it by hand, 'lxc move NAME --storage {wanted}', or name '{held}'"
        yield not_now(f"its root disk is in the storage pool '{held}', '{wanted}' wanted", remedy)


def _keys(candidate: Candidate, config: Options) -> Iterator[Failure]:
    known = candidate.facts.option_keys
    if known is None:
        return
    for key in config:
        if not any(re.fullmatch(_pattern(one), key) for one in known):
            yield never(
                f"its server does not know the key '{key}'", f"take 'as.lxd_container.config.{key}' out, or change it"
            )


def _pattern(key: str) -> str:
    """``user.*`` and ``volatile.<name>.hwaddr`` stand for many."""
    return re.sub(r"\\\*|<.*?>", ".+", re.escape(key))
