# Copyright (c) 2026, rightscope.deploy contributors
# GNU Affero General Public License v3.0+ (see https://www.gnu.org/licenses/agpl-3.0.txt)
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A stand-in for a Proxmox VE server: a SIMULATION that answers as the real one does, and runs no guest.

This one file is under the AGPL-3.0-or-later, unlike the rest of the collection, because it builds on ``fakepve``, which
is. It is a program of its own that is only ever talked to over its sockets, and it is not part of the built collection.

    python pve_standin.py DIRECTORY [--port N] [--resources-lag SECONDS] [--templates FILE.json] [--time-scale X]

It writes ``ready.json`` into the directory once it listens, and takes commands there on ``control.sock``: one JSON
object a line, ``{"call": NAME, "args": [...], "kwargs": {...}}``, answered by ``{"ok": RESULT}`` or
``{"error": TEXT}``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import copy
import inspect
import json
import os
import re
import secrets
import signal
import sys
import time
import urllib.parse

from aiohttp import web
from fakepve import FakePve, FakeVm, PveError, TaskError, server, shapes
from fakepve import schema as pve_schema
from fakepve.certs import make_cert
from fakepve.lxc import format_size, parse_size
from fakepve.qemu import CREATE_ONLY, DRIVE_KEY, drives_of, is_cdrom, join_drive, split_drive, volume_ref, with_mac
from fakepve.routing import die

API_USER = "deploy@pve"
TOKEN_ID = "ansible"
POOR_USER = "poor@pve"
GIB = 1024**3
MIB = 1024**2
VM_PATH = "/nodes/{node}/qemu/{vmid}"
_NO_SETTINGS = ("delete", "revert", "digest", "skiplock", "force", "background_delay", "node", "vmid")
# What a running VM takes at once, besides fakepve's own list.
HOTPLUGGED = re.compile(r"^((net|scsi|virtio|sata|usb|ide)\d+|cpulimit|cpuunits)$")
# Seconds a task takes on a small server (scaled by time_scale).
TASK_SECONDS = {"qmclone": 4, "qmcreate": 1, "qmdestroy": 1, "qmstart": 3, "qmstop": 1, "resize": 1, "qmconfig": 1}
# Seconds from the start of a VM to its agent's first answer.
AGENT_SECONDS = 8
# Seconds that a call to an agent takes which does not answer.
SILENT_AGENT_SECONDS = 3
# Seconds from the end of a guest that reboots to its start, which is a task of its own.
REBOOT_GAP = 1
NODES = {
    "pve1": {"cpus": 8, "memory": 32 * GIB, "used": 3 * GIB},
    "pve2": {"cpus": 4, "memory": 16 * GIB, "used": 2 * GIB},
}
# What each node has, unless it is set otherwise: the API leaves bridges, memory controllers and processors out.
PCI = [
    {
        "id": "0000:00:02.0",
        "class": "0x030000",
        "vendor": "0x8086",
        "vendor_name": "Intel Corporation",
        "device": "0x3e98",
        "device_name": "CoffeeLake-S GT2 [UHD Graphics 630]",
        "iommugroup": 0,
    },
    {
        "id": "0000:01:00.0",
        "class": "0x020000",
        "vendor": "0x8086",
        "vendor_name": "Intel Corporation",
        "device": "0x1533",
        "device_name": "I210 Gigabit Network Connection",
        "iommugroup": 14,
    },
]
USB = [
    {"busnum": 1, "class": 9, "devnum": 1, "level": 0, "port": 0, "prodid": "0002", "speed": "480", "vendid": "1d6b"},
    {
        "busnum": 1,
        "class": 255,
        "devnum": 3,
        "level": 1,
        "manufacturer": "Silicon Labs",
        "port": 3,
        "prodid": "ea60",
        "product": "CP2102N USB to UART Bridge Controller",
        "speed": "12",
        "usbpath": "4",
        "vendid": "10c4",
    },
]
CPU = {
    "model": "Intel(R) Xeon(R) E-2288G CPU @ 3.70GHz",
    "flags": "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat clflush mmx fxsr sse sse2 ss ht "
    "syscall nx pdpe1gb rdtscp lm constant_tsc nopl pni pclmulqdq vmx ssse3 fma cx16 sse4_1 sse4_2 movbe popcnt aes "
    "xsave avx f16c rdrand lahf_lm abm fsgsbase bmi1 avx2 bmi2 erms invpcid rdseed adx xsaveopt xsavec",
}
TEMPLATES = [
    {
        "vmid": 900,
        "name": "debian-12-cloud",
        "node": "pve1",
        "config": {
            "ostype": "l26",
            "tags": "debian-12;linux",
            "memory": "2048",
            "cores": 2,
            "cpu": "x86-64-v2-AES",
            "scsihw": "virtio-scsi-single",
            "scsi0": "local-lvm:base-900-disk-0,size=8G",
            "ide2": "local-lvm:vm-900-cloudinit,media=cdrom",
            "net0": "virtio=BC:24:11:00:09:00,bridge=vmbr0",
            "serial0": "socket",
            "boot": "order=scsi0",
            "agent": "1",
        },
        "os": {
            "id": "debian",
            "name": "Debian GNU/Linux",
            "version": "12 (bookworm)",
            "version-id": "12",
            "pretty-name": "Debian GNU/Linux 12 (bookworm)",
            "kernel-release": "6.1.0-37-cloud-amd64",
            "kernel-version": "#1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1",
            "machine": "x86_64",
        },
    },
    {
        "vmid": 901,
        "name": "freebsd-14",
        "node": "pve1",
        "config": {
            "ostype": "other",
            "tags": "freebsd-14",
            "memory": "1024",
            "cores": 1,
            "cpu": "x86-64-v2-AES",
            "scsihw": "virtio-scsi-single",
            "scsi0": "local-lvm:base-901-disk-0,size=6G",
            "ide2": "local-lvm:vm-901-cloudinit,media=cdrom",
            "net0": "virtio=BC:24:11:00:09:01,bridge=vmbr0",
            "boot": "order=scsi0",
            "agent": "1",
        },
        "os": {
            "id": "freebsd",
            "name": "FreeBSD",
            "version": "14.2-RELEASE",
            "version-id": "14.2",
            "pretty-name": "FreeBSD 14.2-RELEASE",
            "kernel-release": "14.2-RELEASE",
            "kernel-version": "FreeBSD 14.2-RELEASE",
            "machine": "amd64",
        },
    },
]


def strict_booleans() -> None:
    """Take 1 and 0 alone for a boolean parameter, as the real server does; property strings keep their words."""
    words, others = pve_schema.TRUE, pve_schema.FALSE
    pve_schema.TRUE, pve_schema.FALSE = ("1",), ("0",)
    pve_schema.parse_boolean = lambda text: "1" if text.lower() in words else "0" if text.lower() in others else None


