# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changing what an instance is configured with: only that, and never over somebody else's change."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils import _lxd_config
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError

THERE = {
    "config": {"limits.memory": "64MiB", "volatile.uuid": "u"},
    "devices": {"eth0": {"type": "nic"}},
    "profiles": ["default"],
    "architecture": "x86_64",
    "status": "Stopped",
}


class Changed(Exception):
    status_code = 412


class Server:
    """A server that somebody else changes ``meanwhile`` so many times."""

    def __init__(self, meanwhile=0):
        self.meanwhile, self.put = meanwhile, []
        self.client = self
        self.api = self
        self.instances = {"web": self}
        self.headers = {"ETag": "e1"}

    def explained(self):
        return _lxd_config.Server.explained(self)

    name, timeout, options = "The LXD server", 1, {"trust_password": None}

    def get(self):
        return self

    def json(self):
        return {"metadata": THERE}

    def do(self, method, path, json, headers):
        if self.meanwhile:
            self.meanwhile -= 1
            raise Changed()
        self.put.append((method, path, json, headers))


@pytest.fixture
def server(monkeypatch):
    def make(**more):
        made = Server(**more)
        real = _lxd_config.Server

        class Made:
            explained = real.explained

            def __new__(cls, _options, _timeout):
                return made

        monkeypatch.setattr(_lxd_config, "Server", Made)
        monkeypatch.setattr(Server, "explained", real.explained)
        return made

    return make


def test_keys_are_set_and_taken_away_and_the_rest_stays(server):
    made = server()
    assert _lxd_config.configure({}, "web", {"limits.memory": "", "a": "1"}, profiles=["default", "fast"]) is True
    ((method, path, body, headers),) = made.put
    assert (method, path, headers) == ("put", "instances/web", {"If-Match": "e1"})
    assert body == {
        "config": {"volatile.uuid": "u", "a": "1"},
        "devices": {"eth0": {"type": "nic"}},
        "profiles": ["default", "fast"],
        "architecture": "x86_64",
    }


@pytest.mark.parametrize("wanted", [{}, {"config": {"limits.memory": "64MiB", "gone": ""}}, {"profiles": ["default"]}])
def test_what_is_as_wanted_is_not_written(server, wanted):
    made = server()
    assert _lxd_config.configure({}, "web", **wanted) is False
    assert made.put == []


def test_devices_are_set_and_taken_away_and_the_rest_stays(server):
    made = server()
    gpu = {"type": "gpu"}
    assert _lxd_config.configure({}, "web", devices={"gpu": gpu, "eth0": {}}) is True
    assert made.put[0][2]["devices"] == {"gpu": gpu}
    assert _lxd_config.configure({}, "web", devices={"none": {}}) is False


def test_check_mode_only_looks(server):
    made = server()
    assert _lxd_config.configure({}, "web", {"a": "1"}, write=False) is True
    assert made.put == []


def test_what_somebody_else_changed_meanwhile_is_read_again(server):
    made = server(meanwhile=2)
    assert _lxd_config.configure({}, "web", {"a": "1"}) is True
    assert len(made.put) == 1


def test_somebody_who_never_stops_changing_it_is_an_error(server):
    made = server(meanwhile=9)
    with pytest.raises(DiscoveryError):
        _lxd_config.configure({}, "web", {"a": "1"})
    assert made.put == []


class Running:
    """A server with one instance in a state."""

    def __init__(self, status):
        self.status, self.put = status, []

    def explained(self):
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
    monkeypatch.setattr(_lxd_config, "Server", lambda _options, _timeout: made)
    assert _lxd_config.bring_to({}, "web", state, write=False) is bool(actions)
    assert made.put == []
    assert _lxd_config.bring_to({}, "web", state, force=True) is bool(actions)
    assert made.put == [(action, True) for action in actions]
