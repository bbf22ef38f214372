# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
What a container sees of the kernel that it shares, for a Docker engine of whose node nothing can be read otherwise.

A container without network, privileges or anything to write to, made from an image that is there, reads /proc and
/sys and is removed again. What it prints is laid out as files, and read as those of a node are.
"""

from __future__ import annotations

import os
import tempfile

from . import kernel
from .calls import call_within
from .errors import DiscoveryError, status_of
from .files import read

LABEL = "rightscope.probe"
"""The label of the container, by which one can be found that a run left behind which was killed."""

_KNOWN_TO_DO = ("busybox", "alpine", "debian", "ubuntu", "fedora", "rockylinux", "almalinux", "opensuse", "amazonlinux")
"""Images that have a shell and the few programs, by the last part of their names, the smallest first."""

_READ = (
    *("proc/modules", "proc/meminfo", "proc/cpuinfo", "proc/cmdline", "proc/self/uid_map", "sys/kernel/realtime"),
    # Not fs/binfmt_misc, an automount that looking into would mount.
    *("proc/sys/kernel", "proc/sys/vm", "proc/sys/fs/[!b]*", "proc/sys/user"),
    *("sys/module/*/version", "sys/module/*/parameters"),
)
_SEEN = ("sys/kernel", "sys/kernel/btf/vmlinux", "sys/fs/cgroup", "sys/fs/cgroup/cgroup.controllers", "sys/module/*")

# One process that reads, not one for each of a thousand files: grep names the file before each line of it.
_SCRIPT = f"cd /; ls -d {' '.join(_SEEN)} 2>/dev/null; echo; exec grep -arsH '' {' '.join(_READ)} 2>/dev/null"

_MOST = 8 * 1024 * 1024
"""Bytes of output beyond which something else than a kernel is answering."""

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


def of_its_kernel(client, listed, image, where, timeout):
    """
    The facts that a container on this engine can tell; ``where`` names the engine in an error.

    ``listed`` are the engine's images, of which ``image`` names one, or None for one that is known to do.
    Raises DiscoveryError where no container can be made or read.
    """
    chosen = _image(listed, image, where)
    try:
        text = call_within(timeout, _run, client, chosen)
    except TimeoutError:
        raise DiscoveryError(
            f"{where} ran no probing container from '{chosen}' within {timeout:g} s.",
            "Raise discovery_timeout, or take rightscope_probe away.",
        ) from None
    except Exception as exc:
        if status_of(exc) is None:
            raise
        raise DiscoveryError(
            f"{where} cannot run a probing container from '{chosen}'.",
            "Name an image that has a shell and grep in rightscope_probe_image, or take rightscope_probe away.",
        ) from exc
    facts = _facts(text)
    if not facts["kernel_sysctls"]:
        raise DiscoveryError(
            f"A probing container from '{chosen}' told nothing of the kernel of {where[0].lower()}{where[1:]}.",
            "Name an image that has a shell and grep in rightscope_probe_image.",
        )
    return facts


def _image(listed, wanted, where):
    names = sorted(name for image in listed for name in image.get("RepoTags") or () if "<none>" not in name)
    if wanted:
        if wanted in names or f"{wanted}:latest" in names or any(wanted == image["Id"] for image in listed):
            return wanted
        raise DiscoveryError(
            f"{where} has no image '{wanted}', which rightscope_probe_image names.",
            "Pull it there, or name another: a probe fetches nothing.",
        )
    for known in _KNOWN_TO_DO:
        for name in names:
            if name.rpartition("/")[2].partition(":")[0] == known:
                return name
    raise DiscoveryError(
        f"{where} has no image that is known to be good for a probe.",
        "Name one that has a shell and grep in rightscope_probe_image.",
    )


def _run(client, image):
    """What the script prints in a container, which is removed whatever happens."""
    host = client.create_host_config(
        network_mode="none",
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        mem_limit="64m",
        pids_limit=16,
    )
    made = client.create_container(
        image,
        entrypoint=["/bin/sh", "-c", _SCRIPT],
        command=[],
        user="65534:65534",
        labels={LABEL: "kernel"},
        host_config=host,
        network_disabled=True,
    )
    try:
        client.start(made["Id"])
        client.wait(made["Id"])
        return client.logs(made["Id"], stdout=True, stderr=False)[:_MOST].decode("utf-8", "replace")
    finally:
        client.remove_container(made["Id"], force=True, v=True)


def _facts(text):
    with tempfile.TemporaryDirectory(prefix="rightscope-probe-") as root:
        seen, _blank, lines = text.partition("\n\n")
        _lay_out(root, seen.splitlines(), lines.splitlines())
        found = kernel.of_this_node(root=root, release="", shares_view=False)
        mapped = (read(root, "proc/self/uid_map") or "").split() != _ALL_USERS
    settings = found["kernel_sysctls"] or {}
    own = (*_OWN, _OF_ITS_USERS) if mapped else _OWN
    found["kernel_sysctls"] = {name: value for name, value in settings.items() if not name.startswith(own)}
    return found


def _lay_out(root, seen, lines):
    """Make the files below ``root``; a name that leads out of it is none of the kernel's."""
    contents = {}
    for line in lines:
        name, _colon, value = line.partition(":")
        contents.setdefault(name, []).append(value)
    # A module's parameter names no other module; what is seen and not read is there, or is a directory.
    for name in seen:
        if name not in contents and _is_below(name):
            os.makedirs(os.path.join(root, name), exist_ok=True)
    for name, values in contents.items():
        if _is_below(name) and not os.path.isdir(os.path.join(root, name)):
            os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write("\n".join(values) + "\n")


def _is_below(name):
    return name.startswith(("proc/", "sys/")) and ".." not in name.split("/")