async def real_params(request) -> dict:
    """A request's parameters as the real server reads them: ';' is '&', and a second '=' cuts the value."""
    if request.content_type != "application/x-www-form-urlencoded":
        return await fakepve_params(request)
    pairs = list(request.query.items())
    try:
        text = (await request.read()).decode()
    except UnicodeDecodeError:
        raise PveError(400, "Parameter verification failed.", {"body": "request body is not valid UTF-8"}) from None
    for part in re.split("[&;]", text):
        if part:
            key, value = (part.split("=") + [""])[:2]
            pairs.append((urllib.parse.unquote_plus(key), urllib.parse.unquote_plus(value)))
    return server.collect(pairs)


fakepve_params, server.params = server.params, real_params


class Guests(list):
    """The VMs, each with the moment it appeared."""

    def append(self, vm) -> None:
        """Add a VM."""
        vm.__dict__.setdefault("born", time.monotonic())
        vm.__dict__.setdefault("os", {})
        super().append(vm)


# What a setting takes on the VM, as qemu-server's check_vm_modify_config_perm has it.
CONFIG_RIGHTS = {
    r"cores|cpu|cpulimit|cpuunits|numa\d*|sockets|vcpus": "VM.Config.CPU",
    r"memory|balloon|shares|allow-ksm": "VM.Config.Memory",
    r"acpi|hotplug|kvm|machine|scsihw|smbios1|tablet|vga|watchdog|audio0|rng0": "VM.Config.HWType",
    r"agent|autostart|bios|description|keyboard|localtime|migrate_(?:downtime|speed)|name|onboot|ostype|protection"
    r"|reboot|startdate|startup|tags|tdf|template": "VM.Config.Options",
    r"freeze": "VM.PowerMgmt",
    r"boot|bootdisk|vmstatestorage": "VM.Config.Disk",
    r"net\d+": "VM.Config.Network",
}
CLOUD_INIT = re.compile(r"ci(?:custom|password|type|upgrade|user)|ipconfig\d+|nameserver|searchdomain|sshkeys")
FULL_PATHS = ("/", "/access", "/access/groups", "/nodes", "/pool", "/sdn", "/storage", "/vms")
CHECKED = "checked"
"""A privilege that everybody has, for what fakepve would check once more, and otherwise."""


class Rights(FakePve):
    """Privileges as pve-access-control works them out, and where qemu-server asks for them."""

    def allowed(self, user, path, priv) -> bool:
        """Whether the user has the privilege on the path."""
        return priv == CHECKED or priv in self.rights_on(user, path)

    def rights_on(self, user: str, path: str) -> dict[str, int]:
        """The privileges on a path, each with whether it goes further down. A token has what its user has as well."""
        if self.acl is None or user.partition("!")[0] == "root@pam":
            return dict.fromkeys((*shapes.PRIVILEGES, "VM.Monitor"), 1)
        owner, _sign, token = user.partition("!")
        found = self._rights_of(owner, path)
        if token:
            own = self._rights_of(user, path)
            found = {name: goes_down and own[name] for name, goes_down in found.items() if name in own}
        return found

    def _rights_of(self, user: str, path: str) -> dict[str, int]:
        """By the ACLs: the one on the nearest path replaces those above it; then by the pools that it is in."""
        acls = self.acl.get(user, [])
        found: dict[str, int] = {}
        for above in (path, *self._above(path)):
            here = [names for where, names in acls if where == above]
            if here:
                found = dict.fromkeys((name for names in here for name in names), 1)
                break
        for pool in self._pools_of(path):
            for name in self._rights_of(user, f"/pool/{pool}"):
                found.setdefault(name, 0)
        return found

    @staticmethod
    def _above(path: str):
        while path != "/":
            path = path.rpartition("/")[0] or "/"
            yield path

    def _pools_of(self, path: str) -> list[str]:
        _root, sort, *rest = path.split("/")
        if sort == "vms" and rest and rest[0].isdigit():
            return [name for name, ids in self.pools.items() if int(rest[0]) in ids]
        if sort == "storage" and rest:
            return [name for name, meta in self.pool_info.items() if rest[0] in meta["storage"]]
        return []

    async def _permissions(self, values, user):
        """Of each path that has any ACL, or is in a pool, what the user has there; one of nothing is left out."""
        who = values.get("userid") or user
        paths = {*FULL_PATHS, *(path for entries in (self.acl or {}).values() for path, _names in entries)}
        paths |= {f"/vms/{vmid}" for ids in self.pools.values() for vmid in ids}
        paths |= {f"/storage/{sid}" for meta in self.pool_info.values() for sid in meta["storage"]}
        if values.get("path") is not None:
            paths = {values["path"]}
        found = {path: self.rights_on(who, path) for path in sorted(paths)}
        return {path: rights for path, rights in found.items() if rights}

    # --- where they are asked for

    def may_use(self, user: str, bridge: str, rights=("SDN.Use",)) -> bool:
        """Whether the user may use a bridge of the nodes, as a whole or one of its VLANs."""
        path = f"/sdn/zones/localnetwork/{bridge}"
        vlans = {
            where for entries in (self.acl or {}).values() for where, _names in entries if where.startswith(f"{path}/")
        }
        return any(self.allowed(user, one, right) for one in (path, *vlans) for right in rights)

    def check_networks(self, user: str, config: dict) -> None:
        """SDN.Use on each bridge or VLAN that the networks of a config are on."""
        for key in sorted(config):
            if re.fullmatch(r"net\d+", key):
                parts = dict(part.partition("=")[::2] for part in str(config[key]).split(","))
                vlans = [tag for tag in (parts.get("tag"), *(parts.get("trunks") or "").split(";")) if tag]
                for below in [f"/{vlan}" for vlan in vlans] or [""]:
                    if parts.get("bridge"):
                        self.require(user, f"/sdn/zones/localnetwork/{parts['bridge']}{below}", "SDN.Use")

    def check_devices(self, user: str, config: dict, vmid: int | None = None, pool: str | None = None) -> None:
        """A device of the host is root's, unless it has a mapping that the user may use."""
        for key, value in sorted(config.items()):
            match = re.fullmatch(r"(hostpci|usb)\d+", key)
            if not match or user == "root@pam":
                continue
            mapped = re.search(r"(?:^|,)mapping=([^,]+)", str(value))
            spice = match[1] == "usb" and re.search(r"(?:^|=)spice(?:,|$)", str(value))
            if not mapped and not spice:
                raise die(
                    f"only root can set '{key}' config for {'real' if match[1] == 'usb' else 'non-mapped'} devices"
                )
            if mapped:
                self.require(user, f"/mapping/{'pci' if match[1] == 'hostpci' else 'usb'}/{mapped[1]}", "Mapping.Use")
            if vmid is not None:
                self._qm_perm(user, vmid, pool, "VM.Config.HWType")

    def check_settings(self, user: str, vmid: int, pool: str | None, settings: dict, before: dict) -> None:
        """What each setting takes, and what the value takes that it replaces; None takes it away."""
        if user == "root@pam":
            return
        for key in sorted(settings):
            there = [str(value) for value in (before.get(key), settings[key]) if value is not None]
            if DRIVE_KEY.match(key):
                for value in there:
                    self._qm_perm(user, vmid, pool, *self._drive_rights(value))
            elif re.fullmatch(r"(?:hostpci|usb)\d+", key):
                for value in there:
                    self.check_devices(user, {key: value}, vmid, pool)
            elif re.fullmatch(r"serial\d+", key):
                if any(value != "socket" for value in there):
                    raise die(f"only root can set '{key}' config for real devices")
                self._qm_perm(user, vmid, pool, "VM.Config.HWType")
            elif CLOUD_INIT.fullmatch(key):
                either = ("VM.Config.Cloudinit", "VM.Config.Network")
                places = [f"/vms/{vmid}", *([f"/pool/{pool}"] if pool else [])]
                if not any(self.allowed(user, place, right) for place in places for right in either):
                    raise PveError(403, f"Permission check failed (/vms/{vmid}, {'|'.join(either)})")
            elif not key.startswith("unused"):
                right = next((name for keys, name in CONFIG_RIGHTS.items() if re.fullmatch(keys, key)), None)
                if right is None:
                    raise die(f"only root can set '{key}' config")
                self._qm_perm(user, vmid, pool, right)
                if key == "startup":
                    self.require(user, "/", "Sys.Modify")
                if key.startswith("net"):
                    for value in there:
                        self.check_networks(user, {key: value})

    @staticmethod
    def _drive_rights(value: str) -> tuple[str, ...]:
        volume, props = split_drive(value)
        if "cloudinit" in volume:
            return ("VM.Config.Cloudinit", "VM.Config.CDROM")
        return ("VM.Config.CDROM",) if is_cdrom(volume, props) or volume == "none" else ("VM.Config.Disk",)

    def _config_priv(self, key):
        """It was asked for already."""
        return CHECKED

    async def _qm_create(self, v, user):
        vmid, pool = int(v["vmid"]), v.get("pool")
        places = [f"/vms/{vmid}", *([f"/pool/{pool}"] if pool else [])]
        if any(self.allowed(user, place, "VM.Allocate") for place in places):
            settings = {key: value for key, value in v.items() if key not in (*CREATE_ONLY, "node", "vmid")}
            self.check_settings(user, vmid, pool, settings, {})
        return await super()._qm_create(v, user)


