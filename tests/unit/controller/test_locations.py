# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a service is among all targets, and where it must not be."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.locations import (
    LocationError,
    check_one_place,
    left_behind,
    place_left_out,
    present_on,
    silent_places,
    strangers_on,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Facts, Node, Target
from tests.unit.core.builders import service

from . import toy

WEB = service()


def targets(**toys) -> list[Target]:
    """Targets by their names, each with the toys that it has."""
    return [Target(name=name, kind="docker", instances=tuple(has)) for name, has in toys.items()]


def test_the_target_that_has_it_is_found_with_what_it_has():
    first, second = targets(a=[toy.toy("1", service=None)], b=[toy.toy("2"), toy.toy("3", "db", service="db")])
    assert present_on(WEB, [first, second]) == (second, (second.instances[0],))
    assert present_on(WEB, [first]) == (None, ())


def test_what_is_left_behind_is_all_of_it_but_in_the_new_place():
    old, new = targets(a=[toy.toy("1")], b=[toy.toy("2")])
    assert left_behind(WEB, [old, new], "b", toy.NAME) == [(old, old.instances)]
    assert left_behind(WEB, [new], "b", toy.NAME) == []


def test_another_form_on_the_same_target_is_left_behind_too():
    other = dataclasses.replace(toy.toy("1"), form="lxd_container")
    (target,) = targets(a=[other])
    assert left_behind(WEB, [target], "a", toy.NAME) == [(target, (other,))]


def test_a_place_that_the_task_leaves_out_is_told():
    (target,) = targets(a=[toy.toy()])
    assert place_left_out(WEB, [target]) is None
    outside = dataclasses.replace(target, eligible=False)
    assert place_left_out(WEB, [outside]) == "Service 'web' is on 'a', which 'targets' does not name"
    assert place_left_out(WEB, targets(a=[])) is None


def test_strangers_are_told_by_their_targets():
    assert strangers_on(WEB, targets(a=[toy.toy(service=None)], b=[toy.toy()])) == ["a"]


def test_what_does_not_answer_is_told_with_its_reason():
    up, down = Node(name="n1", facts=Facts()), Node(name="n2", facts=Facts(), online=False)
    silent = Target(name="gone", kind="lxd", trouble="it is off")
    cluster = Target(name="pve", kind="proxmox", nodes=(up, down))
    assert silent_places([silent, cluster]) == {"gone": "it is off", "pve/n2": "it is offline"}


def test_one_place_is_fine_whether_it_may_move_or_not():
    for may_move in (True, False):
        check_one_place(WEB, targets(a=[toy.toy()], b=[]), may_move=may_move)


def test_two_places_are_an_error_where_it_may_not_move():
    with pytest.raises(LocationError) as caught:
        check_one_place(WEB, targets(a=[toy.toy("1")], b=[toy.toy("2")]), may_move=False)
    assert str(caught.value) == (
        "Service 'web' was found 2 times, on a/dock1 (docker_container), b/dock1 (docker_container), but has one "
        "place; remove all but one by hand."
    )


def test_a_move_that_was_interrupted_can_be_finished(form):
    check_one_place(WEB, targets(a=[toy.toy("1")], b=[toy.toy("2")]), may_move=True)


def test_two_names_of_one_engine_are_no_move(form):
    with pytest.raises(LocationError, match="'a' and 'b' are the same engine: both have the same 'web'"):
        check_one_place(WEB, targets(a=[toy.toy("1")], b=[toy.toy("1")]), may_move=True)


def test_twins_on_one_target_cannot_be_told_apart_even_where_it_may_move(form):
    with pytest.raises(LocationError, match="was found 2 times"):
        check_one_place(WEB, targets(a=[toy.toy("1"), toy.toy("2")]), may_move=True)
