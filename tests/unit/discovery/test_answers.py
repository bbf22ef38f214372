# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of the engines' answers, which stand here as the real ones gave them, shortened."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from types import MappingProxyType

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils import _discovery
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.host import kernel
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds import docker, lxd, proxmox

MIB = 1024 * 1024
GIB = 1024 * MIB


class NotThere(Exception):
    status_code = 404


class Forbidden(Exception):
    status_code = 403
    content = "Permission check failed (/nodes/pve1, Sys.Audit)"


@pytest.fixture
def own_node(monkeypatch):
    """The engine runs here, on a node that tells this; whether it shares our view of it is to be said."""

    def make(shares_view=True, **facts):
        asked = []

        def of_this_node(shares_view):
            asked.append(shares_view)
            return dict(facts)

        monkeypatch.setattr(kernel, "is_kernel_of", lambda release: True)
        monkeypatch.setattr(kernel, "sees_listener", lambda path, timeout: shares_view)
        monkeypatch.setattr(kernel, "of_this_node", of_this_node)
        monkeypatch.setattr(kernel, "free_space", lambda path: 4096)
        return asked

    return make


# --- Docker -------------------------------------------------------------------------------------


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


@pytest.fixture
def engine(monkeypatch):
    def make(*containers, host="tcp://dock1:2375"):
        monkeypatch.setattr(docker._Engine, "_connect", lambda self: DockerClient(*containers))
        return {"docker_host": host}

    return make


def test_docker_facts_of_a_remote_engine(engine):
    options = engine(
        container("a", memory=1024, listed=PUBLISHED),
        container("b", memory=512, status="exited", listed=[{"PrivatePort": 80, "PublicPort": 99, "Type": "tcp"}]),
    )
    found = _discovery.discover("docker", options, "web", "dock1")
    json.dumps(found)
    assert found["server"] == {
        "name": "docker",
        "version": "20.10.24",
        "security_options": ["name=seccomp,profile=default", "name=rootless"],
        "runtimes": ["crun", "runc"],
    }
    (node,) = found["nodes"]
    assert node["name"] == "dock1"
    assert node["origins"]["memory_free"] == "estimated"
    assert node["facts"] == {
        "os_type": "linux",
        "os_name": "Debian GNU/Linux 12 (bookworm)",
        "os_version": "12",
        "engine_version": "20.10.24",
        "architectures": ["x86_64"],
        "kernel_version": "0.0.1-elsewhere",
        "cgroup_version": 2,
        "cpus": 8,
        "memory": 8192,
        "memory_free": 8192 - 1024,
        "memory_reserved": 1024,
        "networks": {"none": "null", "lan": "macvlan"},
        "ports_taken": ["53/udp", "8088/tcp"],
        "isolation": "user_namespace",
        "swap_limit": True,
        "limits": ["memory", "swap", "cpu_period", "cpu_quota", "pids"],
        "rootless": True,
        "authorization": [],
        "runtimes": ["crun", "runc"],
        "volume_drivers": ["local"],
        "log_drivers": ["json-file"],
        "containers": ["a", "b", "web"],
        "volumes": {"host": "/"},
        "engine_paths": {"/mnt/docker": "data"},
        "images": [{"id": "sha256:1", "names": ["web:1", "web@sha256:2"]}, {"id": "sha256:3", "names": []}],
    }


@pytest.mark.parametrize(
    ("platform", "told"),
    [
        pytest.param({"Architecture": "arm64", "Os": "linux"}, {"architecture": "aarch64"}, id="Linux"),
        pytest.param(
            {"Architecture": "amd64", "Os": "windows", "OsVersion": "10.0.20348.2340"},
            {"architecture": "x86_64", "os": "windows", "os_version": "10.0.20348.2340"},
            id="Windows",
        ),
        pytest.param({}, {}, id="an engine that does not say"),
    ],
)
def test_docker_tells_what_a_named_image_is_made_for(engine, monkeypatch, platform, told):
    monkeypatch.setattr(DockerClient, "platform", platform)
    found = _discovery.discover("docker", engine(), None, "dock1", images=["web:1", "not-there:2"])
    first, second = found["nodes"][0]["facts"]["images"]
    assert first == {"id": "sha256:1", "names": ["web:1", "web@sha256:2"], **told}
    assert second == {"id": "sha256:3", "names": []}


