# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the options ``mounts`` and ``healthcheck``, which have parts, are held against what the engine says."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from . import values
from .compare_values import ordered
from .inspection import at


def compare_mounts(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[t.Any, t.Any]:
    wanted = [_mount(mount) for mount in value]
    return ordered(wanted), ordered(map(_inspected_mount, at(config, "HostConfig.Mounts") or ()))


def _mount(described: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """As the delegate sends it; a default that is written out is left out."""
    kind = str(described.get("type") or "volume")
    source, consistency = str(described.get("source") or ""), described.get("consistency")
    mount = {
        "type": kind,
        "target": values.path(described.get("target")),
        "source": values.path(source) if kind == "bind" else source,
        "propagation": None if described.get("propagation") == "rprivate" else described.get("propagation"),
        "consistency": None if consistency in ("default", "consistent") else consistency,
        "volume_driver": described.get("volume_driver"),
        # Without a driver the delegate does not pass them on.
        "volume_options": values.plain(described.get("volume_options") or {}) if described.get("volume_driver") else {},
        "labels": values.plain(described.get("labels") or {}),
        "subpath": described.get("subpath"),
        "tmpfs_size": values.size(described.get("tmpfs_size") or 0),
        "tmpfs_mode": int(str(described.get("tmpfs_mode") or 0), 8),
        "tmpfs_options": sorted(map(_mount_option, described.get("tmpfs_options") or ())),
        **{name: bool(described.get(name)) for name in _MOUNT_SWITCHES},
    }
    return {name: part for name, part in mount.items() if part}


def _mount_option(option: Mapping[str, t.Any]) -> list[str]:
    return [str(part) for pair in option.items() for part in pair if part is not None]


_MOUNT_SWITCHES = ("read_only", "no_copy", "non_recursive", "create_mountpoint") + (
    "read_only_non_recursive",
    "read_only_force_recursive",
)
MOUNT_PATHS = {
    "type": "Type",
    "target": "Target",
    "source": "Source",
    "read_only": "ReadOnly",
    "consistency": "Consistency",
    "propagation": "BindOptions.Propagation",
    "non_recursive": "BindOptions.NonRecursive",
    "create_mountpoint": "BindOptions.CreateMountpoint",
    "read_only_non_recursive": "BindOptions.ReadOnlyNonRecursive",
    "read_only_force_recursive": "BindOptions.ReadOnlyForceRecursive",
    "no_copy": "VolumeOptions.NoCopy",
    "labels": "VolumeOptions.Labels",
    "volume_driver": "VolumeOptions.DriverConfig.Name",
    "volume_options": "VolumeOptions.DriverConfig.Options",
    "tmpfs_size": "TmpfsOptions.SizeBytes",
    "tmpfs_options": "TmpfsOptions.Options",
}


def _inspected_mount(inspected: Mapping[str, t.Any]) -> dict[str, t.Any]:
    present = {name: at(inspected, path) for name, path in MOUNT_PATHS.items()}
    present["subpath"] = at(inspected, "VolumeOptions.Subpath") or at(inspected, "ImageOptions.Subpath")
    present["tmpfs_mode"] = oct(at(inspected, "TmpfsOptions.Mode") or 0)[2:]
    present["tmpfs_options"] = [dict([(*option, None)[:2]]) for option in present["tmpfs_options"] or ()]
    return _mount(present)


def compare_healthcheck(
    value: t.Any, config: Mapping[str, t.Any], _options: Mapping[str, t.Any] | None = None
) -> tuple[t.Any, t.Any]:
    """What is not given is the image's: so the engine merges the two."""
    current = at(config, "Config.Healthcheck") or {}
    own = at(config, "_image.config.Healthcheck") or {}
    test = value.get("test")
    if not test and not (value.get("test_cli_compatible") and test is None):
        test = ["NONE"]
    wanted = {"test": list(map(str, test)) if isinstance(test, (list, tuple)) else test and ["CMD-SHELL", str(test)]}
    wanted |= {name: values.nanoseconds(value.get(name) or "") for name in _DURATIONS}
    wanted["retries"] = int(value.get("retries") or 0)
    wanted = {name: wanted[name] or own.get(key) or None for name, key in HEALTH_KEYS}
    present = {name: current.get(key) or None for name, key in HEALTH_KEYS}
    if (wanted["test"] or ["NONE"]) == ["NONE"] == (present["test"] or ["NONE"]):
        return {"test": ["NONE"]}, {"test": ["NONE"]}
    return wanted, present


_DURATIONS = ("interval", "timeout", "start_period", "start_interval")
HEALTH_KEYS = (
    ("test", "Test"),
    ("interval", "Interval"),
    ("timeout", "Timeout"),
    ("start_period", "StartPeriod"),
    ("start_interval", "StartInterval"),
    ("retries", "Retries"),
)
