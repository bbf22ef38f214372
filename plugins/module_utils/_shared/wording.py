# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words of sentences: what others say, in plain text, and the known word that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def plain(text: object) -> str:
    """
    What somebody else said, for the eyes of people: in one line, and without what a terminal would obey.

    Of control characters those that part words become a blank; the others are left out, and so is what has no
    appearance of its own, such as the marks that turn the direction of writing.
    """
    return "".join(char if char.isprintable() else " " if char.isspace() else "" for char in str(text))


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """A question with the known word that is probably meant; empty where none is near. The word is not repeated."""
    names, text = list(known), str(word)
    begins = [name for name in names if len(text) > 2 and name.startswith(text)]
    near = difflib.get_close_matches(text, names, n=1) or begins
    return f"did you mean '{near[0]}'?" if near else ""
