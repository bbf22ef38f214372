# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For how long what was learned is kept."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import fact_cache
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.fact_cache import FactCache

from .toy import ToyClock


@pytest.fixture
def clock(monkeypatch) -> ToyClock:
    clock = ToyClock()
    monkeypatch.setattr(fact_cache, "time", clock)
    return clock


@pytest.fixture
def cache(clock) -> FactCache:
    cache = FactCache()
    cache.keep("key", "value", cache.generation)
    return cache


@pytest.mark.parametrize(("age", "seconds", "value"), [(0, 5, "value"), (4.9, 5, "value"), (5, 5, None), (0, 0, None)])
def test_it_is_kept_for_as_long_as_the_caller_says(cache, clock, age, seconds, value):
    clock.sleep(age)
    assert cache.recall("key", seconds) == value


def test_what_nobody_kept_is_not_known(cache):
    assert cache.recall("other", 5) is None


def test_after_a_change_nothing_is_known(cache):
    cache.forget()
    assert cache.recall("key", 5) is None


def test_what_was_asked_for_before_a_change_is_not_kept_after_it(cache):
    before = cache.generation
    cache.forget()
    cache.keep("key", "old", before)
    assert cache.recall("key", 5) is None
    cache.keep("key", "new", cache.generation)
    assert cache.recall("key", 5) == "new"
