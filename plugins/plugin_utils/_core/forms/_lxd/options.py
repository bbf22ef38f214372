# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of lxd_container: what is refused, and what the server makes of each."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping

from ...knowledge.distributions import ARCHITECTURES
from ..common import OptionError, need_no_marks, picked, text
from .marks import names_before

PLAIN = ("architecture", "ephemeral", "profiles")
"""Options that are compared whole, beside the keys of ``config`` and ``devices``."""

_SERVER_STATE = re.compile(r"volatile\.(?!.*\.hwaddr$)")


def check_option(option: str, value: t.Any) -> None:
    """
    Raises OptionError for the collection's own marks, and for what the server would refuse or never keep.

    TypeError for devices that are no mappings.
    """
    if option == "config":
        need_no_marks(value, "user.")
        _need_no_state(value)
    elif option == "devices":
        if not all(isinstance(device, Mapping) for device in value.values()):
            raise TypeError(option)
        for name, device in value.items():
            _need_one_network(name, device)
    elif option == "architecture" and _architecture(value) is None:
        # The server would keep its own, and say nothing.
        raise OptionError(f"must be one of {', '.join(sorted(set(ARCHITECTURES.values())))}, which LXD and Incus know")
    elif option == "profiles" and len(set(value)) < len(value):
        raise OptionError("must name each profile once")


def _need_no_state(config: Mapping[str, t.Any]) -> None:
    """What the server writes down for itself, but for the address of a network card, it changes as it likes."""
    for key in config:
        if _SERVER_STATE.match(str(key)):
            raise OptionError(f"must not have '{key}': it is the server's own state, which changes by itself")


def _need_one_network(name: str, device: Mapping[str, t.Any]) -> None:
    """A managed network says itself what sort of card it is and what it leads to."""
    if device.get("type") != "nic" or not device.get("network"):
        return
    beside = [key for key in ("nictype", "parent") if device.get(key)]
    if beside:
        raise OptionError(f"must not have '{name}.{beside[0]}' beside '{name}.network': the network says it")


def _architecture(name: t.Any) -> str | None:
    """By the name that the server keeps; None for one that it does not know."""
    return ARCHITECTURES.get(str(name).lower())


def config_texts(config: Mapping[str, t.Any] | None) -> dict[str, str]:
    """Every value is a text, as LXD keeps it: the delegate compares with ``!=``, and 2 is not ``"2"``."""
    return {str(key): text(value) for key, value in (config or {}).items()}


def device_texts(options: Mapping[str, t.Any]) -> dict[str, dict[str, str]]:
    """The user's devices by name, of each every value a text."""
    return {str(name): config_texts(device) for name, device in (options.get("devices") or {}).items()}


def plain_options(options: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The options of PLAIN that are given, as the server keeps them."""
    plain = picked(options, PLAIN)
    if "architecture" in plain:
        plain["architecture"] = _architecture(plain["architecture"]) or plain["architecture"]
    if "profiles" in plain:
        plain["profiles"] = list(plain["profiles"])
    return plain


def defaults_of_withdrawn(current: Mapping[str, t.Any], plain: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What becomes of those that an earlier plan set and this one does not: what a new container would have."""
    made_of = _architecture((current.get("config") or {}).get("image.architecture"))
    fresh = {"architecture": made_of, "ephemeral": False, "profiles": ["default"]}
    given = names_before(current)
    return {key: fresh[key] for key in PLAIN if key in given and key not in plain and fresh[key] is not None}


def kept_profiles(current: Mapping[str, t.Any]) -> tuple[str, ...] | None:
    """The profiles that it keeps where none are given: those that an earlier plan gave it, it does not keep."""
    is_given = "profiles" in names_before(current)
    return None if is_given or current.get("profiles") is None else tuple(current["profiles"])
