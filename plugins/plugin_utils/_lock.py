# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""One run at a time for each service on this controller: the hosts of a play are forks, and know nothing of others."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible import constants as C


@contextmanager
def only_run_for(service: str) -> Iterator[None]:
    """
    Wait until no other run on this controller is at work on the service.

    From before it is looked for until it is there, or two runs would each find nothing and make one. The
    kernel gives the lock back when a run is killed. Another controller knows nothing of it.
    """
    directory = Path(os.path.expanduser(C.config.get_config_value("ANSIBLE_HOME"))) / "rightscope" / "locks"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The file stays: to remove it would let a third run lock a new one beside who waits for this one.
    with (directory / f"{service}.lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
