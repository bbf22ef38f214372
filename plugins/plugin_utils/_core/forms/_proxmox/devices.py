# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PCI and USB devices of the host that a VM is given."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping, Sequence

from ...model import Candidate

_OPTIONS = {"pci": ("hostpci", ""), "usb": ("usb", "host=")}
"""By the kind of a grant: the option, and what stands before the address in it."""


def missing_devices(candidate: Candidate, config: Mapping[str, t.Any]) -> dict[str, dict[str, str]]:
    """Devices that it does not have yet, by option, each in a free slot; one that it has stays as it is."""
    missing: dict[str, dict[str, str]] = {}
    for kind, (option, _prefix) in _OPTIONS.items():
        present = {_device(value) for key, value in config.items() if key.startswith(option)}
        slots = (f"{option}{number}" for number in range(16) if f"{option}{number}" not in config)
        devices = {next(slots): device for device in _granted_devices(candidate, kind) if device not in present}
        if devices:
            missing[option] = devices
    return missing


def surplus_devices(candidate: Candidate, options: Mapping[str, t.Any], config: Mapping[str, t.Any]) -> list[str]:
    """The slots of devices that it has and nobody asks for. Somebody may have given them by hand, so they stay."""
    asked = {device for kind in _OPTIONS for device in _granted_devices(candidate, kind)}
    named = {key for option, _prefix in _OPTIONS.values() for key in options.get(option) or ()}
    template = candidate.image.config if candidate.image else {}
    return sorted(
        key
        for key, value in config.items()
        if re.fullmatch(r"(hostpci|usb)\d+", key)
        and (key.startswith("hostpci") or str(value).startswith("host="))
        and key not in {*named, *template}
        and _device(value) not in asked
    )


def _device(value: t.Any) -> str:
    """The device alone, of a setting that says more of it."""
    return str(value).split(",", 1)[0]


def _granted_devices(candidate: Candidate, kind: str) -> list[str]:
    """As they stand in the option; of two devices that are named alike, the one and the other."""
    devices: list[str] = []
    for grant in candidate.grants or ():
        if grant.kind == kind:
            devices.append(_OPTIONS[kind][1] + _address(candidate, grant.value, devices))
    return devices


def _address(candidate: Candidate, value: str, taken: Sequence[str]) -> str:
    """Where a device is that is named by what it is, and not taken: of a PCI device Proxmox wants the address."""
    known = [words.split() for words in candidate.facts.pci_devices or ()]
    return next((words[0] for words in known if value in words[1:] and words[0] not in taken), value)
