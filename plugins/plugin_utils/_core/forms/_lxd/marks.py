# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keys of a container's configuration that say whose it is, and what of it the plan set."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .....module_utils._shared.marks import LXD_PREFIX
from ...model import Service, Target
from ...reading.marks import SIGNATURE, signed
from ..common import MARK, MARKS

NAME = "lxd_container"
"""The form, as it is signed."""

KEY = f"{LXD_PREFIX}{MARK}"
"""LXD keeps ``user.*`` for its users: https://documentation.ubuntu.com/lxd/en/latest/reference/instance_options/"""

SIGNATURE_KEY = f"{LXD_PREFIX}{SIGNATURE}"

GIVEN_KEY = "user.rightscope.given"
"""
The names of what the plan set, so that what is wanted no more can go: keys of the configuration, devices, and those of
PLAIN that the user gave.
"""

NOTHING_GIVEN = "none"
"""LXD forgets a key without a value."""

_DEVICE = "device."


def marks(service: Service, target: Target, name: str) -> dict[str, str]:
    """The mark, and its signature where the target has a key: here the first key signs anew what an older one has."""
    signature = signed(target, NAME, service.name, name)
    return {KEY: service.name, **({SIGNATURE_KEY: signature} if signature else {})}


def names_of_given(config: Mapping[str, str], devices: Mapping[str, t.Any], plain: Mapping[str, t.Any]) -> str:
    """Names alone, for a value may be a secret; those of the marks go without saying."""
    keys = [key for key in config if not key.startswith(f"user.{MARKS}")]
    return " ".join(sorted([*keys, *plain, *(f"{_DEVICE}{name}" for name in devices)])) or NOTHING_GIVEN


def names_before(current: Mapping[str, t.Any]) -> list[str]:
    """What an earlier plan set, by its names."""
    return (current.get("config") or {}).get(GIVEN_KEY, "").split()


def withdrawn_keys(current: Mapping[str, t.Any], config: Mapping[str, str]) -> list[str]:
    """Keys that an earlier plan set, that are still there, and that this one does not want."""
    return [name for name in names_before(current) if name in current["config"] and name not in config]


def withdrawn_devices(current: Mapping[str, t.Any], devices: Mapping[str, t.Any]) -> list[str]:
    """
    Devices of which the same is true.

    The root disk stays as it is: without its own it would be the profile's, which may be smaller than what is on it.
    """
    present = current.get("devices") or {}
    names = [name.removeprefix(_DEVICE) for name in names_before(current) if name.startswith(_DEVICE)]
    return [name for name in names if name in present and name not in devices and present[name].get("path") != "/"]
