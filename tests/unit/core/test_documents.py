# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages that are made from the code are current."""

from __future__ import annotations

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.constraints import CONSTRAINTS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.scorers import SCORERS
from tests.documents import decision


def test_the_page_of_the_decision_is_current():
    found = decision.PAGE.read_text(encoding="utf-8")
    assert found == decision.page(), "run 'python -m tests.documents'"


def test_every_rule_and_every_preference_is_on_it():
    text = decision.page()
    for function in (*CONSTRAINTS, *SCORERS):
        assert f"`{function.__name__}`" in text
