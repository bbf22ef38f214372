# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A report in Markdown as GitHub reads it, and as people do.

A reason would tear its table apart, so the cells hold its number, and the reasons follow in a list. Who have the same
reason share a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from .report_table import MARKS, WISH_MARKS, Group, Item, Row, Sheet, legible

Numbers = dict[tuple[str, Item], int]
"""The number of each thing that is said of a row."""

_SPECIAL = re.compile(r"[\\`*\[\]|~#]|(?<!\w)_|_(?!\w)")
_OPENING = re.compile(r"^([-+=]|\d+(?=[.)]))")
_ENDS_CODE = re.compile(r"[`|\\]")
_NO_SLUG = re.compile(r"[^\w\- ]")


def as_markdown(sheets: Sequence[Sheet]) -> str:
    """The whole report."""
    return "\n\n".join(_blocks(sheets)) + "\n"


def _blocks(sheets: Sequence[Sheet]) -> Iterator[str]:
    one = len(sheets) == 1
    title = f"Placement of {sheets[0].service if one else f'{len(sheets)} services'}"
    yield f"# {_text(title)}"
    if not one and sheets:
        yield _overview(sheets, title)
    for sheet in sheets:
        if not one:
            yield f"## {_text(sheet.service)}"
        yield from _service(sheet)
    if any(sheet.columns for sheet in sheets):
        yield "---"
        yield "\n".join(f"- {_text(symbol)} {word}: {_text(means)}" for symbol, word, means in MARKS.values())


def _overview(sheets: Sequence[Sheet], title: str) -> str:
    rows = [
        (f"[{_text(sheet.service)}](#{slug})", _text(sheet.place), _text(sheet.form), sheet.fitting)
        for sheet, slug in zip(sheets, _slugs([title, *(sheet.service for sheet in sheets)])[1:], strict=True)
    ]
    return _table([("service", "place", "form", "candidates that fit"), *rows])


def _slugs(titles: Sequence[str]) -> list[str]:
    """Where GitHub puts the anchors of headings."""
    found: dict[str, int] = {}
    slugs = []
    for title in titles:
        slug = _NO_SLUG.sub("", legible(title).lower()).replace(" ", "-")
        count = found.get(slug, 0)
        found[slug] = count + 1
        slugs.append(f"{slug}-{count}" if count else slug)
    return slugs


def _service(sheet: Sheet) -> Iterator[str]:
    yield _text(" ".join(filter(None, (sheet.headline, sheet.reason))))
    if sheet.columns:
        numbers = _numbered(sheet)
        yield _table(_rows(sheet, numbers))
        if numbers:
            yield "\n".join(_reasons(sheet, numbers))
    if sheet.proof:
        yield _text(sheet.proof_title)
        yield "\n".join(f"- {_text(line)}" for line in sheet.proof)


# --- the table ----------------------------------------------------------------------------------


def _rows(sheet: Sheet, numbers: Numbers) -> Iterator[tuple[str, ...]]:
    yield ("", *(f"**{_text(column.place)}**{' ★' if column.chosen else ''}" for column in sheet.columns))
    yield ("form", *(_text(column.form) for column in sheet.columns))
    yield ("scope", *(_text(column.scope) for column in sheet.columns))
    yield ("verdict", *(f"**{column.status}**" if column.chosen else column.status for column in sheet.columns))
    for group in sheet.groups:
        for row in group.rows:
            yield (_label(group, row), *(_cell(group, row, cell, numbers) for cell in row.cells))


def _label(group: Group, row: Row) -> str:
    if group.kind == "grants":
        return _text(row.name)
    if group.kind == "scores":
        return _text(row.name) if row.name == "total" else f"score {_text(row.name)}"
    name = _code(" ".join(filter(None, (row.name, ", ".join(row.values)))))
    return f"wish {name}" if group.kind == "wishes" else name


def _cell(group: Group, row: Row, cell: tuple[Item, ...], numbers: Numbers) -> str:
    if group.kind == "wishes":
        return ", ".join(" ".join(WISH_MARKS[item.mark]) for item in cell)
    said = (_mark(item, numbers.get((row.name, item))) if item.mark else _text(item.text) for item in cell)
    return ", ".join(said)


def _mark(item: Item, number: int | None) -> str:
    symbol, word, _means = MARKS[item.mark]
    said = f"{_text(symbol)} {word}"
    return said if number is None else f"{said} ({number})"


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    """Padded, so that it is a table without being rendered too."""
    head, *body = rows
    widths = [max(3, *(len(row[index]) for row in (head, *body))) for index in range(len(head))]
    lines = [head, tuple("-" * width for width in widths), *body]
    return "\n".join(f"| {' | '.join(map(str.ljust, line, widths))} |" for line in lines)


# --- the reasons --------------------------------------------------------------------------------


def _numbered(sheet: Sheet) -> Numbers:
    said = (
        (row.name, item)
        for row in _reasoned(sheet).values()
        for cell in row.cells
        for item in cell
        if item.mark and item.text
    )
    return {key: number for number, key in enumerate(dict.fromkeys(said), 1)}


def _reasoned(sheet: Sheet) -> dict[str, Row]:
    """The rows whose cells may say more than a word, by their names."""
    return {row.name: row for group in sheet.groups if group.kind in ("needs", "grants") for row in group.rows}


def _reasons(sheet: Sheet, numbers: Numbers) -> Iterator[str]:
    rows = _reasoned(sheet)
    for (name, item), number in numbers.items():
        pairs = zip(sheet.columns, rows[name].cells, strict=True)
        places = ", ".join(_text(column.name) for column, cell in pairs if item in cell)
        rule = f" [{_text(item.rule)}]" if item.rule else ""
        remedy = f". What would help: {_text(item.remedy)}" if item.remedy else ""
        word = MARKS[item.mark][1]
        yield f"{number}. {places}; {_code(name)}{rule}, {word}: {_text(item.text)}{remedy}."


# --- the words ----------------------------------------------------------------------------------


def _text(text: str) -> str:
    """Words that are read as they are, in a line and in a cell."""
    plain = legible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _OPENING.sub(_backslash, _SPECIAL.sub(_backslash, plain))


def _backslash(found: re.Match[str]) -> str:
    # A number that would open a list is closed by the dot behind it.
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def _code(text: str) -> str:
    """As it is written, unless that holds what ends the code or the cell: in code nothing can be escaped."""
    plain = legible(text)
    return _text(plain) if _ENDS_CODE.search(plain) else f"`{plain}`"
