# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
The nouns of the collection, as frozen dataclasses.

Pure: nothing here, and nothing that only builds on this, knows Ansible, a network or a clock.
Units everywhere inside: memory and disk in MiB, processors in whole or part processors.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ._versions import VersionRange

SCOPES = ("application", "system", "machine")
"""How much of a computer a form takes, narrowest first."""

ISOLATIONS = ("process", "user_namespace", "machine")
"""What separates a service from its neighbours, weakest first."""

NOTHING: Mapping[str, t.Any] = MappingProxyType({})


def _nothing() -> Mapping[str, t.Any]:
    return NOTHING


# --- what the user declares ---------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Process:
    """One long-running process of a service."""

    name: str
    image: str | None = None
    command: str | list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class KernelModule:
    """A kernel module that must be loaded; an optional one is a wish and never widens the scope."""

    name: str
    optional: bool = False


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """What a service needs. Each default constrains nothing, but for ``os_family`` and ``process_count``."""

    os_family: str = "linux"
    os_version: str | None = None
    architectures: tuple[str, ...] = ()
    process_count: int = 1
    processes: tuple[Process, ...] = ()
    init: bool = False
    supervised: bool = False
    kernel_version: VersionRange | None = None
    kernel_modules: tuple[KernelModule, ...] = ()
    kernel_own: bool = False
    isolation: str = "process"
    cpus: float | None = None
    memory: int | None = None
    disk: int | None = None
    labels: Mapping[str, str] = field(default_factory=_nothing)
    forms: tuple[str, ...] = ()

    @property
    def each_process_has_an_image(self) -> bool:
        """Whether the processes are several applications, rather than one system."""
        return bool(self.processes) and all(process.image for process in self.processes)


@dataclass(frozen=True, kw_only=True)
class Service:
    """A name, what it needs, and how it is made in each form (the delegate modules' own options)."""

    name: str
    requirements: Requirements
    made_as: Mapping[str, Mapping[str, t.Any]] = field(default_factory=_nothing)


# --- what discovery found -----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Image:
    """
    A container image, LXD image or Proxmox template that a node can make a service from.

    ``os`` and ``os_version`` are those inside of the image; None where nobody said. ``disk`` is the size
    of a template's first disk in MiB, ``disk_key`` its name, ``config`` all its settings: a clone has them too.
    """

    id: str
    names: tuple[str, ...] = ()
    os: str | None = None
    os_version: str | None = None
    architecture: str | None = None
    kernel_version: str | None = None
    disk: int | None = None
    disk_key: str | None = None
    storage: str | None = None
    config: Mapping[str, t.Any] = field(default_factory=_nothing, repr=False)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """
    What is known of one node. None means that it is not known, which is never taken for a yes.

    ``origins`` says for each fact where it comes from: ``declared``, ``api``, ``probed`` or ``estimated``.
    """

    os_type: str | None = None
    os_name: str | None = None
    architectures: tuple[str, ...] | None = None
    kernel_version: str | None = None
    kernel_modules: frozenset[str] | None = None
    kernel_modules_complete: bool = True
    cgroup_version: int | None = None
    isolation: str | None = None
    cpus: float | None = None
    memory: int | None = None
    memory_free: int | None = None
    storages: Mapping[str, int] | None = None
    swap_limit: bool | None = None
    images: tuple[Image, ...] = ()
    origins: Mapping[str, str] = field(default_factory=_nothing)

    def origin(self, name: str) -> str:
        """Where the fact ``name`` comes from; ``unknown`` if it is not known."""
        return self.origins.get(name, "api") if getattr(self, name) is not None else "unknown"


