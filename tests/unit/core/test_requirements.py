# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user writes is read, or every mistake in it is told at once, and never a value."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import (
    Device,
    KernelModule,
    Port,
    Process,
    Requirements,
    Sysctl,
    Wish,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.requirements import (
    RequirementsError,
    _schema,
    parse_service,
    requirement_names,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.versions import VersionRange

from .builders import service

SENTINEL = "S3NTINEL-value"
MODULE = "requirements.kernel.modules[0]"

ON = (True, 1, "yes", "Yes", "on", "true", "True", "1", "y", " true ")
OFF = (False, 0, "no", "off", "OFF", "false", "0", "n")


def problems(requirements, name="web", made_as=None) -> list[str]:
    with pytest.raises(RequirementsError) as failure:
        parse_service(name, requirements, made_as or {}, forms=tuple(FORMS))
    return [str(problem) for problem in failure.value.problems]


def test_nothing_said_constrains_nothing():
    assert service().requirements == Requirements()


@pytest.mark.parametrize(
    ("given", "key", "meant"),
    [
        pytest.param({"memory": "4 GiB"}, "memory", 4096, id="GiB"),
        pytest.param({"memory": 512}, "memory", 512, id="a plain number of memory is MiB"),
        pytest.param({"memory": "1 GB"}, "memory", 954, id="decimal, rounded up"),
        pytest.param({"disk": 20}, "disk", 20480, id="a plain number of disk is GiB"),
        pytest.param({"cpus": "0.5"}, "cpus", 0.5, id="half a processor"),
        pytest.param({"architecture": "amd64"}, "architectures", ("x86_64",), id="another name of it"),
        pytest.param({"os_version": 12}, "os_version", "12", id="YAML's number"),
        pytest.param({"processes": 3}, "process_count", 3, id="a number of processes"),
        pytest.param({"processes": [{"name": "a"}, {"name": "b"}]}, "process_count", 2, id="described processes"),
        pytest.param({"init": {"supervised": True}}, "supervised", True, id="its own supervisor"),
        pytest.param({"init": True}, "init", True, id="init"),
        pytest.param({"kernel": {"own": True}}, "kernel_own", True, id="kernel of its own"),
        pytest.param({"labels": {"zone": 1}}, "labels", {"zone": "1"}, id="labels are texts"),
        pytest.param({"isolation": "machine"}, "isolation", "machine", id="isolation"),
    ],
)
def test_a_requirement_is_read_in_one_unit(given, key, meant):
    assert getattr(service(**given).requirements, key) == meant


def range_of(text: str) -> VersionRange:
    return VersionRange.parse(text)


@pytest.mark.parametrize(
    ("key", "written", "field", "meant"),
    [
        pytest.param("cpu_level", "X86-64-V3", "cpu_level", "x86-64-v3", id="cpu_level"),
        pytest.param("cpu_features", ["AVX2", {"name": "aes"}], "cpu_features", ("avx2", "aes"), id="cpu_features"),
        pytest.param("cpu_features", "sse4_1", "cpu_features", ("sse4_1",), id="cpu_features: a single one"),
        pytest.param("kernel.flavour", " PREEMPT-RT ", "kernel_flavour", "preempt-rt", id="flavour"),
        pytest.param("kernel.version", 6, "kernel_version", range_of("==6"), id="kernel version: YAML's number"),
        pytest.param(
            "kernel.modules",
            ["br-netfilter", {"name": "nbd", "version": ">=2", "parameters": {"max_part": 16, "on": True, "x": "y"}}],
            "kernel_modules",
            (
                KernelModule(name="br_netfilter"),
                KernelModule(name="nbd", version=range_of(">=2"), parameters={"max_part": "16", "on": "1", "x": "y"}),
            ),
            id="modules",
        ),
        pytest.param(
            "kernel.sysctls",
            {"vm.max_map_count": 262144, "fs/nr_open": ">= 9", "a.b": "==1", "a.c": "1  2", "a.d": "cubic"},
            "kernel_sysctls",
            (
                Sysctl(name="vm.max_map_count", value="262144", at_least=True),
                Sysctl(name="fs.nr_open", value="9", at_least=True),
                Sysctl(name="a.b", value="1"),
                Sysctl(name="a.c", value="1 2", at_least=True),
                Sysctl(name="a.d", value="cubic"),
            ),
            id="sysctls",
        ),
        pytest.param(
            "kernel.sysctls",
            {"a.b": True, "a.c": {"value": -1}, "a.d": "==x"},
            "kernel_sysctls",
            (
                Sysctl(name="a.b", value="1", at_least=True),
                Sysctl(name="a.c", value="-1", at_least=True),
                Sysctl(name="a.d", value="x"),
            ),
            id="sysctls: switches, mappings and texts",
        ),
        pytest.param(
            "kernel.parameters",
            ["quiet", {"name": "Iommu=pt"}],
            "kernel_parameters",
            ("quiet", "Iommu=pt"),
            id="parameters",
        ),
        pytest.param("kernel.features", ["TUN", {"name": "fuse"}], "kernel_features", ("tun", "fuse"), id="features"),
        pytest.param(
            "privileges",
            ["cap_net_admin", "SYS_TIME", {"name": "Privileged"}],
            "privileges",
            ("NET_ADMIN", "SYS_TIME", "privileged"),
            id="privileges",
        ),
        pytest.param(
            "devices",
            ["/dev/fuse", {"path": "/dev/kvm"}, {"pci": "0000:01:00.0"}, {"usb": "046D:C52B"}, {"gpu": "2"}],
            "devices",
            (
                Device(kind="path", value="/dev/fuse"),
                Device(kind="path", value="/dev/kvm"),
                Device(kind="pci", value="0000:01:00.0"),
                Device(kind="usb", value="046d:c52b"),
                Device(kind="gpu", value="2"),
            ),
            id="devices",
        ),
        pytest.param("host_view", True, "host_view", True, id="host_view"),
        pytest.param("host_network", True, "host_network", True, id="host_network"),
        pytest.param("shm", "1 GiB", "shm", 1024, id="shm: with its unit"),
        pytest.param("shm", 64, "shm", 64, id="shm: a plain number is MiB"),
        pytest.param("address", "OWN", "address", "own", id="address"),
        pytest.param("nics", "2", "nics", 2, id="nics"),
        pytest.param(
            "ports",
            [80, "53/UDP", "8080:80", "8443:443/tcp", {"port": 5060, "host": "5061", "protocol": "SCTP"}],
            "ports",
            (
                Port(number=80),
                Port(number=53, protocol="udp"),
                Port(number=80, host=8080),
                Port(number=443, host=8443),
                Port(number=5060, host=5061, protocol="sctp"),
            ),
            id="ports",
        ),
        pytest.param("snapshots", True, "snapshots", True, id="snapshots"),
        pytest.param("live_migration", True, "live_migration", True, id="live_migration"),
        pytest.param("max_privilege", "Nesting", "max_privilege", "nesting", id="max_privilege"),
        pytest.param("labels", {"a": {"value": 1}}, "labels", {"a": "1"}, id="labels"),
    ],
)
def test_a_requirement_is_read_as_it_is_meant(key, written, field, meant):
    assert getattr(service(**nested(key, written)).requirements, field) == meant


def nested(key: str, value) -> dict:
    parent, _dot, name = key.rpartition(".")
    return {parent: {name: value}} if parent else {name: value}


@pytest.mark.parametrize(
    ("key", "entry", "field", "meant"),
    [
        ("cpu_features", {"name": "avx"}, "cpu_features", ("avx",)),
        ("kernel.modules", {"name": "zfs"}, "kernel_modules", (KernelModule(name="zfs"),)),
        ("kernel.parameters", {"name": "quiet"}, "kernel_parameters", ("quiet",)),
        ("kernel.features", {"name": "tun"}, "kernel_features", ("tun",)),
        ("privileges", {"name": "NET_ADMIN"}, "privileges", ("NET_ADMIN",)),
        ("devices", {"path": "/dev/fuse"}, "devices", (Device(kind="path", value="/dev/fuse"),)),
        ("devices", {"gpu": 1}, "devices", (Device(kind="gpu", value="1"),)),
        ("ports", {"port": 80}, "ports", (Port(number=80),)),
    ],
)
def test_an_optional_entry_of_a_list_is_a_wish(key, entry, field, meant):
    must = service(**nested(key, [{**entry, "optional": False}])).requirements
    assert (getattr(must, field), must.wishes) == (meant, ())
    wished = service(**nested(key, [{**entry, "optional": True}])).requirements
    assert wished == Requirements(wishes=(Wish(name=key, needs=Requirements(os_family="any", **{field: meant})),))


def test_an_optional_entry_of_a_mapping_is_a_wish():
    sysctls = {"vm.swappiness": {"value": "==1", "optional": True}, "fs.nr_open": 9}
    needs = service(kernel={"sysctls": sysctls}, labels={"a": {"value": 1, "optional": True}, "b": 2}).requirements
    assert needs.kernel_sysctls == (Sysctl(name="fs.nr_open", value="9", at_least=True),)
    assert needs.labels == {"b": "2"}
    settings = (Sysctl(name="vm.swappiness", value="1"),)
    assert needs.wishes == (
        Wish(name="kernel.sysctls", needs=Requirements(os_family="any", kernel_sysctls=settings)),
        Wish(name="labels", needs=Requirements(os_family="any", labels={"a": "1"})),
    )


def test_a_port_may_be_of_one_process():
    processes = [{"name": "app", "image": "a"}, {"name": "db", "image": "b"}]
    of = service(processes=processes, ports=[{"port": 80, "process": "app"}]).requirements
    assert of.ports == (Port(number=80, process="app"),)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param({"memroy": 1}, "requirements.memroy is not known; did you mean 'memory'?", id="unknown"),
        pytest.param(
            {"kernel": {"moduls": []}}, "requirements.kernel.moduls is not known; did you mean 'modules'?", id="deep"
        ),
        pytest.param({"kernel": {"moduls": None}}, "requirements.kernel.moduls is not known", id="deep, of nothing"),
        pytest.param({"memory": "٩ MiB"}, "requirements.memory must be a size", id="digits of another script"),
        pytest.param(
            {"host_view": True, "isolation": "user_namespace"},
            "requirements.host_view cannot be true of a service that must have users of its own",
            id="the host's view with users of its own",
        ),
        pytest.param(
            {"memory": "1 GiB", "shm": "2 GiB"},
            "requirements.shm cannot be more than 'memory', of which it is a part",
            id="more shared memory than memory",
        ),
        pytest.param(
            {"devices": [{"pci": "10de:1eb8"}, {"pci": "10de:1eb8"}]},
            "requirements.devices[1] is named twice; name each by its own address or path",
            id="a device twice",
        ),
        pytest.param({"os_version": 3.20}, "requirements.os_version must be in quotes", id="a version as a number"),
        pytest.param(
            {"kernel": {"modules": [{"nam": "x"}]}},
            "requirements.kernel.modules[0].nam is not known; did you mean 'name'?",
            id="in a list",
        ),
        pytest.param({"memory": "-1 GiB"}, "requirements.memory must be a size of 0 or more, such as", id="negative"),
        pytest.param({"memory": 0}, "requirements.memory must be more than 0", id="nothing"),
        pytest.param({"memory": "4 GX"}, "requirements.memory has a unit that is not known; use", id="unit"),
        pytest.param(
            {"cpus": 0.005}, "requirements.cpus must be at least 0.01", id="less than the kernel can share out"
        ),
        pytest.param({"cpus": True}, "requirements.cpus must be a number greater than 0", id="a switch is no number"),
        pytest.param({"processes": 0}, "requirements.processes must be a whole number of 1 or more", id="none"),
        pytest.param({"processes": []}, "requirements.processes must name at least one process", id="empty"),
        pytest.param({"init": "perhaps"}, "requirements.init must be true or false", id="no switch"),
        pytest.param({"os_family": "debain"}, "did you mean 'debian'?", id="system"),
        pytest.param({"architecture": "x68_64"}, "did you mean 'x86_64'?", id="architecture"),
        pytest.param(
            {"isolation": "proces"}, "requirements.isolation must be an isolation; did you mean 'process'?", id="choice"
        ),
        pytest.param(
            {"kernel": {"version": "new"}}, "requirements.kernel.version must be a range of versions", id="no range"
        ),
        pytest.param(
            {"kernel": {"version": ">6,<5"}}, "requirements.kernel.version is a range that no", id="impossible"
        ),
        pytest.param({"kernel": "6.1"}, "requirements.kernel must be a mapping", id="no mapping"),
        pytest.param("all", "requirements must be a mapping", id="nothing at all"),
        pytest.param(
            {"processes": [{"name": "a"}, {"name": "a"}]},
            "requirements.processes[1].name is already the name of an earlier process",
            id="twice",
        ),
        pytest.param(
            {"init": {"wanted": True, "supervised": True}},
            "requirements.init.supervised cannot be true with 'wanted'",
            id="contradiction",
        ),
        *(
            pytest.param(
                {name: True, **apart},
                f"requirements.{name} cannot be true of a service that must not share the host's kernel",
                id=f"{name} and apart by {', '.join(apart)}",
            )
            for name in ("host_view", "host_network")
            for apart in ({"isolation": "machine"}, {"kernel": {"own": True}})
        ),
        pytest.param(
            {"host_network": True, "address": "own"},
            "requirements.address cannot be 'own' with 'host_network'",
            id="two networks",
        ),
        pytest.param(
            {"ports": ["80:1", {"port": 2, "host": 80, "optional": True}]},
            "requirements.ports[1].host is already the host port of an earlier entry",
            id="a port twice",
        ),
        pytest.param(
            {"processes": 2, "ports": [{"port": 1, "process": "a"}]},
            "requirements.ports[0].process is not the name of a process",
            id="a process that is none",
        ),
        pytest.param({"privileges": ["NET_ADMN"]}, "requirements.privileges[0] must be a privilege", id="privilege"),
        pytest.param({"privileges": ["NET_ADMN"]}, "did you mean 'net_admin'?", id="the nearest privilege"),
        pytest.param({"privileges": ["zzzzz"]}, "must be a privilege or capability that is known", id="none is near"),
        pytest.param({"kernel": {"features": ["tunn"]}}, "did you mean 'tun'?", id="the nearest feature"),
        pytest.param({"cpu_level": "v3"}, "requirements.cpu_level must be a level: x86-64-v1, x86-64-v2,", id="level"),
        pytest.param({"max_privilege": "al"}, "must be a bound of privileges: none, capabilities, nesting", id="bound"),
        pytest.param({"address": "mine"}, "requirements.address must be a sort of address: shared, own", id="address"),
        pytest.param({"os_family": "zzzzz"}, "must be an operating system or family that is known", id="no system"),
        pytest.param({"init": {"x": 1}}, "requirements.init.x is not known; known here: wanted, supervised", id="init"),
        *(
            pytest.param(
                nested(key, [{"optionl": True}]), f"requirements.{key}[0].optionl is not known; did you", id=key
            )
            for key in ("cpu_features", "kernel.modules", "kernel.parameters", "kernel.features", "privileges", "ports")
        ),
        pytest.param(
            {"devices": [{"gpu": 1, "optionl": True}]},
            "requirements.devices[0].optionl is not known; did",
            id="devices",
        ),
        *(
            pytest.param(nested(key, {"a.b": {"optionl": True}}), f"{key}.a.b.optionl is not known; did you", id=key)
            for key in ("kernel.sysctls", "labels")
        ),
    ],
)
def test_a_mistake_is_told_with_its_path(given, sentence):
    assert any(sentence in problem for problem in problems(given))


