# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything of a server or a cluster: its nodes and its instances."""

from __future__ import annotations

from . import instances, nodes


def discover(server, question):
    """The answer to a question, as ``Kind.discover`` has it."""
    with server.translate_errors():
        environment = server.environment
        return {
            "facts_version": 1,
            "kind": "lxd",
            "server": {
                "name": environment.get("server", "lxd"),
                "version": environment.get("server_version"),
                "url": server.url,
                "clustered": server.is_clustered,
                "instance_types": _instance_types(environment.get("driver")),
                "kernel_features": _kernel_features(environment.get("kernel_features")),
            },
            "nodes": nodes.read_nodes(server, question),
            "instances": instances.read_instances(server, question),
        }


_DRIVERS = {"lxc": "container", "qemu": "virtual-machine"}


def _instance_types(drivers):
    """Those that work there: ``lxc | qemu``."""
    return [_DRIVERS[name] for name in _DRIVERS if name in (drivers or "").replace("|", " ").split()]


def _kernel_features(features):
    """What LXD found in the kernel for its own use, such as ``seccomp_listener``."""
    return sorted(name for name, is_there in (features or {}).items() if is_there in ("true", True))
