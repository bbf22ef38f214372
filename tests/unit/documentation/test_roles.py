# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The argument specs of the roles, their defaults and their pages tell the same."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
each_role = pytest.mark.parametrize("role", ROLES)


def _yaml(role: str, path: str) -> dict[str, t.Any]:
    return yaml.safe_load((ROOT / "roles" / role / path).read_text(encoding="utf-8"))


def _options(role: str) -> dict[str, dict[str, t.Any]]:
    return _yaml(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]


@each_role
def test_the_defaults_are_those_that_are_documented(role):
    documented = {name: option["default"] for name, option in _options(role).items() if "default" in option}
    assert _yaml(role, "defaults/main.yml") == documented


@each_role
def test_each_option_says_what_it_is(role):
    for name, option in _options(role).items():
        assert option["description"], name
        assert option["type"] != "list" or option["elements"], name
        assert "default" not in option or not option.get("required"), name
        # What the role alone has bears its name; the rest are the inventory's variables of a target.
        assert name.startswith((f"{role}_", "rightscope_")), name


@each_role
def test_its_page_names_only_what_there_is(role):
    # Beside options: what the role sets, and modules with a name that begins as the role's options do.
    set_by_it = re.findall(rf"\b{role}_\w+", _text(role))
    names = {*_options(role), *set_by_it, *(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))}
    page = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    for word, more in re.findall(rf"\b({role}_\w+?)(\*|\b)", page):
        assert any(name.startswith(word) for name in names) if more else word in names, word


@each_role
def test_each_option_is_taken_by_its_tasks(role):
    assert not [name for name in _options(role) if not re.search(rf"\b{name}\b", _text(role))]


def _text(role: str) -> str:
    """What the role does."""
    files = [file for place in ("tasks", "handlers", "vars") for file in (ROOT / "roles" / role / place).glob("*.yml")]
    return "".join(file.read_text(encoding="utf-8") for file in files)
