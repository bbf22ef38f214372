# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is chosen among those that fit."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import decide, judge
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.explanation.digest import digest_of
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Content, Decision, Target

from .builders import candidate, instance, service, target

WEB = {"docker_container": {"image": "web:1"}}
OWN_KERNEL = {"kernel": {"own": True}}


def decided(*targets, made_as=None, weights=None, accept_unknown=False, **needs) -> Decision:
    of = service(made_as=WEB if made_as is None else made_as, **needs)
    return decide(of, candidates(of, targets), weights=weights or {}, accept_unknown=accept_unknown)


def chosen(*targets, **more) -> str | None:
    decision = decided(*targets, **more)
    return decision.chosen and decision.chosen.candidate.target


@pytest.mark.parametrize(
    ("needs", "where"),
    [
        pytest.param({}, "dock1", id="an application goes into a container of one"),
        pytest.param({"init": True}, "lab", id="an init system wants a system"),
        pytest.param({"processes": 3}, "lab", id="several processes want a system"),
        pytest.param({"isolation": "user_namespace"}, "lab", id="a user namespace"),
        pytest.param({"os_family": "freebsd", "forms": ["proxmox_vm"]}, None, id="a system that nobody has"),
        pytest.param(OWN_KERNEL, "pve", id="a kernel of its own wants a machine"),
        pytest.param({"isolation": "machine"}, "pve", id="so does a machine's isolation"),
        pytest.param({"kernel": {"modules": ["zfs"]}}, "pve", id="so does a module that no host has loaded"),
    ],
)
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)], ids=str)
def test_the_narrowest_scope_wins_whatever_the_order(needs, where, order):
    places = [target("proxmox"), target("lxd"), target("docker")]
    assert chosen(*[places[index] for index in order], **needs) == where


def test_within_a_scope_the_best_score_wins_and_then_the_first_declared():
    full = target("docker", name="full", memory_free=500)
    empty = target("docker", name="empty", memory_free=8000)
    twin = target("docker", name="twin", memory_free=8000)
    assert chosen(full, empty, twin) == "empty"
    assert chosen(full, twin, empty) == "twin"
    assert chosen(full, empty, weights={"headroom": 0}) == "full"


def test_fewer_grants_win_over_a_better_score():
    of = service(made_as=WEB)
    granted = candidate("docker", of, target="granted", options={"pid_mode": "host"}, memory_free=8000)
    plain = candidate("docker", of, target="plain", memory_free=100)
    decision = decide(of, [granted, plain])
    assert [verdict.candidate.target for verdict in decision.verdicts] == ["plain", "granted"]
    assert decision.verdicts[0].total < decision.verdicts[1].total
    assert decision.chosen.grants == ()


def test_a_narrower_scope_wins_over_fewer_grants():
    privileged = {"docker_container": {"image": "web:1", "privileged": True}}
    decision = decided(target("proxmox"), target("docker"), made_as=privileged, max_privilege="privileged")
    assert decision.chosen.candidate.target == "dock1"
    assert list(map(str, decision.chosen.grants)) == ["privileged"]


@pytest.mark.parametrize("order", [1, -1], ids=["first", "last"])
def test_a_service_keeps_its_place_while_it_fits_there(order):
    there = target("proxmox", instances=(instance("proxmox"),))
    decision = decided(*[target("docker"), there][::order])
    assert decision.stays
    assert decision.chosen.candidate.target == "pve"


def test_where_it_no_longer_fits_nothing_is_chosen_even_if_another_would():
    there = target("docker", instances=(instance("docker"),))
    decision = decided(there, target("proxmox"), **OWN_KERNEL)
    assert (decision.chosen, decision.stays) == (None, True)
    assert [verdict.fits for verdict in decision.verdicts] == [True, False]


def test_what_a_service_holds_already_is_no_reason_to_move_it():
    there = target("docker", instances=(instance("docker", memory=4000),), memory_free=100, storages={"docker": 0})
    assert chosen(there, target("docker", name="empty"), memory=4096, disk="10 GiB") == "dock1"


def test_the_mark_of_another_service_is_no_place_of_this_one():
    other = target("docker", instances=(instance("docker", "shop"),))
    assert not decided(other, target("lxd")).stays


def test_an_unknown_is_accepted_only_when_asked_for():
    blind = target("docker", kernel_version=None)
    needs = {"kernel": {"version": ">=5"}}
    assert chosen(blind, **needs) is None
    decision = decided(blind, accept_unknown=True, **needs)
    assert [failure.rule for failure in decision.chosen.accepted] == ["kernel_version"]
    assert decision.chosen.failures == ()


