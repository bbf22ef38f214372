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
OUTSIDE = {
    "_asking",
    "_deploy",
    "_early",
    "_hosts",
    "_joining",
    "_ledger",
    "_lock",
    "_memory",
    "_options",
    "_placement",
    "_provision",
    "_reach",
    "_runner",
    "_write",
}
SHELL = sorted(f"{name}.py" for name in OUTSIDE)
PURE = sorted(path for path in UTILS.rglob("*.py") if path.name not in SHELL)
UNCLEAN = {
    *("socket", "ssl", "http", "urllib.request", "urllib.error", "urllib.robotparser", "ftplib", "smtplib", "poplib"),
    *("imaplib", "telnetlib", "xmlrpc", "socketserver", "select", "selectors", "asyncio", "subprocess", "threading"),
    *("multiprocessing", "concurrent", "signal", "time", "datetime", "random", "secrets", "uuid", "os", "pathlib"),
    *("shutil", "tempfile", "importlib", "ctypes", "pickle"),
}
SDKS = {"docker", "pylxd", "proxmoxer", "requests"}
# What each may build on, of the core; the rest builds on these.
LAYERS = {
    "_model.py": {"_versions"},
    "_versions.py": set(),
    "_quantities.py": set(),
    "_words.py": set(),
    "_names.py": set(),
    "_marks.py": {"_model", "_names", "_words"},
    "_requirements.py": {"_knowledge", "_model", "_names", "_quantities", "_versions", "_words"},
    "_facts.py": {"_knowledge", "_marks", "_model", "_quantities", "_words"},
    "_connections.py": set(),
    "_settling.py": {"_forms", "_model"},
    "_candidates.py": {"_forms", "_model"},
    "_knowledge": {"_model", "_versions"},
    "_decision": {"_knowledge", "_model", "_quantities", "_versions"},
    "_forms": {"_knowledge", "_marks", "_model", "_quantities"},
}
TOUCHING = {"open", "print", "input", "eval", "exec", "breakpoint", "__import__"}


def imported(source: str) -> set[tuple[str, int]]:
    """(dotted name, level) of each import, wherever it stands; of `from a import b` both a and a.b."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {(alias.name, 0) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "", node.level))
            found |= {(f"{node.module or ''}.{alias.name}".lstrip("."), node.level) for alias in node.names}
    return found


def unclean(source: str, *, also: frozenset[str] = frozenset()) -> set[str]:
    """What a pure file must not import: what is not of the standard library, or touches the world."""
    names = {name for name, level in imported(source) if not level}
    foreign = {name for name in names if name.split(".")[0] not in sys.stdlib_module_names | also}
    return foreign | {name for name in names if any(f"{name}.".startswith(f"{bad}.") for bad in UNCLEAN)}


def built_on(path: Path) -> set[str]:
    """The parts of plugin_utils that a file imports, by their first name; its own package is none."""
    depth = len(path.relative_to(UTILS).parts)
    parts = {entry.name.removesuffix(".py") for entry in UTILS.iterdir()}
    return parts & {name.split(".")[0] for name, level in imported(path.read_text(encoding="utf-8")) if level == depth}


def _name(path: Path) -> str:
    return path.relative_to(PLUGINS).as_posix()


def test_the_rule_is_held_against_real_files():
    assert len(PURE) > 15
    assert all((UTILS / name).exists() for name in SHELL)
    assert all((UTILS / name).exists() for name in LAYERS)
    assert {path.relative_to(UTILS).parts[0] for path in PURE} - {"__init__.py", "_arguments.py"} == set(LAYERS)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        pytest.param("import socket", {"socket"}, id="plain"),
        pytest.param("from urllib.request import urlopen", {"urllib.request", "urllib.request.urlopen"}, id="from"),
        pytest.param("from urllib import request", {"urllib.request"}, id="from its package"),
        pytest.param("from urllib.parse import unquote", set(), id="to take a URL apart is pure"),
        pytest.param("def f():\n    import http.client", {"http.client"}, id="inside of a function"),
        pytest.param("import ansible.errors as e", {"ansible.errors"}, id="Ansible"),
        pytest.param("from . import x", set(), id="a neighbour"),
        pytest.param("import timeit", set(), id="a name that only begins the same"),
    ],
)
def test_the_rule_finds_what_it_is_for(source, names):
    assert unclean(source) == names


@pytest.mark.parametrize("path", PURE, ids=_name)
def test_the_core_imports_neither_ansible_nor_the_network(path):
    also = frozenset({"voluptuous"} if path.name == "_requirements.py" else ())
    assert unclean(path.read_text(encoding="utf-8"), also=also) == set()


@pytest.mark.parametrize("path", PURE, ids=_name)
def test_the_core_touches_neither_files_nor_the_screen(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    assert not {call.func.id for call in calls if isinstance(call.func, ast.Name)} & TOUCHING


@pytest.mark.parametrize("path", PURE, ids=_name)
def test_imports_point_one_way(path):
    part = path.relative_to(UTILS).parts[0]
    assert built_on(path) <= LAYERS.get(part, set())


def test_the_way_that_imports_point_is_seen():
    assert built_on(UTILS / "_decision" / "decide.py") == {"_model"}
    assert built_on(UTILS / "_candidates.py") == {"_forms", "_model"}


@pytest.mark.parametrize("path", PURE, ids=_name)
def test_the_core_imports_nothing_from_outside_of_it(path):
    relative = {part for name, level in imported(path.read_text(encoding="utf-8")) if level for part in name.split(".")}
    assert not relative & (OUTSIDE | {"module_utils", "action"})


def test_nothing_of_the_core_is_imported_absolutely():
    for path in PURE:
        assert "ansible_collections" not in path.read_text(encoding="utf-8"), path


def test_only_requirements_know_voluptuous():
    users = {_name(path) for path in PLUGINS.rglob("*.py") if "import voluptuous" in path.read_text(encoding="utf-8")}
    assert users == {"plugin_utils/_requirements.py"}


def test_only_discovery_imports_the_libraries_of_the_engines():
    for path in PLUGINS.rglob("*.py"):
        names = {name.split(".")[0] for name, level in imported(path.read_text(encoding="utf-8")) if not level}
        assert not names & SDKS or path.parent.name == "_discovery", f"{path} imports {names & SDKS}"


def test_the_modules_of_a_managed_node_import_nothing_of_the_controller():
    for path in [*(PLUGINS / "modules").rglob("*.py"), *(PLUGINS / "module_utils").rglob("*.py")]:
        assert not any("plugin_utils" in name for name, _level in imported(path.read_text(encoding="utf-8"))), path


@pytest.mark.parametrize("path", sorted(UTILS.rglob("*.py")), ids=_name)
def test_each_private_file_says_that_it_is(path):
    head = path.read_text(encoding="utf-8").splitlines()[:4]
    assert head[3:] == ["# Private to the rightscope.deploy collection: nothing outside of it may import this file."]
