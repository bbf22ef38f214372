# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps that both actions share, from the task's arguments to what the targets answer."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ...module_utils._shared.wording import did_you_mean
from .._core.model import Service, Target
from .._core.wording import plain, plain_lines
from .arguments import MINIMUMS
from .decisions import DecisionOptions
from .errors import ControllerError
from .hosts import Host, TargetsError, target_hosts
from .service_reader import ServiceReader
from .survey import survey

display = Display()


class DeployAction(ActionBase):
    """An action that reads services and asks the targets about them. Every error of it becomes the task's failure."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        del tmp  # It has no effect any more.
        try:
            return self.act(task_vars or {}, result)
        except ControllerError as error:
            failure = AnsibleActionFail(str(error), result=error.result)
        except AnsibleActionFail as error:
            failure = error
        return self._fail(failure, result)

    def act(self, task_vars: dict[str, t.Any], result: dict[str, t.Any]) -> dict[str, t.Any]:
        """What the action does. Raises ControllerError and AnsibleActionFail."""
        raise NotImplementedError

    def _fail(self, failure: AnsibleActionFail, result: dict[str, t.Any]) -> dict[str, t.Any]:
        """Raise the failure; where the task tries again, return it: an exception would end 'until' and 'retries'."""
        message = plain_lines(failure.message)
        if self._tries_again:
            return {**result, "changed": False, **failure.result, "failed": True, "msg": message}
        if message != failure.message:
            failure = AnsibleActionFail(message, obj=failure.obj, result=failure.result)
        raise failure

    def arguments(self, spec: dict[str, t.Any]) -> dict[str, t.Any]:
        """The task's own options; an unknown one is named with the nearest known one."""
        for option in self._task.args:
            if option not in spec:
                hint = did_you_mean(option, spec) or f"known: {', '.join(spec)}."
                raise AnsibleActionFail(f"{option} is not an option of {self._task.action}; {hint}", obj=option)
        _validation, args = self.validate_argument_spec(argument_spec=spec)
        for option, minimum in MINIMUMS.items():
            if option in spec and args[option] is not None and not args[option] >= minimum:
                raise AnsibleActionFail(f"{option} must be {minimum} or more.", obj=self._task.args[option])
        return args

    @property
    def reader(self) -> ServiceReader:
        """What reads the services of the task."""
        return ServiceReader(self._task.args)

    def hosts(self, args: Mapping[str, t.Any], task_vars: Mapping[str, t.Any]) -> list[Host]:
        """The targets as hosts of the inventory."""
        try:
            return target_hosts(args["targets"], self, task_vars)
        except TargetsError as error:
            raise AnsibleActionFail(str(error), obj=self._task.args) from None

    def survey(
        self, hosts: list[Host], services: list[Service], options: DecisionOptions, args: Mapping[str, t.Any]
    ) -> dict[str, list[Target]]:
        """By the name of each service all targets, with what is on them of it."""
        return survey(hosts, services, options, timeout=args["discovery_timeout"], ttl=self.facts_ttl(args))

    def facts_ttl(self, args: Mapping[str, t.Any]) -> float:
        """For how many seconds facts hold for the next item; a task that tries again wants to know them anew."""
        return args["facts_ttl"] if self._task.loop is not None and not self._tries_again else 0

    @property
    def _tries_again(self) -> bool:
        return bool(self._task.until or self._task.retries)


def show_warnings(result: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The result less its warnings, which are shown."""
    for warning in result.get("warnings", ()):
        display.warning(plain(warning))
    return {key: value for key, value in result.items() if key != "warnings"}
