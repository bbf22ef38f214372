# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What the modules for Proxmox VE have in common: calls that begin a task, and the task's own end.

A call that is answered with a task's id has only begun: the task's ``exitstatus`` says whether it succeeded.
"""

from __future__ import annotations

import time

from .._discovery.errors import DiscoveryError, status_of
from .._discovery.kinds.proxmox import KIND

CALL = 30.0
"""Seconds that one call to the API may take: what takes longer is a task."""

CONNECTION = KIND.module_arguments()
"""The connection options as arguments of a module."""

_PAUSES = (0.2, 1.0)
"""Seconds between two looks at a task: the first pause, and the longest."""

_FORBIDDEN = (401, 403)
_SILENT = (None, 595, 596, 599)
"""No answer at all, or that of a node which could not reach the other one."""


class TaskError(DiscoveryError):
    """A task failed, or did not end in time; the text is a sentence with the task's own words."""


def pauses(deadline):
    """Waits a little longer each time it is asked for the next value, until the deadline is over."""
    pause, longest = _PAUSES
    while time.monotonic() < deadline:
        yield
        time.sleep(max(0.0, min(pause, deadline - time.monotonic())))
        pause = min(pause * 1.5, longest)


def is_silence(error):
    """Whether the API did not answer, so that nobody knows what became of the call."""
    return not isinstance(error, DiscoveryError) and status_of(error) in _SILENT


def is_refusal(error):
    """Whether the API answered that it will not do it, for a reason that lies in the guest."""
    return not isinstance(error, DiscoveryError) and status_of(error) not in (*_SILENT, *_FORBIDDEN)


def refusal_words(error):
    """The API's own words in its refusal."""
    text = str(getattr(error, "content", "") or error)
    return " ".join(text.split()).rstrip(".")


def ask_until_answered(ask, deadline):
    """
    What ``ask`` returns, asked again while the API is silent, for it may be busy or be restarted.

    Raises the last error where it is silent to the end.
    """
    silence = None
    for _moment in pauses(deadline):
        try:
            return ask()
        except Exception as error:
            if not is_silence(error):
                raise
            silence = error
    if silence is None:
        return ask()
    raise silence


def await_task(cluster, node, task, deadline):
    """
    The task's ``exitstatus`` as soon as it has one; None where it has not ended by the deadline.

    A look that fails is made up for by the next one: the task goes on all the same.
    """
    path = f"nodes/{node}/tasks/{task}/status"
    for _moment in pauses(deadline):
        try:
            status = cluster.get(path)
        except Exception:
            continue
        if status.get("status") == "stopped":
            return status.get("exitstatus", "")
    return None
