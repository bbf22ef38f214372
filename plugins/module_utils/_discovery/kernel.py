# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
The kernel and memory of the very node that this runs on, from /proc, /sys and /lib/modules.

True of a target only where its engine runs on this node too: ask ``is_kernel_of`` first.
Every path starts at ``root``, so that tests can bring a kernel of their own.
"""

from __future__ import annotations

import os
import platform

from .common import MIB


def is_kernel_of(kernel_version):
    """Whether a local engine's kernel is this node's, and not that of a VM or of the other end of a socket."""
    return bool(kernel_version) and kernel_version == platform.release()


def of_this_node(root="/", release=None):
    """Facts for what no engine's API tells. What cannot be read is None."""
    modules, complete = loaded_modules(root, release)
    return {
        "memory_free": mem_available(root),
        "cgroup_version": cgroup_version(root),
        "kernel_modules": None if modules is None else sorted(modules),
        "kernel_modules_complete": None if modules is None else complete,
    }


def loaded_modules(root="/", release=None):
    """
    ``(names, complete)``: what is loaded in the kernel or built into it; names have ``_``, never ``-``.

    /proc/modules has the loaded ones, modules.builtin the built-in ones, /sys/module the loaded ones and
    those built-in ones that have parameters. Not ``complete`` means that a name which is not there may be
    built in all the same: the release's modules.builtin is not installed (a container, a kernel without
    modules). ``names`` is None where none of them can be read.
    """
    loaded = _first_words(_read(root, "proc/modules"))
    builtin = _builtin(_read(root, f"lib/modules/{release or platform.release()}/modules.builtin"))
    seen = _names_in(os.path.join(root, "sys/module"))
    sources = [names for names in (loaded, builtin, seen) if names is not None]
    if not sources:
        return None, False
    names = {name.replace("-", "_") for source in sources for name in source}
    return names, loaded is not None and builtin is not None


def mem_available(root="/"):
    """MiB that can be taken without swapping (MemAvailable, proc_meminfo(5)), or None."""
    for line in (_read(root, "proc/meminfo") or "").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024 // MIB
    return None


def cgroup_version(root="/"):
    """2 where the unified hierarchy is the only one, 1 for the others (cgroups(7)), None without cgroups."""
    mounted = os.path.join(root, "sys/fs/cgroup")
    if os.path.exists(os.path.join(mounted, "cgroup.controllers")):
        return 2
    return 1 if _names_in(mounted) else None


def free_space(path):
    """MiB that a user may still write where ``path`` is, or None."""
    try:
        found = os.statvfs(path)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize // MIB


def _read(root, path):
    try:
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return None


def _first_words(text):
    return None if text is None else [line.split()[0] for line in text.splitlines() if line.strip()]


def _builtin(text):
    """Names in modules.builtin, whose lines are paths: ``kernel/fs/ext4/ext4.ko``."""
    if text is None:
        return None
    return [os.path.basename(line.strip()).split(".ko")[0] for line in text.splitlines() if line.strip()]


def _names_in(directory):
    try:
        return os.listdir(directory)
    except OSError:
        return None
