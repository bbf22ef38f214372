# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a project of LXD or Incus bounds and forbids."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Grant

from .builders import COLUMNS, case, holds, rule_says

USED = {"memory": 256, "cpu": 1, "processes": 100, "disk": 1024, "containers": 1, "instances": 1}
ROOT = {"root": {"type": "disk", "path": "/", "pool": "default"}}
NIC = {"eth0": {"type": "nic", "network": "lxdbr0", "name": "eth0"}}


def _shop(**config: str) -> dict:
    project = {"name": "shop", **{key.replace("__", "."): value for key, value in config.items()}}
    return {"project": project, "project_used": USED}


def _given(config: dict | None = None, devices: dict | None = None) -> dict:
    return {"options": {"config": config or {}, "devices": devices or {}}}


HELD = {"expanded_config": {"limits.memory": "256MiB", "limits.cpu": "1"}, "expanded_devices": {}}
THERE = {"is_present": True, "held_config": HELD}
LIMITS, FORBIDS = "project_limits", "project_restrictions"
MEMORY = {"memory": "384 MiB"}
NO_LIMIT = "project 'shop' limits {} ({}), so each of its instances must have a limit of it"
ALLOW = "let project 'shop' allow it by '{}'"


def _forbidden(what: str, key: str, id: str, config=None, devices=None, **more: str):
    restricted = _shop(restricted="true", **more)
    reason = f"project 'shop' forbids {what} ({key})"
    return case(FORBIDS, "lxd", {}, {**restricted, **_given(config, devices)}, "not_now", reason, id, ALLOW.format(key))


BOUNDS = [
    holds(LIMITS, "lxd", MEMORY, {}, "nobody knows of a project"),
    holds(LIMITS, "lxd", MEMORY, _shop(), "one without limits"),
    holds(LIMITS, "lxd", MEMORY, _shop(limits__memory="1GiB"), "room in it"),
    holds(LIMITS, "lxd", MEMORY, {**_shop(limits__memory="512MiB"), **THERE}, "its own is free for it"),
    case(
        LIMITS,
        "lxd",
        MEMORY,
        _shop(limits__memory="512MiB"),
        "not_now",
        "project 'shop' may have 512 MiB of memory in all and has 256 MiB left, 384 MiB wanted",
        "no room in it",
        "raise 'limits.memory' of project 'shop'",
    ),
    case(
        LIMITS,
        "lxd",
        {"memory": "64 MiB"},
        {**_shop(limits__memory="512MiB"), **_given({"limits.memory": "1GiB"})},
        "not_now",
        "project 'shop' may have 512 MiB of memory in all and has 256 MiB left, 1 GiB wanted",
        "a limit under as",
        "raise 'limits.memory' of project 'shop'",
    ),
    case(
        LIMITS,
        "lxd",
        {},
        _shop(limits__memory="1GiB"),
        "not_now",
        NO_LIMIT.format("memory", "limits.memory"),
        "no limit, and one is wanted",
        "ask for 'memory', or set 'limits.memory' to a size in a profile",
    ),
    case(
        LIMITS,
        "lxd",
        {},
        {**_shop(limits__memory="1GiB"), **_given({"limits.memory": "50%"})},
        "not_now",
        NO_LIMIT.format("memory", "limits.memory"),
        "a part of the whole is none",
        "ask for 'memory', or set 'limits.memory' to a size in a profile",
    ),
    holds(
        LIMITS,
        "lxd",
        {},
        {**_shop(limits__memory="1GiB"), "profiles": {"default": {"config": {"limits.memory": "64MiB"}}}},
        "a limit by its profile",
    ),
    case(
        LIMITS,
        "lxd",
        {"cpus": 2},
        _shop(limits__cpu="2"),
        "not_now",
        "project 'shop' may have 2 processors in all and has 1 left, 2 wanted",
        "processors",
        "raise 'limits.cpu' of project 'shop'",
    ),
    case(
        LIMITS,
        "lxd",
        {},
        {**_shop(limits__cpu="2"), **_given({"limits.cpu": "0-1"})},
        "not_now",
        NO_LIMIT.format("processors", "limits.cpu"),
        "pinned ones are no number",
        "ask for 'cpus', or set 'limits.cpu' to a number in a profile",
    ),
    case(
        LIMITS,
        "lxd",
        MEMORY,
        _shop(limits__processes="500"),
        "not_now",
        NO_LIMIT.format("processes", "limits.processes"),
        "processes",
        "give 'as.lxd_container.config.limits.processes', or set it in a profile",
    ),
    case(
        LIMITS,
        "lxd",
        {"disk": "2 GiB"},
        {**_shop(limits__disk="2GiB"), "profiles": {"default": {"devices": ROOT}}},
        "not_now",
        "project 'shop' may have 2 GiB of disk in all and has 1 GiB left, 2 GiB wanted",
        "disk",
        "raise 'limits.disk' of project 'shop'",
    ),
    case(
        LIMITS,
        "lxd",
        {},
        {**_shop(limits__disk="2GiB"), "profiles": {"default": {"devices": ROOT}}},
        "not_now",
        NO_LIMIT.format("disk", "limits.disk"),
        "a root disk without a size",
        "ask for 'disk', or give the root disk a 'size' in a profile",
    ),
    case(
        LIMITS,
        "lxd",
        {},
        _shop(limits__containers="1"),
        "not_now",
        "project 'shop' is full: limits.containers is 1, and it has 1",
        "as many as it may",
        "raise 'limits.containers' of project 'shop'",
    ),
    holds(LIMITS, "lxd", {}, {**_shop(limits__containers="1"), **THERE}, "one of them is this one"),
    holds(LIMITS, "lxd", {}, _shop(limits__instances="2"), "one more"),
    case(
        LIMITS,
        "lxd",
        MEMORY,
        {**_shop(limits__memory="1GiB"), "project_used": None},
        "unknown",
        "cannot tell how much of memory project 'shop' has promised",
        "nobody knows what is used",
        "declare 'project_used' in the target's rightscope_facts",
    ),
]


