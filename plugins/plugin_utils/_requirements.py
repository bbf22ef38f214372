# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
From what the user wrote to a Service, or to every error in it at once, each with its path.

No error ever quotes a value that the user wrote: it may be a secret that landed in the wrong place.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ._knowledge.distributions import ARCHITECTURES, is_known_os, known_os_names
from ._model import ISOLATIONS, KernelModule, Process, Requirements, Service
from ._quantities import mebibytes
from ._versions import VersionRange
from ._words import did_you_mean

try:
    import voluptuous as v
except ImportError as error:
    VOLUPTUOUS_ERROR: ImportError | None = error
else:
    VOLUPTUOUS_ERROR = None

_DNS_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_MODULE_NAME = re.compile(r"[A-Za-z0-9_-]+")
_MANY = 10**9
"""More than there ever is of anything that is counted."""

Path = tuple[t.Any, ...]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and the path of the keys and indexes that lead to it."""

    path: Path
    message: str

    def __str__(self) -> str:
        return f"{dotted(self.path)} {self.message}"


class RequirementsError(Exception):
    """Everything that is wrong with a service, in the order in which it was written."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


def dotted(path: Path) -> str:
    """A path as people write it: ``requirements.kernel.modules[0].name``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def parse_service(name: t.Any, requirements: t.Any, made_as: t.Any, *, forms: tuple[str, ...]) -> Service:
    """
    The service that the user declared; ``forms`` are the names of all forms there are.

    Raises RequirementsError with every problem of all three parts.
    """
    problems: list[Problem] = []
    try:
        _label(name)
    except ValueError as error:
        problems.append(Problem(("name",), str(error)))
    needs = _validated(_schema(forms), {} if requirements is None else requirements, ("requirements",), problems)
    options = _validated(_made_as_schema(forms), {} if made_as is None else made_as, ("as",), problems)
    if needs is not None:
        problems.extend(_contradictions(needs))
    if problems:
        raise RequirementsError(tuple(problems))
    return Service(name=name, requirements=_requirements(needs), made_as=options)


# --- the shape ----------------------------------------------------------------------------------


def _word(check: Callable[[t.Any], t.Any]) -> Callable[[t.Any], t.Any]:
    """A validator whose ValueError, in words, becomes the problem's message."""

    def validate(value: t.Any) -> t.Any:
        try:
            return check(value)
        except ValueError as error:
            raise v.Invalid(str(error)) from error

    return validate


