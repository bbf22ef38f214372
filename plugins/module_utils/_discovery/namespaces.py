# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
What an unprivileged container could set on this very kernel, for itself alone: tried rather than looked up.

A process of its own becomes nobody, enters new user, network and IPC namespaces, and asks of each setting whether it
might be written. It writes none.
"""

from __future__ import annotations

import os
import sys

_LOOKED_AT = ("/proc/sys/net/core", "/proc/sys/net/ipv4", "/proc/sys/fs/mqueue", "/proc/sys/kernel")

_CODE = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    # PR_SET_DUMPABLE: who has changed its user may not write its own maps otherwise (proc(5)).
    libc.prctl(4, 1, 0, 0, 0)
uid, gid = os.geteuid(), os.getegid()
# CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWIPC
if libc.unshare(0x10000000 | 0x40000000 | 0x08000000):
    sys.exit(1)
for name, text in (("setgroups", "deny"), ("uid_map", "0 %d 1" % uid), ("gid_map", "0 %d 1" % gid)):
    with open("/proc/self/" + name, "w") as file:
        file.write(text)
for top in sys.argv[1:]:
    for directory, _names, files in os.walk(top):
        for name in files:
            path = os.path.join(directory, name)
            if os.access(path, os.W_OK):
                print(path)
"""


def settable():
    """The names of the settings, sorted; None where nobody may make such namespaces here, or it cannot be tried."""
    try:
        text = _told()
    except OSError:
        return None
    return sorted(path[len("/proc/sys/") :].replace("/", ".") for path in text.splitlines()) or None


def _told():
    """What the process prints; empty where it failed. It asks the kernel alone, and has nothing to wait for."""
    read, write = os.pipe()
    command = [sys.executable, "-I", "-S", "-c", _CODE, *_LOOKED_AT]
    output = [(os.POSIX_SPAWN_DUP2, write, 1), (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
    try:
        pid = os.posix_spawn(sys.executable, command, os.environ, file_actions=output)
    except OSError:
        os.close(read)
        raise
    finally:
        os.close(write)
    with open(read, encoding="utf-8", errors="replace") as stream:
        text = stream.read()
    _pid, status = os.waitpid(pid, 0)
    return "" if status else text
