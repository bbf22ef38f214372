# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What each feature of the kernel takes in each runtime: a row for every pair, read by one rule and one list of grants.

A row says whether the feature can be had there, what the host must have, and what the container must be granted.
Where an engine's releases differ a pair has several rows, each with its range; the first that holds counts.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from ..model import Grant
from ..reading.versions import VersionRange, is_release
from .privileges import CAPABILITIES, OTHER_PRIVILEGES
from .runtimes import DOCKER, LXC, QEMU, Runtime


@dataclass(frozen=True, kw_only=True)
class Condition:
    """
    Something that the kernel below must have: ``kind`` says how to look, ``value`` what for.

    ``module``: loaded; ``kernel``: a range of releases; ``device``: a path on the host; ``at_least`` and
    ``at_most``: a sysctl and a number, ``name=number``; ``cgroup``: the version; ``btf``, ``nested``: that there is.
    """

    kind: str
    value: str = ""


@dataclass(frozen=True, kw_only=True)
class FeatureRow:
    """
    One feature in one runtime. ``reason`` teaches: why it cannot be had, or what it takes.

    ``engine`` is the range of the engine's releases for which the row holds, None for all. ``remedy`` is another
    way to the same end where it cannot be had.
    """

    feature: str
    runtime: Runtime
    possible: bool = True
    reason: str
    grants: tuple[Grant, ...] = ()
    conditions: tuple[Condition, ...] = ()
    engine: VersionRange | None = None
    remedy: str | None = None
    source: str


# --- how rows are written -------------------------------------------------------------------------


def _capability(name: str) -> Grant:
    return Grant(kind="capability", value=name, level=CAPABILITIES[name].level)


def _device(path: str) -> Grant:
    return Grant(kind="device", value=path)


def _other(name: str) -> Grant:
    row = OTHER_PRIVILEGES[name]
    return Grant(kind=row.kind, value=row.value, level=row.level)


def _config(key: str, value: str, level: str) -> Grant:
    """A key of an LXD instance's configuration that opens something."""
    return Grant(kind="config", value=f"{key}={value}", level=level)


def _when(**conditions: str) -> tuple[Condition, ...]:
    return tuple(Condition(kind=kind, value=value) for kind, value in conditions.items())


_NESTING = Grant(kind="nesting", level="nesting")
_PRIVILEGED = Grant(kind="privileged", level="privileged")

_SECCOMP = "https://docs.docker.com/engine/security/seccomp/"
_PROFILE = "https://github.com/moby/profiles/blob/main/seccomp/default_linux.go"
_APPARMOR = "https://github.com/moby/profiles/blob/main/apparmor/template.go"
_DOCKER_RUN = "https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities"
_LXD = "https://documentation.ubuntu.com/lxd/latest/reference/instance_options/"
_LXD_ENVIRONMENT = "https://linuxcontainers.org/incus/docs/main/container-environment/"
_LXD_SECCOMP = "https://github.com/lxc/incus/blob/main/internal/server/seccomp/seccomp.go (defaultSeccompPolicy)"
_LXD_APPARMOR = "https://github.com/canonical/lxd/blob/main/lxd/apparmor/instance_lxc.go"
_INTERCEPTION = "https://linuxcontainers.org/incus/docs/main/syscall-interception/"
_MACHINE = "https://pve.proxmox.com/pve-docs/chapter-qm.html: a guest boots a kernel of its own"
_CAPABILITIES = "https://man7.org/linux/man-pages/man7/capabilities.7.html"
_USER_NAMESPACES = "https://man7.org/linux/man-pages/man7/user_namespaces.7.html"

_OWN = "a machine has it in its own kernel"


def _vm(feature: str, *conditions: Condition, source: str = _MACHINE) -> FeatureRow:
    return FeatureRow(feature=feature, runtime=QEMU, reason=_OWN, conditions=conditions, source=source)


# --- the rows -----------------------------------------------------------------------------------

