# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
From what discovery returned, or a person declared, to Nodes and Instances.

What discovery returned is somebody else's word: an engine's, its users', its containers'. Here it is checked once for
all kinds and forms. What passes has the right shape, is free of what a terminal would obey, and names no service that a
task could not name. The settings that a plan compares with stay as they are, and are made harmless where shown.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t
from collections.abc import Mapping, Sequence

from ..knowledge.distributions import ARCHITECTURES
from ..model import ISOLATIONS, Content, Facts, Image, Instance, Node, Permissions
from ..wording import did_you_mean, plain
from .marks import believed
from .quantities import switch

_FIELDS = {field.name for field in dataclasses.fields(Facts)} - {"origins", "time"}
_MANY = 10**18
"""More than a computer has of anything."""


class FactsError(ValueError):
    """A declared fact that is not one; its text is a sentence."""


class AnswerError(ValueError):
    """What discovery returned cannot be read; its text says why, and reads on after a colon."""


def read_nodes(reply: Mapping[str, t.Any], declared: Mapping[str, t.Any]) -> tuple[Node, ...]:
    """
    The nodes in a discovery's reply, in its order, with the declared facts laid over the found ones.

    A declaration wins: it is how a person says what no API can tell. It holds for all nodes of the target, unless it
    is below ``nodes`` and a node's name. Raises FactsError where there is no such node, AnswerError where the reply is
    none.
    """
    for_all, for_one = split_declared(declared)
    found = _found_nodes(reply)
    names = [raw["name"] for raw in found]
    for name in for_one:
        if name not in names:
            hint = did_you_mean(name, names) or f"its nodes are {', '.join(names)}."
            raise FactsError(f"'nodes.{name}' does not name a node of this target; {hint}")
    # YAML reads one that is not quoted as a time, which reads the same but for a 'T'.
    time = None if reply.get("time") is None else plain(reply["time"])
    return tuple(_node(raw, {**for_all, **for_one.get(raw["name"], {})}, time) for raw in found)


def _found_nodes(reply: t.Any) -> list[dict[str, t.Any]]:
    nodes = reply.get("nodes", ()) if isinstance(reply, Mapping) else None
    if not isinstance(nodes, (list, tuple)) or not all(isinstance(raw, Mapping) for raw in nodes):
        raise AnswerError("its nodes are not a list of mappings")
    if not all(isinstance(raw.get("name"), str) and isinstance(raw.get("online", True), bool) for raw in nodes):
        raise AnswerError("one of its nodes has no name, or does not say whether it is online")
    return [{**raw, "name": plain(raw["name"])} for raw in nodes]


def split_declared(declared: Mapping[str, t.Any]) -> tuple[dict[str, t.Any], dict[str, Mapping[str, t.Any]]]:
    """
    (the facts of all nodes, those of one node by its name). Raises FactsError for what are no facts.
    """
    if not isinstance(declared, Mapping):
        raise FactsError("Facts must be a mapping of fact names to values.")
    for_all = {name: value for name, value in declared.items() if name != OF_ONE_NODE}
    for_one = declared.get(OF_ONE_NODE) or {}
    if not isinstance(for_one, Mapping):
        raise FactsError("'nodes' must be a mapping of a node's name to its facts.")
    read_facts(for_all)
    for name, facts in for_one.items():
        try:
            read_facts(facts)
        except FactsError as error:
            raise FactsError(f"In 'nodes.{name}': {error}") from None
    return for_all, {str(name): facts for name, facts in for_one.items()}


def _node(raw: Mapping[str, t.Any], declared: Mapping[str, t.Any], time: str | None) -> Node:
    facts, extra = _found_facts(raw), read_facts(declared)
    changes = {name: _laid_over(name, getattr(facts, name), getattr(extra, name)) for name in declared}
    if changes:
        # What was found in a table is all of it, also where a declared entry stands beside.
        declarations = [name for name in changes if not (name in _TABLES and getattr(facts, name) and changes[name])]
        origins = {**facts.origins, **dict.fromkeys(declarations, "declared")}
        facts = dataclasses.replace(facts, **changes, origins=origins)
    facts = dataclasses.replace(facts, time=time)
    return Node(name=raw["name"], online=raw.get("online", True), facts=facts)


def _found_facts(raw: Mapping[str, t.Any]) -> Facts:
    origins = raw.get("origins") or {}
    if not isinstance(origins, Mapping):
        raise AnswerError("it does not say where its facts come from")
    try:
        return read_facts(raw.get("facts") or {}, {plain(key): plain(value) for key, value in origins.items()})
    except FactsError as error:
        raise AnswerError(str(error).rstrip(".")) from None


