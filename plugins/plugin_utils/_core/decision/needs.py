# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The needs as a user writes them, and the rules that judge each."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..knowledge.distributions import ANY
from ..model import Port, Requirements, Wish
from ..reading.quantities import readable

Written = Callable[[Requirements], Iterable[str]]


@dataclass(frozen=True, kw_only=True)
class Need:
    """A key of the requirements, the rules that judge it, and its values as a user writes them."""

    key: str
    rules: tuple[str, ...]
    values: Written


def _need(key: str, values: Written | None = None, *rules: str) -> Need:
    """A need is read from the field of its name, and judged by the rule of its name, if nothing else is said."""
    field = key.replace(".", "_")
    return Need(key=key, rules=rules or (field,), values=values or (lambda needs: _plain(getattr(needs, field))))


def _plain(value: object) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return tuple(map(str, value))
    if isinstance(value, bool):
        return ("true",) if value else ()
    if isinstance(value, float):
        return (f"{value:g}",)
    return () if value is None else (str(value),)


def _size(name: str) -> Written:
    return lambda needs: () if getattr(needs, name) is None else (readable(getattr(needs, name)),)


def _processes(needs: Requirements) -> Iterator[str]:
    # Their commands may hold secrets, and their names say enough.
    names = ", ".join(process.name for process in needs.processes)
    yield f"{needs.process_count}{f': {names}' if names else ''}{' (supervised)' if needs.supervised else ''}"


def _modules(needs: Requirements) -> Iterator[str]:
    for module in needs.kernel_modules:
        parameters = (f"{name}={value}" for name, value in module.parameters.items())
        yield " ".join((module.name, *((str(module.version),) if module.version else ()), *parameters))


def _sysctls(needs: Requirements) -> Iterator[str]:
    for one in needs.kernel_sysctls:
        each = one.at_least and " " in one.value
        sign = ">=" if one.at_least and not each else "=="
        yield f"{one.name} {sign} {one.value}{' or more each' if each else ''}"


def _ports(needs: Requirements) -> Iterator[str]:
    return (_port(port) for port in needs.ports)


def _port(port: Port) -> str:
    process = f" of {port.process}" if port.process else ""
    return f"{f'{port.host}:' if port.host else ''}{port}{process}"


NEEDS = (
    _need("labels", lambda needs: (f"{name}={value}" for name, value in needs.labels.items())),
    _need("forms"),
    _need("os_family", None, "os"),
    _need("os_version", None, "os_version", "systemd", "runtime"),
    _need("architecture", lambda needs: _plain(" or ".join(needs.architectures) or None)),
    _need("cpu_level"),
    _need("cpu_features"),
    _need("processes", _processes),
    _need("init"),
    _need("kernel.own"),
    _need("kernel.version"),
    _need("kernel.flavour"),
    _need("kernel.modules", _modules),
    _need("kernel.sysctls", _sysctls),
    _need("kernel.parameters"),
    _need("kernel.features"),
    _need("privileges"),
    _need("devices"),
    _need("host_view"),
    _need("host_network"),
    _need("max_privilege"),
    _need("isolation"),
    _need("cpus"),
    _need("memory", _size("memory")),
    _need("disk", _size("disk")),
    _need("shm", _size("shm")),
    _need("address"),
    _need("nics"),
    _need("ports", _ports),
    _need("snapshots"),
    _need("live_migration"),
)
"""Every need; with several values or rules it is still one row, for a rule says one thing of all its values."""

_NOTHING_WANTED = Requirements(os_family=ANY)


def values_of(wish: Wish) -> tuple[str, ...]:
    """What is wished for, as a user writes it."""
    each = ((tuple(need.values(wish.needs)), tuple(need.values(_NOTHING_WANTED))) for need in NEEDS)
    return tuple(itertools.chain.from_iterable(values for values, silent in each if values != silent))
