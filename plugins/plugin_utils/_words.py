# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""What errors say of a word that is not known."""

from __future__ import annotations

import difflib
import re
import typing as t
from collections.abc import Iterable, Mapping


def ended(text: str) -> str:
    """The text with the full stop that it lacks: a question has its own."""
    return text if text.endswith(("?", ".")) else f"{text}."


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """A question with the known word that is probably meant; empty where none is near. The word is not repeated."""
    names, text = list(known), str(word)
    begins = [name for name in names if len(text) > 2 and name.startswith(text)]
    near = difflib.get_close_matches(text, names, n=1) or begins
    return f"did you mean '{near[0]}'?" if near else ""


_NOISE = (
    # The SDK names the address of each request, and an id in full: the cause comes after them.
    (re.compile(r" for (url: )?http\+?[a-z]*://\S+"), ""),
    (re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b"), r"\1"),
)


def first_line(text: str) -> str:
    """What somebody else said, in a length that a sentence of ours can quote."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "it gave no reason")
    for pattern, instead in _NOISE:
        line = pattern.sub(instead, line)
    return line if len(line) <= 400 else line[:400] + "…"


def reason_of(reply: Mapping[str, t.Any]) -> str | None:
    """Why a module failed; core 2.19 tells no ``msg`` of one that crashed, and its words in ``exception``."""
    event = getattr(reply.get("exception"), "event", None)
    return reply.get("msg") or getattr(event, "msg", None) or None
