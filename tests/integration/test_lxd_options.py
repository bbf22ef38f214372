# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Every option of community.general.lxd_container, in every spelling of the table, against LXD and Incus themselves.

Made in the first spelling; the same again is nothing; another spelling is nothing; another value is a change, which
check mode foretells; given no more it is gone, in the engine's own words, once.
"""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.engines import _common, lxd

from .conftest import LXD_IMAGE, SCRIPTS, Playbook
from .options import lxd_container as table

NAME = "options"


def _documented() -> set[str]:
    done = subprocess.run(
        [str(SCRIPTS / "ansible-doc"), "--json", "--type", "module", "community.general.lxd_container"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(json.loads(done.stdout)["community.general.lxd_container"]["doc"]["options"])


def test_the_table_has_every_option_that_there_is():
    assert {row.option for row in table.ROWS} | set(table.NOT_GIVEN) == _documented()


def test_every_row_has_two_spellings_at_least():
    assert [row.id for row in table.ROWS if len(row.spellings) < 2] == []


@pytest.fixture(params=["lxd", "incus"])
def server(request, tmp_path, collections):
    """(plays, eyes, socket, words to fill in) of an LXD and of an Incus server."""
    target = request.getfixturevalue(f"{request.param}_target")
    eyes = request.getfixturevalue(f"{request.param}_eyes")
    engine = request.getfixturevalue(f"{request.param}_engine")
    socket = str(engine.socket)
    for name in ("rightscope-a", "rightscope-b"):
        lxd.request(socket, "POST", "/1.0/profiles", {"name": name, "config": {"user.profile": name}})
    fingerprint = lxd.request(socket, "GET", f"/1.0/images/aliases/{LXD_IMAGE.replace('/', '%2F')}")["target"]
    (tmp_path / "data").mkdir()
    words = {
        "bridge": engine.bridge,
        "directory": str(tmp_path / "data"),
        "alias": LXD_IMAGE,
        "fingerprint": fingerprint,
        "prefix": fingerprint[:16],
    }
    return Playbook(tmp_path, collections, {"lab": target}), eyes, socket, words


def _task(options: dict, words: dict, state: str = "present") -> tuple[str, dict]:
    options = {"source": table.SOURCE.spellings[0], **options}
    needs = {"init": True, "max_privilege": "privileged"}
    return "service", {
        "name": NAME,
        "requirements": needs,
        "as": {"lxd_container": table.filled(options, **words)},
        "targets": ["lab"],
        "state": state,
    }


def _known(socket: str, rows) -> list[table.Row]:
    """The rows whose key this server knows, and takes on this machine: a limit can want a cgroup that is not there."""
    known = []
    body = {"name": "scratch", "source": {"type": "none"}}
    lxd.request(socket, "POST", "/1.0/instances", body)
    for row in rows:
        value = row.spellings[0]
        config = {row.path[1]: str(value).lower() if isinstance(value, bool) else str(value)}
        try:
            lxd.request(socket, "PATCH", "/1.0/instances/scratch", {"config": config})
        except _common.EngineError:
            continue
        known.append(row)
        lxd.request(socket, "PATCH", "/1.0/instances/scratch", {"config": {row.path[1]: ""}})
    lxd.request(socket, "DELETE", "/1.0/instances/scratch")
    return known


def _held(eyes, rows) -> dict:
    """What the engine itself has of the rows."""
    seen = eyes.inspect(NAME)
    held = {}
    for row in rows:
        value = seen
        for step in row.path:
            value = value.get(step) if isinstance(value, dict) else None
        held[row.id] = value
    return held


def _unchanged(outcome) -> None:
    assert (outcome["failed"], outcome["changed"]) == (False, False), (outcome.get("msg"), outcome.get("diff"))
    assert outcome["warnings"] == [] if "warnings" in outcome.result else True


def _changed(outcome) -> None:
    assert (outcome["failed"], outcome["changed"]) == (False, True), outcome.get("msg")


def _flat(held: dict) -> dict:
    """As a diff names it, less what a diff masks."""
    masked = ("config.environment.", "config.cloud-init.")
    return {name: value for name, value in held.items() if not name.startswith(masked)}


def _through(server, rows) -> None:
    """All rows at once, through the whole of it."""
    play, eyes, _socket, words = server
    count = max(len(row.spellings) for row in rows)
    made = _task(table.options_of(rows), words)
    respelled = [_task(table.options_of(rows, number), words) for number in range(1, count)]
    other, nothing = _task(table.options_of(rows, None), words), _task({}, words)

    first, again = play.tasks(made, made)
    _changed(first)
    _unchanged(again)
    identity, held = eyes.inspect(NAME)["config"]["volatile.uuid"], _held(eyes, rows)

    same, foreseen, foreseen_gone = play.tasks(respelled[-1], other, nothing, flags=("--check",))
    _unchanged(same)
    _changed(foreseen_gone)

    *same, changed, again, gone, still = play.tasks(*respelled, other, other, nothing, nothing)
    for outcome in same:
        _unchanged(outcome)
    _changed(changed)
    # What it was before is what the engine has kept of the first spelling, through all others.
    before = {name: value for name, value in _flat(held).items() if name in changed["diff"]["before"][NAME]}
    assert before == {name: value for name, value in changed["diff"]["before"][NAME].items() if name in before}
    assert changed["diff"] == foreseen["diff"]
    _unchanged(again)
    _changed(gone)
    _unchanged(still)
    assert eyes.inspect(NAME)["config"]["volatile.uuid"] == identity


def test_keys_of_the_configuration(server):
    play, eyes, socket, _words = server
    rows = _known(socket, table.CONFIG)
    assert len(rows) > len(table.CONFIG) * 0.7
    _through(server, rows)
    # The server gives a card its address anew.
    left = {key: value for key, value in _held(eyes, rows).items() if value is not None and "volatile." not in key}
    assert left == {}


def test_devices(server):
    _play, eyes, _socket, _words = server
    _through(server, table.DEVICES)
    assert eyes.inspect(NAME)["devices"] == {}


def test_options_that_are_compared_whole(server):
    _play, eyes, _socket, _words = server
    _through(server, table.PLAIN)
    assert _held(eyes, table.PLAIN) == {"architecture": "x86_64", "ephemeral": False, "profiles": ["default"]}


def test_the_root_disk_stays_as_large_as_it_is(server):
    play, eyes, _socket, words = server
    row = table.ROOT
    for number in range(len(row.spellings)):
        outcome = play.tasks(_task(table.options_of([row], number), words))[0]
        _changed(outcome) if number == 0 else _unchanged(outcome)
        assert eyes.inspect(NAME)["devices"]["root"]["size"] == "1GiB"
    grown, shrunk, nothing = play.tasks(
        _task(table.options_of([row], None), words), _task(table.options_of([row]), words), _task({}, words)
    )
    _changed(grown)
    _unchanged(shrunk)
    assert nothing["failed"] is False
    assert eyes.inspect(NAME)["devices"]["root"]["size"] == "2GiB"


@pytest.mark.parametrize("row", [table.SOURCE, *table.BEHAVIOUR], ids=lambda row: row.id)
def test_what_is_never_a_difference(server, row):
    play, eyes, _socket, words = server
    tasks = [_task(table.options_of([row], number), words) for number in range(len(row.spellings))]
    first, *others = play.tasks(*tasks, _task({}, words))
    _changed(first)
    for outcome in others:
        _unchanged(outcome)
    assert eyes.names() == [NAME]


@pytest.mark.parametrize("spelling", [1, 2])
def test_a_container_is_made_of_each_spelling(server, spelling):
    """Devices and source as they are in another spelling: what the engine refuses is no spelling."""
    play, eyes, _socket, words = server
    options = table.options_of([*table.DEVICES, table.SOURCE], spelling)
    first, again, back = play.tasks(
        _task(options, words), _task(options, words), _task(table.options_of(table.DEVICES), words)
    )
    _changed(first)
    _unchanged(again)
    _unchanged(back)
    assert eyes.names() == [NAME]


def test_what_runs_is_not_touched_over_a_spelling(server):
    """Started, with all that a running container takes."""
    play, eyes, socket, words = server
    rows = [row for row in _known(socket, table.CONFIG) if row.live]
    first, second = (_task(table.options_of(rows, number), words, "started") for number in (0, 1))
    made, again, respelled, changed = play.tasks(
        first, first, second, _task(table.options_of(rows, None), words, "started")
    )
    _changed(made)
    _unchanged(again)
    _unchanged(respelled)
    _changed(changed)
    assert changed["calls"][0]["module"] == "rightscope.deploy.lxd_config"
    assert eyes.state(NAME) == "started"
