# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table for each rule: where it holds, and each way in which it does not, with its sentence."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision import constraints
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import judge
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Image

from . import (
    test_constraints_docker,
    test_constraints_kernel,
    test_constraints_option,
    test_constraints_places,
    test_constraints_privilege,
    test_constraints_project,
    test_constraints_references,
    test_constraints_system,
    test_proxmox_privileges,
)
from .builders import COLUMNS, candidate, case, rule_says, service

WEB = {"docker_container": {"image": "web:1"}}
ALONE = {"isolation": None}

TABLE = [
    case("reachable", "docker", {}, {}, None, None, "a target that answers"),
    case("reachable", "docker", {}, {"trouble": "it is gone"}, "not_now", "it is gone", "a target that does not"),
    case("labels", "docker", {"labels": {"zone": "a"}}, {"labels": {"zone": "a"}}, None, None, "equal"),
    case(
        "labels",
        "docker",
        {"labels": {"zone": "a"}},
        {},
        "never",
        "it has no label zone, a wanted",
        "missing",
        remedy="change 'rightscope_labels' or the need",
    ),
    case("forms", "docker", {"forms": ["docker_container"]}, {}, None, None, "allowed"),
    case(
        "forms",
        "docker",
        {"forms": ["lxd_container"]},
        {},
        "never",
        "'docker_container' is not among the allowed forms",
        "not allowed",
        remedy="add 'docker_container' to 'forms'",
    ),
    case("os", "docker", {"os_family": "debian"}, {}, None, None, "a Linux on a Linux kernel"),
    case("os", "docker", {"os_family": "any"}, {"os_type": None}, None, None, "any needs no kernel of a kind"),
    case(
        "os",
        "docker",
        {"os_family": "windows"},
        {},
        "never",
        "a Docker container shares the host's linux kernel, on which windows does not run",
        "Windows on Linux",
    ),
    case("os", "docker", {"os_family": "windows"}, {"os_type": "windows"}, None, None, "Windows on Windows"),
    case(
        "os",
        "docker",
        {},
        {"os_type": "windows"},
        "never",
        "a Docker container shares the host's windows kernel, on which linux does not run",
        "Linux on Windows",
    ),
    case(
        "os",
        "docker",
        {},
        {"os_type": None},
        "unknown",
        "cannot tell which kernel its containers share",
        "nobody knows",
        remedy="declare 'os_type' in the target's rightscope_facts",
    ),
    case(
        "os",
        "lxd",
        {"os_family": "freebsd"},
        {},
        "never",
        "LXC containers share the host's Linux kernel, on which freebsd does not run",
        "LXC is Linux alone",
    ),
    case("os", "proxmox", {"os_family": "freebsd"}, {}, None, None, "a machine boots any"),
    case("architecture", "docker", {"architecture": "amd64"}, {}, None, None, "the node's"),
    case("architecture", "docker", {"architecture": "arm64"}, {}, "never", "runs x86_64, aarch64 wanted", "another"),
    case(
        "architecture",
        "docker",
        {"architecture": "arm64"},
        {"architectures": None},
        "unknown",
        "cannot tell its architecture",
        "unknown",
        remedy="declare 'architectures' in the target's rightscope_facts",
    ),
    case(
        "architecture",
        "lxd",
        {"architecture": "x86_64"},
        {"image": Image(id="1", architecture="aarch64")},
        "not_now",
        "its image is made for aarch64, x86_64 wanted",
        "an image for another",
        remedy="name another image",
    ),
    case("processes", "docker", {"processes": 1}, {}, None, None, "one"),
    case(
        "processes",
        "docker",
        {"processes": 2},
        {},
        "never",
        "an application container runs one process, 2 wanted",
        "two in a container",
        remedy="give each process an image of its own, or say 'init: {supervised: true}' of an image with a supervisor",
    ),
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
    case(
        "init",
        "docker",
        {"init": True},
        {},
        "never",
        "an application container has no init system as PID 1, which is wanted",
        "in a container",
    ),
    case("init", "lxd", {"init": True}, {}, None, None, "in a system"),
    case(
        "kernel_own",
        "lxd",
        {"kernel": {"own": True}},
        {},
        "never",
        "it shares the host's kernel, but a kernel of its own is wanted",
        "a container shares",
    ),
    case("kernel_own", "proxmox", {"kernel": {"own": True}}, {}, None, None, "a machine boots its own"),
    case("kernel_version", "docker", {"kernel": {"version": ">=6.1"}}, {}, None, None, "in range"),
    case(
        "kernel_version",
        "docker",
        {"kernel": {"version": ">=6.2"}},
        {},
        "not_now",
        "its kernel is 6.1.0-13-amd64, >=6.2 wanted",
        "too old",
        remedy="boot another kernel there",
    ),
    case(
        "kernel_version",
        "docker",
        {"kernel": {"version": "<6"}},
        {},
        "not_now",
        "its kernel is 6.1.0-13-amd64, <6 wanted",
        "too new",
        remedy="boot another kernel there",
    ),
    case(
        "kernel_version",
        "lxd",
        {"kernel": {"version": "<6"}},
        {"kernel_version": None},
        "unknown",
        "cannot tell its kernel's version",
        "unknown",
        remedy="declare 'kernel_version' in the target's rightscope_facts",
    ),
    case(
        "kernel_version",
        "proxmox",
        {"kernel": {"version": "<6"}},
        {"kernel_version": "5.4"},
        "not_now",
        "the kernel of 'debian-12-cloud' is 6.1, <6 wanted",
        "the guest's counts, not the host's",
        remedy="clone a template with another kernel",
    ),
    case(
        "kernel_version",
        "proxmox",
        {"kernel": {"version": "<6"}},
        {"image": Image(id="1")},
        "unknown",
        "cannot tell the version of the kernel that '1' boots",
        "a template nobody knows",
        remedy="use a template of a known system, or set 'unknown: accept'",
    ),
    case("kernel_modules", "docker", {"kernel": {"modules": ["overlay"]}}, {}, None, None, "loaded"),
    case(
        "kernel_modules",
        "docker",
        {"kernel": {"modules": ["nbd", "zfs"]}},
        {},
        "not_now",
        "its kernel has not loaded nbd and zfs",
        "not loaded",
        remedy="run 'modprobe -a nbd zfs' on dock1",
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
        "cannot tell whether its kernel has nbd built in",
        "it may be built in",
        remedy="declare 'kernel_modules' in the target's rightscope_facts",
    ),
    case(
        "kernel_modules",
        "docker",
        {"kernel": {"modules": ["nbd"]}},
        {"kernel_modules": None},
        "unknown",
        "cannot tell whether its kernel has loaded nbd",
        "unknown",
        remedy="declare 'kernel_modules' in the target's rightscope_facts",
    ),
    case("kernel_modules", "proxmox", {"kernel": {"modules": ["nbd"]}}, {}, None, None, "a machine loads its own"),
    case("isolation", "docker", {"isolation": "process"}, ALONE, None, None, "the least is always given"),
    case(
        "isolation",
        "docker",
        {"isolation": "user_namespace"},
        {},
        "not_now",
        "isolates by process, user namespace wanted",
        "no user namespace",
        remedy="run its dockerd with 'userns-remap' or rootless",
    ),
    case(
        "isolation",
        "docker",
        {"isolation": "machine"},
        {},
        "never",
        "isolates by process, machine wanted",
        "no container is a machine",
    ),
    case(
        "isolation",
        "docker",
        {"isolation": "machine"},
        ALONE,
        "unknown",
        "cannot tell how its containers are isolated",
        "unknown",
        remedy="declare 'isolation' in the target's rightscope_facts",
    ),
    case("isolation", "lxd", {"isolation": "user_namespace"}, {}, None, None, "an unprivileged system has one"),
    case(
        "isolation",
        "lxd",
        {"isolation": "user_namespace"},
        {"options": {"config": {"security.privileged": True}}},
        "not_now",
        "isolates by process, user namespace wanted",
        "a privileged one has none",
        remedy="take 'security.privileged' out of its config and profiles",
    ),
    case("isolation", "proxmox", {"isolation": "machine"}, ALONE, None, None, "a machine is one"),
    case("cpus", "docker", {"cpus": 4}, {}, None, None, "just enough"),
    case("cpus", "docker", {"cpus": 4.5}, {}, "never", "needs 4.5 processors, has 4", "too few"),
    case(
        "cpus",
        "docker",
        {"cpus": 1},
        {"cpus": None},
        "unknown",
        "cannot tell how many processors it has",
        "unknown",
        remedy="declare 'cpus' in the target's rightscope_facts",
    ),
    case("memory", "docker", {"memory": 4096}, {}, None, None, "just enough"),
    *(
        case(
            "memory",
            kind,
            {"memory": least - 1},
            {},
            "never",
            f"{title} cannot be limited to less than {least} MiB of memory",
            f"{kind}: less than it can be limited to",
            remedy=f"ask for {least} MiB or more",
        )
        for kind, title, least in (("docker", "a Docker container", 6), ("proxmox", "a Proxmox VM", 16))
    ),
    case("memory", "lxd", {"memory": 1}, {}, None, None, "LXD limits to any size"),
    case(
        "memory",
        "docker",
        {"memory": 4097},
        {},
        "not_now",
        "needs 4097 MiB of memory, has 4096 MiB free",
        "not free now",
        remedy="free 1 MiB",
    ),
    case("memory", "docker", {"memory": 4097}, {"held": 1}, None, None, "what it holds already is free for it"),
    case(
        "memory",
        "docker",
        {"memory": 9000},
        {},
        "never",
        "needs 8.8 GiB of memory, has 8 GiB in all",
        "more than there is",
    ),
    case(
        "memory",
        "docker",
        {"memory": 64},
        {"memory_free": None},
        "unknown",
        "cannot tell how much memory is free",
        "unknown",
        remedy="declare 'memory_free' in the target's rightscope_facts",
    ),
    case("disk", "docker", {"disk": "1 GiB"}, {}, None, None, "enough"),
    case(
        "disk",
        "docker",
        {"disk": "1 TiB"},
        {},
        "not_now",
        "needs 1 TiB of disk, has 97.7 GiB free",
        "not enough",
        remedy="free 926.3 GiB",
    ),
    case("disk", "docker", {"disk": "1 TiB"}, {"is_present": True}, None, None, "it has its own already"),
    case(
        "disk",
        "proxmox",
        {"disk": "20 GiB"},
        {"storages": {"local-lvm": 10_240, "elsewhere": 1_000_000}},
        "not_now",
        "needs 20 GiB of disk, has 10 GiB free",
        "a clone lands beside its template",
        remedy="free 10 GiB",
    ),
    case(
        "disk",
        "docker",
        {"disk": 1},
        {"storages": None},
        "unknown",
        "cannot tell how much disk is free",
        "unknown",
        remedy="declare 'storages' in the target's rightscope_facts",
    ),
    case(
        "disk",
        "lxd",
        {"disk": 1},
        {"storage": "fast"},
        "not_now",
        "it has no storage 'fast'",
        "a storage that is not there",
        remedy="name another storage",
    ),
    case(
        "disk",
        "proxmox",
        {},
        {"storages": {"local": 100}},
        "not_now",
        "needs 8 GiB of disk, has 100 MiB free",
        "a clone needs its template's size",
        remedy="free 7.9 GiB",
    ),
    case("image", "docker", {}, {}, None, None, "there"),
    case("image", "docker", {}, {"image": None, "fetches_image": True}, None, None, "to be fetched"),
    case(
        "image",
        "docker",
        {},
        {"image": None},
        "not_now",
        "it has no image 'web:1'",
        "named and missing",
        remedy="make the image there, or name another",
    ),
    case(
        "image",
        "lxd",
        {"os_family": "ubuntu"},
        {},
        "not_now",
        "it has no image of ubuntu",
        "none of the system",
        remedy="make one there, or name one under 'as.lxd_container'",
    ),
    case(
        "image",
        "proxmox",
        {"os_family": "freebsd"},
        {},
        "not_now",
        "it has no template of freebsd",
        "no template",
        remedy="make one there, or name one under 'as.proxmox_vm'",
    ),
    case("os_version", "lxd", {"os_family": "debian", "os_version": "12"}, {}, None, None, "the release"),
    case(
        "os_version",
        "lxd",
        {"os_version": "13"},
        {"image": Image(id="1", os="debian", os_version="12")},
        "not_now",
        "'1' is debian 12, 13 wanted",
        "another release",
        remedy="name another image or template",
    ),
    case(
        "os_version",
        "lxd",
        {"os_family": "alpine"},
        {"image": Image(id="1", os="debian")},
        "not_now",
        "'1' is debian, alpine wanted",
        "another system",
        remedy="name another image or template",
    ),
    case("name_taken", "docker", {}, {}, None, None, "free"),
    case(
        "name_taken",
        "docker",
        {},
        {"stranger": "a Docker container 'web'"},
        "not_now",
        "a Docker container 'web' there has this name and is not marked as this service's",
        "a stranger's",
        remedy="rename the service, or remove that instance by hand if nobody needs it",
    ),
    case(
        "kernel_version",
        "docker",
        {"kernel": {"version": ">=5"}},
        {"kernel_version": "custom"},
        "unknown",
        "cannot tell its kernel's version",
        "a release without a number",
        remedy="declare 'kernel_version' in the target's rightscope_facts",
    ),
    case("kernel_version", "proxmox", {"kernel": {"version": ">=6"}}, {}, None, None, "the guest's is in range"),
    case(
        "kernel_modules",
        "lxd",
        {"kernel": {"modules": ["br-netfilter"]}},
        {},
        None,
        None,
        "with - for _",
    ),
    case("memory", "lxd", {}, {"memory_free": None, "memory": None}, None, None, "none wanted"),
    case("cpus", "lxd", {}, {"cpus": None}, None, None, "none wanted"),
    case(
        "isolation",
        "docker",
        {"isolation": "user_namespace"},
        {"options": {"privileged": True}, "isolation": "user_namespace"},
        "not_now",
        "isolates by process, user namespace wanted",
        "a privileged container has none",
        remedy="take 'privileged' and 'userns_mode: host' out of its options",
    ),
    case(
        "isolation",
        "docker",
        {"isolation": "user_namespace"},
        {"options": {"userns_mode": "host"}, "isolation": "user_namespace"},
        "not_now",
        "isolates by process, user namespace wanted",
        "a container in the host's user namespace has none",
        remedy="take 'privileged' and 'userns_mode: host' out of its options",
    ),
    case("labels", "docker", {"labels": {"rack": 7}}, {"labels": {"rack": 7}}, None, None, "a number is its text"),
    case(
        "os_version",
        "lxd",
        {"os_version": "12"},
        {"image": Image(id="1", os="debian", os_version="12.5")},
        None,
        None,
        "a point release",
    ),
    case(
        "os_version",
        "lxd",
        {"os_family": "debian"},
        {"image": Image(id="1", os="ubuntu")},
        None,
        None,
        "a member of the family",
    ),
    case("os_version", "docker", {"os_family": "debian"}, {}, None, None, "Docker never says what is inside"),
    case(
        "image",
        "docker",
        {},
        {"image": None, "image_wanted": None},
        "not_now",
        "no image is named for a Docker container",
        "none is named",
        remedy="give 'as.docker_container.image'",
    ),
    case(
        "image",
        "proxmox",
        {},
        {"image": None, "image_wanted": "gold"},
        "not_now",
        "it has no template 'gold'",
        "a template that is not there",
        remedy="make the template there, or name another",
    ),
    case(
        "disk",
        "lxd",
        {"disk": 1},
        {"storages": {}},
        "not_now",
        "needs 1 GiB of disk, has 0 MiB free",
        "no storage at all",
        remedy="free 1 GiB",
    ),
    case("disk", "lxd", {}, {"storages": None}, None, None, "none wanted"),
]


