# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a VM: clone, configure, grow the disk, start, each only where something differs."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .....module_utils._shared.proxmox import TAG, boot_disk, disk_mib
from ...model import Call, Candidate, Instance, Plan, Service, Target
from ...reading.quantities import readable
from ..common import ABSENT, STARTED, STOPPED, masked, run_state
from .calls import TIMEOUT, address_of, configuration, creation, growing, power
from .comparison import SettingChanges
from .configuration import NO_WITHDRAWAL, disk_growth, names_of_given, setting_changes, with_mark
from .devices import surplus_devices
from .drives import as_made, is_from_nothing
from .existing import HIBERNATED, PAUSED, config_of, tags_of
from .given import Withdrawal, names_before, with_names, withdraw, without_names
from .networks import without_macs


def plan(service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str) -> Plan:
    """The calls from what is there to what is wanted."""
    options = {key: value for key, value in (candidate.options or {}).items() if value is not None}
    vmid = int(instances[0].id) if instances else target.next_id
    options["description"] = with_mark(service, target, vmid, str(options.get("description", "")))
    if instances:
        return _change(service, candidate, options, instances[0], state)
    return _creation(service, candidate, options, vmid, state)


def _creation(service: Service, candidate: Candidate, options: dict[str, t.Any], vmid: int | None, state: str) -> Plan:
    shown = options["description"]
    options["description"] = with_names(shown, names_of_given(service, options))
    template = None if is_from_nothing(options) else candidate.image
    config = without_macs(template.config) if template else {}
    config["description"] = options["description"]
    wanted = setting_changes(service, candidate, options, config, fresh=True)
    address = {"vmid": vmid, "node": candidate.node, "timeout": options.get("timeout", TIMEOUT)}
    calls = [creation(service, candidate, options, vmid, template), *configuration(address, wanted, fresh=True)]
    boot = {"boot": wanted.arguments["boot"]} if "boot" in wanted.arguments else {}
    calls += growing(vmid, disk_growth(service, {**as_made(options), **config, **boot}, wanted))
    end = run_state(state)
    if end == STARTED:
        calls.append(power(address, STARTED, f"start VM {vmid}"))
    disk = {"disk": readable(service.requirements.disk)} if service.requirements.disk else {}
    sizes = {f"{key}.size": readable(size) for key, size in wanted.growth.items()}
    origin = {"clone": candidate.image_wanted or template.id} if template else {}
    after = {"state": end, **origin, **wanted.after, "description": shown, **sizes, **disk}
    return Plan(
        calls=tuple(calls),
        before={service.name: {"state": ABSENT}},
        after={service.name: masked(after)},
        state=end,
        warnings=_disk_warnings(vmid, wanted),
    )


def _disk_warnings(vmid: t.Any, wanted: SettingChanges) -> tuple[str, ...]:
    return tuple(f"VM {vmid}: {warning}" for warning in wanted.warnings)


def _change(
    service: Service, candidate: Candidate, options: Mapping[str, t.Any], instance: Instance, state: str
) -> Plan:
    config = config_of(instance)
    # One without the tag is half made: its run was interrupted between its clone and its configuration.
    fresh = TAG not in tags_of(instance)
    names, earlier_names = names_of_given(service, options), names_before(config.get("description"))
    withdrawal = NO_WITHDRAWAL
    if not fresh:
        withdrawal = withdraw(f"VM {instance.id}", earlier_names, names, config, _template_config(candidate, options))
        names = " ".join(sorted({*names.split(), *withdrawal.stays}))
    wanted, unsaid = _changes_with_names(service, candidate, options, config, fresh, withdrawal, names, earlier_names)
    growth = disk_growth(service, config, wanted)
    calls = [
        *configuration(address_of(instance, options.get("timeout", TIMEOUT)), wanted, unsaid=unsaid),
        *growing(int(instance.id), growth),
    ]
    before, after = (
        {
            key: without_names(value) if key == "description" and value else value
            for key, value in side.items()
            if key not in unsaid
        }
        for side in (wanted.before, wanted.after)
    )
    boots = boot_disk(config)
    for disk, mib in growth.items():
        name = "disk" if disk == boots else f"{disk}.size"
        before[name], after[name] = readable(disk_mib(config, disk) or 0), readable(mib)
    end, surplus = run_state(state, instance.state), surplus_devices(candidate, options, config)
    calls += _power_calls(instance, options, state)
    if end != instance.state and not _stays_hibernated(instance, state):
        before["state"], after["state"] = instance.state, end
    return Plan(
        calls=tuple(calls),
        before={service.name: masked(before)} if before else {},
        after={service.name: masked(after)} if after else {},
        state=end,
        warnings=(
            *_disk_warnings(instance.id, wanted),
            *withdrawal.warnings,
            *((_surplus_warning(instance, surplus),) if surplus else ()),
        ),
    )


def _changes_with_names(
    service: Service,
    candidate: Candidate,
    options: Mapping[str, t.Any],
    config: Mapping[str, t.Any],
    fresh: bool,
    withdrawal: Withdrawal,
    names: str,
    earlier_names: str | None,
) -> tuple[SettingChanges, tuple[str, ...]]:
    """
    (what differs, the settings among it that nobody is told of).

    The names of what is given are no difference by themselves: they are written with the next one.
    """

    def changes(noted: str) -> SettingChanges:
        described = {**options, "description": with_names(options["description"], noted)}
        return setting_changes(service, candidate, described, config, fresh=fresh, withdrawal=withdrawal)

    wanted = changes(earlier_names or "")
    if not wanted.changes or names == (earlier_names or ""):
        return wanted, ()
    return changes(names), () if "description" in wanted.changes else ("description",)


def _template_config(candidate: Candidate, options: Mapping[str, t.Any]) -> Mapping[str, t.Any] | None:
    """What a VM that is made now would have by itself; None where the template is not there."""
    if is_from_nothing(options):
        return {}
    return candidate.image.config if candidate.image is not None else None


def _surplus_warning(instance: Instance, slots: list[str]) -> str:
    return f"VM {instance.id} still has {', '.join(slots)}, which nobody asks for; take it out by hand."


def _power_calls(instance: Instance, options: Mapping[str, t.Any], state: str) -> list[Call]:
    address, end = address_of(instance, options.get("timeout", TIMEOUT)), run_state(state, instance.state)
    if state == "restarted" and instance.state in (STARTED, PAUSED):
        return [power(address, "restarted", f"restart VM {instance.id}")]
    if end == instance.state or _stays_hibernated(instance, state):
        return []
    verb = "stop" if end == STOPPED else "resume" if instance.state in (PAUSED, HIBERNATED) else "start"
    return [power(address, end, f"{verb} VM {instance.id}")]


def _stays_hibernated(instance: Instance, state: str) -> bool:
    """Whether it shall be stopped, and is at rest as it is."""
    return instance.state == HIBERNATED and run_state(state, instance.state) == STOPPED
