# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Docker container, or several: what is made, what differs, and what that takes."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._docker.options import COMPARED, IN_PLACE

from .builders import instance, planned, service, target


def container(state="started", given="none", **host):
    config = {
        "Image": "sha256:1",
        "_image_id": "sha256:1",
        "_image": {"platform": "linux/amd64", "env": ["PATH=/bin"], "labels": {"maintainer": "image"}},
        "Config": {
            "Image": "web:1",
            "Env": ["PATH=/bin", "A=1"],
            "Cmd": ["/bin/httpd", "-f"],
            "Labels": {
                "rightscope.service": "web",
                "rightscope.options": "none",
                "rightscope.given": given,
                "maintainer": "image",
            },
        },
        "HostConfig": {"RestartPolicy": {"Name": "no"}, **host},
        "NetworkSettings": {"Networks": {"bridge": {}}},
    }
    return instance("docker", state=state, config=config)


IMAGE = {"image": "web:1"}
LIMITED = {"Memory": 64 * 2**20, "MemorySwap": 128 * 2**20}


def test_a_container_is_made_with_its_mark_and_limits():
    (call,) = planned("docker", options={**IMAGE, "env": {"N": 1, "S": True}}, memory=64, cpus=0.5).calls
    assert call.module == "community.docker.docker_container"
    assert call.args["labels"] == {
        "rightscope.service": "web",
        "rightscope.options": "none",
        "rightscope.given": "cpu_period cpu_quota env.N env.S memory memory_swap",
    }
    assert (call.args["memory"], call.args["memory_swap"]) == ("64M", "128M")
    assert (call.args["cpu_quota"], call.args["cpu_period"]) == (50000, 100000)
    assert call.args["env"] == {"N": "1", "S": "true"}
    assert (call.args["name"], call.args["state"], call.creates) == ("web", "started", "web")


def test_a_container_that_is_as_wanted_needs_no_call():
    there = container(given="command env.A", **LIMITED)
    plan = planned("docker", there, options={**IMAGE, "env": {"A": 1}, "command": "/bin/httpd -f"}, memory=64)
    assert (plan.calls, plan.before, plan.after) == ((), {}, {})


@pytest.mark.parametrize(
    ("options", "does"),
    [
        pytest.param(
            {"memory": "128M", "memory_swap": "256M"}, "change memory, memory_swap of container", id="in place"
        ),
        pytest.param({"restart_policy": "always"}, "change restart_policy of container", id="policy in place"),
        pytest.param({"env": {"A": "2"}}, "recreate container 'web' for env", id="environment"),
        pytest.param({"published_ports": ["80:80"]}, "recreate container 'web' for published_ports", id="ports"),
        pytest.param(
            {"healthcheck": {"test": "true"}}, "recreate container 'web' for healthcheck", id="what none can compare"
        ),
    ],
)
def test_a_difference_says_whether_the_container_is_recreated(options, does):
    there = container(given="env.A" if "env" in options else "none", **LIMITED)
    (call,) = planned("docker", there, options={**IMAGE, "memory": "64M", **options}).calls
    assert does in call.does
    assert call.creates is None


def test_an_image_that_was_built_anew_is_another_image():
    there = container()
    there.config["_image_id"] = "sha256:2"
    (call,) = planned("docker", there, options=IMAGE).calls
    assert call.does == "recreate container 'web' for image"


@pytest.mark.parametrize(
    ("was", "state", "does"),
    [
        ("started", "started", None),
        ("started", "present", None),
        ("stopped", "present", None),
        ("stopped", "started", "start container 'web'"),
        ("started", "stopped", "stop container 'web'"),
        ("started", "restarted", "restart container 'web'"),
        ("stopped", "restarted", "start container 'web'"),
    ],
)
def test_a_container_is_brought_into_the_state(was, state, does):
    calls = planned("docker", container(state=was), options=IMAGE, state=state).calls
    assert [call.does for call in calls] == ([does] if does else [])


def inspected(path: str, value) -> dict:
    """What ``docker inspect`` says, with one value deep in it."""
    for key in reversed(path.split(".") if path else []):
        value = {key: value}
    return value


