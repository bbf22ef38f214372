# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One candidate: what is run and read back, and what is left of it where that fails."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import AttemptError, Cause
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.converge import converge
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Part
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.settling import CRASH_LIMIT

from .. import toy


@pytest.fixture
def run(clock, engine):
    """Converge on the engine; what is there of the service is what was discovered."""
    return lambda options=None, state="started", **more: converge(
        toy.job(clock, state, **more), toy.site(engine, options)
    )


@pytest.fixture
def fail(run):
    """Converge, and have it fail."""

    def fail(*args, **more) -> AttemptError:
        with pytest.raises(AttemptError) as caught:
            run(*args, **more)
        return caught.value

    return fail


# --- what is done ---------------------------------------------------------------------------------


def test_what_is_not_there_is_made(run, engine):
    result = run({"size": 1})
    assert engine.calls == ["create 100", "set 100", "start 100"]
    assert (result["changed"], result["failed"], result["warnings"]) == (True, False, [])
    assert result["diff"] == {"before": {"web": {"state": "absent"}}, "after": {"web": {"state": "started"}}}
    assert (result["placement"]["id"], result["placement"]["state"]) == ("100", "started")
    assert [call["action"] for call in result["calls"]] == ["create", "change", "start"]


def test_what_is_as_wanted_is_left_as_it_is(run, engine):
    engine.toys["90"] = toy.toy(options={"size": 1})
    result = run({"size": 1})
    assert (engine.calls, result["changed"], result["calls"], "diff" in result) == ([], False, [], False)
    assert result["placement"]["id"] == "90"


@pytest.mark.parametrize(
    ("state", "was", "calls"),
    [
        pytest.param("started", "stopped", ["start 90"], id="started"),
        pytest.param("stopped", "started", ["stop 90"], id="stopped"),
        pytest.param("restarted", "started", ["restart 90"], id="restarted, and that once"),
        pytest.param("present", "stopped", [], id="left alone"),
    ],
)
def test_it_is_brought_into_the_state(run, engine, state, was, calls):
    engine.toys["90"] = toy.toy(state=was)
    assert run(state=state)["changed"] is bool(calls)
    assert engine.calls == calls


@pytest.mark.parametrize(
    ("toys", "options", "state"),
    [
        pytest.param({}, {"size": 1}, "started", id="made"),
        pytest.param({"90": {"options": {"size": 1}}}, {"size": 2}, "started", id="changed"),
        pytest.param({"90": {"state": "stopped"}}, {}, "started", id="started"),
        pytest.param({"90": {}}, {}, "restarted", id="restarted"),
        pytest.param({"90": {"options": {"size": 2}}}, {"size": 2}, "started", id="left alone"),
        pytest.param({"90": {"options": {"kernel": 1}}}, {"kernel": 2}, "started", id="with a restart"),
    ],
)
def test_check_mode_runs_nothing_and_says_what_the_real_run_then_says(form, clock, engine, toys, options, state):
    form.waits_for_restart = ("kernel",)
    engine.toys = {number: toy.toy(number, **one) for number, one in toys.items()}
    foreseen = converge(toy.job(clock, state, check_mode=True, may_restart=True), toy.site(engine, options))
    assert (engine.calls, engine.looks) == ([], 0)

    result = converge(toy.job(clock, state, may_restart=True), toy.site(engine, options))

    for key in ("changed", "calls", "warnings"):
        assert foreseen[key] == result[key]
    assert foreseen.get("diff") == result.get("diff")
    assert foreseen["placement"]["state"] == result["placement"]["state"]
    assert foreseen["placement"]["id"] in (None, result["placement"]["id"])


def test_what_check_mode_foresees_of_something_new_has_no_id(run):
    assert run(check_mode=True)["placement"]["id"] is None


# --- differences ----------------------------------------------------------------------------------


def test_what_was_made_is_not_removed_over_a_difference(fail, engine, clock):
    engine.spellings = {"/tmp": "/tmp/"}
    error = fail({"directory": "/tmp"})
    assert str(error) == (
        "toy was made and is left there; it still differs afterwards: directory is /tmp/, wanted is /tmp"
    )
    assert (error.cause, error.remains, error.changed) == (Cause.DIFFERENCE, True, True)
    assert "100" in engine.toys
    assert not any(call.startswith("remove") for call in engine.calls)
    assert clock.now < 2


