# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A report in HTML: one file that loads nothing, and is read on a screen, on paper, and aloud.

Each mark is a symbol and a word, and only then a colour.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence

from .report_table import MARKS, WISH_MARKS, Column, Group, Item, Row, Sheet, legible

_STYLE = """
:root{color-scheme:light dark;--page:#fbfaf7;--paper:#fff;--ink:#22262b;--soft:#5d6670;--line:#e4e1da;--rule:#c9c5bb;
--pick:#0a6b4b;--tint:#edf6f1;--never:#a3262a;--wait:#8a5200;--ask:#4b4aa8;--bar:#b9c4cc}
@media (prefers-color-scheme:dark){:root{--page:#15171a;--paper:#1b1e22;--ink:#e3e5e8;--soft:#9aa4ae;--line:#2d3238;
--rule:#444b53;--pick:#6fd3a8;--tint:#1a2a25;--never:#ff9a94;--wait:#edb95e;--ask:#b3b4ff;--bar:#4c5761}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;padding:3rem clamp(1rem,4vw,4rem) 4rem;background:var(--page);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
h1,h2{line-height:1.2;letter-spacing:-.015em;font-weight:650;overflow-wrap:anywhere}
h1{font-size:1.9rem;margin:0 0 1.5rem}
h2{font-size:1.4rem;margin:0 0 .5rem}
section{margin-top:3.5rem;scroll-margin-top:1rem}
h1+section{margin-top:0}
p,.proof,.legend{max-width:76ch;overflow-wrap:anywhere}
p{margin:0 0 .35rem}
a{color:inherit;text-decoration-color:var(--rule);text-underline-offset:.2em}
a:hover{text-decoration-color:currentColor}
code,.key{font:.92em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.soft{color:var(--soft)}
.scroll{overflow:auto;max-height:88vh;margin:1.25rem 0 1.5rem;width:fit-content;max-width:100%;background:var(--paper);
border:1px solid var(--line);border-radius:8px}
.scroll:focus-visible{outline:2px solid var(--pick);outline-offset:2px}
table{border-collapse:separate;border-spacing:0;font-size:.84rem;line-height:1.45;text-align:left}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
th,td{padding:.55rem .8rem;vertical-align:top;border-bottom:1px solid var(--line);font-weight:400;
overflow-wrap:anywhere}
tbody:last-child tr:last-child>*{border-bottom:0}
.matrix td,.matrix thead th{min-width:11.5rem;max-width:21rem}
thead th{position:sticky;top:0;z-index:2;background:var(--paper);border-bottom:1px solid var(--rule);
vertical-align:bottom}
.matrix tr>:first-child{position:sticky;left:0;z-index:1;background:var(--paper);min-width:13rem;
max-width:17rem;border-right:1px solid var(--rule)}
.matrix thead tr>:first-child{z-index:3}
thead .place{display:block;font-weight:650;font-size:1.05em}
thead .status{display:block;margin-top:.2rem}
th .key{color:var(--soft);display:block}
th code{display:block}
th .note{display:block;color:var(--soft);font-size:.92em}
.group th{padding-top:1.4rem;font-weight:650}
.chosen{background:var(--tint)!important}
thead .chosen{box-shadow:inset 0 3px var(--pick)}
.chosen .status{color:var(--pick);font-weight:650}
td div+div{margin-top:.6rem}
.mark{font-weight:600;white-space:nowrap}
.mark i{display:inline-block;width:1.1em;font-style:normal}
.fits .mark,.not_judged .mark,.lacks .mark{color:var(--soft);font-weight:400}
.fits .mark i{color:var(--pick);font-weight:700}
.never .mark{color:var(--never)}
.not_now .mark{color:var(--wait)}
.unknown .mark,.accepted .mark{color:var(--ask)}
.why,.remedy{display:block}
.remedy{color:var(--soft);margin-top:.15rem;padding-left:1.1em;text-indent:-1.1em}
.number{font-variant-numeric:tabular-nums;padding-bottom:.7rem}
.number span{display:block;padding-bottom:.3rem;width:7rem;max-width:100%;
background:linear-gradient(var(--bar),var(--bar)) 0 100%/calc(var(--of)*1%) 3px no-repeat}
.total>*{font-weight:650}
.proof{margin:.35rem 0 0;padding-left:1.15rem}
.proof li{margin:.2rem 0}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.6rem;margin:0;padding:0;list-style:none;font-size:.84rem;
color:var(--soft)}
footer{margin-top:3.5rem;padding-top:1rem;border-top:1px solid var(--line)}
@media (max-width:40rem){body{padding-top:1.5rem}h1{font-size:1.5rem}.matrix td,.matrix thead th{min-width:9.5rem}
.matrix tr>:first-child{min-width:8rem;max-width:9rem}th,td{padding:.5rem .6rem}}
@media print{@page{size:A4 landscape;margin:12mm}@page wide{size:1189mm 420mm}.wide{page:wide}
:root{color-scheme:light;--page:#fff;--paper:#fff;--ink:#000;
--soft:#444;--line:#ccc;--rule:#888;--pick:#0a6b4b;--tint:#f2f7f4;--never:#a3262a;--wait:#8a5200;--ask:#4b4aa8}
html{font-size:11px}body{padding:0;font-size:9.5pt}h1{margin-bottom:1rem}
.scroll{overflow:visible;max-height:none;width:auto;border:0;margin:.8rem 0}
table{font-size:7pt;line-height:1.35}.matrix{width:100%;table-layout:fixed}th,td{padding:.3rem .4rem}
.matrix td,.matrix thead th,.matrix tr>:first-child{min-width:0;max-width:none}thead th,.matrix tr>:first-child{
position:static}.group th{padding-top:.8rem}.number span{background:none;padding:0}tr{break-inside:avoid}
h2,.group{break-after:avoid}section+section{break-before:page}
.chosen{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
""".strip()

