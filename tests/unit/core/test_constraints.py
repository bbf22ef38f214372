# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table for each rule: where it holds, and each way in which it does not, with its sentence."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._decision import constraints
from ansible_collections.rightscope.deploy.plugins.plugin_utils._model import Image

from .builders import candidate, service

WEB = {"docker_container": {"image": "web:1"}}
ALONE = {"isolation": None}


def case(rule, kind, needs, facts, when, reason, id):
    return pytest.param(rule, kind, needs, facts, when, reason, id=f"{rule}: {id}")


TABLE = [
    case("reachable", "docker", {}, {}, None, None, "a target that answers"),
    case("reachable", "docker", {}, {"trouble": "it is gone"}, "not_now", "it is gone", "a target that does not"),
    case("labels", "docker", {"labels": {"zone": "a"}}, {"labels": {"zone": "a"}}, None, None, "equal"),
    case("labels", "docker", {"labels": {"zone": "a"}}, {}, "never", "zone=(none), a wanted", "missing"),
    case("forms", "docker", {"forms": ["docker_container"]}, {}, None, None, "allowed"),
    case("forms", "docker", {"forms": ["lxd_container"]}, {}, "never", "not among the allowed forms", "not allowed"),
    case("os", "docker", {"os_family": "debian"}, {}, None, None, "a Linux on a Linux kernel"),
    case("os", "docker", {"os_family": "any"}, {"os_type": None}, None, None, "any needs no kernel of a kind"),
    case("os", "docker", {"os_family": "windows"}, {}, "never", "needs a windows kernel", "Windows on Linux"),
    case("os", "docker", {"os_family": "windows"}, {"os_type": "windows"}, None, None, "Windows on Windows"),
    case("os", "docker", {}, {"os_type": "windows"}, "never", "needs a linux kernel", "Linux on Windows"),
    case("os", "docker", {}, {"os_type": None}, "unknown", "cannot tell which kernel", "nobody knows"),
    case("os", "lxd", {"os_family": "freebsd"}, {}, "never", "freebsd is no Linux", "LXC is Linux alone"),
    case("os", "proxmox", {"os_family": "freebsd"}, {}, None, None, "a machine boots any"),
    case("architecture", "docker", {"architecture": "amd64"}, {}, None, None, "the node's"),
    case("architecture", "docker", {"architecture": "arm64"}, {}, "never", "runs x86_64, aarch64 wanted", "another"),
    case(
        "architecture",
        "docker",
        {"architecture": "arm64"},
        {"architectures": None},
        "unknown",
        "cannot tell",
        "unknown",
    ),
    case(
        "architecture",
        "lxd",
        {"architecture": "x86_64"},
        {"image": Image(id="1", architecture="aarch64")},
        "not_now",
        "its image is made for aarch64",
        "an image for another",
    ),
    case("processes", "docker", {"processes": 1}, {}, None, None, "one"),
    case("processes", "docker", {"processes": 2}, {}, "never", "runs one process, 2 wanted", "two in a container"),
    case("processes", "lxd", {"processes": 2}, {}, None, None, "two in a system"),
    case("processes", "docker", {"processes": 2, "init": {"supervised": True}}, {}, None, None, "with a supervisor"),
    case(
        "processes",
        "docker",
        {"processes": [{"name": "a", "image": "a"}, {"name": "b", "image": "b"}]},
        {},
        None,
        None,
        "each with an image",
    ),
    case("init", "docker", {"init": True}, {}, "never", "no init system as PID 1", "in a container"),
    case("init", "lxd", {"init": True}, {}, None, None, "in a system"),
    case("kernel_own", "lxd", {"kernel": {"own": True}}, {}, "never", "shares the host's kernel", "a container shares"),
    case("kernel_own", "proxmox", {"kernel": {"own": True}}, {}, None, None, "a machine boots its own"),
    case("kernel_version", "docker", {"kernel": {"version": ">=6.1"}}, {}, None, None, "in range"),
    case(
        "kernel_version",
        "docker",
        {"kernel": {"version": ">=6.2"}},
        {},
        "not_now",
        "6.1.0-13-amd64, >=6.2 wanted",
        "too old",
    ),
    case("kernel_version", "docker", {"kernel": {"version": "<6"}}, {}, "not_now", "<6 wanted", "too new"),
    case(
        "kernel_version",
        "lxd",
        {"kernel": {"version": "<6"}},
        {"kernel_version": None},
        "unknown",
        "cannot tell",
        "unknown",
    ),
    case(
        "kernel_version",
        "proxmox",
        {"kernel": {"version": "<6"}},
        {"kernel_version": "5.4"},
        "not_now",
        "the kernel of 'debian-12-cloud' is 6.1",
        "the guest's counts, not the host's",
    ),
    case(
        "kernel_version",
        "proxmox",
        {"kernel": {"version": "<6"}},
        {"image": Image(id="1")},
        "unknown",
        "cannot tell the version of the kernel that '1' boots",
        "a template nobody knows",
    ),
    case("kernel_modules", "docker", {"kernel": {"modules": ["overlay"]}}, {}, None, None, "loaded"),
    case(
        "kernel_modules",
        "docker",
        {"kernel": {"modules": ["nbd", "zfs"]}},
        {},
        "not_now",
        "has not loaded nbd, zfs",
        "not loaded",
    ),
    case(
        "kernel_modules",
        "docker",
        {"kernel": {"modules": [{"name": "nbd", "optional": True}]}},
        {},
        None,
        None,
        "a wish",
    ),
    case(
        "kernel_modules",
        "docker",
        {"kernel": {"modules": ["nbd"]}},
        {"kernel_modules_complete": False},
        "unknown",
        "whether its kernel has nbd built in",
        "it may be built in",
    ),
    case(
        "kernel_modules",
        "docker",
        {"kernel": {"modules": ["nbd"]}},
        {"kernel_modules": None},
        "unknown",
        "cannot tell",
        "unknown",
    ),
    case("kernel_modules", "proxmox", {"kernel": {"modules": ["nbd"]}}, {}, None, None, "a machine loads its own"),
    case("isolation", "docker", {"isolation": "process"}, ALONE, None, None, "the least is always given"),
    case(
        "isolation",
        "docker",
        {"isolation": "user_namespace"},
        {},
        "not_now",
        "isolates by process",
        "no user namespace",
    ),
    case("isolation", "docker", {"isolation": "machine"}, {}, "never", "machine wanted", "no container is a machine"),
    case("isolation", "docker", {"isolation": "machine"}, ALONE, "unknown", "cannot tell", "unknown"),
    case("isolation", "lxd", {"isolation": "user_namespace"}, {}, None, None, "an unprivileged system has one"),
    case(
        "isolation",
        "lxd",
        {"isolation": "user_namespace"},
        {"options": {"config": {"security.privileged": True}}},
        "not_now",
        "isolates by process",
        "a privileged one has none",
    ),
    case("isolation", "proxmox", {"isolation": "machine"}, ALONE, None, None, "a machine is one"),
    case("cpus", "docker", {"cpus": 4}, {}, None, None, "just enough"),
    case("cpus", "docker", {"cpus": 4.5}, {}, "never", "needs 4.5 processors, has 4", "too few"),
    case("cpus", "docker", {"cpus": 1}, {"cpus": None}, "unknown", "cannot tell how many processors", "unknown"),
    case("memory", "docker", {"memory": 4096}, {}, None, None, "just enough"),
    case("memory", "docker", {"memory": 4097}, {}, "not_now", "has 4 GiB free", "not free now"),
    case("memory", "docker", {"memory": 4097}, {"held": 1}, None, None, "what it holds already is free for it"),
    case("memory", "docker", {"memory": 9000}, {}, "never", "has 8 GiB in all", "more than there is"),
    case("memory", "docker", {"memory": 1}, {"memory_free": None}, "unknown", "cannot tell", "unknown"),
    case("disk", "docker", {"disk": "1 GiB"}, {}, None, None, "enough"),
    case("disk", "docker", {"disk": "1 TiB"}, {}, "not_now", "needs 1 TiB of disk", "not enough"),
    case("disk", "docker", {"disk": "1 TiB"}, {"is_present": True}, None, None, "it has its own already"),
    case("disk", "docker", {"disk": 1}, {"storages": None}, "unknown", "cannot tell", "unknown"),
    case(
        "disk",
        "lxd",
        {"disk": 1},
        {"storage": "fast"},
        "not_now",
        "it has no storage 'fast'",
        "a storage that is not there",
    ),
    case(
        "disk",
        "proxmox",
        {},
        {"storages": {"local": 100}},
        "not_now",
        "needs 8 GiB of disk",
        "a clone needs its template's size",
    ),
    case("image", "docker", {}, {}, None, None, "there"),
    case("image", "docker", {}, {"image": None, "fetches_image": True}, None, None, "to be fetched"),
    case("image", "docker", {}, {"image": None}, "not_now", "it has no image 'web:1'", "named and missing"),
    case("image", "lxd", {"os_family": "ubuntu"}, {}, "not_now", "it has no image of ubuntu", "none of the system"),
    case("image", "proxmox", {"os_family": "freebsd"}, {}, "not_now", "it has no template of freebsd", "no template"),
    case("os_version", "lxd", {"os_family": "debian", "os_version": "12"}, {}, None, None, "the release"),
    case(
        "os_version",
        "lxd",
        {"os_version": "13"},
        {"image": Image(id="1", os="debian", os_version="12")},
        "not_now",
        "'1' is debian 12, 13 wanted",
        "another release",
    ),
    case(
        "os_version",
        "lxd",
        {"os_family": "alpine"},
        {"image": Image(id="1", os="debian")},
        "not_now",
        "'1' is debian, alpine wanted",
        "another system",
    ),
    case("name_taken", "docker", {}, {}, None, None, "free"),
    case(
        "name_taken", "docker", {}, {"stranger": "a Docker container 'web'"}, "not_now", "is not marked", "a stranger's"
    ),
]


@pytest.mark.parametrize(("rule", "kind", "needs", "facts", "when", "reason"), TABLE)
def test_a_rule(rule, kind, needs, facts, when, reason):
    of = service(made_as=WEB, **needs)
    failure = getattr(constraints, rule)(of.requirements, candidate(kind, of, **facts))
    assert (failure and failure.when) == when
    if reason:
        assert reason in failure.reason


def test_each_rule_is_tested_where_it_holds_and_where_it_does_not():
    names = {rule.__name__ for rule in constraints.CONSTRAINTS}
    assert {param.values[0] for param in TABLE if param.values[4]} == names
    assert {param.values[0] for param in TABLE if not param.values[4]} == names


@pytest.mark.parametrize("rule", constraints.CONSTRAINTS, ids=lambda rule: rule.__name__)
def test_each_rule_says_what_it_demands(rule):
    assert rule.__doc__
    assert rule.__doc__.strip()
