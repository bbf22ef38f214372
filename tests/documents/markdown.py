# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Markdown, as the pages that are made have it, and what is made inside of a page that is written."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence

_HEAD = """\
<!--
Copyright (c) 2026, rightscope.deploy contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later

Made from the code and its tables by 'python -m tests.documents'; a test holds that it is current.
-->

# {}
"""

_MADE = re.compile(r"(?P<begin>^<!-- made: (?P<name>[\w ]+) -->\n)(?P<made>.*?)(?P<end>^<!-- end -->$)", re.M | re.S)
"""What is between these two lines of a written page is made."""


def head(title: str) -> str:
    """The beginning of a page that is made as a whole."""
    return _HEAD.format(title)


def text(paragraphs: str) -> str:
    """Paragraphs and entries of a numbered list, filled, with an empty line after each but between two entries."""
    parts = paragraphs.strip().split("\n\n")
    pairs = zip(parts, [*parts[1:], ""], strict=True)
    return "\n".join(
        _filled(part) + ("" if _is_entry(part) and _is_entry(following) else "\n") for part, following in pairs
    )


def _filled(paragraph: str) -> str:
    indent = "   " if _is_entry(paragraph) else ""
    return textwrap.fill(
        " ".join(paragraph.split()), 120, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


def _is_entry(paragraph: str) -> bool:
    return re.match(r"\d+\. ", paragraph) is not None


def docstring(function: Callable) -> str:
    """What a function says of itself, with the single backquotes of Markdown."""
    return inspect.getdoc(function).replace("``", "`")


def anchor(title: str) -> str:
    """The anchor that the forges make of a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def prose(description: str) -> str:
    """The markup of Ansible's documentation as Markdown."""
    one = re.sub(r"\b[CVOEMP]\(([^()]+?)\)", lambda found: f"`{_name(found[1])}`", description)
    return re.sub(r"\bRV\(([^()]+?)\)", r"`\1`", one)


def _name(word: str) -> str:
    return (
        word.replace("\\", "").partition("#")[0]
        if "#" in word
        else word.replace("=", ": ", 1)
        if _is_pair(word)
        else word
    )


def _is_pair(word: str) -> bool:
    """An option with its value: ``optional=true`` is ``optional: true`` in YAML."""
    return re.fullmatch(r"[a-z_]+=(true|false)", word) is not None


def joined(names: Sequence[str]) -> str:
    """The names as a part of a sentence: ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; an upright line in a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"


def with_made(page: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """The page with all that is made in it made anew. Raises KeyError for a name that nobody makes."""
    return _MADE.sub(lambda found: f"{found['begin']}\n{parts[found['name']]()}\n{found['end']}", page)


def made_in(page: str) -> list[str]:
    """The names of what is made in the page."""
    return [found["name"] for found in _MADE.finditer(page)]
