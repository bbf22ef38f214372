# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which settings wait for a restart, and when there is one."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.restart import (
    add_restart,
    settings_to_wait,
    unforeseen_restart,
    waiting_settings,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Call, Plan

from .. import toy


def plan(*actions: str, state: str = "started", **after) -> Plan:
    calls = tuple(Call(module="m", does=action, args={}, action=action) for action in actions)
    return Plan(calls=calls, before={"web": {}}, after={"web": after}, state=state)


@pytest.mark.parametrize(
    ("changes", "waits"),
    [
        pytest.param(plan("change", kernel=2), True, id="it runs, and goes on running"),
        pytest.param(plan("change", size=2), False, id="it is of no such setting"),
        pytest.param(plan("change", "restart", kernel=2), False, id="it is restarted all the same"),
        pytest.param(plan("change", "start", kernel=2), False, id="it is started"),
        pytest.param(plan("replace", kernel=2), False, id="it is made anew"),
        pytest.param(plan("change", kernel=2, state="stopped"), False, id="it does not run"),
    ],
)
def test_what_will_wait_is_foreseen(form, clock, engine, changes, waits):
    form.waits_for_restart = ("kernel",)
    site, toys = toy.site(engine), (toy.toy(),)
    assert settings_to_wait(site, changes, toys) == (("kernel",) if waits else ())
    added = add_restart(toy.job(clock, may_restart=True), site, changes, toys)
    assert [call.args.get("act") for call in added.calls[len(changes.calls) :]] == (["restart"] if waits else [])


def test_without_leave_there_is_no_restart(form, clock, engine):
    form.waits_for_restart = ("kernel",)
    changes, waiting = plan("change", kernel=2), toy.toy(pending=("kernel",))
    assert add_restart(toy.job(clock), toy.site(engine), changes, (waiting,)) == changes
    assert unforeseen_restart(toy.job(clock), toy.site(engine), changes, (waiting,)) is None


def test_of_what_is_not_there_nothing_waits(form, engine):
    form.waits_for_restart = ("kernel",)
    assert settings_to_wait(toy.site(engine), plan("create", kernel=2), ()) == ()


@pytest.mark.parametrize(("state", "waits"), [("started", True), ("stopped", False)])
def test_what_waits_now_counts_where_it_is_to_run(form, clock, engine, state, waits):
    waiting, changes = (toy.toy(pending=("kernel",)),), plan("change", state=state)
    assert waiting_settings(toy.site(engine), changes, waiting) == (("kernel",) if waits else ())
    more = unforeseen_restart(toy.job(clock, may_restart=True), toy.site(engine), changes, waiting)
    assert [call.action for call in more.calls if more] == ["restart"] if waits else more is None
