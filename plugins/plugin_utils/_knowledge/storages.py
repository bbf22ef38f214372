# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""What the types of storage can do: whether a whole guest on them can be set back to an earlier moment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StorageRow:
    """``snapshots`` says whether a disk of a VM can have them there; ``shared`` whether all nodes reach it."""

    type: str
    snapshots: bool
    shared: bool = False
    source: str = "https://pve.proxmox.com/pve-docs/chapter-pvesm.html (Available storage types)"


STORAGES = {
    row.type: row
    for row in (
        # Only in the qcow2 format, which is what a clone on such a storage is given.
        StorageRow(type="dir", snapshots=True),
        StorageRow(type="nfs", snapshots=True, shared=True),
        StorageRow(type="cifs", snapshots=True, shared=True),
        StorageRow(type="cephfs", snapshots=True, shared=True),
        StorageRow(type="btrfs", snapshots=True),
        StorageRow(type="zfspool", snapshots=True),
        StorageRow(type="zfs", snapshots=True, shared=True),
        StorageRow(type="rbd", snapshots=True, shared=True),
        StorageRow(type="lvmthin", snapshots=True),
        StorageRow(type="lvm", snapshots=False),
        StorageRow(type="iscsi", snapshots=False, shared=True),
        StorageRow(type="iscsidirect", snapshots=False, shared=True),
    )
}
"""The storage types of Proxmox VE by their names in its API."""