# Whatever got through the escaping could still load and run nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_ON_PAPER = 12
"""With more candidates a table is too wide for a common sheet of paper, and is printed on a wide one."""
_NO_ID = re.compile(r"[^a-z0-9]+")


def as_html(sheets: Sequence[Sheet]) -> str:
    """The whole report."""
    return "\n".join(_page(sheets)) + "\n"


def _page(sheets: Sequence[Sheet]) -> Iterator[str]:
    one = len(sheets) == 1
    title = _text(f"Placement of {sheets[0].service if one else f'{len(sheets)} services'}")
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield f'<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title>\n<style>\n{_STYLE}\n</style>\n</head>"
    yield f"<body>\n<main>\n<h1>{title}</h1>"
    ids = _ids(sheets)
    if sheets and not one:
        yield from _overview(sheets, ids)
    for sheet, anchor in zip(sheets, ids, strict=True):
        yield from _service(sheet, anchor, heading=not one)
    yield "</main>"
    if any(sheet.columns for sheet in sheets):
        yield from _legend()
    yield "</body>\n</html>"


def _ids(sheets: Sequence[Sheet]) -> list[str]:
    """An anchor for each service, from its name; each only once."""
    found: dict[str, None] = {}
    for sheet in sheets:
        name = anchor = _NO_ID.sub("-", sheet.service.lower()).strip("-") or "service"
        number = 1
        while anchor in found:
            number += 1
            anchor = f"{name}-{number}"
        found[anchor] = None
    return list(found)


def _overview(sheets: Sequence[Sheet], ids: Sequence[str]) -> Iterator[str]:
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Service", "Place", "Form", "Candidates that fit"))
    yield '<div class="scroll">\n<table class="overview">\n<caption>Where each service goes</caption>'
    yield f"<thead>\n<tr>{heads}</tr>\n</thead>\n<tbody>"
    for sheet, anchor in zip(sheets, ids, strict=True):
        cells = "".join(f"<td>{_text(text)}</td>" for text in (sheet.place, sheet.form, sheet.fitting))
        yield f'<tr><th scope="row"><a href="#{anchor}">{_text(sheet.service)}</a></th>{cells}</tr>'
    yield "</tbody>\n</table>\n</div>"


