# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task wants of a service, as its arguments say it."""

from __future__ import annotations

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.arguments import SERVICE
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.deployment.deployment import (
    DeploymentOptions,
    OptionsError,
)

from .. import toy


def options(**given) -> DeploymentOptions:
    result = ArgumentSpecValidator(SERVICE).validate({"name": "web", **given})
    assert not result.error_messages
    return DeploymentOptions.from_arguments(result.validated_parameters)


def test_the_defaults_are_those_of_the_task():
    assert options() == DeploymentOptions()


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"state": "stopped"}, "state", "stopped"),
        ({"adopt": True}, "adopts", True),
        ({"unreachable": "ignore"}, "ignores_silence", True),
        ({"on_form_change": "report"}, "reports_misfit", True),
        ({"expect_plan": "d1"}, "expected_plan", "d1"),
    ],
)
def test_each_option_is_read(given, field, value):
    assert getattr(options(**given), field) == value


def test_the_parts_have_their_own():
    read = options(state="stopped", unknown="accept", max_attempts=1)
    assert (read.decision.state, read.decision.accept_unknown, read.provisioning.max_attempts) == ("stopped", True, 1)


@pytest.mark.parametrize("given", [{"state": "absent"}, {"adopt": True}])
def test_a_plan_is_expected_only_of_a_decision(given):
    with pytest.raises(OptionsError, match="'expect_plan' is for a decision"):
        options(expect_plan="d1", **given)


def test_a_job_has_what_the_deployment_has(deployment, place, clock):
    made = deployment(place("a", toy.toy()), check_mode=True, max_attempts=1)
    job = made.job("absent")
    assert (job.service, job.state, job.check_mode, job.clock) == (made.service, "absent", True, clock)
    assert job.options.max_attempts == 1
    assert made.location[0].name == "a"