OTHERS_ID = "0123456789abcdef" * 4
PORTS, HOST = "HostConfig.PortBindings", "HostConfig"
SAME = [
    ("image", "web", "Config.Image", "web:latest"),
    ("image", "docker.io/library/web:1", "Config.Image", "web:1"),
    ("image", "web:1", "Config.Image", "docker.io/library/web:1"),
    ("command", "run 'a b'", "Config.Cmd", ["run", "a b"]),
    ("command", ["run", 1], "Config.Cmd", ["run", "1"]),
    ("entrypoint", ["/init"], "Config.Entrypoint", ["/init"]),
    ("env", {"A": "1"}, "Config.Env", ["PATH=/bin", "A=1"]),
    ("env", {"A": "x=y"}, "Config.Env", ["A=x=y"]),
    ("labels", {"a": 1}, "Config.Labels", {"a": "1", "image": "own"}),
    ("hostname", "web", "Config.Hostname", "web"),
    ("user", "1000", "Config.User", "1000"),
    ("user", "", "Config.User", None),
    ("working_dir", "/srv", "Config.WorkingDir", "/srv"),
    ("stop_signal", "SIGINT", "Config.StopSignal", "SIGINT"),
    ("cpu_period", 100000, f"{HOST}.CpuPeriod", 100000),
    ("cpu_quota", 0, f"{HOST}.CpuQuota", None),
    ("cpu_shares", 512, f"{HOST}.CpuShares", 512),
    ("cpus", 1.5, f"{HOST}.NanoCpus", 1500000000),
    ("cpuset_cpus", "0,1", f"{HOST}.CpusetCpus", "0,1"),
    ("cpuset_mems", "0", f"{HOST}.CpusetMems", "0"),
    ("blkio_weight", 300, f"{HOST}.BlkioWeight", 300),
    ("memory", "1g", f"{HOST}.Memory", 2**30),
    ("memory", "67108864", f"{HOST}.Memory", 2**26),
    ("memory_swap", "unlimited", f"{HOST}.MemorySwap", -1),
    ("memory_reservation", "64M", f"{HOST}.MemoryReservation", 2**26),
    ("shm_size", "64M", f"{HOST}.ShmSize", 2**26),
    ("restart_policy", "no", f"{HOST}.RestartPolicy", {"Name": ""}),
    ("restart_policy", "always", f"{HOST}.RestartPolicy", {"Name": "always"}),
    ("restart_retries", 3, f"{HOST}.RestartPolicy", {"MaximumRetryCount": 3}),
    ("privileged", False, f"{HOST}.Privileged", None),
    ("read_only", True, f"{HOST}.ReadonlyRootfs", True),
    ("init", False, f"{HOST}.Init", None),
    ("pid_mode", "host", f"{HOST}.PidMode", "host"),
    ("ipc_mode", "private", f"{HOST}.IpcMode", "private"),
    ("userns_mode", "host", f"{HOST}.UsernsMode", "host"),
    ("network_mode", "default", f"{HOST}.NetworkMode", "bridge"),
    ("networks", [{"name": "a"}], "NetworkSettings.Networks", {"a": {}, "b": {}}),
    ("capabilities", ["net_admin"], f"{HOST}.CapAdd", ["CAP_NET_ADMIN"]),
    ("cap_drop", ["ALL"], f"{HOST}.CapDrop", ["ALL"]),
    ("security_opts", ["seccomp:unconfined"], f"{HOST}.SecurityOpt", ["seccomp=unconfined"]),
    ("sysctls", {"net.core.somaxconn": 1024}, f"{HOST}.Sysctls", {"net.core.somaxconn": "1024"}),
    ("volumes", ["data:/data", "/etc/x:/x:ro"], f"{HOST}.Binds", ["/etc/x:/x:ro", "data:/data:rw"]),
    ("volumes", ["/a:/a:z,ro"], f"{HOST}.Binds", ["/a:/a:ro,z"]),
    ("volumes", ["/anonymous"], "Config.Volumes", {"/anonymous": {}}),
    ("published_ports", ["80"], PORTS, {"80/tcp": [{"HostIp": "", "HostPort": "4915"}]}),
    ("published_ports", ["8080:80"], PORTS, {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}),
    ("published_ports", ["127.0.0.1:8080:80/udp"], PORTS, {"80/udp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}),
    ("published_ports", ["[::1]:8080:80"], PORTS, {"80/tcp": [{"HostIp": "::1", "HostPort": "8080"}]}),
    (
        "published_ports",
        ["8000-8001:80-81"],
        PORTS,
        {"81/tcp": [{"HostPort": "8001"}], "80/tcp": [{"HostPort": "8000"}]},
    ),
    ("published_ports", ["80-81/udp"], PORTS, {"81/udp": [{"HostPort": "1"}], "80/udp": [{"HostPort": "2"}]}),
    ("published_ports", ["8000-8009:80"], PORTS, {"80/tcp": [{"HostPort": "8000-8009"}]}),
    ("published_ports", ["1-3:1-2"], PORTS, {"1/tcp": [{"HostPort": "1"}], "2/tcp": [{"HostPort": "2"}]}),
    ("published_ports", ["53:53/UDP"], PORTS, {"53/udp": [{"HostPort": "53"}]}),
    ("published_ports", ["[0:0::1]:8080:80"], PORTS, {"80/tcp": [{"HostIp": "::1", "HostPort": "8080"}]}),
    ("ports", ["8080:80"], PORTS, {"80/tcp": [{"HostPort": "8080"}]}),
    ("platform", "linux/amd64", "_image.platform", "linux/amd64"),
    ("platform", "linux", "_image.platform", "linux/arm64/v8"),
    ("platform", "x86_64", "_image.platform", "linux/amd64"),
    ("platform", "linux/arm64", "_image.platform", "linux/arm64/v8"),
    ("platform", "linux/arm/v7", "_image.platform", None),
    ("working_dir", "/tmp/", "Config.WorkingDir", "/tmp"),
    ("working_dir", "//a/./b/../c/", "Config.WorkingDir", "/a/c"),
    ("stop_signal", "15", "Config.StopSignal", "SIGTERM"),
    ("stop_signal", "term", "Config.StopSignal", "15"),
    ("stop_signal", "SIGRTMIN+3", "Config.StopSignal", "RTMIN+3"),
    ("domainname", "a.example", "Config.Domainname", "a.example"),
    ("cpuset_cpus", "0-2,4", f"{HOST}.CpusetCpus", "4,0,1,2"),
    ("memory", "64.4M", f"{HOST}.Memory", 67528294),
    ("memory", "1GB", f"{HOST}.Memory", 2**30),
    ("memory", "1 megabyte", f"{HOST}.Memory", 2**20),
    ("kernel_memory", "64m", f"{HOST}.KernelMemory", 2**26),
    ("memory_swappiness", 10, f"{HOST}.MemorySwappiness", 10),
    ("memory_swappiness", -1, f"{HOST}.MemorySwappiness", None),
    ("oom_killer", True, f"{HOST}.OomKillDisable", True),
    ("oom_score_adj", 100, f"{HOST}.OomScoreAdj", 100),
    ("pids_limit", -1, f"{HOST}.PidsLimit", None),
    ("pids_limit", 0, f"{HOST}.PidsLimit", -1),
    ("interactive", True, "Config.OpenStdin", True),
    ("tty", False, "Config.Tty", None),
    ("auto_remove", True, f"{HOST}.AutoRemove", True),
    ("publish_all_ports", True, f"{HOST}.PublishAllPorts", True),
    ("runtime", "runc", f"{HOST}.Runtime", "runc"),
    ("uts", "host", f"{HOST}.UTSMode", "host"),
    ("cgroupns_mode", "private", f"{HOST}.CgroupnsMode", "private"),
    ("cgroup_parent", "/a/", f"{HOST}.CgroupParent", "/a"),
    ("mac_address", "92-D0-C6-0A-29-33", "Config.MacAddress", "92:d0:c6:0a:29:33"),
    ("mac_address", "92:d0:c6:0a:29:33", "NetworkSettings.Networks", {"a": {"MacAddress": "92:D0:c6:0a:29:33"}}),
    (
        "exposed_ports",
        ["90-91", "53/UDP"],
        "Config.ExposedPorts",
        {"90/tcp": {}, "91/tcp": {}, "53/udp": {}, "80/tcp": {}},
    ),
    (
        "healthcheck",
        {"test": "x", "interval": "1m30s"},
        "Config.Healthcheck",
        {"Test": ["CMD-SHELL", "x"], "Interval": 9 * 10**10},
    ),
    ("healthcheck", {"test": ["NONE"]}, "Config.Healthcheck", {"Test": ["NONE"]}),
    ("healthcheck", {"interval": "1s"}, "Config.Healthcheck", None),
    (
        "ulimits",
        ["nofile:1", "core:-1"],
        f"{HOST}.Ulimits",
        [{"Name": n, "Soft": v, "Hard": v} for n, v in (("core", -1), ("nofile", 1))],
    ),
    ("links", ["a:b", "c"], f"{HOST}.Links", ["/c:/web/c", "/a:/web/b"]),
    ("etc_hosts", {"a": "::1"}, f"{HOST}.ExtraHosts", ["a:0:0:0:0:0:0:0:1"]),
    ("dns_servers", ["::1", "1.1.1.1"], f"{HOST}.Dns", ["0::1", "1.1.1.1"]),
    ("dns_opts", ["b", "a"], f"{HOST}.DnsOptions", ["a", "b"]),
    ("dns_search_domains", ["b", "a"], f"{HOST}.DnsSearch", ["b", "a"]),
    ("security_opts", ["no-new-privileges"], f"{HOST}.SecurityOpt", ["no-new-privileges:true"]),
    ("security_opts", ["no-new-privileges:false"], f"{HOST}.SecurityOpt", None),
    ("security_opts", ["label:user:x"], f"{HOST}.SecurityOpt", ["label=user:x"]),
    ("groups", ["b", "a"], f"{HOST}.GroupAdd", ["a", "b"]),
    (
        "devices",
        ["/dev/a", "/dev/b:/c:mr"],
        f"{HOST}.Devices",
        [
            {"PathOnHost": "/dev/b", "PathInContainer": "/c", "CgroupPermissions": "rm"},
            {"PathOnHost": "/dev/a", "PathInContainer": "/dev/a", "CgroupPermissions": "rwm"},
        ],
    ),
    (
        "device_requests",
        [{"count": -1, "capabilities": [["b", "a"]]}],
        f"{HOST}.DeviceRequests",
        [
            {"Driver": "", "Count": -1, "DeviceIDs": None, "Capabilities": [["a", "b"]], "Options": {}},
        ],
    ),
    ("device_cgroup_rules", ["c 1:3 mr"], f"{HOST}.DeviceCgroupRules", ["c 1:3 rm"]),
    ("device_read_bps", [{"path": "/a", "rate": "1M"}], f"{HOST}.BlkioDeviceReadBps", [{"Path": "/a", "Rate": 2**20}]),
    ("device_write_bps", [{"path": "/a", "rate": "1k"}], f"{HOST}.BlkioDeviceWriteBps", [{"Path": "/a", "Rate": 1024}]),
    ("device_read_iops", [{"path": "/a", "rate": 1}], f"{HOST}.BlkioDeviceReadIOps", [{"Path": "/a", "Rate": 1}]),
    ("device_write_iops", [{"path": "/a", "rate": 1}], f"{HOST}.BlkioDeviceWriteIOps", [{"Path": "/a", "Rate": 1}]),
    ("volume_driver", "local", f"{HOST}.VolumeDriver", "local"),
    (
        "volumes",
        ["/a//b/:/c/", "/d/"],
        "",
        {"HostConfig": {"Binds": ["/a/b:/c:rw,rprivate"]}, "Config": {"Volumes": {"/d": {}}}},
    ),
    ("volumes_from", ["a", "b:ro"], f"{HOST}.VolumesFrom", ["b:ro", "a:rw"]),
    (
        "mounts",
        [{"target": "/a/", "type": "bind", "source": "/b/", "propagation": "rprivate"}],
        f"{HOST}.Mounts",
        [
            {"Target": "/a", "Type": "bind", "Source": "/b"},
        ],
    ),
    (
        "mounts",
        [{"target": "/a", "source": "v"}, {"target": "/b", "type": "tmpfs", "tmpfs_size": "1M", "tmpfs_mode": "0700"}],
        f"{HOST}.Mounts",
        [
            {"Target": "/b", "Type": "tmpfs", "TmpfsOptions": {"SizeBytes": 2**20, "Mode": 0o700}},
            {"Target": "/a", "Type": "volume", "Source": "v", "ReadOnly": False},
        ],
    ),
    ("tmpfs", ["/a/:size=1m,mode=0700", "/b"], f"{HOST}.Tmpfs", {"/b": "", "/a": "mode=700,size=1048576"}),
    ("storage_opts", {"size": 1}, f"{HOST}.StorageOpt", {"size": "1"}),
    ("log_driver", "local", f"{HOST}.LogConfig", {"Type": "local"}),
    ("log_options", {"a": 1}, f"{HOST}.LogConfig.Config", {"a": "1", "engine": "own"}),
    (
        "network_mode",
        "container:vpn",
        "",
        {"HostConfig": {"NetworkMode": f"container:{OTHERS_ID}"}, "_names": {OTHERS_ID: ["vpn"]}},
    ),
    ("network_mode", f"container:{OTHERS_ID[:12]}", "", {"HostConfig": {"NetworkMode": f"container:{OTHERS_ID}"}}),
    (
        "network_mode",
        "shop",
        "",
        {"HostConfig": {"NetworkMode": "f" * 64}, "NetworkSettings": {"Networks": {"shop": {"NetworkID": "f" * 64}}}},
    ),
    (
        "pid_mode",
        "container:vpn",
        "",
        {"HostConfig": {"PidMode": f"container:{OTHERS_ID}"}, "_names": {OTHERS_ID: ["a", "vpn"]}},
    ),
    (
        "ipc_mode",
        "container:vpn",
        "",
        {"HostConfig": {"IpcMode": f"container:{OTHERS_ID}"}, "_names": {OTHERS_ID: ["vpn"]}},
    ),
    ("links", [f"{OTHERS_ID}:x"], "", {"HostConfig": {"Links": ["/vpn:/web/x"]}, "_names": {OTHERS_ID: ["vpn"]}}),
    ("volumes_from", [OTHERS_ID[:12]], "", {"HostConfig": {"VolumesFrom": ["vpn"]}, "_names": {OTHERS_ID: ["vpn"]}}),
]
OTHER = [
    ("image", "web:1", "Config.Image", "web:2"),
    ("image", "registry.example/web:1", "Config.Image", "web:1"),
    ("command", "run", "Config.Cmd", ["run", "-f"]),
    ("entrypoint", ["/init"], "Config.Entrypoint", None),
    ("env", {"A": "1"}, "Config.Env", ["B=1"]),
    ("env", {"A": "1"}, "Config.Env", ["A=2"]),
    ("labels", {"a": "1"}, "Config.Labels", {"a": "2"}),
    ("hostname", "web", "Config.Hostname", "abcdef"),
    ("user", "1000", "Config.User", "root"),
    ("working_dir", "/srv", "Config.WorkingDir", ""),
    ("stop_signal", "SIGINT", "Config.StopSignal", None),
    ("cpu_period", 100000, f"{HOST}.CpuPeriod", 0),
    ("cpu_quota", 50000, f"{HOST}.CpuQuota", None),
    ("cpu_shares", 512, f"{HOST}.CpuShares", 1024),
    ("cpus", 1.5, f"{HOST}.NanoCpus", 0),
    ("cpuset_cpus", "0", f"{HOST}.CpusetCpus", ""),
    ("cpuset_mems", "0", f"{HOST}.CpusetMems", "1"),
    ("blkio_weight", 300, f"{HOST}.BlkioWeight", None),
    ("memory", "1g", f"{HOST}.Memory", 10**9),
    ("memory_swap", "unlimited", f"{HOST}.MemorySwap", 2**30),
    ("memory_swap", "1g", f"{HOST}.MemorySwap", -1),
    ("memory_reservation", "64M", f"{HOST}.MemoryReservation", 0),
    ("shm_size", "128M", f"{HOST}.ShmSize", 2**26),
    ("restart_policy", "always", f"{HOST}.RestartPolicy", {"Name": "no"}),
    ("restart_retries", 3, f"{HOST}.RestartPolicy", {"MaximumRetryCount": 2}),
    ("privileged", True, f"{HOST}.Privileged", False),
    ("read_only", True, f"{HOST}.ReadonlyRootfs", False),
    ("init", True, f"{HOST}.Init", None),
    ("pid_mode", "host", f"{HOST}.PidMode", ""),
    ("ipc_mode", "host", f"{HOST}.IpcMode", "private"),
    ("userns_mode", "host", f"{HOST}.UsernsMode", ""),
    ("network_mode", "host", f"{HOST}.NetworkMode", "bridge"),
    ("networks", [{"name": "a"}], "NetworkSettings.Networks", {"b": {}}),
    ("capabilities", ["NET_ADMIN"], f"{HOST}.CapAdd", None),
    ("capabilities", [], f"{HOST}.CapAdd", ["CAP_NET_ADMIN"]),
    ("cap_drop", ["ALL"], f"{HOST}.CapDrop", ["CAP_CHOWN"]),
    ("security_opts", ["seccomp=unconfined"], f"{HOST}.SecurityOpt", ["seccomp=/p.json"]),
    ("sysctls", {"net.core.somaxconn": 1024}, f"{HOST}.Sysctls", {"net.core.somaxconn": "128"}),
    ("volumes", ["data:/data:ro"], f"{HOST}.Binds", ["data:/data"]),
    ("volumes", ["data:/data"], f"{HOST}.Binds", ["data:/data", "more:/more"]),
    ("volumes", ["/anonymous"], "Config.Volumes", None),
    ("published_ports", ["8080:80"], PORTS, {"80/udp": [{"HostPort": "8080"}]}),
    ("published_ports", ["8080:80"], PORTS, {"80/tcp": [{"HostPort": "8081"}]}),
    ("published_ports", ["127.0.0.1:8080:80"], PORTS, {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}),
    ("published_ports", ["8000-8001:80-81"], PORTS, {"80/tcp": [{"HostPort": "8000"}]}),
    ("ports", ["8080:80"], PORTS, None),
    ("platform", "windows", "_image.platform", "linux/amd64"),
    ("platform", "linux/arm/v6", "_image.platform", "linux/arm/v7"),
    ("platform", "linux/amd64", "_image.platform", "linux/arm64/v8"),
    ("domainname", "a.example", "Config.Domainname", ""),
    ("stop_signal", "TERM", "Config.StopSignal", "SIGINT"),
    ("memory", "64.4M", f"{HOST}.Memory", 67528295),
    ("kernel_memory", "64m", f"{HOST}.KernelMemory", 0),
    ("memory_swappiness", 10, f"{HOST}.MemorySwappiness", None),
    ("oom_killer", True, f"{HOST}.OomKillDisable", False),
    ("oom_score_adj", 100, f"{HOST}.OomScoreAdj", 0),
    ("pids_limit", 10, f"{HOST}.PidsLimit", None),
    ("interactive", True, "Config.OpenStdin", False),
    ("tty", True, "Config.Tty", None),
    ("auto_remove", True, f"{HOST}.AutoRemove", False),
    ("publish_all_ports", True, f"{HOST}.PublishAllPorts", False),
    ("runtime", "runsc", f"{HOST}.Runtime", "runc"),
    ("uts", "host", f"{HOST}.UTSMode", ""),
    ("cgroupns_mode", "private", f"{HOST}.CgroupnsMode", "host"),
    ("cgroup_parent", "/a", f"{HOST}.CgroupParent", ""),
    ("mac_address", "92:d0:c6:0a:29:33", "Config.MacAddress", "92:d0:c6:0a:29:34"),
    ("exposed_ports", ["90"], "Config.ExposedPorts", {"80/tcp": {}}),
    ("healthcheck", {"test": "x"}, "Config.Healthcheck", {"Test": ["CMD-SHELL", "x"], "Retries": 3}),
    ("healthcheck", {"test": "x"}, "Config.Healthcheck", {"Test": ["CMD", "x"]}),
    ("ulimits", ["nofile:1"], f"{HOST}.Ulimits", [{"Name": "nofile", "Soft": 1, "Hard": 2}]),
    ("links", ["a:b"], f"{HOST}.Links", None),
    ("etc_hosts", {"a": "::1"}, f"{HOST}.ExtraHosts", ["a:::1", "b:::1"]),
    ("dns_servers", ["1.1.1.1", "::1"], f"{HOST}.Dns", ["::1", "1.1.1.1"]),
    ("dns_opts", ["a"], f"{HOST}.DnsOptions", ["a", "b"]),
    ("dns_search_domains", ["a", "b"], f"{HOST}.DnsSearch", ["b", "a"]),
    ("groups", ["a"], f"{HOST}.GroupAdd", ["a", "b"]),
    (
        "devices",
        ["/dev/a"],
        f"{HOST}.Devices",
        [
            {"PathOnHost": "/dev/a", "PathInContainer": "/dev/a", "CgroupPermissions": "r"},
        ],
    ),
    ("device_requests", [{"count": 1}], f"{HOST}.DeviceRequests", [{"Count": 2}]),
    ("device_cgroup_rules", ["c 1:3 r"], f"{HOST}.DeviceCgroupRules", ["c 1:3 rm"]),
    ("device_read_bps", [{"path": "/a", "rate": "1M"}], f"{HOST}.BlkioDeviceReadBps", [{"Path": "/a", "Rate": 1}]),
    (
        "device_write_bps",
        [{"path": "/a", "rate": "1M"}],
        f"{HOST}.BlkioDeviceWriteBps",
        [{"Path": "/b", "Rate": 2**20}],
    ),
    ("device_read_iops", [{"path": "/a", "rate": 1}], f"{HOST}.BlkioDeviceReadIOps", None),
    ("device_write_iops", [{"path": "/a", "rate": 1}], f"{HOST}.BlkioDeviceWriteIOps", None),
    ("volume_driver", "local", f"{HOST}.VolumeDriver", ""),
    ("volumes_from", ["a"], f"{HOST}.VolumesFrom", ["a:ro"]),
    (
        "mounts",
        [{"target": "/a", "source": "v"}],
        f"{HOST}.Mounts",
        [{"Target": "/a", "Type": "volume", "Source": "v", "ReadOnly": True}],
    ),
    ("tmpfs", ["/a"], f"{HOST}.Tmpfs", {"/a": "size=1m"}),
    ("storage_opts", {"size": "1G"}, f"{HOST}.StorageOpt", {"size": "1G", "more": "1"}),
    ("log_driver", "local", f"{HOST}.LogConfig", {"Type": "json-file"}),
    ("log_options", {"a": "1"}, f"{HOST}.LogConfig.Config", {"a": "2"}),
    ("network_mode", "container:vpn", "", {"HostConfig": {"NetworkMode": f"container:{OTHERS_ID}"}}),
    (
        "network_mode",
        "container:vpn",
        "",
        {"HostConfig": {"NetworkMode": f"container:{OTHERS_ID}"}, "_names": {OTHERS_ID: ["other"]}},
    ),
]


@pytest.mark.parametrize(("option", "value", "path", "there"), SAME)
def test_an_option_equals_what_the_engine_makes_of_it(option, value, path, there):
    wanted, found = COMPARED[option](value, inspected(path, there))
    assert wanted == found


@pytest.mark.parametrize(("option", "value", "path", "there"), OTHER)
def test_an_option_differs_from_anything_else(option, value, path, there):
    wanted, found = COMPARED[option](value, inspected(path, there))
    assert wanted != found


def test_each_option_that_is_compared_is_tested_both_ways():
    assert {row[0] for row in SAME} == {row[0] for row in OTHER} == set(COMPARED)
    assert set(COMPARED) >= IN_PLACE


@pytest.mark.parametrize("option", sorted(COMPARED))
def test_each_option_differs_in_place_or_by_a_recreation(option):
    odd = {
        "env": {"A": "2"},
        "image": "web:2",
        "healthcheck": {"test": "x"},
        "cgroupns_mode": "host",
        "log_driver": "local",
    }
    value = odd.get(option) or dict(row[:2] for row in reversed(OTHER))[option] or ["NET_ADMIN"]
    (call,) = planned("docker", container(), options={**IMAGE, option: value}).calls
    words = ("change ", " in place") if option in IN_PLACE else ("recreate container 'web' for ", "")
    assert call.does.startswith(words[0])
    assert call.does.endswith(words[1])
    assert call.creates is None


def test_a_difference_in_place_beside_one_that_is_not_recreates_for_both():
    (call,) = planned("docker", container(given="user"), options={**IMAGE, "memory": "128M", "user": "web"}).calls
    assert call.does == "recreate container 'web' for memory, user"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        pytest.param({"CapAdd": ["NET_ADMIN"]}, "capabilities", id="a capability"),
        pytest.param({"Privileged": True, "SecurityOpt": ["label=disable"]}, "privileged", id="privileged"),
        pytest.param({"SecurityOpt": ["seccomp=unconfined"]}, "security_opts", id="a filter that is off"),
        pytest.param({"PidMode": "host"}, "pid_mode", id="the host's processes"),
        pytest.param({"NetworkMode": "host"}, "network_mode", id="the host's network"),
        pytest.param({"Binds": ["/etc:/etc:rw"]}, "volumes", id="a mount"),
        pytest.param({"PortBindings": {"80/tcp": [{"HostPort": "80"}]}}, "published_ports", id="a port"),
        pytest.param({"Sysctls": {"net.core.somaxconn": "1"}}, "sysctls", id="a setting"),
        pytest.param({"Memory": 64 * 2**20}, "memory", id="a limit"),
        pytest.param({"RestartPolicy": {"Name": "always"}}, "restart_policy", id="a policy"),
        pytest.param({"RestartPolicy": {"Name": "no", "MaximumRetryCount": 3}}, "restart_retries", id="a count"),
        pytest.param({"BlkioWeight": 300}, "blkio_weight", id="a weight"),
        pytest.param({"MemorySwap": 2**28}, "memory_swap", id="swap"),
    ],
)
def test_what_nobody_wants_any_more_is_taken_away_by_a_new_container(host, name):
    plan = planned("docker", container(**host), options=IMAGE)
    assert [call.does for call in plan.calls] == [f"recreate container 'web' for {name}"]
    assert plan.calls[0].args["recreate"] is True
    assert plan.before["web"][name]
    assert plan.after["web"] == {name: None}