@pytest.mark.parametrize(COLUMNS, BOUNDS)
def test_what_a_project_bounds(rule, kind, needs, changes, when, reason, remedy):
    assert rule_says(rule, kind, needs, changes) == (when, reason, remedy)


UNIX, BIND = {"type": "unix-char", "source": "/dev/x"}, {"type": "disk", "source": "/srv/a", "path": "/a"}


RESTRICTIONS = [
    holds(FORBIDS, "lxd", {}, {**_shop(), **_given({"security.nesting": "true"})}, "not restricted"),
    holds(FORBIDS, "lxd", {}, {**_shop(restricted="false"), **_given({"raw.lxc": "x"})}, "restricted no more"),
    holds(
        FORBIDS,
        "lxd",
        {},
        {**_shop(restricted="true"), **_given({"security.nesting": "0"}, {**ROOT, **NIC})},
        "fine",
    ),
    _forbidden("nesting", "restricted.containers.nesting", "nesting", {"security.nesting": "1"}),
    holds(
        FORBIDS,
        "lxd",
        {},
        {
            **_shop(restricted="yes", restricted__containers__nesting="allow"),
            **_given({"security.nesting": "true"}),
        },
        "nesting that is allowed",
    ),
    _forbidden(
        "a privileged container", "restricted.containers.privilege", "privileged", {"security.privileged": "true"}
    ),
    _forbidden(
        "a container whose users are not isolated",
        "restricted.containers.privilege",
        "not isolated",
        {"security.idmap.isolated": "no"},
        restricted__containers__privilege="isolated",
    ),
    _forbidden("'raw.lxc'", "restricted.containers.lowlevel", "raw", {"raw.lxc": "a = b"}),
    _forbidden("'linux.kernel_modules'", "restricted.containers.lowlevel", "modules", {"linux.kernel_modules": "loop"}),
    _forbidden(
        "'security.syscalls.intercept.mknod'",
        "restricted.containers.interception",
        "interception",
        {"security.syscalls.intercept.mknod": "true"},
    ),
    _forbidden(
        "'raw.lxc'",
        "restricted.containers.lowlevel",
        "all interception is not all",
        {"raw.lxc": "x", "security.syscalls.intercept.mount.allowed": "ext4"},
        restricted__containers__interception="full",
    ),
    _forbidden("the device 'x' (unix-char)", "restricted.devices.unix-char", "a device", None, {"x": UNIX}),
    _forbidden("the device 'x' (proxy)", "restricted.devices.proxy", "a proxy", None, {"x": {"type": "proxy"}}),
    _forbidden("the interface 'x'", "restricted.devices.nic", "p2p", None, {"x": {"type": "nic", "nictype": "p2p"}}),
    _forbidden(
        "the network 'lxdbr0'",
        "restricted.networks.access",
        "another network",
        None,
        NIC,
        restricted__networks__access="a, b",
    ),
    _forbidden("the disk 'x'", "restricted.devices.disk", "a directory", None, {"x": BIND}),
    _forbidden(
        "the directory '/srv/a'",
        "restricted.devices.disk.paths",
        "another directory",
        None,
        {"x": BIND},
        restricted__devices__disk="allow",
        restricted__devices__disk__paths="/srv/ab,/opt",
    ),
    _forbidden(
        "the storage pool 'default'",
        "restricted.storage-pools.access",
        "another pool",
        None,
        ROOT,
        **{"restricted__storage-pools__access": "slow"},
    ),
]


@pytest.mark.parametrize(COLUMNS, RESTRICTIONS)
def test_what_a_project_forbids(rule, kind, needs, changes, when, reason, remedy):
    assert rule_says(rule, kind, needs, changes) == (when, reason, remedy)


TABLE = [*BOUNDS, *RESTRICTIONS]


@pytest.mark.parametrize(
    ("grant", "key"),
    [
        (Grant(kind="nesting", level="nesting", why="nested_containers"), "restricted.containers.nesting"),
        (Grant(kind="privileged", level="privileged", why="IPC_LOCK"), "restricted.containers.privilege"),
        (Grant(kind="config", value="raw.lxc=a = b", why="apparmor_unconfined"), "restricted.containers.lowlevel"),
        (Grant(kind="device", value="/dev/kvm", why="kvm"), "restricted.devices.unix-char"),
        (Grant(kind="gpu", value="1", why="devices"), "restricted.devices.gpu"),
    ],
)
def test_what_the_needs_are_granted_is_forbidden_too(grant, key):
    _when, reason, _remedy = rule_says(FORBIDS, "lxd", {}, {**_shop(restricted="true"), "grants": (grant,)})
    assert key in reason
