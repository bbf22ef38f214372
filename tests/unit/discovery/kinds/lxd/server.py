# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that answers by path."""

from __future__ import annotations

from collections.abc import Iterator

from tests.unit.discovery.kinds.refusals import GIB, NotThere


class LxdApi:
    """pylxd's raw node: ``api["instances"]["web"].get()``."""

    def __init__(self, answers, path=()):
        self._answers = answers
        self._path = path

    def __getitem__(self, part):
        return LxdApi(self._answers, (*self._path, part))

    def get(self, params=None):
        path = "/".join(self._path)
        params = params or {}
        where = "all" if "all-projects" in params else params.get("target")
        answer = self._answers.get((path, where), self._answers.get(path, NotThere()))
        if isinstance(answer, Iterator):
            answer = next(answer)
        if isinstance(answer, Exception):
            raise answer
        return type("Response", (), {"json": lambda self: {"metadata": answer}})()


class LxdClient:
    trusted = True

    def __init__(self, answers, clustered=False):
        environment = {
            "server": "incus",
            "server_version": "6.0.4",
            "server_name": "m1",
            "os_name": "Debian GNU/Linux",
            "os_version": "12",
            "kernel_version": "0.0.1-elsewhere",
            "architectures": ["x86_64", "i686"],
            "driver": "lxc",
            "kernel_features": {"seccomp_listener": "true", "idmapped_mounts": "false"},
        }
        environment["server_clustered"] = clustered
        self.host_info = {"environment": environment}
        self.api = LxdApi({"": {"environment": environment}, **answers})


def lxd_instance(name, mark=None, status="Running", nic=True, **more):
    return {
        "name": name,
        "type": "container",
        "status": status,
        "location": "none",
        "config": {"user.rightscope.service": mark} if mark else {},
        "expanded_config": {"limits.memory": "512MiB"},
        "expanded_devices": {"eth0": {"type": "nic"}} if nic else {},
        **more,
    }


def address(text, scope="global"):
    return {"address": text, "scope": scope}


ANSWERS = {
    "storage-pools": [{"name": "default", "driver": "zfs"}],
    "storage-pools/default/resources": {"space": {"total": 10 * GIB, "used": 3 * GIB}},
    "resources": {
        "cpu": {
            "total": 4,
            "sockets": [{"cores": [{"flags": ["fpu", "avx2", "avx512f"]}, {"flags": ["avx2", "fpu"]}]}],
        },
        "memory": {"total": 8 * GIB, "used": 2 * GIB},
        "pci": {"devices": [{"pci_address": "0000:01:00.0", "vendor_id": "10de", "product_id": "1eb8"}]},
        "usb": {
            "devices": [{"bus_address": 1, "device_address": 4, "vendor_id": "1a6e", "product_id": "089a"}],
        },
        "gpu": {"cards": [{"driver": "nvidia"}, {"driver": "vfio-pci"}, {"driver": "ast"}, {}]},
    },
    "networks": [
        {"name": "lxdbr0", "type": "bridge", "managed": True, "config": {"ipv4.nat": "true"}},
        {"name": "br0", "type": "bridge", "managed": False, "config": {}},
        {"name": "eth0", "type": "physical", "managed": False},
        {"name": "lo", "type": "loopback", "managed": False},
        {"name": "ifb0", "type": "unknown", "managed": False},
    ],
    "profiles": [
        {
            "name": "default",
            "config": {"security.nesting": "true", "cloud-init.user-data": "a secret", "environment.TOKEN": "another"},
            "devices": {"eth0": {"type": "nic", "network": "lxdbr0"}},
        },
        {"name": "empty", "config": {}, "devices": None},
    ],
    "images": [
        {
            "fingerprint": "f1",
            "aliases": [{"name": "debian/12"}],
            "architecture": "x86_64",
            "type": "container",
            "properties": {"os": "Debian", "release": "bookworm", "requirements.cgroup": "v1"},
        },
        {"fingerprint": "f2", "aliases": [], "architecture": "x86_64", "type": "virtual-machine", "properties": {}},
        {"fingerprint": "f3", "aliases": [{"name": "rocky/9"}], "architecture": "aarch64", "properties": None},
    ],
    "instances": [
        lxd_instance("web", "web"),
        lxd_instance("named", "web2", status="Stopped"),
        lxd_instance("lonely", "lonely", nic=False),
        lxd_instance("lost", status="Error", config=None, type="", location="m2"),
    ],
    ("instances", "all"): [
        lxd_instance("web", "web"),
        lxd_instance("named", "web2", status="Stopped"),
        lxd_instance("ice", status="Frozen", project="other"),
        lxd_instance("half", expanded_config={"limits.memory": "50%"}),
        lxd_instance("open", expanded_config={}),
        lxd_instance("vm", type="virtual-machine", expanded_config={}),
        lxd_instance("lost", status="Error", config=None, expanded_config=None, type="", location="m2"),
    ],
    "instances/web/state": {
        "network": {
            "lo": {"addresses": [address("127.0.0.1", "local")]},
            "eth0": {"addresses": [address("fd00::5"), address("10.0.3.17"), address("fe80::1", "link")]},
            "docker0": {"addresses": [address("172.17.0.1")]},
        }
    },
    "instances/lonely/state": {"network": None},
}
