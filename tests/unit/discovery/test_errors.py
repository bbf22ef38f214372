# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import ssl
import sys
import threading

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils import _discovery
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import calls, common, errors, options
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.errors import DiscoveryError
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds import docker, lxd, proxmox
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.options import Option


class Answer(Exception):
    """An error as the libraries raise it for an HTTP status."""

    def __init__(self, status_code, content):
        super().__init__(f"{status_code} {content}")
        self.status_code = status_code
        self.content = content


def wrapped(error):
    """``error`` the way requests hands it on: in the arguments of another one."""
    outer = RuntimeError("Max retries exceeded", error)
    outer.reason = error
    return outer


def certificate_error():
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


class ReadTimeout(Exception):
    """As requests names it."""


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (FileNotFoundError(2, "No such file"), "X does not answer: there is no such socket."),
        (PermissionError(13, "denied"), "X cannot be opened: this user may not use its socket."),
        (ConnectionRefusedError(111, "refused"), "X refused the connection: nothing listens there."),
        (socket.gaierror(-2, "unknown"), "X cannot be found: its host name does not resolve."),
        (TimeoutError("timed out"), "X did not answer within 7 s."),
        (ReadTimeout("read"), "X did not answer within 7 s."),
        (OSError(113, "No route to host"), "X cannot be reached over the network."),
        (ConnectionResetError(104, "reset"), "X broke off the connection."),
        (certificate_error(), "X showed a certificate that could not be verified: self-signed certificate."),
        (ssl.SSLError(1, "alert certificate required"), "X broke off the TLS handshake."),
        (Answer(401, ""), "X refused the credentials (401)."),
        (
            Answer(403, "Permission check failed (/nodes/pve1, Sys.Audit)"),
            "X does not allow this user to ask (403): Permission check failed (/nodes/pve1, Sys.Audit).",
        ),
        (Answer(500, "storage is\ngone."), "X gave no usable answer (500: storage is gone)."),
        (KeyError("it may quote anything: hunter2"), "X gave no usable answer (KeyError)."),
    ],
)
@pytest.mark.parametrize("wrap", [lambda error: error, wrapped], ids=["plain", "wrapped"])
def test_each_failure_is_one_sentence(error, sentence, wrap):
    if wrap is wrapped and isinstance(error, KeyError):
        sentence = "X gave no usable answer (RuntimeError)."
    found = errors.explain(wrap(error), "X", 7.0, {})
    assert found.message == sentence


def test_a_kind_has_remedies_of_its_own():
    found = errors.explain(ConnectionRefusedError(), "X", 7.0, {"refused": "Start it."})
    assert found.remedy == "Start it."


def test_no_secret_is_quoted():
    found = errors.explain(Answer(403, "no hunter2 for you"), "X", 7.0, {}, secrets=["hunter2", None, ""])
    assert found.message == "X does not allow this user to ask (403): no ******** for you."


def test_explained_leaves_a_discovery_error_as_it_is():
    with pytest.raises(DiscoveryError, match="as it is"), errors.explained("X", 7.0, {}):
        raise DiscoveryError("as it is")


def test_an_unknown_kind_and_the_nearest():
    with pytest.raises(DiscoveryError, match="'dokcer' is not a kind of target; did you mean 'docker'?"):
        _discovery.discover("dokcer", {})


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
        _discovery.discover(kind, given)
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


def test_proxmox_verifies_certificates_unless_told_otherwise(monkeypatch):
    monkeypatch.delenv("PROXMOX_VALIDATE_CERTS", raising=False)
    given = {"api_host": "h", "api_user": "u"}
    assert options.read_options("proxmox", proxmox.OPTIONS, given)["validate_certs"] is True


def test_docker_takes_certificates_from_where_the_environment_says(monkeypatch, tmp_path):
    (tmp_path / "ca.pem").touch()
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    found = docker.settled({})
    assert found["ca_path"] == str(tmp_path / "ca.pem")
    assert found["client_cert"] is None


