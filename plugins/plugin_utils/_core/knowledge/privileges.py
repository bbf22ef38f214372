# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Capabilities and the other privileges that a container can be given, and how far each goes.

Docker gives a container 14 capabilities of the host's own user namespace. An unprivileged LXC container has all of
them in a user namespace of its own: enough for what that namespace owns, and nothing for what belongs to no namespace.
"""

from __future__ import annotations

from dataclasses import dataclass

from .runtimes import LXC, Runtime


@dataclass(frozen=True, kw_only=True)
class CapabilityRow:
    """
    ``level`` is how far it goes in Docker, one of the privileges' levels; ``default`` whether Docker gives it anyway.

    ``owned`` says whether it works within a user namespace of one's own, as an unprivileged LXC container has it;
    ``refused_by`` are the runtimes that take it from every container, a privileged one too; ``means`` what it is for.
    """

    name: str
    level: str = "capabilities"
    default: bool = False
    owned: bool = True
    refused_by: tuple[Runtime, ...] = ()
    means: str
    source: str


_CAPABILITIES = "https://man7.org/linux/man-pages/man7/capabilities.7.html"
_USER_NAMESPACES = "https://man7.org/linux/man-pages/man7/user_namespaces.7.html (what belongs to no namespace)"
# MAC_ADMIN and MAC_OVERRIDE only where AppArmor cannot be stacked; elsewhere they reach the container's own profiles.
_DROPPED = "https://github.com/canonical/lxd/blob/main/lxd/instance/drivers/driver_lxc.go (lxc.cap.drop)"
_TRIED = "tried: refused to the root of a user namespace, Linux 6.18"
_DEFAULTS = "https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities"


def _default(name: str, means: str, *, owned: bool = True, source: str = _DEFAULTS) -> CapabilityRow:
    return CapabilityRow(name=name, default=True, owned=owned, means=means, source=source)


def _dropped(name: str, means: str) -> CapabilityRow:
    """The host's own alone, and taken from privileged LXC containers too."""
    return CapabilityRow(name=name, level="privileged", owned=False, refused_by=(LXC,), means=means, source=_DROPPED)


def _more(name: str, means: str, *, level: str = "capabilities", owned: bool = True) -> CapabilityRow:
    source = _CAPABILITIES if owned else f"{_USER_NAMESPACES}, {_CAPABILITIES}"
    return CapabilityRow(name=name, level=level, owned=owned, means=means, source=source)


CAPABILITIES = {
    row.name: row
    for row in (
        _default("AUDIT_WRITE", "write to the audit log", owned=False, source=f"{_DEFAULTS}; {_TRIED}"),
        _default("CHOWN", "change owners of files"),
        _default("DAC_OVERRIDE", "pass by permissions of files"),
        _default("FOWNER", "act as the owner of any file"),
        _default("FSETID", "keep set-user-id bits"),
        _default("KILL", "signal any process"),
        _default("MKNOD", "make device files", owned=False),
        _default("NET_BIND_SERVICE", "listen below port 1024"),
        _default("NET_RAW", "use raw sockets"),
        _default("SETFCAP", "give capabilities to files"),
        _default("SETGID", "change groups"),
        _default("SETPCAP", "change its own capabilities"),
        _default("SETUID", "change users"),
        _default("SYS_CHROOT", "change the root directory"),
        _more("AUDIT_CONTROL", "change the kernel's audit rules", level="privileged", owned=False),
        _more("AUDIT_READ", "read the kernel's audit log", owned=False),
        _more("BLOCK_SUSPEND", "keep the host awake", owned=False),
        _more("BPF", "load eBPF programs", owned=False),
        _more("CHECKPOINT_RESTORE", "freeze and thaw processes"),
        # LXD's seccomp filter blocks what makes it dangerous in Docker: open_by_handle_at.
        _more("DAC_READ_SEARCH", "read any file, and open the host's by their handles", level="privileged"),
        _more("IPC_LOCK", "lock memory", owned=False),
        _more("IPC_OWNER", "pass by permissions of shared memory"),
        _more("LEASE", "take leases on files of others", owned=False),
        _more("LINUX_IMMUTABLE", "make files immutable", owned=False),
        _dropped("MAC_ADMIN", "change the host's security module"),
        _dropped("MAC_OVERRIDE", "pass by the host's security module"),
        _more("NET_ADMIN", "change interfaces, routes and filters of its own network namespace"),
        _more("NET_BROADCAST", "nothing today", owned=True),
        _more("PERFMON", "watch performance counters of the whole kernel", owned=False),
        _more("SYSLOG", "read the kernel's log", owned=False),
        # In a user namespace it works for what that owns and not for the rest: unknown is not yes.
        _more("SYS_ADMIN", "mount, and a hundred other things: the new root", level="nesting", owned=False),
        _more("SYS_BOOT", "reboot, or boot another kernel by kexec", level="privileged"),
        _dropped("SYS_MODULE", "load modules into the host's kernel"),
        _more("SYS_NICE", "raise priorities, use real-time scheduling", owned=False),
        _more("SYS_PACCT", "switch process accounting", owned=False),
        _more("SYS_PTRACE", "trace any process of its namespace"),
        _dropped("SYS_RAWIO", "use the host's ports and memory"),
        _more("SYS_RESOURCE", "pass by resource limits", owned=False),
        _dropped("SYS_TIME", "set the host's clock"),
        _more("SYS_TTY_CONFIG", "hang up terminals", owned=False),
        _more("WAKE_ALARM", "wake the host by a timer", owned=False),
    )
}
"""Every capability there is, by its name without ``CAP_``."""


@dataclass(frozen=True, kw_only=True)
class PrivilegeRow:
    """Another privilege that a service may ask for by ``name``: the grant that gives it, and how far it goes."""

    name: str
    kind: str
    value: str
    level: str
    owned: bool
    source: str


_RUN = "https://docs.docker.com/reference/cli/docker/container/run/"

OTHER_PRIVILEGES = {
    row.name: row
    for row in (
        PrivilegeRow(name="privileged", kind="privileged", value="", level="privileged", owned=False, source=_RUN),
        PrivilegeRow(
            name="seccomp_unconfined",
            kind="seccomp",
            value="unconfined",
            level="nesting",
            # LXD's own filter blocks only what would load another kernel or its modules.
            owned=True,
            source="https://docs.docker.com/engine/security/seccomp/",
        ),
        PrivilegeRow(
            name="apparmor_unconfined",
            kind="apparmor",
            value="unconfined",
            level="nesting",
            owned=False,
            source="https://docs.docker.com/engine/security/apparmor/",
        ),
        PrivilegeRow(
            name="host_pid", kind="host", value="pid", level="capabilities", owned=False, source=f"{_RUN}#pid"
        ),
    )
}
"""What a service may ask for beside capabilities, by its name."""


def known_privileges() -> tuple[str, ...]:
    """Everything that ``privileges`` may say."""
    return (*sorted(OTHER_PRIVILEGES), *sorted(CAPABILITIES))


def capability_level(name: str) -> str:
    """How far a capability goes; one that is not known goes all the way."""
    row = CAPABILITIES.get(name.upper().removeprefix("CAP_"))
    if name.upper() == "ALL" or row is None:
        return "privileged"
    return row.level
