# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
How it grows: a form, a need and a scorer that exist in this test alone, each added by one definition and its entry.

Nothing else is told of them, and everything else knows them: what is read, judged, explained, reported and planned.
"""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core import needs
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates, present
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision import constraints, scorers
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import decide
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.explanation.explain import explain
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.explanation.report import report
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.failures import not_now
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms.common import Source
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms.systems import OwnSystem
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.runtimes import LXC
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Call, Plan
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.readers import choice_reader
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.requirements import RequirementsError

from .builders import service, target


class Jail(OwnSystem):
    """A container of LXC that another engine offers: it has the rows of its runtime for nothing."""

    name = "jail"
    title = "a jail"
    scope = "system"
    kind = "docker"
    runtime = LXC
    module = "example.jails.jail"
    least_memory = 1

    def image(self, requirements, options, facts):
        return Source(image=facts.images[0], wanted="base")

    def plan(self, service, candidate, target, instances, state):
        if instances:
            return Plan(state=state)
        call = Call(
            module=self.module, does=f"make jail '{service.name}'", args={"name": service.name}, action="create"
        )
        return Plan(calls=(call,), before={service.name: {"state": "absent"}}, after={service.name: {"state": state}})


def battery(requirements, candidate):
    """What must not lose power needs a battery of its own."""
    wanted = requirements.value_of("battery")
    if wanted is None or candidate.labels.get("battery") == wanted:
        return None
    return not_now(f"its battery lasts {candidate.labels.get('battery', 'no time')}, {wanted} wanted", "charge it")


def green(_requirements, candidate):
    """100 where the power is green."""
    return 100 if candidate.labels.get("power") == "green" else 0


@pytest.fixture
def jail(monkeypatch):
    monkeypatch.setitem(FORMS, Jail.name, Jail())
    return FORMS[Jail.name]


@pytest.fixture
def battery_need(monkeypatch):
    """A row; its rule takes its place among the rules, as each does."""
    monkeypatch.setattr(needs, "CONSTRAINTS", (*constraints.CONSTRAINTS, battery))
    row = needs._need("battery", choice_reader(("hours", "days"), "a time"), battery)
    monkeypatch.setattr(needs, "NEEDS", (*needs.NEEDS, row))


def decided(of, *places):
    return decide(of, candidates(of, places))


def test_a_form_is_one_class_and_an_entry(jail):
    of = service(made_as={"jail": {"hostname": "web"}}, init=True, kernel={"features": ["tun"]}, forms=["jail"])
    place = target("docker", devices=frozenset({"/dev/net/tun"}))
    decision = decided(of, place)
    by_form = {verdict.candidate.form.name: verdict for verdict in decision.verdicts}
    assert set(by_form) == {"docker_container", "jail"}
    rules = {failure.rule for failure in by_form["jail"].failures}
    # What LXC's rows say of the feature holds; of its own option nobody has said anything.
    assert "kernel_features" not in rules
    assert rules == {"options", "max_privilege"}
    assert "dock1 (jail)" in explain(decision)
    assert "jail" in report([(of, decision)], "markdown")


def test_a_form_is_chosen_and_planned_as_any_other(jail):
    of = service(init=True, forms=["jail"])
    place = target("docker")
    chosen = decided(of, place).chosen
    assert chosen.candidate.form is jail
    plan = jail.plan(of, chosen.candidate, place, present(of, place), "started")
    assert [call.does for call in plan.calls] == ["make jail 'web'"]
    assert jail.pending(()) == ()
    assert jail.doubtful(chosen.candidate, plan) == {}


def test_a_need_is_one_row(battery_need):
    of = service(made_as={"docker_container": {"image": "web:1"}}, battery="days")
    assert of.requirements.value_of("battery") == "days"
    (verdict,) = decided(of, target("docker")).verdicts
    assert [(failure.rule, str(failure.remedy)) for failure in verdict.failures] == [("battery", "charge it")]
    assert needs.need_of("battery") == "battery"
    assert "battery" in report([(of, decided(of, target("docker")))], "markdown")


def test_what_is_not_asked_for_is_not_judged(battery_need):
    of = service(made_as={"docker_container": {"image": "web:1"}})
    assert battery not in needs.asked(of.requirements)
    assert decided(of, target("docker")).chosen is not None


def test_a_need_is_read_like_the_others(battery_need):
    with pytest.raises(RequirementsError, match=r"requirements.battery must be a time; did you mean 'hours'\?"):
        service(battery="hour")


def test_a_scorer_is_a_function_and_a_name(monkeypatch):
    monkeypatch.setattr(scorers, "SCORERS", (*scorers.SCORERS, green))
    of = service(made_as={"docker_container": {"image": "web:1"}})
    (verdict,) = decided(of, target("docker")).verdicts
    assert verdict.scores["green"] == 0
