# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images: which a container is made from, by which names they go, and which names can move."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping

from ...model import Facts, Image, Process, Requirements, Sought
from ..common import Source, image_named

_ID = re.compile(r"(sha256:)?[0-9a-f]{12,64}")


def image_source(requirements: Requirements, options: Mapping[str, t.Any], facts: Facts) -> Source:
    """The image the user names; Docker has no other way to know what is in one. A missing one is pulled."""
    names = [process.image for process in requirements.processes if process.image] or [options.get("image")]
    if not all(names):
        return Source()
    images = [image_named(facts, *image_reference(name)) for name in names]
    missing = [name for name, image in zip(names, images, strict=True) if image is None]
    if missing:
        return Source(wanted=missing[0], fetched=options.get("pull") not in ("never", False))
    return Source(image=_foreign_image(images, facts) or images[0], wanted=names[0])


def _foreign_image(images: list[Image], facts: Facts) -> Image | None:
    """Of several the one that is made for another processor: it decides whether all can run."""
    known = facts.architectures or ()
    return next((image for image in images if known and image.architecture and image.architecture not in known), None)


def image_reference(name: str) -> tuple[str, ...]:
    """The names an image may be listed by: Docker adds ``latest``, and leaves out its own registry."""
    last = name.rsplit("/", 1)[-1]
    full = name if ":" in last or "@" in last else f"{name}:latest"
    bare = full.removeprefix("docker.io/").removeprefix("library/")
    return tuple(dict.fromkeys((name, full, bare)))


def sought_content(requirements: Requirements, options: Mapping[str, t.Any]) -> Sought:
    """What the registries have by the names of images that are always to be pulled, and what is in the env_file."""
    images = _images_of(requirements, options) if pulls_always(options) else ()
    return Sought(
        images=tuple(name for name in images if may_move(name)),
        files=(options["env_file"],) if options.get("env_file") else (),
    )


def pulls_always(options: Mapping[str, t.Any]) -> bool:
    """Whether the registry is to be asked each time."""
    return options.get("pull") in ("always", True)


def may_move(image: str | None) -> bool:
    """Whether an image's name can stand for another one tomorrow: neither an id nor a digest does."""
    return bool(image) and "@" not in image and not _ID.fullmatch(image)


def _images_of(requirements: Requirements, options: Mapping[str, t.Any]) -> tuple[str, ...]:
    """The names of the images of all containers, each once."""
    processes: tuple[Process | None, ...] = requirements.processes or (None,)
    named = [(process.image if process else None) or options.get("image") for process in processes]
    return tuple(dict.fromkeys(str(name) for name in named if name))
