# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clone of a VM: what the API says of it, and what is made of that. Its words are those of a real server."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._delegates import proxmox
from ansible_collections.rightscope.deploy.plugins.module_utils._delegates.proxmox_clone import CloningError, clone
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._proxmox.connection import Cluster

OPTIONS = {"api_host": "pve", "api_user": "u@pve", "api_password": "p"}
TASK = "UPID:pve1:0000131F:0005053F:6B045D1C:qmclone:900:root@pam!lab:"


class Refused(Exception):
    """As proxmoxer has it: the status and the API's words."""

    def __init__(self, status, words):
        super().__init__(f"{status} Internal Server Error: {words}")
        self.status_code = status


class Api:
    """A cluster that answers the clone, then its task each time with the next of ``statuses``."""

    def __init__(self, statuses=(), refuses=None):
        self.statuses, self.refuses, self.posted = list(statuses), refuses, []

    def post(self, path, **form):
        self.posted.append((path, form))
        if self.refuses:
            raise self.refuses
        return TASK

    def get(self, path, **_query):
        if path == "cluster/nextid":
            return "105"
        assert path == f"nodes/pve1/tasks/{TASK}/status"
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if isinstance(status, Exception):
            raise status
        return status


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setattr(proxmox, "_PAUSES", (0, 0))

    def make(api):
        monkeypatch.setattr(Cluster, "_connect", lambda self: api)
        return api

    return make


def cloned(timeout=5, **settings):
    clone(OPTIONS, "pve1", 900, 104, {"name": "web", **settings}, timeout)


def test_a_clone_is_asked_for_once_and_awaited(cluster):
    running = {"status": "running"}
    api = cluster(Api([running, running, {"status": "stopped", "exitstatus": "OK"}]))
    cloned(full=True, description="rightscope.service: web")
    assert api.posted == [
        (
            "nodes/pve1/qemu/900/clone",
            {"newid": 104, "name": "web", "full": 1, "description": "rightscope.service: web"},
        )
    ]


def test_a_clone_with_warnings_is_made(cluster):
    cluster(Api([{"status": "stopped", "exitstatus": "WARNINGS: 1"}]))
    cloned()


def test_an_id_that_is_taken_comes_with_the_next_one(cluster):
    cluster(Api(refuses=Refused(500, "unable to create VM 104: config file already exists")))
    with pytest.raises(CloningError) as failure:
        cloned()
    assert (failure.value.claimed, failure.value.next_id) == (False, 105)


@pytest.mark.parametrize(
    ("status", "timeout", "said"),
    [
        pytest.param(
            {"status": "stopped", "exitstatus": "clone failed: no space left"},
            5,
            "clone failed: no space left",
            id="fails",
        ),
        pytest.param({"status": "running"}, 0, "did not end within 0 s", id="does not end"),
    ],
)
def test_what_fails_later_is_this_calls_own(cluster, status, timeout, said):
    cluster(Api([status]))
    with pytest.raises(CloningError, match=said) as failure:
        cloned(timeout=timeout)
    assert (failure.value.claimed, failure.value.next_id) == (True, None)


def test_a_poll_that_fails_is_made_up_for_by_the_next(cluster):
    """The clone goes on, whether somebody looks or not."""
    api = cluster(Api([ConnectionResetError(), {"status": "stopped", "exitstatus": "OK"}]))
    cloned()
    assert len(api.posted) == 1


def test_a_clone_that_nobody_can_look_at_is_this_calls_own(cluster):
    cluster(Api([ConnectionResetError()]))
    with pytest.raises(CloningError) as failure:
        cloned(timeout=0)
    assert failure.value.claimed is True


def test_what_the_api_refuses_is_told_in_a_sentence(cluster):
    cluster(Api(refuses=Refused(403, "Permission check failed (/vms/104, VM.Allocate)")))
    with pytest.raises(DiscoveryError, match="Proxmox VE API at pve:8006") as failure:
        cloned()
    assert not getattr(failure.value, "claimed", False)
