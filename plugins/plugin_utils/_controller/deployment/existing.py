# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that exist already and are not decided on: one that is adopted, one that is removed."""

from __future__ import annotations

import typing as t

from ansible.utils.display import Display

from ..._core.forms import FORMS, AdoptionError
from ..._core.model import Instance, Target
from ..errors import ProvisioningError
from ..locations import strangers_on
from ..provisioning.adoption import adopt
from ..provisioning.removal import remove
from .checks import check_not_recorded
from .deployment import Deployment

display = Display()


def adopt_existing(deployment: Deployment) -> dict[str, t.Any]:
    """Take over the one thing that has the service's name and belongs to nobody."""
    name = deployment.service.name
    target, instance = _only_adoptable(deployment)
    check_not_recorded(deployment, target.name, {})
    try:
        result = adopt(deployment.job(instance.state), deployment.engines[target.name], target, instance)
    except AdoptionError as error:
        raise ProvisioningError(str(error)) from None
    title, verb = FORMS[instance.form].title, "would be" if deployment.check_mode else "is"
    result["explanation"] = (
        f"{title[0].upper()}{title[1:]} '{instance.name}' on '{target.name}' {verb} service '{name}' now, as it was; "
        "what differs from the needs is for the next run, in check mode first."
    )
    return result


def _only_adoptable(deployment: Deployment) -> tuple[Target, Instance]:
    name = deployment.service.name
    eligible = [target for target in deployment.targets if target.eligible]
    adoptable = [
        (target, instance) for target in eligible for instance in target.instances if _may_be_adopted(instance, name)
    ]
    if len(adoptable) != 1:
        places = ", ".join(f"'{target.name}' ({instance.form})" for target, instance in adoptable)
        count = f"{len(adoptable)} things have" if adoptable else "nothing has"
        which = f", on {places}; name one target in 'targets'" if adoptable else ""
        raise ProvisioningError(f"Nothing was taken over: {count} the name '{name}' and no mark{which}.")
    return adoptable[0]


def _may_be_adopted(instance: Instance, name: str) -> bool:
    return instance.name == name and instance.service is None and instance.form in FORMS


def remove_existing(deployment: Deployment) -> dict[str, t.Any]:
    """Remove the service from the place that it has; a stranger of its name is left alone, with a warning."""
    name = deployment.service.name
    for where in strangers_on(deployment.service, deployment.targets):
        display.warning(f"Something on '{where}' has the name of service '{name}' but not its mark; it was left alone.")
    target, instances = deployment.location
    if target is None:
        return _nothing_to_remove(deployment)
    check_not_recorded(deployment, target.name, {})
    result = remove(deployment.job("absent"), deployment.engines[target.name], target, instances)
    verb = "would be removed" if deployment.check_mode else "was removed"
    result["explanation"] = f"Service '{name}' {verb} from '{target.name}'."
    return result


def _nothing_to_remove(deployment: Deployment) -> dict[str, t.Any]:
    answered = sum(not target.trouble for target in deployment.targets)
    which = "targets" if answered == len(deployment.targets) else "targets that answered"
    explanation = f"Service '{deployment.service.name}' is on none of the {answered} {which}."
    return {"changed": False, "failed": False, "placement": None, "calls": [], "explanation": explanation}
