# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An LXC container with the profiles that it gets: LXD lays them over one another, and its own settings over all."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ...knowledge.lxd_options import limits_of, path
from ...model import Candidate, Grant, Requirements

DEFAULT = ("default",)
"""The profiles that LXD gives to what names none."""


def named_profiles(candidate: Candidate) -> tuple[str, ...]:
    """The profiles that the container would get, in their order."""
    named = (candidate.options or {}).get("profiles")
    if named is None:
        # What is there keeps its own where nobody names any.
        return candidate.kept_options.get("profiles", DEFAULT)
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


def lxd_settings(requirements: Requirements, candidate: Candidate) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """
    (configuration, devices) that the container would have: of its profiles, the needs, the grants and the options.

    Like ``config_and_devices``, with what the plan adds to them for the needs.
    """
    config, devices = (dict(part) for part in config_and_devices(candidate))
    given = (candidate.options or {}).get("config") or {}
    added: dict[str, t.Any] = limits_of(requirements)
    for grant in candidate.grants or ():
        _add(grant, added, devices)
    config |= {key: value for key, value in added.items() if key not in given}
    root = next((name for name, one in devices.items() if one is root_disk(devices)), "root")
    own = root_disk((candidate.options or {}).get("devices") or {})
    if requirements.disk and not own.get("size"):
        devices[root] = {"type": "disk", "path": "/", **(devices.get(root) or {}), "size": f"{requirements.disk}MiB"}
    return config, devices


_OF_GRANTS = {"device": "unix-char", "usb": "usb", "gpu": "gpu"}


def _add(grant: Grant, config: dict[str, t.Any], devices: dict[str, t.Any]) -> None:
    """What the plan gives for a grant that a need takes; what the user wrote is there already."""
    if not grant.why:
        return
    if grant.kind in ("nesting", "privileged"):
        config[f"security.{grant.kind}"] = "true"
    elif grant.kind == "config":
        key, _sign, value = grant.value.partition("=")
        config[key] = value
    elif grant.kind in _OF_GRANTS and grant.value not in GIVEN_ANYWAY:
        devices.setdefault(grant.value or grant.kind, {"type": _OF_GRANTS[grant.kind]})


GIVEN_ANYWAY = ("/dev/fuse", "/dev/net/tun")
"""Every container has them: https://linuxcontainers.org/incus/docs/main/container-environment/"""


def root_disk(devices: Mapping[str, t.Any]) -> Mapping[str, t.Any]:
    """The device of the root file system; an empty one where there is none."""
    found = (one for one in devices.values() if isinstance(one, Mapping) and one.get("type") == "disk")
    return next((one for one in found if path(str(one.get("path") or "")) == "/"), {})
