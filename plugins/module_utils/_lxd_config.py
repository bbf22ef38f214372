# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
Changing what an instance of LXD or Incus is configured with, and nothing else of it.

Not by ``lxd_container``: that starts a stopped instance to change it, and then writes back what it had read before the
start, which LXD refuses; it knows no instance that is ready or in error; and it overwrites what somebody else wrote
meanwhile.
"""

from __future__ import annotations

from ._discovery.errors import DiscoveryError, status_of
from ._discovery.lxd import Server

_CALL = 30.0
"""Seconds that one call may take."""

_ATTEMPTS = 3
"""How often what somebody else changed meanwhile is read again."""

_WRITABLE = ("architecture", "config", "description", "devices", "ephemeral", "profiles", "stateful")
_CHANGED_MEANWHILE = 412


def configure(options, name, config=None, devices=None, profiles=None, write=True):
    """
    Set keys of ``config``, of which one that is empty is taken away, and all ``devices`` and ``profiles`` where given.

    Returns whether something differs. Raises DiscoveryError where the server does not answer or refuses.
    """
    server = Server(options, _CALL)
    with server.explained():
        for attempts_left in reversed(range(_ATTEMPTS)):
            answer = server.client.api.instances[name].get()
            there = answer.json()["metadata"]
            wanted = _wanted(there, config or {}, devices, profiles)
            if all(there.get(key) == value for key, value in wanted.items()):
                return False
            if not write:
                return True
            try:
                server.do(
                    "put", f"instances/{name}", json=wanted, headers={"If-Match": answer.headers.get("ETag", "*")}
                )
                return True
            except Exception as exc:
                if status_of(exc) != _CHANGED_MEANWHILE or not attempts_left:
                    raise
    raise DiscoveryError("unreachable")


def _wanted(there, config, devices, profiles):
    wanted = {key: there[key] for key in _WRITABLE if key in there}
    wanted["config"] = {key: value for key, value in {**there.get("config", {}), **config}.items() if value != ""}
    if devices is not None:
        wanted["devices"] = devices
    if profiles is not None:
        wanted["profiles"] = profiles
    return wanted
