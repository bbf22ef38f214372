# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision in sentences: whole texts, as people see them."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import decide
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.explanation.explain import as_data, explain
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms.docker_container import DockerContainer
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import (
    Decision,
    Failure,
    Grant,
    Target,
    Verdict,
)

from .builders import candidate, instance, service, target

WEB = {"docker_container": {"image": "web:1"}}
FULL = {"image_present": 100, "fewest_grants": 100, "free_ports": 100, "preferred_labels": 100, "wishes": 100}


def decided(*targets, made_as=None, weights=None, accept_unknown=False, **needs) -> Decision:
    of = service(made_as=WEB if made_as is None else made_as, **needs)
    return decide(of, candidates(of, targets), weights=weights or {}, accept_unknown=accept_unknown)


def text(*targets, **more) -> str:
    return explain(decided(*targets, **more))


def test_one_that_alone_fits_is_chosen_and_the_others_say_what_would_help():
    assert text(target("docker"), target("lxd", kernel_modules=frozenset()), kernel={"modules": ["overlay"]}) == (
        "Service 'web' goes to 'dock1', a Docker container (1 of 2 candidates fits).\n"
        "    dock1: chosen, the only one that fits; score 92 (headroom 50).\n"
        "    lab: rejected, its kernel has not loaded overlay [kernel_modules]; it would fit if you run 'modprobe -a\n"
        "         overlay' on lab.\n"
        "Why a Docker container:\n"
        "    - kernel.modules: the kernel of dock1 has overlay, and a Docker container shares it."
    )


def test_the_narrowest_of_several_is_chosen_and_the_others_are_said_to_fit():
    assert text(target("proxmox"), target("lxd"), target("docker")) == (
        "Service 'web' goes to 'dock1', a Docker container (3 of 3 candidates fit).\n"
        "    dock1: chosen, the narrowest scope that fits (application); score 92 (headroom 50).\n"
        "    lab: fits as an LXC container; score 92 (headroom 50); made from 'debian/12' alone: 'as' does not "
        "describe\n"
        "         it.\n"
        "    pve/pve1: fits as a Proxmox VM; score 92 (headroom 50); made from 'debian-12-cloud' alone: 'as' does not\n"
        "              describe it."
    )


def test_where_none_fits_all_reasons_and_the_nearest_are_told():
    assert text(target("docker"), target("lxd"), isolation="machine", memory=9000) == (
        "No candidate fits service 'web' (0 of 2).\n"
        "    dock1: rejected, isolates by process, machine wanted [isolation: never]; needs 8.8 GiB of memory, has 8\n"
        "           GiB in all [memory: never]; what would help: relax 'isolation' and 'memory'.\n"
        "    lab: rejected, isolates by user namespace, machine wanted [isolation: never]; needs 8.8 GiB of memory, "
        "has\n"
        "         8 GiB in all [memory: never]; what would help: relax 'isolation' and 'memory'.\n"
        "The nearest is dock1: 2 reasons against it, all of which take a change of the needs."
    )


def test_where_one_reason_can_be_mended_it_is_said_to_be_the_only_one():
    assert text(target("docker", memory_free=32), memory=64) == (
        "No candidate fits service 'web' (0 of 1).\n"
        "    dock1: rejected, needs 64 MiB of memory, has 32 MiB free [memory]; it would fit if you free 32 MiB.\n"
        "The nearest is dock1: 1 reason against it, which can be mended."
    )


def test_a_remedy_that_is_not_enough_only_would_help():
    assert text(target("docker", memory_free=32), memory=64, init=True) == (
        "No candidate fits service 'web' (0 of 1).\n"
        "    dock1: rejected, an application container has no init system as PID 1, which is wanted [init: never];\n"
        "           needs 64 MiB of memory, has 32 MiB free [memory]; what would help: free 32 MiB; and relax 'init'.\n"
        "The nearest is dock1: 2 reasons against it, 1 of which takes a change of the needs."
    )


def test_a_service_that_stays_is_said_to_stay():
    there = target("lxd", instances=(instance("lxd"),))
    assert text(target("docker"), there) == (
        "Service 'web' stays on 'lab', an LXC container (2 of 2 candidates fit).\n"
        "    dock1: fits as a Docker container; score 92 (headroom 50).\n"
        "    lab: chosen, it is there and still fits; score 92 (headroom 50); made from 'debian/12' alone: 'as' does\n"
        "         not describe it.\n"
        "Why an LXC container:\n"
        "    - it is an LXC container already; dock1 would fit as a Docker container, which is narrower: 'relocate:\n"
        "      true' moves it there."
    )


