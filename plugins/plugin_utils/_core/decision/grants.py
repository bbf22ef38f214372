# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The privileges that a form is given for a service.

Some the user wrote under ``as``; the others are what the needs take, by the tables. They are listed for whoever
reviews them, ``max_privilege`` bounds them, and the candidate that needs fewer is preferred.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable

from ..knowledge.features import feature_row
from ..knowledge.runtimes import Runtime
from ..model import Candidate, Grant, Requirements


def grants(requirements: Requirements, candidate: Candidate) -> tuple[Grant, ...]:
    """What is granted to the service on this candidate, each once: the user's own first, then what the needs take."""
    opened = tuple(candidate.form.option_grants(candidate))
    taken = (*candidate.form.image_grants(candidate), *need_grants(requirements, candidate))
    return each_once((*opened, *taken)) if opened or taken else ()


def with_grants(requirements: Requirements, candidate: Candidate) -> Candidate:
    """The candidate with all that it is granted, as the rules judge it."""
    given = grants(requirements, candidate)
    return dataclasses.replace(candidate, grants=given) if given else candidate


def each_once(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """The first of each kind and value."""
    each: dict[tuple[str, str], Grant] = {}
    for grant in grants:
        each.setdefault((grant.kind, grant.value), grant)
    return tuple(each.values())


def need_grants(requirements: Requirements, candidate: Candidate) -> list[Grant]:
    """What the needs take in this form, whether the user wrote it or not."""
    form = candidate.form
    given: list[Grant] = []
    for feature in requirements.kernel_features:
        given += _feature_grants(feature, form.runtime, candidate.facts.engine_version)
    for name in requirements.privileges:
        given += [_given_for(grant, name) for grant in form.privilege_grants(name)]
    for device in requirements.devices:
        given += form.device_grants(device, candidate)
    if requirements.host_view or requirements.host_network:
        given += form.host_grants(requirements)
    return given


@functools.cache
def _feature_grants(feature: str, runtime: Runtime | None, engine: str | None) -> tuple[Grant, ...]:
    row = feature_row(feature, runtime, engine)
    return tuple(_given_for(grant, feature) for grant in row.grants) if row is not None else ()


def _given_for(grant: Grant, why: str) -> Grant:
    return Grant(kind=grant.kind, value=grant.value, level=grant.level, why=why)
