# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Make the clone importable as the collection ``rightscope.deploy``, wherever it lies.

Only the standard library is used here: the tests of the pure core run where nothing else is installed.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
COLLECTIONS = REPOSITORY / ".cache" / "collections"

# Engines to test against, each started when a test first asks for it.
pytest_plugins = ["tests.engines.fixtures"]


def _link_the_collection() -> None:
    link = COLLECTIONS / "ansible_collections" / "rightscope" / "deploy"
    if link.is_symlink() and link.resolve() == REPOSITORY:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    # Another test process may be quicker.
    with suppress(FileExistsError):
        link.symlink_to(REPOSITORY, target_is_directory=True)


def _put_first(path: Path, paths: list[str]) -> list[str]:
    return [str(path), *(other for other in paths if other and other != str(path))]


def _tell_child_processes(variable: str) -> None:
    present = os.environ.get(variable, "").split(os.pathsep)
    os.environ[variable] = os.pathsep.join(_put_first(COLLECTIONS, present))


_link_the_collection()
# `ansible_collections` is a namespace package: ours and those of the package `ansible` are found side by side.
sys.path[:] = [str(COLLECTIONS), str(REPOSITORY), *(path for path in sys.path if path != str(REPOSITORY))]
_tell_child_processes("PYTHONPATH")
_tell_child_processes("ANSIBLE_COLLECTIONS_PATH")