@pytest.mark.parametrize(
    "host",
    [
        pytest.param({"NetworkMode": "bridge", "IpcMode": "private", "PidMode": ""}, id="namespaces of its own"),
        pytest.param({"Memory": 0, "CpuQuota": 0, "NanoCpus": 0}, id="no limits"),
        pytest.param({"CapAdd": None, "Binds": None, "PortBindings": {}, "SecurityOpt": None}, id="empty lists"),
        pytest.param({"ShmSize": 64 * 2**20, "Init": True}, id="what the engine may give to all"),
        pytest.param({"BlkioWeight": 0, "PidsLimit": -1, "MemorySwappiness": None}, id="no more limits"),
        pytest.param({"SecurityOpt": ["label=disable"]}, id="what Docker adds beside a namespace of the host"),
    ],
)
def test_what_the_engine_gives_by_itself_is_left(host):
    assert planned("docker", container(**host), options=IMAGE).calls == ()


def test_a_limit_that_is_given_another_way_is_no_limit_of_another():
    there = container(CpuQuota=50_000, CpuPeriod=100_000)
    assert planned("docker", there, options=IMAGE, cpus=0.5).calls == ()


@pytest.mark.parametrize(
    ("given", "before", "after"),
    [
        ("command", {"command": ["/bin/httpd", "-f"]}, {"command": None}),
        ("env.A", {"env": {"A": "********"}}, {"env": {}}),
        ("env.A labels.maintainer", {"env": {"A": "********"}, "labels": {"maintainer": "image"}}, {"labels": {}}),
        ("hostname", {"hostname": "shown"}, {"hostname": None}),
        ("init", {"init": True}, {"init": None}),
        ("log_options.a", {"log_options": {"a": "1"}}, {"log_options": {}}),
        ("exposed_ports.90/tcp exposed_ports.99/tcp", {"exposed_ports": {"90/tcp": "exposed"}}, {"exposed_ports": {}}),
        ("volumes./a volumes./gone", {"volumes": {"/a": "without a name"}}, {"volumes": {}}),
        ("networks networks.bridge networks.shop", {"networks": {"bridge": {}, "shop": {}}}, {"networks": {}}),
    ],
)
def test_what_may_be_the_images_own_is_known_by_its_name(given, before, after):
    there = container(given=given, Init=True, LogConfig={"Config": {"a": "1", "own": "2"}})
    there.config["Config"] |= {"Hostname": "shown", "ExposedPorts": {"90/tcp": {}}, "Volumes": {"/a": {}}}
    there.config["NetworkSettings"]["Networks"]["shop"] = {}
    plan = planned("docker", there, options=IMAGE)
    assert [call.does for call in plan.calls] == [f"recreate container 'web' for {', '.join(sorted(before))}"]
    assert {name: plan.before["web"][name] for name in before} == before
    assert {name: plan.after["web"][name] for name in after} == after


