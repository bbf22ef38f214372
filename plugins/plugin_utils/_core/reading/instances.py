# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The instances in a discovery's reply.

An instance names no service that a task could not name. The settings that a plan compares with stay as they are, and
are made harmless where they are shown.
"""

from __future__ import annotations

import ipaddress
import typing as t
from collections.abc import Mapping, Sequence

from ..model import Instance
from ..wording import plain
from .answers import AnswerError
from .facts import MANY
from .marks import believed

REQUIRED_PARTS = {"form": str, "name": str, "id": (str, int), "node": str, "state": str}
"""The parts that every instance has, and their types."""


def read_instances(raw: t.Any, keys: Sequence[str] = (), *, numbered: bool = False) -> tuple[Instance, ...]:
    """
    The instances in a discovery's reply; one whose mark is not believed is a stranger.

    ``keys`` are those that sign the target's marks; ``numbered`` says that its engine knows instances by numbers.
    Raises AnswerError where the reply is not one.
    """
    if not isinstance(raw, (list, tuple)):
        raise AnswerError("its instances are not a list")
    return tuple(believed(_instance(item, numbered), keys) for item in raw)


def _instance(raw: t.Any, numbered: bool) -> Instance:
    if not isinstance(raw, Mapping):
        raise AnswerError("an instance is not a mapping")
    known = {key: value for key, value in raw.items() if key in READERS}
    for key, kind in REQUIRED_PARTS.items():
        if isinstance(known.get(key), bool) or not isinstance(known.get(key), kind):
            raise AnswerError(f"the '{key}' of an instance is not a text")
    read = {key: READERS[key](value) for key, value in known.items() if value is not None}
    if numbered and not (read["id"].isascii() and read["id"].isdigit()):
        raise AnswerError("the 'id' of a guest is not a number")
    return Instance(**read, is_numbered=numbered)


def _addresses(value: t.Any) -> tuple[str, ...]:
    """
    Those that can be an instance's own. Its own agent tells them, and the next play goes where they lead.

    ``-oProxyCommand=...`` would be an option of ssh, and ``127.0.0.1`` the controller.
    """
    return tuple(item for item in value if _is_address(item)) if isinstance(value, (list, tuple)) else ()


def _is_address(value: t.Any) -> bool:
    try:
        # Without the interface behind '%': it is one of the guest's, and means nothing here.
        address = ipaddress.ip_address(value) if isinstance(value, str) and "%" not in value else None
    except ValueError:
        return False
    if address is None:
        return False
    inner = getattr(address, "ipv4_mapped", None) or address
    return not (inner.is_loopback or inner.is_unspecified or inner.is_multicast or inner.is_link_local)


def _ports(value: t.Any) -> tuple[dict[str, t.Any], ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(port, Mapping) for port in value):
        return ()
    return tuple(
        {
            plain(key): item if isinstance(item, int) or item is None else plain(item)
            for key, item in port.items()
            if key in _PORT_KEYS
        }
        for port in value
    )


_PORT_KEYS = ("container", "host_ip", "host_port")


def _size(value: t.Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MANY else 0


def _seconds(value: t.Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number and 0 <= value < MANY else None


def _log(value: t.Any) -> str:
    return plain(value) if isinstance(value, str) else ""


def _config(value: t.Any) -> Mapping[str, t.Any]:
    if not isinstance(value, Mapping):
        raise AnswerError("the 'config' of an instance is not a mapping")
    return value


READERS: dict[str, t.Callable[[t.Any], t.Any]] = {
    "form": plain,
    "name": plain,
    "id": plain,
    "node": plain,
    "state": plain,
    # Kept as it is for the look at its mark: what is left out of a name could make it another's.
    "service": str,
    "process": str,
    "signature": plain,
    "addresses": _addresses,
    "ports": _ports,
    "ready": bool,
    "up": bool,
    "uptime": _seconds,
    "memory": _size,
    "log": _log,
    "config": _config,
}
"""
How each part of an instance is read. A test holds that none is missing. What became of its mark nobody else can say.
"""
