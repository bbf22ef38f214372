# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
The options under ``as``, read as the delegate itself would read them, before anything is asked or made.

The installed delegate's own documentation says which there are and of what type, so this is right for
whichever release is installed. No message ever holds a value.
"""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.loader import fragment_loader, module_loader
from ansible.utils import plugin_docs

from ..module_utils._discovery import connection_options
from ._forms import OptionError
from ._words import did_you_mean

_KEPT = ("type", "elements", "choices")
_WORDS = {
    "bool": "true or false",
    "dict": "a mapping",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
}
Wrong = tuple[str, str]


def read_options(form: t.Any, options: Mapping[str, t.Any]) -> tuple[dict[str, t.Any], list[Wrong]]:
    """
    (the options by their first names and in the delegate's types, [(option, what is wrong with it)]).

    What a form compares is tried out here on nothing, so a value that it cannot read is found before the work.
    """
    spec, aliases = _specification(form.MODULE)
    connection = connection_options(form.KIND)
    read: dict[str, t.Any] = {}
    wrong: list[Wrong] = []
    for option, value in options.items():
        name = aliases.get(option, option)
        if name in form.RESERVED:
            wrong.append((option, "is set by the collection itself and cannot be given"))
        elif name in connection:
            wrong.append((option, "is a connection option, and belongs into the target's 'rightscope_options'"))
        elif spec and name not in spec:
            hint = did_you_mean(option, [*spec, *aliases])
            wrong.append((option, f"is no option of {form.MODULE}{f'; {hint}' if hint else ''}"))
        elif value is not None:
            try:
                read[name] = _converted(name, value, spec.get(name, {}))
                form.check(name, read[name])
            except OptionError as error:
                wrong.append((option, str(error)))
            except (ValueError, TypeError, KeyError, AttributeError):
                wrong.append((option, f"is not what {form.MODULE} takes: {_expected(spec.get(name, {}))}"))
    return read, wrong


def _converted(name: str, value: t.Any, option: Mapping[str, t.Any]) -> t.Any:
    if not option:
        return value
    result = ArgumentSpecValidator({name: dict(option)}).validate({name: value})
    if result.error_messages:
        raise ValueError(name)
    return _without_nothing(result.validated_parameters[name])


def _without_nothing(value: t.Any) -> t.Any:
    """Suboptions that were not given come back as None, and to pass them on would be to give them."""
    if isinstance(value, Mapping):
        return {key: _without_nothing(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nothing(item) for item in value]
    return value


def _expected(option: Mapping[str, t.Any]) -> str:
    if option.get("choices"):
        return f"one of {', '.join(map(str, option['choices']))}"
    kind = {
        "dict": "a mapping",
        "list": "a list",
        "int": "a whole number",
        "bool": "true or false",
        "float": "a number",
    }
    return kind.get(option.get("type", "str"), "a text of the form in its documentation")


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
    argument = {key: option[key] for key in _KEPT if key in option}
    if option.get("suboptions"):
        argument["options"] = {name: _as_argument(inner) for name, inner in option["suboptions"].items()}
    return argument
