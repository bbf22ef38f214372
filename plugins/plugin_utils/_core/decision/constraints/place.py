# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a candidate can be asked, and is allowed at all."""

from __future__ import annotations

from ...failures import never, not_now
from ...model import Candidate, Failure, Requirements


def reachable(_requirements: Requirements, candidate: Candidate) -> Failure | None:
    """The target must answer, and the node of a cluster must be online."""
    return not_now(candidate.trouble, candidate.remedy) if candidate.trouble else None


def labels(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """Each wanted label must equal the target's label of that name."""
    if not requirements.labels:
        return None
    wrong = [
        _label(name, candidate.labels.get(name), value)
        for name, value in requirements.labels.items()
        if name not in candidate.labels or _plain(candidate.labels[name]) != _plain(value)
    ]
    return never("; ".join(wrong), "change 'rightscope_labels' or the need") if wrong else None


def _plain(value: object) -> str:
    """As YAML writes it: a switch is no other word than its text."""
    text = str(value)
    return text.lower() if text in ("True", "False") else text


def _label(name: str, found: object, wanted: str) -> str:
    if found is None:
        return f"it has no label {name}, {wanted} wanted"
    return f"its label {name} is {found}, {wanted} wanted"


def forms(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """If the user names the allowed forms, it must be one of them."""
    name = candidate.form.name
    if not requirements.forms or name in requirements.forms:
        return None
    return never(f"'{name}' is not among the allowed forms", f"add '{name}' to 'forms'")
