# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a service can go, and what is there."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from .facts import Content, Facts
from .scales import nothing


@dataclass(frozen=True, kw_only=True)
class Instance:
    """
    Something that exists on a target and has the service's name or its mark.

    ``service`` is the name in the ownership mark, None for a stranger. A mark that is not believed makes a stranger
    too: ``claims`` is the name in it, and ``doubt`` says why, as half a sentence. ``signature`` stands beside the mark.
    ``up`` says that it runs and its healthcheck, if it has one, is content, ``ready`` that it has its address too, if
    one is to be expected. ``config`` is what the form's plan compares with, as the engine itself tells it; ``log`` the
    last words of one that ended by itself.
    ``uptime`` are the whole seconds that it has run on by the engine's clock, None where the engine does not say.
    ``is_numbered`` says that the engine knows it by its id, which is a number, and not by its name.
    """

    form: str
    name: str
    id: str
    node: str
    state: str
    service: str | None = None
    addresses: tuple[str, ...] = ()
    ports: tuple[Mapping[str, t.Any], ...] = ()
    process: str | None = None
    signature: str | None = None
    claims: str | None = None
    doubt: str | None = None
    ready: bool = True
    up: bool = True
    memory: int = 0
    uptime: float | None = None
    is_numbered: bool = False
    log: str = field(default="", repr=False)
    config: Mapping[str, t.Any] = field(default_factory=nothing, repr=False)


@dataclass(frozen=True, kw_only=True)
class Run:
    """
    The run that an instance is in: when it ``started`` as the engine writes it, and for how many seconds it is up.

    ``restarts`` counts how often its own policy started it again since somebody did.
    """

    started: str | None
    uptime: float | None = None
    restarts: int = 0
    has_healthcheck: bool = False


@dataclass(frozen=True, kw_only=True)
class Node:
    """A member of a target, or the single engine itself."""

    name: str
    facts: Facts
    online: bool = True


@dataclass(frozen=True, kw_only=True)
class Permissions:
    """
    What a target's API lets the user of its connection options do.

    ``user`` is a token too, as ``deploy@pve!ansible``. ``paths`` are the privileges by the path that they hold on, each
    with whether it holds below that as well; None where the API does not say.
    """

    user: str
    paths: Mapping[str, Mapping[str, bool]] | None = None


@dataclass(frozen=True, kw_only=True)
class Target:
    """
    A place to deploy to, with everything that discovery found there.

    ``trouble`` is the sentence that says why it could not be asked; then it has no nodes. One that is not
    ``eligible`` offers no candidate, and is only looked at for the service: the task's targets leave it out.
    A ``recorded`` one is known from saved facts, and nothing can be made there.
    ``local`` says that the controller itself reaches its API; else only its own host does.
    ``permissions`` are those of its API, None where nobody asked for them or it has no such thing.
    ``options`` are the connection options of its delegate, with whole paths where it is ``local``. They hold secrets
    and never leave the runner. ``mark_keys`` sign the marks there, the first of them new ones; they never leave the
    controller.
    """

    name: str
    kind: str
    local: bool = True
    nodes: tuple[Node, ...] = ()
    instances: tuple[Instance, ...] = ()
    labels: Mapping[str, str] = field(default_factory=nothing)
    next_id: int | None = None
    permissions: Permissions | None = None
    content: Content = Content()
    eligible: bool = True
    recorded: bool = False
    trouble: str | None = None
    remedy: str | None = None
    options: Mapping[str, t.Any] = field(default_factory=nothing, repr=False)
    mark_keys: tuple[str, ...] = field(default=(), repr=False)
