# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table of what a Docker engine would refuse, or leave out without a word."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.docker_options import (
    API_VERSIONS,
    EXCLUSIONS,
    LIMITS,
)

from .builders import COLUMNS, case, declare, holds, rule_says

AS = "as.docker_container"
SOME = {
    "network_mode": "container:vpn",
    "networks": [{"name": "lan"}],
    "published_ports": ["8080:80"],
    "exposed_ports": ["80"],
    "hostname": "a",
    "mac_address": "02:42:ac:11:00:09",
    "dns_servers": ["192.0.2.1"],
    "etc_hosts": {"a": "192.0.2.1"},
    "links": ["db:db"],
    "uts": "host",
    "cpus": 1,
    "cpu_quota": 50000,
    "cpu_period": 100000,
    "auto_remove": True,
    "restart_policy": "always",
    "restart_retries": 3,
    "privileged": True,
    "cap_drop": ["CHOWN"],
}
"""A value of each option that excludes another."""


def value(option: str, pattern: str) -> object:
    return SOME[option] if pattern == "*" else pattern.replace("*", "vpn")


def takes_out(option: str) -> str:
    return f"take '{AS}.{option}' out, or change it"


def on(options: dict, **facts) -> dict:
    return {"options": {"image": "web:1", **options}, **facts}


def refused(options: dict, reason: str, id: str, *, facts=(), needs=(), when="never", remedy=None, rule="options"):
    return case(rule, "docker", dict(needs), on(options, **dict(facts)), when, reason, id, remedy=remedy)


def taken(options: dict, id: str, *, facts=(), needs=(), rule="options"):
    return holds(rule, "docker", dict(needs), on(options, **dict(facts)), id)


ALL_LIMITS = frozenset(LIMITS.values())
NEWER = "upgrade Docker there"

EXCLUSIVE = [
    *(
        refused(
            {row.option: value(row.option, row.value), row.other: value(row.other, row.other_value)},
            f"'{AS}.{row.option}' and '{AS}.{row.other}' exclude each other: {row.because}",
            f"{row.option} {row.value} beside {row.other} {row.other_value}",
            remedy="take one of them out",
        )
        for row in EXCLUSIONS
    ),
    *(
        taken({option: SOME[option]}, f"{option} alone")
        for option in dict.fromkeys(name for row in EXCLUSIONS for name in (row.option, row.other))
    ),
    taken({"network_mode": "container:vpn", "published_ports": [], "hostname": "", "links": None}, "nothing beside"),
    taken({"network_mode": "lan", "published_ports": ["80"], "hostname": "a"}, "a network of its own"),
    taken({"network_mode": "host", "hostname": "a", "dns_servers": ["192.0.2.1"]}, "what goes with the host's network"),
    taken({"auto_remove": True, "restart_policy": "no"}, "removed when it ends, and not started again"),
    taken({"auto_remove": False, "restart_policy": "always"}, "a switch that is off"),
    taken({"privileged": False, "cap_drop": ["ALL"]}, "not privileged"),
    refused(
        {"published_ports": ["80"]},
        f"the need 'host_network' and '{AS}.published_ports' exclude each other: nothing is published on the "
        "host's own network",
        "one from a need",
        needs={"host_network": True},
        remedy=takes_out("published_ports"),
    ),
    refused(
        {"volumes": ["/a:/data", "bb:/data/:ro"]},
        "two mounts are at '/data'",
        "two volumes at one place",
        remedy="mount one thing at '/data'",
    ),
    refused(
        {"volumes": ["/data"], "mounts": [{"target": "/data", "source": "b"}], "tmpfs": ["/x:size=1m"]},
        "two mounts are at '/data'",
        "a volume and a mount at one place",
        remedy="mount one thing at '/data'",
    ),
    taken({"volumes": ["/a:/data", "b:/data/b"], "tmpfs": ["/tmp"]}, "mounts at places of their own"),
]

