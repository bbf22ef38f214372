# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the decision rejects the engine really refuses, what it lets pass the engine takes, and what a mount opens."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.engines import _common

from .conftest import DOCKER_IMAGE, LXD_IMAGE

SLEEPS = ["sleep", "1000"]


def verdicts(play, described: dict[str, dict], **needs) -> dict[str, dict]:
    """The verdict of the Docker target on each service, by its name; all are asked for at once."""
    services = [
        {
            "name": name,
            "requirements": {"forms": ["docker_container"], **needs},
            "as": {"docker_container": {"image": DOCKER_IMAGE, **options}},
        }
        for name, options in described.items()
    ]
    outcome = play.info(services=services)
    assert outcome["failed"] is False, outcome["msg"]
    found = {one["name"]: one["decision"]["verdicts"] for one in outcome["services"]}
    return {
        name: next(verdict for verdict in each if verdict["form"] == "docker_container") for name, each in found.items()
    }


# --- what a mount opens ---------------------------------------------------------------------------


def answers(path: str) -> bool:
    """Whether an engine answers on the socket."""
    try:
        return any(_common.call(path, "GET", where, timeout=5)[0] == 200 for where in ("/_ping", "/1.0"))
    except _common.EngineError:
        return False


def sockets_in(docker_eyes, source: str, directory: Path) -> list[str]:
    """The sockets that a container sees below a mount, by their paths on the host."""
    script = directory / "find.sh"
    script.write_text("find /h -xdev -type s 2>/dev/null; exit 0\n")
    volumes = ["--volume", f"{source}:/h:ro", "--volume", f"{directory}:/script:ro"]
    seen = docker_eyes._docker("run", "--rm", *volumes, DOCKER_IMAGE, "sh", "/script/find.sh").split()
    base = os.path.realpath(source) if source.startswith("/") else None
    return [path.replace("/h", base, 1) for path in seen] if base else seen


def test_what_is_let_through_at_capabilities_holds_no_socket_that_answers(play, docker_engine, docker_eyes, tmp_path):
    socket = docker_engine.socket
    home = os.path.dirname(socket)
    link, ordinary = tmp_path / "link", tmp_path / "data"
    link.symlink_to(home)
    ordinary.mkdir()
    docker_eyes.do("volume", "create", "--opt", "type=none", "--opt", "o=bind", "--opt", f"device={home}", "whole")
    docker_eyes.do("volume", "create", "plain")
    try:
        bound = {"type": "none", "o": "bind", "device": home}
        volume = {"type": "volume", "source": "new", "target": "/h", "volume_options": bound, "read_only": True}
        open_to_it = {
            "its-socket": {"volumes": [f"{socket}:/h:ro"]},
            "its-directory": {"volumes": [f"{home}:/h:ro"]},
            "above-it": {"volumes": [f"{os.path.dirname(home)}:/h:ro"]},
            "the-host": {"volumes": ["/:/h:ro"]},
            "a-winding-path": {"volumes": [f"/srv/../{home}//:/h:ro"]},
            "a-link": {"volumes": [f"{link}:/h:ro"]},
            "by-a-process": {"volumes": [f"/proc/1/root{home}:/h:ro"]},
            "a-mount": {"mounts": [{"type": "bind", "source": home, "target": "/h", "read_only": True}]},
            "a-bound-volume": {"volumes": ["whole:/h:ro"]},
            "a-drivers-option": {"mounts": [volume]},
        }
        shut = {
            "ordinary": {"volumes": [f"{ordinary}:/h"]},
            "srv": {"volumes": ["/srv:/h"]},
            "logs": {"volumes": ["/var/log:/h:ro"]},
            "mnt": {"volumes": ["/mnt:/h:ro"]},
            "plain-volume": {"volumes": ["plain:/h"]},
            "read-only-programs": {"volumes": ["/usr/bin:/h:ro"]},
        }
        found = verdicts(play, {**open_to_it, **shut})

        for name in open_to_it:
            assert [one["rule"] for one in found[name]["failures"]] == ["max_privilege"], name
            assert any(grant.startswith("socket ") for grant in found[name]["grants"]), name
        assert {name: found[name]["failures"] for name in shut} == dict.fromkeys(shut, [])
        # The look itself sees a socket where there is one.
        assert [path for path in sockets_in(docker_eyes, home, tmp_path) if answers(path)] == [socket]
        for name, options in shut.items():
            (source,) = (item.partition(":")[0] for item in options["volumes"])
            assert [path for path in sockets_in(docker_eyes, source, tmp_path) if answers(path)] == [], name
    finally:
        docker_eyes.do("volume", "rm", "whole", "plain")


