# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What the calls of a plan take of the privileges of Proxmox VE.

It is read off the calls themselves, so that whatever a plan comes to do is known before it is done.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping

from ...knowledge.proxmox_privileges import (
    how_to_give,
    is_allowed,
    listed_permits,
    permits_of,
    permits_of_clone_config,
    permits_of_setting,
)
from ...model import Call, Permissions, Permit, Target
from .options import in_api_names

_NO_SETTINGS = frozenset(
    (
        *("vmid", "newid", "node", "name", "state", "timeout", "update", "update_unsafe", "force", "purge", "digest"),
        *("clone", "full", "format", "storage", "pool", "snapname", "target", "revert", "delete", "migrate", "archive"),
    )
)
"""Arguments of the delegate that are no settings of the VM; its name is one only where it changes."""

_STATES = {
    "started": "start",
    "stopped": "stop",
    "restarted": "restart",
    "paused": "suspend",
    "hibernated": "suspend",
    "resumed": "resume",
    "absent": "remove",
    "template": "make a template",
}


def permits_of_calls(
    calls: Iterable[Call],
    *,
    current: Mapping[str, t.Any],
    template: Mapping[str, t.Any],
    pool: str | None = None,
    networks: Mapping[str, str] | None = None,
    permissions: Permissions | None = None,
    release: int | None = None,
) -> Iterator[Permit]:
    """
    What the calls take, in their order.

    ``current`` are the settings of the VM that they change, ``template`` those of the one that it is cloned from,
    ``networks`` the sorts of the node's networks by name. A VM in ``pool`` has the pool's privileges too.
    """
    names = {"pool": pool, "zones": _zones(networks or {}, permissions), "release": release}
    for call in calls:
        if call.creates:
            # A clone's disks are where it was told to put them.
            names["storage"] = call.args.get("storage")
        permits = PERMITS.get(call.module)
        if permits is not None:
            yield from permits(call.args, {**template, **current}, template, names)


def missing_permits(target: Target, calls: Iterable[Call], current: Mapping[str, t.Any] | None = None) -> str | None:
    """What of the privileges that the calls take the user lacks, with how to give it; None too where nobody knows."""
    held = target.permissions
    if held is None or held.paths is None:
        return None
    permits = permits_of_calls(calls, current=current or {}, template={})
    missing = [permit for permit in permits if not is_allowed(held, permit)]
    return f"{held.user} lacks {listed_permits(missing)}; {how_to_give(held, missing)}" if missing else None


def _permits_of_clone(
    args: Mapping[str, t.Any], _current: Mapping[str, t.Any], template: Mapping[str, t.Any], names: Mapping[str, t.Any]
) -> Iterator[Permit]:
    """Without a template it makes a VM from nothing."""
    names = {**names, "vmid": args["newid"], "template": args.get("vmid")}
    if args.get("vmid") is None:
        yield from permits_of("create", **names)
        return
    yield from permits_of("clone", **names)
    yield from permits_of_clone_config(template, args.get("storage"), names)


def _permits_of_state(
    args: Mapping[str, t.Any], _current: Mapping[str, t.Any], _template: Mapping[str, t.Any], names: Mapping[str, t.Any]
) -> Iterator[Permit]:
    yield from permits_of(_STATES[args["state"]], **{**names, "vmid": args["vmid"]})


def _permits_of_vm(
    args: Mapping[str, t.Any], current: Mapping[str, t.Any], template: Mapping[str, t.Any], names: Mapping[str, t.Any]
) -> Iterator[Permit]:
    if args.get("clone"):
        yield from _permits_of_clone({**args, "newid": args.get("newid") or args.get("vmid")}, current, template, names)
        return
    names = {**names, "vmid": args.get("vmid")}
    state = args.get("state", "present")
    if state in _STATES:
        yield from permits_of(_STATES[state], **names)
        return
    if not args.get("update") and not args.get("delete"):
        yield from permits_of("create", **names)
        current = {}
    elif args.get("migrate"):
        yield from permits_of("migrate", **names)
    for key, value in in_api_names(
        {name: value for name, value in args.items() if name not in _NO_SETTINGS and value is not None}
    ).items():
        yield from _permits_of_current(key, current, names)
        yield from permits_of_setting(key, value, names)
    for key in re.split(r"[,;\s]+", str(args.get("delete") or "")):
        yield from _permits_of_current(key, current, names)


def _permits_of_current(key: str, current: Mapping[str, t.Any], names: Mapping[str, t.Any]) -> Iterator[Permit]:
    """To change a setting, or take it away, takes what its present value does; the volume that stays is its own."""
    if current.get(key) is not None:
        yield from permits_of_setting(key, current[key], names, is_there=True)


def _permits_of_disk(
    args: Mapping[str, t.Any], current: Mapping[str, t.Any], _template: Mapping[str, t.Any], names: Mapping[str, t.Any]
) -> Iterator[Permit]:
    names = {**names, "vmid": args.get("vmid")}
    disk, state = str(args.get("disk")), args.get("state", "present")
    if state == "resized":
        names["storage"] = names.get("storage") or str(current.get(disk) or "").partition(":")[0] or None
        yield from (permit for permit in permits_of("resize", **names) if permit.paths)
        return
    yield from _permits_of_current(disk, current, names)
    storage = args.get("target_storage") if state == "moved" else args.get("storage")
    if storage is not None:
        yield from permits_of_setting(disk, f"{storage}:1", names)


PERMITS: dict[str, Callable[..., Iterator[Permit]]] = {
    "rightscope.deploy.proxmox_clone": _permits_of_clone,
    "rightscope.deploy.proxmox_state": _permits_of_state,
    "community.proxmox.proxmox_kvm": _permits_of_vm,
    "community.proxmox.proxmox_disk": _permits_of_disk,
}
"""Each module that a plan calls. A test holds that none is missing."""


def _zones(networks: Mapping[str, str], permissions: Permissions | None) -> dict[str, tuple[str, ...]]:
    """
    The zones that a virtual network may be in, which its listing does not tell: those that are in the user's paths.

    One of none of them has what comes down to all zones.
    """
    paths = (permissions.paths if permissions else None) or {}
    listed = {path.split("/")[3] for path in paths if re.match(r"/sdn/zones/[^/]+", path)} - {"localnetwork"}
    zones = (*sorted(listed), "ZONE")
    return {name: zones for name, kind in networks.items() if kind == "vnet"}
