# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is behind the names in a service's options: digests, or why there is none, and never the content."""

from __future__ import annotations

import os

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.content import digests_of_files

SECRET = "S3NT1NEL"


def answer(tmp_path, text: str | bytes) -> dict:
    file = tmp_path / "web.env"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return digests_of_files([str(file)])[str(file)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("A=1\nB=2\n", "B=2\nA=1", id="in another order"),
        pytest.param("A=1\n", "# why\n\n  \nA=1", id="comments and empty lines"),
        pytest.param("A=1\n", "  A=1  \r\n", id="blanks and line ends"),
        pytest.param("A=1\n", "A=0\nA=1\n", id="the last one counts"),
    ],
)
def test_the_same_variables_have_the_same_digest(tmp_path, one, other):
    assert answer(tmp_path, one)["digest"] == answer(tmp_path, other)["digest"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("A=1\n", "A=2\n", id="a value"),
        pytest.param("A=1\n", "B=1\n", id="a name"),
        pytest.param("A=1\n", "A=1\nB=\n", id="one more"),
        pytest.param("A=b=c\n", "A=b\n", id="a sign in a value"),
        pytest.param("A=1\n", "A= 1\n", id="a blank in a value"),
        pytest.param("A=1 # x\n", "A=1\n", id="no comment"),
    ],
)
def test_others_have_another(tmp_path, one, other):
    assert answer(tmp_path, one)["digest"] != answer(tmp_path, other)["digest"]


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        pytest.param(f"A=1\n{SECRET}\n", "its line 2 is no NAME=VALUE", id="no variable"),
        pytest.param(b"\xff\xfe" + SECRET.encode(), "it is not a text in UTF-8", id="no text"),
    ],
)
def test_what_the_delegate_could_not_read_is_told_without_what_is_in_it(tmp_path, text, trouble):
    assert answer(tmp_path, text) == {"trouble": trouble}


def test_what_is_not_there_is_told(tmp_path):
    missing = str(tmp_path / "missing")
    assert digests_of_files([missing, str(tmp_path)]) == {
        missing: {"trouble": "no such file or directory"},
        str(tmp_path): {"trouble": "is a directory"},
    }


def test_a_path_is_read_as_a_module_reads_one(tmp_path, monkeypatch):
    (tmp_path / "web.env").write_text("A=1\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WHERE", str(tmp_path))
    paths = ["~/web.env", "$WHERE/web.env", os.path.join(str(tmp_path), "web.env")]
    assert len({one["digest"] for one in digests_of_files(paths).values()}) == 1
