# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Prepare a home directory for ``ansible-test``: ``python tests/sanity_home.py DIRECTORY``.

It lets ansible-test make its virtual environments wherever pip itself works: behind a proxy or a company's certificate,
and with an index of packages as the only thing that can be reached.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import ansible_test

# ansible-test fetches the installer of pip from a web page of its own. This stands in for it: the pip that comes with
# Python, then the one asked for. In a process of its own, since ensurepip makes its own deaf to all settings of pip.
GET_PIP = """
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip"])
wanted = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *wanted]))
"""

# ansible-test hands hardly any variable on, so what pip takes from the environment has to be in its file.
VARIABLES = {
    "cert": ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    "proxy": ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"),
}


def versions_of_pip() -> set[str]:
    """The versions of pip that the installed ansible-test may ask for."""
    source = Path(next(iter(ansible_test.__path__))) / "_internal" / "python_requirements.py"
    return set(re.findall(r"\bpip='([0-9.]+)'", source.read_text(encoding="utf-8")))


def settings_of_pip() -> dict[str, dict[str, str]]:
    """All that pip would go by here, by section; a variable goes before a file."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True)
    settings: dict[str, dict[str, str]] = {"global": {}}
    for line in listed.stdout.splitlines():  # variables are listed first
        key, _equals, value = line.partition("=")
        section, _dot, name = key.rpartition(".")
        settings.setdefault(section.replace(":env:", "global"), {}).setdefault(name, ast.literal_eval(value))
    for name, variables in VARIABLES.items():
        for variable in variables:
            if os.environ.get(variable):
                settings["global"].setdefault(name, os.environ[variable])
    return settings


def main(home: Path) -> None:
    """Write the stand-ins and the settings."""
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in versions_of_pip():
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(GET_PIP, encoding="utf-8")

    lines = []
    for section, values in settings_of_pip().items():
        lines.append(f"[{section}]")
        lines.extend(f"{name} = {value}".replace("\n", "\n    ") for name, value in values.items())
    file = home / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)  # an index may want a password
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
