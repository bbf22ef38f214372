# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings that a VM shall have: those of its needs, those of the user, and the mark."""

from __future__ import annotations

import math
import typing as t
from collections.abc import Mapping

from .....module_utils._shared.proxmox import TAG, boot_disk, disk_mib, mark_line
from ...knowledge.processors import PHYSICAL, flags_of, model_for, model_name, shown_by, wanted_level
from ...model import Candidate, Service, Target
from ...reading.marks import SIGNATURE, signed
from ..common import MARK
from .comparison import SettingChanges, compare_settings
from .devices import missing_devices
from .drives import boot_order, first_storage, free_slot, has_cloud_init, is_from_nothing
from .given import Withdrawal, names_given
from .options import HANDLED, PASSWORD, in_api_names

NAME = "proxmox_vm"
"""The form, as it is signed."""

NO_WITHDRAWAL = Withdrawal()

_BUSES = ("ide", "sata", "scsi")
_CLOUD_INIT = ("cicustom", PASSWORD, "ciuser", "ipconfig", "nameservers", "searchdomains", "sshkeys")


def with_mark(service: Service, target: Target, vmid: int | None, words: str) -> str:
    """A description with the mark below it, and its signature where the target has a key: the first one signs."""
    signature = signed(target, NAME, service.name, str(vmid))
    lines = [mark_line(MARK, service.name), *([mark_line(SIGNATURE, signature)] if signature else ())]
    return "\n\n".join((words.strip(), "\n".join(lines))).strip()


def names_of_given(service: Service, options: Mapping[str, t.Any]) -> str:
    """What is given, by its names: sizes that are needed, and what the user wrote that can be given no more."""
    given = {name: value for name, value in options.items() if name not in HANDLED}
    return names_given({**_needed_sizes(service), **given})


def _needed_sizes(service: Service) -> dict[str, int]:
    needs = service.requirements
    sizes = {"cores": math.ceil(needs.cpus) if needs.cpus else None, "memory": needs.memory}
    return {name: size for name, size in sizes.items() if size}


def setting_changes(
    service: Service,
    candidate: Candidate,
    options: Mapping[str, t.Any],
    current: Mapping[str, t.Any],
    *,
    fresh: bool,
    withdrawal: Withdrawal = NO_WITHDRAWAL,
) -> SettingChanges:
    """
    The settings that differ from the ``current`` ones, or from what the clone will bring along.

    A cloud-init password comes back masked and cannot be compared, so it is set when the VM is made. What is given no
    more is gone by the time that the needs are looked at.
    """
    config = {key: value for key, value in current.items() if key not in withdrawal.deleted}
    config |= in_api_names(withdrawal.reset)
    wanted: dict[str, t.Any] = {**withdrawal.reset, **_needed_sizes(service)}
    model = _cpu_model(service, candidate, config)
    if model:
        wanted["cpu"] = model
    for option, keys in missing_devices(candidate, config).items():
        wanted[option] = {**wanted.get(option, {}), **keys}
    for option, value in _given_settings(options, fresh=fresh).items():
        is_group = isinstance(value, Mapping)
        wanted[option] = {**withdrawal.reset.get(option, {}), **value} if is_group else value
    wanted["tags"] = [*(options.get("tags") or ()), TAG]
    drives = {key: drive for bus in _BUSES for key, drive in (options.get(bus) or {}).items()}
    if any(options.get(name) for name in _CLOUD_INIT) and not has_cloud_init({**config, **drives}):
        slot = free_slot({**config, **drives})
        wanted["ide"] = {slot: f"{_disk_storage(candidate, options, config)}:cloudinit", **(options.get("ide") or {})}
    deleted = [key for key in withdrawal.deleted if key not in in_api_names(wanted)]
    return compare_settings(wanted, current, fresh=fresh, deleted=deleted, dropped_tags=withdrawal.tags)


def _given_settings(options: Mapping[str, t.Any], *, fresh: bool) -> dict[str, t.Any]:
    given = {key: value for key, value in options.items() if key not in HANDLED}
    if not fresh:
        given.pop(PASSWORD, None)
    elif is_from_nothing(options) and not options.get("boot") and not options.get("bootdisk"):
        # The API does it for the drives of a VM that is made with them, and not for those that follow.
        given["boot"] = boot_order(options)
    return given


def disk_growth(service: Service, config: Mapping[str, t.Any], wanted: SettingChanges) -> dict[str, int]:
    """
    MiB by disk that is to grow. It only ever grows: to shrink one loses what is in it, and Proxmox refuses.
    """
    growth = dict(wanted.growth)
    need, disk = service.requirements.disk, boot_disk(config)
    if need and disk is not None and max(growth.get(disk, 0), disk_mib(config, disk) or 0) < need:
        growth[disk] = need
    return growth


def _cpu_model(service: Service, candidate: Candidate, config: Mapping[str, t.Any]) -> str | None:
    """The CPU model to be set: none where the present one shows all that is needed."""
    needs = service.requirements
    present = model_name(config.get("cpu"))
    if present in PHYSICAL:
        return None
    if "kvm" in needs.kernel_features:
        return PHYSICAL[0]
    image = candidate.image if candidate.image is not None and candidate.image.os else None
    system = (image.os, image.os_version) if image else (needs.os_family, needs.os_version)
    level, _why = wanted_level(needs.cpu_level, *system)
    flags = frozenset(needs.cpu_features) | (flags_of(level) if level else frozenset())
    if present and flags <= (shown_by(present) or frozenset()):
        return None
    return model_for(flags)


def _disk_storage(candidate: Candidate, options: Mapping[str, t.Any], config: Mapping[str, t.Any]) -> str:
    """Where a drive of its own goes: to the disks that the user places, else to those that it has."""
    present, _sign, _volume = str(config.get(boot_disk(config) or "", "")).partition(":")
    named = candidate.storage or first_storage(options) or present
    return named or next(iter(candidate.facts.storages or {"local": 0}))
