# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a container: made, changed in place, or made anew where it is to be of another system."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ...model import Call, Candidate, Instance, Plan, Service, Target
from ..common import ABSENT, STARTED, STOPPED, RefusedError, masked, run_state
from .calls import CONFIG_MODULE, FROZEN, change, creation, power
from .comparison import Sides, compare
from .configuration import wanted_configuration
from .marks import GIVEN_KEY, KEY, NOTHING_GIVEN, marks
from .replacement import is_of_another_system, plan_replacement


def plan(service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str) -> Plan:
    """
    The calls from what is there to what is wanted: the delegate creates and starts in one go.

    Raises RefusedError where the server would remove the container by itself.
    """
    instance = instances[0] if instances else None
    options = {key: value for key, value in (candidate.options or {}).items() if value is not None}
    wanted = wanted_configuration(service, candidate, target, options, instance.config if instance else {})
    args = {**options, **wanted.settings, "name": service.name, "type": "container"}
    args.setdefault("source", _source(candidate))
    if instance is None:
        return _plan_creation(candidate, args, wanted.settings, run_state(state))
    _need_to_stay(instance, state)
    settings = {**wanted.settings, **wanted.defaults}
    sides = compare(candidate, instance, settings)
    if is_of_another_system(instance, candidate):
        return plan_replacement(candidate, instance, args, sides, state)
    return _plan_change(instance, {**args, **settings}, sides, state)


def _source(candidate: Candidate) -> dict[str, str]:
    return {"type": "image", "fingerprint": candidate.image.id} if candidate.image else {"type": "none"}


def _need_to_stay(instance: Instance, state: str) -> None:
    """Raises RefusedError where an ephemeral container would be stopped: the server removes it then."""
    if instance.config.get("ephemeral") and state == STOPPED and instance.state != STOPPED:
        raise RefusedError(
            f"LXC container '{instance.name}' is ephemeral: stopped, it would be removed with its root disk. Say "
            "'state: absent', or set 'as.lxd_container.ephemeral' to false first"
        )


def _plan_creation(candidate: Candidate, args: Mapping[str, t.Any], settings: Mapping[str, t.Any], state: str) -> Plan:
    return Plan(
        calls=creation(candidate, args, state),
        before={args["name"]: {"state": ABSENT}},
        after={args["name"]: masked({"state": state, "source": args["source"], **settings})},
        state=state,
    )


def _plan_change(instance: Instance, args: Mapping[str, t.Any], sides: Sides, state: str) -> Plan:
    """What differs, in the state in which it is; then that."""
    name, end, calls = args["name"], run_state(state, instance.state), []
    before, after = sides
    if after:
        calls.append(change(name, args, after))
    if state == "restarted" and instance.state in (STARTED, FROZEN):
        calls.append(power(instance, args, "restarted"))
    elif end != instance.state:
        calls.append(power(instance, args, end))
    if end != instance.state:
        before, after = {"state": instance.state, **before}, {"state": end, **after}
    return Plan(
        calls=tuple(calls),
        before={name: masked(before)} if before else {},
        after={name: masked(after)} if after else {},
        state=end,
    )


def plan_adoption(service: Service, target: Target, instance: Instance) -> Plan:
    """Keys that LXD keeps for its users. Somebody else set the rest, so none of that counts as given."""
    config = {**marks(service, target, instance.name), GIVEN_KEY: NOTHING_GIVEN}
    does = f"mark LXC container '{instance.name}' as service '{service.name}'"
    return Plan(
        calls=(Call(module=CONFIG_MODULE, does=does, args={"name": instance.name, "config": config}),),
        before={instance.name: {f"config.{KEY}": None}},
        after={instance.name: {f"config.{KEY}": service.name}},
        state=instance.state,
    )
