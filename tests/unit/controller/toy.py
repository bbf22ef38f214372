# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A form, an engine and a clock that exist only in tests: no Ansible, no network, and no second is really waited.

A toy is made by a call that creates it, one that gives it its options, and one that starts it.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import EngineError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.job import (
    Job,
    Opinion,
    ProvisioningOptions,
    Site,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS, AdoptionError, RefusedError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms.common import removal
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms.docker_container import DockerContainer
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import (
    Call,
    Candidate,
    Decision,
    Facts,
    Instance,
    Plan,
    Run,
    Service,
    Target,
    Verdict,
)
from tests.unit.core.builders import service

NAME = "docker_container"
"""The toy takes the place of this form, and has of it what no test is about."""

FAILURE = "toy could not {}: no"
WEB = service()


class ToyClock:
    """A clock that only sleeping moves on; ``events`` are (when, what to do then)."""

    def __init__(self) -> None:
        self.now = 0.0
        self.events: list[tuple[float, t.Callable[[], None]]] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        due = [event for event in self.events if event[0] <= self.now]
        self.events = [event for event in self.events if event[0] > self.now]
        for _when, act in due:
            act()


class ToyForm(DockerContainer):
    """What a test wants of the form are its attributes."""

    title = "toy"

    def __init__(self) -> None:
        self.clock: ToyClock | None = None
        self.plan_refusal: str | None = None
        self.removal_refusal: str | None = None
        self.adoption_refusal: str | None = None
        self.busy_until = 0.0
        self.replaces: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        """The options for which a toy is made anew, with what that keeps and loses."""
        self.waits_for_restart: tuple[str, ...] = ()
        """The options that take effect at a restart, as the plan can foresee."""
        self.claims = False
        """Whether a failed creation says if what is there is this run's."""

    def plan(
        self, service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str
    ) -> Plan:
        if self.plan_refusal:
            raise RefusedError(self.plan_refusal)
        options = dict(candidate.options or {})
        return (
            self._changes(candidate, instances, options, state)
            if instances
            else self._new(service, target, options, state)
        )

    def _new(self, of: Service, target: Target, options: dict[str, t.Any], state: str) -> Plan:
        number, run_state = str(target.next_id), "stopped" if state in ("stopped", "present") else "started"
        calls = [
            _call("create", of.name, number, creates=number, claims=self.claims, action="create"),
            _call("set", of.name, number, options=options, repeatable=True),
        ]
        if run_state == "started":
            calls.append(_call("start", of.name, number, action="start"))
        after = {of.name: {"state": run_state}}
        return Plan(calls=tuple(calls), before={of.name: {"state": "absent"}}, after=after, state=run_state)

    def _changes(
        self, candidate: Candidate, instances: tuple[Instance, ...], options: dict[str, t.Any], state: str
    ) -> Plan:
        calls: list[Call] = []
        before: dict[str, t.Any] = {}
        after: dict[str, t.Any] = {}
        run_state = {"present": instances[0].state, "restarted": "started"}.get(state, state)
        for toy in instances:
            has, agreed = toy.config["options"], candidate.agreed.get(toy.name, ())
            changed = {name: value for name, value in options.items() if has.get(name) != value and name not in agreed}
            for name in changed:
                before.setdefault(toy.name, {})[name] = has.get(name)
                after.setdefault(toy.name, {})[name] = changed[name]
            calls += self._calls_for(toy, changed)
            if state == "restarted":
                calls.append(_call("restart", toy.name, toy.id, action="restart"))
            elif toy.state != run_state:
                before.setdefault(toy.name, {})["state"] = toy.state
                after.setdefault(toy.name, {})["state"] = run_state
                verb = "start" if run_state == "started" else "stop"
                calls.append(_call(verb, toy.name, toy.id, action=verb))
        return Plan(calls=tuple(calls), before=before, after=after, state=run_state)

    def _calls_for(self, toy: Instance, changed: dict[str, t.Any]) -> list[Call]:
        replaced = [name for name in changed if name in self.replaces]
        if replaced:
            keeps, loses = self.replaces[replaced[0]]
            call = _call("recreate", toy.name, toy.id, options=changed, action="replace", keeps=keeps, loses=loses)
            return [call]
        return [_call("set", toy.name, toy.id, options=changed, repeatable=True)] if changed else []

    def doubtful(self, _candidate: Candidate, plan: Plan) -> dict[str, tuple[str, ...]]:
        options = {name: tuple(key for key in changed if key != "state") for name, changed in plan.after.items()}
        return {name: keys for name, keys in options.items() if keys}

    def question(self, _service: Service, _candidate: Candidate, instance: Instance, options: tuple[str, ...]) -> Call:
        return _call("question", instance.name, instance.id, asked=tuple(options))

    def named(self, names: frozenset[str]) -> frozenset[str]:
        return names

    def runs(self, instances: tuple[Instance, ...]) -> dict[str, Run]:
        return {toy.name: Run(started=str(toy.config["starts"]), restarts=toy.config["crashes"]) for toy in instances}

    def exit_reason(self, instances: tuple[Instance, ...]) -> str | None:
        return next((f"toy '{toy.name}' ended" for toy in instances if toy.config["ended"]), None)

    def log_tail(self, _toy: Instance) -> str:
        return "; its last words: ouch"

    def busy(self, instances: tuple[Instance, ...]) -> str | None:
        is_busy = instances and self.clock is not None and self.clock.now < self.busy_until
        return f"toy '{instances[0].name}' is locked" if is_busy else None

    def pending(self, instances: tuple[Instance, ...]) -> tuple[str, ...]:
        return tuple(name for toy in instances for name in toy.config["pending"])

    def will_wait(self, _instances: tuple[Instance, ...], changes: Mapping[str, t.Any]) -> tuple[str, ...]:
        return tuple(name for name in changes if name in self.waits_for_restart)

    def restart(self, instances: tuple[Instance, ...], _waiting: tuple[str, ...]) -> tuple[Call, ...]:
        return tuple(_call("restart", toy.name, toy.id, action="restart") for toy in instances)

    def removal_refused(self, _target: Target, _instances: tuple[Instance, ...]) -> str | None:
        return self.removal_refusal

    def identity(self, instance: Instance) -> str:
        return f"identity of {instance.config['serial']}"

    def adopt(self, service: Service, _target: Target, instance: Instance) -> Plan:
        if self.adoption_refusal:
            raise AdoptionError(self.adoption_refusal)
        call = _call("mark", instance.name, instance.id)
        before, after = {instance.name: {"mark": None}}, {instance.name: {"mark": service.name}}
        return Plan(calls=(call,), before=before, after=after)

    def remove(self, _of: Service, _target: Target, instances: tuple[Instance, ...]) -> Plan:
        return removal([_call("remove", toy.name, toy.id, action="remove") for toy in instances], instances)


def _call(
    act: str, name: str, number: str, *, options: Mapping[str, t.Any] | None = None, asked: tuple[str, ...] = (), **more
) -> Call:
    args = {"act": act, "id": number, "options": dict(options or {}), "asked": asked}
    return Call(module="toy", does=f"{act} toy '{name}' ({number})", args=args, **more)


class ToyEngine:
    """
    An engine that makes toys. What happens on it is what a test sets.

    ``failures`` are by act the errors of its next calls, None for a call that succeeds; what fails is not done, unless
    the act is one of ``late``. ``silences`` is how many of the next looks get no answer. ``spellings`` are what the
    engine makes of values; ``same`` the options that its delegate calls no difference.
    """

    def __init__(self, clock: ToyClock, *toys: Instance, of: str = WEB.name) -> None:
        self.clock = clock
        self.toys = {toy.id: toy for toy in toys}
        self.calls: list[str] = []
        self.questions: list[tuple[str, ...]] = []
        self.looks = 0
        self.silences = 0
        self.failures: dict[str, list[EngineError | None]] = {}
        self.late: set[str] = set()
        self.spellings: dict[t.Any, t.Any] = {}
        self.same: set[str] | None = set()
        self.names_in_diff = False
        self.pending_after_set: tuple[str, ...] = ()
        self.ends_at_start = False
        self.address_after: float = 0.0
        self.marks_at_creation = True
        self._service = of
        self._serial = 0

    def find(self) -> tuple[Instance, ...]:
        self.looks += 1
        if self.silences:
            self.silences -= 1
            raise EngineError("it did not answer within 10 s")
        return tuple(self.toys.values())

    def run(self, call: Call) -> None:
        act, number = call.args["act"], call.args["id"]
        self.calls.append(f"{act} {number}")
        failure = self.failures[act].pop(0) if self.failures.get(act) else None
        if failure is None or act in self.late:
            getattr(self, f"_{act}")(number, call.args["options"])
        if failure is not None:
            raise failure

    def ask(self, call: Call) -> Opinion | None:
        asked = call.args["asked"]
        self.questions.append(asked)
        if self.same is None:
            return None
        different = frozenset(asked) - self.same
        return Opinion(bool(different), different if self.names_in_diff else frozenset())

    def change(self, number: str, **config: t.Any) -> None:
        """What somebody, or the engine itself, does to a toy."""
        toy = self.toys[number]
        fields = {key: config.pop(key) for key in ("state", "ready", "service", "name") if key in config}
        self.toys[number] = dataclasses.replace(toy, config={**toy.config, **config}, **fields)

    def _create(self, number: str, _options: Mapping[str, t.Any]) -> None:
        self._serial += 1
        mark = self._service if self.marks_at_creation else None
        self.toys[number] = toy(number, self._service, state="stopped", service=mark, serial=f"new {self._serial}")

    def _set(self, number: str, options: Mapping[str, t.Any]) -> None:
        given = {name: self.spellings.get(value, value) for name, value in options.items()}
        pending = self.pending_after_set if self.toys[number].state == "started" else ()
        self.change(
            number, options={**self.toys[number].config["options"], **given}, pending=pending, service=self._service
        )

    _recreate = _set

    def _start(self, number: str, _options: Mapping[str, t.Any]) -> None:
        starts = self.toys[number].config["starts"] + 1
        has_address = not self.address_after
        self.change(number, state="started", starts=starts, pending=(), ended=self.ends_at_start, ready=has_address)
        if not has_address:
            self.clock.events.append((self.clock.now + self.address_after, lambda: self.change(number, ready=True)))

    _restart = _start

    def _stop(self, number: str, _options: Mapping[str, t.Any]) -> None:
        self.change(number, state="stopped")

    def _mark(self, number: str, _options: Mapping[str, t.Any]) -> None:
        self.change(number, service=self._service)

    def _remove(self, number: str, _options: Mapping[str, t.Any]) -> None:
        self.toys.pop(number, None)


def toy(
    number: str = "90", name: str = WEB.name, *, state: str = "started", service: str | None = WEB.name, **config: t.Any
) -> Instance:
    """A toy that is there; ``config`` are its options and what became of it."""
    settled = {"starts": 1, "crashes": 0, "ended": False, "pending": (), "serial": number, "options": {}}
    return Instance(
        form=NAME, name=name, id=number, node="dock1", state=state, service=service, config={**settled, **config}
    )


def failure(act: str = "do it", **more: t.Any) -> EngineError:
    """A delegate that failed."""
    return EngineError(FAILURE.format(act), **more)


def silence() -> EngineError:
    """An engine that gave no answer in time."""
    return failure("do it in time", is_silent=True)


def candidate(name: str = "dock1", options: Mapping[str, t.Any] | None = None, **more: t.Any) -> Candidate:
    """A candidate for a toy."""
    place = {"target": name, "node": name, "form": FORMS[NAME], "facts": Facts()}
    return Candidate(**{**place, "options": dict(options or {}), **more})


def target(engine: ToyEngine | None = None, name: str = "dock1", next_id: int = 100, **more: t.Any) -> Target:
    """A target as discovery has found it: with what is there now."""
    instances = tuple(engine.toys.values()) if engine else ()
    return Target(name=name, kind="docker", instances=instances, next_id=next_id, **more)


def job(clock: ToyClock, state: str = "started", *, check_mode: bool = False, of: Service = WEB, **options) -> Job:
    """What is to be done, with options as the user gives them."""
    given = ProvisioningOptions(**{"min_uptime": 0, "wait_timeout": 20.0, **options})
    return Job(service=of, state=state, options=given, check_mode=check_mode, clock=clock)


def site(engine: ToyEngine, options: Mapping[str, t.Any] | None = None, **more: t.Any) -> Site:
    """A candidate on the target of the engine."""
    return Site(candidate=candidate(options=options, **more), target=target(engine), engine=engine)


def decision(*candidates: Candidate, **more: t.Any) -> Decision:
    """A decision in which all of them fit, best first."""
    verdicts = tuple(Verdict(candidate=one) for one in candidates)
    return Decision(**{"service": WEB.name, "verdicts": verdicts, "chosen": verdicts[0], **more})


def register(monkeypatch, clock: ToyClock) -> ToyForm:
    """Have the toy stand in the place of a form for one test."""
    form = ToyForm()
    form.clock = clock
    monkeypatch.setitem(FORMS, NAME, form)
    return form
