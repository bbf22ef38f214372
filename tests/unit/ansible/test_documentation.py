# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of an action is held against its arguments: no sanity test does that for actions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from ansible_collections.rightscope.deploy.plugins.plugin_utils import _arguments, _requirements
from ansible_collections.rightscope.deploy.plugins.plugin_utils._decision.scorers import SCORERS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._forms import FORMS

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"


def _documentation(path: str) -> dict:
    tree = ast.parse((PLUGINS / path).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{path} has no DOCUMENTATION")


SHARED = _documentation("doc_fragments/decision.py")["options"]


@pytest.mark.parametrize(
    ("module", "arguments"),
    [("modules/service.py", _arguments.SERVICE), ("modules/service_info.py", _arguments.INFO)],
)
def test_each_option_is_documented_as_it_is(module, arguments):
    documented = {**SHARED, **_documentation(module)["options"]}
    assert set(documented) == set(arguments)
    for name, option in arguments.items():
        assert documented[name].get("required", False) == option.get("required", False), name
        assert documented[name].get("choices") == option.get("choices"), name
        if option["type"] != "raw":
            assert documented[name]["type"] == option["type"], name
            assert documented[name].get("default") == option.get("default"), name


def test_each_requirement_is_documented():
    schema = _requirements._schema(tuple(FORMS))
    documented = SHARED["requirements"]["suboptions"]
    assert set(documented) == set(schema)
    assert set(documented["kernel"]["suboptions"]) == set(_requirements._KERNEL)
    assert documented["forms"]["choices"] == list(FORMS)


def test_each_form_and_each_scorer_is_documented():
    assert set(SHARED["as"]["suboptions"]) == set(FORMS)
    text = " ".join(SHARED["weights"]["description"])
    assert all(f"V({scorer.__name__})" in text for scorer in SCORERS)