@pytest.mark.parametrize(
    ("kind", "given", "library"),
    [
        ("docker", {"docker_host": "tcp://127.0.0.1:1"}, "docker"),
        ("lxd", {"url": "https://127.0.0.1:1"}, "pylxd"),
        ("proxmox", {"api_host": "127.0.0.1", "api_user": "u@pve", "api_password": "p"}, "proxmoxer"),
    ],
)
def test_a_missing_library_is_named_with_how_to_install_it(kind, given, library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(DiscoveryError) as found:
        _discovery.discover(kind, given)
    assert f"'{library}' is not installed" in found.value.message
    assert f"pip install {library}" in found.value.remedy
    assert f"apt install python3-{library}" in found.value.remedy


def test_the_first_socket_that_exists_is_taken(monkeypatch, tmp_path):
    second = tmp_path / "unix.socket"
    second.touch()
    monkeypatch.setattr(lxd, "SOCKETS", (str(tmp_path / "missing"), str(second)))
    unset = dict.fromkeys(lxd.OPTIONS)
    assert lxd._url(unset) == f"unix:{second}"
    assert lxd._url({**unset, "url": "https://lab:8443/"}) == "https://lab:8443"
    assert lxd._socket(f"unix://{second}") == lxd._socket(f"unix:{second}") == str(second)


def test_calls_side_by_side_keep_their_order_and_raise():
    assert calls.side_by_side(lambda number: number * 2, range(20)) == [number * 2 for number in range(20)]
    with pytest.raises(ZeroDivisionError):
        calls.side_by_side(lambda number: 1 // number, [1, 0])


def test_a_call_without_a_time_out_of_its_own_ends_in_time():
    never = threading.Event()
    with pytest.raises(TimeoutError):
        calls.call_within(0.01, never.wait)
    assert calls.call_within(5, lambda: "done") == "done"
    with pytest.raises(KeyError):
        calls.call_within(5, lambda: {}["missing"])


def test_addresses_are_unique_ipv4_first_and_lead_outside():
    given = ["fd00::7", "fe80::1", "10.0.0.7", "", None, "10.0.0.7", "169.254.1.1"]
    assert common.ordered_addresses(given) == ["10.0.0.7", "fd00::7"]
    names = ["lo", "eth0", "docker0", "veth12", "br-1f", "enp1s0", "br0"]
    assert [name for name in names if common.outside_interface(name)] == ["eth0", "enp1s0", "br0"]


def test_the_environments_ca_does_not_win_over_an_explicit_one():
    class Session:
        verify = "/explicit/ca.pem"

        def merge_environment_settings(self, url, proxies, stream, verify, cert):
            return {"verify": "/environment/ca.pem" if verify in (None, True) else verify, "proxies": {"http": "p"}}

    session = Session()
    calls.keep_tls_settings(session)
    assert session.merge_environment_settings("u", {}, False, None, None) == {
        "verify": "/explicit/ca.pem",
        "proxies": {"http": "p"},
    }


def test_what_a_target_is_asked_with_is_settled_by_the_environment_and_the_home_directory(monkeypatch, tmp_path):
    for name in ("ca.pem", "cert.pem", "key.pem", "mine.crt"):
        (tmp_path / name).touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", "tcp://dock1:2376")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    files = {"ca_path": "ca.pem", "client_cert": "cert.pem", "client_key": "key.pem"}
    whole = {"docker_host": "tcp://dock1:2376", "validate_certs": True}
    assert _discovery.settled_options("docker", {}) == whole | {
        name: str(tmp_path / file) for name, file in files.items()
    }
    assert _discovery.settled_options("docker", {"docker_host": "unix:///s"})["docker_host"] == "unix:///s"
    assert _discovery.settled_options("lxd", {"client_cert": "~/mine.crt"}) == {
        "client_cert": str(tmp_path / "mine.crt")
    }
    with pytest.raises(DiscoveryError, match="names the file .*, which does not exist"):
        _discovery.settled_options("lxd", {"client_cert": "~/none.crt"})
