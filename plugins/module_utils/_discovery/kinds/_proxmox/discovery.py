# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything of a cluster: its nodes, its instances, who asks, and the next free id."""

from __future__ import annotations

from ...calls import map_in_parallel
from ...errors import DiscoveryError
from ...node_facts import NodeFacts
from .guests import all_guests, guests_by_node, node_names
from .instances import read_instances
from .nodes import read_node
from .permissions import read_permissions


def discover(cluster, question):
    """The answer to a question, as ``Kind.discover`` has it; ``next_id`` and ``permissions`` are of this kind alone."""
    with cluster.translate_errors():
        version = cluster.get("version")["version"]
        _need_quorum(cluster)
        permissions = read_permissions(cluster)
        names, offline = node_names(cluster)
        guests = guests_by_node(cluster, names)
        offline += [name for name in names if guests[name] is None]
        online = [name for name in names if guests[name] is not None]
        nodes = map_in_parallel(
            lambda name: read_node(cluster, name, version, guests[name], peers=len(online) - 1), online
        )
        nodes += [NodeFacts().as_node(name, online=False) for name in offline]
        return {
            "facts_version": 1,
            "kind": "proxmox",
            "server": {"name": "proxmox", "version": version, "quorate": True},
            "nodes": sorted(nodes, key=lambda node: node["name"]),
            "instances": read_instances(cluster, all_guests(guests), question.service),
            "next_id": int(cluster.get("cluster/nextid")),
            **({} if permissions is None else {"permissions": permissions}),
        }


def find(cluster, question):
    """The instances alone. Guests of another name are looked into only where none has the service's name."""
    with cluster.translate_errors():
        names, _offline = node_names(cluster)
        guests = all_guests(guests_by_node(cluster, names))
        namesakes = [guest for guest in guests if guest.get("name") == question.service]
        return read_instances(cluster, namesakes or guests, question.service)


def _need_quorum(cluster):
    for entry in cluster.get_if_allowed("cluster/status") or ():
        if entry.get("type") == "cluster" and not entry.get("quorate", 1):
            raise DiscoveryError(
                f"The Proxmox VE cluster '{entry.get('name')}' has no quorum: nothing can be changed there now.",
                "Bring back enough of its nodes (pvecm status).",
            )
