# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

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

from ...module_utils._discovery import DiscoveryError
from .._core.candidates import acted, members_of, present
from .._core.decision.decide import can_follow, instead
from .._core.decision.wishes import with_wishes
from .._core.forms import FORMS
from .._core.forms._common import STARTED, RefusedError
from .._core.model import Call, Candidate, Decision, Instance, Plan, Service, Target, Verdict
from .._core.settling import DiffersError, EndedError, Settling, told_differences
from .action_base import decision_result
from .discovery import find_instances
from .hosts import Host
from .placement import placement
from .runner import PAUSES, DelegateFailed, run_call, sees_difference, wait_until

RACES = 5
"""How often an id that another one took meanwhile is made up for by the next one."""

_TAKING = ("start", "restart", "replace")
"""The actions at which everything that waits is taken."""

DATA = ("volume ", "the volume ", "its root disk")
"""How the names of what holds data begin, in what a replacement keeps and loses."""

LEAST = 10
"""Seconds that an act of an engine's has at the least, where nobody wants to wait at all."""

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
    ``changed`` says whether anything was done.
    """

    def __init__(self, message: str, *, left: bool = False, changed: bool | None = None) -> None:
        super().__init__(message)
        self.left = left
        self.changed = left if changed is None else changed


class _Refused(_Failed):
    """Nothing was done, for that would take what the user does not allow."""


class _Taken(Exception):
    """The id that the plan was made for is somebody else's by now, and nothing was done yet; ``next_id`` is free."""

    def __init__(self, next_id: int) -> None:
        super().__init__(f"each id was taken by somebody else, the last one was {next_id}")
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
        self.min_uptime: float | None = args["min_uptime"]
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
        changed = False
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
                changed = error.changed
                if error.left:
                    break
                continue
            if attempts:
                done["attempts"] = [*attempts, _told(candidate, None)]
                done["warnings"] = [*done["warnings"], _second_choice(attempts, candidate)]
                done |= decision_result(instead(self.service, decision, verdict, tuple(failed)))
            return done
        told = " ".join(f"On '{one['target']}' ({one['form']}): {one['error']}." for one in attempts)
        message = f"Service '{self.service.name}' could not be {_participle(self.state)}. {told}"
        raise Unfinished(message, {"changed": changed, "attempts": attempts})

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
        candidate, plan, agreed = self._believed(host, target, candidate, there)
        plan = self._with_restart(plan, there)
        self._need_leave_to_replace(form, target, there, plan)
        if not plan.changed or self.check_mode:
            there = self._ready(host, target, candidate, plan, there)
            done = self._result(target, plan, self._predicted(candidate, target, plan, there))
            done["warnings"] += agreed
            return self._with_waiting(done, self._will_wait(plan, there))
        ran: list[Call] = []
        try:
            self._run(host, plan, ran)
            candidate = acted(candidate)
            after, told = self._settled(host, target, candidate, plan)
            plan, after = self._restarted(host, target, candidate, plan, after)
        except DiffersError as error:
            # What was made is as good as it was made: nothing that works is removed over a spelling.
            raise _Failed(_left_different(form, error, fresh=not there), left=True) from None
        except (DelegateFailed, DiscoveryError, EndedError, _Failed) as error:
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
        done["warnings"] += [*agreed, *told]
        return self._with_waiting(done, form.pending(after) if plan.state == STARTED else ())

    def _plan(self, candidate: Candidate, target: Target, there: tuple[Instance, ...], state: str) -> Plan:
        try:
            return FORMS[candidate.form].plan(self._wanted(candidate), candidate, target, there, state)
        except RefusedError as error:
            raise _Refused(str(error)) from None

    def _ready(
        self, host: Host, target: Target, candidate: Candidate, plan: Plan, there: tuple[Instance, ...]
    ) -> tuple[Instance, ...]:
        """What is there, as soon as what needs no change is ready: it may just have been started by somebody else."""
        if plan.changed or self.check_mode or self.state not in (STARTED, "restarted"):
            return there
        settling = self._settling(candidate, plan, starts=False)
        try:
            if settling.reason_to_wait(there, plan, time.monotonic()) is None:
                return there
            return self._wait(host, target, candidate, settling)
        except (DiscoveryError, DiffersError, EndedError, _Failed) as error:
            raise _Failed(str(error).rstrip("."), left=True, changed=False) from None

    # --- the second opinion ----------------------------------------------------------------------

    def _believed(
        self, host: Host, target: Target, candidate: Candidate, there: tuple[Instance, ...]
    ) -> tuple[Candidate, Plan, list[str]]:
        """
        (the candidate, the plan, warnings), less the differences that the delegate does not see.

        There will always be another option that an engine writes otherwise than we foresee. So a difference in what the
        user wrote is only believed where the delegate, in check mode, sees it too.
        """
        plan = self._plan(candidate, target, there, self.state)
        agreed = self._agreed(host, candidate, there, plan)
        if not agreed:
            return candidate, plan, []
        warnings = [_other_spelling(self.service, name, plan, agreed[name]) for name in agreed]
        candidate = _agreeing(candidate, agreed)
        return candidate, self._plan(candidate, target, there, self.state), warnings

    def _agreed(
        self, host: Host, candidate: Candidate, there: tuple[Instance, ...], plan: Plan
    ) -> dict[str, frozenset[str]]:
        """By instance the options of which the delegate sees no difference, where the plan does."""
        form = FORMS[candidate.form]
        instances = {one.name: one for one in there}
        agreed = {}
        for name, options in form.doubtful(candidate, plan).items():
            same = self._same(host, form, candidate, instances[name], options) if name in instances else ()
            if same:
                agreed[name] = frozenset(same)
        return agreed

    def _same(
        self, host: Host, form: t.Any, candidate: Candidate, instance: Instance, options: tuple[str, ...]
    ) -> tuple[str, ...]:
        """
        Those of the options that are the same to the delegate.

        All are asked of at once; then each alone, unless its diff has named those that are not the same.
        """
        wanted = self._wanted(candidate)

        def seen(*some: str) -> tuple[bool, frozenset[str]] | None:
            return sees_difference(host, form.question(wanted, candidate, instance, some))

        all_of_them = seen(*options)
        if all_of_them is not None and not all_of_them[0]:
            return options
        named = form.named(all_of_them[1]) & set(options) if all_of_them else ()
        if named:
            return tuple(option for option in options if option not in named)
        alone = {option: seen(option) for option in options} if len(options) > 1 else {}
        return tuple(option for option, answer in alone.items() if answer is not None and not answer[0])

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
        return whole, self._settled(host, target, candidate, whole)[0]

    def _need_leave_to_replace(self, form: t.Any, target: Target, there: tuple[Instance, ...], plan: Plan) -> None:
        """
        What has volumes or a disk is never made anew unless the user says so, anything else unless the user forbids it.

        Nor is what the engine would refuse to remove.
        """
        for call in plan.calls:
            if call.action != "replace":
                continue
            refused = form.removal_refused(target, there)
            if refused:
                raise _Refused(f"{call.does} would remove it first, and {refused}")
            has_data = any(what.startswith(DATA) for what in (*call.keeps, *call.loses))
            if self.replace == "when_needed" or (self.replace is None and not has_data):
                continue
            kept = f"{', '.join(call.keeps)} would be kept, " if call.keeps else ""
            said = f"{call.does} needs 'replace: when_needed'; {kept}{', '.join(call.loses)} would be lost"
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
                self._carry_out(host, self._in_time(call))
            except DelegateFailed:
                if not call.may_fail:
                    raise
            ran.append(call)

    def _carry_out(self, host: Host, call: Call) -> None:
        """Run the call, and once more where the engine was silent for a while and it does no harm."""
        deadline = time.monotonic() + self.wait_timeout
        while True:
            try:
                return run_call(host, call)
            except DelegateFailed as error:
                if not (call.repeatable and error.silent and time.monotonic() < deadline):
                    raise
            time.sleep(PAUSES[1])

    def _in_time(self, call: Call) -> Call:
        """The call with no more time than the user waits, and what one call to an engine takes at the least."""
        if not call.bounded:
            return call
        timeout = min(call.args["timeout"], max(self.wait_timeout, LEAST))
        return dataclasses.replace(call, args={**call.args, "timeout": timeout})

    def _settling(self, candidate: Candidate, plan: Plan, *, starts: bool) -> Settling:
        return Settling(
            FORMS[candidate.form],
            plan.state,
            starts=starts,
            began=time.monotonic(),
            min_uptime=self.min_uptime,
            wait_timeout=self.wait_timeout,
            awaits_address=self.awaits_address,
        )

    def _settled(
        self, host: Host, target: Target, candidate: Candidate, plan: Plan
    ) -> tuple[tuple[Instance, ...], list[str]]:
        """Await that the service is ready and that nothing is left to do: (what is there, warnings)."""
        starts = any(call.action in (*_TAKING, "create") for call in plan.calls)
        try:
            return self._wait(host, target, candidate, self._settling(candidate, plan, starts=starts)), []
        except DiffersError as error:
            stays = error
        found = self._mine(FORMS[candidate.form], find_instances(host, self.service.name, self.call_timeout))
        agreed = self._agreed(host, candidate, found, stays.plan)
        if not agreed:
            raise stays
        warnings = [_other_spelling(self.service, name, stays.plan, agreed[name]) for name in agreed]
        candidate = _agreeing(candidate, agreed)
        return self._wait(host, target, candidate, self._settling(candidate, plan, starts=starts)), warnings

    def _wait(self, host: Host, target: Target, candidate: Candidate, settling: Settling) -> tuple[Instance, ...]:
        form = FORMS[candidate.form]
        reason: str | None = None
        # A restart is over when it runs: to ask for another would never come to an end.
        state = STARTED if self.state == "restarted" else self.state

        def settled(instances: tuple[Instance, ...]) -> bool:
            nonlocal reason
            mine = self._mine(form, instances)
            again = self._plan(candidate, target, mine, state)
            reason = settling.reason_to_wait(mine, again, time.monotonic())
            return reason is None

        instances, done = wait_until(
            host, self.service.name, settled, timeout=self.wait_timeout, call_timeout=self.call_timeout
        )
        if not done:
            raise _Failed(f"{reason}, {self.wait_timeout:g} s after the delegates had finished")
        return self._mine(form, instances)

    def _mine(self, form: t.Any, instances: tuple[Instance, ...]) -> tuple[Instance, ...]:
        return _of(form, members_of(self.service.name, instances)[0])

    def _clean_up(self, host: Host, target: Target, form: t.Any, plan: Plan, ran: list[Call], *, claimed: bool) -> str:
        """
        Remove what this run created, and nothing else; says in half a sentence where that failed too.

        A clone whose answer was lost made nothing that could be told from another controller's of that id and name.
        """
        failed = plan.calls[len(ran)] if len(ran) < len(plan.calls) else None
        unproven = {failed.creates} if failed and failed.claims and not claimed else set()
        made = {call.creates for call in plan.calls[: len(ran) + 1] if call.creates}
        before = {instance.id for instance in target.instances}
        deadline = time.monotonic() + REMOVAL
        try:
            found = self._found(host, deadline)
            new = [one for one in _of(form, found) if one.id not in before]
            if unproven and any(one.id in unproven or one.service == self.service.name for one in new):
                return f"; {form.TITLE} of its name is there now, and was left alone, for another run may have made it"
            ours = tuple(one for one in new if self._is_ours(one, made - unproven))
            self._remove_in_time(host, form, target, ours, deadline)
        except (DelegateFailed, DiscoveryError) as error:
            return f"; what the attempt made is still there ({str(error).rstrip('.')})"
        return ""

    def _found(self, host: Host, deadline: float) -> tuple[Instance, ...]:
        """What is there; an engine that is silent for a moment is asked again."""
        while True:
            try:
                return find_instances(host, self.service.name, self.call_timeout)
            except DiscoveryError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(PAUSES[0])

    def _remove_in_time(
        self, host: Host, form: t.Any, target: Target, ours: tuple[Instance, ...], deadline: float
    ) -> None:
        """Remove what is ours. The engine may still be busy with what has just failed, so it is asked again."""
        while True:
            try:
                return self._run(host, form.remove(self.service, target, ours), [])
            except DelegateFailed:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(PAUSES[0])
                left = {one.id for one in self._found(host, deadline)}
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
        plan = form.adopt(self.service, target, instance)
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
        self.need_removable(target, instances)
        if self.check_mode:
            busy = form.busy(instances)
            done = self._result(target, form.remove(self.service, target, instances), None)
            done["warnings"] += [f"{busy}; its removal waits for that."] if busy else []
            return done
        ran: list[Call] = []
        try:
            instances = self._when_free(host, form, instances)
            plan = form.remove(self.service, target, instances)
            removed = {one.id for one in instances}
            self._run(host, plan, ran)
            left, gone = wait_until(
                host,
                self.service.name,
                lambda found: not any(one.id in removed for one in self._mine(form, found)),
                timeout=self.wait_timeout,
                call_timeout=self.call_timeout,
            )
            if not gone:
                raise _Failed(f"{form.TITLE} '{left[0].name}' is still there after its removal")
        except (DelegateFailed, DiscoveryError, _Failed) as error:
            message = f"Service '{self.service.name}' could not be removed from '{target.name}': {error}."
            raise Unfinished(message, {"changed": bool(ran)}) from None
        return self._result(target, plan, None)

    def need_removable(self, target: Target, instances: tuple[Instance, ...]) -> None:
        """Raises Unfinished where the engine would refuse to remove it, before anything is done."""
        refused = FORMS[instances[0].form].removal_refused(target, instances)
        if refused:
            message = f"Service '{self.service.name}' is left as it is on '{target.name}': {refused}."
            raise Unfinished(message, {"changed": False})

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


def _agreeing(candidate: Candidate, agreed: Mapping[str, frozenset[str]]) -> Candidate:
    """The candidate with more options of which the delegate sees no difference."""
    names = {*candidate.agreed, *agreed}
    both = {name: candidate.agreed.get(name, frozenset()) | agreed.get(name, frozenset()) for name in names}
    return dataclasses.replace(candidate, agreed=both)


def _left_different(form: t.Any, error: DiffersError, *, fresh: bool) -> str:
    return f"{form.TITLE} was made and is left there; {error}" if fresh else str(error)


def _other_spelling(service: Service, name: str, plan: Plan, options: frozenset[str]) -> str:
    """The warning of a difference that only this collection sees."""
    only = Plan(
        before={name: {key: value for key, value in plan.before.get(name, {}).items() if key in options}},
        after={name: {key: value for key, value in plan.after.get(name, {}).items() if key in options}},
    )
    return (
        f"Service '{service.name}': {told_differences(only)}, for '{name}'. The delegate sees no difference, so it "
        "counts as another spelling of the same value, and nothing is changed for it."
    )


def _participle(state: str) -> str:
    return {"present": "made"}.get(state, state)
