# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An LXC container on an LXD or Incus server."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ..failures import never, unknown
from ..knowledge.lxd_options import is_on
from ..knowledge.privileges import CAPABILITIES
from ..knowledge.runtimes import LXC
from ..model import (
    NOTHING,
    Call,
    Candidate,
    Device,
    Facts,
    Failure,
    Grant,
    Instance,
    Plan,
    Requirements,
    Service,
    Target,
)
from ..wording import listed
from ._lxd import grants, network, profiles, project, refusals
from ._lxd.calls import MODULE, removal_calls
from ._lxd.connection import connection_variables, exec_command
from ._lxd.delegate_check import doubtful_options, question
from ._lxd.devices import root_device
from ._lxd.image import image_source
from ._lxd.options import check_option, kept_profiles
from ._lxd.planning import plan, plan_adoption
from ._lxd.removal import removal_refused
from .base import Options
from .common import Source, removal
from .host_devices import device_file_missing, gpus_missing, hardware_missing, is_directory_of_devices, pci_in_container
from .host_files import needed_device_grant
from .systems import OwnSystem

_OWN_WORDS = (
    *("!config.environment.*", "!config.user.*", "!config.cloud-init.*", "!config.raw.*"),
    *("!devices.*.mode", "!devices.*.hwaddr", "!source.alias"),
)
_SYSCTL = "linux.sysctl."


