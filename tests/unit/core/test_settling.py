# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a service has settled, look by look: each case is a story of what the engine said, and when."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Call, Instance, Plan
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.settling import (
    CRASH_LIMIT,
    STOPPED_TIMEOUT,
    DiffersError,
    EndedError,
    Settling,
    describe_differences,
)

NOTHING_LEFT = Plan()


def _container(started="t1", *, restarts=0, uptime=None, health=None, ready=True, status="running", log=""):
    state = {"Status": status, "StartedAt": started, "ExitCode": 3}
    if health:
        state["Health"] = {"Status": health}
    return (
        Instance(
            form="docker_container",
            name="web",
            id="1",
            node="dock1",
            state="started" if status == "running" else status,
            ready=ready,
            uptime=uptime,
            log=log,
            config={"State": state, "RestartCount": restarts},
        ),
    )


def _settling(*, form=FORMS["docker_container"], starts=True, min_uptime=None, wait_timeout=120.0, state="started"):
    return Settling(form, state, starts=starts, start_time=0.0, min_uptime=min_uptime, wait_timeout=wait_timeout)


def _left(option="working_dir", was="/tmp", shall="/tmp/"):
    call = Call(module="x", does=f"recreate container 'web' for {option}", args={})
    return Plan(calls=(call,), before={"web": {option: was}}, after={"web": {option: shall}})


def test_a_container_that_was_started_runs_on_for_a_second():
    settling = _settling()
    assert settling.reason_to_wait(_container(), NOTHING_LEFT, 0.2)
    assert settling.reason_to_wait(_container(), NOTHING_LEFT, 1.0) is None


@pytest.mark.parametrize(
    ("options", "instance"),
    [
        pytest.param({"min_uptime": 0}, {}, id="turned off"),
        pytest.param({"wait_timeout": 0}, {}, id="nothing is waited for"),
        pytest.param({}, {"health": "healthy"}, id="its healthcheck says more"),
        pytest.param(
            {"starts": False}, {"uptime": 3600}, id="it was there, and has run for long by the engine's clock"
        ),
        pytest.param({"min_uptime": 5}, {"uptime": 5}, id="the engine says that it has run for as long"),
    ],
)
def test_nothing_more_is_waited_for_at_the_first_look(options, instance):
    assert _settling(**options).reason_to_wait(_container(**instance), NOTHING_LEFT, 0.1) is None


def test_a_healthcheck_is_no_way_around_a_time_that_the_user_gives():
    settling = _settling(min_uptime=3)
    assert settling.reason_to_wait(_container(health="healthy"), NOTHING_LEFT, 2.9)
    assert settling.reason_to_wait(_container(health="healthy"), NOTHING_LEFT, 3.0) is None


def test_what_another_one_has_just_started_is_waited_for_too():
    settling = _settling(starts=False)
    assert settling.reason_to_wait(_container(uptime=0), NOTHING_LEFT, 100.0)
    assert settling.reason_to_wait(_container(uptime=0), NOTHING_LEFT, 100.5)
    assert settling.reason_to_wait(_container(uptime=1), NOTHING_LEFT, 101.0) is None


def test_a_restart_begins_the_time_anew():
    settling = _settling()
    assert settling.reason_to_wait(_container("t1"), NOTHING_LEFT, 0.5)
    assert settling.reason_to_wait(_container("t2", restarts=1, uptime=0), NOTHING_LEFT, 1.4)
    assert settling.reason_to_wait(_container("t2", restarts=1, uptime=0), NOTHING_LEFT, 2.0)
    assert settling.reason_to_wait(_container("t2", restarts=1, uptime=1), NOTHING_LEFT, 2.5) is None


def test_a_crash_loop_is_known_by_the_engine_s_own_count():
    """Whatever happened between two looks: each of them finds it running."""
    settling = _settling()
    assert settling.reason_to_wait(_container("t1", uptime=0), NOTHING_LEFT, 0.4)
    with pytest.raises(EndedError, match="'web' ends again and again after its start; its last words: no config"):
        settling.reason_to_wait(_container("t9", restarts=CRASH_LIMIT, uptime=0, log="no config"), NOTHING_LEFT, 5.0)


