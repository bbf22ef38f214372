# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decisions of one or several services as a report for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..model import Decision, Service
from .report_html import as_html
from .report_markdown import as_markdown
from .report_table import Sheet, sheet

_WRITERS: dict[str, Callable[[Sequence[Sheet]], str]] = {"html": as_html, "markdown": as_markdown}
FORMS_OF_REPORT = tuple(sorted(_WRITERS))


def report(decisions: Sequence[tuple[Service, Decision]], form: str) -> str:
    """
    For each service the decision in a sentence, a table of its candidates by its needs, and the proof.

    ``form`` is ``html``, one file that needs no other, or ``markdown``. It tells what the verdicts hold and
    nothing of how the service is made; the same decisions make the same bytes.
    """
    if form not in _WRITERS:
        raise ValueError(f"a report is {' or '.join(FORMS_OF_REPORT)}, not '{form}'")
    return _WRITERS[form]([sheet(service, decision) for service, decision in decisions])
