# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The marks and disks of a guest of Proxmox VE. Discovery and the form agree on the disk that it boots from."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._proxmox.nodes import read_image
from ansible_collections.rightscope.deploy.plugins.module_utils._shared.proxmox import (
    boot_disk,
    disk_mib,
    is_cloud_init,
    mark_line,
    read_mark,
)
from tests.unit.core.builders import instance, planned

TRAY = "local:iso/a.iso,media=cdrom"

BOOT_DISKS = [
    pytest.param({"boot": "order=virtio0;net0", "scsi0": "a:1", "virtio0": "a:2"}, "virtio0", id="the order says"),
    pytest.param({"boot": "order=virtio1;scsi0", "scsi0": "a:b", "virtio1": "a:c"}, "virtio1", id="the first of two"),
    pytest.param({"boot": "order=net0;ide2;scsi1", "ide2": "a,media=cdrom", "scsi1": "a"}, "scsi1", id="no CD-ROM"),
    pytest.param({"boot": "order=scsi9", "scsi0": "a:2"}, "scsi0", id="an order of what is not there"),
    pytest.param({"boot": "order=net0", "scsi1": "a", "scsi0": "a"}, "scsi0", id="an order without a disk"),
    pytest.param({"boot": "order=", "scsi0": "a:2"}, "scsi0", id="an empty order"),
    pytest.param({"boot": "order=scsi1", "bootdisk": "scsi0", "scsi0": "a", "scsi1": "a"}, "scsi1", id="order first"),
    pytest.param({"boot": "order=net0", "bootdisk": "scsi1", "scsi0": "a", "scsi1": "a"}, "scsi0", id="order alone"),
    pytest.param({"bootdisk": "sata0", "scsi0": "a:b", "sata0": "a:c"}, "sata0", id="the older bootdisk"),
    pytest.param({"boot": "cdn", "bootdisk": "virtio0", "scsi0": "a", "virtio0": "a"}, "virtio0", id="the older boot"),
    pytest.param({"boot": "legacy=cdn", "bootdisk": "virtio0", "scsi0": "a", "virtio0": "a"}, "virtio0", id="by name"),
    pytest.param({"boot": "cdn", "bootdisk": "ide2", "ide2": TRAY, "scsi0": "a"}, "scsi0", id="bootdisk is a CD-ROM"),
    pytest.param({"boot": "cdn", "scsi0": "a", "virtio0": "a"}, "scsi0", id="the older boot without bootdisk"),
    pytest.param({"ide0": "a:1", "scsi0": "a:2"}, "ide0", id="IDE before SCSI"),
    pytest.param({"virtio0": "a:1", "scsi0": "a:2"}, "scsi0", id="SCSI before VirtIO"),
    pytest.param({"sata0": "a:1", "virtio0": "a:2"}, "virtio0", id="VirtIO before SATA"),
    pytest.param({"scsi10": "a:1", "scsi2": "a:2"}, "scsi2", id="by number"),
    pytest.param({"virtio0": "a:b", "scsi10": "a:c", "scsi2": "a:d"}, "scsi2", id="the bus before the number"),
    pytest.param({"scsi1": "a:1", "scsi0": "a:2", "unused0": "a:3"}, "scsi0", id="not what is unused"),
    pytest.param({"efidisk0": "a:1", "tpmstate0": "a:2", "scsi0": "a:3"}, "scsi0", id="not the firmware's"),
    pytest.param({"ide0": "a:vm-1-cloudinit", "scsi0": "a"}, "scsi0", id="not cloud-init's"),
    pytest.param({"ide0": "a:vm-1-cloudinit", "net0": "virtio"}, None, id="cloud-init's is none"),
    pytest.param({"ide2": "none,media=cdrom", "scsihw": "virtio-scsi-pci"}, None, id="an empty tray is none"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "disk"), BOOT_DISKS)
def test_the_disk_that_a_vm_boots_from(config, disk):
    assert boot_disk(config) == disk


class Cluster:
    """One template of this configuration."""

    def __init__(self, config):
        self.config = config

    def get_if_allowed(self, _path):
        return self.config


@pytest.mark.parametrize(("config", "disk"), BOOT_DISKS)
def test_discovery_tells_that_disk_of_a_template(config, disk):
    sized = {**config, **({disk: f"{config[disk]},size=3G"} if disk else {})}
    image = read_image(Cluster(sized), {"vmid": 900, "node": "pve1", "kind": "qemu"})
    assert (image["disk_key"], image["disk"]) == (disk, 3072 if disk else None)


@pytest.mark.parametrize(("config", "disk"), BOOT_DISKS)
def test_the_form_grows_that_disk(config, disk):
    marked = {"description": "rightscope.service: web", "tags": "rightscope", **config}
    plan = planned("proxmox", instance("proxmox", config={"config": marked}), disk="5 GiB")
    grown = [call.args["disk"] for call in plan.calls if call.does.startswith("grow ")]
    assert grown == ([disk] if disk else [])


@pytest.mark.parametrize(
    ("drive", "mib"),
    [
        ("a:1,size=8G", 8192),
        ("size=512M,a:1", 512),
        ("a:b,size=2252M", 2252),
        ("a:1,size=1T", 2**20),
        ("a:b,size=1T,ssd=1", 2**20),
        ("a:1,size=2048K", 2),
        ("a:b,size=528K", 0),
        ("a:1,size=4194304", 4),
        ("a:1,size=1.5G", 1536),
        ("a:1", None),
    ],
)
def test_the_size_of_a_disk(drive, mib):
    assert disk_mib({"scsi0": drive}, "scsi0") == mib


def test_a_disk_that_is_not_there_has_no_size():
    assert disk_mib({}, "scsi0") is None
    assert disk_mib({}, None) is None


@pytest.mark.parametrize(
    ("volume", "is_one"),
    [
        ("local-lvm:vm-100-cloudinit", True),
        ("local:100/vm-100-cloudinit.qcow2", True),
        ("local:cloudinit", True),
        ("local:vm-100-disk-0", False),
        ("local:iso/my-cloudinit-tools.iso", False),
        ("cloudinit:vm-100-disk-0", False),
    ],
)
def test_a_volume_of_cloud_init(volume, is_one):
    assert is_cloud_init(volume) is is_one


def test_a_mark_is_a_line_of_the_description():
    assert read_mark("rightscope.service: web", "rightscope.service") == "web"
    assert read_mark("Search.\n\nrightscope.service: web \nrightscope.signature: 00", "rightscope.service") == "web"
    assert read_mark("not rightscope.service: web", "rightscope.service") is None
    assert read_mark("rightscope.service:", "rightscope.service") is None
    assert read_mark(None, "rightscope.service") is None


def test_a_mark_that_is_written_is_read():
    description = f"The shop.\n{mark_line('rightscope.service', 'web')}\n{mark_line('rightscope.signature', '0a')}"
    assert read_mark(description, "rightscope.service") == "web"
    assert read_mark(description, "rightscope.signature") == "0a"
