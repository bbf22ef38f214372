# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the options under ``as`` get along with the needs, with each other and with the engine."""

from __future__ import annotations

from ...failures import together
from ...model import Candidate, Failure, Requirements


def options(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    No option under ``as`` may take back what a need asks for: a network of its own where the host's is needed, a
    capability that is dropped, a limit below the size, a setting below the wanted one.

    Nor may two of Docker's options exclude each other, nor may the engine refuse one or leave it out: because of its
    version, what it can limit, its processors or their architecture.
    """
    return together(candidate.form.options_refused(requirements, candidate)) if candidate.options else None
