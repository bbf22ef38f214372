# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A virtual machine on Proxmox VE, cloned from a template, or made from nothing where its disks are described."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote

from ..failures import never, not_now, unknown
from ..knowledge.processors import model_name
from ..knowledge.runtimes import QEMU
from ..knowledge.storages import STORAGES
from ..model import (
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
    Service,
    Target,
)
from ._proxmox.adoption import adopt
from ._proxmox.calls import MODULE, restart
from ._proxmox.comparison import compare_settings
from ._proxmox.existing import config_of, lock_of, waiting_settings, will_wait
from ._proxmox.image import image_source, system_of
from ._proxmox.needed_permits import permits_of_plan
from ._proxmox.networks import count_nics
from ._proxmox.options import NO_SETTINGS
from ._proxmox.planning import plan
from ._proxmox.removal import removal_calls, removal_refused
from .base import Options
from .common import OptionError, Source, need_no_marks, removal
from .host_devices import hardware_missing
from .systems import OwnSystem
from .taken_back import TakenBack, number, taken_back

_FROM_ITS_OWN_KERNEL = ("/dev/net/tun", "/dev/fuse", "/dev/loop-control", "/dev/null", "/dev/uinput", "/dev/ppp")
"""Devices that are software alone: every kernel makes its own."""


