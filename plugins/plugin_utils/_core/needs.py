# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Every need in one row: how a user writes it and how it is read, which rules judge it, and whether it may be a wish.

A new need is a row here, and a field of Requirements where its values are to have a name of their own. Its
documentation is where Ansible wants it, in the fragment ``decision``; a test holds that no row lacks it.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .decision import constraints as rules
from .decision.constraints import CONSTRAINTS, Rule
from .knowledge.distributions import ANY
from .knowledge.features import known_features
from .knowledge.privileges import known_privileges
from .knowledge.processors import LEVELS
from .model import ISOLATIONS, PRIVILEGES, Port, Process, Requirements, Wish
from .reading import readers as read
from .reading.quantities import readable, switch

Forms = tuple[str, ...]
Fields = dict[str, t.Any]


def _plain_values(value: object) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return tuple(map(str, value))
    if isinstance(value, bool):
        return ("true",) if value else ()
    if isinstance(value, float):
        return (f"{value:g}",)
    return () if value is None else (str(value),)


@dataclass(frozen=True, kw_only=True)
class Need:
    """
    A key of the requirements, those of ``kernel`` behind a dot.

    ``reader`` is given the names of all forms, and makes what reads a user's value; ``fields`` are those of
    Requirements that the value comes to. ``rules`` judge the need where it is not as it is by default, and hold
    everywhere else; ``always`` judge it too, and have something to say without it. ``written`` are its values as a
    user writes them, which may hold no secret. One that ``has_entries`` may be a wish, entry by entry; ``entry_keys``
    are the keys of an entry, and of a value that is a mapping. Where it ``is_below_names`` the entries are the values
    of names.
    """

    key: str
    reader: Callable[[Forms], t.Any]
    fields: Callable[[t.Any], Fields]
    rules: tuple[Rule, ...] = ()
    always: tuple[Rule, ...] = ()
    written: Callable[[Requirements], Iterable[str]]
    has_entries: bool = False
    is_below_names: bool = False
    entry_keys: tuple[str, ...] = ()

    @functools.cached_property
    def rule_names(self) -> tuple[str, ...]:
        """The names of all the rules that judge it, in the order in which their failures are told."""
        return tuple(rule.__name__ for rule in CONSTRAINTS if rule in (*self.rules, *self.always))

    def is_asked(self, requirements: Requirements) -> bool:
        """Whether it is another than by default."""
        return tuple(self.written(requirements)) != tuple(self.written(_NO_NEEDS))

    def sort_out(self, value: t.Any) -> tuple[t.Any, list[t.Any]]:
        """(the entries that must be, each entry that is optional) of what was read."""
        if isinstance(value, Mapping):
            musts = {name: item for name, (item, optional) in value.items() if not optional}
            return musts, [{name: item} for name, (item, optional) in value.items() if optional]
        return [item for item, optional in value if not optional], [[item] for item, optional in value if optional]


_NO_NEEDS = Requirements()
_NOTHING_WANTED = Requirements(os_family=ANY)


def _need(key: str, value_reader: t.Any, /, *judges: Rule, field: str | None = None, **columns: t.Any) -> Need:
    """A need of one value, in the field of its name."""
    name = field or key.replace(".", "_")
    return Need(
        key=key,
        rules=judges,
        **{
            "reader": lambda _forms: value_reader,
            "fields": lambda value: {name: value},
            "written": lambda needs: _plain_values(needs.value_of(name)),
            **columns,
        },
    )


def _list(key: str, value_reader: t.Any, /, *judges: Rule, field: str | None = None, **columns: t.Any) -> Need:
    """A need of several values, each of which must be met."""
    name = field or key.replace(".", "_")
    return _need(
        key,
        read.list_reader(value_reader),
        *judges,
        field=field,
        **{"fields": lambda value: {name: tuple(value)}, **columns},
    )


_NAMED = ("name", "optional")


