# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A toy form and its clock for each test that asks for them."""

from __future__ import annotations

import pytest

from . import toy


@pytest.fixture
def clock() -> toy.ToyClock:
    return toy.ToyClock()


@pytest.fixture
def form(monkeypatch, clock) -> toy.ToyForm:
    """The form of all toys; to be changed by the test."""
    return toy.register(monkeypatch, clock)


@pytest.fixture
def engine(form, clock) -> toy.ToyEngine:
    """An engine without any toys."""
    return toy.ToyEngine(clock)
