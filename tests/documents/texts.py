# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Every text by which the collection says that something is wrong, as it is in the code, to be held against its page.

What a text has in it of the moment is a hole; the page writes a hole as a word in angle brackets. So is all that is
chosen from several: a page need not list both 'is' and 'are'.
"""

from __future__ import annotations

import ast
import re
import typing as t
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "troubleshooting.md"
HOLE = "\0"

_RAISED = {
    # Whose first argument is the text.
    **dict.fromkeys(
        (
            *("AnsibleActionFail", "AnsibleError", "AnsibleParserError", "AnsibleConnectionFailure"),
            *("AnsibleFileNotFound", "AdoptionError", "AnswerError", "AttemptError", "CloningError", "DiscoveryError"),
            *("EndedError", "EngineError", "FactsError", "FileError", "HostNameError", "LocationError", "OptionError"),
            *("OptionsError", "ProvisioningError", "RefusedError", "SurveyError", "TargetsError", "TaskError"),
            *("UnknownPluginError", "ValueError"),
        ),
        0,
    ),
    "_unreachable_target": 1,
    "super().__init__": 0,
    "v.Invalid": 0,
    "Problem": 1,
    "self._note": 1,
    "Trouble": 1,
    "display.warning": 0,
    "self._warnings.append": 0,
    "self.display.warning": 0,
}
_RETURNED = (
    *("exit_reason", "busy", "place_left_out", "_second_choice_warning", "clean_up", "headline", "reason_to_wait"),
    *("removal_refused", "_restart_warning"),
    *("_difference_remains", "_spelling_warning", "_stay_warnings"),
    *("not_a_text", "_no_option", "_not_taken", "_silent_registry_warning"),
    *("lock_of", "_reason_to_keep", "_surplus_warning"),
)
"""Functions whose answer is a text, or a part of one."""

_PAIRED = ("contradictions", "_repeated_ports")
"""Functions whose answer is pairs of a path and a text."""

_KEPT = ("warnings", "why")
"""Keys below which a text waits until it is said."""

_TABLES = ("_MESSAGES", "NO_SETTINGS")
"""Texts in place of somebody else's."""

_NOT_OURS = ("plugin_utils/_core/decision/constraints/", "plugin_utils/_core/knowledge/")
"""Why a place does not do is said by rules, which are on a page of their own."""

_NOT_SAID = {
    # Caught where they are raised, or never said to anybody.
    "unreachable",
    f"'{HOLE}' does not start with a version number",
    "It is not to be run",
    f"a report is {HOLE}, not '{HOLE}'",
    # It is placed, and nothing is wrong.
    f"Service '{HOLE}' {HOLE} '{HOLE}', {HOLE} ({HOLE} of {HOLE} candidate{HOLE} fit{HOLE})",
}


def texts_of_plugins() -> dict[str, str]:
    """Each text, and where it is."""
    found: dict[str, str] = {}
    for file in sorted((ROOT / "plugins").rglob("*.py")):
        where = str(file.relative_to(ROOT))
        if not any(part in where for part in _NOT_OURS):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for text, line in _Texts(tree).found:
                found.setdefault(text, f"{where}:{line}")
    return {text: where for text, where in found.items() if text not in _NOT_SAID and f"{text}{HOLE}" not in found}


def texts_of_roles() -> dict[str, str]:
    """What 'fail' and 'assert' say, in roles and playbooks."""
    found: dict[str, str] = {}
    files = [*sorted((ROOT / "roles").rglob("tasks/*.yml")), *sorted((ROOT / "playbooks").rglob("*.yml"))]
    for file in files:
        for task in _tasks(yaml.safe_load(file.read_text(encoding="utf-8"))):
            for text in _said_by(task):
                found.setdefault(text, str(file.relative_to(ROOT)))
    return found


def texts_of_page() -> dict[str, int]:
    """What stands in the page as code, with its line."""
    found: dict[str, int] = {}
    text = re.sub(r"^```.*?^```$", lambda block: "\n" * block[0].count("\n"), _page(), flags=re.M | re.S)
    for span in re.finditer(r"``?([^`]+)``?", text):
        found.setdefault(normal(re.sub(r"<[^<>]*>", HOLE, span[1])), text.count("\n", 0, span.start()) + 1)
    return found


def _page() -> str:
    return PAGE.read_text(encoding="utf-8")


def normal(text: str) -> str:
    """In one line, each row of holes one hole, and without what only ends a sentence."""
    one = " ".join(text.split())
    one = re.sub(rf"{HOLE}(?: ?{HOLE})+", HOLE, one)
    # A hint may follow or not.
    return re.sub(rf"[.;:]? ?{HOLE}$", HOLE, one.strip().rstrip(".").rstrip())


def readable(text: str) -> str:
    """For a message of a test."""
    return text.replace(HOLE, "<...>")


# --- Python ---------------------------------------------------------------------------------------


