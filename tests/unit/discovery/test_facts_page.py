# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/facts.md and the module's documentation tell every fact, and the example that a person may copy is one."""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path

import yaml

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.host import kernel
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Facts
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.facts import read_facts
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.nodes import read_nodes
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.records import check_record

ROOT = Path(__file__).resolve().parents[3]
FACTS = {field.name for field in dataclasses.fields(Facts)} - {"origins", "time"}
PAGE = (ROOT / "docs/facts.md").read_text(encoding="utf-8")


def _returned():
    tree = ast.parse((ROOT / "plugins/modules/target_info.py").read_text(encoding="utf-8"))
    text = next(node for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "RETURN")
    return yaml.safe_load(ast.literal_eval(text.value))["target_facts"]["contains"]


def _rows():
    section = PAGE.split("## A node's facts")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


def test_the_page_has_a_row_for_each_fact():
    assert _rows() == FACTS


def test_the_module_documents_each_fact():
    assert set(_returned()["nodes"]["contains"]["facts"]["contains"]) == FACTS


def test_what_a_node_tells_of_itself_is_read_back():
    facts = {name: fact for name, fact in kernel.facts_of_this_node().items() if fact is not None}
    read = read_facts(facts, dict.fromkeys(facts, "probed"))
    assert all(read.origin(name) == "probed" for name in facts)


def test_the_hand_written_example_is_a_record():
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.split("## Recorded facts")[1], re.DOTALL)
    records = [found for found in map(yaml.safe_load, blocks) if isinstance(found, dict) and "nodes" in found]
    assert len(records) >= 2
    for record in records:
        check_record(record)
        assert read_nodes(record, {})
