# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file is written whole, or not at all."""

from __future__ import annotations

import os
import stat

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import atomic_file
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.atomic_file import write_text
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import FileError


def test_it_is_written_and_that_is_a_change_once(tmp_path):
    path = tmp_path / "report.md"
    assert write_text(path, "text", dry_run=False) is True
    assert write_text(path, "text", dry_run=False) is False
    assert path.read_text(encoding="utf-8") == "text"
    assert list(tmp_path.iterdir()) == [path]


def test_a_dry_run_only_says_so(tmp_path):
    assert write_text(tmp_path / "report.md", "text", dry_run=True) is True
    assert list(tmp_path.iterdir()) == []


def test_it_may_be_read_by_whoever_reads_the_users_files(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "report.md", "text", dry_run=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "report.md").stat().st_mode) == 0o640


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_directory_that_is_not_there_is_told(tmp_path, dry_run):
    with pytest.raises(FileError, match="there is no directory '.*/nowhere'; make it first"):
        write_text(tmp_path / "nowhere" / "report.md", "text", dry_run=dry_run)


def test_what_is_not_a_text_is_not_written_over(tmp_path):
    path = tmp_path / "report.md"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(FileError, match="it is not a text file; name another file"):
        write_text(path, "text", dry_run=False)
    assert path.read_bytes() == b"\xff\xfe"


def test_what_was_there_stays_where_the_disk_is_full(tmp_path, monkeypatch):
    path = tmp_path / "report.md"
    path.write_text("before", encoding="utf-8")

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_file.os, "replace", full)
    with pytest.raises(FileError, match="cannot be written: No space left on device"):
        write_text(path, "text", dry_run=False)
    assert [one.read_text(encoding="utf-8") for one in tmp_path.iterdir()] == ["before"]
