# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What a container sees of the kernel that it shares, for an engine of whose node nothing can be read otherwise.

A container without network or privileges, made from an image that is there, reads /proc and /sys as nobody and is
removed again. What it prints is laid out as files, and read as those of a node are.
"""

from __future__ import annotations

import contextlib
import os
import tempfile

from ..calls import call_within
from ..errors import DiscoveryError, status_of
from . import kernel
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


_NEED = "Name an image that has a shell and grep in rightscope_probe_image"


def of_docker(client, listed, image, where, timeout):
    """
    The facts that a container of Docker can tell; ``where`` names the engine in an error.

    ``listed`` are the engine's images, of which ``image`` names one, or ``""`` for one that is known to do.
    Raises DiscoveryError where no container can be made or read.
    """
    known = {one["Id"]: [name for name in one.get("RepoTags") or () if "<none>" not in name] for one in listed}
    chosen, name = _image(known, image, where)
    made = []
    try:
        return _told(lambda: _run_docker(client, chosen, made), name, where, timeout * _SHARE)
    finally:
        # The one who was to remove it may still wait for it, and ends with this process.
        for one in made:
            with contextlib.suppress(Exception):
                client.remove_container(one, force=True, v=True)


def of_lxd(server, listed, image, member, pool, where, timeout):
    """
    As ``of_docker``, for a container of LXD or Incus on a cluster's ``member``, with its root disk in ``pool``.

    What lxcfs shows a container in place of the node's own is left out: the server tells that.
    """
    known = {one["id"]: [*one["names"], *filter(None, [one["os"]])] for one in listed}
    chosen, name = _image(known, image, where)
    instance = f"rightscope-probe-{os.urandom(4).hex()}"
    try:
        facts = _told(lambda: _run_lxd(server, instance, chosen, member, pool), name, where, timeout * _SHARE)
    finally:
        with contextlib.suppress(Exception):
            server.do("put", f"instances/{instance}/state", json={"action": "stop", "force": True, "timeout": 10})
        with contextlib.suppress(Exception):
            server.do("delete", f"instances/{instance}")
    return {name: value for name, value in facts.items() if name not in _BY_LXCFS}


_BY_LXCFS = ("memory_free", "cpu_flags")


def _told(run, image, where, timeout):
    try:
        text = call_within(timeout, run)
    except TimeoutError:
        raise DiscoveryError(
            f"{where} did not run a probing container from '{image}' within {timeout:g} s.",
            "Raise discovery_timeout, or take rightscope_probe away.",
        ) from None
    except Exception as exc:
        if status_of(exc) is None:
            raise
        raise DiscoveryError(
            f"{where} cannot run a probing container from '{image}'.", f"{_NEED}, or take rightscope_probe away."
        ) from exc
    facts = _facts(text)
    if not facts["kernel_sysctls"]:
        raise DiscoveryError(
            f"A probing container from '{image}' said nothing about the kernel of {where[0].lower()}{where[1:]}.",
            f"{_NEED}.",
        )
    return facts


def _image(known, wanted, where):
    """(id, name) of the image: ``known`` are the names of each by its id."""
    names = {name: id for id, names in known.items() for name in names}
    if wanted:
        for name in (wanted, f"{wanted}:latest"):
            if name in names or name in known:
                return names.get(name, name), wanted
        raise DiscoveryError(
            f"{where} has no image '{wanted}', which rightscope_probe_image names.",
            "Bring it there, or name another: a probe fetches nothing.",
        )
    for known_to_do in _KNOWN_TO_DO:
        for name in sorted(names):
            if known_to_do in (name.rpartition("/")[2].partition(":")[0], name.partition("/")[0]):
                return names[name], name
    raise DiscoveryError(f"{where} has no image that is known to work for a probe.", f"{_NEED}.")


_SHARE = 0.7
"""The part of the target's time that a probe has: the rest is for its removal."""


def _run_docker(client, image, made):
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
        entrypoint=["/bin/sh", "-c", _SCRIPT],
        command=[],
        user=f"{_NOBODY}:{_NOBODY}",
        labels={LABEL: "kernel"},
        host_config=host,
        network_disabled=True,
    )
    made.append(container["Id"])
    client.start(container["Id"])
    client.wait(container["Id"])
    return client.logs(container["Id"], stdout=True, stderr=False)[:_MOST].decode("utf-8", "replace")


_NOBODY = 65534


def _run_lxd(server, name, image, member, pool):
    """As ``_run_docker``. Without a profile it has no network; an exec that records its output takes no websocket."""
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
            "config": {f"user.{LABEL}": "kernel", "limits.memory": "256MiB", "limits.processes": "200"},
        },
    )
    server.do("put", f"instances/{name}/state", json={"action": "start", "timeout": -1})
    ran = server.do(
        "post",
        f"instances/{name}/exec",
        json={
            "command": ["/bin/sh", "-c", _SCRIPT],
            "user": _NOBODY,
            "group": _NOBODY,
            "interactive": False,
            "wait-for-websocket": False,
            "record-output": True,
        },
    )
    return server.raw(ran["output"]["1"])[:_MOST].decode("utf-8", "replace")


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