class LxdContainer(OwnSystem):
    """Delegate: ``community.general.lxd_container``."""

    name = "lxd_container"
    title = "an LXC container"
    scope = "system"
    kind = "lxd"
    runtime = LXC
    module = MODULE
    reserved = ("name", "state", "type", "target", "wait_for_ipv4_addresses", "wait_for_container")
    # The mode of a device is octal, and YAML has made 420 of 0644 by then; of 10:16:30:11:22:33 it makes a number too.
    numbers = ("config.*", "devices.*.*", *_OWN_WORDS)
    switches = ("config.*", "devices.*.*", "source.*", *_OWN_WORDS)
    mappings = ("devices.*", "source.properties", "source.secrets")
    least_memory = 0
    nic_option = "devices"

    # --- what it can be asked when it is judged -------------------------------------------------

    def isolation(self, candidate: Candidate) -> str | None:
        """By a user namespace, unless a profile or its options make it privileged."""
        return "process" if self._is_privileged(candidate) else candidate.facts.isolation

    def _is_privileged(self, candidate: Candidate) -> bool:
        config, _devices = profiles.config_and_devices(candidate)
        return is_on(config.get("security.privileged"))

    def isolation_unknown(self, candidate: Candidate) -> Failure:
        """The server's way is a fact."""
        return unknown("cannot tell how its containers are isolated", "isolation")

    def isolation_remedy(self, wanted: str, candidate: Candidate) -> str | None:
        """That it is not privileged."""
        return "take 'security.privileged' out of its config and profiles" if wanted == "user_namespace" else None

    def privileges_refused(self, names: Sequence[str], candidate: Candidate) -> Failure | None:
        """What no container of LXC has, a privileged one neither."""
        if "host_pid" in names:
            return never(f"{self.title} sees no processes but its own, host_pid wanted")
        refused = [name for name in names if name in CAPABILITIES and LXC in CAPABILITIES[name].refused_by]
        if not refused:
            return None
        means = "; ".join(f"{name} is to {CAPABILITIES[name].means}" for name in refused)
        return never(f"LXD takes {listed(refused)} from every container: {means}")

    def privilege_grants(self, name: str) -> Iterable[Grant]:
        """Nothing for what is its user namespace's own; for the rest it must be privileged."""
        return grants.privilege_grants(name)

    def option_grants(self, candidate: Candidate) -> Iterable[Grant]:
        """Settings and devices, of its profiles too."""
        options = candidate.options
        if candidate.facts.profiles or (options and ("config" in options or "devices" in options)):
            return grants.option_grants(candidate)
        return ()

    def image_grants(self, candidate: Candidate) -> Iterable[Grant]:
        """What its properties ``requirements.*`` say."""
        return grants.image_grants(candidate)

    def device_grants(self, device: Device, candidate: Candidate) -> Iterable[Grant]:
        """The device itself."""
        return (needed_device_grant(device, candidate),)

    def device_refused(self, device: Device, candidate: Candidate) -> Failure | None:
        """It can be given device files, USB devices and GPUs."""
        if device.kind == "pci":
            return pci_in_container(device, candidate)
        if device.kind == "usb":
            return hardware_missing(device, candidate)
        if device.kind == "gpu":
            return gpus_missing(device, candidate)
        missing = device_file_missing(device.value, candidate)
        if missing is not None and is_directory_of_devices(device.value, candidate.facts):
            reason = f"{device.value} is a directory, and a device of LXD is one file"
            return never(reason, "name each of its files")
        return missing

    def host_sources(self, options: Options) -> Iterable[str]:
        """What its disks and proxies name."""
        return grants.host_sources(options)

    def options_refused(self, requirements: Requirements, candidate: Candidate) -> Iterable[Failure]:
        """What takes back a need."""
        return refusals.options_refused(requirements, candidate)

    def references_missing(self, candidate: Candidate) -> Iterable[Failure]:
        """Profiles, networks, bridges, storage pools, and keys that the server does not know."""
        return refusals.references_missing(candidate)

    def image_refused(self, candidate: Candidate) -> Failure | None:
        """An image can say that it needs the old cgroup hierarchy."""
        version, name = candidate.facts.cgroup_version, candidate.image_name
        if candidate.image.requirements.get("cgroup") != "v1" or version == 1:
            return None
        if version is None:
            return unknown(f"{name} requires cgroup v1, and cannot tell its version", "cgroup_version")
        reason = f"{name} requires cgroup v1, and it has cgroup v{version}"
        return never(reason, "use a newer release of the system, or a machine")

    def address_refused(self, candidate: Candidate) -> Failure | None:
        """Behind NAT it has no address in the network outside."""
        return network.address_refused(candidate)

    def count_nics(self, candidate: Candidate) -> int:
        """Those of its profiles and options."""
        return network.count_nics(candidate)

    def snapshots_refused(self, candidate: Candidate) -> None:
        """Every storage pool has them."""

    def quota_refused(self, requirements: Requirements, candidate: Candidate) -> Iterable[Failure]:
        """The limits of its project."""
        return project.quota_refused(requirements, candidate)

    def restrictions(self, requirements: Requirements, candidate: Candidate) -> Iterable[Failure]:
        """The restrictions of its project."""
        return project.restrictions(requirements, candidate)

    def sysctls_under_as(self, candidate: Candidate) -> list[tuple[str, str]]:
        """The keys ``linux.sysctl.*``."""
        keys = [key for key in map(str, (candidate.options or {}).get("config") or ()) if key.startswith(_SYSCTL)]
        return [(key.removeprefix(_SYSCTL), f"as.{self.name}.config.{key}") for key in keys]

    def is_root_of_host(self, candidate: Candidate) -> bool:
        """A privileged one is."""
        return is_on((candidate.options or {}).get("config", {}).get("security.privileged"))

    # --- what it is made from -------------------------------------------------------------------

    def image(self, requirements: Requirements, options: Options, facts: Facts) -> Source:
        """The image in the user's ``source``, else one there of the wanted system. A server's image is fetched."""
        return image_source(requirements, options, facts)

    def storage(self, options: Options) -> str | None:
        """The pool of the root disk, where the user gives it one."""
        return root_device(options.get("devices") or {}).get("pool")

    def check(self, option: str, value: t.Any) -> None:
        """Refuses the collection's own marks, and what the server would refuse or never keep."""
        check_option(option, value)

    # --- what is there --------------------------------------------------------------------------

    def kept_options(self, instance: Instance) -> Options:
        """The profiles that it keeps where none are given."""
        kept = kept_profiles(instance.config)
        return NOTHING if kept is None else {"profiles": kept}

    def identity(self, instance: Instance) -> str:
        """LXD gives each instance one when it is made; the name is another's on another server."""
        config = instance.config.get("config") or {}
        return str(config.get("volatile.uuid") or config.get("volatile.cloud-init.instance-id") or "")

    def busy(self, instances: tuple[Instance, ...]) -> str | None:
        """An operation that the server refuses every other one for: a backup, a move."""
        for instance in instances:
            operations = instance.config.get("operations")
            if operations:
                return f"LXC container '{instance.name}' is busy with: {', '.join(operations)}"
        return None

    def removal_refused(self, target: Target, instances: tuple[Instance, ...]) -> str | None:
        """A container that is protected, be it by a profile, is stopped and then not removed."""
        return removal_refused(target, instances)

    # --- how it is made -------------------------------------------------------------------------

    def plan(
        self, service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str
    ) -> Plan:
        """Created by the delegate; changed by a module of ours."""
        return plan(service, candidate, target, instances, state)

    def doubtful(self, candidate: Candidate, plan: Plan) -> Mapping[str, tuple[str, ...]]:
        """What the user wrote as the server has it, and what differs all the same."""
        return doubtful_options(candidate, plan)

    def question(self, service: Service, candidate: Candidate, instance: Instance, options: Sequence[str]) -> Call:
        """Single keys of the configuration; the delegate compares devices and profiles whole."""
        return question(candidate, instance, options)

    def adopt(self, service: Service, target: Target, instance: Instance) -> Plan:
        """Keys that LXD keeps for its users."""
        return plan_adoption(service, target, instance)

    def remove(self, service: Service, target: Target, instances: tuple[Instance, ...]) -> Plan:
        """Asked to shut down first; a guest that ignores that is then ended by force."""
        calls = [call for instance in instances for call in removal_calls(instance)]
        return removal(calls, instances)

    # --- how it is reached ----------------------------------------------------------------------

    def connection(self, target: Target, instance: Instance) -> dict[str, t.Any]:
        """By way of the server, which asks neither an address nor an sshd of the guest."""
        return connection_variables(target, instance)

    def command(self, target: Target, instance: Instance) -> list[str]:
        """``lxc exec`` or ``incus exec``."""
        return exec_command(target, instance)
