# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long things take, each beside something plain that was measured in the same run: figures, no verdicts."""

from __future__ import annotations

from tests import conftest

# Importing it is what makes the collection importable.
__all__ = ["conftest"]
