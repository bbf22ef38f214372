# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of several parts, such as ``agent: enabled=1,type=virtio``, and what is known of each part."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import spelling


@dataclass(frozen=True)
class Parts:
    """
    A setting of several parts, ``a=1,b=2`` in any order.

    ``first`` is the one that may be given without its name, ``switches`` and ``numbers`` are those of these types,
    ``sets`` lists with semicolons in any order, ``lower`` those whose case does not matter, ``addresses`` those of
    networks. ``defaults`` are the values of parts that are left out, ``aliases`` other names of a part.
    """

    first: str = ""
    switches: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def read(self, value: t.Any) -> dict[str, t.Any]:
        """Each part in its one form; one that has its default value is left out."""
        parts = {}
        for word in filter(None, (word.strip() for word in spelling.text(value).split(","))):
            key, sign, item = word.partition("=")
            key, item = (key, item) if sign else (self.first, key)
            key = self.aliases.get(key, key)
            parts[key] = self._read(key, item)
        return {key: item for key, item in parts.items() if self._default(key) != item}

    def _default(self, key: str) -> t.Any:
        return self._read(key, self.defaults[key]) if key in self.defaults else None

    def _read(self, key: str, item: str) -> t.Any:
        if key in self.switches:
            return spelling.switch(item)
        if key in self.numbers:
            return spelling.number(item)
        if key in self.sets:
            return tuple(sorted(filter(None, (word.strip().lower() for word in item.split(";")))))
        if key in self.addresses:
            return spelling.address(item)
        return item.lower() if key in self.lower else item


_LIMITS = tuple(
    f"{what}{way}{burst}"
    for what in ("iops", "mbps", "bps")
    for way in ("", "_rd", "_wr")
    for burst in ("", "_max", "_max_length")
)
DRIVE = Parts(
    first="file",
    switches=("backup", "detect_zeroes", "iothread", "replicate", "ro", "scsiblock", "shared", "snapshot", "ssd"),
    numbers=(*_LIMITS, "cyls", "heads", "queues", "secs"),
    lower=("wwn",),
    defaults={"backup": "1", "media": "disk", "replicate": "1", "scsiblock": "0", "shared": "0"}
    | dict.fromkeys(("iothread", "ro", "snapshot", "ssd"), "0"),
    aliases={
        "volume": "file",
        **{f"{what}_{way}_length": f"{what}_{way}_max_length" for what in ("iops", "bps") for way in ("rd", "wr")},
    },
)

SETTING_PARTS: dict[str, Parts] = {
    "agent": Parts(
        first="enabled",
        switches=("enabled", "freeze-fs-on-backup", "fstrim_cloned_disks"),
        defaults={"enabled": "0", "freeze-fs-on-backup": "1", "fstrim_cloned_disks": "0", "type": "virtio"},
    ),
    "audio": Parts(defaults={"driver": "spice"}),
    "cicustom": Parts(),
    "cpu": Parts(
        first="cputype",
        switches=("hidden",),
        numbers=("guest-phys-bits",),
        sets=("flags",),
        defaults={"hidden": "0", "reported-model": "kvm64"},
    ),
    "efidisk0": Parts(
        first="file",
        switches=("pre-enrolled-keys",),
        lower=("efitype",),
        defaults={"efitype": "2m", "pre-enrolled-keys": "0", "ms-cert": "2011"},
        aliases={"volume": "file"},
    ),
    "hostpci": Parts(
        first="host",
        switches=("legacy-igd", "pcie", "rombar", "x-vga"),
        sets=("host",),
        lower=("device-id", "sub-device-id", "sub-vendor-id", "vendor-id"),
        defaults={"legacy-igd": "0", "pcie": "0", "rombar": "1", "x-vga": "0"},
    ),
    "ipconfig": Parts(addresses=("gw", "gw6", "ip", "ip6")),
    "machine": Parts(first="type", switches=("enable-s3", "enable-s4")),
    "numa": Parts(numbers=("memory",), sets=("cpus", "hostnodes"), aliases={"cpu": "cpus"}),
    "rng0": Parts(first="source", numbers=("max_bytes", "period"), defaults={"max_bytes": "1024", "period": "1000"}),
    "smbios": Parts(switches=("base64",), lower=("uuid",), defaults={"base64": "0"}),
    "startup": Parts(first="order", numbers=("order", "up", "down")),
    "tpmstate0": Parts(first="file", defaults={"version": "v1.2"}, aliases={"volume": "file"}),
    "usb": Parts(first="host", switches=("usb3",), lower=("host",), defaults={"usb3": "0"}),
    "vga": Parts(first="type", numbers=("memory",), defaults={"type": "std"}),
    "watchdog": Parts(first="model", defaults={"model": "i6300esb"}),
}
"""The settings of several parts, by the delegate's option."""

NETWORK = Parts(
    first="model",
    switches=("firewall", "link_down"),
    numbers=("mtu", "queues", "rate", "tag"),
    sets=("trunks",),
    lower=("macaddr",),
    defaults={"firewall": "0", "link_down": "0"},
)
