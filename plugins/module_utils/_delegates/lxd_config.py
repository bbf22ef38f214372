# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Changing what an instance of LXD or Incus is configured with, and nothing else of it.

Not by ``lxd_container``: that starts a stopped instance to change it, and then writes back what it had read before the
start, which LXD refuses; and it overwrites what somebody else wrote meanwhile.
"""

from __future__ import annotations

from .._discovery.errors import DiscoveryError, status_of
from .._discovery.kinds.lxd import KIND
from .lxd import CALL

_ATTEMPTS = 3
"""How often what somebody else changed meanwhile is read again."""

_WRITABLE = ("architecture", "config", "description", "devices", "ephemeral", "profiles", "stateful")
_CHANGED_MEANWHILE = 412


def configure(options, name, config=None, devices=None, write=True, **whole):
    """
    Set keys of ``config`` and ``devices``, of which one that is empty is taken away, and what else is given ``whole``.

    Returns whether something differs. Raises DiscoveryError where the server does not answer or refuses.
    """
    server = KIND.connect(options, CALL)
    with server.translate_errors():
        for attempts_left in reversed(range(_ATTEMPTS)):
            answer = server.client.api.instances[name].get()
            current = answer.json()["metadata"]
            wanted = _merge(current, config or {}, devices, whole)
            if all(current.get(key) == value for key, value in wanted.items()):
                return False
            if not write:
                return True
            # Only what is still as it was read is written over.
            unchanged = {"If-Match": answer.headers.get("ETag", "*")}
            try:
                server.do("put", f"instances/{name}", json=wanted, headers=unchanged)
                return True
            except Exception as exc:
                if status_of(exc) != _CHANGED_MEANWHILE or not attempts_left:
                    raise
    raise DiscoveryError("unreachable")


def _merge(current, config, devices, whole):
    wanted = {key: current[key] for key in _WRITABLE if key in current}
    wanted["config"] = {key: value for key, value in {**current.get("config", {}), **config}.items() if value != ""}
    if devices:
        merged = {**current.get("devices", {}), **devices}
        wanted["devices"] = {name: device for name, device in merged.items() if device}
    wanted.update({key: value for key, value in whole.items() if value is not None})
    return wanted
