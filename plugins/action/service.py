# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable
from dataclasses import dataclass

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.action_base import (
    DeployAction,
    decision_result,
    elsewhere,
    left_behind,
    plan_digest,
    present_on,
    silent_places,
    strangers_on,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.arguments import SERVICE
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.hosts import Host
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.inventory_host import join, need_own_name
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.ledger import open_ledger, settle
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.lock import only_run_for
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.placement import placement
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provision import Provisioner, Unfinished
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS, AdoptionError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._common import STARTED, STOPPED
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import (
    Candidate,
    Decision,
    Instance,
    Service,
    Target,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.wording import plain

display = Display()


@dataclass
class _Run:
    """What one run is about: the service, what its task says, and the targets with what was found there."""

    service: Service
    args: dict[str, t.Any]
    hosts: dict[str, Host]
    targets: list[Target]
    check_mode: bool

    def provisioner(self, state: str, claim: Callable[[Candidate], None] | None = None) -> Provisioner:
        return Provisioner(self.service, state, self.args, check_mode=self.check_mode, claim=claim)

    def claim(self, candidate: Candidate) -> None:
        with open_ledger(self.service.name) as ledger:
            ledger.claim(candidate, self.service.requirements.memory or 0)


class ActionModule(DeployAction):
    """Find the place of a service, then bring it there into the state that is asked for."""

    def act(self, task_vars: dict[str, t.Any], result: dict[str, t.Any]) -> dict[str, t.Any]:
        args = self.arguments(SERVICE)
        if args["expect_plan"] and (args["state"] == "absent" or args["adopt"]):
            raise AnsibleActionFail(
                "'expect_plan' is for a decision, and neither 'state: absent' nor 'adopt' makes one; leave it out."
            )
        service = self.read_service(args)
        hosts = self.hosts(args, task_vars)
        if args["add_to_inventory"] and args["state"] != "absent":
            need_own_name(service.name, task_vars, [host.name for host in hosts])
        with only_run_for(service.name):
            # What is remembered from an item before was found as long ago as that.
            since = time.time() - self.facts_ttl(args)
            targets = self.discover(hosts, service, args)
            run = _Run(service, args, {host.name: host for host in hosts}, targets, self._task.check_mode)
            done = result | _warned(self._bring_about(run, since))
        return join(self, done, task_vars["hostvars"]) if args["add_to_inventory"] else done

    def _bring_about(self, run: _Run, since: float) -> dict[str, t.Any]:
        other = elsewhere(run.service, run.targets)
        if other:
            raise AnsibleActionFail(
                f"{other}. A service has one place only; name that target too, or remove the service there first."
            )
        _never_make_a_twin(run)
        if run.args["state"] == "absent":
            return _remove(run)
        if run.args["adopt"] and present_on(run.service, run.targets)[0] is None:
            return _adopt(run)

        decision, told = self._decided(run, since)
        try:
            return told | self._bring_to(run, decision, told)
        finally:
            settle(run.service.name)

    def _decided(self, run: _Run, since: float) -> tuple[Decision, dict[str, t.Any]]:
        """(the decision, what is told of it), with its claim written down before anybody else decides."""
        with open_ledger(run.service.name) as ledger:
            run.targets = ledger.counted(run.targets, since)
            decision = self.decide(run.service, run.targets, run.args)
            digest = plan_digest(run.service, run.args["state"], decision, run.targets)
            told = {**decision_result(decision), "plan_digest": digest}
            _need_expected(run, told)
            if decision.chosen is not None and not run.check_mode:
                ledger.claim(decision.chosen.candidate, run.service.requirements.memory or 0)
        return decision, told

    def _bring_to(self, run: _Run, decision: Decision, told: dict[str, t.Any]) -> dict[str, t.Any]:
        """The decision is made: what follows from it."""
        if decision.chosen is None:
            return _report_misfit(run, decision, told)
        _refuse_recorded(run, decision.chosen.candidate.target, told)
        _need_leave_to_retire(run, decision, told)
        display.v(told["explanation"])
        return _retire(run, _provision(run, decision, told))


# --- what must hold before anything is done -------------------------------------------------------


def _need_expected(run: _Run, told: dict[str, t.Any]) -> None:
    expected, found = run.args["expect_plan"], told["plan_digest"]
    if expected and expected != found:
        message = (
            f"The plan is now {found}, not {expected} as in 'expect_plan', so nothing was done; look at it again "
            f"in check mode.\n{told['explanation']}"
        )
        raise AnsibleActionFail(message, result={**told, "changed": False})


def _refuse_recorded(run: _Run, name: str, told: dict[str, t.Any]) -> None:
    if any(target.recorded for target in run.targets if target.name == name):
        message = (
            f"'{name}' is a recorded target: a decision on it is real, but nothing can be provisioned there; "
            "ask rightscope.deploy.service_info instead."
        )
        explained = f"{message}\n{told['explanation']}" if "explanation" in told else message
        raise AnsibleActionFail(explained, result={**told, "changed": False})


def _never_make_a_twin(run: _Run) -> None:
    """A service that is found nowhere may yet be on a target that does not answer."""
    silent = silent_places(run.targets)
    target, _instances = present_on(run.service, run.targets)
    if target or not silent:
        return
    names, verb = ", ".join(silent), "does" if len(silent) == 1 else "do"
    reasons = "; ".join(f"{name}: {reason}" for name, reason in silent.items())
    if run.args["unreachable"] == "hold":
        raise AnsibleActionFail(
            f"Service '{run.service.name}' was not found. It may be on {names}, which {verb} not answer ({reasons}). "
            "Nothing was done, so that there are never two; bring it back, or set 'unreachable: ignore'."
        )
    # The same for each item of a loop: Ansible shows a text once.
    display.warning(f"Not asked: {reasons}. This run does not know which services are there.")


def _need_leave_to_retire(run: _Run, decision: Decision, told: dict[str, t.Any]) -> None:
    """Before anything is made elsewhere: what is to be retired must be there to be touched."""
    chosen = decision.chosen.candidate
    for target, instances in left_behind(run.service, run.targets, chosen.target, chosen.form):
        _refuse_recorded(run, target.name, told)
        if not target.eligible:
            raise AnsibleActionFail(
                f"Service '{run.service.name}' is on '{target.name}' too, which 'targets' does not name. A service "
                "has one place only; name that target too, or remove the service there first.",
                result={**told, "changed": False},
            )
        try:
            run.provisioner("absent").need_removable(target, instances)
        except Unfinished as error:
            raise AnsibleActionFail(str(error), result={**told, **error.result}) from None


# --- what is done ---------------------------------------------------------------------------------


def _provision(run: _Run, decision: Decision, told: dict[str, t.Any]) -> dict[str, t.Any]:
    state = run.args["state"]
    if state == "present" and decision.leaves is not None:
        # Its run state is left alone, in the new place too.
        _target, instances = present_on(run.service, run.targets)
        state = STARTED if any(one.state == STARTED for one in instances) else STOPPED
    targets = {target.name: target for target in run.targets}
    try:
        return run.provisioner(state, claim=run.claim).place(decision, run.hosts, targets)
    except Unfinished as error:
        message = f"{error}\nThe decision was: {told['explanation']}"
        raise AnsibleActionFail(message, result={**told, **error.result}) from None


def _retire(run: _Run, done: dict[str, t.Any]) -> dict[str, t.Any]:
    """Remove the service from where it was, now that it is ready where it shall be."""
    placed = done["placement"]
    for target, instances in left_behind(run.service, run.targets, placed["target"], placed["form"]):
        try:
            gone = run.provisioner("absent").retire(run.hosts[target.name], target, instances)
        except Unfinished as error:
            message = f"{error} It is ready on '{placed['target']}', so there are two of it now; run this again."
            raise AnsibleActionFail(message, result={**done, "changed": True}) from None
        done = _together(done, gone, target.name)
    return done


def _report_misfit(run: _Run, decision: Decision, told: dict[str, t.Any]) -> dict[str, t.Any]:
    """Nothing fits: an error, unless the service is there and the user only wants to be told."""
    if not decision.stays or run.args["on_form_change"] != "report":
        raise AnsibleActionFail(told["explanation"], result={**told, "changed": False})
    target, instances = present_on(run.service, run.targets)
    display.warning(told["explanation"].splitlines()[0])
    placed = placement(run.service.name, target, instances)
    return {"changed": False, "failed": False, "calls": [], "fits": False, "placement": placed}


def _adopt(run: _Run) -> dict[str, t.Any]:
    """Take over the one thing that has the service's name and is nobody's."""
    name, allowed = run.service.name, [target for target in run.targets if target.eligible]
    found = [(target, one) for target in allowed for one in target.instances if _may_be_adopted(one, run.service)]
    if len(found) != 1:
        places = ", ".join(f"'{target.name}' ({one.form})" for target, one in found)
        what = f"{len(found)} things have" if found else "nothing has"
        which = f", on {places}; name one target in 'targets'" if found else ""
        raise AnsibleActionFail(f"Nothing was taken over: {what} the name '{name}' and no mark{which}.")
    target, instance = found[0]
    _refuse_recorded(run, target.name, {})
    try:
        done = run.provisioner(instance.state).adopt(run.hosts[target.name], target, instance)
    except AdoptionError as error:
        raise AnsibleActionFail(str(error)) from None
    except Unfinished as error:
        raise AnsibleActionFail(str(error), result=error.result) from None
    title, verb = FORMS[instance.form].TITLE, "would be" if run.check_mode else "is"
    done["explanation"] = (
        f"{title[0].upper()}{title[1:]} '{instance.name}' on '{target.name}' {verb} service '{name}' now, as it was; "
        "what differs from the needs is for the next run, in check mode first."
    )
    return done


def _remove(run: _Run) -> dict[str, t.Any]:
    service = run.service.name
    for name in strangers_on(run.service, run.targets):
        display.warning(
            f"Something on '{name}' has the name of service '{service}' but not its mark; it was left alone."
        )
    target, instances = present_on(run.service, run.targets)
    if target is None:
        asked = sum(not target.trouble for target in run.targets)
        which = "targets" if asked == len(run.targets) else "targets that answered"
        explanation = f"Service '{service}' is on none of the {asked} {which}."
        return {"changed": False, "failed": False, "placement": None, "calls": [], "explanation": explanation}
    _refuse_recorded(run, target.name, {})
    try:
        done = run.provisioner("absent").remove(run.hosts[target.name], target, instances)
    except Unfinished as error:
        raise AnsibleActionFail(str(error), result=error.result) from None
    verb = "would be removed" if run.check_mode else "was removed"
    done["explanation"] = f"Service '{service}' {verb} from '{target.name}'."
    return done


def _may_be_adopted(instance: Instance, service: Service) -> bool:
    return instance.name == service.name and instance.service is None and instance.form in FORMS


def _together(done: dict[str, t.Any], gone: dict[str, t.Any], where: str) -> dict[str, t.Any]:
    """What was made, and what was removed for it, as one."""
    diff = {
        side: {**done.get("diff", {}).get(side, {}), **{f"{name} on {where}": what for name, what in found.items()}}
        for side, found in gone["diff"].items()
    }
    calls, warnings = [*done["calls"], *gone["calls"]], [*done.get("warnings", ()), *gone.get("warnings", ())]
    return {**done, "changed": done["changed"] or gone["changed"], "calls": calls, "diff": diff, "warnings": warnings}


def _warned(done: dict[str, t.Any]) -> dict[str, t.Any]:
    """What was done, less its warnings, which are shown by now."""
    for warning in done.pop("warnings", ()):
        display.warning(plain(warning))
    return done