def test_where_nothing_is_left_of_what_was_given_nothing_is_done():
    assert planned("docker", container(given="user working_dir env.GONE"), options=IMAGE).calls == ()


def test_what_is_the_images_own_stays():
    there = container(given="command user env.A labels.maintainer")
    there.config["Config"]["User"] = "web"
    own = {"Cmd": ["/bin/httpd", "-f"], "User": "web", "Env": ["A=1"], "Labels": {"maintainer": "image"}}
    there.config["_image"]["config"] = own
    assert planned("docker", there, options=IMAGE).calls == ()


def test_the_marks_of_an_earlier_release_are_no_difference():
    there = container(given="env.A user")
    there.config["Config"]["User"] = "web"
    there.config["Config"]["Labels"]["rightscope.options"] = "none"
    options = {**IMAGE, "env": {"A": "1"}, "user": "web", "tmpfs": ["/a"]}
    there.config["HostConfig"]["Tmpfs"] = {"/a": ""}
    assert planned("docker", there, options=options).calls == ()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("working_dir", "whatever the engine makes of it"),
        ("published_ports", ["80"]),
        ("mounts", [{"target": "/a", "key_of_a_later_release": 1}]),
        ("option_of_a_later_release", {"a": [1]}),
    ],
)
def test_what_is_written_as_it_was_made_is_no_difference(option, value):
    """The engine has another word for it, or none."""
    made = planned("docker", options={**IMAGE, option: value}).calls[0].args
    there = container()
    there.config["Config"]["Labels"] |= made["labels"]
    assert planned("docker", there, options={**IMAGE, option: value}).calls == ()


