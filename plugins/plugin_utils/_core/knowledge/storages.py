# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the types of storage can do: whether a whole guest on them can be set back to an earlier moment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StorageRow:
    """``snapshots`` says whether a disk of a VM can have them there; ``shared`` whether all nodes reach it."""

    type: str
    snapshots: bool
    shared: bool = False
    source: str = "https://pve.proxmox.com/pve-docs/chapter-pvesm.html#_storage_types (Available storage types)"


STORAGES = {
    row.type: row
    for row in (
        # Of these four only in the qcow2 format, which is what a clone on such a storage is given.
        StorageRow(type="dir", snapshots=True),
        StorageRow(type="nfs", snapshots=True, shared=True),
        StorageRow(type="cifs", snapshots=True, shared=True),
        StorageRow(type="glusterfs", snapshots=True, shared=True),
        StorageRow(type="btrfs", snapshots=True),
        StorageRow(type="zfspool", snapshots=True),
        StorageRow(type="zfs", snapshots=True, shared=True),
        StorageRow(type="rbd", snapshots=True, shared=True),
        StorageRow(type="lvmthin", snapshots=True),
        # Proxmox VE 9 can chain volumes instead, as a technology preview, where 'snapshot-as-volume-chain' is set.
        StorageRow(
            type="lvm", snapshots=False, source="https://pve.proxmox.com/pve-docs/chapter-pvesm.html#storage_lvm"
        ),
        StorageRow(type="iscsi", snapshots=False, shared=True),
        StorageRow(type="iscsidirect", snapshots=False, shared=True),
    )
}
"""
The storage types of Proxmox VE that hold disks of machines, by their names in its API.

``cephfs``, ``pbs`` and ``esxi`` hold none.
"""