@pytest.mark.parametrize("name", ["Web", "web_1", "-web", "web-", "1web", "", "a" * 64, None, 7])
def test_a_name_is_a_dns_label(name):
    assert problems({}, name=name) == [
        "name must be a DNS label: lower-case letters, digits and '-', 63 at most, a letter first"
    ]


def test_all_mistakes_are_told_at_once():
    told = problems({"memory": "x", "cpus": -1, "kernel": {"own": 3}}, name="X", made_as={"docker": {}})
    paths = [problem.split()[0] for problem in told]
    assert sorted(paths) == ["as.docker", "name", "requirements.cpus", "requirements.kernel.own", "requirements.memory"]


def test_the_error_says_all_of_its_problems():
    with pytest.raises(RequirementsError) as failure:
        parse_service("X", {"cpus": -1}, {}, forms=tuple(FORMS))
    assert [problem.path for problem in failure.value.problems] == [("name",), ("requirements", "cpus")]
    assert str(failure.value) == "; ".join(map(str, failure.value.problems))


def test_each_requirement_is_read():
    written = {
        "os_family": "Debian",
        "os_version": 12,
        "architecture": ["amd64", "aarch64"],
        "processes": [{"name": "app", "image": "a", "command": ["run", "it"]}, {"name": "db", "image": "b"}],
        "init": {"wanted": True},
        "cpu_level": "x86-64-v2",
        "cpu_features": "avx",
        "kernel": {
            "version": ">=5.15,<7",
            "own": True,
            "flavour": "preempt-rt",
            "modules": "nbd",
            "sysctls": {"fs.nr_open": 9},
            "parameters": "quiet",
            "features": "tun",
        },
        "privileges": "NET_ADMIN",
        "devices": "/dev/fuse",
        "host_view": False,
        "host_network": False,
        "isolation": "Machine",
        "cpus": 1.5,
        "memory": "1.5 GiB",
        "disk": "20 GiB",
        "shm": 64,
        "address": "own",
        "nics": 2,
        "ports": 80,
        "snapshots": True,
        "live_migration": True,
        "labels": {"zone": "a", "ssd": True},
        "forms": "proxmox_vm",
        "max_privilege": "none",
    }
    assert service(**written).requirements == Requirements(
        os_family="debian",
        os_version="12",
        architectures=("x86_64", "aarch64"),
        process_count=2,
        processes=(Process(name="app", image="a", command=["run", "it"]), Process(name="db", image="b")),
        init=True,
        cpu_level="x86-64-v2",
        cpu_features=("avx",),
        kernel_version=range_of(">=5.15,<7"),
        kernel_own=True,
        kernel_flavour="preempt-rt",
        kernel_modules=(KernelModule(name="nbd"),),
        kernel_sysctls=(Sysctl(name="fs.nr_open", value="9", at_least=True),),
        kernel_parameters=("quiet",),
        kernel_features=("tun",),
        privileges=("NET_ADMIN",),
        devices=(Device(kind="path", value="/dev/fuse"),),
        isolation="machine",
        cpus=1.5,
        memory=1536,
        disk=20480,
        shm=64,
        address="own",
        nics=2,
        ports=(Port(number=80),),
        snapshots=True,
        live_migration=True,
        max_privilege="none",
        labels={"zone": "a", "ssd": "True"},
        forms=("proxmox_vm",),
    )
    assert set(written) == set(_schema(tuple(FORMS)))
    assert set(requirement_names()) == {key for key in written if key != "kernel"} | {
        f"kernel.{key}" for key in written["kernel"]
    }


