# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The nouns of the collection, as frozen dataclasses.

Pure: nothing here, and nothing that only builds on this, knows Ansible, a network or a clock.
Units everywhere inside: memory and disk in MiB, processors in whole or part processors.
"""

from __future__ import annotations

import posixpath
import re
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ..reading.versions import VersionRange

SCOPES = ("application", "system", "machine")
"""How much of a computer a form takes, narrowest first."""

ISOLATIONS = ("process", "user_namespace", "machine")
"""What separates a service from its neighbours, weakest first."""

PRIVILEGES = ("none", "capabilities", "nesting", "privileged")
"""How far grants may go: each of these allows what those before it allow."""

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
    """A kernel module that must be loaded, in a range of its own versions and with these parameters, if any."""

    name: str
    version: VersionRange | None = None
    parameters: Mapping[str, str] = field(default_factory=_nothing)


@dataclass(frozen=True, kw_only=True)
class Sysctl:
    """A kernel setting: ``at_least`` compares numbers, else the value must be the very same."""

    name: str
    value: str
    at_least: bool = False

    def __str__(self) -> str:
        if self.at_least and " " in self.value:
            return f"{self.name}={self.value} or more each"
        return f"{self.name}{'>=' if self.at_least else '='}{self.value}"


@dataclass(frozen=True, kw_only=True)
class Device:
    """
    A device of the host: ``kind`` is ``path``, ``pci``, ``usb`` or ``gpu``.

    ``value`` is the path, the PCI address or ``vendor:device``, the USB ``vendor:product``, or how many GPUs. Of a path
    ``inside`` is the one that it has in the container, None for the same, and ``access`` what of reading, writing and
    making device files (``rwm``) is allowed.
    """

    kind: str
    value: str
    inside: str | None = None
    access: str = "rwm"

    def __str__(self) -> str:
        return self.spelled if self.kind == "path" else f"{self.kind} {self.value}"

    @property
    def spelled(self) -> str:
        """A path with what is said of it, as Docker writes it: ``/dev/a:/dev/b:r``; the rest by its value."""
        if self.inside is None and self.access == "rwm":
            return self.value
        return f"{self.value}:{self.inside or self.value}:{self.access}"


_DEVICE = re.compile(r"(/\S*?[^/\s])/*(?::(/\S+?))?(?::([rwm]{1,3}))?")


def _normal_path(path: str) -> str:
    """``//dev/null`` and ``/dev/./null`` are ``/dev/null``; what does not begin with a slash is not a path."""
    return posixpath.normpath(f"/{path.lstrip('/')}") if path.startswith("/") else path


