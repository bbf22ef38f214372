# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of the delegates: ``community.docker.docker_container``, and ``docker_network`` for several containers."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping

from ...model import Call, Instance, Service
from ..common import ABSENT, MARK, STARTED
from .acts import ALL, IGNORE, STRICT, removal_options
from .containers import Container, network_name
from .existing import named_volumes
from .images import pulls_always

MODULE = "community.docker.docker_container"
NETWORK_MODULE = "community.docker.docker_network"


def container_call(
    container: Container,
    state: str,
    does: str,
    *,
    creates: str | None = None,
    restart: bool = False,
    recreate: bool = False,
    wakes: bool = False,
    changes: Iterable[str] | None = None,
) -> Call:
    """
    What makes, changes, starts or stops a container.

    ``changes`` are the options that are to be changed, None for all. ``wakes`` says that it is paused now.
    """
    args = {**container.options, "name": container.name, "state": STARTED if state == "restarted" else state}
    if changes is not None:
        # What is not to be changed is not compared: the delegate would make the container anew for it.
        args["comparisons"] = {ALL: IGNORE, **dict.fromkeys(changes, STRICT)}
        if pulls_always(container.options):
            # A tag that moved meanwhile is for the next run.
            args["pull"] = "missing"
    if wakes:
        # To the delegate a paused container is a started one.
        args["paused"] = False
    if restart:
        args["restart"] = True
    if recreate:
        # The delegate is content with more than was asked for (comparisons: allow_more_present), a plan is not.
        args["recreate"] = True
    return Call(module=MODULE, does=does, args=args, creates=creates, action="create" if creates else "change")


def removal_call(instance: Instance, options: Mapping[str, t.Any]) -> Call:
    """What removes a container, in the way that the options say."""
    # Anonymous volumes belong to the container, and nothing else could ever find them again.
    keeps = bool(options.get("keep_volumes"))
    args = {**removal_options(options), "name": instance.name, "state": ABSENT, "keep_volumes": keeps}
    volumes = ", ".join(f"'{name}'" for name in named_volumes(instance))
    stays = f"; its volume {volumes} stays" if volumes else ""
    return Call(module=MODULE, does=f"remove container '{instance.name}'{stays}", args=args, action="remove")


def network_call(service: Service, state: str) -> Call:
    """What makes or removes the network of several containers: ``present`` or ``absent``."""
    name = network_name(service)
    args: dict[str, t.Any] = {"name": name, "state": state}
    if state == "present":
        args["labels"] = {MARK: service.name}
    verb = "create" if state == "present" else "remove"
    return Call(module=NETWORK_MODULE, does=f"{verb} network '{name}'", args=args, action=verb)
