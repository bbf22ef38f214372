# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of one service, by name: from what was discovered on the targets to the state that is asked for."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible.utils.display import Display

from ..._core.forms.common import STARTED, STOPPED
from ..._core.model import Candidate, Decision
from ..decisions import decide_on, decision_result, plan_digest
from ..errors import ProvisioningError
from ..ledger import open_ledger, settle
from ..locations import left_behind
from ..placement import placement
from ..provisioning.attempts import place
from ..provisioning.removal import retire
from .checks import (
    Summary,
    check_all_targets_answered,
    check_may_retire,
    check_no_place_left_out,
    check_not_recorded,
    check_plan_expected,
)
from .deployment import Deployment
from .existing import adopt_existing, remove_existing

display = Display()


def deploy(deployment: Deployment, since: float) -> dict[str, t.Any]:
    """
    The task's result, once the service has the state that is asked for; its ``warnings`` are still to be shown.

    ``since`` is when the discovery of the targets began, in seconds of the system's clock. The caller holds the lock of
    the service, from before that discovery. Raises ControllerError.
    """
    check_no_place_left_out(deployment)
    check_all_targets_answered(deployment)
    if deployment.options.state == "absent":
        return remove_existing(deployment)
    if deployment.options.adopts and deployment.location[0] is None:
        return adopt_existing(deployment)
    deployment, decision, summary = _decide_and_claim(deployment, since)
    try:
        return summary | _carry_out(deployment, decision, summary)
    finally:
        settle(deployment.service.name)


def _decide_and_claim(deployment: Deployment, since: float) -> tuple[Deployment, Decision, Summary]:
    """
    (the deployment, the decision, its summary), with the claim written down before anybody else decides.

    What others have claimed is taken off the targets.
    """
    service, options = deployment.service, deployment.options
    with open_ledger(service.name) as ledger:
        deployment = dataclasses.replace(deployment, targets=ledger.subtract_from(deployment.targets, since))
        decision = decide_on(service, deployment.targets, options.decision)
        digest = plan_digest(service, options.state, decision, deployment.targets)
        summary = {**decision_result(decision), "plan_digest": digest}
        check_plan_expected(deployment, summary)
        if decision.chosen is not None and not deployment.check_mode:
            ledger.claim(decision.chosen.candidate, service.requirements.memory or 0)
    return deployment, decision, summary


def _carry_out(deployment: Deployment, decision: Decision, summary: Summary) -> dict[str, t.Any]:
    """What follows from the decision."""
    if decision.chosen is None:
        return _report_misfit(deployment, decision, summary)
    check_not_recorded(deployment, decision.chosen.candidate.target, summary)
    check_may_retire(deployment, decision, summary)
    display.v(summary["explanation"])
    result = _provision(deployment, decision, summary)
    return _retire_old(deployment, result)


def _report_misfit(deployment: Deployment, decision: Decision, summary: Summary) -> dict[str, t.Any]:
    """Nothing fits: an error, unless the service has a place and the user only wants to be told."""
    if not (decision.stays and deployment.options.reports_misfit):
        raise ProvisioningError(summary["explanation"], {**summary, "changed": False})
    target, instances = deployment.location
    display.warning(summary["explanation"].splitlines()[0])
    placed = placement(deployment.service.name, target, instances)
    return {"changed": False, "failed": False, "calls": [], "fits": False, "placement": placed}


def _provision(deployment: Deployment, decision: Decision, summary: Summary) -> dict[str, t.Any]:
    """Make the service, or change it, on the chosen candidate or the next best."""

    def claim(candidate: Candidate) -> None:
        with open_ledger(deployment.service.name) as ledger:
            ledger.claim(candidate, deployment.service.requirements.memory or 0)

    job = deployment.job(_state_of_new_place(deployment, decision))
    targets = {target.name: target for target in deployment.targets}
    try:
        return place(job, decision, deployment.engines, targets, claim)
    except ProvisioningError as error:
        message = f"{error}\nThe decision was: {summary['explanation']}"
        raise ProvisioningError(message, {**summary, **error.result}) from None


def _state_of_new_place(deployment: Deployment, decision: Decision) -> str:
    """The state that is asked for; ``present`` leaves the run state alone, in a new place too."""
    state = deployment.options.state
    if state != "present" or decision.leaves is None:
        return state
    _target, instances = deployment.location
    return STARTED if any(instance.state == STARTED for instance in instances) else STOPPED


def _retire_old(deployment: Deployment, result: dict[str, t.Any]) -> dict[str, t.Any]:
    """Remove the service from where it was, now that it is ready where it shall be."""
    place = result["placement"]
    for target, instances in left_behind(deployment.service, deployment.targets, place["target"], place["form"]):
        try:
            removal = retire(deployment.job("absent"), deployment.engines[target.name], target, instances)
        except ProvisioningError as error:
            message = f"{error} It is ready on '{place['target']}', so there are two of it now; run this again."
            raise ProvisioningError(message, {**result, "changed": True}) from None
        result = _merge(result, removal, target.name)
    return result


def _merge(result: dict[str, t.Any], removal: dict[str, t.Any], where: str) -> dict[str, t.Any]:
    """The result of what was made, and of what was removed for it, as one."""
    diff = {
        side: {**result.get("diff", {}).get(side, {}), **{f"{name} on {where}": what for name, what in removed.items()}}
        for side, removed in removal["diff"].items()
    }
    return {
        **result,
        "changed": result["changed"] or removal["changed"],
        "calls": [*result["calls"], *removal["calls"]],
        "diff": diff,
        "warnings": [*result.get("warnings", ()), *removal.get("warnings", ())],
    }
