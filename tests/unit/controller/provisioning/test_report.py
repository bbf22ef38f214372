# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a result says of a plan."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.report import (
    Attempt,
    add_waiting,
    predicted_placement,
    report,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Call, Part, Plan

from .. import toy

SECRET = {"password": "S3NTINEL"}
CHANGE = Call(module="m", does="change it", args=SECRET, environment=SECRET)
REPLACE = Call(
    module="m", does="make it anew", args=SECRET, action="replace", keeps=(Part("volume a"),), loses=(Part("its logs"),)
)


def test_a_result_tells_the_calls_and_never_what_they_are_given():
    plan = Plan(calls=(CHANGE, REPLACE), before={"web": {"a": 1}}, after={"web": {"a": 2}}, warnings=("mind",))
    result = report(toy.target(), plan, {"id": "90"})
    usual = {"module": "m", "target": "dock1", "changed": True}
    assert result == {
        "changed": True,
        "failed": False,
        "placement": {"id": "90"},
        "calls": [
            {**usual, "does": "change it", "action": "change"},
            {**usual, "does": "make it anew", "action": "replace", "keeps": ["volume a"], "loses": ["its logs"]},
        ],
        "warnings": ["mind"],
        "diff": {"before": {"web": {"a": 1}}, "after": {"web": {"a": 2}}},
    }
    assert "S3NTINEL" not in str(result)


def test_what_changes_nothing_has_no_diff():
    result = report(toy.target(), Plan(), None)
    assert (result["changed"], result["calls"], "diff" in result) == (False, [], False)


@pytest.mark.parametrize(
    ("plan", "toys", "number", "state"),
    [
        pytest.param(Plan(calls=(CHANGE,)), 0, None, "started", id="something new"),
        pytest.param(Plan(calls=(REPLACE,)), 1, None, "started", id="made anew"),
        pytest.param(Plan(calls=(CHANGE,), state="stopped"), 1, "90", "stopped", id="changed"),
        pytest.param(Plan(state="stopped"), 1, "90", "started", id="as it is"),
    ],
)
def test_where_it_will_be_is_foreseen(form, clock, engine, plan, toys, number, state):
    found = (toy.toy(),) * toys
    placed = predicted_placement(toy.job(clock), toy.site(engine), plan, found)
    assert (placed["id"], placed["state"], placed["target"]) == (number, state, "dock1")


def test_what_waits_for_a_restart_is_told_with_the_other_warnings(clock):
    result = add_waiting(toy.job(clock), {"warnings": ["mind"]}, ("a", "b"))
    warning = "Service 'web': a, b take effect at its next restart."
    assert result == {"warnings": ["mind", warning], "restart_required": ["a", "b"]}
    assert add_waiting(toy.job(clock), {"warnings": []}, ()) == {"warnings": []}


def test_an_attempt_is_told_by_its_place():
    place = {"target": "dock1", "node": "dock1", "form": toy.NAME}
    assert Attempt(toy.candidate(), "no").as_data() == {**place, "error": "no"}
    assert Attempt(toy.candidate()).as_data() == {**place, "error": None}