@pytest.mark.parametrize("status", [403, 404, 501])
def test_docker_networks_that_may_not_be_asked_for_are_left_out(engine, monkeypatch, status):
    def refuse(self):
        error = Forbidden()
        error.status_code = status
        raise error

    monkeypatch.setattr(DockerClient, "networks", refuse)
    (node,) = _discovery.discover("docker", engine(), None, "dock1")["nodes"]
    assert "networks" not in node["facts"]
    assert node["facts"]["images"]


def test_docker_on_its_own_node(engine, own_node):
    asked = own_node(ports_taken=["22/tcp", "8088/tcp"], cgroup_version=1, memory_free=100, gpus=2)
    options = engine(container("a", memory=1024, listed=PUBLISHED), host="unix:///run/docker.sock")
    (node,) = _discovery.discover("docker", options, None, "dock1")["nodes"]
    facts, origins = node["facts"], node["origins"]
    assert asked == [True]
    assert (facts["ports_taken"], origins["ports_taken"]) == (["22/tcp", "53/udp", "8088/tcp"], "probed")
    assert (facts["cgroup_version"], origins["cgroup_version"]) == (2, "api")
    assert (facts["memory_free"], facts["gpus"], facts["storages"]) == (100, 2, {"docker": 4096})
    assert "memory_reserved" not in facts


def test_docker_from_a_container_beside_it(engine, own_node):
    asked = own_node(shares_view=False, ports_taken=None, devices=None, memory_free=100)
    options = engine(container("a", listed=PUBLISHED), host="unix:///run/docker.sock")
    (node,) = _discovery.discover("docker", options, None, "dock1")["nodes"]
    assert asked == [False]
    assert (node["facts"]["ports_taken"], node["origins"]["ports_taken"]) == (["53/udp", "8088/tcp"], "api")
    assert not {"storages", "devices"} & set(node["facts"])


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


@pytest.fixture
def server(monkeypatch):
    def make(answers=None, **more):
        monkeypatch.setattr(lxd.Server, "_connect", lambda self: LxdClient(answers or ANSWERS, **more))
        return {"url": "https://lab:8443"}

    return make


def test_lxd_facts(server):
    found = _discovery.discover("lxd", server(), "web", "lab")
    json.dumps(found)
    assert found["server"] == {
        "name": "incus",
        "version": "6.0.4",
        "url": "https://lab:8443",
        "clustered": False,
        "instance_types": ["container"],
        "kernel_features": ["seccomp_listener"],
    }
    (node,) = found["nodes"]
    images = node["facts"].pop("images")
    assert node["facts"] == {
        "os_type": "linux",
        "os_name": "Debian GNU/Linux 12",
        "engine_version": "6.0.4",
        "architectures": ["x86_64", "i686"],
        "kernel_version": "0.0.1-elsewhere",
        "cpus": 4,
        "cpu_flags": ["avx2", "fpu"],
        "memory": 8192,
        "memory_free": 6144,
        "memory_reserved": 512 + 512 + 1024,
        "storages": {"default": 7168},
        "storage_types": {"default": "zfs"},
        "networks": {"lxdbr0": "nat", "br0": "bridge", "eth0": "physical"},
        "profiles": {
            "default": {
                "config": {"security.nesting": "true"},
                "devices": {"eth0": {"type": "nic", "network": "lxdbr0"}},
            },
            "empty": {"config": {}, "devices": {}},
        },
        "peers": 0,
        "pci_devices": ["0000:01:00.0 10de:1eb8"],
        "usb_devices": ["001:004 1a6e:089a"],
        "gpus": 1,
        "isolation": "user_namespace",
    }
    assert [
        (image["id"], image["names"], image["os"], image["os_version"], image["requirements"]) for image in images
    ] == [
        ("f1", ["debian/12"], "debian", "12", {"cgroup": "v1"}),
        ("f3", ["rocky/9"], "rocky", "9", {}),
    ]


class FailedInside(Exception):
    status_code = 500