OF_ONE_NODE = "nodes"
"""The key of declared facts below which those of single nodes are."""

_TABLES = (
    *("kernel_sysctls", "module_versions", "module_parameters", "storage_types", "networks", "device_links"),
    *("volumes", "engine_paths", "paths"),
)


_SETS = ("kernel_modules", "devices")


def _laid_over(name: str, found: t.Any, declared: t.Any) -> t.Any:
    """
    A declared entry of a table, a module and a device stand beside those that were found: nobody knows them all.

    Any other fact, and none, stands alone.
    """
    if declared is not None and name in _TABLES:
        return {**(found or {}), **declared}
    if declared is not None and name in _SETS:
        return (found or frozenset()) | declared
    return declared


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
            known[name] = _SHAPES[name](name, value)
    return Facts(**known, origins=dict(origins or {}))


_OF_AN_INSTANCE = {"form": str, "name": str, "id": (str, int), "node": str, "state": str}


def check_record(record: t.Any) -> None:
    """
    Whether it is what ``target_info`` returns as a target's facts, or a person wrote like it.

    Raises FactsError for the first thing that it is not, and says where.
    """
    if not isinstance(record, Mapping) or not isinstance(record.get("nodes"), (list, tuple)) or not record["nodes"]:
        raise FactsError("It must be a mapping that has a list of 'nodes'; see docs/facts.md.")
    names = set()
    for index, node in enumerate(record["nodes"]):
        if not isinstance(node, Mapping) or not isinstance(node.get("name"), str):
            raise FactsError(f"nodes[{index}] must be a mapping that has a 'name'.")
        if node["name"] in names or not node["name"].isprintable():
            raise FactsError(f"nodes[{index}].name must be a unique name of printable characters.")
        names.add(node["name"])
        _check_node(index, node)
    if not str(record.get("time", "")).isprintable():
        raise FactsError("time must be a text such as '2026-05-04T12:00:00Z'.")
    read_permissions(record.get("permissions"))
    instances = record.get("instances") or ()
    if not isinstance(instances, (list, tuple)):
        raise FactsError("instances must be a list.")
    for index, one in enumerate(instances):
        _check_instance(index, one, names)


def _check_node(index: int, node: Mapping[str, t.Any]) -> None:
    origins = node.get("origins") or {}
    if not isinstance(origins, Mapping):
        raise FactsError(f"nodes[{index}].origins must be a mapping of fact names to origins.")
    if not isinstance(node.get("online", True), bool):
        raise FactsError(f"nodes[{index}].online must be true or false.")
    try:
        read_facts(node.get("facts") or {}, origins)
    except FactsError as error:
        raise FactsError(f"In nodes[{index}].facts: {error}") from None


def _check_instance(index: int, one: t.Any, nodes: set[str]) -> None:
    if not isinstance(one, Mapping) or not set(_OF_AN_INSTANCE) <= set(one):
        raise FactsError(f"instances[{index}] must have the keys {', '.join(_OF_AN_INSTANCE)}.")
    for key, kind in _OF_AN_INSTANCE.items():
        if not isinstance(one[key], kind):
            raise FactsError(f"instances[{index}].{key} must be a text.")
    if one["node"] not in nodes:
        raise FactsError(f"instances[{index}].node must be one of the nodes.")
    memory = one.get("memory", 0)
    if isinstance(memory, bool) or not isinstance(memory, int) or memory < 0:
        raise FactsError(f"instances[{index}].memory must be a whole number of MiB.")
    for key in ("addresses", "ports"):
        if not isinstance(one.get(key) or [], (list, tuple)):
            raise FactsError(f"instances[{index}].{key} must be a list.")
    if not all(isinstance(port, Mapping) for port in one.get("ports") or ()):
        raise FactsError(f"instances[{index}].ports must be a list of mappings.")


def read_permissions(raw: t.Any) -> Permissions | None:
    """
    What a discovery's reply or a record says of the privileges; None where it says nothing.

    Raises FactsError for what is none of that.
    """
    if raw is None:
        return None
    if not isinstance(raw, Mapping) or not isinstance(raw.get("user"), str) or not raw["user"].isprintable():
        raise FactsError("permissions must be a mapping that has a 'user'.")
    paths = raw.get("paths")
    if paths is None:
        return Permissions(user=raw["user"])
    good = isinstance(paths, Mapping) and all(
        isinstance(path, str) and path.startswith("/") and path.isprintable() and _is_held(held)
        for path, held in paths.items()
    )
    if not good:
        raise FactsError(
            "permissions.paths must be a mapping of a path such as '/vms' to privileges, each true or false."
        )
    return Permissions(user=raw["user"], paths={path: dict(held) for path, held in paths.items()})


