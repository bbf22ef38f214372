# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Whole plays on one local target, beside those of the plain module: a service that is there already, and a new one.

A plain module waits for nothing after the start of a container. So neither does the service that is compared with it;
what it takes with its default, a second that a container has to run on, is told as well.
"""

from __future__ import annotations

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.settling import MIN_UPTIME
from tests.engines import docker, lxd

from ._running import DOCKER_IMAGE, LXD_IMAGE, Plays, best, engines, target

ROUNDS = 5
NO_UPTIME = {"min_uptime": 0}


def main() -> None:
    with engines(docker=docker.start, lxd=lxd.start) as (started, directory):
        docker.busybox_image(started["docker"].docker_host, DOCKER_IMAGE)
        lxd.busybox_image(started["lxd"].lxd_dir, LXD_IMAGE)
        plays = Plays(directory, {})
        made_as = {"image": DOCKER_IMAGE, "init": True}
        plain = {**made_as, **started["docker"].options}
        module = "community.docker.docker_container"
        _compare(plays, started["docker"], "docker_container", module, made_as, plain, NO_UPTIME)
        _compare(plays, started["docker"], "docker_container", module, made_as, plain, {})
        made_as = {"source": {"type": "image", "alias": LXD_IMAGE}}
        # What a plain module must be told to be as sure of the end.
        plain = {**made_as, **started["lxd"].options, "wait_for_ipv4_addresses": True, "timeout": 30}
        _compare(plays, started["lxd"], "lxd_container", "community.general.lxd_container", made_as, plain, {})


def _compare(plays: Plays, engine, form: str, module: str, made_as: dict, plain: dict, waiting: dict) -> None:
    """``waiting`` are options of the service alone."""
    plays.inventory({"here": target(engine)})
    ours = [_service(form, made_as, state, waiting) for state in ("started", "absent")]
    uptime = f", min_uptime {waiting.get('min_uptime', f'{MIN_UPTIME:g}')}" if form == "docker_container" else ""
    theirs = [
        {"name": state, module: {**plain, "name": "plain", "state": state}, "delegate_to": "localhost"}
        for state in ("started", "absent")
    ]
    for what, rounds in (("a new one", "create"), ("there already", "again")):
        times = []
        for start, absent in (theirs, ours):
            before = [absent] if rounds == "create" else [start]
            times.append(best(ROUNDS, plays, start, before=before))
            plays.seconds(absent)
        theirs_took, ours_took = times
        told = f"plain {1000 * theirs_took:5.0f} ms, service {1000 * ours_took:5.0f} ms"
        print(f"{form + ', ' + what + uptime:<50} {told}: {ours_took / theirs_took:.2f} times")


def _service(form: str, made_as: dict, state: str, waiting: dict) -> dict:
    args = {"name": "placed", "state": state, "as": {form: made_as}, **waiting}
    if form == "lxd_container":
        args["requirements"] = {"init": True, "processes": 2}
    return {"name": state, "rightscope.deploy.service": args}