@pytest.mark.parametrize("written_as", [{}, {"default_host_ip": "127.0.0.1"}])
def test_a_port_without_an_address_has_the_default_one(written_as):
    at = written_as.get("default_host_ip", "0.0.0.0")
    there = container(PortBindings={"80/tcp": [{"HostIp": at, "HostPort": "8080"}]})
    assert planned("docker", there, options={**IMAGE, "published_ports": ["8080:80"], **written_as}).calls == ()
    other = {**IMAGE, "published_ports": ["8080:80"], "default_host_ip": "127.0.0.9"}
    assert planned("docker", there, options=other).calls[0].does == "recreate container 'web' for published_ports"


def test_no_address_at_all_is_not_any_ipv4_address():
    there = container(PortBindings={"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]})
    (call,) = planned("docker", there, options={**IMAGE, "published_ports": ["8080:80"], "default_host_ip": ""}).calls
    assert call.action == "replace"


@pytest.mark.parametrize(
    ("more", "there", "same"),
    [
        ({}, "shop", True),
        ({}, "default", False),
        ({"networks_cli_compatible": False}, "default", True),
        ({"networks_cli_compatible": False}, "shop", False),
        ({"network_mode": "bridge"}, "default", True),
    ],
)
def test_the_first_network_is_the_mode_unless_it_is_kept_apart(more, there, same):
    found = container(NetworkMode=there)
    found.config["NetworkSettings"]["Networks"] = {"shop": {}, "bridge": {}}
    plan = planned("docker", found, options={**IMAGE, "networks": [{"name": "shop"}], **more})
    assert (plan.calls == ()) is same


def test_a_limit_that_the_kernel_does_not_know_is_no_difference_for_ever():
    there = container(given="blkio_weight", BlkioWeight=0)
    assert planned("docker", there, options={**IMAGE, "blkio_weight": 300}).calls == ()
    (call,) = planned("docker", container(BlkioWeight=0), options={**IMAGE, "blkio_weight": 300}).calls
    assert call.does.endswith("in place")


def test_the_delegate_is_asked_for_nothing_but_what_is_to_be_done():
    """Else another spelling of anything would have it make the container anew, and stop what runs."""
    options = {**IMAGE, "memory": "128M", "working_dir": "/tmp/"}
    there = container(state="stopped", **LIMITED)
    there.config["Config"]["WorkingDir"] = "/tmp"
    change, start = planned("docker", there, options={**options, "memory_swap": "128M"}).calls
    assert change.args["comparisons"] == {"*": "ignore", "memory": "strict"}
    assert start.args["comparisons"] == {"*": "ignore"}


def test_a_container_behind_another_is_made_anew_with_it():
    options = {**IMAGE, "network_mode": "container:vpn"}
    made = planned("docker", options=options).calls[0].args["labels"]
    there = container(NetworkMode=f"container:{OTHERS_ID}")
    there.config["Config"]["Labels"] |= made
    there.config["_names"] = {OTHERS_ID: ["vpn"]}
    assert planned("docker", there, options=options).calls == ()
    there.config["_names"] = {}
    (call,) = planned("docker", there, options=options).calls
    assert call.does == "recreate container 'web' for network_mode"
    without = planned("docker", there, options=IMAGE)
    assert without.after["web"] == {"network_mode": None}


@pytest.mark.parametrize("key", ["driver_opts", "gw_priority", "key_of_a_later_release"])
def test_each_key_of_a_network_counts(key):
    def options(value):
        return {**IMAGE, "networks": [{"name": "shop", key: value}]}

    there = container(NetworkMode="shop")
    held = {"driver_opts": {"DriverOpts": {"a": "1"}}, "gw_priority": {"GwPriority": 1}}.get(key, {})
    there.config["NetworkSettings"]["Networks"] = {"shop": held}
    same, other = ({"a": "1"}, {"a": "2"}) if key == "driver_opts" else (1, 2)
    there.config["Config"]["Labels"] |= planned("docker", options=options(same)).calls[0].args["labels"]
    assert planned("docker", there, options=options(same)).calls == ()
    assert planned("docker", there, options=options(other)).calls[0].action == "replace"
    without = {**IMAGE, "networks": [{"name": "shop"}]}
    assert planned("docker", there, options=without).calls[0].action == "replace"


def test_a_network_can_leave_while_a_key_of_a_later_release_changes():
    def options(value, *names):
        return {**IMAGE, "networks": [{"name": name, "key_of_a_later_release": value} for name in names]}

    there = container(NetworkMode="shop")
    there.config["NetworkSettings"]["Networks"] = {"shop": {}, "old": {}}
    there.config["Config"]["Labels"] |= planned("docker", options=options(1, "shop", "old")).calls[0].args["labels"]
    plan = planned("docker", there, options=options(2, "shop"))
    assert plan.calls[0].does == "recreate container 'web' for networks"
    assert plan.before["web"]["networks"] == "another value"


def test_of_what_no_engine_tells_the_name_and_the_new_value_are_shown():
    options = {"healthcheck": {"test": "b"}, "log_options": {"token": "S3NT"}, "mounts": [{"target": "/a"}]}
    there = container()
    there.config["Config"]["Labels"]["rightscope.options"] = "unheard_of=abc gone=abc"
    plan = planned("docker", there, options={**IMAGE, **options, "unheard_of": {"a": 1}, "token": "S3NT"})
    assert plan.calls[0].does == (
        "recreate container 'web' for gone, healthcheck, log_options, mounts, token, unheard_of"
    )
    assert (plan.before["web"]["gone"], plan.before["web"]["unheard_of"]) == ("another value", "another value")
    assert (plan.after["web"]["gone"], plan.after["web"]["unheard_of"]) == (None, {"a": 1})
    assert plan.after["web"]["log_options"] == {"token": "********"}
    assert plan.after["web"]["token"] == "********"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"healthcheck": {"interval": "1m30s"}}, {"healthcheck": {"interval": "90s"}}),
        ({"healthcheck": {"interval": "1s"}}, {"healthcheck": {"interval": "1000ms"}}),
        (
            {"mounts": [{"target": "/a", "tmpfs_size": "1M"}, {"target": "/b"}]},
            {"mounts": [{"target": "/b"}, {"target": "/a", "tmpfs_size": "1024K"}]},
        ),
        ({"ulimits": ["nofile:1:2", "nproc:1:2"]}, {"ulimits": ["nproc:1:2", "nofile:1:2"]}),
        ({"oom_killer": True}, {"oom_killer": "true"}),
        ({"mounts": [{"target": "/a", "read_only": None}]}, {"mounts": [{"target": "/a"}]}),
    ],
)
def test_another_spelling_is_no_other_value(one, other):
    assert digest(**one) == digest(**other) != "none"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"healthcheck": {"interval": "1m"}}, {"healthcheck": {"interval": "1s"}}),
        ({"mounts": [{"target": "/a", "tmpfs_size": "1M"}]}, {"mounts": [{"target": "/a", "tmpfs_size": "2M"}]}),
        ({"dns_servers": ["1.1.1.1", "9.9.9.9"]}, {"dns_servers": ["9.9.9.9", "1.1.1.1"]}),
    ],
)
def test_another_value_is_no_other_spelling(one, other):
    assert digest(**one) != digest(**other)


