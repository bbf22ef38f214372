# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Making a VM of Proxmox VE, as a clone of a template or from nothing: one call and its task, and the truth about both.

Not by ``proxmox_kvm``: it cannot give a clone a description (community.proxmox#50), answers with the template's id
where the new one is taken (community.proxmox#404) and says that a VM from nothing is there where it is somebody
else's, and does not see that a task failed (community.proxmox#96).
"""

from __future__ import annotations

import time

from .._discovery.errors import DiscoveryError
from .._discovery.kinds._proxmox.tasks import is_good
from .._discovery.kinds.proxmox import KIND
from .proxmox import CALL, await_task

_TAKEN = "already exists"
"""Part of the API's words for an id that is somebody's by now; each kind of call has words of its own."""


class CloningError(DiscoveryError):
    """
    The VM was not made. ``claimed`` says that the id was ours from then on: what is there of it, this call made.

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
    _make(
        options, node, f"nodes/{node}/qemu/{template}/clone", {"newid": newid, **settings}, newid, timeout, "clone to"
    )


def create(options, node, newid, settings, timeout):
    """
    Make a VM without a disk or network of the id ``newid``, and await the end of it.

    ``settings`` are the API's own: name, description, pool. Else as ``clone``.
    """
    _make(options, node, f"nodes/{node}/qemu", {"vmid": newid, **settings}, newid, timeout, "creation of")


def _make(options, node, path, settings, newid, timeout, what):
    cluster = KIND.connect(options, CALL)
    with cluster.translate_errors():
        end = await_task(cluster, node, _begin(cluster, path, newid, settings), time.monotonic() + timeout)
    if end is None:
        raise CloningError(f"The {what} VM {newid} did not end within {timeout:g} s.", claimed=True)
    if not is_good(end):
        raise CloningError(f"The {what} VM {newid} failed: {end}.", claimed=True)


def _begin(cluster, path, newid, settings):
    """The task's id. The API reserves the new id before it answers, so from then on that is ours."""
    parameters = {name: int(value) if isinstance(value, bool) else value for name, value in settings.items()}
    try:
        return cluster.api.post(path, **parameters)
    except Exception as exc:
        if _TAKEN not in str(exc):
            raise
        next_id = int(cluster.get("cluster/nextid"))
        raise CloningError(f"The id {newid} is taken by now.", next_id=next_id) from None