def test_a_service_that_no_longer_fits_is_left_and_what_to_do_is_told():
    there = target("docker", instances=(instance("docker"),))
    assert text(there, target("proxmox"), kernel={"own": True}) == (
        "Service 'web' is on 'dock1', a Docker container, which no longer fits it (1 of 2 candidates fits).\n"
        "    pve/pve1: fits as a Proxmox VM; score 92 (headroom 50); made from 'debian-12-cloud' alone: 'as' does not\n"
        "              describe it.\n"
        "    dock1: rejected, it shares the host's kernel, but a kernel of its own is wanted [kernel_own: never]; "
        "what\n"
        "           would help: relax 'kernel.own'.\n"
        "It is left as it is: relax the need, or let 'on_form_change: replace' move it."
    )


def test_a_target_that_does_not_answer_says_only_that():
    gone = Target(name="gone", kind="docker", trouble="it does not answer within 10 s", remedy="start its dockerd")
    assert text(gone, memory=64, init=True) == (
        "No candidate fits service 'web' (0 of 1).\n"
        "    gone: rejected, it does not answer within 10 s [reachable]; what would help: start its dockerd.\n"
        "The nearest is gone: 1 reason against it, which can be mended."
    )


def test_no_candidates_at_all_are_said():
    assert text() == "Service 'web' has no candidates: no target offers any form."


def test_grants_estimates_and_what_was_accepted_are_said_of_the_chosen():
    privileged = {"docker_container": {"image": "web:1", "capabilities": ["NET_ADMIN"], "pid_mode": "host"}}
    blind = target("docker", kernel_version=None, origins={"memory_free": "estimated"})
    said = text(blind, made_as=privileged, accept_unknown=True, kernel={"version": ">=5"})
    assert said == (
        "Service 'web' goes to 'dock1', a Docker container (1 of 1 candidate fits).\n"
        "    dock1: chosen, the only one that fits; score 88 (headroom 50, fewest_grants 80); grants: capability\n"
        "           NET_ADMIN, host pid; accepted though cannot tell its kernel's version [kernel_version: unknown];\n"
        "           its free memory is estimated: the total less the limits of its containers."
    )


def test_what_is_optional_and_not_met_is_said_of_the_chosen_alone():
    modules = [{"name": "overlay", "optional": True}, {"name": "zfs", "optional": True}]
    said = text(
        target("docker"),
        dataclasses.replace(target("docker"), name="dock2"),
        kernel={"modules": modules, "sysctls": {"vm.swappiness": {"value": "==1", "optional": True}}},
    )
    assert " ".join(said.split()).count("optional needs that are not met:") == 1
    assert "optional needs that are not met: kernel.modules zfs, kernel.sysctls vm.swappiness == 1" in " ".join(
        said.split()
    )


class OtherForm(DockerContainer):
    """Another one that the same engine offers."""

    name = "other_form"


def verdict(name: str, kind: str = "docker", total: int = 50, grants: tuple = (), **changes) -> Verdict:
    one = dataclasses.replace(candidate(kind), target=name, node=name, **changes)
    return Verdict(candidate=one, total=total, grants=grants)


@pytest.mark.parametrize(
    ("rivals", "why"),
    [
        pytest.param([], "the only one that fits", id="alone"),
        pytest.param([verdict("b", "lxd")], "the narrowest scope that fits (application)", id="the others are wider"),
        pytest.param(
            [verdict("b", grants=(Grant(kind="privileged"),), total=90), verdict("c", "lxd")],
            "the fewest grants in the narrowest scope that fits (application)",
            id="the others need more",
        ),
        pytest.param(
            [verdict("b", total=49), verdict("c", grants=(Grant(kind="privileged"),), total=90)],
            "the best score in the narrowest scope that fits (application)",
            id="the others are worth less",
        ),
        pytest.param(
            [verdict("b", grants=(Grant(kind="device", wish=True),))],
            "the first declared of equals in the narrowest scope that fits (application)",
            id="another is equal but for what a wish is granted",
        ),
        pytest.param(
            [verdict("b"), verdict("c", total=10)],
            "the first declared of equals in the narrowest scope that fits (application)",
            id="another is equal",
        ),
    ],
)
def test_the_reason_for_the_choice_is_the_one_that_decided(rivals, why):
    chosen = verdict("a")
    said = " ".join(explain(Decision(service="web", verdicts=(chosen, *rivals), chosen=chosen)).split())
    assert f"a: chosen, {why}; score 50" in said


