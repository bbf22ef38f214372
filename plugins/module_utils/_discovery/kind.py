# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The seam of a kind of target: what a kind is as data, what it must answer, and what it may be able to do beside that.

A kind is a file in ``kinds/`` with a ``Kind`` of its own, and an entry in the table there. Nothing else knows its name.
The file is light: it imports its engine's library, and what speaks to the engine, only where it is asked.
"""

from __future__ import annotations

import abc
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .options import Option, read_options

CONTAINER = "container"
"""A probe that is a container: it reads the engine's kernel and is removed again."""

PROBES = (CONTAINER,)
"""Every way to look into the kernel of an engine that is reached by its API alone."""


@dataclass(frozen=True)
class Question:
    """
    What is asked of a target. A kind leaves out of its answer what it cannot know.

    ``service`` is the one whose instances are wanted; without it all instances that have a mark, in brief. ``target``
    is the name of a single node. ``images`` are names of images whose platform is wanted, ``pulled`` names of images
    whose registry is asked what it has by that name now, ``paths`` those of the host that are to be mounted. ``probe``
    is the name of the image of a probing container, ``""`` for any that will do; None where nothing is to be probed.
    ``timeout`` bounds each single call, in seconds.
    """

    service: str | None = None
    target: str = ""
    timeout: float = 10.0
    images: Sequence[str] = ()
    pulled: Sequence[str] = ()
    paths: Sequence[str] = ()
    probe: str | None = None


class Kind(abc.ABC):
    """
    A kind of target.

    Must have: ``name``, ``options``, ``connect``, ``discover`` and ``find``. All else has a default: "not here".
    """

    name: str
    """As ``rightscope_kind`` has it."""

    options: Mapping[str, Option]
    """The connection options: those of the delegate, under its names, and some of ours."""

    delegate_defaults: Mapping[str, t.Any] = {}
    """What the delegate is told of the connection where the user says nothing, and its own default is not ours."""

    is_numbered: bool = False
    """Whether the engine knows instances by numbers, beside which a name is no more than a word."""

    probes: tuple[str, ...] = ()
    """Those of ``PROBES`` that work here."""

    # --- what every kind must be able to do -------------------------------------------------------

    @abc.abstractmethod
    def connect(self, options: Mapping[str, t.Any], timeout: float) -> t.Any:
        """A connection to the engine, each call of which takes ``timeout`` seconds at most. Raises DiscoveryError."""

    @abc.abstractmethod
    def discover(self, options: Mapping[str, t.Any], question: Question) -> dict[str, t.Any]:
        """
        Everything of a target, as JSON: ``server``, ``nodes`` with their facts, ``instances``, and more of a kind.

        Raises DiscoveryError where the engine does not answer, or not so that it can be used.
        """

    @abc.abstractmethod
    def find(self, options: Mapping[str, t.Any], question: Question) -> list[dict[str, t.Any]]:
        """The instances alone, by as few calls as it takes; else as ``discover``."""

    # --- what some are able to do beside that -----------------------------------------------------

    def failed_task(
        self, options: Mapping[str, t.Any], call: Mapping[str, t.Any], since: float, timeout: float = 10.0
    ) -> str | None:
        """
        What the engine's own task of a delegate's call ended with, where it failed; None here: there are no tasks.

        ``call`` are the arguments of the call, ``since`` is when it began, in seconds since the epoch.
        """
        return None

    def discovered_options(self, answer: Mapping[str, t.Any]) -> dict[str, t.Any]:
        """
        The connection options that discovery found where the user gave none, and that the delegate would not find.

        ``answer`` is that of ``discover``, perhaps of another machine. Nothing here.
        """
        return {}

    # --- the connection options -------------------------------------------------------------------

    def read_options(self, options: Mapping[str, t.Any]) -> dict[str, t.Any]:
        """All options, with what the environment and the defaults say. Raises DiscoveryError for one that is wrong."""
        return read_options(self.name, self.options, options)

    def resolve_options(self, options: Mapping[str, t.Any]) -> dict[str, t.Any]:
        """
        The options with which a target is asked from here: the user's, whole paths, and what the environment adds.

        Those that are as they are anyway are left out. Raises DiscoveryError for one that cannot be used.
        """
        values = self.read_options(options)
        return {name: value for name, value in values.items() if value != self.options[name].default}

    def secrets(self, options: Mapping[str, t.Any]) -> list[str]:
        """The values among the options that may be shown to nobody."""
        return [str(options[name]) for name, option in self.options.items() if option.secret and options.get(name)]

    def module_arguments(self) -> dict[str, dict[str, t.Any]]:
        """The options as the argument spec of a module of ours."""
        return {name: option.argument() for name, option in self.options.items()}

    def delegate_connection(self, options: Mapping[str, t.Any]) -> tuple[dict[str, t.Any], dict[str, str]]:
        """(the delegate's connection arguments, the variables of its environment): it must agree with discovery."""
        given = {name: value for name, value in options.items() if value is not None}
        arguments = {name: value for name, value in given.items() if self.options[name].for_delegate}
        environment = {
            option.variable: str(given[name])
            for name, option in self.options.items()
            if option.variable and given.get(name)
        }
        return {**self.delegate_defaults, **arguments}, environment
