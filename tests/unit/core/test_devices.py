# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A device is named by its file, by a link to it, or for Docker by a directory, and may have another path inside."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import device_of

from .builders import COLUMNS, case, declare, holds, planned, rule_says, service

FACTS = {
    "devices": frozenset({"/dev/ttyUSB0", "/dev/snd/timer", "/dev/bus/usb/001/002", "/dev/sda"}),
    "device_links": {
        "/dev/serial/by-id/usb-stick": "/dev/ttyUSB0",
        "/dev/serial/by-path/pci-0000:00:14.0-usb": "/dev/ttyUSB0",
        "/dev/disk/by-id/ata-x": "/dev/sda",
    },
}
COLONS = "/dev/serial/by-path/pci-0000:00:14.0-usb"
ATTACH = "attach it, or load its driver, on"


def lacks(kind: str, path: str, when: str, reason: str, remedy: str, **facts):
    changes = {**FACTS, **facts, "options": None}
    return case("devices", kind, {"devices": [path]}, changes, when, reason, f"{kind}, {path}", remedy=remedy)


TABLE = [
    *(
        holds("devices", kind, {"devices": [path]}, {**FACTS, "options": None}, f"{kind}, {path}")
        for kind, paths in (
            (
                "docker",
                "/dev/ttyUSB0 /dev/serial/by-id/usb-stick /dev/snd /dev/snd/ /dev/bus /dev/ttyUSB0:/dev/a:r",
            ),
            ("lxd", f"/dev/ttyUSB0 /dev/serial/by-id/usb-stick {COLONS}"),
        )
        for path in paths.split()
    ),
    lacks("docker", "/dev/ttyUSB1", "not_now", "it has no /dev/ttyUSB1", f"{ATTACH} dock1"),
    lacks("docker", "/dev/sn", "not_now", "it has no /dev/sn", f"{ATTACH} dock1"),
    lacks(
        "docker",
        "/dev/serial/by-id",
        "not_now",
        "/dev/serial/by-id is a directory of links, which its engine does not pass along",
        "name the links",
    ),
    lacks(
        "docker",
        COLONS,
        "never",
        f"Docker's options have no room for the colons in {COLONS}",
        "name /dev/ttyUSB0, or another link to it",
    ),
    lacks(
        "lxd",
        "/dev/snd",
        "never",
        "/dev/snd is a directory, and a device of LXD is one file",
        "name each of its files",
    ),
    lacks("docker", "/dev/snd", "unknown", "cannot tell whether it has /dev/snd", declare("devices"), devices=None),
]


@pytest.mark.parametrize(COLUMNS, TABLE)
def test_a_rule_holds_or_says_why_not_and_what_would_help(rule, kind, needs, changes, when, reason, remedy):
    assert rule_says(rule, kind, needs, changes) == (when, reason, remedy)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param("/dev/a", ("/dev/a", "/dev/a", "rwm"), id="a path"),
        pytest.param("/dev/a:/dev/b", ("/dev/a", "/dev/b", "rwm"), id="another inside"),
        pytest.param("/dev/a:/dev/a:r", ("/dev/a", "/dev/a", "r"), id="to read"),
        pytest.param("/dev/a:mr", ("/dev/a", "/dev/a", "rm"), id="to read, in short"),
        pytest.param(COLONS, (COLONS, COLONS, "rwm"), id="with colons"),
        pytest.param(f"{COLONS}:/dev/b:rw", (COLONS, "/dev/b", "rw"), id="with colons, and another inside"),
        pytest.param("//dev/./null:/dev//x/:r", ("/dev/null", "/dev/x", "r"), id="another spelling of the paths"),
    ],
)
def test_a_device_is_read_as_docker_writes_it(text, read):
    assert device_of(text) == read
    (device,) = service(devices=[text]).requirements.devices
    assert (device.value, device.inside or device.value, device.access) == read
    assert device_of(device.spelled) == read


@pytest.mark.parametrize(
    ("kind", "device", "given"),
    [
        ("docker", "/dev/serial/by-id/usb-stick", ["/dev/serial/by-id/usb-stick:/dev/serial/by-id/usb-stick:rwm"]),
        ("docker", "/dev/null:/dev/null:r", ["/dev/null:/dev/null:r"]),
        ("docker", "/dev/snd", ["/dev/snd:/dev/snd:rwm"]),
        (
            "lxd",
            "/dev/null:/dev/nothing",
            {"dev-null": {"type": "unix-char", "source": "/dev/null", "path": "/dev/nothing"}},
        ),
    ],
)
def test_a_device_is_given_as_it_is_named(kind, device, given):
    (call,) = [call for call in planned(kind, devices=[device]).calls if call.creates]
    assert call.args["devices"] == given
