# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The kernel and memory of the very node that this runs on, from /proc, /sys and /lib/modules.

True of a target only where its engine runs on this node too: ask ``is_kernel_of`` first.
Every path starts at ``root``, so that tests can bring a kernel of their own.
"""

from __future__ import annotations

import os
import platform
import re
import socket
import struct

from ..._shared.masks import MASK
from ..._shared.sizes import MIB
from ..addresses import sort_ports
from . import hardware
from .files import list_entries, list_names, read, read_value


def is_kernel_of(kernel_version):
    """Whether a local engine's kernel is this node's, and not that of a VM or of the other end of a socket."""
    return bool(kernel_version) and kernel_version == platform.release()


def sees_listener(path, timeout):
    """
    Whether the process behind a Unix socket is one that this process can see.

    In a container into which an engine's socket is mounted it is not: the kernel is the engine's, but devices,
    sockets and network settings are the container's own. Of a process in no namespace of ours the kernel tells
    the id 0 (unix(7), SO_PEERCRED).
    """
    if not hasattr(socket, "SO_PEERCRED"):
        return False
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(timeout)
            link.connect(path)
            credentials = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    except OSError:
        return False
    return struct.unpack("3i", credentials)[0] > 0


def facts_of_this_node(root="/", release=None, shares_view=True):
    """
    Facts for what no engine's API tells. What cannot be read is None.

    ``shares_view`` says that the engine sees the same as this process, see ``sees_listener``; where it does not,
    devices, sockets and network settings are None too.
    """
    modules, complete = loaded_modules(root, release)
    parameters = module_parameters(root)
    pci_devices, gpus = hardware.pci(root)
    devices, links = hardware.devices(root) if shares_view else (None, None)
    return {
        "memory_free": mem_available(root),
        "cgroup_version": cgroup_version(root),
        "cpu_flags": hardware.cpu_flags(root),
        "kernel_flavour": kernel_flavour(root),
        "kernel_modules": None if modules is None else sorted(modules),
        "kernel_modules_complete": None if modules is None else complete,
        "module_versions": module_versions(root),
        "module_parameters": parameters,
        "kernel_sysctls": kernel_sysctls(root, network=shares_view),
        "kernel_parameters": kernel_parameters(root),
        "kernel_btf": kernel_btf(root),
        "nested_virtualization": nested_virtualization(parameters),
        "devices": devices,
        "device_links": links,
        "pci_devices": pci_devices,
        "usb_devices": hardware.usb(root),
        "gpus": gpus,
        "ports_taken": ports_taken(root) if shares_view else None,
    }


# --- what kernel it is --------------------------------------------------------------------------

_REAL_TIME = re.compile(r"PREEMPT[_ ]RT\b")


def kernel_flavour(root="/"):
    """``preempt-rt`` or ``generic``, as the kernel's own build says (``uname -v``); None where it says nothing."""
    build = read_value(os.path.join(root, "proc/sys/kernel/version"))
    switch = read_value(os.path.join(root, "sys/kernel/realtime"))
    if switch == "1" or _REAL_TIME.search(build or ""):
        return "preempt-rt"
    return None if build is None and switch is None else "generic"


def kernel_btf(root="/"):
    """Whether the running kernel has type information for eBPF programs, or None."""
    has_sysfs = os.path.isdir(os.path.join(root, "sys/kernel"))
    return os.path.exists(os.path.join(root, "sys/kernel/btf/vmlinux")) if has_sysfs else None


_WORD = re.compile(r'(?:"[^"]*"|[^\s"])+')
_SECRET = re.compile(r"passw|passphrase|secret|token|credential", re.IGNORECASE)


def kernel_parameters(root="/"):
    """
    The words that the kernel was booted with, as it reads them: a quoted value is one word, without its quotes.

    What follows ``--`` is for init and not the kernel's. The value of what looks like a secret is masked.
    """
    line = read(root, "proc/cmdline")
    if line is None:
        return None
    words = [word.replace('"', "") for word in _WORD.findall(line)]
    return [_masked(word) for word in words[: words.index("--") if "--" in words else None]]


def _masked(word):
    name, sign, _text = word.partition("=")
    return f"{name}={MASK}" if sign and _SECRET.search(name) else word


# --- modules ------------------------------------------------------------------------------------

_MOST_PARAMETERS = 5000


