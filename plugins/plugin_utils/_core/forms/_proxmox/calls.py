# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The calls that make and change a VM.

Delegates: ``community.proxmox.proxmox_kvm`` and ``proxmox_disk``. The first has no check mode, says changed
at every update (community.proxmox#24), ignores everything but a name when it clones (community.proxmox#50)
and clones again where it should find (community.proxmox#97). So what to do is found out here, and it is
only ever told to do one thing to one VM, by id. What begins a task that can fail, a module of ours does.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ...model import Call, Candidate, Image, Instance, Service
from ...reading.quantities import readable
from ..common import ABSENT, STARTED, STOPPED, picked
from .comparison import SettingChanges
from .drives import makes_volumes
from .options import CLONE_OPTIONS

MODULE = "community.proxmox.proxmox_kvm"
DISK_MODULE = "community.proxmox.proxmox_disk"
CLONE_MODULE = "rightscope.deploy.proxmox_clone"
STATE_MODULE = "rightscope.deploy.proxmox_state"

TIMEOUT = 300
"""Seconds for one task; the delegate's own 30 are too few for a full clone (community.proxmox#67)."""


def address_of(instance: Instance, timeout: int = TIMEOUT) -> dict[str, t.Any]:
    """The arguments by which each call names its VM, with the seconds that its task may take."""
    return {"vmid": int(instance.id), "node": instance.node, "timeout": timeout}


def creation(
    service: Service, candidate: Candidate, options: Mapping[str, t.Any], vmid: int | None, template: Image | None
) -> Call:
    """The description has the mark from the first moment on: an interrupted run leaves nothing that is nobody's."""
    if template is None:
        origin: dict[str, t.Any] = picked(options, ("pool",))
        does = f"make VM {vmid} '{service.name}' from nothing"
    else:
        origin = {**picked(options, CLONE_OPTIONS), "vmid": int(template.id)}
        name = template.names[0] if template.names else template.id
        does = f"clone template '{name}' to VM {vmid} '{service.name}'"
    args = {
        **origin,
        "newid": vmid,
        "name": service.name,
        "description": options["description"],
        "node": candidate.node,
        "timeout": options.get("timeout", TIMEOUT),
    }
    return Call(module=CLONE_MODULE, does=does, args=args, creates=str(vmid), claims=True, action="create")


def configuration(
    address: Mapping[str, t.Any], wanted: SettingChanges, *, fresh: bool = False, unsaid: tuple[str, ...] = ()
) -> list[Call]:
    """
    Only what differs is sent: an update that is sent is a change to the delegate, whatever is in it. ``unsaid`` are
    settings that nobody is told of.
    """
    verb, vmid = "configure" if fresh else "change", address["vmid"]
    calls = []
    if wanted.deleted:
        names = ", ".join(sorted(wanted.deleted))
        args = {**address, "delete": ",".join(wanted.deleted), "state": "present"}
        calls.append(Call(module=MODULE, does=f"take {names} away from VM {vmid}", args=args, repeatable=True))
    if wanted.arguments:
        args = {**address, **wanted.arguments, "state": "present", "update": True}
        if wanted.is_unsafe:
            # Networks and drives count as unsafe: they are sent whole, a network with the MAC it has.
            args["update_unsafe"] = True
        hidden = (*wanted.cloned_drives, *wanted.deleted, *unsaid)
        names = ", ".join(sorted(key for key in wanted.changes if key not in hidden)) or "the mark"
        does = f"{verb} {names} of VM {vmid}"
        calls.append(Call(module=MODULE, does=does, args=args, repeatable=not makes_volumes(wanted.arguments)))
    for disk, parts in sorted(wanted.cloned_drives.items()):
        # The volume of a clone's disk has a name once the clone is there: this delegate keeps the volume.
        args = {"vmid": vmid, "disk": disk, "state": "present", "create": "disabled", **parts}
        calls.append(Call(module=DISK_MODULE, does=f"{verb} {disk} of VM {vmid}", args=args, repeatable=True))
    return calls


def growing(vmid: int, growth: Mapping[str, int]) -> list[Call]:
    """Each disk to its MiB."""
    calls = []
    for disk, mib in sorted(growth.items()):
        size = f"{mib // 1024}G" if mib % 1024 == 0 else f"{mib}M"
        args = {"vmid": vmid, "disk": disk, "size": size, "state": "resized"}
        does = f"grow {disk} of VM {vmid} to {readable(mib)}"
        calls.append(Call(module=DISK_MODULE, does=does, args=args, repeatable=True))
    return calls


def power(address: Mapping[str, t.Any], state: str, does: str) -> Call:
    """Into another run state, or away."""
    verbs = {STARTED: "start", STOPPED: "stop", "restarted": "restart", ABSENT: "remove"}
    return Call(module=STATE_MODULE, does=does, args={**address, "state": state}, action=verbs[state], bounded=True)


def restart(instances: tuple[Instance, ...], waiting: tuple[str, ...]) -> tuple[Call, ...]:
    """What makes each VM take the settings that wait."""
    return tuple(
        power(address_of(instance), "restarted", f"restart VM {instance.id} for {', '.join(waiting)}")
        for instance in instances
    )
