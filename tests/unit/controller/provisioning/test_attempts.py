# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which candidate is tried, which one after it, and what is told of them all."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import ProvisioningError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.attempts import RACES, place
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Failure, Grant, Verdict
from tests.unit.core.builders import service

from .. import toy


@pytest.fixture
def engines(form, clock):
    """The engines of three targets."""
    return {name: toy.ToyEngine(clock) for name in ("a", "b", "c")}


@pytest.fixture
def run(clock, engines):
    """Place the service, by default on the first of three candidates."""

    def run(decision=None, claim=None, **options):
        targets = {name: toy.target(engine, name) for name, engine in engines.items()}
        decision = decision or toy.decision(*map(toy.candidate, engines))
        return place(toy.job(clock, **options), decision, engines, targets, claim)

    return run


def made_on(engines) -> list[str]:
    return [name for name, engine in engines.items() if engine.toys]


def test_the_chosen_one_is_tried_and_no_other(run, engines):
    result = run()
    assert (made_on(engines), result["placement"]["target"]) == (["a"], "a")
    assert "attempts" not in result
    assert [engine.looks for engine in engines.values()][1:] == [0, 0]


def test_where_it_fails_the_next_best_is_made_and_what_remains_of_the_first_is_removed(run, engines):
    engines["a"].failures["set"] = [toy.failure("set it")]
    claims = []

    result = run(claim=lambda candidate: claims.append(candidate.target))

    assert engines["a"].calls == ["create 100", "set 100", "remove 100"]
    assert (made_on(engines), result["placement"]["target"], result["changed"]) == (["b"], "b", True)
    assert result["attempts"] == [
        {"target": "a", "node": "a", "form": toy.NAME, "error": "toy could not set it: no"},
        {"target": "b", "node": "b", "form": toy.NAME, "error": None},
    ]
    warning = "The better candidate failed, so it went to 'b'. 'a': toy could not set it: no."
    assert result["warnings"] == [warning]
    assert "goes to 'b'" in result["explanation"]
    assert claims == ["b"]


def test_where_something_remains_nothing_is_made_anywhere_else(run, engines):
    engines["a"].failures.update({"set": [toy.failure("set it")], "remove": [toy.failure("remove it")] * 1000})

    with pytest.raises(ProvisioningError) as caught:
        run()

    reason = "toy could not set it: no; what the attempt made is still there (toy could not remove it: no)"
    message = f"Service 'web' could not be started. On 'a' (docker_container): {reason}."
    assert str(caught.value) == message
    assert caught.value.result["changed"] is True
    assert [attempt["error"] for attempt in caught.value.result["attempts"]] == [reason]
    assert made_on(engines) == ["a"]


def test_where_all_fail_each_reason_is_told_and_nothing_was_changed(run, engines):
    for engine in engines.values():
        engine.failures["create"] = [toy.failure("create it")]

    with pytest.raises(ProvisioningError) as caught:
        run()

    reasons = " ".join(f"On '{name}' (docker_container): toy could not create it: no." for name in engines)
    assert str(caught.value) == f"Service 'web' could not be started. {reasons}"
    assert (caught.value.result["changed"], len(caught.value.result["attempts"])) == (False, 3)


@pytest.mark.parametrize(("state", "verb"), [("present", "made"), ("stopped", "stopped"), ("restarted", "restarted")])
def test_what_could_not_be_done_is_said_by_its_state(form, clock, engine, state, verb):
    engine.failures["create"] = [toy.failure("create it")]
    job = toy.job(clock, state, max_attempts=1)
    with pytest.raises(ProvisioningError, match=f"could not be {verb}"):
        place(job, toy.decision(toy.candidate()), {"dock1": engine}, {"dock1": toy.target(engine)})


def test_a_refusal_ends_it_for_another_place_would_only_go_around_it(run, engines, form):
    form.plan_refusal = "it would be lost"

    with pytest.raises(ProvisioningError, match="^Service 'web' is left as it is: it would be lost.$") as caught:
        run()

    attempts = [{"target": "a", "node": "a", "form": toy.NAME, "error": "it would be lost"}]
    assert caught.value.result == {"changed": False, "attempts": attempts}
    assert [engine.calls for engine in engines.values()] == [[], [], []]


@pytest.mark.parametrize(("most", "tried"), [(1, ["a"]), (2, ["a", "b"]), (9, ["a", "b", "c"])])
def test_no_more_are_tried_than_the_user_allows(run, engines, most, tried):
    for engine in engines.values():
        engine.failures["create"] = [toy.failure("create it")]
    with pytest.raises(ProvisioningError) as caught:
        run(max_attempts=most)
    assert [attempt["target"] for attempt in caught.value.result["attempts"]] == tried


