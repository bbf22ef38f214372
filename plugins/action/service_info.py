# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.action_base import (
    DeployAction,
    decision_result,
    elsewhere,
    plan_digest,
    present_on,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.arguments import INFO
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.atomic_file import write_text
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.placement import placement
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.explanation.report import report
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Decision, Service, Target

display = Display()

_REPORTS = {".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html"}


class ActionModule(DeployAction):
    """Say where services would go and why, and where they are now. Changes nothing but the report's file."""

    def act(self, task_vars: dict[str, t.Any], result: dict[str, t.Any]) -> dict[str, t.Any]:
        args = self.arguments(INFO)
        sort = self._report_sort(args["report"])
        services = self.read_services(args)
        found = self.discover_each(self.hosts(args, task_vars), services, args)
        decided = [(service, self.decide(service, found[service.name], args)) for service in services]

        told = [self._told(service, decision, found[service.name]) for service, decision in decided]
        result.update(changed=False, failed=False)
        if sort:
            result["changed"] = write_text(
                Path(args["report"]), report(decided, sort), dry_run=self._task.check_mode, fail=AnsibleActionFail
            )
        return result | (told[0] if args["services"] is None else _listed(told))

    def _report_sort(self, path: str | None) -> str | None:
        if path is None:
            return None
        sort = _REPORTS.get(Path(path).suffix.lower())
        if sort is None:
            raise AnsibleActionFail(
                "report must end in .md or .html, which says its format.", obj=self._task.args["report"]
            )
        return sort

    def _told(self, service: Service, decision: Decision, targets: list[Target]) -> dict[str, t.Any]:
        target, instances = present_on(service, targets)
        other = elsewhere(service, targets)
        if other:
            display.warning(f"{other}; the decision is about the named targets alone.")
        told = decision_result(decision)
        told["plan_digest"] = plan_digest(service, "started", decision, targets)
        told["placement"] = placement(service.name, target, instances) if target else None
        display.v(told["explanation"])
        return {"name": service.name, **told}


def _listed(told: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    return {"services": told, "explanation": "\n\n".join(one["explanation"] for one in told)}
