# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table of what is asked of the kernel: its flavour, modules, settings, boot parameters and features."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.constraints import (
    features as rules,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.constraints import kernel
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge import sysctls as table_of_sysctls
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.features import Condition, FeatureRow
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.runtimes import DOCKER, LXC, Runtime
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.sysctls import SysctlRow
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Facts, Image, Sysctl
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.versions import VersionRange

from .builders import COLUMNS, candidate, case, declare, holds, rule_says, service

MADE_UP = {
    "btf": (("btf", ""),),
    "cgroup_v1": (("cgroup", "1"),),
    "cgroup_v2": (("cgroup", "2"),),
    "hugepages": (("at_least", "vm.nr_hugepages=8"),),
    "io_uring": (("kernel", ">=5.1"), ("at_most", "kernel.io_uring_disabled=0")),
    "ipvs": (("module", "ip_vs"),),
    "kvm": (("nested", ""),),
    "tun": (("device", "/dev/net/tun"),),
    "keyctl": (),
}
"""Features and their conditions: what these tests are about is how a condition is looked for, not who has which."""


def made_up_feature(feature: str, runtime: Runtime, _engine: str | None) -> FeatureRow | None:
    if feature == "vsock":
        return None
    if feature == "load_modules":
        return FeatureRow(
            feature=feature, runtime=runtime, possible=False, reason="for a reason", remedy="do so", source="-"
        )
    conditions = tuple(Condition(kind=kind, value=value) for kind, value in MADE_UP[feature])
    return FeatureRow(feature=feature, runtime=runtime, reason="it is so", conditions=conditions, source="-")


SETTINGS = (
    SysctlRow(
        pattern="kernel.msgmax",
        namespace="ipc",
        by=(DOCKER, LXC),
        unprivileged_kernel=VersionRange.parse(">=6.9"),
        source="-",
    ),
    SysctlRow(pattern="kernel.sem", namespace="ipc", by=(DOCKER, LXC), source="-"),
    SysctlRow(pattern="net.*", namespace="network", by=(DOCKER, LXC), source="-"),
    SysctlRow(pattern="*", source="-"),
)


@pytest.fixture(autouse=True)
def _made_up_kernels(made_up):
    made_up.setattr(rules, "feature_row", made_up_feature)
    made_up.setattr(table_of_sysctls, "SYSCTLS", SETTINGS)
    made_up.setattr(kernel, "is_built_in", lambda module, release: (module, release) == ("unix", "6.1.0-13-amd64"))


def features(*names: str) -> dict:
    return {"kernel": {"features": list(names)}}


def modules(*entries) -> dict:
    return {"kernel": {"modules": list(entries)}}


def sysctls(**settings) -> dict:
    return {"kernel": {"sysctls": {name.replace("__", "."): value for name, value in settings.items()}}}


RT = {"kernel": {"flavour": "preempt-rt"}}
NBD16 = {"name": "nbd", "version": ">=2", "parameters": {"max_part": 16}}
NBD = {"kernel_modules": frozenset({"nbd"}), "module_versions": {"nbd": "2.1"}}
MAPS = sysctls(vm__max_map_count=262144)
QUIET = {"kernel": {"parameters": ["quiet"]}}

