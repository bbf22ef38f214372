# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Which kernel settings a container can have for itself, and which are the one value of the host's kernel.

Docker passes on what runc's validator knows to be namespaced; LXC writes ``linux.sysctl.*`` from within the
container's namespaces, so there the kernel itself decides. All else is read from the host and only compared.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from ..reading.versions import VersionRange, is_release
from .runtimes import DOCKER, LXC, Runtime


@dataclass(frozen=True, kw_only=True)
class SysctlRow:
    """
    ``pattern`` is a name, or a beginning that ends in ``*``. ``namespace`` is where the value lives, None for the
    whole kernel; ``by`` are the runtimes that can set it for one container, on kernels in ``kernel``.
    ``unprivileged_kernel`` are those that let the root of a user namespace do so: where LXC cannot, a new namespace has
    the kernel's default, whatever the host has.
    """

    pattern: str
    namespace: str | None = None
    by: tuple[Runtime, ...] = ()
    kernel: VersionRange | None = None
    unprivileged_kernel: VersionRange | None = None
    source: str

    def is_set_by(self, runtime: Runtime | None) -> bool:
        """Whether a runtime can set it for one container; never where the runtime is not known."""
        return runtime in self.by


_RUNC = "https://github.com/opencontainers/runc/blob/main/libcontainer/configs/validate/validator.go (sysctl)"
_KUBERNETES = "https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/ (since which kernel)"
_NET = (
    "https://docs.kernel.org/networking/ip-sysctl.html; tried: writable in a new user and network namespace, Linux 6.18"
)
_READ_ONLY = (
    "https://github.com/moby/moby/issues/30778; tried: read-only or absent in a new network namespace, Linux 6.18"
)
_IPC = (
    f"{_RUNC}; https://git.kernel.org/torvalds/c/50ec499b9a43, https://git.kernel.org/torvalds/c/f9436a5d0497 "
    "(by the root of a user namespace, Linux 6.9)"
)
_CORE = (
    "https://github.com/torvalds/linux/commit/6b754d7bd007 (no longer hidden from user namespaces, Linux 6.3); "
    "tried: writable in a new user and network namespace, Linux 6.18"
)
_VM = "https://docs.kernel.org/admin-guide/sysctl/vm.html"
_FS = "https://docs.kernel.org/admin-guide/sysctl/fs.html"
_KERNEL = "https://docs.kernel.org/admin-guide/sysctl/kernel.html"


def _rows(names: str, *, source: str, **columns) -> tuple[SysctlRow, ...]:
    return tuple(SysctlRow(pattern=name, source=source, **columns) for name in names.split())


def _since(text: str) -> VersionRange:
    return VersionRange.parse(text)


