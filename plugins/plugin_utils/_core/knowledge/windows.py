# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows containers: which builds run on which, when host and container share the kernel."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SOURCE = "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility"
_HCSSHIM = "https://github.com/microsoft/hcsshim/pull/2327 (osversion: builds, and which runs which)"


@dataclass(frozen=True, kw_only=True)
class BuildRow:
    """A release of Windows Server by the names that people and images use, and its build number."""

    build: int
    names: tuple[str, ...]
    long_term: bool = False
    source: str = _SOURCE


BUILDS: tuple[BuildRow, ...] = (
    BuildRow(build=14393, names=("2016", "ltsc2016", "1607"), long_term=True),
    BuildRow(build=17763, names=("2019", "ltsc2019", "1809"), long_term=True),
    BuildRow(build=20348, names=("2022", "ltsc2022", "21h2"), long_term=True),
    BuildRow(build=25398, names=("23h2",), source=_HCSSHIM),
    BuildRow(build=26100, names=("2025", "ltsc2025", "24h2"), long_term=True),
)

STABLE_ABI = 20348
"""From the release after this build on, a host also runs containers of the long-term release before its own."""

_BUILD = re.compile(r"(?:10\.0\.)?(\d{5})(?:\.\d+)?")


def windows_build(text: str | None) -> int | None:
    """The build number in a version (``10.0.20348.2340``) or behind a name (``ltsc2022``); None for neither."""
    word = (text or "").strip().lower()
    found = _BUILD.match(word)
    if found:
        return int(found.group(1))
    return next((row.build for row in BUILDS if word in row.names), None)


def runs_on(container: int, host: int) -> bool:
    """
    Whether a container of one build runs on a host of another without a hypervisor between them.

    Up to Windows Server 2022 the builds must be the same; later hosts also run what is newer, up to their own build:
    from the long-term release before theirs on. It is the rule of hcsshim, by which containers are started there.
    """
    if host < STABLE_ABI:
        return container == host
    long_term = [row.build for row in BUILDS if row.long_term and STABLE_ABI <= row.build < host]
    return max(long_term, default=STABLE_ABI) <= container <= host