@pytest.mark.parametrize(
    ("wanted", "there", "same"),
    [
        ({"aliases": ["app"]}, {"Aliases": ["app", "0123456789ab"]}, True),
        ({"aliases": ["other"]}, {"Aliases": ["app"]}, False),
        ({"aliases": ["app"]}, {"Aliases": ["app", "old"]}, False),
        ({"aliases": ["app", "shown"]}, {"Aliases": ["app", "shown"]}, True),
        ({}, {"Aliases": ["whatever"]}, True),
        ({"ipv4_address": "10.0.0.2"}, {"IPAMConfig": {"IPv4Address": "10.0.0.2"}}, True),
        ({"ipv4_address": "10.0.0.3"}, {"IPAMConfig": {"IPv4Address": "10.0.0.2"}}, False),
        ({"ipv4_address": "10.0.0.3"}, {"IPAMConfig": None}, False),
    ],
)
def test_a_network_is_compared_in_what_is_said_of_it(wanted, there, same):
    found = container(given="networks")
    found.config["Id"] = "0123456789abcdef"
    found.config["Config"]["Hostname"] = "shown"
    found.config["NetworkSettings"]["Networks"] = {"shop": there}
    plan = planned("docker", found, options={**IMAGE, "networks": [{"name": "shop", **wanted}]})
    assert (plan.calls == ()) is same


def test_switches_are_texts_that_the_engine_and_the_kernel_know():
    options = {**IMAGE, "labels": {"loud": True}, "sysctls": {"net.ipv4.ip_forward": True, "net.core.somaxconn": 9}}
    (call,) = planned("docker", options=options).calls
    assert call.args["labels"]["loud"] == "true"
    assert call.args["sysctls"] == {"net.ipv4.ip_forward": "1", "net.core.somaxconn": "9"}


def test_the_mark_of_what_was_given_has_names_alone():
    options = {**IMAGE, "env": {"TOKEN": "S3NT"}, "command": "run S3NT", "labels": {"a": "S3NT"}}
    (call,) = planned("docker", options=options).calls
    assert call.args["labels"]["rightscope.given"] == "command env.TOKEN labels.a"


def test_several_processes_with_images_are_containers_on_a_network_of_their_own():
    processes = [{"name": "app", "image": "web:1", "command": "run"}, {"name": "db", "image": "web:1"}]
    plan = planned("docker", processes=processes)
    assert [call.does for call in plan.calls] == [
        "create network 'rightscope-web'",
        "create container 'web-app' from web:1",
        "create container 'web-db' from web:1",
    ]
    assert plan.calls[1].args["networks"] == [{"name": "rightscope-web", "aliases": ["app"]}]
    assert plan.calls[1].args["command"] == "run"


def test_secrets_in_a_difference_are_masked():
    plan = planned("docker", container(), options={**IMAGE, "env": {"DB_PASSWORD": "S3NTINEL", "A": "2"}})
    assert "S3NTINEL" not in str((plan.before, plan.after, plan))


def test_an_engine_without_swap_accounting_is_given_no_swap_limit():
    form, of = FORMS["docker_container"], service(made_as={"docker_container": IMAGE}, memory=64)
    place = target("docker", swap_limit=False)
    (one,) = candidates(of, [place])
    (call,) = form.plan(of, one, place, (), "started").calls
    assert call.args["memory"] == "64M"
    assert "memory_swap" not in call.args


def test_what_the_user_says_wins_over_the_limit_of_a_need():
    (call,) = planned("docker", options={**IMAGE, "memory": "1g", "cpu_quota": 1}, memory=64, cpus=2).calls
    assert (call.args["memory"], call.args["cpu_quota"]) == ("1g", 1)


