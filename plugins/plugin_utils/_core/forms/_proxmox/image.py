# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a VM is made from: a template, or nothing."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ...knowledge.distributions import is_of_family
from ...model import Facts, Image, Requirements
from ..common import Source, image_named, source_of_system
from .drives import describes_disks, first_storage

_SYSTEMS = {"l": "linux", "s": "solaris", "w": "windows"}
"""Systems by the first letter of Proxmox VE's ``ostype``."""


def image_source(requirements: Requirements, options: Mapping[str, t.Any], facts: Facts) -> Source:
    """
    The template in ``clone``, by name or id; nothing where its disks are described; else one of the wanted system.

    Of a VM from nothing its ``ostype`` is all that is known of its system.
    """
    wanted = options.get("clone")
    if wanted:
        template = image_named(facts, str(wanted))
        described = _describe_by_type(requirements, options)
        if template is not None and described.os:
            # By the option it would be told that another system runs in it than is wanted.
            template = dataclasses.replace(template, names=described.names, os=described.os, os_version=None)
        return Source(image=template, wanted=str(wanted))
    if describes_disks(options):
        return Source(image=_describe_by_type(requirements, options), fetched=True)
    return source_of_system(requirements, facts)


def system_of(ostype: t.Any) -> str | None:
    """The family of systems that an ``ostype`` stands for; None for one that stands for none."""
    return _SYSTEMS.get(str(ostype or "-")[0])


def _describe_by_type(requirements: Requirements, options: Mapping[str, t.Any]) -> Image:
    """By ``ostype``: which system of its family is installed on it nobody knows before."""
    ostype = str(options.get("ostype") or "other")
    os = system_of(ostype)
    if os and is_of_family(requirements.os_family, os):
        os = None
    return Image(id="", names=(f"ostype {ostype}",), os=os, storage=first_storage(options))
