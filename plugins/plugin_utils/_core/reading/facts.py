# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The facts of a node from a plain mapping: each in its shape, or an error that says what it is not.

What discovery returned is somebody else's word: an engine's, its users', its containers'. Here it is checked once for
all kinds and forms. What passes has the right shape, and is free of what a terminal would obey.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Mapping

from ....module_utils._shared.wording import did_you_mean
from ..knowledge.distributions import ARCHITECTURES
from ..model import ISOLATIONS, Facts, Image
from ..wording import plain
from .quantities import switch

_FIELDS = {field.name for field in dataclasses.fields(Facts)} - {"origins", "time"}
MANY = 10**18
"""More than a computer has of anything."""


class FactsError(ValueError):
    """A declared fact that is not a fact; its text is a sentence."""


def read_facts(raw: Mapping[str, t.Any], origins: Mapping[str, str] | None = None) -> Facts:
    """
    Facts from a plain mapping, as ``docs/facts.md`` describes it.

    Raises FactsError for a name that is not a fact, with the nearest that is, and for a value of the wrong sort.
    """
    if not isinstance(raw, Mapping):
        raise FactsError("Facts must be a mapping of fact names to values.")
    known = {}
    for name, value in raw.items():
        if name not in _FIELDS:
            hint = did_you_mean(name, sorted(_FIELDS))
            raise FactsError(f"'{plain(name)}' is not a fact{f'; {hint}' if hint else '.'}")
        if value is not None:
            known[name] = SHAPES[name](name, value)
    return Facts(**known, origins=dict(origins or {}))


def _text(name: str, value: t.Any) -> str:
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return plain(value)
    raise FactsError(f"The fact '{name}' must be a text.")


def _word(name: str, value: t.Any) -> str:
    """By the case that needs are read by."""
    return _text(name, value).lower()


def _number(name: str, value: t.Any) -> int | float:
    """An inventory of the INI format has a text for it, where quotes are around the number."""
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,15}(\.\d+)?\s*", value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < MANY:
        raise FactsError(f"The fact '{name}' must be a number of 0 or more.")
    return value


def _count(name: str, value: t.Any) -> int:
    if int(_number(name, value)) != value:
        raise FactsError(f"The fact '{name}' must be a whole number of 0 or more.")
    return int(value)


def _texts(name: str, value: t.Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise FactsError(f"The fact '{name}' must be a list.")
    return tuple(_text(name, item) for item in value)


def _architectures(name: str, value: t.Any) -> tuple[str, ...]:
    """By the names that needs are read by: people write ``amd64`` too."""
    return tuple(ARCHITECTURES.get(word.lower(), word) for word in _texts(name, value))


def _isolation(name: str, value: t.Any) -> str:
    if value not in ISOLATIONS:
        raise FactsError(f"The fact '{name}' must be one of {', '.join(ISOLATIONS)}.")
    return value


def _modules(name: str, value: t.Any) -> frozenset[str]:
    return frozenset(module.replace("-", "_") for module in _texts(name, value))


def _storages(name: str, value: t.Any) -> dict[str, int]:
    if not isinstance(value, Mapping):
        raise FactsError(f"The fact '{name}' must be a mapping of storage names to free MiB.")
    return {plain(storage): int(_number(name, free)) for storage, free in value.items()}


def _switch(name: str, value: t.Any) -> bool:
    try:
        return switch(value)
    except ValueError as error:
        raise FactsError(f"The fact '{name}' {error}.") from None


def _names(name: str, value: t.Any) -> frozenset[str]:
    return frozenset(_texts(name, value))


def _table(name: str, value: t.Any) -> dict[str, str]:
    """
    Texts by name; what is null is not known. YAML reads a kernel setting as a number, a module's parameter as a switch.
    """
    if not isinstance(value, Mapping):
        raise FactsError(f"The fact '{name}' must be a mapping.")
    return {plain(key): _setting(f"{name}.{plain(key)}", item) for key, item in value.items() if item is not None}


def _paths(name: str, value: t.Any) -> dict[str, str]:
    """Texts by name, as they are: a path can have blanks in it."""
    if not isinstance(value, Mapping):
        raise FactsError(f"The fact '{name}' must be a mapping.")
    return {str(key): _text(f"{name}.{key}", item) for key, item in value.items() if item is not None}


def _versions(name: str, value: t.Any) -> dict[str, str]:
    return {module.replace("-", "_"): version for module, version in _table(name, value).items()}


def _setting(name: str, value: t.Any) -> str:
    return str(int(value)) if isinstance(value, bool) else " ".join(_text(name, value).split())


def _tables(name: str, value: t.Any) -> dict[str, dict[str, str]]:
    if not isinstance(value, Mapping):
        raise FactsError(f"The fact '{name}' must be a mapping of module names to parameters.")
    return {plain(key).replace("-", "_"): _table(f"{name}.{plain(key)}", item) for key, item in value.items()}


def _profiles(name: str, value: t.Any) -> dict[str, dict[str, Mapping[str, t.Any]]]:
    profiles = _settings(name, value)
    return {
        plain(profile): {
            part: _settings(f"{name}.{plain(profile)}.{part}", about.get(part) or {}) for part in ("config", "devices")
        }
        for profile, about in profiles.items()
        if _settings(f"{name}.{plain(profile)}", about) is not None
    }


def _counts(name: str, value: t.Any) -> dict[str, int]:
    return {str(key): _count(f"{name}.{key}", item) for key, item in _settings(name, value).items() if item is not None}


def _ports(name: str, value: t.Any) -> frozenset[str]:
    """``8080`` means its TCP port."""
    return frozenset(text if "/" in text else f"{text}/tcp" for text in map(str.lower, _texts(name, value)))


def _images(name: str, value: t.Any) -> tuple[Image, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, Mapping) and "id" in item for item in value):
        raise FactsError(f"The fact '{name}' must be a list of mappings that have an id.")
    return tuple(_image(name, item) for item in value)


