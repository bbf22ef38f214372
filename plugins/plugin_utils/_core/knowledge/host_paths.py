# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What a path of the host gives to the container that it is mounted into.

A mount is judged by what lies below it and above it: a directory that holds an engine's socket gives the socket, and so
does one inside of an engine's data give that data. Read-only keeps nobody from a socket.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ..model import PRIVILEGES

SOCKET, DATA, WRITTEN, SECRET = "socket", "data", "written", "secret"


@dataclass(frozen=True, kw_only=True)
class HostPathRow:
    """
    ``path`` is that of the host, its parts perhaps with wildcards. ``gives`` says what it is: an engine's ``socket``,
    an engine's ``data``, what root runs or reads when it is ``written``, or a ``secret``.

    ``write`` and ``read`` are how far it goes to have it writable or read-only, one of PRIVILEGES. ``inside`` says
    whether every path below it gives the same.
    """

    path: str
    gives: str
    write: str = "privileged"
    read: str = "none"
    inside: bool = True
    source: str


_DOCKER = "https://docs.docker.com/engine/security/#docker-daemon-attack-surface"
_ROOTLESS = "https://docs.docker.com/engine/security/rootless/ (the socket below XDG_RUNTIME_DIR)"
_CONTAINERD = "https://github.com/containerd/containerd/blob/main/docs/ops.md (state, root)"
_PODMAN = "https://docs.podman.io/en/latest/markdown/podman-system-service.1.html"
_CRI = "https://kubernetes.io/docs/setup/production-environment/container-runtimes/"
_KUBERNETES = "https://kubernetes.io/docs/setup/best-practices/certificates/"
_KUBELET = "https://kubernetes.io/docs/reference/node/kubelet-files/"
_LXD = "https://documentation.ubuntu.com/lxd/latest/explanation/security/ (local access to the socket)"
_INCUS = "https://linuxcontainers.org/incus/docs/main/explanation/security/ (local access to the socket)"
_LIBVIRT = "https://libvirt.org/daemons.html (sockets), https://libvirt.org/aclpolkit.html"
_SYSTEMD = "https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.systemd1.html (StartTransientUnit)"
_UNITS = "https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html (unit search path)"
_SNAPD = "https://snapcraft.io/docs/snapd-rest-api"
_QEMU = "https://pve.proxmox.com/wiki/Qemu_/_KVM_Virtual_Machines (monitor), https://www.qemu.org/docs/master/interop/"
_PVE = "https://pve.proxmox.com/pve-docs/chapter-pmxcfs.html (priv/)"
_CRON = "https://man7.org/linux/man-pages/man8/cron.8.html"
_FHS = "https://refspecs.linuxfoundation.org/FHS_3.0/fhs/ (programs and libraries that root runs)"
_ETC = "https://man7.org/linux/man-pages/man5/passwd.5.html and its neighbours: who may log in, and what then runs"
_SHADOW = "https://man7.org/linux/man-pages/man5/shadow.5.html (hashes of passwords)"
_SSH = "https://man.openbsd.org/sshd.8#FILES"
_BASH = "https://man7.org/linux/man-pages/man1/bash.1.html (startup files)"
_MODULES = "https://man7.org/linux/man-pages/man5/modprobe.d.5.html"
_BOOT = "https://www.freedesktop.org/software/systemd/man/latest/systemd-boot.html (kernels and their command lines)"
_PROC = "https://man7.org/linux/man-pages/man5/core.5.html (core_pattern: a program that root runs)"
_SYSFS = "https://docs.kernel.org/admin-guide/sysctl/, https://lwn.net/Articles/330985/ (uevent_helper)"
_CGROUP = "https://docs.kernel.org/admin-guide/cgroup-v1/cgroups.html (release_agent: a program that root runs)"
_DEV = "https://man7.org/linux/man-pages/man4/mem.4.html and its neighbours"
_UDEV = "https://www.freedesktop.org/software/systemd/man/latest/udev.html (RUN in rules)"
_PACKAGES = "https://www.debian.org/doc/debian-policy/ch-maintainerscripts.html (scripts that root runs)"
_CLOUD = "https://cloudinit.readthedocs.io/en/latest/explanation/boot.html (scripts that root runs at boot)"
_CREDENTIALS = "https://systemd.io/CREDENTIALS/"
_AT = "https://man7.org/linux/man-pages/man1/at.1p.html"


