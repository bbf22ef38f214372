# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the services that a task declares; a mistake is shown with its file and line."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleActionFail

from ...module_utils._shared.wording import did_you_mean
from .._core.decision.scorers import SCORERS
from .._core.forms import FORMS
from .._core.model import Service
from .._core.reading.readers import VOLUPTUOUS_ERROR
from .._core.reading.requirements import Problem, RequirementsError, parse_service
from .._core.wording import ended
from .options import read_options

_MAX_WEIGHT = 1_000_000
"""The most that a preference can count."""

_ENTRY_KEYS = ("name", "requirements", "as")
"""The keys of a service in a list."""


class ServiceReader:
    """Reads services from a task's validated arguments. All methods raise AnsibleActionFail for a mistake."""

    def __init__(self, source: Mapping[str, t.Any]) -> None:
        """``source`` are the arguments as the user wrote them, which alone remember their file and line."""
        self._source = source

    def read_service(self, args: Mapping[str, t.Any]) -> Service:
        """The service that the task itself declares."""
        self._check_weights(args["weights"])
        service, problems = _read(args)
        if problems:
            self._fail_for(problems)
        return service

    def read_services(self, args: Mapping[str, t.Any]) -> list[Service]:
        """The services of a list, with every mistake of all of them, or the one that the task declares itself."""
        if args["services"] is None:
            if args["name"] is None:
                raise AnsibleActionFail("Neither 'name' nor 'services' is given; give one of them.", obj=self._source)
            return [self.read_service(args)]
        if args["name"] is not None:
            raise AnsibleActionFail("Both 'name' and 'services' are given; give one of them.", obj=self._source)
        self._check_weights(args["weights"])
        services, problems = _read_entries(args["services"])
        if problems:
            self._fail_for(problems)
        if not services:
            raise AnsibleActionFail("services must name at least one service.", obj=self._source)
        return services

    def _check_weights(self, weights: Mapping[str, t.Any]) -> None:
        names = [scorer.__name__ for scorer in SCORERS]
        for name, weight in weights.items():
            if name not in names:
                hint = did_you_mean(name, names) or f"known: {', '.join(names)}."
                raise AnsibleActionFail(f"weights.{name} is not a preference; {hint}", obj=self._source)
            if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 <= weight <= _MAX_WEIGHT:
                message = f"weights.{name} must be a number from 0 to {_MAX_WEIGHT}."
                raise AnsibleActionFail(message, obj=self._source)

    def _fail_for(self, problems: list[Problem]) -> t.NoReturn:
        text = "; ".join(str(problem) for problem in problems)
        raise AnsibleActionFail(f"The service is not valid: {ended(text)}", obj=self._origin_of(problems[0].path))

    def _origin_of(self, path: tuple[t.Any, ...]) -> t.Any:
        """The value as the user wrote it, or the nearest thing around it: only that remembers file and line."""
        value: t.Any = self._source
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
        return self._source if isinstance(value, (bool, type(None))) else value


_Reading = tuple[Service | None, list[Problem]]
"""(the service, what is wrong with it)."""


def _read_entries(entries: list[t.Any]) -> tuple[list[Service | None], list[Problem]]:
    """(the services of a list, what is wrong with all of them)."""
    services: list[Service | None] = []
    problems: list[Problem] = []
    for index, entry in enumerate(entries):
        service, wrong = _read_entry(entry)
        problems += [Problem(("services", index, *problem.path), problem.message) for problem in wrong]
        if service is not None and service.name in [other.name for other in services if other is not None]:
            problems.append(Problem(("services", index, "name"), "is already the name of an earlier service"))
        services.append(service)
    return services, problems


def _read_entry(entry: t.Any) -> _Reading:
    if not isinstance(entry, Mapping):
        return None, [Problem((), "must be a mapping with the keys name, requirements and as")]
    unknown = [key for key in entry if key not in _ENTRY_KEYS]
    if unknown:
        hints = ((key, did_you_mean(key, _ENTRY_KEYS)) for key in unknown)
        return None, [Problem((key,), f"is not known{f'; {hint}' if hint else ''}") for key, hint in hints]
    return _read({**dict.fromkeys(_ENTRY_KEYS), **entry})


def _read(args: Mapping[str, t.Any]) -> _Reading:
    if VOLUPTUOUS_ERROR is not None:
        raise AnsibleActionFail(
            "The Python library 'voluptuous' is not installed on the controller; run 'pip install voluptuous' "
            "for the Python that runs Ansible."
        ) from VOLUPTUOUS_ERROR
    try:
        service = parse_service(args["name"], args["requirements"], args["as"], forms=tuple(FORMS))
    except RequirementsError as error:
        return None, [*error.problems, *_read_options_of_forms(args["as"])[1]]
    made_as, problems = _read_options_of_forms(service.made_as)
    if not problems:
        problems = [
            Problem(("as", name, *path), message)
            for name, options in made_as.items()
            for path, message in FORMS[name].contradictions(service.requirements, options)
        ]
    return dataclasses.replace(service, made_as=made_as), problems


def _read_options_of_forms(given: t.Any) -> tuple[dict[str, t.Any], list[Problem]]:
    """(the options of each form, what is wrong with them); names that are not a form's are judged elsewhere."""
    made_as: dict[str, t.Any] = {}
    problems: list[Problem] = []
    for form, options in given.items() if isinstance(given, Mapping) else ():
        if form in FORMS and isinstance(options, Mapping):
            made_as[form], wrong = read_options(FORMS[form], options)
            problems += [Problem(("as", form, *path), message) for path, message in wrong]
    return made_as, problems
