# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of the engines' answers, which stand here as the real ones gave them, shortened."""

from __future__ import annotations

import json

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils import _discovery
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError, docker, lxd, proxmox

MIB = 1024 * 1024
GIB = 1024 * MIB


class NotThere(Exception):
    status_code = 404


class Forbidden(Exception):
    status_code = 403
    content = "Permission check failed (/nodes/pve1, Sys.Audit)"


# --- Docker -------------------------------------------------------------------------------------


def container(name, labels=None, status="running", health=None, memory=0, image="web:1"):
    state = {"Status": status, **({"Health": {"Status": health}} if health else {})}
    return {
        "Id": f"id-{name}",
        "Name": f"/{name}",
        "State": state,
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

    def __init__(self, *containers):
        self.inspected = {one["Id"]: one for one in containers}

    def info(self):
        return {
            "ServerVersion": "20.10.24",
            "OSType": "linux",
            "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
            "Architecture": "x86_64",
            "KernelVersion": "0.0.1-elsewhere",
            "CgroupVersion": "2",
            "NCPU": 8,
            "MemTotal": 8 * GIB,
            "SwapLimit": True,
            "SecurityOptions": ["name=seccomp,profile=default", "name=rootless"],
        }

    def containers(self, all):
        return [
            {"Id": id, "Names": [one["Name"]], "Labels": one["Config"]["Labels"], "State": one["State"]["Status"]}
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

    def inspect_image(self, name):
        if name != "web:1":
            raise NotThere
        return {"Id": "sha256:1"}


@pytest.fixture
def engine(monkeypatch):
    def make(*containers):
        monkeypatch.setattr(docker._Engine, "_connect", lambda self: DockerClient(*containers))
        return {"docker_host": "tcp://dock1:2375"}

    return make


def test_docker_facts_of_a_remote_engine(engine):
    options = engine(container("a", memory=1024), container("b", memory=512, status="exited"))
    found = _discovery.discover("docker", options, "web", "dock1")
    json.dumps(found)
    assert found["server"] == {"name": "docker", "version": "20.10.24"}
    (node,) = found["nodes"]
    assert node["name"] == "dock1"
    assert node["origins"]["memory_free"] == "estimated"
    assert node["facts"] == {
        "os_type": "linux",
        "os_name": "Debian GNU/Linux 12 (bookworm)",
        "architectures": ["x86_64"],
        "kernel_version": "0.0.1-elsewhere",
        "cgroup_version": 2,
        "cpus": 8,
        "memory": 8192,
        "memory_free": 8192 - 1024,
        "isolation": "user_namespace",
        "swap_limit": True,
        "images": [{"id": "sha256:1", "names": ["web:1", "web@sha256:2"]}, {"id": "sha256:3", "names": []}],
    }


def test_docker_instances_by_mark_or_name(engine):
    mark = {"rightscope.service": "web", "rightscope.process": "db"}
    options = engine(
        container("web"),
        container("web-db", mark, memory=256),
        container("web-api", {"rightscope.service": "web-api"}),
        container("web-x"),
    )
    found = _discovery.find("docker", options, "web", "dock1")
    assert [(one["name"], one["service"], one["process"]) for one in found] == [
        ("web", None, None),
        ("web-api", "web-api", None),
        ("web-db", "web", "db"),
        ("web-x", None, None),
    ]
    one = found[2]
    assert one["addresses"] == ["172.17.0.2", "fd00::2"]
    assert one["ports"] == [{"container": "80/tcp", "host_ip": "127.0.0.1", "host_port": 8088}]
    assert (one["memory"], one["node"], one["config"]["_image_id"]) == (256, "dock1", "sha256:1")
    marked = _discovery.find("docker", options, None, "dock1")
    assert [(one["name"], one["config"]) for one in marked] == [("web-api", {}), ("web-db", {})]


def test_docker_an_image_that_is_gone_has_no_id(engine):
    (found,) = _discovery.find("docker", engine(container("web", image="old:1")), "web")
    assert "_image_id" not in found["config"]


@pytest.mark.parametrize(
    ("status", "health", "state", "ready"),
    [
        ("running", None, "started", True),
        ("running", "healthy", "started", True),
        ("running", "starting", "started", False),
        ("running", "unhealthy", "started", False),
        ("restarting", None, "restarting", False),
        ("paused", None, "paused", False),
        ("created", None, "stopped", False),
        ("exited", None, "stopped", False),
        ("dead", None, "dead", False),
    ],
)
def test_docker_states(engine, status, health, state, ready):
    (found,) = _discovery.find("docker", engine(container("web", status=status, health=health)), "web")
    assert (found["state"], found["ready"]) == (state, ready)


# --- LXD ----------------------------------------------------------------------------------------


class LxdApi:
    """pylxd's raw node: ``api["instances"]["web"].get()``."""

    def __init__(self, answers, path=()):
        self._answers = answers
        self._path = path

    def __getitem__(self, part):
        return LxdApi(self._answers, (*self._path, part))

    def get(self, params=None):
        path = "/".join(self._path)
        member = (params or {}).get("target")
        answer = self._answers.get((path, member), self._answers.get(path))
        if answer is None:
            raise NotThere
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
        }
        self.host_info = {"environment": environment}
        self.server_clustered = clustered
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
    "storage-pools": [{"name": "default"}],
    "storage-pools/default/resources": {"space": {"total": 10 * GIB, "used": 3 * GIB}},
    "resources": {"cpu": {"total": 4}, "memory": {"total": 8 * GIB, "used": 2 * GIB}},
    "images": [
        {
            "fingerprint": "f1",
            "aliases": [{"name": "debian/12"}],
            "architecture": "x86_64",
            "type": "container",
            "properties": {"os": "Debian", "release": "bookworm"},
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
    "instances/web/state": {
        "network": {
            "lo": {"addresses": [address("127.0.0.1", "local")]},
            "eth0": {"addresses": [address("fd00::5"), address("10.0.3.17"), address("fe80::1", "link")]},
            "docker0": {"addresses": [address("172.17.0.1")]},
        }
    },
    "instances/lonely/state": {"network": None},
}


@pytest.fixture
def server(monkeypatch):
    def make(answers=None, **more):
        monkeypatch.setattr(lxd._Server, "_connect", lambda self: LxdClient(answers or ANSWERS, **more))
        return {"url": "https://lab:8443"}

    return make


def test_lxd_facts(server):
    found = _discovery.discover("lxd", server(), "web", "lab")
    json.dumps(found)
    assert found["server"] == {"name": "incus", "version": "6.0.4", "url": "https://lab:8443"}
    (node,) = found["nodes"]
    images = node["facts"].pop("images")
    assert node["facts"] == {
        "os_type": "linux",
        "os_name": "Debian GNU/Linux 12",
        "architectures": ["x86_64", "i686"],
        "kernel_version": "0.0.1-elsewhere",
        "cpus": 4,
        "memory": 8192,
        "memory_free": 6144,
        "storages": {"default": 7168},
        "isolation": "user_namespace",
    }
    assert [(image["id"], image["names"], image["os"], image["os_version"]) for image in images] == [
        ("f1", ["debian/12"], "debian", "12"),
        ("f3", ["rocky/9"], "rocky", "9"),
    ]


def test_lxd_what_this_client_may_not_know_is_left_out(server):
    answers = {"instances": [], "images": [], "storage-pools": []}
    (node,) = _discovery.discover("lxd", server(answers), None, "lab")["nodes"]
    assert not {"cpus", "memory", "memory_free"} & set(node["facts"])


@pytest.mark.parametrize(
    ("service", "name", "state", "addresses", "ready", "node"),
    [
        ("web", "web", "started", ["10.0.3.17", "fd00::5"], True, "lab"),
        ("web2", "named", "stopped", [], False, "lab"),
        ("lonely", "lonely", "started", [], True, "lab"),
        ("lost", "lost", "error", [], False, "m2"),
    ],
)
def test_lxd_instances(server, service, name, state, addresses, ready, node):
    (found,) = _discovery.find("lxd", server(), service, "lab")
    assert (found["form"], found["name"], found["state"]) == ("lxd_container", name, state)
    assert (found["addresses"], found["ready"], found["node"], found["memory"]) == (addresses, ready, node, 512)


def test_lxd_cluster_members(server):
    members = [{"server_name": "m1", "status": "Online"}, {"server_name": "m2", "status": "Evacuated"}]
    nodes = _discovery.discover("lxd", server({**ANSWERS, "cluster/members": members}, clustered=True))["nodes"]
    assert [(node["name"], node["online"], bool(node["facts"])) for node in nodes] == [
        ("m1", True, True),
        ("m2", False, False),
    ]


def test_lxd_an_untrusted_client_is_told_so(monkeypatch):
    client = LxdClient(ANSWERS)
    client.trusted = False
    monkeypatch.setattr(lxd._Server, "_connect", lambda self: client)
    with pytest.raises(DiscoveryError, match="does not trust this client's certificate"):
        _discovery.find("lxd", {"url": "https://lab:8443"}, "web")


def test_lxd_a_missing_project_is_told(server):
    with pytest.raises(DiscoveryError, match="has no project 'mine'"):
        _discovery.find("lxd", {**server(), "project": "mine"}, "web")


@pytest.mark.parametrize(
    ("limit", "mib"),
    [("512MiB", 512), ("1GiB", 1024), ("1GB", 953), ("1073741824", 1024), ("50%", 0), ("", 0), (None, 0), ("1EiB", 0)],
)
def test_lxd_memory_limits(limit, mib):
    assert lxd._limit(limit) == mib


# --- Proxmox VE ---------------------------------------------------------------------------------

PRIVILEGES = dict.fromkeys((*proxmox._PRIVILEGES, "VM.Monitor"), 1)

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
        "cpuinfo": {"cpus": 16},
        "memory": {"total": 32 * GIB, "used": 8 * GIB, "free": 20 * GIB},
        "kversion": "Linux 6.8.12-4-pve #1 SMP PREEMPT_DYNAMIC",
    },
    "nodes/pve1/storage": [
        {"storage": "local-lvm", "avail": 100 * GIB, "active": 1},
        {"storage": "broken", "avail": GIB, "active": 0},
    ],
    "nodes/pve1/qemu": [
        {"vmid": 900, "name": "debian-12-cloud", "template": 1},
        {"vmid": 101, "name": "web", "status": "running", "tags": "rightscope;zone"},
        {"vmid": 102, "name": "renamed", "status": "stopped", "tags": "rightscope"},
        {"vmid": 104, "name": "other", "status": "stopped"},
    ],
    "nodes/pve1/lxc": [{"vmid": 300, "name": "ct1", "status": "running"}],
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


@pytest.fixture
def cluster(monkeypatch):
    def make(**changes):
        api = PveApi({**PVE, **changes})
        monkeypatch.setattr(proxmox._Cluster, "_connect", lambda self: api)
        return api

    return make


OPTIONS = {"api_host": "pve", "api_user": "deploy@pve", "api_password": "hunter2"}


def test_proxmox_facts(cluster):
    cluster()
    found = _discovery.discover("proxmox", OPTIONS, "web", "pve")
    assert "hunter2" not in json.dumps(found)
    assert (found["server"], found["next_id"]) == ({"name": "proxmox", "version": "8.4.21"}, 103)
    online, offline = found["nodes"]
    assert offline == {"name": "pve2", "online": False, "facts": {}, "origins": {}}
    assert online["facts"] == {
        "os_type": "linux",
        "os_name": "Proxmox VE 8.4.21",
        "architectures": ["x86_64"],
        "kernel_version": "6.8.12-4-pve",
        "cpus": 16,
        "memory": 32768,
        "memory_free": 24576,
        "storages": {"local-lvm": 102400},
        "isolation": "machine",
        "images": [
            {
                "id": "900",
                "names": ["debian-12-cloud"],
                "os": "debian",
                "os_version": "12",
                "disk": 2252,
                "disk_key": "scsi0",
                "storage": "local-lvm",
                "config": PVE["nodes/pve1/qemu/900/config"],
            }
        ],
    }


def test_proxmox_an_instance_as_the_plan_needs_it(cluster):
    cluster()
    (found,) = _discovery.find("proxmox", OPTIONS, "web", "pve")
    config = found.pop("config")
    assert found == {
        "form": "proxmox_vm",
        "name": "web",
        "id": "101",
        "node": "pve1",
        "state": "started",
        "service": "web",
        "process": None,
        "addresses": ["10.0.0.7"],
        "ports": [],
        "ready": True,
        "memory": 2048,
    }
    assert set(config["config"]) == set(WEB) - {"digest", "cipassword"}
    assert [entry["key"] for entry in config["pending"]] == ["memory", "net1"]
    assert config["status"] == {"status": "running", "qmpstatus": "running", "lock": "backup"}
    assert config["agent"] is True


def test_proxmox_an_agent_that_does_not_answer_is_not_ready(cluster):
    cluster(**{"nodes/pve1/qemu/101/agent/network-get-interfaces": TimeoutError()})
    (found,) = _discovery.find("proxmox", OPTIONS, "web", "pve")
    assert (found["state"], found["addresses"], found["ready"]) == ("started", [], False)


@pytest.mark.parametrize(
    ("service", "found"),
    [
        ("queue", [("renamed", "proxmox_vm", "queue", False)]),
        ("ct1", [("ct1", "proxmox_container", None, True)]),
        ("other", [("other", "proxmox_vm", None, False)]),
        ("debian-12-cloud", []),
        ("rename", []),
        (None, [("web", "proxmox_vm", "web", True), ("renamed", "proxmox_vm", "queue", False)]),
    ],
)
def test_proxmox_instances_by_name_or_mark(cluster, service, found):
    cluster(**{"nodes/pve1/qemu/104/config": {}})
    instances = _discovery.discover("proxmox", OPTIONS, service)["instances"]
    assert [(one["name"], one["form"], one["service"], one["ready"]) for one in instances] == found


def test_proxmox_finding_by_name_asks_for_no_other_guest(cluster):
    api = cluster()
    _discovery.find("proxmox", OPTIONS, "web")
    assert not [path for path in api.asked if "/102/" in path or "permissions" in path or "storage" in path]


def test_proxmox_a_guest_that_went_away_meanwhile_is_none(cluster):
    cluster(**{"nodes/pve1/qemu/101/config": NotThere(), "nodes/pve1/qemu/900/config": NotThere()})
    found = _discovery.discover("proxmox", OPTIONS, "web")
    assert found["instances"] == []
    assert found["nodes"][0]["facts"]["images"] == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"cluster/status": [{"type": "cluster", "name": "lab", "quorate": 0}]},
            "The Proxmox VE cluster 'lab' has no quorum",
        ),
        (
            {"access/permissions": {"/vms/900": {k: 1 for k in PRIVILEGES if k not in ("VM.Clone", "VM.Monitor")}}},
            "The Proxmox VE user deploy@pve lacks the privileges VM.Clone, VM.Monitor.",
        ),
        (
            {"version": {"version": "9.0.10"}},
            "The Proxmox VE user deploy@pve lacks the privileges VM.GuestAgent.Audit.",
        ),
        ({"nodes/pve1/status": Forbidden()}, "does not allow this user to ask (403): Permission check failed (/nodes"),
        ({"nodes": ConnectionRefusedError()}, "The Proxmox VE API at pve:8006 refused the connection"),
    ],
)
def test_proxmox_what_makes_it_useless_is_told(cluster, changes, sentence):
    cluster(**changes)
    with pytest.raises(DiscoveryError) as found:
        _discovery.discover("proxmox", OPTIONS, "web")
    assert sentence in found.value.message
    assert found.value.remedy


