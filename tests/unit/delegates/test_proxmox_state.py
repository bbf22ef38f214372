# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run state of a VM: what is asked of the API, when it ends, and what is said. Its words are a real server's."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._delegates import proxmox, proxmox_state
from ansible_collections.rightscope.deploy.plugins.module_utils._delegates.proxmox_state import bring_to
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._proxmox.connection import Cluster

OPTIONS = {"api_host": "pve", "api_user": "u@pve", "api_password": "p"}
PATH = "nodes/pve1/qemu/100"
RUNNING = {"status": "running", "qmpstatus": "running"}
PAUSED = {"status": "running", "qmpstatus": "paused"}
STOPPED = {"status": "stopped", "qmpstatus": "stopped"}
HIBERNATED = {**STOPPED, "lock": "suspended"}
LEADS_TO = {"start": RUNNING, "resume": RUNNING, "shutdown": STOPPED, "stop": STOPPED, "reboot": RUNNING}


class Refused(Exception):
    """As proxmoxer has it: the status and the API's words."""

    def __init__(self, status, words):
        super().__init__(f"{status} Internal Server Error: {words}")
        self.status_code, self.content = status, words


class Silence(Exception):
    """No answer."""


class Clock:
    """Time that goes by only where somebody sleeps."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += max(seconds, 0.001)


class Api:
    """A VM and its tasks. ``ends`` says with what a task of each action ends, None for one that never does."""

    def __init__(self, status, ends=None, clock=None):
        self.status, self.ends, self.clock = status, ends or {}, clock
        self.acts, self.asked, self.looks, self.silent = [], [], 0, []
        self.pid, self.after = 1, {}

    def post(self, path, **form):
        action = path.rsplit("/", 1)[1]
        self.acts.append(action)
        self.asked.append(form)
        return self._begin(action)

    def delete(self, path):
        assert path == PATH
        self.acts.append("delete")
        return self._begin("delete")

    def _begin(self, action):
        if self.silent:
            raise self.silent.pop(0)
        end = self.ends.get(action, "OK")
        if isinstance(end, Exception):
            raise end
        if end == "OK" or (end or "").startswith("WARNINGS"):
            self.status = None if action == "delete" else dict(LEADS_TO[action])
            self.pid += action in ("start", "reboot")
        return f"UPID:{action}"

    def get(self, path, **_query):
        if path == f"{PATH}/status/current":
            if self.status is None:
                raise Refused(500, "Configuration file 'nodes/pve1/qemu-server/100.conf' does not exist")
            return {**self.status, "pid": self.pid}
        self.looks += 1
        end = self.ends.get(path.split(":")[1].split("/")[0], "OK")
        return {"status": "running"} if end is None else {"status": "stopped", "exitstatus": end}


@pytest.fixture
def bring(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(proxmox_state, "time", clock)
    monkeypatch.setattr(proxmox, "time", clock)

    def run(api, state, timeout=60.0, write=True):
        api.clock = clock
        monkeypatch.setattr(Cluster, "_connect", lambda self: api)
        began = clock.now
        try:
            return bring_to(OPTIONS, "pve1", 100, state, timeout, write=write)
        finally:
            api.took = clock.now - began

    return run


@pytest.mark.parametrize(
    ("now", "state", "acts"),
    [
        (RUNNING, "started", []),
        (STOPPED, "started", ["start"]),
        (PAUSED, "started", ["resume"]),
        ({**RUNNING, "qmpstatus": "prelaunch"}, "started", ["resume"]),
        ({**RUNNING, "qmpstatus": "io-error"}, "started", ["resume"]),
        (HIBERNATED, "started", ["start"]),
        (RUNNING, "stopped", ["shutdown"]),
        (PAUSED, "stopped", ["stop"]),
        (STOPPED, "stopped", []),
        (HIBERNATED, "stopped", []),
        (RUNNING, "restarted", ["reboot"]),
        (STOPPED, "restarted", ["start"]),
        (PAUSED, "restarted", ["stop", "start"]),
        (RUNNING, "absent", ["shutdown", "delete"]),
        (PAUSED, "absent", ["stop", "delete"]),
        (STOPPED, "absent", ["delete"]),
        (HIBERNATED, "absent", ["delete"]),
        (None, "absent", []),
    ],
)
def test_each_state_is_reached_by_the_acts_that_it_takes(bring, now, state, acts):
    api = Api(now)
    assert bring(api, state, write=False) is bool(acts)
    assert api.acts == []
    assert bring(api, state) is bool(acts)
    assert api.acts == acts
    assert api.took < 10


@pytest.mark.parametrize("state", ["started", "stopped", "restarted"])
def test_a_vm_that_is_not_there_is_told(bring, state):
    with pytest.raises(DiscoveryError, match="VM 100 is not there on node 'pve1'"):
        bring(Api(None), state)


@pytest.mark.parametrize(
    ("now", "state", "action", "words"),
    [
        (STOPPED, "started", "start", "bridge 'vmbr9' does not exist"),
        (RUNNING, "stopped", "shutdown", "VM is locked (backup)"),
        (STOPPED, "absent", "delete", "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout"),
        (RUNNING, "restarted", "reboot", "VM is locked (snapshot)"),
        (PAUSED, "started", "resume", "VM 100 qmp command 'cont' failed"),
    ],
)
def test_a_task_that_fails_ends_it_at_once_in_its_own_words(bring, now, state, action, words):
    api = Api(now, {action: words})
    with pytest.raises(DiscoveryError, match="VM 100 could not be ") as failed:
        bring(api, state)
    assert failed.value.message.endswith(f": {words}.")
    assert (api.acts, api.looks) == ([action], 1)
    assert api.took < 1


def test_what_the_api_refuses_before_any_task_is_told_in_its_own_words(bring):
    api = Api(STOPPED, {"delete": Refused(500, "can't remove VM 100 - protection mode enabled")})
    with pytest.raises(DiscoveryError, match="could not be removed: can't remove VM 100 - protection mode enabled"):
        bring(api, "absent")


def test_a_task_with_warnings_has_done_it(bring):
    assert bring(Api(STOPPED, {"start": "WARNINGS: 1"}), "started")


@pytest.mark.parametrize("timeout", [4.0, 15.0, 60.0, 300.0])
@pytest.mark.parametrize(("now", "state", "action"), [(STOPPED, "started", "start"), (STOPPED, "absent", "delete")])
def test_a_task_that_does_not_end_is_awaited_for_no_more_than_the_time(bring, now, state, action, timeout):
    api = Api(now, {action: None})
    with pytest.raises(DiscoveryError, match=f"did not end within {timeout:g} s"):
        bring(api, state, timeout)
    assert timeout <= api.took < timeout + 2


@pytest.mark.parametrize(("timeout", "grace"), [(1.0, 1), (10.0, 5), (30.0, 20), (70.0, 60), (300.0, 60)])
def test_a_guest_has_all_but_the_last_seconds_to_shut_down_and_is_ended_then(bring, timeout, grace):
    api = Api(RUNNING)
    bring(api, "stopped", timeout)
    assert api.asked == [{"timeout": grace, "forceStop": 1}]


def test_a_guest_that_ignores_a_reboot_is_ended_and_started(bring):
    api = Api(RUNNING, {"reboot": "VM quit/powerdown failed - got timeout"})
    assert bring(api, "restarted", 120.0)
    assert api.acts == ["reboot", "stop", "start"]
    assert api.asked == [{"timeout": 110}, {}, {}]


@pytest.mark.parametrize("silence", [Silence(), ConnectionResetError(), TimeoutError(), Refused(596, "Broken pipe")])
@pytest.mark.parametrize(("now", "state", "act"), [(STOPPED, "started", "start"), (STOPPED, "absent", "delete")])
def test_an_act_whose_answer_was_lost_is_looked_for_and_done_again(bring, now, state, act, silence):
    api = Api(now)
    api.silent = [silence, silence]
    assert bring(api, state)
    assert api.acts == [act] * 3


def test_an_act_that_was_done_though_its_answer_was_lost_is_not_done_again(bring):
    class Lost(Api):
        def _begin(self, action):
            super()._begin(action)
            raise TimeoutError

    api = Lost(STOPPED)
    assert bring(api, "started")
    assert api.acts == ["start"]


def test_an_api_that_is_silent_to_the_end_is_told(bring):
    class Dead(Api):
        def get(self, path, **_query):
            raise ConnectionRefusedError

    with pytest.raises(DiscoveryError, match="refused the connection"):
        bring(Dead(STOPPED), "started", 20.0)
