# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One service from what was discovered to its state: decided, claimed, provisioned, retired."""

from __future__ import annotations

import time

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.deployment.flow import deploy
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import ProvisioningError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import IF_BETTER, IF_NEEDED
from tests.unit.core.builders import service

from .. import toy
from .conftest import IMAGE, WEB


@pytest.fixture
def run(deployment):
    return lambda *places, **options: deploy(deployment(*places, **options), time.time())


@pytest.fixture
def fail(run):
    def fail(*places, **options) -> ProvisioningError:
        with pytest.raises(ProvisioningError) as caught:
            run(*places, **options)
        return caught.value

    return fail


# --- placed ---------------------------------------------------------------------------------------


def test_it_is_made_where_it_belongs_and_all_of_that_is_told(run, place, screen, claims):
    a = place()
    result = run(a)
    assert a.engine.calls == ["create 100", "set 100", "start 100"]
    assert (result["changed"], result["placement"]["target"], result["failed"]) == (True, "a", False)
    assert {"decision", "explanation", "plan_digest", "calls", "diff"} <= set(result)
    assert screen.verbose == [result["explanation"]]
    (claim,) = claims()
    assert (claim["target"], claim["memory"], claim["settled"] is not None) == ("a", 64, True)


def test_its_memory_is_claimed_before_it_is_made(run, place, claims):
    a, during = place(), []
    create = a.engine._create
    a.engine._create = lambda *arguments: (during.extend(claims()), create(*arguments))
    run(a)
    assert [(claim["memory"], claim["settled"]) for claim in during] == [(64, None)]


def test_what_others_have_claimed_is_not_given_twice(run, place, deployment):
    first = place("a", memory_free=100)
    first.engine._create = lambda *_arguments: run_other()

    def run_other():
        other = service("db", made_as=WEB.made_as, memory="64 MiB")
        with pytest.raises(ProvisioningError, match="db"):
            deploy(deployment(place("a", memory_free=100), of=other), time.time())
        raise toy.failure("go on")

    with pytest.raises(ProvisioningError, match="could not go on"):
        run(first)


def test_check_mode_claims_nothing_runs_nothing_and_foresees_the_same(run, place, claims):
    a = place()
    foreseen = run(a, check_mode=True)
    assert (a.engine.calls, claims()) == ([], [])
    result = run(a)
    for key in ("changed", "calls", "diff", "plan_digest", "explanation", "decision"):
        assert foreseen[key] == result[key]


def test_a_second_run_changes_nothing(run, place):
    run(first := place())
    result = run(place("a", *first.engine.toys.values()))
    assert (result["changed"], result["calls"]) == (False, [])


def test_a_failure_tells_what_was_decided_and_settles_the_claim(fail, place, claims):
    a = place()
    a.engine.failures["create"] = [toy.failure("create it")]
    error = fail(a)
    assert "On 'a' (docker_container): toy could not create it: no.\nThe decision was: Service 'web' goes to" in str(
        error
    )
    assert (error.result["changed"], [one["target"] for one in error.result["attempts"]]) == (False, ["a"])
    assert {"decision", "explanation", "plan_digest"} <= set(error.result)
    assert [claim["settled"] is not None for claim in claims()] == [True]


def test_where_the_better_one_fails_the_next_is_claimed_and_told_of(run, place, claims):
    a, b = place("a"), place("b")
    a.engine.failures["create"] = [toy.failure("create it")]
    result = run(a, b)
    assert (result["placement"]["target"], [claim["target"] for claim in claims()]) == ("b", ["b"])
    assert "goes to 'b'" in result["explanation"]


# --- what the user expects ------------------------------------------------------------------------


def test_only_the_plan_that_was_looked_at_is_carried_out(run, fail, place, claims):
    digest = run(place(), check_mode=True)["plan_digest"]
    a = place()
    error = fail(a, expected_plan="0123456789abcdef")
    assert str(error).startswith(
        f"The plan is now {digest}, not 0123456789abcdef as in 'expect_plan', so nothing was done; look at it again"
    )
    assert (error.result["changed"], error.result["plan_digest"]) == (False, digest)
    assert (a.engine.calls, claims()) == ([], [])
    assert run(a, expected_plan=digest)["changed"] is True


def test_where_nothing_fits_it_is_an_error_with_every_reason(fail, place):
    a = place(memory_free=1)
    error = fail(a)
    assert str(error) == error.result["explanation"]
    assert (error.result["changed"], a.engine.calls) == (False, [])


def test_what_no_longer_fits_where_it_is_is_only_told_if_the_user_wants_that(run, fail, place, screen):
    misfit = service(made_as=WEB.made_as, memory="64 MiB", architecture="aarch64")
    there = toy.toy(options=IMAGE)
    assert "web" in str(fail(place("a", there), of=misfit))
    result = run(place("a", there), of=misfit, reports_misfit=True)
    assert (result["fits"], result["changed"], result["failed"], result["calls"]) == (False, False, False, [])
    assert result["placement"]["id"] == "90"
    assert screen.warnings == [result["explanation"].splitlines()[0]]


