# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one exception of discovery, and every failure of a library as one sentence with a remedy."""

from __future__ import annotations

import errno
import re
import socket
import ssl
import typing as t
from contextlib import contextmanager

from .._shared.masks import scrub
from .._shared.wording import did_you_mean, plain


class DiscoveryError(Exception):
    """A target could not be asked. ``message`` is one sentence for people, ``remedy`` what would help, or None."""

    def __init__(self, message, remedy=None):
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def nearest(word, known):
    """The end of a sentence about an unknown word: the known one that was probably meant, or a full stop."""
    hint = did_you_mean(word, known)
    return f"; {hint}" if hint else "."


def missing_library(library, package):
    """The error for a Python library that is not installed where this runs."""
    return DiscoveryError(
        f"The Python library '{library}' is not installed on {socket.gethostname()}, where this target is asked from.",
        f"Run 'pip install {library}' or 'apt install {package}' there, for the Python that runs Ansible's modules.",
    )


class NoJson(Exception):
    """An answer that is not even JSON, where the library hands it on as if it were one."""


class Trouble(t.NamedTuple):
    """What went wrong: ``name`` is the key of the kind's own remedies."""

    name: str
    sentence: str
    remedy: str | None


_BY_ERROR = (
    (ssl.SSLCertVerificationError, Trouble("certificate", "showed a certificate that could not be verified", None)),
    (ssl.SSLError, Trouble("tls", "broke off the TLS handshake", None)),
    (FileNotFoundError, Trouble("no_socket", "does not answer: there is no such socket", None)),
    (PermissionError, Trouble("socket_rights", "cannot be opened: this user may not use its socket", None)),
    (ConnectionRefusedError, Trouble("refused", "refused the connection: nothing listens there", None)),
    (socket.gaierror, Trouble("name", "cannot be found: its host name does not resolve", "Check the host name.")),
    (
        (socket.timeout, TimeoutError),
        Trouble("timeout", "did not answer within {timeout:g} s", "Check its address and load, or allow more time."),
    ),
    (
        (),
        Trouble(
            "ssh",
            "did not accept the ssh connection: its host key is not known, or the log-in is refused",
            "Connect to it by ssh once, as the same user, to see why.",
        ),
    ),
    (
        (),
        Trouble(
            "no_json",
            "gave no usable answer: it is not JSON",
            "Check that this is its address, and that nothing else answers there.",
        ),
    ),
    (ConnectionError, Trouble("broken", "broke off the connection", "Check that it is the right port and protocol.")),
)

_UNREACHABLE = Trouble("unreachable", "cannot be reached over the network", "Check its address and the route to it.")
_OTHER_CERTIFICATE = Trouble("certificate", "showed a certificate other than the expected one", None)
_ROUTES = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)

# What requests and urllib3 find out themselves, with no OSError behind it.
_BY_NAME = {
    "ReadTimeout": "timeout",
    "ConnectTimeout": "timeout",
    "ReadTimeoutError": "timeout",
    "CertificateError": "certificate",
    "SSLError": "tls",
    "NoValidConnectionsError": "refused",
    "SSHException": "ssh",
    "AuthenticationException": "ssh",
    "BadHostKeyException": "ssh",
    "BadStatusLine": "broken",
    "IncompleteRead": "broken",
    "JSONDecodeError": "no_json",
    "NoJson": "no_json",
}

_BY_STATUS = {
    401: Trouble("credentials", "refused the credentials (401)", "Check the user, and the password or token."),
    403: Trouble("forbidden", "does not allow this user to ask (403)", "Give the user or certificate more rights."),
}


@contextmanager
def translate_errors(where, timeout, remedies, secrets=()):
    """Every failure inside becomes a DiscoveryError: one sentence, with no secret in it."""
    try:
        yield
    except DiscoveryError:
        raise
    except Exception as exc:
        raise explain(exc, where, timeout, remedies, secrets) from None


def explain(exc, where, timeout, remedies, secrets=()):
    """The DiscoveryError that says what ``exc`` means for ``where``, such as 'The Docker engine at unix:///x'."""
    status = status_of(exc)
    trouble = (
        _BY_STATUS.get(status) or (_trouble(exc) if status is None else None) or _unexpected(status, words_of(exc))
    )
    sentence = trouble.sentence.format(timeout=timeout) if trouble.name == "timeout" else trouble.sentence
    sentence = plain(scrub(sentence + _detail(exc, status), secrets))
    return DiscoveryError(f"{where} {sentence}.", remedies.get(trouble.name, trouble.remedy))


def status_of(exc):
    """The HTTP status in an error of the docker SDK, pylxd, proxmoxer or requests, or None."""
    return next((status for status, _error in _answers(exc)), None)


def broke_off(exc):
    """Whether the server took the call and then ended the connection without an answer."""
    trouble = _trouble(exc) if status_of(exc) is None else None
    return trouble is not None and trouble.name == "broken"


def _answers(exc):
    """(HTTP status, error) for each error in the chain that is an engine's answer."""
    for error in _chain(exc):
        response = getattr(error, "response", None)
        for status in (getattr(error, "status_code", None), getattr(response, "status_code", None)):
            if isinstance(status, int):
                yield status, error


def _chain(exc):
    """An exception and all that it wraps: causes, contexts, reasons and arguments."""
    errors, waiting = [], [exc]
    while waiting:
        error = waiting.pop(0)
        if isinstance(error, BaseException) and error not in errors:
            errors.append(error)
            waiting += [error.__cause__, error.__context__, getattr(error, "reason", None), *error.args]
    return errors


def _trouble(exc):
    chain = _chain(exc)
    if any(getattr(error, "errno", None) in _ROUTES for error in chain):
        return _UNREACHABLE
    if any("Fingerprints did not match" in str(error) for error in chain):
        return _OTHER_CERTIFICATE
    for types, trouble in _BY_ERROR:
        by_name = any(_BY_NAME.get(type(error).__name__) == trouble.name for error in chain)
        if by_name or any(isinstance(error, types) for error in chain):
            return trouble
    return None


def _unexpected(status, words):
    if "HTTP request to an HTTPS server" in words:
        return Trouble("plain_http", "requires TLS, and was asked without it", None)
    answer = words if status is None else f"{status}: {words}"
    return Trouble("unexpected", f"gave no usable answer ({answer})", "Check that this is its address, and its log.")


def _detail(exc, status):
    """The part of an error that helps: why a certificate failed, which privilege is missing."""
    if status == 403:
        return f": {words_of(exc)}"
    for error in _chain(exc):
        if isinstance(error, ssl.SSLCertVerificationError):
            return f": {error.verify_message or error.reason}".rstrip(".")
    return ""


def words_of(exc):
    """The engine's own words. An error that is not an engine's answer may quote anything: only its type is shown."""
    for _status, error in _answers(exc):
        words = getattr(error, "explanation", None) or getattr(error, "content", None) or str(error)
        words = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        return " ".join(re.sub(r"<[^>]*>", " ", words).split())[:300].rstrip(".: ")
    return type(exc).__name__
