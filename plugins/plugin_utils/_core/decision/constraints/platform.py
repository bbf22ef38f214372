# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the platform does with the whole of it."""

from __future__ import annotations

from ...knowledge.storages import STORAGES
from ...model import Candidate, Failure, Requirements
from .failures import image_name, never, not_now, unknown


def snapshots(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    Snapshots of the whole: Docker has none; LXD has them on every storage pool; a machine needs a storage that can.
    """
    if not requirements.snapshots or candidate.kind == "lxd":
        return None
    if candidate.scope == "application":
        return never("Docker has no snapshots of a container with its volumes, which are wanted")
    name = candidate.storage or (candidate.image.storage if candidate.image else None)
    kind = (candidate.facts.storage_types or {}).get(name or "")
    if kind is None:
        storage = f"'{name}'" if name else f"of {image_name(candidate)}"
        return unknown(f"cannot tell the type of the storage {storage}", "storage_types")
    row = STORAGES.get(kind)
    if row is None:
        return unknown(f"cannot tell whether a storage of type {kind} has snapshots", "storage_types")
    if row.snapshots:
        return None
    return not_now(f"its storage '{name}' is of type {kind}, which has no snapshots", "name another storage")


def live_migration(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    To move to another node while it runs takes a machine, another node, and no device of this one.

    Containers are frozen by CRIU only where they have neither systemd nor a network, which is hardly ever.
    """
    if not requirements.live_migration:
        return None
    if candidate.shares_kernel:
        return never(f"{candidate.title} cannot move to another host while it runs")
    held = [str(device) for device in requirements.devices if device.kind in ("pci", "usb", "gpu")]
    if held:
        return never(f"a machine that holds {held[0]} cannot move away from it")
    if candidate.facts.peers is None:
        return unknown("cannot tell whether its cluster has another node", "peers")
    if candidate.facts.peers:
        return None
    return not_now("its cluster has no other node that is online", "add a node to the cluster")
