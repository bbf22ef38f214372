# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Claims on memory that no discovery could see yet."""

from __future__ import annotations

import errno
import json
import os
import time

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import ledger as _ledger
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import lock as _lock
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import FileError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.ledger import open_ledger, settle
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.lock import only_run_for
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Candidate, Facts, Node, Target

FACTS = Facts(memory=8192, memory_free=4096, memory_reserved=1024)
DOCK1 = Target(name="dock1", kind="docker", nodes=(Node(name="dock1", facts=FACTS),))
PLACE = Candidate(
    target="dock1",
    node="dock1",
    form=FORMS["docker_container"],
    facts=FACTS,
    held=24,
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(_lock.C.config, "get_config_value", lambda _name: str(tmp_path))
    return tmp_path / "rightscope" / "claims.json"


def claim(service="a", memory=1048):
    with open_ledger(service) as ledger:
        ledger.claim(PLACE, memory)


def left_for(service="b", since=None) -> tuple[int | None, int | None]:
    with open_ledger(service) as ledger:
        (target,) = ledger.subtract_from([DOCK1], time.time() if since is None else since)
    facts = target.nodes[0].facts
    return facts.memory_free, facts.memory_reserved


def test_what_another_one_has_claimed_is_not_free():
    claim()
    assert left_for("b") == (4096 - 1024, 1024 + 1024)
    assert left_for("a") == (4096, 1024)


def test_a_second_claim_stands_in_place_of_the_first():
    claim(memory=2072)
    claim(memory=536)
    assert left_for() == (4096 - 512, 1024 + 512)


def test_a_claim_that_is_settled_counts_for_who_began_to_look_before():
    began = time.time()
    claim()
    with open_ledger("a") as ledger:
        ledger.settle()
    assert left_for(since=began) == (4096 - 1024, 1024 + 1024)
    assert left_for(since=time.time() + 1) == (4096, 1024)


def test_who_has_claimed_nothing_anew_settles_nothing_anew(home):
    claim()
    for _run in range(2):
        with open_ledger("a") as ledger:
            ledger.settle()
        (one,) = json.loads(home.read_text(encoding="utf-8"))
        settled = one["settled"]
        home.write_text(json.dumps([{**one, "settled": settled - 5}]), encoding="utf-8")
    assert one["settled"] <= time.time() - 4


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"made": 0.0}, id="expired"),
        pytest.param({"settled": 1.0}, id="settled long ago"),
        pytest.param({"pid": 2**22 + 1}, id="its run was killed"),
    ],
)
def test_a_claim_is_void(home, change):
    claim()
    (one,) = json.loads(home.read_text(encoding="utf-8"))
    assert one["pid"] == os.getpid()
    home.write_text(json.dumps([{**one, **change}]), encoding="utf-8")
    assert left_for() == (4096, 1024)


@pytest.mark.parametrize("text", ["", "[", "{}", "[1]", "[{}]"])
def test_a_ledger_that_was_cut_off_is_an_empty_one(home, text):
    claim()
    home.write_text(text, encoding="utf-8")
    assert left_for() == (4096, 1024)


def test_nobody_knows_how_much_is_left_of_what_nobody_knows():
    claim()
    blind = Target(name="dock1", kind="docker", nodes=(Node(name="dock1", facts=Facts()),))
    with open_ledger("b") as ledger:
        assert ledger.subtract_from([blind], time.time()) == [blind]


def _full(_handle, _text):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_where_a_claim_cannot_be_written_it_is_said_and_not_where_it_is_given_up(home, monkeypatch):
    claim()
    monkeypatch.setattr(_ledger.os, "write", _full)
    with pytest.raises(FileError, match="claims.json' on the controller cannot be written: No space left on"):
        claim()
    settle("a")


@pytest.mark.parametrize(
    ("in_the_way", "said"),
    [
        pytest.param("rightscope", "Not a directory|File exists", id="its directory is a file"),
        pytest.param("rightscope/claims.json/", "Is a directory", id="the file is a directory"),
    ],
)
def test_a_directory_that_cannot_be_written_is_said(tmp_path, in_the_way, said):
    path = tmp_path / in_the_way
    path.mkdir(parents=True) if in_the_way.endswith("/") else path.touch()
    with pytest.raises(FileError, match=f"claims.json' on the controller cannot be written: ({said})"):
        claim()


def test_a_lock_that_cannot_be_had_is_said(tmp_path, monkeypatch):
    def refuse(_file, _how):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(_lock.fcntl, "flock", refuse)
    with (
        pytest.raises(FileError, match="web.lock' .*: No locks available"),
        only_run_for("web"),
    ):
        pytest.fail("nothing is to be done without the lock")


def test_what_fails_under_the_lock_is_not_the_locks_fault():
    with pytest.raises(OSError, match="of the service"), only_run_for("web"):
        raise OSError("of the service")
