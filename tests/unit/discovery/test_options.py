# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection options: what a user or the environment wrote."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import (
    DiscoveryError,
    discover,
    kind_of,
    options,
)
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.options import Option


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("docker", {"docker_hots": "x"}, "'docker_hots' is not a connection option of a docker target; did you mean"),
        ("docker", {"tls": "perhaps"}, "The option 'tls' is not true or false."),
        ("docker", {"docker_host": "ftp://x"}, "The option 'docker_host' is not an address that can be used"),
        ("docker", {"ca_path": "/missing.pem"}, "The option 'ca_path' names the file /missing.pem, which does not"),
        ("lxd", {"zzz": 1}, "'zzz' is not a connection option of a lxd target."),
        ("lxd", {"url": "tcp://x"}, "The option 'url' is not an address that can be used"),
        ("proxmox", {"api_user": "u@pve"}, "A proxmox target needs the connection option 'api_host'."),
        ("proxmox", {"api_host": "h"}, "A proxmox target needs the connection option 'api_user'."),
        ("proxmox", {"api_host": "h", "api_user": "u", "api_token_id": "t"}, "needs the connection option 'api_passw"),
        ("proxmox", {"api_host": "h", "api_user": "u", "api_port": "many"}, "'api_port' is not a whole number"),
    ],
)
def test_wrong_options(kind, given, message, monkeypatch):
    for name in ("DOCKER_HOST", "PROXMOX_HOST", "PROXMOX_USER", "PROXMOX_PASSWORD", "PROXMOX_TOKEN_SECRET"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DiscoveryError) as found:
        discover(kind, given)
    assert message in found.value.message
    assert found.value.remedy


def test_options_come_from_the_environment_and_then_from_defaults(monkeypatch):
    monkeypatch.setenv("SOME_HOST", "there")
    known = {
        "host": Option(env="SOME_HOST", default="here"),
        "port": Option(int, default=1),
        "flag": Option(options.to_bool),
    }
    assert options.read_options("some", known, {}) == {"host": "there", "port": 1, "flag": None}
    assert options.read_options("some", known, {"host": "mine", "port": "2", "flag": "no"}) == {
        "host": "mine",
        "port": 2,
        "flag": False,
    }


def test_verifies_certificates_unless_told_otherwise(monkeypatch):
    monkeypatch.delenv("PROXMOX_VALIDATE_CERTS", raising=False)
    given = {"api_host": "h", "api_user": "u"}
    assert kind_of("proxmox").read_options(given)["validate_certs"] is True


def test_takes_certificates_from_where_the_environment_says(monkeypatch, tmp_path):
    (tmp_path / "ca.pem").touch()
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    found = kind_of("docker").read_options({})
    assert found["ca_path"] == str(tmp_path / "ca.pem")
    assert found["client_cert"] is None


def test_what_a_target_is_asked_with_is_settled_by_the_environment_and_the_home_directory(monkeypatch, tmp_path):
    for name in ("ca.pem", "cert.pem", "key.pem", "mine.crt"):
        (tmp_path / name).touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", "tcp://dock1:2376")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    files = {"ca_path": "ca.pem", "client_cert": "cert.pem", "client_key": "key.pem"}
    whole = {"docker_host": "tcp://dock1:2376", "validate_certs": True}
    assert kind_of("docker").resolve_options({}) == whole | {name: str(tmp_path / file) for name, file in files.items()}
    assert kind_of("docker").resolve_options({"docker_host": "unix:///s"})["docker_host"] == "unix:///s"
    assert kind_of("lxd").resolve_options({"client_cert": "~/mine.crt"}) == {"client_cert": str(tmp_path / "mine.crt")}
    with pytest.raises(DiscoveryError, match="names the file .*, which does not exist"):
        kind_of("lxd").resolve_options({"client_cert": "~/none.crt"})
