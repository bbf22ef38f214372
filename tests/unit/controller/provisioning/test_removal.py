# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is removed, when it counts as gone, and what is not removed."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import ProvisioningError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.removal import (
    check_removable,
    remove,
    retire,
)

from .. import toy


@pytest.fixture
def toys(engine):
    engine.toys["90"] = toy.toy()
    return lambda: tuple(engine.toys.values())


@pytest.fixture
def run(clock, engine, toys):
    found = toys()
    return lambda how=remove, **more: how(toy.job(clock, "absent", **more), engine, toy.target(engine), found)


each_way = pytest.mark.parametrize("how", [remove, retire])


@each_way
def test_it_is_removed_and_that_is_told(run, engine, how):
    result = run(how)
    assert (engine.calls, engine.toys) == (["remove 90"], {})
    assert (result["changed"], result["placement"]) == (True, None)
    assert result["diff"] == {"before": {"web": {"state": "started"}}, "after": {"web": {"state": "absent"}}}


@each_way
def test_check_mode_says_the_same_and_removes_nothing(run, engine, how):
    foreseen = run(how, check_mode=True)
    assert (engine.calls, engine.looks) == ([], 0)
    assert foreseen == run(how)


def test_where_nothing_is_there_nothing_is_done(clock, engine):
    result = remove(toy.job(clock, "absent"), engine, toy.target(engine), ())
    assert (result["changed"], result["diff"], engine.calls) == (False, {"before": {}, "after": {}}, [])


def test_it_is_waited_for_until_it_is_gone(run, engine, clock):
    engine._remove = lambda number, _options: clock.events.append((6, lambda: engine.toys.pop(number)))
    assert run()["changed"] is True
    assert clock.now >= 6


def test_what_is_still_there_is_told(run, engine, clock):
    engine._remove = lambda _number, _options: None
    with pytest.raises(ProvisioningError) as caught:
        run()
    reason = "toy 'web' is still there after its removal"
    assert str(caught.value) == f"Service 'web' could not be removed from 'dock1': {reason}."
    assert caught.value.result == {"changed": True}
    assert clock.now >= 20


def test_one_that_somebody_made_meanwhile_is_another_one(run, engine):
    engine._remove = lambda number, _options: (engine.toys.pop(number), engine.toys.update({"91": toy.toy("91")}))
    assert run()["changed"] is True
    assert list(engine.toys) == ["91"]


@each_way
def test_what_the_engine_would_refuse_is_not_begun(run, engine, form, how):
    form.removal_refusal = "it is protected"
    with pytest.raises(
        ProvisioningError, match="^Service 'web' is left as it is on 'dock1': it is protected.$"
    ) as caught:
        run(how)
    assert (caught.value.result, engine.calls) == ({"changed": False}, [])


def test_what_can_be_removed_is_no_error(form, clock, engine, toys):
    check_removable(toy.job(clock), toy.target(engine), toys())


def test_a_call_that_fails_is_told_with_whether_anything_was_changed(run, engine):
    engine.failures["remove"] = [toy.failure("remove it")]
    with pytest.raises(ProvisioningError, match="from 'dock1': toy could not remove it: no.$") as caught:
        run()
    assert caught.value.result == {"changed": False}


def test_what_is_busy_is_waited_for(run, engine, form, clock):
    form.busy_until = 5
    run()
    assert (engine.toys, clock.now >= 5) == ({}, True)


def test_what_is_busy_is_told_of_in_check_mode(run, form, clock):
    form.busy_until = 5
    assert run(check_mode=True)["warnings"] == ["toy 'web' is locked; its removal waits for that."]
    assert clock.now == 0


def test_what_stays_busy_is_not_removed(run, engine, form):
    form.busy_until = 1000
    with pytest.raises(ProvisioningError, match="toy 'web' is locked, and was so for 20 s") as caught:
        run()
    assert (caught.value.result, engine.calls) == ({"changed": False}, [])


@pytest.mark.parametrize(
    "now",
    [
        pytest.param({}, id="gone"),
        pytest.param({"90": {"serial": "another"}}, id="another of its id"),
        pytest.param({"91": {"serial": "90"}}, id="another id"),
        pytest.param({"90": {"service": None}}, id="its mark was taken away"),
    ],
)
def test_only_what_is_still_the_same_is_retired(run, engine, now):
    """It was found before the new one was made, which may be long ago."""
    engine.toys = {number: toy.toy(number, **one) for number, one in now.items()}
    assert run(retire)["changed"] is False
    assert (engine.calls, list(engine.toys)) == ([], list(now))


def test_a_silent_engine_retires_nothing(run, engine):
    engine.silences = 1
    with pytest.raises(ProvisioningError, match="could not be removed from 'dock1': it did not answer") as caught:
        run(retire)
    assert (caught.value.result, list(engine.toys)) == ({"changed": False}, ["90"])
