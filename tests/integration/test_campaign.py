# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A few steps of the campaign, the same in every run; 'tests/run nightly' makes as many as it is given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.campaign import __main__ as campaign
from tests.campaign.machine import Campaign, Life
from tests.campaign.services import DOCKER, SENTINEL, Description
from tests.campaign.world import ProxmoxGround, World, docker_ground, lxd_ground

from .conftest import DOCKER_IMAGE

SEED, STEPS = 11, 5
WEB = Description(DOCKER, 64, {"GREETING": "hello"})


@pytest.fixture
def world(tmp_path, collections, docker_engine, lxd_engine, docker_eyes, lxd_eyes, pve_eyes) -> World:
    """The engines of the other tests, which nobody kills."""
    pve = ProxmoxGround("pve", pve_eyes.engine, pve_eyes)
    grounds = [docker_ground("dock1", docker_engine), lxd_ground("lab", lxd_engine), pve]
    return World(tmp_path / "plays", collections, grounds, may_kill=False)


def test_random_lives_end_as_wanted(world):
    fault = campaign.run(world, SEED, STEPS, shrink=False)
    assert fault is None, "\n".join(fault)
    assert Campaign.budget == 0


def test_the_campaign_sees_what_is_not_as_wanted(world):
    """Each of its claims can fail: a twin, a stranger that was touched, a state, an option, a mark."""
    Campaign.world, Campaign.budget, Campaign.simplest = world, 10, False
    machine = Campaign()
    machine.begin()
    dock1 = world.grounds["dock1"]
    dock1.put_stranger("theirs")
    machine._look_at_strangers()
    machine._bring("sm-a", "dock1", WEB, "started")
    assert list(machine._faults()) == []

    life = machine.lives["sm-a"]
    for wrong, said in (
        (Life("dock1", WEB, runs=False), "sm-a is started and not stopped"),
        (replace(life, description=replace(WEB, memory=32)), "memory is 64 MiB and not 32"),
        (replace(life, description=replace(WEB, options={"GREETING": "bye"})), "GREETING is 'hello' and not 'bye'"),
        (replace(life, ground="lab"), "lab has [] and not ['sm-a']"),
    ):
        machine.lives["sm-a"] = wrong
        assert any(said in fault for fault in machine._faults()), list(machine._faults())
    machine.lives["sm-a"] = life
    dock1.drift("theirs", "run")
    assert list(machine._faults()) == ["the stranger theirs on dock1 is another one"]
    assert world.secrets_shown("") == []
    dock1.eyes.do("run", "--detach", "--name", "sm-twin", "--label", f"told={SENTINEL}", DOCKER_IMAGE)
    (world.directory / "home" / "log").write_text(SENTINEL, encoding="utf-8")
    assert world.secrets_shown(f"said {SENTINEL}") == ["the output", "home/log", "dock1"]
    assert any("dock1 has ['sm-a', 'sm-twin', 'theirs']" in fault for fault in machine._faults())
