# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all targets are asked, and when their answers are no ground to decide on."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import survey as module
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.decisions import DecisionOptions
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.locations import LocationError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.survey import SurveyError, survey
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import IF_NEEDED
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Target
from tests.unit.core.builders import service

from . import toy

WEB = service(made_as={"docker_container": {"image": "web:1", "pull": "always"}})
GONE = Target(name="gone", kind="lxd", trouble="it does not answer", remedy="start it")


@pytest.fixture
def warnings(monkeypatch) -> list[str]:
    shown = []
    monkeypatch.setattr(module.display, "warning", shown.append)
    return shown


@pytest.fixture
def ask(monkeypatch, warnings):
    """Survey targets that answer like this; what they are asked is noted."""

    def ask(*targets, options=None, services=(WEB,)):
        def discover(hosts, names, timeout, images, paths, *, ttl, sought):
            ask.asked = {"names": names, "timeout": timeout, "images": images, "ttl": ttl, "sought": sought}
            return {name: list(targets) for name in names}

        monkeypatch.setattr(module, "discover_all", discover)
        return survey([], list(services), options or DecisionOptions(), timeout=3, ttl=5)

    return ask


def there(*instances, **more) -> Target:
    return Target(name="dock1", kind="docker", instances=instances, **more)


def test_all_services_are_asked_for_at_once(ask):
    db = service("db", made_as={"docker_container": {"image": "db:1"}})
    targets = ask(there(), services=(WEB, db))
    assert set(targets) == {"web", "db"}
    assert (ask.asked["names"], ask.asked["timeout"], ask.asked["ttl"]) == (["web", "db"], 3, 5)
    assert list(ask.asked["images"]) == ["web:1", "db:1"]


@pytest.mark.parametrize(("state", "images"), [("started", ("web:1",)), ("absent", ())])
def test_what_is_behind_a_name_is_asked_for_unless_it_is_to_be_gone(ask, state, images):
    ask(there(), options=DecisionOptions(state=state))
    assert tuple(name for sought in ask.asked["sought"].values() for name in sought.images) == images


def test_where_none_answers_each_reason_is_told(ask):
    with pytest.raises(SurveyError) as caught:
        ask(GONE, dataclasses.replace(GONE, name="off", remedy=None))
    assert str(caught.value) == (
        "None of the targets can be used for service 'web'. gone: it does not answer (start it); off: it does not "
        "answer."
    )


def test_one_that_answers_is_enough_and_what_is_not_eligible_is_none(ask):
    ask(GONE, there())
    with pytest.raises(SurveyError, match="gone"):
        ask(GONE, there(eligible=False))


@pytest.mark.parametrize(("move", "fails"), [(IF_NEEDED, False), ("stay", True)])
def test_two_places_are_an_error_unless_a_move_may_be_finished(ask, form, move, fails):
    places = there(toy.toy("1")), dataclasses.replace(there(toy.toy("2")), name="dock2")
    if fails:
        with pytest.raises(LocationError):
            ask(*places, options=DecisionOptions(move=move))
    else:
        assert ask(*places, options=DecisionOptions(move=move))


def test_what_is_to_be_gone_is_not_taken_for_a_move(ask, form):
    places = there(toy.toy("1")), dataclasses.replace(there(toy.toy("2")), name="dock2")
    with pytest.raises(LocationError):
        ask(*places, options=DecisionOptions(move=IF_NEEDED, state="absent"))


@pytest.mark.parametrize(
    ("other", "name", "doubt"),
    [
        pytest.param({"service": None, "claims": "web", "doubt": "it is forged"}, "web", "it is forged", id="a doubt"),
        pytest.param({"name": "copy"}, "copy", "it is not a part of the service", id="no part of it"),
    ],
)
def test_a_mark_that_is_not_believed_is_warned_of(ask, warnings, other, name, doubt):
    ask(there(toy.toy(), dataclasses.replace(toy.toy("91"), **other)))
    where = f"On 'dock1' the mark of service 'web' is on '{name}' and is not believed"
    assert warnings == [f"{where}: {doubt}. It is left alone."]