def test_what_was_there_is_not_removed_over_a_difference_either(fail, engine):
    engine.toys["90"] = toy.toy(options={"directory": "/"})
    engine.spellings = {"/tmp": "/tmp/"}
    error = fail({"directory": "/tmp"})
    assert str(error) == "it still differs afterwards: directory is /tmp/, wanted is /tmp"
    assert (error.remains, list(engine.toys)) == (True, ["90"])


def test_a_difference_that_the_delegate_does_not_see_is_none_after_the_calls_too(run, engine):
    engine.spellings, engine.same = {"/tmp": "/tmp/"}, {"directory"}
    result = run({"directory": "/tmp"})
    assert (result["failed"], result["changed"]) == (False, True)
    (warning,) = result["warnings"]
    assert "directory is /tmp/, wanted is /tmp, for 'web'. The delegate sees no difference" in warning


# --- failures -------------------------------------------------------------------------------------


def test_what_this_run_made_is_removed_where_a_call_fails(fail, engine):
    engine.failures["start"] = [toy.failure("start it")]
    error = fail()
    assert (str(error), error.cause) == ("toy could not start it: no", Cause.ENGINE)
    assert (error.remains, error.changed, engine.toys) == (False, False, {})


@pytest.mark.parametrize(
    ("claims", "left"), [pytest.param(False, [], id="it is"), pytest.param(True, ["100"], id="another's may be it")]
)
def test_what_was_made_and_not_answered_is_removed_where_it_is_known_to_be_ours(fail, engine, form, claims, left):
    form.claims = claims
    engine.failures["create"], engine.late = [toy.silence()], {"create"}
    error = fail()
    assert (list(engine.toys), error.remains, error.changed) == (left, bool(left), bool(left))


def test_what_was_there_is_left_where_a_call_fails(fail, engine):
    engine.toys["90"] = toy.toy(state="stopped", options={"size": 1})
    engine.failures["start"] = [toy.failure("start it")]
    error = fail({"size": 2})
    assert (error.remains, error.changed, list(engine.toys)) == (True, True, ["90"])


def test_where_not_even_the_first_call_ran_nothing_was_changed(fail, engine):
    engine.toys["90"] = toy.toy(state="stopped")
    engine.failures["start"] = [toy.failure("start it")]
    error = fail()
    assert (error.remains, error.changed) == (False, False)


def test_what_does_not_go_on_running_is_removed(fail, engine):
    engine.ends_at_start = True
    error = fail()
    assert (str(error), error.cause, engine.toys) == ("toy 'web' ended", Cause.EXIT, {})


def test_a_crash_loop_is_an_end(fail, engine, clock):
    clock.events = [(second / 2, lambda: crash(engine)) for second in range(1, 40)]
    error = fail(min_uptime=5)
    assert "container 'web' ends again and again after its start; its last words: ouch" in str(error)
    assert (error.cause, engine.toys) == (Cause.EXIT, {})
    assert CRASH_LIMIT / 2 <= clock.now < CRASH_LIMIT


@pytest.mark.parametrize(
    ("state", "options", "loops"),
    [
        pytest.param("started", {"size": 2}, False, id="it was running, and only changed"),
        pytest.param("restarted", {}, True, id="it was started by this run"),
    ],
)
def test_crashes_of_before_are_counted_only_where_this_run_has_started_it(run, engine, state, options, loops):
    engine.toys["90"] = toy.toy(crashes=CRASH_LIMIT)
    if loops:
        with pytest.raises(AttemptError, match="ends again and again"):
            run(options, state)
    else:
        assert run(options, state)["changed"] is True


def crash(engine) -> None:
    for number in engine.toys:
        engine.change(number, crashes=engine.toys[number].config["crashes"] + 1)


def test_what_does_not_become_ready_in_time_is_removed(fail, engine, clock):
    engine.address_after = 1000
    error = fail()
    assert str(error) == "it is not ready: no address, or no healthy answer, 20 s after the delegates had finished"
    assert (error.cause, engine.toys) == (Cause.TIMEOUT, {})
    assert 20 <= clock.now < 22


def test_it_is_waited_for_until_it_is_ready(run, engine, clock):
    engine.address_after = 7
    assert run()["failed"] is False
    assert 7 <= clock.now < 9


