# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What refuses that a container is removed."""

from __future__ import annotations

from ...knowledge.lxd_options import is_on
from ...model import Instance, Target
from .connection import exec_command

_PROTECTED = "security.protection.delete"
"""https://documentation.ubuntu.com/lxd/en/latest/reference/instance_options/#instance-security"""


def removal_refused(target: Target, instances: tuple[Instance, ...]) -> str | None:
    """A container that is protected, be it by a profile, is stopped and then not removed."""
    for instance in instances:
        if not is_on((instance.config.get("expanded_config") or {}).get(_PROTECTED)):
            continue
        if is_on((instance.config.get("config") or {}).get(_PROTECTED)):
            client = (exec_command(target, instance) or ["lxc"])[0].replace("env", "lxc")
            remedy = f"run '{client} config set {instance.name} {_PROTECTED}=false' first"
        else:
            remedy = f"take it out of its profiles first ({', '.join(instance.config.get('profiles') or ())})"
        return (
            f"LXC container '{instance.name}' is protected ({_PROTECTED}), so the server would not remove it; {remedy}"
        )
    return None