def test_a_requirement_that_is_none_is_not_given():
    assert service(memory=None, kernel=None, labels=None).requirements == Requirements()
    assert service(kernel={"version": None, "modules": None}).requirements == Requirements()
    assert parse_service("web", None, None, forms=tuple(FORMS)).made_as == {}


def test_the_options_of_a_form_are_taken_as_they_are():
    made_as = {"lxd_container": {"config": {"a": 1}}, "proxmox_vm": {}}
    assert service(made_as=made_as).made_as == made_as


@pytest.mark.parametrize("name", ["web\n", "web ", "wéb", "a.b"])
def test_what_only_looks_like_a_dns_label_is_none(name):
    assert [problem.split()[0] for problem in problems({}, name=name)] == ["name"]


@pytest.mark.parametrize("name", ["a", "web", "web-1", "a" * 63])
def test_a_dns_label_is_a_name(name):
    assert service(name).name == name


@pytest.mark.parametrize(
    ("given", "path"),
    [
        pytest.param({"processes": "²"}, "requirements.processes", id="a digit that is no number"),
        pytest.param({"memory": 10**400}, "requirements.memory", id="a size beyond all numbers"),
        pytest.param({"cpus": 10**400}, "requirements.cpus", id="processors beyond all numbers"),
        pytest.param({"cpus": float("inf")}, "requirements.cpus", id="endless processors"),
        pytest.param({"cpus": float("nan")}, "requirements.cpus", id="not a number"),
        pytest.param({"kernel": {"modules": ["nbd\n"]}}, "requirements.kernel.modules[0]", id="a line end in a name"),
        pytest.param({"kernel": {"version": "9" * 5000}}, "requirements.kernel.version", id="an endless version"),
        pytest.param({"labels": {"a": None}}, "requirements.labels.a", id="a label of nothing"),
        pytest.param({"labels": {1: "a"}}, "requirements.labels[1]", id="a label without a name"),
        pytest.param({"forms": ["docker"]}, "requirements.forms[0]", id="a form that is none"),
        pytest.param({"os_version": True}, "requirements.os_version", id="a switch for a version"),
        *(
            pytest.param({"kernel": {"sysctls": {name: 1}}}, f"requirements.kernel.sysctls{path}", id=f"setting {name}")
            for name, path in (("swappiness", ".swappiness"), ("a b.c", ".a b.c"), (5, "[5]"))
        ),
        *(
            pytest.param({"kernel": {"sysctls": {"a.b": odd}}}, "requirements.kernel.sysctls.a.b", id=f"value {odd}")
            for odd in (None, 1.5, "", "  ", ">=", "== ", ">=x", "<5", "<= 5", "!=5", "=5", [1])
        ),
        pytest.param({"kernel": {"sysctls": {"a.b": {}}}}, "requirements.kernel.sysctls.a.b.value", id="no value"),
        pytest.param({"kernel": {"sysctls": ["a.b"]}}, "requirements.kernel.sysctls", id="settings without values"),
        pytest.param({"labels": ["a"]}, "requirements.labels", id="labels without values"),
        pytest.param({"labels": {"a": {"value": None}}}, "requirements.labels.a.value", id="a label of null"),
        pytest.param({"architecture": "sparc"}, "requirements.architecture", id="a single one has no index"),
        pytest.param({"cpu_features": ["avx!"]}, "requirements.cpu_features[0]", id="no flag"),
        pytest.param({"kernel": {"parameters": [""]}}, "requirements.kernel.parameters[0]", id="no parameter"),
        pytest.param({"kernel": {"flavour": 7}}, "requirements.kernel.flavour", id="no flavour"),
        *(
            pytest.param({"ports": [odd]}, "requirements.ports[0]", id=f"port {odd}")
            for odd in (0, 65536, "80/xyz", "x", "1:2:3", "-1", True, None, "65536:80", 1.5)
        ),
        pytest.param({"ports": [{"host": 80}]}, "requirements.ports[0].port", id="no port"),
        pytest.param({"ports": [{"port": 1, "protocol": "icmp"}]}, "requirements.ports[0].protocol", id="protocol"),
        pytest.param({"ports": [{"port": 1, "host": "x"}]}, "requirements.ports[0].host", id="no host port"),
        *(
            pytest.param({"devices": [odd]}, f"requirements.devices[0]{path}", id=f"device {odd}")
            for odd, path in (
                ("fuse", ""),
                (7, ""),
                ({"path": "/tmp/x"}, ".path"),
                ({"pci": "1:0"}, ".pci"),
                ({"pci": "01:00.8"}, ".pci"),
                ({"usb": "046d"}, ".usb"),
                ({"gpu": 0}, ".gpu"),
                ({"gpu": 10**12}, ".gpu"),
            )
        ),
        pytest.param({"nics": 0}, "requirements.nics", id="no interface"),
        pytest.param({"shm": "0"}, "requirements.shm", id="no shared memory"),
        *(
            pytest.param({name: "perhaps"}, f"requirements.{name}", id=name)
            for name in ("host_view", "host_network", "snapshots", "live_migration")
        ),
        pytest.param(
            {"kernel": {"modules": [{"name": "a", "parameters": {"b": [1]}}]}}, MODULE + ".parameters.b", id="m"
        ),
        pytest.param({"kernel": {"modules": [{"name": "a", "parameters": "b"}]}}, MODULE + ".parameters", id="no map"),
        pytest.param({"kernel": {"modules": [{"name": "a", "version": "b"}]}}, MODULE + ".version", id="no range"),
        pytest.param({"kernel": {"modules": [{"name": "a", "optional": 2}]}}, MODULE + ".optional", id="no switch"),
        pytest.param({7: 1}, "requirements[7]", id="a key that is no text"),
        pytest.param({"processes": [{"image": "a"}]}, "requirements.processes[0].name", id="a process without a name"),
        pytest.param({"processes": [7]}, "requirements.processes[0]", id="a process that is none"),
    ],
)
def test_an_odd_value_is_one_problem_with_its_path(given, path):
    (problem,) = problems(given)
    assert problem.startswith(f"{path} ")
    assert problem.removeprefix(f"{path} ").startswith(("must be ", "is missing", "is not known", "is not the name"))


