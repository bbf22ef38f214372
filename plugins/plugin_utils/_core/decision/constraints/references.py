# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what the options of a container name is there, and is something that its engine knows."""

from __future__ import annotations

from ...failures import together
from ...model import Candidate, Failure, Requirements


def references(_requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    What an option names must exist. For a Docker container: a network, another container, a device, a runtime, a
    driver, and a directory that a mount of the type ``bind`` binds. For an LXC container: a profile, a network, a
    bridge, a storage pool. Its server must know each key, and an existing root disk stays in its pool.

    What is not known is left to the engine. Docker itself makes a directory under ``volumes``.
    """
    return together(candidate.form.references_missing(candidate)) if candidate.options else None
