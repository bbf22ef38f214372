# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
Cloning a template of Proxmox VE: one call and its task, and the truth about both.

Not by ``proxmox_kvm``: it cannot give a clone a description (community.proxmox#50), answers with the template's id
where the new one is taken (community.proxmox#404), and does not see that a task failed.
"""

from __future__ import annotations

import time

from ._discovery.errors import DiscoveryError
from ._discovery.proxmox import Cluster, is_good

_POLL = 0.5
"""Seconds between two looks at the task."""

_CALL = 30.0
"""Seconds that one call to the API may take: the clone is a task, and no call waits for it."""

_TAKEN = "already exists"
"""Part of the API's words for an id that is somebody's by now; each kind of call has words of its own."""


class CloningError(DiscoveryError):
    """
    The clone was not made. ``claimed`` says that the id was ours from then on: what is there of it, this call made.

    ``next_id`` is another id, where the wanted one is somebody else's.
    """

    def __init__(self, message, claimed=False, next_id=None):
        super().__init__(message)
        self.claimed = claimed
        self.next_id = next_id


def clone(options, node, template, newid, settings, timeout):
    """
    Clone the VM ``template`` on ``node`` to the id ``newid``, and await the end of it.

    ``settings`` are the API's own: name, description, full, storage, format, pool, snapname, target. ``timeout`` is in
    seconds. Raises DiscoveryError where the cluster does not answer, CloningError where it refuses or fails.
    """
    cluster = Cluster(options, _CALL)
    with cluster.explained():
        task = _begin(cluster, node, template, newid, settings)
        deadline = time.monotonic() + timeout
        while True:
            status = _status(cluster, node, task)
            if status.get("status") == "stopped":
                break
            if time.monotonic() >= deadline:
                raise CloningError(f"The clone to VM {newid} did not end within {timeout:g} s.", claimed=True)
            time.sleep(_POLL)
    if not is_good(status.get("exitstatus", "")):
        raise CloningError(f"The clone to VM {newid} failed: {status.get('exitstatus')}.", claimed=True)


def _status(cluster, node, task):
    """The task's status; empty while it cannot be asked for, for the clone goes on all the same."""
    try:
        return cluster.get(f"nodes/{node}/tasks/{task}/status")
    except Exception:
        return {}


def _begin(cluster, node, template, newid, settings):
    """The task's id. The API reserves the new id before it answers, so from then on that is ours."""
    given = {name: int(value) if isinstance(value, bool) else value for name, value in settings.items()}
    try:
        return cluster.api.post(f"nodes/{node}/qemu/{template}/clone", newid=newid, **given)
    except Exception as exc:
        if _TAKEN not in str(exc):
            raise
        free = int(cluster.get("cluster/nextid"))
        raise CloningError(f"The id {newid} is taken by now.", next_id=free) from None
