# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what the options of a container name is there, and is something that its engine knows."""

from __future__ import annotations

from ...failures import together
from ...model import Candidate, Failure, Requirements


def references(_requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    What an option names must be there. Of a Docker container: a network, another container, a device, a runtime, a
    driver, and a directory that a mount of the type ``bind`` binds. Of an LXC container: a profile, a network, a
    bridge, a storage pool; its server must know each key, and the root disk of one that is there stays in its pool.

    What nobody knows of is left to the engine. A directory under ``volumes`` is made by Docker.
    """
    return together(candidate.form.references_missing(candidate)) if candidate.options else None
