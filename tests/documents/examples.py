# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The examples on the pages of docs/, and what is to be done with each: a comment before it says so.

``<!-- test: HOW -->``, where HOW is one of ``WAYS`` and, behind it, what is particular.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))

WAYS = {
    "tasks": "run one after the other against real engines; 'check' in check mode, 'fails: WORDS' where it has to",
    "play": "plays that are run against real engines",
    "syntax": "tasks or plays that cannot be run, and are looked through by Ansible",
    "inventory": "targets are made of it; 'recorded' with a record beside it, 'plugin' one that is run",
    "hosts": "as inventory, of hosts alone",
    "variables": "a list of services, each of which is read",
    "requirements": "needs, which are read",
    "facts": "declared facts, which are read",
    "record": "recorded facts, which are read",
    "none": "no example, but the shape of something",
}

_BLOCK = re.compile(
    r"(?:^<!-- test: (?P<how>[\w ]+)(?:: (?P<says>.+?))? -->\n)?^```yaml\n(?P<text>.*?)^```$", re.M | re.S
)


@dataclass(frozen=True)
class Example:
    """A block of YAML on a page; ``way``, ``more`` and ``says`` are its comment's, empty without one."""

    page: str
    line: int
    way: str
    more: str
    says: str
    text: str

    @property
    def place(self) -> str:
        return f"docs/{self.page}:{self.line}"

    @property
    def data(self) -> t.Any:
        return yaml.safe_load(self.text)


def examples(*ways: str) -> list[Example]:
    """All of them, or those that are to be dealt with in one of the ways."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in _BLOCK.finditer(text):
            way, _blank, more = (block["how"] or "").partition(" ")
            line = text.count("\n", 0, block.start("text")) + 1
            found.append(Example(page.name, line, way, more, block["says"] or "", block["text"]))
    return [one for one in found if not ways or one.way in ways]
