# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Changing what an instance of LXD or Incus is configured with, or its run state, and nothing else of it.

Not by ``lxd_container``: that starts a stopped instance to change it, and then writes back what it had read before the
start, which LXD refuses; it knows no instance that is ready or in error; and it overwrites what somebody else wrote
meanwhile.
"""

from __future__ import annotations

from ._discovery.errors import DiscoveryError, status_of
from ._discovery.kinds.lxd import Server

CONNECTION = {
    "url": {"type": "str"},
    "snap_url": {"type": "str"},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path"},
    "server_cert": {"type": "path"},
    "trust_password": {"type": "str", "no_log": True},
    "project": {"type": "str"},
}
"""The connection options as arguments of a module."""

_CALL = 30.0
"""Seconds that one call may take."""

_ATTEMPTS = 3
"""How often what somebody else changed meanwhile is read again."""

_WRITABLE = ("architecture", "config", "description", "devices", "ephemeral", "profiles", "stateful")
_CHANGED_MEANWHILE = 412


def carry_out(module, work, names):
    """Have a module's work done, with the parameters of these names, and end the module with what came of it."""
    params = module.params
    options = {name: params[name] for name in CONNECTION if params[name] is not None}
    try:
        changed = work(options, params["name"], **{name: params[name] for name in names}, write=not module.check_mode)
    except DiscoveryError as exc:
        module.fail_json(msg=exc.message)
    module.exit_json(changed=changed, name=params["name"])


def configure(options, name, config=None, devices=None, write=True, **plain):
    """
    Set keys of ``config`` and ``devices``, of which one that is empty is taken away, and what else is given whole.

    Returns whether something differs. Raises DiscoveryError where the server does not answer or refuses.
    """
    server = Server(options, _CALL)
    with server.explained():
        for attempts_left in reversed(range(_ATTEMPTS)):
            answer = server.client.api.instances[name].get()
            there = answer.json()["metadata"]
            wanted = _wanted(there, config or {}, devices, plain)
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


_ACTIONS = {"started": "start", "stopped": "stop", "restarted": "restart"}
"""By which an instance comes into each state."""

_OTHERWISE = {
    ("frozen", "started"): ("unfreeze",),
    # What is frozen cannot shut down.
    ("frozen", "restarted"): ("unfreeze", "restart"),
    ("stopped", "restarted"): ("start",),
}
"""Where the state that it is in takes others."""

_RUNNING = ("running", "ready")


def bring_to(options, name, state, timeout=30, force=False, write=True):
    """
    Start, stop or restart an instance, whatever state it is in; a frozen one goes on.

    A guest has ``timeout`` seconds to shut down; with ``force`` it is not asked to. Returns whether anything was to be
    done. Raises DiscoveryError where the server does not answer or refuses.
    """
    server = Server(options, timeout + _CALL)
    with server.explained():
        now = server.get(f"instances/{name}")["status"].lower()
        there = "started" if now in _RUNNING else now
        if there == state:
            return False
        if write:
            for action in _OTHERWISE.get((now, state)) or (_ACTIONS[state],):
                wanted = {"action": action, "timeout": timeout, "force": force}
                server.do("put", f"instances/{name}/state", json=wanted)
        return True


def _wanted(there, config, devices, plain):
    wanted = {key: there[key] for key in _WRITABLE if key in there}
    wanted["config"] = {key: value for key, value in {**there.get("config", {}), **config}.items() if value != ""}
    if devices:
        merged = {**there.get("devices", {}), **devices}
        wanted["devices"] = {name: device for name, device in merged.items() if device}
    wanted.update({key: value for key, value in plain.items() if value is not None})
    return wanted
