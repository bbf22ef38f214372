# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which texts mean the same to LXD and Incus: what is one value, and what are two."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.lxd_options import (
    CONFIG,
    DEVICES,
    device_meaning,
    in_bytes,
    meaning,
)


@pytest.mark.parametrize(
    ("key", "one", "other", "same"),
    [
        ("security.nesting", "true", "1", True),
        ("security.nesting", "YES", "on", True),
        ("security.nesting", "off", "0", True),
        ("security.nesting", "true", "false", False),
        ("security.nesting", "t", "true", False),
        ("boot.stop.priority", "5", "05", True),
        ("boot.stop.priority", "5", "50", False),
        ("limits.memory", "2GiB", "2048MiB", True),
        ("limits.memory", "2GiB", "2147483648", True),
        ("limits.memory", "2GB", "2000MB", True),
        ("limits.memory", "2GiB", "2GB", False),
        ("limits.memory", "50%", "050%", True),
        ("limits.memory", "50%", "50", False),
        ("limits.memory", "2gib", "2GiB", False),
        ("limits.memory.swap", "false", "0", True),
        ("limits.memory.swap", "1GiB", "1024MiB", True),
        ("limits.cpu", "0-3", "3,0-2", True),
        ("limits.cpu", "1,0", "0-1", True),
        ("limits.cpu", "02", "2", True),
        ("limits.cpu", "2", "0-1", False),
        ("limits.cpu", "1", "1-1", False),
        ("limits.cpu", "0-99999999", "0-99999998", False),
        ("linux.kernel_modules", "a,b", "a, b", True),
        ("linux.kernel_modules", "a,b", "b,a", False),
        ("user.note", "1", "true", False),
        ("user.note", "01", "1", False),
        ("environment.SIZE", "2GiB", "2048MiB", False),
        ("cloud-init.user-data", "a\n", "a", False),
        ("nobody.knows", "1", "1", True),
    ],
)
def test_a_value_of_the_configuration(key, one, other, same):
    assert (meaning(key, one) == meaning(key, other)) is same


NIC, DISK, CHAR = {"type": "nic"}, {"type": "disk"}, {"type": "unix-char"}


@pytest.mark.parametrize(
    ("kind", "one", "other", "same"),
    [
        (NIC, {"hwaddr": "00:16:3E:AA:BB:CC"}, {"hwaddr": "00:16:3e:aa:bb:cc"}, True),
        (NIC, {"limits.ingress": "10Mbit"}, {"limits.ingress": "10000kbit"}, True),
        (NIC, {"limits.ingress": "10Mbit"}, {"limits.ingress": "10Mibit"}, False),
        (NIC, {"ipv6.address": "fd00:0:0::5"}, {"ipv6.address": "fd00::5"}, True),
        (NIC, {"ipv4.routes": "10.1.0.0/24, 10.2.0.0/24"}, {"ipv4.routes": "10.1.0.0/24,10.2.0.0/24"}, True),
        (NIC, {"ipv4.address": "none"}, {"ipv4.address": "10.1.0.5"}, False),
        (NIC, {"mtu": ""}, {}, True),
        (NIC, {"name": "eth0"}, {"name": "eth1"}, False),
        (DISK, {"path": "/data/"}, {"path": "data"}, True),
        (DISK, {"source": "/srv/x/."}, {"source": "/srv/x"}, True),
        (DISK, {"source": "volume/"}, {"source": "volume"}, False),
        (DISK, {"size": "1GiB"}, {"size": "1024MiB"}, True),
        (DISK, {"readonly": "1"}, {"readonly": "true"}, True),
        (DISK, {"limits.read": "100iops"}, {"limits.read": "100"}, False),
        (CHAR, {"mode": "0660"}, {"mode": "660"}, True),
        (CHAR, {"mode": "0660"}, {"mode": "0600"}, False),
        (CHAR, {"uid": "05"}, {"uid": "5"}, True),
        ({"type": "none"}, {"x": "1"}, {"x": "01"}, False),
        ({}, {"a": "b"}, {"a": "b"}, True),
    ],
)
def test_a_device_by_all_its_keys(kind, one, other, same):
    assert (device_meaning({**kind, **one}) == device_meaning({**kind, **other})) is same


@pytest.mark.parametrize(
    "sort",
    sorted({*CONFIG.values(), *(s for keys in DEVICES.values() for s in keys.values())}, key=lambda one: one.__name__),
)
def test_no_text_is_too_odd(sort):
    for text in ("", " ", "-", ",", "%", "1-", "-1", "9" * 50, "0x1", "²", "a,b", "::/0/0", "/", "//"):
        sort(text)


@pytest.mark.parametrize(
    ("text", "size"), [("1KiB", 1024), ("1kB", 1000), ("5", 5), ("", None), (None, None), ("50%", None), ("x", None)]
)
def test_a_size_in_bytes(text, size):
    assert in_bytes(text) == size
