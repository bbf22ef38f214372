# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What a target offers, and what is on it: connection options -> plain, JSON-able facts.

The only code of the collection that speaks to Docker, LXD, Incus or Proxmox VE by their Python libraries.
It runs in the controller's process or, as the module ``target_info``, on a managed node, and changes nothing.
Private to the collection: nothing outside of it may import from this folder.
"""

from __future__ import annotations

import datetime

from .content import digests_of_files
from .errors import DiscoveryError, nearest
from .options import read_options

__all__ = [
    *("KINDS", "PROBES", "DiscoveryError", "connection_options", "discover", "failed_task", "find"),
    "settled_options",
]

KINDS = ("docker", "lxd", "proxmox")
"""The APIs that a target can speak."""


def _docker():
    from .kinds import docker

    return docker


def _lxd():
    from .kinds import lxd

    return lxd


def _proxmox():
    from .kinds import proxmox

    return proxmox


# A target costs only the import of its own kind's library.
_BACKENDS = {"docker": _docker, "lxd": _lxd, "proxmox": _proxmox}


def _backend(kind):
    try:
        return _BACKENDS[kind]()
    except KeyError:
        raise DiscoveryError(
            f"'{kind}' is not a kind of target{nearest(str(kind), KINDS)}", f"Use one of {', '.join(KINDS)}."
        ) from None


def connection_options(kind) -> tuple[str, ...]:
    """The names of the connection options that a target of this kind can have, sorted."""
    return tuple(sorted(_backend(kind).OPTIONS))


def settled_options(kind, options) -> dict:
    """
    The options with which a target is asked from here: the user's, whole paths, and what the environment adds.

    Those that are as they are anyway are left out. Raises DiscoveryError for one that cannot be used.
    """
    backend = _backend(kind)
    settle = getattr(backend, "settled", None) or (lambda given: read_options(kind, backend.OPTIONS, given))
    found = settle(options or {})
    return {name: value for name, value in found.items() if value != backend.OPTIONS[name].default}


PROBES = ("container",)
"""How the kernel of an engine can be looked into that is reached by its API alone."""


def discover(
    kind, options, service=None, target="", timeout=10.0, images=(), probe=None, pulled=(), files=(), paths=()
) -> dict:
    """
    Everything of a target: its nodes with their facts, and the instances of ``service``.

    ``options`` are the delegate module's own connection options. Without ``service`` the instances are all
    that carry the collection's mark, in brief. ``timeout`` bounds each single call, in seconds.
    ``images`` are the names of those whose platform is of interest: to Docker's listing it is not worth a word.
    ``pulled`` are the names of images whose registry is asked what it has by that name now, and ``files`` paths on the
    machine that this runs on: ``content`` in the answer has a digest for each, and why there is none.
    ``probe``, where it is not None, is the name of the image of a probing container, or ``""`` for any that will do.
    It changes something on the engine for a moment; Proxmox VE has no such thing.
    ``paths`` are those of the host that are to be mounted: where they can be seen, the facts say what each leads to.
    ``time`` in the answer says when it was asked for, in UTC.
    """
    if probe is not None and kind == "proxmox":
        raise DiscoveryError(
            f"A target of the kind '{kind}' cannot be probed by a container.", "Take rightscope_probe away."
        )
    probing = {"probe": probe} if probe is not None else {}
    if pulled and kind == "docker":
        probing["pulled"] = pulled
    if kind != "proxmox":
        probing["paths"] = paths
    time = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = {**_backend(kind).discover(options or {}, service, target, timeout, images, **probing), "time": time}
    if files or pulled:
        found["content"] = {**found.get("content", {}), "files": digests_of_files(files)}
    return found


def failed_task(kind, options, node, vmid, since, timeout=10.0) -> str | None:
    """
    What the newest failed task of a guest ended with, or None; only Proxmox VE has such tasks.

    ``since`` is a time in seconds since the epoch: what failed before is of no interest.
    """
    return _proxmox().failed_task(options or {}, node, vmid, since, timeout) if kind == "proxmox" else None


def find(kind, options, service, target="", timeout=10.0) -> list[dict]:
    """Only the instances that have the service's name or mark: as few calls as it takes."""
    return _backend(kind).find(options or {}, service, target, timeout)
