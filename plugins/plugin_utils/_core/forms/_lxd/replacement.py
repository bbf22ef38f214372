# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container that was made from another system than the one that is wanted is made anew."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ...model import Candidate, Instance, Part, Plan
from ..common import masked, picked, run_state
from .calls import creation, removal_calls
from .comparison import Sides
from .options import PLAIN


def is_of_another_system(instance: Instance, candidate: Candidate) -> bool:
    """
    Whether it was made from an image of another system, or of another version of it, than the one that is wanted.

    A newer build of the same is not another system: a system lives on, and updates itself.
    """
    image, wanted = instance.config.get("image") or {}, candidate.image
    if wanted is None or image.get("fingerprint") in (None, wanted.id):
        return False
    pairs = ((image.get("os"), wanted.os), (image.get("os_version"), wanted.os_version))
    return any(present and wants and present != wants for present, wants in pairs)


def plan_replacement(
    candidate: Candidate, instance: Instance, args: Mapping[str, t.Any], sides: Sides, state: str
) -> Plan:
    """Made anew from another image, with all that it is configured with; its root disk goes, its volumes stay."""
    present = instance.config.get("config") or {}
    config = {key: value for key, value in present.items() if not key.startswith(("volatile.", "image."))}
    config |= args["config"]
    args = {
        **args,
        "config": {key: value for key, value in config.items() if value != ""},
        **picked(instance.config, ("profiles",)),
        **picked(args, PLAIN),
    }
    end = run_state(state, instance.state)
    create, *others = creation(candidate, args, end)
    image = instance.config["image"]
    create = dataclasses.replace(
        create,
        does=f"replace LXC container '{instance.name}', of {_system(image)}, by one of "
        f"{_system(vars(candidate.image))}",
        action="replace",
        keeps=_volumes(instance),
        loses=(Part("its root disk"),),
    )
    before, after = {"image": image["fingerprint"], **sides[0]}, {"image": candidate.image.id, **sides[1]}
    if end != instance.state:
        before, after = {"state": instance.state, **before}, {"state": end, **after}
    return Plan(
        calls=(*removal_calls(instance), create, *others),
        before={instance.name: masked(before)},
        after={instance.name: masked(after)},
        state=end,
    )


def _volumes(instance: Instance) -> tuple[Part, ...]:
    return tuple(
        Part(f"volume {device['source']}")
        for device in (instance.config.get("devices") or {}).values()
        if device.get("type") == "disk" and device.get("pool") and device.get("source")
    )


def _system(image: Mapping[str, t.Any]) -> str:
    return " ".join(filter(None, (image.get("os"), image.get("os_version"))))
