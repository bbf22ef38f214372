# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The nodes' guests, as they are listed.

Node by node: /cluster/resources lags behind by up to ten seconds.
"""

from __future__ import annotations

import re

from ...._shared.proxmox import BUSES
from ...calls import map_in_parallel
from ...errors import status_of

FORMS = {"qemu": "proxmox_vm", "lxc": "proxmox_container"}
"""The forms by the API's own word for their kind."""

NODE_GONE = (595, 596)
"""A node that the one which was asked cannot reach."""

_PAUSED = ("paused", "suspended", "prelaunch", "io-error", "watchdog")
"""QEMU's own states in which a VM that Proxmox VE calls running stands still until it is resumed."""

_SEPARATORS = re.compile(r"[;,\s]+")
_DISK = re.compile(rf"(?:{'|'.join(BUSES)})\d+")


def node_names(cluster):
    """(online, offline) names of the cluster's nodes."""
    nodes = cluster.get("nodes")
    online = sorted(node["node"] for node in nodes if node.get("status") == "online")
    return online, sorted(node["node"] for node in nodes if node["node"] not in online)


def guests_by_node(cluster, names):
    """Each node's guests, templates too, with ``kind`` and ``node``; None for a node that cannot be reached."""
    return dict(zip(names, map_in_parallel(lambda name: _guests(cluster, name), names)))


def _guests(cluster, node):
    try:
        return [
            dict(guest, kind=kind, node=node) for kind in FORMS for guest in cluster.get(f"nodes/{node}/{kind}") or ()
        ]
    except Exception as exc:
        if status_of(exc) in NODE_GONE:
            return None
        raise


def all_guests(guests):
    """Those of all nodes, without templates."""
    return [guest for name in sorted(guests) for guest in guests[name] or () if not guest.get("template")]


def path_of(guest, *rest):
    """The guest's path in the API, or one below it."""
    return "/".join(("nodes", guest["node"], guest["kind"], str(guest["vmid"]), *rest))


def run_state(status):
    """started, paused, hibernated or stopped, of what ``status/current`` tells; else Proxmox VE's own word."""
    state = status.get("status") or "unknown"
    if state == "running":
        return "paused" if status.get("qmpstatus") in _PAUSED else "started"
    return "hibernated" if state == "stopped" and status.get("lock") == "suspended" else state


def tags_of(settings):
    """The tags in a guest's configuration, or in its entry of a list."""
    return [tag for tag in _SEPARATORS.split(settings.get("tags") or "") if tag]


def has_agent(config):
    """Whether the VM is said to have an agent: ``1``, ``enabled=1,fstrim_cloned_disks=1`` and the like."""
    first = str(config.get("agent", "0")).split(",", maxsplit=1)[0]
    return first.split("=")[-1] in ("1", "on", "yes", "true")


def linked_clones(cluster, guest, config):
    """
    The ids of the guests whose disks build on this one's. Only what was a template once has such base volumes, so
    hardly ever another guest is looked into.
    """
    volumes = [str(value).split(",", 1)[0] for key, value in config.items() if _DISK.fullmatch(key)]
    bases = [volume for volume in volumes if re.search(rf"[:/]base-{guest['vmid']}-disk-\d+[^/]*$", volume)]
    if not bases:
        return []
    names, _offline = node_names(cluster)
    guests = guests_by_node(cluster, names)
    others = [other for name in names for other in guests[name] or () if other["vmid"] != guest["vmid"]]
    configs = map_in_parallel(lambda other: cluster.get_if_allowed(path_of(other, "config")) or {}, others)
    return sorted(str(other["vmid"]) for other, config in zip(others, configs) if _builds_on(config, bases))


def _builds_on(config, bases):
    return any(f"{base}/" in str(value) for base in bases for value in config.values())
