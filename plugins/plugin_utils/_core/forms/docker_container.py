# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Docker container, or for several processes with an image each, that many on one network of their own."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ..failures import never, not_now, unknown
from ..knowledge.runtimes import DOCKER
from ..model import (
    Call,
    Candidate,
    Device,
    Facts,
    Failure,
    Grant,
    Instance,
    Plan,
    Requirements,
    Run,
    Service,
    Sought,
    Target,
)
from ._docker import devices, grants, network, refusals
from ._docker.calls import MODULE
from ._docker.connection import client_arguments, connection_variables
from ._docker.contradictions import contradictions
from ._docker.delegate_check import doubtful_options, question
from ._docker.existing import exit_reason, log_tail, run_of
from ._docker.images import image_source, sought_content
from ._docker.options import check_option
from ._docker.planning import plan, plan_removal
from .base import Form, Options, Path
from .common import AdoptionError, Source
from .host_files import needed_device_grant


class DockerContainer(Form):
    """Delegate: ``community.docker.docker_container``."""

    name = "docker_container"
    title = "a Docker container"
    scope = "application"
    kind = "docker"
    runtime = DOCKER
    module = MODULE
    reserved = ("name", "state", "restart", "recreate", "paused")
    numbers = (
        *("cpuset_cpus", "cpuset_mems", "kernel_memory", "memory", "memory_reservation", "memory_swap", "shm_size"),
        *("device_read_bps.rate", "device_write_bps.rate", "mounts.tmpfs_size"),
        *("exposed_ports", "groups", "user", "sysctls.*", "log_options.max-file"),
    )
    # A port is none of them: YAML reads 22:22 as 1342.
    switches = ("pull", "sysctls.*")
    image_is_named = True
    # MiB: https://docs.docker.com/engine/containers/resource_constraints/
    least_memory = 6
    nic_option = "networks"
    shares_ports = True
    has_processes = True

    # --- what it can be asked when it is judged -------------------------------------------------

    def isolation(self, candidate: Candidate) -> str | None:
        """As its engine does it, unless its options take it to the host."""
        options = candidate.options or {}
        if options.get("privileged") is True or options.get("userns_mode") == "host":
            return "process"
        return candidate.facts.isolation

    def isolation_unknown(self, candidate: Candidate) -> Failure:
        """The engine's way is a fact."""
        return unknown("cannot tell how its containers are isolated", "isolation")

    def isolation_remedy(self, wanted: str, candidate: Candidate) -> str | None:
        """The engine's settings, or the container's own options."""
        if wanted != "user_namespace":
            return None
        if candidate.facts.isolation not in (None, self.isolation(candidate)):
            return "take 'privileged' and 'userns_mode: host' out of its options"
        return "run its dockerd with 'userns-remap' or rootless"

    def privileges_refused(self, names: Sequence[str], candidate: Candidate) -> None:
        """Each has an option."""

    def privilege_grants(self, name: str) -> Iterable[Grant]:
        """The option that gives it; nothing for what every container has."""
        return grants.privilege_grants(name)

    def option_grants(self, candidate: Candidate) -> Iterable[Grant]:
        """Capabilities, devices, mounts, namespaces of the host, and security options."""
        options = candidate.options
        return grants.option_grants(candidate) if options and not grants.OPENING.isdisjoint(options) else ()

    def device_grants(self, device: Device, candidate: Candidate) -> Iterable[Grant]:
        """The device itself."""
        return (needed_device_grant(device, candidate),)

    def host_grants(self, requirements: Requirements) -> Iterable[Grant]:
        """The host's namespaces."""
        if requirements.host_view:
            yield Grant(kind="host", value="pid", why="host_view")
        if requirements.host_network:
            yield Grant(kind="host", value="network", why="host_network")

    def device_refused(self, device: Device, candidate: Candidate) -> Failure | None:
        """It can be given device files, directories of them, and GPUs."""
        return devices.device_refused(device, candidate)

    def host_view_refused(self, candidate: Candidate) -> Failure | None:
        """It shares the host's processes, where its users are not mapped."""
        return self._mapped(candidate)

    def host_network_refused(self, candidate: Candidate) -> Failure | None:
        """It uses the host's network, where its users are not mapped."""
        return self._mapped(candidate)

    def _mapped(self, candidate: Candidate) -> Failure | None:
        """https://docs.docker.com/engine/security/userns-remap/#user-namespace-known-limitations"""
        if candidate.facts.rootless:
            reason = "its engine is rootless, so it can share only what belongs to its own user"
            return never(reason, "use an engine that runs as root")
        if self.isolation(candidate) != "user_namespace":
            return None
        reason = "its engine maps users, and does not share the host's namespaces with such a container"
        return not_now(reason, f"set 'userns_mode: host' under 'as.{self.name}'")

    def host_sources(self, options: Options) -> Iterable[str]:
        """What its volumes and mounts name."""
        return grants.host_sources(options)

    def options_refused(self, requirements: Requirements, candidate: Candidate) -> Iterable[Failure]:
        """What takes back a need, and what the engine would not take."""
        return refusals.options_refused(requirements, candidate)

    def references_missing(self, candidate: Candidate) -> Iterable[Failure]:
        """Networks, containers, devices, runtimes, drivers, and directories that are bound."""
        options = candidate.options or {}
        return () if refusals.NAMING.isdisjoint(options) else refusals.missing(candidate, options)

    def limit_refused(self, limit: str, noun: str, candidate: Candidate) -> Failure | None:
        """Without the cgroup's controller the engine leaves a limit out, with a warning."""
        known = candidate.facts.limits
        if known is None or limit in known:
            return None
        return not_now(f"its engine cannot limit {noun}", refusals.limit_remedy(candidate))

    def address_refused(self, candidate: Candidate) -> Failure | None:
        """It is behind the host's address, but for macvlan and ipvlan networks."""
        return network.address_refused(candidate)

    def count_nics(self, candidate: Candidate) -> int:
        """One for each network, and one where none is named."""
        return max(1, len(network.networks(candidate.options or {})))

    def host_ports(self, requirements: Requirements, candidate: Candidate) -> list[str]:
        """What is published, and on the host's network what it listens on."""
        return network.host_ports(requirements, candidate)

    def snapshots_refused(self, candidate: Candidate) -> Failure:
        """Docker has none of the whole."""
        return never("Docker has no snapshots of a container with its volumes, which are wanted")

    def host_namespaces(self, requirements: Requirements, candidate: Candidate) -> frozenset[str]:
        """The host's network and shared memory, where they are asked for."""
        options = candidate.options or {}
        on_host_network = requirements.host_network or options.get("network_mode") == "host"
        shared = [*(("network",) if on_host_network else ()), *(("ipc",) if options.get("ipc_mode") == "host" else ())]
        return frozenset(shared)

    def quota_refused(self, requirements: Requirements, candidate: Candidate) -> Iterable[Failure]:
        """Its target has no projects."""
        return ()

    def restrictions(self, requirements: Requirements, candidate: Candidate) -> Iterable[Failure]:
        """Its target has no projects."""
        return ()

    def sysctls_under_as(self, candidate: Candidate) -> list[tuple[str, str]]:
        """Those of the option ``sysctls``."""
        options = candidate.options or {}
        return [(str(name), f"as.{self.name}.sysctls.{name}") for name in options.get("sysctls") or ()]

    # --- what it is made from -------------------------------------------------------------------

    def image(self, requirements: Requirements, options: Options, facts: Facts) -> Source:
        """The image the user names; Docker has no other way to know what is in one. A missing one is pulled."""
        return image_source(requirements, options, facts)

    def images_named(self, requirements: Requirements, options: Options) -> tuple[str, ...]:
        """Its images, whose platform the engine's list leaves out."""
        return tuple(filter(None, (options.get("image"), *(process.image for process in requirements.processes))))

    def is_described(self, service: Service) -> bool:
        """An image for each process says it too."""
        return super().is_described(service) or service.requirements.each_process_has_an_image

    def sought(self, requirements: Requirements, options: Options) -> Sought:
        """What registries have by the names of images that are always to be pulled, and what is in the env_file."""
        return sought_content(requirements, options)

    def check(self, option: str, value: t.Any) -> None:
        """Refuses the collection's own marks, paths in short, and acts that are not done."""
        check_option(option, value)

    def contradictions(self, requirements: Requirements, options: Options) -> list[tuple[Path, str]]:
        """What there is once is not given to several containers."""
        return contradictions(requirements, options)

    # --- what is there --------------------------------------------------------------------------

    def identity(self, instance: Instance) -> str:
        """The engine's own id of the container."""
        return instance.id

    def exit_reason(self, instances: tuple[Instance, ...]) -> str | None:
        """One that has ended is not started again, unless its policy says so: then it is restarting."""
        return exit_reason(instances)

    def runs(self, instances: tuple[Instance, ...]) -> Mapping[str, Run]:
        """When each was started, and how often its policy did that since."""
        return {instance.name: run_of(instance) for instance in instances}

    def log_tail(self, instance: Instance) -> str:
        """As masked as a command is, and without what it was given in variables."""
        return log_tail(instance)

    # --- how it is made -------------------------------------------------------------------------

    def plan(
        self, service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str
    ) -> Plan:
        """A call for each container that differs, and for the network of several."""
        return plan(service, candidate, target, instances, state)

    def doubtful(self, candidate: Candidate, plan: Plan) -> Mapping[str, tuple[str, ...]]:
        """What the delegate would change by another way than in place."""
        return doubtful_options(candidate, plan)

    def question(self, service: Service, candidate: Candidate, instance: Instance, options: Sequence[str]) -> Call:
        """Every other option is left out of its comparison."""
        return question(service, candidate, instance, options)

    def named(self, names: frozenset[str]) -> frozenset[str]:
        """The delegate's diff has its own word for volumes."""
        return frozenset({"volume_binds": "volumes"}.get(name, name) for name in names)

    def adopt(self, service: Service, target: Target, instance: Instance) -> Plan:
        """Never: labels are given to a container when it is made."""
        raise AdoptionError(
            f"Container '{instance.name}' cannot be taken over as it is: Docker gives no label to a container that "
            "exists. Remove it by hand, its volumes aside, and let it be made anew."
        )

    def remove(self, service: Service, target: Target, instances: tuple[Instance, ...]) -> Plan:
        """A call for each container, and for the network that several had."""
        return plan_removal(service, instances)

    # --- how it is reached ----------------------------------------------------------------------

    def connection(self, target: Target, instance: Instance) -> dict[str, t.Any]:
        """Through the engine's API: an image of one application has neither sshd nor an address to trust."""
        return connection_variables(target, instance)

    def command(self, target: Target, instance: Instance) -> list[str]:
        """``docker exec``."""
        return ["docker", *client_arguments(target.options), "exec", "--interactive", instance.name]