def test_to_accept_the_unknown_accepts_nothing_that_is_known():
    blind = target("docker", kernel_version=None, cpus=1)
    (verdict,) = decided(blind, accept_unknown=True, kernel={"version": ">=5"}, cpus=2).verdicts
    assert [failure.rule for failure in verdict.failures] == ["cpus"]
    assert [failure.rule for failure in verdict.accepted] == ["kernel_version"]


def test_a_target_that_does_not_answer_has_that_one_reason():
    gone = Target(name="gone", kind="docker", trouble="it does not answer", remedy="start it")
    decision = decided(gone, target("docker"), memory=64)
    (verdict,) = [one for one in decision.verdicts if one.candidate.target == "gone"]
    assert [failure.rule for failure in verdict.failures] == ["reachable"]
    assert (verdict.scores, verdict.total) == ({}, 0)
    assert decision.chosen.candidate.target == "dock1"


def test_a_target_that_does_not_answer_is_still_judged_by_what_needs_no_answer():
    gone = Target(name="gone", kind="docker", trouble="it does not answer", labels={"zone": "b"})
    (verdict,) = decided(gone, labels={"zone": "a"}, forms=["proxmox_vm"]).verdicts
    assert [failure.rule for failure in verdict.failures] == ["reachable", "labels", "forms"]


def test_those_that_do_not_fit_come_nearest_first():
    near = target("docker", name="near", memory_free=10)
    far = target("docker", name="far", memory_free=10, storages={"docker": 0})
    wrong = target("docker", name="wrong", memory=32)
    decision = decided(wrong, far, near, memory=64, disk="1 GiB")
    assert [verdict.candidate.target for verdict in decision.verdicts] == ["near", "far", "wrong"]


def test_a_verdict_is_the_same_alone_and_in_company():
    of = service(made_as=WEB, memory=64)
    places = candidates(of, [target("docker"), target("lxd")])
    assert {one.place for one in places} == {verdict.candidate.place for verdict in decide(of, places).verdicts}
    assert [judge(of, place) for place in places] == list(decide(of, places).verdicts)


def test_what_the_needs_take_is_among_the_grants():
    (verdict,) = decided(target("docker"), privileges=["NET_ADMIN"], host_view=True).verdicts
    assert list(map(str, verdict.grants)) == ["capability NET_ADMIN", "host pid"]


def test_a_privilege_that_the_user_did_not_allow_is_never_given_and_a_wider_scope_is():
    decision = decided(target("docker"), target("proxmox"), privileges=["privileged"])
    assert decision.chosen.candidate.target == "pve"
    assert decision.chosen.grants == ()
    assert [failure.rule for failure in decision.verdicts[1].failures] == ["max_privilege"]


def test_the_decision_has_its_proof_only_where_something_was_chosen():
    narrow, wide = target("docker"), target("proxmox")
    assert decided(narrow, wide, **OWN_KERNEL).proof == (
        "kernel.own: it shares the host's kernel, but a kernel of its own is wanted (dock1).",
    )
    assert decided(narrow, **OWN_KERNEL).proof == ()


def test_a_target_that_does_not_answer_is_granted_nothing_for_a_wish():
    gone = Target(name="gone", kind="docker", trouble="it does not answer")
    (verdict,) = decided(gone, privileges=[{"name": "NET_ADMIN", "optional": True}]).verdicts
    assert (verdict.grants, verdict.candidate.grants) == ((), None)


def test_a_wish_that_comes_true_is_granted_and_counts_against_nobody():
    wish = [{"name": "NET_ADMIN", "optional": True}]
    (verdict,) = decided(target("docker"), privileges=["SYS_PTRACE", *wish]).verdicts
    assert [(str(grant), grant.wish) for grant in verdict.grants] == [
        ("capability SYS_PTRACE", False),
        ("capability NET_ADMIN", True),
    ]
    assert verdict.candidate.grants == verdict.grants
    assert verdict.scores["fewest_grants"] == 90


def test_one_that_does_not_answer_is_nearer_than_none():
    gone = Target(name="gone", kind="docker", trouble="it does not answer")
    decision = decided(gone, target("docker", cpus=1, memory_free=1), cpus=4, memory=64)
    assert [verdict.candidate.target for verdict in decision.verdicts] == ["dock1", "gone"]


def moved(*targets, move: str, **needs):
    of = service(made_as={**WEB, "lxd_container": {"source": {"alias": "debian/12"}}}, **needs)
    return decide(of, candidates(of, targets), move=move)


