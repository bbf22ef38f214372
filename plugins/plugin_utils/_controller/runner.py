# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs delegates where the targets are, and waits for what they made."""

from __future__ import annotations

import re
import time
import typing as t
from collections.abc import Callable, Mapping
from os.path import expanduser, expandvars

from ansible.errors import AnsibleError

from ...module_utils._discovery import DiscoveryError, failed_task
from .._core.model import Call, Instance
from .._core.wording import first_line, reason_of
from .delegate_connection import delegate_connection
from .discovery import find_instances, forget
from .hosts import Host

OURS = "rightscope.deploy."
"""How the names of this collection's own modules begin."""

PAUSES = (0.15, 1.0)
"""Seconds between two looks at a service that is not ready yet: the first pause, and the longest."""


_SILENCE = re.compile(r"timed out|Connection (refused|aborted|reset)|Remote end closed|Max retries exceeded")
"""In the words of urllib3 and the operating system: community.proxmox gives the API five seconds for each answer."""


class DelegateFailed(Exception):
    """
    A delegate refused; the text is a sentence without secrets.

    ``claimed`` says that what it was to create is this run's all the same, half made as it may be; ``next_id`` is the
    id to try instead of one that is taken by now. ``silent`` says that the engine gave no answer in time, so
    that nobody knows what became of the call.
    """

    def __init__(
        self, message: str, *, claimed: bool = False, next_id: int | None = None, silent: bool = False
    ) -> None:
        super().__init__(message)
        self.silent = silent
        self.claimed = claimed
        self.next_id = next_id


def run_call(host: Host, call: Call) -> None:
    """
    Run one delegate on the target's own connection.

    Raises DelegateFailed where it fails.
    """
    forget()
    began = time.time()
    reply = _reply(host, call)
    if reply.get("failed") or reply.get("skipped"):
        said = first_line(host.scrub(reason_of(reply) or "it gave no reason"))
        raise DelegateFailed(
            f"{call.module} could not {call.does}: {_task_error(host, call, began) or said}",
            claimed=bool(reply.get("claimed")),
            silent=bool(_SILENCE.search(reason_of(reply) or "")),
            next_id=reply.get("next_id"),
        )


def sees_difference(host: Host, call: Call) -> tuple[bool, frozenset[str]] | None:
    """
    (whether the delegate, in check mode, would change something, what its diff names); None where it cannot tell.
    """
    try:
        reply = _reply(host, call, check_mode=True)
    except DelegateFailed:
        return None
    if reply.get("failed") or reply.get("skipped"):
        return None
    diff = reply.get("diff")
    sides = [diff.get(side) for side in ("before", "after")] if isinstance(diff, Mapping) else []
    names = frozenset(str(name) for side in sides if isinstance(side, Mapping) for name in side)
    return bool(reply.get("changed")), names


def _reply(host: Host, call: Call, *, check_mode: bool | None = None) -> Mapping[str, t.Any]:
    connection, environment = (
        # A module of ours knows the options as discovery does.
        (dict(host.options), {}) if call.module.startswith(OURS) else delegate_connection(host.kind, host.options)
    )
    # As discovery reads a path: nobody expands a variable of the environment.
    environment = {name: expanduser(expandvars(value)) for name, value in environment.items()}
    arguments = {**call.args, **connection}
    try:
        return host.execute(call.module, arguments, {**environment, **call.environment}, check_mode=check_mode)
    except AnsibleError as error:
        raise DelegateFailed(f"{call.module} could not {call.does}: {first_line(host.scrub(str(error)))}") from None


def _task_error(host: Host, call: Call, began: float) -> str | None:
    """
    What the API's own task ended with.

    proxmox_kvm waits for a task that failed as if it still ran, and then quotes the first line of its log.
    """
    if not host.is_local or "node" not in call.args or "vmid" not in call.args:
        return None
    try:
        error = failed_task(host.kind, host.options, call.args["node"], call.args["vmid"], began)
    except DiscoveryError:
        return None
    return first_line(host.scrub(error)) if error else None


def wait_until(
    host: Host, service: str, settled: Callable[[tuple[Instance, ...]], bool], *, timeout: float, call_timeout: float
) -> tuple[tuple[Instance, ...], bool]:
    """Look until what is there is settled, or the time is over: (what is there, whether it is settled)."""
    deadline = time.monotonic() + timeout
    pause, longest = PAUSES
    while True:
        instances = find_instances(host, service, call_timeout)
        if settled(instances):
            return instances, True
        if time.monotonic() >= deadline:
            return instances, False
        time.sleep(pause)
        pause = min(pause * 1.25, longest)
