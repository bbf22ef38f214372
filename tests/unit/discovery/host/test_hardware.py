# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The processor and the devices of a node, from a root directory that is made up."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.host import hardware


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        (
            "processor : 0\nvmx flags : vnmi\nflags\t\t: fpu vmx avx2 fpu\nprocessor : 1\nflags : fpu\n",
            ["avx2", "fpu", "vmx"],
        ),
        ("processor : 0\nFeatures : fp asimd\n", ["asimd", "fp"]),
        ("cpu : POWER9\n", None),
        ("flags :\n", None),
    ],
)
def test_flags_of_the_processor(tmp_path, text, flags):
    write(tmp_path, {"proc/cpuinfo": text})
    assert hardware.cpu_flags(str(tmp_path)) == flags


def test_device_files_are_told_and_terminals_are_not():
    found, links = hardware.devices()
    assert "/dev/null" in found
    assert found == sorted(set(found))
    assert not [path for path in (*found, *links) if path.startswith(("/dev/pts/", "/dev/shm/", "/dev/stdin"))]


def test_plain_files_are_no_devices_and_too_many_devices_are_not_known(tmp_path, monkeypatch):
    write(tmp_path, {"dev/MAKEDEV": "", "dev/net/readme": "", "dev/shm/x": ""})
    (tmp_path / "dev/link").symlink_to("/dev/null")
    assert hardware.devices(str(tmp_path)) == ([], {})
    monkeypatch.setattr(hardware, "_is_device", lambda entry: True)
    assert hardware.devices(str(tmp_path)) == (["/dev/MAKEDEV", "/dev/net/readme"], {})
    monkeypatch.setattr(hardware, "_MOST_DEVICES", 1)
    assert hardware.devices(str(tmp_path)) == (None, None)


@pytest.mark.parametrize(
    ("link", "leads_to", "told"),
    [
        pytest.param("serial/by-id/usb-stick", "../../ttyUSB0", "/dev/ttyUSB0", id="by its lasting name"),
        pytest.param("disk/by-path/pci-0000:00:1f.2-ata-1", "../../sda", "/dev/sda", id="with colons in its name"),
        pytest.param("cdrom", "sr0", "/dev/sr0", id="beside it"),
        pytest.param("zigbee", "serial/by-id/usb-stick", "/dev/ttyUSB0", id="by way of another link"),
        pytest.param("gone", "ttyUSB7", None, id="to nothing"),
        pytest.param("log", "../run/log", None, id="to no device"),
        pytest.param("char/4:64", "../ttyUSB0", None, id="by its number"),
    ],
)
def test_a_link_is_told_with_the_device_that_it_leads_to(tmp_path, monkeypatch, link, leads_to, told):
    write(tmp_path, {"dev/ttyUSB0": "", "dev/sda": "", "dev/sr0": "", "run/log": ""})
    for name, target in (("serial/by-id/usb-stick", "../../ttyUSB0"), (link, leads_to)):
        path = tmp_path / "dev" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)
    monkeypatch.setattr(hardware.stat, "S_ISCHR", lambda mode: True)
    _nodes, links = hardware.devices(str(tmp_path))
    assert links.get(f"/dev/{link}") == told


def test_pci_devices_and_which_of_them_are_gpus(tmp_path):
    drivers = {
        "0000:00:02.0": ("8086", "3E98", "03", "i915"),
        "0000:00:1f.0": ("8086", "A305", "06", None),
        "0000:01:00.0": ("10DE", "1EB8", "03", "nvidia"),
        "0000:02:00.0": ("10DE", "1EB8", "03", "vfio-pci"),
        "0000:03:00.0": ("1234", "1111", "03", "bochs-drm"),
        "0000:04:00.0": ("10DE", "1EB8", "03", None),
        "0000:05:00.0": ("10DE", "10F8", "04", "snd_hda_intel"),
    }
    for address, (vendor, device, base, driver) in drivers.items():
        alias = f"pci:v0000{vendor}d0000{device}sv00000000sd00000000bc{base}sc00i00\n"
        write(tmp_path, {f"sys/bus/pci/devices/{address}/modalias": alias})
        if driver:
            (tmp_path / f"sys/bus/pci/devices/{address}/driver").symlink_to(f"../../drivers/{driver}")
    texts, gpus = hardware.pci(str(tmp_path))
    assert texts == [f"{address} {one[0]}:{one[1]}".lower() for address, one in drivers.items()]
    assert gpus == 2


def test_usb_devices_without_buses_and_interfaces(tmp_path):
    for name, vendor, product in (("usb1", "1d6b", "0002"), ("1-2", "1a6e", "089a"), ("1-2.4", "10c4", "ea60")):
        base = f"sys/bus/usb/devices/{name}"
        write(tmp_path, {f"{base}/idVendor": f"{vendor}\n", f"{base}/idProduct": f"{product}\n"})
    write(tmp_path, {"sys/bus/usb/devices/1-2:1.0/bInterfaceClass": "ff"})
    assert hardware.usb(str(tmp_path)) == ["1-2 1a6e:089a", "1-2.4 10c4:ea60"]