def _rows(paths: str, source: str, *, gives: str, **columns) -> tuple[HostPathRow, ...]:
    return tuple(HostPathRow(path=path, gives=gives, source=source, **columns) for path in paths.split())


def _sockets(paths: str, source: str) -> tuple[HostPathRow, ...]:
    return _rows(paths, source, gives=SOCKET, read="privileged")


def _data(paths: str, source: str) -> tuple[HostPathRow, ...]:
    return _rows(paths, source, gives=DATA, read="capabilities")


def _secrets(paths: str, source: str, read: str = "privileged") -> tuple[HostPathRow, ...]:
    return _rows(paths, source, gives=SECRET, read=read)


def _written(paths: str, source: str, **columns) -> tuple[HostPathRow, ...]:
    return _rows(paths, source, gives=WRITTEN, **columns)


HOST_PATHS: tuple[HostPathRow, ...] = (
    # Whoever may speak to an engine, or to what starts programs as root, has all that it may do.
    *_sockets("/run/docker.sock /run/docker/containerd /run/docker/plugins", _DOCKER),
    *_sockets("/run/user/*/docker.sock /run/user/*/docker", _ROOTLESS),
    *_sockets("/run/containerd /run/user/*/containerd-rootless", _CONTAINERD),
    *_sockets("/run/podman /run/user/*/podman", _PODMAN),
    *_sockets("/run/crio /run/cri-dockerd.sock /run/dockershim.sock /run/k3s /run/buildkit", _CRI),
    *_sockets("/var/lib/lxd/unix.socket /var/snap/lxd/common/lxd/unix.socket", _LXD),
    *_sockets("/var/lib/incus/unix.socket /run/incus/unix.socket", _INCUS),
    *_sockets("/run/libvirt /run/user/*/libvirt", _LIBVIRT),
    *_sockets("/run/dbus /run/systemd/private /run/user/*/bus /run/user/*/systemd", _SYSTEMD),
    *_sockets("/run/snapd.socket", _SNAPD),
    *_sockets("/run/qemu-server", _QEMU),
    *_sockets("/var/lib/kubelet/device-plugins /var/lib/kubelet/plugins_registry", _KUBELET),
    # Where engines keep the files of all that they run, and their secrets.
    *_data("/var/lib/docker /var/snap/docker/common", _DOCKER),
    *_data("/home/*/.local/share/docker", _ROOTLESS),
    *_data("/var/lib/containerd", _CONTAINERD),
    *_data("/var/lib/containers /home/*/.local/share/containers", _PODMAN),
    *_data("/var/lib/lxd /var/snap/lxd/common", _LXD),
    *_data("/var/lib/incus /var/lib/lxc", _INCUS),
    *_data("/var/lib/libvirt", _LIBVIRT),
    *_data("/var/lib/vz", _PVE),
    # By reading them alone one becomes root, of the host or of its cluster.
    *_secrets("/etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow-", _SHADOW),
    *_secrets("/root/.ssh", _SSH),
    *_secrets("/etc/pve /var/lib/pve-cluster", _PVE),
    *_secrets(
        "/etc/kubernetes /root/.kube /var/lib/etcd /var/lib/rancher /etc/rancher /var/snap/microk8s", _KUBERNETES
    ),
    *_secrets("/var/lib/kubelet", _KUBELET),
    *_secrets(
        "/run/credentials /etc/credstore /etc/credstore.encrypted /var/lib/systemd/credential.secret", _CREDENTIALS
    ),
    # The keys of users, and those that the host is known by.
    *_secrets("/etc/ssh /home/*/.ssh", _SSH, read="capabilities"),
    # What root runs, or what says who is root: whoever writes there is root soon.
    *_written("/etc", _ETC, inside=False, read="capabilities"),
    *_written("/etc/passwd /etc/group /etc/sudoers /etc/sudoers.d /etc/doas.conf /etc/pam.d /etc/security", _ETC),
    *_written(
        "/etc/nsswitch.conf /etc/polkit-1 /etc/dbus-1 /etc/ld.so.preload /etc/ld.so.conf /etc/ld.so.conf.d", _ETC
    ),
    *_written("/etc/init.d /etc/rc.local /etc/rc?.d /etc/inittab /etc/default /etc/network /etc/NetworkManager", _ETC),
    *_written("/etc/environment /etc/profile /etc/profile.d /etc/bash.bashrc /etc/zsh /etc/update-motd.d", _BASH),
    *_written("/etc/cron* /etc/anacrontab /var/spool/cron /var/spool/anacron", _CRON),
    *_written("/var/spool/at /var/spool/cron/atjobs", _AT),
    *_written("/etc/systemd /run/systemd/system /run/systemd/generator* /run/systemd/transient", _UNITS),
    *_written("/etc/udev /run/udev/rules.d", _UDEV),
    *_written(
        "/etc/modprobe.d /etc/modules-load.d /etc/modules /etc/sysctl.d /etc/sysctl.conf /usr/lib/modules", _MODULES
    ),
    *_written("/etc/apt /etc/dpkg /etc/yum.repos.d /etc/logrotate.d /var/lib/dpkg /var/lib/rpm", _PACKAGES),
    *_written("/etc/cloud /var/lib/cloud", _CLOUD),
    *_written("/etc/docker", _DOCKER),
    *_written("/etc/containerd /etc/containers /etc/cni /opt/cni /opt/containerd", _CONTAINERD),
    *_written("/etc/libvirt", _LIBVIRT),
    *_written("/boot /efi /etc/grub.d /etc/initramfs-tools /etc/dracut.conf.d /run/initramfs", _BOOT),
    *_written("/usr/bin /usr/sbin /usr/lib /usr/lib32 /usr/lib64 /usr/libx32 /usr/libexec", _FHS),
    *_written("/usr/local/bin /usr/local/sbin /usr/local/lib /usr/share/polkit-1 /usr/share/dbus-1", _FHS),
    *_written("/root", _BASH, inside=False, read="capabilities"),
    *_written("/root/.bash* /root/.profile /root/.zsh* /root/.config /root/.local /root/.gnupg /root/bin", _BASH),
    *_written("/home", _BASH, inside=False, read="capabilities"),
    *_written("/home/*/.bash* /home/*/.profile /home/*/.zsh* /home/*/.config/systemd /home/*/.config/autostart", _BASH),
    *_written("/home/*/.local/bin /home/*/.local/share/systemd", _BASH),
    # The kernel's own files.
    *_written("/proc", _PROC, inside=False, read="capabilities"),
    *_written("/proc/sys /proc/sysrq-trigger /proc/kcore /proc/kmem", _PROC),
    *_written("/sys", _SYSFS, inside=False, read="capabilities"),
    *_written("/sys/kernel /sys/module /sys/firmware /sys/power /sys/fs/bpf", _SYSFS),
    *_written("/sys/fs/cgroup", _CGROUP),
    *_written("/dev", _DEV, inside=False, read="capabilities"),
    *_written("/dev/mem /dev/kmem /dev/port /dev/shm", _DEV),
)
"""
The level of a path is that of the row which goes furthest. What no row knows, and is above none, is an ordinary path,
such as ``/srv/data``: it gives nothing.
"""