@pytest.mark.parametrize(COLUMNS, TABLE)
def test_a_rule_holds_or_says_why_not_and_what_would_help(rule, kind, needs, changes, when, reason, remedy):
    assert rule_says(rule, kind, needs, changes) == (when, reason, remedy)


ALL = [
    param.values
    for table in (
        TABLE,
        test_constraints_docker.TABLE,
        test_constraints_kernel.TABLE,
        test_constraints_option.TABLE,
        test_constraints_places.TABLE,
        test_constraints_privilege.TABLE,
        test_constraints_project.TABLE,
        test_constraints_references.TABLE,
        test_constraints_system.TABLE,
        test_proxmox_privileges.TABLE,
    )
    for param in table
]
OF_THE_SERVICE = ("labels", "forms", "processes", "init", "kernel_own", "privileges", "max_privilege", "host_view")
OF_ITS_FORM = ("reachable", "host_network", "nics", "image", "os_version", "name_taken")
OF_ITS_PROJECT = ("project_restrictions",)
WITHOUT_UNKNOWN = {*OF_THE_SERVICE, *OF_ITS_FORM, *OF_ITS_PROJECT}
"""The rules that ask no fact of the node."""


def test_each_rule_is_tested_where_it_holds_and_where_it_does_not():
    names = {rule.__name__ for rule in constraints.CONSTRAINTS}
    assert {values[0] for values in ALL if values[4]} == names
    assert {values[0] for values in ALL if not values[4]} == names


def test_each_rule_that_asks_a_fact_is_tested_without_it():
    names = {rule.__name__ for rule in constraints.CONSTRAINTS}
    assert {values[0] for values in ALL if values[4] == "unknown"} == names - WITHOUT_UNKNOWN


def test_what_is_said_can_be_acted_on():
    for rule, _kind, _needs, _changes, when, reason, remedy in ALL:
        if when is None:
            continue
        assert when in ("never", "not_now", "unknown"), reason
        assert not reason.endswith("."), reason
        # Several failures as one are as known as the most known of them.
        assert ";" in reason or ("cannot tell" in reason) == (when == "unknown"), reason
        assert when == "never" or remedy or rule == "reachable", reason


def test_all_that_fails_is_told_not_only_the_first():
    of = service(made_as=WEB, init=True, cpus=64, memory="1 TiB", kernel={"own": True})
    verdict = judge(of, candidate("docker", of))
    assert [failure.rule for failure in verdict.failures] == ["init", "kernel_own", "cpus", "memory"]


@pytest.mark.parametrize("rule", constraints.CONSTRAINTS, ids=lambda rule: rule.__name__)
def test_each_rule_says_what_it_demands(rule):
    assert rule.__doc__
    assert rule.__doc__.strip()
