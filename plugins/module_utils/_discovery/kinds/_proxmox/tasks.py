# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a guest's tasks."""

from __future__ import annotations

_CLOCK_DIFFERENCE = 5
"""Seconds that a clock here and a clock there usually differ by at most."""


def failed_task(cluster, node, vmid, since):
    """What the newest failed task of a guest ended with, or None; what began before ``since`` is of no interest."""
    with cluster.translate_errors():
        tasks = cluster.get_if_allowed(f"nodes/{node}/tasks", vmid=vmid, limit=10) or ()
        recent = [task for task in tasks if task["starttime"] >= since - _CLOCK_DIFFERENCE]
        newest = max(filter(_has_ended, recent), key=lambda task: task["starttime"], default=None)
        return newest["status"] if newest and not is_good(newest["status"]) else None


def _has_ended(task):
    return bool(task.get("status"))


def is_good(status):
    """Whether a task's ``exitstatus`` is that of one that did what it was to do."""
    return status == "OK" or status.startswith("WARNINGS")