def _image(name: str, item: Mapping[str, t.Any]) -> Image:
    known = {key: part for key, part in item.items() if key in IMAGE_SHAPES and part is not None}
    read = {key: IMAGE_SHAPES[key](f"{name}.{key}", part) for key, part in known.items()}
    # YAML reads the id of a template as a number.
    return Image(**{**read, "id": _text(f"{name}.id", item["id"])})


def _settings(name: str, value: t.Any) -> dict[str, t.Any]:
    if not isinstance(value, Mapping):
        raise FactsError(f"The fact '{name}' must be a mapping.")
    return dict(value)


def _architecture(name: str, value: t.Any) -> str:
    return _architectures(name, [value])[0]


IMAGE_SHAPES: dict[str, t.Callable[[str, t.Any], t.Any]] = {
    "id": _text,
    "names": _texts,
    "os": _word,
    "os_version": _word,
    "architecture": _architecture,
    "kernel_version": _text,
    "kernel_flavour": _word,
    "requirements": _table,
    "disk": _count,
    "disk_key": _text,
    "storage": _text,
    "config": _settings,
}
"""How each part of an image is read. A test holds that none is missing."""


SHAPES: dict[str, t.Callable[[str, t.Any], t.Any]] = {
    "os_type": _word,
    "os_name": _text,
    "os_version": _text,
    "engine_version": _text,
    "architectures": _architectures,
    "cpu_flags": _names,
    "kernel_version": _text,
    "kernel_flavour": _word,
    "kernel_modules": _modules,
    "kernel_modules_complete": _switch,
    "module_versions": _versions,
    "module_parameters": _tables,
    "kernel_sysctls": _table,
    "unprivileged_sysctls": _names,
    "kernel_parameters": _texts,
    "kernel_btf": _switch,
    "cgroup_version": _count,
    "nested_virtualization": _switch,
    "devices": _names,
    "device_links": _paths,
    "pci_devices": _texts,
    "usb_devices": _texts,
    "gpus": _count,
    "isolation": _isolation,
    "cpus": _number,
    "memory": _number,
    "memory_free": _number,
    "memory_reserved": _number,
    "storages": _storages,
    "storage_types": _table,
    "networks": _table,
    "profiles": _profiles,
    "project": _table,
    "project_used": _counts,
    "option_keys": _names,
    "ports_taken": _ports,
    "peers": _count,
    "swap_limit": _switch,
    "limits": _names,
    "api_version": _text,
    "rootless": _switch,
    "authorization": _texts,
    "runtimes": _names,
    "volume_drivers": _names,
    "log_drivers": _names,
    "containers": _names,
    "volumes": _paths,
    "engine_paths": _paths,
    "paths": _paths,
    "images": _images,
}
"""How each fact is read. A test holds that none is missing."""
