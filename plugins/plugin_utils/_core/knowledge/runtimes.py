# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What runs a form: features, settings and capabilities of the kernel are known of a runtime, whoever drives it.

So a container of Proxmox VE has LXC's rows, and a domain of libvirt has QEMU's.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """
    ``own_kernel`` says whether what it runs boots a kernel of its own, or shares its host's.

    ``kernels`` are the kernels that its host can have, by the name of their system; empty where that is for the host's
    facts to say. ``is_unprivileged`` says that it maps users if not told otherwise, so a setting that is each
    container's own must also be open to the root of a user namespace.
    """

    name: str
    title: str
    own_kernel: bool
    kernels: tuple[str, ...] = ()
    is_unprivileged: bool = False
    source: str


DOCKER = Runtime(
    name="docker",
    title="Docker",
    own_kernel=False,
    source="https://docs.docker.com/engine/",
)
LXC = Runtime(
    name="lxc",
    title="LXC",
    own_kernel=False,
    kernels=("linux",),
    is_unprivileged=True,
    source="https://linuxcontainers.org/lxc/introduction/",
)
QEMU = Runtime(
    name="qemu",
    title="QEMU",
    own_kernel=True,
    source="https://www.qemu.org/docs/master/system/introduction.html",
)

RUNTIMES = {runtime.name: runtime for runtime in (DOCKER, LXC, QEMU)}
"""Every runtime by its name."""