def test_a_service_that_has_a_place_is_tried_there_alone(run, engines):
    engines["a"].toys["90"] = toy.toy(options={"size": 1})
    engines["a"].failures["set"] = [toy.failure("set it")]
    stays = toy.decision(toy.candidate("a", {"size": 2}), toy.candidate("b"), stays=True)

    with pytest.raises(ProvisioningError) as caught:
        run(stays)

    assert [attempt["target"] for attempt in caught.value.result["attempts"]] == ["a"]
    assert made_on(engines) == ["a"]


def test_what_moves_is_not_tried_in_the_place_that_it_leaves(run, engines):
    engines["b"].failures["create"] = [toy.failure("create it")]
    old, new, other = (Verdict(candidate=toy.candidate(name)) for name in "abc")
    moves = toy.decision(toy.candidate("a"), verdicts=(old, new, other), chosen=new, leaves=old)

    result = run(moves)

    assert [attempt["target"] for attempt in result["attempts"]] == ["b", "c"]


def test_what_does_not_fit_is_not_tried(run, engines):
    engines["a"].failures["create"] = [toy.failure("create it")]
    chosen, misfit, last = (Verdict(candidate=toy.candidate(name)) for name in "abc")
    misfit = dataclasses.replace(misfit, failures=(Failure(reason="no", when="never"),))
    result = run(toy.decision(toy.candidate("a"), verdicts=(chosen, misfit, last), chosen=chosen))
    assert [attempt["target"] for attempt in result["attempts"]] == ["a", "c"]


def test_a_form_that_nobody_described_is_not_tried_after_one_that_was(form, clock, engines):
    engines["a"].failures["create"] = [toy.failure("create it")]
    described = service(made_as={toy.NAME: {"image": "web:1"}})
    other = toy.candidate("b", form=FORMS["lxd_container"])
    job = toy.job(clock, of=described)
    targets = {name: toy.target(engine, name) for name, engine in engines.items()}

    with pytest.raises(ProvisioningError) as caught:
        place(job, toy.decision(toy.candidate("a"), other), engines, targets)

    assert [attempt["target"] for attempt in caught.value.result["attempts"]] == ["a"]


def test_where_the_chosen_form_itself_is_one_that_nobody_described_it_is_tried_elsewhere_too(form, clock, engines):
    engines["a"].failures["create"] = [toy.failure("create it")]
    described = service(made_as={"lxd_container": {"ephemeral": False}})
    targets = {name: toy.target(engine, name) for name, engine in engines.items()}

    decision = toy.decision(toy.candidate("a"), toy.candidate("b"))
    result = place(toy.job(clock, of=described), decision, engines, targets)

    assert [attempt["target"] for attempt in result["attempts"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("races", "made"),
    [pytest.param(1, "201", id="once"), pytest.param(RACES - 1, f"20{RACES - 1}", id="as often as it is tried")],
)
def test_an_id_that_somebody_was_quicker_to_take_is_made_up_for_by_the_next(run, engines, races, made):
    engines["a"].failures["create"] = [toy.failure("create it", next_id=201 + race) for race in range(races)]

    result = run()

    assert result["placement"]["id"] == made
    assert "attempts" not in result
    assert engines["a"].calls.count("remove 100") == 0


def test_where_it_is_taken_again_and_again_the_next_candidate_is_tried(run, engines):
    engines["a"].failures["create"] = [toy.failure("create it", next_id=201 + race) for race in range(100)]

    result = run()

    assert len(engines["a"].calls) == RACES
    assert result["attempts"][0]["error"] == f"each id was taken by somebody else, the last one was {200 + RACES}"
    assert made_on(engines) == ["b"]


def test_only_what_the_needs_take_is_given(run, clock, engines, monkeypatch):
    """A grant without a reason is one that the user wrote under 'as', where it is given already."""
    taken = []
    by_need, by_user = Grant(kind="device", value="/dev/fuse", why="devices"), Grant(kind="capability", value="X")
    verdict = Verdict(candidate=toy.candidate("a"), grants=(by_need, by_user))
    module = "ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.attempts.converge"
    monkeypatch.setattr(module, lambda _job, site: taken.append(site.candidate.grants) or {})
    run(toy.decision(toy.candidate("a"), verdicts=(verdict,), chosen=verdict))
    assert taken == [(by_need,)]
