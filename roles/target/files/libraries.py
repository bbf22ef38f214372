# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Whether this Python has the libraries that are named in its one argument, as JSON: ``{"docker": "5.0"}``.

It runs on managed nodes, with Python 3.9 or later and nothing else.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import os
import re
import sys
import sysconfig


def main() -> None:
    """Write what was found, as JSON."""
    wanted = json.loads(sys.argv[1])
    found = {
        "executable": sys.executable,
        # PEP 668: the distribution's own packages alone may change this Python.
        "externally_managed": sys.prefix == sys.base_prefix
        and os.path.exists(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")),
        "has_ensurepip": importlib.util.find_spec("ensurepip") is not None,
        "lacking": {name: why for name, why in ((name, lacks(name, wanted[name])) for name in wanted) if why},
    }
    json.dump(found, sys.stdout)


def lacks(name: str, minimum: str) -> str:
    """Why a library does not serve, or nothing. It is imported: files may be there and not fit together."""
    try:
        importlib.import_module(name)
        version = importlib.metadata.version(name)
    except ModuleNotFoundError as error:
        return "is not there" if error.name == name else f"cannot be imported ({error})"
    except Exception as error:
        return f"cannot be imported ({type(error).__name__}: {error})"
    return "" if numbers(version) >= numbers(minimum) else f"is there as {version}"


def numbers(version: str) -> list[int]:
    """The version as it compares: ``5.0.3.post1`` is [5, 0, 3]."""
    return [int(part) for part in re.match(r"\d+(\.\d+)*", version).group().split(".")]


if __name__ == "__main__":
    main()
