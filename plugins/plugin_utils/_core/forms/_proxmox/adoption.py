# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VM that somebody else made becomes a service's: it gets a tag, and a line of its description."""

from __future__ import annotations

from .....module_utils._shared.proxmox import TAG
from ...model import Call, Instance, Plan, Service, Target
from ..common import MARKS, AdoptionError, masked
from .calls import MODULE, address_of
from .comparison import compare_settings
from .configuration import with_mark
from .existing import config_of, tags_of
from .permits import missing_permits


def adopt(service: Service, target: Target, instance: Instance) -> Plan:
    """
    The call that writes the mark. Raises AdoptionError where the API's user may not.
    """
    config = config_of(instance)
    # A mark that is not believed would be read in place of this one.
    lines = [line for line in str(config.get("description") or "").splitlines() if not line.strip().startswith(MARKS)]
    description = with_mark(service, target, int(instance.id), "\n".join(lines))
    wanted = compare_settings({"description": description, "tags": [*tags_of(instance), TAG]}, config)
    args = {**address_of(instance), **wanted.arguments, "state": "present", "update": True}
    calls = [Call(module=MODULE, does=f"mark VM {instance.id} as service '{service.name}'", args=args)]
    missing = missing_permits(target, calls, config)
    if missing:
        raise AdoptionError(f"To mark VM {instance.id}, {missing}.")
    return Plan(
        calls=tuple(calls),
        before={instance.name: masked(wanted.before)},
        after={instance.name: masked(wanted.after)},
        state=instance.state,
    )
