# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection to a server: its address, trust, project, and that it is asked again."""

from __future__ import annotations

import http.client

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError, discover, find
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._lxd import connection
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds.lxd import KIND
from tests.unit.discovery.kinds.lxd.server import ANSWERS, LxdClient


class FailedInside(Exception):
    status_code = 500


@pytest.mark.parametrize(
    "failure", [http.client.RemoteDisconnected(), FailedInside()], ids=lambda one: type(one).__name__
)
def test_is_asked_again_where_it_fell_over_its_own_machine(server, failure):
    told = {**ANSWERS, "resources": iter([failure, failure, ANSWERS["resources"]])}
    (node,) = discover("lxd", server(told), None, "lab")["nodes"]
    assert node["facts"]["cpus"] == 4


def test_that_never_answers_is_not_asked_for_ever(server):
    broken = iter([http.client.RemoteDisconnected()] * 3)
    with pytest.raises(DiscoveryError, match="broke off the connection"):
        discover("lxd", server({**ANSWERS, "resources": broken}), None, "lab")
    assert not list(broken)


def test_an_untrusted_client_is_told_so(monkeypatch):
    client = LxdClient(ANSWERS)
    client.trusted = False
    monkeypatch.setattr(connection.Server, "_connect", lambda self: client)
    with pytest.raises(DiscoveryError, match="does not trust this client's certificate"):
        find("lxd", {"url": "https://lab:8443"}, "web")


def test_a_missing_project_is_told(server):
    with pytest.raises(DiscoveryError, match="has no project 'mine'"):
        find("lxd", {**server(), "project": "mine"}, "web")


def test_the_first_socket_that_exists_is_taken(monkeypatch, tmp_path):
    second = tmp_path / "unix.socket"
    second.touch()
    monkeypatch.setattr(connection, "SOCKETS", (str(tmp_path / "missing"), str(second)))
    unset = dict.fromkeys(KIND.options)
    assert connection._url(unset) == f"unix:{second}"
    assert connection._url({**unset, "url": "https://lab:8443/"}) == "https://lab:8443"
    assert connection._socket(f"unix://{second}") == connection._socket(f"unix:{second}") == str(second)