# --- what the engine refuses ----------------------------------------------------------------------

OTHER = "container:other"
PORTS = {"80/tcp": [{"HostPort": "18933"}]}
DEVICE = {"PathOnHost": "/dev/rightscope-not-there", "PathInContainer": "/dev/x", "CgroupPermissions": "rwm"}

# name: (options, what the API is given for them, the rule, words of the reason)
REFUSED = {
    "ports-of-another": (
        {"network_mode": OTHER, "published_ports": ["18933:80"]},
        {"HostConfig": {"NetworkMode": OTHER, "PortBindings": PORTS}},
        "options",
        "exclude each other",
    ),
    "name-of-another": (
        {"network_mode": OTHER, "hostname": "a"},
        {"Hostname": "a", "HostConfig": {"NetworkMode": OTHER}},
        "options",
        "exclude each other",
    ),
    "dns-of-another": (
        {"network_mode": OTHER, "dns_servers": ["192.0.2.1"]},
        {"HostConfig": {"NetworkMode": OTHER, "Dns": ["192.0.2.1"]}},
        "options",
        "exclude each other",
    ),
    "links-on-the-host": (
        {"network_mode": "host", "links": ["other:o"]},
        {"HostConfig": {"NetworkMode": "host", "Links": ["other:o"]}},
        "options",
        "exclude each other",
    ),
    "cpus-and-quota": (
        {"cpus": 0.5, "cpu_quota": 50000},
        {"HostConfig": {"NanoCpus": 500_000_000, "CpuQuota": 50000}},
        "options",
        "exclude each other",
    ),
    "removed-and-restarted": (
        {"auto_remove": True, "restart_policy": "always"},
        {"HostConfig": {"AutoRemove": True, "RestartPolicy": {"Name": "always"}}},
        "options",
        "exclude each other",
    ),
    "retries-for-ever": (
        {"restart_policy": "always", "restart_retries": 3},
        {"HostConfig": {"RestartPolicy": {"Name": "always", "MaximumRetryCount": 3}}},
        "options",
        "exclude each other",
    ),
    "little-swap": (
        {"memory": "64m", "memory_swap": "32m"},
        {"HostConfig": {"Memory": 64 * 2**20, "MemorySwap": 32 * 2**20}},
        "options",
        "less than",
    ),
    "swap-alone": ({"memory_swap": "32m"}, {"HostConfig": {"MemorySwap": 32 * 2**20}}, "options", "how much memory"),
    "reserved": (
        {"memory": "64m", "memory_reservation": "128m"},
        {"HostConfig": {"Memory": 64 * 2**20, "MemoryReservation": 128 * 2**20}},
        "options",
        "is more than",
    ),
    "too-little": ({"memory": "1m"}, {"HostConfig": {"Memory": 2**20}}, "options", "less than the 6 MiB"),
    "many-cpus": ({"cpus": 4096}, {"HostConfig": {"NanoCpus": 4096 * 10**9}}, "options", "asks for 4096 processors"),
    "far-cpu": ({"cpuset_cpus": "0,4095"}, {"HostConfig": {"CpusetCpus": "0,4095"}}, "options", "processor 4095"),
    "one-place": (
        {"volumes": ["/srv:/x", "/mnt:/x"]},
        {"HostConfig": {"Binds": ["/srv:/x", "/mnt:/x"]}},
        "options",
        "two mounts",
    ),
    "no-network": ({"network_mode": "nosuch"}, {"HostConfig": {"NetworkMode": "nosuch"}}, "references", "no network"),
    "no-container": (
        {"network_mode": "container:nosuch"},
        {"HostConfig": {"NetworkMode": "container:nosuch"}},
        "references",
        "no container 'nosuch'",
    ),
    "no-pid": (
        {"pid_mode": "container:nosuch"},
        {"HostConfig": {"PidMode": "container:nosuch"}},
        "references",
        "'nosuch'",
    ),
    "no-runtime": ({"runtime": "nosuch"}, {"HostConfig": {"Runtime": "nosuch"}}, "references", "no runtime 'nosuch'"),
    "no-log": ({"log_driver": "nosuch"}, {"HostConfig": {"LogConfig": {"Type": "nosuch"}}}, "references", "log driver"),
    "no-directory": (
        {"mounts": [{"type": "bind", "source": "/rightscope/not/there", "target": "/x"}]},
        {"HostConfig": {"Mounts": [{"Type": "bind", "Source": "/rightscope/not/there", "Target": "/x"}]}},
        "references",
        "to bind",
    ),
    "no-device": (
        {"devices": ["/dev/rightscope-not-there"]},
        {"HostConfig": {"Devices": [DEVICE]}},
        "references",
        "it has no",
    ),
    "sysctl-of-all": (
        {"sysctls": {"vm.max_map_count": "262144"}},
        {"HostConfig": {"Sysctls": {"vm.max_map_count": "262144"}}},
        "kernel_sysctls",
        "vm.max_map_count is not namespaced",
    ),
    "sysctl-of-all-files": (
        {"sysctls": {"fs.file-max": "100000"}},
        {"HostConfig": {"Sysctls": {"fs.file-max": "100000"}}},
        "kernel_sysctls",
        "fs.file-max is not namespaced",
    ),
    "sysctl-of-the-host": (
        {"network_mode": "host", "sysctls": {"net.core.somaxconn": "512"}},
        {"HostConfig": {"NetworkMode": "host", "Sysctls": {"net.core.somaxconn": "512"}}},
        "kernel_sysctls",
        "belongs to the host on the host's network",
    ),
}