def _service(sheet: Sheet, anchor: str, *, heading: bool) -> Iterator[str]:
    wide = ' class="wide"' if len(sheet.columns) > _ON_PAPER else ""
    yield f'<section id="{anchor}"{wide}>'
    if heading:
        yield f"<h2>{_text(sheet.service)}</h2>"
    yield f"<p>{_text(sheet.headline)}</p>"
    if sheet.reason:
        yield f'<p class="soft">{_text(sheet.reason)}</p>'
    if sheet.columns:
        yield from _matrix(sheet)
    if sheet.proof:
        lines = "".join(f"\n<li>{_text(line)}</li>" for line in sheet.proof)
        yield f'<p>{_text(sheet.proof_title)}</p>\n<ul class="proof">{lines}\n</ul>'
    yield "</section>"


def _legend() -> Iterator[str]:
    yield '<footer>\n<ul class="legend">'
    for name, (symbol, word, means) in MARKS.items():
        yield f'<li class="{name}">{_mark(symbol, word)}: {_text(means)}</li>'
    yield "</ul>\n</footer>"


# --- the table ----------------------------------------------------------------------------------


def _matrix(sheet: Sheet) -> Iterator[str]:
    caption = _text(f"The candidates for {sheet.service}, the best first, by its needs")
    yield f'<div class="scroll" role="region" tabindex="0" aria-label="{caption}">'
    yield f'<table class="matrix">\n<caption>{caption}</caption>'
    heads = "".join(_head(column) for column in sheet.columns)
    yield f'<thead>\n<tr><th scope="col" class="soft">need</th>{heads}</tr>\n</thead>'
    for group in sheet.groups:
        yield from _group(sheet, group)
    yield "</table>\n</div>"


def _head(column: Column) -> str:
    symbol = "★" if column.chosen else "✓" if column.fits else "✗"
    chosen = ' class="chosen"' if column.chosen else ""
    return (
        f'<th scope="col"{chosen}><span class="place">{_text(column.place)}</span>'
        f'{_text(column.form)} <span class="soft">({_text(column.scope)})</span>'
        f'<span class="status"><span aria-hidden="true">{symbol}</span> {_text(column.status)}</span></th>'
    )


def _group(sheet: Sheet, group: Group) -> Iterator[str]:
    yield "<tbody>"
    if group.kind != "needs":
        blanks = "".join(_cell(column, "") for column in sheet.columns)
        yield f'<tr class="group"><th scope="rowgroup">{_text(group.title)}</th>{blanks}</tr>'
    for row in group.rows:
        pairs = zip(sheet.columns, row.cells, strict=True)
        cells = "".join(_of_kind(group.kind, column, items) for column, items in pairs)
        total = ' class="total"' if group.kind == "scores" and row.name == "total" else ""
        yield f'<tr{total}><th scope="row">{_label(row)}</th>{cells}</tr>'
    yield "</tbody>"


def _label(row: Row) -> str:
    values = "".join(f" <code>{_text(value)}</code>" for value in row.values)
    note = f' <span class="note">{_text(row.note)}</span>' if row.note else ""
    return f'<span class="key">{_text(row.name)}</span>{values}{note}'


def _of_kind(kind: str, column: Column, items: tuple[Item, ...]) -> str:
    if kind == "scores":
        return _cell(column, "".join(_bar(_text(item.text)) for item in items), "number")
    marks = WISH_MARKS if kind == "wishes" else MARKS
    return _cell(column, "".join(_item(item, marks) for item in items))


def _bar(points: str) -> str:
    return f'<span style="--of:{points}">{points}</span>'


def _cell(column: Column, content: str, kind: str = "") -> str:
    classes = " ".join(filter(None, (kind, "chosen" if column.chosen else "")))
    return f'<td class="{classes}">{content}</td>' if classes else f"<td>{content}</td>"


def _item(item: Item, marks: Mapping[str, tuple[str, ...]]) -> str:
    if not item.mark:
        return f"<div>{_text(item.text)}</div>"
    symbol, word, *_means = marks[item.mark]
    rule = f' <span class="soft">({_text(item.rule)})</span>' if item.rule else ""
    why = f'<span class="why">{_text(item.text)}{rule}</span>' if item.text else ""
    remedy = f'<span class="remedy">→ {_text(item.remedy)}</span>' if item.remedy else ""
    return f'<div class="{item.mark}">{_mark(symbol, word)}{why}{remedy}</div>'


def _mark(symbol: str, word: str) -> str:
    return f'<span class="mark"><i aria-hidden="true">{symbol}</i>{word}</span>'


def _text(text: str) -> str:
    return html.escape(legible(text))