class StandIn(Rights):
    """fakepve, made to behave as a real Proxmox VE does where it does not."""

    def __init__(self, resources_lag: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        self.resources_lag = resources_lag
        self.vms = Guests()
        self.nodes = {name: dict(figures, online=True) for name, figures in NODES.items()}
        self.storages = {
            "local": {
                "type": "dir",
                "active": 1,
                "content": "iso,vztmpl,backup,snippets",
                "files": set(),
                "path": "/var/lib/vz",
                "total": 100 * GIB,
            },
            "local-lvm": {
                "type": "lvmthin",
                "active": 1,
                "content": "images,rootdir",
                "files": set(),
                "vgname": "pve",
                "thinpool": "data",
                "total": 200 * GIB,
            },
        }
        self.addresses: dict[tuple[int, int], str] = {}
        self.bridges = {"vmbr0"}
        # Jobs of replication: {"id": "100-0", "guest": 100, "target": "pve2"}.
        self.replications: list[dict] = []

    def _build_app(self):
        app = super()._build_app()
        app.middlewares.insert(0, self._edges)
        return app

    @web.middleware
    async def _edges(self, request, handler):
        """What the real server's HTTP side does: no body with DELETE, none in a 401 but for the login's, and 501."""
        if request.method == "DELETE" and request.body_exists and await request.read():
            return web.json_response(
                "Unexpected content for method 'DELETE'", status=501, reason="Unexpected content for method 'DELETE'"
            )
        try:
            response = await handler(request)
        except web.HTTPNotFound:
            return self._not_implemented(request)
        if response.status == 501 and response.reason.startswith("Method "):
            return self._not_implemented(request)
        if response.status == 401 and not request.path.endswith("/access/ticket"):
            named = "Authorization" in request.headers or "PVEAuthCookie" in request.cookies
            why = "Authentication failed!" if named else "No ticket"
            return web.Response(status=401, reason=response.reason if "csrf" in response.reason else why)
        return response

    @staticmethod
    def _not_implemented(request):
        path = re.sub("^/api2/[a-z]+", "", request.path)
        return server.error(501, f"Method '{request.method} {path}' not implemented")

    async def _answer(self, request, handler, generic, path_node):
        if path_node not in (None, *self.nodes):
            why = f"failed to get address info for: {path_node}: Name or service not known"
            return server.error(500, f"hostname lookup '{path_node}' failed - {why}")
        return await super()._answer(request, handler, generic, path_node)

    async def task(self, node, ttype, tid, user, body, **kwargs):
        """A task that takes its time, as a worker process does."""

        async def unhurried():
            await self.pause(TASK_SECONDS.get(ttype, 0))
            return await body()

        return await super().task(node, ttype, tid, user, unhurried, **kwargs)

    async def _fail_later(self, node, ttype, vmid, user, why):
        """A task that ends with this error: the request itself was answered with 200."""

        async def body():
            raise TaskError(why)

        return await self.task(node, ttype, vmid, user, body)

    async def _task_list(self, request):
        """With ``errors`` those that failed."""
        answer = json.loads((await super()._task_list(request)).text)
        if request.query.get("errors") == "1":
            answer["data"] = [task for task in answer["data"] if task.get("status", "OK") != "OK"]
        return web.json_response(answer)

    def _get_task(self, request):
        if request.match_info["upid"] not in self.tasks:
            why = "no such task" if request.match_info["upid"].startswith("UPID:") else "unable to parse worker upid"
            raise PveError(400, "Parameter verification failed.", {"upid": why})
        return super()._get_task(request)

    # ------------------------------------------------------ nodes and storages

    def _memory_used(self, node: str) -> int:
        """Bytes taken on a node: its own, and those of the VMs that run there."""
        running = [vm for vm in self.vms if vm.node == node and vm.status == "running"]
        return self.nodes[node].get("used", GIB) + sum(self._vm_usage(vm)["maxmem"] for vm in running)

    def _figures(self, node: str) -> dict:
        """A node's sizes, as /nodes and /cluster/resources tell them."""
        figures = self.nodes[node]
        if not figures.get("online", True):
            return {}
        total, used, _free = self._room("local", node)
        return {
            "cpu": 0.03,
            "maxcpu": figures.get("cpus", 4),
            "mem": self._memory_used(node),
            "maxmem": figures.get("memory", 8 * GIB),
            "disk": used,
            "maxdisk": total,
            "uptime": 864000,
        }

    def _room(self, name: str, node: str) -> tuple[int, int, int]:
        """(total, used, free) bytes of a storage as a node sees it: a local one is another on every node."""
        store = self.storages[name]
        used = 0
        for volume in self._volumes(name).values():
            owner = self.vm(volume.get("vmid"))
            if store.get("shared") or owner is None or owner.node == node:
                used += int(volume.get("size") or 0)
        total = self.nodes.get(node, {}).get("storage", {}).get(name) or store.get("total", 100 * GIB)
        return total, used, max(total - used, 0)

    async def _nodes(self, request):
        answer = json.loads((await super()._nodes(request)).text)
        for item in answer["data"]:
            figures = self._figures(item["node"])
            if self.allowed(request[server.USER], f"/nodes/{item['node']}", "Sys.Audit"):
                item.update(figures)
            else:
                for key in figures:
                    item.pop(key, None)
        return web.json_response(answer)

    async def _resources(self, request):
        answer = json.loads((await super()._resources(request)).text)
        data = []
        for item in answer["data"]:
            if item["type"] == "node":
                item.update(self._figures(item["node"]))
            elif item["type"] == "storage" and item["status"] == "available":
                item["maxdisk"], item["disk"], _free = self._room(item["storage"], item["node"])
            elif item["type"] == "qemu":
                vm = self.vm(item["vmid"])
                if vm and time.monotonic() - vm.born < self.resources_lag:
                    item = {key: item[key] for key in ("id", "node", "type", "vmid")} | {"status": "unknown"}
            data.append(item)
        return web.json_response({"data": data})

    def _routes_standin(self):
        return [
            ("GET", "/nodes/{node}/status", self._node_status),
            ("GET", "/nodes/{node}/network", self._network_list),
            ("GET", "/nodes/{node}/hardware/pci", self._pci),
            ("GET", "/nodes/{node}/hardware/usb", self._usb),
            ("GET", "/nodes/{node}/replication", self._replication),
            ("PUT", VM_PATH + "/resize", self._resize),
        ]

    async def _node_status(self, values, user):
        node = values["node"]
        figures, cpus = self._figures(node), self.nodes[node].get("cpus", 4)
        kernel = self.nodes[node].get("kernel", "6.14.8-2-pve")
        total, used, free = self._room("local", node)
        return {
            "cpu": figures["cpu"],
            "wait": 0,
            "idle": 0,
            "uptime": figures["uptime"],
            "loadavg": ["0.10", "0.12", "0.09"],
            "kversion": f"Linux {kernel} #1 SMP PREEMPT_DYNAMIC PMX {kernel}",
            "current-kernel": {
                "sysname": "Linux",
                "release": kernel,
                "machine": "x86_64",
                "version": f"#1 SMP PREEMPT_DYNAMIC PMX {kernel}",
            },
            "pveversion": f"pve-manager/{self.version}/2606ac85",
            "boot-info": {"mode": "efi", "secureboot": 0},
            "cpuinfo": {
                "cpus": cpus,
                "cores": max(cpus // 2, 1),
                "sockets": 1,
                "mhz": "3700.000",
                "hvm": "1",
                "user_hz": 100,
                **CPU,
                **self.nodes[node].get("cpuinfo", {}),
            },
            "memory": {
                "total": figures["maxmem"],
                "used": figures["mem"],
                "free": figures["maxmem"] - figures["mem"],
                "available": figures["maxmem"] - figures["mem"],
            },
            "swap": {"total": 8 * GIB, "used": 0, "free": 8 * GIB},
            "rootfs": {"total": total, "used": used, "free": free, "avail": free},
            "ksm": {"shared": 0},
        }

    async def _network_list(self, values, user):
        """The node's one port, and its bridges; with ``type`` only those of that sort."""
        common = {"active": 1, "autostart": 1, "families": ["inet"], "method": "manual", "method6": "manual"}
        found = [{"iface": "eno1", "type": "eth", "priority": 3, **common}]
        for number, name in enumerate(sorted(self.bridges)):
            bridge = {"bridge_ports": "" if number else "eno1", "bridge_stp": "off", "bridge_fd": "0"}
            found.append({"iface": name, "type": "bridge", "priority": 4 + number, **common, **bridge})
        wanted = values.get("type")
        if wanted is None:
            return found
        wanted = "bridge" if wanted in ("any_bridge", "any_local_bridge") else wanted
        seen = ("SDN.Audit", "SDN.Use")
        return [
            one
            for one in found
            if one["type"] == wanted and (wanted != "bridge" or self.may_use(user, one["iface"], seen))
        ]

    async def _pci(self, values, user):
        return self.nodes[values["node"]].get("pci", PCI)

    async def _usb(self, values, user):
        return self.nodes[values["node"]].get("usb", USB)

    async def _replication(self, values, user):
        guest = values.get("guest")
        return [one for one in self.replications if guest is None or str(one["guest"]) == str(guest)]

    def _status_item(self, name, node, formats=False):
        item = super()._status_item(name, node, formats)
        if item["active"]:
            item["total"], item["used"], item["avail"] = self._room(name, node)
        return item

    async def _content_list(self, v, user):
        found = await super()._content_list(v, user)
        if self.storages[v["storage"]].get("shared"):
            return found
        owners = {vm.vmid: vm.node for vm in self.vms}
        return [item for item in found if owners.get(item.get("vmid"), v["node"]) == v["node"]]

    def _qm_alloc(self, sid, vmid, fmt, size, linked_from=None):
        vm = self.vm(vmid)
        if vm is not None and size > self._room(sid, vm.node)[2]:
            raise die(f"unable to write to storage '{sid}': No space left on device")
        return super()._qm_alloc(sid, vmid, fmt, size, linked_from)

    # ------------------------------------------------------------------- disks

    def _cloudinit_volume(self, sid: str, vmid: int) -> str:
        """The name of a VM's own cloud-init volume on a storage."""
        if self.storages[sid].get("type") in ("dir", "nfs", "cifs", "btrfs"):
            return f"{sid}:{vmid}/vm-{vmid}-cloudinit.qcow2"
        return f"{sid}:vm-{vmid}-cloudinit"

    def _qm_new_drive(self, vmid, key, value, default):
        volume, props = split_drive(value)
        if volume.endswith(":cloudinit"):
            self._store(volume_ref(volume)[0])
            volid = self._cloudinit_volume(volume_ref(volume)[0], vmid)
            return join_drive(volid, {"media": "cdrom", "size": "4M"}), []
        return super()._qm_new_drive(vmid, key, value, default)

    async def _resize(self, values, user):
        """Everything is found out by the task: a missing VM, a lock, a shrinking disk."""
        node, vmid = values["node"], int(values["vmid"])

        async def body():
            try:
                self._grow(self.find(node, vmid), user, values["disk"], str(values["size"]))
            except PveError as error:
                raise TaskError(error.message) from error

        return await self.task(node, "resize", vmid, user, body, vm=self.vm(vmid))

    def _grow(self, vm, user, disk: str, size: str) -> None:
        """Make a disk as large as asked, or larger by ``+SIZE``."""
        self._check_lock(vm)
        if disk not in vm.config:
            raise die(f"disk '{disk}' does not exist")
        volume, props = split_drive(vm.config[disk])
        if is_cdrom(volume, props):
            raise die("you can't resize a cdrom")
        sid, name = volume_ref(volume)
        self.require(user, "/storage/" + sid, "Datastore.AllocateSpace")
        old = parse_size(props.get("size", "0"))
        new = parse_size(size.lstrip("+")) + (old if size.startswith("+") else 0)
        if new < old:
            raise die("shrinking disks is not supported")
        if new - old > self._room(sid, vm.node)[2]:
            raise die(f"unable to write to storage '{sid}': No space left on device")
        stored = self.storages[sid].get("volumes", {}).get(name)
        if stored:
            stored["size"] = new
        vm.config[disk] = join_drive(volume, dict(props, size=format_size(new)))

    # ------------------------------------------------------------------- clones

    async def _qm_clone(self, v, user):
        node, newid, target = v["node"], int(v["newid"]), v.get("target")
        source = self.vm(int(v["vmid"]))
        if source is None or source.node != node:
            raise die(f"unable to find configuration file for VM {v['vmid']} on node '{node}'")
        if target in self.nodes and target != node and self._uses_local_storage(source):
            raise die(f"can't clone VM to node '{target}' (VM uses local storage)")
        self.check_devices(user, source.config)
        self.check_networks(user, source.config)
        upid = await super()._qm_clone(v, user)
        clone = self.vm(newid)
        if clone is not None:
            self._make_own(source, clone, v.get("storage"))
        return upid

    def _uses_local_storage(self, vm) -> bool:
        """Whether a disk of the VM, or its cloud-init volume, is where only its node can read it."""
        places = [volume_ref(volume)[0] for _key, volume, _props in drives_of(vm.config)]
        return any(sid and not self.storages.get(sid, {}).get("shared") for sid in places)

    def _make_own(self, source, clone, storage: str | None) -> None:
        """Give a clone what fakepve leaves the template's: cloud-init volume, guest system and agent."""
        for key, volume, _props in drives_of(clone.config):
            if "cloudinit" in volume:
                sid = storage or volume_ref(volume)[0]
                own = self._cloudinit_volume(sid, clone.vmid)
                clone.config[key] = join_drive(own, {"media": "cdrom", "size": "4M"})
        clone.os = copy.deepcopy(source.os)
        clone.agent = copy.deepcopy(source.agent)
        clone.agent_hangs, clone.acpi = source.agent_hangs, source.acpi

    async def _qm_destroy(self, v, user):
        vm = self.vm(int(v["vmid"]))
        if vm is not None and vm.node == v["node"]:
            for _key, volume, _props in drives_of(vm.config, skip_cdrom=True):
                if any(
                    volume + "/" in str(value)
                    for other in self.vms
                    if other is not vm
                    for value in other.config.values()
                ):
                    why = f"base volume '{volume}' is still in use by linked cloned"
                    return await self._fail_later(vm.node, "qmdestroy", vm.vmid, user, why)
        if vm is not None and not v.get("purge") and any(one["guest"] == vm.vmid for one in self.replications):
            job = next(one["id"] for one in self.replications if one["guest"] == vm.vmid)
            why = f"There is a replication job '{job}' for guest '{vm.vmid}' - Please remove that first."
            raise PveError(500, why)
        # What is hibernated may be removed.
        asleep = vm is not None and vm.lock == "suspended"
        return await super()._qm_destroy({**v, "skiplock": 1} if asleep else v, "root@pam" if asleep else user)

    # -------------------------------------------------------------------- power

    async def _status_action(self, request):
        action, node = request.match_info["action"], request.match_info["node"]
        vmid = int(request.match_info["vmid"])
        if action not in ("start", "stop", "shutdown") or node not in self.nodes:
            return await super()._status_action(request)
        user = request[server.USER]
        vm = self.vm(vmid)
        why = None
        if vm is None or vm.node != node:
            why = f"Configuration file 'nodes/{node}/qemu-server/{vmid}.conf' does not exist"
        elif vm.lock and vm.status == "running" and action != "start":
            why = f"VM is locked ({vm.lock})"
        if why:
            self.require(user, f"/vms/{vmid}", "VM.PowerMgmt")
            self.need_quorum()
            return web.json_response({"data": await self._fail_later(node, "qm" + action, vmid, user, why)})
        return await super()._status_action(request)

    async def _do_start(self, vm, user, p):
        why = self._cannot_start(vm)
        if why and not vm.template and vm.status != "running":
            return await self._fail_later(vm.node, "qmstart", vm.vmid, user, why)
        return await super()._do_start(vm, user, p)

    def _cannot_start(self, vm) -> str | None:
        """What the real server takes at creation and only finds out when it starts the VM."""
        config = {**vm.config, **{key: value for key, value in vm.pending.items() if value is not None}}
        cpus = int(config.get("cores", 1)) * int(config.get("sockets", 1))
        here = self.nodes[vm.node].get("cpus", 4)
        if cpus > here:
            return f"MAX {here} vcpus allowed per VM on this node"
        for key in sorted(config):
            bridge = re.search(r"bridge=([^,]+)", str(config[key])) if re.fullmatch(r"net\d+", key) else None
            if bridge and bridge.group(1) not in self.bridges:
                return f"bridge '{bridge.group(1)}' does not exist"
        return None

    async def _do_stop(self, vm, user, p):
        if vm.status == "running":
            return await super()._do_stop(vm, user, p)
        return await self._nothing_to_do("qmstop", vm, user)

    async def _do_shutdown(self, vm, user, p):
        if vm.qmpstatus == "paused":
            if str(p.get("forceStop", "0")) != "1":
                raise die("VM is paused - cannot shutdown")
            return await self._do_stop(vm, user, p)
        if vm.status == "running":
            return await super()._do_shutdown(vm, user, p)
        return await self._nothing_to_do("qmshutdown", vm, user)

    def _vm_status(self, vm, listing=False):
        """With another process for each run."""
        data = super()._vm_status(vm, listing)
        if "pid" in data:
            data["pid"] = vm.vmid * 10000 + int((vm.started_at or 0) * 100) % 10000
        return data

    async def _do_reboot(self, vm, user, p):
        """Its task ends with the guest: root@pam starts it again a moment later, with the settings that waited."""
        self._need_running(vm)
        self._check_lock(vm)

        async def body():
            why = await self._powerdown(vm, p)
            asyncio.get_running_loop().create_task(self._start_again(vm))
            return why

        return await self.task(vm.node, "qmreboot", vm.vmid, user, body, vm=vm)

    async def _start_again(self, vm) -> None:
        await self.pause(REBOOT_GAP)
        if vm in self.vms and vm.status == "stopped":
            await self._do_start(vm, "root@pam", {})

    async def _nothing_to_do(self, ttype, vm, user):
        """The task that stops what is stopped: good, even where the VM is locked."""

        async def body():
            return None

        return await self.task(vm.node, ttype, vm.vmid, user, body, vm=vm)

    # ------------------------------------------------------------------- config

    @staticmethod
    def _as_read(config: dict) -> dict:
        """A config as it is read back: memory and agent as strings."""
        return {key: str(value) if key in ("memory", "agent") else value for key, value in config.items()}

    async def _config_get(self, request):
        values = self._verify(request, await server.params(request))
        vm = self._vm(request, "VM.Audit")
        config = dict(vm.config)
        if not values.get("current"):
            for key, value in vm.pending.items():
                if value is None:
                    config.pop(key, None)
                else:
                    config[key] = value
        return web.json_response({"data": dict(self._as_read(config), digest=vm.digest())})

    async def _pending(self, request):
        vm = self._vm(request, "VM.Audit")
        current, pending = self._as_read(vm.config), self._as_read(vm.pending)
        data = [{"key": "digest", "value": vm.digest()}]
        for key in sorted({*current, *pending}):
            item = {"key": key}
            if key in current:
                item["value"] = current[key]
            if key in vm.pending:
                item.update({"delete": 1} if vm.pending[key] is None else {"pending": pending[key]})
            data.append(item)
        return web.json_response({"data": data})

    async def _config_post(self, request):
        """A task applies it, but what can be refused is refused at once."""
        values = self._verify(request, await server.params(request))
        vm = self._vm(request)
        given = {key: value for key, value in values.items() if key not in ("node", "vmid")}
        self._check_write(vm, request[server.USER], given)
        self._check_rights(vm, request[server.USER], given)
        return await super()._config_post(request)

    async def _apply_config(self, vm, user, p):
        """Write a config as the real server does: values checked and normalised, disks made, some of it at once."""
        method = pve_schema.load().paths[VM_PATH + "/config"]["PUT"]
        info = method["parameters"]
        self.check_permissions(user, method["permissions"], {"vmid": vm.vmid})
        values, errors = pve_schema.validate(info, {**p, "node": vm.node, "vmid": vm.vmid})
        if errors:
            raise PveError(400, "Parameter verification failed.", errors)
        values = {key: value for key, value in values.items() if key in p and key not in ("node", "vmid")}
        self._check_write(vm, user, values)
        deletes = [key for key in re.split(r"[,;\s]+", str(values.pop("delete", ""))) if key]
        for key in deletes:
            if not {key, re.sub(r"\d+$", "[n]", key)} & set(info["properties"]):
                raise PveError(400, "Parameter verification failed.", {"delete": f"unknown option '{key}'"})
        self._check_rights(vm, user, {**values, "delete": ",".join(deletes)})
        for key in [k for k in re.split(r"[,;\s]+", str(values.pop("revert", ""))) if k]:
            vm.pending.pop(key, None)
        values.pop("background_delay", None)
        deletes += [key for key in ("description", "tags") if values.get(key) == ""]
        values = {key: value for key, value in values.items() if key not in deletes}
        await self._write(vm, user, values, deletes)

    def _check_rights(self, vm, user, values: dict) -> None:
        """Refuse what the user may not: by setting, by the storage of a disk, by the bridge of a network."""
        taken = dict.fromkeys(filter(None, re.split(r"[,;\s]+", str(values.get("delete", "")))))
        given = {key: value for key, value in values.items() if key not in _NO_SETTINGS}
        self.check_settings(user, vm.vmid, None, {**taken, **given}, vm.config)
        for key, value in given.items():
            if DRIVE_KEY.match(key) and value != vm.config.get(key):
                self._qm_check_drive(user, vm.vmid, None, key, value, None)

    def _check_write(self, vm, user, values: dict) -> None:
        """Refuse what the real server refuses before it looks at the VM."""
        root = user == "root@pam"
        if "skiplock" in values and not root:
            raise PveError(400, "Parameter verification failed.", {"skiplock": "Only root may use this option."})
        for key in ("args", "lock", "hookscript"):
            if not root and (key in values or key in str(values.get("delete", "")).split(",")):
                raise die(f"only root can set '{key}' config")
        if not set(values) - {"digest", "skiplock", "background_delay"}:
            raise die("no options specified")
        self._check_lock(vm)

    async def _write(self, vm, user, values: dict, deletes: list[str]) -> None:
        """Apply normalised values and deletions."""
        made = {}
        for key, value in values.items():
            made[key] = self._normalised(vm, key, value)
        before = dict(vm.config)
        if deletes:
            made["delete"] = ",".join(deletes)
        if made:
            await super()._apply_config(vm, user, made)
        for key in [k for k in vm.pending if HOTPLUGGED.match(k)]:
            value = vm.pending.pop(key)
            if value is None:
                vm.config.pop(key, None)
            else:
                vm.config[key] = value
        for key in list(vm.pending):
            if vm.pending[key] == vm.config.get(key):
                del vm.pending[key]
        for key in deletes:
            self._detach(vm, key, before.get(key))

    def _normalised(self, vm, key: str, value):
        """A value as the real server stores it."""
        if key == "tags":
            return ";".join(sorted({tag.lower() for tag in re.split(r"[;,\s]+", str(value)) if tag}))
        if re.fullmatch(r"net\d+", key):
            return with_mac(value)
        if key in ("memory", "agent"):
            return str(value)
        if DRIVE_KEY.match(key):
            return self._qm_new_drive(vm.vmid, key, value, None)[0]
        return value

    def _detach(self, vm, key: str, value) -> None:
        """A disk taken out of the config stays as unusedN; an unusedN taken out is removed."""
        if value is None or key in vm.config:
            return
        volume, props = split_drive(value)
        if key.startswith("unused"):
            self._qm_free(volume)
        elif DRIVE_KEY.match(key) and not is_cdrom(volume, props):
            free = next(n for n in range(256) if f"unused{n}" not in vm.config)
            vm.config[f"unused{free}"] = volume

    # -------------------------------------------------------------------- agent

    async def _agent_call(self, match, values):
        vm = self.find(values["node"], values["vmid"])
        if vm.status != "running":
            raise die(f"VM {vm.vmid} is not running")
        first = str(vm.config.get("agent", "0")).partition(",")[0]
        if first.rpartition("=")[2] not in ("1", "yes", "on", "true"):
            raise die("No QEMU guest agent configured")
        if vm.agent is None or time.time() - (vm.started_at or 0) < AGENT_SECONDS * self.time_scale:
            # The server waits for its ping.
            await self.pause(SILENT_AGENT_SECONDS)
            raise die("QEMU guest agent is not running")
        given = vm.agent
        if given is not None:
            vm.agent = {"interfaces": self._interfaces(vm), **({"os": vm.os} if vm.os else {}), **given}
        try:
            return await super()._agent_call(match, values)
        finally:
            vm.agent = given

    def _address(self, vm, number: int) -> str:
        """The address a network interface of the guest has: the one cloud-init was told, or one of its own."""
        static = re.search(r"ip=(\d[\d.]+)", str(vm.config.get(f"ipconfig{number}", "")))
        if static:
            return static.group(1)
        known = self.addresses
        if (vm.vmid, number) not in known:
            there = {vm.vmid for vm in self.vms}
            for gone in [key for key in known if key[0] not in there]:
                del known[gone]
            free = (f"192.0.2.{n}" for n in range(100, 255))
            known[vm.vmid, number] = next(ip for ip in free if ip not in known.values())
        return known[vm.vmid, number]

    def _interfaces(self, vm) -> list[dict]:
        """What the guest's agent tells of its network."""
        counters = {f"{way}-{what}": 0 for way in ("rx", "tx") for what in ("bytes", "packets", "errs", "dropped")}
        found = [
            {
                "name": "lo",
                "hardware-address": "00:00:00:00:00:00",
                "statistics": counters,
                "ip-addresses": [
                    {"ip-address": "127.0.0.1", "ip-address-type": "ipv4", "prefix": 8},
                    {"ip-address": "::1", "ip-address-type": "ipv6", "prefix": 128},
                ],
            }
        ]
        prefix = "vtnet" if vm.os.get("id") == "freebsd" else "eth"
        for key in sorted(k for k in vm.config if re.fullmatch(r"net\d+", k)):
            mac = re.search(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}", str(vm.config[key]))
            number = int(key[3:])
            found.append(
                {
                    "name": f"{prefix}{number}",
                    "hardware-address": mac.group(0).lower() if mac else "",
                    "statistics": counters,
                    "ip-addresses": [
                        {"ip-address": self._address(vm, number), "ip-address-type": "ipv4", "prefix": 24}
                    ],
                }
            )
        return found

    # ---------------------------------------------------------------- templates

    def add_template(self, vmid, name, node="pve1", config=None, os=None, agent=True):
        """Add a template as it is after 'qm template': a base volume, a cloud-init volume, a guest agent."""
        if self.vm(vmid):
            raise ValueError(f"VM {vmid} is there already")
        vm = self.add_vm(vmid, name, node=node, config=dict(config or {}, name=name, template=1), template=True)
        vm.os, vm.agent, vm.born = dict(os or {}), {} if agent else None, float("-inf")
        for _key, volume, props in drives_of(vm.config, skip_cdrom=True):
            sid, volume_name = volume_ref(volume)
            self.storages[sid].setdefault("volumes", {})[volume_name] = {
                "content": "images",
                "format": "qcow2" if volume_name.endswith(".qcow2") else "raw",
                "size": parse_size(props["size"]),
                "vmid": vmid,
                "ctime": 0,
            }
        return vm


# -------------------------------------------------------------------- control


class Control:
    """The commands that tests may give."""

    def __init__(self, pve: StandIn):
        self.pve = pve

    async def run(self, name: str, args: list, kwargs: dict):
        """The result of a command: one of ours, or a public method of the server."""
        own = getattr(self, "do_" + name, None)
        method = own or (None if name.startswith("_") else getattr(self.pve, name, None))
        if not callable(method):
            raise ValueError(f"there is no command '{name}'")
        result = method(*args, **kwargs)
        if inspect.isawaitable(result):
            result = await result
        return self._view(result) if isinstance(result, FakeVm) else result

    def _view(self, vm) -> dict:
        """All there is to say of a VM."""
        keys = (
            "vmid",
            "name",
            "node",
            "status",
            "qmpstatus",
            "template",
            "lock",
            "config",
            "pending",
            "agent",
            "agent_hangs",
            "start_error",
            "start_secs",
            "stop_secs",
            "shutdown_secs",
            "acpi",
            "pool",
            "os",
        )
        view = {key: getattr(vm, key, None) for key in keys}
        view["addresses"] = [ip for (vmid, _n), ip in sorted(self.pve.addresses.items()) if vmid == vm.vmid]
        return copy.deepcopy(view)

    def do_ping(self):
        """Whether it is there."""
        return "pong"

    def do_requests(self, method: str | None = None):
        """Every request seen, or those of one method, as [method, path, body]."""
        return [[m, path, body.decode(errors="replace")] for m, path, body in self.pve.requests if method in (None, m)]

    def do_clear_requests(self):
        """Forget the requests seen."""
        self.pve.requests.clear()

    def do_clear_failures(self):
        """Forget every failure asked for."""
        self.pve.failures.clear()

    def do_fail(self, *args, **kwargs):
        """Answer matching requests with an error; fakepve.FakePve.fail says how."""
        self.pve.fail(*args, **kwargs)

    def do_tasks(self):
        """Every task started."""
        return self.pve.tasklog

    def do_vm(self, vmid: int):
        """One VM in full, or null."""
        return self.pve.vm(int(vmid))

    def do_vms(self):
        """Every VM in full."""
        return [self._view(vm) for vm in self.pve.vms]

    def do_set_vm(self, vmid: int, **attributes):
        """Set attributes of a VM; ``config`` is merged, and a key with null is removed from it."""
        vm = self.pve.vm(int(vmid))
        if vm is None:
            raise ValueError(f"there is no VM {vmid}")
        for key, value in (attributes.pop("config", None) or {}).items():
            if value is None:
                vm.config.pop(key, None)
            else:
                vm.config[key] = value
        for key, value in attributes.items():
            if not hasattr(vm, key):
                raise ValueError(f"a VM has no '{key}'")
            setattr(vm, key, value)
        if attributes.get("status") == "running":
            vm.qmpstatus, vm.started_at = "running", vm.started_at or time.time()
        elif "status" in attributes:
            vm.qmpstatus = vm.status
        return vm

    def do_remove_vm(self, vmid: int):
        """Remove a VM without asking, as an administrator at the console would."""
        vm = self.pve.vm(int(vmid))
        if vm is not None:
            self.pve.vms.remove(vm)

    def do_set(self, name: str, value):
        """Set an attribute of the server, such as ``resources_lag`` or ``version``."""
        if name.startswith("_") or not hasattr(self.pve, name) or callable(getattr(self.pve, name)):
            raise ValueError(f"the server has no '{name}' to set")
        setattr(self.pve, name, set(value) if isinstance(getattr(self.pve, name), set) else value)

    def do_get(self, name: str):
        """An attribute of the server."""
        return getattr(self.pve, name)

    def do_acl(self, user: str, rights: dict):
        """Give a user, and its token where it has one, these privileges by path, in place of all that it had."""
        for one in (user, f"{user}!{TOKEN_ID}"):
            self.pve.acl[one] = [(path, set(names)) for path, names in rights.items()]

    def do_time_scale(self, value: float):
        """Real seconds for one second of the server's."""
        self.pve.time_scale = float(value)

    def do_set_node(self, node: str, **figures):
        """Set what a node has: cpus, memory, used (bytes), kernel, cpuinfo, pci, usb, storage {name: bytes}, online."""
        self.pve.nodes.setdefault(node, {"online": True}).update(figures)

    def do_set_storage(self, name: str, **options):
        """Add a storage, or set options of one: type, content, shared, total (bytes), active, nodes."""
        new = {"type": "dir", "active": 1, "content": "images", "files": set(), "total": 100 * GIB}
        self.pve.storages.setdefault(name, new).update(options)

    def do_reset(self):
        """Back to the start: templates only, no faults."""
        fresh = StandIn(resources_lag=self.pve.resources_lag, host=self.pve.host, port=self.pve.port)
        for name in (
            "vms",
            "cts",
            "nodes",
            "storages",
            "addresses",
            "bridges",
            "replications",
            "quorate",
            "network",
            "ceph",
            "version",
        ):
            setattr(self.pve, name, getattr(fresh, name))
        for name in ("failures", "requests", "tasklog", "tasks", "pools", "pool_info"):
            getattr(self.pve, name).clear()
        self.pve.time_scale = self.pve.first_time_scale
        self.pve.acl = copy.deepcopy(self.pve.first_acl)
        furnish(self.pve, self.pve.templates)

    async def serve(self, reader, writer) -> None:
        """Answer one client, line by line."""
        while line := await reader.readline():
            try:
                asked = json.loads(line)
                result = await self.run(asked["call"], asked.get("args", []), asked.get("kwargs", {}))
                answer = {"ok": result}
            except Exception as error:  # whatever it is, the test that asked is to read it
                answer = {"error": f"{type(error).__name__}: {error}"}
            writer.write(json.dumps(answer, default=_plain).encode() + b"\n")
            await writer.drain()
        writer.close()


def _plain(value):
    """What JSON has no form for."""
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def furnish(pve: StandIn, templates: list[dict]) -> None:
    """Add the templates."""
    for template in templates:
        pve.add_template(**copy.deepcopy(template))


def build(args) -> tuple[StandIn, str]:
    """The server with its templates and tokens, and the secret of the first token."""
    strict_booleans()
    pve = StandIn(resources_lag=args.resources_lag, host="127.0.0.1", port=args.port)
    pve.time_scale = pve.first_time_scale = args.time_scale
    pve.templates = list(TEMPLATES)
    if args.templates:
        with open(args.templates, encoding="utf-8") as file:
            pve.templates += json.load(file)
    furnish(pve, pve.templates)
    secret = secrets.token_hex(16)
    pve.password = secrets.token_hex(16)
    pve.apitokens = {f"{API_USER}!{TOKEN_ID}": secret, f"{POOR_USER}!{TOKEN_ID}": secret}
    for user, rights in ((API_USER, (*shapes.PRIVILEGES, "VM.Monitor")), (POOR_USER, ("Sys.Audit",))):
        pve.grant(user, "/", *rights)
        pve.grant(f"{user}!{TOKEN_ID}", "/", *rights)
    pve.first_acl = copy.deepcopy(pve.acl)
    return pve, secret


def write_json(path: str, data: dict) -> None:
    """Write a file that is there whole or not at all, for its owner alone."""
    handle = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(data, file)
    os.replace(path + ".new", path)


async def serve(args) -> None:
    """Run the server until it is asked to end."""
    pve, secret = build(args)
    base = os.path.abspath(args.directory)
    ready, control, ca = (os.path.join(base, name) for name in ("ready.json", "control.sock", "pve.crt"))
    certificate, key, _der = make_cert(base, name="pve")
    await pve.start(certificate, key)
    os.unlink(key)
    channel = await asyncio.start_unix_server(Control(pve).serve, control, limit=2**20)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if args.watch_stdin:
        loop.add_reader(sys.stdin, lambda: ended.set() if not os.read(0, 4096) else None)
    write_json(
        ready,
        {
            "host": pve.host,
            "port": pve.port,
            "ca_path": ca,
            "api_user": API_USER,
            "api_token_id": TOKEN_ID,
            "api_token_secret": secret,
            "poor_user": POOR_USER,
            "root_user": pve.user,
            "root_password": pve.password,
            "pid": os.getpid(),
            "simulation": True,
        },
    )
    print(f"SIMULATION of a Proxmox VE server on https://{pve.host}:{pve.port} (fakepve; no guest runs)", flush=True)
    try:
        await ended.wait()
    finally:
        channel.close()
        await pve.stop()
        for path in (ready, control, ca):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="A stand-in for a Proxmox VE server, for tests and trials.")
    parser.add_argument("directory", help="where its ready.json, control.sock and certificate go")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument(
        "--resources-lag",
        type=float,
        default=0.0,
        help="seconds for which /cluster/resources knows only the id of a new VM (really: up to 10)",
    )
    parser.add_argument("--templates", help="a JSON list of templates to add: vmid, name, node, config, os, agent")
    parser.add_argument("--time-scale", type=float, default=0.02, help="real seconds for one of the server's")
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input is closed")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
