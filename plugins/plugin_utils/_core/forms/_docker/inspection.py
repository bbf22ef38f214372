# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``docker inspect`` says of a container."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from . import values

_SHORT_ID = 12
"""Characters of an id that Docker shows, and takes for it."""


def at(config: Mapping[str, t.Any], path: str) -> t.Any:
    """What is there by a path such as ``HostConfig.Memory``; None where nothing is."""
    value: t.Any = config
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def variables(config: Mapping[str, t.Any]) -> dict[str, str]:
    """Its environment."""
    return dict(item.partition("=")[::2] for item in at(config, "Config.Env") or ())


def labels(config: Mapping[str, t.Any]) -> Mapping[str, str]:
    """Its labels."""
    return at(config, "Config.Labels") or {}


def nameless_volumes(config: Mapping[str, t.Any]) -> set[str]:
    """The paths of volumes without a name, the image's own among them."""
    return {values.path(item) for item in at(config, "Config.Volumes") or {}}


def names_by_id(word: str, config: Mapping[str, t.Any]) -> list[str]:
    """The names of the container whose id the word is, or the beginning of it; ``_names`` is discovery's."""
    known = config.get("_names") or {}
    ids = [id for id in known if len(word) >= _SHORT_ID and id.startswith(word)]
    return known[ids[0]] if ids else []


def name_of_container(wanted: str, container_id: str, config: Mapping[str, t.Any]) -> str:
    """What the engine has of a container, by the user's word for it where that means the same one now."""
    names = (config.get("_names") or {}).get(container_id) or []
    is_short_id = len(wanted) >= _SHORT_ID and container_id.startswith(wanted)
    return wanted if is_short_id or wanted in names else next(iter(names), container_id)
