# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What it would be made from, and what is there of its name already."""

from __future__ import annotations

from ...failures import not_now
from ...knowledge.distributions import is_of_family, is_version
from ...knowledge.windows import windows_build
from ...model import Candidate, Failure, Requirements

OTHER_IMAGE = "name another image or template"


def image(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """There must be something to make it from: an image or template that is there or can be fetched."""
    if candidate.image is not None or candidate.fetches_image:
        return None
    noun = candidate.form.image_noun
    if candidate.image_wanted:
        return not_now(f"it has no {noun} '{candidate.image_wanted}'", f"make the {noun} there, or name another")
    if candidate.form.image_is_named:
        return not_now(f"no {noun} is named for {candidate.title}", f"give 'as.{candidate.form.name}.{noun}'")
    system = " ".join(filter(None, (requirements.os_family, requirements.os_version)))
    return not_now(f"it has no {noun} of {system}", f"make one there, or name one under 'as.{candidate.form.name}'")


def os_version(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """An image whose system is known must be of the wanted family and release, and so must what is there already."""
    there = candidate.held_system
    if there and not (is_of_family(there, requirements.os_family) or is_of_family(requirements.os_family, there)):
        reason = f"the instance that is there runs {there}, {requirements.os_family} wanted"
        return not_now(reason, "give the service another name, or remove what is there first")
    found = candidate.image
    if found is None or found.os is None:
        return None
    wanted, version = requirements.os_family, requirements.os_version
    if not is_of_family(found.os, wanted):
        return not_now(f"{candidate.image_name} is {found.os}, {wanted} wanted", OTHER_IMAGE)
    if version and found.os_version and not _is_release(found.os_version, version):
        reason = f"{candidate.image_name} is {found.os} {found.os_version}, {version} wanted"
        return not_now(reason, OTHER_IMAGE)
    return None


def _is_release(found: str, wanted: str) -> bool:
    """A release of Windows has a name, a year and a build, which all say the same."""
    build = windows_build(wanted)
    return is_version(found, wanted) or (build is not None and build == windows_build(found))


def image_requirements(requirements: Requirements, candidate: Candidate) -> Failure | None:
    """
    The image's architecture must be one that the node runs. An LXD image can also require the old cgroup hierarchy.

    What it must be granted, nesting or a privileged container, is judged by ``max_privilege``.
    """
    found, facts = candidate.image, candidate.facts
    if found is None:
        return None
    wanted = requirements.architectures
    # Of an image that is made for none of the acceptable ones the rule of the architecture has spoken.
    foreign = found.architecture and facts.architectures and found.architecture not in facts.architectures
    if foreign and (not wanted or found.architecture in wanted):
        runs = " and ".join(facts.architectures)
        return not_now(f"{candidate.image_name} is made for {found.architecture}, it runs {runs}", OTHER_IMAGE)
    return candidate.form.image_refused(candidate)


def name_taken(_requirements: Requirements, candidate: Candidate) -> Failure | None:
    """The name must be free: an instance of this name that is not this service's is never touched."""
    if not candidate.stranger:
        return None
    reason = f"{candidate.stranger} there has this name and is not marked as this service's"
    remedy = "rename the service, or remove that instance by hand if nobody needs it"
    if candidate.form.is_adoptable and candidate.stranger.startswith(candidate.title):
        remedy = f"{remedy}; 'adopt: true' takes it over"
    return not_now(reason, remedy)
