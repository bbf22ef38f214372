# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages that are made from the code are current."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core import knowledge
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.constraints import CONSTRAINTS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.scorers import SCORERS
from tests.documents import decision, tables
from tests.documents.markdown import text


@pytest.mark.parametrize("document", [decision, tables], ids=lambda document: document.PAGE.name)
def test_a_page_that_is_made_is_current(document):
    assert document.PAGE.read_text(encoding="utf-8") == document.page(), "run 'python -m tests.documents'"


def test_every_rule_is_in_one_group_in_the_order_of_the_rules():
    assert [rule for group in decision.GROUPS for rule in group.rules] == [rule.__name__ for rule in CONSTRAINTS]


def test_every_rule_and_every_preference_is_on_the_page_of_the_decision():
    page = decision.page()
    for function in (*CONSTRAINTS, *SCORERS):
        assert f"`{function.__name__}`" in page


def test_every_table_is_linked_from_a_rule():
    linked = {title for titles in decision.TABLES_OF_RULES.values() for title in titles}
    assert linked == set(re.findall(r"^## (.+)$", tables.page(), re.M))
    assert set(decision.TABLES_OF_RULES) <= {rule.__name__ for rule in CONSTRAINTS}


def _sources() -> set[str]:
    """The sources of all rows of all tables of the knowledge."""
    names = (module.name for module in pkgutil.iter_modules(knowledge.__path__, f"{knowledge.__name__}."))
    values = [value for name in names for value in vars(importlib.import_module(name)).values()]
    rows = [
        row
        for value in values
        if isinstance(value, (tuple, list, dict))
        for row in (value.values() if isinstance(value, dict) else value)
    ]
    return {row.source for row in rows if isinstance(getattr(row, "source", None), str)}


def test_every_source_is_on_the_page_of_the_tables():
    sources, page = _sources(), tables.page()
    assert len(sources) > 100
    assert [source for source in sources if f"- {source}\n" not in page] == []


def test_entries_of_a_numbered_list_stay_together():
    assert text("First.\n\n1. One\nof two.\n\n2. Two.\n\nLast.") == "First.\n\n1. One of two.\n2. Two.\n\nLast.\n"