def test_proxmox_a_node_that_went_offline_meanwhile(cluster):
    gone = Forbidden()
    gone.status_code = 595
    cluster(**{"nodes/pve1/qemu": gone})
    assert [node["online"] for node in _discovery.discover("proxmox", OPTIONS)["nodes"]] == [False, False]


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"boot": "order=virtio1;scsi0", "scsi0": "a:b", "virtio1": "a:c"}, "virtio1"),
        ({"bootdisk": "sata0", "scsi0": "a:b", "sata0": "a:c"}, "sata0"),
        ({"virtio0": "a:b", "scsi10": "a:c", "scsi2": "a:d"}, "scsi2"),
        ({"ide2": "none,media=cdrom", "scsihw": "virtio-scsi-pci"}, None),
    ],
)
def test_proxmox_the_boot_disk(config, key):
    assert proxmox._boot_disk(config) == key


@pytest.mark.parametrize(
    ("volume", "mib"),
    [
        ("a:b,size=10G", 10240),
        ("a:b,size=2252M", 2252),
        ("a:b,size=528K", 0),
        ("a:b,size=1T,ssd=1", 1048576),
        ("a:b", None),
    ],
)
def test_proxmox_disk_sizes(volume, mib):
    assert proxmox._disk_size(volume) == mib


@pytest.mark.parametrize(
    ("agent", "enabled"),
    [("1", True), (1, True), ("enabled=1,type=virtio", True), ("0", False), ("enabled=0", False), (None, False)],
)
def test_proxmox_the_agent(agent, enabled):
    assert proxmox._has_agent({} if agent is None else {"agent": agent}) is enabled


def test_proxmox_a_mark_needs_the_tag_and_the_line():
    assert proxmox._mark({"tags": "rightscope", "description": "rightscope.service: web"}) == "web"
    assert proxmox._mark({"tags": "other", "description": "rightscope.service: web"}) is None
    assert proxmox._mark({"tags": "rightscope", "description": "not rightscope.service: web"}) is None
    assert proxmox._mark({}) is None
