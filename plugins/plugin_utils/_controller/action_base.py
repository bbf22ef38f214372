# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The steps that both actions share, from the task's arguments to a decision, and every error of them in words.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from .._core.candidates import candidates, members_of, places, present, strangers, unclear
from .._core.decision.decide import IF_BETTER, IF_NEEDED, STAY, decide
from .._core.decision.grants import host_paths
from .._core.decision.scorers import SCORERS
from .._core.explanation.digest import digest_of
from .._core.explanation.explain import as_data, explain
from .._core.forms import FORMS
from .._core.forms._common import masked
from .._core.model import Decision, Instance, Service, Sought, Target
from .._core.reading.requirements import VOLUPTUOUS_ERROR, Problem, RequirementsError, parse_service
from .._core.wording import did_you_mean, ended, plain_lines, quoted
from .arguments import LEAST
from .discovery import discover_all
from .hosts import Host, TargetsError, target_hosts
from .options import read_options

display = Display()

_MOST = 1_000_000
"""The most that a preference can count."""

_OF_A_SERVICE = ("name", "requirements", "as")
"""The keys of a service in a list."""


class DeployAction(ActionBase):
    """An action that reads a service, asks the targets, and decides."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        del tmp  # It has no effect any more.
        try:
            return self.act(task_vars or {}, result)
        except AnsibleActionFail as error:
            message = plain_lines(error.message)
            if not self._tries_again:
                if message == error.message:
                    raise
                raise AnsibleActionFail(message, obj=error.obj, result=error.result) from None
            # An exception ends the attempts of 'until' and 'retries'; only an answer lets the next one begin.
            return {**result, "changed": False, **(error.result or {}), "failed": True, "msg": message}

    def act(self, task_vars: dict[str, t.Any], result: dict[str, t.Any]) -> dict[str, t.Any]:
        """What the action does. Raises AnsibleActionFail."""
        raise NotImplementedError

    def arguments(self, spec: dict[str, t.Any]) -> dict[str, t.Any]:
        """The task's own options; an unknown one is told with the nearest that there is."""
        for option in self._task.args:
            if option not in spec:
                hint = did_you_mean(option, spec) or f"known: {', '.join(spec)}."
                raise AnsibleActionFail(f"{option} is not an option of {self._task.action}; {hint}", obj=option)
        _validation, args = self.validate_argument_spec(argument_spec=spec)
        for option, least in LEAST.items():
            if option in spec and args[option] is not None and not args[option] >= least:
                raise AnsibleActionFail(f"{option} must be {least} or more.", obj=self._task.args[option])
        return args

    def read_service(self, args: Mapping[str, t.Any]) -> Service:
        """The service the task declares; the first wrong value is shown with its file and line."""
        self._check_weights(args["weights"])
        service, problems = self._parsed(args)
        if problems:
            self._fail_for(problems)
        return service

    def read_services(self, args: Mapping[str, t.Any]) -> list[Service]:
        """The services of a list, with every mistake of all of them, or the one that the task declares itself."""
        if args["services"] is None:
            if args["name"] is None:
                raise AnsibleActionFail(
                    "Neither 'name' nor 'services' is given; give one of them.", obj=self._task.args
                )
            return [self.read_service(args)]
        if args["name"] is not None:
            raise AnsibleActionFail("Both 'name' and 'services' are given; give one of them.", obj=self._task.args)
        self._check_weights(args["weights"])
        services, problems = [], []
        for index, entry in enumerate(args["services"]):
            service, wrong = self._listed(entry)
            problems += [Problem(("services", index, *problem.path), problem.message) for problem in wrong]
            if service is not None and service.name in [one.name for one in services if one is not None]:
                problems.append(Problem(("services", index, "name"), "is already the name of an earlier service"))
            services.append(service)
        if problems:
            self._fail_for(problems)
        if not services:
            raise AnsibleActionFail("services must name at least one service.", obj=self._task.args)
        return services

    def _listed(self, entry: t.Any) -> tuple[Service | None, list[Problem]]:
        if not isinstance(entry, Mapping):
            return None, [Problem((), "must be a mapping with the keys name, requirements and as")]
        unknown = [key for key in entry if key not in _OF_A_SERVICE]
        if unknown:
            hints = ((key, did_you_mean(key, _OF_A_SERVICE)) for key in unknown)
            return None, [Problem((key,), f"is not known{f'; {hint}' if hint else ''}") for key, hint in hints]
        return self._parsed({**dict.fromkeys(_OF_A_SERVICE), **entry})

    def _parsed(self, args: Mapping[str, t.Any]) -> tuple[Service | None, list[Problem]]:
        """(the service, what is wrong with it)."""
        if VOLUPTUOUS_ERROR is not None:
            raise AnsibleActionFail(
                "The Python library 'voluptuous' is not installed on the controller; run 'pip install voluptuous' "
                "for the Python that runs Ansible."
            ) from VOLUPTUOUS_ERROR
        try:
            service = parse_service(args["name"], args["requirements"], args["as"], forms=tuple(FORMS))
        except RequirementsError as error:
            return None, [*error.problems, *self._made_as(args["as"])[1]]
        made_as, problems = self._made_as(service.made_as)
        if not problems:
            problems = [
                Problem(("as", name, *path), message)
                for name, options in made_as.items()
                for path, message in FORMS[name].contradictions(service.requirements, options)
            ]
        return dataclasses.replace(service, made_as=made_as), problems

    def _made_as(self, given: t.Any) -> tuple[dict[str, t.Any], list[Problem]]:
        """(the options of each form, what is wrong with them); what is no form's is told of elsewhere."""
        made_as, problems = {}, []
        for form, options in given.items() if isinstance(given, Mapping) else ():
            if form in FORMS and isinstance(options, Mapping):
                made_as[form], wrong = read_options(FORMS[form], options)
                problems += [Problem(("as", form, *path), message) for path, message in wrong]
        return made_as, problems

    def _fail_for(self, problems: list[Problem]) -> t.NoReturn:
        text = "; ".join(str(problem) for problem in problems)
        raise AnsibleActionFail(f"The service is not valid: {ended(text)}", obj=self._written(problems[0].path))

    def _written(self, path: tuple[t.Any, ...]) -> t.Any:
        """The value as the user wrote it, or the nearest thing around it: only that remembers file and line."""
        value: t.Any = self._task.args
        for step in path:
            if isinstance(value, str):
                # One value where a list of them may be: its index leads to it, and not to a letter of it.
                break
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                # An unknown key is shown by its name's own place.
                keys = list(value) if isinstance(value, Mapping) else []
                return next((key for key in keys if key == step), value)
        if isinstance(value, (bool, type(None))):
            return self._task.args
        return value

    def _check_weights(self, weights: Mapping[str, t.Any]) -> None:
        names = [scorer.__name__ for scorer in SCORERS]
        for name, weight in weights.items():
            if name not in names:
                hint = did_you_mean(name, names) or f"known: {', '.join(names)}."
                raise AnsibleActionFail(f"weights.{name} is not a preference; {hint}", obj=self._task.args)
            if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 <= weight <= _MOST:
                message = f"weights.{name} must be a number from 0 to {_MOST}."
                raise AnsibleActionFail(message, obj=self._task.args)

    def hosts(self, args: Mapping[str, t.Any], task_vars: Mapping[str, t.Any]) -> list[Host]:
        try:
            return target_hosts(args["targets"], self, task_vars)
        except TargetsError as error:
            raise AnsibleActionFail(str(error), obj=self._task.args) from None

    def discover(self, hosts: list[Host], service: Service, args: Mapping[str, t.Any]) -> list[Target]:
        """All targets, with what is on them; fails only where none that the service may go to answers."""
        return self.discover_each(hosts, [service], args)[service.name]

    def discover_each(
        self, hosts: list[Host], services: list[Service], args: Mapping[str, t.Any]
    ) -> dict[str, list[Target]]:
        """As ``discover``, for several services, each target asked for its facts once."""
        names = [service.name for service in services]
        # Who waits for something ('until') wants to know it anew each time.
        ttl = self.facts_ttl(args)
        sought = {} if args.get("state") == "absent" else _sought(services)
        asked = _container_images(services), host_paths(services)
        found = discover_all(hosts, names, args["discovery_timeout"], *asked, ttl=ttl, sought=sought)
        for service in services:
            targets = found[service.name]
            eligible = [target for target in targets if target.eligible]
            if all(target.trouble for target in eligible):
                each = "; ".join(f"{target.name}: {_trouble(target)}" for target in eligible)
                raise AnsibleActionFail(f"None of the targets can be used for service '{service.name}'. {each}.")
            _warn_of_others(service, targets)
            self._one_place(service, targets, may_move=_may_move(args) and args.get("state") != "absent")
        return found

    def facts_ttl(self, args: Mapping[str, t.Any]) -> float:
        """For how many seconds facts hold for the next item: who tries again wants to know it anew each time."""
        return args["facts_ttl"] if self._task.loop is not None and not self._tries_again else 0

    @property
    def _tries_again(self) -> bool:
        return bool(self._task.until or self._task.retries)

    def _one_place(self, service: Service, targets: list[Target], *, may_move: bool) -> None:
        """
        Two are nobody's intention, but where a move was interrupted: who allows it to move lets that be finished.

        Then none may be of another's name: two targets can be one engine, and what is of one form on one target
        cannot be told apart.
        """
        each = list(places(service, targets))
        each += [(target, one.node, one.form) for target in targets for one in unclear(service, target)]
        found = [f"{target.name}/{node} ({form})" for target, node, form in each]
        if may_move and len(found) > 1:
            self._need_different(service, targets)
            may_move = len({(target.name, form) for target, _node, form in each}) == len(each)
        if len(found) > 1 and not may_move:
            raise AnsibleActionFail(
                f"Service '{service.name}' was found {len(found)} times, on {', '.join(found)}, but has one place; "
                "remove all but one by hand."
            )

    def _need_different(self, service: Service, targets: list[Target]) -> None:
        seen: dict[tuple[str, str], str] = {}
        for target in targets:
            for one in present(service, target):
                identity = FORMS[one.form].identity(one) if one.form in FORMS else ""
                other = seen.setdefault((one.form, identity), target.name) if identity else target.name
                if other != target.name:
                    raise AnsibleActionFail(
                        f"'{other}' and '{target.name}' are the same engine: both have the same '{one.name}'. Take one "
                        "of them out of the inventory; nothing was done."
                    )

    def decide(self, service: Service, targets: list[Target], args: Mapping[str, t.Any]) -> Decision:
        decision = decide(
            service,
            candidates(service, targets, args.get("state") or "started"),
            weights=args["weights"],
            accept_unknown=args["unknown"] == "accept",
            move=_move(args),
        )
        if decision.chosen:
            chosen = decision.chosen.candidate
            for failure in decision.chosen.accepted:
                display.warning(f"Service '{service.name}' on '{chosen.place}': {failure.reason}.")
            if service.described and chosen.form not in service.described:
                display.warning(
                    f"Nothing under 'as' describes service '{service.name}' as {chosen.title}: it is its bare image."
                )
        return decision


