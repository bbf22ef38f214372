# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
From what the user wrote to a Service, or to every error in it at once, each with its path.

No error ever quotes a value that the user wrote: it may be a secret that landed in the wrong place.
"""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .. import needs as table
from ..knowledge.distributions import ANY
from ..model import ISOLATIONS, Requirements, Service, Wish
from ..needs import Need
from .names import need_name
from .readers import hint_at, v

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
        need_name(name)
    except ValueError as error:
        problems.append(Problem(("name",), str(error)))
    needs = _validated(
        _needs_schema(forms, table.NEEDS), {} if requirements is None else requirements, ("requirements",), problems
    )
    options = _validated(_made_as_schema(forms), {} if made_as is None else made_as, ("as",), problems)
    if needs is not None:
        problems.extend(_contradictions(needs))
    if problems:
        raise RequirementsError(tuple(problems))
    return Service(name=name, requirements=_make_requirements(needs), made_as=options)


def requirement_names() -> tuple[str, ...]:
    """Every key that ``requirements`` can have, those of ``kernel`` behind a dot."""
    return tuple(need.key for need in table.NEEDS)


def _schema(forms: tuple[str, ...]) -> dict[str, t.Any]:
    """The shape of all needs, those behind a dot below the word before it."""
    schema: dict[str, t.Any] = {}
    for need in table.NEEDS:
        group, _dot, key = need.key.rpartition(".")
        level = schema.setdefault(group, {}) if group else schema
        level[key] = need.reader(forms)
    return schema


# Made once: voluptuous takes longer to compile a schema than to read a service by it.
@functools.cache
def _needs_schema(forms: tuple[str, ...], _needs: tuple[Need, ...]) -> v.Schema:
    return v.Schema(_schema(forms))


@functools.cache
def _made_as_schema(forms: tuple[str, ...]) -> v.Schema:
    return v.Schema(dict.fromkeys(forms, {v.Extra: object}))


# --- the errors ---------------------------------------------------------------------------------


def _validated(schema: v.Schema, value: t.Any, root: Path, problems: list[Problem]) -> t.Any:
    if not isinstance(value, Mapping):
        problems.append(Problem(root, "must be a mapping"))
        return None
    given = _without_nothing(value, schema.schema)
    try:
        return schema(given)
    except v.MultipleInvalid as error:
        problems.extend(_worded(single, schema.schema, root) for single in _flat(error))
    return None


def _without_nothing(value: Mapping[t.Any, t.Any], known: t.Container[t.Any] | None = None) -> dict[t.Any, t.Any]:
    """A need that is null is not given, those of the kernel too; a key that is not known is told all the same."""
    return {
        key: _without_nothing(item, known[key]) if _is_group(known, key) and isinstance(item, Mapping) else item
        for key, item in value.items()
        if item is not None or (known is not None and key not in known)
    }


def _is_group(known: t.Any, key: t.Any) -> bool:
    """Whether needs are written below a key."""
    return isinstance(known, Mapping) and isinstance(known.get(key), Mapping)


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
        hint = hint_at(str(path[-1]), known) or (f"; known here: {', '.join(known)}" if known else "")
        return Problem(path, f"is not known{hint}")
    return Problem(path, _MESSAGES.get(error.error_message, error.error_message))


def _keys_at(schema: dict[str, t.Any], path: Path) -> tuple[str, ...]:
    """The keys that are allowed where ``path`` leads; behind list indexes too."""
    names = tuple(step for step in path if not isinstance(step, int))
    level: t.Any = schema
    for name in names:
        level = level.get(name) if isinstance(level, Mapping) else None
    if isinstance(level, Mapping):
        return tuple(str(key) for key in level)
    each = {tuple(need.key.split(".")): need for need in table.NEEDS}
    if names in each and not each[names].is_below_names:
        return each[names].entry_keys
    need = each.get(names[:-1])
    return need.entry_keys if need is not None and need.is_below_names else ()


def _contradictions(needs: Mapping[str, t.Any]) -> Iterator[Problem]:
    """What each part allows and both together do not."""
    processes = needs.get("processes")
    if isinstance(processes, list):
        names = [process["name"] for process in processes]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield Problem(("requirements", "processes", index, "name"), "is already the name of an earlier process")
    init = needs.get("init") or {}
    if init.get("supervised") and init.get("wanted"):
        message = "cannot be true with 'wanted': an image with a supervisor of its own needs no init"
        yield Problem(("requirements", "init", "supervised"), message)
    yield from _clashing_ports(needs)
    if needs.get("shm") and needs.get("memory") and needs["shm"] > needs["memory"]:
        yield Problem(("requirements", "shm"), "cannot be more than 'memory', of which it is a part")
    apart = (needs.get("kernel") or {}).get("own") or needs.get("isolation") == ISOLATIONS[-1]
    devices = [device for device, _optional in needs.get("devices", ())]
    for index, device in enumerate(devices):
        if device in devices[:index]:
            yield Problem(("requirements", "devices", index), "is named twice; name each by its own address or path")
    mapped = needs.get("isolation") == "user_namespace"
    for name in ("host_view", "host_network"):
        if needs.get(name) and apart:
            yield Problem(("requirements", name), "cannot be true of a service that must not share the host's kernel")
        if needs.get(name) and mapped:
            yield Problem(("requirements", name), "cannot be true of a service that must have users of its own")
    if needs.get("host_network") and needs.get("address") == "own":
        yield Problem(("requirements", "address"), "cannot be 'own' with 'host_network'")


def _clashing_ports(needs: Mapping[str, t.Any]) -> Iterator[Problem]:
    processes = needs.get("processes")
    names = {process["name"] for process in processes} if isinstance(processes, list) else set()
    seen = set()
    for index, (port, _optional) in enumerate(needs.get("ports", ())):
        path = ("requirements", "ports", index)
        if port.process and port.process not in names:
            yield Problem((*path, "process"), "is not the name of a process")
        if port.host and (port.host, port.protocol) in seen:
            yield Problem((*path, "host"), "is already the host port of an earlier entry")
        seen.add((port.host, port.protocol))


# --- the meaning --------------------------------------------------------------------------------


def _make_requirements(values: Mapping[str, t.Any]) -> Requirements:
    """The needs by their fields; each optional entry of a list becomes a need of its own."""
    fields: dict[str, t.Any] = {}
    wishes: list[Wish] = []
    wishes_by_name: list[Wish] = []
    for need in table.NEEDS:
        value = _value_at(values, need.key)
        if value is None:
            continue
        if need.has_entries:
            value, optional = need.sort_out(value)
            several = wishes_by_name if isinstance(value, Mapping) else wishes
            several += [_make_wish(need, entry) for entry in optional]
        fields |= need.fields(value)
    return _filled(fields, (*wishes, *wishes_by_name))


def _value_at(values: Mapping[str, t.Any], key: str) -> t.Any:
    for step in key.split("."):
        values = values.get(step) if isinstance(values, Mapping) else None
    return values


def _make_wish(need: Need, entry: t.Any) -> Wish:
    return Wish(name=need.key, needs=_filled({"os_family": ANY, **need.fields(entry)}))


def _filled(fields: Mapping[str, t.Any], wishes: tuple[Wish, ...] = ()) -> Requirements:
    """The requirements with these fields; what is not one of theirs is among the others."""
    own = {name: value for name, value in fields.items() if name in Requirements.__dataclass_fields__}
    others = {name: value for name, value in fields.items() if name not in own}
    return Requirements(**own, others=others, wishes=wishes)
