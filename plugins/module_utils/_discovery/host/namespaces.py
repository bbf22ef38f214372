# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What an unprivileged container could set on this very kernel, for itself alone: tried rather than looked up.

A process of its own becomes nobody, enters new user, network and IPC namespaces, and asks of each setting whether it
might be written. It writes none.
"""

from __future__ import annotations

import asyncio
import sys

_SECONDS = 5

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
    # Not open(): as nobody there may be no part of Python left to be imported.
    file = os.open("/proc/self/" + name, os.O_WRONLY)
    os.write(file, text.encode())
    os.close(file)
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
        text = asyncio.run(_output())
    except (OSError, asyncio.TimeoutError):
        return None
    return sorted(path[len("/proc/sys/") :].replace("/", ".") for path in text.splitlines()) or None


async def _output():
    """What the process prints; empty where it failed. A module's run_command takes a module, and none may be here."""
    command = [sys.executable, "-I", "-S", "-c", _CODE, *_LOOKED_AT]
    quiet = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.DEVNULL}
    process = await asyncio.create_subprocess_exec(*command, **quiet)
    output, _nothing = await asyncio.wait_for(process.communicate(), _SECONDS)
    return "" if process.returncode else output.decode("utf-8", "replace")
