# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private Incus server: as LXD's, whose fork it is. Its package is not installed, so that it is in nobody's way."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import _common, lxd, packages

PROGRAM = "usr/libexec/incus/incusd"
# Debian 12 itself has none; later releases do.
SUITE = {"bookworm": "bookworm-backports"}


@dataclass(frozen=True)
class Engine(lxd.Engine):
    """A running Incus server."""

    kind: str = "incus"

    def _shut_down(self) -> None:
        """End it; of its instances none is left by now."""
        self.process.end(timeout=10)


def start(directory: str | Path) -> Engine:
    """Start an Incus that keeps everything in ``directory``, furnished as LXD is."""
    _common.need_root("Incus")
    program, environment = _program()
    environment["INCUS_DIR"] = str(Path(directory).resolve() / "lxd")
    engine = lxd.furnish(lxd.launch(directory, program, environment))
    return Engine(engine.directory, engine.socket, engine.bridge, engine.network, engine.process)


def _program() -> tuple[str, dict[str, str]]:
    """An incusd and what its environment must be: the machine's, else the package's."""
    own = shutil.which("incusd", path="/usr/libexec/incus:/opt/incus/bin")
    if own:
        return own, {}
    root = packages.unpacked("incus-base", SUITE.get(packages.codename()))
    programs, libraries = packages.paths(root)
    return f"{root}/{PROGRAM}", {"LD_LIBRARY_PATH": libraries, "PATH": f"{os.environ['PATH']}:{programs}"}
