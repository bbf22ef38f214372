# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often and for how long a service is looked at."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import (
    AttemptError,
    Cause,
    EngineError,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.planning import make_plan
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.waiting import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    cause_of,
    look_until,
    wait_until_free,
    wait_until_ready,
    wait_until_settled,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Plan
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.settling import DiffersError, EndedError

from .. import toy


def test_the_pauses_between_two_looks_grow(clock, engine):
    looks = []
    _seen, is_over = look_until(toy.job(clock), engine, lambda _seen: looks.append(clock.now))
    pauses = [round(later - earlier, 6) for earlier, later in zip(looks, looks[1:], strict=False)]
    assert not is_over
    assert pauses[0] == pytest.approx(FIRST_PAUSE)
    assert pauses == sorted(pauses)
    assert max(pauses) == pytest.approx(LONGEST_PAUSE)
    assert 20 <= clock.now < 20 + LONGEST_PAUSE


def test_what_is_over_at_the_first_look_is_not_waited_for(clock, engine):
    engine.toys["90"] = toy.toy()
    assert look_until(toy.job(clock), engine, bool) == ((engine.toys["90"],), True)
    assert (clock.now, engine.looks) == (0, 1)


def test_where_nothing_is_waited_for_there_is_one_look(clock, engine):
    assert look_until(toy.job(clock, wait_timeout=0), engine, bool) == ((), False)
    assert engine.looks == 1


def test_an_engine_that_does_not_answer_ends_the_looks(clock, engine):
    engine.silences = 1
    with pytest.raises(EngineError):
        look_until(toy.job(clock), engine, bool)


def test_what_is_busy_for_longer_than_the_user_waits_is_told(form, clock, engine):
    engine.toys["90"] = toy.toy()
    form.busy_until = 1000
    with pytest.raises(AttemptError, match="^toy 'web' is locked, and was so for 20 s$") as caught:
        wait_until_free(toy.job(clock), engine, form, tuple(engine.toys.values()))
    assert (caught.value.cause, caught.value.remains, caught.value.changed) == (Cause.TIMEOUT, True, False)


def test_only_the_services_own_are_waited_for(form, clock, engine):
    """A stranger of its name may be at work for as long as it likes."""
    engine.toys["91"] = toy.toy("91", service=None)
    form.busy_until = 1000
    assert wait_until_free(toy.job(clock), engine, form, ()) == ()
    assert engine.looks == 0


def test_what_needs_no_change_is_waited_for_where_another_has_just_started_it(form, clock, engine):
    engine.toys["90"] = toy.toy()
    engine.change("90", ready=False)
    clock.events.append((3, lambda: engine.change("90", ready=True)))
    found = tuple(engine.toys.values())
    after = wait_until_ready(toy.job(clock), toy.site(engine), Plan(state="started"), found)
    assert (after, clock.now >= 3) == (tuple(engine.toys.values()), True)


def test_what_needs_no_change_and_does_not_become_ready_is_an_error_that_changed_nothing(form, clock, engine):
    engine.toys["90"] = toy.toy()
    engine.change("90", ready=False)
    with pytest.raises(AttemptError, match="it is not ready") as caught:
        wait_until_ready(toy.job(clock), toy.site(engine), Plan(state="started"), tuple(engine.toys.values()))
    assert (caught.value.cause, caught.value.remains, caught.value.changed) == (Cause.TIMEOUT, True, False)
    assert list(engine.toys) == ["90"]


@pytest.mark.parametrize(
    ("state", "check_mode"), [("stopped", False), ("present", False), ("absent", False), ("started", True)]
)
def test_what_need_not_run_need_not_be_ready(form, clock, engine, state, check_mode):
    engine.toys["90"] = toy.toy()
    engine.change("90", ready=False)
    job = toy.job(clock, state, check_mode=check_mode)
    wait_until_ready(job, toy.site(engine), Plan(state="started"), tuple(engine.toys.values()))
    assert (clock.now, engine.looks) == (0, 0)


def test_a_restart_is_over_when_it_runs(form, clock, engine):
    """Or each look would find that there is another restart to do."""
    engine.toys["90"] = toy.toy()
    job, site = toy.job(clock, "restarted"), toy.site(engine)
    plan = make_plan(job, site, tuple(engine.toys.values()), "restarted")
    assert plan.changed
    assert wait_until_settled(job, site, plan, starts=True) == tuple(engine.toys.values())


def test_what_is_refused_afterwards_is_no_success(form, clock, engine):
    engine.toys["90"] = toy.toy()
    job, site = toy.job(clock), toy.site(engine)
    plan = make_plan(job, site, tuple(engine.toys.values()), "started")
    form.plan_refusal = "it would be lost"
    with pytest.raises(AttemptError, match="it would be lost"):
        wait_until_settled(job, site, plan, starts=True)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (EngineError("x"), Cause.ENGINE),
        (EndedError("x"), Cause.EXIT),
        (DiffersError(Plan()), Cause.DIFFERENCE),
        (AttemptError("x", Cause.TIMEOUT), Cause.TIMEOUT),
    ],
)
def test_the_cause_of_an_error_is_known(error, cause):
    assert cause_of(error) is cause
