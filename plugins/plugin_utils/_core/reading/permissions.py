# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a discovery's reply or a record says of the privileges of the API's user."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ..model import Permissions
from .facts import FactsError


def read_permissions(raw: t.Any) -> Permissions | None:
    """
    What a discovery's reply or a record says of the privileges; None where it says nothing.

    Raises FactsError for anything else.
    """
    if raw is None:
        return None
    if not isinstance(raw, Mapping) or not isinstance(raw.get("user"), str) or not raw["user"].isprintable():
        raise FactsError("permissions must be a mapping that has a 'user'.")
    paths = raw.get("paths")
    if paths is None:
        return Permissions(user=raw["user"])
    is_valid = isinstance(paths, Mapping) and all(
        isinstance(path, str) and path.startswith("/") and path.isprintable() and _are_privileges(privileges)
        for path, privileges in paths.items()
    )
    if not is_valid:
        raise FactsError(
            "permissions.paths must be a mapping of a path such as '/vms' to privileges, each true or false."
        )
    return Permissions(user=raw["user"], paths={path: dict(privileges) for path, privileges in paths.items()})


def _are_privileges(value: t.Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and isinstance(is_given, bool) for name, is_given in value.items()
    )
