# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
From a decision to a service that is there: plan, run, read back, compare; and clean up after a failure.

What is said to have changed comes from the plan. Then the plan is made again from what the engine says
afterwards, and only when nothing is left to do is the task a success.
"""

from __future__ import annotations

import dataclasses
import time
import typing as t
from collections.abc import Callable, Mapping

from ..module_utils._discovery import DiscoveryError
from ._asking import find_instances
from ._candidates import present
from ._decision.decide import can_follow, instead
from ._decision.wishes import with_wishes
from ._deploy import decision_result
from ._forms import FORMS
from ._forms._common import STARTED
from ._hosts import Host
from ._model import Call, Candidate, Decision, Instance, Plan, Service, Target, Verdict
from ._placement import placement
from ._runner import PAUSES, DelegateFailed, run_call, wait_until

RACES = 5
"""How often an id that another one took meanwhile is made up for by the next one."""

MOMENT = 0.15
"""Seconds after its delegate that a container must run on to be called started, where nothing asks it how it is."""

CRASHES = 3
"""Ends of what was started, and was started again by its policy, that are a crash loop."""

_TAKING = ("start", "restart", "replace")
"""The actions at which everything that waits is taken."""

DATA = ("volume ", "the volume ", "its root disk")
"""How the names of what holds data begin, in what a replacement keeps and loses."""

REMOVAL = 30
"""Seconds in which the removal of what has failed is tried again."""


class Unfinished(Exception):
    """The service could not be brought there; ``result`` tells each attempt, the text says why in words."""

    def __init__(self, message: str, result: dict[str, t.Any]) -> None:
        super().__init__(message)
        self.result = result


class _Failed(Exception):
    """
    One attempt failed; the text is a sentence without its full stop.

    ``left`` says that something of it is still there, or may be: to go on elsewhere could make a second one.
    """

    def __init__(self, message: str, *, left: bool = False) -> None:
        super().__init__(message)
        self.left = left


class _Refused(_Failed):
    """Nothing was done, for that would take what the user does not allow."""


class _Taken(Exception):
    """The id that the plan was made for is somebody else's by now, and nothing was done yet; ``next_id`` is free."""

    def __init__(self, next_id: int) -> None:
        super().__init__(f"the id was taken again and again, last {next_id}")
        self.next_id = next_id


