# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading /proc, /sys and /dev: what cannot be read is None, and nothing is ever written or followed elsewhere."""

from __future__ import annotations

import os
import stat

LONGEST = 200
"""A value of more characters is a table or a mask that nobody asks for."""


def read(root, path):
    """A whole text file below ``root``, or None."""
    try:
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return None


def read_value(path, for_all=False):
    """
    A setting of the kernel with single blanks; None where it cannot be read or is too long.

    There are a thousand of them, so this is one open and one read each, without Python's file objects.
    ``for_all`` takes only what every user may read: what root alone may is nobody else's business.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if for_all and not os.fstat(handle).st_mode & stat.S_IROTH:
            return None
        text = " ".join(os.read(handle, 4 * LONGEST).decode("utf-8", "replace").split())
    except OSError:
        return None
    finally:
        os.close(handle)
    return text if len(text) <= LONGEST else None


def list_names(directory):
    """The names in a directory, or None."""
    try:
        return os.listdir(directory)
    except OSError:
        return None


def list_entries(directory):
    """The entries of a directory; none where it cannot be read."""
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except OSError:
        return []