FEATURES: tuple[FeatureRow, ...] = (
    # tun: user-space VPNs
    FeatureRow(
        feature="tun",
        runtime=DOCKER,
        reason="a TUN device needs /dev/net/tun and the right to configure interfaces",
        grants=(_capability("NET_ADMIN"), _device("/dev/net/tun")),
        conditions=_when(device="/dev/net/tun"),
        source="https://docs.kernel.org/networking/tuntap.html",
    ),
    FeatureRow(
        feature="tun",
        runtime=LXC,
        reason="LXD gives every container /dev/net/tun, and it owns its network namespace",
        conditions=_when(device="/dev/net/tun"),
        source=_LXD_ENVIRONMENT,
    ),
    _vm("tun"),
    # fuse
    FeatureRow(
        feature="fuse",
        runtime=DOCKER,
        reason="mounting needs SYS_ADMIN in Docker's seccomp filter, and its AppArmor profile denies mounts",
        grants=(_capability("SYS_ADMIN"), _device("/dev/fuse"), _other("apparmor_unconfined")),
        conditions=_when(device="/dev/fuse"),
        source=f"{_PROFILE}, {_APPARMOR}",
    ),
    FeatureRow(
        feature="fuse",
        runtime=LXC,
        reason="FUSE may be mounted in a user namespace since Linux 4.18, and LXD gives every container /dev/fuse",
        conditions=_when(device="/dev/fuse", kernel=">=4.18"),
        source=f"{_LXD_ENVIRONMENT}, https://git.kernel.org/torvalds/c/4ad769f3c346",
    ),
    _vm("fuse"),
    # kvm: a hypervisor inside
    FeatureRow(
        feature="kvm",
        runtime=DOCKER,
        reason="a hypervisor in a container uses the host's /dev/kvm",
        grants=(_device("/dev/kvm"),),
        conditions=_when(device="/dev/kvm"),
        source="https://docs.kernel.org/virt/kvm/api.html",
    ),
    FeatureRow(
        feature="kvm",
        runtime=LXC,
        reason="a hypervisor in a container uses the host's /dev/kvm",
        grants=(_device("/dev/kvm"),),
        conditions=_when(device="/dev/kvm"),
        source="https://documentation.ubuntu.com/lxd/latest/reference/devices_unix_char/",
    ),
    FeatureRow(
        feature="kvm",
        runtime=QEMU,
        reason="a guest can be a hypervisor only where its processor is shown as it is and nesting is on",
        conditions=_when(nested=""),
        source="https://pve.proxmox.com/wiki/Nested_Virtualization",
    ),
    # eBPF
    FeatureRow(
        feature="ebpf",
        runtime=DOCKER,
        reason="before release 23 Docker knows no BPF capability, and its seccomp filter asks for SYS_ADMIN",
        grants=(_capability("SYS_ADMIN"),),
        engine=VersionRange.parse("<23"),
        source="https://github.com/moby/moby/pull/43988, https://github.com/moby/moby/issues/42601",
    ),
    FeatureRow(
        feature="ebpf",
        runtime=DOCKER,
        reason="loading eBPF programs needs BPF, and tracing ones PERFMON",
        grants=(_capability("BPF"), _capability("PERFMON")),
        conditions=_when(kernel=">=5.8"),
        source=_CAPABILITIES,
    ),
    FeatureRow(
        feature="ebpf",
        runtime=LXC,
        reason="bpf(2) asks for capabilities in the host's own user namespace, which only a privileged container has",
        grants=(_PRIVILEGED,),
        source="https://linuxcontainers.org/incus/docs/main/explanation/bpf-tokens/",
    ),
    _vm("ebpf"),
    *(
        FeatureRow(
            feature="btf",
            runtime=form,
            reason="type information of the running kernel is in /sys/kernel/btf/vmlinux, or nowhere",
            conditions=_when(btf=""),
            source="https://docs.kernel.org/bpf/btf.html",
        )
        for form in (DOCKER, LXC)
    ),
    _vm("btf", Condition(kind="kernel", value=">=5.4"), source="https://docs.kernel.org/bpf/btf.html"),
    # io_uring
    FeatureRow(
        feature="io_uring",
        runtime=DOCKER,
        reason="Docker's seccomp filter lets it through before release 25",
        conditions=_when(kernel=">=5.1", at_most="kernel.io_uring_disabled=0"),
        engine=VersionRange.parse(">=20.10,<25"),
        source="https://github.com/moby/moby/pull/39415, https://github.com/moby/moby/pull/46762",
    ),
    FeatureRow(
        feature="io_uring",
        runtime=DOCKER,
        reason="Docker's seccomp filter blocks io_uring: too many ways out of a container led through it",
        grants=(_other("seccomp_unconfined"),),
        conditions=_when(kernel=">=5.1", at_most="kernel.io_uring_disabled=0"),
        source="https://github.com/moby/moby/pull/46762",
    ),
    FeatureRow(
        feature="io_uring",
        runtime=LXC,
        reason="LXD's seccomp filter blocks only what it names, and not io_uring",
        conditions=_when(kernel=">=5.1", at_most="kernel.io_uring_disabled=0"),
        source=_LXD_SECCOMP,
    ),
    _vm("io_uring", Condition(kind="kernel", value=">=5.1")),
    # containers inside
    FeatureRow(
        feature="nested_containers",
        runtime=DOCKER,
        reason="an engine inside mounts, makes namespaces and writes cgroups: only --privileged allows all of that",
        grants=(_PRIVILEGED,),
        source="https://hub.docker.com/_/docker",
    ),
    FeatureRow(
        feature="nested_containers",
        runtime=LXC,
        reason="an engine inside mounts proc and sysfs anew, which security.nesting allows",
        grants=(_NESTING,),
        source=_LXD,
    ),
    _vm("nested_containers"),
    FeatureRow(
        feature="user_namespaces",
        runtime=DOCKER,
        reason="Docker's seccomp filter lets nobody make namespaces without SYS_ADMIN",
        grants=(_other("seccomp_unconfined"),),
        conditions=_when(at_least="user.max_user_namespaces=1"),
        source=_PROFILE,
    ),
    FeatureRow(
        feature="user_namespaces",
        runtime=LXC,
        reason="a user namespace inside is of use with its own proc, which security.nesting allows",
        grants=(_NESTING,),
        conditions=_when(at_least="user.max_user_namespaces=1"),
        source=f"{_LXD}, {_LXD_APPARMOR}",
    ),
    _vm("user_namespaces"),
    # mounts of network and block file systems
    *(
        FeatureRow(
            feature=feature,
            runtime=DOCKER,
            reason="mounting needs SYS_ADMIN in Docker's seccomp filter, and its AppArmor profile denies mounts",
            grants=(_capability("SYS_ADMIN"), _other("apparmor_unconfined")),
            conditions=_when(module=module),
            source=f"{_PROFILE}, {_APPARMOR}",
        )
        for feature, module in (("nfs_mount", "nfs"), ("cifs_mount", "cifs"))
    ),
    *(
        FeatureRow(
            feature=feature,
            runtime=LXC,
            reason="the kernel mounts it in no user namespace but the host's, and LXD's AppArmor profile in none",
            grants=(_PRIVILEGED, _config("raw.apparmor", f"mount fstype={module}*,", "privileged")),
            conditions=_when(module=module),
            remedy="mount it on the host and give the container a disk device",
            source=f"{_USER_NAMESPACES}, {_LXD_APPARMOR}",
        )
        for feature, module in (("nfs_mount", "nfs"), ("cifs_mount", "cifs"))
    ),
    _vm("nfs_mount"),
    _vm("cifs_mount"),
    FeatureRow(
        feature="nfs_server",
        runtime=DOCKER,
        reason="mounting nfsd needs SYS_ADMIN in Docker's seccomp filter, and its AppArmor profile denies mounts",
        grants=(_capability("SYS_ADMIN"), _other("apparmor_unconfined")),
        conditions=_when(module="nfsd"),
        source="https://github.com/ehough/docker-nfs-server#requirements",
    ),
    FeatureRow(
        feature="nfs_server",
        runtime=LXC,
        reason="the kernel mounts nfsd in no user namespace but the host's own, so the container must be privileged",
        grants=(_PRIVILEGED,),
        conditions=_when(module="nfsd"),
        remedy="export from the host, or use a server in user space such as nfs-ganesha",
        source="https://github.com/canonical/lxd/issues/2005",
    ),
    _vm("nfs_server"),
    *(
        FeatureRow(
            feature="trusted_xattrs",
            runtime=form,
            reason="attributes named trusted.* and security.* need SYS_ADMIN in the host's own user namespace",
            grants=(grant,),
            source="https://man7.org/linux/man-pages/man7/xattr.7.html",
        )
        for form, grant in ((DOCKER, _capability("SYS_ADMIN")), (LXC, _PRIVILEGED))
    ),
    _vm("trusted_xattrs"),
    FeatureRow(
        feature="block_mount",
        runtime=DOCKER,
        reason="loop and block devices of the host are seen by privileged containers alone",
        grants=(_PRIVILEGED,),
        source=_DOCKER_RUN,
    ),
    FeatureRow(
        feature="block_mount",
        runtime=LXC,
        reason="LXD can mount ext4 for it, and a crafted file system then crashes the host's kernel",
        grants=(
            _config("security.syscalls.intercept.mount", "true", "privileged"),
            _config("security.syscalls.intercept.mount.allowed", "ext4", "privileged"),
        ),
        source=_INTERCEPTION,
    ),
    _vm("block_mount"),
    # cgroups
    *(
        FeatureRow(
            feature=f"cgroup_v{version}",
            runtime=form,
            reason="containers see the host's cgroup hierarchy",
            conditions=_when(cgroup=str(version)),
            source="https://man7.org/linux/man-pages/man7/cgroups.7.html",
        )
        for form in (DOCKER, LXC)
        for version in (1, 2)
    ),
    _vm("cgroup_v1"),
    _vm(
        "cgroup_v2",
        Condition(kind="kernel", value=">=4.5"),
        source="https://docs.kernel.org/admin-guide/cgroup-v2.html",
    ),
    # the kernel itself
    FeatureRow(
        feature="load_modules",
        runtime=DOCKER,
        reason="a module is loaded into the host's kernel, for all that run there",
        grants=(_capability("SYS_MODULE"),),
        source=_CAPABILITIES,
    ),
    FeatureRow(
        feature="load_modules",
        runtime=LXC,
        possible=False,
        reason="a container can load no module: LXD's seccomp filter and its user namespace both forbid it",
        remedy="name the modules under 'kernel.modules' instead, and load them on the host",
        source=_LXD_SECCOMP,
    ),
    _vm("load_modules"),
    *(
        FeatureRow(
            feature="kexec",
            runtime=form,
            possible=False,
            reason="to boot another kernel from a container would boot it on the host",
            source="https://man7.org/linux/man-pages/man2/kexec_load.2.html",
        )
        for form in (DOCKER, LXC)
    ),
    _vm("kexec"),
    # networks
    FeatureRow(
        feature="wireguard",
        runtime=DOCKER,
        reason="its interface is made in the container, by a module of the host's kernel",
        grants=(_capability("NET_ADMIN"),),
        conditions=_when(module="wireguard"),
        source="https://www.wireguard.com/netns/",
    ),
    FeatureRow(
        feature="wireguard",
        runtime=LXC,
        reason="its interface is made in the container, by a module of the host's kernel",
        conditions=_when(module="wireguard"),
        source="https://www.wireguard.com/netns/",
    ),
    _vm("wireguard", Condition(kind="kernel", value=">=5.6"), source="https://www.wireguard.com/install/"),
    FeatureRow(
        feature="netfilter",
        runtime=DOCKER,
        reason="rules in its own network namespace need NET_ADMIN",
        grants=(_capability("NET_ADMIN"),),
        source=_CAPABILITIES,
    ),
    FeatureRow(
        feature="netfilter",
        runtime=LXC,
        reason="a container owns its network namespace",
        source="https://man7.org/linux/man-pages/man7/network_namespaces.7.html",
    ),
    _vm("netfilter"),
    FeatureRow(
        feature="ipvs",
        runtime=DOCKER,
        reason="virtual servers in its own network namespace need NET_ADMIN and the host's module",
        grants=(_capability("NET_ADMIN"),),
        conditions=_when(module="ip_vs"),
        source="https://docs.kernel.org/networking/ipvs-sysctl.html",
    ),
    FeatureRow(
        feature="ipvs",
        runtime=LXC,
        reason="virtual servers in its own network namespace need the host's module",
        conditions=_when(module="ip_vs"),
        source="https://docs.kernel.org/networking/ipvs-sysctl.html",
    ),
    _vm("ipvs"),
    FeatureRow(
        feature="raw_sockets",
        runtime=DOCKER,
        reason="NET_RAW is among the capabilities that Docker gives anyway",
        source=_DOCKER_RUN,
    ),
    FeatureRow(
        feature="raw_sockets",
        runtime=LXC,
        reason="a container owns its network namespace",
        source="https://man7.org/linux/man-pages/man7/network_namespaces.7.html",
    ),
    _vm("raw_sockets"),
    # 20.10.22 blocked it too, and 20.10.23 took that back.
    FeatureRow(
        feature="vsock",
        runtime=DOCKER,
        reason="Docker's seccomp filter lets AF_VSOCK through before release 23",
        conditions=_when(module="vsock"),
        engine=VersionRange.parse("<23,!=20.10.22"),
        source="https://github.com/moby/moby/pull/44563, https://github.com/moby/moby/pull/44712",
    ),
    FeatureRow(
        feature="vsock",
        runtime=DOCKER,
        reason="Docker's seccomp filter blocks AF_VSOCK, which would reach past every network namespace",
        grants=(_other("seccomp_unconfined"),),
        conditions=_when(module="vsock"),
        source="https://github.com/moby/moby/pull/44562",
    ),
    FeatureRow(
        feature="vsock",
        runtime=LXC,
        reason="LXD's seccomp filter lets AF_VSOCK through",
        conditions=_when(module="vsock"),
        source=_LXD_SECCOMP,
    ),
    _vm("vsock"),
    # processors, memory, time
    FeatureRow(
        feature="realtime",
        runtime=DOCKER,
        reason="SCHED_FIFO and SCHED_RR need SYS_NICE",
        grants=(_capability("SYS_NICE"),),
        source="https://man7.org/linux/man-pages/man7/sched.7.html",
    ),
    FeatureRow(
        feature="realtime",
        runtime=LXC,
        reason="SYS_NICE counts in the host's user namespace alone, so LXD must schedule for it",
        grants=(_config("security.syscalls.intercept.sched_setscheduler", "true", "nesting"),),
        source=_INTERCEPTION,
    ),
    _vm("realtime"),
    FeatureRow(
        feature="set_clock",
        runtime=DOCKER,
        reason="wall-clock time is in no namespace: it would set the host's",
        grants=(_capability("SYS_TIME"),),
        source="https://man7.org/linux/man-pages/man7/time_namespaces.7.html",
    ),
    FeatureRow(
        feature="set_clock",
        runtime=LXC,
        possible=False,
        reason="wall-clock time is in no namespace, and an unprivileged container may not set the host's",
        source="https://man7.org/linux/man-pages/man7/time_namespaces.7.html",
    ),
    _vm("set_clock"),
    *(
        FeatureRow(
            feature="hugepages",
            runtime=form,
            reason="the host reserves them for all",
            conditions=_when(at_least="vm.nr_hugepages=1"),
            source="https://docs.kernel.org/admin-guide/mm/hugetlbpage.html",
        )
        for form in (DOCKER, LXC)
    ),
    _vm("hugepages"),
    FeatureRow(
        feature="lock_memory",
        runtime=DOCKER,
        reason="locked memory is limited to a few MiB without IPC_LOCK",
        grants=(_capability("IPC_LOCK"),),
        source=_CAPABILITIES,
    ),
    FeatureRow(
        feature="lock_memory",
        runtime=LXC,
        reason="IPC_LOCK counts in the host's user namespace alone, so the limit itself is lifted",
        grants=(_config("limits.kernel.memlock", "unlimited", "capabilities"),),
        source=_LXD,
    ),
    _vm("lock_memory"),
    FeatureRow(
        feature="userfaultfd",
        runtime=DOCKER,
        reason="Docker's seccomp filter blocks it, and to hold up the kernel itself by it takes SYS_PTRACE",
        grants=(_other("seccomp_unconfined"), _capability("SYS_PTRACE")),
        source=f"{_SECCOMP}, https://man7.org/linux/man-pages/man2/userfaultfd.2.html",
    ),
    FeatureRow(
        feature="userfaultfd",
        runtime=LXC,
        reason="only the host's root may hold up the kernel itself by it, unless the host says otherwise",
        conditions=_when(at_least="vm.unprivileged_userfaultfd=1"),
        source="https://docs.kernel.org/admin-guide/sysctl/vm.html#unprivileged-userfaultfd",
    ),
    _vm("userfaultfd"),
    FeatureRow(
        feature="keyctl",
        runtime=DOCKER,
        reason="it is not in the list that Docker's seccomp filter lets through: keyrings are in no namespace",
        grants=(_other("seccomp_unconfined"),),
        source=_SECCOMP,
    ),
    FeatureRow(
        feature="keyctl",
        runtime=LXC,
        reason="LXD's seccomp filter lets it through",
        source=_LXD_SECCOMP,
    ),
    _vm("keyctl"),
    FeatureRow(
        feature="af_alg",
        runtime=DOCKER,
        reason="Docker's seccomp filter lets AF_ALG sockets through before release 29.4.2",
        engine=VersionRange.parse("<29.4.2"),
        source="https://github.com/moby/moby/pull/52501",
    ),
    FeatureRow(
        feature="af_alg",
        runtime=DOCKER,
        reason="Docker's seccomp filter and AppArmor profile block AF_ALG sockets since CVE-2026-31431",
        grants=(_other("seccomp_unconfined"), _other("apparmor_unconfined")),
        source="https://github.com/moby/moby/pull/52501, https://github.com/moby/moby/pull/52537",
    ),
    FeatureRow(
        feature="af_alg",
        runtime=LXC,
        reason="LXD's seccomp filter lets it through",
        source=_LXD_SECCOMP,
    ),
    _vm("af_alg"),
    FeatureRow(
        feature="perf_events",
        runtime=DOCKER,
        reason="before release 23 Docker knows no PERFMON capability, and its seccomp filter asks for SYS_ADMIN",
        grants=(_capability("SYS_ADMIN"),),
        engine=VersionRange.parse("<23"),
        source="https://github.com/moby/moby/pull/43988, https://github.com/docker/cli/issues/3960",
    ),
    FeatureRow(
        feature="perf_events",
        runtime=DOCKER,
        reason="perf_event_open needs PERFMON in Docker's seccomp filter",
        grants=(_capability("PERFMON"),),
        conditions=_when(kernel=">=5.8"),
        source=_PROFILE,
    ),
    FeatureRow(
        feature="perf_events",
        runtime=LXC,
        reason="without PERFMON on the host a process may watch itself, where the host allows that",
        conditions=_when(at_most="kernel.perf_event_paranoid=2"),
        source="https://docs.kernel.org/admin-guide/perf-security.html",
    ),
    _vm("perf_events"),
    FeatureRow(
        feature="ptrace",
        runtime=DOCKER,
        reason="before release 19.03 Docker's seccomp filter asks for SYS_PTRACE",
        grants=(_capability("SYS_PTRACE"),),
        engine=VersionRange.parse("<19.3"),
        source="https://github.com/moby/moby/pull/38137",
    ),
    FeatureRow(
        feature="ptrace",
        runtime=DOCKER,
        reason="Docker's seccomp filter lets ptrace through from Linux 4.8 on, where it can no longer be fooled by it",
        conditions=_when(kernel=">=4.8"),
        source="https://github.com/moby/moby/pull/38137",
    ),
    FeatureRow(
        feature="ptrace",
        runtime=LXC,
        reason="LXD's seccomp filter lets it through",
        source=_LXD_SECCOMP,
    ),
    _vm("ptrace"),
)


def known_features() -> tuple[str, ...]:
    """Everything that ``kernel.features`` may say."""
    return tuple(sorted({row.feature for row in FEATURES}))


@functools.cache
def feature_row(feature: str, runtime: Runtime | None, engine: str | None) -> FeatureRow | None:
    """
    The row of a feature in a runtime, on an engine of this release; None for a runtime that the table does not have.

    Where the release is not known the last row counts: it is the one of today's engines.
    """
    rows = [row for row in FEATURES if (row.feature, row.runtime) == (feature, runtime)]
    for row in rows[:-1]:
        if row.engine is None or (is_release(engine) and engine in row.engine):
            return row
    return rows[-1] if rows else None
