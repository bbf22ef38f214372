# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
Which kernel settings a container can have for itself, and which are the one value of the host's kernel.

Docker passes on what runc's validator knows to be namespaced; LXC writes ``linux.sysctl.*`` from within the
container's namespaces, so there the kernel itself decides. All else is read from the host and only compared.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from .._versions import VersionRange


@dataclass(frozen=True, kw_only=True)
class SysctlRow:
    """
    ``pattern`` is a name, or a beginning that ends in ``*``. ``namespace`` is where the value lives, None for the
    whole kernel; ``docker`` and ``lxc`` whether that engine can set it for one container, on kernels in ``kernel``.
    """

    pattern: str
    namespace: str | None = None
    docker: bool = False
    lxc: bool = False
    kernel: VersionRange | None = None
    source: str


_RUNC = "https://github.com/opencontainers/runc/blob/main/libcontainer/configs/validate/validator.go (sysctl)"
_KUBERNETES = "https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/ (since which kernel)"
_NET = (
    "https://docs.kernel.org/networking/ip-sysctl.html; tried: writable in a new user and network namespace, Linux 6.18"
)
_READ_ONLY = "tried: read-only or absent in a new user and network namespace, Linux 6.18; moby/moby#30778"
_VM = "https://docs.kernel.org/admin-guide/sysctl/vm.html"
_FS = "https://docs.kernel.org/admin-guide/sysctl/fs.html"
_KERNEL = "https://docs.kernel.org/admin-guide/sysctl/kernel.html"


def _rows(names: str, **columns) -> tuple[SysctlRow, ...]:
    return tuple(SysctlRow(pattern=name, **columns) for name in names.split())


def _since(text: str) -> VersionRange:
    return VersionRange.parse(text)


SYSCTLS: tuple[SysctlRow, ...] = (
    # System V and POSIX message queues: a container has an IPC namespace of its own.
    *_rows(
        "kernel.msgmax kernel.msgmnb kernel.msgmni kernel.sem kernel.shmall kernel.shmmax kernel.shmmni "
        "kernel.shm_rmid_forced fs.mqueue.*",
        namespace="ipc",
        docker=True,
        lxc=True,
        source=_RUNC,
    ),
    # Its own file is read-only inside; runc sets it in the UTS namespace before the container starts.
    *_rows("kernel.domainname", namespace="uts", docker=True, source=_RUNC),
    *_rows(
        "kernel.pid_max",
        namespace="pid",
        lxc=True,
        kernel=_since(">=6.14"),
        source="https://kernelnewbies.org/Linux_6.14",
    ),
    # runc takes them only beside a user namespace of the container's own, which a Docker engine gives to all or none.
    *_rows("user.*", namespace="user", lxc=True, source="https://man7.org/linux/man-pages/man7/namespaces.7.html"),
    # One value for all network namespaces, or not there at all in any but the first.
    *_rows(
        "net.core.rmem_max net.core.wmem_max net.core.rmem_default net.core.wmem_default net.core.netdev_max_backlog "
        "net.core.default_qdisc net.core.bpf_jit_enable net.core.bpf_jit_harden net.core.netdev_budget "
        "net.core.busy_poll net.core.busy_read net.core.flow_limit_table_len net.core.rps_sock_flow_entries "
        "net.ipv4.tcp_mem net.ipv4.udp_mem net.ipv4.tcp_max_orphans net.ipv4.neigh.default.gc_thresh* "
        "net.ipv6.neigh.default.gc_thresh* net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_buckets "
        "net.nf_conntrack_max",
        source=_READ_ONLY,
    ),
    # In each network namespace, but not on every kernel that still runs somewhere.
    *_rows(
        "net.ipv4.tcp_syncookies net.ipv4.tcp_fin_timeout",
        namespace="network",
        docker=True,
        lxc=True,
        kernel=_since(">=4.6"),
        source=_KUBERNETES,
    ),
    *_rows(
        "net.ipv4.tcp_keepalive_time net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes",
        namespace="network",
        docker=True,
        lxc=True,
        kernel=_since(">=4.5"),
        source=_KUBERNETES,
    ),
    *_rows(
        "net.ipv4.tcp_rmem net.ipv4.tcp_wmem",
        namespace="network",
        docker=True,
        lxc=True,
        kernel=_since(">=4.15"),
        source=_KUBERNETES,
    ),
    *_rows(
        "net.core.somaxconn net.core.optmem_max net.ipv4.* net.ipv6.* net.mpls.* net.netfilter.* net.bridge.* "
        "net.unix.*",
        namespace="network",
        docker=True,
        lxc=True,
        source=_NET,
    ),
    *_rows("net.*", source=_READ_ONLY),
    *_rows("vm.*", source=_VM),
    *_rows("fs.*", source=_FS),
    *_rows("kernel.*", source=_KERNEL),
    # dev, abi, debug and whatever a module brings: not known to be namespaced, so taken for the kernel's own.
    *_rows("*", source="https://docs.kernel.org/admin-guide/sysctl/index.html"),
)
"""The first row whose pattern matches holds: exceptions come before what they are exceptions from."""


@functools.cache
def sysctl_row(name: str) -> SysctlRow:
    """The row of a setting; there is one for each."""
    return next(row for row in SYSCTLS if _matches(row.pattern, name))


def _matches(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
