# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The processor and the devices of the very node that this runs on, from /proc, /sys and /dev."""

from __future__ import annotations

import os
import re
import stat

from .files import list_entries, list_names, read_value

_NO_GPU = (
    # What a hypervisor shows a machine that has no GPU, and the boards' own management controllers.
    *("bochs-drm", "cirrus", "cirrus-qemu", "hyperv_drm", "qxl", "vboxvideo", "virtio-pci", "virtio_gpu", "vmwgfx"),
    *("ast", "hibmc-drm", "mgag200"),
    # Set aside for machines.
    *("pci-stub", "vfio-pci", "xen-pciback"),
)

# v, d, sv, sd, bc, sc, i: vendor, device, both again of the subsystem, base class, sub-class, interface
# (https://docs.kernel.org/PCI/sysfs-pci.html and scripts/mod/file2alias.c).
_MODALIAS = re.compile(r"pci:v0000(?P<vendor>\w{4})d0000(?P<device>\w{4})sv\w+sd\w+bc(?P<base>\w\w)sc\w\wi\w\w")
_DISPLAY = "03"

# '1-2.4' is port 4 of the hub at port 2 of bus 1. 'usb1' is the bus itself, '1-2:1.0' an interface of a device.
_USB_DEVICE = re.compile(r"\d+-\d+(?:\.\d+)*")

_NO_DEVICES = ("hugepages", "mqueue", "pts", "shm")
_BY_NUMBER = ("block", "char")
_MOST_DEVICES = 1000
_MOST_ENTRIES = 10000


def is_gpu_driver(name):
    """Whether a display controller with this driver, if any, is one to compute or to draw with."""
    return bool(name) and name not in _NO_GPU


def cpu_flags(root="/"):
    """
    What the first processor can do, or None; the kernel itself refuses others that can do less.

    Only the first part of the file is read: for each processor's clock the kernel asks that processor.
    """
    try:
        with open(os.path.join(root, "proc/cpuinfo"), encoding="utf-8", errors="replace") as stream:
            for line in stream:
                name, _colon, words = line.partition(":")
                if name.strip().lower() in ("flags", "features"):
                    return sorted(set(words.split())) or None
    except OSError:
        pass
    return None


def devices(root="/"):
    """
    ``(nodes, links)``: the paths of character and block devices below /dev, and by its path what each symbolic link to
    one leads to. What is not hardware is left out, and so are the links that udev makes for each by its number.

    None for either of which there are so many that they cannot be told: a list that ends early would deny the rest.
    """
    top = os.path.join(root, "dev")
    if not os.path.isdir(top):
        return None, None
    nodes, links, waiting, seen = [], {}, [top], 0
    while waiting:
        directory = waiting.pop()
        for entry in list_entries(directory):
            seen += 1
            if entry.is_symlink():
                device = _device_behind(entry.path, top)
                if device is not None:
                    links["/" + os.path.relpath(entry.path, root)] = "/" + os.path.relpath(device, root)
            elif entry.is_dir(follow_symlinks=False):
                if not (directory == top and entry.name in (*_NO_DEVICES, *_BY_NUMBER)):
                    waiting.append(entry.path)
            elif _is_device(entry):
                nodes.append("/" + os.path.relpath(entry.path, root))
        if len(nodes) > _MOST_DEVICES or seen > _MOST_ENTRIES:
            return None, None
    return sorted(nodes), dict(sorted(links.items())) if len(links) <= _MOST_DEVICES else None


def _device_behind(link, top):
    """The path below ``top`` of the device that a link leads to, or None."""
    path = os.path.realpath(link)
    try:
        # What leads to a process's own files is another thing for each that asks.
        mode = 0 if os.readlink(link).startswith("/proc/") else os.stat(path).st_mode
    except OSError:
        return None
    is_device = stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
    return path if is_device and path.startswith(os.path.realpath(top) + os.sep) else None


def _is_device(entry):
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISBLK(mode)


def pci(root="/"):
    """
    ``(devices, gpus)``: texts such as ``0000:01:00.0 10de:1eb8``, and how many of them are GPUs; None without PCI.
    """
    bus = os.path.join(root, "sys/bus/pci/devices")
    addresses = list_names(bus)
    if addresses is None:
        return None, None
    texts, gpus = [], 0
    for address in sorted(addresses):
        alias = _MODALIAS.match(read_value(os.path.join(bus, address, "modalias")) or "")
        if alias:
            texts.append(f"{address} {alias['vendor']}:{alias['device']}".lower())
            gpus += alias["base"] == _DISPLAY and is_gpu_driver(_driver(os.path.join(bus, address)))
    return texts, gpus


def _driver(device):
    try:
        return os.path.basename(os.readlink(os.path.join(device, "driver")))
    except OSError:
        return None


def usb(root="/"):
    """Texts such as ``1-2 1a6e:089a``: where a device is plugged in, and what it is; None without USB."""
    bus = os.path.join(root, "sys/bus/usb/devices")
    names = list_names(bus)
    if names is None:
        return None
    texts = []
    for name in sorted(filter(_USB_DEVICE.fullmatch, names)):
        vendor, product = (read_value(os.path.join(bus, name, key)) for key in ("idVendor", "idProduct"))
        if vendor and product:
            texts.append(f"{name} {vendor}:{product}")
    return texts