def test_restarts_of_before_this_run_are_not_counted():
    settling = _settling(starts=False)
    assert settling.reason_to_wait(_container(restarts=500, uptime=60), NOTHING_LEFT, 0.0) is None


def test_a_crash_loop_that_was_there_is_found_in_a_run_that_changes_nothing():
    settling = _settling(starts=False)
    assert settling.reason_to_wait(_container("t1", restarts=40, uptime=0), NOTHING_LEFT, 0.0)
    with pytest.raises(EndedError):
        settling.reason_to_wait(_container("t4", restarts=40 + CRASH_LIMIT, uptime=0), NOTHING_LEFT, 2.0)


def test_what_has_ended_is_told_at_once():
    with pytest.raises(EndedError, match="exit code 3"):
        _settling().reason_to_wait(_container(status="exited"), NOTHING_LEFT, 0.1)


def test_a_machine_is_not_watched_and_waited_for_until_it_is_ready():
    settling = _settling(form=FORMS["proxmox_vm"])
    machine = Instance(form="proxmox_vm", name="db", id="100", node="pve1", state="started", ready=False)
    assert (
        settling.reason_to_wait((machine,), NOTHING_LEFT, 50.0) == "it is not ready: no address, or no healthy answer"
    )


def test_what_has_no_address_yet_is_started_where_the_user_does_not_wait_for_one():
    settling = Settling(
        FORMS["proxmox_vm"],
        "started",
        starts=True,
        start_time=0.0,
        min_uptime=None,
        wait_timeout=120,
        awaits_address=False,
    )
    machine = Instance(form="proxmox_vm", name="db", id="100", node="pve1", state="started", ready=False, up=True)
    assert settling.reason_to_wait((machine,), NOTHING_LEFT, 1.0) is None


def test_what_shall_be_stopped_need_not_be_ready():
    settling = _settling(state="stopped")
    assert settling.reason_to_wait(_container(status="exited", ready=False), NOTHING_LEFT, 0.1) is None


def test_nothing_there_is_waited_for():
    assert _settling().reason_to_wait((), _left(), 0.1) == "it is not there afterwards"


def test_a_difference_that_two_looks_show_alike_stays():
    settling = _settling()
    assert "still differs" in settling.reason_to_wait(_container(), _left(), 1.0)
    with pytest.raises(DiffersError, match="working_dir is /tmp, wanted is /tmp/"):
        settling.reason_to_wait(_container(), _left(), 1.5)


def test_a_difference_that_changes_is_waited_for():
    settling = _settling()
    assert settling.reason_to_wait(_container(), _left(was="/"), 1.0)
    assert settling.reason_to_wait(_container(), _left(was="/tmp"), 2.0)
    assert settling.reason_to_wait(_container(), NOTHING_LEFT, 3.0) is None


def test_a_difference_that_ends_and_comes_back_is_a_new_one():
    settling = _settling(wait_timeout=100, min_uptime=50)
    settling.reason_to_wait(_container(), _left(), 1.0)
    settling.reason_to_wait(_container(), NOTHING_LEFT, 2.0)
    assert "still differs" in settling.reason_to_wait(_container(), _left(), 3.0)


@pytest.mark.parametrize("state", ["restarting", "error", "starting"])
def test_a_run_state_changes_by_itself(state):
    settling = _settling()
    for now in (1.0, 2.0, 60.0):
        assert settling.reason_to_wait(_container(), _left("state", state, "started"), now)


def test_what_was_started_and_stands_still_is_given_up():
    """A reboot passes through that state, and is waited for."""
    settling = _settling(form=FORMS["proxmox_vm"])
    stopped = _left("state", "stopped", "started")
    for now in (1.0, 2.0, 1.0 + STOPPED_TIMEOUT - 0.1):
        assert settling.reason_to_wait(_container(), stopped, now)
    with pytest.raises(EndedError, match="it was started, and has been stopped for 15 s since"):
        settling.reason_to_wait(_container(), stopped, 1.0 + STOPPED_TIMEOUT)


def test_a_long_value_is_cut():
    assert len(describe_differences(_left(shall="x" * 5000))) < 300


def test_a_value_that_is_not_there_is_told_as_such():
    assert describe_differences(_left(was=None)) == "working_dir is not set, wanted is /tmp/"