def _warn_of_others(service: Service, targets: list[Target]) -> None:
    """Of what has the service's mark, and is not believed to be of it."""
    for target in targets:
        mine, others = members_of(service.name, target.instances)
        doubts: dict[str, list[str]] = {}
        for one in others if mine else ():
            doubts.setdefault("it is not a part of the service", []).append(one.name)
        for one in target.instances:
            if one.claims == service.name:
                doubts.setdefault(str(one.doubt), []).append(one.name)
        for doubt, names in doubts.items():
            display.warning(
                f"On '{target.name}' the mark of service '{service.name}' is on {quoted(names)} and is not believed: "
                f"{doubt}. It is left alone."
            )


def _move(args: Mapping[str, t.Any]) -> str:
    if args.get("relocate"):
        return IF_BETTER
    return IF_NEEDED if args.get("on_form_change") == "replace" else STAY


def _may_move(args: Mapping[str, t.Any]) -> bool:
    return _move(args) != STAY


def elsewhere(service: Service, targets: list[Target]) -> str | None:
    """The sentence that says on which target the service is, where the task's ``targets`` leaves that one out."""
    target, _instances = present_on(service, targets)
    if target is None or target.eligible:
        return None
    return f"Service '{service.name}' is on '{target.name}', which 'targets' does not name"


