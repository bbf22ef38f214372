# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of the server's node, or of each member of its cluster."""

from __future__ import annotations

import os
import re

from ...._shared.sizes import LXD_UNITS, MIB
from ...calls import map_in_parallel
from ...host import hardware, kernel, namespaces
from ...host.systems import architectures
from ...node_facts import NodeFacts, to_mib
from .probe import probe_kernel
from .shared import Shared

_VM_MEMORY = 1024
"""MiB that a virtual machine has without ``limits.memory``."""

_HOLDS_NOTHING = ("stopped", "error")
_SIZE = re.compile(r"(\d+)(.*)")


def read_nodes(server, question):
    """All nodes, with the facts of those that are online."""
    shared = Shared(server)
    if not server.is_clustered:
        facts = _read_facts(server, server.environment, None, shared, 0, question)
        return [facts.as_node(question.target)]
    members = server.get("cluster/members", recursion=1)
    online = [member["server_name"] for member in members if member.get("status") == "Online"]
    return map_in_parallel(
        lambda member: _read_member(server, member["server_name"], online, shared, question), members
    )


def _read_member(server, name, online, shared, question):
    """A cluster member. Only an ``Online`` one takes instances: one that is evacuated or blocked does not."""
    answer = server.get_if_allowed("", target=name) if name in online else None
    if answer is None:
        return NodeFacts().as_node(name, online=False)
    return _read_facts(server, answer["environment"], name, shared, len(online) - 1, question).as_node(name)


def _read_facts(server, environment, member, shared, peers, question):
    facts = NodeFacts()
    paths = ("resources", *(f"storage-pools/{pool}/resources" for pool in shared.pools or ()))
    resources, *spaces = map_in_parallel(lambda path: server.get_if_allowed(path, target=member), paths)
    facts.add(
        "api",
        os_type="linux",
        os_name=" ".join(filter(None, (environment.get("os_name"), environment.get("os_version")))) or None,
        engine_version=environment.get("server_version"),
        architectures=architectures(environment.get("architectures")),
        kernel_version=environment.get("kernel_version"),
        **_hardware(resources or {}),
        memory_reserved=_memory_reserved(shared.instances, member),
        storages=None if shared.pools is None else _free_space(shared.pools, spaces),
        storage_types=shared.pools,
        networks=shared.networks,
        profiles=shared.profiles,
        project=shared.project,
        project_used=shared.project_used,
        option_keys=shared.option_keys,
        peers=peers,
        # Containers are unprivileged unless security.privileged says otherwise.
        isolation="user_namespace",
        images=shared.images,
    )
    if server.is_local and _is_own_node(server, member, environment):
        facts.add("probed", **_facts_of_this_node(server, facts.facts, question.paths))
    elif question.probe is not None:
        where = f"{server.name}, member '{member}'" if member else server.name
        pool = next(iter(shared.pools or {}), "default")
        facts.add("probed", **probe_kernel(server, shared.images, question.probe, member, pool, where))
    return facts


# --- the machine itself ---------------------------------------------------------------------------


def _is_own_node(server, member, environment):
    """Whether the facts are of the member that the local socket belongs to."""
    is_own = member in (None, server.environment.get("server_name"))
    return is_own and kernel.is_kernel_of(environment.get("kernel_version"))


def _facts_of_this_node(server, known, paths):
    """What the node itself tells. What the server has told of its hardware, among the ``known`` facts, stands."""
    socket = server.socket_path
    shares_view = kernel.sees_listener(socket, server.timeout)
    facts = kernel.facts_of_this_node(shares_view=shares_view)
    # The socket is in LXD_DIR, beside all that the server has.
    facts["engine_paths"] = kernel.engine_paths([socket], [os.path.dirname(socket)], shares_view)
    facts["paths"] = kernel.link_targets(paths) if shares_view and paths else None
    facts["unprivileged_sysctls"] = namespaces.settable()
    for name in ("pci_devices", "usb_devices", "gpus"):
        if name in known:
            facts[name] = None
    return facts


# --- resources ------------------------------------------------------------------------------------


def _hardware(resources):
    cpu, memory = resources.get("cpu") or {}, resources.get("memory") or {}
    return {
        "cpus": cpu.get("total"),
        "cpu_flags": _cpu_flags(cpu),
        "memory": to_mib(memory.get("total")),
        "memory_free": to_mib(memory["total"] - memory["used"]) if {"total", "used"} <= set(memory) else None,
        "pci_devices": _pci_devices(resources.get("pci")),
        "usb_devices": _usb_devices(resources.get("usb")),
        "gpus": _count_gpus(resources.get("gpu")),
    }


def _cpu_flags(cpu):
    """What all cores can do; None on servers that do not tell flags."""
    cores = [core.get("flags") for socket in cpu.get("sockets") or () for core in socket.get("cores") or ()]
    return sorted(set.intersection(*map(set, cores))) if cores and all(cores) else None


def _pci_devices(pci):
    if pci is None:
        return None
    return [
        f"{device['pci_address']} {device['vendor_id']}:{device['product_id']}" for device in pci.get("devices") or ()
    ]


def _usb_devices(usb):
    """``001:004 1a6e:089a``, as lsusb writes it: the server tells a device's number on its bus, and not the port."""
    if usb is None:
        return None
    return [
        f"{device['bus_address']:03}:{device['device_address']:03} {device['vendor_id']}:{device['product_id']}"
        for device in usb.get("devices") or ()
    ]


def _count_gpus(gpu):
    if gpu is None:
        return None
    return sum(hardware.is_gpu_driver(card.get("driver")) for card in gpu.get("cards") or ())


def _free_space(pools, answers):
    """Free MiB of each pool, as far as the server tells: {} where there is none."""
    spaces = {pool: answer["space"] for pool, answer in zip(pools, answers) if answer and answer.get("space")}
    return {pool: to_mib(space.get("total", 0) - space.get("used", 0)) for pool, space in spaces.items()}


# --- memory ---------------------------------------------------------------------------------------


def _memory_reserved(instances, member):
    """
    MiB that what runs on the member may take, this service's own instance as well: the decision gives that back.

    A container without a limit in sizes, or with one in per cent, reserves nothing that could be told.
    """
    if instances is None:
        return None
    here = [instance for instance in instances if member in (None, instance.get("location"))]
    running = [instance for instance in here if instance.get("status", "").lower() not in _HOLDS_NOTHING]
    return sum(_may_take(instance) for instance in running)


def _may_take(instance):
    config = instance.get("expanded_config") or instance.get("config") or {}
    limit = memory_limit(config.get("limits.memory"))
    return limit or (_VM_MEMORY if instance.get("type") == "virtual-machine" else 0)


def memory_limit(text):
    """``limits.memory`` in MiB; 0 for none, and for a percentage of a total that is not asked for here."""
    match = _SIZE.fullmatch(str(text or "").strip())
    return int(match.group(1)) * LXD_UNITS.get(match.group(2), 0) // MIB if match else 0
