# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection to an engine: its address in sentences, its certificates, its time."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError, discover, kind_of
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._docker.connection import Engine


def connect(monkeypatch, client=None, timeout=10.0, **options):
    monkeypatch.setattr(Engine, "_connect", lambda self: client)
    return kind_of("docker").connect({"docker_host": "unix:///run/docker.sock", **options}, timeout)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("unix:///run/docker.sock", "The Docker engine at unix:///run/docker.sock"),
        ("ssh://ops:hunter2@dock1", "The Docker engine at ssh://********@dock1"),
    ],
)
def test_an_engine_is_named_without_its_login(monkeypatch, host, name):
    assert connect(monkeypatch, docker_host=host).name == name


def test_a_login_in_the_address_is_in_no_error(monkeypatch):
    engine = connect(monkeypatch, docker_host="tcp://ops:hunter2@dock1:2375")

    class Refused(Exception):
        status_code = 500
        explanation = "no tcp://ops:hunter2@dock1:2375 here"

    with pytest.raises(DiscoveryError) as failure, engine.translate_errors():
        raise Refused
    assert "hunter2" not in failure.value.message


@pytest.mark.parametrize(
    ("host", "is_local", "socket"),
    [("unix:///run/docker.sock", True, "/run/docker.sock"), ("tcp://dock1:2375", False, None)],
)
def test_an_engine_behind_a_socket_is_local(monkeypatch, host, is_local, socket):
    engine = connect(monkeypatch, docker_host=host)
    assert (engine.is_local, engine.socket) == (is_local, socket)


def test_the_users_timeout_is_kept_where_it_is_the_shorter_one(monkeypatch):
    assert connect(monkeypatch, timeout=10.0).timeout == 10.0
    assert connect(monkeypatch, timeout=10.0).options["timeout"] is None
    monkeypatch.setenv("DOCKER_TIMEOUT", "3")
    assert connect(monkeypatch, timeout=10.0).timeout == 3.0


@pytest.mark.parametrize("pair", [{"client_cert": "cert.pem"}, {"client_key": "key.pem"}])
def test_a_certificate_takes_its_key(pair, tmp_path, monkeypatch):
    pytest.importorskip("docker")
    monkeypatch.delenv("DOCKER_CERT_PATH", raising=False)
    ((option, file),) = pair.items()
    (tmp_path / file).touch()
    with pytest.raises(DiscoveryError, match="Only one of client_cert and client_key is set."):
        discover("docker", {"docker_host": "tcp://127.0.0.1:1", "tls": True, option: str(tmp_path / file)})
