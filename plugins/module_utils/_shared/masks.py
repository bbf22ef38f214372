# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Masks in the place of secrets."""

from __future__ import annotations

from collections.abc import Iterable

MASK = "********"


def scrub(text: str, secrets: Iterable[object]) -> str:
    """The text with a mask in the place of each secret. Secrets that are empty or None are left out."""
    for secret in secrets:
        if secret:
            text = text.replace(str(secret), MASK)
    return text
