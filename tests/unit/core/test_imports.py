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
CORE = PLUGINS / "plugin_utils" / "_core"
SHARED = PLUGINS / "module_utils" / "_shared"
PURE = sorted([*CORE.rglob("*.py"), *SHARED.rglob("*.py")])
ALL = sorted(PLUGINS.rglob("*.py"))
UNCLEAN = {
    *("socket", "ssl", "http", "urllib.request", "urllib.error", "urllib.robotparser", "ftplib", "smtplib", "poplib"),
    *("imaplib", "telnetlib", "xmlrpc", "socketserver", "select", "selectors", "asyncio", "subprocess", "threading"),
    *("multiprocessing", "concurrent", "signal", "time", "datetime", "random", "secrets", "uuid", "os", "pathlib"),
    *("shutil", "tempfile", "importlib", "ctypes", "pickle"),
}
SDKS = {"docker", "pylxd", "proxmoxer", "requests"}
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


def built_on(path: Path) -> set[Path]:
    """The files of the collection that a file imports at its top, where it is loaded."""
    found: set[Path] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            base = _imported_from(path, node)
            for alias in node.names if base else ():
                # A package that is asked for one of its modules alone is loaded already.
                found |= {one for one in [_file(base / alias.name) or _file(base)] if one}
    return found - {path}


def _imported_from(path: Path, node: ast.ImportFrom) -> Path | None:
    parts = (node.module or "").split(".") if node.module else []
    if node.level:
        return path.parents[node.level - 1].joinpath(*parts)
    inside = "ansible_collections.rightscope.deploy.plugins"
    return PLUGINS.joinpath(*parts[4:]) if (node.module or "").startswith(inside) else None


def _file(module: Path) -> Path | None:
    """What is loaded by a module's name: its file, or its package's own."""
    return next((one for one in (module.with_suffix(".py"), module / "__init__.py") if one.exists()), None)


def circles(imports: dict[Path, set[Path]]) -> list[list[Path]]:
    """Each way by which a file comes to import itself, once."""
    found, settled = [], set()

    def follow(path: Path, way: list[Path]) -> None:
        if path in way:
            found.append([*way[way.index(path) :], path])
        elif path not in settled:
            for other in sorted(imports.get(path, ())):
                follow(other, [*way, path])
            settled.add(path)

    for path in sorted(imports):
        follow(path, [])
    return found


def _name(path: Path) -> str:
    return path.relative_to(PLUGINS).as_posix()


def test_the_rule_is_held_against_real_files():
    assert len(PURE) > 50
    assert {CORE / "wording.py", SHARED / "wording.py"} <= set(PURE)
    assert all({"_core", "_shared"} & set(path.parts) for path in PURE)


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
    also = frozenset({"voluptuous"} if path.name == "readers.py" else ())
    assert unclean(path.read_text(encoding="utf-8"), also=also) == set()


@pytest.mark.parametrize("path", PURE, ids=_name)
def test_the_core_touches_neither_files_nor_the_screen(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    assert not {call.func.id for call in calls if isinstance(call.func, ast.Name)} & TOUCHING


@pytest.mark.parametrize("path", PURE, ids=_name)
def test_the_core_builds_on_itself_and_on_what_is_shared_alone(path):
    allowed = [SHARED] if path.is_relative_to(SHARED) else [CORE, SHARED]
    assert {_name(other) for other in built_on(path) if not any(map(other.is_relative_to, allowed))} == set()


def test_the_core_builds_on_what_is_shared():
    assert SHARED / "wording.py" in built_on(CORE / "wording.py")


def test_no_file_comes_to_import_itself():
    assert [[_name(path) for path in way] for way in circles({path: built_on(path) for path in ALL})] == []


def test_a_circle_is_seen():
    one, two, three = Path("one"), Path("two"), Path("three")
    assert circles({one: {two}, two: {three}, three: {two}}) == [[two, three, two]]
    assert circles({one: {two, three}, two: {three}, three: set()}) == []


def test_nothing_of_the_core_is_imported_absolutely():
    for path in PURE:
        assert "ansible_collections" not in path.read_text(encoding="utf-8"), path


def test_only_requirements_know_voluptuous():
    users = {_name(path) for path in PLUGINS.rglob("*.py") if "import voluptuous" in path.read_text(encoding="utf-8")}
    assert users == {"plugin_utils/_core/reading/readers.py"}


def test_only_discovery_imports_the_libraries_of_the_engines():
    for path in PLUGINS.rglob("*.py"):
        names = {name.split(".")[0] for name, level in imported(path.read_text(encoding="utf-8")) if not level}
        assert not names & SDKS or "kinds" in path.parts, f"{path} imports {names & SDKS}"


def test_the_modules_of_a_managed_node_import_nothing_of_the_controller():
    for path in [*(PLUGINS / "modules").rglob("*.py"), *(PLUGINS / "module_utils").rglob("*.py")]:
        assert not any("plugin_utils" in name for name, _level in imported(path.read_text(encoding="utf-8"))), path


@pytest.mark.parametrize(
    "folder",
    [
        *("plugin_utils/_core", "plugin_utils/_controller"),
        *("module_utils/_delegates", "module_utils/_discovery", "module_utils/_shared"),
    ],
)
def test_each_private_folder_says_that_it_is(folder):
    assert "Private to the collection" in (PLUGINS / folder / "__init__.py").read_text(encoding="utf-8")
