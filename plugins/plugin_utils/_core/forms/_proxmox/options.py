# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of proxmox_kvm: what they hold, and what the API calls them."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .....module_utils._shared.proxmox import BUSES

DRIVES = BUSES
"""Options that hold disks and CD-ROMs."""

FIXED_DISKS = ("efidisk0", "tpmstate0")
"""Disks of the firmware: the API makes one of a size of its own, and none of their parts changes after that."""

GROUPS = (*DRIVES, "net", "ipconfig", "numa", "serial", "parallel", "hostpci", "usb", "audio")
"""Options that are mappings of numbered keys, each a setting of its own."""

UNSAFE = (*DRIVES, *FIXED_DISKS, "net")
"""What the delegate sends only as an unsafe update."""

API_NAMES = {
    "nameservers": "nameserver",
    "searchdomains": "searchdomain",
    "smbios": "smbios1",
    "numa_enabled": "numa",
}
"""The API's names of the delegate's options, where they differ."""

_OPTION_NAMES = {name: option for option, name in API_NAMES.items()}

PASSWORD = "cipassword"
"""It comes back masked, so it cannot be compared."""

CLONE_OPTIONS = ("full", "format", "storage", "pool", "snapname")
"""Options of which only the making of a clone is told."""

HANDLED = (*CLONE_OPTIONS, "clone", "timeout")
"""Options that say how a VM is made, and not what it is."""

NO_SETTINGS = {
    "archive": "restores a backup, which is not a state to keep: restore it by hand, then take it over with 'adopt'",
    "digest": "guards a single call, and the collection itself looks at what is there",
    "lock": "locks the VM against all that follows, its start included: use 'qm set --lock' once it is placed",
    "purge": "has no meaning while a VM is placed: take it out of backup, replication and HA jobs before its removal",
    "skiplock": "is for root alone; the collection waits for a VM that is locked",
}
"""Options of the delegate that describe no VM, and why each is refused, as the end of a sentence."""


def in_api_names(arguments: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The delegate's arguments by the API's names, each numbered setting by its own."""
    by_name: dict[str, t.Any] = {}
    for option, value in arguments.items():
        by_name.update(value if isinstance(value, Mapping) else {API_NAMES.get(option, option): value})
    return by_name


def option_of(key: str) -> str:
    """The delegate's option for a setting of the API: of a numbered one the mapping that holds it."""
    group = key.rstrip("0123456789")
    return group if group in GROUPS and group != key else _OPTION_NAMES.get(key, key)
