# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What of a container differs from what it shall be, as far as the user wants it to be compared.

The delegate recreates a container for nearly every difference, a stranger's too, so the difference is computed here
first, from what the engine says of the container.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ...model import Candidate, Instance
from ..common import differences, image_named
from .acts import BEHAVIOUR, IGNORE, MORE, STRICT, is_within, items_beside_image, way_to_compare
from .containers import GIVEN_MARK, OPTIONS_MARK, OWN_MARKS, Container
from .digests import OTHER, compare_option
from .images import image_reference, may_move, pulls_always
from .inspection import at, labels
from .leftovers import LEFT, find_withdrawn
from .options import COMPARED

Sides = tuple[dict[str, t.Any], dict[str, t.Any]]
"""(before, after)"""

SUBSETS = ("env", "labels", "networks", "sysctls")
"""Options in which a container may have more than was asked for: what was taken away we see by the marks."""

IMAGE_DIGEST = "image_digest"
"""What a difference is called that is the registry's: the name of no option, for no delegate sees it without a pull."""

_MARKS_OF_OPTIONS = (OPTIONS_MARK, GIVEN_MARK)
_SAME_AS = {"published_ports": "ports", "cpus": "cpu_quota", "cpu_quota": "cpus", "cpu_period": "cpus"}


def compare(container: Container, instance: Instance, candidate: Candidate) -> Sides:
    """What differs, less what the user does not want to be compared, and with what is compared on demand."""
    before, after = _differences(container, instance)
    for name in list(after):
        how = way_to_compare(container.options, name)
        is_ignored = how == IGNORE and _is_as_needed(container, name, instance)
        if is_ignored or (how == MORE and (after[name] is None or is_within(after[name], before[name]))):
            del before[name], after[name]
    if _is_same_image(container, instance, candidate):
        before.pop("image", None)
        after.pop("image", None)
    for name in SUBSETS:
        if way_to_compare(container.options, name) == STRICT and container.options.get(name) is not None:
            _add_surplus(container, name, instance, before, after)
    wanted_timeout = container.options.get("stop_timeout")
    if way_to_compare(container.options, "stop_timeout") == STRICT and wanted_timeout is not None:
        present = at(instance.config, "Config.StopTimeout")
        if present != wanted_timeout:
            before["stop_timeout"], after["stop_timeout"] = present, wanted_timeout
    newer_before, newer_after = _newer_image(container, instance, candidate)
    return before | newer_before, after | newer_after


def _is_as_needed(container: Container, name: str, instance: Instance) -> bool:
    """Whether what needs come to is there: to leave an option out of its comparison takes back no need."""
    if name not in container.needed or name not in COMPARED:
        return True
    return is_within(*COMPARED[name](container.needed[name], instance.config, container.options))


def _is_same_image(container: Container, instance: Instance, candidate: Candidate) -> bool:
    """Whether the names differ alone, and that is to be ignored."""
    if container.options.get("image_name_mismatch") != "ignore":
        return False
    image = image_named(candidate.facts, *image_reference(str(container.options.get("image"))))
    return image is not None and image.id == instance.config.get("Image")


def _add_surplus(
    container: Container, name: str, instance: Instance, before: dict[str, t.Any], after: dict[str, t.Any]
) -> None:
    """What the container has beside what is wanted."""
    wanted, _present = COMPARED[name](container.options[name], instance.config, container.options)
    surplus = {
        key: item
        for key, item in items_beside_image(name, instance.config).items()
        if key not in wanted and key not in OWN_MARKS
    }
    if surplus:
        before[name] = {**(before.get(name) or {}), **surplus}
        after.setdefault(name, {})


# --- whether the registry has a newer one -----------------------------------------------------------


def asks_registry(container: Container) -> bool:
    """Whether what the registry has by the image's name now makes a difference."""
    options = container.options
    return pulls_always(options) and may_move(options.get("image")) and way_to_compare(options, "image") != IGNORE


def _newer_image(container: Container, instance: Instance, candidate: Candidate) -> Sides:
    """What the registry has by the image's name now, where that is not what the engine has by it."""
    digest = candidate.content.images.get(container.options["image"]) if asks_registry(container) else None
    present = [str(name).rpartition("@")[2] for name in instance.config.get("_image_digests") or ()]
    if digest is None or digest in present:
        return {}, {}
    return {IMAGE_DIGEST: ", ".join(sorted(present)) or None}, {IMAGE_DIGEST: digest}


# --- option by option -------------------------------------------------------------------------------


def _differences(container: Container, instance: Instance) -> Sides:
    """
    What differs: (before, after), each by option.

    Our marks of the options follow from the rest. They alone are no difference: an earlier release may have made them.
    """
    wanted: dict[str, t.Any] = {}
    present: dict[str, t.Any] = {}
    config = {**instance.config, "_counts_swap": container.counts_swap}
    marks = labels(instance.config)
    old_digests = _digests_by_name(marks.get(OPTIONS_MARK, ""))
    new_digests = _digests_by_name(container.options["labels"][OPTIONS_MARK])
    given = marks.get(GIVEN_MARK, "").split()
    options = {name: value for name, value in container.options.items() if value is not None}
    options["labels"] = {key: value for key, value in options["labels"].items() if key not in _MARKS_OF_OPTIONS}
    for name, value in options.items():
        if name not in BEHAVIOUR:
            digests = {"old_digest": old_digests.get(name), "new_digest": new_digests.get(name)}
            wanted[name], present[name] = compare_option(name, value, config, options, **digests, given=given)
    for name in LEFT:
        if name not in options and not _is_said_otherwise(name, options):
            left = LEFT[name](config)
            if left is not None:
                wanted[name], present[name] = None, left
    withdrawn, items = find_withdrawn(given, old_digests, container.options, config)
    for name, value in withdrawn.items():
        wanted[name], present[name] = None, value
    for name, left in items.items():
        if present.get(name) == OTHER:
            # It differs as a whole, and more is not known.
            continue
        current = present.get(name) or {}
        wanted.setdefault(name, {})
        present[name] = sorted([*current, *left]) if isinstance(current, list) else {**current, **left}
    return _without_marks(*differences(wanted, present))


def _digests_by_name(mark: str) -> dict[str, str]:
    return dict(item.partition("=")[::2] for item in mark.split() if "=" in item)


def _without_marks(before: dict[str, t.Any], after: dict[str, t.Any]) -> Sides:
    """Our marks follow from the rest: they are shown where nothing else differs."""
    labels_before, labels_after = (
        {key: value for key, value in side["labels"].items() if key not in OWN_MARKS} if "labels" in side else {}
        for side in (before, after)
    )
    if labels_before != labels_after:
        return {**before, "labels": labels_before}, {**after, "labels": labels_after}
    if len(after) > 1:
        before.pop("labels", None)
        after.pop("labels", None)
    return before, after


def _is_said_otherwise(name: str, options: Mapping[str, t.Any]) -> bool:
    """Whether another option, given in its place, accounts for what is there."""
    return options.get(_SAME_AS.get(name, "")) is not None