def loaded_modules(root="/", release=None):
    """
    ``(names, complete)``: what is loaded in the kernel or built into it; names have ``_``, never ``-``.

    /proc/modules has the loaded ones, modules.builtin the built-in ones, /sys/module the loaded ones and
    those built-in ones that have parameters. Not ``complete`` means that a name which is not there may be
    built in all the same: the release's modules.builtin is not installed (a container, a kernel without
    modules). ``names`` is None where none of them can be read.
    """
    loaded = _first_words(read(root, "proc/modules"))
    builtin = _builtin(read(root, f"lib/modules/{release or platform.release()}/modules.builtin"))
    in_sysfs = list_names(os.path.join(root, "sys/module"))
    sources = [names for names in (loaded, builtin, in_sysfs) if names is not None]
    if not sources:
        return None, False
    names = {name.replace("-", "_") for source in sources for name in source}
    return names, loaded is not None and builtin is not None


def module_versions(root="/"):
    """The versions of those modules that have one of their own; most have the kernel's, and tell none."""
    top = os.path.join(root, "sys/module")
    names = list_names(top)
    if names is None:
        return None
    versions = {name.replace("-", "_"): read_value(os.path.join(top, name, "version")) for name in sorted(names)}
    return {name: version for name, version in versions.items() if version}


def module_parameters(root="/"):
    """The parameters of each module, loaded or built in, as far as every user may read them."""
    top = os.path.join(root, "sys/module")
    names = list_names(top)
    if names is None:
        return None
    parameters, count = {}, 0
    for name in sorted(names):
        entries = list_entries(os.path.join(top, name, "parameters"))
        count += len(entries)
        if count > _MOST_PARAMETERS:
            break
        known = {entry.name: read_value(entry.path, for_all=True) for entry in entries}
        known = {parameter: text for parameter, text in sorted(known.items()) if text is not None}
        if known:
            parameters[name.replace("-", "_")] = known
    return parameters


def nested_virtualization(parameters):
    """Whether a guest can be a hypervisor itself, as KVM's module was loaded; None where KVM is not."""
    switches = [(parameters or {}).get(module, {}).get("nested") for module in ("kvm_intel", "kvm_amd")]
    known = [switch for switch in switches if switch is not None]
    return any(switch in ("Y", "1") for switch in known) if known else None


def _first_words(text):
    return None if text is None else [line.split()[0] for line in text.splitlines() if line.strip()]


def _builtin(text):
    """Names in modules.builtin, whose lines are paths: ``kernel/fs/ext4/ext4.ko``."""
    if text is None:
        return None
    return [os.path.basename(line.strip()).split(".ko")[0] for line in text.splitlines() if line.strip()]


# --- settings -----------------------------------------------------------------------------------

_TREES = ("kernel", "vm", "fs", "user")
_NETWORK_TREES = ("net/core", "net/ipv4", "net/netfilter", "net/bridge")
_MOST_SYSCTLS = 3000

_UNASKED = re.compile(
    # Reading the first refreshes statistics on all processors; the others are there to be written to.
    r"vm/(?:stat_refresh|compact_memory|drop_caches)"
    # An automount, which looking into would mount.
    r"|fs/binfmt_misc"
    # Random, or secret.
    r"|kernel/random|.*_(?:key|secret|seed)"
    # Counters, and what is there once for each processor or interface.
    r"|fs/(?:aio-nr|dentry-state|file-nr|inode-nr|inode-state|quota)"
    r"|kernel/(?:hung_task_detect_count|ns_last_pid|pty/nr|sched_domain)"
    r"|net/netfilter/nf_conntrack_count"
    r"|net/ipv4/(?:conf|neigh)/(?!all$|default$)[^/]+"
)


def kernel_sysctls(root="/", network=True):
    """
    The kernel's settings by name, with single blanks in their values; None without /proc/sys.

    Those of the network are of the network namespace that this runs in: ``network`` says whether to tell them.
    """
    top = os.path.join(root, "proc/sys")
    if list_names(top) is None:
        return None
    settings = {}
    for path in _TREES:
        _add_settings(top, path, settings)
    if network:
        for path in _NETWORK_TREES:
            _add_settings(top, path, settings)
        _add_setting(top, "net/nf_conntrack_max", settings)
    return dict(sorted(settings.items()))


