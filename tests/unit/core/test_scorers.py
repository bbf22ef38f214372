# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Preferences: absolute, from 0 to 100, and nothing is won by silence."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.scorers import (
    DEFAULT_WEIGHTS,
    SCORERS,
    fewest_grants,
    free_ports,
    headroom,
    image_present,
    packing,
    preferred_labels,
    scoring,
    wishes,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Image
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.needs import rules_of_wish

from .builders import candidate, service, with_grants

WISH = {"kernel": {"modules": [{"name": "overlay", "optional": True}, {"name": "zfs", "optional": True}, "nbd"]}}
PORTS = {"ports": [80, "8443:443", "53:53/udp", 22]}
TAKEN = frozenset({"80/tcp", "443/tcp", "53/tcp", "8443/tcp"})


def wish(key: str, entry: dict) -> dict:
    """One optional need, by its dotted key."""
    parent, _dot, name = key.rpartition(".")
    listed = {name: [{**entry, "optional": True}]}
    return {parent: listed} if parent else listed


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
        pytest.param(headroom, {}, {"memory_reserved": 6144}, 25, id="headroom: less what is promised"),
        pytest.param(packing, {}, {}, 50, id="packing: half is taken"),
        pytest.param(packing, {"memory": 2048}, {}, 75, id="packing: with what the service takes"),
        pytest.param(packing, {}, {"memory_free": None}, 0, id="packing: unknown is 0"),
        pytest.param(packing, {}, {"memory": None}, 0, id="packing: unknown in all is 0"),
        pytest.param(packing, {}, {"memory": 0}, 0, id="packing: nothing of nothing"),
        pytest.param(image_present, {}, {}, 100, id="image_present: there"),
        pytest.param(image_present, {}, {"image": None}, 0, id="image_present: to be fetched"),
        pytest.param(fewest_grants, {}, {}, 100, id="fewest_grants: none"),
        pytest.param(fewest_grants, {"privileges": ["NET_ADMIN"], "host_view": True}, {}, 80, id="fewest_grants: two"),
        pytest.param(fewest_grants, {}, {"options": {"privileged": True}}, 90, id="fewest_grants: the user's own too"),
        pytest.param(
            fewest_grants,
            {},
            {"options": {"devices": [f"/dev/{n}" for n in range(12)]}},
            0,
            id="fewest_grants: never < 0",
        ),
        pytest.param(free_ports, {}, {"ports_taken": TAKEN}, 100, id="free_ports: none wanted"),
        pytest.param(free_ports, PORTS, {"ports_taken": TAKEN}, 50, id="free_ports: by the host's number and protocol"),
        pytest.param(
            free_ports,
            PORTS,
            {"ports_taken": TAKEN, "held_ports": frozenset({"8443/tcp"})},
            75,
            id="free_ports: its own are free",
        ),
        pytest.param(free_ports, PORTS, {}, 0, id="free_ports: unknown is 0"),
        pytest.param(wishes, {}, {}, 100, id="wishes: none"),
        pytest.param(wishes, WISH, {}, 50, id="wishes: one of two, and a need is none"),
        pytest.param(wishes, WISH, {"kernel_modules": None}, 0, id="wishes: unknown is 0"),
        pytest.param(wishes, WISH, {"kernel_modules": frozenset({"zfs", "overlay"})}, 100, id="wishes: all"),
        pytest.param(
            preferred_labels,
            {"labels": {"ssd": {"value": "yes", "optional": True}}},
            {"labels": {"ssd": "yes"}},
            100,
            id="preferred_labels: one that it has",
        ),
        pytest.param(
            preferred_labels,
            {"labels": {"ssd": {"value": "yes", "optional": True}}},
            {},
            0,
            id="preferred_labels: one that it has not",
        ),
        pytest.param(
            wishes,
            wish("cpu_features", {"name": "avx"}),
            {"cpu_flags": frozenset({"avx"})},
            100,
            id="wishes: a processor",
        ),
        pytest.param(wishes, wish("privileges", {"name": "NET_ADMIN"}), {}, 100, id="wishes: are worth a capability"),
        pytest.param(wishes, wish("privileges", {"name": "SYS_ADMIN"}), {}, 0, id="wishes: and no more"),
        pytest.param(
            wishes,
            {**wish("privileges", {"name": "NET_ADMIN"}), "max_privilege": "none"},
            {},
            0,
            id="wishes: nothing where nothing is allowed",
        ),
        pytest.param(
            wishes,
            wish("devices", {"path": "/dev/fuse"}),
            {"devices": frozenset({"/dev/fuse"})},
            100,
            id="wishes: and a device",
        ),
        pytest.param(
            wishes,
            wish("ports", {"port": 80, "host": 80}),
            {"ports_taken": frozenset({"22/tcp"})},
            100,
            id="wishes: a port of the host",
        ),
    ],
)
def test_a_scorer_gives_points(scorer, needs, changes, points):
    wanted = service(**needs).requirements
    assert scorer(wanted, with_grants(wanted, candidate("docker", **changes))) == points


@pytest.mark.parametrize("kind", ["lxd", "proxmox"])
def test_who_has_all_ports_to_itself_has_them_free(kind):
    assert free_ports(service(**PORTS).requirements, candidate(kind)) == 100


def test_a_machine_makes_its_wishes_come_true_by_itself():
    assert wishes(service(**WISH).requirements, candidate("proxmox")) == 100


def test_what_an_image_takes_is_no_wishs_fault():
    nested = Image(id="1", requirements={"nesting": "true"})
    of = service(**wish("kernel.modules", {"name": "overlay"})).requirements
    assert wishes(of, candidate("lxd", image=nested)) == 100


def test_those_that_judge_whatever_is_wanted_judge_no_wish():
    (one,) = service(**wish("devices", {"path": "/dev/fuse"})).requirements.wishes
    assert [rule.__name__ for rule in rules_of_wish(one)] == [
        *("devices", "options", "project_limits", "project_restrictions", "permissions"),
    ]


@pytest.mark.parametrize(
    ("weights", "total"),
    [
        pytest.param({}, 92, id="the mean"),
        pytest.param({"headroom": 0}, 100, id="one left out"),
        pytest.param({"headroom": 2}, 86, id="one counts twice"),
        pytest.param(dict.fromkeys([scorer.__name__ for scorer in SCORERS], 0), 0, id="none"),
        pytest.param({"headroom": 0.5}, 95, id="half"),
    ],
)
def test_the_total_is_the_weighted_mean(weights, total):
    scores, found = scoring(weights)(service().requirements, candidate("docker"))
    full = {scorer.__name__: 100 for scorer in SCORERS if scorer.__name__ not in DEFAULT_WEIGHTS} | {"headroom": 50}
    assert scores == {name: points for name, points in full.items() if weights.get(name) != 0}
    assert found == total


def test_packing_counts_only_for_who_asks_for_it():
    scores, total = scoring({"packing": 1, "headroom": 0})(service(memory=2048).requirements, candidate("docker"))
    assert (scores["packing"], total) == (75, 96)
    assert DEFAULT_WEIGHTS == {"packing": 0}


def test_to_pack_and_to_spread_are_opposites():
    of, place = service(memory=1000).requirements, candidate("docker", memory_free=3000)
    assert headroom(of, place) + packing(of, place) == 100


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: scorer.__name__)
def test_each_scorer_says_what_it_prefers(scorer):
    assert scorer.__doc__.strip()
