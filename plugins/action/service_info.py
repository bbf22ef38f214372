# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.utils.display import Display

from ansible_collections.rightscope.deploy.plugins.plugin_utils._arguments import DECISION
from ansible_collections.rightscope.deploy.plugins.plugin_utils._deploy import (
    DeployAction,
    decision_result,
    elsewhere,
    placement,
    present_on,
)

display = Display()


class ActionModule(DeployAction):
    """Say where a service would go and why, and where it is now. Changes nothing."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        del tmp  # It has no effect any more.

        args = self.arguments(DECISION)
        service = self.read_service(args)
        targets = self.discover(self.hosts(args, task_vars or {}), service, args)
        decision = self.decide(service, targets, args)
        target, instances = present_on(service, targets)
        other = elsewhere(service, targets)
        if other:
            display.warning(f"{other}; the decision is of those that it names.")

        result.update(decision_result(decision), changed=False, failed=False)
        result["placement"] = placement(service, target, instances) if target else None
        display.v(result["explanation"])
        return result
