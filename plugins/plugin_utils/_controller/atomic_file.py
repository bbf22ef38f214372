# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file on the controller, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .errors import FileError


def write_text(path: Path, text: str, *, dry_run: bool) -> bool:
    """
    Make the file hold the text; whether that changes it. A ``dry_run`` only says so.

    A relative path starts where Ansible was started. Raises FileError where the file cannot be written.
    """
    try:
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return False
        if not path.parent.is_dir():
            raise FileError(
                f"The report '{path}' cannot be written: there is no directory '{path.parent}'; make it first."
            )
        if not dry_run:
            _replace(path, text)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        raise FileError(f"The report '{path}' cannot be written: {reason}; name another file.") from None
    return True


def _replace(path: Path, text: str) -> None:
    """Replace the file in one step: a reader sees either the old text or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        # What mkstemp makes is for its owner alone; a report is as any other file of theirs.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