def _add_settings(top, path, settings):
    """Add the settings below ``path``."""
    for entry in list_entries(os.path.join(top, path)):
        below = f"{path}/{entry.name}"
        if _UNASKED.fullmatch(below) or len(settings) >= _MOST_SYSCTLS:
            continue
        if entry.is_dir(follow_symlinks=False):
            _add_settings(top, below, settings)
        else:
            _add_setting(top, below, settings)


def _add_setting(top, path, settings):
    text = read_value(os.path.join(top, path))
    if text is not None:
        settings[path.replace("/", ".")] = text


# --- what is free, and what is taken ------------------------------------------------------------


def mem_available(root="/"):
    """MiB that can be taken without swapping (MemAvailable, proc_meminfo(5)), or None."""
    for line in (read(root, "proc/meminfo") or "").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024 // MIB
    return None


def cgroup_version(root="/"):
    """2 where the unified hierarchy is the only one, 1 for the others (cgroups(7)), None without cgroups."""
    mounted = os.path.join(root, "sys/fs/cgroup")
    if os.path.exists(os.path.join(mounted, "cgroup.controllers")):
        return 2
    return 1 if list_names(mounted) else None


def free_space(path):
    """MiB that a user may still write where ``path`` is, or None."""
    try:
        space = os.statvfs(path)
    except OSError:
        return None
    return space.f_bavail * space.f_frsize // MIB


_ENGINES_SOCKETS = re.compile(
    r"(?:docker|containerd|podman|crio|buildkitd|cri-dockerd)[^/]*\.sock|libvirt-sock(?:-admin)?|virt\w+d-sock"
    r"|(?:lxd|incus)[^/]*/unix\.socket"
)
_LISTENS = 0x10000
"""__SO_ACCEPTCON in the flags of proc_net(5)'s table."""


def engine_sockets(root="/"):
    """The paths of Unix sockets at which something listens that is called as an engine's is; empty without any."""
    paths = set()
    for line in (read(root, "proc/net/unix") or "").splitlines()[1:]:
        fields = line.split(None, 7)
        if len(fields) == 8 and fields[7].startswith("/") and int(fields[3], 16) & _LISTENS:
            path = fields[7]
            if _ENGINES_SOCKETS.fullmatch("/".join(path.split("/")[-2:])) or _ENGINES_SOCKETS.fullmatch(
                os.path.basename(path)
            ):
                paths.add(path)
    return sorted(paths)


def engine_paths(sockets, data, shares_view):
    """
    Which paths of the host are an engine's own: ``socket`` or ``data`` by path, those that are asked for by a link too.

    ``sockets`` and ``data`` are its own; where it sees what this process sees, so do other engines' sockets count. None
    without any.
    """
    paths = dict.fromkeys(filter(None, data), "data")
    paths.update(dict.fromkeys(filter(None, sockets), "socket"))
    if shares_view:
        paths.update(dict.fromkeys(engine_sockets(), "socket"))
        paths.update({os.path.realpath(path): gives for path, gives in list(paths.items())})
    return dict(sorted(paths.items())) or None


def link_targets(paths):
    """What each path of the host leads to, by its links; an empty text for one that is not there."""
    return {path: os.path.realpath(path) if os.path.exists(path) else "" for path in sorted(set(paths))}


# include/net/tcp_states.h: a socket that listens, and a UDP socket that is bound and talks to nobody in particular.
_LISTEN, _UNCONNECTED = "0A", "07"


def ports_taken(root="/"):
    """Ports that something listens on, on whatever address, as ``8080/tcp``; None where none can be told."""
    tables = {name: _bound(root, name) for name in ("tcp", "tcp6", "udp", "udp6")}
    if tables["tcp"] is None and tables["tcp6"] is None:
        return None
    return sort_ports(f"{port}/{name.rstrip('6')}" for name, ports in tables.items() for port in ports or ())


def _bound(root, name):
    """
    The ports in one table of proc_net(5), or None.

    The kernel tells TCP sockets that listen first, so a hundred thousand connections after them cost nothing.
    """
    tcp = name.startswith("tcp")
    ports = set()
    try:
        with open(os.path.join(root, "proc/net", name), encoding="ascii", errors="replace") as lines:
            next(lines, None)
            for line in lines:
                _slot, local, _remote, state = line.split(None, 4)[:4]
                if state == (_LISTEN if tcp else _UNCONNECTED):
                    ports.add(int(local.rpartition(":")[2], 16))
                elif tcp:
                    break
    except (OSError, ValueError):
        return None
    return ports
