# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs delegates where the targets are: the engine that provisioning is given."""

from __future__ import annotations

import re
import time
import typing as t
from collections.abc import Mapping
from os.path import expanduser, expandvars

from ansible.errors import AnsibleError

from ...module_utils._discovery import DiscoveryError, kind_of
from .._core.model import Call, Instance
from .._core.wording import first_line, reason_of
from .discovery import find_instances, forget_facts
from .errors import EngineError
from .hosts import Host
from .provisioning.job import Opinion

OWN_MODULES = "rightscope.deploy."
"""How the names of this collection's own modules begin."""

_SILENCE = re.compile(r"timed out|Connection (refused|aborted|reset)|Remote end closed|Max retries exceeded")
"""In the words of urllib3 and the operating system: community.proxmox gives the API five seconds for each answer."""


class HostEngine:
    """The engine of a target that is a host of the inventory, asked about one service; see ``provisioning.job``."""

    def __init__(self, host: Host, service: str, timeout: float) -> None:
        """``timeout`` are the seconds in which ``find`` is to be answered."""
        self._host = host
        self._service = service
        self._timeout = timeout

    def find(self) -> tuple[Instance, ...]:
        """All instances that have the service's name or its mark now. Raises EngineError."""
        try:
            return find_instances(self._host, self._service, self._timeout)
        except DiscoveryError as error:
            raise EngineError(str(error)) from None

    def run(self, call: Call) -> None:
        """Run a delegate on the target's own connection. Raises EngineError where it fails."""
        forget_facts()
        began = time.time()
        reply = self._reply(call)
        if _has_failed(reply):
            reason = reason_of(reply)
            cause = self._task_error(call, began) or first_line(self._host.scrub(reason or "it gave no reason"))
            raise EngineError(
                f"{call.module} could not {call.does}: {cause}",
                is_silent=bool(_SILENCE.search(reason or "")),
                is_claimed=bool(reply.get("claimed")),
                next_id=reply.get("next_id"),
            )

    def ask(self, call: Call) -> Opinion | None:
        """What the delegate would change, by its own check mode; None where it cannot tell."""
        try:
            reply = self._reply(call, check_mode=True)
        except EngineError:
            return None
        return None if _has_failed(reply) else Opinion(bool(reply.get("changed")), _names_in_diff(reply.get("diff")))

    def _reply(self, call: Call, *, check_mode: bool | None = None) -> Mapping[str, t.Any]:
        host = self._host
        connection, environment = (
            # A module of ours knows the options as discovery does.
            (dict(host.options), {})
            if call.module.startswith(OWN_MODULES)
            else kind_of(host.kind).delegate_connection(host.options)
        )
        # As discovery reads a path: nobody expands a variable of the environment.
        environment = {name: expanduser(expandvars(value)) for name, value in environment.items()}
        arguments = {**call.args, **connection}
        try:
            return host.execute(call.module, arguments, {**environment, **call.environment}, check_mode=check_mode)
        except AnsibleError as error:
            cause = first_line(host.scrub(str(error)))
            raise EngineError(f"{call.module} could not {call.does}: {cause}") from None

    def _task_error(self, call: Call, began: float) -> str | None:
        """What the engine's own task of the call ended with, where its kind has tasks."""
        host = self._host
        if not host.is_local:
            return None
        try:
            error = kind_of(host.kind).failed_task(host.options, call.args, began)
        except DiscoveryError:
            return None
        return first_line(host.scrub(error)) if error else None


def _has_failed(reply: Mapping[str, t.Any]) -> bool:
    return bool(reply.get("failed") or reply.get("skipped"))


def _names_in_diff(diff: t.Any) -> frozenset[str]:
    """The names of what differs, where the diff has them."""
    sides = [diff.get(side) for side in ("before", "after")] if isinstance(diff, Mapping) else []
    return frozenset(str(name) for side in sides if isinstance(side, Mapping) for name in side)