def device_of(text: str) -> tuple[str, str, str]:
    """
    A device as Docker writes it, ``PATH[:PATH INSIDE][:rwm]``: (path, path inside, access), each path in one spelling.

    The names that udev makes below by-path have colons in them.
    """
    found = _DEVICE.fullmatch(text)
    path, inside, access = found.groups() if found else (text, None, None)
    path, inside = _normal_path(path), _normal_path(inside or path)
    return path, inside, "".join(letter for letter in "rwm" if letter in (access or "rwm"))


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port that the service listens on, and the one of the host it is published at: None where any will do."""

    number: int
    protocol: str = "tcp"
    host: int | None = None
    process: str | None = None

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """
    A need that is optional: it counts in the score and never rejects anything.

    ``needs`` holds it alone, as if it were a must; ``name`` is its path in the requirements.
    """

    name: str
    needs: Requirements


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """
    What a service needs. Each default constrains nothing, but for ``os_family`` and ``process_count``.

    ``max_privilege`` bounds what its form may be granted, whoever asks for it.
    """

    os_family: str = "linux"
    os_version: str | None = None
    architectures: tuple[str, ...] = ()
    cpu_level: str | None = None
    cpu_features: tuple[str, ...] = ()
    process_count: int = 1
    processes: tuple[Process, ...] = ()
    init: bool = False
    supervised: bool = False
    kernel_version: VersionRange | None = None
    kernel_own: bool = False
    kernel_flavour: str | None = None
    kernel_modules: tuple[KernelModule, ...] = ()
    kernel_sysctls: tuple[Sysctl, ...] = ()
    kernel_parameters: tuple[str, ...] = ()
    kernel_features: tuple[str, ...] = ()
    privileges: tuple[str, ...] = ()
    devices: tuple[Device, ...] = ()
    host_view: bool = False
    host_network: bool = False
    isolation: str = "process"
    cpus: float | None = None
    memory: int | None = None
    disk: int | None = None
    shm: int | None = None
    address: str = "shared"
    nics: int | None = None
    ports: tuple[Port, ...] = ()
    snapshots: bool = False
    live_migration: bool = False
    labels: Mapping[str, str] = field(default_factory=_nothing)
    forms: tuple[str, ...] = ()
    max_privilege: str = "capabilities"
    wishes: tuple[Wish, ...] = ()

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

    @property
    def described(self) -> tuple[str, ...]:
        """The forms of which the user said how they are made: under ``as``, or by an image for each process."""
        by_image = ("docker_container",) if self.requirements.each_process_has_an_image else ()
        return (*self.made_as, *by_image)


# --- what discovery found -----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Image:
    """
    A container image, LXD image or Proxmox template that a node can make a service from.

    ``os`` and ``os_version`` are those inside of the image; None where nobody said. ``disk`` is the size
    of a template's first disk in MiB, ``disk_key`` its name, ``config`` all its settings: a clone has them too.
    ``requirements`` are an LXD image's own (its properties ``requirements.*``), without that prefix.
    """

    id: str
    names: tuple[str, ...] = ()
    os: str | None = None
    os_version: str | None = None
    architecture: str | None = None
    kernel_version: str | None = None
    kernel_flavour: str | None = None
    requirements: Mapping[str, str] = field(default_factory=_nothing)
    disk: int | None = None
    disk_key: str | None = None
    storage: str | None = None
    config: Mapping[str, t.Any] = field(default_factory=_nothing, repr=False)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """
    What is known of one node. None means that it is not known, which is never taken for a yes.

    ``origins`` says for each fact where it comes from: ``declared``, ``api``, ``probed`` or ``estimated``; ``time``
    when all but the declared ones were found, in UTC.
    """

    os_type: str | None = None
    os_name: str | None = None
    os_version: str | None = None
    engine_version: str | None = None
    architectures: tuple[str, ...] | None = None
    cpu_flags: frozenset[str] | None = None
    kernel_version: str | None = None
    kernel_flavour: str | None = None
    kernel_modules: frozenset[str] | None = None
    kernel_modules_complete: bool = True
    module_versions: Mapping[str, str] | None = None
    module_parameters: Mapping[str, Mapping[str, str]] | None = None
    kernel_sysctls: Mapping[str, str] | None = None
    unprivileged_sysctls: frozenset[str] | None = None
    kernel_parameters: tuple[str, ...] | None = None
    kernel_btf: bool | None = None
    cgroup_version: int | None = None
    nested_virtualization: bool | None = None
    devices: frozenset[str] | None = None
    device_links: Mapping[str, str] | None = None
    pci_devices: tuple[str, ...] | None = None
    usb_devices: tuple[str, ...] | None = None
    gpus: int | None = None
    isolation: str | None = None
    cpus: float | None = None
    memory: int | None = None
    memory_free: int | None = None
    memory_reserved: int | None = None
    storages: Mapping[str, int] | None = None
    storage_types: Mapping[str, str] | None = None
    networks: Mapping[str, str] | None = None
    profiles: Mapping[str, Mapping[str, Mapping[str, t.Any]]] | None = None
    project: Mapping[str, str] | None = None
    project_used: Mapping[str, int] | None = None
    option_keys: frozenset[str] | None = None
    ports_taken: frozenset[str] | None = None
    peers: int | None = None
    swap_limit: bool | None = None
    limits: frozenset[str] | None = None
    api_version: str | None = None
    rootless: bool | None = None
    authorization: tuple[str, ...] | None = None
    runtimes: frozenset[str] | None = None
    volume_drivers: frozenset[str] | None = None
    log_drivers: frozenset[str] | None = None
    containers: frozenset[str] | None = None
    volumes: Mapping[str, str] | None = None
    engine_paths: Mapping[str, str] | None = None
    paths: Mapping[str, str] | None = None
    images: tuple[Image, ...] = ()
    origins: Mapping[str, str] = field(default_factory=_nothing)
    time: str | None = None

    def origin(self, name: str) -> str:
        """Where the fact ``name`` comes from; ``unknown`` if it is not known."""
        return self.origins.get(name, "api") if getattr(self, name) is not None else "unknown"


@dataclass(frozen=True, kw_only=True)
class Content:
    """
    What is behind the names in a service's options, each by its name.

    ``images`` are the digests that registries have by those names now, ``files`` those of what is in files on the
    delegate's own machine. ``silent`` and ``unreadable`` are the names of both of which there is none, with half a
    sentence that says why.
    """

    images: Mapping[str, str] = field(default_factory=_nothing)
    files: Mapping[str, str] = field(default_factory=_nothing)
    silent: Mapping[str, str] = field(default_factory=_nothing)
    unreadable: Mapping[str, str] = field(default_factory=_nothing)

    def of(self, sought: Sought) -> Content:
        """What was found of these names alone."""
        parts = {"images": sought.images, "files": sought.files, "silent": sought.images, "unreadable": sought.files}
        return Content(
            **{
                part: {name: getattr(self, part)[name] for name in names if name in getattr(self, part)}
                for part, names in parts.items()
            }
        )


@dataclass(frozen=True, kw_only=True)
class Sought:
    """The names of which the content is to be found out: see Content."""

    images: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


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
    log: str = field(default="", repr=False)
    config: Mapping[str, t.Any] = field(default_factory=_nothing, repr=False)


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
    labels: Mapping[str, str] = field(default_factory=_nothing)
    next_id: int | None = None
    permissions: Permissions | None = None
    content: Content = Content()
    eligible: bool = True
    recorded: bool = False
    trouble: str | None = None
    remedy: str | None = None
    options: Mapping[str, t.Any] = field(default_factory=_nothing, repr=False)
    mark_keys: tuple[str, ...] = field(default=(), repr=False)


# --- the decision -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Permit:
    """
    What a call to a target's API takes: any of the ``privileges`` on any of the ``paths``.

    Without privileges only the administrator's own login will do. ``why`` is the call, or the setting it is for.
    """

    privileges: tuple[str, ...]
    paths: tuple[str, ...]
    why: str


@dataclass(frozen=True, kw_only=True)
class Grant:
    """
    A privilege that a form is given for a service.

    ``kind`` and ``value`` say what, such as capability and NET_ADMIN; ``level`` how far that goes, one of
    PRIVILEGES; ``why`` the need it is for, empty where the user wrote it under ``as``; ``wish`` that the need is
    optional, and comes true here.
    """

    kind: str
    value: str = ""
    level: str = "capabilities"
    why: str = ""
    wish: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.value}" if self.value else self.kind


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """
    A target's node offering one form.

    ``title`` names the form in sentences. ``options`` is the user's ``as`` entry for it, None without one.
    ``image`` is what the service would be made from, ``image_wanted`` the user's name for it,
    ``fetches_image`` whether the engine would get a missing one by itself; ``other_images`` those that would do as
    well where nobody named one: the decision takes the first that fits. ``held`` is the memory in MiB
    that the service already has on this node and ``held_ports`` the host's ports, where it ``is_present``,
    ``held_profiles`` those of LXD, ``held_config`` what it is configured with there, in the engine's own words, and
    ``held_system`` the family of systems that it runs, where that is known.
    A ``recorded`` one is known from saved facts.
    ``content`` is what was found behind names in the options.
    ``agreed`` are the options of each instance, by its name, of which the delegate sees no difference where we do.
    ``permissions`` are those of the target's API, and ``permits`` tells what the plan for a candidate would take.
    ``grants`` are all that it is granted, and ``met`` the wishes that come true, each None until the decision has
    worked it out; the plan gives what the needs take.
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
    other_images: tuple[Image, ...] = ()
    storage: str | None = None
    stranger: str | None = None
    held: int = 0
    held_ports: frozenset[str] = frozenset()
    held_profiles: tuple[str, ...] | None = None
    held_config: Mapping[str, t.Any] = field(default_factory=_nothing, repr=False)
    is_present: bool = False
    held_system: str | None = None
    recorded: bool = False
    agreed: Mapping[str, frozenset[str]] = field(default_factory=_nothing)
    permissions: Permissions | None = None
    permits: Callable[[Candidate], tuple[Permit, ...]] | None = field(default=None, repr=False, compare=False)
    content: Content = Content()
    grants: tuple[Grant, ...] | None = None
    met: tuple[Wish, ...] | None = None
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