SIZES = [
    refused(
        {"memory": "4m"},
        f"'{AS}.memory' is less than the 6 MiB that Docker takes",
        "too little",
        remedy=takes_out("memory"),
    ),
    refused(
        {"memory": "1g", "memory_swap": "512m"},
        f"'{AS}.memory_swap' is memory and swap together, and less than '{AS}.memory'",
        "less swap than memory",
        remedy=takes_out("memory_swap"),
    ),
    refused(
        {"memory_swap": "512m"},
        f"'{AS}.memory_swap' is memory and swap together, and less than the need 'memory'",
        "less swap than the need",
        needs={"memory": "1 GiB"},
        remedy=takes_out("memory_swap"),
    ),
    refused(
        {"memory_swap": "512m"},
        f"'{AS}.memory_swap' is memory and swap together, but nothing says how much memory",
        "swap without memory",
        remedy="name 'memory'",
    ),
    refused(
        {"memory": "100m", "memory_reservation": "1g"},
        f"'{AS}.memory_reservation' is more than '{AS}.memory'",
        "more reserved than allowed",
        remedy=takes_out("memory_reservation"),
    ),
    refused({"cpus": 5}, f"'{AS}.cpus' asks for 5 processors, it has 4", "processors", remedy=takes_out("cpus")),
    refused(
        {"cpuset_cpus": "0,2-4"},
        f"'{AS}.cpuset_cpus' names processor 4, it has 4, counted from 0",
        "a processor that is not there",
        remedy=takes_out("cpuset_cpus"),
    ),
    refused(
        {"oom_score_adj": -1001},
        f"'{AS}.oom_score_adj' must be from -1000 to 1000",
        "a score",
        remedy=takes_out("oom_score_adj"),
    ),
    *(
        taken({"memory": "1g", "memory_swap": swap}, f"swap {swap}")
        for swap in ("1g", "2g", "-1", "unlimited", 0, "much")
    ),
    taken({"memory_swap": -1}, "swap without a limit"),
    taken({"cpus": "4", "cpuset_cpus": "0-3", "oom_score_adj": 1000, "memory": "6m"}, "as much as there is"),
    taken({"cpus": 64, "cpuset_cpus": "63"}, "nobody knows how many", facts={"cpus": None}),
    *(
        refused(
            {option: "1g" if "memory" in option else 1, **({"memory": "1g"} if option != "memory" else {})},
            f"its engine cannot limit by '{AS}.{option}', and would leave it out",
            f"{option}, which it cannot",
            facts={"limits": ALL_LIMITS - {limit}},
            when="not_now",
            remedy="switch the cgroup controller on in the kernel of dock1",
        )
        for option, limit in LIMITS.items()
        if option != "memory_reservation"
    ),
    taken(dict.fromkeys(("cpu_shares", "pids_limit"), 1), "limits that nobody knows", facts={"limits": None}),
    taken({"pids_limit": 0, "cpu_shares": None}, "no limit", facts={"limits": frozenset()}),
    *(
        case(
            rule,
            "docker",
            needs,
            {"limits": frozenset(), "rootless": True},
            "not_now",
            f"its engine cannot limit {what}",
            f"{what} cannot be limited",
            remedy="boot dock1 with cgroup v2 and delegate the controllers to the engine's user",
        )
        for rule, needs, what in (("memory", {"memory": "1 GiB"}, "memory"), ("cpus", {"cpus": 1}, "processors"))
    ),
    *(
        holds(rule, kind, needs, {"limits": limits}, f"{kind}, {limits is None or len(limits)}")
        for rule, needs in (("memory", {"memory": "1 GiB"}), ("cpus", {"cpus": 1}))
        for kind, limits in (("docker", ALL_LIMITS), ("docker", None), ("lxd", None))
    ),
]


def nested(path: str, value: object) -> dict:
    """``mounts.type`` as a list of mappings, ``healthcheck.test`` as a mapping."""
    name, _dot, key = path.partition(".")
    if not key:
        return {name: value}
    return {name: {key: value} if name == "healthcheck" else [{}, {key: value}]}


def below(version: str) -> str:
    return f"1.{int(version.partition('.')[2]) - 1}"