def _entries(key: str, reader: t.Any, /, *judges: Rule, keys: tuple[str, ...] = _NAMED, **columns: t.Any) -> Need:
    """A need of several entries, each of which may be a wish."""
    return _list(key, reader, *judges, has_entries=True, entry_keys=keys, **columns)


def _size(key: str, plain: str, *judges: Rule, **columns: t.Any) -> Need:
    def written(needs: Requirements) -> Iterable[str]:
        size = needs.value_of(key)
        return () if size is None else (readable(size),)

    return _need(key, read.size_reader(plain), *judges, written=written, **columns)


def _switch(key: str, *judges: Rule) -> Need:
    return _need(key, read.reader(switch), *judges)


# --- values that are more than one word -------------------------------------------------------------


def _process_fields(value: t.Any) -> Fields:
    processes = tuple(Process(**process) for process in value) if isinstance(value, list) else ()
    return {"processes": processes, "process_count": len(processes) or value}


def _write_processes(needs: Requirements) -> Iterator[str]:
    # Their commands may hold secrets, and their names say enough.
    names = ", ".join(process.name for process in needs.processes)
    yield f"{needs.process_count}{f': {names}' if names else ''}{' (supervised)' if needs.supervised else ''}"


def _init_fields(value: Mapping[str, bool]) -> Fields:
    return {"init": value.get("wanted", False), "supervised": value.get("supervised", False)}


def _write_modules(needs: Requirements) -> Iterator[str]:
    for module in needs.kernel_modules:
        parameters = (f"{name}={value}" for name, value in module.parameters.items())
        yield " ".join((module.name, *((str(module.version),) if module.version else ()), *parameters))


def _write_sysctls(needs: Requirements) -> Iterator[str]:
    for sysctl in needs.kernel_sysctls:
        each = sysctl.at_least and " " in sysctl.value
        sign = ">=" if sysctl.at_least and not each else "=="
        yield f"{sysctl.name} {sign} {sysctl.value}{' or more each' if each else ''}"


def _write_port(port: Port) -> str:
    process = f" of {port.process}" if port.process else ""
    return f"{f'{port.host}:' if port.host else ''}{port}{process}"


# --- the rows ---------------------------------------------------------------------------------------

