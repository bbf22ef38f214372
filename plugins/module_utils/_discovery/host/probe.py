# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What a container sees of the kernel that it shares, for an engine of whose node nothing can be read otherwise.

A container without network or privileges, made from an image that is there, reads /proc and /sys as nobody and is
removed again. What it prints is laid out as files, and read as those of a node are.
"""

from __future__ import annotations

import os
import tempfile

from ..._shared.marks import PREFIX
from ..calls import call_within
from ..errors import DiscoveryError, status_of
from . import kernel
from .files import read

LABEL = f"{PREFIX}probe"
"""The label of the container, by which one can be found that a run left behind which was killed."""

NOBODY = 65534
"""The user and the group that the script runs as."""

_SHARE = 0.7
"""The part of the target's time that a probe has: the rest is for its removal."""

MOST_OUTPUT = 8 * 1024 * 1024
"""Bytes of output beyond which something else than a kernel is answering."""

_USABLE_IMAGES = (
    "busybox",
    "alpine",
    "debian",
    "ubuntu",
    "fedora",
    "rockylinux",
    "almalinux",
    "opensuse",
    "amazonlinux",
)
"""Images that have a shell and the few programs, by the last part of their names, the smallest first."""

_READ = (
    *("proc/modules", "proc/meminfo", "proc/cpuinfo", "proc/cmdline", "proc/self/uid_map", "sys/kernel/realtime"),
    # Not fs/binfmt_misc, an automount that looking into would mount.
    *("proc/sys/kernel", "proc/sys/vm", "proc/sys/fs/[!b]*", "proc/sys/user"),
    *("sys/module/*/version", "sys/module/*/parameters"),
)
_SEEN = ("sys/kernel", "sys/kernel/btf/vmlinux", "sys/fs/cgroup", "sys/fs/cgroup/cgroup.controllers", "sys/module/*")

# One process that reads, not one for each of a thousand files: grep names the file before each line of it.
SCRIPT = f"cd /; ls -d {' '.join(_SEEN)} 2>/dev/null; echo; exec grep -arsH '' {' '.join(_READ)} 2>/dev/null"

_OWN = (
    *("kernel.hostname", "kernel.domainname"),
    *("kernel.msg", "kernel.sem", "kernel.shm", "fs.mqueue."),
    # From Linux 6.14 on.
    *("kernel.pid_max", "kernel.ns_last_pid"),
)
"""Settings of the container's own namespaces: they say nothing of the host's."""

_OF_ITS_USERS = "user."
"""Settings of the user namespace, which is the host's unless the engine maps users."""

_ALL_USERS = ["0", "0", "4294967295"]
"""The map of a user namespace that maps nobody (user_namespaces(7))."""

_NAME_IMAGE = "Name an image that has a shell and grep in rightscope_probe_image"


def choose_image(names_by_id, wanted, where):
    """
    (id, name) of the image to probe with: the ``wanted`` one by one of its names, or ``""`` for one known to do.

    ``where`` names the engine in an error. Raises DiscoveryError where there is no such image.
    """
    ids = {name: id for id, names in names_by_id.items() for name in names}
    if wanted:
        for name in (wanted, f"{wanted}:latest"):
            if name in ids or name in names_by_id:
                return ids.get(name, name), wanted
        raise DiscoveryError(
            f"{where} has no image '{wanted}', which rightscope_probe_image names.",
            "Bring it there, or name another: a probe fetches nothing.",
        )
    for usable in _USABLE_IMAGES:
        for name in sorted(ids):
            if usable in (name.rpartition("/")[2].partition(":")[0], name.partition("/")[0]):
                return ids[name], name
    raise DiscoveryError(f"{where} has no image that is known to work for a probe.", f"{_NAME_IMAGE}.")


def read_kernel(run, image, where, timeout):
    """
    The facts that a container of an image tells; ``run`` makes it and returns what ``SCRIPT`` prints in it.

    ``where`` names the engine in an error. Raises DiscoveryError where no container can be made or read.
    """
    seconds = timeout * _SHARE
    try:
        text = call_within(seconds, run)
    except TimeoutError:
        raise DiscoveryError(
            f"{where} did not run a probing container from '{image}' within {seconds:g} s.",
            "Raise discovery_timeout, or take rightscope_probe away.",
        ) from None
    except Exception as exc:
        if status_of(exc) is None:
            raise
        raise DiscoveryError(
            f"{where} cannot run a probing container from '{image}'.", f"{_NAME_IMAGE}, or take rightscope_probe away."
        ) from exc
    facts = _facts(text)
    if not facts["kernel_sysctls"]:
        raise DiscoveryError(
            f"A probing container from '{image}' said nothing about the kernel of {where[0].lower()}{where[1:]}.",
            f"{_NAME_IMAGE}.",
        )
    return facts


def _facts(text):
    with tempfile.TemporaryDirectory(prefix="rightscope-probe-") as root:
        names, _blank, lines = text.partition("\n\n")
        _lay_out(root, names.splitlines(), lines.splitlines())
        facts = kernel.facts_of_this_node(root=root, release="", shares_view=False)
        is_mapped = (read(root, "proc/self/uid_map") or "").split() != _ALL_USERS
    settings = facts["kernel_sysctls"] or {}
    own = (*_OWN, _OF_ITS_USERS) if is_mapped else _OWN
    facts["kernel_sysctls"] = {name: value for name, value in settings.items() if not name.startswith(own)}
    return facts


def _lay_out(root, names, lines):
    """Make the files below ``root``; a name that leads out of it is not the kernel's."""
    contents = {}
    for line in lines:
        name, _colon, value = line.partition(":")
        contents.setdefault(name, []).append(value)
    # A module's parameter names no other module; what is seen and not read is there, or is a directory.
    for name in names:
        if name not in contents and _is_below(name):
            os.makedirs(os.path.join(root, name), exist_ok=True)
    for name, values in contents.items():
        if _is_below(name) and not os.path.isdir(os.path.join(root, name)):
            os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write("\n".join(values) + "\n")


def _is_below(name):
    return name.startswith(("proc/", "sys/")) and ".." not in name.split("/")
