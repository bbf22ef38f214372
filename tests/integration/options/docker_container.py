# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Each option of ``community.docker.docker_container``, tried in the spellings that its documentation allows.

``TRIALS`` holds several in one group where they do not interfere: one container has all of them. A test holds that each
option of the installed release is there, or in ``NOT_TRIED`` with the reason.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

IMAGE = "rightscope-test/web:1"
HELPER = "helper"
"""A container beside it, which must share its IPC namespace; ``HELPER_ID`` in a value stands for its id."""
HELPER_ID = "HELPER_ID"
NETWORKS = {"options-a": "10.213.77.0/25", "options-b": "10.213.77.128/25"}
"""Networks that must be there, by name, each with its subnet."""


@dataclass(frozen=True)
class With:
    """A value that takes other options beside it to mean what it does."""

    value: t.Any
    options: Mapping[str, t.Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """
    One option: ``spellings`` mean the same, the first one makes the container, ``other`` is another value.

    ``only`` says why there is one spelling alone, or no other value. ``gone`` is False where nothing is to be seen of
    it when it is given no more, for the first value is what the engine has by itself.
    """

    option: str
    spellings: tuple
    other: t.Any = None
    only: str = ""
    gone: bool = True


@dataclass(frozen=True)
class Group:
    """Options that one container can have at once, and what it takes beside them."""

    name: str
    trials: tuple[Trial, ...]
    beside: Mapping[str, t.Any] = field(default_factory=dict)
    state: str = "started"
    in_place: bool = False
    """Whether the other values are taken by the container as it is."""


ONE = "its documentation has one spelling"
ONE_NODE = "this machine has one memory node"


def switch(option: str, **more: t.Any) -> Trial:
    """On, as YAML and as people write it; off is the engine's own default."""
    return Trial(option, (True, "yes", "true", 1), False, **more)


def number(option: str, value: int, other: int, **more: t.Any) -> Trial:
    """A whole number, as a number and as a text."""
    return Trial(option, (value, str(value)), other, **more)


def size(option: str, mebibytes: int, other: str, **more: t.Any) -> Trial:
    """A size in each unit, and in none."""
    spellings = (f"{mebibytes}m", f"{mebibytes}M", f"{mebibytes}MB", f"{mebibytes * 1024}K", str(mebibytes * 2**20))
    return Trial(option, spellings, other, **more)


APPLICATION = Group(
    "application",
    (
        Trial(
            "command",
            ("/bin/httpd -f -p '82' -h /www", ["/bin/httpd", "-f", "-p", "82", "-h", "/www"]),
            ["/bin/httpd", "-f", "-p", "81", "-h", "/www"],
        ),
        Trial("env", ({"A": "1", "B": "", "C": "x=y"}, {"C": "x=y", "B": "", "A": "1"}), {"A": "2"}),
        Trial("labels", ({"a": "1", "b": ""}, {"b": "", "a": "1"}), {"a": "2"}),
        Trial("hostname", ("shown",), "other", only=ONE),
        Trial("domainname", ("one.example",), "two.example", only=ONE),
        Trial("user", ("0:0",), "root", only=ONE),
        Trial("working_dir", ("/tmp/", "/tmp", "/tmp/.", "//tmp", "/www/../tmp"), "/www"),
        Trial("stop_signal", ("SIGTERM", "TERM", "sigterm", "15"), "SIGINT"),
        Trial(
            "healthcheck",
            (
                {"test": "true", "interval": "1s", "timeout": "1m30s", "start_period": "0s", "retries": 3},
                {"test": ["CMD-SHELL", "true"], "interval": "1000ms", "timeout": "90s", "retries": "3"},
            ),
            {"test": ["CMD", "/bin/true"], "interval": "2s"},
        ),
        Trial("exposed_ports", (["90", "91-92/udp"], ["92/udp", "91/UDP", "90/tcp"]), ["93"]),
        switch("interactive"),
        switch("tty"),
        switch("init"),
        Trial("mac_address", ("92:d0:c6:0a:29:33", "92-D0-C6-0A-29-33"), "92:d0:c6:0a:29:34"),
        Trial("dns_servers", (["1.1.1.1", "2001:db8::1"], ["1.1.1.1", "2001:0db8:0:0::1"]), ["1.0.0.1"]),
        Trial("dns_opts", (["ndots:2", "timeout:1"], ["timeout:1", "ndots:2"]), ["ndots:3"]),
        Trial("dns_search_domains", (["a.example", "b.example"],), ["b.example"], only=ONE),
        Trial("etc_hosts", ({"a": "1.2.3.4", "b": "::1"}, {"b": "0:0:0:0:0:0:0:1", "a": "1.2.3.4"}), {"a": "1.2.3.5"}),
        Trial("groups", (["0", "12"], [12, 0]), ["12"]),
        Trial("sysctls", ({"net.ipv4.ip_forward": "1"}, {"net.ipv4.ip_forward": 1}), {"net.ipv4.ip_forward": "0"}),
        Trial("tmpfs", (["/t1", "/t2:size=1m,mode=1777"], ["/t2/:mode=1777,size=1024k", "/t1:"]), ["/t2:size=2m"]),
        Trial(
            "ulimits",
            (["nofile:1000", "nproc:100:200"], ["nproc:100:200", "nofile:1000:1000"]),
            ["nofile:1000:2000", "nproc:100:200"],
        ),
        size("shm_size", 32, "33m"),
        number("oom_score_adj", 100, 200),
        number("pids_limit", 100, 200),
        Trial("log_driver", ("json-file",), "local", only=ONE),
        Trial(
            "log_options",
            ({"max-size": "1m", "max-file": "3"}, {"max-file": "3", "max-size": "1m"}),
            {"max-size": "2m"},
        ),
        Trial("capabilities", (["NET_ADMIN", "sys_time"], ["CAP_SYS_TIME", "net_admin"]), ["NET_ADMIN"]),
        Trial("cap_drop", (["CHOWN", "MKNOD"], ["cap_mknod", "cap_chown"]), ["CHOWN"]),
        Trial(
            "security_opts",
            (["no-new-privileges", "seccomp:unconfined"], ["seccomp=unconfined", "no-new-privileges:true"]),
            ["seccomp=unconfined"],
        ),
        Trial(
            "devices",
            (["/dev/null"], ["/dev/null:/dev/null"], ["/dev/null:/dev/null:mwr"], ["//dev/null"]),
            ["/dev/null:/dev/nothing:r"],
        ),
        Trial("device_cgroup_rules", (["c 1:3 mr"], ["c 1:3 rm"]), ["c 1:5 r"]),
        Trial(
            "published_ports",
            (
                ["127.0.0.1:18401:80", "18410-18411:90-91/udp", "18420-18429:92", "93"],
                ["127.0.0.1:18401:80/tcp", "18411:91/udp", "93/tcp", "18410:90/UDP", "0.0.0.0:18420-18429:92"],
                With(
                    ["18401:80", "0.0.0.0:18410-18411:90-91/udp", "0.0.0.0:18420-18429:92", "0.0.0.0::93"],
                    {"default_host_ip": "127.0.0.1"},
                ),
            ),
            ["127.0.0.1:18402:80"],
        ),
        switch("publish_all_ports"),
        switch("read_only"),
        Trial("runtime", ("runc",), "io.containerd.runc.v2", only=ONE),
        Trial("restart_policy", ("always",), "unless-stopped", only=ONE),
    ),
)

ADDRESSES = Group(
    "addresses",
    (
        Trial(
            "default_host_ip",
            (
                With("127.0.0.1", {"published_ports": ["18430:80", "127.0.0.2:18431:81"]}),
                With(None, {"published_ports": ["127.0.0.2:18431:81", "127.0.0.1:18430:80"]}),
            ),
            With("127.0.0.3", {"published_ports": ["18430:80", "127.0.0.2:18431:81"]}),
        ),
    ),
)

LIMITS = Group(
    "limits",
    (
        size("memory", 64, "65m"),
        size("memory_swap", 256, "-1"),
        size("memory_reservation", 32, "33m"),
        number("cpu_period", 100000, 50000),
        number("cpu_quota", 50000, 25000),
        number("cpu_shares", 512, 256),
        Trial("cpuset_cpus", ("0-1", "0,1", "1,0"), "0"),
        Trial("cpuset_mems", ("0", "0-0"), only=ONE_NODE),
        number("blkio_weight", 300, 300, gone=False),
        Trial("restart_policy", ("on-failure",), only=ONE),
        number("restart_retries", 3, 4),
    ),
    in_place=True,
)

SPACES = Group(
    "spaces",
    (
        Trial("pid_mode", ("host",), "", only=ONE),
        Trial("uts", ("host",), "", only=ONE),
        Trial("ipc_mode", ("host",), "shareable", only=ONE),
        Trial("userns_mode", ("host",), "", only=ONE),
        Trial("network_mode", ("host",), "none", only=ONE),
        Trial("cpus", (0.5, "0.5", ".5"), 0.25),
    ),
)

OTHERS = Group(
    "others",
    (
        Trial("links", (["helper:h", "helper"], ["helper:helper", "HELPER_ID:h"]), ["helper:other"]),
        Trial("volumes_from", (["helper"], ["helper:rw"], ["HELPER_ID"]), ["helper:ro"]),
        Trial("pid_mode", ("container:helper", "container:HELPER_ID"), ""),
        Trial("ipc_mode", ("container:helper", "container:HELPER_ID"), "private"),
    ),
)

BEHIND = Group(
    "behind",
    (Trial("network_mode", ("container:helper", "container:HELPER_ID"), "none"),),
    {"command": ["/bin/sleep", "1000"]},
)

ATTACHED = Group(
    "attached",
    (
        Trial(
            "networks",
            (
                [
                    {"name": "options-a", "aliases": ["b", "a"], "ipv4_address": "10.213.77.9", "links": ["helper"]},
                    {"name": "options-b"},
                ],
                [
                    {
                        "name": "options-a",
                        "ipv4_address": "10.213.77.9",
                        "links": ["helper:helper"],
                        "aliases": ["a", "b"],
                    },
                    {"name": "options-b", "aliases": []},
                ],
            ),
            [{"name": "options-a", "aliases": ["a"], "ipv4_address": "10.213.77.9", "links": ["helper"]}],
        ),
    ),
)

MOUNTED = Group(
    "mounted",
    (
        Trial(
            "volumes",
            (
                ["/etc/hostname:/v1/:ro", "options-data:/v2", "/v3"],
                ["options-data:/v2:rw", "/etc//hostname:/v1:ro", "/v3/"],
            ),
            ["options-data:/v2:ro"],
        ),
        Trial(
            "mounts",
            (
                [
                    {"target": "/m1", "type": "tmpfs", "tmpfs_size": "1M", "tmpfs_mode": "1777"},
                    {"target": "/m2", "source": "options-more", "labels": {"a": "1"}, "no_copy": True},
                    {"target": "/m3", "type": "bind", "source": "/etc/", "read_only": True, "consistency": "cached"},
                ],
                [
                    {
                        "target": "/m3/",
                        "type": "bind",
                        "source": "/etc",
                        "read_only": "yes",
                        "propagation": "rprivate",
                        "consistency": "cached",
                    },
                    {
                        "target": "/m2",
                        "type": "volume",
                        "source": "options-more",
                        "no_copy": True,
                        "labels": {"a": "1"},
                    },
                    {"target": "/m1", "type": "tmpfs", "tmpfs_size": "1024K", "tmpfs_mode": "01777"},
                ],
            ),
            [{"target": "/m1", "type": "tmpfs", "tmpfs_size": "2M", "tmpfs_mode": "1777"}],
        ),
        Trial("volume_driver", ("local",), only="this machine has one driver of volumes"),
    ),
)

CREATED = Group(
    "created",
    (
        Trial("entrypoint", (["/bin/httpd", "-f"],), ["/bin/sh"], only=ONE),
        switch("auto_remove"),
        switch("privileged"),
        Trial("cgroupns_mode", ("private",), "host", only=ONE),
        Trial("cgroup_parent", ("/rightscope/", "/rightscope", "/rightscope/."), "/other"),
        Trial(
            "device_requests",
            (
                [{"driver": "nvidia", "count": -1, "capabilities": [["gpu", "utility"]], "options": {"a": "1"}}],
                [{"options": {"a": "1"}, "capabilities": [["utility", "gpu"]], "count": "-1", "driver": "nvidia"}],
            ),
            [{"driver": "nvidia", "device_ids": ["0"], "capabilities": [["gpu"]]}],
        ),
        Trial(
            "device_read_bps",
            ([{"path": "/dev/null", "rate": "1M"}], [{"rate": "1048576", "path": "/dev//null"}]),
            [{"path": "/dev/null", "rate": "2M"}],
        ),
        Trial(
            "device_write_bps",
            ([{"path": "/dev/null", "rate": "1M"}], [{"rate": "1024K", "path": "/dev/null"}]),
            [{"path": "/dev/null", "rate": "2M"}],
        ),
        Trial(
            "device_read_iops",
            ([{"path": "/dev/null", "rate": 10}], [{"rate": "10", "path": "/dev/null"}]),
            [{"path": "/dev/null", "rate": 20}],
        ),
        Trial(
            "device_write_iops",
            ([{"path": "/dev/null", "rate": 10}], [{"rate": "10", "path": "/dev/null"}]),
            [{"path": "/dev/null", "rate": 20}],
        ),
        size("kernel_memory", 64, "65m"),
        number("memory_swappiness", 10, 20),
        switch("oom_killer"),
        Trial("pids_limit", (-1, 0, "-1"), 100, gone=False),
        Trial(
            "platform",
            ("linux/ARCHITECTURE", "linux", "ARCHITECTURE", "Linux/ARCHITECTURE"),
            only="no image for another platform is here",
            gone=False,
        ),
    ),
    {"memory": "64m"},
    state="present",
)

OF_ANOTHER_IMAGE = Group(
    "image",
    (
        Trial(
            "image",
            ("rightscope-test/web:1", "docker.io/rightscope-test/web:1"),
            "rightscope-test/web:2",
            gone=False,
        ),
    ),
)

GROUPS = (APPLICATION, ADDRESSES, LIMITS, SPACES, OTHERS, BEHIND, ATTACHED, MOUNTED, CREATED, OF_ANOTHER_IMAGE)
TRIALS: dict[str, list[Trial]] = {}
for _group in GROUPS:
    for _trial in _group.trials:
        TRIALS.setdefault(_trial.option, []).append(_trial)

INSPECTED = {
    "storage_opts": (
        "HostConfig.StorageOpt",
        {"size": "1G", "a": "1"},
        ({"size": "1G", "a": "1"}, {"a": "1", "size": "1G"}),
        ({"size": "2G", "a": "1"}, {"size": "1G"}),
    ),
    "networks": (
        "NetworkSettings.Networks",
        {
            "bridge": {
                "MacAddress": "92:d0:c6:0a:29:33",
                "DriverOpts": {"a": "1"},
                "GwPriority": 5,
                "IPAMConfig": {"IPv6Address": "2001:db8::9"},
            }
        },
        (
            [{"name": "bridge", "mac_address": "92-D0-C6-0A-29-33", "ipv6_address": "2001:db8:0:0::9"}],
            [{"name": "bridge", "driver_opts": {"a": 1}, "gw_priority": 5}],
        ),
        (
            [{"name": "bridge", "mac_address": "92:d0:c6:0a:29:34"}],
            [{"name": "bridge", "ipv6_address": "2001:db8::8"}],
            [{"name": "bridge", "driver_opts": {"a": "2"}}],
            [{"name": "bridge", "gw_priority": 6}],
        ),
    ),
    "healthcheck": (
        "Config.Healthcheck",
        {"Test": ["CMD-SHELL", "true"], "StartPeriod": 10**9, "StartInterval": 2 * 10**9},
        (
            {"test": "true", "start_period": "1s", "start_interval": "2000ms"},
            {"test": ["CMD-SHELL", "true"], "start_period": "1000ms", "start_interval": "2s", "interval": "0s"},
        ),
        (
            {"test": "true", "start_period": "1s", "start_interval": "3s"},
            {"test": "true", "start_period": "1s"},
            {"test": ["NONE"]},
            {"start_period": "1s", "start_interval": "2s"},
        ),
    ),
    "mounts": (
        "HostConfig.Mounts",
        [
            {
                "Type": "bind",
                "Source": "/a",
                "Target": "/b",
                "BindOptions": {"NonRecursive": True, "CreateMountpoint": True, "ReadOnlyNonRecursive": True},
            },
            {"Type": "volume", "Source": "v", "Target": "/c", "VolumeOptions": {"Subpath": "s"}},
            {"Type": "tmpfs", "Target": "/d", "TmpfsOptions": {"Options": [["noexec"], ["uid", "1"]]}},
            {"Type": "volume", "Target": "/e", "VolumeOptions": {"DriverConfig": {"Name": "x", "Options": {"o": "1"}}}},
        ],
        (
            [
                {
                    "target": "/b",
                    "source": "/a/",
                    "type": "bind",
                    "non_recursive": True,
                    "create_mountpoint": "yes",
                    "read_only_non_recursive": True,
                    "read_only_force_recursive": False,
                },
                {"target": "/c", "source": "v", "subpath": "s"},
                {"target": "/d", "type": "tmpfs", "tmpfs_options": [{"uid": "1"}, {"noexec": None}]},
                {"target": "/e", "volume_driver": "x", "volume_options": {"o": 1}},
            ],
        ),
        (
            [{"target": "/b", "source": "/a", "type": "bind", "non_recursive": True, "create_mountpoint": True}],
            [{"target": "/c", "source": "v", "subpath": "t"}],
            [{"target": "/d", "type": "tmpfs", "tmpfs_options": [{"uid": "1"}]}],
            [{"target": "/e", "volume_driver": "x", "volume_options": {"o": "2"}}],
            [{"target": "/e", "volume_driver": "x"}],
        ),
    ),
}
"""
What this engine cannot do, or is too old for: (where the engine tells it, in which words, spellings of that, others).

The words are those of https://docs.docker.com/reference/api/engine/version/v1.48/.
"""

KEYS: dict[str, dict[str, t.Any]] = {
    "healthcheck": {
        "test": "false",
        "test_cli_compatible": None,
        "interval": "5s",
        "timeout": "5s",
        "start_period": "5s",
        "start_interval": "5s",
        "retries": 9,
    },
    "networks": {
        "name": "options-b",
        "ipv4_address": "10.213.77.10",
        "ipv6_address": "2001:db8::10",
        "links": ["helper:else"],
        "aliases": ["else"],
        "mac_address": "92:d0:c6:0a:29:39",
        "driver_opts": {"else": "1"},
        "gw_priority": 9,
    },
    "mounts": {
        "target": "/else",
        "source": "/else",
        "type": "npipe",
        "read_only": True,
        "consistency": "delegated",
        "propagation": "rslave",
        "no_copy": True,
        "non_recursive": True,
        "create_mountpoint": True,
        "read_only_non_recursive": True,
        "read_only_force_recursive": True,
        "labels": {"else": "1"},
        "volume_driver": "else",
        "volume_options": None,
        "subpath": "else",
        "tmpfs_size": "9M",
        "tmpfs_mode": "0700",
        "tmpfs_options": [{"else": "1"}],
    },
    "device_requests": {
        "capabilities": [["else"]],
        "count": 9,
        "device_ids": ["else"],
        "driver": "else",
        "options": {"else": "1"},
    },
    "device_read_bps": {"path": "/dev/else", "rate": "9M"},
    "device_write_bps": {"path": "/dev/else", "rate": "9M"},
    "device_read_iops": {"path": "/dev/else", "rate": 9},
    "device_write_iops": {"path": "/dev/else", "rate": 9},
}
"""
Of each option that has suboptions, another value of each one; None where it says how another one is read, or needs one.
"""

_HOW = "says how the delegate works"
NOT_TRIED = {
    **dict.fromkeys(
        ("cleanup", "comparisons", "debug", "detach", "force_kill", "healthy_wait_timeout", "image_comparison")
        + ("image_label_mismatch", "image_name_mismatch", "keep_volumes", "kill_signal", "output_logs", "pull")
        + ("pull_check_mode_behavior", "purge_networks", "removal_wait_timeout"),
        _HOW,
    ),
    **dict.fromkeys(("name", "state", "paused", "recreate", "restart"), "is the collection's own"),
    **dict.fromkeys(("command_handling", "container_default_behavior"), "has one value that is taken"),
    "stop_timeout": "is compared on demand alone",
    "networks_cli_compatible": "is tried with networks, by the unit tests",
    "env_file": "names a file, whose content counts; it has a test of its own",
}
"""Options of the delegate that have no trial, with the reason."""
