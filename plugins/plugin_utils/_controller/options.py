# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The options under ``as``, read as the delegate itself would read them, before anything is asked or made.

The installed delegate's own documentation says which there are and of what type, so this is right for
whichever release is installed. Every mistake is told at once, each by its whole path. No message ever holds a value.

One thing is stricter than in the delegate: where the engine keeps a text, only a text is taken. YAML makes 1.1 of 1.10,
420 of 0644 and true of yes, and nobody can tell afterwards what was written.
"""

from __future__ import annotations

import fnmatch
import functools
import typing as t
from collections.abc import Iterator, Mapping

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.loader import fragment_loader, module_loader
from ansible.utils import plugin_docs

from ...module_utils._discovery import kind_of
from .._core.forms import OptionError
from .._core.forms.common import text
from .._core.wording import did_you_mean, not_a_text

_KEPT = ("type", "elements", "choices")
_TEXTS = ("str", "path")
_WORDS = {
    "bool": "true or false",
    "dict": "a mapping",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
}
Wrong = tuple[tuple[t.Any, ...], str]
"""The path of keys and indexes below the form, and what is wrong there."""


def read_options(form: t.Any, options: Mapping[str, t.Any]) -> tuple[dict[str, t.Any], list[Wrong]]:
    """
    (the options by their first names and in the delegate's types, [(path of an option, what is wrong with it)]).

    What a form compares is tried out here on nothing, so a value that it cannot read is found before the work.
    """
    spec, aliases = _specification(form.module)
    connection = kind_of(form.kind).options
    read: dict[str, t.Any] = {}
    wrong: list[Wrong] = []
    for option, value in options.items():
        name = aliases.get(option, option)
        if name in form.reserved:
            wrong.append(((option,), "is set by the collection itself and cannot be given"))
        elif name in connection:
            wrong.append(((option,), "is a connection option, and belongs in the target's 'rightscope_options'"))
        elif spec and name not in spec:
            wrong.append(((option,), _no_option(form, option, [*spec, *aliases])))
        elif value is not None:
            found = len(wrong)
            result = _Reader(form, wrong).read((name,), (option,), value, spec.get(name, {}))
            if len(wrong) == found:
                read[name] = result
                wrong += _refused(form, option, name, result)
    return read, wrong


def _no_option(form: t.Any, option: t.Any, known: t.Iterable[str]) -> str:
    hint = did_you_mean(option, known)
    return f"is not an option of {form.module}{f'; {hint}' if hint else ''}"


def _not_taken(form: t.Any, option: Mapping[str, t.Any]) -> str:
    return f"is not what {form.module} takes: {_expected(option)}"


def _refused(form: t.Any, option: str, name: str, value: t.Any) -> Iterator[Wrong]:
    """What the form has against the value, although it is one that the delegate takes."""
    try:
        form.check(name, value)
    except OptionError as error:
        yield (option,), str(error)
    except (ValueError, TypeError, KeyError, AttributeError):
        spec, _aliases = _specification(form.module)
        yield (option,), _not_taken(form, spec.get(name, {}))


class _Reader:
    """Reads the value of one option, at any depth, and notes what is wrong in it by its path."""

    def __init__(self, form: t.Any, wrong: list[Wrong]) -> None:
        self.form = form
        self.wrong = wrong

    def _note(self, path: tuple[t.Any, ...], message: str) -> None:
        self.wrong.append((path, message))

    def read(self, names: tuple[str, ...], path: tuple[t.Any, ...], value: t.Any, option: Mapping[str, t.Any]) -> t.Any:
        """``names`` are the option's own and its suboptions', without the indexes and aliases of ``path``."""
        if not option:
            # Its documentation could not be read, so nothing is known of it.
            return value
        kind = option.get("type", "str")
        if kind in _TEXTS and not option.get("choices"):
            found = self._text(names, path, value)
            return text(found) if isinstance(found, bool) else found
        if kind == "raw":
            return self._raw(names, path, value)
        if kind == "list":
            return self._list(names, path, value, option)
        if kind == "dict":
            found = self._converted(path, value, {"type": "dict"})
            if found is None:
                return None
            if option.get("options"):
                return self._suboptions(names, path, found, option["options"])
            return {key: self._entry(names, path, key, item) for key, item in found.items()}
        return self._converted(path, value, option)

    def _list(
        self, names: tuple[str, ...], path: tuple[t.Any, ...], value: t.Any, option: Mapping[str, t.Any]
    ) -> list[t.Any] | None:
        element = {**option, "type": option.get("elements") or "raw", "elements": None}
        if not isinstance(value, (str, list, tuple)) and element["type"] in (*_TEXTS, "raw"):
            # The delegate makes a list of one text of it; as what it was written nobody knows.
            return [self.read(names, path, value, element)]
        items = self._converted(path, value, {"type": "list"})
        return None if items is None else [self.read(names, (*path, i), one, element) for i, one in enumerate(items)]

    def _suboptions(
        self, names: tuple[str, ...], path: tuple[t.Any, ...], value: Mapping[str, t.Any], spec: Mapping[str, t.Any]
    ) -> dict[str, t.Any]:
        """Those that are null are not given, and to pass them on would be to give them."""
        aliases = {alias: name for name, inner in spec.items() for alias in inner.get("aliases") or ()}
        read = {}
        for key, item in value.items():
            name = aliases.get(key, key)
            if name not in spec:
                self._note((*path, key), _no_option(self.form, key, [*spec, *aliases]))
            elif item is not None:
                read[name] = self.read((*names, name), (*path, key), item, spec[name])
        missing = [name for name, inner in spec.items() if inner.get("required") and name not in read]
        for name in missing:
            if value.get(name) is None:
                self._note((*path, name), "is missing")
        return read

    def _entry(self, names: tuple[str, ...], path: tuple[t.Any, ...], key: t.Any, value: t.Any) -> t.Any:
        """One value of a mapping whose keys are the user's own."""
        if not isinstance(key, str):
            self._note((*path, str(key)), "has a name that YAML has not read as a text; put it in quotes")
            return None
        if isinstance(value, Mapping) and self._matches((*names, key), self.form.mappings):
            return {inner: self._entry((*names, key), (*path, key), inner, item) for inner, item in value.items()}
        return self._text((*names, key), (*path, key), value)

    def _raw(self, names: tuple[str, ...], path: tuple[t.Any, ...], value: t.Any) -> t.Any:
        """What the delegate takes in several types: whatever is a list of words, in it each is a text."""
        if isinstance(value, (list, tuple)):
            return [self._text(names, (*path, index), item) for index, item in enumerate(value)]
        if isinstance(value, Mapping):
            return {key: self._entry(names, path, key, item) for key, item in value.items()}
        return self._text(names, path, value)

    def _text(self, names: tuple[str, ...], path: tuple[t.Any, ...], value: t.Any) -> t.Any:
        """The text, or a number or a switch where the form says that the engine's own texts are such."""
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            fine = self._matches(names, self.form.switches)
        else:
            fine = isinstance(value, int) and self._matches(names, self.form.numbers)
        if not fine:
            self._note(path, not_a_text(value))
        return value if isinstance(value, bool) or not fine else str(value)

    @staticmethod
    def _matches(names: tuple[str, ...], patterns: t.Iterable[str]) -> bool:
        """Whether one of the patterns is of this option; what begins with ``!`` is not, whatever else says."""
        name = ".".join(names)
        if any(fnmatch.fnmatchcase(name, one[1:]) for one in patterns if one.startswith("!")):
            return False
        return any(fnmatch.fnmatchcase(name, one) for one in patterns)

    def _converted(self, path: tuple[t.Any, ...], value: t.Any, option: Mapping[str, t.Any]) -> t.Any:
        """As the delegate would convert it; None, and a note, where it would not."""
        name = str(path[-1])
        plain = {key: option[key] for key in _KEPT if key in option}
        result = ArgumentSpecValidator({name: plain}).validate({name: value})
        if not result.error_messages:
            return result.validated_parameters[name]
        self._note(path, _not_taken(self.form, option))
        return None


def _expected(option: Mapping[str, t.Any]) -> str:
    if option.get("choices"):
        return f"one of {', '.join(map(str, option['choices']))}"
    return _WORDS.get(option.get("type", "str"), "a text of the form in its documentation")


@functools.cache
def _specification(module: str) -> tuple[dict[str, dict[str, t.Any]], dict[str, str]]:
    """(options by name, first names by alias) from a module's documentation; empty where it cannot be read."""
    context = module_loader.find_plugin_with_context(module)
    if not context.resolved:
        return {}, {}
    try:
        docs = plugin_docs.get_docstring(
            context.plugin_resolved_path,
            fragment_loader,
            collection_name=context.plugin_resolved_collection,
            plugin_type="module",
        )[0]
    except AnsibleError:
        return {}, {}
    options = (docs or {}).get("options") or {}
    aliases = {alias: name for name, option in options.items() for alias in option.get("aliases") or ()}
    return {name: _as_argument(option) for name, option in options.items()}, aliases


def _as_argument(option: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """No defaults: what the user does not give is not given. Requirements among options are the delegate's to judge."""
    argument = {key: option[key] for key in (*_KEPT, "aliases", "required") if key in option}
    if option.get("suboptions"):
        argument["options"] = {name: _as_argument(inner) for name, inner in option["suboptions"].items()}
    return argument
