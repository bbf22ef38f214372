# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses, network interfaces and ports."""

from __future__ import annotations

from ...failures import not_now, undecided, unknown
from ...model import Candidate, Failure, Requirements
from ...wording import listed


def address(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    It must have an address of its own in the network outside. A Docker container has the host's, unless it is on a
    macvlan or ipvlan network. An LXC container behind a bridge with NAT cannot be reached from outside.
    """
    return candidate.form.address_refused(candidate) if requirements.address == "own" else None


def nics(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """Several network interfaces must be named in the options of the form, or be in the template."""
    wanted = requirements.nics
    if wanted is None or wanted <= 1:
        return None
    count = candidate.form.count_nics(candidate)
    if count is None:
        return undecided(f"cannot tell how many network interfaces {candidate.title} has")
    if count >= wanted:
        return None
    reason = f"would have {count} network interface{'s' if count != 1 else ''}, {wanted} wanted"
    return not_now(reason, f"name them under 'as.{candidate.form.name}.{candidate.form.nic_option}'")


def ports(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    Each port of the host at which the service is published must be free; its own ports count as free.

    A system container and a machine have all ports of their own. A rootless engine cannot publish at a port below 1024,
    unless the kernel's ``net.ipv4.ip_unprivileged_port_start`` is lower.
    """
    if not (requirements.ports or candidate.options):
        return None
    wanted = candidate.form.host_ports(requirements, candidate)
    if wanted is None:
        return undecided(f"cannot tell at which ports of the host {candidate.title} is published")
    if not wanted:
        return None
    low = _too_low(wanted, candidate)
    if low:
        first = low[0].partition("/")[0]
        remedy = f"run 'sysctl -w {_PORT_START}={first}' on {candidate.place}, or name another host port"
        return not_now(f"its engine is rootless, and cannot publish at {listed(low)}", remedy)
    taken = candidate.facts.ports_taken
    if taken is None:
        return unknown("cannot tell which of its ports are taken", "ports_taken")
    clash = [port for port in wanted if port in taken and port not in candidate.held_ports]
    if not clash:
        return None
    noun = "port" if len(clash) == 1 else "ports"
    return not_now(f"its {noun} {listed(clash)} {'is' if len(clash) == 1 else 'are'} taken", "name another host port")


_PORT_START = "net.ipv4.ip_unprivileged_port_start"


def _too_low(wanted: list[str], candidate: Candidate) -> list[str]:
    """https://docs.docker.com/engine/security/rootless/#exposing-privileged-ports"""
    if not candidate.facts.rootless:
        return []
    start = str((candidate.facts.kernel_sysctls or {}).get(_PORT_START, 1024))
    bound = int(start) if start.isdecimal() and len(start) < 7 else 1024
    return sorted(
        (port for port in wanted if int(port.partition("/")[0]) < bound), key=lambda port: int(port.partition("/")[0])
    )
