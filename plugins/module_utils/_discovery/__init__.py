# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What a target offers, and what is on it: connection options -> plain, JSON-able facts.

The only code of the collection that speaks to Docker, LXD, Incus or Proxmox VE by their Python libraries.
It runs in the controller's process or, as the module ``target_info``, on a managed node, and changes nothing.
``kind.py`` is the seam of a kind of target, ``kinds`` are those that there are, ``host`` is what is read of the machine
itself.
Private to the collection: nothing outside of it may import from this folder.
"""

from __future__ import annotations

import datetime

from .content import digests_of_files
from .errors import DiscoveryError
from .kind import PROBES, Question
from .kinds import KINDS, kind_of

__all__ = ["KINDS", "PROBES", "DiscoveryError", "discover", "find", "kind_of", "kinds_with_probes"]


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
    It changes something on the engine for a moment; not every kind has such a thing.
    ``paths`` are those of the host that are to be mounted: where they can be seen, the facts say what each leads to.
    ``time`` in the answer says when it was asked for, in UTC.
    """
    target_kind = kind_of(kind)
    if probe is not None and not target_kind.probes:
        raise DiscoveryError(
            f"A target of the kind '{kind}' cannot be probed by a container.", "Take rightscope_probe away."
        )
    question = Question(service, target, timeout, images=images, pulled=pulled, paths=paths, probe=probe)
    time = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = {**target_kind.discover(options or {}, question), "time": time}
    if files or pulled:
        answer["content"] = {**answer.get("content", {}), "files": digests_of_files(files)}
    return answer


def find(kind, options, service, target="", timeout=10.0) -> list[dict]:
    """Only the instances that have the service's name or mark: as few calls as it takes."""
    return kind_of(kind).find(options or {}, Question(service, target, timeout))


def kinds_with_probes() -> list[str]:
    """The names of the kinds whose engines can be looked into by a container."""
    return [name for name in KINDS if kind_of(name).probes]