class ProxmoxVm(OwnSystem):
    """Delegates: ``community.proxmox.proxmox_kvm`` and ``proxmox_disk``."""

    name = "proxmox_vm"
    title = "a Proxmox VM"
    scope = "machine"
    kind = "proxmox"
    runtime = QEMU
    module = MODULE
    reserved = (
        *("name", "state", "vmid", "newid", "node", "target", "template"),
        *("update", "update_unsafe", "delete", "revert", "migrate", "force"),
    )
    numbers = ("agent", "clone", "startup")
    switches = ("agent",)
    image_noun = "template"
    # MiB: https://pve.proxmox.com/pve-docs/qm.1.html (--memory)
    least_memory = 16
    nic_option = "net"
    is_reached_by_network = True

    # --- what it can be asked when it is judged -------------------------------------------------

    def isolation(self, candidate: Candidate) -> str:
        """By the hardware's virtualisation."""
        return "machine"

    def privileges_refused(self, names: Sequence[str], candidate: Candidate) -> Failure | None:
        """It has its privileges inside of itself, and sees nothing of the host."""
        if "host_pid" in names:
            return never(f"{self.title} sees no processes but its own, host_pid wanted")
        return None

    def privilege_grants(self, name: str) -> Iterable[Grant]:
        """A machine has its privileges inside of itself."""
        return ()

    def option_grants(self, candidate: Candidate) -> Iterable[Grant]:
        """What it is given of the host is a device, and no right of its own."""
        return ()

    def device_grants(self, device: Device, candidate: Candidate) -> Iterable[Grant]:
        """A PCI or USB device; a file that its own kernel makes takes nothing."""
        if device.kind != "path":
            yield Grant(kind=device.kind, value=device.spelled, why="devices")

    def device_refused(self, device: Device, candidate: Candidate) -> Failure | None:
        """It can be given whole PCI and USB devices."""
        if device.kind in ("pci", "usb"):
            return hardware_missing(device, candidate)
        if device.kind == "gpu":
            return never("a machine is given a GPU as a PCI device", "name it by its 'pci' address")
        if device.value in _FROM_ITS_OWN_KERNEL:
            return None
        reason = f"a file of the host such as {device.value} is not seen in a guest"
        return never(reason, "name the device by its 'pci' or 'usb' address")

    def options_refused(self, requirements: Requirements, candidate: Candidate) -> Iterable[Failure]:
        """What takes back a need."""
        return taken_back(candidate, self._needs_taken_back(requirements, candidate.options or {}))

    def _needs_taken_back(self, needs: Requirements, given: Options) -> TakenBack:
        if needs.memory and number(given.get("memory")) < needs.memory:
            yield "memory", "memory"
        if needs.cpus and number(given.get("cores")) * number(given.get("sockets"), 1) < needs.cpus:
            yield "cores", "cpus"
        if "kvm" in needs.kernel_features and given.get("kvm") is False:
            yield "kvm", "kvm"

    def address_refused(self, candidate: Candidate) -> None:
        """A machine's network is what its bridge leads to."""

    def count_nics(self, candidate: Candidate) -> int:
        """Those of its template and options."""
        template = candidate.image.config if candidate.image else {}
        return count_nics((*template, *((candidate.options or {}).get("net") or {})))

    def snapshots_refused(self, candidate: Candidate) -> Failure | None:
        """Its storage must have them."""
        name = candidate.storage or (candidate.image.storage if candidate.image else None)
        kind = (candidate.facts.storage_types or {}).get(name or "")
        if kind is None:
            storage = f"'{name}'" if name else f"of {candidate.image_name}"
            return unknown(f"cannot tell the type of the storage {storage}", "storage_types")
        row = STORAGES.get(kind)
        if row is None:
            return unknown(f"cannot tell whether a storage of type {kind} has snapshots", "storage_types")
        if row.snapshots:
            return None
        return not_now(f"its storage '{name}' is of type {kind}, which has no snapshots", "name another storage")

    def quota_refused(self, requirements: Requirements, candidate: Candidate) -> Iterable[Failure]:
        """Its target has no projects."""
        return ()

    def restrictions(self, requirements: Requirements, candidate: Candidate) -> Iterable[Failure]:
        """Its target has no projects."""
        return ()

    def cpu_model(self, candidate: Candidate) -> str | None:
        """The option ``cpu``; without it the plan takes a model that shows all that is wanted."""
        return model_name((candidate.options or {}).get("cpu")) or None

    # --- what it is made from -------------------------------------------------------------------

    def image(self, requirements: Requirements, options: Options, facts: Facts) -> Source:
        """The template in ``clone``; nothing where its disks are described; else one of the wanted system."""
        return image_source(requirements, options, facts)

    def storage(self, options: Options) -> str | None:
        """The storage that the clone's disks are to be on."""
        return options.get("storage")

    def check(self, option: str, value: t.Any) -> None:
        """Refuses the collection's own mark, and what could never be compared."""
        if option in NO_SETTINGS:
            raise OptionError(NO_SETTINGS[option])
        if option == "description":
            need_no_marks(line.strip() for line in str(value).splitlines())
        compare_settings({option: value}, {})

    # --- what is there --------------------------------------------------------------------------

    def system(self, instance: Instance, options: Options) -> str | None:
        """As Proxmox VE is told by ``ostype``, which a clone has from its template. What is given is to be set."""
        return None if options.get("ostype") else system_of(config_of(instance).get("ostype"))

    def identity(self, instance: Instance) -> str:
        """Proxmox VE gives each VM one when it is made; the id is another's in another cluster."""
        config = config_of(instance)
        return str(config.get("vmgenid") or config.get("smbios1") or "")

    def busy(self, instances: tuple[Instance, ...]) -> str | None:
        """What the VM is locked for, such as a clone that was begun by a run that is no more."""
        return next(filter(None, map(lock_of, instances)), None)

    def pending(self, instances: tuple[Instance, ...]) -> tuple[str, ...]:
        """The settings that are written and wait for a restart of the VM."""
        return waiting_settings(instances)

    def will_wait(self, instances: tuple[Instance, ...], changes: Mapping[str, tuple[t.Any, t.Any]]) -> tuple[str, ...]:
        """What waits already, and what of the changes no running VM takes."""
        return will_wait(instances, changes)

    def removal_refused(self, target: Target, instances: tuple[Instance, ...]) -> str | None:
        """What qemu-server and its API look at before they remove a VM."""
        return removal_refused(target, instances)

    # --- how it is made -------------------------------------------------------------------------

    def plan(
        self, service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str
    ) -> Plan:
        """Clone, configure, grow the disk, start: each only where something differs."""
        return plan(service, candidate, target, instances, state)

    def permits(
        self, service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str
    ) -> tuple[Permit, ...]:
        """What its plan takes, and what it takes to see what became of it."""
        return permits_of_plan(service, candidate, target, instances, state)

    def restart(self, instances: tuple[Instance, ...], waiting: tuple[str, ...]) -> tuple[Call, ...]:
        """A restart of each."""
        return restart(instances, waiting)

    def adopt(self, service: Service, target: Target, instance: Instance) -> Plan:
        """A tag, and a line of the description below what is there."""
        return adopt(service, target, instance)

    def remove(self, service: Service, target: Target, instances: tuple[Instance, ...]) -> Plan:
        """Stopped first, by force after its shutdown's time."""
        return removal(removal_calls(instances), instances)

    # --- how it is reached ----------------------------------------------------------------------

    def connection(self, target: Target, instance: Instance) -> dict[str, t.Any]:
        """By ssh, as the user that cloud-init made."""
        variables: dict[str, t.Any] = {"ansible_connection": "ssh"}
        if instance.addresses:
            variables["ansible_host"] = instance.addresses[0]
        user = config_of(instance).get("ciuser")
        return variables | ({"ansible_user": user} if user else {})

    def public_keys(self, instance: Instance) -> tuple[str, ...]:
        """Those that cloud-init lets in."""
        keys = unquote(str(config_of(instance).get("sshkeys") or ""))
        return tuple(filter(None, keys.splitlines()))
