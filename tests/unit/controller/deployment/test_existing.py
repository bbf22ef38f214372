# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What exists already and is not decided on."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.deployment.existing import (
    adopt_existing,
    remove_existing,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import ProvisioningError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Target

from .. import toy

NOBODYS = toy.toy("90", service=None)


@pytest.mark.parametrize(("check_mode", "verb"), [(True, "would be"), (False, "is")])
def test_the_one_of_its_name_is_taken_over(deployment, place, check_mode, verb):
    a = place("a", NOBODYS, toy.toy("91", "db", service=None))
    result = adopt_existing(deployment(a, check_mode=check_mode))
    assert a.engine.calls == ([] if check_mode else ["mark 90"])
    assert result["explanation"] == (
        f"Toy 'web' on 'a' {verb} service 'web' now, as it was; what differs from the needs is for the next run, in "
        "check mode first."
    )


@pytest.mark.parametrize(
    ("toys", "text"),
    [
        pytest.param([], "nothing has the name 'web' and no mark.", id="none"),
        pytest.param([toy.toy()], "nothing has the name 'web' and no mark.", id="it has a mark"),
        pytest.param(
            [dataclasses.replace(NOBODYS, form="swarm")], "nothing has the name", id="of a form that is not ours"
        ),
        pytest.param(
            [NOBODYS, toy.toy("91", service=None)],
            "2 things have the name 'web' and no mark, on 'a' (docker_container), 'a' (docker_container); name one",
            id="several",
        ),
    ],
)
def test_where_it_is_not_clear_what_is_meant_nothing_is_taken_over(deployment, place, toys, text):
    a = place("a", *toys)
    with pytest.raises(ProvisioningError) as caught:
        adopt_existing(deployment(a))
    assert str(caught.value).startswith(f"Nothing was taken over: {text}")
    assert a.engine.calls == []


def test_what_the_task_leaves_out_is_not_taken_over(deployment, place):
    with pytest.raises(ProvisioningError, match="nothing has"):
        adopt_existing(deployment(place("a", NOBODYS, eligible=False)))


def test_what_cannot_be_taken_over_says_why(deployment, place, form):
    form.adoption_refusal = "It cannot be taken over as it is."
    with pytest.raises(ProvisioningError, match="^It cannot be taken over as it is.$"):
        adopt_existing(deployment(place("a", NOBODYS)))


@pytest.mark.parametrize("act", [adopt_existing, remove_existing])
def test_nothing_is_done_on_a_recorded_target(deployment, place, act):
    toys = [NOBODYS] if act is adopt_existing else [toy.toy()]
    a = place("a", *toys, recorded=True)
    with pytest.raises(ProvisioningError, match="^'a' is a recorded target") as caught:
        act(deployment(a))
    assert (caught.value.result, a.engine.calls) == ({"changed": False}, [])


@pytest.mark.parametrize(("check_mode", "verb"), [(True, "would be removed"), (False, "was removed")])
def test_it_is_removed_from_the_place_that_it_has(deployment, place, check_mode, verb):
    a, b = place("a"), place("b", toy.toy())
    result = remove_existing(deployment(a, b, check_mode=check_mode))
    assert b.engine.calls == ([] if check_mode else ["remove 90"])
    assert (result["changed"], result["explanation"]) == (True, f"Service 'web' {verb} from 'b'.")


def test_a_stranger_of_its_name_is_left_alone_with_a_warning(deployment, place, screen):
    a = place("a", NOBODYS)
    result = remove_existing(deployment(a))
    assert (result["changed"], list(a.engine.toys)) == (False, ["90"])
    assert screen.warnings == ["Something on 'a' has the name of service 'web' but not its mark; it was left alone."]


def test_what_is_nowhere_is_told_with_how_many_were_asked(deployment, place):
    made = deployment(place("a"), place("b"))
    assert remove_existing(made)["explanation"] == "Service 'web' is on none of the 2 targets."
    silent = dataclasses.replace(made, targets=[*made.targets, Target(name="gone", kind="lxd", trouble="off")])
    assert remove_existing(silent)["explanation"] == "Service 'web' is on none of the 2 targets that answered."