@pytest.mark.parametrize(
    ("state", "sent", "after"),
    [
        ("started", "started", "started"),
        ("restarted", "started", "started"),
        ("stopped", "stopped", "stopped"),
        ("present", "present", "stopped"),
    ],
)
def test_a_container_is_made_in_the_state(state, sent, after):
    plan = planned("docker", options=IMAGE, state=state)
    (call,) = plan.calls
    assert (call.args["state"], plan.state) == (sent, after)
    assert plan.before == {"web": {"state": "absent"}}
    assert plan.after["web"]["state"] == after
    assert "restart" not in call.args


@pytest.mark.parametrize(
    ("was", "state", "sent"),
    [("started", "present", "started"), ("stopped", "present", "present"), ("stopped", "stopped", "stopped")],
)
def test_a_container_that_is_recreated_is_in_the_state_it_had(was, state, sent):
    (call,) = planned("docker", container(state=was), options={**IMAGE, "user": "web"}, state=state).calls
    assert call.args["state"] == sent


def test_a_running_container_is_restarted_by_the_delegate_and_a_stopped_one_started():
    (running,) = planned("docker", container(), options=IMAGE, state="restarted").calls
    (stopped,) = planned("docker", container(state="stopped"), options=IMAGE, state="restarted").calls
    assert (running.args["state"], running.args.get("restart")) == ("started", True)
    assert (stopped.args["state"], stopped.args.get("restart")) == ("started", None)


def digest(**options) -> str:
    (call,) = planned("docker", options={**IMAGE, **options}).calls
    return call.args["labels"]["rightscope.options"]


def test_a_mark_is_the_same_from_run_to_run():
    assert digest(healthcheck={"test": "a", "retries": 3}) == digest(healthcheck={"retries": 3, "test": "a"})
    assert digest(healthcheck={"test": "a"}) == "healthcheck=9c91eedb0dc4"


def test_a_mark_tells_apart_what_cannot_be_compared_and_nothing_else():
    assert digest(healthcheck={"test": "a"}) != digest(healthcheck={"test": "b"})
    assert digest(user="a") == digest(pull="never", stop_timeout=9) == "none"


def test_the_mark_of_its_options_does_not_show_them():
    assert "S3NT" not in digest(log_options={"token": "S3NT"})


TWO = [{"name": "app", "image": "web:1"}, {"name": "db", "image": "web:1"}]


def part(name: str, state: str = "started"):
    options = {
        "rightscope.service": "web",
        "rightscope.process": name,
        "rightscope.options": "none",
        "rightscope.given": "networks",
    }
    config = {
        "Image": "sha256:1",
        "_image_id": "sha256:1",
        "Config": {"Image": "web:1", "Labels": options},
        "NetworkSettings": {"Networks": {"rightscope-web": {"Aliases": [name]}}},
    }
    return instance("docker", f"web-{name}", service="web", process=name, state=state, config=config)


def test_several_containers_that_are_as_wanted_need_no_call():
    assert planned("docker", part("app"), part("db"), processes=TWO).calls == ()


def test_a_container_of_several_that_is_missing_is_made_beside_the_others():
    plan = planned("docker", part("app"), processes=TWO)
    assert [call.does for call in plan.calls] == [
        "create network 'rightscope-web'",
        "create container 'web-db' from web:1",
    ]
    assert plan.calls[0].args == {"name": "rightscope-web", "state": "present", "labels": {"rightscope.service": "web"}}


def test_a_process_that_is_wanted_no_more_goes():
    plan = planned("docker", part("app"), part("db"), part("old"), processes=TWO)
    assert [call.does for call in plan.calls] == ["remove container 'web-old'"]
    assert plan.after == {"web-old": {"state": "absent"}}


def test_containers_without_a_network_get_none_made():
    processes = [{"name": "app", "image": "web:1"}, {"name": "db", "image": "web:1"}]
    plan = planned("docker", options={"network_mode": "none"}, processes=processes)
    assert [call.args["name"] for call in plan.calls] == ["web-app", "web-db"]


def test_a_restart_is_a_call_and_no_difference():
    plan = planned("docker", container(), options=IMAGE, state="restarted")
    assert [call.does for call in plan.calls] == ["restart container 'web'"]
    assert (plan.before, plan.after) == ({}, {})


@pytest.mark.parametrize("state", ["started", "restarted"])
def test_a_paused_container_is_woken(state):
    (call,) = planned("docker", container("paused"), options=IMAGE, state=state).calls
    assert call.args["paused"] is False
    assert call.args["state"] == "started"


@pytest.mark.parametrize("state", ["stopped", "present"])
def test_a_paused_container_is_not_woken_to_be_anything_else(state):
    assert all(
        "paused" not in call.args for call in planned("docker", container("paused"), options=IMAGE, state=state).calls
    )


def test_where_several_become_one_their_network_goes_too():
    plan = planned("docker", part("app"), part("db"), options=IMAGE)
    assert [call.does for call in plan.calls] == [
        "create container 'web' from web:1",
        "remove container 'web-app'",
        "remove container 'web-db'",
        "remove network 'rightscope-web'",
    ]


def test_one_process_with_an_image_is_one_container_of_the_name_of_the_service():
    (call,) = planned("docker", processes=[{"name": "app", "image": "web:1", "command": ["a", "b"]}]).calls
    assert (call.args["name"], call.args["image"], call.args["command"]) == ("web", "web:1", ["a", "b"])
    assert "networks" not in call.args


def test_several_in_the_network_of_the_host_need_none_of_their_own():
    plan = planned("docker", options={"network_mode": "host"}, processes=TWO)
    assert all("networks" not in call.args for call in plan.calls)


@pytest.mark.parametrize(
    ("there", "does"),
    [
        pytest.param([container()], ["remove container 'web'"], id="one"),
        pytest.param(
            [part("app"), part("db")],
            ["remove container 'web-app'", "remove container 'web-db'", "remove network 'rightscope-web'"],
            id="several, and their network",
        ),
    ],
)
def test_all_of_a_service_is_removed(there, does):
    plan = FORMS["docker_container"].remove(service(), target("docker"), tuple(there))
    assert [call.does for call in plan.calls] == does
    assert all(call.args["state"] == "absent" for call in plan.calls)
    assert plan.state == "absent"
    assert set(plan.before) == set(plan.after) == {one.name for one in there}


TLS = {"docker_host": "tcp://dock1:2376", "validate_certs": True, "client_cert": "/c.pem", "client_key": "/k.pem"}


@pytest.mark.parametrize(
    ("options", "connection", "variables", "command"),
    [
        pytest.param({}, "docker_api", {}, [], id="at its own place"),
        pytest.param(
            {"docker_host": "unix:///s", "api_version": "1.41"},
            "docker_api",
            {"ansible_docker_docker_host": "unix:///s", "ansible_docker_api_version": "1.41"},
            ["--host=unix:///s"],
            id="elsewhere",
        ),
        pytest.param(
            TLS,
            "docker",
            {"ansible_docker_extra_args": "--host=tcp://dock1:2376 --tlsverify --tlscert=/c.pem --tlskey=/k.pem"},
            ["--host=tcp://dock1:2376", "--tlsverify", "--tlscert=/c.pem", "--tlskey=/k.pem"],
            id="over TLS",
        ),
        pytest.param(
            {"docker_host": "tcp://dock1:2376", "tls": True, "ca_path": "/ca.pem"},
            "docker",
            {"ansible_docker_extra_args": "--host=tcp://dock1:2376 --tls --tlscacert=/ca.pem"},
            ["--host=tcp://dock1:2376", "--tls", "--tlscacert=/ca.pem"],
            id="over TLS, unverified",
        ),
        pytest.param(
            {"docker_host": "ssh://dock1", "use_ssh_client": True},
            "docker",
            {"ansible_docker_extra_args": "--host=ssh://dock1"},
            ["--host=ssh://dock1"],
            id="by the ssh command",
        ),
        pytest.param(
            {"docker_host": "ssh://dock1"},
            "docker_api",
            {"ansible_docker_docker_host": "ssh://dock1"},
            ["--host=ssh://dock1"],
            id="by ssh",
        ),
    ],
)
def test_a_container_is_reached_through_its_engine(options, connection, variables, command):
    place, form = dataclasses.replace(target("docker"), options=options), FORMS["docker_container"]
    whole = {"ansible_connection": f"community.docker.{connection}", "ansible_host": "web", **variables}
    assert form.connection(place, container()) == whole
    assert form.command(place, container()) == ["docker", *command, "exec", "--interactive", "web"]
    assert form.public_keys(container()) == ()


