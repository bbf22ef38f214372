# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of each option a digest, as it was written when the container was made."""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from collections.abc import Iterable, Mapping

from ..common import text
from . import values
from .acts import BEHAVIOUR
from .compare_references import CONTAINER
from .inspection import at
from .options import CERTAIN, COMPARED, IN_PLACE, KEYS, PATHS, unknown_keys

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h)")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_UNORDERED = ("mounts", "ulimits", "devices", "tmpfs", "groups", "volumes_from")


def digests(options: Mapping[str, t.Any]) -> str:
    """
    A mark of each option that is as it was made while it is written the same, with its name; ``none`` without any.

    It is the same from run to run.
    """
    given = {name: value for name, value in options.items() if value is not None and name not in BEHAVIOUR}
    contents = {name: _digestible(name, value, options) for name, value in given.items()}
    marks = [f"{name}={_digest(value)}" for name, value in sorted(contents.items()) if value is not None]
    return " ".join(marks) or "none"


def _digestible(name: str, value: t.Any, options: Mapping[str, t.Any]) -> t.Any:
    """What is digested of an option: nothing where the comparison decides."""
    if name in CERTAIN or name in IN_PLACE:
        rest = unknown_keys(name, value)
        return None if rest is None else _normalise(name, rest)
    if isinstance(value, str) and value.startswith(CONTAINER):
        # The name stands for another container once that one was made anew.
        return None
    default = options.get("default_host_ip") if name in ("published_ports", "ports") else None
    return _normalise(name, value) if default is None else [default, _normalise(name, value)]


def _digest(value: t.Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:12]


def compare_option(
    name: str,
    value: t.Any,
    config: Mapping[str, t.Any],
    options: Mapping[str, t.Any],
    *,
    old_digest: str | None,
    new_digest: str | None,
    given: Iterable[str] = (),
) -> tuple[t.Any, t.Any]:
    """
    An option against the engine's words and its own digests: the one that it was made with, and the present one.

    ``given`` are the names that the container was marked with. Returns (wanted, present), the same twice where nothing
    differs.
    """
    if name in _DISCARDABLE and name in given and not at(config, PATHS[name]):
        # No update takes such a limit away: the engine has discarded it, for its kernel does not know it.
        return value, value
    is_certain = name in CERTAIN or name in IN_PLACE
    if old_digest == new_digest and new_digest is not None and not is_certain:
        return value, value
    is_unknown = name in KEYS and old_digest != new_digest and (is_certain or unknown_keys(name, value))
    if name not in COMPARED or is_unknown:
        return value, OTHER if old_digest else None
    return COMPARED[name](value, config, options)


_DISCARDABLE = IN_PLACE - {"restart_policy", "restart_retries"}

OTHER = "another value"
"""What is shown of a value that is known by its digest alone."""


def _normalise(option: str, value: t.Any) -> t.Any:
    """A value in one spelling of many: durations in seconds, sizes in bytes, switches as texts, sets in order."""
    if isinstance(value, Mapping):
        return {str(key): _normalise(str(key), item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        items = [_normalise(option, item) for item in value]
        return sorted(items, key=repr) if option in _UNORDERED else items
    if option in ("interval", "timeout", "start_period", "start_interval"):
        parts = _DURATION.findall(str(value))
        if parts and "".join(number + unit for number, unit in parts) == str(value):
            return str(round(sum(float(number) * _SECONDS[unit] for number, unit in parts), 6))
    if option == "tmpfs_size":
        return str(values.size(value))
    return text(value)
