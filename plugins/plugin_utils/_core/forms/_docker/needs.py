# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that needs come to, unless the user says how."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ...knowledge.runtimes import DOCKER
from ...knowledge.sysctls import is_settable
from ...model import Candidate, Facts, Grant, Port, Requirements, device_of

CPU_PERIOD = 100_000
"""Microseconds; the kernel's own default, Documentation/scheduler/sched-bwc.rst."""

_GRANT_LISTS = {
    "capability": "capabilities",
    "device": "devices",
    "seccomp": "security_opts",
    "apparmor": "security_opts",
}


def limit_options(requirements: Requirements, facts: Facts, given: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """
    The requirements as limits, in options that the engine changes in place: ``cpus`` would recreate.

    Memory needs its swap beside it, or raising it fails (moby#25460); an engine without swap accounting
    forgets that option, and would differ for ever. What is ``given`` of the same sort stands alone: the engine refuses
    ``cpus`` beside a quota, and a swap below the memory.
    """
    limits: dict[str, t.Any] = {}
    if requirements.cpus and not given.get("cpus"):
        limits["cpu_period"] = CPU_PERIOD
        limits["cpu_quota"] = round(requirements.cpus * CPU_PERIOD)
    if requirements.memory:
        limits["memory"] = f"{requirements.memory}M"
        if facts.swap_limit and given.get("memory") is None:
            limits["memory_swap"] = f"{2 * requirements.memory}M"
    if requirements.shm:
        limits["shm_size"] = f"{requirements.shm}M"
    return limits


def with_grants(candidate: Candidate, options: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The user's options, and in them what the needs must be granted: the decision has judged all of it."""
    given = dict(options)
    for grant in candidate.grants or ():
        if grant.kind in _GRANT_LISTS:
            option = _GRANT_LISTS[grant.kind]
            given[option] = [*(given.get(option) or ()), _grant_item(grant)]
        elif grant.kind == "gpu":
            request = {"count": int(grant.value), "capabilities": [["gpu"]]}
            given["device_requests"] = [*(given.get("device_requests") or ()), request]
        elif grant.kind == "host":
            given.setdefault({"pid": "pid_mode", "network": "network_mode"}[grant.value], "host")
        elif grant.kind == "privileged":
            given["privileged"] = True
    return given


def _grant_item(grant: Grant) -> str:
    if grant.kind == "device":
        return ":".join(device_of(grant.value))
    forms = {"capability": "{}", "seccomp": "seccomp={}", "apparmor": "apparmor={}"}
    return forms[grant.kind].format(grant.value)


def sysctl_options(requirements: Requirements, candidate: Candidate, options: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Those that can be the container's own. The others have their value on the host, or it would not fit there."""
    shared = {
        namespace
        for namespace, option in (("network", "network_mode"), ("ipc", "ipc_mode"))
        if options.get(option) == "host"
    }
    own = {
        sysctl.name: sysctl.value
        for sysctl in requirements.kernel_sysctls
        if is_settable(sysctl.name, DOCKER, candidate.facts.kernel_version, host_namespaces=frozenset(shared))
    }
    # The kernel knows no true and false.
    given = {
        key: str(int(value)) if isinstance(value, bool) else str(value)
        for key, value in (options.get("sysctls") or {}).items()
    }
    return {"sysctls": {**own, **given}} if own or given else {}


def port_options(
    requirements: Requirements, options: Mapping[str, t.Any], process: str | None, *, first: bool
) -> dict[str, t.Any]:
    """The ports it listens on, unless the user says how: of several processes the first has those that name none."""
    is_said = any(options.get(name) is not None for name in ("published_ports", "ports", "network_mode"))
    ports = [port for port in requirements.ports if port.process == process or (port.process is None and first)]
    if is_said or not ports:
        return {}
    return {"published_ports": [_port(port) for port in ports]}


def _port(port: Port) -> str:
    host = f"{port.host}:" if port.host else ""
    return f"{host}{port.number}{'' if port.protocol == 'tcp' else f'/{port.protocol}'}"
