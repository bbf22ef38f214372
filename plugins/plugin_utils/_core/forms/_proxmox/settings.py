# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The table of settings: how each option of proxmox_kvm is compared with a VM's configuration.

The defaults and types are those of the API's own schema
(https://pve.proxmox.com/pve-docs/api-viewer/#/nodes/{node}/qemu/{vmid}/config) and of qm.conf(5).
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from . import spelling
from .options import FIXED_DISKS, GROUPS, PASSWORD
from .parts import SETTING_PARTS


@dataclass(frozen=True)
class Setting:
    """
    One option: ``read`` gives what is compared, ``default`` is its value where the VM says nothing, None where that is
    not known, ``text`` makes what is shown of what is sent.
    """

    read: Callable[[t.Any], t.Any] = spelling.text
    default: str | None = None
    text: Callable[[t.Any], t.Any] = spelling.text

    def differs(self, wanted: t.Any, current: t.Any) -> bool:
        """Whether the VM has another value than the wanted one."""
        value = self.default if current is None else current
        return value is None or self.read(wanted) != self.read(value)

    def change(self, current: t.Any, sent: t.Any) -> tuple[t.Any, t.Any]:
        """Both sides, in the form and the type in which the API tells them."""
        after = self.text(sent)
        if current is None:
            return None, after
        if isinstance(current, (int, float)) and not isinstance(current, bool) and re.fullmatch(r"\d+", after):
            return current, int(after)
        return self.text(current), after


def _spaced(value: t.Any) -> str:
    return " ".join(spelling.words(value))


SETTINGS: dict[str, Setting] = {
    **dict.fromkeys(
        ("autostart", "freeze", "numa_enabled", "onboot", "protection", "tdf"), Setting(spelling.switch, "0")
    ),
    **dict.fromkeys(("acpi", "ciupgrade", "kvm", "reboot", "tablet"), Setting(spelling.switch, "1")),
    # On for Windows alone, where nothing is said.
    "localtime": Setting(spelling.switch),
    "balloon": Setting(spelling.number),
    "cores": Setting(spelling.whole_number, "1"),
    "cpulimit": Setting(spelling.number, "0"),
    "cpuunits": Setting(spelling.number),
    "memory": Setting(spelling.whole_number, "512"),
    "migrate_downtime": Setting(spelling.number, "0.1"),
    "migrate_speed": Setting(spelling.number, "0"),
    "shares": Setting(spelling.number, "1000"),
    "sockets": Setting(spelling.whole_number, "1"),
    "vcpus": Setting(spelling.number, "0"),
    "args": Setting(),
    "bios": Setting(default="seabios"),
    "boot": Setting(spelling.boot_devices),
    "bootdisk": Setting(),
    "citype": Setting(),
    "ciuser": Setting(),
    "description": Setting(spelling.lines, "", spelling.lines),
    "hookscript": Setting(),
    "hotplug": Setting(spelling.features, "network,disk,usb"),
    "hugepages": Setting(),
    "keyboard": Setting(),
    "nameservers": Setting(spelling.words, text=_spaced),
    "ostype": Setting(),
    "scsihw": Setting(default="lsi"),
    "searchdomains": Setting(spelling.words, text=_spaced),
    "sshkeys": Setting(spelling.decoded_keys, text=spelling.decoded_keys),
    "startdate": Setting(default="now"),
    "tags": Setting(spelling.tags, "", lambda value: ";".join(spelling.tags(value))),
    **{option: Setting(parts.read) for option, parts in SETTING_PARTS.items()},
    "agent": Setting(SETTING_PARTS["agent"].read, "0"),
    # Each is a text of one word.
    "parallel": Setting(),
    "serial": Setting(),
}
"""Every setting by the delegate's option, of a mapping for each of its keys."""

COMPARED = frozenset({*SETTINGS, *GROUPS, *FIXED_DISKS, PASSWORD})
"""The options that are compared with what is there; the password is written when the VM is made."""


def has_agent(config: Mapping[str, t.Any]) -> bool:
    """Whether the VM is said to have a guest agent."""
    return SETTING_PARTS["agent"].read(config.get("agent") or "0").get("enabled") == "1"