@pytest.mark.parametrize(
    "failure", [http.client.RemoteDisconnected(), FailedInside()], ids=lambda one: type(one).__name__
)
def test_lxd_is_asked_again_where_it_fell_over_its_own_machine(server, failure):
    told = {**ANSWERS, "resources": iter([failure, failure, ANSWERS["resources"]])}
    (node,) = _discovery.discover("lxd", server(told), None, "lab")["nodes"]
    assert node["facts"]["cpus"] == 4


def test_lxd_that_never_answers_is_not_asked_for_ever(server):
    broken = iter([http.client.RemoteDisconnected()] * 3)
    with pytest.raises(DiscoveryError, match="broke off the connection"):
        _discovery.discover("lxd", server({**ANSWERS, "resources": broken}), None, "lab")
    assert not list(broken)


def test_lxd_what_this_client_may_not_know_is_left_out(server):
    answers = {"instances": [], ("instances", "all"): Forbidden(), "storage-pools": Forbidden()}
    (node,) = _discovery.discover("lxd", server(answers), None, "lab")["nodes"]
    assert set(node["facts"]) == {
        *("os_type", "os_name", "engine_version", "architectures", "kernel_version", "isolation"),
        *("images", "peers"),
    }


def test_lxd_servers_that_tell_less_of_their_hardware(server):
    """LXD has no flags of processors, and before 4.0 neither PCI nor USB devices."""
    resources = {"cpu": {"total": 1, "sockets": [{"cores": [{"core": 0}]}]}, "memory": {}, "gpu": {"cards": None}}
    (node,) = _discovery.discover("lxd", server({**ANSWERS, "resources": resources}), None, "lab")["nodes"]
    assert not {"cpu_flags", "pci_devices", "usb_devices", "memory"} & set(node["facts"])
    assert node["facts"]["gpus"] == 0


def test_lxd_on_its_own_node(server, own_node, tmp_path):
    (tmp_path / "unix.socket").touch()
    own_node(kernel_flavour="preempt-rt", memory_free=7, gpus=0, usb_devices=["1-2 1a6e:089a"], pci_devices=[])
    options = {**server(), "url": f"unix:{tmp_path}/unix.socket"}
    (node,) = _discovery.discover("lxd", options, None, "lab")["nodes"]
    facts, origins = node["facts"], node["origins"]
    assert (facts["kernel_flavour"], facts["memory_free"]) == ("preempt-rt", 7)
    for name in ("gpus", "usb_devices", "pci_devices"):
        assert origins[name] == "api"
        assert facts[name]


def test_lxd_within_a_project_that_one_alone_is_counted(server):
    """The server takes a project or all of them, and pylxd sends the project with each call."""
    options = {**server({**ANSWERS, "projects/mine": {}}), "project": "mine"}
    (node,) = _discovery.discover("lxd", options, None, "lab")["nodes"]
    assert node["facts"]["memory_reserved"] == 512 + 512


def _network(type="bridge", managed=True, **config):
    return {"name": "net", "type": type, "managed": managed, "config": config}


V4, NO_V4 = {"ipv4.address": "10.1.0.1/24"}, {"ipv4.address": "none"}
V6, NO_V6 = {"ipv6.address": "fd00::1/64"}, {"ipv6.address": "none"}
ON_NET = {"type": "nic", "network": "net"}


