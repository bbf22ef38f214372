# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong on the controller's side: one root, and what follows from an error as data."""

from __future__ import annotations

import enum
import typing as t
from collections.abc import Mapping


class ControllerError(Exception):
    """
    The root of all errors of this side. The text is for the user, and has no secrets.

    ``result`` are the keys that the task's result gets besides, such as ``changed``.
    """

    def __init__(self, message: str, result: Mapping[str, t.Any] | None = None) -> None:
        super().__init__(message)
        self.result = dict(result or {})


class EngineError(ControllerError):
    """
    An engine, or the module that calls it, failed or did not answer; the text is a sentence without its full stop.

    ``is_silent``: no answer came in time, so nobody knows what became of the call.
    ``is_claimed``: what the call was to create belongs to this run all the same, complete or not.
    ``next_id``: the id to use instead, where somebody else has taken the one of the call.
    """

    def __init__(
        self, message: str, *, is_silent: bool = False, is_claimed: bool = False, next_id: int | None = None
    ) -> None:
        super().__init__(message.rstrip("."))
        self.is_silent = is_silent
        self.is_claimed = is_claimed
        self.next_id = next_id


class Cause(enum.Enum):
    """Why an attempt to provision a candidate ended without success."""

    ENGINE = "an engine or a delegate failed, or did not answer"
    TIMEOUT = "it took longer than the user waits"
    EXIT = "what was started does not go on running"
    DIFFERENCE = "a difference stays that no further look would end"
    REFUSAL = "the user or the engine does not allow it"
    ID_TAKEN = "somebody else has taken the id meanwhile, and nothing was done yet"


class AttemptError(ControllerError):
    """
    One candidate could not be provisioned, for a ``cause``; the text is a sentence without its full stop.

    ``remains``: something of the service is on the candidate, or may be, so it must not be made anywhere else.
    ``changed``: something was changed there. ``next_id`` is the id to use instead of one that is taken.
    """

    def __init__(
        self, message: str, cause: Cause, *, remains: bool = False, changed: bool = False, next_id: int | None = None
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.remains = remains
        self.changed = changed
        self.next_id = next_id


class FileError(ControllerError):
    """A file on the controller cannot be read or written; the text is a sentence that names it."""


class ProvisioningError(ControllerError):
    """The service could not be brought into its state; the text is one sentence or more."""
