# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a container is made from."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ...model import Facts, Requirements
from ..common import Source, image_named, source_of_system


def image_source(requirements: Requirements, options: Mapping[str, t.Any], facts: Facts) -> Source:
    """The image in the user's ``source``, else one there of the wanted system. A server's image is fetched."""
    source = options.get("source")
    if not source:
        return source_of_system(requirements, facts)
    names = [str(source[key]) for key in ("alias", "fingerprint") if source.get(key)]
    if source.get("type", "image") != "image" or not names:
        return Source(fetched=True)
    return Source(image=image_named(facts, *names), wanted=names[0], fetched=bool(source.get("server")))
