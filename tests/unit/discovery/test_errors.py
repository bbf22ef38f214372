# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every failure of a library as one sentence with a remedy."""

from __future__ import annotations

import socket
import ssl

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import errors
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.errors import DiscoveryError


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


def test_translating_errors_leaves_a_discovery_error_as_it_is():
    with pytest.raises(DiscoveryError, match="as it is"), errors.translate_errors("X", 7.0, {}):
        raise DiscoveryError("as it is")