_WHOLE_DISKS = (
    *(
        "/dev/sd*",
        "/dev/vd*",
        "/dev/xvd*",
        "/dev/hd[a-z]",
        "/dev/hd[a-z][0-9]*",
        "/dev/nvme*n*",
        "/dev/mmcblk*",
        "/dev/dm-*",
        "/dev/md*",
    ),
    *("/dev/zd*", "/dev/rbd*", "/dev/drbd*", "/dev/bcache*", "/dev/pmem*"),
    *("/dev/block", "/dev/char", "/dev/disk", "/dev/mapper", "/dev/md", "/dev/zvol", "/dev/root", "/dev/nvme*"),
)
DEVICES_OF_ALL = ("/dev/mem", "/dev/kmem", "/dev/port", *_WHOLE_DISKS)
"""Devices through which everything on the host can be read and written: memory and disks (mem(4), sd(4))."""

_ALIASES = (
    # https://refspecs.linuxfoundation.org/FHS_3.0/fhs/ch05s13.html, https://wiki.debian.org/UsrMerge
    ("/var/run", "/run"),
    ("/var/lock", "/run/lock"),
    *((f"/{name}", f"/usr/{name}") for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32")),
)

# The root of a process of the host, and its open files, lead anywhere (proc(5)).
_OF_A_PROCESS = re.compile(r"/proc/[^/]+(?:/task/[^/]+)?/(?:root|cwd|fd/[^/]+|map_files/[^/]+)(?=/|$)")


def canonical(path: str) -> str:
    """An absolute path in one spelling: without ``..`` and ``//``, and by the directory that a usual link leads to."""
    path = posixpath.normpath(f"/{path.lstrip('/')}")
    while _OF_A_PROCESS.match(path):
        path = posixpath.normpath(f"/{_OF_A_PROCESS.sub('', path, count=1).lstrip('/')}")
    for link, target in _ALIASES:
        if path == link or path.startswith(f"{link}/"):
            return target + path[len(link) :]
    return path


@functools.lru_cache(maxsize=1024)
def opened(path: str, *, read_only: bool, own: frozenset[tuple[str, str]] = frozenset()) -> tuple[HostPathRow, str]:
    """
    What a mounted path of the host gives: (the row that goes furthest, how far); level ``none`` for an ordinary path.

    ``own`` are (path, ``socket`` or ``data``) of the target itself: an engine may keep them anywhere.
    """
    path = canonical(path)
    parts = _parts(path)
    found = [(row, row.read if read_only else row.write) for row in (*_own(own), *HOST_PATHS) if _gives(row, parts)]
    if not found:
        return ORDINARY, "none"
    # Of rows that go as far the very path's own says it best.
    return max(found, key=lambda one: (PRIVILEGES.index(one[1]), one[0].gives == SOCKET, one[0].path == path))


ORDINARY = HostPathRow(path="*", gives="", write="none", source="-")


def _own(own: frozenset[tuple[str, str]]) -> Iterator[HostPathRow]:
    for path, gives in sorted(own):
        make = _sockets if gives == SOCKET else _data
        # A path of one's own may have blanks in it.
        yield from (
            HostPathRow(path=canonical(path), gives=row.gives, read=row.read, source="") for row in make("-", "")
        )


def _gives(row: HostPathRow, parts: list[str]) -> bool:
    """Whether the path is above the row's or the same, or below it where that counts."""
    wanted = _parts(row.path)
    same = all(map(_is_alike, parts, wanted))
    return same and (len(parts) <= len(wanted) or row.inside)


def _is_alike(part: str, pattern: str) -> bool:
    return part == pattern or fnmatchcase(part, pattern)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def is_device_of_all(path: str) -> bool:
    """Whether a device, or a directory of devices, holds one that reaches everything on the host."""
    parts = _parts(canonical(path))
    return any(all(map(_is_alike, parts, _parts(row))) for row in DEVICES_OF_ALL)
