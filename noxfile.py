# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What runs this file without nox, such as pipx, installs these:
# /// script
# dependencies = ["nox>=2025.02.09", "antsibull-nox"]
# ///

"""
The tests as sessions of nox: each is the part of ``tests/run`` that bears its name, with what follows ``--``.

Only what ``tests/run`` does not do is done here: the pages of the docsite, and what antsibull-nox.toml asks for.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nox

try:
    import antsibull_nox
except ImportError:
    sys.exit("antsibull-nox is needed beside nox: pip install antsibull-nox")

ROOT = Path(__file__).resolve().parent
COLLECTION = "rightscope.deploy"

antsibull_nox.load_antsibull_nox_toml()


def _run(session: nox.Session, part: str) -> None:
    session.run("tests/run", part, *(["--", *session.posargs] if session.posargs else []), external=True)


@nox.session(python=False)
def lint(session: nox.Session) -> None:
    """Style, documentation, licences, tarball, import into Galaxy."""
    _run(session, "lint")


@nox.session(python=False)
def sanity(session: nox.Session) -> None:
    """The sanity tests of ansible-test, in the ansible-core that requirements.txt has for this Python."""
    _run(session, "sanity")


@nox.session(python=False)
def unit(session: nox.Session) -> None:
    """The unit tests: no root, no engine."""
    _run(session, "unit")


@nox.session(python=False, default=False)
def integration(session: nox.Session) -> None:
    """The tests against real engines, which take root on Debian."""
    _run(session, "integration")


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the pages of the docsite into .nox/docs/tmp/site/build/html; references take the network."""
    site = Path(session.create_tmp()).resolve() / "site"
    ours = site.parent / "collections" / "ansible_collections" / Path(*COLLECTION.split("."))
    ours.parent.mkdir(parents=True, exist_ok=True)
    ours.unlink(missing_ok=True)
    ours.symlink_to(ROOT, target_is_directory=True)
    site.mkdir(exist_ok=True)

    tools = (ROOT / "tests" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    (antsibull,) = (tool for tool in tools if tool.startswith("antsibull-docs=="))
    session.install("ansible-core", antsibull, "sphinx-ansible-theme==0.10.4")
    session.env.update(
        ANSIBLE_COLLECTIONS_PATH=str(ours.parents[2]), ANSIBLE_COLLECTIONS_SCAN_SYS_PATH="false", LC_ALL="C.UTF-8"
    )
    how = ("--use-current", "--squash-hierarchy", "--fail-on-error")
    session.run("antsibull-docs", "sphinx-init", *how, "--dest-dir", str(site), COLLECTION)
    session.run("bash", str(site / "build.sh"), external=True)


if __name__ == "__main__":
    nox.main()
