# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the options under ``as`` take back what a need asks for: the plan lets them win, and the decision knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...knowledge.features import DOCKER, LXC, VM
from ...knowledge.lxd_options import is_off
from ...model import Candidate, Failure, Grant, Requirements
from ...reading.quantities import mebibytes
from ..grants import granted
from .docker import cannot_be
from .failures import never, together
from .kernel import holds

Options = Mapping[str, Any]
Found = Iterator[tuple[str, str]]


def options(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    No option under ``as`` may take back what a need asks for: a network of its own where the host's is needed, a
    capability that is dropped, a limit below the size, a setting below the wanted one.

    Nor may two of Docker's options exclude each other, or be what the engine refuses or leaves out: because of its
    version, of what it can limit, of its processors and their architecture.
    """
    if not candidate.options:
        return None
    found = () if _WORDS[candidate.form].isdisjoint(candidate.options) else _taken_back(requirements, candidate)
    refused = tuple(cannot_be(requirements, candidate)) if candidate.form == DOCKER else ()
    return together((*found, *refused)) if found or refused else None


def _taken_back(requirements: Requirements, candidate: Candidate) -> Iterator[Failure]:
    where = f"as.{candidate.form}"
    for option, need in _TAKEN_BACK[candidate.form](requirements, candidate, candidate.options or {}):
        yield never(f"'{where}.{option}' takes back what {need} asks for", f"take '{where}.{option}' out, or change it")


def _docker(needs: Requirements, candidate: Candidate, given: Options) -> Found:
    dropped = {str(name).upper().removeprefix("CAP_") for name in given.get("cap_drop") or ()}
    for grant in _musts(needs, candidate) if dropped or given.get("privileged") is False else ():
        # To drop ALL and add some by name is how to have these alone.
        if grant.kind == "capability" and grant.why and grant.value in dropped:
            yield "cap_drop", grant.why
        if grant.kind == "privileged" and given.get("privileged") is False:
            yield "privileged", grant.why
    if needs.host_network and (given.get("network_mode") not in (None, "host") or given.get("networks")):
        yield ("networks" if given.get("networks") else "network_mode"), "host_network"
    if needs.host_view and given.get("pid_mode") not in (None, "host"):
        yield "pid_mode", "host_view"
    if needs.ports and given.get("network_mode") == "none":
        yield "network_mode", "ports"
    if needs.shm and given.get("ipc_mode") == "host":
        yield "ipc_mode", "shm"
    if needs.memory and _is_less(given.get("memory"), needs.memory):
        yield "memory", "memory"
    if needs.cpus and _number(given.get("cpus")) < needs.cpus:
        yield "cpus", "cpus"
    if needs.shm and _is_less(given.get("shm_size"), needs.shm):
        yield "shm_size", "shm"
    yield from _sysctls(needs, given.get("sysctls") or {}, "sysctls")


def _lxd(needs: Requirements, candidate: Candidate, given: Options) -> Found:
    config, devices = given.get("config") or {}, given.get("devices") or {}
    switches = {"nesting": "security.nesting", "privileged": "security.privileged"}
    for grant in _musts(needs, candidate) if config or devices else ():
        key = switches.get(grant.kind) or (grant.value.partition("=")[0] if grant.kind == "config" else None)
        if grant.why and key in config and is_off(config[key]):
            yield f"config.{key}", grant.why
        if grant.kind == "device" and grant.why:
            name = grant.value.strip("/").replace("/", "-").lower()
            if (devices.get(name) or {}).get("type") == "none":
                yield f"devices.{name}", grant.why
    if needs.memory and _is_less(config.get("limits.memory"), needs.memory):
        yield "config.limits.memory", "memory"
    start = "linux.sysctl."
    own = {key.removeprefix(start): value for key, value in config.items() if str(key).startswith(start)}
    yield from _sysctls(needs, own, f"config.{start.rstrip('.')}")


def _musts(needs: Requirements, candidate: Candidate) -> list[Grant]:
    """What is granted for musts: a wish that is taken back is one that does not come true."""
    return [grant for grant in granted(needs, candidate) if not grant.wish]


def _machine(needs: Requirements, _candidate: Candidate, given: Options) -> Found:
    if needs.memory and _number(given.get("memory")) < needs.memory:
        yield "memory", "memory"
    if needs.cpus and _number(given.get("cores")) * _number(given.get("sockets"), 1) < needs.cpus:
        yield "cores", "cpus"
    if "kvm" in needs.kernel_features and given.get("kvm") is False:
        yield "kvm", "kvm"


def _sysctls(needs: Requirements, given: Options, where: str) -> Found:
    for sysctl in needs.kernel_sysctls:
        value = given.get(sysctl.name)
        if value is not None and not holds(sysctl, " ".join(str(value).split())):
            yield f"{where}.{sysctl.name}", "kernel.sysctls"


def _is_less(text: Any, wanted: int) -> bool:
    """Whether a size is below the wanted one, in MiB; what is no size is the engine's to judge."""
    try:
        return text is not None and mebibytes(text, plain="B") < wanted
    except ValueError:
        return False


def _number(value: Any, default: float = float("inf")) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return default


_TAKEN_BACK: dict[str, Callable[[Requirements, Candidate, Options], Found]] = {
    DOCKER: _docker,
    LXC: _lxd,
    VM: _machine,
}

_WORDS = {
    DOCKER: frozenset(
        ("cap_drop", "privileged", "network_mode", "networks", "pid_mode", "ipc_mode", "memory", "shm_size", "sysctls")
        + ("cpus",)
    ),
    LXC: frozenset(("config", "devices")),
    VM: frozenset(("memory", "cores", "sockets", "kvm")),
}
"""The options that are looked at: most services have none of them, and there are many candidates."""