def place_of(decision) -> str | None:
    return decision.chosen and decision.chosen.candidate.target


def there(kind: str, **changes):
    return target(kind, instances=(dataclasses.replace(instance(kind), service="web"),), **changes)


@pytest.mark.parametrize(
    ("move", "needs", "where", "leaves"),
    [
        pytest.param("stay", {}, "lab", None, id="it stays, though a narrower scope fits"),
        pytest.param("if_needed", {}, "lab", None, id="it need not go"),
        pytest.param("if_better", {}, "dock1", "lab", id="a narrower scope is better"),
        pytest.param("if_better", {"init": True}, "lab", None, id="nothing else fits"),
        pytest.param("stay", {"isolation": "machine"}, None, None, id="it may not go"),
        pytest.param("if_needed", {"isolation": "machine"}, "pve", "lab", id="it must go"),
        pytest.param("if_needed", {"cpus": 9999}, None, None, id="it fits nowhere"),
    ],
)
def test_a_service_moves_only_where_it_may(move, needs, where, leaves):
    decision = moved(there("lxd"), target("docker"), target("proxmox"), move=move, **needs)
    assert place_of(decision) == where
    assert (decision.leaves and decision.leaves.candidate.target) == leaves
    assert decision.stays is (leaves is None)


@pytest.mark.parametrize(("has_image", "where"), [(True, "dock1"), (False, "dock2")])
def test_a_score_must_be_clearly_higher_to_move_for(has_image, where):
    """Half of the memory more is 8 points, and an image that is there already another 17."""
    here = there("docker") if has_image else there("docker", images=())
    decision = moved(here, target("docker", name="dock2", memory_free=8192), move="if_better")
    assert place_of(decision) == where


def test_it_does_not_move_beside_itself():
    """Two nodes of a cluster have one namespace: there cannot be a second one of the name and form."""
    nodes = tuple(dataclasses.replace(target("lxd").nodes[0], name=name) for name in ("m1", "m2"))
    mine = dataclasses.replace(instance("lxd", node="m1"), service="web")
    cluster = dataclasses.replace(target("lxd"), nodes=nodes, instances=(mine,))
    full = dataclasses.replace(nodes[0], facts=dataclasses.replace(nodes[0].facts, cpus=1))
    cluster = dataclasses.replace(cluster, nodes=(full, nodes[1]))
    assert place_of(moved(cluster, move="if_needed", cpus=2)) is None


def test_the_same_plan_has_the_same_name_and_another_one_another():
    def digest(of=None, free=4096, **more):
        of = of or service(made_as=WEB)
        return digest_of(
            of, "started", decide(of, candidates(of, [target("docker", memory_free=free)])), (), lambda x: x, **more
        )

    assert digest() == digest() == digest(free=4000)
    assert digest(service(made_as=WEB, memory=64)) != digest()
    assert digest(service(made_as={"docker_container": {"image": "web:1", "tty": True}})) != digest()
    assert digest(service(made_as=WEB, memory=6000), free=7000) != digest(service(made_as=WEB, memory=6000), free=100)


def test_what_is_behind_names_is_a_part_of_the_plan():
    def digest(**content):
        of = service(made_as={"docker_container": {"image": "web:1", "pull": "always", "env_file": "/e"}})
        place = dataclasses.replace(target("docker"), content=Content(**content))
        return digest_of(of, "started", decide(of, candidates(of, [place])), (), lambda x: x)

    assert digest(images={"web:1": "a"}, files={"/e": "a"}) == digest(
        images={"web:1": "a", "x": "y"}, files={"/e": "a"}
    )
    digests = {digest(images={"web:1": tag}, files={"/e": file}) for tag in "ab" for file in "ab"}
    assert len(digests) == 4


def test_what_is_on_a_node_that_is_offline_is_not_left_for_a_twin():
    gone = dataclasses.replace(target("lxd").nodes[0], name="m1", online=False)
    mine = dataclasses.replace(instance("lxd", node="m1"), service="web")
    cluster = dataclasses.replace(target("lxd"), nodes=(gone,), instances=(mine,))
    for move in ("if_needed", "if_better"):
        assert place_of(moved(cluster, target("docker"), move=move)) is None


def test_a_wish_that_is_taken_back_is_not_met_and_rejects_nothing():
    options = {"docker_container": {"image": "web:1", "cap_drop": ["NET_ADMIN"]}}
    decision = decided(target("docker"), made_as=options, privileges=[{"name": "NET_ADMIN", "optional": True}])
    assert place_of(decision) == "dock1"
    assert decision.chosen.candidate.met == ()
