# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of a node."""

from __future__ import annotations

from ...._shared.proxmox import boot_disk, disk_mib
from ...calls import call_in_parallel, map_in_parallel
from ...errors import status_of
from ...host.systems import architecture, guest_system, parse_system
from ...node_facts import NodeFacts, to_mib
from .guests import NODE_GONE, path_of, tags_of

NEVER_SHOWN = ("digest", "cipassword")
"""Keys that are in no result: the digest changes with each write, the password is masked by the API already."""


def read_node(cluster, name, version, guests, peers):
    """The node with its facts; as offline where it went away meanwhile."""
    try:
        return _read_facts(cluster, name, version, guests, peers).as_node(name)
    except Exception as exc:
        if status_of(exc) in NODE_GONE:
            return NodeFacts().as_node(name, online=False)
        raise


def _read_facts(cluster, node, version, guests, peers):
    facts = NodeFacts()
    status, storages, bridges, pci, usb = call_in_parallel(
        (
            lambda: _status(cluster, node),
            lambda: cluster.get(f"nodes/{node}/storage", content="images", enabled=1),
            lambda: cluster.get_if_allowed(f"nodes/{node}/network", type="any_bridge"),
            lambda: cluster.get_if_allowed(f"nodes/{node}/hardware/pci"),
            lambda: cluster.get_if_allowed(f"nodes/{node}/hardware/usb"),
        )
    )
    kernel = status.get("current-kernel") or {}
    templates = [guest for guest in guests if guest["kind"] == "qemu" and guest.get("template")]
    images = map_in_parallel(lambda template: read_image(cluster, template), templates)
    facts.add(
        "api",
        os_type="linux",
        os_name=f"Proxmox VE {version}",
        engine_version=version,
        architectures=[architecture(kernel.get("machine")) or "x86_64"],
        kernel_version=kernel.get("release") or _release(status.get("kversion")),
        **_hardware(status, pci, usb),
        memory_reserved=_memory_reserved(guests),
        storages={
            storage["storage"]: to_mib(storage["avail"])
            for storage in storages
            if storage.get("active", 1) and "avail" in storage
        },
        storage_types={storage["storage"]: storage["type"] for storage in storages if storage.get("type")},
        # Those that this user may not use are filtered, not refused: none is no answer.
        networks={bridge["iface"]: bridge.get("type", "bridge") for bridge in bridges or ()} or None,
        peers=peers,
        isolation="machine",
        images=[image for image in images if image],
    )
    return facts


def _status(cluster, node):
    """The node's status; nothing where this user may not look at it: what it takes for that is a decision's to say."""
    try:
        return cluster.get(f"nodes/{node}/status")
    except Exception as exc:
        if status_of(exc) == 403:
            return {}
        raise


def _release(kversion):
    """``Linux 6.8.12-4-pve #1 SMP ...`` -> the release."""
    words = (kversion or "").split()
    return words[1] if len(words) > 1 else None


# --- hardware -------------------------------------------------------------------------------------


def _hardware(status, pci, usb):
    cpu, memory = status.get("cpuinfo") or {}, status.get("memory") or {}
    return {
        "cpus": cpu.get("cpus"),
        "cpu_flags": sorted(set((cpu.get("flags") or "").split())) or None,
        "memory": to_mib(memory.get("total")),
        "memory_free": to_mib(memory["total"] - memory["used"]) if {"total", "used"} <= set(memory) else None,
        "pci_devices": None if pci is None else [_pci_device(device) for device in pci],
        "usb_devices": None if usb is None else [_usb_device(device) for device in usb if device.get("usbpath")],
    }


def _memory_reserved(guests):
    """
    MiB that what runs on the node may take, this service's own guest as well: the decision gives that back.

    ``maxmem`` is what a guest was started with; a change that waits for its restart does not count yet.
    """
    return sum(to_mib(guest.get("maxmem") or 0) for guest in guests if guest.get("status") == "running")


def _pci_device(device):
    """``0000:01:00.0 10de:1eb8``; the API writes ``0x10de``."""
    return f"{device['id']} {device['vendor'].removeprefix('0x')}:{device['device'].removeprefix('0x')}"


def _usb_device(device):
    """``1-2.4 1a6e:089a``: what ``usb0: host=`` takes. A bus itself has no ``usbpath``."""
    return f"{device['busnum']}-{device['usbpath']} {device['vendid']}:{device['prodid']}"


# --- templates ------------------------------------------------------------------------------------


def read_image(cluster, template):
    """A template as an image, or None where it went away meanwhile."""
    config = cluster.get_if_allowed(path_of(template, "config"))
    if config is None:
        return None
    key = boot_disk(config)
    volume = str(config.get(key, ""))
    name = config.get("name") or template.get("name") or ""
    os_name, os_version = parse_system(*tags_of(config), name)
    return {
        "id": str(template["vmid"]),
        "names": [name] if name else [],
        "os": os_name or guest_system(config.get("ostype")),
        "os_version": os_version,
        "disk": disk_mib(config, key),
        "disk_key": key,
        "storage": volume.split(":", 1)[0] if ":" in volume else None,
        "config": {name: value for name, value in config.items() if name not in NEVER_SHOWN},
    }
