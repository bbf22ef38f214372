# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Masks in the place of secrets."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._shared.masks import MASK, scrub


@pytest.mark.parametrize(
    ("text", "secrets", "shown"),
    [
        pytest.param("no hunter2 for you", ["hunter2"], f"no {MASK} for you", id="a secret"),
        pytest.param("a, b, a", ["a", "b"], f"{MASK}, {MASK}, {MASK}", id="each, wherever it stands"),
        pytest.param("pin 1234", [1234], f"pin {MASK}", id="a number"),
        pytest.param("as it is", ["", None], "as it is", id="none"),
    ],
)
def test_a_secret_is_masked(text, secrets, shown):
    assert scrub(text, secrets) == shown