def test_what_somebody_removed_meanwhile_is_not_called_a_success(fail, engine, clock):
    engine.address_after = 1000
    clock.events.append((5, engine.toys.clear))
    assert str(fail()) == "it is not there afterwards, 20 s after the delegates had finished"


def test_an_id_that_was_taken_before_anything_ran_is_told_with_the_next(fail, engine):
    engine.failures["create"] = [toy.failure("create it", next_id=101)]
    error = fail()
    assert (error.cause, error.next_id, error.remains) == (Cause.ID_TAKEN, 101, False)
    assert engine.looks == 0


def test_an_id_that_is_told_after_something_ran_is_no_race(fail, engine):
    engine.failures["set"] = [toy.failure("set it", next_id=101)]
    error = fail()
    assert (error.cause, error.next_id, engine.toys) == (Cause.ENGINE, None, {})


def test_a_refusal_is_told_before_anything_is_run(fail, engine, form):
    form.plan_refusal = "it would be lost"
    error = fail()
    assert (str(error), error.cause, error.changed, engine.calls) == ("it would be lost", Cause.REFUSAL, False, [])


def test_what_may_not_be_made_anew_is_left(fail, engine, form):
    engine.toys["90"] = toy.toy(options={"image": 1})
    form.replaces = {"image": ((Part("volume data"),), (Part("what is in it"),))}
    error = fail({"image": 2})
    assert "needs 'replace: when_needed'; volume data would be kept, what is in it would be lost" in str(error)
    assert (error.cause, engine.calls) == (Cause.REFUSAL, [])


def test_an_engine_that_gives_no_answer_while_it_is_busy_ends_the_attempt_there(fail, engine, form):
    """It has a place, so it must not be made anywhere else."""
    engine.toys["90"] = toy.toy()
    form.busy_until, engine.silences = 5, 1
    error = fail({"size": 2})
    assert (str(error), error.cause) == ("it did not answer within 10 s", Cause.ENGINE)
    assert (error.remains, error.changed, engine.calls) == (True, False, [])


# --- waiting and restarting -----------------------------------------------------------------------


def test_what_is_busy_is_waited_for_and_planned_from_what_is_there_then(run, engine, form, clock):
    engine.toys["90"] = toy.toy(options={"size": 1})
    form.busy_until = 5
    clock.events.append((4, lambda: engine.change("90", options={"size": 2})))
    result = run({"size": 2})
    assert (result["changed"], engine.calls) == (False, [])
    assert clock.now >= 5


def test_check_mode_does_not_wait_for_what_is_busy(run, engine, form, clock):
    engine.toys["90"] = toy.toy()
    form.busy_until = 5
    run({"size": 2}, check_mode=True)
    assert clock.now == 0


def test_what_is_foreseen_to_wait_is_restarted_for_in_the_same_run(run, engine, form):
    engine.toys["90"] = toy.toy(options={"kernel": 1})
    form.waits_for_restart, engine.pending_after_set = ("kernel",), ("kernel",)
    result = run({"kernel": 2}, may_restart=True)
    assert engine.calls == ["set 90", "restart 90"]
    assert [call["action"] for call in result["calls"]] == ["change", "restart"]
    assert "restart_required" not in result


def test_what_nobody_foresaw_to_wait_is_restarted_for_afterwards(run, engine):
    engine.toys["90"] = toy.toy(options={"kernel": 1})
    engine.pending_after_set = ("kernel",)
    result = run({"kernel": 2}, may_restart=True)
    assert engine.calls == ["set 90", "restart 90"]
    assert [call["action"] for call in result["calls"]] == ["change", "restart"]


def test_without_leave_nothing_is_restarted_and_what_waits_is_told(run, engine):
    engine.toys["90"] = toy.toy(options={"kernel": 1})
    engine.pending_after_set = ("kernel",)
    result = run({"kernel": 2})
    assert engine.calls == ["set 90"]
    assert result["restart_required"] == ["kernel"]
    assert result["warnings"] == ["Service 'web': kernel take effect at its next restart."]


def test_a_restart_that_fails_leaves_what_was_there(fail, engine):
    engine.toys["90"] = toy.toy(options={"kernel": 1})
    engine.pending_after_set, engine.failures["restart"] = ("kernel",), [toy.failure("restart it")]
    error = fail({"kernel": 2}, may_restart=True)
    assert (str(error), error.remains, list(engine.toys)) == ("toy could not restart it: no", True, ["90"])
