# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
Whether the installed delegate knows the options under ``as``: said before anything is asked or made.

Asked from the delegate's own documentation, so it is right for whichever release is installed.
"""

from __future__ import annotations

import difflib
import functools
import typing as t
from collections.abc import Iterator, Mapping

from ansible.errors import AnsibleError
from ansible.plugins.loader import fragment_loader, module_loader
from ansible.utils import plugin_docs


def unknown_options(form: t.Any, options: Mapping[str, t.Any]) -> Iterator[tuple[str, str]]:
    """(option, what is wrong with it) for each that the delegate lacks, or that is not the user's to set."""
    for option in options:
        if option in form.RESERVED:
            yield option, "is set by the collection itself and cannot be given"
    # Reading a documentation takes longer than all the rest: only where an option is none of the usual ones.
    if set(options) <= form.USUAL | set(form.RESERVED):
        return
    known = _documented(form.MODULE)
    for option in options:
        if known and option not in known and option not in form.RESERVED:
            near = difflib.get_close_matches(str(option), known, n=1)
            yield option, f"is no option of {form.MODULE}{f'; did you mean {near[0]!r}?' if near else ''}"


@functools.cache
def _documented(module: str) -> frozenset[str]:
    """The options and aliases in a module's documentation; empty where it cannot be read."""
    context = module_loader.find_plugin_with_context(module)
    if not context.resolved:
        return frozenset()
    try:
        docs = plugin_docs.get_docstring(
            context.plugin_resolved_path,
            fragment_loader,
            collection_name=context.plugin_resolved_collection,
            plugin_type="module",
        )[0]
    except AnsibleError:
        return frozenset()
    options = (docs or {}).get("options") or {}
    return frozenset(options) | {alias for option in options.values() for alias in option.get("aliases") or ()}
