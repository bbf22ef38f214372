# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""What errors say of a word that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: object, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """A question with the known word that is probably meant; empty where none is near. The word is not repeated."""
    near = difflib.get_close_matches(str(word), list(known), n=1, cutoff=cutoff)
    return f"did you mean '{near[0]}'?" if near else ""
