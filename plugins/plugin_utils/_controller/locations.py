# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a service is among all targets, and where it may be without anybody knowing."""

from __future__ import annotations

from .._core.candidates import places, present, strangers, unclear
from .._core.forms import FORMS
from .._core.model import Instance, Service, Target
from .errors import ControllerError


class LocationError(ControllerError):
    """A service is in more than one place, or seems to be; the text is a sentence that says what to do."""


def present_on(service: Service, targets: list[Target]) -> tuple[Target | None, tuple[Instance, ...]]:
    """The target that has the service, and what it has of it."""
    for target in targets:
        instances = present(service, target)
        if instances:
            return target, instances
    return None, ()


def left_behind(
    service: Service, targets: list[Target], name: str, form: str
) -> list[tuple[Target, tuple[Instance, ...]]]:
    """Where else the service is than in this form on the target of this name, with what is there of it."""
    return [
        (target, tuple(instance for instance in present(service, target) if instance.form == other))
        for target in targets
        for other in dict.fromkeys(instance.form for instance in present(service, target))
        if (target.name, other) != (name, form)
    ]


def place_left_out(service: Service, targets: list[Target]) -> str | None:
    """The sentence that says on which target the service is, where the task's ``targets`` leaves that one out."""
    target, _instances = present_on(service, targets)
    if target is None or target.eligible:
        return None
    return f"Service '{service.name}' is on '{target.name}', which 'targets' does not name"


def strangers_on(service: Service, targets: list[Target]) -> list[str]:
    """Names of the targets with something of the service's name that is not its own."""
    return [target.name for target in targets if strangers(service, target)]


def silent_places(targets: list[Target]) -> dict[str, str]:
    """Targets that do not answer and nodes that are offline, each with the reason: what is on them nobody knows."""
    silent = {target.name: str(target.trouble) for target in targets if target.trouble}
    for target in targets:
        silent |= {f"{target.name}/{node.name}": "it is offline" for node in target.nodes if not node.online}
    return silent


def check_one_place(service: Service, targets: list[Target], *, may_move: bool) -> None:
    """
    Raise LocationError where the service is in two places. Nobody wants that, unless a move was interrupted.

    A task that may move the service may finish such a move. Then the targets must be different engines, and no two
    instances may be of one form on one target, for nothing tells those apart.
    """
    everywhere = list(places(service, targets))
    everywhere += [
        (target, instance.node, instance.form) for target in targets for instance in unclear(service, target)
    ]
    if len(everywhere) <= 1:
        return
    if may_move:
        _check_different_engines(service, targets)
        may_move = len({(target.name, form) for target, _node, form in everywhere}) == len(everywhere)
    if not may_move:
        names = ", ".join(f"{target.name}/{node} ({form})" for target, node, form in everywhere)
        raise LocationError(
            f"Service '{service.name}' was found {len(everywhere)} times, on {names}, but has one place; "
            "remove all but one by hand."
        )


def _check_different_engines(service: Service, targets: list[Target]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for target in targets:
        for instance in present(service, target):
            identity = FORMS[instance.form].identity(instance) if instance.form in FORMS else ""
            other = seen.setdefault((instance.form, identity), target.name) if identity else target.name
            if other != target.name:
                raise LocationError(
                    f"'{other}' and '{target.name}' are the same engine: both have the same '{instance.name}'. Take "
                    "one of them out of the inventory; nothing was done."
                )
