# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks all targets what there is of services, and checks that this is a ground to decide on."""

from __future__ import annotations

from ansible.utils.display import Display

from .._core.candidates import host_paths, image_names, members_of
from .._core.forms import FORMS
from .._core.model import Service, Sought, Target
from .._core.wording import quoted
from .decisions import DecisionOptions
from .discovery import discover_all
from .errors import ControllerError
from .hosts import Host
from .locations import check_one_place

display = Display()


class SurveyError(ControllerError):
    """No target that a service may go to can be used; the text says of each why."""


def survey(
    hosts: list[Host], services: list[Service], options: DecisionOptions, *, timeout: float, ttl: float
) -> dict[str, list[Target]]:
    """
    By the name of each service all targets, with what is on them of it; each target is asked once for its facts.

    ``timeout`` are the seconds in which a target is to answer, ``ttl`` those for which its facts hold. Raises
    SurveyError and LocationError.
    """
    names = [service.name for service in services]
    sought = {} if options.state == "absent" else _sought(services)
    images, paths = image_names(services), host_paths(services)
    targets = discover_all(hosts, names, timeout, images, paths, ttl=ttl, sought=sought)
    for service in services:
        _check_any_usable(service, targets[service.name])
        _warn_of_doubtful_marks(service, targets[service.name])
        check_one_place(service, targets[service.name], may_move=options.may_move)
    return targets


def _check_any_usable(service: Service, targets: list[Target]) -> None:
    eligible = [target for target in targets if target.eligible]
    if all(target.trouble for target in eligible):
        reasons = "; ".join(f"{target.name}: {_trouble_of(target)}" for target in eligible)
        raise SurveyError(f"None of the targets can be used for service '{service.name}'. {reasons}.")


def _trouble_of(target: Target) -> str:
    return f"{target.trouble} ({target.remedy})" if target.remedy else str(target.trouble)


def _warn_of_doubtful_marks(service: Service, targets: list[Target]) -> None:
    """Warn of what has the service's mark, and is not believed to be of it."""
    for target in targets:
        members, others = members_of(service.name, target.instances)
        doubts: dict[str, list[str]] = {}
        for instance in others if members else ():
            doubts.setdefault("it is not a part of the service", []).append(instance.name)
        for instance in target.instances:
            if instance.claims == service.name:
                doubts.setdefault(str(instance.doubt), []).append(instance.name)
        for doubt, names in doubts.items():
            display.warning(
                f"On '{target.name}' the mark of service '{service.name}' is on {quoted(names)} and is not believed: "
                f"{doubt}. It is left alone."
            )


def _sought(services: list[Service]) -> dict[str, Sought]:
    """By kind of target the names in the options of its form whose content is to be found out."""
    by_kind: dict[str, Sought] = {}
    for form in FORMS.values():
        each = [form.sought(service.requirements, service.made_as.get(form.name) or {}) for service in services]
        images = dict.fromkeys(name for sought in each for name in sought.images)
        files = dict.fromkeys(name for sought in each for name in sought.files)
        if images or files:
            by_kind[form.kind] = Sought(images=tuple(images), files=tuple(files))
    return by_kind
