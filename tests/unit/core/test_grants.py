# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The privileges that a form is given are named, each once, in a stable order, with how far each goes and what for."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision import grants as module
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.grants import grants
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.features import FeatureRow
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.runtimes import DOCKER
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Grant, Image

from .builders import candidate, needed, service

HOST_DEVICES = ("disk", "gpu", "pci", "unix-block", "unix-char", "usb")
NOTHING = service().requirements


def said(found) -> tuple[str, ...]:
    return tuple(map(str, found))


def levels(kind: str, options: dict) -> list[str]:
    return [grant.level for grant in grants(NOTHING, candidate(kind, options=options))]


@pytest.mark.parametrize(
    ("kind", "options", "named"),
    [
        pytest.param("docker", None, (), id="docker: nothing said"),
        pytest.param("docker", {"image": "a", "privileged": False}, (), id="docker: a switch that is off"),
        pytest.param("docker", {"privileged": True}, ("privileged",), id="docker: privileged"),
        pytest.param(
            "docker",
            {"capabilities": ["NET_ADMIN", "cap_sys_time", "net_admin"]},
            ("capability NET_ADMIN", "capability SYS_TIME"),
            id="docker: each capability, once",
        ),
        pytest.param("docker", {"devices": ["/dev/fuse:/dev/x:rwm"]}, ("device /dev/fuse",), id="docker: a device"),
        pytest.param("docker", {"device_requests": [{"count": 1}]}, ("device request",), id="docker: a request"),
        pytest.param("docker", {"network_mode": "host"}, ("host network",), id="docker: the host's network"),
        pytest.param("docker", {"network_mode": "bridge"}, (), id="docker: a network of its own"),
        pytest.param("docker", {"pid_mode": "host"}, ("host pid",), id="docker: the host's processes"),
        pytest.param("docker", {"ipc_mode": "host"}, ("host ipc",), id="docker: the host's memory"),
        pytest.param("docker", {"userns_mode": "host"}, ("host user",), id="docker: the host's users"),
        pytest.param("docker", {"cgroupns_mode": "host"}, ("host cgroup",), id="docker: the host's cgroups"),
        pytest.param(
            "docker",
            {"security_opts": ["seccomp:unconfined", "apparmor=unconfined", "no-new-privileges", 7]},
            ("seccomp unconfined", "apparmor unconfined"),
            id="docker: unconfined, as both are written",
        ),
        pytest.param(
            "docker",
            {"volumes": ["/data:/data", "/var/run/docker.sock:/run/docker.sock:ro", "/run/docker.sock:/s"]},
            ("socket /var/run/docker.sock", "socket /run/docker.sock"),
            id="docker: the engine's own socket",
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
            {"config": {"security.syscalls.intercept.mknod": True, "raw.lxc": "a=b", "limits.cpu": 2}},
            ("config raw.lxc=a=b", "config security.syscalls.intercept.mknod=true"),
            id="lxd: keys that open something, by name",
        ),
        pytest.param(
            "lxd",
            {
                "config": {
                    f"security.syscalls.intercept.{key}": off for key, off in enumerate((False, "false", "0", "", None))
                }
            },
            (),
            id="lxd: keys that are off",
        ),
        pytest.param(
            "lxd",
            {"devices": {"b": {"type": "gpu"}, "a": {"type": "unix-char", "path": "/dev/x"}, "c": "no device"}},
            ("device /dev/x", "device b (gpu)"),
            id="lxd: devices of the host, by name",
        ),
        pytest.param(
            "lxd",
            {"devices": {"a": {"type": "unix-char", "source": "/dev/y", "path": "/dev/x"}}},
            ("device /dev/y",),
            id="lxd: a device by its name on the host",
        ),
        pytest.param(
            "lxd",
            {"devices": {kind: {"type": kind, "source": "/x"} for kind in HOST_DEVICES if not kind.startswith("unix")}},
            ("device disk (disk)", "device gpu (gpu)", "device pci (pci)", "device usb (usb)"),
            id="lxd: each sort of device of the host",
        ),
        pytest.param("lxd", {"devices": {"root": {"type": "disk", "path": "/"}}}, (), id="lxd: a disk of a pool"),
        pytest.param(
            "lxd",
            {"devices": {"d": {"type": "disk", "source": "/etc"}}},
            ("host files /etc",),
            id="lxd: a directory of the host",
        ),
        pytest.param("lxd", {"devices": {"eth0": {"type": "nic"}}}, (), id="lxd: a network is none"),
        pytest.param(
            "lxd", {"config": {"security.syscalls.deny": "reboot"}}, (), id="lxd: a system call that is closed is none"
        ),
        pytest.param("proxmox", {"hostpci": {"hostpci0": "01:00"}}, (), id="proxmox: a machine has its own"),
    ],
)
def test_a_privilege_that_is_given_is_named(kind, options, named):
    found = grants(NOTHING, candidate(kind, options=options))
    assert said(found) == named
    assert {grant.why for grant in found} <= {""}