TOO_NEW = [
    *(
        refused(
            nested(row.option, "linux/amd64" if row.value == "*" else row.value),
            f"'{AS}.{row.option}'{'' if row.value == '*' else f' {row.value!r}'} takes version {row.api} of the "
            f"engine's API, it has {below(row.api)}",
            f"{row.option} {row.value}",
            facts={"api_version": below(row.api)},
            when="not_now",
            remedy=NEWER,
        )
        for row in API_VERSIONS
    ),
    *(
        taken(nested(row.option, "linux/amd64"), f"{row.option} with {version}", facts={"api_version": version})
        for row in API_VERSIONS
        for version in (row.api, "1.100", None)
        if row.value == "*"
    ),
    taken({"mounts": [{"type": "bind"}]}, "another type of mount", facts={"api_version": "1.24"}),
    refused(
        {"platform": "windows/amd64"},
        f"'{AS}.platform' is windows/amd64, and its engine runs linux",
        "of another system",
        remedy=takes_out("platform"),
    ),
    *(
        refused(
            {"platform": platform},
            f"runs x86_64, and cannot tell whether it emulates {name}, which '{AS}.platform' asks for",
            f"of another processor, {platform}",
            when="unknown",
            remedy=declare("architectures"),
        )
        for platform, name in (("linux/arm64", "aarch64"), ("arm64", "aarch64"), ("linux/arm/v7", "armv7l"))
    ),
    *(taken({"platform": name}, f"platform {name}") for name in ("linux/amd64", "amd64", "linux", "linux/386", "new")),
    *(
        refused(
            option,
            f"its engine maps users, and does not take '{AS}.{next(iter(option))}' with such a container",
            f"mapped users, {next(iter(option))}",
            facts={"isolation": "user_namespace", "rootless": False},
            when="not_now",
            remedy="set 'userns_mode: host' under 'as.docker_container'",
        )
        for option in ({"network_mode": "host"}, {"pid_mode": "host"}, {"privileged": True})
    ),
    *(
        taken({"pid_mode": "host", **more}, id, facts=facts)
        for more, facts, id in (
            ({"userns_mode": "host"}, {"isolation": "user_namespace"}, "the host's users"),
            ({}, {"isolation": "user_namespace", "rootless": True}, "a rootless engine"),
            ({}, {"isolation": "process"}, "users that are not mapped"),
        )
    ),
]

NETWORKS = {"networks": {"bridge": "bridge", "host": "host", "lan": "macvlan"}}
SWARM = {"networks": {"ingress": "overlay"}}
CONTAINERS = {"containers": frozenset({"vpn", "db"})}


def lacks(options: dict, reason: str, id: str, facts: dict, remedy: str, when: str = "not_now"):
    return refused(options, reason, id, facts=facts, when=when, remedy=remedy, rule="references")


def has(options: dict, id: str, facts: dict):
    return taken(options, id, facts=facts, rule="references")


