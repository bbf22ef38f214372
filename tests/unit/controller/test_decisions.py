# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What decides by a task's options, and what is told of a decision."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import decisions
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.decisions import (
    DecisionOptions,
    decide_on,
    decision_result,
    plan_digest,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import IF_BETTER, IF_NEEDED, STAY
from tests.unit.core.builders import service, target

USUAL = {"weights": {}, "unknown": "reject"}
WEB = service(made_as={"docker_container": {"image": "web:1"}})


@pytest.fixture
def warnings(monkeypatch) -> list[str]:
    shown = []
    monkeypatch.setattr(decisions.display, "warning", shown.append)
    return shown


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param({}, DecisionOptions(), id="nothing given"),
        pytest.param({"state": "stopped"}, DecisionOptions(state="stopped"), id="a state"),
        pytest.param({"weights": {"packing": 2}}, DecisionOptions(weights={"packing": 2}), id="weights"),
        pytest.param({"unknown": "accept"}, DecisionOptions(accept_unknown=True), id="the unknown accepted"),
        pytest.param({"on_form_change": "fail", "relocate": False}, DecisionOptions(move=STAY), id="no move"),
        pytest.param({"on_form_change": "replace"}, DecisionOptions(move=IF_NEEDED), id="a move where needed"),
        pytest.param({"relocate": True}, DecisionOptions(move=IF_BETTER), id="a move to a better place"),
    ],
)
def test_each_option_is_read(given, wanted):
    assert DecisionOptions.from_arguments({**USUAL, **given}) == wanted


@pytest.mark.parametrize(
    ("options", "may_move"),
    [
        ({}, False),
        ({"move": IF_NEEDED}, True),
        ({"move": IF_BETTER}, True),
        ({"move": IF_BETTER, "state": "absent"}, False),
    ],
)
def test_what_is_removed_is_not_moved(options, may_move):
    assert DecisionOptions(**options).may_move is may_move


def test_the_best_that_fits_is_chosen_without_a_warning(warnings):
    decision = decide_on(WEB, [target("docker")], DecisionOptions())
    assert (decision.chosen.candidate.target, warnings) == ("dock1", [])


def test_a_form_that_nobody_described_is_warned_of(warnings):
    described = service(os_family="debian", made_as={"proxmox_vm": {"clone": "debian-12-cloud"}})
    decision = decide_on(described, [target("lxd")], DecisionOptions())
    assert decision.chosen.candidate.form.name == "lxd_container"
    (warning,) = warnings
    assert warning.startswith("Nothing under 'as' describes service 'web' as ")


def test_what_is_accepted_without_being_known_is_warned_of(warnings):
    blind = target("docker", memory_free=None, memory=None)
    decision = decide_on(service(memory="1 GiB", made_as=WEB.made_as), [blind], DecisionOptions(accept_unknown=True))
    assert decision.chosen.accepted
    assert len(warnings) == len(decision.chosen.accepted)
    assert all(text.startswith("Service 'web' on 'dock1': ") for text in warnings)


def test_what_is_told_of_a_decision_is_data_and_sentences():
    decision = decide_on(WEB, [target("docker")], DecisionOptions())
    told = decision_result(decision)
    assert set(told) == {"decision", "explanation"}
    assert "Service 'web' goes to 'dock1'" in told["explanation"]


def test_the_digest_is_of_the_plan_and_of_what_is_there():
    place = target("docker")
    decision = decide_on(WEB, [place], DecisionOptions())
    digest = plan_digest(WEB, "started", decision, [place])
    assert digest == plan_digest(WEB, "started", decision, [place])
    assert digest != plan_digest(WEB, "stopped", decision, [place])
