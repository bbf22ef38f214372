# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster that answers by path."""

from __future__ import annotations

from tests.unit.discovery.kinds.refusals import GIB, MIB, NotThere

PRIVILEGES = dict.fromkeys(("VM.Audit", "Sys.Audit", "VM.Clone"), 1)

WEB = {
    "name": "web",
    "memory": "2048",
    "agent": "enabled=1,fstrim_cloned_disks=1",
    "tags": "rightscope;zone",
    "description": "A web server.\nrightscope.service: web\n",
    "cipassword": "**********",
    "digest": "d1",
}
PVE = {
    "version": {"version": "8.4.21"},
    "cluster/status": [{"type": "cluster", "name": "lab", "quorate": 1}, {"type": "node", "name": "pve1"}],
    "access/permissions": {"/": PRIVILEGES},
    "nodes": [{"node": "pve2", "status": "offline"}, {"node": "pve1", "status": "online"}],
    "cluster/nextid": "103",
    "nodes/pve1/status": {
        "cpuinfo": {"cpus": 16, "flags": "fpu vmx avx2"},
        "memory": {"total": 32 * GIB, "used": 8 * GIB, "free": 20 * GIB},
        "kversion": "Linux 6.8.12-4-pve #1 SMP PREEMPT_DYNAMIC",
    },
    "nodes/pve1/storage": [
        {"storage": "local-lvm", "type": "lvmthin", "avail": 100 * GIB, "active": 1},
        {"storage": "broken", "type": "nfs", "avail": GIB, "active": 0},
    ],
    "nodes/pve1/network": [{"iface": "vmbr0", "type": "bridge", "bridge_ports": "eth0", "active": 1}],
    "nodes/pve1/hardware/pci": [
        {"id": "0000:01:00.0", "class": "0x030000", "vendor": "0x10de", "device": "0x1eb8", "iommugroup": 1},
    ],
    "nodes/pve1/hardware/usb": [
        {"busnum": 1, "class": 9, "devnum": 1, "level": 0, "port": 0, "vendid": "1d6b", "prodid": "0002"},
        {
            "busnum": 1,
            "class": 0,
            "devnum": 3,
            "level": 2,
            "port": 3,
            "usbpath": "2.4",
            "vendid": "1a6e",
            "prodid": "089a",
        },
    ],
    "nodes/pve1/qemu": [
        {"vmid": 900, "name": "debian-12-cloud", "template": 1},
        {"vmid": 101, "name": "web", "status": "running", "tags": "rightscope;zone", "maxmem": 3 * GIB},
        {"vmid": 102, "name": "renamed", "status": "stopped", "tags": "rightscope"},
        {"vmid": 104, "name": "other", "status": "stopped", "maxmem": 64 * GIB},
    ],
    "nodes/pve1/lxc": [{"vmid": 300, "name": "ct1", "status": "running", "maxmem": 300 * MIB}],
    "nodes/pve1/qemu/900/config": {
        "name": "debian-12-cloud",
        "ostype": "l26",
        "boot": "order=ide2;scsi0;net0",
        "ide2": "local-lvm:cloudinit,media=cdrom",
        "scsi0": "local-lvm:base-900-disk-0,discard=on,size=2252M",
    },
    "nodes/pve1/qemu/101/config": WEB,
    "nodes/pve1/qemu/101/status/current": {"status": "running", "qmpstatus": "running", "pid": 7, "lock": "backup"},
    "nodes/pve1/qemu/101/pending": [
        {"key": "memory", "value": "2048", "pending": "4096"},
        {"key": "cores", "value": 2},
        {"key": "net1", "delete": 1},
        {"key": "cipassword", "value": "***", "pending": "***"},
    ],
    "nodes/pve1/qemu/101/agent/network-get-interfaces": {
        "result": [
            {"name": "lo", "ip-addresses": [{"ip-address": "127.0.0.1"}]},
            {"name": "eth0", "ip-addresses": [{"ip-address": "fe80::1"}, {"ip-address": "10.0.0.7"}]},
            {"name": "docker0", "ip-addresses": [{"ip-address": "172.17.0.1"}]},
        ]
    },
    "nodes/pve1/qemu/102/config": {"tags": "rightscope", "description": "rightscope.service: queue"},
    "nodes/pve1/lxc/300/config": {"hostname": "ct1", "memory": 300, "net0": "name=eth0,ip=dhcp"},
    "nodes/pve1/lxc/300/interfaces": [{"name": "eth0", "ip-addresses": [{"ip-address": "10.77.0.6"}]}],
}

OPTIONS = {"api_host": "pve", "api_user": "deploy@pve", "api_password": "hunter2"}


class PveApi:
    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    def get(self, path, **params):
        self.asked.append(path)
        answer = self.answers.get(path, NotThere())
        if isinstance(answer, Exception):
            raise answer
        return answer
