# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The calls that make, change and remove a container.

Delegate: ``community.general.lxd_container``, to create, start, stop and remove. It adopts whatever has the name,
differs for ever over a number where LXD keeps a text, and starts a stopped instance to change it: so what there is is
compared here, and changed by ``lxd_config``.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ...model import Call, Candidate, Instance
from ..common import ABSENT, STARTED, STOPPED, picked
from .marks import GIVEN_KEY

MODULE = "community.general.lxd_container"
CONFIG_MODULE = "rightscope.deploy.lxd_config"
STATE_MODULE = "rightscope.deploy.lxd_state"

FROZEN = "frozen"
"""The state of a container that is paused: it holds its memory, and does nothing."""

SHUTDOWN = 30
"""Seconds that a guest has to shut down before it is removed."""


def creation(candidate: Candidate, args: Mapping[str, t.Any], state: str) -> tuple[Call, ...]:
    """
    The calls that make it, for another architecture than its image's too.

    The server makes it of its image's own, whatever it is told, and takes another one afterwards.
    """
    # Without this the delegate starts before an image that is still on its way has arrived.
    args = {**args, "state": state, "wait_for_container": True}
    if candidate.node != candidate.target:
        args["target"] = candidate.node
    name, wanted = args["name"], args.get("architecture")
    origin = candidate.image_wanted or (candidate.image.names[0] if candidate.image and candidate.image.names else "")
    does = f"create LXC container '{name}'{f' from {origin}' if origin else ''}"
    call = Call(module=MODULE, does=does, args=args, creates=name, action="create")
    made_of = candidate.image.architecture if candidate.image else None
    if wanted is None or wanted == (made_of or next(iter(candidate.facts.architectures or ()), wanted)):
        return (call,)
    does = f"have LXC container '{name}' run as {wanted}"
    calls = (
        dataclasses.replace(call, args={**args, "state": STOPPED}),
        Call(module=CONFIG_MODULE, does=does, args={"name": name, "architecture": wanted}),
    )
    if state == STOPPED:
        return calls
    start = {"name": name, "type": "container", "state": state, **picked(args, ("timeout",))}
    return (*calls, Call(module=MODULE, does=f"start LXC container '{name}'", args=start, action="start"))


def change(name: str, wanted: Mapping[str, t.Any], after: Mapping[str, t.Any]) -> Call:
    """What differs of all that is wanted, and the mark that follows from it. An empty value takes a key away."""
    args: dict[str, t.Any] = {"name": name, "config": {GIVEN_KEY: wanted["config"][GIVEN_KEY]}}
    for option in after:
        part, _dot, key = option.partition(".")
        if key:
            args.setdefault(part, {})[key] = (wanted.get(part) or {}).get(key, {} if part == "devices" else "")
        else:
            args[part] = wanted[part]
    does = f"change {', '.join(sorted(after))} of LXC container '{name}' in place"
    return Call(module=CONFIG_MODULE, does=does, args=args)


def power(instance: Instance, args: Mapping[str, t.Any], state: str) -> Call:
    """Into another run state: ``started``, ``stopped`` or ``restarted``."""
    verb = _verb(instance, state)
    does, module = f"{verb} LXC container '{instance.name}'", _power_module(instance)
    arguments = {"name": instance.name, "state": state, **picked(args, ("timeout",))}
    if module == STATE_MODULE:
        # In error there is nothing that could shut down.
        arguments["force"] = bool(args.get("force_stop")) or instance.state != STARTED
    else:
        arguments |= {"type": "container", **picked(args, ("force_stop",))}
    return Call(module=module, does=does, args=arguments, action="start" if verb == "resume" else verb)


def _verb(instance: Instance, state: str) -> str:
    if state == STARTED:
        return "resume" if instance.state == FROZEN else "start"
    return "restart" if state == "restarted" else "stop"


def _power_module(instance: Instance) -> str:
    """lxd_container ends with a KeyError for an instance that is ready, or in error (community.general#7438)."""
    return STATE_MODULE if str(instance.config.get("status") or "").lower() in ("ready", "error") else MODULE


def removal_calls(instance: Instance) -> list[Call]:
    """Asked to shut down first, for what it may yet have to write; a guest that ignores that is then ended by force."""
    calls = []
    if instance.state != STOPPED:
        args = {"name": instance.name, "state": STOPPED, "timeout": SHUTDOWN}
        does = f"stop LXC container '{instance.name}'"
        call = Call(module=_power_module(instance), does=does, args=args, may_fail=True, action="stop")
        calls.append(call)
        if call.module == STATE_MODULE:
            # The delegate, which comes next, does not know the state that this one leaves.
            calls.append(dataclasses.replace(call, args={**args, "force": True}))
    args = {"name": instance.name, "state": ABSENT, "force_stop": True}
    does = f"remove LXC container '{instance.name}' and its root disk"
    return [*calls, Call(module=MODULE, does=does, args=args, action="remove")]