@pytest.mark.parametrize(
    ("network", "nics", "ready"),
    [
        pytest.param(_network(**V4, **NO_V6), [ON_NET], False, id="a bridge that gives addresses"),
        pytest.param(_network(**NO_V4, **NO_V6), [ON_NET], True, id="a bridge that has none"),
        pytest.param(_network(), [ON_NET], True, id="a bridge of which nothing is said"),
        pytest.param(_network(**V4, **{"ipv4.dhcp": "false"}), [ON_NET], True, id="a bridge without DHCP"),
        pytest.param(_network(**V4, **{"ipv4.dhcp": "no"}), [ON_NET], True, id="the same, otherwise written"),
        pytest.param(_network(**NO_V4, **V6), [ON_NET], False, id="a bridge that is announced"),
        pytest.param(_network(**NO_V4, **V6, **{"ipv6.dhcp": "false"}), [ON_NET], False, id="announced, without DHCP"),
        pytest.param(_network("ovn", **NO_V4, **NO_V6), [ON_NET], True, id="an OVN network that has none"),
        pytest.param(
            _network(**NO_V4, **NO_V6, **{"bridge.external_interfaces": "eth1"}),
            [ON_NET],
            False,
            id="one with a way out",
        ),
        pytest.param(_network("macvlan"), [ON_NET], False, id="a network that is not the server's to fill"),
        pytest.param(_network(managed=False), [ON_NET], False, id="a bridge that it does not manage"),
        pytest.param(
            _network(**NO_V4, **NO_V6),
            [{"type": "nic", "nictype": "bridged", "parent": "net"}],
            True,
            id="by its bridge",
        ),
        pytest.param(_network(**V4), [{**ON_NET, "ipv4.address": "none"}], True, id="one that may have none"),
        pytest.param(
            _network(**NO_V4),
            [ON_NET, {"type": "nic", "nictype": "physical", "parent": "eth1"}],
            False,
            id="one of two",
        ),
        pytest.param(_network(), [{"type": "nic", "nictype": "routed"}], True, id="routed, without an address"),
        pytest.param(
            _network(), [{"type": "nic", "nictype": "routed", "ipv4.address": "10.1.0.9"}], False, id="routed, with one"
        ),
        pytest.param(_network(), [{"type": "nic", "nictype": "p2p"}], True, id="from point to point"),
        pytest.param(_network(), [], True, id="no interface"),
    ],
)
def test_lxd_an_address_is_awaited_where_the_network_gives_one(server, network, nics, ready):
    devices = {f"eth{number}": nic for number, nic in enumerate(nics)}
    answers = {"networks": [network], "instances": [lxd_instance("web", "web", expanded_devices=devices)]}
    (found,) = _discovery.find("lxd", server({**ANSWERS, **answers, "instances/web/state": {}}), "web", "lab")
    assert (found["up"], found["ready"]) == (True, ready)


def test_lxd_an_address_is_awaited_where_networks_may_not_be_asked_for(server):
    answers = {"networks": Forbidden(), "instances": [lxd_instance("web", "web")], "instances/web/state": {}}
    (found,) = _discovery.find("lxd", server({**ANSWERS, **answers}), "web", "lab")
    assert (found["up"], found["ready"]) == (True, False)


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
    assert nodes[0]["facts"]["peers"] == 0


def test_lxd_each_member_has_its_own_and_what_all_share(server):
    members = [{"server_name": name, "status": "Online"} for name in ("m1", "m2", "m3")]
    everything = [
        lxd_instance("a", location="m1"),
        lxd_instance("b", location="m2"),
        lxd_instance("c", location="m2"),
    ]
    answers = {**ANSWERS, "cluster/members": members, ("instances", "all"): everything}
    answers["resources", "m3"] = {"cpu": {"total": 64}}
    nodes = _discovery.discover("lxd", server(answers, clustered=True))["nodes"]
    assert [node["facts"]["memory_reserved"] for node in nodes] == [512, 1024, 0]
    assert [node["facts"]["cpus"] for node in nodes] == [4, 4, 64]
    for node in nodes:
        assert node["facts"]["peers"] == 2
        assert node["facts"]["networks"] == {"lxdbr0": "nat"}


def test_lxd_an_untrusted_client_is_told_so(monkeypatch):
    client = LxdClient(ANSWERS)
    client.trusted = False
    monkeypatch.setattr(lxd.Server, "_connect", lambda self: client)
    with pytest.raises(DiscoveryError, match="does not trust this client's certificate"):
        _discovery.find("lxd", {"url": "https://lab:8443"}, "web")


def test_lxd_a_missing_project_is_told(server):
    with pytest.raises(DiscoveryError, match="has no project 'mine'"):
        _discovery.find("lxd", {**server(), "project": "mine"}, "web")


@pytest.mark.parametrize(
    ("limit", "mib"),
    [
        ("512MiB", 512),
        ("1GiB", 1024),
        ("1GB", 953),
        ("1073741824", 1024),
        ("50%", 0),
        ("", 0),
        (None, 0),
        ("1PiB", 2**30),
        ("1XiB", 0),
    ],
)
def test_lxd_memory_limits(limit, mib):
    assert lxd._limit(limit) == mib


# --- Proxmox VE ---------------------------------------------------------------------------------

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
        monkeypatch.setattr(proxmox.Cluster, "_connect", lambda self: api)
        return api

    return make


