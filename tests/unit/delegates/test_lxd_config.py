# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changing what an instance is configured with: only that, and never over somebody else's change."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._delegates.lxd_config import configure
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._lxd import connection
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds.lxd import KIND

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

    def translate_errors(self):
        return connection.Server.translate_errors(self)

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
        monkeypatch.setattr(type(KIND), "connect", lambda _kind, _options, _timeout: made)
        return made

    return make


def test_keys_are_set_and_taken_away_and_the_rest_stays(server):
    made = server()
    assert configure({}, "web", {"limits.memory": "", "a": "1"}, profiles=["default", "fast"]) is True
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
    assert configure({}, "web", **wanted) is False
    assert made.put == []


def test_devices_are_set_and_taken_away_and_the_rest_stays(server):
    made = server()
    gpu = {"type": "gpu"}
    assert configure({}, "web", devices={"gpu": gpu, "eth0": {}}) is True
    assert made.put[0][2]["devices"] == {"gpu": gpu}
    assert configure({}, "web", devices={"none": {}}) is False


def test_check_mode_only_looks(server):
    made = server()
    assert configure({}, "web", {"a": "1"}, write=False) is True
    assert made.put == []


def test_what_somebody_else_changed_meanwhile_is_read_again(server):
    made = server(meanwhile=2)
    assert configure({}, "web", {"a": "1"}) is True
    assert len(made.put) == 1


def test_somebody_who_never_stops_changing_it_is_an_error(server):
    made = server(meanwhile=9)
    with pytest.raises(DiscoveryError):
        configure({}, "web", {"a": "1"})
    assert made.put == []