REFERENCES = [
    *(
        lacks(options, "it has no network 'wan'", id, NETWORKS, "make the network 'wan' there first")
        for options, id in (
            ({"networks": [{"name": "lan"}, {"name": "wan"}]}, "a network"),
            ({"network_mode": "wan"}, "a network as its mode"),
        )
    ),
    lacks(
        {"networks": [{"name": "wan"}]},
        "cannot tell whether it has the network 'wan'",
        "a network of a swarm",
        SWARM,
        declare("networks: {wan: overlay}"),
        "unknown",
    ),
    has({"networks": [{"name": "lan"}]}, "a network that is there", NETWORKS),
    has({"network_mode": "3f2e1d0c9b8a"}, "a network by its id", NETWORKS),
    has({"networks": [{"name": "wan"}]}, "networks that nobody knows", {"networks": None}),
    *(has({"network_mode": mode}, f"mode {mode}", NETWORKS) for mode in ("default", "bridge", "host", "none")),
    *(
        lacks(
            {option: named},
            f"it has no container 'web', which '{AS}.{option}' names",
            f"a container by {option}",
            CONTAINERS,
            "make 'web' there first",
        )
        for option, named in (
            ("network_mode", "container:web"),
            ("pid_mode", "container:web"),
            ("ipc_mode", "container:web"),
            ("links", ["db", "web:w"]),
            ("volumes_from", ["web:ro"]),
        )
    ),
    has({"network_mode": "container:vpn", "links": ["db:d"], "ipc_mode": "shareable"}, "containers", CONTAINERS),
    has({"pid_mode": f"container:{'a' * 64}"}, "a container by its id", CONTAINERS),
    has({"pid_mode": "container:web"}, "containers that nobody knows", {"containers": None}),
    lacks(
        {"runtime": "runsc"},
        "it has no runtime 'runsc', but crun and runc",
        "a runtime",
        {"runtimes": frozenset({"runc", "crun"})},
        takes_out("runtime"),
    ),
    has({"runtime": "io.containerd.kata.v2"}, "a shim by its long name", {"runtimes": frozenset({"runc"})}),
    has({"runtime": "runsc"}, "runtimes that nobody knows", {"runtimes": None}),
    lacks(
        {"log_driver": "loki"},
        "it has no log driver 'loki'",
        "a log driver",
        {"log_drivers": frozenset({"json-file"})},
        "install its plugin on dock1",
    ),
    *(
        has(
            {"log_driver": name}, f"log driver {name}", {"log_drivers": frozenset({"json-file", "grafana/loki:latest"})}
        )
        for name in ("json-file", "none", "grafana/loki")
    ),
    *(
        lacks(
            options,
            "cannot tell whether it has the volume driver 'sshfs'",
            f"a volume driver under {next(iter(options))}",
            {"volume_drivers": frozenset({"local"})},
            declare("volume_drivers"),
            "unknown",
        )
        for options in ({"volume_driver": "sshfs"}, {"mounts": [{"type": "volume", "volume_driver": "sshfs"}]})
    ),
    has({"volume_driver": "sshfs"}, "a volume driver", {"volume_drivers": frozenset({"local", "sshfs:latest"})}),
    has({"volume_driver": "local"}, "its own volume driver", {"volume_drivers": frozenset({"local"})}),
    lacks(
        {"mounts": [{"type": "bind", "source": "/srv//a/", "target": "/a"}]},
        "it has no '/srv//a/' to bind",
        "a directory",
        {"paths": {"/srv/a": ""}},
        "make '/srv//a/' on dock1",
    ),
    *(
        has({"mounts": [{"type": "bind", "source": "/srv/a", "target": "/a", **more}]}, id, {"paths": paths})
        for id, paths, more in (
            ("a directory that is there", {"/srv/a": "/mnt/a"}, {}),
            ("a directory that nobody looked for", None, {}),
            ("a directory that is made", {"/srv/a": ""}, {"create_mountpoint": True}),
        )
    ),
    has({"volumes": ["/srv/a:/a"]}, "a directory that Docker makes", {"paths": {"/srv/a": ""}}),
    lacks(
        {"devices": ["/dev/fuse:/dev/fuse:r", "/dev/ttyUSB0"]},
        "it has no /dev/ttyUSB0",
        "a device",
        {"devices": frozenset({"/dev/fuse"})},
        "attach it, or load its driver, on dock1",
    ),
    has({"devices": ["/dev/ttyUSB0"]}, "devices that nobody knows", {"devices": None}),
    has({"devices": ["/dev/snd"]}, "a directory of devices", {"devices": frozenset({"/dev/snd/timer"})}),
    holds("references", "lxd", {}, {"options": {"devices": {}}, "containers": frozenset()}, "of Docker alone"),
]

AUTHORIZATION = [
    *(
        refused(
            {"privileged": True},
            f"cannot tell whether its authorisation {names} allow privileged",
            f"{len(plugins)} plugins",
            facts={"authorization": plugins},
            when="unknown",
            remedy=declare("authorization: []"),
            rule="authorization",
        )
        for plugins, names in ((("opa",), "plugin opa"), (("opa", "twistlock"), "plugins opa and twistlock"))
    ),
    taken({}, "what is granted nothing", facts={"authorization": ("opa",)}, rule="authorization"),
    taken({"privileged": True}, "no plugin", facts={"authorization": ()}, rule="authorization"),
    taken({"privileged": True}, "nobody knows of one", facts={"authorization": None}, rule="authorization"),
]

LOW = {"ports": ["80:80", "8080:8080"]}
ROOTLESS = [
    case(
        "ports",
        "docker",
        LOW,
        {"rootless": True, "ports_taken": frozenset()},
        "not_now",
        "its engine is rootless, and cannot publish at 80/tcp",
        "a low port of a rootless engine",
        remedy="run 'sysctl -w net.ipv4.ip_unprivileged_port_start=80' on dock1, or name another host port",
    ),
    *(
        holds("ports", "docker", LOW, {"ports_taken": frozenset(), **changes}, id)
        for changes, id in (
            (
                {"rootless": True, "kernel_sysctls": {"net.ipv4.ip_unprivileged_port_start": "80"}},
                "that the kernel allows",
            ),
            ({"rootless": False}, "of an engine of root's"),
            ({"rootless": None}, "of who knows what engine"),
        )
    ),
    *(
        case(
            need,
            "docker",
            {need: True},
            {"rootless": True, "isolation": "user_namespace"},
            "never",
            "its engine is rootless, so it can share only what belongs to its own user",
            "of a rootless engine",
            remedy="use an engine that runs as root",
        )
        for need in ("host_view", "host_network")
    ),
]

