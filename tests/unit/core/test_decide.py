# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is chosen among those that fit, and how it is said."""

from __future__ import annotations

from ansible_collections.rightscope.deploy.plugins.plugin_utils._candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._decision.decide import decide
from ansible_collections.rightscope.deploy.plugins.plugin_utils._decision.explain import as_data, explain
from ansible_collections.rightscope.deploy.plugins.plugin_utils._model import Target

from .builders import instance, service, target

WEB = {"docker_container": {"image": "web:1"}}


def decided(*targets, made_as=None, weights=None, accept_unknown=False, **needs):
    of = service(made_as=WEB if made_as is None else made_as, **needs)
    return decide(of, candidates(of, targets), weights=weights or {}, accept_unknown=accept_unknown)


def chosen(*targets, **more) -> str | None:
    decision = decided(*targets, **more)
    return decision.chosen and decision.chosen.candidate.target


def test_the_narrowest_scope_wins_whatever_the_order():
    places = [target("proxmox"), target("lxd"), target("docker")]
    assert chosen(*places) == "dock1"
    assert chosen(*places, init=True) == "lab"
    assert chosen(*places, kernel={"own": True}) == "pve"


def test_within_a_scope_the_best_score_wins_and_then_the_first_declared():
    full = target("docker", name="full", memory_free=500)
    empty = target("docker", name="empty", memory_free=8000)
    twin = target("docker", name="twin", memory_free=8000)
    assert chosen(full, empty, twin) == "empty"
    assert chosen(full, twin, empty) == "twin"
    assert chosen(full, empty, weights={"headroom": 0}) == "full"


def test_fewer_grants_win_over_a_better_score():
    system = {"lxd_container": {"config": {"security.nesting": True}}}
    decision = decided(target("lxd"), init=True, made_as=system)
    assert decision.chosen.grants == ("nesting",)


def test_a_service_keeps_its_place_while_it_fits_there():
    there = target("lxd", instances=(instance("lxd"),))
    decision = decided(target("docker"), there)
    assert decision.stays
    assert decision.chosen.candidate.target == "lab"
    assert explain(decision).startswith("Service 'web' stays on 'lab', an LXC container (2 of 2 candidates fit).")


def test_where_it_no_longer_fits_nothing_is_chosen_and_it_is_said():
    there = target("docker", instances=(instance("docker"),))
    decision = decided(there, target("proxmox"), kernel={"own": True})
    assert decision.chosen is None
    text = explain(decision)
    assert text.startswith("Service 'web' is on 'dock1', a Docker container, which no longer fits it")
    assert "It is left as it is: relax the need, or remove the service with 'state: absent'" in text


def test_an_unknown_is_accepted_only_when_asked_for():
    blind = target("docker", kernel_version=None)
    needs = {"kernel": {"version": ">=5"}}
    assert chosen(blind, **needs) is None
    decision = decided(blind, accept_unknown=True, **needs)
    assert [failure.rule for failure in decision.chosen.accepted] == ["kernel_version"]
    text = " ".join(explain(decision).split())
    assert "accepted though cannot tell its kernel's version [kernel_version: unknown]" in text


def test_a_target_that_does_not_answer_has_that_one_reason():
    gone = Target(name="gone", kind="docker", trouble="it does not answer", remedy="start it")
    decision = decided(gone, target("docker"), memory=1)
    (verdict,) = [one for one in decision.verdicts if one.candidate.target == "gone"]
    assert [failure.rule for failure in verdict.failures] == ["reachable"]
    assert decision.chosen.candidate.target == "dock1"


def test_the_whole_text_where_one_is_chosen():
    decision = decided(target("docker"), target("lxd", kernel_modules=frozenset()), kernel={"modules": ["overlay"]})
    assert explain(decision) == (
        "Service 'web' goes to 'dock1', a Docker container (1 of 2 candidates fits).\n"
        "    dock1: chosen, the only one that fits; score 83 (headroom 50, image_present 100, wishes 100).\n"
        "    lab: rejected, its kernel has not loaded overlay [kernel_modules]; it would fit if you run 'modprobe -a\n"
        "         overlay' on lab."
    )


def test_the_whole_text_where_none_fits():
    decision = decided(target("docker"), target("lxd"), isolation="machine", memory=9000)
    assert explain(decision) == (
        "No candidate fits service 'web' (0 of 2).\n"
        "    dock1: rejected, isolates by process, machine wanted [isolation: never]; needs 8.8 GiB of memory, has 8\n"
        "           GiB in all [memory: never].\n"
        "    lab: rejected, isolates by user namespace, machine wanted [isolation: never]; needs 8.8 GiB of "
        "memory, has\n         8 GiB in all [memory: never].\n"
        "The nearest is dock1: 2 reasons against it, 2 of them for ever."
    )


def test_no_candidates_at_all_are_said():
    assert explain(decided()) == "Service 'web' has no candidates: no target offers any form."


def test_the_nearest_miss_comes_first():
    decision = decided(target("docker", memory_free=10), target("lxd"), memory=64, isolation="machine")
    assert [len(verdict.failures) for verdict in decision.verdicts] == [1, 2]


def test_the_data_has_every_verdict():
    data = as_data(decided(target("docker"), target("lxd")))
    assert data["chosen"] == {"target": "dock1", "node": "dock1", "form": "docker_container"}
    assert set(data["verdicts"][0]) == {
        *("target", "node", "form", "scope", "fits", "failures", "accepted", "grants", "scores", "total")
    }
