# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Engines that lie: whatever stands anywhere in their answers, all that comes of it is an error in words or harmless data.

Good answers, each with something hostile in one or more places. The same examples in each run.
"""

from __future__ import annotations

import copy
import dataclasses
import ipaddress
import typing as t
from collections.abc import Iterator, Mapping

import pytest
from ansible.template import is_trusted_as_template
from hypothesis import given, settings
from hypothesis import strategies as some

from ansible_collections.rightscope.deploy.plugins.inventory.services import _hosts_on
from ansible_collections.rightscope.deploy.plugins.module_utils import _discovery
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._docker.connection import Engine
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._lxd.connection import Server
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._proxmox.connection import Cluster
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._proxmox.permissions import _PRIVILEGES
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Instance, Target
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.answers import AnswerError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.facts import FactsError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.instances import read_instances
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.names import need_name
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.nodes import read_nodes

from ..discovery.fakes import Answers, DockerClient, LxdClient, PveApi

GIB = 2**30
DOCKER = {
    "/info": {
        "OSType": "linux",
        "OperatingSystem": "Debian GNU/Linux 12",
        "ServerVersion": "27.1.1",
        "Architecture": "x86_64",
        "KernelVersion": "6.1.0-1-amd64",
        "NCPU": 4,
        "MemTotal": 8 * GIB,
        "CgroupVersion": "2",
        "SecurityOptions": ["name=seccomp,profile=builtin"],
        "Runtimes": {"runc": {}},
        "DefaultRuntime": "runc",
        "Swarm": {"LocalNodeState": "inactive"},
    },
    "/containers/json": [
        {
            "Id": "1" * 64,
            "Names": ["/web"],
            "State": "running",
            "Labels": {"rightscope.service": "web"},
            "Ports": [{"PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}],
        }
    ],
    "/images/json": [{"Id": "sha256:1", "RepoTags": ["web:1"], "RepoDigests": None}],
    "/networks": [{"Name": "bridge", "Driver": "bridge"}],
    f"/containers/{'1' * 64}/json": {
        "Id": "1" * 64,
        "Name": "/web",
        "State": {"Status": "running", "Health": {"Status": "healthy"}, "StartedAt": "2026-05-04T12:00:00.123456789Z"},
        "Config": {"Image": "web:1", "Labels": {"rightscope.service": "web", "rightscope.process": "app"}},
        "HostConfig": {"Memory": GIB},
        "NetworkSettings": {
            "Networks": {"bridge": {"IPAddress": "172.17.0.2", "GlobalIPv6Address": ""}},
            "Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]},
        },
    },
    "/images/web:1/json": {"Id": "sha256:1", "Architecture": "amd64", "Os": "linux"},
}
LXD = {
    "/1.0": {
        "auth": "trusted",
        "environment": {
            "server": "lxd",
            "server_version": "5.0.2",
            "driver": "lxc",
            "architectures": ["x86_64"],
            "kernel_version": "6.1.0",
            "os_name": "Debian GNU/Linux",
            "os_version": "12",
            "kernel_features": {"seccomp_listener": "true"},
        },
    },
    "/1.0/instances": [
        {
            "name": "web",
            "type": "container",
            "status": "Running",
            "location": "none",
            "config": {"user.rightscope.service": "web", "image.os": "Debian", "limits.memory": "512MiB"},
            "expanded_config": {"limits.memory": "512MiB"},
            "expanded_devices": {"eth0": {"type": "nic", "network": "lxdbr0"}},
            "devices": {},
            "profiles": ["default"],
        }
    ],
    "/1.0/instances/web/state": {
        "network": {"eth0": {"addresses": [{"family": "inet", "scope": "global", "address": "10.0.3.17"}]}}
    },
    "/1.0/storage-pools": [{"name": "default", "driver": "dir"}],
    "/1.0/storage-pools/default/resources": {"space": {"total": 100 * GIB, "used": GIB}},
    "/1.0/images": [
        {
            "fingerprint": "f" * 64,
            "type": "container",
            "architecture": "x86_64",
            "aliases": [{"name": "debian/12"}],
            "properties": {"os": "Debian", "release": "bookworm", "requirements.cgroup": "v2"},
        }
    ],
    "/1.0/networks": [{"name": "lxdbr0", "type": "bridge", "managed": True, "config": {"ipv4.nat": "true"}}],
    "/1.0/profiles": [{"name": "default", "config": {"security.nesting": "true"}, "devices": {"root": {"path": "/"}}}],
    "/1.0/resources": {
        "cpu": {"total": 4, "sockets": [{"cores": [{"flags": ["avx2"]}]}]},
        "memory": {"total": 8 * GIB, "used": GIB},
        "pci": {"devices": [{"pci_address": "0000:01:00.0", "vendor_id": "10de", "product_id": "1eb8"}]},
        "usb": {"devices": [{"bus_address": 1, "device_address": 4, "vendor_id": "1a6e", "product_id": "089a"}]},
        "gpu": {"cards": [{"driver": "nvidia"}]},
    },
}
PROXMOX = {
    "/version": {"version": "9.0.3"},
    "/cluster/status": [{"type": "cluster", "name": "lab", "quorate": 1}],
    "/access/permissions": {"/": dict.fromkeys((*_PRIVILEGES, "VM.GuestAgent.Audit"), 1)},
    "/nodes": [{"node": "pve1", "status": "online"}],
    "/cluster/nextid": "103",
    "/nodes/pve1/status": {
        "cpuinfo": {"cpus": 16, "flags": "fpu avx2"},
        "memory": {"total": 32 * GIB, "used": GIB},
        "current-kernel": {"release": "6.14.8-2-pve", "machine": "x86_64"},
    },
    "/nodes/pve1/storage": [{"storage": "local", "type": "dir", "avail": 100 * GIB, "active": 1}],
    "/nodes/pve1/network": [{"iface": "vmbr0", "type": "bridge"}],
    "/nodes/pve1/hardware/pci": [{"id": "0000:01:00.0", "vendor": "0x10de", "device": "0x1eb8"}],
    "/nodes/pve1/hardware/usb": [{"busnum": 1, "usbpath": "2.4", "vendid": "1a6e", "prodid": "089a"}],
    "/nodes/pve1/qemu": [
        {"vmid": 900, "name": "debian-12", "template": 1},
        {"vmid": 101, "name": "web", "status": "running", "tags": "rightscope", "maxmem": GIB},
    ],
    "/nodes/pve1/qemu/900/config": {"name": "debian-12", "scsi0": "local:900/base.raw,size=2G", "boot": "order=scsi0"},
    "/nodes/pve1/qemu/101/config": {
        "name": "web",
        "memory": "1024",
        "agent": "1",
        "tags": "rightscope",
        "ciuser": "ops",
        "sshkeys": "ssh-ed25519%20AAAAC3Nza",
        "description": "Words.\n\nrightscope.service: web\nrightscope.signature: 00",
    },
    "/nodes/pve1/qemu/101/status/current": {"status": "running", "qmpstatus": "running"},
    "/nodes/pve1/qemu/101/pending": [{"key": "memory", "value": "1024"}],
    "/nodes/pve1/qemu/101/agent/network-get-interfaces": {
        "result": [{"name": "eth0", "ip-addresses": [{"ip-address": "10.0.0.2", "ip-address-type": "ipv4"}]}]
    },
}
ENGINES = {
    "docker": (Engine, DockerClient, {"docker_host": "tcp://engine:2375"}, DOCKER),
    "lxd": (Server, LxdClient, {"url": "https://engine:8443"}, LXD),
    "proxmox": (Cluster, PveApi, {"api_host": "engine", "api_user": "u@pve", "api_password": "p"}, PROXMOX),
}

_EVIL = (
    *("localhost", "all", "ungrouped", "127.0.0.1", "::1", "0.0.0.0", "x y", "a;b", "../../x", "-oProxyCommand=x"),
    *("{{ 7*7 }}", "{% for a in b %}", "\x1b[31mred", "\x1b]0;title\x07", "\x9b2J", "\u202egnp", "a\nb", "a\x00b"),
    *("\ud800", "rightscope.service: localhost", "rightscope.service: {{ 7*7 }}", "9" * 5000, "web", ""),
)
WORDS = some.sampled_from(_EVIL) | some.text(max_size=12)
PLAIN = some.none() | some.booleans() | some.integers() | some.floats(allow_nan=True) | WORDS
HOSTILE = some.recursive(
    PLAIN, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(WORDS, inner, max_size=3), max_leaves=6
)
WHOLE, KEY, WITHIN = "in its place", "as its key", "within the text"
PLACES = some.lists(
    some.tuples(some.integers(0, 10_000), some.sampled_from((WITHIN, WHOLE, KEY)), WORDS, HOSTILE),
    min_size=1,
    max_size=4,
)


def _places(value: t.Any, path: tuple = ()) -> Iterator[tuple[tuple, t.Any]]:
    """The way to each part of the answers, however small, and the part."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key), item
        yield from _places(item, (*path, key))


