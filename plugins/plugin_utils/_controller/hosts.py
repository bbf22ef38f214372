# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Targets as inventory hosts: their variables, and a way to run a module on each, whatever host the play is on.

A second action is made for each target, with the connection, become and interpreter of that host's variables.
"""

from __future__ import annotations

import fnmatch
import sys
import typing as t
from collections.abc import Mapping
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ...module_utils._discovery import kind_of, kinds_with_probes
from ...module_utils._shared.masks import scrub
from ...module_utils._shared.wording import did_you_mean
from .._core.forms import KINDS
from .._core.reading.facts import FactsError
from .._core.reading.nodes import split_declared
from .._core.reading.records import check_record
from .connections import LOCAL, UnknownPluginError, becomes, connect, connection_name
from .errors import ControllerError

GROUP = "rightscope_targets"


class TargetsError(ControllerError):
    """The targets as declared cannot be used; the text is a sentence that names the host and the variable."""


class _ModuleAction(ActionBase):
    """An action of which only ``_execute_module`` is used."""

    def run(self, tmp=None, task_vars=None):
        raise NotImplementedError


class Host:
    """
    One target's inventory host. ``eligible`` says whether the service may go there, or is only looked for there.

    Raises TargetsError for a variable that is not what it must be: then no run begins.
    """

    def __init__(self, name: str, action: ActionBase, task_vars: Mapping[str, t.Any], *, eligible: bool) -> None:
        self.name = name
        self.eligible = eligible
        self._action = action
        self._variables = dict(task_vars["hostvars"].raw_get(name))
        self._templar = action._templar.copy_with_new_env(available_variables=self._variables)
        self.recorded: Mapping[str, t.Any] | None = self._read_record()
        self.kind: str = self._read_kind()
        self.options: dict[str, t.Any] = self._read_mapping("rightscope_options")
        self.labels: dict[str, t.Any] = self._read_mapping("rightscope_labels")
        self.declared: dict[str, t.Any] = self._read_mapping("rightscope_facts")
        self.probe: str | None = self._read_probe()
        self.mark_keys: tuple[str, ...] = self._read_mark_keys()
        self._check_options()
        self._check_facts()
        self._becomes = becomes(self, default=action._task.become)
        self._connects_locally = connection_name(self) in LOCAL
        # As another user, or in another environment, only a process of its own can ask.
        self.is_here = self._connects_locally and not self._becomes
        self.is_local = self.is_here and not any(action._task.environment or ())

    def has(self, name: str) -> bool:
        """Whether the host has a variable."""
        return name in self._variables

    def variable(self, name: str) -> t.Any:
        """The host's variable, templated under its own variables; None where it has none."""
        if name not in self._variables:
            return None
        try:
            return self._templar.template(self._variables[name])
        except AnsibleError as error:
            # Ansible names neither: it knows the text of the template alone.
            raise TargetsError(f"The variable '{name}' of host '{self.name}' cannot be used: {error.message}") from None

    def _read_kind(self) -> str:
        declared, recorded = self.variable("rightscope_kind"), (self.recorded or {}).get("kind")
        if declared and recorded and declared != recorded:
            raise TargetsError(
                f"Host '{self.name}' has the 'rightscope_kind' {declared}, and its recorded facts are those of a "
                f"{recorded} target; take the variable away."
            )
        kind = declared or recorded
        if kind is None:
            where = ", or 'kind' in its recorded file" if self.recorded else ""
            raise TargetsError(
                f"Host '{self.name}' is a target and has no 'rightscope_kind'; set it{where} to one of "
                f"{', '.join(KINDS)}."
            )
        if kind not in KINDS:
            hint = did_you_mean(kind, KINDS) or f"use one of {', '.join(KINDS)}."
            raise TargetsError(f"Host '{self.name}' has a 'rightscope_kind' that is not known; {hint}")
        return str(kind)

    def _read_record(self) -> Mapping[str, t.Any] | None:
        """The facts in the file that ``rightscope_recorded`` names, beside the inventory or the playbook."""
        file = self.variable("rightscope_recorded")
        if file is None:
            return None
        subject = f"The file '{file}' in 'rightscope_recorded' of host '{self.name}'"
        directories = [self.variable("inventory_dir"), self._action._loader.get_basedir()]
        paths = [Path(directory, str(file)).expanduser() for directory in directories if directory]
        path = next((path for path in paths if path.is_file()), None)
        if path is None:
            raise TargetsError(f"{subject} was not found; looked for {' and '.join(map(str, dict.fromkeys(paths)))}.")
        try:
            record = self._action._loader.load_from_file(str(path))
        except AnsibleError as error:
            raise TargetsError(f"{subject} cannot be read: {error.message}") from None
        if isinstance(record, Mapping):
            # What target_info returned, whole or its facts alone.
            record = record.get("target_facts", record)
        try:
            check_record(record)
        except FactsError as error:
            raise TargetsError(f"{subject} cannot be used. {error}") from None
        return record

    def _read_mapping(self, name: str) -> dict[str, t.Any]:
        value = self.variable(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise TargetsError(f"The variable '{name}' of host '{self.name}' must be a mapping.")
        return dict(value)

    def _read_probe(self) -> str | None:
        """The image of a container that looks into the kernel, ``""`` for any that will do; None for no container."""
        probe, image = self.variable("rightscope_probe"), self.variable("rightscope_probe_image")
        if probe in (None, "none", False) or self.recorded is not None:
            return None
        if probe not in kind_of(self.kind).probes:
            kinds = " and ".join(kinds_with_probes())
            raise TargetsError(
                f"Host '{self.name}' has the 'rightscope_probe' {probe}; it can be 'container', for {kinds}."
            )
        if image is not None and not isinstance(image, str):
            raise TargetsError(f"The variable 'rightscope_probe_image' of host '{self.name}' must be an image's name.")
        return image or ""

    def _read_mark_keys(self) -> tuple[str, ...]:
        """The keys that sign the marks there, the first of them new marks; none where marks are not signed."""
        given = self.variable("rightscope_mark_key")
        keys = given if isinstance(given, (list, tuple)) else [] if given is None else [given]
        if given == [] or not all(isinstance(key, str) and key.strip() and key.isprintable() for key in keys):
            raise TargetsError(
                f"The variable 'rightscope_mark_key' of host '{self.name}' must be a text that is not empty, or a list "
                "of such texts; quote it."
            )
        return tuple(map(str, keys))

    def _check_options(self) -> None:
        known = sorted(kind_of(self.kind).options)
        for option in self.options:
            if option not in known:
                hint = did_you_mean(option, known) or f"known are {', '.join(known)}."
                raise TargetsError(
                    f"'{option}' in 'rightscope_options' of host '{self.name}' is not a connection option "
                    f"of a {self.kind} target; {hint}"
                )

    def _check_facts(self) -> None:
        try:
            split_declared(self.declared)
        except FactsError as error:
            raise TargetsError(f"The 'rightscope_facts' of host '{self.name}' cannot be used. {error}") from None

    def scrub(self, text: str) -> str:
        """The text without any of the target's secrets."""
        return scrub(text, [*kind_of(self.kind).secrets(self.options), *self.mark_keys])

    def execute(
        self,
        module: str,
        arguments: Mapping[str, t.Any],
        environment: Mapping[str, str],
        *,
        check_mode: bool | None = None,
    ) -> dict[str, t.Any]:
        """
        Run a module on the host, in check mode or not; by default as the task itself is run.

        Raises AnsibleError where the host cannot be reached or the module cannot be started.
        """
        action = self._module_action(environment)
        if check_mode is not None:
            action._task.check_mode = check_mode
            # Only the names in it are read: the task is not logged.
            action._task.diff = check_mode
        try:
            # A copy: _execute_module writes its own keys into what it is given.
            return action._execute_module(
                module_name=module,
                module_args=dict(arguments),
                task_vars=self._variables_with_interpreter(),
                persist_files=False,
            )
        finally:
            action.cleanup(force=True)
            action._connection.close()

    def _variables_with_interpreter(self) -> dict[str, t.Any]:
        """
        The host's variables; where the modules run here, with the interpreter that runs Ansible.

        Discovery ran in it, so it has the libraries; another one might not have them.
        """
        variables = dict(self._variables)
        if self._connects_locally and "ansible_python_interpreter" not in variables:
            variables["ansible_python_interpreter"] = sys.executable
        return variables

    def _module_action(self, environment: Mapping[str, str]) -> _ModuleAction:
        action = self._action
        task = action._task.copy(exclude_parent=False)
        task.delegate_to = None
        task.async_val = 0
        # A module logs its arguments on its machine, and among them are secrets of a container's environment.
        task.no_log = True
        task.environment = [*(task.environment or []), dict(environment)]
        context = action._play_context.copy()
        keys = {key: value for key, value in task.dump_attrs().items() if key not in ("timeout", "retries")}
        try:
            connection = connect(self, context, keys, become=self._becomes)
        except UnknownPluginError as error:
            raise TargetsError(str(error)) from None
        return _ModuleAction(
            task=task,
            connection=connection,
            play_context=context,
            loader=action._loader,
            templar=self._templar,
            shared_loader_obj=action._shared_loader_obj,
        )


def target_hosts(wanted: list[str] | None, action: ActionBase, task_vars: Mapping[str, t.Any]) -> list[Host]:
    """
    The targets, in the order of declaration: the named hosts, groups and patterns, or the group of all targets.

    The rest of that group follows, not eligible: a service that is there must not be made a second time.
    Raises TargetsError where there are none, or one is not what a target must be.
    """
    everywhere = list(task_vars["groups"].get(GROUP, ()))
    names = _names_of(wanted, task_vars) if wanted else everywhere
    if not names:
        where = "'targets' names no host" if wanted else f"the inventory has no host in the group '{GROUP}'"
        raise TargetsError(f"There are no targets: {where}. Put hosts with a 'rightscope_kind' into it.")
    eligible = dict.fromkeys(names, True)
    others = {name: False for name in everywhere if name not in eligible}
    return [Host(name, action, task_vars, eligible=may_be_used) for name, may_be_used in {**eligible, **others}.items()]


def _names_of(wanted: list[str], task_vars: Mapping[str, t.Any]) -> list[str]:
    groups, hosts = task_vars["groups"], list(task_vars["hostvars"])
    names: dict[str, None] = {}
    for word in wanted:
        matches = groups[word] if word in groups else fnmatch.filter(hosts, word)
        if not matches:
            hint = did_you_mean(word, [*hosts, *groups])
            sentence = f"'targets' names '{word}', which is not a host, group or pattern of the inventory"
            raise TargetsError(f"{sentence}; {hint}" if hint else f"{sentence}.")
        names |= dict.fromkeys(matches)
    return list(names)
