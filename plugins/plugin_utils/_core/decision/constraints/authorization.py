# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who else has a say in what an engine does."""

from __future__ import annotations

from ...failures import unknown
from ...model import PRIVILEGES, Candidate, Failure, Requirements
from ...wording import listed


def authorization(_requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    If a Docker engine asks an authorisation plugin before each call, it is not known what the plugin allows: it may
    refuse anything that a container is granted.
    """
    plugins = candidate.facts.authorization
    if not plugins:
        return None
    given = [str(grant) for grant in candidate.grants or () if grant.level != PRIVILEGES[0]]
    if not given:
        return None
    noun = "plugin" if len(plugins) == 1 else "plugins"
    return unknown(
        f"cannot tell whether its authorisation {noun} {listed(plugins)} allow {listed(given)}", "authorization: []"
    )
