# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof of the form: whole lines, as people see them, and none that is not true."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.constraints import CONSTRAINTS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import decide, with_fallback
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.explanation import proof
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.explanation.explain import explain
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.explanation.proof import prove
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge import sysctls as table_of_sysctls
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.features import FeatureRow
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.runtimes import DOCKER, LXC
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.sysctls import SysctlRow
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Grant, Target
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.needs import need_of
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.requirements import requirement_names

from .builders import service, target

WEB = {"docker_container": {"image": "web:1"}}
MAPS = {"kernel": {"sysctls": {"vm.max_map_count": 262144}}}
BACKLOG = {"kernel": {"sysctls": {"net.core.somaxconn": 1024}}}
LOW = {"kernel_sysctls": {"vm.max_map_count": "65530"}}
HIGH = {"kernel_sysctls": {"vm.max_map_count": "262144"}}
SETTINGS = (
    SysctlRow(pattern="net.*", namespace="network", by=(DOCKER, LXC), source="-"),
    SysctlRow(pattern="user.*", namespace="user", by=(LXC,), source="-"),
    SysctlRow(pattern="*", source="-"),
)


@pytest.fixture(autouse=True)
def _made_up_settings(made_up):
    made_up.setattr(table_of_sysctls, "SYSCTLS", SETTINGS)


def proven(*targets, accept_unknown=False, **needs) -> list[str]:
    of = service(made_as=WEB, **needs)
    return list(decide(of, candidates(of, targets), accept_unknown=accept_unknown).proof)


def test_where_nothing_is_chosen_nothing_is_proven():
    assert proven(target("docker", **LOW), **MAPS) == []


def test_what_asks_for_nothing_needs_no_proof():
    assert proven(target("docker"), target("proxmox"), cpus=1) == []


def test_a_setting_that_is_namespaced_is_set_for_the_one():
    assert proven(target("docker"), target("lxd"), **BACKLOG) == [
        "net.core.somaxconn>=1024 is namespaced (network), and set for this container alone."
    ]


def test_a_setting_of_the_host_lets_it_stay_where_the_value_is_there():
    assert proven(target("docker", **LOW), target("lxd", **HIGH), target("proxmox"), **MAPS) == [
        (
            "vm.max_map_count>=262144 is not namespaced; dock1 has 65530; "
            "lab has 262144, so it stays an LXC container there."
        )
    ]


def test_a_setting_of_the_host_takes_a_machine_where_no_host_has_the_value():
    assert proven(target("docker", **LOW), target("lxd"), target("proxmox"), **MAPS) == [
        (
            "vm.max_map_count>=262144 is not namespaced; dock1 has 65530; the value of lab is not known; "
            "so it takes a Proxmox VM, whose kernel is its own."
        )
    ]


def test_a_value_that_is_there_already_is_not_said_to_take_a_machine():
    lines = proven(target("docker", **HIGH), target("proxmox"), **MAPS, isolation="machine")
    assert lines == [
        "vm.max_map_count>=262144 is not namespaced; and a Proxmox VM has a kernel of its own.",
        "isolation: isolates by process, machine wanted (dock1).",
    ]


def test_a_setting_that_every_container_could_have_is_not_said_to_take_a_machine():
    assert proven(target("docker"), target("proxmox"), **BACKLOG, isolation="machine") == [
        "isolation: isolates by process, machine wanted (dock1)."
    ]


def test_a_setting_that_one_engine_cannot_set_is_said_to_be_of_that():
    userland = {"kernel": {"sysctls": {"user.max_user_namespaces": 9}}}
    low = {"kernel_sysctls": {"user.max_user_namespaces": "1"}}
    assert proven(target("docker", **low), target("lxd"), **userland) == [
        "user.max_user_namespaces>=9 is namespaced (user), and set for this container alone."
    ]
    assert proven(target("docker", **low), target("proxmox"), **userland) == [
        (
            "user.max_user_namespaces>=9 is not Docker's to set for one container; dock1 has 1; "
            "so it takes a Proxmox VM, whose kernel is its own."
        )
    ]


def test_a_setting_on_the_hosts_network_is_said_to_be_the_hosts():
    host = target("docker", kernel_sysctls={"net.core.somaxconn": "4096"})
    assert proven(host, **BACKLOG, host_network=True) == [
        (
            "net.core.somaxconn>=1024 belongs to the host on the host's network; "
            "dock1 has 4096, so it stays a Docker container there."
        )
    ]


def test_a_value_that_nobody_knows_and_the_user_accepted_is_not_made_up():
    assert proven(target("docker"), **MAPS, accept_unknown=True) == [
        "vm.max_map_count>=262144 is not namespaced; the value of dock1 is not known, and that was accepted."
    ]