@pytest.mark.parametrize(("word", "meant"), [*((one, True) for one in ON), *((one, False) for one in OFF)])
@pytest.mark.parametrize(
    ("key", "field"),
    [
        pytest.param("init", "init", id="init"),
        pytest.param("host_view", "host_view", id="host_view"),
        pytest.param("host_network", "host_network", id="host_network"),
        pytest.param("snapshots", "snapshots", id="snapshots"),
        pytest.param("live_migration", "live_migration", id="live_migration"),
        pytest.param("kernel.own", "kernel_own", id="kernel.own"),
        pytest.param("init.supervised", "supervised", id="init.supervised"),
    ],
)
def test_a_switch_is_taken_as_any_module_takes_it(word, meant, key, field):
    outer, _dot, inner = key.partition(".")
    assert getattr(service(**{outer: {inner: word} if inner else word}).requirements, field) is meant


def test_numbers_are_taken_as_texts():
    texts = {
        "cpus": "1.5",
        "memory": "512",
        "processes": "2",
        "nics": " 2 ",
        "ports": ["80"],
        "devices": [{"gpu": "1"}],
    }
    numbers = {"cpus": 1.5, "memory": 512, "processes": 2, "nics": 2, "ports": [80], "devices": [{"gpu": 1}]}
    assert service(**texts).requirements == service(**numbers).requirements
    assert service(devices=[{"gpu": "1", "optional": "yes"}]).requirements.wishes


