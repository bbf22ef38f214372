# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which call is run again, for how long, and how much time it is given."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import EngineError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.calls import run_calls
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Call, Plan

from .. import toy

SILENT, REFUSED = EngineError("it timed out", is_silent=True), EngineError("it was refused")


class Answers:
    """An engine whose answers to calls are these, the last of them for ever."""

    def __init__(self, *answers: EngineError | None) -> None:
        self.answers = list(answers)
        self.calls: list[Call] = []

    def run(self, call: Call) -> None:
        self.calls.append(call)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is not None:
            raise answer


def call(**more) -> Call:
    return Call(module="m", does="x", args={"timeout": 300}, **more)


@pytest.mark.parametrize(
    ("repeatable", "answers", "count", "fails"),
    [
        pytest.param(True, (SILENT, SILENT, None), 3, None, id="asked again"),
        pytest.param(False, (SILENT, None), 1, "it timed out", id="it could be done twice"),
        pytest.param(True, (REFUSED, None), 1, "it was refused", id="it was answered"),
        pytest.param(True, (SILENT,), 21, "it timed out", id="no longer than the user waits"),
    ],
)
def test_a_call_that_got_no_answer(clock, repeatable, answers, count, fails):
    engine, once, completed = Answers(*answers), call(repeatable=repeatable), []
    if fails:
        with pytest.raises(EngineError, match=fails):
            run_calls(toy.job(clock), engine, Plan(calls=(once,)), completed)
    else:
        run_calls(toy.job(clock), engine, Plan(calls=(once,)), completed)
    assert (len(engine.calls), completed) == (count, [] if fails else [once])


@pytest.mark.parametrize(("wait", "given", "has"), [(20, 300, 20), (500, 300, 300), (0, 300, 10), (20, 15, 15)])
def test_a_bounded_call_has_no_more_time_than_the_user_waits(clock, wait, given, has):
    engine = Answers(None)
    calls = tuple(Call(module="m", does="x", args={"timeout": given}, bounded=bound) for bound in (True, False))
    run_calls(toy.job(clock, wait_timeout=wait), engine, Plan(calls=calls), [])
    assert [one.args["timeout"] for one in engine.calls] == [has, given]


def test_a_call_that_may_fail_is_gone_past_and_counts_as_one_that_ran(clock):
    plan = Plan(calls=(call(may_fail=True), call(action="start")))
    engine, completed = Answers(REFUSED, None), []
    run_calls(toy.job(clock), engine, plan, completed)
    assert completed == list(plan.calls)


def test_what_comes_after_a_failed_call_is_not_run(clock):
    plan = Plan(calls=(call(), call(action="stop"), call(action="start")))
    engine, completed = Answers(None, REFUSED, None), []
    with pytest.raises(EngineError, match="refused"):
        run_calls(toy.job(clock), engine, plan, completed)
    assert (completed, engine.calls) == ([plan.calls[0]], list(plan.calls[:2]))