TABLE = [
    # the flavour
    holds("kernel_flavour", "docker", {}, {"kernel_version": None}, "none wanted"),
    holds("kernel_flavour", "docker", RT, {"kernel_flavour": "preempt-rt"}, "the one that is known"),
    *(
        holds("kernel_flavour", "lxd", RT, {"kernel_version": release}, f"in the name {release}")
        for release in ("6.1.0-13-rt-amd64", "5.14.0-362.el9.x86_64+rt", "5.15.0-1032-realtime", "6.6.30-rt30")
    ),
    holds(
        "kernel_flavour",
        "docker",
        {"kernel": {"flavour": "lowlatency"}},
        {"kernel_version": "6.8.0-31-lowlatency"},
        "any other in the name",
    ),
    holds("kernel_flavour", "docker", {"kernel": {"flavour": "generic"}}, {}, "a name that tells none is generic"),
    case(
        "kernel_flavour",
        "docker",
        RT,
        {},
        "not_now",
        "its kernel is a generic one, preempt-rt wanted",
        "another",
        remedy="boot a preempt-rt kernel there",
    ),
    case(
        "kernel_flavour",
        "docker",
        RT,
        {"kernel_version": "6.1.0-smart-amd64"},
        "not_now",
        "its kernel is a generic one, preempt-rt wanted",
        "rt within a word is none",
        remedy="boot a preempt-rt kernel there",
    ),
    case(
        "kernel_flavour",
        "docker",
        {"kernel": {"flavour": "cloud"}},
        {"kernel_version": "6.1.0-13-cloud-amd64", "kernel_flavour": "generic"},
        "not_now",
        "its kernel is a generic one, cloud wanted",
        "what is known counts more than a name",
        remedy="boot a cloud kernel there",
    ),
    case(
        "kernel_flavour",
        "lxd",
        RT,
        {"kernel_version": None},
        "unknown",
        "cannot tell whether its kernel is a preempt-rt one",
        "unknown",
        remedy=declare("kernel_flavour"),
    ),
    holds(
        "kernel_flavour",
        "proxmox",
        RT,
        {"image": Image(id="1", kernel_flavour="preempt-rt"), "kernel_flavour": "generic"},
        "a template's, not the host's",
    ),
    case(
        "kernel_flavour",
        "proxmox",
        RT,
        {"image": Image(id="1", names=("gold",), kernel_flavour="cloud")},
        "not_now",
        "'gold' boots a cloud kernel, preempt-rt wanted",
        "another template's",
        remedy="clone another template",
    ),
    case(
        "kernel_flavour",
        "proxmox",
        RT,
        {"kernel_flavour": "preempt-rt"},
        "unknown",
        "cannot tell whether 'debian-12-cloud' boots a preempt-rt kernel",
        "a template nobody knows",
        remedy="make a template that does, and say so in the target's rightscope_facts, or set 'unknown: accept'",
    ),
    holds("kernel_flavour", "proxmox", RT, {"image": None}, "no template, of which another rule speaks"),
    holds("kernel_version", "proxmox", {"kernel": {"version": ">=6"}}, {"image": None}, "no template either"),
    # modules
    holds("kernel_modules", "docker", modules(NBD16), {**NBD, "module_parameters": {"nbd": {"max_part": "16"}}}, "all"),
    holds(
        "kernel_modules",
        "lxd",
        modules({"name": "kvm_intel", "parameters": {"nested": True}}),
        {"kernel_modules": frozenset({"kvm_intel"}), "module_parameters": {"kvm_intel": {"nested": "Y"}}},
        "a switch is Y or 1",
    ),
    holds(
        "kernel_modules",
        "docker",
        modules("unix"),
        {"kernel_version": "6.1.0-13-amd64", "kernel_modules": None},
        "what is built in is there, whoever lists it",
    ),
    holds("kernel_modules", "proxmox", modules(NBD16), {"kernel_modules": None}, "a machine loads its own"),
    case(
        "kernel_modules",
        "docker",
        modules("unix", "nbd"),
        {"kernel_modules": frozenset(), "kernel_version": "9.9-custom"},
        "not_now",
        "its kernel has not loaded nbd and unix",
        "built into another kernel",
        remedy="run 'modprobe -a nbd unix' on dock1",
    ),
    case(
        "kernel_modules",
        "docker",
        modules(NBD16),
        {**NBD, "module_versions": {"nbd": "1.9"}, "module_parameters": {"nbd": {"max_part": "16"}}},
        "not_now",
        "its module nbd is 1.9, >=2 wanted",
        "of another version",
        remedy="install another nbd on dock1",
    ),
    case(
        "kernel_modules",
        "docker",
        modules(NBD16),
        {**NBD, "module_versions": None, "module_parameters": {"nbd": {"max_part": "16"}}},
        "unknown",
        "cannot tell the version of its module nbd",
        "of a version nobody knows",
        remedy=declare("module_versions"),
    ),
    case(
        "kernel_modules",
        "docker",
        modules(NBD16),
        {**NBD, "module_parameters": {"nbd": {"max_part": "8"}}},
        "not_now",
        "its module nbd has max_part=8, 16 wanted",
        "with another parameter",
        remedy="unload it and run 'modprobe nbd max_part=16' on dock1",
    ),
    case(
        "kernel_modules",
        "docker",
        modules(NBD16),
        NBD,
        "unknown",
        "cannot tell the parameter max_part of its module nbd",
        "with a parameter nobody knows",
        remedy=declare("module_parameters"),
    ),
    case(
        "kernel_modules",
        "docker",
        modules(NBD16, "zfs"),
        {**NBD, "module_versions": None, "module_parameters": {"nbd": {"max_part": "8"}}},
        "not_now",
        "its kernel has not loaded zfs; cannot tell the version of its module nbd; "
        "its module nbd has max_part=8, 16 wanted",
        "several, and what is known is not hidden by what is not",
        remedy="run 'modprobe -a zfs' on dock1, and declare 'module_versions' in the target's rightscope_facts, "
        "and unload it and run 'modprobe nbd max_part=16' on dock1",
    ),
    # settings
    holds("kernel_sysctls", "docker", MAPS, {"kernel_sysctls": {"vm.max_map_count": "262144"}}, "just enough"),
    holds("kernel_sysctls", "lxd", MAPS, {"kernel_sysctls": {"vm.max_map_count": "1048576"}}, "more than enough"),
    holds("kernel_sysctls", "proxmox", MAPS, {}, "a machine sets its own"),
    holds("kernel_sysctls", "docker", sysctls(net__core__somaxconn=1024), {}, "namespaced: set for this one alone"),
    holds("kernel_sysctls", "lxd", sysctls(kernel__sem="1 2 3 4"), {"kernel_version": None}, "on each kernel"),
    holds("kernel_sysctls", "docker", sysctls(kernel__msgmax=1), {"kernel_version": "4.9"}, "Docker sets it as root"),
    case(
        "kernel_sysctls",
        "docker",
        sysctls(kernel__msgmax=9000),
        {"options": {"ipc_mode": "host"}, "kernel_sysctls": {"kernel.msgmax": "8192"}},
        "not_now",
        "kernel.msgmax is 8192 here and belongs to the host with the host's shared memory, 9000 wanted",
        "the host's with its shared memory",
        remedy="run 'sysctl -w kernel.msgmax=9000' on dock1",
    ),
    holds(
        "kernel_sysctls",
        "lxd",
        sysctls(kernel__msgmax=1),
        {"kernel_version": "5.4", "unprivileged_sysctls": frozenset({"kernel.msgmax"})},
        "LXC on a kernel that was seen to let it, whatever its release",
    ),
    case(
        "kernel_sysctls",
        "lxd",
        sysctls(net__core__somaxconn=4096),
        {
            "kernel_version": "6.18",
            "kernel_sysctls": {"net.core.somaxconn": "128"},
            "unprivileged_sysctls": frozenset({"net.ipv4.ip_forward"}),
        },
        "not_now",
        "net.core.somaxconn is each container's own, and an unprivileged one cannot set it on this kernel, which was "
        "tried",
        "LXC on a kernel that was seen not to let it",
        remedy="boot another kernel there",
    ),
    holds(
        "kernel_sysctls",
        "docker",
        sysctls(net__core__somaxconn=4096),
        {"unprivileged_sysctls": frozenset()},
        "Docker sets them as root",
    ),
    holds(
        "kernel_sysctls", "lxd", sysctls(kernel__msgmax=1), {"kernel_version": "6.9"}, "LXC on a kernel that lets it"
    ),
    case(
        "kernel_sysctls",
        "lxd",
        sysctls(kernel__msgmax=1),
        {"kernel_version": "6.8", "kernel_sysctls": {"kernel.msgmax": "8192"}},
        "not_now",
        "kernel.msgmax is each container's own, and unprivileged ones may set it only on Linux >=6.9; "
        "its kernel is 6.8",
        "LXC on one that does not, whatever the host has",
        remedy="boot another kernel there",
    ),
    case(
        "kernel_sysctls",
        "lxd",
        sysctls(kernel__msgmax=1),
        {"kernel_version": None},
        "unknown",
        "kernel.msgmax is each container's own, and unprivileged ones may set it only on Linux >=6.9, "
        "and cannot tell its kernel's version",
        "LXC on a kernel that nobody knows",
        remedy=declare("kernel_version"),
    ),
    case(
        "kernel_sysctls",
        "docker",
        MAPS,
        {"kernel_sysctls": {"vm.max_map_count": "65530"}},
        "not_now",
        "vm.max_map_count is 65530 here and is not namespaced, 262144 wanted",
        "the host's is too low",
        remedy="run 'sysctl -w vm.max_map_count=262144' on dock1",
    ),
    case(
        "kernel_sysctls",
        "docker",
        sysctls(vm__swappiness="==1"),
        {"kernel_sysctls": {"vm.swappiness": "60"}},
        "not_now",
        "vm.swappiness is 60 here and is not namespaced, exactly 1 wanted",
        "another where only one will do",
        remedy="run 'sysctl -w vm.swappiness=1' on dock1",
    ),
    case(
        "kernel_sysctls",
        "lxd",
        sysctls(kernel__core_pattern="|/bin/dump %p"),
        {"kernel_sysctls": {"kernel.core_pattern": "core"}},
        "not_now",
        "kernel.core_pattern is core here and is not namespaced, exactly |/bin/dump %p wanted",
        "another text",
        remedy="run 'sysctl -w kernel.core_pattern=\"|/bin/dump %p\"' on lab",
    ),
    case(
        "kernel_sysctls",
        "docker",
        MAPS,
        {"kernel_sysctls": None},
        "unknown",
        "cannot tell its vm.max_map_count, which is not namespaced",
        "nobody knows any",
        remedy=declare("kernel_sysctls: {vm.max_map_count: ...}"),
    ),
    case(
        "kernel_sysctls",
        "docker",
        MAPS,
        {"kernel_sysctls": {"vm.swappiness": "60"}},
        "unknown",
        "cannot tell its vm.max_map_count, which is not namespaced",
        "nobody knows this one",
        remedy=declare("kernel_sysctls: {vm.max_map_count: ...}"),
    ),
    case(
        "kernel_sysctls",
        "docker",
        sysctls(vm__max_map_count=262144, fs__nr_open=9),
        {"kernel_sysctls": {"vm.max_map_count": "65530", "fs.nr_open": "8"}},
        "not_now",
        "vm.max_map_count is 65530 here and is not namespaced, 262144 wanted; "
        "fs.nr_open is 8 here and is not namespaced, 9 wanted",
        "several",
        remedy="run 'sysctl -w vm.max_map_count=262144' on dock1, and run 'sysctl -w fs.nr_open=9' on dock1",
    ),
    case(
        "kernel_sysctls",
        "docker",
        sysctls(vm__max_map_count=262144, fs__nr_open=9),
        {"kernel_sysctls": {"vm.max_map_count": "65530"}},
        "not_now",
        "vm.max_map_count is 65530 here and is not namespaced, 262144 wanted; "
        "cannot tell its fs.nr_open, which is not namespaced",
        "one too low and one unknown",
        remedy="run 'sysctl -w vm.max_map_count=262144' on dock1, and "
        "declare 'kernel_sysctls: {fs.nr_open: ...}' in the target's rightscope_facts",
    ),
    *(
        case(
            "kernel_sysctls",
            "docker",
            {**sysctls(net__core__somaxconn=1024), **needs},
            {"kernel_sysctls": {"net.core.somaxconn": "128"}, **changes},
            "not_now",
            "net.core.somaxconn is 128 here and belongs to the host on the host's network, 1024 wanted",
            f"namespaced, but on the host's network {how}",
            remedy="run 'sysctl -w net.core.somaxconn=1024' on dock1",
        )
        for how, needs, changes in (
            ("by need", {"host_network": True}, {}),
            ("by option", {}, {"options": {"network_mode": "host"}}),
        )
    ),
    holds(
        "kernel_sysctls",
        "docker",
        {**sysctls(kernel__sem="1 2 3 4"), "host_network": True},
        {},
        "the host's network changes nothing of others",
    ),
    # boot parameters
    holds("kernel_parameters", "docker", QUIET, {"kernel_parameters": ("ro", "quiet")}, "there"),
    holds("kernel_parameters", "docker", {}, {"kernel_parameters": None}, "none wanted"),
    holds("kernel_parameters", "proxmox", QUIET, {"kernel_parameters": ()}, "a machine boots with its own"),
    holds(
        "kernel_parameters",
        "lxd",
        {"kernel": {"parameters": ["isolcpus", "iommu=pt"]}},
        {"kernel_parameters": ("isolcpus=1-3", "iommu=pt")},
        "a name alone takes any value",
    ),
    case(
        "kernel_parameters",
        "docker",
        {"kernel": {"parameters": ["iommu=pt"]}},
        {"kernel_parameters": ("iommu=on", "quiet")},
        "not_now",
        "its kernel was booted without iommu=pt",
        "with another value",
        remedy="add it to the boot command line of dock1 and reboot it",
    ),
    case(
        "kernel_parameters",
        "docker",
        {"kernel": {"parameters": ["isolcpus", "quiet", "ro"]}},
        {"kernel_parameters": ("ro", "isolcpus2=1")},
        "not_now",
        "its kernel was booted without isolcpus and quiet",
        "several",
        remedy="add them to the boot command line of dock1 and reboot it",
    ),
    case(
        "kernel_parameters",
        "docker",
        QUIET,
        {},
        "unknown",
        "cannot tell which parameters its kernel was booted with",
        "unknown",
        remedy=declare("kernel_parameters"),
    ),
    # features
    holds("kernel_features", "docker", features("keyctl"), {}, "one that asks nothing"),
    case(
        "kernel_features",
        "docker",
        features("load_modules"),
        {},
        "never",
        "has no load_modules: for a reason",
        "one that the form cannot have",
        remedy="do so",
    ),
    case(
        "kernel_features",
        "docker",
        features("vsock"),
        {},
        "unknown",
        "cannot tell what vsock takes in a Docker container",
        "one that the table does not have",
        remedy="set 'unknown: accept'",
    ),
    case(
        "kernel_features",
        "docker",
        features("ipvs", "load_modules", "tun"),
        {"devices": None},
        "never",
        "its kernel has not loaded ip_vs, for ipvs; has no load_modules: for a reason; "
        "cannot tell whether it has /dev/net/tun, for tun",
        "several, of which the worst counts",
        remedy="run 'modprobe -a ip_vs' on dock1, and do so, and declare 'devices' in the target's rightscope_facts",
    ),
    # features: a module
    holds("kernel_features", "docker", features("ipvs"), {"kernel_modules": frozenset({"ip_vs"})}, "its module"),
    case(
        "kernel_features",
        "docker",
        features("ipvs"),
        {},
        "not_now",
        "its kernel has not loaded ip_vs, for ipvs",
        "without its module",
        remedy="run 'modprobe -a ip_vs' on dock1",
    ),
    case(
        "kernel_features",
        "docker",
        features("ipvs"),
        {"kernel_modules_complete": False},
        "unknown",
        "cannot tell whether its kernel has ip_vs built in, for ipvs",
        "a module that may be built in",
        remedy=declare("kernel_modules"),
    ),
    case(
        "kernel_features",
        "docker",
        features("ipvs"),
        {"kernel_modules": None},
        "unknown",
        "cannot tell whether its kernel has loaded ip_vs, for ipvs",
        "a module nobody knows",
        remedy=declare("kernel_modules"),
    ),
    # features: a kernel, and a switch of it
    holds("kernel_features", "docker", features("io_uring"), {"kernel_sysctls": {}}, "a kernel without the switch"),
    holds(
        "kernel_features",
        "docker",
        features("io_uring"),
        {"kernel_sysctls": {"kernel.io_uring_disabled": "0"}},
        "a switch that is open",
    ),
    case(
        "kernel_features",
        "docker",
        features("io_uring"),
        {"kernel_sysctls": {"kernel.io_uring_disabled": "1"}},
        "not_now",
        "kernel.io_uring_disabled is 1 here, 0 at most wanted for io_uring",
        "a switch that is closed",
        remedy="run 'sysctl -w kernel.io_uring_disabled=0' on dock1",
    ),
    case(
        "kernel_features",
        "docker",
        features("io_uring"),
        {"kernel_sysctls": {"vm.swappiness": "1"}, "origins": {"kernel_sysctls": "declared"}},
        "unknown",
        "cannot tell its kernel.io_uring_disabled, for io_uring",
        "who declares another says nothing of a switch",
        remedy=declare("kernel_sysctls: {kernel.io_uring_disabled: ...}"),
    ),
    case(
        "kernel_features",
        "lxd",
        features("io_uring"),
        {"kernel_version": "4.19.0"},
        "not_now",
        "its kernel is 4.19.0, >=5.1 wanted for io_uring; cannot tell its kernel.io_uring_disabled, for io_uring",
        "a kernel too old, and a switch nobody knows",
        remedy="boot another kernel there, and "
        "declare 'kernel_sysctls: {kernel.io_uring_disabled: ...}' in the target's rightscope_facts",
    ),
    case(
        "kernel_features",
        "lxd",
        features("io_uring"),
        {"kernel_version": None, "kernel_sysctls": {}},
        "unknown",
        "cannot tell its kernel's version for io_uring",
        "a kernel nobody knows",
        remedy=declare("kernel_version"),
    ),
    # features: a device
    holds("kernel_features", "docker", features("tun"), {"devices": frozenset({"/dev/net/tun"})}, "its device"),
    case(
        "kernel_features",
        "docker",
        features("tun"),
        {"devices": frozenset({"/dev/fuse"})},
        "not_now",
        "it has no /dev/net/tun, for tun",
        "without its device",
        remedy="load the module that makes /dev/net/tun on dock1",
    ),
    case(
        "kernel_features",
        "docker",
        features("tun"),
        {},
        "unknown",
        "cannot tell whether it has /dev/net/tun, for tun",
        "a device nobody knows",
        remedy=declare("devices"),
    ),
    # features: a setting
    holds("kernel_features", "lxd", features("hugepages"), {"kernel_sysctls": {"vm.nr_hugepages": "8"}}, "enough"),
    case(
        "kernel_features",
        "lxd",
        features("hugepages"),
        {"kernel_sysctls": {"vm.nr_hugepages": "7"}},
        "not_now",
        "vm.nr_hugepages is 7 here, 8 or more wanted for hugepages",
        "a setting too low",
        remedy="run 'sysctl -w vm.nr_hugepages=8' on lab",
    ),
    *(
        case(
            "kernel_features",
            "lxd",
            features("hugepages"),
            {"kernel_sysctls": found},
            "unknown",
            "cannot tell its vm.nr_hugepages, for hugepages",
            f"a setting that is {found}",
            remedy=declare("kernel_sysctls: {vm.nr_hugepages: ...}"),
        )
        for found in (None, {}, {"vm.nr_hugepages": "many"})
    ),
    # features: cgroups
    holds("kernel_features", "docker", features("cgroup_v2"), {"cgroup_version": 2}, "the new hierarchy"),
    holds("kernel_features", "docker", features("cgroup_v1"), {"cgroup_version": 1}, "the old hierarchy"),
    case(
        "kernel_features",
        "docker",
        features("cgroup_v1"),
        {"cgroup_version": 2},
        "not_now",
        "it has cgroup v2, v1 wanted for cgroup_v1",
        "the other hierarchy",
        remedy="boot it with the other cgroup version",
    ),
    case(
        "kernel_features",
        "docker",
        features("cgroup_v1"),
        {},
        "unknown",
        "cannot tell its cgroup version, for cgroup_v1",
        "a hierarchy nobody knows",
        remedy=declare("cgroup_version"),
    ),
    # features: type information
    holds("kernel_features", "docker", features("btf"), {"kernel_btf": True}, "type information"),
    case(
        "kernel_features",
        "docker",
        features("btf"),
        {"kernel_btf": False},
        "not_now",
        "its kernel has no type information for btf",
        "no type information",
        remedy="boot a kernel with CONFIG_DEBUG_INFO_BTF there",
    ),
    case(
        "kernel_features",
        "docker",
        features("btf"),
        {},
        "unknown",
        "cannot tell whether its kernel has type information",
        "type information nobody knows of",
        remedy=declare("kernel_btf"),
    ),
    # features: guests that are hypervisors
    *(
        holds("kernel_features", "proxmox", features("kvm"), {"nested_virtualization": True, "options": options}, id)
        for id, options in (("a guest's model to be chosen", None), ("the physical one", {"cpu": "host"}))
    ),
    case(
        "kernel_features",
        "proxmox",
        features("kvm"),
        {"nested_virtualization": True, "options": {"cpu": "kvm64,flags=+aes"}},
        "not_now",
        "the CPU model 'kvm64' hides the processor's virtualisation from kvm",
        "a model that hides it",
        remedy="take 'cpu' out of 'as.proxmox_vm', or set it to host",
    ),
    case(
        "kernel_features",
        "proxmox",
        features("kvm"),
        {"nested_virtualization": False},
        "not_now",
        "its guests cannot be hypervisors, which kvm needs",
        "not switched on",
        remedy="load kvm_intel or kvm_amd with nested=1 on pve/pve1",
    ),
    case(
        "kernel_features",
        "proxmox",
        features("kvm"),
        {},
        "unknown",
        "cannot tell whether its guests can be hypervisors",
        "nobody knows",
        remedy=declare("nested_virtualization"),
    ),
]


