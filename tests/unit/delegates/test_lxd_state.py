# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run state of an instance: from each status into each state, by the acts that it takes."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._delegates.lxd_state import bring_to
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds.lxd import KIND


class Running:
    """A server with one instance in a state."""

    def __init__(self, status):
        self.status, self.put = status, []

    def translate_errors(self):
        return nullcontext()

    def get(self, _path):
        return {"status": self.status}

    def do(self, _method, _path, json):
        self.put.append((json["action"], json["force"]))


@pytest.mark.parametrize(
    ("status", "state", "actions"),
    [
        ("Running", "started", []),
        ("Ready", "started", []),
        ("Stopped", "stopped", []),
        ("Ready", "stopped", ["stop"]),
        ("Error", "stopped", ["stop"]),
        ("Error", "started", ["start"]),
        ("Frozen", "started", ["unfreeze"]),
        ("Frozen", "stopped", ["stop"]),
        ("Ready", "restarted", ["restart"]),
        ("Frozen", "restarted", ["unfreeze", "restart"]),
        ("Stopped", "restarted", ["start"]),
    ],
)
def test_an_instance_comes_from_each_state_into_each(monkeypatch, status, state, actions):
    made = Running(status)
    monkeypatch.setattr(type(KIND), "connect", lambda _kind, _options, _timeout: made)
    assert bring_to({}, "web", state, write=False) is bool(actions)
    assert made.put == []
    assert bring_to({}, "web", state, force=True) is bool(actions)
    assert made.put == [(action, True) for action in actions]
