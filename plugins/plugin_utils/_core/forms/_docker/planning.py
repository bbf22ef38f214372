# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a container, or of several on one network of their own."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ...model import Call, Candidate, Instance, Plan, Service, Target
from ..common import ABSENT, STARTED, STOPPED, RefusedError, masked, removal, run_state
from .acts import BEHAVIOUR
from .calls import container_call, network_call, removal_call
from .comparison import Sides, asks_registry, compare
from .containers import NAME, Container, joins_network, wanted_containers, with_signature
from .existing import kept_parts, lost_parts
from .options import IN_PLACE

_VERBS = {STARTED: "start", STOPPED: "stop"}
_Steps = tuple[list[Call], dict[str, t.Any], dict[str, t.Any]]
"""(what is to be done with one container, its before, its after)"""


def plan(service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str) -> Plan:
    """
    A call for each container that differs, and for the network of several.

    Raises RefusedError where the content of a file that is a part of it is not known.
    """
    wanted = wanted_containers(service, candidate)
    _need_files(candidate)
    existing = {instance.name: instance for instance in instances}
    containers = [with_signature(item, service, target, existing.get(item.name)) for item in wanted]
    calls, before, after = [], {}, {}
    for container in containers:
        steps, was, becomes = _steps(container, existing.get(container.name), state, candidate)
        calls += steps
        if was or becomes:
            before[container.name], after[container.name] = was, becomes
    for name in sorted(set(existing) - {container.name for container in containers}):
        calls.append(removal_call(existing[name], candidate.options or {}))
        before[name], after[name] = {"state": existing[name].state}, {"state": ABSENT}
    if any(call.creates for call in calls) and any(joins_network(container, service) for container in containers):
        calls.insert(0, network_call(service, "present"))
    if len(containers) == 1 and any(instance.process for instance in instances):
        # What were several is one now, and nothing would ever find their network again.
        calls.append(network_call(service, ABSENT))
    return Plan(
        calls=tuple(calls),
        before=before,
        after=after,
        state=run_state(state, instances[0].state if instances else STOPPED),
        warnings=tuple(
            _silent_registry_warning(container, candidate)
            for container in containers
            if container.name in existing and _is_registry_silent(container, candidate)
        ),
    )


def _need_files(candidate: Candidate) -> None:
    path = (candidate.options or {}).get("env_file")
    trouble = candidate.content.unreadable.get(path) if path else None
    if trouble:
        raise RefusedError(f"its env_file '{path}' cannot be read where the module runs ({trouble}); put it there")


def _is_registry_silent(container: Container, candidate: Candidate) -> bool:
    return asks_registry(container) and container.options["image"] in candidate.content.silent


def _silent_registry_warning(container: Container, candidate: Candidate) -> str:
    image = container.options["image"]
    return (
        f"Whether there is a newer '{image}' for container '{container.name}' is not known, for its registry "
        f"could not be asked ({candidate.content.silent[image]}); the one that is there was taken."
    )


def plan_removal(service: Service, instances: tuple[Instance, ...]) -> Plan:
    """A call for each container, and for the network that several had."""
    options = service.made_as.get(NAME) or {}
    calls = [removal_call(instance, options) for instance in instances]
    if len(service.requirements.processes) > 1 or any(instance.process for instance in instances):
        calls.append(network_call(service, ABSENT))
    return removal(calls, instances)


# --- one container ------------------------------------------------------------------------------


def _steps(container: Container, instance: Instance | None, state: str, candidate: Candidate) -> _Steps:
    if instance is None:
        shown = {key: value for key, value in container.options.items() if key not in BEHAVIOUR}
        does = f"create container '{container.name}' from {container.options.get('image')}"
        call = container_call(container, state, does, creates=container.name)
        return [call], {"state": ABSENT}, {"state": run_state(state), **masked(shown)}
    if container.options.get("auto_remove") and _state_sides(instance, state)[1].get("state") == STOPPED:
        raise RefusedError(
            f"with 'auto_remove' the engine would remove container '{container.name}' as soon as it stops; say "
            "'state: absent', or leave 'auto_remove' out"
        )
    return _change_steps(container, instance, state, candidate)


def _change_steps(container: Container, instance: Instance, state: str, candidate: Candidate) -> _Steps:
    agreed = candidate.agreed.get(container.name, frozenset())
    before, after = (
        {name: value for name, value in side.items() if name not in agreed}
        for side in compare(container, instance, candidate)
    )
    state_before, state_after = _state_sides(instance, state)
    power = _power_words(container, instance, state)
    restart = state == "restarted" and not state_after
    wakes = instance.state == "paused" and state_after.get("state") == STARTED
    calls = []
    if _needs_new_one(after):
        does = ", ".join((_change_words(container, after), *power))
        call = container_call(
            container, _state_to_send(instance, state), does, restart=restart, recreate=True, wakes=wakes
        )
        keeps, loses = kept_parts(instance), lost_parts(instance)
        calls.append(dataclasses.replace(call, action="replace", keeps=keeps, loses=loses))
    else:
        if after:
            calls.append(container_call(container, "present", _change_words(container, after), changes=after))
        if power:
            call = container_call(
                container, _state_to_send(instance, state), ", ".join(power), restart=restart, wakes=wakes, changes=()
            )
            verb = "restart" if restart else _VERBS.get(state_after.get("state"), "change")
            calls.append(dataclasses.replace(call, action=verb))
    return calls, masked({**state_before, **before}), masked({**state_after, **after})


def _state_sides(instance: Instance, state: str) -> Sides:
    wanted = run_state(state, instance.state)
    if instance.state == wanted:
        return {}, {}
    return {"state": instance.state}, {"state": wanted}


def _state_to_send(instance: Instance, state: str) -> str:
    """``present`` leaves the run state alone; a container that is recreated must be given it again."""
    return "present" if state == "present" and instance.state != STARTED else run_state(state, instance.state)


def _power_words(container: Container, instance: Instance, state: str) -> list[str]:
    if state == "restarted":
        return [f"{'restart' if instance.state == STARTED else 'start'} container '{container.name}'"]
    if _state_sides(instance, state)[1]:
        return [f"{'start' if state == STARTED else 'stop'} container '{container.name}'"]
    return []


def _change_words(container: Container, after: Mapping[str, t.Any]) -> str:
    names = ", ".join(sorted(after))
    if _needs_new_one(after):
        return f"recreate container '{container.name}' for {names}"
    return f"change {names} of container '{container.name}' in place"


def _needs_new_one(after: Mapping[str, t.Any]) -> bool:
    """Whether a change makes the container anew; so does each that takes a setting away, for no update can."""
    return any(name not in IN_PLACE or value is None for name, value in after.items())
