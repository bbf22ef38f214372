# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same examples at each run, as many as take no time."""

from __future__ import annotations

import sys

import pytest
from hypothesis import settings

settings.register_profile("core", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("core")


@pytest.fixture(scope="session")
def memories() -> tuple:
    """Every function of the core that keeps what it found."""
    modules = [module for name, module in sys.modules.items() if ".plugin_utils._" in name]
    found = [value for module in modules for value in vars(module).values() if hasattr(value, "cache_clear")]
    return tuple({id(value): value for value in found}.values())


@pytest.fixture
def made_up(monkeypatch, memories):
    """To put made-up rows in a table's place: what was read of the real ones is forgotten, and these are afterwards."""
    for one in memories:
        one.cache_clear()
    yield monkeypatch
    for one in memories:
        one.cache_clear()
