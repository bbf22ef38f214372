# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What a project of LXD or Incus can bound and forbid.

Source: https://documentation.ubuntu.com/lxd/en/latest/reference/projects/,
https://linuxcontainers.org/incus/docs/main/reference/projects/, and for what is checked
https://github.com/canonical/lxd/blob/main/lxd/project/limits/permissions.go.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Summed:
    """``fact`` is its name in ``project_used``; ``give`` says how an instance comes by a limit of it."""

    noun: str
    fact: str
    give: str
    in_mib: bool = False


SUMMED = {
    "limits.memory": Summed(
        noun="memory",
        fact="memory",
        in_mib=True,
        give="ask for 'memory', or set 'limits.memory' to a size in a profile",
    ),
    "limits.cpu": Summed(
        noun="processors", fact="cpu", give="ask for 'cpus', or set 'limits.cpu' to a number in a profile"
    ),
    "limits.processes": Summed(
        noun="processes",
        fact="processes",
        give="give 'as.lxd_container.config.limits.processes', or set it in a profile",
    ),
    "limits.disk": Summed(
        noun="disk", fact="disk", in_mib=True, give="ask for 'disk', or give the root disk a 'size' in a profile"
    ),
}
"""Limits of a project that bound the sum of those of its instances, each of which must then have one."""

COUNTED = {"limits.containers": "containers", "limits.instances": "instances"}
"""Limits of a project that bound how many it has, and what is counted."""

RESTRICTIONS = {
    "restricted.containers.interception": "block",
    "restricted.containers.lowlevel": "block",
    "restricted.containers.nesting": "block",
    "restricted.containers.privilege": "unprivileged",
    "restricted.devices.disk": "managed",
    "restricted.devices.gpu": "block",
    "restricted.devices.infiniband": "block",
    "restricted.devices.nic": "managed",
    "restricted.devices.pci": "block",
    "restricted.devices.proxy": "block",
    "restricted.devices.unix-block": "block",
    "restricted.devices.unix-char": "block",
    "restricted.devices.unix-hotplug": "block",
    "restricted.devices.usb": "block",
}
"""What a restricted project forbids, and what holds where it says nothing of it."""

LISTS = ("restricted.devices.disk.paths", "restricted.networks.access", "restricted.storage-pools.access")
"""What a restricted project names one by one: all are allowed where it names none."""

DEVICES = ("gpu", "infiniband", "pci", "proxy", "unix-block", "unix-char", "unix-hotplug", "usb")
"""Types of devices of which it allows all or none."""

INTERCEPTION = (
    "security.syscalls.intercept.bpf",
    "security.syscalls.intercept.bpf.devices",
    "security.syscalls.intercept.mknod",
    "security.syscalls.intercept.mount",
    "security.syscalls.intercept.mount.fuse",
    "security.syscalls.intercept.sched_setscheduler",
    "security.syscalls.intercept.setxattr",
    "security.syscalls.intercept.sysinfo",
)

LOW_LEVEL = (
    "boot.host_shutdown_timeout",
    "linux.kernel_modules",
    "raw.",
    "security.delegate_bpf",
    "security.devlxd.images",
    "security.guestapi.images",
    "security.idmap.base",
    "security.idmap.size",
    "security.syscalls.intercept",
)
"""How the keys begin that ``restricted.containers.lowlevel`` is about, but for those of INTERCEPTION."""