class _Texts(ast.NodeVisitor):
    """The texts in one file, each with its line."""

    def __init__(self, tree: ast.Module) -> None:
        self.found: list[tuple[str, int]] = []
        self._values: dict[str, list[ast.expr]] = {}
        self._remember(tree)
        self.visit(tree)

    def _remember(self, scope: ast.AST) -> None:
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._values.setdefault(target.id, []).append(node.value)
                    elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                        for name, value in zip(target.elts, node.value.elts, strict=False):
                            if isinstance(name, ast.Name):
                                self._values.setdefault(name.id, []).append(value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        # A name means what it was given in the same function.
        outer, self._values = self._values, {}
        self._remember(node)
        if node.name in _RETURNED:
            for one in ast.walk(node):
                if isinstance(one, ast.Return) and one.value is not None:
                    self._add(one.value, one.lineno)
        if node.name in _PAIRED:
            for one in ast.walk(node):
                if isinstance(one, ast.Tuple) and len(one.elts) == 2 and isinstance(one.elts[0], ast.Tuple):
                    self._add(one.elts[1], one.lineno)
        self.generic_visit(node)
        self._values = outer

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            key = target.slice if isinstance(target, ast.Subscript) else None
            if isinstance(key, ast.Constant) and key.value in _KEPT:
                self._add(node.value, node.lineno)
            if isinstance(target, ast.Name) and target.id in _TABLES and isinstance(node.value, ast.Dict):
                for value in node.value.values:
                    self._add(value, value.lineno)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        position = _RAISED.get(ast.unparse(node.func))
        if position is not None and len(node.args) > position:
            self._add(node.args[position], node.lineno)
        if ast.unparse(node.func) == "mistakes.append" and isinstance(node.args[0], ast.Tuple):
            self._add(node.args[0].elts[1], node.lineno)
        for keyword in node.keywords:
            if keyword.arg in ("warnings", "msg") or (keyword.arg == "why" and ast.unparse(node.func) == "Act"):
                self._add(keyword.value, node.lineno)
        self.generic_visit(node)

    def _add(self, value: ast.expr, line: int) -> None:
        for text in self._texts(value):
            if re.search(r"[A-Za-z]{2}", text.replace(HOLE, "")):
                self.found.append((normal(text), line))

    def _texts(self, value: ast.expr) -> Iterator[str]:
        """What the expression can be; a part that is not known is a hole."""
        if isinstance(value, ast.Constant):
            yield value.value if isinstance(value.value, str) else ""
        elif isinstance(value, ast.JoinedStr):
            yield "".join(map(self._part, value.values))
        elif isinstance(value, ast.IfExp):
            yield from self._texts(value.body)
            yield from self._texts(value.orelse)
        elif isinstance(value, ast.BoolOp):
            for one in value.values:
                yield from self._texts(one)
        elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            for left in self._texts(value.left):
                yield from (left + right for right in self._texts(value.right))
        elif isinstance(value, (ast.Tuple, ast.List)):
            for one in value.elts:
                yield from self._texts(one)
        elif isinstance(value, ast.Dict):
            for one in value.values:
                yield from self._texts(one)
        elif isinstance(value, ast.Call) and value.args and isinstance(value.args[0], ast.GeneratorExp):
            # The first of several that are told in the same words.
            yield from self._texts(value.args[0].elt)
        elif isinstance(value, ast.DictComp):
            yield from self._texts(value.value)
        elif isinstance(value, ast.Name) and value.id in self._values:
            known = self._values.pop(value.id)
            for one in known:
                yield from self._texts(one)
            self._values[value.id] = known
        else:
            yield HOLE

    def _part(self, part: ast.expr) -> str:
        """A part of an f-string; a name of a text is that text."""
        if isinstance(part, ast.Constant):
            return part.value
        known = self._values.get(part.value.id, ()) if isinstance(part.value, ast.Name) else ()
        return next(self._texts(known[0])) if len(known) == 1 and isinstance(known[0], ast.JoinedStr) else HOLE


# --- roles ----------------------------------------------------------------------------------------


def _tasks(value: t.Any) -> Iterator[Mapping[str, t.Any]]:
    if isinstance(value, list):
        for one in value:
            yield from _tasks(one)
    elif isinstance(value, Mapping):
        yield value
        for key in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
            yield from _tasks(value.get(key) or [])


def _said_by(task: Mapping[str, t.Any]) -> Iterator[str]:
    for module, key in (("fail", "msg"), ("assert", "fail_msg")):
        arguments = task.get(f"ansible.builtin.{module}")
        if not isinstance(arguments, Mapping) or key not in arguments:
            continue
        text = _of_template(str(arguments[key]))
        if re.search(r"[A-Za-z]{2}", text.replace(HOLE, "")):
            yield text
        else:
            # The whole is put together of variables of the task.
            yield from filter(_is_told, map(_of_template, _strings((task.get("vars") or {}).values())))


def _is_told(text: str) -> bool:
    return re.search(r"[A-Za-z]{3} [a-z]", text.replace(HOLE, "")) is not None


def _strings(values: Iterable[t.Any]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str))


def _of_template(text: str) -> str:
    one = re.sub(r"\{%\s*for .*?\{%\s*endfor\s*%\}", HOLE, text, flags=re.S)
    one = re.sub(r"\{%-?\s*.*?%\}|\{\{.*?\}\}", HOLE, one, flags=re.S)
    return normal(one)