def test_what_is_wider_or_does_not_answer_has_no_part_in_a_setting():
    gone = Target(name="gone", kind="docker", trouble="it is gone", remedy="start it")
    assert proven(gone, target("docker", **HIGH), target("lxd", **LOW), target("proxmox"), **MAPS) == [
        "vm.max_map_count>=262144 is not namespaced; dock1 has 262144, so it stays a Docker container there."
    ]


def test_another_machine_has_no_part_in_a_setting_either():
    other = target("proxmox", name="far", node="far", **LOW)
    (line,) = proven(target("docker", **LOW), target("proxmox", **LOW), other, **MAPS)
    assert "dock1 has 65530; so it takes a Proxmox VM" in line
    assert "far" not in line


def test_rule_by_rule_the_narrower_forms_are_told_each_reason_once():
    narrow = [target("docker", name=name) for name in ("a", "b")]
    assert proven(*narrow, target("lxd"), target("proxmox"), init=True, kernel={"own": True}) == [
        "kernel.own: it shares the host's kernel, but a kernel of its own is wanted (lab, a, b).",
        "init: an application container has no init system as PID 1, which is wanted (a, b).",
    ]


def test_different_reasons_of_one_rule_are_one_line():
    assert proven(target("docker", cpus=1), target("docker", name="b", cpus=2), target("lxd"), cpus=4) == [
        "cpus: needs 4 processors, has 1 (dock1); needs 4 processors, has 2 (b)."
    ]


def test_a_module_is_the_shared_kernels():
    assert proven(target("docker"), target("proxmox"), kernel={"modules": ["overlay", "br_netfilter"]}) == [
        "kernel.modules: the kernel of dock1 has overlay, br_netfilter, and a Docker container shares it."
    ]


def test_a_machine_says_of_modules_only_who_lacks_them():
    assert proven(target("docker"), target("proxmox"), kernel={"modules": ["zfs"]}) == [
        "kernel.modules: its kernel has not loaded zfs (dock1)."
    ]


def test_a_module_that_nobody_knows_is_not_said_to_be_there():
    blind = target("docker", kernel_modules=None)
    assert proven(blind, kernel={"modules": ["zfs"]}, accept_unknown=True) == []


def test_a_feature_says_what_it_takes_and_what_was_granted(made_up):
    grants = (Grant(kind="capability", value="NET_ADMIN"), Grant(kind="device", value="/dev/net/tun"))
    rows = {
        "tun": FeatureRow(feature="tun", runtime=DOCKER, reason="it is so", grants=grants, source="-"),
        "keyctl": FeatureRow(feature="keyctl", runtime=DOCKER, reason="it may", source="-"),
        "fuse": None,
    }
    made_up.setattr(proof, "feature_row", lambda feature, _form, _engine: rows[feature])
    of = service(made_as=WEB, kernel={"features": ["tun", "fuse", "keyctl"]})
    plain = service(made_as=WEB)
    decision = decide(plain, candidates(plain, [target("docker")]))
    assert prove(of.requirements, decision) == (
        "kernel.features tun: it is so; granted: capability NET_ADMIN, device /dev/net/tun.",
        "kernel.features keyctl: it may.",
    )
    machine = decide(plain, candidates(plain, [target("proxmox")]))
    assert prove(of.requirements, machine) == ()


def test_each_rule_is_named_by_what_the_user_wrote():
    ours = {
        "reachable",
        "options",
        "content",
        "image",
        "name_taken",
        "image_requirements",
        "permissions",
        "kernel_sysctls",
    }
    ours |= {"references", "authorization", "project_limits", "project_restrictions"}
    others = {"architectures": "architecture", "systemd": "os_version"}
    known = {*requirement_names(), *others.values(), "image", "os_version"}
    for rule in CONSTRAINTS:
        name = rule.__name__
        if name not in ours:
            assert need_of(name) in known, name


def test_what_stays_is_proven_by_what_keeps_it_out_of_the_narrower():
    decision = decide(service(made_as=WEB), candidates(service(made_as=WEB), [target("docker"), target("lxd")]))
    stays = dataclasses.replace(decision, chosen=decision.verdicts[1], stays=True)
    (line,) = prove(service().requirements, stays)
    assert line == (
        "it is an LXC container already; dock1 would fit as a Docker container, which is narrower: 'relocate: true' "
        "moves it there."
    )


def test_where_what_is_narrower_has_failed_no_need_is_blamed():
    of = service(made_as=WEB)
    decision = decide(of, candidates(of, [target("docker"), target("lxd")]))
    docker, lxd = decision.verdicts
    then = with_fallback(of, decision, lxd, (docker,))
    assert then.proof == ("dock1 would fit as a Docker container, which is narrower, and could not be made.",)
    said = explain(then)
    assert "Service 'web' goes to 'lab', an LXC container" in said
    assert "dock1: fits as a Docker container, but could not be made;" in said
    assert "lab: chosen, the next best: the better ones could not be made;" in said
