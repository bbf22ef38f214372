# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What errors say of a word that is not known, of what was to be a text, and of what somebody else says."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ...module_utils._shared.wording import plain


def ended(text: str) -> str:
    """The text with the full stop that it lacks: a question has its own."""
    return text if text.endswith(("?", ".")) else f"{text}."


def plain_lines(text: str) -> str:
    """As ``plain``, of a text of ours that has lines, and in them what somebody else said."""
    return "\n".join(map(plain, text.split("\n")))


def quoted(names: Iterable[object], most: int = 5) -> str:
    """Names that somebody else gave, in a length that a sentence can hold."""
    shown = [plain(name).strip() for name in names]
    parts = [f"'{name if len(name) <= 80 else name[:80] + '…'}'" for name in shown[:most]]
    more = len(shown) - most
    return ", ".join(parts) + (f" and {more} more" if more > 0 else "")


def listed(names: Sequence[str]) -> str:
    """``a, b and c``."""
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last


_READ_AS = (
    (bool, "a switch"),
    (int, "a whole number"),
    (float, "a number"),
    (Mapping, "a mapping"),
    ((list, tuple), "a list"),
    (type(None), "nothing"),
)


def not_a_text(value: object) -> str:
    """
    What is wrong with a value that YAML has made something else of, without the value: 0644 is 420 by now, yes is true.
    """
    kind = next((words for types, words in _READ_AS if isinstance(value, types)), "a date")
    return f"must be a text, but YAML has read it as {kind}; put it in quotes, or in a template add the filter 'string'"


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
    line = plain(line)
    return line if len(line) <= 400 else line[:400] + "…"


def reason_of(reply: Mapping[str, t.Any]) -> str | None:
    """
    Why a module failed; core 2.19 tells no ``msg`` of one that crashed, and its words in ``exception``.

    Of one that gave no answer, as where its interpreter cannot start, what was printed instead: Ansible itself says no
    more than that it found no JSON.
    """
    event = getattr(reply.get("exception"), "event", None)
    said = reply.get("msg") or getattr(event, "msg", None) or None
    if "module_stdout" not in reply or "interpreter" in (said or ""):
        return said
    printed = _last_line(str(reply.get("module_stderr") or "")) or _last_line(str(reply["module_stdout"] or ""))
    words = f"'{repr(printed)[1:-1]}'" if printed else "nothing"
    return f"the module ended with status {reply.get('rc')} and without an answer, and printed {words}"


_OF_SSH = re.compile(r"(Shared c|C)onnection to \S+ closed\.?")


def _last_line(text: str) -> str:
    """What a program said before it ended: of a traceback the error. Not what ssh says of its own end."""
    lines = [line.strip() for line in text.splitlines()]
    return next((line for line in reversed(lines) if line and not _OF_SSH.fullmatch(line)), "")