@pytest.mark.parametrize(COLUMNS, TABLE)
def test_a_rule_holds_or_says_why_not_and_what_would_help(rule, kind, needs, changes, when, reason, remedy):
    assert rule_says(rule, kind, needs, changes) == (when, reason, remedy)


def test_each_kind_of_condition_is_tested():
    assert {kind for conditions in MADE_UP.values() for kind, _value in conditions} == set(rules.CONDITIONS)


@pytest.mark.parametrize(
    ("row", "kind", "release", "why"),
    [
        pytest.param({}, "docker", "6.1", "is not namespaced", id="in no namespace"),
        pytest.param(
            {"namespace": "user", "by": (LXC,), "kernel": VersionRange.parse(">=9")},
            "docker",
            "6.1",
            "is not Docker's to set for one container",
            id="Docker",
        ),
        pytest.param(
            {"namespace": "uts", "by": (DOCKER,)}, "lxd", "6.1", "is not LXC's to set for one container", id="LXC"
        ),
        *(
            pytest.param(
                {"namespace": "pid", "by": (LXC,), "kernel": VersionRange.parse(">=6.14")},
                "lxd",
                release,
                "is namespaced only from Linux 6.14 on",
                id=f"on the kernel {release}",
            )
            for release in ("6.13.9", None, "custom")
        ),
    ],
)
def test_why_a_setting_is_the_hosts_is_said(made_up, row, kind, release, why):
    made_up.setattr(table_of_sysctls, "SYSCTLS", (SysctlRow(pattern="a.b", source="-", **row),))
    changes = {"kernel_version": release, "kernel_sysctls": {"a.b": "1"}}
    expected = ("not_now", f"a.b is 1 here and {why}, 2 wanted")
    assert rule_says("kernel_sysctls", kind, sysctls(a__b=2), changes)[:2] == expected