# What is next to it, and is taken.
TAKEN = {
    "another": ({"network_mode": OTHER}, {"HostConfig": {"NetworkMode": OTHER}}),
    "name-on-the-host": (
        {"network_mode": "host", "hostname": "a"},
        {"Hostname": "a", "HostConfig": {"NetworkMode": "host"}},
    ),
    "quota-and-period": (
        {"cpu_period": 100000, "cpu_quota": 50000},
        {"HostConfig": {"CpuPeriod": 100000, "CpuQuota": 50000}},
    ),
    "retries": (
        {"restart_policy": "on-failure", "restart_retries": 3},
        {"HostConfig": {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}}},
    ),
    "no-swap-limit": ({"memory_swap": -1}, {"HostConfig": {"MemorySwap": -1}}),
    "places": ({"volumes": ["/srv:/x", "/mnt:/x/y"]}, {"HostConfig": {"Binds": ["/srv:/x", "/mnt:/x/y"]}}),
    "made": ({"volumes": ["/srv:/x"]}, {"HostConfig": {"Binds": ["/srv:/x"]}}),
    "log": ({"log_driver": "json-file"}, {"HostConfig": {"LogConfig": {"Type": "json-file"}}}),
    "runtime": ({"runtime": "runc"}, {"HostConfig": {"Runtime": "runc"}}),
    "sysctl": (
        {"sysctls": {"net.core.somaxconn": "512", "kernel.shmmax": "65536"}},
        {"HostConfig": {"Sysctls": {"net.core.somaxconn": "512", "kernel.shmmax": "65536"}}},
    ),
}


def is_taken(socket: str, given: dict) -> bool:
    """Whether the engine makes and starts such a container; it is gone again afterwards."""
    body = {"Image": DOCKER_IMAGE, "Cmd": SLEEPS, **given}
    status, made = _common.call(socket, "POST", "/containers/create?name=tried", body)
    if status >= 400:
        return False
    made = json.loads(made) if isinstance(made, (str, bytes)) else made
    try:
        return _common.call(socket, "POST", f"/containers/{made['Id']}/start")[0] < 400
    finally:
        _common.call(socket, "DELETE", f"/containers/{made['Id']}?force=1&v=1")


def test_what_is_rejected_the_engine_refuses_and_what_fits_it_takes(play, docker_engine, docker_eyes):
    docker_eyes.do("run", "--detach", "--name", "other", DOCKER_IMAGE, *SLEEPS)
    described = {name: options for name, (options, *_rest) in {**REFUSED, **TAKEN}.items()}
    found = verdicts(play, described, max_privilege="privileged")

    for name, (_options, _given, rule, words) in REFUSED.items():
        failures = {one["rule"]: one["reason"] for one in found[name]["failures"]}
        assert list(failures) == [rule], (name, failures)
        assert words in failures[rule], name
    assert {name: found[name]["failures"] for name in TAKEN} == dict.fromkeys(TAKEN, [])
    refused = {name for name, (_options, given, *_rest) in REFUSED.items() if not is_taken(docker_engine.socket, given)}
    assert refused == set(REFUSED)
    assert {name for name, (_o, given) in TAKEN.items() if is_taken(docker_engine.socket, given)} == set(TAKEN)
    assert docker_eyes.names() == ["other"]