@pytest.mark.parametrize(
    ("option", "value"),
    [("memory", "much"), ("env", ["A"]), ("published_ports", ["1:2:3:4"]), ("published_ports", ["a-b"]), ("cpus", "x")],
)
def test_a_value_that_could_never_be_compared_is_found_before_the_work(option, value):
    with pytest.raises((ValueError, TypeError, AttributeError)):
        FORMS["docker_container"].check(option, value)


def test_each_of_several_containers_says_whose_it_is_and_which():
    _network, app, db = planned("docker", processes=TWO).calls
    marks = [
        (call.args["labels"]["rightscope.service"], call.args["labels"]["rightscope.process"]) for call in (app, db)
    ]
    assert marks == [("web", "app"), ("web", "db")]


def test_the_volumes_that_nobody_could_find_again_go_with_their_container():
    (call,) = FORMS["docker_container"].remove(service(), target("docker"), (container(),)).calls
    assert call.args["keep_volumes"] is False


def test_a_secret_that_was_there_before_is_masked_too():
    there = container(given="env.DB_PASSWORD")
    there.config["Config"]["Env"] = ["DB_PASSWORD=S3NT-old"]
    plan = planned("docker", there, options={**IMAGE, "env": {"DB_PASSWORD": "S3NT-new"}})
    assert plan.before == plan.after == {"web": {"env": {"DB_PASSWORD": "********"}}}


def _made(**needs):
    options = needs.pop("options", {})
    (call,) = planned("docker", options={**IMAGE, **options}, **needs).calls
    return call.args


def test_what_the_needs_take_is_granted_beside_what_the_user_wrote():
    features = {"features": ["tun"]}
    args = _made(
        kernel=features, devices=["/dev/ttyUSB0"], options={"capabilities": ["sys_ptrace"], "devices": ["/dev/a"]}
    )
    assert args["capabilities"] == ["sys_ptrace", "NET_ADMIN"]
    assert args["devices"] == ["/dev/a", "/dev/net/tun:/dev/net/tun:rwm", "/dev/ttyUSB0:/dev/ttyUSB0:rwm"]


def test_what_the_user_wrote_already_is_not_granted_twice():
    args = _made(privileges=["NET_ADMIN"], options={"capabilities": ["cap_net_admin"]})
    assert args["capabilities"] == ["cap_net_admin"]


@pytest.mark.parametrize(
    ("needs", "options"),
    [
        pytest.param({"host_view": True}, {"pid_mode": "host"}, id="the host's processes"),
        pytest.param({"host_network": True}, {"network_mode": "host"}, id="the host's network"),
        pytest.param({"privileges": ["privileged"]}, {"privileged": True}, id="privileged"),
        pytest.param({"privileges": ["seccomp_unconfined"]}, {"security_opts": ["seccomp=unconfined"]}, id="seccomp"),
        pytest.param(
            {"privileges": ["apparmor_unconfined"]}, {"security_opts": ["apparmor=unconfined"]}, id="apparmor"
        ),
        pytest.param(
            {"devices": [{"gpu": 2}]}, {"device_requests": [{"count": 2, "capabilities": [["gpu"]]}]}, id="GPUs"
        ),
        pytest.param({"shm": "1 GiB"}, {"shm_size": "1024M"}, id="shared memory"),
        pytest.param(
            {"ports": [80, "8443:443", "53/udp"]}, {"published_ports": ["80", "8443:443", "53/udp"]}, id="ports"
        ),
        pytest.param({"host_network": True, "ports": [80]}, {"published_ports": None}, id="no port to publish"),
        pytest.param(
            {"kernel": {"sysctls": {"net.core.somaxconn": 4096}}}, {"sysctls": {"net.core.somaxconn": "4096"}}, id="own"
        ),
        pytest.param({"kernel": {"sysctls": {"vm.max_map_count": 1}}}, {"sysctls": None}, id="the host's"),
        pytest.param(
            {"kernel": {"sysctls": {"net.core.somaxconn": 1}}, "host_network": True},
            {"sysctls": None},
            id="host's network",
        ),
    ],
)
def test_a_need_becomes_an_option(needs, options):
    args = _made(**needs)
    assert {name: args.get(name) for name in options} == options


@pytest.mark.parametrize(
    ("needs", "options"),
    [
        pytest.param({"ports": [80]}, {"published_ports": ["9000:80"]}, id="ports"),
        pytest.param({"shm": "1 GiB"}, {"shm_size": "64M"}, id="shared memory"),
        pytest.param({"host_network": True}, {"network_mode": "none"}, id="network"),
        pytest.param(
            {"kernel": {"sysctls": {"net.core.somaxconn": 1}}}, {"sysctls": {"net.core.somaxconn": "9"}}, id="setting"
        ),
    ],
)
def test_what_the_user_says_of_it_wins(needs, options):
    args = _made(options=options, **needs)
    assert {name: args[name] for name in options} == options


def test_of_several_processes_each_has_its_own_ports():
    processes = [{"name": "app", "image": "web:1"}, {"name": "db", "image": "web:1"}]
    plan = planned("docker", processes=processes, ports=[80, {"port": 5432, "process": "db"}])
    assert [call.args.get("published_ports") for call in plan.calls[1:]] == [["80"], ["5432"]]


@pytest.mark.parametrize(
    ("state", "why"),
    [
        pytest.param(
            {"Status": "exited", "ExitCode": 3},
            "container 'web' ended as soon as it was started, with exit code 3",
            id="it is over",
        ),
        pytest.param({"Status": "running"}, None, id="it runs"),
        pytest.param({"Status": "restarting", "ExitCode": 3}, None, id="it is started again"),
        pytest.param({}, None, id="nobody knows"),
    ],
)
def test_a_container_that_ended_is_not_waited_for(state, why):
    there = dataclasses.replace(container(), config={**container().config, "State": state})
    assert FORMS["docker_container"].exit_reason((there,)) == why


ANONYMOUS = "f" * 64


def test_what_is_made_anew_says_what_outlives_it_and_what_does_not():
    mounts = [
        {"Type": "volume", "Name": "data", "Destination": "/data"},
        {"Type": "volume", "Name": ANONYMOUS, "Destination": "/cache"},
        {"Type": "bind", "Source": "/srv/www", "Destination": "/www"},
    ]
    there = container()
    there = dataclasses.replace(there, config={**there.config, "Mounts": mounts})
    (call,) = planned("docker", there, options={"image": "web:1", "tty": True}).calls
    assert call.action == "replace"
    assert [(part.text, part.is_data) for part in call.keeps] == [("volume 'data'", True), ("'/srv/www'", False)]
    assert [(part.text, part.is_data) for part in call.loses] == [
        ("what was written inside of it", False),
        ("the volume of '/cache'", True),
    ]
    (gone,) = FORMS["docker_container"].remove(service(), target("docker"), (there,)).calls
    assert gone.does == "remove container 'web'; its volume 'data' stays"
