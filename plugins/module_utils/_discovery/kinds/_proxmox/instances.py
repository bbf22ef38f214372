# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guests as instances."""

from __future__ import annotations

import re

from ...._shared.marks import SERVICE_MARK, SIGNATURE_MARK
from ...._shared.proxmox import TAG, read_mark
from ...addresses import leads_outside, sort_addresses
from ...calls import map_in_parallel
from ...node_facts import to_mib
from .guests import FORMS, has_agent, linked_clones, path_of, run_state, tags_of
from .nodes import NEVER_SHOWN

_STATUS_KEYS = ("status", "qmpstatus", "lock", "uptime", "maxmem", "cpus", "agent", "ha", "running-machine")


def read_instances(cluster, guests, service):
    """Those of ``guests`` that have the service's name or mark; with no service all that have a mark."""
    likely = [guest for guest in guests if TAG in tags_of(guest) or (service and guest.get("name") == service)]
    instances = map_in_parallel(lambda guest: _instance(cluster, guest, service), likely)
    return sorted(filter(None, instances), key=lambda instance: int(instance["id"]))


def _instance(cluster, guest, service):
    """An instance; None for a guest that is another service's or went away meanwhile."""
    config = cluster.get_if_allowed(path_of(guest, "config"))
    if config is None:
        return None
    # One that has the line and not the tag yet is half made: a clone has the line, and the tag comes a call later.
    name, mark = guest.get("name", ""), read_mark(config.get("description"), SERVICE_MARK)
    if not _belongs(name, mark, service):
        return None
    status = cluster.get_if_allowed(path_of(guest, "status", "current")) or {}
    state = run_state({"status": guest.get("status"), **status})
    agent = guest["kind"] == "qemu" and has_agent(config)
    addresses = _addresses(cluster, guest, agent) if state == "started" else []
    return {
        "form": FORMS[guest["kind"]],
        "name": name,
        "id": str(guest["vmid"]),
        "node": guest["node"],
        "state": state,
        "service": mark,
        "process": None,
        "signature": read_mark(config.get("description"), SIGNATURE_MARK),
        "addresses": addresses,
        "ports": [],
        "up": state == "started",
        "ready": state == "started" and (bool(addresses) or not _tells_addresses(guest, config, agent)),
        "memory": to_mib(guest["maxmem"]) if guest.get("maxmem") else _memory(config),
        "config": _config(cluster, guest, config, status, agent) if service else {"config": _logins(config)},
    }


def _belongs(name, mark, service):
    return mark is not None if service is None else service in (name, mark)


def _logins(config):
    """Whom cloud-init lets in."""
    return {key: config[key] for key in ("ciuser", "sshkeys") if key in config}


def _memory(config):
    """Memory in MiB; newer releases may write ``current=4096``."""
    text = str(config.get("memory", 0 if "hostname" in config else 512)).rsplit("=", maxsplit=1)[-1]
    return int(text) if text.isdigit() else 0


def _config(cluster, guest, config, status, agent):
    """What the plan compares with. ``pending`` are the changes that wait for a restart."""
    pending = cluster.get_if_allowed(path_of(guest, "pending")) or ()
    replications = cluster.get_if_allowed(f"nodes/{guest['node']}/replication", guest=guest["vmid"]) or ()
    return {
        "config": {key: value for key, value in config.items() if key not in NEVER_SHOWN},
        "pending": [
            entry for entry in pending if entry["key"] not in NEVER_SHOWN and ("pending" in entry or "delete" in entry)
        ],
        "status": {key: status[key] for key in _STATUS_KEYS if status.get(key) is not None},
        "agent": agent,
        "dependents": linked_clones(cluster, guest, config),
        "replications": [replication["id"] for replication in replications if replication.get("id")],
    }


# --- addresses ------------------------------------------------------------------------------------


def _tells_addresses(guest, config, agent):
    """Whether an address is to be expected: of a VM only its agent knows one, of a container its interfaces."""
    return agent if guest["kind"] == "qemu" else any(re.fullmatch(r"net\d+", key) for key in config)


def _addresses(cluster, guest, agent):
    """Addresses as the guest tells them."""
    return sort_addresses(
        address
        for interface in _interfaces(cluster, guest, agent)
        if leads_outside(interface.get("name", ""))
        for address in _addresses_of(interface)
    )


def _addresses_of(interface):
    """The addresses of an interface; of a container's some releases tell ``inet`` and ``inet6``, and no list."""
    listed = [entry.get("ip-address", "") for entry in interface.get("ip-addresses") or ()]
    return listed or [(interface.get(key) or "").partition("/")[0] for key in ("inet", "inet6")]


def _interfaces(cluster, guest, agent):
    """The guest's network interfaces; none while it does not answer, which may take the whole time-out."""
    if guest["kind"] == "qemu" and not agent:
        return []
    try:
        if guest["kind"] == "lxc":
            return cluster.get(path_of(guest, "interfaces")) or []
        return (cluster.get(path_of(guest, "agent", "network-get-interfaces")) or {}).get("result") or []
    except Exception:
        return []