MAP_COUNT = "vm.max_map_count is not namespaced, and"


def cannot_set(kind: str, options: dict, reason: str, id: str, remedy: str | None, when: str = "never", **facts):
    return case("kernel_sysctls", kind, {}, {"options": options, **facts}, when, reason, id, remedy=remedy)


def on_the_host(where: str, name: str, place: str = "dock1") -> str:
    return f"take '{where}' out, set {name} on {place}, and ask for it in 'requirements.kernel.sysctls'"


LXD = "as.lxd_container.config.linux.sysctl"
SYSCTLS = [
    *(
        cannot_set(
            "docker",
            {"sysctls": {name: 1}, **more},
            f"{name} {why}, and '{AS}.sysctls.{name}' sets it",
            f"{name}, {id}",
            on_the_host(f"{AS}.sysctls.{name}", name),
        )
        for name, more, why, id in (
            ("vm.max_map_count", {}, "is not namespaced", "of the whole kernel"),
            ("fs.file-max", {}, "is not namespaced", "of the whole kernel"),
            ("net.core.rmem_max", {}, "is not namespaced", "of all networks"),
            (
                "net.core.somaxconn",
                {"network_mode": "host"},
                "belongs to the host on the host's network",
                "on its network",
            ),
            (
                "kernel.shmmax",
                {"ipc_mode": "host"},
                "belongs to the host with the host's shared memory",
                "with its memory",
            ),
            ("user.max_user_namespaces", {}, "is not Docker's to set for one container", "of a user namespace"),
        )
    ),
    cannot_set(
        "lxd",
        {"config": {"linux.sysctl.vm.max_map_count": "1"}},
        f"{MAP_COUNT} '{LXD}.vm.max_map_count' sets it",
        "LXD: of the whole kernel",
        on_the_host(f"{LXD}.vm.max_map_count", "vm.max_map_count", "lab"),
    ),
    cannot_set(
        "lxd",
        {"config": {"linux.sysctl.kernel.msgmax": "1"}},
        "kernel.msgmax is each container's own, and unprivileged ones may set it only on Linux >=6.9; its kernel is "
        "6.1.0-13-amd64",
        "LXD: on an old kernel",
        "boot another kernel there",
        "not_now",
    ),
    cannot_set(
        "docker",
        {"sysctls": {"net.ipv4.tcp_rmem": "1 2 3"}},
        f"net.ipv4.tcp_rmem is namespaced only from Linux 4.15 on, and '{AS}.sysctls.net.ipv4.tcp_rmem' sets it",
        "an old kernel",
        on_the_host(f"{AS}.sysctls.net.ipv4.tcp_rmem", "net.ipv4.tcp_rmem"),
        kernel_version="3.10.0",
    ),
    *(
        holds("kernel_sysctls", kind, {}, {"options": options}, id)
        for kind, options, id in (
            ("docker", {"sysctls": {"net.core.somaxconn": 1, "kernel.shmmax": 1, "net.ipv4.ip_forward": 1}}, "own"),
            ("docker", {"sysctls": {}}, "none"),
            ("docker", {"env": {"a": "b"}}, "another option"),
            ("lxd", {"config": {"linux.sysctl.net.ipv4.ip_forward": "1", "limits.cpu": 1}}, "LXD: own"),
            (
                "lxd",
                {"config": {"linux.sysctl.kernel.msgmax": "1", "security.privileged": True}},
                "LXD: of a privileged one",
            ),
        )
    ),
]

TABLE = [*EXCLUSIVE, *SIZES, *TOO_NEW, *REFERENCES, *AUTHORIZATION, *ROOTLESS, *SYSCTLS]


@pytest.mark.parametrize(COLUMNS, TABLE)
def test_a_rule_holds_or_says_why_not_and_what_would_help(rule, kind, needs, changes, when, reason, remedy):
    assert rule_says(rule, kind, needs, changes) == (when, reason, remedy)
