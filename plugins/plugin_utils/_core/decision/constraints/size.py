# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes: free, not total."""

from __future__ import annotations

from ...failures import never, not_now, undecided, unknown
from ...model import Candidate, Facts, Failure, Requirements
from ...reading.quantities import distinct_sizes, readable


def cpus(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """The node must have as many processors: nothing can be given, or limited to, more."""
    wanted, found = requirements.cpus, candidate.facts.cpus
    if wanted is None:
        return None
    if found is None:
        return unknown("cannot tell how many processors it has", "cpus")
    if found < wanted:
        return never(f"needs {wanted:g} processors, has {found:g}")
    return candidate.form.limit_refused("cpu_quota", "processors", candidate)


def memory(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    As much memory must be free and not promised to others. What the service itself holds there counts as free.

    The limits of everything that runs there are promised, used or not.
    """
    wanted, total = requirements.memory, candidate.facts.memory
    if wanted is None:
        return None
    least = candidate.form.least_memory
    if least is None:
        return undecided(f"cannot tell how the memory of {candidate.title} is limited")
    if wanted < least:
        return never(
            f"{candidate.title} cannot be limited to less than {least} MiB of memory", f"ask for {least} MiB or more"
        )
    if total is not None and total < wanted:
        need, has = distinct_sizes(wanted, total)
        return never(f"needs {need} of memory, has {has} in all")
    free = free_memory(candidate.facts)
    if free is None:
        return unknown("cannot tell how much memory is free", "memory_free")
    free += candidate.held
    if free >= wanted:
        return candidate.form.limit_refused("memory", "memory", candidate)
    need, has = distinct_sizes(wanted, max(0, free))
    promised = "" if free == (candidate.facts.memory_free or 0) + candidate.held else " that is not promised to others"
    return not_now(f"needs {need} of memory, has {has} free{promised}", f"free {readable(wanted - free)}")


def free_memory(facts: Facts) -> int | None:
    """MiB that are neither used nor promised; None where nobody knows what is free."""
    if facts.memory_free is None or facts.memory is None or facts.memory_reserved is None:
        return facts.memory_free
    return min(facts.memory_free, facts.memory - facts.memory_reserved)


def disk(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    As much disk must be free in the storage it would be made on. A service that is there already has its disk.

    A machine needs at least its template's size, wanted or not.
    """
    template = candidate.image.disk if candidate.image and candidate.shares_kernel is False else None
    wanted = max(requirements.disk or 0, template or 0)
    if not wanted or candidate.is_present:
        return None
    if candidate.shares_kernel is None:
        return undecided(f"cannot tell where {candidate.title} has its disk")
    storages = candidate.facts.storages
    if storages is None:
        return unknown("cannot tell how much disk is free", "storages")
    if candidate.storage and candidate.storage not in storages:
        return not_now(f"it has no storage '{candidate.storage}'", "name another storage")
    # A clone lands beside its template where nobody says otherwise.
    beside = candidate.image.storage if template and candidate.image.storage in storages else None
    place = candidate.storage or beside
    free = storages[place] if place else max(storages.values(), default=0)
    if free >= wanted:
        return None
    need, has = distinct_sizes(wanted, free)
    return not_now(f"needs {need} of disk, has {has} free", f"free {readable(wanted - free)}")


def shm(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    Shared memory is memory: the node must have as much in all.

    Docker gives 64 MiB of it by default, so the plan sets it; elsewhere it is half of the memory.
    """
    wanted = requirements.shm
    if wanted is None:
        return None
    if candidate.shares_kernel is None:
        return undecided(f"cannot tell how {candidate.title} is given shared memory")
    total = candidate.facts.memory
    if total is None:
        return unknown("cannot tell how much memory it has", "memory")
    if total >= wanted:
        return None
    need, has = distinct_sizes(wanted, total)
    return never(f"needs {need} of shared memory, has {has} of memory in all")
