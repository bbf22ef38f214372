# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The options under ``as``, read as the delegate itself would read them, before anything is asked or made.

The installed delegate's own documentation says which options there are and of what type, so this is right for
whichever release is installed. All mistakes are reported at once, each by its whole path. No message has a value in it.

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
from ...module_utils._shared.wording import did_you_mean
from .._core.forms import Form, OptionError
from .._core.forms.common import text
from .._core.wording import not_a_text

_TYPE_KEYS = ("type", "elements", "choices")
_TEXTS = ("str", "path")
_WORDS = {
    "bool": "true or false",
    "dict": "a mapping",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
}
Mistake = tuple[tuple[t.Any, ...], str]
"""The path of keys and indexes below the form, and what is wrong there."""


def read_options(form: Form, options: Mapping[str, t.Any]) -> tuple[dict[str, t.Any], list[Mistake]]:
    """
    (the options by their first names and in the delegate's types, all mistakes in them).

    The form tries here whether it can compare each value, so one that it cannot read is known before any work.
    """
    spec, aliases = _specification(form.module)
    connection = kind_of(form.kind).options
    read: dict[str, t.Any] = {}
    mistakes: list[Mistake] = []
    for option, value in options.items():
        name = aliases.get(option, option)
        if name in form.reserved:
            mistakes.append(((option,), "is set by the collection itself and cannot be given"))
        elif name in connection:
            mistakes.append(((option,), "is a connection option, and belongs in the target's 'rightscope_options'"))
        elif spec and name not in spec:
            mistakes.append(((option,), _no_option(form, option, [*spec, *aliases])))
        elif value is not None:
            reader = _Reader(form)
            result = reader.read((name,), (option,), value, spec.get(name, {}))
            if not reader.mistakes:
                read[name] = result
            mistakes += reader.mistakes or _objections(form, option, name, result)
    return read, mistakes


def _no_option(form: Form, option: t.Any, known: t.Iterable[str]) -> str:
    hint = did_you_mean(option, known)
    return f"is not an option of {form.module}{f'; {hint}' if hint else ''}"


def _not_taken(form: Form, option: Mapping[str, t.Any]) -> str:
    return f"is not what {form.module} takes: {_describe_type(option)}"


def _objections(form: Form, option: str, name: str, value: t.Any) -> Iterator[Mistake]:
    """What the form has against a value that the delegate would take."""
    try:
        form.check(name, value)
    except OptionError as error:
        yield (option,), str(error)
    except (ValueError, TypeError, KeyError, AttributeError):
        spec, _aliases = _specification(form.module)
        yield (option,), _not_taken(form, spec.get(name, {}))