@dataclass(slots=True)
class Failure:
    """
    One constraint that does not hold.

    ``when`` is ``never`` (this candidate is of the wrong sort), ``not_now`` (it would fit after a change
    of its present state) or ``unknown`` (nobody knows; see ``remedy`` for how to let it be known).
    The one noun that is completed after it was made: the judge adds the ``rule``'s name, and the remedy that always
    helps. A large cluster has more failures than anything else, and to make each of them twice would be felt.
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
    grants: tuple[Grant, ...] = ()
    scores: Mapping[str, int] = field(default_factory=_nothing)
    total: int = 0

    @property
    def fits(self) -> bool:
        return not self.failures

    @property
    def grants_taken(self) -> int:
        """How many privileges the musts take, which is what candidates are compared by: a wish is free to cost some."""
        return sum(not grant.wish for grant in self.grants)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """
    All verdicts in order, best first, and the chosen one, or None.

    ``proof`` are the lines that say which needs forced the chosen form, and with what; ``failed`` are the
    verdicts of better candidates that could not be provisioned. ``wishes`` are the service's optional needs.
    ``leaves`` is the place that it has and is moved away from.
    """

    service: str
    verdicts: tuple[Verdict, ...] = ()
    chosen: Verdict | None = None
    stays: bool = False
    proof: tuple[str, ...] = ()
    failed: tuple[Verdict, ...] = ()
    wishes: tuple[Wish, ...] = ()
    leaves: Verdict | None = None


# --- the plan -----------------------------------------------------------------------------------


ACTIONS = ("create", "change", "start", "stop", "restart", "replace", "remove")
"""What a call does to something that is there, or is not there yet."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """
    One delegate call. ``does`` says in a few words what it changes: results show that, never ``args``,
    which may hold secrets. ``creates`` marks the call after which there is something to clean up,
    ``may_fail`` one whose failure the next call makes up for, ``claims`` one that says of a failure whether what it
    was to create is this run's, ``bounded`` one whose ``timeout`` is never more than what the user waits,
    ``repeatable`` one that may be made once more where the engine was silent, for it comes to the same.
    ``action`` is one of ACTIONS; of a replacement ``keeps`` and ``loses`` name what outlives it and what does not.
    """

    module: str
    does: str
    args: Mapping[str, t.Any] = field(repr=False)
    environment: Mapping[str, str] = field(default_factory=_nothing, repr=False)
    creates: str | None = None
    may_fail: bool = False
    claims: bool = False
    bounded: bool = False
    repeatable: bool = False
    action: str = "change"
    keeps: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()


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
