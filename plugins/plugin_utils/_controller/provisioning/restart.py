# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings that wait for a restart, and the restart where the user allows it."""

from __future__ import annotations

import dataclasses

from ..._core.forms.common import STARTED
from ..._core.model import Instance, Plan
from .job import Job, Site

STARTING_ACTIONS = ("start", "restart", "replace")
"""The actions at which everything that waits takes effect."""


def settings_to_wait(site: Site, plan: Plan, instances: tuple[Instance, ...]) -> tuple[str, ...]:
    """The settings that will wait for a restart when the plan has run."""
    if not instances or plan.state != STARTED or any(call.action in STARTING_ACTIONS for call in plan.calls):
        return ()
    changes = {
        key: (plan.before.get(name, {}).get(key), value)
        for name, changed in plan.after.items()
        for key, value in changed.items()
    }
    return site.form.will_wait(instances, changes)


def waiting_settings(site: Site, plan: Plan, instances: tuple[Instance, ...]) -> tuple[str, ...]:
    """The settings that wait for a restart now."""
    return site.form.pending(instances) if plan.state == STARTED else ()


def add_restart(job: Job, site: Site, plan: Plan, instances: tuple[Instance, ...]) -> Plan:
    """The plan, with the restart at its end that its own changes take, where the user allows it."""
    waiting = settings_to_wait(site, plan, instances) if job.options.may_restart else ()
    if not waiting:
        return plan
    return dataclasses.replace(plan, calls=(*plan.calls, *site.form.restart(instances, waiting)))


def unforeseen_restart(job: Job, site: Site, plan: Plan, instances: tuple[Instance, ...]) -> Plan | None:
    """What is still to be called for settings that wait now and that the plan did not foresee; None for nothing."""
    waiting = waiting_settings(site, plan, instances) if job.options.may_restart else ()
    return dataclasses.replace(plan, calls=site.form.restart(instances, waiting)) if waiting else None
