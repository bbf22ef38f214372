# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold before anything is done."""

from __future__ import annotations

import typing as t

from ansible.utils.display import Display

from ..._core.model import Decision
from ..errors import ProvisioningError
from ..locations import left_behind, place_left_out, silent_places
from ..provisioning.removal import check_removable
from .deployment import Deployment

display = Display()

Summary = dict[str, t.Any]
"""What the task's result says of the decision: ``decision``, ``explanation``, ``plan_digest``."""


def check_no_place_left_out(deployment: Deployment) -> None:
    """A service has one place: it may not be on a target that the task leaves out."""
    sentence = place_left_out(deployment.service, deployment.targets)
    if sentence:
        raise ProvisioningError(
            f"{sentence}. A service has one place only; name that target too, or remove the service there first."
        )


def check_all_targets_answered(deployment: Deployment) -> None:
    """A service that was found nowhere may be on a target that does not answer: a second one must not be made."""
    silent = silent_places(deployment.targets)
    target, _instances = deployment.location
    if target or not silent:
        return
    names, verb = ", ".join(silent), "does" if len(silent) == 1 else "do"
    reasons = "; ".join(f"{name}: {reason}" for name, reason in silent.items())
    if not deployment.options.ignores_silence:
        raise ProvisioningError(
            f"Service '{deployment.service.name}' was not found. It may be on {names}, which {verb} not answer "
            f"({reasons}). Nothing was done, so that there are never two; bring it back, or set 'unreachable: ignore'."
        )
    # The same for each item of a loop: Ansible shows a text once.
    display.warning(f"Not asked: {reasons}. This run does not know which services are there.")


def check_plan_expected(deployment: Deployment, summary: Summary) -> None:
    """Only the plan that the user has looked at is carried out."""
    expected, digest = deployment.options.expected_plan, summary["plan_digest"]
    if expected and expected != digest:
        message = (
            f"The plan is now {digest}, not {expected} as in 'expect_plan', so nothing was done; look at it again "
            f"in check mode.\n{summary['explanation']}"
        )
        raise ProvisioningError(message, {**summary, "changed": False})


def check_not_recorded(deployment: Deployment, name: str, summary: Summary) -> None:
    """Nothing can be done on a target that is known from saved facts alone."""
    if any(target.recorded for target in deployment.targets if target.name == name):
        message = (
            f"'{name}' is a recorded target: a decision on it is real, but nothing can be provisioned there; "
            "ask rightscope.deploy.service_info instead."
        )
        explained = f"{message}\n{summary['explanation']}" if "explanation" in summary else message
        raise ProvisioningError(explained, {**summary, "changed": False})


def check_may_retire(deployment: Deployment, decision: Decision, summary: Summary) -> None:
    """Before anything is made elsewhere: what is to be retired afterwards must be there to be removed."""
    service, chosen = deployment.service, decision.chosen.candidate
    for target, instances in left_behind(service, deployment.targets, chosen.target, chosen.form.name):
        check_not_recorded(deployment, target.name, summary)
        if not target.eligible:
            raise ProvisioningError(
                f"Service '{service.name}' is on '{target.name}' too, which 'targets' does not name. A service "
                "has one place only; name that target too, or remove the service there first.",
                {**summary, "changed": False},
            )
        try:
            check_removable(deployment.job("absent"), target, instances)
        except ProvisioningError as error:
            raise ProvisioningError(str(error), {**summary, **error.result}) from None
