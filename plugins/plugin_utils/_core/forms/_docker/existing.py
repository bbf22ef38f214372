# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a container that exists: its run, its log, and what goes and stays when it is made anew."""

from __future__ import annotations

import re

from .....module_utils._shared.masks import MASK
from ...model import Instance, Part, Run
from ..common import masked
from .inspection import at

_MIN_SECRET = 4
"""Characters from which on a variable's value can be a secret, and is not just part of any text."""

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")


def exit_reason(instances: tuple[Instance, ...]) -> str | None:
    """A container that has ended is not started again, unless its policy says so: then it is restarting."""
    for instance in instances:
        state = instance.config.get("State") or {}
        if state.get("Status") == "exited":
            code = f"with exit code {state.get('ExitCode')}"
            return f"container '{instance.name}' ended as soon as it was started, {code}{log_tail(instance)}"
    return None


def log_tail(instance: Instance) -> str:
    """As masked as a command is, and without what it was given in variables: a program may well print that."""
    if not instance.log:
        return ""
    log = instance.log
    variables = at(instance.config, "Config.Env") or ()
    for value in sorted((str(item).partition("=")[2] for item in variables), key=len, reverse=True):
        log = log.replace(value, MASK) if len(value) >= _MIN_SECRET else log
    return f"; its last words: {masked(log, 'command')}"


def run_of(instance: Instance) -> Run:
    """When it was started, and how often its policy did that since."""
    state = instance.config.get("State") or {}
    return Run(
        started=state.get("StartedAt"),
        uptime=instance.uptime,
        restarts=int(instance.config.get("RestartCount") or 0),
        has_healthcheck=(state.get("Health") or {}).get("Status") not in (None, "", "none"),
    )


def named_volumes(instance: Instance) -> list[str]:
    """The volumes that outlive the container."""
    mounts = instance.config.get("Mounts") or ()
    names = [str(mount.get("Name")) for mount in mounts if mount.get("Type") == "volume"]
    return sorted(name for name in names if not _ANONYMOUS.fullmatch(name))


def kept_parts(instance: Instance) -> tuple[Part, ...]:
    """What a new container is given again: volumes that have a name, and directories of the host."""
    mounts = instance.config.get("Mounts") or ()
    binds = sorted(str(mount.get("Source")) for mount in mounts if mount.get("Type") == "bind")
    volumes = (Part(f"volume '{name}'") for name in named_volumes(instance))
    return (*volumes, *(Part(f"'{path}'", is_data=False) for path in binds))


def lost_parts(instance: Instance) -> tuple[Part, ...]:
    """A volume without a name stays on the engine, where nothing finds it any more."""
    mounts = instance.config.get("Mounts") or ()
    volumes = [
        mount for mount in mounts if mount.get("Type") == "volume" and _ANONYMOUS.fullmatch(str(mount.get("Name")))
    ]
    written = Part("what was written inside of it", is_data=False)
    return (written, *(Part(f"the volume of '{volume.get('Destination')}'") for volume in volumes))