def _spoiled(answers: dict, changes: list[tuple[int, str, str, t.Any]]) -> dict:
    """The answers with what is hostile in place of a part, or as its key, or behind what a text says."""
    told = copy.deepcopy(answers)
    for number, how, word, value in changes:
        ways = [(way, part) for way, part in _places(told) if how != WITHIN or isinstance(part, str)]
        if not ways:
            continue
        (*outer, last), part = ways[number % len(ways)]
        inside = told
        for step in outer:
            inside = inside[step]
        if how == WITHIN:
            inside[last] = part + word
        elif how == KEY and outer and isinstance(inside, dict):
            inside[word] = inside.pop(last)
        else:
            inside[last] = value
    return told


def _texts(value: t.Any) -> Iterator[str]:
    """All texts in what is shown to people; the settings that a plan compares with are not."""
    if dataclasses.is_dataclass(value):
        value = {
            field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.name != "config"
        }
        value.pop("profiles", None)
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _texts(item)


def _need_printable(error: Exception) -> None:
    assert str(error).isprintable()


def _is_harmless(instance: Instance) -> None:
    if instance.service is not None:
        need_name(instance.service)
    for address in instance.addresses:
        found = ipaddress.ip_address(address)
        assert not found.is_loopback
        assert not found.is_unspecified