def _is_held(held: t.Any) -> bool:
    return isinstance(held, Mapping) and all(isinstance(name, str) and isinstance(held[name], bool) for name in held)


def read_content(raw: t.Any) -> Content:
    """
    What a discovery's reply says of what is behind the names that were sought.

    Raises AnswerError where the reply is none.
    """
    images, files = (_answers(raw, part) for part in ("images", "files"))
    return Content(
        images=_told(images, "digest"),
        files=_told(files, "digest"),
        silent=_told(images, "trouble"),
        unreadable=_told(files, "trouble"),
    )


def _answers(raw: t.Any, part: str) -> Mapping[str, t.Any]:
    found = {} if raw is None else raw.get(part, {}) if isinstance(raw, Mapping) else None
    if not isinstance(found, Mapping) or not all(isinstance(one, Mapping) for one in found.values()):
        raise AnswerError("its content is not a mapping of answers")
    return found


def _told(answers: Mapping[str, t.Any], key: str) -> dict[str, str]:
    return {name: plain(answer[key]) for name, answer in answers.items() if isinstance(answer.get(key), str)}


def read_instances(raw: t.Any, keys: Sequence[str] = (), *, numbered: bool = False) -> tuple[Instance, ...]:
    """
    The instances in a discovery's reply; one whose mark is not believed is a stranger.

    ``keys`` are those that sign the target's marks; ``numbered`` says that its engine knows instances by numbers.
    Raises AnswerError where the reply is none.
    """
    if not isinstance(raw, (list, tuple)):
        raise AnswerError("its instances are not a list")
    return tuple(believed(_instance(item, numbered), keys) for item in raw)


def _instance(raw: t.Any, numbered: bool) -> Instance:
    if not isinstance(raw, Mapping):
        raise AnswerError("an instance is not a mapping")
    known = {key: value for key, value in raw.items() if key in _READ}
    for key, kind in _OF_AN_INSTANCE.items():
        if isinstance(known.get(key), bool) or not isinstance(known.get(key), kind):
            raise AnswerError(f"the '{key}' of an instance is not a text")
    read = {key: _READ[key](value) for key, value in known.items() if value is not None}
    if numbered and not (read["id"].isascii() and read["id"].isdigit()):
        raise AnswerError("the 'id' of a guest is not a number")
    return Instance(**read, is_numbered=numbered)


def _addresses(value: t.Any) -> tuple[str, ...]:
    """
    Those that can be an instance's own. Its own agent tells them, and the next play goes where they lead.

    ``-oProxyCommand=...`` would be an option of ssh, and ``127.0.0.1`` the controller.
    """
    return tuple(one for one in value if _is_address(one)) if isinstance(value, (list, tuple)) else ()


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


def _published(value: t.Any) -> tuple[dict[str, t.Any], ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(port, Mapping) for port in value):
        return ()
    return tuple(
        {
            plain(key): item if isinstance(item, int) or item is None else plain(item)
            for key, item in port.items()
            if key in _OF_A_PORT
        }
        for port in value
    )


_OF_A_PORT = ("container", "host_ip", "host_port")


def _size(value: t.Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MANY else 0


def _seconds(value: t.Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number and 0 <= value < _MANY else None


def _log(value: t.Any) -> str:
    return plain(value) if isinstance(value, str) else ""


def _compared(value: t.Any) -> Mapping[str, t.Any]:
    if not isinstance(value, Mapping):
        raise AnswerError("the 'config' of an instance is not a mapping")
    return value


_READ: dict[str, t.Callable[[t.Any], t.Any]] = {
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
    "ports": _published,
    "ready": bool,
    "up": bool,
    "uptime": _seconds,
    "memory": _size,
    "log": _log,
    "config": _compared,
}
"""
How each part of an instance is read. A test holds that none is missing. What became of its mark nobody else can say.
"""


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
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < _MANY:
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
    known = {key: part for key, part in item.items() if key in _IMAGE_SHAPES and part is not None}
    read = {key: _IMAGE_SHAPES[key](f"{name}.{key}", part) for key, part in known.items()}
    # YAML reads the id of a template as a number.
    return Image(**{**read, "id": _text(f"{name}.id", item["id"])})


def _settings(name: str, value: t.Any) -> dict[str, t.Any]:
    if not isinstance(value, Mapping):
        raise FactsError(f"The fact '{name}' must be a mapping.")
    return dict(value)


def _architecture(name: str, value: t.Any) -> str:
    return _architectures(name, [value])[0]


_IMAGE_SHAPES: dict[str, t.Callable[[str, t.Any], t.Any]] = {
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


_SHAPES: dict[str, t.Callable[[str, t.Any], t.Any]] = {
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
