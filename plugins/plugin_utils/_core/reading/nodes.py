# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The nodes in a discovery's reply, with the facts that a person declared laid over those that were found.

A declaration is how a person says what no API can tell. It is checked like the reply itself.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ....module_utils._shared.wording import did_you_mean
from ..model import Facts, Node
from ..wording import plain
from .answers import AnswerError
from .facts import FactsError, read_facts

OF_ONE_NODE = "nodes"
"""The key of declared facts below which those of single nodes are."""

TABLES = (
    *("kernel_sysctls", "module_versions", "module_parameters", "storage_types", "networks", "device_links"),
    *("volumes", "engine_paths", "paths"),
)
"""Facts that are tables, of which nobody knows all: what is declared stands beside what was found."""

_SETS = ("kernel_modules", "devices")
"""Facts that are sets, of which the same is true."""


def read_nodes(reply: Mapping[str, t.Any], declared: Mapping[str, t.Any]) -> tuple[Node, ...]:
    """
    The nodes in a discovery's reply, in its order, with the declared facts laid over those that were found.

    A declaration wins: it is how a person says what no API can tell. It holds for all nodes of the target, unless it
    is below ``nodes`` and a node's name. Raises FactsError where there is no such node, AnswerError where the reply is
    not one.
    """
    for_all, by_node = split_declared(declared)
    answers = _nodes_of(reply)
    names = [raw["name"] for raw in answers]
    for name in by_node:
        if name not in names:
            hint = did_you_mean(name, names) or f"its nodes are {', '.join(names)}."
            raise FactsError(f"'nodes.{name}' does not name a node of this target; {hint}")
    # YAML reads one that is not quoted as a time, which reads the same but for a 'T'.
    time = None if reply.get("time") is None else plain(reply["time"])
    return tuple(_node(raw, {**for_all, **by_node.get(raw["name"], {})}, time) for raw in answers)


def _nodes_of(reply: t.Any) -> list[dict[str, t.Any]]:
    nodes = reply.get("nodes", ()) if isinstance(reply, Mapping) else None
    if not isinstance(nodes, (list, tuple)) or not all(isinstance(raw, Mapping) for raw in nodes):
        raise AnswerError("its nodes are not a list of mappings")
    if not all(isinstance(raw.get("name"), str) and isinstance(raw.get("online", True), bool) for raw in nodes):
        raise AnswerError("one of its nodes has no name, or does not say whether it is online")
    return [{**raw, "name": plain(raw["name"])} for raw in nodes]


def split_declared(declared: Mapping[str, t.Any]) -> tuple[dict[str, t.Any], dict[str, Mapping[str, t.Any]]]:
    """
    (the facts of all nodes, those of one node by its name). Raises FactsError for what is not facts.
    """
    if not isinstance(declared, Mapping):
        raise FactsError("Facts must be a mapping of fact names to values.")
    for_all = {name: value for name, value in declared.items() if name != OF_ONE_NODE}
    by_node = declared.get(OF_ONE_NODE) or {}
    if not isinstance(by_node, Mapping):
        raise FactsError("'nodes' must be a mapping of a node's name to its facts.")
    read_facts(for_all)
    for name, facts in by_node.items():
        try:
            read_facts(facts)
        except FactsError as error:
            raise FactsError(f"In 'nodes.{name}': {error}") from None
    return for_all, {str(name): facts for name, facts in by_node.items()}


def _node(raw: Mapping[str, t.Any], declared: Mapping[str, t.Any], time: str | None) -> Node:
    facts, additions = _facts_of(raw), read_facts(declared)
    changes = {name: _merge_fact(name, getattr(facts, name), getattr(additions, name)) for name in declared}
    if changes:
        # What was found in a table is all of it, also where a declared entry stands beside.
        declarations = [name for name in changes if not (name in TABLES and getattr(facts, name) and changes[name])]
        origins = {**facts.origins, **dict.fromkeys(declarations, "declared")}
        facts = dataclasses.replace(facts, **changes, origins=origins)
    facts = dataclasses.replace(facts, time=time)
    return Node(name=raw["name"], online=raw.get("online", True), facts=facts)


def _facts_of(raw: Mapping[str, t.Any]) -> Facts:
    origins = raw.get("origins") or {}
    if not isinstance(origins, Mapping):
        raise AnswerError("it does not say where its facts come from")
    try:
        return read_facts(raw.get("facts") or {}, {plain(key): plain(value) for key, value in origins.items()})
    except FactsError as error:
        raise AnswerError(str(error).rstrip(".")) from None


def _merge_fact(name: str, found: t.Any, declared: t.Any) -> t.Any:
    """
    A declared entry of a table or a set stands beside those that were found. Any other fact, and none, stands alone.
    """
    if declared is not None and name in TABLES:
        return {**(found or {}), **declared}
    if declared is not None and name in _SETS:
        return (found or frozenset()) | declared
    return declared
