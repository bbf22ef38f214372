# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table of what the options under ``as`` may not take back."""

from __future__ import annotations

import pytest

from .builders import COLUMNS, FORM_OF, case, holds, rule_says

BACKLOG = {"kernel": {"sysctls": {"net.core.somaxconn": 4096}}}
NESTED = {"kernel": {"features": ["nested_containers"]}, "max_privilege": "nesting"}
KVM = {"kernel": {"features": ["kvm"]}}


def taken_back(kind: str, needs: dict, options: dict, option: str, need: str):
    where = f"as.{FORM_OF[kind]}.{option}"
    return case(
        "options",
        kind,
        needs,
        {"options": options},
        "never",
        f"'{where}' takes back what {need} asks for",
        f"{kind}: {option}",
        remedy=f"take '{where}' out, or change it",
    )


TABLE = [
    holds("options", "docker", {}, {"options": None}, "none given"),
    holds("options", "docker", {"memory": "64 MiB"}, {"options": {"image": "a", "memory": "64M"}}, "as much"),
    holds("options", "docker", {"memory": "64 MiB"}, {"options": {"memory": "lots"}}, "no size: the engine judges it"),
    holds("options", "docker", BACKLOG, {"options": {"sysctls": {"net.core.somaxconn": 8192}}}, "more than wanted"),
    holds(
        "options",
        "docker",
        {"privileges": ["NET_ADMIN"]},
        {"options": {"cap_drop": ["ALL"], "capabilities": ["NET_ADMIN"]}},
        "all others are dropped",
    ),
    holds("options", "lxd", NESTED, {"options": {"config": {"security.nesting": "yes"}}}, "given besides"),
    holds("options", "proxmox", {"memory": "1 GiB", "cpus": 2}, {"options": {"memory": 1024, "cores": 2}}, "as much"),
    holds("options", "proxmox", {"cpus": 4}, {"options": {"cores": 2, "sockets": 2}}, "as many in sockets"),
    holds("options", "proxmox", {}, {"options": {"kvm": False}}, "nobody asks for it"),
    taken_back("docker", {"host_network": True}, {"network_mode": "bridge"}, "network_mode", "host_network"),
    taken_back("docker", {"host_network": True}, {"networks": [{"name": "a"}]}, "networks", "host_network"),
    taken_back("docker", {"host_view": True}, {"pid_mode": "container:x"}, "pid_mode", "host_view"),
    taken_back("docker", {"privileges": ["NET_ADMIN"]}, {"cap_drop": ["cap_net_admin"]}, "cap_drop", "NET_ADMIN"),
    taken_back(
        "docker",
        {"privileges": ["privileged"], "max_privilege": "privileged"},
        {"privileged": False},
        "privileged",
        "privileged",
    ),
    taken_back("docker", {"ports": [80]}, {"network_mode": "none"}, "network_mode", "ports"),
    taken_back("docker", {"shm": "1 GiB"}, {"ipc_mode": "host"}, "ipc_mode", "shm"),
    taken_back("docker", {"shm": "1 GiB"}, {"shm_size": "64M"}, "shm_size", "shm"),
    taken_back("docker", {"memory": "64 MiB"}, {"memory": "32M"}, "memory", "memory"),
    taken_back(
        "docker",
        BACKLOG,
        {"sysctls": {"net.core.somaxconn": 16}},
        "sysctls.net.core.somaxconn",
        "kernel.sysctls",
    ),
    taken_back("lxd", NESTED, {"config": {"security.nesting": False}}, "config.security.nesting", "nested_containers"),
    taken_back("lxd", KVM, {"devices": {"dev-kvm": {"type": "none"}}}, "devices.dev-kvm", "kvm"),
    taken_back("lxd", {"memory": "64 MiB"}, {"config": {"limits.memory": "32MiB"}}, "config.limits.memory", "memory"),
    taken_back(
        "lxd",
        BACKLOG,
        {"config": {"linux.sysctl.net.core.somaxconn": "16"}},
        "config.linux.sysctl.net.core.somaxconn",
        "kernel.sysctls",
    ),
    taken_back("proxmox", {"memory": "1 GiB"}, {"memory": 512}, "memory", "memory"),
    taken_back("proxmox", {"cpus": 2}, {"cores": 1}, "cores", "cpus"),
    taken_back("proxmox", KVM, {"kvm": False}, "kvm", "kvm"),
]


@pytest.mark.parametrize(COLUMNS, TABLE)
def test_a_rule_holds_or_says_why_not_and_what_would_help(rule, kind, needs, changes, when, reason, remedy):
    assert rule_says(rule, kind, needs, changes) == (when, reason, remedy)