NEEDS: tuple[Need, ...] = (
    _need(
        "labels",
        read.read_labels,
        rules.labels,
        written=lambda needs: (f"{name}={value}" for name, value in needs.labels.items()),
        has_entries=True,
        is_below_names=True,
        entry_keys=("value", "optional"),
    ),
    _list("forms", None, rules.forms, reader=lambda forms: read.list_reader(read.choice_reader(forms, "a form"))),
    _need("os_family", read.reader(read.read_os_family), always=(rules.os,)),
    _need("os_version", read.reader(read.read_version), always=(rules.os_version, rules.systemd, rules.runtime)),
    _list(
        "architecture",
        read.reader(read.read_architecture),
        rules.architecture,
        field="architectures",
        written=lambda needs: _plain_values(" or ".join(needs.architectures) or None),
    ),
    _need("cpu_level", read.choice_reader(LEVELS, "a level"), always=(rules.cpu_level,)),
    _entries("cpu_features", read.name_reader(read.read_flag), rules.cpu_features),
    _need(
        "processes",
        read.read_processes,
        rules.processes,
        fields=_process_fields,
        written=_write_processes,
        entry_keys=("name", "image", "command"),
    ),
    _need("init", read.read_init, rules.init, fields=_init_fields, entry_keys=("wanted", "supervised")),
    _switch("kernel.own", rules.kernel_own),
    _need("kernel.version", read.reader(read.read_version_range), rules.kernel_version),
    _need("kernel.flavour", read.reader(lambda value: read.read_text(value).lower()), rules.kernel_flavour),
    _entries(
        "kernel.modules",
        read.read_module,
        rules.kernel_modules,
        written=_write_modules,
        keys=("name", "version", "parameters", "optional"),
    ),
    _need(
        "kernel.sysctls",
        read.read_sysctls,
        always=(rules.kernel_sysctls,),
        fields=lambda value: {"kernel_sysctls": tuple(value)},
        written=_write_sysctls,
        has_entries=True,
        is_below_names=True,
        entry_keys=("value", "optional"),
    ),
    _entries("kernel.parameters", read.name_reader(read.read_text), rules.kernel_parameters),
    _entries(
        "kernel.features",
        read.name_reader(read.word_check(known_features(), "a feature", str.lower)),
        rules.kernel_features,
    ),
    _entries(
        "privileges",
        read.name_reader(read.word_check(known_privileges(), "a privilege or capability", read.normalize_capability)),
        rules.privileges,
    ),
    _entries("devices", read.read_device, rules.devices, keys=("path", "pci", "usb", "gpu", "optional")),
    _switch("host_view", rules.host_view),
    _switch("host_network", rules.host_network),
    _need("max_privilege", read.choice_reader(PRIVILEGES, "a bound of privileges"), always=(rules.max_privilege,)),
    _need("isolation", read.choice_reader(ISOLATIONS, "an isolation"), rules.isolation),
    _need("cpus", read.reader(read.read_cpus), rules.cpus),
    _size("memory", "MiB", rules.memory),
    _size("disk", "GiB", always=(rules.disk,)),
    _size("shm", "MiB", rules.shm),
    _need("address", read.choice_reader(("shared", "own"), "a sort of address"), rules.address),
    _need("nics", read.reader(read.read_count), rules.nics),
    _entries(
        "ports",
        read.read_port,
        always=(rules.ports,),
        written=lambda needs: map(_write_port, needs.ports),
        keys=("port", "host", "protocol", "process", "optional"),
    ),
    _switch("snapshots", rules.snapshots),
    _switch("live_migration", rules.live_migration),
)
"""Every need; with several values or rules it is still one row, for a rule says one thing of all its values."""

_OF_WHAT_IS_GIVEN = (rules.options, rules.project_limits, rules.project_restrictions, rules.permissions)
"""The rules that judge what a service would be given for a wish, beside those of the need itself."""


def asked(requirements: Requirements) -> tuple[Rule, ...]:
    """The rules that can have something to say of a service with these needs, in their order."""
    silent = {rule for need in NEEDS if not need.is_asked(requirements) for rule in need.rules}
    return tuple(rule for rule in CONSTRAINTS if rule not in silent)


def rules_of_wish(wish: Wish) -> tuple[Rule, ...]:
    """The rules by which a wish comes true or not."""
    judges = {rule for need in NEEDS if need.key == wish.name for rule in (*need.rules, *need.always)}
    return tuple(rule for rule in CONSTRAINTS if rule in judges or rule in _OF_WHAT_IS_GIVEN)


def need_of(rule: str) -> str | None:
    """Where a user writes what a rule judges, below ``requirements``; None for a rule that judges no need."""
    return _keys_by_rule(NEEDS).get(rule)


@functools.cache
def _keys_by_rule(needs: tuple[Need, ...]) -> dict[str, str]:
    return {rule: need.key for need in reversed(needs) for rule in need.rule_names}


def values_of(wish: Wish) -> tuple[str, ...]:
    """What is wished for, as a user writes it."""
    each = ((tuple(need.written(wish.needs)), tuple(need.written(_NOTHING_WANTED))) for need in NEEDS)
    return tuple(itertools.chain.from_iterable(values for values, silent in each if values != silent))


def with_wishes(requirements: Requirements, wishes: Sequence[Wish]) -> Requirements:
    """The needs, with wishes that are as good as musts: the lists of both are one."""
    fields: Fields = {}
    for wish in wishes:
        for name, value in vars(wish.needs).items():
            if isinstance(value, tuple) and value:
                fields[name] = (*fields.get(name, getattr(requirements, name)), *value)
    return dataclasses.replace(requirements, **fields) if fields else requirements
