# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a path of the host gives, by what lies below it and above it."""

from __future__ import annotations

import posixpath

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import host_paths
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.grants import grants
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.host_paths import (
    DEVICES_OF_ALL,
    HOST_PATHS,
    SOCKET,
    canonical,
    is_device_of_all,
    opened,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import PRIVILEGES

from .builders import candidate, service

NOTHING = service().requirements
NO = "none"
SOME, ALL = "capabilities", "privileged"

# path: (read-only, writable)
PATHS = {
    "/": (ALL, ALL),
    # Sockets, what holds them, and what they are called otherwise.
    **dict.fromkeys(
        (
            *("/run/docker.sock", "/var/run/docker.sock", "/run", "/var/run", "/var", "/var/run/.."),
            *(
                "//run//docker.sock",
                "/run/./docker.sock",
                "/srv/../run",
                "/run/user/1000",
                "/run/user/1000/docker.sock",
            ),
            *(
                "/run/user",
                "/run/user/1000/podman/podman.sock",
                "/run/podman",
                "/run/crio/crio.sock",
                "/run/containerd",
            ),
            *("/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock", "/var/lib/lxd/unix.socket"),
            *("/var/lib/lxd", "/var/snap", "/var/snap/lxd", "/var/snap/lxd/common", "/var/lib/incus", "/var/lib"),
            *("/run/dbus", "/run/dbus/system_bus_socket", "/var/run/dbus", "/run/systemd", "/run/systemd/private"),
            *("/run/libvirt/libvirt-sock", "/run/snapd.socket", "/run/qemu-server/100.qmp", "/run/buildkit"),
            *("/proc/1/root", "/proc/self/root/run/docker.sock", "/proc/1/cwd", "/proc/1/task/1/root/run"),
            *("/proc/7/fd/3", "/proc/self/root/proc/1/root/run"),
        ),
        (ALL, ALL),
    ),
    # Secrets by reading.
    **dict.fromkeys(
        (
            *(
                "/etc",
                "/etc/shadow",
                "/root",
                "/root/.ssh",
                "/root/.ssh/id_rsa",
                "/etc/pve",
                "/etc/pve/priv/authkey.key",
            ),
            *("/etc/kubernetes/admin.conf", "/var/lib/kubelet/pods/x", "/var/lib/etcd", "/root/.kube/config"),
        ),
        (ALL, ALL),
    ),
    **dict.fromkeys(
        (
            *("/home", "/home/ada", "/home/ada/.ssh/id_ed25519", "/etc/ssh", "/proc", "/sys", "/dev"),
            *(
                "/var/lib/docker",
                "/var/lib/docker/volumes/data/_data",
                "/var/lib/containerd",
                "/var/lib/libvirt/images",
            ),
        ),
        (SOME, ALL),
    ),
    # Ways to root by writing.
    **dict.fromkeys(
        (
            *("/etc/passwd", "/etc/cron.d", "/etc/cron.daily/x", "/etc/crontab", "/var/spool/cron", "/var/spool"),
            *(
                "/etc/systemd",
                "/etc/systemd/system/x.service",
                "/lib/systemd",
                "/usr/lib/systemd/system",
                "/etc/sudoers.d",
            ),
            *(
                "/usr",
                "/bin",
                "/usr/bin/sudo",
                "/sbin",
                "/lib",
                "/lib64",
                "/usr/local",
                "/usr/local/bin",
                "/boot",
                "/opt",
            ),
            *("/lib/modules", "/lib/modules/6.1.0", "/etc/ld.so.preload", "/etc/pam.d/sshd", "/etc/udev/rules.d"),
            *("/root/.bashrc", "/home/ada/.profile", "/home/ada/.config", "/home/ada/.config/systemd/user"),
            *("/proc/sys/kernel/core_pattern", "/proc/sys", "/proc/sysrq-trigger", "/sys/kernel/uevent_helper"),
            *("/sys/fs", "/sys/fs/cgroup", "/sys/fs/cgroup/memory/release_agent", "/dev/mem", "/dev/shm"),
            *("/var/lib/dpkg/info", "/etc/docker/daemon.json", "/run/udev", "/etc/profile.d/x.sh"),
        ),
        (NO, ALL),
    ),
    # What is ordinary.
    **dict.fromkeys(
        (
            *("/srv", "/srv/data", "/data", "/mnt/disk", "/media", "/home/ada/photos", "/home/ada/.config/sonarr"),
            *(
                "/etc/localtime",
                "/etc/timezone",
                "/etc/letsencrypt",
                "/etc/myapp",
                "/etc/os-release",
                "/var/log",
                "/var/www",
            ),
            *("/opt/app", "/var/lib/postgresql", "/run/app", "/tmp", "/usr/share/zoneinfo", "/run/docker.sock.d"),
            *("/usr/libx", "/runner", "/varnish", "/root/project", "/sys/class/gpio", "/var/lib/dockerish"),
        ),
        (NO, NO),
    ),
}


@pytest.mark.parametrize(("path", "levels"), PATHS.items(), ids=PATHS)
def test_a_path_gives_what_is_below_it_and_above_it(path, levels):
    assert tuple(opened(path, read_only=read_only)[1] for read_only in (True, False)) == levels


@pytest.mark.parametrize("row", HOST_PATHS, ids=lambda row: row.path)
def test_whatever_is_above_a_row_gives_at_least_as_much(row):
    path = row.path.replace("*", "x").replace("?", "3")
    while path != "/":
        for read_only, level in ((True, row.read), (False, row.write)):
            found = opened(path, read_only=read_only)[1]
            assert PRIVILEGES.index(found) >= PRIVILEGES.index(level), path
        path = posixpath.dirname(path)


@pytest.mark.parametrize("row", [row for row in HOST_PATHS if row.gives == SOCKET], ids=lambda row: row.path)
def test_read_only_keeps_nobody_from_a_socket(row):
    assert row.read == row.write == ALL


@pytest.mark.parametrize("row", HOST_PATHS, ids=lambda row: row.path)
def test_each_row_is_written_as_it_is_looked_for(row):
    assert canonical(row.path) == row.path
    assert {row.read, row.write} <= set(PRIVILEGES)
    assert PRIVILEGES.index(row.read) <= PRIVILEGES.index(row.write)


SIGNS = {"capabilities": "?", "privileged": "!"}
PIPE = "\\\\.\\pipe\\docker_engine"
OWN = {"/e/one/docker.sock": "socket", "/e/one/data": "data", "/big disk/lxd": "data"}


@pytest.mark.parametrize(
    ("kind", "options", "named"),
    [
        *(
            pytest.param("docker", {"volumes": [volume]}, named, id=f"docker: {volume}")
            for volume, named in (
                ("/e/one/docker.sock:/s:ro", "socket SOCK !"),
                ("/e/one:/s:ro", "socket SOCK in /e/one !"),
                ("/e:/s:ro", "socket SOCK in /e !"),
                ("/e/one/data/x:/s", "host files /e/one/data/x !"),
                ("/e/one/data:/s:ro", "host files /e/one/data ?"),
                ("/big disk/lxd:/s", "host files /big disk/lxd !"),
                ("/e/two:/s", ""),
                ("/:/h:ro", "socket SOCK in / !"),
                ("/:/h", "host files !"),
                ("/link:/h:ro", "socket SOCK in /link !"),
                ("/link/../safe:/h:ro", ""),
                ("/gone:/h", ""),
                ("data:/d", ""),
                ("whole:/d:ro", "socket SOCK in / !"),
                ("disk:/d", "device /dev/sdb1 !"),
                ("far:/d", ""),
                ("C:\\Windows:C:\\w", "host files C:\\Windows !"),
                ("C:\\data:C:\\d", ""),
                (f"{PIPE}:{PIPE}", f"socket {PIPE} !"),
            )
        ),
        *(
            pytest.param(
                "docker",
                {"mounts": [{"type": "volume", "source": "new", "target": "/d", "volume_options": given, **more}]},
                named,
                id=f"docker: a driver's {given} {more}",
            )
            for given, more, named in (
                ({"type": "none", "o": "bind", "device": "/"}, {}, "host files !"),
                ({"type": "none", "o": "bind,ro", "device": "/etc/"}, {}, "host files /etc !"),
                ({"type": "none", "o": "bind", "device": "/run"}, {"read_only": True}, "socket RUN in /run !"),
                ({"type": "none", "o": "bind", "device": "/srv/data"}, {}, ""),
                ({"type": "ext4", "device": "/dev/sdb1"}, {}, "device /dev/sdb1 !"),
                ({"type": "nfs", "o": "addr=192.0.2.1,rw", "device": ":/etc"}, {}, ""),
                ({"type": "overlay", "o": "lowerdir=/srv:/usr,upperdir=/a,workdir=/b"}, {}, "host files /usr !"),
                ({"mountpoint": "/root"}, {"volume_driver": "local-persist"}, "host files /root !"),
            )
        ),
        *(
            pytest.param("lxd", {"devices": {"d": device}}, named, id=f"lxd: {device}")
            for device, named in (
                ({"type": "disk", "source": "/", "path": "/h", "readonly": "true"}, "socket SOCK in / !"),
                ({"type": "disk", "source": "/run", "path": "/r", "shift": True}, "socket RUN in /run !"),
                ({"type": "disk", "source": "/link", "path": "/r", "readonly": True}, "socket SOCK in /link !"),
                ({"type": "disk", "source": "/big disk/lxd", "path": "/r"}, "host files /big disk/lxd !"),
                ({"type": "disk", "source": "/dev/sdb", "path": "/r"}, "device /dev/sdb !"),
                ({"type": "disk", "source": "/srv", "path": "/r"}, "device d (disk) ?"),
                ({"type": "disk", "source": "vol", "pool": "default", "path": "/r"}, "device d (disk) ?"),
                ({"type": "proxy", "connect": "unix:/e/one/docker.sock", "listen": "unix:/s"}, "socket SOCK !"),
                ({"type": "proxy", "connect": "tcp:127.0.0.1:80", "listen": "tcp:0.0.0.0:80"}, ""),
            )
        ),
    ],
)  # fmt: skip
def test_a_mount_is_judged_by_what_the_target_tells(kind, options, named):
    facts = {
        "engine_paths": OWN,
        "paths": {"/link": "/e", "/safe": "/safe", "/gone": ""},
        "volumes": {"whole": "/", "disk": "/dev/sdb1", "far": ":/etc"},
    }
    found = grants(NOTHING, candidate(kind, options=options, **facts))
    assert ", ".join(f"{grant} {SIGNS[grant.level]}" for grant in found) == named.replace(
        "SOCK", "/e/one/docker.sock"
    ).replace("RUN", "/run/docker.sock")


def test_discovery_is_asked_for_each_path_once():
    docker = {"image": "a", "volumes": ["/srv//a/:/a", "data:/d"], "mounts": [{"source": "/srv/a"}, {"target": "/t"}]}
    disks = {
        "d": {"type": "disk", "source": "/b"},
        "p": {"type": "proxy", "connect": "unix:/run/x"},
        "n": {"type": "nic"},
    }
    of = [
        service(made_as={"docker_container": docker, "lxd_container": {"devices": disks}}),
        service(made_as={"docker_container": {"mounts": [{"volume_options": {"device": "/c", "o": "bind"}}]}}),
        service(),
    ]
    assert host_paths(of) == ["/srv/a", "/b", "/run/x", "/c"]


DEVICES = {
    **dict.fromkeys(
        (
            *(
                "/dev/mem",
                "/dev/sda",
                "/dev/sdb1",
                "/dev/nvme0n1p2",
                "/dev/mapper/vg-root",
                "/dev/dm-0",
                "/dev/mmcblk0p1",
            ),
            *("/dev/disk/by-id/ata-x", "/dev/disk", "/dev", "/", "/dev/zvol/tank/a", "/dev/md127", "/dev/../dev/vda"),
        ),
        True,
    ),
    **dict.fromkeys(
        (
            *(
                "/dev/null",
                "/dev/fuse",
                "/dev/net/tun",
                "/dev/ttyUSB0",
                "/dev/snd",
                "/dev/dri/renderD128",
                "/dev/bus/usb",
            ),
            *("/dev/serial/by-id/usb-stick", "/dev/kvm", "/dev/video0", "/dev/hdmi"),
        ),
        False,
    ),
}


@pytest.mark.parametrize(("path", "all_of_it"), DEVICES.items(), ids=DEVICES)
def test_a_device_that_reaches_everything_is_told_apart(path, all_of_it):
    assert is_device_of_all(path) is all_of_it


def test_each_device_of_all_is_one():
    assert all(
        is_device_of_all(row.replace("*", "0").replace("[a-z]", "a").replace("[0-9]", "1")) for row in DEVICES_OF_ALL
    )


@pytest.mark.parametrize(
    ("path", "leads_to", "level"),
    [
        pytest.param("/dev/mine", "/dev/sda", "privileged", id="to a disk by a harmless name"),
        pytest.param("/dev/char/188:0", "/dev/ttyUSB0", "capabilities", id="to a stick by its number"),
        pytest.param("/dev/serial/by-id/usb-stick", "/dev/ttyUSB0", "capabilities", id="to a stick"),
        pytest.param("/dev/disk/by-id/ata-x", None, "privileged", id="to what nobody knows"),
    ],
)
@pytest.mark.parametrize("written", [True, False], ids=["under as", "as a need"])
def test_a_link_is_judged_by_the_device_that_it_leads_to(path, leads_to, level, written):
    links = {} if leads_to is None else {path: leads_to}
    of = service(**({} if written else {"devices": [f"{path}:/dev/x:r"]})).requirements
    options = {"devices": [f"{path}:/dev/x:r"]} if written else None
    (grant,) = grants(of, candidate("docker", options=options, device_links=links))
    assert grant.level == level