@pytest.mark.parametrize(
    ("kind", "options", "level"),
    [
        pytest.param("docker", {"privileged": True}, "privileged", id="docker: privileged"),
        pytest.param("docker", {"capabilities": ["NET_ADMIN"]}, "capabilities", id="docker: a capability"),
        pytest.param("docker", {"capabilities": ["all"]}, "privileged", id="docker: all of them"),
        pytest.param("docker", {"capabilities": ["BRAND_NEW"]}, "privileged", id="docker: one nobody knows"),
        pytest.param("docker", {"devices": ["/dev/fuse"]}, "capabilities", id="docker: a device"),
        pytest.param("docker", {"pid_mode": "host"}, "capabilities", id="docker: the host's processes"),
        pytest.param("docker", {"security_opts": ["seccomp=unconfined"]}, "nesting", id="docker: unconfined"),
        pytest.param("docker", {"volumes": ["/run/docker.sock"]}, "privileged", id="docker: its socket"),
        pytest.param(
            "docker",
            {"mounts": [{"source": "/var/run/docker.sock", "target": "/s", "read_only": True}]},
            "privileged",
            id="docker: its socket, which is no less for being read-only",
        ),
        pytest.param("docker", {"volumes": ["/:/host"]}, "privileged", id="docker: the host's files"),
        pytest.param("docker", {"volumes": ["//:/h"]}, "privileged", id="docker: the same by another name"),
        pytest.param("docker", {"volumes": ["/var/run:/r:ro"]}, "privileged", id="docker: where a socket is"),
        pytest.param("docker", {"volumes": ["/run/../run/docker.sock:/s"]}, "privileged", id="docker: a winding path"),
        pytest.param("docker", {"volumes": ["/etc:/e"]}, "privileged", id="docker: the host's settings"),
        pytest.param("docker", {"volumes_from": ["db"]}, "privileged", id="docker: volumes that nobody sees"),
        pytest.param("docker", {"device_cgroup_rules": ["a *:* rwm"]}, "privileged", id="docker: every device"),
        pytest.param("docker", {"devices": ["/dev/mem"]}, "privileged", id="docker: all memory"),
        pytest.param("docker", {"pid_mode": "container:db"}, "capabilities", id="docker: another one's processes"),
        pytest.param("docker", {"security_opts": ["seccomp=/x.json"]}, "nesting", id="docker: a filter of its own"),
        pytest.param("lxd", {"config": {"security.privileged": "yes"}}, "privileged", id="lxd: as LXD reads a switch"),
        pytest.param("lxd", {"config": {"security.nesting": "on"}}, "nesting", id="lxd: another of its words"),
        pytest.param("lxd", {"config": {"linux.kernel_modules": "nbd"}}, "privileged", id="lxd: modules of the host"),
        pytest.param(
            "lxd",
            {"devices": {"d": {"type": "disk", "source": "/", "path": "/h"}}},
            "privileged",
            id="lxd: the host's files",
        ),
        pytest.param(
            "lxd",
            {"devices": {"p": {"type": "proxy", "connect": "unix:/var/run/docker.sock", "listen": "unix:/s"}}},
            "privileged",
            id="lxd: an engine's socket",
        ),
        pytest.param(
            "docker", {"volumes": ["/:/host:rslave,ro"]}, "privileged", id="docker: a socket is in what is read only"
        ),
        pytest.param(
            "docker",
            {"mounts": [{"source": "/", "target": "/host", "read_only": True}]},
            "privileged",
            id="docker: and in a mount",
        ),
        pytest.param("docker", {"volumes": ["/sys:/host/sys:ro"]}, "capabilities", id="docker: to read them only"),
        pytest.param("lxd", {"config": {"security.nesting": True}}, "nesting", id="lxd: nesting"),
        pytest.param("lxd", {"config": {"security.privileged": True}}, "privileged", id="lxd: privileged"),
        pytest.param("lxd", {"config": {"raw.idmap": "both 0 0"}}, "privileged", id="lxd: raw"),
        pytest.param("lxd", {"config": {"security.syscalls.intercept.mknod": 1}}, "nesting", id="lxd: a system call"),
        pytest.param(
            "lxd", {"config": {"security.syscalls.intercept.mount.allowed": "ext4"}}, "privileged", id="lxd: to mount"
        ),
        pytest.param("lxd", {"devices": {"a": {"type": "gpu"}}}, "capabilities", id="lxd: a device"),
    ],
)
def test_a_privilege_has_the_level_of_how_far_it_goes(kind, options, level):
    assert levels(kind, options) == [level]


NET_ADMIN = Grant(kind="capability", value="NET_ADMIN", why="NET_ADMIN")


