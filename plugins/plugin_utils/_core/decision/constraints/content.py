# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is behind the names that the options have: files, and images in registries."""

from __future__ import annotations

from ...failures import not_now, together, undecided
from ...model import Candidate, Failure, Requirements


def content(_requirements: Requirements, candidate: Candidate) -> Failure | None:
    """A file that an option names must be readable, and the registry must answer if an image is always to be pulled."""
    if not candidate.content.unreadable and not candidate.content.silent:
        return None
    if candidate.is_present:
        # It has its place. What is not known of its content is told there, and no reason to move.
        return None
    files = (
        not_now(f"'{path}' cannot be read where the module runs ({why})", f"put '{path}' there")
        for path, why in candidate.content.unreadable.items()
    )
    images = (
        undecided(
            f"cannot tell what the registry has by '{name}', which must always be pulled ({why})",
            "bring the registry back, or remove 'pull: always'",
        )
        for name, why in candidate.content.silent.items()
    )
    return together((*files, *images))