SYSCTLS: tuple[SysctlRow, ...] = (
    # System V and POSIX message queues: a container has an IPC namespace of its own. Docker writes them as the host's
    # root; LXC as the root of the container's user namespace, which Linux lets do so only since 6.9.
    *_rows(
        "kernel.msgmax kernel.msgmnb kernel.msgmni kernel.sem kernel.shmall kernel.shmmax kernel.shmmni "
        "kernel.shm_rmid_forced fs.mqueue.*",
        namespace="ipc",
        by=(DOCKER, LXC),
        unprivileged_kernel=_since(">=6.9"),
        source=_IPC,
    ),
    # Its own file is read-only inside; runc sets it in the UTS namespace before the container starts.
    *_rows("kernel.domainname", namespace="uts", by=(DOCKER,), source=_RUNC),
    *_rows(
        "kernel.pid_max",
        namespace="pid",
        by=(LXC,),
        kernel=_since(">=6.14"),
        source="https://gitlab.com/brauner/linux/-/tags/kernel-6.14-rc1.pid, "
        "https://tangled.org/tjh.dev/kernel/blob/v6.14-rc4/include/linux/pid_namespace.h (pid_max)",
    ),
    # runc takes them only beside a user namespace of the container's own, which a Docker engine gives to all or none.
    *_rows("user.*", namespace="user", by=(LXC,), source="https://man7.org/linux/man-pages/man7/namespaces.7.html"),
    # One value for all network namespaces, or not there at all in any but the first.
    *_rows(
        "net.core.rmem_max net.core.wmem_max net.core.rmem_default net.core.wmem_default net.core.netdev_max_backlog "
        "net.core.default_qdisc net.core.bpf_jit_enable net.core.bpf_jit_harden net.core.netdev_budget "
        "net.core.busy_poll net.core.busy_read net.core.flow_limit_table_len net.core.rps_sock_flow_entries "
        "net.ipv4.tcp_mem net.ipv4.udp_mem net.ipv4.tcp_max_orphans net.ipv4.tcp_low_latency "
        "net.ipv4.tcp_allowed_congestion_control net.ipv4.tcp_available_* net.ipv4.cipso_* net.ipv6.calipso_* "
        "net.ipv4.fib_sync_mem net.ipv4.inet_peer_* net.ipv4.ipfrag_secret_interval net.ipv6.ip6frag_secret_interval "
        "net.ipv6.mld_max_msf net.ipv6.mld_qrv net.ipv4.neigh.default.* net.ipv6.neigh.default.* "
        "net.ipv4.route.error_* net.ipv4.route.gc_* net.ipv4.route.max_size net.ipv4.route.redirect_* "
        "net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_expect_max net.netfilter.nf_conntrack_buckets "
        "net.netfilter.nf_conntrack_count net.netfilter.nf_log_all_netns net.nf_conntrack_max "
        "net.ipv4.tcp_ehash_entries net.ipv4.udp_hash_entries net.mptcp.available_*",
        source=_READ_ONLY,
    ),
    # Of a network namespace, and hidden where that belongs to another user namespace than the host's.
    *_rows("net.ipv6.route.max_size", namespace="network", by=(DOCKER, LXC), source=_NET),
    *_rows(
        "net.ipv6.route.* net.core.xfrm_*",
        namespace="network",
        by=(DOCKER,),
        source="https://github.com/torvalds/linux/blob/master/net/ipv6/route.c (ipv6_route_sysctl_init); "
        "tried: absent in a new user and network namespace, there in a new network namespace, Linux 6.18",
    ),
    # These were, too, before Linux 6.3: LXC cannot set them there, and Docker can.
    *_rows(
        "net.core.somaxconn", namespace="network", by=(DOCKER, LXC), unprivileged_kernel=_since(">=6.3"), source=_CORE
    ),
    *_rows(
        "net.core.optmem_max",
        namespace="network",
        by=(DOCKER, LXC),
        kernel=_since(">=6.8"),
        source="https://git.kernel.org/torvalds/c/f5769faeec36 (net: Namespace-ify sysctl_optmem_max), "
        "https://tangled.org/tjh.dev/kernel/blob/v6.8-rc1/include/net/netns/core.h (there, and not in v6.7-rc5); "
        f"{_CORE}",
    ),
    # In each network namespace, but not on every kernel that still runs somewhere.
    *_rows(
        "net.ipv4.tcp_syncookies net.ipv4.tcp_fin_timeout",
        namespace="network",
        by=(DOCKER, LXC),
        kernel=_since(">=4.6"),
        source=_KUBERNETES,
    ),
    *_rows(
        "net.ipv4.tcp_keepalive_time net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes",
        namespace="network",
        by=(DOCKER, LXC),
        kernel=_since(">=4.5"),
        source=_KUBERNETES,
    ),
    *_rows(
        "net.ipv4.tcp_rmem net.ipv4.tcp_wmem",
        namespace="network",
        by=(DOCKER, LXC),
        kernel=_since(">=4.15"),
        source=_KUBERNETES,
    ),
    *_rows(
        "net.ipv4.* net.ipv6.* net.mpls.* net.mptcp.* net.netfilter.* net.bridge.*",
        namespace="network",
        by=(DOCKER, LXC),
        source=_NET,
    ),
    # Hidden from user namespaces before Linux 5.17.
    *_rows(
        "net.unix.*",
        namespace="network",
        by=(DOCKER, LXC),
        unprivileged_kernel=_since(">=5.17"),
        source=f"https://git.kernel.org/netdev/net-next/c/cec16052d5a7; {_NET}",
    ),
    *_rows("net.*", source=_READ_ONLY),
    *_rows("vm.*", source=_VM),
    *_rows("fs.*", source=_FS),
    *_rows("kernel.*", source=_KERNEL),
    # dev, abi, debug and whatever a module brings: not known to be namespaced, so taken for the kernel's own.
    *_rows("*", source="https://docs.kernel.org/admin-guide/sysctl/index.html"),
)
"""The first row whose pattern matches holds: exceptions come before what they are exceptions from."""


RANGES = frozenset(("net.ipv4.ip_local_port_range", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports"))
"""Settings whose numbers are bounds of a range, of which no more is no better: ip-sysctl.html, as above."""


@functools.cache
def sysctl_row(name: str) -> SysctlRow:
    """The row of a setting; there is one for each."""
    return next(row for row in SYSCTLS if _matches(row.pattern, name))


@functools.lru_cache(maxsize=4096)
def is_settable(
    name: str,
    runtime: Runtime | None,
    kernel: str | None,
    tried: frozenset[str] | None = None,
    host_namespaces: frozenset[str] = frozenset(),
) -> bool:
    """
    Whether a runtime can set it for one container alone, on a kernel of this release.

    ``tried`` are those that an unprivileged container was seen to set on that very kernel, which says more of LXC than
    any table. A container has nothing of its own in ``host_namespaces``, which it shares with the host.
    """
    row = sysctl_row(name)
    if runtime is None:
        return False
    if runtime.is_unprivileged and tried is not None and row.namespace in ("network", "ipc") and is_tried(name):
        return name in tried
    if not row.is_set_by(runtime) or row.namespace in host_namespaces:
        return False
    wanted = (row.kernel, row.unprivileged_kernel if runtime.is_unprivileged else None)
    return all(versions is None or (is_release(kernel) and kernel in versions) for versions in wanted)


_TRIED = ("net.core.", "net.ipv4.", "kernel.", "fs.mqueue.")


def is_tried(name: str) -> bool:
    """Whether it is there in any namespace, without interfaces and modules, so that its absence says something."""
    start = next((start for start in _TRIED if name.startswith(start)), None)
    return start is not None and "." not in name[len(start) :]


def _matches(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
