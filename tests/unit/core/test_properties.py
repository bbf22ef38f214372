# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every decision, whatever the service and the targets."""

from __future__ import annotations

import dataclasses
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as some

from ansible_collections.rightscope.deploy.plugins.plugin_utils._candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._decision.constraints import CONSTRAINTS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._decision.decide import decide, judge
from ansible_collections.rightscope.deploy.plugins.plugin_utils._decision.explain import explain
from ansible_collections.rightscope.deploy.plugins.plugin_utils._facts import FactsError, read_nodes
from ansible_collections.rightscope.deploy.plugins.plugin_utils._forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._model import Facts, KernelModule, Service, Target
from ansible_collections.rightscope.deploy.plugins.plugin_utils._requirements import RequirementsError, parse_service

from .builders import instance, service, target

NEEDS = {
    "os_family": some.sampled_from(["any", "linux", "debian", "ubuntu", "freebsd", "windows"]),
    "os_version": some.sampled_from(["12", "13"]),
    "architecture": some.sampled_from(["x86_64", "aarch64"]),
    "processes": some.integers(1, 4),
    "init": some.booleans(),
    "isolation": some.sampled_from(["process", "user_namespace", "machine"]),
    "cpus": some.sampled_from([0.5, 2, 8]),
    "memory": some.sampled_from([128, 4096, 6000, 20000]),
    "disk": some.sampled_from([1, 50, 500]),
    "kernel": some.fixed_dictionaries(
        {},
        optional={
            "own": some.booleans(),
            "version": some.sampled_from([">=5.15", "<5", ">=6.1,<6.2"]),
            "modules": some.lists(some.sampled_from(["overlay", "nbd", "zfs"]), max_size=2, unique=True),
        },
    ),
}
NEED_SETS = some.fixed_dictionaries({}, optional=NEEDS)
AS = {"docker_container": {"image": "web:1"}}


@some.composite
def targets(draw, least: int = 0):
    """Some targets of any kind, some of them knowing little."""
    made = []
    for number in range(draw(some.integers(least, 4))):
        kind = draw(some.sampled_from(["docker", "lxd", "proxmox"]))
        changes = draw(
            some.fixed_dictionaries(
                {},
                optional={
                    "kernel_version": some.sampled_from([None, "4.19", "6.12"]),
                    "kernel_modules": some.sampled_from([None, frozenset({"nbd"})]),
                    "memory_free": some.sampled_from([None, 64, 8000]),
                    "cpus": some.sampled_from([None, 1]),
                    "storages": some.sampled_from([None, {"default": 10}]),
                },
            )
        )
        made.append(target(kind, name=f"t{number}", node=f"t{number}", **changes))
    return made


def _decided(of: Service, places):
    return decide(of, candidates(of, places))


@given(NEED_SETS, targets())
def test_the_same_input_gives_the_same_decision(needs, places):
    of = service(made_as=AS, **needs)
    assert explain(_decided(of, places)) == explain(_decided(of, places))


@given(NEED_SETS, targets(least=1), some.randoms(use_true_random=False))
def test_order_matters_only_between_equals(needs, places, chance):
    of = service(made_as=AS, **needs)
    first = _decided(of, places)
    shuffled = list(places)
    chance.shuffle(shuffled)
    second = _decided(of, shuffled)

    def worth(verdict):
        return verdict and (verdict.candidate.scope, len(verdict.grants), verdict.total)

    assert worth(first.chosen) == worth(second.chosen)


@given(NEED_SETS, NEED_SETS, targets(least=1))
def test_a_further_need_never_widens_what_fits(needs, more, places):
    few = service(made_as=AS, **needs)
    # A need that was there already is kept: to replace it might loosen it.
    many = service(made_as=AS, **{**more, **needs})
    for one, other in zip(candidates(few, places), candidates(many, places), strict=True):
        if not judge(few, one).fits and one.image == other.image:
            assert not judge(many, other).fits


@given(NEED_SETS, targets(), targets())
def test_another_target_never_changes_a_verdict(needs, places, others):
    of = service(made_as=AS, **needs)
    moved = [dataclasses.replace(one, name=f"other-{one.name}") for one in others]
    alone = {verdict.candidate.target: verdict for verdict in _decided(of, places).verdicts}
    together = {verdict.candidate.target: verdict for verdict in _decided(of, [*moved, *places]).verdicts}
    assert all(together[name] == verdict for name, verdict in alone.items())


@given(NEED_SETS, targets())
def test_a_wish_never_changes_the_scope(needs, places):
    of = service(made_as=AS, **needs)
    wish = (*of.requirements.kernel_modules, KernelModule(name="dreamfs", optional=True))
    wishing = dataclasses.replace(of, requirements=dataclasses.replace(of.requirements, kernel_modules=wish))
    first, second = _decided(of, places).chosen, _decided(wishing, places).chosen
    assert (first and first.candidate.scope) == (second and second.candidate.scope)


@given(NEED_SETS, targets())
def test_each_failure_has_a_rule_a_sentence_and_a_when(needs, places):
    names = {rule.__name__ for rule in CONSTRAINTS}
    for verdict in _decided(service(made_as=AS, **needs), places).verdicts:
        for failure in verdict.failures:
            assert failure.rule in names
            assert failure.reason
            assert failure.when in ("never", "not_now", "unknown")


