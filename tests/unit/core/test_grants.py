# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The privileges that a form is given are named, each once, and in a stable order."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._decision.grants import grants

from .builders import candidate

HOST_DEVICES = ("disk", "gpu", "pci", "unix-block", "unix-char", "usb")


@pytest.mark.parametrize(
    ("kind", "options", "named"),
    [
        pytest.param("docker", None, (), id="docker: nothing said"),
        pytest.param("docker", {"image": "a", "privileged": False}, (), id="docker: a switch that is off"),
        pytest.param("docker", {"privileged": True}, ("privileged",), id="docker: privileged"),
        pytest.param(
            "docker",
            {"capabilities": ["NET_ADMIN", "SYS_TIME"]},
            ("capability NET_ADMIN", "capability SYS_TIME"),
            id="docker: each capability",
        ),
        pytest.param("docker", {"devices": ["/dev/fuse"]}, ("device /dev/fuse",), id="docker: a device"),
        pytest.param("docker", {"device_requests": [{"count": 1}]}, ("device request",), id="docker: a request"),
        pytest.param("docker", {"network_mode": "host"}, ("host network",), id="docker: the host's network"),
        pytest.param("docker", {"network_mode": "bridge"}, (), id="docker: a network of its own"),
        pytest.param("docker", {"pid_mode": "host"}, ("host pid",), id="docker: the host's processes"),
        pytest.param("docker", {"ipc_mode": "host"}, ("host ipc",), id="docker: the host's memory"),
        pytest.param("docker", {"userns_mode": "host"}, ("host user",), id="docker: the host's users"),
        pytest.param("docker", {"cgroupns_mode": "host"}, ("host cgroup",), id="docker: the host's cgroups"),
        pytest.param(
            "docker",
            {"security_opts": ["seccomp:unconfined", "apparmor=unconfined", "no-new-privileges"]},
            ("seccomp=unconfined", "apparmor=unconfined"),
            id="docker: unconfined, as both are written",
        ),
        pytest.param(
            "docker",
            {"pid_mode": "host", "capabilities": ["A"], "privileged": True},
            ("privileged", "capability A", "host pid"),
            id="docker: always in the same order",
        ),
        pytest.param("lxd", {"config": {"security.nesting": True}}, ("nesting",), id="lxd: a switch"),
        pytest.param("lxd", {"config": {"security.privileged": "TRUE"}}, ("privileged",), id="lxd: a switch as a text"),
        pytest.param("lxd", {"config": {"security.nesting": "false"}}, (), id="lxd: a switch that is off"),
        pytest.param(
            "lxd",
            {"devices": {"b": {"type": "gpu"}, "a": {"type": "unix-char", "path": "/dev/x"}}},
            ("device a (unix-char)", "device b (gpu)"),
            id="lxd: devices of the host, by name",
        ),
        pytest.param(
            "lxd",
            {"devices": {kind: {"type": kind, "source": "/x"} for kind in HOST_DEVICES}},
            tuple(f"device {kind} ({kind})" for kind in HOST_DEVICES),
            id="lxd: each sort of device of the host",
        ),
        pytest.param("lxd", {"devices": {"root": {"type": "disk", "path": "/"}}}, (), id="lxd: a disk of a pool"),
        pytest.param(
            "lxd",
            {"devices": {"d": {"type": "disk", "source": "/etc"}}},
            ("device d (disk)",),
            id="lxd: a directory of the host",
        ),
        pytest.param("lxd", {"devices": {"eth0": {"type": "nic"}}}, (), id="lxd: a network is none"),
        pytest.param("proxmox", {"hostpci": {"hostpci0": "01:00"}}, (), id="proxmox: a machine has its own"),
    ],
)
def test_a_privilege_that_is_given_is_named(kind, options, named):
    assert grants(candidate(kind, options=options)) == named
