# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Preferences: absolute, from 0 to 100, and nothing is won by silence."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._decision.scorers import (
    SCORERS,
    headroom,
    image_present,
    score,
    wishes,
)

from .builders import candidate, service

WISH = {"kernel": {"modules": [{"name": "overlay", "optional": True}, {"name": "zfs", "optional": True}, "nbd"]}}


@pytest.mark.parametrize(
    ("scorer", "needs", "changes", "points"),
    [
        pytest.param(headroom, {}, {}, 50, id="headroom: half is free"),
        pytest.param(headroom, {"memory": 2048}, {}, 25, id="headroom: less what the service takes"),
        pytest.param(headroom, {"memory": 2048}, {"held": 2048}, 50, id="headroom: with what it has already"),
        pytest.param(headroom, {"memory": 8000}, {}, 0, id="headroom: never below 0"),
        pytest.param(headroom, {}, {"held": 9000}, 100, id="headroom: never above 100"),
        pytest.param(headroom, {}, {"memory_free": None}, 0, id="headroom: unknown is 0"),
        pytest.param(headroom, {}, {"memory": None}, 0, id="headroom: unknown in all is 0"),
        pytest.param(headroom, {}, {"memory": 0}, 0, id="headroom: nothing of nothing"),
        pytest.param(image_present, {}, {}, 100, id="image_present: there"),
        pytest.param(image_present, {}, {"image": None}, 0, id="image_present: to be fetched"),
        pytest.param(wishes, {}, {}, 100, id="wishes: none"),
        pytest.param(wishes, WISH, {}, 50, id="wishes: one of two, and a need is none"),
        pytest.param(wishes, WISH, {"kernel_modules": None}, 0, id="wishes: unknown is 0"),
        pytest.param(wishes, WISH, {"kernel_modules": frozenset({"zfs", "overlay"})}, 100, id="wishes: all"),
    ],
)
def test_a_scorer_gives_points(scorer, needs, changes, points):
    assert scorer(service(**needs).requirements, candidate("docker", **changes)) == points


def test_a_machine_makes_its_wishes_come_true_by_itself():
    assert wishes(service(**WISH).requirements, candidate("proxmox")) == 100


@pytest.mark.parametrize(
    ("weights", "total"),
    [
        pytest.param({}, 83, id="the mean"),
        pytest.param({"headroom": 0}, 100, id="one left out"),
        pytest.param({"headroom": 2}, 75, id="one counts twice"),
        pytest.param({"headroom": 0, "image_present": 0, "wishes": 0}, 0, id="none at all"),
        pytest.param({"headroom": 0.5}, 90, id="half"),
    ],
)
def test_the_total_is_the_weighted_mean(weights, total):
    scores, found = score(service().requirements, candidate("docker"), weights)
    assert scores == {"headroom": 50, "image_present": 100, "wishes": 100}
    assert found == total


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: scorer.__name__)
def test_each_scorer_says_what_it_prefers(scorer):
    assert scorer.__doc__.strip()
