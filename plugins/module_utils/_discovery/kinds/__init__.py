# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The kinds of target: one file a kind, and in its folder the only code that imports docker, pylxd and proxmoxer.

A new kind is a file here with a ``KIND`` (see ``kind.py``), and an entry in the table.
"""

from __future__ import annotations

from ..errors import DiscoveryError, nearest


def _docker():
    from .docker import KIND

    return KIND


def _lxd():
    from .lxd import KIND

    return KIND


def _proxmox():
    from .proxmox import KIND

    return KIND


# A target costs only the import of its own kind. The imports are written out, for Ansible to pack what a module takes.
_TABLE = {"docker": _docker, "lxd": _lxd, "proxmox": _proxmox}

KINDS = tuple(_TABLE)
"""The names of all kinds."""


def kind_of(name):
    """The kind of this name. Raises DiscoveryError, with the nearest name, where there is none."""
    if name not in _TABLE:
        raise DiscoveryError(
            f"'{name}' is not a kind of target{nearest(str(name), KINDS)}", f"Use one of {', '.join(KINDS)}."
        )
    return _TABLE[name]()
