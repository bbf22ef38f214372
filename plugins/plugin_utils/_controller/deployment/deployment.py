# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one deployment is about: a service, a task's options, and the targets with what was discovered there."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..._core.model import Instance, Service, Target
from ..decisions import DecisionOptions
from ..errors import ControllerError
from ..locations import present_on
from ..provisioning.job import Clock, Engine, Job, ProvisioningOptions


class OptionsError(ControllerError):
    """The options of a task do not go together; the text is a sentence that says what to do."""


@dataclass(frozen=True, kw_only=True)
class DeploymentOptions:
    """
    What a task wants of a service.

    ``adopts``: take over what has its name and no mark. ``ignores_silence``: go on where a target that may hold it does
    not answer. ``reports_misfit``: no failure where it no longer fits the place that it has. ``expected_plan`` is the
    digest of the only plan that may be carried out.
    """

    state: str = "started"
    adopts: bool = False
    ignores_silence: bool = False
    reports_misfit: bool = False
    expected_plan: str | None = None
    decision: DecisionOptions = field(default_factory=DecisionOptions)
    provisioning: ProvisioningOptions = field(default_factory=ProvisioningOptions)

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, t.Any]) -> DeploymentOptions:
        """Of a task's own arguments, as they were validated. Raises OptionsError."""
        if arguments["expect_plan"] and (arguments["state"] == "absent" or arguments["adopt"]):
            raise OptionsError(
                "'expect_plan' is for a decision, and neither 'state: absent' nor 'adopt' makes one; leave it out."
            )
        return cls(
            state=arguments["state"],
            adopts=arguments["adopt"],
            ignores_silence=arguments["unreachable"] != "hold",
            reports_misfit=arguments["on_form_change"] == "report",
            expected_plan=arguments["expect_plan"],
            decision=DecisionOptions.from_arguments(arguments),
            provisioning=ProvisioningOptions.from_arguments(arguments),
        )


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One service to be brought into its state. ``engines`` are by the target's name."""

    service: Service
    options: DeploymentOptions
    targets: list[Target]
    engines: Mapping[str, Engine]
    check_mode: bool = False
    clock: Clock = time

    def job(self, state: str) -> Job:
        """What provisioning is to do: bring the service into this state."""
        return Job(
            service=self.service,
            state=state,
            options=self.options.provisioning,
            check_mode=self.check_mode,
            clock=self.clock,
        )

    @property
    def location(self) -> tuple[Target | None, tuple[Instance, ...]]:
        """The target that has the service, and what it has of it."""
        return present_on(self.service, self.targets)