@dataclass(frozen=True, kw_only=True)
class Instance:
    """
    Something that exists on a target and has the service's name or its mark.

    ``service`` is the name in the ownership mark, None for a stranger. ``config`` is what the form's
    plan compares with, as the engine itself tells it.
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
    ready: bool = True
    memory: int = 0
    config: Mapping[str, t.Any] = field(default_factory=_nothing, repr=False)


@dataclass(frozen=True, kw_only=True)
class Node:
    """A member of a target, or the single engine itself."""

    name: str
    facts: Facts
    online: bool = True


@dataclass(frozen=True, kw_only=True)
class Target:
    """
    A place to deploy to, with everything that discovery found there.

    ``trouble`` is the sentence that says why it could not be asked; then it has no nodes. One that is not
    ``eligible`` offers no candidate, and is only looked at for the service: the task's targets leave it out.
    ``options`` are the connection options of its delegate: they hold secrets and never leave the runner.
    """

    name: str
    kind: str
    nodes: tuple[Node, ...] = ()
    instances: tuple[Instance, ...] = ()
    labels: Mapping[str, str] = field(default_factory=_nothing)
    next_id: int | None = None
    eligible: bool = True
    trouble: str | None = None
    remedy: str | None = None
    options: Mapping[str, t.Any] = field(default_factory=_nothing, repr=False)


# --- the decision -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """
    A target's node offering one form.

    ``title`` names the form in sentences. ``options`` is the user's ``as`` entry for it, None without one.
    ``image`` is what the service would be made from, ``image_wanted`` the user's name for it,
    ``fetches_image`` whether the engine would get a missing one by itself. ``held`` is the memory in MiB
    that the service already has on this node, where it ``is_present``.
    """

    target: str
    node: str
    kind: str
    form: str
    title: str
    scope: str
    facts: Facts
    labels: Mapping[str, str] = field(default_factory=_nothing)
    options: Mapping[str, t.Any] | None = None
    image: Image | None = None
    image_wanted: str | None = None
    fetches_image: bool = False
    storage: str | None = None
    stranger: str | None = None
    held: int = 0
    is_present: bool = False
    trouble: str | None = None
    remedy: str | None = None

    @property
    def place(self) -> str:
        """The candidate's name in sentences: the target, and its node where that is another name."""
        return self.target if self.node in ("", self.target) else f"{self.target}/{self.node}"

    @property
    def shares_kernel(self) -> bool:
        """Whether the service would run on the node's own kernel."""
        return self.scope != "machine"


NEVER, NOT_NOW, UNKNOWN = "never", "not_now", "unknown"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """
    One constraint that does not hold.

    ``when`` is ``never`` (this candidate is of the wrong sort), ``not_now`` (it would fit after a change
    of its present state) or ``unknown`` (nobody knows; see ``remedy`` for how to let it be known).
    """

    reason: str
    when: str
    remedy: str | None = None
    rule: str = ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Everything said of one candidate."""

    candidate: Candidate
    failures: tuple[Failure, ...] = ()
    accepted: tuple[Failure, ...] = ()
    grants: tuple[str, ...] = ()
    scores: Mapping[str, int] = field(default_factory=_nothing)
    total: int = 0

    @property
    def fits(self) -> bool:
        return not self.failures


@dataclass(frozen=True, kw_only=True)
class Decision:
    """All verdicts in order, best first, and the chosen one, or None."""

    service: str
    verdicts: tuple[Verdict, ...] = ()
    chosen: Verdict | None = None
    stays: bool = False


# --- the plan -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Call:
    """
    One delegate call. ``does`` says in a few words what it changes: results show that, never ``args``,
    which may hold secrets. ``creates`` marks the call after which there is something to clean up,
    ``may_fail`` one whose failure the next call makes up for.
    """

    module: str
    does: str
    args: Mapping[str, t.Any] = field(repr=False)
    environment: Mapping[str, str] = field(default_factory=_nothing, repr=False)
    creates: str | None = None
    may_fail: bool = False
    expect: Mapping[str, t.Any] = field(default_factory=_nothing, repr=False)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """
    The calls that bring a service from what is there to what is wanted, and the difference they make.

    ``before`` and ``after`` hold only what changes, with secrets masked: they are shown to people.
    ``state`` is what the service shall be afterwards: ``started``, ``stopped`` or ``absent``.
    """

    calls: tuple[Call, ...] = ()
    before: Mapping[str, t.Any] = field(default_factory=_nothing)
    after: Mapping[str, t.Any] = field(default_factory=_nothing)
    state: str = "started"
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.calls)
