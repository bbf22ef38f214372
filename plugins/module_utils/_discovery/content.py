# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What is behind the names in a service's options, on the machine where its delegate runs.

An answer is a mapping: ``digest``, or ``trouble``, half a sentence that says why there is none. Content never travels.
"""

from __future__ import annotations

import hashlib
import json

from .options import to_path


def digests_of_files(paths):
    """For each path of a file with variables of the environment its answer."""
    return {path: _digest_of_variables(path) for path in paths}


def _digest_of_variables(path):
    """The digest of what a program gets from it: blanks, comments and the order of the lines are nothing to it."""
    try:
        with open(to_path(path), encoding="utf-8") as stream:
            lines = stream.read().splitlines()
    except UnicodeDecodeError:
        return {"trouble": "it is not a text in UTF-8"}
    except OSError as exc:
        return {"trouble": (exc.strerror or "it cannot be read").lower()}
    variables = {}
    for number, line in enumerate(lines, 1):
        if line.startswith("#") or not line.strip():
            continue
        name, sign, value = line.strip().partition("=")
        if not sign:
            # As the delegate reads it, which would show the line.
            return {"trouble": f"its line {number} is no NAME=VALUE"}
        variables[name] = value
    text = json.dumps(sorted(variables.items()))
    return {"digest": hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()}
