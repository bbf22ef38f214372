# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions as Ansible makes them, of a task that a test writes."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins import loader as plugin_loader
from ansible.plugins.action import ActionBase
from ansible.template import Templar


def make_action(kind: type[ActionBase], args: dict[str, t.Any], **attributes: t.Any) -> t.Any:
    """An action of this task; ``attributes`` are the task's own, such as ``check_mode``."""
    task = Task()
    task.action, task.args = f"rightscope.deploy.{kind.__module__.rpartition('.')[2]}", args
    for name, value in attributes.items():
        setattr(task, name, value)
    loader = DataLoader()
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir="/nowhere"))
    return kind(task, connection, PlayContext(), loader, Templar(loader=loader), plugin_loader)
