# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the target's own project of LXD or Incus bounds and forbids, known before the server refuses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...failures import not_now, unknown
from ...knowledge.lxd_options import in_bytes, is_on, meaning
from ...knowledge.lxd_projects import COUNTED, DEVICES, INTERCEPTION, LISTS, LOW_LEVEL, RESTRICTIONS, SUMMED, Summed
from ...model import Candidate, Failure, Requirements
from ...reading.quantities import readable
from .profiles import lxd_settings, root_disk

MIB = 2**20


def quota_refused(requirements: Requirements, candidate: Candidate) -> Iterator[Failure]:
    """What its limits, and one instance more, are too much for."""
    project = candidate.facts.project
    config, devices = lxd_settings(requirements, candidate)
    yield from _counted(project, candidate)
    yield from _summed(project, candidate, config, devices)


def _counted(project: Mapping[str, str], candidate: Candidate) -> Iterator[Failure]:
    if candidate.is_present:
        return
    used = candidate.facts.project_used
    for key, noun in COUNTED.items():
        if key not in project:
            continue
        most, have = meaning("limits.processes", project[key]), (used or {}).get(noun)
        if used is None or have is None:
            yield unknown(f"cannot tell how many {noun} {_name(project)} has, of {most} at the most", "project_used")
        elif have >= most:
            yield not_now(f"{_name(project)} is full: {key} is {most}, and it has {have}", _raise(project, key))


def _summed(
    project: Mapping[str, str], candidate: Candidate, config: Mapping[str, Any], devices: Mapping[str, Any]
) -> Iterator[Failure]:
    held = candidate.held_config
    for key, row in SUMMED.items():
        if key not in project:
            continue
        most = _amount(key, project[key])
        wanted = _amount(key, root_disk(devices).get("size") if key == "limits.disk" else config.get(key))
        if wanted is None:
            yield not_now(
                f"{_name(project)} limits {row.noun} ({key}), so each of its instances must have a limit of it",
                row.give,
            )
            continue
        used = (candidate.facts.project_used or {}).get(row.fact)
        if used is None:
            yield unknown(f"cannot tell how much of {row.noun} {_name(project)} has promised", "project_used")
            continue
        own = held.get("expanded_config") or {}
        kept = root_disk(held.get("expanded_devices") or {}).get("size") if key == "limits.disk" else own.get(key)
        left = most - used + (_amount(key, kept) or 0)
        if wanted > left:
            may, has, want = (_shown(row, amount) for amount in (most, max(0, left), wanted))
            noun = f"of {row.noun}" if row.in_mib else row.noun
            reason = f"{_name(project)} may have {may} {noun} in all and has {has} left, {want} wanted"
            yield not_now(reason, _raise(project, key))


def _amount(key: str, value: Any) -> int | None:
    """MiB of a size, else a number; None for what is none, such as a part of the whole."""
    if value in (None, ""):
        return None
    if key in ("limits.memory", "limits.disk"):
        size = in_bytes(value)
        return None if size is None else -(-size // MIB)
    found = meaning(key, str(value))
    return found if isinstance(found, int) else None


def _shown(row: Summed, amount: int) -> str:
    return readable(amount) if row.in_mib else f"{amount:g}"


def _name(project: Mapping[str, str]) -> str:
    return f"project '{project.get('name', 'default')}'"


def _raise(project: Mapping[str, str], key: str) -> str:
    return f"raise '{key}' of {_name(project)}"


# --- what is forbidden ----------------------------------------------------------------------------


def restrictions(requirements: Requirements, candidate: Candidate) -> Iterator[Failure]:
    """What a restricted project forbids of it."""
    project = candidate.facts.project
    if not is_on(project.get("restricted")):
        return
    config, devices = lxd_settings(requirements, candidate)
    forbidden = [*_forbidden_keys(project, config)]
    for name, device in sorted(devices.items()):
        if isinstance(device, Mapping):
            forbidden += _forbidden_device(project, name, device)
    for key, what in forbidden:
        yield not_now(f"{_name(project)} forbids {what} ({key})", f"let {_name(project)} allow it by '{key}'")


def _value(project: Mapping[str, str], key: str) -> str:
    return project.get(key) or RESTRICTIONS[key]


def _forbidden_keys(project: Mapping[str, str], config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if is_on(config.get("security.nesting")) and _value(project, "restricted.containers.nesting") != "allow":
        yield "restricted.containers.nesting", "nesting"
    privilege = _value(project, "restricted.containers.privilege")
    if is_on(config.get("security.privileged")) and privilege != "allow":
        yield "restricted.containers.privilege", "a privileged container"
    isolated = config.get("security.idmap.isolated")
    if privilege == "isolated" and isolated is not None and not is_on(isolated):
        yield "restricted.containers.privilege", "a container whose users are not isolated"
    low_level = _value(project, "restricted.containers.lowlevel")
    interception = _value(project, "restricted.containers.interception")
    for key, value in sorted(config.items()):
        # With ranges of ids of its own a project may allow it all the same.
        of_ranges = key == "raw.idmap" and (project.get("restricted.idmap.uid") or project.get("restricted.idmap.gid"))
        if key in INTERCEPTION:
            if is_on(value) and interception not in ("allow", "full"):
                yield "restricted.containers.interception", f"'{key}'"
        elif key.startswith(LOW_LEVEL) and low_level != "allow" and not of_ranges:
            if interception == "full" and key.startswith("security.syscalls.intercept"):
                continue
            yield "restricted.containers.lowlevel", f"'{key}'"


def _forbidden_device(project: Mapping[str, str], name: str, device: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kind = str(device.get("type"))
    if kind in DEVICES:
        if _value(project, f"restricted.devices.{kind}") != "allow":
            yield f"restricted.devices.{kind}", f"the device '{name}' ({kind})"
    elif kind == "nic":
        yield from _forbidden_nic(project, name, device)
    elif kind == "disk":
        yield from _forbidden_disk(project, name, device)


def _forbidden_nic(project: Mapping[str, str], name: str, device: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    key, access = "restricted.devices.nic", _listed(project, "restricted.networks.access")
    allowed = _value(project, key)
    if allowed == "block" or (allowed == "managed" and not device.get("network")):
        yield key, f"the interface '{name}'"
    elif access and (device.get("network") or device.get("parent")) not in (None, "", *access):
        where = device.get("network") or device.get("parent")
        yield "restricted.networks.access", f"the network '{where}'"


def _forbidden_disk(project: Mapping[str, str], name: str, device: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    key, pools = "restricted.devices.disk", _listed(project, "restricted.storage-pools.access")
    if pools and device.get("pool") and device["pool"] not in pools:
        yield "restricted.storage-pools.access", f"the storage pool '{device['pool']}'"
    if device.get("path") == "/" and device.get("pool"):
        # The root disk is always allowed.
        return
    allowed, source = _value(project, key), str(device.get("source") or "")
    if allowed == "block" or (allowed == "managed" and not device.get("pool")):
        yield key, f"the disk '{name}'"
    paths = _listed(project, "restricted.devices.disk.paths")
    if allowed == "allow" and paths and not device.get("pool") and not _is_below(source, paths):
        yield "restricted.devices.disk.paths", f"the directory '{source}'"


def _is_below(path: str, directories: tuple[str, ...]) -> bool:
    return any(path == one or path.startswith(one.rstrip("/") + "/") for one in directories)


def _listed(project: Mapping[str, str], key: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in project.get(key, "").split(",") if word.strip()) if key in LISTS else ()
