# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all parts of provisioning work with: the job, the site of one candidate, an engine and a clock."""

from __future__ import annotations

import dataclasses
import time
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from ..._core.candidates import members_of
from ..._core.decision.wishes import with_wishes
from ..._core.forms import Form
from ..._core.model import Call, Candidate, Instance, Service, Target


@dataclass(frozen=True)
class Opinion:
    """What a delegate says in check mode: whether it would change something, and what its diff names."""

    changed: bool
    names: frozenset[str] = frozenset()


class Engine(t.Protocol):
    """A target's engine, asked about one service. Each method but ``ask`` raises EngineError."""

    def find(self) -> tuple[Instance, ...]:
        """All instances that have the service's name or its mark now."""

    def run(self, call: Call) -> None:
        """Run a delegate."""

    def ask(self, call: Call) -> Opinion | None:
        """Run a delegate in check mode; None where it cannot tell."""


class Clock(t.Protocol):
    """Seconds that only go forward. The module ``time`` is one."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float, /) -> None: ...


@dataclass(frozen=True, kw_only=True)
class ProvisioningOptions:
    """
    How the user wants a service to be provisioned. Times are in seconds.

    ``wait_timeout`` bounds each wait, ``call_timeout`` each question to an engine. ``min_uptime`` is for how long a
    container must run to count as started, None for the default. At most ``max_attempts`` candidates are tried.
    ``replace`` is ``never``, ``when_needed``, or None: then what holds data is never made anew.
    """

    wait_timeout: float = 120.0
    min_uptime: float | None = None
    call_timeout: float = 10.0
    max_attempts: int = 3
    replace: str | None = None
    may_restart: bool = False
    awaits_address: bool = True

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, t.Any]) -> ProvisioningOptions:
        """Of a task's own arguments, as they were validated."""
        return cls(
            wait_timeout=arguments["wait_timeout"],
            min_uptime=arguments["min_uptime"],
            call_timeout=arguments["discovery_timeout"],
            max_attempts=arguments["max_attempts"],
            replace=arguments["replace"],
            may_restart=arguments["restart"] == "when_needed",
            awaits_address=arguments["wait_for"] == "address",
        )


@dataclass(frozen=True, kw_only=True)
class Job:
    """One service, the state that it shall have, and how to bring it there."""

    service: Service
    state: str
    options: ProvisioningOptions
    check_mode: bool = False
    clock: Clock = time

    def instances_of(self, form: Form, instances: tuple[Instance, ...]) -> tuple[Instance, ...]:
        """Those that are the service's, in one form."""
        return of_form(form, members_of(self.service.name, instances)[0])

    def service_on(self, candidate: Candidate) -> Service:
        """The service with the optional needs that come true on the candidate."""
        return dataclasses.replace(self.service, requirements=with_wishes(self.service.requirements, candidate))


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where one attempt is made: a candidate, its target as it was discovered, and the target's engine."""

    candidate: Candidate
    target: Target
    engine: Engine

    @property
    def form(self) -> Form:
        return self.candidate.form


def of_form(form: Form, instances: tuple[Instance, ...]) -> tuple[Instance, ...]:
    """Those of the instances that have the form."""
    return tuple(instance for instance in instances if instance.form == form.name)
