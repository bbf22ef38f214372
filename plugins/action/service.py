# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.action_base import (
    DeployAction,
    show_warnings,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.arguments import SERVICE
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.deployment.deployment import (
    Deployment,
    DeploymentOptions,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.deployment.flow import deploy
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.hosts import Host
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.inventory_host import (
    check_host_name,
    join_inventory,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.lock import only_run_for
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.runner import HostEngine
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Service


class ActionModule(DeployAction):
    """Find the place of a service, then bring it there into the state that is asked for."""

    def act(self, task_vars: dict[str, t.Any], result: dict[str, t.Any]) -> dict[str, t.Any]:
        args = self.arguments(SERVICE)
        options = DeploymentOptions.from_arguments(args)
        service = self.reader.read_service(args)
        hosts = self.hosts(args, task_vars)
        joins_inventory = args["add_to_inventory"]
        if joins_inventory and options.state != "absent":
            check_host_name(service.name, task_vars, [host.name for host in hosts])
        with only_run_for(service.name):
            result |= show_warnings(self._deploy(service, options, hosts, args))
        return join_inventory(self, result, task_vars["hostvars"]) if joins_inventory else result

    def _deploy(
        self, service: Service, options: DeploymentOptions, hosts: list[Host], args: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        # What is remembered from an item before was found as long ago as that.
        since = time.time() - self.facts_ttl(args)
        targets = self.survey(hosts, [service], options.decision, args)[service.name]
        timeout = options.provisioning.call_timeout
        deployment = Deployment(
            service=service,
            options=options,
            targets=targets,
            engines={host.name: HostEngine(host, service.name, timeout) for host in hosts},
            check_mode=self._task.check_mode,
        )
        return deploy(deployment, since)
