# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a device of the host is there, for the forms that can be given it."""

from __future__ import annotations

from ..failures import never, not_now, unknown
from ..model import Candidate, Device, Facts, Failure


def device_file_missing(path: str, candidate: Candidate) -> Failure | None:
    """Whether a path is a device of the node's: a device file, or a link to one."""
    devices, links = candidate.facts.devices, candidate.facts.device_links or {}
    if devices is None:
        return unknown(f"cannot tell whether it has {path}", "devices")
    if path in devices or path in links:
        return None
    if any(link.startswith(f"{path.rstrip('/')}/") for link in links):
        return not_now(f"{path} is a directory of links, which its engine does not pass along", "name the links")
    return not_now(f"it has no {path}", f"attach it, or load its driver, on {candidate.place}")


def is_directory_of_devices(path: str, facts: Facts) -> bool:
    """Whether device files are below a path."""
    below = f"{path.rstrip('/')}/"
    return any(device.startswith(below) for device in facts.devices or ())


def gpus_missing(device: Device, candidate: Candidate) -> Failure | None:
    """Whether the node has as many GPUs as the need ``device`` counts."""
    gpus = candidate.facts.gpus
    if gpus is None:
        return unknown("cannot tell how many GPUs it has", "gpus")
    if gpus >= int(device.value):
        return None
    return never(f"it has {gpus or 'no'} GPU{'s' if gpus > 1 else ''}, {device.value} wanted")


def pci_in_container(device: Device, candidate: Candidate) -> Failure:
    """Why no container is given a PCI device."""
    return never(f"{candidate.title} cannot be given a PCI device: driving it takes a kernel of its own")


def hardware_missing(device: Device, candidate: Candidate) -> Failure | None:
    """Whether a PCI or USB device is there, by its address or by what it is."""
    fact = f"{device.kind}_devices"
    known = getattr(candidate.facts, fact)
    if known is None:
        return unknown(f"cannot tell whether it has the device {device}", fact)
    if any(is_named(device.value, words) for words in known):
        return None
    return not_now(f"it has no device {device}", f"attach it to {candidate.place}")


def is_named(wanted: str, words: str) -> bool:
    """Whether a device, by all that it is called, is the wanted one."""
    return any(_is_meant(wanted, word) for word in words.lower().split())


def _is_meant(wanted: str, word: str) -> bool:
    """A PCI address may lack the domain, which is the same nearly everywhere, and the function, which then is any."""
    found, want = (text.removeprefix("0000:") if text.count(":") > 1 else text for text in (word, wanted))
    return found == want or found.startswith(f"{want}.")
