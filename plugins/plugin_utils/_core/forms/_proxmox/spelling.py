# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
One form for each of the many spellings of a value, in which two can be compared.

The API normalises what it is given: a switch is ``1`` or ``0``, a number has no zeros that say nothing.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t
from urllib.parse import unquote


def text(value: t.Any) -> str:
    """As the API has it: a switch is 1 or 0."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def switch(value: t.Any) -> str:
    """``1`` or ``0``, in whatever word it was said."""
    word = text(value).lower()
    return {"true": "1", "yes": "1", "on": "1", "false": "0", "no": "0", "off": "0"}.get(word, word)


def number(value: t.Any) -> str:
    """A number without zeros that say nothing. Newer releases may write ``current=4096`` for the memory."""
    word = text(value).rpartition("=")[2]
    return f"{float(word):g}" if re.fullmatch(r"\d+(\.\d*)?|\.\d+", word) and len(word) < 16 else word


def whole_number(value: t.Any) -> str:
    """A whole number. Raises ValueError for anything else."""
    return str(int(text(value).rpartition("=")[2]))


def address(value: t.Any) -> str:
    """An address has one form, a word such as ``dhcp`` is in lower case."""
    word = str(value).strip().lower()
    try:
        interface = ipaddress.ip_interface(word)
    except ValueError:
        return word
    return interface.with_prefixlen if "/" in word else str(interface.ip)


def lines(value: t.Any) -> str:
    """A text line by line: lines may end as they do on Windows, and space at their ends is not seen."""
    return "\n".join(line.rstrip() for line in str(value).splitlines()).strip()


def decoded_keys(value: t.Any) -> str:
    """SSH keys as the API tells them, in URL encoding."""
    return "\n".join(filter(None, (line.strip() for line in unquote(str(value)).splitlines())))


def keys(value: t.Any) -> str:
    """SSH keys as they are sent, one a line."""
    return "\n".join(filter(None, (line.strip() for line in str(value).splitlines())))


def words(value: t.Any) -> list[str]:
    """Servers and domains: their order counts, what is between them does not."""
    return [word for word in re.split(r"[,;\s]+", _join(value)) if word]


def _join(value: t.Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def tags(value: t.Any) -> list[str]:
    """Tags, in lower case and in order. Raises TypeError for what is neither a text nor a list."""
    if not isinstance(value, (str, list, tuple)):
        raise TypeError(value)
    return sorted({word.lower() for word in re.split(r"[;,\s]+", _join(value)) if word})


_FEATURES = {"1": "network,disk,usb", "0": ""}


def features(value: t.Any) -> list[str]:
    """The features that can be plugged in; ``1`` stands for the default ones."""
    word = text(value)
    return sorted(filter(None, re.split(r"[;,\s]+", _FEATURES.get(word, word))))


def boot_devices(value: t.Any) -> str:
    """``order=a;b`` in that order; the older ``cdn`` may be called ``legacy``."""
    word = re.sub(r"\s", "", text(value))
    return word.removeprefix("legacy=").strip(";,")
