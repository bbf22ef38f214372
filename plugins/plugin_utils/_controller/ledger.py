# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Claims on the memory of nodes: plays on one controller place different services at once.

Between a decision and the moment from which an engine tells of what was made, nobody else can see that the memory is
taken. So one run at a time decides, on what was discovered less what the others have claimed since, and its claim is
written down before the next one decides. Another controller knows nothing of it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import time
import typing as t
from collections.abc import Iterator
from pathlib import Path

from .._core.model import Candidate, Node, Target
from .errors import FileError
from .lock import file_errors_of, locked_file

EXPIRY = 3600.0
"""Seconds after which a claim is void, whatever became of it."""

_SETTLED_KEPT = 120.0
"""Seconds for which a claim that was settled is kept: a discovery may have begun before and end after that."""


class Ledger:
    """The claims of all runs of this controller; each method is to be called within ``open_ledger``."""

    def __init__(self, service: str, claims: list[dict[str, t.Any]]) -> None:
        self._service = service
        self.claims = claims

    def subtract_from(self, targets: list[Target], since: float) -> list[Target]:
        """The targets, less what others have claimed and a discovery that began at ``since`` could not see."""
        return [
            dataclasses.replace(target, nodes=tuple(self._subtract(target.name, node, since) for node in target.nodes))
            for target in targets
        ]

    def _subtract(self, target: str, node: Node, since: float) -> Node:
        claimed = sum(
            claim["memory"]
            for claim in self.claims
            if (claim["target"], claim["node"]) == (target, node.name)
            and claim["service"] != self._service
            and (claim["settled"] is None or claim["settled"] > since)
        )
        facts = node.facts
        if not claimed or facts.memory_free is None:
            return node
        reserved = None if facts.memory_reserved is None else facts.memory_reserved + claimed
        free = max(0, facts.memory_free - claimed)
        return dataclasses.replace(node, facts=dataclasses.replace(facts, memory_free=free, memory_reserved=reserved))

    def claim(self, candidate: Candidate, memory: int) -> None:
        """Claim memory in MiB on a candidate, in place of what this service has claimed before."""
        self._drop()
        more = max(0, memory - candidate.held)
        if more:
            where = {"target": candidate.target, "node": candidate.node, "memory": more}
            now = {"service": self._service, "pid": os.getpid(), "made": time.time(), "settled": None}
            self.claims.append({**where, **now})

    def settle(self) -> None:
        """The claimed memory is in use now, or was given up: a discovery that begins from now on sees which."""
        for claim in self.claims:
            if claim["service"] == self._service and claim["settled"] is None:
                claim["settled"] = time.time()

    def _drop(self) -> None:
        self.claims[:] = [claim for claim in self.claims if claim["service"] != self._service]


@contextlib.contextmanager
def open_ledger(service: str) -> Iterator[Ledger]:
    """
    The ledger, for this run alone while it is open, and written when it is closed.

    Raises FileError where it cannot be.
    """
    with locked_file("claims.json") as file:
        ledger = Ledger(service, [claim for claim in _read(file) if _is_claim(claim) and _is_valid(claim)])
        yield ledger
        text = json.dumps(ledger.claims).encode()
        with file_errors_of(Path(file.name)):
            # Without a buffer: what a full disk does not take would be tried, and refused, once more at the close.
            os.ftruncate(file.fileno(), 0)
            if os.write(file.fileno(), text) < len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def settle(service: str) -> None:
    """Settle what the service has claimed. Where that cannot be written, the claim expires all the same."""
    with contextlib.suppress(FileError), open_ledger(service) as ledger:
        ledger.settle()


def _read(file: t.TextIO) -> list[dict[str, t.Any]]:
    file.seek(0)
    try:
        claims = json.load(file)
    except ValueError:
        # Empty, or cut off where a run was killed: a claim that is lost is one that expires.
        return []
    return claims if isinstance(claims, list) else []


_KEYS = {"target", "node", "memory", "service", "pid", "made", "settled"}


def _is_claim(value: t.Any) -> bool:
    return isinstance(value, dict) and set(value) >= _KEYS


def _is_valid(claim: dict[str, t.Any]) -> bool:
    now = time.time()
    if now - claim["made"] > EXPIRY:
        return False
    if claim["settled"] is not None:
        return now - claim["settled"] < _SETTLED_KEPT
    return Path(f"/proc/{claim['pid']}").exists() or not Path("/proc/self").exists()
