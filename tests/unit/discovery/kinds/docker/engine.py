# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A remote engine with these containers."""

from __future__ import annotations

from types import MappingProxyType

from tests.unit.discovery.kinds.refusals import GIB, MIB, NotThere

PUBLISHED = [
    {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8088, "Type": "tcp"},
    {"IP": "::", "PrivatePort": 80, "PublicPort": 8088, "Type": "tcp"},
    {"IP": "0.0.0.0", "PrivatePort": 53, "PublicPort": 53, "Type": "udp"},
    {"PrivatePort": 81, "Type": "tcp"},
]


def container(name, labels=None, status="running", health=None, memory=0, image="web:1", listed=()):
    state = {"Status": status, **({"Health": {"Status": health}} if health else {})}
    return {
        "Id": f"id-{name}",
        "Name": f"/{name}",
        "State": state,
        "Listed": list(listed),
        "Config": {"Image": image, "Labels": labels},
        "HostConfig": {"Memory": memory * MIB},
        "NetworkSettings": {
            "Networks": {
                "bridge": {"IPAddress": "172.17.0.2", "GlobalIPv6Address": "fd00::2"},
                "other": {"IPAddress": ""},
            },
            "Ports": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8088"}], "81/tcp": None},
        },
    }


class DockerClient:
    """A remote engine."""

    platform = MappingProxyType({})

    def __init__(self, *containers):
        self.inspected = {one["Id"]: one for one in containers}

    def info(self):
        return {
            "ServerVersion": "20.10.24",
            "OSType": "linux",
            "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
            "OSVersion": "12",
            "Architecture": "x86_64",
            "KernelVersion": "0.0.1-elsewhere",
            "CgroupVersion": "2",
            "NCPU": 8,
            "MemTotal": 8 * GIB,
            "SwapLimit": True,
            **dict.fromkeys(("MemoryLimit", "CpuCfsPeriod", "CpuCfsQuota", "PidsLimit"), True),
            **dict.fromkeys(("CPUShares", "CPUSet", "OomKillDisable"), False),
            "DockerRootDir": "/mnt/docker",
            "Runtimes": {"runc": {}, "crun": {}},
            "Plugins": {"Volume": ["local"], "Log": ["json-file"], "Authorization": None},
            "SecurityOptions": ["name=seccomp,profile=default", "name=rootless"],
        }

    def containers(self, all):
        return [
            {
                "Id": id,
                "Names": [one["Name"]],
                "Labels": one["Config"]["Labels"],
                "State": one["State"]["Status"],
                "Ports": one["Listed"],
            }
            for id, one in self.inspected.items()
        ] + [{"Id": "gone", "Names": ["/web"], "Labels": {}, "State": "running"}]

    def inspect_container(self, id):
        if id not in self.inspected:
            raise NotThere
        return self.inspected[id]

    def images(self):
        return [
            {"Id": "sha256:1", "RepoTags": ["web:1"], "RepoDigests": ["web@sha256:2"]},
            {"Id": "sha256:3", "RepoTags": ["<none>:<none>"], "RepoDigests": None},
        ]

    def networks(self):
        return [{"Name": "none", "Driver": "null"}, {"Name": "lan", "Driver": "macvlan"}]

    def plugins(self):
        return []

    def volumes(self):
        return {
            "Volumes": [
                {"Name": "data", "Options": None},
                {"Name": "host", "Options": {"type": "none", "o": "bind", "device": "/"}},
                {"Name": "nfs", "Options": {"type": "nfs", "device": ":/export"}},
            ]
        }

    def inspect_image(self, name):
        if name != "web:1":
            raise NotThere
        return {"Id": "sha256:1", **self.platform}
