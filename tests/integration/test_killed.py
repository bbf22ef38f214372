# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller is killed at any moment: the next run ends as wanted, without a twin, and no stranger is touched."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

from .conftest import DOCKER_IMAGE, LXD_IMAGE, Playbook

ROUNDS = 17
"""For each of three forms: 51 kills."""

SHORTEST, LONGEST = 0.7, 3.0
"""Seconds between which a run is killed: Ansible has just started after the first, and all is done after the last."""

SERVICES = {
    "docker_container": {
        "name": "killed-a",
        "requirements": {
            "memory": "64 MiB",
            "processes": [{"name": "one", "image": DOCKER_IMAGE}, {"name": "two", "image": DOCKER_IMAGE}],
        },
        "targets": ["dock1"],
    },
    "lxd_container": {
        "name": "killed-b",
        "requirements": {"init": True, "processes": 2, "memory": "64 MiB"},
        "as": {"lxd_container": {"source": {"type": "image", "alias": LXD_IMAGE}}},
        "targets": ["lab"],
    },
    "proxmox_vm": {
        "name": "killed-c",
        "requirements": {"isolation": "machine", "memory": "1 GiB", "disk": "20 GiB"},
        "as": {"proxmox_vm": {"clone": "debian-12-cloud", "ciuser": "x"}},
        "targets": ["pve"],
    },
}
WANTED = {
    "docker_container": ["killed-a-one", "killed-a-two"],
    "lxd_container": ["killed-b"],
    "proxmox_vm": ["killed-c"],
}


def test_a_controller_that_is_killed_leaves_nothing_that_the_next_run_cannot_finish(
    tmp_path, play, docker_eyes, lxd_eyes, pve_eyes
):
    eyes = {"docker_container": docker_eyes, "lxd_container": lxd_eyes, "proxmox_vm": pve_eyes}
    for one in eyes.values():
        one.put_stranger("stranger")
    strangers = {form: one.everything("stranger") for form, one in eyes.items()}

    def rounds(form: str) -> list[str]:
        directory = tmp_path / form
        directory.mkdir()
        own = Playbook(directory, play.collections, play.hosts)
        chance, faults = random.Random(form), []
        for number in range(ROUNDS):
            delay, state = chance.uniform(SHORTEST, LONGEST), ("started", "absent")[number % 2]
            own.killed_after(delay, **SERVICES[form], state=state)
            found = finished(form, own)
            faults += [f"{form}, round {number}, {state}, {delay:.2f} s: {fault}" for fault in found]
        return faults

    def finished(form: str, own: Playbook):
        done, again = own.tasks(("service", SERVICES[form]), ("service", SERVICES[form]))
        names = [name for name in eyes[form].names() if name != "stranger"]
        if done["failed"]:
            yield done["msg"]
        elif again["changed"]:
            yield "a second run changed something"
        if names != WANTED[form]:
            yield f"there is {names}"
        elif {eyes[form].state(name) for name in names} != {"started"}:
            yield "not all of it runs"
        elif {eyes[form].mark(name) for name in names} != {SERVICES[form]["name"]}:
            yield "not all of it has the mark"

    with ThreadPoolExecutor() as pool:
        faults = [fault for found in pool.map(rounds, SERVICES) for fault in found]
    assert faults == []
    assert {form: one.everything("stranger") for form, one in eyes.items()} == strangers
