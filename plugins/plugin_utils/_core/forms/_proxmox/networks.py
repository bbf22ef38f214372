# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network interfaces, and the MAC that each has."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Mapping

from .parts import NETWORK

_MODELS = re.compile(r"^(virtio|e1000e?|rtl8139|vmxnet3|ne2k_\w+|pcnet|i8\w+|e1000-\w+)$")
_KEY = re.compile(r"net\d+")


def network_parts(text: str) -> dict[str, t.Any]:
    """A network's parts: its model and MAC under names of their own, as ``virtio=MAC`` and ``model=`` say both."""
    words = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, sign, value = part.partition("=")
        if _MODELS.match(key):
            words += [f"model={key}", *([f"macaddr={value}"] if sign else [])]
        else:
            words.append(part)
    return NETWORK.read(",".join(words))


def _written_parts(text: str) -> dict[str, str]:
    """As ``network_parts``, each part as it is written."""
    parts = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, _sign, value = part.partition("=")
        if _MODELS.match(key):
            parts["model"], parts["macaddr"] = key, value
        else:
            parts[key] = value
    return parts


def with_mac(text: str, current: t.Any) -> str:
    """
    The network as it will be sent, with the MAC it has: without one the API makes a new one at each update.
    """
    wanted = _written_parts(text)
    mac = (wanted.pop("macaddr", "") or _written_parts(str(current or "")).get("macaddr", "")).upper()
    model = wanted.pop("model", "virtio")
    head = f"{model}={mac}" if mac else model
    return ",".join([head, *(f"{key}={value}" for key, value in wanted.items())])


def without_macs(config: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A template's configuration as its clone will have it: each network of a clone gets a MAC of its own."""
    return {key: _without_mac(str(value)) if _KEY.fullmatch(key) else value for key, value in config.items()}


def _without_mac(text: str) -> str:
    parts = (part for part in text.split(",") if not part.startswith("macaddr="))
    return ",".join(part.partition("=")[0] if _MODELS.match(part.partition("=")[0]) else part for part in parts)


def count_nics(keys: Iterable[str]) -> int:
    """How many network interfaces are among the keys of settings."""
    return len({key for key in keys if _KEY.fullmatch(key)})
