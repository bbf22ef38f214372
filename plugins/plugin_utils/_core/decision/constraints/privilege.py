# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service may do beyond its own container, and what keeps it apart from others."""

from __future__ import annotations

from ...failures import never, not_now, together
from ...forms.host_devices import is_named
from ...model import ISOLATIONS, PRIVILEGES, Candidate, Failure, Requirements
from ...wording import listed


def privileges(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    Each privilege must be one that the form can be given; a machine has the others by itself.

    How far it goes is judged by ``max_privilege``.
    """
    wanted = requirements.privileges
    return candidate.form.privileges_refused(wanted, candidate) if wanted else None


def max_privilege(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    No grant may go further than the user allows, whether a need or an option under ``as`` asks for it.

    ``capabilities``, the default, allows single capabilities and devices; ``nesting`` also containers inside and
    unfiltered system calls; ``privileged`` also the host's root.
    """
    allowed = PRIVILEGES.index(requirements.max_privilege)
    beyond = [grant for grant in candidate.grants or () if PRIVILEGES.index(grant.level) > allowed]
    if not beyond:
        return None
    names = listed([f"{grant}" if grant.why in ("", grant.value) else f"{grant} for {grant.why}" for grant in beyond])
    level = max((grant.level for grant in beyond), key=PRIVILEGES.index)
    return never(
        f"must be granted {names}, which is more than max_privilege '{requirements.max_privilege}' allows",
        f"say 'max_privilege: {level}'",
    )


# --- devices ------------------------------------------------------------------------------------


def devices(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    Each device must be there, and one that this form can be given.

    Docker passes device files, and directories of them, LXD also USB devices and GPUs, and a machine
    whole PCI and USB devices.
    """
    failure = together(candidate.form.device_refused(device, candidate) for device in requirements.devices)
    return failure or _too_few(requirements, candidate)


def _too_few(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """Two devices that are named alike are two, and one card is one by whatever name."""
    facts = candidate.facts
    for kind, found in (("pci", facts.pci_devices), ("usb", facts.usb_devices)):
        used: set[str] = set()
        # What is named by its address leaves no choice, so it comes first.
        named = sorted((one for one in requirements.devices if one.kind == kind), key=lambda one: "." not in one.value)
        for device in named:
            free = [words for words in found or () if words not in used and is_named(device.value, words)]
            if not free:
                return not_now(f"it has too few devices {device}: another need takes it", "name each once")
            used.add(free[0])
    return None


# --- the host's own view ------------------------------------------------------------------------


def host_view(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    An agent that watches the host's processes must share their namespace. Only a Docker container can, and only if its
    users are not mapped.
    """
    return candidate.form.host_view_refused(candidate) if requirements.host_view else None


def host_network(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """Only a Docker container can use the host's own network interfaces, and only if its users are not mapped."""
    return candidate.form.host_network_refused(candidate) if requirements.host_network else None


# --- what keeps it apart ------------------------------------------------------------------------


def isolation(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """What separates it from its neighbours must be at least as strong as wanted."""
    wanted = requirements.isolation
    if wanted == ISOLATIONS[0]:
        return None
    forced = next((grant for grant in candidate.grants or () if grant.kind == "privileged" and grant.why), None)
    if forced is not None:
        return never(f"must be privileged for {forced.why}, so it isolates by process, {_words(wanted)} wanted")
    isolation = candidate.form.isolation(candidate)
    if isolation is None:
        return candidate.form.isolation_unknown(candidate)
    if ISOLATIONS.index(isolation) >= ISOLATIONS.index(wanted):
        return None
    remedy = candidate.form.isolation_remedy(wanted, candidate)
    reason = f"isolates by {_words(isolation)}, {_words(wanted)} wanted"
    return not_now(reason, remedy) if remedy else never(reason)


def _words(isolation: str) -> str:
    return isolation.replace("_", " ")
