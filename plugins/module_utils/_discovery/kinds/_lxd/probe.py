# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container that looks into the kernel of a server's node."""

from __future__ import annotations

import contextlib
import os

from ...._shared.marks import LXD_PREFIX
from ...host.probe import LABEL, MOST_OUTPUT, NOBODY, SCRIPT, choose_image, read_kernel

_SHOWN_BY_LXCFS = ("memory_free", "cpu_flags")
"""What lxcfs shows a container in place of the node's own: the server tells that."""


def probe_kernel(server, images, image, member, pool, where):
    """
    The facts that a container tells on a cluster's ``member``, with its root disk in ``pool``.

    ``images`` are the server's, of which ``image`` names one, or ``""`` for one that is known to do; ``where`` names
    the server in an error. Raises DiscoveryError where no container can be made or read.
    """
    names_by_id = {entry["id"]: [*entry["names"], *filter(None, [entry["os"]])] for entry in images}
    fingerprint, name = choose_image(names_by_id, image, where)
    instance = f"rightscope-probe-{os.urandom(4).hex()}"
    try:
        facts = read_kernel(lambda: _run(server, instance, fingerprint, member, pool), name, where, server.timeout)
    finally:
        with contextlib.suppress(Exception):
            server.do("put", f"instances/{instance}/state", json={"action": "stop", "force": True, "timeout": 10})
        with contextlib.suppress(Exception):
            server.do("delete", f"instances/{instance}")
    return {name: value for name, value in facts.items() if name not in _SHOWN_BY_LXCFS}


def _run(server, name, image, member, pool):
    """
    What the script prints in a container.

    Without a profile it has no network; an exec that records its output takes no websocket.
    """
    server.do(
        "post",
        "instances",
        target=member,
        json={
            "name": name,
            "type": "container",
            "source": {"type": "image", "fingerprint": image},
            "profiles": [],
            "devices": {"root": {"type": "disk", "path": "/", "pool": pool}},
            "config": {f"{LXD_PREFIX}{LABEL}": "kernel", "limits.memory": "256MiB", "limits.processes": "200"},
        },
    )
    server.do("put", f"instances/{name}/state", json={"action": "start", "timeout": -1})
    result = server.do(
        "post",
        f"instances/{name}/exec",
        json={
            "command": ["/bin/sh", "-c", SCRIPT],
            "user": NOBODY,
            "group": NOBODY,
            "interactive": False,
            "wait-for-websocket": False,
            "record-output": True,
        },
    )
    return server.read_file(result["output"]["1"])[:MOST_OUTPUT].decode("utf-8", "replace")
