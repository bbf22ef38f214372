# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What it takes to ask six local targets, beyond Ansible's own start, beside the slowest of them alone.

Each is asked in the controller's own process: no module is started for a target whose connection is local.
"""

from __future__ import annotations

from tests.engines import docker, lxd, pve

from ._running import Plays, best, engines, target

ROUNDS = 5
NOTHING = {"name": "Do nothing", "ansible.builtin.meta": "noop"}
ASK = {
    "name": "Ask",
    "rightscope.deploy.service_info": {"name": "search", "as": {"docker_container": {"image": "search:1"}}},
}


def main() -> None:
    starters = {f"{kind.__name__.rpartition('.')[2]}{n}": kind.start for kind in (docker, lxd, pve) for n in (1, 2)}
    with engines(**starters) as (started, directory):
        hosts = {name: target(engine) for name, engine in started.items()}
        plays = Plays(directory, hosts)
        start = best(ROUNDS, plays, NOTHING)
        print(f"{'Ansible alone':<32} {1000 * start:6.0f} ms; best of {ROUNDS} rounds")
        alone = {}
        for name, host in hosts.items():
            plays.inventory({name: host})
            alone[name] = best(ROUNDS, plays, ASK) - start
            print(f"{name + ' alone, beyond that':<32} {1000 * alone[name]:6.0f} ms")
        plays.inventory(hosts)
        every = best(ROUNDS, plays, ASK) - start
        ratio = every / max(alone.values())
        print(f"{'all six, beyond that':<32} {1000 * every:6.0f} ms, {ratio:.2f} times the slowest alone")
