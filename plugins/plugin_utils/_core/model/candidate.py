# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node that offers one form, and what a service would be given there."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .facts import Content, Facts, Image
from .scales import nothing
from .service import Wish
from .target import Permissions

if t.TYPE_CHECKING:
    from ..forms.base import Form


@dataclass(frozen=True, kw_only=True)
class Permit:
    """
    What a call to a target's API takes: any of the ``privileges`` on any of the ``paths``.

    Without privileges only the administrator's own login will do. ``why`` is the call, or the setting it is for.
    """

    privileges: tuple[str, ...]
    paths: tuple[str, ...]
    why: str


@dataclass(frozen=True, kw_only=True)
class Grant:
    """
    A privilege that a form is given for a service.

    ``kind`` and ``value`` say what, such as capability and NET_ADMIN; ``level`` how far that goes, one of
    PRIVILEGES; ``why`` the need it is for, empty where the user wrote it under ``as``; ``wish`` that the need is
    optional, and comes true here.
    """

    kind: str
    value: str = ""
    level: str = "capabilities"
    why: str = ""
    wish: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.value}" if self.value else self.kind


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """
    A target's node offering one form.

    ``options`` is the user's ``as`` entry for it, None without one.
    ``image`` is what the service would be made from, ``image_wanted`` the user's name for it,
    ``fetches_image`` whether the engine would get a missing one by itself; ``other_images`` those that would do as
    well where nobody named one: the decision takes the first that fits. ``held`` is the memory in MiB
    that the service already has on this node and ``held_ports`` the host's ports, where it ``is_present``,
    ``kept_options`` those that it keeps while nobody names them, ``held_config`` what it is configured with there, in
    the engine's own words, and ``held_system`` the family of systems that it runs, where that is known.
    A ``recorded`` one is known from saved facts.
    ``content`` is what was found behind names in the options.
    ``agreed`` are the options of each instance, by its name, of which the delegate sees no difference where we do.
    ``permissions`` are those of the target's API, and ``permits`` tells what the plan for a candidate would take.
    ``grants`` are all that it is granted, and ``met`` the wishes that come true, each None until the decision has
    worked it out; the plan gives what the needs take.
    """

    target: str
    node: str
    form: Form
    facts: Facts
    labels: Mapping[str, str] = field(default_factory=nothing)
    options: Mapping[str, t.Any] | None = None
    image: Image | None = None
    image_wanted: str | None = None
    fetches_image: bool = False
    other_images: tuple[Image, ...] = ()
    storage: str | None = None
    stranger: str | None = None
    held: int = 0
    held_ports: frozenset[str] = frozenset()
    kept_options: Mapping[str, t.Any] = field(default_factory=nothing, repr=False)
    held_config: Mapping[str, t.Any] = field(default_factory=nothing, repr=False)
    is_present: bool = False
    held_system: str | None = None
    recorded: bool = False
    agreed: Mapping[str, frozenset[str]] = field(default_factory=nothing)
    permissions: Permissions | None = None
    permits: Callable[[Candidate], tuple[Permit, ...]] | None = field(default=None, repr=False, compare=False)
    content: Content = Content()
    grants: tuple[Grant, ...] | None = None
    met: tuple[Wish, ...] | None = None
    trouble: str | None = None
    remedy: str | None = None

    @property
    def place(self) -> str:
        """The candidate's name in sentences: the target, and its node where that is another name."""
        return self.target if self.node in ("", self.target) else f"{self.target}/{self.node}"

    @property
    def shares_kernel(self) -> bool | None:
        """Whether the service would run on the node's own kernel; None where nobody knows what runs the form."""
        return self.form.shares_kernel

    @property
    def title(self) -> str:
        """The form in a sentence."""
        return self.form.title

    @property
    def scope(self) -> str:
        """How much of a computer the form takes."""
        return self.form.scope

    @property
    def image_name(self) -> str:
        """The image or template by its first name, in quotes."""
        if self.image is None:
            return "its template" if self.scope == "machine" else "its image"
        return f"'{self.image.names[0] if self.image.names else self.image.id}'"
