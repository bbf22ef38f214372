# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The import rule: the core is pure, and imports point one way."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
UTILS = PLUGINS / "plugin_utils"
# The side that knows Ansible, and may wait for a network.
OUTSIDE = {"_deploy", "_hosts", "_options", "_provision", "_runner"}
SHELL = sorted(f"{name}.py" for name in OUTSIDE)
PURE = sorted(path for path in UTILS.rglob("*.py") if path.name not in SHELL)
UNCLEAN = {"socket", "ssl", "http", "subprocess", "time", "threading", "datetime", "random", "os"}
SDKS = {"docker", "pylxd", "proxmoxer", "requests"}


def _imports(path: Path):
    """(module, level) of each import, wherever it stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", node.level


def _name(path: Path) -> str:
    return path.relative_to(PLUGINS).as_posix()


def test_the_rule_is_held_against_real_files():
    assert len(PURE) > 15
    assert all((UTILS / name).exists() for name in SHELL)


@pytest.mark.parametrize("path", PURE, ids=_name)
def test_the_core_imports_neither_ansible_nor_the_network(path):
    allowed = sys.stdlib_module_names - UNCLEAN
    if path.name == "_requirements.py":
        allowed = allowed | {"voluptuous"}
    absolute = {name.split(".")[0] for name, level in _imports(path) if not level}
    assert absolute <= allowed


@pytest.mark.parametrize("path", PURE, ids=_name)
def test_the_core_imports_nothing_from_outside_of_it(path):
    relative = {name.split(".")[0] for name, level in _imports(path) if level}
    assert not relative & (OUTSIDE | {"module_utils", "action"})


@pytest.mark.parametrize("folder", ["_knowledge", "_decision"])
def test_knowledge_and_decision_know_no_form(folder):
    for path in (UTILS / folder).glob("*.py"):
        assert not any(name.startswith("_forms") for name, _level in _imports(path)), path


def test_the_model_builds_on_nothing_but_versions():
    assert {name for name, level in _imports(UTILS / "_model.py") if level} == {"_versions"}


def test_only_discovery_imports_the_libraries_of_the_engines():
    for path in PLUGINS.rglob("*.py"):
        found = {name.split(".")[0] for name, level in _imports(path) if not level} & SDKS
        assert not found or path.parent.name == "_discovery", f"{path} imports {found}"


@pytest.mark.parametrize("path", sorted(UTILS.rglob("*.py")), ids=_name)
def test_each_private_file_says_that_it_is(path):
    assert "Private to the rightscope.deploy collection" in path.read_text(encoding="utf-8")
