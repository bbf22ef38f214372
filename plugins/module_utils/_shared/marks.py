# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of the marks that tell an instance as a service's, and where each kind of target keeps them."""

from __future__ import annotations

PREFIX = "rightscope."
"""How the names of all marks begin."""

SERVICE_MARK = f"{PREFIX}service"
"""The ownership mark: a Docker label, a ``user.`` key of LXD, a line in the description of a Proxmox VE guest."""

PROCESS_MARK = f"{PREFIX}process"
"""Docker label: which of the service's processes a container is."""

SIGNATURE_MARK = f"{PREFIX}signature"
"""Beside the mark, in the same way, where the target's marks are signed. Only the controller can tell a right one."""

LXD_PREFIX = "user."
"""LXD keeps a key of this prefix without giving it a meaning."""
