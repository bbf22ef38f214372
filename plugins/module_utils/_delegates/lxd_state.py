# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The run state of an instance of LXD or Incus, and nothing else of it.

Not by ``lxd_container``, which knows no instance that is ready or in error.
"""

from __future__ import annotations

from .._discovery.kinds.lxd import KIND
from .lxd import CALL

_ACTIONS = {"started": "start", "stopped": "stop", "restarted": "restart"}
"""By which an instance comes into each state."""

_OTHER_ACTIONS = {
    ("frozen", "started"): ("unfreeze",),
    # What is frozen cannot shut down.
    ("frozen", "restarted"): ("unfreeze", "restart"),
    ("stopped", "restarted"): ("start",),
}
"""Where the status that it has takes others."""

_RUNNING = ("running", "ready")


def bring_to(options, name, state, timeout=30, force=False, write=True):
    """
    Start, stop or restart an instance, whatever state it is in; a frozen one goes on.

    A guest has ``timeout`` seconds to shut down; with ``force`` it is not asked to. Returns whether anything was to be
    done. Raises DiscoveryError where the server does not answer or refuses.
    """
    server = KIND.connect(options, timeout + CALL)
    with server.translate_errors():
        status = server.get(f"instances/{name}")["status"].lower()
        if state == ("started" if status in _RUNNING else status):
            return False
        if write:
            for action in _OTHER_ACTIONS.get((status, state)) or (_ACTIONS[state],):
                request = {"action": action, "timeout": timeout, "force": force}
                server.do("put", f"instances/{name}/state", json=request)
        return True
