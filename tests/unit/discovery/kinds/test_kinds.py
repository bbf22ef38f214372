# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of kinds, and what holds for each of them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import (
    KINDS,
    PROBES,
    DiscoveryError,
    discover,
    kind_of,
    kinds_with_probes,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import KINDS as KINDS_OF_FORMS

PLUGINS = Path(__file__).resolve().parents[4] / "plugins"
LIBRARIES = ("docker", "paramiko", "pylxd", "proxmoxer", "requests", "urllib3")


def test_an_unknown_kind_and_the_nearest():
    with pytest.raises(DiscoveryError, match="'dokcer' is not a kind of target; did you mean 'docker'?"):
        discover("dokcer", {})


@pytest.mark.parametrize(
    ("kind", "given", "library"),
    [
        ("docker", {"docker_host": "tcp://127.0.0.1:1"}, "docker"),
        ("lxd", {"url": "https://127.0.0.1:1"}, "pylxd"),
        ("proxmox", {"api_host": "127.0.0.1", "api_user": "u@pve", "api_password": "p"}, "proxmoxer"),
    ],
)
def test_a_missing_library_is_named_with_how_to_install_it(kind, given, library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(DiscoveryError) as found:
        discover(kind, given)
    assert f"'{library}' is not installed" in found.value.message
    assert f"pip install {library}" in found.value.remedy
    assert f"apt install python3-{library}" in found.value.remedy


def test_every_form_is_of_a_kind_that_there_is():
    assert sorted(KINDS_OF_FORMS) == sorted(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_goes_by_its_name_in_the_table(name):
    assert kind_of(name).name == name
    assert kind_of(name) is kind_of(name)


def test_what_a_kind_is_as_data_is_known_without_its_library():
    """In a process of its own, where nothing has been imported yet: a target costs its own kind's library alone."""
    code = (
        "import sys\n"
        "from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import KINDS, kind_of\n"
        "for name in KINDS: kind_of(name).module_arguments(), kind_of(name).delegate_connection({})\n"
        f"print(sorted(set({LIBRARIES!r}) & set(sys.modules)), [n for n in sys.modules if '.kinds._' in n])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[] []\n"


@pytest.mark.parametrize("name", KINDS)
def test_an_option_that_is_called_as_a_secret_is_one(name):
    # The id of a token names it, and a key is a path.
    named = {option for option in kind_of(name).options if re.search("pass|secret|token", option)} - {"api_token_id"}
    assert {option for option, about in kind_of(name).options.items() if about.secret} == named


@pytest.mark.parametrize("name", KINDS)
def test_secrets_are_told_by_their_values(name):
    secret = [option for option, about in kind_of(name).options.items() if about.secret]
    assert kind_of(name).secrets(dict.fromkeys(kind_of(name).options, "x")) == ["x"] * len(secret)
    assert kind_of(name).secrets({}) == []


def test_options_of_several_kinds_are_of_one_type():
    """A module takes them all as its own arguments."""
    types: dict[str, set[str]] = {}
    for name in KINDS:
        for option, argument in kind_of(name).module_arguments().items():
            types.setdefault(option, set()).add(argument["type"])
    assert {option: found for option, found in types.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", KINDS)
def test_a_probe_works_or_is_refused_in_a_sentence(name):
    assert set(kind_of(name).probes) <= set(PROBES)
    if kind_of(name).probes:
        assert name in kinds_with_probes()
        return
    with pytest.raises(DiscoveryError, match=f"A target of the kind '{name}' cannot be probed by a container."):
        discover(name, {}, probe="")


def _compared_with_kinds(path):
    """The lines that compare something with the name of a kind."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Compare):
            parts = [part for side in (node.left, *node.comparators) for part in ast.walk(side)]
            if {part.value for part in parts if isinstance(part, ast.Constant)} & set(KINDS):
                yield f"{path.relative_to(PLUGINS)}:{node.lineno}"


@pytest.mark.parametrize("folder", ["module_utils", "modules", "connection", "plugin_utils/_controller"])
def test_no_kinds_name_stands_in_a_condition(folder):
    assert [line for path in sorted((PLUGINS / folder).rglob("*.py")) for line in _compared_with_kinds(path)] == []


def test_a_kinds_name_in_a_condition_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.PLUGINS", tmp_path)
    (tmp_path / "bad.py").write_text('x = kind in ("docker", "lxd")\ny = kind == other\n', encoding="utf-8")
    assert list(_compared_with_kinds(tmp_path / "bad.py")) == ["bad.py:1"]
