# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the platform does with the whole of it."""

from __future__ import annotations

from ...failures import never, not_now, undecided, unknown
from ...model import Candidate, Failure, Requirements


def snapshots(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    Docker has no snapshots of the whole; LXD has them on every storage pool; a machine needs a storage that can take
    them.
    """
    return candidate.form.snapshots_refused(candidate) if requirements.snapshots else None


def live_migration(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    Moving to another node while running takes a machine, another node, and no device of this one.

    CRIU can freeze only containers that have neither systemd nor a network, which is hardly ever the case.
    """
    if not requirements.live_migration:
        return None
    if candidate.shares_kernel is None:
        return undecided(f"cannot tell whether {candidate.title} can move while it runs")
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