OPTIONS = {"api_host": "pve", "api_user": "deploy@pve", "api_password": "hunter2"}


def test_proxmox_facts(cluster):
    cluster()
    found = _discovery.discover("proxmox", OPTIONS, "web", "pve")
    assert "hunter2" not in json.dumps(found)
    assert found["permissions"] == {"user": "deploy@pve", "paths": {"/": dict.fromkeys(PRIVILEGES, True)}}
    assert (found["server"], found["next_id"]) == ({"name": "proxmox", "version": "8.4.21", "quorate": True}, 103)
    online, offline = found["nodes"]
    assert offline == {"name": "pve2", "online": False, "facts": {}, "origins": {}}
    assert online["facts"] == {
        "os_type": "linux",
        "os_name": "Proxmox VE 8.4.21",
        "engine_version": "8.4.21",
        "architectures": ["x86_64"],
        "kernel_version": "6.8.12-4-pve",
        "cpus": 16,
        "cpu_flags": ["avx2", "fpu", "vmx"],
        "memory": 32768,
        "memory_free": 24576,
        "memory_reserved": 3 * 1024 + 300,
        "storages": {"local-lvm": 102400},
        "storage_types": {"local-lvm": "lvmthin", "broken": "nfs"},
        "networks": {"vmbr0": "bridge"},
        "peers": 0,
        "pci_devices": ["0000:01:00.0 10de:1eb8"],
        "usb_devices": ["1-2.4 1a6e:089a"],
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


@pytest.mark.parametrize("status", [403, 501])
def test_proxmox_what_this_user_may_not_know_is_left_out(cluster, status):
    refused = Forbidden()
    refused.status_code = status
    paths = ("network", "hardware/pci", "hardware/usb")
    cluster(**{f"nodes/pve1/{path}": refused for path in paths})
    facts = _discovery.discover("proxmox", OPTIONS)["nodes"][0]["facts"]
    assert not {"networks", "pci_devices", "usb_devices", "nested_virtualization", "gpus"} & set(facts)


def test_proxmox_bridges_that_are_filtered_away_are_not_known(cluster):
    cluster(**{"nodes/pve1/network": []})
    assert "networks" not in _discovery.discover("proxmox", OPTIONS)["nodes"][0]["facts"]


def test_proxmox_what_a_service_gives_back_is_what_was_counted_for_it(cluster):
    """The decision adds an instance's memory to what is not promised: here none but this service's is."""
    cluster(**{"nodes/pve1/lxc": []})
    found = _discovery.discover("proxmox", OPTIONS, "web")
    (instance,) = found["instances"]
    assert found["nodes"][0]["facts"]["memory_reserved"] == instance["memory"] == 3 * 1024


def test_proxmox_nodes_that_cannot_be_reached_are_no_peers(cluster):
    gone = Forbidden()
    gone.status_code = 595
    nodes = [{"node": name, "status": "online"} for name in ("pve1", "pve2", "pve3")]
    pve3 = {path.replace("pve1", "pve3"): answer for path, answer in PVE.items() if "nodes/pve1/" in path}
    cluster(**{"nodes": nodes, "nodes/pve2/qemu": gone, **pve3})
    found = _discovery.discover("proxmox", OPTIONS)["nodes"]
    assert [(node["online"], node["facts"].get("peers")) for node in found] == [(True, 1), (False, None), (True, 1)]


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
        "signature": None,
        "addresses": ["10.0.0.7"],
        "ports": [],
        "ready": True,
        "up": True,
        "memory": 3 * 1024,
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
            {"access/permissions": {"/vms/900": {"VM.Audit": 1}}},
            "The Proxmox VE user deploy@pve lacks the privileges Sys.Audit.",
        ),
        ({"access/permissions": {}}, "The Proxmox VE user deploy@pve lacks the privileges VM.Audit, Sys.Audit."),
        ({"nodes/pve1/qemu": Forbidden()}, "does not allow this user to ask (403): Permission check failed (/nodes"),
        ({"nodes": ConnectionRefusedError()}, "The Proxmox VE API at pve:8006 refused the connection"),
    ],
)
def test_proxmox_what_makes_it_useless_is_told(cluster, changes, sentence):
    cluster(**changes)
    with pytest.raises(DiscoveryError) as found:
        _discovery.discover("proxmox", OPTIONS, "web")
    assert sentence in found.value.message
    assert found.value.remedy


