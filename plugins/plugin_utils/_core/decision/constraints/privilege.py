# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service may do beyond its own container, and what keeps it apart from others."""

from __future__ import annotations

from ...knowledge.lxd_options import is_on
from ...knowledge.privileges import CAPABILITIES
from ...model import ISOLATIONS, NEVER, NOT_NOW, PRIVILEGES, Candidate, Device, Failure, Requirements
from ..grants import granted
from ..profiles import config_and_devices
from .failures import listed, never, not_now, together, unknown

HOST_PID = "host_pid"


def privileges(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    A privilege must be one that the form can be given at all; a machine has the rest by itself.

    How far it goes is judged by ``max_privilege``.
    """
    wanted = requirements.privileges
    if not wanted or candidate.form == "docker_container":
        return None
    if HOST_PID in wanted:
        return never(f"{candidate.title} sees no processes but its own, {HOST_PID} wanted")
    if candidate.scope == "machine":
        return None
    never_in_lxc = [name for name in wanted if name in CAPABILITIES and not CAPABILITIES[name].lxc]
    if never_in_lxc:
        means = "; ".join(f"{name} is to {CAPABILITIES[name].means}" for name in never_in_lxc)
        return never(f"LXD takes {listed(never_in_lxc)} from every container: {means}")
    return None


def max_privilege(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    Nothing that the form must be granted may go further than the user allows, whoever asks for it.

    ``capabilities``, which holds where nothing is said, allows single capabilities and devices; ``nesting``
    containers inside and unfiltered system calls; ``privileged`` the host's root.
    """
    allowed = PRIVILEGES.index(requirements.max_privilege)
    beyond = [grant for grant in granted(requirements, candidate) if PRIVILEGES.index(grant.level) > allowed]
    if not beyond:
        return None
    names = listed([f"{grant}" if grant.why in ("", grant.value) else f"{grant} for {grant.why}" for grant in beyond])
    level = max((grant.level for grant in beyond), key=PRIVILEGES.index)
    return never(
        f"must be granted {names}, which is more than max_privilege '{requirements.max_privilege}' allows",
        f"say 'max_privilege: {level}'",
    )


# --- devices ------------------------------------------------------------------------------------

_FROM_ITS_OWN_KERNEL = ("/dev/net/tun", "/dev/fuse", "/dev/loop-control", "/dev/null", "/dev/uinput", "/dev/ppp")
"""Devices that are software alone: every kernel makes its own."""


def devices(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    Each device must be there, and one that this form can be given.

    Docker passes device files, and directories of them, LXD also USB devices and GPUs, and a machine
    whole PCI and USB devices.
    """
    failure = together(_DEVICES[device.kind](device, candidate) for device in requirements.devices)
    return failure or _too_few(requirements, candidate)


def _too_few(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """Two devices that are named alike are two, and one card is one by whatever name."""
    facts = candidate.facts
    for kind, found in (("pci", facts.pci_devices), ("usb", facts.usb_devices)):
        used: set[str] = set()
        # What is named by its address leaves no choice, so it comes first.
        named = sorted((one for one in requirements.devices if one.kind == kind), key=lambda one: "." not in one.value)
        for device in named:
            free = [words for words in found or () if words not in used and _is_any(device.value, words)]
            if not free:
                return not_now(f"it has too few devices {device}: another of the needs takes it", "name each once")
            used.add(free[0])
    return None


def _path(device: Device, candidate: Candidate) -> Failure | None:
    if candidate.scope == "machine":
        if device.value in _FROM_ITS_OWN_KERNEL:
            return None
        reason = f"a file of the host such as {device.value} is not seen in a guest"
        return never(reason, "name the device by its 'pci' or 'usb' address")
    return device_there(device.value, candidate)


def device_there(path: str, candidate: Candidate) -> Failure | None:
    """Whether a path is a device of the node's that the form can be given: a device file, a link to one, or, for
    Docker, a directory that holds some."""
    found, links = candidate.facts.devices, candidate.facts.device_links or {}
    if candidate.form == "docker_container" and ":" in path:
        leads_to = links.get(path)
        remedy = f"name {leads_to}, or another link to it" if leads_to else "name the file that it leads to"
        return never(f"Docker's options have no room for the colons in {path}", remedy)
    if found is None:
        return unknown(f"cannot tell whether it has {path}", "devices")
    if path in found or path in links:
        return None
    below = f"{path.rstrip('/')}/"
    is_directory = any(one.startswith(below) for one in found)
    if is_directory and candidate.form == "docker_container":
        return None
    if is_directory:
        return never(f"{path} is a directory, and a device of LXD is one file", "name each of its files")
    if any(link.startswith(below) for link in links):
        return not_now(f"{path} is a directory of links, and its engine takes none of them with it", "name the links")
    return not_now(f"it has no {path}", f"attach it, or load its driver, on {candidate.place}")


def _pci(device: Device, candidate: Candidate) -> Failure | None:
    if candidate.scope != "machine":
        return never(f"{candidate.title} cannot be given a PCI device: it would take a kernel of its own to drive it")
    return _among(device, candidate.facts.pci_devices, "pci_devices", candidate)


def _usb(device: Device, candidate: Candidate) -> Failure | None:
    if candidate.form == "docker_container":
        reason = f"Docker passes device files, and knows no USB device {device.value}"
        return never(reason, "name the file that its driver makes, such as /dev/ttyUSB0")
    return _among(device, candidate.facts.usb_devices, "usb_devices", candidate)


def _among(device: Device, found: tuple[str, ...] | None, fact: str, candidate: Candidate) -> Failure | None:
    if found is None:
        return unknown(f"cannot tell whether it has the device {device}", fact)
    if any(_is_any(device.value, words) for words in found):
        return None
    return not_now(f"it has no device {device}", f"attach it to {candidate.place}")


def _is_any(wanted: str, words: str) -> bool:
    return any(_is_meant(wanted, word) for word in words.lower().split())


def _is_meant(wanted: str, word: str) -> bool:
    """A PCI address may lack the domain, which is the same nearly everywhere, and the function, which then is any."""
    found, want = (text.removeprefix("0000:") if text.count(":") > 1 else text for text in (word, wanted))
    return found == want or found.startswith(f"{want}.")


def _gpu(device: Device, candidate: Candidate) -> Failure | None:
    if candidate.scope == "machine":
        return never("a machine is given a GPU as the PCI device that it is", "name it by its 'pci' address")
    found = candidate.facts.gpus
    if found is None:
        return unknown("cannot tell how many GPUs it has", "gpus")
    if found >= int(device.value):
        return None
    return never(f"it has {found or 'no'} GPU{'s' if found > 1 else ''}, {device.value} wanted")


_DEVICES = {"path": _path, "pci": _pci, "usb": _usb, "gpu": _gpu}


# --- the host's own view ------------------------------------------------------------------------


def host_view(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    An agent that watches the host's processes must share their namespace: only a Docker container can, and not one
    whose users are mapped.
    """
    if not requirements.host_view:
        return None
    if candidate.form == "docker_container":
        return _mapped(candidate)
    return never(f"{candidate.title} sees no processes but its own, and the host's are to be seen")


def host_network(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    What must use the host's own network interfaces can only be a Docker container, and not one whose users are mapped.
    """
    if not requirements.host_network:
        return None
    if candidate.form == "docker_container":
        return _mapped(candidate)
    return never(f"{candidate.title} has a network of its own, and the host's is to be used")


def _mapped(candidate: Candidate) -> Failure | None:
    """https://docs.docker.com/engine/security/userns-remap/#user-namespace-known-limitations"""
    if candidate.facts.rootless:
        reason = "its engine is rootless, so what it takes for the host's is its own user's alone"
        return never(reason, "use an engine that runs as root")
    if isolation_of(candidate) != "user_namespace":
        return None
    reason = "its engine maps users, and shares none of the host's namespaces with such a container"
    return not_now(reason, "set 'userns_mode: host' under 'as.docker_container'")


# --- what keeps it apart ------------------------------------------------------------------------


_REMEDIES = {
    ("user_namespace", "docker"): "run its dockerd with 'userns-remap' or rootless",
    ("user_namespace", "lxd"): "take 'security.privileged' out of its config and profiles",
}


def isolation(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """What separates it from its neighbours must be at least as strong as wanted."""
    wanted = requirements.isolation
    if wanted == ISOLATIONS[0]:
        return None
    given = granted(requirements, candidate)
    forced = next((one for one in given if one.kind == "privileged" and one.why), None)
    if forced is not None:
        return never(f"must be privileged for {forced.why}, so it isolates by process, {_words(wanted)} wanted")
    found = isolation_of(candidate)
    if found is None:
        return unknown("cannot tell how its containers are isolated", "isolation")
    if ISOLATIONS.index(found) >= ISOLATIONS.index(wanted):
        return None
    remedy = _REMEDIES.get((wanted, candidate.kind))
    if remedy and candidate.kind == "docker" and candidate.facts.isolation not in (None, found):
        remedy = "take 'privileged' and 'userns_mode: host' out of its options"
    reason = f"isolates by {_words(found)}, {_words(wanted)} wanted"
    return Failure(reason=reason, when=NOT_NOW if remedy else NEVER, remedy=remedy)


def _words(isolation: str) -> str:
    return isolation.replace("_", " ")


def isolation_of(candidate: Candidate) -> str | None:
    """The isolation this form gives here, with the options the user wrote for it."""
    if candidate.scope == "machine":
        return "machine"
    options = candidate.options or {}
    if options.get("privileged") is True or options.get("userns_mode") == "host":
        return "process"
    if candidate.kind == "lxd" and is_on(config_and_devices(candidate)[0].get("security.privileged")):
        return "process"
    return candidate.facts.isolation