@pytest.mark.parametrize(
    ("kind", "needs", "named"),
    [
        pytest.param("docker", {}, {}, id="docker: nothing needed"),
        pytest.param(
            "docker",
            {"privileges": ["NET_ADMIN", "CHOWN", "host_pid", "seccomp_unconfined", "privileged"]},
            {
                "capability NET_ADMIN": "NET_ADMIN",
                "host pid": "host_pid",
                "seccomp unconfined": "seccomp_unconfined",
                "privileged": "privileged",
            },
            id="docker: what is asked for, but what it gives anyway",
        ),
        pytest.param(
            "lxd",
            {"privileges": ["NET_ADMIN", "seccomp_unconfined"]},
            {},
            id="lxd: what its own namespace owns is had",
        ),
        pytest.param(
            "lxd",
            {"privileges": ["SYS_MODULE", "host_pid"]},
            {"privileged": "SYS_MODULE"},
            id="lxd: for the rest it must be privileged",
        ),
        pytest.param(
            "lxd",
            {"privileges": ["apparmor_unconfined"]},
            {"config raw.lxc=lxc.apparmor.profile=unconfined": "apparmor_unconfined"},
            id="lxd: AppArmor",
        ),
        pytest.param("proxmox", {"privileges": ["SYS_MODULE", "privileged"]}, {}, id="proxmox: it has all"),
        *(
            pytest.param(
                kind,
                {"devices": ["/dev/fuse", {"gpu": 1}, {"usb": "1-2"}, {"pci": "01:00.0"}]},
                {**path, "gpu 1": "devices", "usb 1-2": "devices", "pci 01:00.0": "devices"},
                id=f"{kind}: devices",
            )
            for kind, path in (
                ("docker", {"device /dev/fuse": "devices"}),
                ("lxd", {"device /dev/fuse": "devices"}),
                ("proxmox", {}),
            )
        ),
        pytest.param(
            "docker",
            {"host_view": True, "host_network": True},
            {"host pid": "host_view", "host network": "host_network"},
            id="docker: the host's view",
        ),
        *(
            pytest.param(kind, {"host_view": True, "host_network": True}, {}, id=f"{kind}: not the host's view")
            for kind in ("lxd", "proxmox")
        ),
        pytest.param(
            "docker",
            {"host_view": True, "privileges": ["host_pid"]},
            {"host pid": "host_pid"},
            id="docker: once, for the first that needs it",
        ),
        pytest.param(
            "docker",
            {"privileges": [{"name": "NET_ADMIN", "optional": True}]},
            {},
            id="docker: a wish is worth none",
        ),
    ],
)
def test_what_the_needs_take_is_granted_and_says_what_for(kind, needs, named):
    found = grants(service(**needs).requirements, candidate(kind, options=None))
    assert {str(grant): grant.why for grant in found} == named
    assert said(found) == tuple(named)


def test_what_a_feature_takes_is_granted_with_its_level(made_up):
    rows = {
        "tun": FeatureRow(
            feature="tun", runtime=DOCKER, reason="so", source="-", grants=(Grant(kind="a", level="nesting"),)
        ),
        "fuse": None,
    }
    made_up.setattr(module, "feature_row", lambda feature, _form, _engine: rows[feature])
    of = service(kernel={"features": ["fuse", "tun"]}).requirements
    assert grants(of, candidate("docker")) == (Grant(kind="a", level="nesting", why="tun"),)


def test_the_users_own_come_first_and_are_not_told_twice():
    options = {"capabilities": ["SYS_NICE", "NET_ADMIN"], "pid_mode": "host"}
    of = service(privileges=["BPF", "NET_ADMIN"], host_view=True).requirements
    found = grants(of, candidate("docker", options=options))
    assert [(str(grant), grant.why) for grant in found] == [
        ("capability SYS_NICE", ""),
        ("capability NET_ADMIN", ""),
        ("host pid", ""),
        ("capability BPF", "BPF"),
    ]


def test_what_the_needs_take_is_known_whether_or_not_the_user_wrote_it():
    of = service(privileges=["NET_ADMIN"]).requirements
    assert needed(of, candidate("docker", options={"capabilities": ["NET_ADMIN"]})) == (NET_ADMIN,)


@pytest.mark.parametrize(
    ("kind", "wanted", "named"),
    [
        pytest.param("lxd", {"nesting": "true", "privileged": "1"}, ("privileged", "nesting"), id="both"),
        pytest.param("lxd", {"nesting": "false", "secureboot": "false"}, (), id="none"),
        pytest.param("docker", {"nesting": "true"}, (), id="Docker has no such images"),
    ],
)
def test_what_an_image_says_that_it_needs_is_granted(kind, wanted, named):
    found = grants(NOTHING, candidate(kind, image=Image(id="1", requirements=wanted)))
    assert said(found) == named
    assert [grant.level for grant in found] == list(named)
    assert {grant.why for grant in found} <= {"its image"}


def test_an_image_is_heard_beside_the_needs():
    place = candidate("lxd", image=Image(id="1", requirements={"nesting": "true"}))
    assert said(grants(service(devices=["/dev/fuse"]).requirements, place)) == ("nesting", "device /dev/fuse")


def test_no_image_needs_nothing():
    assert grants(NOTHING, candidate("lxd", image=None)) == ()