class _Reader:
    """Reads the value of one option, at any depth, and collects the ``mistakes`` in it by their paths."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.mistakes: list[Mistake] = []

    def _note(self, path: tuple[t.Any, ...], message: str) -> None:
        self.mistakes.append((path, message))

    def read(self, names: tuple[str, ...], path: tuple[t.Any, ...], value: t.Any, option: Mapping[str, t.Any]) -> t.Any:
        """``names`` are the option's own and its suboptions', without the indexes and aliases of ``path``."""
        if not option:
            # Its documentation could not be read, so nothing is known of it.
            return value
        kind = option.get("type", "str")
        if kind in _TEXTS and not option.get("choices"):
            taken = self._read_text(names, path, value)
            return text(taken) if isinstance(taken, bool) else taken
        if kind == "raw":
            return self._read_raw(names, path, value)
        if kind == "list":
            return self._read_list(names, path, value, option)
        if kind == "dict":
            return self._read_dict(names, path, value, option)
        return self._convert(path, value, option)

    def _read_dict(
        self, names: tuple[str, ...], path: tuple[t.Any, ...], value: t.Any, option: Mapping[str, t.Any]
    ) -> dict[str, t.Any] | None:
        mapping = self._convert(path, value, {"type": "dict"})
        if mapping is None:
            return None
        if option.get("options"):
            return self._read_suboptions(names, path, mapping, option["options"])
        return {key: self._read_entry(names, path, key, item) for key, item in mapping.items()}

    def _read_list(
        self, names: tuple[str, ...], path: tuple[t.Any, ...], value: t.Any, option: Mapping[str, t.Any]
    ) -> list[t.Any] | None:
        element = {**option, "type": option.get("elements") or "raw", "elements": None}
        if not isinstance(value, (str, list, tuple)) and element["type"] in (*_TEXTS, "raw"):
            # The delegate would make a list of one text of it; nobody could tell what was written.
            return [self.read(names, path, value, element)]
        items = self._convert(path, value, {"type": "list"})
        if items is None:
            return None
        return [self.read(names, (*path, index), item, element) for index, item in enumerate(items)]

    def _read_suboptions(
        self, names: tuple[str, ...], path: tuple[t.Any, ...], value: Mapping[str, t.Any], spec: Mapping[str, t.Any]
    ) -> dict[str, t.Any]:
        """Suboptions that are null are left out: to pass them on would be to give them."""
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

    def _read_entry(self, names: tuple[str, ...], path: tuple[t.Any, ...], key: t.Any, value: t.Any) -> t.Any:
        """One value of a mapping whose keys are the user's own."""
        if not isinstance(key, str):
            self._note((*path, str(key)), "has a name that YAML has not read as a text; put it in quotes")
            return None
        if isinstance(value, Mapping) and self._matches((*names, key), self.form.mappings):
            return {inner: self._read_entry((*names, key), (*path, key), inner, item) for inner, item in value.items()}
        return self._read_text((*names, key), (*path, key), value)

    def _read_raw(self, names: tuple[str, ...], path: tuple[t.Any, ...], value: t.Any) -> t.Any:
        """What the delegate takes in several types: each word in it is a text, whatever it is part of."""
        if isinstance(value, (list, tuple)):
            return [self._read_text(names, (*path, index), item) for index, item in enumerate(value)]
        if isinstance(value, Mapping):
            return {key: self._read_entry(names, path, key, item) for key, item in value.items()}
        return self._read_text(names, path, value)

    def _read_text(self, names: tuple[str, ...], path: tuple[t.Any, ...], value: t.Any) -> t.Any:
        """The text, or a number or a switch where the form says that the engine's own texts are such."""
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            is_allowed = self._matches(names, self.form.switches)
        else:
            is_allowed = isinstance(value, int) and self._matches(names, self.form.numbers)
        if not is_allowed:
            self._note(path, not_a_text(value))
        return value if isinstance(value, bool) or not is_allowed else str(value)

    @staticmethod
    def _matches(names: tuple[str, ...], patterns: t.Iterable[str]) -> bool:
        """Whether a pattern matches the option and none that begins with ``!`` does."""
        name = ".".join(names)
        if any(fnmatch.fnmatchcase(name, pattern[1:]) for pattern in patterns if pattern.startswith("!")):
            return False
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)

    def _convert(self, path: tuple[t.Any, ...], value: t.Any, option: Mapping[str, t.Any]) -> t.Any:
        """As the delegate would convert it; None, and a note, where it would not."""
        name = str(path[-1])
        plain = {key: option[key] for key in _TYPE_KEYS if key in option}
        result = ArgumentSpecValidator({name: plain}).validate({name: value})
        if not result.error_messages:
            return result.validated_parameters[name]
        self._note(path, _not_taken(self.form, option))
        return None


def _describe_type(option: Mapping[str, t.Any]) -> str:
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
    argument = {key: option[key] for key in (*_TYPE_KEYS, "aliases", "required") if key in option}
    if option.get("suboptions"):
        argument["options"] = {name: _as_argument(inner) for name, inner in option["suboptions"].items()}
    return argument
