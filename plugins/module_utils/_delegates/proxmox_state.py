# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The run state of a VM of Proxmox VE, and its removal.

Not by ``proxmox_kvm``: it does not see that a task has failed, and waits out its whole time-out
(community.proxmox#96); it neither resumes what is paused nor can pause it (community.general#9620); it gives up after
five seconds in which the API is silent, whatever its time-out is; and a guest that ignores its shutdown costs all of
it (community.proxmox#22).
"""

from __future__ import annotations

import time

from .._discovery.kinds._proxmox.guests import run_state
from .._discovery.kinds._proxmox.tasks import is_good
from .._discovery.kinds.proxmox import KIND
from .proxmox import CALL, TaskError, ask_until_answered, await_task, is_refusal, is_silence, pauses, refusal_words

SHUTDOWN = 60
"""Seconds at most that a guest has to shut down before it is ended."""

_END = 10
"""Seconds that are kept for the end of a guest that ignored its shutdown."""

_REBOOT = 5
"""Seconds after which a guest that was told to reboot, and was never seen down, counts as restarted."""

_GONE = "does not exist"
"""Part of the API's words for a VM that is not there."""

_NEXT = {
    "started": {"stopped": "start", "hibernated": "start", "paused": "resume"},
    "stopped": {"started": "shutdown", "paused": "stop"},
    "restarted": {"stopped": "start", "hibernated": "start", "started": "reboot", "paused": "stop"},
    "absent": {"started": "shutdown", "paused": "stop", "stopped": "delete", "hibernated": "delete"},
}
"""What is done on the way to each state, by the state that it is in. A paused guest cannot shut down."""

_LEADS_TO = {
    "start": ("started", "paused"),
    "resume": ("started",),
    "shutdown": ("stopped", "absent"),
    "stop": ("stopped", "absent"),
    "delete": ("absent",),
}

_GIVES_UP = ("timeout", "powerdown failed")
"""Parts of a task's words where the guest ignored what it was asked to do."""

_VERBS = {
    "start": "be started",
    "resume": "be resumed",
    "shutdown": "be stopped",
    "stop": "be stopped",
    "reboot": "be restarted",
    "delete": "be removed",
}


def bring_to(options, node, vmid, state, timeout, write=True):
    """
    Bring the VM into ``state``: started, stopped, restarted or absent. All of it takes ``timeout`` seconds at most.

    A guest that ignores its shutdown is ended. Returns whether anything was to be done. Raises DiscoveryError where the
    cluster does not answer, TaskError where it refuses or fails, with its own words.
    """
    cluster = KIND.connect(options, min(CALL, max(timeout, 1.0)))
    with cluster.translate_errors():
        return _Vm(cluster, node, vmid, timeout).bring_to(state, write)


class _Vm:
    """One VM, and the moment by which it is to be in its state."""

    def __init__(self, cluster, node, vmid, timeout):
        self.cluster = cluster
        self.node = node
        self.vmid = vmid
        self.path = f"nodes/{node}/qemu/{vmid}"
        self.timeout = timeout
        self.deadline = time.monotonic() + timeout

    def bring_to(self, state, write):
        changed = False
        while True:
            current = self._state()
            if current == "absent" != state:
                raise TaskError(f"VM {self.vmid} is not there on node '{self.node}'.")
            action = _NEXT[state].get(current)
            if action is None or not write:
                return changed or action is not None
            changed = True
            succeeded = self._reboot() if action == "reboot" else self._do(action)
            if succeeded and state == "restarted" and action in ("start", "reboot"):
                return True

    def _state(self):
        status = self._status()
        return "absent" if status is None else run_state(status)

    def _status(self):
        """Its status, None where it is not there."""
        try:
            return ask_until_answered(lambda: self.cluster.get(f"{self.path}/status/current"), self.deadline)
        except Exception as error:
            if is_refusal(error) and _GONE in refusal_words(error):
                return None
            raise

    def _do(self, action):
        """
        Carry out one action, and wait for what it leads to; a high-availability manager does it a little later.

        Returns whether it came there, which nobody knows where the API was silent. Raises TaskError where it failed.
        """
        end = self._run_task(action)
        if end is None and time.monotonic() < self.deadline:
            return self._state() in _LEADS_TO[action]
        if end is not None and not is_good(end):
            if self._state() in _LEADS_TO[action]:
                return True
            raise self._error(action, end)
        for _moment in pauses(self.deadline):
            if self._state() in _LEADS_TO[action]:
                return True
        raise self._error(action, f"that did not end within {self.timeout:g} s")

    def _reboot(self):
        """Whether the guest restarted. One that ignores it is ended, for the start that follows."""
        before = self._status() or {}
        began = time.monotonic()
        end = self._run_task("reboot")
        if end is None or not is_good(end):
            if end is not None and not any(words in end for words in _GIVES_UP):
                raise self._error("reboot", end)
            self._do("stop")
            return False
        # The task is over when the guest is down; the server starts it a moment later.
        for _moment in pauses(self.deadline):
            status = self._status() or {}
            is_anew = status.get("pid") != before.get("pid") or status.get("uptime", 0) < before.get("uptime", 0)
            if run_state(status) == "started" and (is_anew or time.monotonic() - began > _REBOOT):
                return True
        raise self._error("reboot", f"it did not run again within {self.timeout:g} s")

    def _run_task(self, action):
        """The end of the action's task; None where nobody knows it, for the API was silent or the time is over."""
        left = self.deadline - time.monotonic()
        grace = int(max(1, left - _END if left > 2 * _END else left / 2))
        # A guest may install what is new before it reboots, which is not to be cut short.
        parameters = {
            "shutdown": {"timeout": min(SHUTDOWN, grace), "forceStop": 1},
            "reboot": {"timeout": grace},
        }.get(action, {})
        try:
            if action == "delete":
                task = self.cluster.api.delete(self.path)
            else:
                task = self.cluster.api.post(f"{self.path}/status/{action}", **parameters)
            return await_task(self.cluster, self.node, task, self.deadline)
        except Exception as error:
            if is_refusal(error):
                raise self._error(action, refusal_words(error)) from None
            if not is_silence(error):
                raise
            # It may have been begun: what is there afterwards says so.
            time.sleep(min(1.0, max(0.0, self.deadline - time.monotonic())))
            return None

    def _error(self, action, why):
        return TaskError(f"VM {self.vmid} could not {_VERBS[action]}: {why}.")