def status_error(status):
    error = Forbidden()
    error.status_code = status
    return error


@pytest.mark.parametrize(
    ("answer", "permissions"),
    [
        pytest.param(NotThere(), None, id="a release that has no such thing"),
        pytest.param(status_error(501), None, id="one that says so"),
        pytest.param(Forbidden(), {"user": "deploy@pve", "paths": None}, id="asked and refused"),
        pytest.param(status_error(500), {"user": "deploy@pve", "paths": None}, id="asked and failed"),
        pytest.param(
            {
                "/": {"Sys.Audit": 1},
                "/access": {"Sys.Audit": 1},
                "/nodes": {"Sys.Audit": 1},
                "/vms": {"VM.Audit": 1, "VM.Clone": 0},
                "/vms/100": {"VM.Audit": 1},
                "/vms/101": {"VM.Audit": 1, "VM.Clone": 1},
            },
            {
                "user": "deploy@pve",
                "paths": {
                    "/": {"Sys.Audit": True},
                    "/vms": {"VM.Audit": True, "VM.Clone": False},
                    "/vms/101": {"VM.Audit": True, "VM.Clone": True},
                },
            },
            id="a path that only repeats what is above it is left out",
        ),
    ],
)
def test_proxmox_what_the_user_may_do(cluster, answer, permissions):
    cluster(**{"access/permissions": answer})
    assert _discovery.discover("proxmox", OPTIONS, "web").get("permissions") == permissions


def test_proxmox_a_token_is_another_user(cluster):
    cluster()
    token = {"api_host": "pve", "api_user": "deploy@pve", "api_token_id": "ansible", "api_token_secret": "hunter2"}
    found = _discovery.discover("proxmox", token, "web")
    assert found["permissions"]["user"] == "deploy@pve!ansible"
    assert "hunter2" not in json.dumps(found)


def test_proxmox_a_node_that_may_not_be_looked_at_is_one_that_is_not_known(cluster):
    cluster(**{"nodes/pve1/status": Forbidden()})
    facts = next(node for node in _discovery.discover("proxmox", OPTIONS, "web")["nodes"] if node["online"])["facts"]
    assert not {"cpus", "memory", "memory_free", "kernel_version"} & set(facts)
    assert facts["storages"] == {"local-lvm": 102400}


def test_proxmox_a_node_that_went_offline_meanwhile(cluster):
    gone = Forbidden()
    gone.status_code = 595
    cluster(**{"nodes/pve1/qemu": gone})
    assert [node["online"] for node in _discovery.discover("proxmox", OPTIONS)["nodes"]] == [False, False]


@pytest.mark.parametrize(
    ("agent", "enabled"),
    [("1", True), (1, True), ("enabled=1,type=virtio", True), ("0", False), ("enabled=0", False), (None, False)],
)
def test_proxmox_the_agent(agent, enabled):
    assert proxmox._has_agent({} if agent is None else {"agent": agent}) is enabled


@pytest.mark.parametrize(
    ("info", "told"),
    [
        pytest.param({"Swarm": {"LocalNodeState": "active", "ControlAvailable": True}}, "manager", id="manager"),
        pytest.param({"Swarm": {"LocalNodeState": "active", "ControlAvailable": False}}, "worker", id="worker"),
        pytest.param({"Swarm": {"LocalNodeState": "inactive"}}, None, id="in no swarm"),
        pytest.param({}, None, id="an engine that knows none"),
    ],
)
def test_docker_says_its_role_in_a_swarm(info, told):
    assert docker._server(info).get("swarm_role") == told


def test_docker_says_its_runtimes_and_devices():
    devices = [{"Source": "cdi", "ID": "nvidia.com/gpu=0"}, {"Source": "other", "ID": "x"}]
    server = docker._server(
        {"Runtimes": {"runc": {}, "kata": {}}, "DefaultRuntime": "runc", "DiscoveredDevices": devices}
    )
    assert server == {
        "name": "docker",
        "runtimes": ["kata", "runc"],
        "default_runtime": "runc",
        "cdi_devices": ["nvidia.com/gpu=0"],
    }
