# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How VMs are removed, and what refuses it."""

from __future__ import annotations

from ...model import Call, Instance, Target
from ..common import ABSENT, STOPPED
from .calls import address_of, power
from .existing import HIBERNATED, config_of
from .permits import missing_permits


def removal_calls(instances: tuple[Instance, ...]) -> list[Call]:
    """Stopped first, by force after its shutdown's time: the delegate leaves a running VM there and says ok."""
    calls = []
    for instance in instances:
        if instance.state not in (STOPPED, HIBERNATED):
            calls.append(power(address_of(instance), STOPPED, f"stop VM {instance.id}"))
        calls.append(power(address_of(instance), ABSENT, f"remove VM {instance.id} and its disks"))
    return calls


def removal_refused(target: Target, instances: tuple[Instance, ...]) -> str | None:
    """
    What qemu-server's ``destroy_vm`` and its API look at before they remove a VM. A lock is waited for.
    """
    reasons = (*map(_reason_to_keep, instances), missing_permits(target, removal_calls(instances)))
    return next(filter(None, reasons), None)


def _reason_to_keep(instance: Instance) -> str | None:
    """What keeps it from being removed, and how to help."""
    vm, known = f"VM {instance.id}", instance.config
    if str(config_of(instance).get("protection", 0)) == "1":
        remedy = f"remove the protection first, by 'qm set {instance.id} --protection 0' or 'protection: false'"
        return f"{vm} is protected; {remedy}"
    if known.get("dependents"):
        others = ", ".join(known["dependents"])
        return f"the disks of VM {others} build on those of {vm}; remove these first, or move their disks"
    if ((known.get("status") or {}).get("ha") or {}).get("managed"):
        return f"{vm} is managed by high availability; take it out first, by 'ha-manager remove vm:{instance.id}'"
    if known.get("replications"):
        jobs = known["replications"]
        return f"{vm} is replicated (job {', '.join(jobs)}); remove the job first, by 'pvesr delete {jobs[0]}'"
    return None