@pytest.mark.parametrize(
    ("given", "path"),
    [
        pytest.param({"labels": {"release": 1.1}}, "labels.release", id="a label"),
        pytest.param({"labels": {"release": {"value": 1.1}}}, "labels.release.value", id="a label's value"),
        pytest.param(
            {"kernel": {"modules": [{"name": "a", "parameters": {"x": 1.1}}]}},
            "kernel.modules[0].parameters.x",
            id="a module's parameter",
        ),
        pytest.param(
            {"processes": [{"name": "a", "image": "b", "command": ["chmod", 420]}]},
            "processes[0].command[1]",
            id="a word of a command",
        ),
        pytest.param({"processes": [{"name": "a", "image": 1.1}]}, "processes[0].image", id="an image"),
        pytest.param({"kernel": {"parameters": [1.1]}}, "kernel.parameters[0]", id="a kernel's parameter"),
    ],
)
def test_what_yaml_may_have_rewritten_is_to_be_quoted(given, path):
    (problem,) = problems(given)
    assert problem.startswith(f"requirements.{path} must be a text, but YAML has read it as a ")
    assert "quotes" in problem
    assert "1.1" not in problem
    assert "420" not in problem


@pytest.mark.parametrize("devices", [[{}], [{"gpu": 1, "usb": "1-2"}], [{"card": 1}]], ids=["none", "two", "another"])
def test_a_device_is_named_by_one_key(devices):
    assert problems({"devices": devices}) == ["requirements.devices[0] must have one of the keys path, pci, usb, gpu"]


