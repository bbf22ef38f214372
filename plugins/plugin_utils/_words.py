# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""What errors say of a word that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def ended(text: str) -> str:
    """The text with the full stop that it lacks: a question has its own."""
    return text if text.endswith(("?", ".")) else f"{text}."


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """A question with the known word that is probably meant; empty where none is near. The word is not repeated."""
    names, text = list(known), str(word)
    begins = [name for name in names if len(text) > 2 and name.startswith(text)]
    near = difflib.get_close_matches(text, names, n=1) or begins
    return f"did you mean '{near[0]}'?" if near else ""
