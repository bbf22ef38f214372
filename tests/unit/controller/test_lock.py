# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may read what the collection writes on the controller."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import lock as _lock
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import FileError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.ledger import open_ledger
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.lock import only_run_for


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def home(request, tmp_path, monkeypatch):
    monkeypatch.setattr(_lock.C.config, "get_config_value", lambda _name: str(tmp_path / "home"))
    before = os.umask(request.param)
    yield tmp_path / "home"
    os.umask(before)


def _modes(home: Path) -> dict[str, int]:
    return {str(path.relative_to(home)): stat.S_IMODE(path.stat().st_mode) for path in home.rglob("*")}


WANTED = {
    "rightscope": 0o700,
    "rightscope/locks": 0o700,
    "rightscope/locks/web.lock": 0o600,
    "rightscope/claims.json": 0o600,
}


@pytest.mark.parametrize("order", [(only_run_for, open_ledger), (open_ledger, only_run_for)])
def test_what_is_written_is_its_owners_alone(home, order):
    for opened in order:
        with opened("web"):
            pass
    assert _modes(home) == WANTED


def test_what_an_earlier_release_has_let_others_read_is_taken_from_them(home):
    (home / "rightscope" / "locks").mkdir(parents=True)
    (home / "rightscope" / "claims.json").write_text("[]", encoding="utf-8")
    for path in home.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    with only_run_for("web"), open_ledger("web"):
        pass
    assert _modes(home) == WANTED


def test_a_link_in_the_place_of_a_file_is_not_followed(home, tmp_path):
    (home / "rightscope").mkdir(parents=True)
    other = tmp_path / "other"
    other.write_text("untouched", encoding="utf-8")
    (home / "rightscope" / "claims.json").symlink_to(other)
    with pytest.raises(FileError, match="cannot be written"), open_ledger("web"):
        pass
    assert other.read_text(encoding="utf-8") == "untouched"
