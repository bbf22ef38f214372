# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which devices of its host a container can be given."""

from __future__ import annotations

from ...failures import never
from ...model import Candidate, Device, Failure
from ..host_devices import device_file_missing, gpus_missing, is_directory_of_devices, pci_in_container


def device_refused(device: Device, candidate: Candidate) -> Failure | None:
    """Docker passes device files, directories of them, and GPUs."""
    if device.kind == "pci":
        return pci_in_container(device, candidate)
    if device.kind == "usb":
        reason = f"Docker passes device files, and cannot pass the USB device {device.value}"
        return never(reason, "name the file that its driver makes, such as /dev/ttyUSB0")
    if device.kind == "gpu":
        return gpus_missing(device, candidate)
    return device_missing(device.value, candidate)


def device_missing(path: str, candidate: Candidate) -> Failure | None:
    """Whether a device file is there, a link to one, or a directory that holds some."""
    if ":" in path:
        leads_to = (candidate.facts.device_links or {}).get(path)
        remedy = f"name {leads_to}, or another link to it" if leads_to else "name the file that it leads to"
        return never(f"Docker's options have no room for the colons in {path}", remedy)
    missing = device_file_missing(path, candidate)
    return None if missing is None or is_directory_of_devices(path, candidate.facts) else missing