def _text(value: t.Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text that is not empty")
    return value.strip()


def _label(value: t.Any) -> str:
    if not isinstance(value, str) or not _DNS_LABEL.fullmatch(value):
        raise ValueError("must be a DNS label: lower-case letters, digits and '-', 63 at most, a letter first")
    return value


def _version_text(value: t.Any) -> str:
    # YAML reads an unquoted 12 or 24.04 as a number, and people mean the version.
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return _text(value).lower()


def _one_of(choices: tuple[str, ...], what: str) -> Callable[[t.Any], str]:
    def check(value: t.Any) -> str:
        word = _text(value).lower()
        if word not in choices:
            raise ValueError(f"must be {what}{_nearest(word, choices) or ': ' + ', '.join(choices)}")
        return word

    return _word(check)


def _nearest(word: str, known: t.Iterable[str]) -> str:
    """A hint at the known word that is meant; the user's own word is not repeated."""
    hint = did_you_mean(word.lower(), known)
    return f"; {hint}" if hint else ""


def _os_family(value: t.Any) -> str:
    word = _text(value).lower()
    if not is_known_os(word):
        raise ValueError(f"must be an operating system or family{_nearest(word, known_os_names()) or ' that is known'}")
    return word


def _architecture(value: t.Any) -> str:
    word = _text(value).lower()
    if word not in ARCHITECTURES:
        names = sorted(set(ARCHITECTURES.values()))
        raise ValueError(f"must be an architecture{_nearest(word, ARCHITECTURES) or ': ' + ', '.join(names)}")
    return ARCHITECTURES[word]


def _strict_bool(value: t.Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _positive(value: t.Any) -> float:
    number = value
    if isinstance(value, str):
        number = float(value) if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value) else None
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 < number < _MANY:
        raise ValueError("must be a number greater than 0")
    return number


def _count(value: t.Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,9}\s*", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("must be a whole number of 1 or more")
    return value


def _size(plain: str) -> Callable[[t.Any], int]:
    def check(value: t.Any) -> int:
        size = mebibytes(value, plain=plain)
        if size < 1:
            raise ValueError("must be more than 0")
        return size

    return _word(check)


def _module_name(value: t.Any) -> str:
    if not isinstance(value, str) or not _MODULE_NAME.fullmatch(value):
        raise ValueError("must be the name of a kernel module")
    # The kernel itself takes '-' and '_' for the same: modprobe(8).
    return value.replace("-", "_")


def _version_range(value: t.Any) -> VersionRange:
    return VersionRange.parse(_version_text(value))


def _listed(item: t.Any) -> t.Any:
    """A list of items; a single one stands for a list of one."""
    return lambda value: v.Schema([item])(list(value) if isinstance(value, (list, tuple)) else [value])


def _module(value: t.Any) -> t.Any:
    if not isinstance(value, Mapping):
        return {"name": _word(_module_name)(value)}
    return v.Schema({v.Required("name"): _word(_module_name), "optional": _word(_strict_bool)})(value)


def _process(value: t.Any) -> t.Any:
    command = v.Any(_word(_text), [_word(_text)])
    return v.Schema({v.Required("name"): _word(_label), "image": _word(_text), "command": command})(value)


def _processes(value: t.Any) -> t.Any:
    if not isinstance(value, (list, tuple)):
        return _word(_count)(value)
    if not value:
        raise v.Invalid("must name at least one process")
    return v.Schema([_process])(list(value))


def _init(value: t.Any) -> t.Any:
    if isinstance(value, Mapping):
        return v.Schema({"wanted": _word(_strict_bool), "supervised": _word(_strict_bool)})(value)
    return {"wanted": _word(_strict_bool)(value)}


_KERNEL = {
    "version": _word(_version_range),
    "modules": _listed(_module),
    "own": _word(_strict_bool),
}


def _schema(forms: tuple[str, ...]) -> dict[str, t.Any]:
    return {
        "os_family": _word(_os_family),
        "os_version": _word(_version_text),
        "architecture": _listed(_word(_architecture)),
        "processes": _processes,
        "init": _init,
        "kernel": _KERNEL,
        "isolation": _one_of(ISOLATIONS, "an isolation"),
        "cpus": _word(_positive),
        "memory": _size("MiB"),
        "disk": _size("GiB"),
        "labels": {str: v.Any(str, int, float, bool, msg="must be a plain value")},
        "forms": _listed(_one_of(forms, "a form")),
    }


def _made_as_schema(forms: tuple[str, ...]) -> dict[str, t.Any]:
    return dict.fromkeys(forms, {v.Extra: object})


# --- the errors ---------------------------------------------------------------------------------


def _validated(schema: dict[str, t.Any], value: t.Any, root: Path, problems: list[Problem]) -> t.Any:
    if not isinstance(value, Mapping):
        problems.append(Problem(root, "must be a mapping"))
        return None
    given = {key: item for key, item in value.items() if item is not None}
    try:
        return v.Schema(schema)(given)
    except v.MultipleInvalid as error:
        problems.extend(_worded(single, schema, root) for single in _flat(error))
    return None


def _flat(error: v.MultipleInvalid) -> Iterator[v.Invalid]:
    for single in error.errors:
        if isinstance(single, v.MultipleInvalid):
            yield from _flat(single)
        else:
            yield single


# voluptuous' own messages, in our words: they must read after a path, and never hold a value.
_MESSAGES = {
    "expected a dictionary": "must be a mapping",
    "expected a list": "must be a list",
    "required key not provided": "is missing",
    "expected str": "must be a text",
}


def _worded(error: v.Invalid, schema: dict[str, t.Any], root: Path) -> Problem:
    path = (*root, *(str(step) if isinstance(step, v.Marker) else step for step in error.path))
    if error.error_message == "extra keys not allowed":
        known = _keys_at(schema, path[len(root) : -1])
        hint = _nearest(str(path[-1]), known) or (f"; known here: {', '.join(known)}" if known else "")
        return Problem(path, f"is not known{hint}")
    return Problem(path, _MESSAGES.get(error.error_message, error.error_message))


_INNER_KEYS = {
    ("kernel", "modules"): ("name", "optional"),
    ("processes",): ("name", "image", "command"),
    ("init",): ("wanted", "supervised"),
}


def _keys_at(schema: dict[str, t.Any], path: Path) -> tuple[str, ...]:
    """The keys that are allowed where ``path`` leads; behind list indexes too."""
    names = tuple(step for step in path if not isinstance(step, int))
    level: t.Any = schema
    for name in names:
        level = level.get(name) if isinstance(level, Mapping) else None
    if isinstance(level, Mapping):
        return tuple(str(key) for key in level)
    return _INNER_KEYS.get(names, ())


def _contradictions(needs: Mapping[str, t.Any]) -> Iterator[Problem]:
    """What each part allows and both together do not."""
    processes = needs.get("processes")
    if isinstance(processes, list):
        names = [process["name"] for process in processes]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield Problem(("requirements", "processes", index, "name"), "is the name of an earlier process too")
    init = needs.get("init") or {}
    if init.get("supervised") and init.get("wanted"):
        message = "cannot be true with 'wanted': an image with a supervisor of its own needs no init"
        yield Problem(("requirements", "init", "supervised"), message)


# --- the meaning --------------------------------------------------------------------------------


def _requirements(needs: Mapping[str, t.Any]) -> Requirements:
    kernel = needs.get("kernel") or {}
    init = needs.get("init") or {}
    processes = needs.get("processes", 1)
    described = tuple(Process(**process) for process in processes) if isinstance(processes, list) else ()
    return Requirements(
        os_family=needs.get("os_family", "linux"),
        os_version=needs.get("os_version"),
        architectures=tuple(needs.get("architecture", ())),
        process_count=len(described) or processes,
        processes=described,
        init=init.get("wanted", False),
        supervised=init.get("supervised", False),
        kernel_version=kernel.get("version"),
        kernel_modules=tuple(KernelModule(**module) for module in kernel.get("modules", ())),
        kernel_own=kernel.get("own", False),
        isolation=needs.get("isolation", "process"),
        cpus=needs.get("cpus"),
        memory=needs.get("memory"),
        disk=needs.get("disk"),
        labels={key: str(value) for key, value in needs.get("labels", {}).items()},
        forms=tuple(needs.get("forms", ())),
    )
