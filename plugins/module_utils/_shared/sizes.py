# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Units of sizes, in bytes, as each side writes them."""

from __future__ import annotations

MIB = 2**20

_BINARY, _DECIMAL = 2**10, 10**3


def _units(letters: str, suffix: str, factor: int) -> dict[str, int]:
    return {f"{letter}{suffix}": factor**power for power, letter in enumerate(letters, 1)}


WRITTEN_UNITS = {
    "b": 1,
    **_units("kmgt", "", _BINARY),
    **_units("kmgt", "ib", _BINARY),
    **_units("kmgt", "b", _DECIMAL),
}
"""In requirements, in lower case. One letter is binary, as Docker and Proxmox VE read it; ``GB`` is decimal."""

LXD_UNITS = {
    "": 1,
    "B": 1,
    " bytes": 1,
    **_units("kMGTPE", "B", _DECIMAL),
    **_units("KMGTPE", "iB", _BINARY),
}
"""https://documentation.ubuntu.com/lxd/en/latest/reference/instance_units/"""

PROXMOX_UNITS = {"": 1, **_units("KMGT", "", _BINARY)}
"""Of a disk's ``size=`` (https://pve.proxmox.com/pve-docs/qm.conf.5.html, ``DiskSize``)."""