def test_what_the_need_asks_for_and_what_is_written_beside_it_go_together(play, docker_eyes):
    web = {
        "name": "web",
        "requirements": {"cpus": 1, "memory": "32 MiB", "forms": ["docker_container"]},
        "as": {"docker_container": {"image": DOCKER_IMAGE, "cpus": 1.5, "memory": "256m"}},
    }
    foreseen = play.service("--check", **web)
    outcome = play.service(**web)
    assert (outcome["failed"], outcome["changed"]) == (False, True), outcome["msg"]
    assert foreseen["diff"] == outcome["diff"]
    host = docker_eyes.inspect("web")["HostConfig"]
    assert (host["NanoCpus"], host["CpuQuota"], host["Memory"]) == (1_500_000_000, 0, 256 * 2**20)
    assert play.service(**web)["changed"] is False


# --- devices --------------------------------------------------------------------------------------


@pytest.fixture
def by_id():
    """A directory below /dev with a link to a device, as udev makes them."""
    directory = Path(f"/dev/rightscope-test-{os.getpid()}/by-id")
    directory.mkdir(parents=True)
    (directory / "usb-stick").symlink_to("../../null")
    (directory / "usb-gone").symlink_to("../../not-there")
    yield directory
    for entry in directory.iterdir():
        entry.unlink()
    directory.rmdir()
    directory.parent.rmdir()


def test_a_device_is_given_by_its_link_and_in_its_directory(play, docker_eyes, by_id):
    devices = [f"{by_id}/usb-stick", "/dev/null:/dev/nothing:r", "/dev/net"]
    web = {
        "name": "web",
        "requirements": {"devices": devices, "forms": ["docker_container"]},
        "as": {"docker_container": {"image": DOCKER_IMAGE}},
    }
    foreseen = play.service("--check", **web)
    outcome = play.service(**web)
    assert (outcome["failed"], outcome["changed"]) == (False, True), outcome["msg"]
    assert foreseen["diff"] == outcome["diff"]
    given = {
        one["PathInContainer"]: (one["PathOnHost"], one["CgroupPermissions"])
        for one in docker_eyes.inspect("web")["HostConfig"]["Devices"]
    }
    link = f"{by_id}/usb-stick"
    assert given == {
        link: (link, "rwm"),
        "/dev/nothing": ("/dev/null", "r"),
        "/dev/net": ("/dev/net", "rwm"),
    }
    assert stat.S_ISCHR(os.stat(link).st_mode)
    docker_eyes.do("exec", "web", "test", "-c", link)
    docker_eyes.do("exec", "web", "test", "-c", "/dev/net/tun")
    assert play.service(**web)["changed"] is False


def test_a_device_of_lxd_is_given_by_its_link(play, lxd_eyes, by_id):
    link = f"{by_id}/usb-stick"
    box = {
        "name": "box",
        "requirements": {"devices": [link], "forms": ["lxd_container"]},
        "as": {"lxd_container": {"source": {"type": "image", "alias": LXD_IMAGE}}},
    }
    outcome = play.service(**box)
    assert (outcome["failed"], outcome["changed"]) == (False, True), outcome["msg"]
    (device,) = [one for one in lxd_eyes.inspect("box")["devices"].values() if one.get("source") == link]
    assert (device["type"], device["path"]) == ("unix-char", link)
    assert play.service(**box)["changed"] is False


def test_a_link_to_nothing_and_a_directory_of_links_are_no_devices(play, by_id):
    described = {"gone": {"devices": [f"{by_id}/usb-gone"]}, "directory": {"devices": [str(by_id)]}}
    found = verdicts(play, described)
    reasons = {name: [one["reason"] for one in verdict["failures"]] for name, verdict in found.items()}
    assert reasons == {
        "gone": [f"it has no {by_id}/usb-gone"],
        "directory": [f"{by_id} is a directory of links, which its engine does not pass along"],
    }