def _need_harmless_hosts(target: Target) -> None:
    for host in _hosts_on(target):
        assert not host["name"].startswith("-")
        assert set(host["name"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert host["name"] not in ("localhost", "all", "ungrouped")
        assert not any(map(is_trusted_as_template, _texts(host)))
        assert all(text.isprintable() for text in _texts(host))
        for key in ("ansible_host", "ansible_user"):
            assert not str(host["connection"].get(key, "")).startswith("-")


@pytest.mark.parametrize("kind", ENGINES)
def test_the_good_answers_make_a_host(kind, monkeypatch):
    connecting, client, options, answers = ENGINES[kind]
    monkeypatch.setattr(connecting, "_connect", lambda _self: client(Answers(answers)))
    reply = _discovery.discover(kind, options, None, "there")
    instances = read_instances(reply["instances"], numbered=kind == "proxmox")
    assert [one.service for one in instances] == ["web"]
    assert read_nodes(reply, {})[0].facts.memory


@pytest.mark.parametrize("service", [None, "web"], ids=["all services", "one service"])
@pytest.mark.parametrize("kind", ENGINES)
def test_whatever_an_engine_says_is_harmless(kind, service):
    connecting, client, options, answers = ENGINES[kind]

    @settings(max_examples=60, derandomize=True, database=None, deadline=None)
    @given(PLACES)
    def holds(changes):
        told = Answers(_spoiled(answers, changes))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(connecting, "_connect", lambda _self: client(told))
            try:
                found = _discovery.find(kind, options, service, "there")
                for instance in read_instances(found, numbered=kind == "proxmox"):
                    _is_harmless(instance)
                reply = _discovery.discover(kind, options, service, "there")
                nodes, instances = read_nodes(reply, {}), read_instances(reply["instances"], numbered=kind == "proxmox")
            except (DiscoveryError, AnswerError, FactsError) as error:
                _need_printable(error)
                return
        for instance in instances:
            _is_harmless(instance)
        assert all(text.isprintable() for text in _texts((nodes, instances)))
        _need_harmless_hosts(Target(name="there", kind=kind, nodes=nodes, instances=instances))

    holds()


@settings(max_examples=120, derandomize=True, database=None, deadline=None)
@given(HOSTILE, PLACES)
def test_whatever_a_managed_node_returns_is_harmless(whole, changes):
    """Its module's answer can be anything at all, or nearly a good one."""
    good = {
        "nodes": [
            {"name": "n", "online": True, "facts": {"memory": 1, "networks": {"a": "b"}}, "origins": {"memory": "api"}}
        ],
        "instances": [
            {
                "form": "docker_container",
                "name": "web",
                "id": "1",
                "node": "n",
                "state": "started",
                "service": "web",
                "process": None,
                "signature": "00",
                "addresses": ["10.0.0.2"],
                "ports": [{"container": "80/tcp", "host_ip": "", "host_port": 80}],
                "ready": True,
                "memory": 1,
                "log": "words",
                "config": {},
            }
        ],
    }
    spoiled = _spoiled(good, changes)
    for reply in (whole, spoiled):
        try:
            nodes = read_nodes(reply, {})
            instances = read_instances(reply.get("instances"), ("a key",), numbered=True)
        except (AnswerError, FactsError) as error:
            _need_printable(error)
            continue
        assert all(text.isprintable() for text in _texts((nodes, instances)))
        assert all(one.service is None for one in instances)
