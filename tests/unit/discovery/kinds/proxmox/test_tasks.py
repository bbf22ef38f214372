# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a guest's tasks."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError, kind_of
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._proxmox.tasks import is_good
from tests.unit.discovery.kinds.proxmox.cluster import OPTIONS
from tests.unit.discovery.kinds.refusals import Forbidden

CALL = {"node": "pve1", "vmid": 101, "state": "started"}


def task(starttime, status=None):
    return {"starttime": starttime, "type": "qmstart", **({"status": status} if status else {})}


@pytest.mark.parametrize(
    ("tasks", "error"),
    [
        pytest.param([task(100, "no such bridge")], "no such bridge", id="it failed"),
        pytest.param([task(96, "no such bridge")], "no such bridge", id="by a clock that is a little behind"),
        pytest.param([task(100, "OK")], None, id="it succeeded"),
        pytest.param([task(100, "WARNINGS: 1")], None, id="it succeeded with warnings"),
        pytest.param([task(100)], None, id="it still runs"),
        pytest.param([task(90, "an older failure")], None, id="it failed before the call"),
        pytest.param([task(101, "the last"), task(100, "the first")], "the last", id="the newest counts"),
        pytest.param([task(101, "OK"), task(100, "a failure")], None, id="a later one succeeded"),
        pytest.param([], None, id="no task"),
        pytest.param(Forbidden(), None, id="tasks that may not be listed"),
    ],
)
def test_the_newest_failed_task_of_a_call(cluster, tasks, error):
    cluster(**{"nodes/pve1/tasks": tasks})
    assert kind_of("proxmox").failed_task(OPTIONS, CALL, 100.0) == error


def test_a_cluster_that_does_not_answer_is_told(cluster):
    cluster(**{"nodes/pve1/tasks": ConnectionRefusedError()})
    with pytest.raises(DiscoveryError, match="refused the connection"):
        kind_of("proxmox").failed_task(OPTIONS, CALL, 100.0)


@pytest.mark.parametrize(("status", "good"), [("OK", True), ("WARNINGS: 2", True), ("command failed", False)])
def test_the_end_of_a_task(status, good):
    assert is_good(status) is good