def test_all_that_is_wrong_in_a_list_is_told_not_only_the_first_item():
    told = problems(
        {
            "kernel": {
                "modules": ["a b", {"nam": 1}, "fine", {"name": "c", "version": "x", "parameters": {"d": [], "e": {}}}],
                "sysctls": {"a": 1, "b.c": [], "d.e": {"value": 1, "optional": 2}},
            },
            "devices": ["x", {"gpu": 0, "optional": 3}],
            "ports": ["x", {"port": 0, "host": "y"}],
            "processes": [{"name": "A", "command": [1, "a", 2]}, {"image": ""}],
        }
    )
    assert sorted(problem.split()[0].removeprefix("requirements.") for problem in told) == [
        "devices[0]",
        "devices[1].gpu",
        "devices[1].optional",
        "kernel.modules[0]",
        "kernel.modules[1].nam",
        "kernel.modules[1].name",
        "kernel.modules[3].parameters.d",
        "kernel.modules[3].parameters.e",
        "kernel.modules[3].version",
        "kernel.sysctls.a",
        "kernel.sysctls.b.c",
        "kernel.sysctls.d.e.optional",
        "ports[0]",
        "ports[1].host",
        "ports[1].port",
        "processes[0].command[0]",
        "processes[0].command[2]",
        "processes[0].name",
        "processes[1].image",
        "processes[1].name",
    ]


