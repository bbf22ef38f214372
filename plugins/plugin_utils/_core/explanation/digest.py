# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A short name for a plan: the same needs, the same facts that matter and the same choice have the same one."""

from __future__ import annotations

import hashlib
import json
import typing as t
from collections.abc import Callable, Iterable, Mapping

from ..model import Decision, Instance, Service, Verdict


def digest_of(
    service: Service,
    state: str,
    decision: Decision,
    there: Iterable[Instance],
    shown: Callable[[t.Any], t.Any],
) -> str:
    """
    ``there`` is what is of the service now; ``shown`` makes a copy of options without secrets, of which none is in it.

    Figures that never stand still, such as free memory, count by what they come to: which rules fail where.
    """
    parts = {
        "service": service.name,
        "state": state,
        "needs": repr(service.requirements),
        "as": {form: shown(options) for form, options in sorted(service.made_as.items())},
        "verdicts": sorted(_verdict(verdict) for verdict in decision.verdicts),
        "chosen": None if decision.chosen is None else _choice(decision.chosen),
        "there": sorted([one.form, one.node, one.id, one.state] for one in there),
    }
    text = json.dumps(_with_texts(parts), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _with_texts(value: t.Any) -> t.Any:
    """Keys as texts, which alone can be ordered: YAML reads ``1:`` as a number."""
    if isinstance(value, Mapping):
        return {str(key): _with_texts(item) for key, item in value.items()}
    return [_with_texts(item) for item in value] if isinstance(value, (list, tuple)) else value


def _verdict(verdict: Verdict) -> list[t.Any]:
    candidate = verdict.candidate
    failures = sorted([failure.rule, failure.when] for failure in verdict.failures)
    return [candidate.target, candidate.node, candidate.form.name, failures]


def _choice(verdict: Verdict) -> list[t.Any]:
    one = verdict.candidate
    image = one.image.id if one.image else one.image_wanted
    facts = one.facts
    return [
        *(one.target, one.node, one.form.name, image, one.storage),
        *(facts.engine_version, facts.kernel_version, facts.cgroup_version),
        sorted(str(grant) for grant in verdict.grants),
        # What is behind names can be another between a look in check mode and the run.
        *(sorted(digests.items()) for digests in (one.content.images, one.content.files)),
    ]