@pytest.mark.parametrize(
    ("wanted", "found", "enough"),
    [
        pytest.param("5", "5", True, id="the same"),
        pytest.param("5", "40", True, id="numbers, not texts"),
        pytest.param("5", "-1", False, id="below zero"),
        pytest.param("-1", "0", True, id="above a number below zero"),
        pytest.param("1 2", "1\t2", True, id="a tab is a space"),
        pytest.param("1 2", "2 1", False, id="each of several"),
        pytest.param("1 2", "1 2 3", False, id="as many"),
        pytest.param("5", "max", False, id="no number"),
        pytest.param("5", "--5", False, id="what only looks like one"),
        pytest.param("5", "²", False, id="a digit that is none"),
        pytest.param("5", "9" * 5000, False, id="beyond all numbers"),
        pytest.param("== 5", "6", False, id="exactly"),
        pytest.param("cubic", "cubic", True, id="a text"),
        pytest.param("cubic", "bbr", False, id="another text"),
    ],
)
def test_a_value_on_the_host_is_enough_or_is_not(wanted, found, enough):
    (sysctl,) = service(**sysctls(vm__x=wanted)).requirements.kernel_sysctls
    assert sysctl.holds(found) is enough


def test_a_setting_is_shown_with_what_is_asked_of_it():
    assert str(Sysctl(name="a.b", value="1", at_least=True)) == "a.b>=1"
    assert str(Sysctl(name="a.b", value="1")) == "a.b=1"


def test_a_flavour_that_nobody_knows_is_none():
    assert kernel.flavour_of(Facts()) is None


def test_a_machine_is_judged_by_its_own_kernel_for_a_feature():
    old = Image(id="1", names=("old",), kernel_version="4.9")
    assert rule_says("kernel_features", "proxmox", features("io_uring"), {"image": old, "kernel_sysctls": {}})[:2] == (
        "not_now",
        "the kernel of 'old' is 4.9, >=5.1 wanted for io_uring",
    )


def test_a_wanted_setting_is_set_on_its_own_only_where_the_form_can():
    of = service(**sysctls(net__core__somaxconn=1024), host_network=True).requirements
    assert not kernel.is_own_sysctl("net.core.somaxconn", of, candidate("docker"))
    assert kernel.is_own_sysctl("net.core.somaxconn", service().requirements, candidate("docker"))