@given(NEED_SETS, targets())
def test_what_is_chosen_fits_and_has_the_narrowest_scope(needs, places):
    decision = _decided(service(made_as=AS, **needs), places)
    scopes = ["application", "system", "machine"]
    fitting = [scopes.index(verdict.candidate.scope) for verdict in decision.verdicts if verdict.fits]
    assert bool(fitting) == (decision.chosen is not None)
    if decision.chosen:
        assert decision.chosen.fits
        assert scopes.index(decision.chosen.candidate.scope) == min(fitting)


@given(NEED_SETS, targets(), some.booleans())
def test_what_is_unknown_is_accepted_only_by_choice_and_then_said(needs, places, accept):
    of = service(made_as=AS, **needs)
    for verdict in decide(of, candidates(of, places), accept_unknown=accept).verdicts:
        assert accept or not verdict.accepted
        assert {failure.when for failure in verdict.accepted} <= {"unknown"}
        assert not accept or "unknown" not in {failure.when for failure in verdict.failures}


@given(NEED_SETS, targets(least=1), some.integers(0, 3))
def test_a_service_stays_where_it_is_or_nowhere_is_chosen(needs, places, number):
    of = service(made_as=AS, **needs)
    home = places[number % len(places)]
    there = dataclasses.replace(instance(home.kind, node=home.name), service="web")
    moved = [dataclasses.replace(one, instances=(there,)) if one is home else one for one in places]
    decision = _decided(of, moved)
    assert decision.stays
    assert decision.chosen is None or decision.chosen.candidate.target == home.name


@given(NEED_SETS, targets())
def test_every_score_is_from_0_to_100_and_so_is_the_total(needs, places):
    for verdict in _decided(service(made_as=AS, **needs), places).verdicts:
        assert all(0 <= points <= 100 for points in [*verdict.scores.values(), verdict.total])


@given(NEED_SETS, targets())
def test_the_explanation_has_each_candidate_and_each_reason(needs, places):
    decision = _decided(service(made_as=AS, **needs), places)
    text = " ".join(explain(decision).split())
    for verdict in decision.verdicts:
        assert f"{verdict.candidate.place}: {'' if verdict.fits else 'rejected, '}" in text
        for failure in verdict.failures:
            assert f"{failure.reason} [{failure.rule}" in text
            assert not failure.remedy or failure.remedy in text


@given(NEED_SETS, targets(), some.sampled_from(["started", "stopped", "restarted", "present"]))
def test_whatever_is_chosen_can_be_planned(needs, places, state):
    of = service(made_as=AS, **needs)
    decision = _decided(of, places)
    if decision.chosen:
        one = decision.chosen.candidate
        place = next(place for place in places if place.name == one.target)
        plan = FORMS[one.form].plan(of, one, place, (), state)
        assert plan.changed
        assert plan.calls[0].creates
        assert plan.state == ("started" if state in ("started", "restarted") else "stopped")


ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=True) | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = some.sampled_from(
    [*NEEDS, "labels", "forms", "version", "modules", "own", "name", "image", "wanted", "nonsense"]
)
NESTED = some.recursive(
    ANYTHING, lambda inner: some.dictionaries(KEYS, inner, max_size=3) | some.lists(inner, max_size=2), max_leaves=12
)
SECRET = "S3NTINEL-value"
HIDDEN = some.recursive(
    some.just(SECRET),
    lambda inner: some.dictionaries(KEYS, inner, min_size=1, max_size=3) | some.lists(inner, min_size=1, max_size=2),
    max_leaves=8,
)


def _problems(name, requirements, made_as) -> tuple:
    try:
        parse_service(name, requirements, made_as, forms=tuple(FORMS))
    except RequirementsError as error:
        return error.problems
    return ()


@settings(max_examples=200)
@given(ANYTHING | some.dictionaries(KEYS, NESTED, max_size=5), ANYTHING, ANYTHING)
def test_any_input_is_read_or_refused_in_words(requirements, name, made_as):
    for problem in _problems(name, requirements, made_as):
        assert problem.path[0] in ("name", "requirements", "as")
        assert problem.message.startswith(("must ", "is ", "has ", "cannot "))


@given(some.dictionaries(KEYS, HIDDEN, min_size=1, max_size=5))
def test_no_value_is_ever_in_an_error(requirements):
    problems = _problems(SECRET, requirements, {"docker_container": SECRET})
    assert len(problems) >= 2
    assert SECRET.lower() not in " ".join(map(str, problems)).lower()


@given(some.dictionaries(some.sampled_from([field.name for field in dataclasses.fields(Facts)]), ANYTHING, max_size=3))
def test_any_declaration_is_read_and_judged_or_refused_in_a_sentence(declared):
    with suppress(FactsError):
        (node,) = read_nodes({"nodes": [{"name": "a"}]}, declared)
        of = service(made_as=AS, cpus=1, memory=1, kernel={"version": ">=5"}, isolation="machine", architecture="amd64")
        explain(_decided(of, [Target(name="a", kind="docker", nodes=(node,))]))