class Provisioner:
    """Brings one service into one state."""

    def __init__(
        self,
        service: Service,
        state: str,
        args: Mapping[str, t.Any],
        *,
        check_mode: bool,
        claim: Callable[[Candidate], None] | None = None,
    ) -> None:
        """``claim`` is told of a candidate that is tried in place of the chosen one."""
        self.service = service
        self._claim = claim
        self.state = state
        self.check_mode = check_mode
        self.wait_timeout: float = args["wait_timeout"]
        self.call_timeout: float = args["discovery_timeout"]
        self.max_attempts: int = args["max_attempts"]
        self.replace: str | None = args["replace"]
        self.may_restart: bool = args["restart"] == "when_needed"
        self.awaits_address: bool = args["wait_for"] == "address"

    # --- to a place -----------------------------------------------------------------------------

    def place(self, decision: Decision, hosts: Mapping[str, Host], targets: Mapping[str, Target]) -> dict[str, t.Any]:
        """
        The chosen candidate, and where that fails the next best that fits.

        A service that is there already is never tried elsewhere. Raises Unfinished.
        """
        attempts: list[dict[str, t.Any]] = []
        failed: list[Verdict] = []
        left = False
        for verdict in self._order(decision):
            taken = tuple(grant for grant in verdict.grants if grant.why)
            candidate = dataclasses.replace(verdict.candidate, grants=taken)
            host, target = hosts[candidate.target], targets[candidate.target]
            if attempts and self._claim is not None:
                self._claim(candidate)
            try:
                done = self._attempt(host, target, candidate)
            except _Refused as error:
                told = {"changed": False, "attempts": [_told(candidate, str(error))]}
                raise Unfinished(f"Service '{self.service.name}' is left as it is: {error}.", told) from None
            except _Failed as error:
                attempts.append(_told(candidate, str(error)))
                failed.append(verdict)
                left = error.left
                if left:
                    break
                continue
            if attempts:
                done["attempts"] = [*attempts, _told(candidate, None)]
                done["warnings"] = [*done["warnings"], _second_choice(attempts, candidate)]
                done |= decision_result(instead(self.service, decision, verdict, tuple(failed)))
            return done
        told = " ".join(f"On '{one['target']}' ({one['form']}): {one['error']}." for one in attempts)
        message = f"Service '{self.service.name}' could not be {_participle(self.state)}. {told}"
        raise Unfinished(message, {"changed": left, "attempts": attempts})

    def _order(self, decision: Decision) -> list[Verdict]:
        if decision.stays:
            return [decision.chosen]
        left = decision.leaves
        return [
            verdict
            for verdict in decision.verdicts
            if self._may_follow(verdict, decision.chosen) and (left is None or can_follow(verdict, left))
        ][: self.max_attempts]

    def _may_follow(self, verdict: Verdict, chosen: Verdict) -> bool:
        """
        Whether a candidate may be tried when the chosen one has failed.

        A form that the user left out of ``as`` fits with any image of the system: to end in it over a mistake in
        another form's options would be an empty guest and a green task.
        """
        form = verdict.candidate.form
        described = form in self.service.described if self.service.described else True
        return verdict.fits and (described or form == chosen.candidate.form)

    def _attempt(self, host: Host, target: Target, candidate: Candidate) -> dict[str, t.Any]:
        """Another one may be quicker with an id that was free: then the next one is tried, a few times."""
        for races_left in reversed(range(RACES)):
            try:
                return self._try(host, target, candidate)
            except _Taken as taken:
                if not races_left:
                    raise _Failed(str(taken)) from None
                target = dataclasses.replace(target, next_id=taken.next_id)
        raise AssertionError("unreachable")

    def _try(self, host: Host, target: Target, candidate: Candidate) -> dict[str, t.Any]:
        form = FORMS[candidate.form]
        there = self._when_free(host, form, _of(form, present(self.service, target)))
        plan = self._with_restart(form.plan(self._wanted(candidate), candidate, target, there, self.state), there)
        self._need_leave_to_replace(plan)
        if not plan.changed or self.check_mode:
            done = self._result(target, plan, self._predicted(candidate, target, plan, there))
            return self._with_waiting(done, self._will_wait(plan, there))
        ran: list[Call] = []
        try:
            self._run(host, plan, ran)
            after = self._settled(host, target, candidate, plan)
            plan, after = self._restarted(host, target, candidate, plan, after)
        except (DelegateFailed, DiscoveryError, _Failed) as error:
            text = str(error).rstrip(".")
            next_id = getattr(error, "next_id", None)
            if next_id is not None and not ran:
                raise _Taken(next_id) from None
            if there:
                # It is where it was, and what has been done of the plan stays done.
                raise _Failed(text, left=bool(ran)) from None
            remains = self._clean_up(host, target, form, plan, ran, claimed=getattr(error, "claimed", False))
            raise _Failed(text + remains, left=bool(remains)) from None
        done = self._result(target, plan, placement(self.service.name, target, after))
        return self._with_waiting(done, form.pending(after) if plan.state == STARTED else ())

    def _with_waiting(self, done: dict[str, t.Any], waiting: tuple[str, ...]) -> dict[str, t.Any]:
        """What is told, with the settings that wait for a restart."""
        if not waiting:
            return done
        done["restart_required"] = list(waiting)
        done["warnings"] = [
            *done["warnings"],
            f"Service '{self.service.name}': {', '.join(waiting)} take effect at its next restart.",
        ]
        return done

    def _will_wait(self, plan: Plan, there: tuple[Instance, ...]) -> tuple[str, ...]:
        """The settings that wait for a restart once the plan is done."""
        if not there or plan.state != STARTED or any(call.action in _TAKING for call in plan.calls):
            return ()
        changes = {
            key: (plan.before.get(name, {}).get(key), value)
            for name, changed in plan.after.items()
            for key, value in changed.items()
        }
        return FORMS[there[0].form].will_wait(there, changes)

    def _with_restart(self, plan: Plan, there: tuple[Instance, ...]) -> Plan:
        """The plan, and at its end the restart that what is written takes, where the user allows it."""
        waiting = self._will_wait(plan, there) if self.may_restart else ()
        if not waiting:
            return plan
        return dataclasses.replace(plan, calls=(*plan.calls, *FORMS[there[0].form].restart(there, waiting)))

    def _restarted(
        self, host: Host, target: Target, candidate: Candidate, plan: Plan, after: tuple[Instance, ...]
    ) -> tuple[Plan, tuple[Instance, ...]]:
        """(the plan, what is there) after another restart for what nobody had foreseen to wait."""
        form = FORMS[candidate.form]
        waiting = form.pending(after)
        if not self.may_restart or not waiting or plan.state != STARTED:
            return plan, after
        more = dataclasses.replace(plan, calls=form.restart(after, waiting))
        self._run(host, more, [])
        whole = dataclasses.replace(plan, calls=(*plan.calls, *more.calls))
        return whole, self._settled(host, target, candidate, whole)

    def _need_leave_to_replace(self, plan: Plan) -> None:
        """What has volumes or a disk is never made anew unless the user says so, else only where he forbids it."""
        for call in plan.calls:
            if call.action != "replace":
                continue
            has_data = any(what.startswith(DATA) for what in (*call.keeps, *call.loses))
            if self.replace == "when_needed" or (self.replace is None and not has_data):
                continue
            kept = f"{', '.join(call.keeps)} would be kept, " if call.keeps else ""
            said = f"{call.does} takes 'replace: when_needed'; {kept}{', '.join(call.loses)} would be lost"
            raise _Refused(said)

    def _when_free(self, host: Host, form: t.Any, there: tuple[Instance, ...]) -> tuple[Instance, ...]:
        """What is there, as soon as nothing that an interrupted run began is at work on it any more."""
        if self.check_mode or not form.busy(there):
            return there
        instances, free = wait_until(
            host,
            self.service.name,
            lambda found: not form.busy(self._mine(form, found)),
            timeout=self.wait_timeout,
            call_timeout=self.call_timeout,
        )
        there = self._mine(form, instances)
        if not free:
            raise _Failed(f"{form.busy(there)}, and was so for {self.wait_timeout:g} s", left=True)
        return there

    def _wanted(self, candidate: Candidate) -> Service:
        """The service with the wishes that come true on the candidate."""
        return dataclasses.replace(self.service, requirements=with_wishes(self.service.requirements, candidate))

    def _run(self, host: Host, plan: Plan, ran: list[Call]) -> None:
        for call in plan.calls:
            try:
                run_call(host, call)
            except DelegateFailed:
                if not call.may_fail:
                    raise
            ran.append(call)

    def _settled(self, host: Host, target: Target, candidate: Candidate, plan: Plan) -> tuple[Instance, ...]:
        """Await that the service is ready and that nothing is left to do."""
        form = FORMS[candidate.form]
        wanted = self._wanted(candidate)
        last: dict[str, t.Any] = {"since": time.monotonic()}

        def settled(instances: tuple[Instance, ...]) -> bool:
            mine = self._mine(form, instances)
            if not mine:
                last["why"] = "it is not there afterwards"
                return False
            # A restart is over when it runs: to ask for another would never come to an end.
            state = STARTED if self.state == "restarted" else self.state
            over = form.ended(mine) if plan.state == STARTED else None
            if over:
                raise _Failed(over)
            runs_on = plan.state != STARTED or self._watch(form, mine, last)
            again = form.plan(wanted, candidate, target, mine, state)
            if again.changed:
                last["why"] = f"it still differs afterwards: {_keys(again)}"
                return False
            last["why"] = "it is not ready: no address, or no healthy answer"
            if plan.state != STARTED:
                return True
            return all(instance.ready if self.awaits_address else instance.up for instance in mine) and runs_on

        instances, done = wait_until(
            host, self.service.name, settled, timeout=self.wait_timeout, call_timeout=self.call_timeout
        )
        if not done:
            raise _Failed(f"{last['why']}, {self.wait_timeout:g} s after the delegates were done")
        return self._mine(form, instances)

    def _watch(self, form: t.Any, mine: tuple[Instance, ...], last: dict[str, t.Any]) -> bool:
        """
        Whether what was started has run on for a moment: one that crashes is up for a moment, too.

        Once is no crash loop, for a program may give up until another one is there. Raises _Failed for one.
        """
        pulse, now = form.pulse(mine), time.monotonic()
        if pulse is None:
            return True
        # What is seen first was started by the delegate, which was done before.
        if pulse != last.setdefault("pulse", pulse):
            last["pulse"], last["since"] = pulse, now
        starts = last.setdefault("starts", {})
        for one in mine:
            starts.setdefault(one.name, set()).add(pulse[one.name])
            if len(starts[one.name]) > CRASHES:
                raise _Failed(f"container '{one.name}' ends again and again after its start{form.last_words(one)}")
        # Who does not wait at all does not wait for this.
        return now - last["since"] >= min(MOMENT, self.wait_timeout)

    def _mine(self, form: t.Any, instances: tuple[Instance, ...]) -> tuple[Instance, ...]:
        return _of(form, tuple(one for one in instances if one.service == self.service.name))

    def _clean_up(self, host: Host, target: Target, form: t.Any, plan: Plan, ran: list[Call], *, claimed: bool) -> str:
        """
        Remove what this run created, and nothing else; says in half a sentence where that failed too.

        A clone whose answer was lost made nothing that could be told from another controller's of that id and name.
        """
        failed = plan.calls[len(ran)] if len(ran) < len(plan.calls) else None
        unproven = {failed.creates} if failed and failed.claims and not claimed else set()
        made = {call.creates for call in plan.calls[: len(ran) + 1] if call.creates}
        before = {instance.id for instance in target.instances}
        try:
            found = find_instances(host, self.service.name, self.call_timeout)
            new = [one for one in _of(form, found) if one.id not in before]
            if unproven and any(one.id in unproven or one.service == self.service.name for one in new):
                return f"; {form.TITLE} of its name is there now, and is left alone, for another run may have made it"
            ours = tuple(one for one in new if self._is_ours(one, made - unproven))
            self._remove_in_time(host, form, target, ours)
        except (DelegateFailed, DiscoveryError) as error:
            return f"; what was made of it is still there ({str(error).rstrip('.')})"
        return ""

    def _remove_in_time(self, host: Host, form: t.Any, target: Target, ours: tuple[Instance, ...]) -> None:
        """Remove what is ours. The engine may still be busy with what has just failed, so it is asked again."""
        deadline = time.monotonic() + REMOVAL
        while True:
            try:
                return self._run(host, form.remove(self.service, target, ours), [])
            except DelegateFailed:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(PAUSES[0])
                left = {one.id for one in find_instances(host, self.service.name, self.call_timeout)}
                ours = tuple(one for one in ours if one.id in left)

    def _is_ours(self, instance: Instance, made: set[str | None]) -> bool:
        """
        Marked as this service's, or a VM of the id that this run cloned to: a clone gets its mark a call later.

        The name alone says nothing: a stranger may have been quicker.
        """
        return instance.service == self.service.name or (instance.id in made and instance.name == self.service.name)

    # --- taken over ------------------------------------------------------------------------------

    def adopt(self, host: Host, target: Target, instance: Instance) -> dict[str, t.Any]:
        """Write the marks on what somebody else made, and see that they are there. Raises Unfinished, AdoptionError."""
        form = FORMS[instance.form]
        plan = form.adopt(self.service, instance)
        mine = (dataclasses.replace(instance, service=self.service.name),)
        if self.check_mode:
            return self._result(target, plan, placement(self.service.name, target, mine))
        ran: list[Call] = []
        try:
            self._run(host, plan, ran)
            found, done = wait_until(
                host,
                self.service.name,
                lambda found: bool(self._mine(form, found)),
                timeout=self.wait_timeout,
                call_timeout=self.call_timeout,
            )
            if not done:
                raise _Failed(f"{form.TITLE} '{instance.name}' has no mark afterwards")
        except (DelegateFailed, DiscoveryError, _Failed) as error:
            message = f"Service '{self.service.name}' could not be taken over on '{target.name}': {error}."
            raise Unfinished(message, {"changed": bool(ran)}) from None
        return self._result(target, plan, placement(self.service.name, target, self._mine(form, found)))

    # --- away -----------------------------------------------------------------------------------

    def remove(self, host: Host, target: Target, instances: tuple[Instance, ...]) -> dict[str, t.Any]:
        """Remove what is marked as the service's, and see that it is gone. Raises Unfinished."""
        if not instances:
            return self._result(target, Plan(state="absent"), None) | {"diff": {"before": {}, "after": {}}}
        form = FORMS[instances[0].form]
        plan = form.remove(self.service, target, instances)
        if self.check_mode:
            return self._result(target, plan, None)
        ran: list[Call] = []
        try:
            self._run(host, plan, ran)
            left, gone = wait_until(
                host,
                self.service.name,
                lambda found: not self._mine(form, found),
                timeout=self.wait_timeout,
                call_timeout=self.call_timeout,
            )
            if not gone:
                raise _Failed(f"{form.TITLE} '{left[0].name}' is still there after its removal")
        except (DelegateFailed, DiscoveryError, _Failed) as error:
            message = f"Service '{self.service.name}' could not be removed from '{target.name}': {error}."
            raise Unfinished(message, {"changed": bool(ran)}) from None
        return self._result(target, plan, None)

    def retire(self, host: Host, target: Target, instances: tuple[Instance, ...]) -> dict[str, t.Any]:
        """As ``remove``, of what is still the same: it was found before the new one was made, which may be long ago."""
        if self.check_mode:
            return self.remove(host, target, instances)
        try:
            now = find_instances(host, self.service.name, self.call_timeout)
        except DiscoveryError as error:
            message = f"Service '{self.service.name}' could not be removed from '{target.name}': {error}."
            raise Unfinished(message, {"changed": False}) from None
        form = FORMS[instances[0].form]
        known = {(one.id, form.identity(one)) for one in instances}
        return self.remove(
            host, target, tuple(one for one in self._mine(form, now) if (one.id, form.identity(one)) in known)
        )

    # --- what is said ---------------------------------------------------------------------------

    def _predicted(
        self, candidate: Candidate, target: Target, plan: Plan, there: tuple[Instance, ...]
    ) -> dict[str, t.Any]:
        if there and not any(call.action == "replace" for call in plan.calls):
            return placement(self.service.name, target, there, state=plan.state if plan.changed else None)
        predicted = Instance(form=candidate.form, name=self.service.name, id="", node=candidate.node, state=plan.state)
        return placement(self.service.name, target, (predicted,)) | {"id": None}

    def _result(self, target: Target, plan: Plan, placed: dict[str, t.Any] | None) -> dict[str, t.Any]:
        done: dict[str, t.Any] = {
            "changed": plan.changed,
            "failed": False,
            "placement": placed,
            "calls": [
                {
                    "module": call.module,
                    "target": target.name,
                    "changed": True,
                    "does": call.does,
                    "action": call.action,
                }
                | ({"keeps": list(call.keeps), "loses": list(call.loses)} if call.action == "replace" else {})
                for call in plan.calls
            ],
            "warnings": list(plan.warnings),
        }
        if plan.changed:
            done["diff"] = {"before": dict(plan.before), "after": dict(plan.after)}
        return done


def _of(form: t.Any, instances: tuple[Instance, ...]) -> tuple[Instance, ...]:
    return tuple(instance for instance in instances if instance.form == form.NAME)


def _told(candidate: Candidate, error: str | None) -> dict[str, t.Any]:
    return {"target": candidate.target, "node": candidate.node, "form": candidate.form, "error": error}


def _second_choice(attempts: list[dict[str, t.Any]], candidate: Candidate) -> str:
    tried = "; ".join(f"'{one['target']}': {one['error']}" for one in attempts)
    return f"The better candidate failed, so it went to '{candidate.place}'. {tried}."


def _keys(plan: Plan) -> str:
    names = {key: None for changes in plan.after.values() for key in changes} if plan.after else {}
    return ", ".join(names) or ", ".join(call.does for call in plan.calls)


def _participle(state: str) -> str:
    return {"present": "made"}.get(state, state)
