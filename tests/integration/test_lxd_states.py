# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""States of an LXC container that its delegate does not know, and a container that was made of another system."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.engines import lxd

from .conftest import LXD_IMAGE, Playbook

SYSTEM = {
    "name": "sys",
    "requirements": {"init": True, "memory": "96 MiB"},
    "as": {"lxd_container": {"source": {"type": "image", "alias": LXD_IMAGE}}},
    "targets": ["lab"],
}
# The guest says that it is ready; LXD knows it by the process, which has to be one of the guest's, and its root's.
SAY_READY = """
import http.client, os, socket, sys
pid = sys.argv[1]
os.chdir(f"/proc/{pid}/root/dev/incus")
os.setuid(os.stat(f"/proc/{pid}").st_uid)
connection = http.client.HTTPConnection("incus")
connection.sock = socket.socket(socket.AF_UNIX)
connection.sock.connect("sock")
connection.request("PATCH", "/1.0", '{"state": "Ready"}')
answer = connection.getresponse()
sys.exit(None if answer.status == 200 else f"{answer.status}: {answer.read()}")
"""


def _get_ready(socket: str, name: str) -> None:
    pid = str(lxd.request(socket, "GET", f"/1.0/instances/{name}/state")["pid"])
    inside = ["nsenter", "--target", pid, "--pid", sys.executable, "-c", SAY_READY, pid]
    said = subprocess.run(inside, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr


def _freeze(socket: str, name: str) -> None:
    lxd.request(socket, "PUT", f"/1.0/instances/{name}/state", {"action": "freeze", "timeout": 10})


@pytest.mark.parametrize(("bring", "status"), [(_get_ready, "Ready"), (_freeze, "Frozen")])
def test_an_instance_in_a_state_that_the_delegate_does_not_know(
    tmp_path, collections, incus_target, incus_eyes, incus_engine, bring, status
):
    """On Incus, since no guest of Debian 12's LXD can say that it is ready."""
    play = Playbook(tmp_path, collections, {"lab": incus_target})

    def now() -> str:
        return lxd.request(incus_engine.socket, "GET", "/1.0/instances/sys")["status"]

    def anew() -> None:
        (made,) = play.tasks(("service", SYSTEM))
        assert made["failed"] is False, made.get("msg")
        bring(incus_engine.socket, "sys")
        assert now() == status

    anew()
    foreseen, done, again = play.tasks(("service_info", SYSTEM), ("service", SYSTEM), ("service", SYSTEM))
    assert foreseen["placement"]["state"] == ("started" if status == "Ready" else "frozen")
    assert (done["failed"], done["changed"], again["changed"]) == (False, status == "Frozen", False), done.get("msg")
    assert now() == ("Ready" if status == "Ready" else "Running")

    anew()
    (done,) = play.tasks(("service", {**SYSTEM, "state": "restarted"}))
    assert (done["failed"], done["changed"]) == (False, True), done.get("msg")
    assert now() == "Running"

    anew()
    wider = {**SYSTEM, "requirements": {"init": True, "memory": "128 MiB"}}
    changed, gone = play.tasks(("service", wider), ("service", {**SYSTEM, "state": "absent"}))
    assert (changed["failed"], changed["changed"]) == (False, True), changed.get("msg")
    assert (gone["failed"], gone["changed"]) == (False, True), gone.get("msg")
    assert incus_eyes.names() == []


@pytest.fixture
def releases(lxd_engine) -> dict[str, str]:
    """Images of two releases of one distribution, and a newer build of the second: their fingerprints."""
    images = {
        "old": {"os": "Debian", "release": "bullseye"},
        "new": {"os": "Debian", "release": "bookworm"},
        "newer": {"os": "Debian", "release": "bookworm", "serial": "2"},
    }
    return {
        name: lxd.busybox_image(lxd_engine.lxd_dir, f"rightscope-test/{name}", text=name, properties=properties)
        for name, properties in images.items()
    }


def _of(name: str) -> dict:
    return {**SYSTEM, "as": {"lxd_container": {"source": {"type": "image", "alias": f"rightscope-test/{name}"}}}}


def test_a_container_of_another_release_is_made_anew_only_where_that_is_allowed(play, lxd_eyes, lxd_engine, releases):
    def base() -> str:
        return lxd.request(lxd_engine.socket, "GET", "/1.0/instances/sys")["config"]["volatile.base_image"]

    assert play.service(**_of("old"))["failed"] is False
    assert base() == releases["old"]

    refused, foreseen = play.tasks(
        ("service", _of("new")), ("service", {**_of("new"), "replace": "when_needed"}), flags=("--check",)
    )
    assert refused["failed"] is True
    said = "replace LXC container 'sys', of debian 11, by one of debian 12 needs 'replace: when_needed'"
    assert said in refused["msg"], refused["msg"]
    assert "its root disk would be lost" in refused["msg"]
    assert base() == releases["old"]

    replaced, again, newer = play.tasks(
        ("service", {**_of("new"), "replace": "when_needed"}), ("service", _of("new")), ("service", _of("newer"))
    )
    assert (replaced["failed"], replaced["changed"]) == (False, True), replaced.get("msg")
    assert [call["action"] for call in replaced["calls"]] == ["stop", "remove", "replace"]
    assert replaced["calls"] == foreseen["calls"]
    assert replaced["diff"] == foreseen["diff"]
    assert base() == releases["new"]
    assert (again["changed"], newer["changed"]) == (False, False)
    assert lxd_eyes.state("sys") == "started"


@pytest.fixture(params=["lxd", pytest.param("incus", marks=pytest.mark.nightly)])
def server(request, tmp_path, collections):
    """(plays, eyes, socket) of an LXD and of an Incus server."""
    target = request.getfixturevalue(f"{request.param}_target")
    eyes = request.getfixturevalue(f"{request.param}_eyes")
    engine = request.getfixturevalue(f"{request.param}_engine")
    return Playbook(tmp_path, collections, {"lab": target}), eyes, str(engine.socket)


ABSENT = {"name": "sys", "state": "absent", "targets": ["lab"]}


@pytest.mark.parametrize("by_profile", [False, True])
def test_one_that_is_protected_goes_on_running(server, by_profile):
    play, eyes, socket = server
    (made,) = play.tasks(("service", SYSTEM))
    assert made["failed"] is False, made.get("msg")
    path = "/1.0/profiles/default" if by_profile else "/1.0/instances/sys"
    lxd.request(socket, "PATCH", path, {"config": {"security.protection.delete": "yes"}})
    since = eyes.inspect("sys")["last_used_at"]
    try:
        for flags in (("--check",), ()):
            (refused,) = play.tasks(("service", ABSENT), flags=flags)
            assert (refused["failed"], refused["changed"]) == (True, False)
            assert "is protected (security.protection.delete)" in refused["msg"]
            assert (eyes.state("sys"), eyes.inspect("sys")["last_used_at"]) == ("started", since)
    finally:
        lxd.request(socket, "PATCH", path, {"config": {"security.protection.delete": ""}})
    (gone,) = play.tasks(("service", ABSENT))
    assert (gone["failed"], gone["changed"], eyes.names()) == (False, True, []), gone.get("msg")


def test_one_that_is_ephemeral_is_not_stopped(server):
    play, eyes, _socket = server
    options = {**SYSTEM["as"]["lxd_container"], "ephemeral": True}
    ephemeral = {**SYSTEM, "as": {"lxd_container": options}}
    made, stopped, restarted, kept, now_stopped, gone = play.tasks(
        ("service", ephemeral),
        ("service", {**ephemeral, "state": "stopped"}),
        ("service", {**ephemeral, "state": "restarted"}),
        ("service", SYSTEM),
        ("service", {**SYSTEM, "state": "stopped"}),
        ("service", ABSENT),
    )
    assert made["failed"] is False, made.get("msg")
    assert (stopped["failed"], stopped["changed"]) == (True, False)
    assert "is ephemeral: stopped, it would be removed with its root disk" in stopped["msg"]
    assert (restarted["failed"], restarted["changed"]) == (False, True), restarted.get("msg")
    assert kept["diff"]["after"]["sys"] == {"ephemeral": False}
    assert (now_stopped["failed"], now_stopped["changed"]) == (False, True), now_stopped.get("msg")
    assert (gone["failed"], eyes.names()) == (False, []), gone.get("msg")


@pytest.mark.parametrize(("state", "does"), [("started", "resume"), ("restarted", "restart"), ("stopped", "stop")])
def test_one_that_is_paused_is_brought_to_each_state(server, state, does):
    play, eyes, socket = server
    (made,) = play.tasks(("service", SYSTEM))
    assert made["failed"] is False, made.get("msg")
    _freeze(socket, "sys")
    (foreseen,) = play.tasks(("service", {**SYSTEM, "state": state}), flags=("--check",))
    (done,) = play.tasks(("service", {**SYSTEM, "state": state}))
    assert (done["failed"], done["changed"]) == (False, True), done.get("msg")
    assert done["calls"] == foreseen["calls"]
    assert done["diff"] == foreseen["diff"]
    assert done["diff"]["before"]["sys"]["state"] == "frozen"
    assert [call["does"] for call in done["calls"]] == [f"{does} LXC container 'sys'"]
    assert eyes.state("sys") == ("stopped" if state == "stopped" else "started")


def test_a_disk_does_not_shrink(server):
    play, eyes, _socket = server
    large, small = ({**SYSTEM, "requirements": {"init": True, "disk": size}} for size in ("1 GiB", "512 MiB"))
    made, again = play.tasks(("service", large), ("service", small))
    assert made["failed"] is False, made.get("msg")
    assert (again["failed"], again["changed"]) == (False, False), again.get("msg")
    assert eyes.inspect("sys")["devices"]["root"]["size"] == "1024MiB"
