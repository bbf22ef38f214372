# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container that looks into the engine's kernel."""

from __future__ import annotations

import contextlib

from ...host.probe import LABEL, MOST_OUTPUT, NOBODY, SCRIPT, choose_image, read_kernel


def probe_kernel(client, image_list, image, where, timeout):
    """
    The facts that a container tells; ``where`` names the engine in an error.

    ``image_list`` are the engine's images, of which ``image`` names one, or ``""`` for one that is known to do.
    Raises DiscoveryError where no container can be made or read.
    """
    names_by_id = {
        entry["Id"]: [name for name in entry.get("RepoTags") or () if "<none>" not in name] for entry in image_list
    }
    id, name = choose_image(names_by_id, image, where)
    made = []
    try:
        return read_kernel(lambda: _run(client, id, made), name, where, timeout)
    finally:
        # The one who was to remove it may still wait for it, and ends with this process.
        for container in made:
            with contextlib.suppress(Exception):
                client.remove_container(container, force=True, v=True)


def _run(client, image, made):
    """What the script prints in a container, whose id is added to ``made``."""
    host = client.create_host_config(
        network_mode="none",
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        mem_limit="64m",
        pids_limit=16,
    )
    container = client.create_container(
        image,
        entrypoint=["/bin/sh", "-c", SCRIPT],
        command=[],
        user=f"{NOBODY}:{NOBODY}",
        labels={LABEL: "kernel"},
        host_config=host,
        network_disabled=True,
    )
    made.append(container["Id"])
    client.start(container["Id"])
    client.wait(container["Id"])
    return client.logs(container["Id"], stdout=True, stderr=False)[:MOST_OUTPUT].decode("utf-8", "replace")
