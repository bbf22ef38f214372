# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seams hold: no form's and no kind's name stands outside of its own files, and no file grows out of hand."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
FILES = sorted(PLUGINS.rglob("*.py"))
FORM_NAMES = {"docker_container", "lxd_container", "proxmox_vm", "lxd_vm", "proxmox_container"}
NAMES = FORM_NAMES | {"docker", "lxd", "proxmox"}

OWN_FILES = (
    *("plugin_utils/_core/forms/docker_container.py", "plugin_utils/_core/forms/_docker/"),
    *("plugin_utils/_core/forms/lxd_container.py", "plugin_utils/_core/forms/_lxd/"),
    *("plugin_utils/_core/forms/proxmox_vm.py", "plugin_utils/_core/forms/_proxmox/"),
    "module_utils/_discovery/kinds/",
    # What runs a form has a name too, and Docker's is the same as the kind's.
    "plugin_utils/_core/knowledge/runtimes.py",
)

TABLES = ("plugin_utils/_core/knowledge/", "doc_fragments/", "modules/")
"""Rows of knowledge, and the documentation of what a user writes."""

LONGEST = 400
SCREEN = 60


def _name(path: Path) -> str:
    return path.relative_to(PLUGINS).as_posix()


def named(source: str) -> set[str]:
    """The names of forms and kinds that stand in code as they are, wherever that is."""
    texts = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    return {text for text in texts if isinstance(text, str) and text in NAMES}


def test_the_names_are_those_of_the_forms_and_of_what_discovery_finds():
    assert set(FORMS) <= FORM_NAMES
    assert {form.kind for form in FORMS.values()} <= NAMES


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('if candidate.form.name == "lxd_container": pass', {"lxd_container"}),
        ('{"docker": 1}[kind]', {"docker"}),
        ('kind in ("proxmox", "lxd")', {"proxmox", "lxd"}),
        ('"""As docker_container has it."""', set()),
        ("docker = 1", set()),
    ],
)
def test_a_name_is_found(source, names):
    assert named(source) == names


@pytest.mark.parametrize("path", [path for path in FILES if not _name(path).startswith(OWN_FILES)], ids=_name)
def test_no_name_of_a_form_or_a_kind_stands_outside_of_its_own_files(path):
    assert named(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize("path", [path for path in FILES if not _name(path).startswith(TABLES)], ids=_name)
def test_no_file_is_longer_than_a_reader_can_hold(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_no_function_is_longer_than_a_screen(path):
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [one.name for one in functions if one.end_lineno - one.lineno >= SCREEN] == []
