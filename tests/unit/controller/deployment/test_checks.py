# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ends a deployment before anything is done."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.deployment.checks import (
    check_all_targets_answered,
    check_may_retire,
    check_no_place_left_out,
    check_not_recorded,
    check_plan_expected,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import ProvisioningError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Facts, Node, Target

from .. import toy

SUMMARY = {"decision": {}, "explanation": "Service 'web' goes to 'a'.", "plan_digest": "d1"}
SILENT = Target(name="gone", kind="lxd", trouble="it does not answer", remedy="start it")
OFFLINE = Target(
    name="pve",
    kind="proxmox",
    nodes=(Node(name="n1", facts=Facts()), Node(name="n2", facts=Facts(), online=False)),
)


def with_targets(deployment, *targets):
    return dataclasses.replace(deployment, targets=[*deployment.targets, *targets])


def test_a_place_that_the_task_leaves_out_is_named(deployment, place):
    check_no_place_left_out(deployment(place("a", toy.toy())))
    with pytest.raises(ProvisioningError) as caught:
        check_no_place_left_out(deployment(place("a", toy.toy(), eligible=False)))
    assert str(caught.value) == (
        "Service 'web' is on 'a', which 'targets' does not name. A service has one place only; name that target too, "
        "or remove the service there first."
    )


@pytest.mark.parametrize(
    ("silent", "text"),
    [
        pytest.param([SILENT], "gone, which does not answer (gone: it does not answer)", id="a target"),
        pytest.param([OFFLINE], "pve/n2, which does not answer (pve/n2: it is offline)", id="a node"),
        pytest.param(
            [SILENT, OFFLINE],
            "gone, pve/n2, which do not answer (gone: it does not answer; pve/n2: it is offline)",
            id="both",
        ),
    ],
)
def test_what_was_found_nowhere_may_be_on_what_does_not_answer(deployment, place, silent, text):
    with pytest.raises(ProvisioningError) as caught:
        check_all_targets_answered(with_targets(deployment(place()), *silent))
    assert str(caught.value) == (
        f"Service 'web' was not found. It may be on {text}. Nothing was done, so that there are never two; bring it "
        "back, or set 'unreachable: ignore'."
    )


def test_what_was_found_is_in_no_second_place(deployment, place, screen):
    check_all_targets_answered(with_targets(deployment(place("a", toy.toy())), SILENT))
    assert screen.warnings == []


def test_the_user_may_go_on_with_a_warning(deployment, place, screen):
    check_all_targets_answered(with_targets(deployment(place(), ignores_silence=True), SILENT))
    assert screen.warnings == ["Not asked: gone: it does not answer. This run does not know which services are there."]


@pytest.mark.parametrize(("expected", "fails"), [(None, False), ("d1", False), ("d2", True)])
def test_only_the_expected_plan_goes_on(deployment, place, expected, fails):
    made = deployment(place(), expected_plan=expected)
    if not fails:
        check_plan_expected(made, SUMMARY)
        return
    with pytest.raises(ProvisioningError, match="^The plan is now d1, not d2 as in 'expect_plan'") as caught:
        check_plan_expected(made, SUMMARY)
    assert caught.value.result == {**SUMMARY, "changed": False}


@pytest.mark.parametrize("summary", [SUMMARY, {}])
def test_on_a_recorded_target_nothing_is_done(deployment, place, summary):
    made = deployment(place("a", recorded=True), place("b"))
    check_not_recorded(made, "b", summary)
    with pytest.raises(ProvisioningError, match="^'a' is a recorded target") as caught:
        check_not_recorded(made, "a", summary)
    assert ("goes to" in str(caught.value)) is bool(summary)
    assert caught.value.result == {**summary, "changed": False}


@pytest.mark.parametrize(
    ("more", "text"),
    [
        pytest.param({}, None, id="it can be removed"),
        pytest.param({"eligible": False}, "^Service 'web' is on 'a' too, which 'targets' does not name", id="left out"),
        pytest.param({"recorded": True}, "^'a' is a recorded target", id="recorded"),
    ],
)
def test_what_is_retired_afterwards_must_be_there_to_be_removed(deployment, place, more, text):
    made, decision = deployment(place("a", toy.toy(), **more), place("b")), toy.decision(toy.candidate("b"))
    if text is None:
        check_may_retire(made, decision, SUMMARY)
        return
    with pytest.raises(ProvisioningError, match=text) as caught:
        check_may_retire(made, decision, SUMMARY)
    assert caught.value.result == {**SUMMARY, "changed": False}


def test_what_stays_where_it_is_is_not_retired(deployment, place, form):
    form.removal_refusal = "it is protected"
    check_may_retire(deployment(place("a", toy.toy())), toy.decision(toy.candidate("a")), SUMMARY)
