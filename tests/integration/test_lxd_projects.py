# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What LXD and Incus would refuse: the decision says it first, and the server itself, asked by hand, refuses it too.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines import lxd
from tests.engines._common import EngineError

from .conftest import LXD_IMAGE, Playbook

PROJECT = {"limits.memory": "512MiB", "limits.containers": "1", "limits.processes": "500", "restricted": "true"}


@pytest.fixture(params=["lxd", pytest.param("incus", marks=pytest.mark.nightly)])
def shop(request, tmp_path, collections) -> Iterator:
    """(plays, eyes, socket) of a server of which the target has a project with limits and restrictions."""
    target = request.getfixturevalue(f"{request.param}_target")
    eyes = request.getfixturevalue(f"{request.param}_eyes")
    engine = request.getfixturevalue(f"{request.param}_engine")
    socket = str(engine.socket)
    lxd.request(socket, "POST", "/1.0/projects", {"name": "shop", "config": {"features.images": "false"}})
    devices = {
        "root": {"type": "disk", "path": "/", "pool": "default"},
        "eth0": {"type": "nic", "name": "eth0", "network": engine.bridge},
    }
    lxd.request(socket, "PUT", "/1.0/profiles/default?project=shop", {"config": {}, "devices": devices})
    lxd.request(socket, "PATCH", "/1.0/projects/shop", {"config": {"features.images": "false", **PROJECT}})
    options = {**target["rightscope_options"], "project": "shop"}
    yield Playbook(tmp_path, collections, {"lab": {**target, "rightscope_options": options}}), eyes, socket
    eyes.clear()
    lxd.request(socket, "DELETE", "/1.0/projects/shop")


def _task(name: str = "big", config: dict | None = None, state: str = "started", **needs) -> tuple[str, dict]:
    options = {"source": {"type": "image", "alias": LXD_IMAGE}, "config": {"limits.processes": "400", **(config or {})}}
    needs = {"init": True, "memory": "64 MiB", "max_privilege": "privileged", **needs}
    return "service", {
        "name": name,
        "requirements": needs,
        "as": {"lxd_container": options},
        "targets": ["lab"],
        "state": state,
    }


def _refused_by_the_server(socket: str, config: dict) -> bool:
    source = {"type": "image", "alias": LXD_IMAGE}
    body = {
        "name": "by-hand",
        "source": source,
        "config": {"limits.memory": "64MiB", "limits.processes": "400", **config},
    }
    try:
        lxd.request(socket, "POST", "/1.0/instances?project=shop", body)
    except EngineError:
        return True
    lxd.request(socket, "DELETE", "/1.0/instances/by-hand?project=shop")
    return False


@pytest.mark.parametrize(
    ("needs", "config", "says"),
    [
        pytest.param({"memory": "2 GiB"}, {"limits.memory": "2GiB"}, "may have 512 MiB of memory in all", id="memory"),
        pytest.param({}, {"limits.processes": "501"}, "may have 500 processes in all", id="processes"),
        pytest.param({}, {"limits.processes": ""}, "so each of its instances must have a limit of it", id="no limit"),
        pytest.param(
            {"kernel": {"features": ["nested_containers"]}},
            {"security.nesting": "true"},
            "forbids nesting (restricted.containers.nesting)",
            id="nesting",
        ),
        pytest.param({}, {"raw.lxc": "lxc.log.level = 3"}, "forbids 'raw.lxc'", id="low level"),
    ],
)
def test_what_the_project_does_not_allow_is_said_before(shop, needs, config, says):
    play, _eyes, socket = shop
    # A need that becomes a key by itself is not written twice.
    own = {key: value for key, value in config.items() if key not in ("limits.memory", "security.nesting")}
    (foreseen,) = play.tasks(_task(config=own, **needs), flags=("--check",))
    (done,) = play.tasks(_task(config=own, **needs))
    for outcome in (foreseen, done):
        assert (outcome["failed"], outcome["changed"]) == (True, False)
        assert says in " ".join(outcome["msg"].split()), outcome["msg"]
    assert _refused_by_the_server(socket, config)


def test_what_the_service_holds_itself_is_free_for_it(shop):
    play, _eyes, socket = shop
    made, grown, again, other = play.tasks(
        _task(memory="384 MiB"), _task(memory="512 MiB"), _task(memory="512 MiB"), _task("other")
    )
    assert (made["failed"], made["changed"]) == (False, True), made.get("msg")
    assert (grown["failed"], grown["changed"]) == (False, True), grown.get("msg")
    assert (again["failed"], again["changed"]) == (False, False), again.get("msg")
    assert other["failed"] is True
    assert "is full: limits.containers is 1, and it has 1" in " ".join(other["msg"].split())
    held = lxd.request(socket, "GET", "/1.0/instances/big?project=shop")["config"]
    assert (held["limits.memory"], held["limits.processes"]) == ("512MiB", "400")
    (gone,) = play.tasks(_task(state="absent"))
    assert (gone["failed"], gone["changed"]) == (False, True), gone.get("msg")
