# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes as people write them, and as we show them."""

from __future__ import annotations

import functools
import math
import re

from ....module_utils._shared.sizes import MIB, WRITTEN_UNITS

_SIZE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$", re.ASCII)


def mebibytes(value: int | float | str, *, plain: str = "MiB") -> int:
    """
    A size in whole MiB, rounded up: ``512 MiB``, ``4 GiB``, ``1.5G``; a plain number is in ``plain``.

    One letter is binary, as Docker, LXD and Proxmox read it; ``GB`` and its like are decimal.
    Raises ValueError, in words, for what is no size.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("must be a size such as '512 MiB' or '4 GiB'")
    found = _SIZE.match(str(value))
    if not found:
        raise ValueError("must be a size of 0 or more, such as '512 MiB' or '4 GiB'")
    number, unit = found.groups()
    unit = (unit or plain).lower()
    if unit not in WRITTEN_UNITS:
        raise ValueError("has a unit that is not known; use KiB, MiB, GiB or TiB")
    size = float(number) * WRITTEN_UNITS[unit] / MIB
    if not math.isfinite(size):
        raise ValueError("must be a size that a computer can have")
    return math.ceil(size)


@functools.lru_cache(maxsize=4096)
def readable(mib: float) -> str:
    """A size in the largest unit that shows it exactly or nearly: 4096 is ``4 GiB``."""
    for unit, factor in (("TiB", 2**20), ("GiB", 2**10)):
        if mib >= factor:
            number = round(mib / factor, 1)
            return f"{number:g} {unit}"
    return f"{mib:g} MiB"


_SWITCHES = {
    **dict.fromkeys(("yes", "on", "true", "y", "t", "1"), True),
    **dict.fromkeys(("no", "off", "false", "n", "f", "0"), False),
}
"""What a module of Ansible takes for a switch: ``-e`` and inventories of the INI format know texts only."""


def switch(value: object) -> bool:
    """A switch as modules of Ansible take it. Raises ValueError, in words, for what is none."""
    word = str(value).strip().lower()
    if not isinstance(value, (bool, int, str)) or word not in _SWITCHES:
        raise ValueError("must be true or false")
    return _SWITCHES[word]


def distinct_sizes(wanted: float, found: float) -> tuple[str, str]:
    """Two sizes in words, in MiB where they would read the same."""
    words = readable(wanted), readable(found)
    return words if words[0] != words[1] else (f"{wanted:.10g} MiB", f"{found:.10g} MiB")
