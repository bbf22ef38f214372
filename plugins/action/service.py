# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display

from ansible_collections.rightscope.deploy.plugins.plugin_utils._arguments import SERVICE
from ansible_collections.rightscope.deploy.plugins.plugin_utils._deploy import (
    DeployAction,
    decision_result,
    elsewhere,
    left_behind,
    placement,
    plan_digest,
    present_on,
    silent_places,
    strangers_on,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._forms import FORMS, AdoptionError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._forms._common import STARTED, STOPPED
from ansible_collections.rightscope.deploy.plugins.plugin_utils._hosts import Host
from ansible_collections.rightscope.deploy.plugins.plugin_utils._ledger import open_ledger
from ansible_collections.rightscope.deploy.plugins.plugin_utils._lock import only_run_for
from ansible_collections.rightscope.deploy.plugins.plugin_utils._model import (
    Candidate,
    Decision,
    Instance,
    Service,
    Target,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._provision import Provisioner, Unfinished

display = Display()


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
        with only_run_for(service.name):
            return self._bring_about(service, hosts, args, result)

    def _bring_about(
        self, service: Service, hosts: list[Host], args: dict[str, t.Any], result: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        # What is remembered from an item before was found as long ago as that.
        since = time.time() - self.facts_ttl(args)
        targets = self.discover(hosts, service, args)
        other = elsewhere(service, targets)
        if other:
            raise AnsibleActionFail(f"{other}, and has one place only; name that one too, or remove it there first.")
        self._never_make_a_twin(service, targets, args)
        if args["state"] == "absent":
            return result | _warned(self._remove(service, hosts, targets, args))
        if args["adopt"] and present_on(service, targets)[0] is None:
            return result | _warned(self._adopt(service, hosts, targets, args))

        with open_ledger(service.name) as ledger:
            targets = ledger.counted(targets, since)
            decision = self.decide(service, targets, args)
            result.update(decision_result(decision), plan_digest=plan_digest(service, args["state"], decision, targets))
            self._need_expected(result, args)
            if decision.chosen is not None and not self._task.check_mode:
                ledger.claim(decision.chosen.candidate, service.requirements.memory or 0)
        try:
            return self._bring_to(service, decision, hosts, targets, args, result)
        finally:
            with open_ledger(service.name) as ledger:
                ledger.settle()

    def _bring_to(
        self,
        service: Service,
        decision: Decision,
        hosts: list[Host],
        targets: list[Target],
        args: dict[str, t.Any],
        result: dict[str, t.Any],
    ) -> dict[str, t.Any]:
        """The decision is made: what follows from it."""
        if decision.chosen is None:
            return self._report_misfit(service, decision, targets, args, result)
        self._refuse_recorded(decision.chosen.candidate.target, targets, result)
        self._need_leave_to_retire(service, decision, targets, result)
        display.v(result["explanation"])
        done = self._provision(service, decision, hosts, targets, args, result)
        return result | _warned(self._retire(service, decision, hosts, targets, args, done))

    def _need_expected(self, result: dict[str, t.Any], args: dict[str, t.Any]) -> None:
        expected, found = args["expect_plan"], result["plan_digest"]
        if expected and expected != found:
            message = (
                f"The plan is {found} now and not {expected}, which 'expect_plan' names, so nothing was done; look at "
                f"it again in check mode.\n{result['explanation']}"
            )
            raise AnsibleActionFail(message, result={**result, "changed": False})

    def _report_misfit(
        self,
        service: Service,
        decision: Decision,
        targets: list[Target],
        args: dict[str, t.Any],
        result: dict[str, t.Any],
    ) -> dict[str, t.Any]:
        """Nothing fits: an error, unless the service is there and the user only wants to be told."""
        if not decision.stays or args["on_form_change"] != "report":
            raise AnsibleActionFail(result["explanation"], result={**result, "changed": False})
        target, instances = present_on(service, targets)
        display.warning(result["explanation"].splitlines()[0])
        told = {"changed": False, "failed": False, "calls": [], "fits": False}
        return result | told | {"placement": placement(service, target, instances)}

    def _need_leave_to_retire(
        self, service: Service, decision: Decision, targets: list[Target], result: dict[str, t.Any]
    ) -> None:
        """Before anything is made elsewhere: what is to be retired must be there to be touched."""
        chosen = decision.chosen.candidate
        for target, _instances in left_behind(service, targets, chosen.target, chosen.form):
            self._refuse_recorded(target.name, targets, result)
            if not target.eligible:
                raise AnsibleActionFail(
                    f"Service '{service.name}' is on '{target.name}' too, which 'targets' does not name, and has one "
                    "place only; name that one too, or remove it there first.",
                    result={**result, "changed": False},
                )

    def _retire(
        self,
        service: Service,
        decision: Decision,
        hosts: list[Host],
        targets: list[Target],
        args: dict[str, t.Any],
        done: dict[str, t.Any],
    ) -> dict[str, t.Any]:
        """Remove the service from where it was, now that it is ready where it shall be."""
        placed = done["placement"]
        for target, instances in left_behind(service, targets, placed["target"], placed["form"]):
            host = next(host for host in hosts if host.name == target.name)
            provisioner = Provisioner(service, "absent", args, check_mode=self._task.check_mode)
            try:
                gone = provisioner.retire(host, target, instances)
            except Unfinished as error:
                message = f"{error} It is ready on '{placed['target']}', and there are two of it now; run this again."
                raise AnsibleActionFail(message, result={**done, "changed": True}) from None
            done = _together(done, gone, target.name)
        return done

    def _adopt(
        self, service: Service, hosts: list[Host], targets: list[Target], args: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        """Take over the one thing that has the service's name and is nobody's."""
        allowed = [target for target in targets if target.eligible]
        found = [(target, one) for target in allowed for one in target.instances if _may_be_adopted(one, service)]
        if len(found) != 1:
            places = ", ".join(f"'{target.name}' ({one.form})" for target, one in found)
            what = f"{len(found)} things are, on {places}: name its target in 'targets'" if found else "nothing is"
            raise AnsibleActionFail(f"Of the name '{service.name}' and without a mark {what}, so none was taken over.")
        target, instance = found[0]
        self._refuse_recorded(target.name, targets, {})
        host = next(host for host in hosts if host.name == target.name)
        provisioner = Provisioner(service, instance.state, args, check_mode=self._task.check_mode)
        try:
            done = provisioner.adopt(host, target, instance)
        except AdoptionError as error:
            raise AnsibleActionFail(str(error)) from None
        except Unfinished as error:
            raise AnsibleActionFail(str(error), result=error.result) from None
        verb = "would be" if self._task.check_mode else "is"
        title = FORMS[instance.form].TITLE
        done["explanation"] = (
            f"{title[0].upper()}{title[1:]} '{instance.name}' on '{target.name}' {verb} service '{service.name}' now, "
            "as it was; what differs from the needs is for the next run, in check mode first."
        )
        return done

    def _refuse_recorded(self, name: str, targets: list[Target], result: dict[str, t.Any]) -> None:
        if any(target.recorded for target in targets if target.name == name):
            message = (
                f"'{name}' is a recorded target: a decision on it is real, but nothing can be provisioned there; "
                "ask rightscope.deploy.service_info instead."
            )
            explained = f"{message}\n{result['explanation']}" if "explanation" in result else message
            raise AnsibleActionFail(explained, result={**result, "changed": False})

    def _never_make_a_twin(self, service: Service, targets: list[Target], args: dict[str, t.Any]) -> None:
        """A service that is found nowhere may yet be on a target that does not answer."""
        silent = silent_places(targets)
        target, _instances = present_on(service, targets)
        if target or not silent:
            return
        names, verb = ", ".join(silent), "does" if len(silent) == 1 else "do"
        reasons = "; ".join(f"{name}: {reason}" for name, reason in silent.items())
        if args["unreachable"] == "hold":
            raise AnsibleActionFail(
                f"Service '{service.name}' was not found, and {names} may hold it and {verb} not answer ({reasons}). "
                "Nothing was done, so that there are never two; bring it back, or set 'unreachable: ignore'."
            )
        display.warning(f"Not asked: {reasons}. If service '{service.name}' is there, this run does not know of it.")

    def _remove(
        self, service: Service, hosts: list[Host], targets: list[Target], args: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        for name in strangers_on(service, targets):
            display.warning(
                f"Something on '{name}' has the name of service '{service.name}' and is not marked as its; left alone."
            )
        target, instances = present_on(service, targets)
        if target is None:
            asked = sum(not target.trouble for target in targets)
            which = "targets" if asked == len(targets) else "targets that answered"
            explanation = f"Service '{service.name}' is on none of the {asked} {which}."
            return {"changed": False, "failed": False, "placement": None, "calls": [], "explanation": explanation}
        self._refuse_recorded(target.name, targets, {})
        host = next(host for host in hosts if host.name == target.name)
        provisioner = Provisioner(service, "absent", args, check_mode=self._task.check_mode)
        try:
            done = provisioner.remove(host, target, instances)
        except Unfinished as error:
            raise AnsibleActionFail(str(error), result=error.result) from None
        verb = "would be removed" if self._task.check_mode else "was removed"
        done["explanation"] = f"Service '{service.name}' {verb} from '{target.name}'."
        return done

    def _provision(
        self,
        service: Service,
        decision: Decision,
        hosts: list[Host],
        targets: list[Target],
        args: dict[str, t.Any],
        result: dict[str, t.Any],
    ) -> dict[str, t.Any]:
        def claim(candidate: Candidate) -> None:
            with open_ledger(service.name) as ledger:
                ledger.claim(candidate, service.requirements.memory or 0)

        state = args["state"]
        if state == "present" and decision.leaves is not None:
            # Its run state is left alone, in the new place too.
            _target, instances = present_on(service, targets)
            state = STARTED if any(one.state == STARTED for one in instances) else STOPPED
        provisioner = Provisioner(service, state, args, check_mode=self._task.check_mode, claim=claim)
        try:
            done = provisioner.place(
                decision, {host.name: host for host in hosts}, {target.name: target for target in targets}
            )
        except Unfinished as error:
            message = f"{error}\nThe decision was: {result['explanation']}"
            raise AnsibleActionFail(message, result={**result, **error.result}) from None
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
    return {**done, "changed": True, "calls": calls, "diff": diff, "warnings": warnings}


def _warned(done: dict[str, t.Any]) -> dict[str, t.Any]:
    """What was done, less its warnings, which are shown by now."""
    for warning in done.pop("warnings", ()):
        display.warning(warning)
    return done
