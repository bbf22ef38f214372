# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time for each service on this controller: the hosts of a play are forks, and know nothing of others."""

from __future__ import annotations

import fcntl
import os
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible import constants as C

from .errors import FileError


@contextmanager
def only_run_for(service: str) -> Iterator[None]:
    """
    Wait until no other run on this controller is at work on the service.

    To be held from before the service is looked for until it is ready: else two runs would each find nothing and make
    one. The kernel gives the lock back when a run is killed. Another controller knows nothing of it.
    """
    # The file stays: if it was removed, a third run would lock a new one while another still waits for this one.
    with locked_file("locks", f"{service}.lock"):
        yield


@contextmanager
def locked_file(*names: str) -> Iterator[t.TextIO]:
    """
    A file of ours in Ansible's directory on the controller, made where it is not there, for this run alone.

    It is its owner's alone, whatever the umask is: it tells which services there are, and where. Raises
    FileError where that directory cannot be written.
    """
    home = Path(os.path.expanduser(C.config.get_config_value("ANSIBLE_HOME")))
    path = Path(home, "rightscope", *names)
    with file_errors_of(path):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Of several directories mkdir gives its mode to the last one only.
        for directory in reversed([parent for parent in path.parents if home in parent.parents]):
            directory.mkdir(mode=0o700, exist_ok=True)
            _keep_to_owner(directory)
        # Not by way of a link: one that somebody else has put there would have another file written.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        _keep_to_owner(path)
        file = path.open("a+", encoding="utf-8")
    with file:
        with file_errors_of(path):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _keep_to_owner(path: Path) -> None:
    """Take from others what an earlier release, or another umask, has given them."""
    status = path.stat()
    if status.st_uid == os.geteuid() and status.st_mode & 0o077:
        path.chmod(status.st_mode & 0o700)


@contextmanager
def file_errors_of(path: Path) -> Iterator[None]:
    """Raise FileError for what goes wrong with the file."""
    try:
        yield
    except OSError as error:
        raise FileError(
            f"'{path}' on the controller cannot be written: {error.strerror}. Runs tell each other in it what they "
            "work on; make it writable for this user, or set ANSIBLE_HOME to a writable directory."
        ) from None
