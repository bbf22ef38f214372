# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An engine that is silent for a while: what is asked again, and for how long."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import provision as _provision
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.runner import DelegateFailed
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Call, Plan
from tests.unit.core.builders import service

ARGS = {
    "wait_timeout": 20,
    "min_uptime": None,
    "discovery_timeout": 10,
    "max_attempts": 1,
    "replace": None,
    "restart": "never",
    "wait_for": "address",
}
SILENT = DelegateFailed("it timed out", silent=True)
REFUSED = DelegateFailed("it was refused")


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def provisioner(monkeypatch):
    monkeypatch.setattr(_provision, "time", Clock())
    return lambda **args: _provision.Provisioner(service(), "started", {**ARGS, **args}, check_mode=False)


def answering(monkeypatch, name: str, *answers):
    """Have a function of the module give these answers, one after the other, and return the calls that it had."""
    left, calls = list(answers), []

    def ask(*args, **_more):
        calls.append(args)
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(_provision, name, ask)
    return calls


@pytest.mark.parametrize(
    ("repeatable", "answers", "count", "fails"),
    [
        pytest.param(True, (SILENT, SILENT, None), 3, None, id="asked again"),
        pytest.param(False, (SILENT, None), 1, "it timed out", id="it could be done twice"),
        pytest.param(True, (REFUSED, None), 1, "it was refused", id="it was answered"),
        pytest.param(True, (SILENT,), 21, "it timed out", id="no longer than the user waits"),
    ],
)
def test_a_call_that_got_no_answer(monkeypatch, provisioner, repeatable, answers, count, fails):
    calls = answering(monkeypatch, "run_call", *answers)
    call = Call(module="m", does="x", args={}, repeatable=repeatable)
    ran: list[Call] = []
    if fails:
        with pytest.raises(DelegateFailed, match=fails):
            provisioner()._run(None, Plan(calls=(call,)), ran)
    else:
        provisioner()._run(None, Plan(calls=(call,)), ran)
    assert (len(calls), ran) == (count, [] if fails else [call])


@pytest.mark.parametrize(("wait", "given", "has"), [(20, 300, 20), (500, 300, 300), (0, 300, 10), (20, 15, 15)])
def test_a_bounded_call_has_no_more_time_than_the_user_waits(monkeypatch, provisioner, wait, given, has):
    calls = answering(monkeypatch, "run_call", None)
    plan = Plan(
        calls=tuple(Call(module="m", does="x", args={"timeout": given}, bounded=bound) for bound in (True, False))
    )
    provisioner(wait_timeout=wait)._run(None, plan, [])
    assert [call.args["timeout"] for _host, call in calls] == [has, given]


@pytest.mark.parametrize(
    ("silences", "fails"), [pytest.param(3, False, id="for a moment"), pytest.param(1000, True, id="to the end")]
)
def test_a_cleanup_does_not_give_up_at_the_first_silence(monkeypatch, provisioner, silences, fails):
    gone = DiscoveryError("the API did not answer within 10 s")
    answering(monkeypatch, "find_instances", *[gone] * silences, ())
    if fails:
        with pytest.raises(DiscoveryError):
            provisioner()._found(None, _provision.REMOVAL)
    else:
        assert provisioner()._found(None, _provision.REMOVAL) == ()
