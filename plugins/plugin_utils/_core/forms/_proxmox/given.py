# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What of a VM was given by an earlier run and is given no more.

The names of what is given are in a line of the description, below the mark: names alone, for a value may be a secret.
What is given no more gets the value that a new clone of the template would have, or none. A disk is never taken away.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from ..common import MARKS
from .networks import without_macs
from .options import API_NAMES, DRIVES, FIXED_DISKS, GROUPS, option_of

GIVEN = f"{MARKS}given"
_LINE = re.compile(rf"^[^\S\n]*{re.escape(GIVEN)}:[^\n]*\n?", re.MULTILINE)
_TAG = "tags."
_NEVER_NAMED = ("description", "name", "tags")
_DISK = re.compile(rf"(?:{'|'.join(DRIVES)})\d+|{'|'.join(FIXED_DISKS)}")


@dataclass(frozen=True)
class Withdrawal:
    """
    What becomes of what is given no more: ``reset`` in the delegate's options, ``deleted`` by the API's names, and the
    ``tags`` that go. ``stays`` are the names of what cannot go, of which ``warnings`` tell.
    """

    reset: Mapping[str, t.Any] = field(default_factory=dict)
    deleted: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    stays: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def names_given(options: Mapping[str, t.Any]) -> str:
    """The names, as they stand in the line; empty without any."""
    names: list[str] = [f"{_TAG}{str(tag).lower()}" for tag in options.get("tags") or ()]
    for option, value in options.items():
        if option in _NEVER_NAMED or value is None:
            continue
        names += list(map(str, value)) if option in GROUPS else [API_NAMES.get(option, option)]
    return " ".join(sorted(set(names)))


def with_names(description: str, names: str) -> str:
    """The description with the line for the names, or without one where there are none."""
    words = without_names(description)
    return f"{words}\n{GIVEN}: {names}" if names else words


def without_names(description: t.Any) -> str:
    """The description as people and the mark have it."""
    return _LINE.sub("", str(description or "")).strip()


def names_before(description: t.Any) -> str | None:
    """The names that an earlier run has given; None where nothing tells."""
    line = _LINE.search(str(description or ""))
    return line.group().partition(":")[2].strip() if line else None


def withdraw(
    vm: str, before: str | None, now: str, config: Mapping[str, t.Any], template: Mapping[str, t.Any] | None
) -> Withdrawal:
    """
    What of ``config``, the API's configuration, goes. ``template`` is the template's, None where nobody knows it.
    """
    gone = sorted(set((before or "").split()) - set(now.split()))
    tags = frozenset(name.removeprefix(_TAG) for name in gone if name.startswith(_TAG))
    present = [name for name in gone if name in config]
    disks = [name for name in present if _DISK.fullmatch(name) and "media=cdrom" not in str(config[name])]
    others = [name for name in present if name not in disks]
    warnings = _stay_warnings(vm, disks, "a disk is never taken away")
    if template is None:
        warnings += _stay_warnings(vm, others, "the template that it would have it of is not there")
        return Withdrawal(tags=tags, stays=tuple(present), warnings=tuple(warnings))
    clean = {**without_macs(template), **_own_identity(config)}
    reset: dict[str, t.Any] = {}
    for name in others:
        option = option_of(name)
        if name in clean and option in GROUPS:
            reset.setdefault(option, {})[name] = clean[name]
        elif name in clean:
            reset[option] = unquote(str(clean[name])) if option == "sshkeys" else clean[name]
    deleted = tuple(name for name in others if name not in clean)
    return Withdrawal(reset, deleted, tags, tuple(disks), tuple(warnings))


def _own_identity(config: Mapping[str, t.Any]) -> dict[str, str]:
    """A clone has an UUID of its own, which it keeps."""
    uuid = re.search(r"uuid=[^,]+", str(config.get("smbios1") or ""))
    return {"smbios1": uuid.group()} if uuid else {}


def _stay_warnings(vm: str, names: Iterable[str], why: str) -> list[str]:
    listed = ", ".join(names)
    return [f"{vm} keeps {listed}, which nobody asks for any more: {why}; take it out by hand."] if listed else []
