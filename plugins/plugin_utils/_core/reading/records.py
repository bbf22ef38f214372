# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A target's facts as ``target_info`` returned them, or as a person wrote them like that."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .facts import FactsError, read_facts
from .instances import REQUIRED_PARTS
from .permissions import read_permissions


def check_record(record: t.Any) -> None:
    """
    Raises FactsError for the first thing that is not as ``target_info`` returns a target's facts, and says where.
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
    for index, instance in enumerate(instances):
        _check_instance(index, instance, names)


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


def _check_instance(index: int, instance: t.Any, nodes: set[str]) -> None:
    if not isinstance(instance, Mapping) or not set(REQUIRED_PARTS) <= set(instance):
        raise FactsError(f"instances[{index}] must have the keys {', '.join(REQUIRED_PARTS)}.")
    for key, kind in REQUIRED_PARTS.items():
        if not isinstance(instance[key], kind):
            raise FactsError(f"instances[{index}].{key} must be a text.")
    if instance["node"] not in nodes:
        raise FactsError(f"instances[{index}].node must be one of the nodes.")
    memory = instance.get("memory", 0)
    if isinstance(memory, bool) or not isinstance(memory, int) or memory < 0:
        raise FactsError(f"instances[{index}].memory must be a whole number of MiB.")
    for key in ("addresses", "ports"):
        if not isinstance(instance.get(key) or [], (list, tuple)):
            raise FactsError(f"instances[{index}].{key} must be a list.")
    if not all(isinstance(port, Mapping) for port in instance.get("ports") or ()):
        raise FactsError(f"instances[{index}].ports must be a list of mappings.")
