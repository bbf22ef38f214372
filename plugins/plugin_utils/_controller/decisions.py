# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision on a service, by a task's options, and what the task's result says of it."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible.utils.display import Display

from .._core.candidates import candidates, is_described, present
from .._core.decision.decide import IF_BETTER, IF_NEEDED, STAY, decide
from .._core.explanation.digest import digest_of
from .._core.explanation.explain import as_data, explain
from .._core.forms.common import masked
from .._core.model import Decision, Service, Target

display = Display()


@dataclass(frozen=True, kw_only=True)
class DecisionOptions:
    """
    What decides besides the needs.

    ``state`` is what the service shall be, as far as that takes privileges; ``move`` when it may leave the place that
    it has, in the words of ``decide``.
    """

    state: str = "started"
    weights: Mapping[str, float] = field(default_factory=dict)
    accept_unknown: bool = False
    move: str = STAY

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, t.Any]) -> DecisionOptions:
        """Of a task's own arguments, as they were validated; an action need not have all of them."""
        move = IF_NEEDED if arguments.get("on_form_change") == "replace" else STAY
        return cls(
            state=arguments.get("state") or "started",
            weights=arguments["weights"],
            accept_unknown=arguments["unknown"] == "accept",
            move=IF_BETTER if arguments.get("relocate") else move,
        )

    @property
    def may_move(self) -> bool:
        """Whether the task may move the service; what is removed is not moved."""
        return self.move != STAY and self.state != "absent"


def decide_on(service: Service, targets: list[Target], options: DecisionOptions) -> Decision:
    """The decision; warns of what is accepted of the chosen candidate without being known."""
    decision = decide(
        service,
        candidates(service, targets, options.state),
        weights=options.weights,
        accept_unknown=options.accept_unknown,
        move=options.move,
    )
    if decision.chosen:
        chosen = decision.chosen.candidate
        for failure in decision.chosen.accepted:
            display.warning(f"Service '{service.name}' on '{chosen.place}': {failure.reason}.")
        if not is_described(chosen.form, service):
            display.warning(
                f"Nothing under 'as' describes service '{service.name}' as {chosen.title}: it is its bare image."
            )
    return decision


def decision_result(decision: Decision) -> dict[str, t.Any]:
    """The parts of a result that every decision has."""
    return {"decision": as_data(decision), "explanation": explain(decision)}


def plan_digest(service: Service, state: str, decision: Decision, targets: list[Target]) -> str:
    """What ``expect_plan`` is compared with."""
    instances = [instance for target in targets for instance in present(service, target)]
    return digest_of(service, state, decision, instances, masked)
