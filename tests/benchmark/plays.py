# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Whole plays on one local target, beside those of the plain module: a service that is there already, and a new one.
"""

from __future__ import annotations

from tests.engines import docker, lxd

from ._running import DOCKER_IMAGE, LXD_IMAGE, Plays, best, engines, target

ROUNDS = 5


def main() -> None:
    with engines(docker=docker.start, lxd=lxd.start) as (started, directory):
        docker.busybox_image(started["docker"].docker_host, DOCKER_IMAGE)
        lxd.busybox_image(started["lxd"].lxd_dir, LXD_IMAGE)
        plays = Plays(directory, {})
        made_as = {"image": DOCKER_IMAGE, "init": True}
        plain = {**made_as, **started["docker"].options}
        _compare(plays, started["docker"], "docker_container", "community.docker.docker_container", made_as, plain)
        made_as = {"source": {"type": "image", "alias": LXD_IMAGE}}
        # What a plain module must be told to be as sure of the end.
        plain = {**made_as, **started["lxd"].options, "wait_for_ipv4_addresses": True, "timeout": 30}
        _compare(plays, started["lxd"], "lxd_container", "community.general.lxd_container", made_as, plain)


def _compare(plays: Plays, engine, form: str, module: str, made_as: dict, plain: dict) -> None:
    plays.inventory({"here": target(engine)})
    ours = [_service(form, made_as, state) for state in ("started", "absent")]
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
        print(
            f"{form + ', ' + what:<34} plain {1000 * theirs_took:5.0f} ms, service {1000 * ours_took:5.0f} ms: "
            f"{ours_took / theirs_took:.2f} times"
        )


def _service(form: str, made_as: dict, state: str) -> dict:
    args = {"name": "placed", "state": state, "as": {form: made_as}}
    if form == "lxd_container":
        args["requirements"] = {"init": True, "processes": 2}
    return {"name": state, "rightscope.deploy.service": args}