LISTS = ("cpu_features", "kernel.modules", "kernel.parameters", "kernel.features", "privileges", "devices", "ports")
BAD = f"{SENTINEL} x!"
ODD = [
    *(
        nested(key, BAD)
        for key in requirement_names()
        if key not in ("os_version", "kernel.flavour", "kernel.parameters")
    ),
    *(nested(key, [[BAD]]) for key in requirement_names()),
    *(nested(key, {"a": BAD}) for key in requirement_names() if key != "labels"),
    *(nested(key, {"a.b": {"value": [BAD], "optional": BAD}}) for key in ("labels", "kernel.sysctls")),
    *(nested(key, [{"name": [BAD], "optional": BAD}]) for key in LISTS),
    {"kernel": BAD},
    {"kernel": {"modules": [{"name": "a", "version": BAD, "parameters": {"a": [BAD]}, "optional": BAD}]}},
    *({"devices": [{kind: BAD}]} for kind in ("path", "pci", "usb", "gpu")),
    {"ports": [{"port": BAD, "host": BAD, "protocol": BAD, "process": BAD}]},
    {"ports": [{"port": 1, "process": SENTINEL.lower()}]},
    {"init": {"wanted": SENTINEL, "supervised": SENTINEL}},
    {"processes": [{"name": SENTINEL, "image": [SENTINEL], "command": {"a": SENTINEL}}]},
    {"processes": [{"name": "a", "command": [[SENTINEL]]}]},
    {"processes": [{"name": SENTINEL.lower()}, {"name": SENTINEL.lower()}]},
    SENTINEL,
    [SENTINEL],
]


@pytest.mark.parametrize("requirements", ODD, ids=str)
def test_no_error_ever_shows_a_value(requirements):
    told = problems(requirements, name=SENTINEL, made_as={"docker_container": SENTINEL, "lxd_container": [SENTINEL]})
    assert len(told) >= 4
    assert SENTINEL.lower() not in " ".join(told).lower()
