# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who asks, and what that user may do."""

from __future__ import annotations

from ...errors import DiscoveryError, status_of

# What discovery itself needs, on some path. Listings are filtered, not refused: without these it would look as if
# there were no guest and no node. What a plan takes beside is known from the privileges, for a decision to judge.
_PRIVILEGES = ("VM.Audit", "Sys.Audit")

_UNUSED_PATHS = ("/access",)
"""No call of a plan takes a privilege on what is below these."""

_ROOT = "root@pam"


def read_permissions(cluster):
    """
    The user with what it has on each path; without paths where it may not ask for that, None where no such thing is.

    Raises DiscoveryError where it may see nothing at all.
    """
    try:
        granted = cluster.get("access/permissions")
    except Exception as exc:
        if status_of(exc) in (400, 404, 501):
            return None
        if status_of(exc) in (403, 500):
            return {"user": cluster.user, "paths": None}
        raise
    held = {privilege for privileges in granted.values() for privilege in privileges}
    missing = [privilege for privilege in _PRIVILEGES if privilege not in held]
    if missing and cluster.user != _ROOT:
        raise DiscoveryError(
            f"The Proxmox VE user {cluster.user} lacks the privileges {', '.join(missing)}.",
            "Give it, and its token if that has privileges of its own, a role with these (pveum acl modify).",
        )
    return {"user": cluster.user, "paths": _privileges_by_path(granted)}


def _privileges_by_path(granted):
    """
    Privileges by path, each with whether it goes further down, without the paths that only repeat what is above them.

    The API lists each path that has an ACL of anybody, and each guest in a pool.
    """
    paths = {
        path: {name: bool(goes_down) for name, goes_down in sorted(held.items())}
        for path, held in sorted(granted.items())
        if not path.startswith(_UNUSED_PATHS)
    }
    return {path: held for path, held in paths.items() if path == "/" or held != _inherited(paths, path)}


def _inherited(paths, path):
    """What would come down to a path that is not listed."""
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        held = {name: True for name, goes_down in paths.get(path, {}).items() if goes_down}
        if held:
            return held
    return None