def _trouble(target: Target) -> str:
    return f"{target.trouble} ({target.remedy})" if target.remedy else str(target.trouble)


def _sought(services: list[Service]) -> dict[str, Sought]:
    """By kind of target the names in the options of its form whose content is to be found out."""
    found: dict[str, Sought] = {}
    for form in FORMS.values():
        each = [form.sought(one.requirements, one.made_as.get(form.NAME) or {}) for one in services]
        images = dict.fromkeys(name for one in each for name in one.images)
        files = dict.fromkeys(name for one in each for name in one.files)
        if images or files:
            found[form.KIND] = Sought(images=tuple(images), files=tuple(files))
    return found


def _container_images(services: list[Service]) -> list[str]:
    """The names of the images that Docker containers of the services would be made from, each once."""
    processes = [process.image for service in services for process in service.requirements.processes]
    named = [(service.made_as.get("docker_container") or {}).get("image") for service in services]
    return list(dict.fromkeys(filter(None, [*named, *processes])))


def decision_result(decision: Decision) -> dict[str, t.Any]:
    """The parts of a result that every decision has."""
    return {"decision": as_data(decision), "explanation": explain(decision)}


def plan_digest(service: Service, state: str, decision: Decision, targets: list[Target]) -> str:
    """What ``expect_plan`` is compared with."""
    there = [one for target in targets for one in present(service, target)]
    return digest_of(service, state, decision, there, masked)


def present_on(service: Service, targets: list[Target]) -> tuple[Target | None, tuple[Instance, ...]]:
    """The target that has the service, and what it has of it."""
    for target in targets:
        instances = present(service, target)
        if instances:
            return target, instances
    return None, ()


def left_behind(
    service: Service, targets: list[Target], target: str, form: str
) -> list[tuple[Target, tuple[Instance, ...]]]:
    """Where else the service is than in this form on this target, with what is there of it."""
    return [
        (one, tuple(instance for instance in present(service, one) if instance.form == other))
        for one in targets
        for other in dict.fromkeys(instance.form for instance in present(service, one))
        if (one.name, other) != (target, form)
    ]


def strangers_on(service: Service, targets: list[Target]) -> list[str]:
    """Names of the targets with something of the service's name that is not its own."""
    return [target.name for target in targets if strangers(service, target)]


def silent_places(targets: list[Target]) -> dict[str, str]:
    """Targets that do not answer and nodes that are offline, each with the reason: what is on them nobody knows."""
    silent = {target.name: str(target.trouble) for target in targets if target.trouble}
    for target in targets:
        silent |= {f"{target.name}/{node.name}": "it is offline" for node in target.nodes if not node.online}
    return silent