def test_to_report_is_no_way_around_an_error_where_it_has_no_place(fail, place):
    assert fail(place(memory_free=1), reports_misfit=True).result["changed"] is False


# --- moved ----------------------------------------------------------------------------------------

OLD = toy.toy("90", options=IMAGE)
NEEDS = {"labels": {"zone": "b"}}


@pytest.fixture
def moving(place):
    """The service is on 'a' and now wants to be where the label is, on 'b'."""
    a, b = place("a", OLD, labels={"zone": "a"}), place("b", labels={"zone": "b"})
    return a, b, service(made_as=WEB.made_as, **NEEDS)


def test_what_moves_is_retired_once_the_new_one_is_ready(run, moving):
    a, b, of = moving
    a_calls_when_ready = []
    b.engine.address_after = 5
    b.engine.clock.events.append((4.9, lambda: a_calls_when_ready.extend(a.engine.calls)))
    result = run(a, b, of=of, move=IF_NEEDED)
    assert (a.engine.toys, list(b.engine.toys)) == ({}, ["100"])
    assert (a_calls_when_ready, a.engine.calls) == ([], ["remove 90"])
    assert (result["placement"]["target"], result["changed"]) == ("b", True)
    assert [(call["target"], call["action"]) for call in result["calls"]] == [
        ("b", "create"),
        ("b", "change"),
        ("b", "start"),
        ("a", "remove"),
    ]
    assert result["diff"]["before"] == {"web": {"state": "absent"}, "web on a": {"state": "started"}}
    assert result["diff"]["after"] == {"web": {"state": "started"}, "web on a": {"state": "absent"}}


def test_check_mode_foresees_the_move_too(run, moving):
    a, b, of = moving
    foreseen = run(a, b, of=of, move=IF_NEEDED, check_mode=True)
    assert (a.engine.calls, b.engine.calls) == ([], [])
    result = run(a, b, of=of, move=IF_NEEDED)
    assert [foreseen[key] for key in ("changed", "calls", "diff")] == [
        result[key] for key in ("changed", "calls", "diff")
    ]


@pytest.mark.parametrize("state", ["started", "stopped"])
def test_present_leaves_its_run_state_alone_in_the_new_place_too(run, place, state):
    a = place("a", toy.toy("90", state=state, options=IMAGE), labels={"zone": "a"})
    b = place("b", labels={"zone": "b"})
    result = run(a, b, of=service(made_as=WEB.made_as, **NEEDS), move=IF_NEEDED, state="present")
    assert (result["placement"]["state"], b.engine.toys["100"].state) == (state, state)


def test_where_the_old_one_cannot_be_removed_afterwards_it_is_told_that_there_are_two(fail, moving):
    a, b, of = moving
    a.engine.failures["remove"] = [toy.failure("remove it")]
    error = fail(a, b, of=of, move=IF_NEEDED)
    assert str(error) == (
        "Service 'web' could not be removed from 'a': toy could not remove it: no. It is ready on 'b', so there are "
        "two of it now; run this again."
    )
    assert (error.result["changed"], error.result["placement"]["target"]) == (True, "b")


def test_where_the_new_one_fails_the_old_one_stays(fail, moving):
    a, b, of = moving
    b.engine.failures["start"] = [toy.failure("start it")]
    fail(a, b, of=of, move=IF_NEEDED)
    assert (list(a.engine.toys), b.engine.toys) == (["90"], {})


def test_what_the_engine_would_not_remove_is_not_replaced_elsewhere(fail, moving, form):
    a, b, of = moving
    form.removal_refusal = "it is protected"
    error = fail(a, b, of=of, move=IF_NEEDED)
    assert str(error) == "Service 'web' is left as it is on 'a': it is protected."
    assert (a.engine.calls, b.engine.calls, error.result["changed"]) == ([], [], False)


def test_a_move_that_was_interrupted_is_finished(run, place):
    a = place("a", OLD, labels={"zone": "a"})
    b = place("b", toy.toy("100", options=IMAGE, serial="new"), labels={"zone": "b"})
    result = run(a, b, of=service(made_as=WEB.made_as, **NEEDS), move=IF_BETTER)
    assert (a.engine.toys, list(b.engine.toys), result["placement"]["target"]) == ({}, ["100"], "b")


# --- what is not decided on -----------------------------------------------------------------------


def test_what_is_to_be_gone_is_removed_without_a_decision(run, place):
    a = place("a", OLD)
    result = run(a, state="absent")
    assert (a.engine.toys, "decision" in result) == ({}, False)


def test_what_has_a_place_already_is_not_adopted_but_decided_on(run, place):
    result = run(place("a", OLD), adopts=True)
    assert ("decision" in result, result["changed"]) == (True, False)


def test_a_stranger_is_adopted_where_that_is_asked_for(run, place):
    a = place("a", toy.toy("90", service=None))
    result = run(a, adopts=True)
    assert (a.engine.toys["90"].service, "decision" in result) == ("web", False)
