# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.action_base import DeployAction
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.arguments import INFO
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.atomic_file import write_text
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.decisions import (
    DecisionOptions,
    decide_on,
    decision_result,
    plan_digest,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.locations import place_left_out, present_on
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.placement import placement
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.explanation.report import report
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Decision, Service, Target

display = Display()

_REPORTS = {".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html"}


class ActionModule(DeployAction):
    """Say where services would go and why, and where they are now. Changes nothing but the report's file."""

    def act(self, task_vars: dict[str, t.Any], result: dict[str, t.Any]) -> dict[str, t.Any]:
        args = self.arguments(INFO)
        report_format = self._report_format(args["report"])
        services = self.reader.read_services(args)
        options = DecisionOptions.from_arguments(args)
        targets = self.survey(self.hosts(args, task_vars), services, options, args)
        decisions = [(service, decide_on(service, targets[service.name], options)) for service in services]

        entries = [_entry(service, decision, targets[service.name]) for service, decision in decisions]
        result.update(changed=False, failed=False)
        if report_format:
            text = report(decisions, report_format)
            result["changed"] = write_text(Path(args["report"]), text, dry_run=self._task.check_mode)
        return result | (entries[0] if args["services"] is None else _as_list(entries))

    def _report_format(self, path: str | None) -> str | None:
        if path is None:
            return None
        report_format = _REPORTS.get(Path(path).suffix.lower())
        if report_format is None:
            raise AnsibleActionFail(
                "report must end in .md or .html, which says its format.", obj=self._task.args["report"]
            )
        return report_format


def _entry(service: Service, decision: Decision, targets: list[Target]) -> dict[str, t.Any]:
    """What the result says of one service."""
    target, instances = present_on(service, targets)
    left_out = place_left_out(service, targets)
    if left_out:
        display.warning(f"{left_out}; the decision is about the named targets alone.")
    summary = decision_result(decision)
    display.v(summary["explanation"])
    return {
        "name": service.name,
        **summary,
        "plan_digest": plan_digest(service, "started", decision, targets),
        "placement": placement(service.name, target, instances) if target else None,
    }


def _as_list(entries: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    return {"services": entries, "explanation": "\n\n".join(entry["explanation"] for entry in entries)}
