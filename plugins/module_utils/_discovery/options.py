# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection options: what a user or the environment wrote, checked and of the right type."""

from __future__ import annotations

import os
import typing as t

from .errors import DiscoveryError, nearest

_BOOLEANS = {"yes": True, "on": True, "true": True, "1": True, "no": False, "off": False, "false": False, "0": False}


def to_bool(value):
    """A YAML or environment truth value. Raises KeyError for anything else."""
    return value if isinstance(value, bool) else _BOOLEANS[str(value).strip().lower()]


def to_path(value):
    """A path of the node this runs on, with ``~`` and variables."""
    return os.path.expanduser(os.path.expandvars(str(value)))


def to_file(value):
    """A path that must be a file. Raises FileNotFoundError."""
    path = to_path(value)
    if not os.path.isfile(path):
        raise FileNotFoundError(path)
    return path


class Option(t.NamedTuple):
    """
    A connection option: how it is read, the environment variable that the delegate falls back to, a default.

    ``secret`` says that nobody may be shown its value. ``for_delegate`` is false for one that the delegate does not
    have, or must not be given; ``variable`` is the variable of the delegate's environment that takes its place.
    """

    convert: t.Callable[[t.Any], t.Any] = str
    env: str | None = None
    default: t.Any = None
    required: bool = False
    secret: bool = False
    for_delegate: bool = True
    variable: str | None = None

    def argument(self):
        """As an argument of a module."""
        return {"type": _ARGUMENT_TYPES[self.convert], "no_log": self.secret}


_ARGUMENT_TYPES = {str: "str", int: "int", float: "float", to_bool: "bool", to_file: "path"}
_IN_WORDS = {int: "a whole number", float: "a number", to_bool: "true or false"}


def read_options(kind, known, given):
    """All ``known`` options as a dict, None where unset. Raises DiscoveryError; never shows a value but a path."""
    for name in given:
        if name not in known:
            raise DiscoveryError(
                f"'{name}' is not a connection option of a {kind} target{nearest(str(name), known)}",
                f"The options are {', '.join(sorted(known))}.",
            )
    return {name: _read_option(kind, name, option, given.get(name)) for name, option in known.items()}


def _read_option(kind, name, option, value):
    if value is None and option.env:
        value = os.environ.get(option.env) or None
    if value is None and option.required:
        hint = f", or the environment variable {option.env}" if option.env else ""
        raise DiscoveryError(f"A {kind} target needs the connection option '{name}'.", f"Set {name}{hint}.")
    if value is None:
        return option.default
    try:
        return option.convert(value)
    except FileNotFoundError as exc:
        raise DiscoveryError(
            f"The option '{name}' names the file {exc}, which does not exist.",
            "Check the path: it is one of the machine that the target is asked from.",
        ) from None
    except (KeyError, TypeError, ValueError):
        wanted = _IN_WORDS.get(option.convert, "something else")
        raise DiscoveryError(f"The option '{name}' is not {wanted}.", f"Set {name} to {wanted}.") from None


def need_scheme(name, url, schemes):
    """Raises DiscoveryError unless the option ``name`` holds a URL of one of the ``schemes``."""
    if not url.startswith(schemes):
        raise DiscoveryError(
            f"The option '{name}' is not an address that can be used: '{url}'.",
            f"Let it start with {', '.join(schemes)}.",
        )
