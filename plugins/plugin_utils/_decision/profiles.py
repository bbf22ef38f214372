# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""An LXC container with the profiles that it gets: LXD lays them over one another, and its own settings over all."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._model import Candidate

DEFAULT = ("default",)
"""The profiles that LXD gives to what names none."""


def named_profiles(candidate: Candidate) -> tuple[str, ...]:
    """The profiles that the container would get, in their order."""
    named = (candidate.options or {}).get("profiles")
    if named is None:
        # What is there keeps its own where nobody names any.
        return DEFAULT if candidate.held_profiles is None else candidate.held_profiles
    return tuple(map(str, named))


def config_and_devices(candidate: Candidate) -> tuple[Mapping[str, t.Any], Mapping[str, t.Any]]:
    """All its settings and devices. What nobody knows of its profiles is not in them."""
    options, known = candidate.options or {}, candidate.facts.profiles
    config, devices = options.get("config") or {}, options.get("devices") or {}
    if not known:
        return config, devices
    layers = [known[name] for name in named_profiles(candidate) if name in known]
    return _laid_over(layers, "config", config), _laid_over(layers, "devices", devices)


def _laid_over(layers: list, part: str, own: Mapping[str, t.Any]) -> dict[str, t.Any]:
    every = {}
    for layer in layers:
        every |= layer.get(part) or {}
    # LXD keeps no key without a value, so such a one takes nothing back.
    return {**every, **{key: value for key, value in own.items() if value != ""}}
