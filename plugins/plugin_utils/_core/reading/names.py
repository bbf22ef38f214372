# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one rule for the names of services, whether a task gives them or an engine tells them."""

from __future__ import annotations

import re
import typing as t

_DNS_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")

_LOCAL = ("localhost", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback")
"""The controller, as Ansible calls it (its LOCALHOST), and as the hosts files of Debian and Fedora do."""

RESERVED = frozenset(("all", "ungrouped", *_LOCAL))
"""
Names that Ansible itself gives a meaning: as a host's they would take the controller's place, or that of a group.

``127.0.0.1``, ``::1`` and every special variable are no DNS labels.
"""


def need_label(value: t.Any) -> str:
    """Raises ValueError, in words, for what is no DNS label."""
    if not isinstance(value, str) or not _DNS_LABEL.fullmatch(value):
        raise ValueError("must be a DNS label: lower-case letters, digits and '-', 63 at most, a letter first")
    return value


def need_name(value: t.Any) -> str:
    """Raises ValueError, in words, for what cannot be a service's name."""
    label = need_label(value)
    if label in RESERVED:
        raise ValueError("must not be a name that Ansible keeps for the controller or for a group of its own")
    return label