def test_where_a_place_offers_several_forms_each_line_says_which():
    bad = Failure(rule="init", reason="no", when="never")
    lines = explain(
        Decision(
            service="web",
            verdicts=(
                dataclasses.replace(verdict("a"), failures=(bad,)),
                dataclasses.replace(verdict("a", form=OtherForm()), failures=(bad, bad)),
                dataclasses.replace(verdict("b"), failures=(bad,)),
            ),
        )
    ).splitlines()
    assert [line.split(":")[0].strip() for line in lines[1:]] == [
        "a (docker_container)",
        "a (other_form)",
        "b",
        "The nearest is a (docker_container)",
    ]


def test_a_line_is_no_longer_than_110_characters():
    said = text(target("docker"), target("lxd"), isolation="machine", memory=9000, cpus=77, kernel={"own": True})
    assert max(map(len, said.splitlines())) <= 110


def test_the_data_says_the_same_as_the_text():
    data = as_data(decided(target("docker"), target("proxmox", memory_free=10), memory=64))
    assert data == {
        "chosen": {"target": "dock1", "node": "dock1", "form": "docker_container"},
        "proof": [],
        "verdicts": [
            {
                "target": "dock1",
                "node": "dock1",
                "form": "docker_container",
                "scope": "application",
                "fits": True,
                "failures": [],
                "accepted": [],
                "grants": [],
                "scores": {"headroom": 49, **FULL},
                "total": 92,
            },
            {
                "target": "pve",
                "node": "pve1",
                "form": "proxmox_vm",
                "scope": "machine",
                "fits": False,
                "failures": [
                    {
                        "rule": "memory",
                        "reason": "needs 64 MiB of memory, has 10 MiB free",
                        "when": "not_now",
                        "remedy": "free 54 MiB",
                    }
                ],
                "accepted": [],
                "grants": [],
                "scores": {"headroom": 0, **FULL},
                "total": 83,
            },
        ],
    }


def test_the_data_of_no_choice_has_none():
    assert as_data(decided()) == {"chosen": None, "proof": [], "verdicts": []}


def test_the_proof_ends_the_explanation_and_wraps_as_the_rest_does():
    narrow = target("docker", kernel_sysctls={"vm.max_map_count": "65530"})
    assert text(narrow, target("proxmox"), kernel={"sysctls": {"vm.max_map_count": 262144}}).splitlines()[-3:] == [
        "Why a Proxmox VM:",
        "    - vm.max_map_count>=262144 is not namespaced; dock1 has 65530; so it takes a Proxmox VM, whose kernel is",
        "      its own.",
    ]


def test_what_is_named_in_as_is_not_said_to_be_made_from_no_more():
    assert "made from" not in text(target("lxd"), made_as={"lxd_container": {"source": {"alias": "debian/12"}}})


def test_an_image_without_a_name_is_named_by_its_id():
    nameless = dataclasses.replace(candidate("lxd", of=service()).image, names=())
    assert f"made from '{'f' * 64}' alone" in " ".join(text(target("lxd", images=(nameless,))).split())


def test_the_data_names_grants_and_what_was_accepted():
    of = {"docker_container": {"image": "web:1", "pid_mode": "host"}}
    blind = target("docker", kernel_version=None)
    (verdict,) = as_data(decided(blind, made_as=of, accept_unknown=True, kernel={"version": ">=5"}))["verdicts"]
    assert (verdict["fits"], verdict["grants"]) == (True, ["host pid"])
    assert verdict["accepted"] == [
        {
            "rule": "kernel_version",
            "reason": "cannot tell its kernel's version",
            "when": "unknown",
            "remedy": "declare 'kernel_version' in the target's rightscope_facts",
        }
    ]


def test_what_stays_and_whose_image_has_gone_is_told_without_one():
    said = text(target("lxd", images=(), instances=(instance("lxd"),)))
    assert said.startswith("Service 'web' stays on 'lab', an LXC container (1 of 1 candidate fits).")
    assert "made from" not in said
