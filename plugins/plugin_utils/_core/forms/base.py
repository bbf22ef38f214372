# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The seam of a form: what it is, what it can be asked when it is judged, and how it is made.

What a form does not say is unknown, and unknown is never a yes. So each answer here is that nobody knows: an option
that is not explained counts as privileged, and a need that nobody answers is not met. How it is made is another
matter: what a form does not have, such as settings that wait for a restart, is simply not there.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ..failures import undecided
from ..knowledge.runtimes import Runtime
from ..model import (
    NOTHING,
    Call,
    Candidate,
    Device,
    Facts,
    Failure,
    Grant,
    Instance,
    Permit,
    Plan,
    Requirements,
    Run,
    Service,
    Sought,
    Target,
)
from .common import AdoptionError, Source

Options = Mapping[str, t.Any]
Path = tuple[t.Any, ...]
"""Where something is written below a form's options."""


class Form:
    """One form. A new one is a subclass in a file of its own, and an entry in the table of forms."""

    # --- what it is -----------------------------------------------------------------------------

    name: str
    """Its name in data, and under ``as``."""

    title: str
    """What it is in a sentence: ``a Docker container``."""

    scope: str
    """How much of a computer it takes: one of SCOPES."""

    kind: str
    """The kind of target that offers it."""

    runtime: Runtime | None = None
    """What runs it; None where that is not known, and then nothing is known of its kernel."""

    module: str = ""
    """The delegate: the module that makes it."""

    reserved: tuple[str, ...] = ()
    """The delegate's options that the collection sets itself."""

    numbers: tuple[str, ...] = ()
    """
    Patterns of the options, suboptions and keys whose texts may be given as numbers; a leading ``!`` leaves out.

    Anywhere else only a text is taken for a text.
    """

    switches: tuple[str, ...] = ()
    """As ``numbers``, for texts that may be given as switches."""

    mappings: tuple[str, ...] = ()
    """As ``numbers``, for options whose values have keys of their own."""

    image_noun = "image"
    """What it is made from."""

    image_is_named = False
    """Whether only the user can say which image it is made from, for none tells the system in it."""

    least_memory: int | None = None
    """MiB that it can be limited to at the least; None where nobody knows how it is limited."""

    nic_option = ""
    """The option under which the user names its network interfaces."""

    shares_ports: bool | None = None
    """Whether its ports are the host's; None where nobody knows."""

    has_processes = False
    """Whether several processes become one of it each, called after them."""

    is_adoptable = False
    """Whether what somebody else made can be marked as a service's."""

    is_reached_by_network = False
    """Whether Ansible reaches it over the network, rather than by the API or the host of its target."""

    shares_kernel: bool | None = None
    """Whether it runs on the node's own kernel, as its runtime says; None where nobody knows what runs it."""

    def __init_subclass__(cls, **kwargs: t.Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.shares_kernel = None if cls.runtime is None else not cls.runtime.own_kernel

    def __repr__(self) -> str:
        return f"<form {self.name}>"

    # --- what it can be asked when it is judged -------------------------------------------------

    def isolation(self, candidate: Candidate) -> str | None:
        """What separates it from its neighbours there, with the user's options; None where nobody knows."""
        return None

    def isolation_unknown(self, candidate: Candidate) -> Failure:
        """That nobody knows what separates it."""
        return undecided(f"cannot tell what separates {self.title} from its neighbours")

    def isolation_remedy(self, wanted: str, candidate: Candidate) -> str | None:
        """What would make it isolate as is wanted; None where nothing does."""
        return None

    def privileges_refused(self, names: Sequence[str], candidate: Candidate) -> Failure | None:
        """Why it cannot be given one of these privileges at all."""
        return undecided(f"cannot tell what {names[0]} takes in {self.title}")

    def privilege_grants(self, name: str) -> Iterable[Grant]:
        """What it takes for a privilege of an application."""
        return (Grant(kind="privilege", value=name, level="privileged"),)

    def option_grants(self, candidate: Candidate) -> Iterable[Grant]:
        """What the options, and what is laid under them, open of the host."""
        return [Grant(kind="option", value=name, level="privileged") for name in candidate.options or ()]

    def image_grants(self, candidate: Candidate) -> Iterable[Grant]:
        """What the image itself says that it takes."""
        return ()

    def device_grants(self, device: Device, candidate: Candidate) -> Iterable[Grant]:
        """What it takes to be given a device."""
        return (Grant(kind="device", value=str(device), level="privileged", why="devices"),)

    def host_grants(self, requirements: Requirements) -> Iterable[Grant]:
        """What of the host it is given for ``host_view`` and ``host_network``."""
        return ()

    def device_refused(self, device: Device, candidate: Candidate) -> Failure | None:
        """Why it cannot be given a device there."""
        return undecided(f"cannot tell whether {self.title} can be given {device}")

    def host_view_refused(self, candidate: Candidate) -> Failure | None:
        """Why it does not see the host's processes."""
        return undecided(f"cannot tell whether {self.title} sees the host's processes")

    def host_network_refused(self, candidate: Candidate) -> Failure | None:
        """Why it cannot use the host's own network."""
        return undecided(f"cannot tell whether {self.title} can use the host's network")

    def host_sources(self, options: Options) -> Iterable[str]:
        """The paths of the host that the options would have mounted."""
        return ()

    def options_refused(self, requirements: Requirements, candidate: Candidate) -> Iterable[Failure]:
        """Which options take back what a need asks for, exclude each other, or are refused by the engine."""
        return [
            undecided(f"cannot tell what 'as.{self.name}.{name}' does to the needs") for name in candidate.options or ()
        ]

    def references_missing(self, candidate: Candidate) -> Iterable[Failure]:
        """What the options name that is known not to be there."""
        return ()

    def image_refused(self, candidate: Candidate) -> Failure | None:
        """Why its image does not run there, its architecture aside."""
        return None

    def limit_refused(self, limit: str, noun: str, candidate: Candidate) -> Failure | None:
        """Why the engine would leave out a limit: ``memory`` or ``cpu_quota``."""
        return undecided(f"cannot tell how {noun} of {self.title} is limited")

    def address_refused(self, candidate: Candidate) -> Failure | None:
        """Why it has no address of its own in the network outside."""
        return undecided(f"cannot tell what address {self.title} has")

    def count_nics(self, candidate: Candidate) -> int | None:
        """How many network interfaces it would have; None where nobody knows."""
        return None

    def host_ports(self, requirements: Requirements, candidate: Candidate) -> list[str] | None:
        """The ports of the host that it would use, as ``8080/tcp``; None where nobody knows."""
        return None

    def snapshots_refused(self, candidate: Candidate) -> Failure | None:
        """Why there are no snapshots of the whole of it."""
        return undecided(f"cannot tell whether {self.title} has snapshots")

    def quota_refused(self, requirements: Requirements, candidate: Candidate) -> Iterable[Failure]:
        """What of the target's own project has no room for it; asked where it is in one."""
        return (undecided(f"cannot tell what of its project {self.title} takes"),)

    def restrictions(self, requirements: Requirements, candidate: Candidate) -> Iterable[Failure]:
        """What of it the target's own project forbids; asked where it is in one."""
        return (undecided(f"cannot tell what of {self.title} its project forbids"),)

    def cpu_model(self, candidate: Candidate) -> str | None:
        """The CPU model that the user gives it; None where it sees the processor itself, or the plan may choose."""
        return None

    def host_namespaces(self, requirements: Requirements, candidate: Candidate) -> frozenset[str]:
        """The namespaces of the kernel that it shares with the host, such as ``network`` and ``ipc``."""
        return frozenset()

    def sysctls_under_as(self, candidate: Candidate) -> list[tuple[str, str]]:
        """(name, where it is written) of each kernel setting that the options would set."""
        return []

    def is_root_of_host(self, candidate: Candidate) -> bool:
        """Whether its root is the host's, so that it may set what is its own without being asked."""
        return False

    # --- what it is made from -------------------------------------------------------------------

    def image(self, requirements: Requirements, options: Options, facts: Facts) -> Source:
        """What a service would be made from."""
        return Source()

    def images_named(self, requirements: Requirements, options: Options) -> tuple[str, ...]:
        """The images that needs and options name, of which the engine's own lists do not tell enough."""
        return ()

    def is_described(self, service: Service) -> bool:
        """Whether the user said how the service is made in this form."""
        return self.name in service.made_as

    def storage(self, options: Options) -> str | None:
        """The storage that the user named for it."""
        return None

    def sought(self, requirements: Requirements, options: Options) -> Sought:
        """The names in the options whose content is a part of what is wanted."""
        return Sought()

    def check(self, option: str, value: t.Any) -> None:
        """Raises OptionError for a value that must not be given, and anything else for one it could not compare."""

    def contradictions(self, requirements: Requirements, options: Options) -> list[tuple[Path, str]]:
        """What the needs and the options cannot be together, by the path below the form."""
        return []

    # --- what is there --------------------------------------------------------------------------

    def system(self, instance: Instance, options: Options) -> str | None:
        """The family of systems that it runs, such as ``windows``; None where that is not known, or can be set."""
        return None

    def kept_options(self, instance: Instance) -> Options:
        """Options that it keeps for as long as nobody names them, such as its profiles."""
        return NOTHING

    def identity(self, instance: Instance) -> str:
        """What no two of them have, wherever they are; empty where that is not known."""
        return ""

    def busy(self, instances: tuple[Instance, ...]) -> str | None:
        """What keeps others from changing it now, as half a sentence."""
        return None

    def exit_reason(self, instances: tuple[Instance, ...]) -> str | None:
        """Why what was started will not come to run any more, as half a sentence."""
        return None

    def runs(self, instances: tuple[Instance, ...]) -> Mapping[str, Run] | None:
        """The run that each is in, by its name; None where nothing needs to be watched."""
        return None

    def log_tail(self, instance: Instance) -> str:
        """The end of its log as the end of a sentence, or nothing."""
        return ""

    def pending(self, instances: tuple[Instance, ...]) -> tuple[str, ...]:
        """The settings that are written and wait for a restart."""
        return ()

    def will_wait(self, instances: tuple[Instance, ...], changes: Mapping[str, tuple[t.Any, t.Any]]) -> tuple[str, ...]:
        """The settings that will wait, once these changes, each (before, after), were made to what runs."""
        return ()

    def removal_refused(self, target: Target, instances: tuple[Instance, ...]) -> str | None:
        """Why the engine would refuse to remove it now and how to help, as half a sentence."""
        return None

    # --- how it is made -------------------------------------------------------------------------

    def plan(
        self, service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str
    ) -> Plan:
        """The calls from what is there to what is wanted. Raises RefusedError where nothing must be done."""
        raise NotImplementedError(f"nobody says how {self.title} is made")

    def permits(
        self, service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str
    ) -> tuple[Permit, ...]:
        """The privileges of the target's API that this plan would take; asked where those of its user are known."""
        return ()

    def restart(self, instances: tuple[Instance, ...], waiting: tuple[str, ...]) -> tuple[Call, ...]:
        """The calls by which it takes the settings that wait."""
        return ()

    def doubtful(self, candidate: Candidate, plan: Plan) -> Mapping[str, tuple[str, ...]]:
        """
        By instance the options of the user that differ by the plan, and of which the delegate can tell in check mode.

        A difference that the delegate does not see is another spelling.
        """
        return {}

    def question(self, service: Service, candidate: Candidate, instance: Instance, options: Sequence[str]) -> Call:
        """The call, in check mode alone, that says ``changed`` where one of these options differs."""
        raise NotImplementedError(f"the delegate of {self.title} is not asked")

    def named(self, names: frozenset[str]) -> frozenset[str]:
        """The options that the names in the delegate's diff stand for; none where it cannot be told."""
        return frozenset()

    def adopt(self, service: Service, target: Target, instance: Instance) -> Plan:
        """The calls that write the marks on what somebody else made, and change nothing else."""
        raise AdoptionError(f"'{instance.name}' cannot be taken over: {self.title} cannot be marked.")

    def remove(self, service: Service, target: Target, instances: tuple[Instance, ...]) -> Plan:
        """The calls that remove what is there."""
        raise NotImplementedError(f"nobody says how {self.title} is removed")

    # --- how it is reached ----------------------------------------------------------------------

    def connection(self, target: Target, instance: Instance) -> dict[str, t.Any]:
        """The variables by which Ansible reaches it, from where the target's API is reached."""
        return {}

    def command(self, target: Target, instance: Instance) -> list[str]:
        """What runs a command in it, on the target's own host; empty where nothing does."""
        return []

    def public_keys(self, instance: Instance) -> tuple[str, ...]:
        """Those that it lets in by ssh."""
        return ()
