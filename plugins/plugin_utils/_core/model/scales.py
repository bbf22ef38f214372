# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ordered scales that a need and a form are measured by."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from types import MappingProxyType

SCOPES = ("application", "system", "machine")
"""How much of a computer a form takes, narrowest first."""


ISOLATIONS = ("process", "user_namespace", "machine")
"""What separates a service from its neighbours, weakest first."""


PRIVILEGES = ("none", "capabilities", "nesting", "privileged")
"""How far grants may go: each of these allows what those before it allow."""


NOTHING: Mapping[str, t.Any] = MappingProxyType({})


def nothing() -> Mapping[str, t.Any]:
    return NOTHING
