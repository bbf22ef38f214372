# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failed attempt leaves: only what this run made is removed, however the engine behaves."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import EngineError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.cleanup import (
    CLEANUP_TIMEOUT,
    clean_up,
    find_until,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.planning import make_plan

from .. import toy


@pytest.fixture
def clean(form, clock, engine):
    """Clean up after as many calls of a creation have run; what is on the engine now was not there before."""

    def clean(ran: int = 1, *, is_claimed: bool = False) -> str:
        job = toy.job(clock)
        site = toy.Site(candidate=toy.candidate(), target=toy.target(), engine=engine)
        plan = make_plan(job, site, (), "started")
        return clean_up(job, site, plan, list(plan.calls[:ran]), is_claimed=is_claimed)

    return clean


@pytest.mark.parametrize(
    ("what", "removed"),
    [
        pytest.param({}, True, id="marked as the service's"),
        pytest.param({"service": None}, True, id="of the id that was cloned to, and without a mark yet"),
        pytest.param({"service": None, "number": "555"}, False, id="a stranger of its name"),
        pytest.param({"service": None, "name": "other"}, False, id="of the id, but of another name"),
        pytest.param({"service": "db", "name": "db"}, False, id="another service's"),
    ],
)
def test_only_what_this_run_made_is_removed(clean, engine, what, removed):
    made = toy.toy(**{"number": "100", **what})
    engine.toys[made.id] = made
    assert clean() == ""
    assert (made.id not in engine.toys) is removed


def test_what_was_there_before_is_not_removed(form, clock, engine):
    engine.toys["90"] = toy.toy()
    job, site = toy.job(clock), toy.site(engine)
    plan = make_plan(job, site, (), "started")
    assert clean_up(job, site, plan, [], is_claimed=False) == ""
    assert (list(engine.toys), engine.calls) == (["90"], [])


@pytest.mark.parametrize(
    ("ran", "is_claimed", "removed"),
    [
        pytest.param(0, False, False, id="nobody knows whose it is"),
        pytest.param(0, True, True, id="the module says that it is ours"),
        pytest.param(1, False, True, id="the creation itself had succeeded"),
    ],
)
def test_what_a_lost_answer_made_is_removed_only_where_it_is_known_to_be_ours(
    clean, engine, form, ran, is_claimed, removed
):
    form.claims = True
    engine.toys["100"] = toy.toy("100", service=None)
    remnant = clean(ran, is_claimed=is_claimed)
    left = "; toy of its name is there now, and was left alone, for another run may have made it"
    assert remnant == ("" if removed else left)
    assert ("100" not in engine.toys) is removed


def test_a_removal_that_fails_is_tried_again_without_what_is_gone(clean, engine, clock):
    engine.toys = {"100": toy.toy("100"), "101": toy.toy("101")}
    engine.failures["remove"] = [None, toy.failure("remove it")]
    assert clean() == ""
    assert engine.calls == ["remove 100", "remove 101", "remove 101"]
    assert engine.toys == {}


def test_a_removal_is_given_up_in_the_end_and_that_is_told(clean, engine, clock):
    engine.toys["100"] = toy.toy("100")
    engine.failures["remove"] = [toy.failure("remove it")] * 1000
    assert clean() == "; what the attempt made is still there (toy could not remove it: no)"
    assert CLEANUP_TIMEOUT <= clock.now < CLEANUP_TIMEOUT + 1


@pytest.mark.parametrize(
    ("silences", "fails"), [pytest.param(3, False, id="for a moment"), pytest.param(1000, True, id="to the end")]
)
def test_it_does_not_give_up_at_the_first_silence(engine, clock, silences, fails):
    engine.silences = silences
    if fails:
        with pytest.raises(EngineError):
            find_until(toy.job(clock), engine, CLEANUP_TIMEOUT)
        assert clock.now >= CLEANUP_TIMEOUT
    else:
        assert find_until(toy.job(clock), engine, CLEANUP_TIMEOUT) == ()


def test_an_engine_that_is_silent_to_the_end_has_what_was_made(clean, engine):
    engine.toys["100"], engine.silences = toy.toy("100"), 10_000
    assert clean() == "; what the attempt made is still there (it did not answer within 10 s)"


def test_a_silence_between_two_removals_is_waited_out(clean, engine):
    engine.toys["100"] = toy.toy("100")
    engine.failures["remove"] = [toy.failure("remove it")]
    engine.silences = 2
    assert (clean(), engine.toys) == ("", {})
