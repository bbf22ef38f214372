# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which differences are believed: those that the delegate sees too."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.planning import make_plan
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.second_opinion import (
    agree,
    agreed_options,
    plan_with_opinion,
)

from .. import toy

OPTIONS = {"a": 1, "b": 2, "c": 3}


@pytest.fixture
def ask(clock, engine):
    """Plan for a toy that has none of the options; what the delegate calls the same is said."""

    def ask(same, *, names_in_diff: bool = False, options=None):
        engine.toys["90"] = toy.toy()
        engine.same, engine.names_in_diff = same, names_in_diff
        return plan_with_opinion(
            toy.job(clock), toy.site(engine, OPTIONS if options is None else options), tuple(engine.toys.values())
        )

    return ask


@pytest.mark.parametrize(
    ("same", "names", "left", "questions"),
    [
        pytest.param({"a", "b", "c"}, False, [], [("a", "b", "c")], id="all are the same"),
        pytest.param(set(), True, ["a", "b", "c"], [("a", "b", "c")], id="none is, and the diff names them"),
        pytest.param({"a", "b"}, True, ["c"], [("a", "b", "c")], id="some are, and the diff names the others"),
        pytest.param(
            {"a", "b"}, False, ["c"], [("a", "b", "c"), ("a",), ("b",), ("c",)], id="some are, so each is asked of"
        ),
        pytest.param(
            None, False, ["a", "b", "c"], [("a", "b", "c"), ("a",), ("b",), ("c",)], id="the delegate cannot tell"
        ),
    ],
)
def test_a_difference_is_believed_where_the_delegate_sees_it_too(ask, engine, same, names, left, questions):
    site, plan, warnings = ask(same, names_in_diff=names)
    assert sorted(plan.after.get("web", {})) == left
    assert engine.questions == questions
    assert bool(warnings) is (len(left) < 3)
    assert site.candidate.agreed.get("web", frozenset()) == {*"abc"} - {*left}


def test_a_single_option_is_asked_of_once(ask, engine):
    _site, plan, _warnings = ask(set(), options={"a": 1})
    assert (sorted(plan.after["web"]), engine.questions) == (["a"], [("a",)])


def test_the_warning_names_only_what_is_another_spelling(ask):
    _site, _plan, (warning,) = ask({"a"}, names_in_diff=True)
    assert warning == (
        "Service 'web': a is not set, wanted is 1, for 'web'. The delegate sees no difference, so it counts as "
        "another spelling of the same value, and nothing is changed for it."
    )


def test_where_nothing_differs_nobody_is_asked(clock, engine):
    engine.toys["90"] = toy.toy(options=OPTIONS)
    _site, plan, warnings = plan_with_opinion(toy.job(clock), toy.site(engine, OPTIONS), tuple(engine.toys.values()))
    assert (plan.changed, warnings, engine.questions) == (False, [], [])


def test_of_what_is_not_there_any_more_nobody_is_asked(clock, engine):
    engine.toys["90"] = toy.toy()
    job, site = toy.job(clock), toy.site(engine, OPTIONS)
    plan = make_plan(job, site, tuple(engine.toys.values()), "started")
    assert agreed_options(job, site, (), plan) == {}
    assert engine.questions == []


def test_what_was_agreed_before_stays_agreed(engine):
    site = agree(toy.site(engine, agreed={"web": frozenset({"a"}), "db": frozenset({"x"})}), {"web": frozenset({"b"})})
    assert site.candidate.agreed == {"web": {"a", "b"}, "db": {"x"}}
