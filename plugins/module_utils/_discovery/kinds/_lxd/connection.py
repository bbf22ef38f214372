# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connected server."""

from __future__ import annotations

import os
import socket
from urllib.parse import quote

from ...calls import keep_tls_settings
from ...errors import DiscoveryError, broke_off, missing_library, status_of, translate_errors
from ...options import need_scheme, to_path
from ..lxd import KIND

SOCKETS = (
    "/var/lib/lxd/unix.socket",
    "/var/snap/lxd/common/lxd/unix.socket",
    "/var/lib/incus/unix.socket",
)
"""Where LXD from a package, LXD from a snap, and Incus listen."""

_DEFAULT_CERTIFICATE = "~/.config/lxc/client.crt"
_DEFAULT_KEY = "~/.config/lxc/client.key"

_REMEDIES = {
    "no_socket": "Start the server, or set url to where it listens.",
    "refused": "Start the server, or set url to where it listens (core.https_address).",
    "socket_rights": "Use become, or add the user to the group that owns the socket (lxd, incus-admin).",
    "certificate": "Set server_cert to a copy of the server's certificate (server.crt).",
    "tls": "Set server_cert to a copy of the server's certificate (server.crt).",
    "forbidden": "Let the server trust the client's certificate, for this project too, or check trust_password.",
}

_SCHEMES = ("unix:", "https://")
_NOT_ALLOWED = (403, 404, 500, 501, 503)

_ATTEMPTS = 3
"""
How often something is read. LXD reads its machine's /sys without care for what goes meanwhile: a network interface
that is removed by somebody else ends ``/1.0/resources`` in a panic (no answer at all) or in an internal error.
"""
_FAILED_INSIDE = 500
_SUCCESS = 200
"""The status of an operation that came to its end: https://documentation.ubuntu.com/lxd/latest/rest-api/."""


class Server:
    """A connected server that trusts us. ``url`` is the one that was found where none was given."""

    def __init__(self, options, timeout):
        self.options = KIND.read_options(options)
        self.timeout = timeout
        self.url = _url(self.options)
        need_scheme("url", self.url, _SCHEMES)
        with self.translate_errors():
            self.client = self._connect()
            self._need_trust()
            self._need_project()
            self.environment = self.client.host_info["environment"]

    def translate_errors(self):
        return translate_errors(self.name, self.timeout, _REMEDIES, KIND.secrets(self.options))

    @property
    def name(self):
        return f"The LXD or Incus server at {self.url}"

    @property
    def is_local(self):
        return self.url.startswith("unix:")

    @property
    def socket_path(self):
        """The path of its socket. Raises FileNotFoundError where there is none, which pylxd would not."""
        return _socket(self.url)

    @property
    def is_clustered(self):
        return bool(self.environment.get("server_clustered"))

    def _connect(self):
        try:
            from pylxd import Client
        except ImportError:
            raise missing_library("pylxd", "python3-pylxd") from None
        common = {"timeout": self.timeout}
        if self.options["project"]:
            common["project"] = self.options["project"]
        try:
            if self.is_local:
                # As a URL: before 2.3 pylxd takes a path for a socket only where it is a regular file.
                return Client(endpoint=f"http+unix://{quote(self.socket_path, safe='')}", **common)
            return self._connect_by_https(Client, common)
        except (ImportError, TypeError):
            # Debian 12's and Ubuntu's 2.2.10 knows neither projects nor sessions, and does for a socket.
            raise DiscoveryError(
                f"The Python library 'pylxd' on {socket.gethostname()} is too old for https and for projects.",
                "Install pylxd 2.3 or newer there, in a virtual environment if the system has none.",
            ) from None

    def _connect_by_https(self, client, common):
        from pylxd.client import get_session_for_url

        certificate = _client_certificate(self.options)
        session = get_session_for_url(self.url, verify=self.options["server_cert"] or True, cert=certificate)
        keep_tls_settings(session)
        return client(endpoint=self.url, cert=certificate, session=session, **common)

    def _need_trust(self):
        if self.client.trusted:
            return
        if not self.options["trust_password"]:
            raise DiscoveryError(
                f"The LXD or Incus server at {self.url} does not trust this client's certificate.",
                "Set client_cert and client_key to a pair that it trusts, or add it there: lxc config trust add.",
            )
        self.client.authenticate(self.options["trust_password"])

    def _need_project(self):
        """A server lists nothing for a project that is not there, rather than say so."""
        project = self.options["project"]
        if project and self.get_if_allowed(f"projects/{project}") is None:
            raise DiscoveryError(
                f"The LXD or Incus server at {self.url} has no project '{project}' that this client may see.",
                "Check the option project, or create it: lxc project create.",
            )

    def get(self, path, **params):
        """The answer's ``metadata``. ``path`` is below /1.0; parameters that are None are not sent."""
        for _attempt in range(_ATTEMPTS - 1):
            try:
                return self._read(path, params)
            except Exception as exc:
                if status_of(exc) != _FAILED_INSIDE and not broke_off(exc):
                    raise
        return self._read(path, params)

    def _read(self, path, params):
        return self._at(path).get(params=_without_none(params)).json()["metadata"]

    def _at(self, path):
        """pylxd's handle of what is at a path below /1.0."""
        node = self.client.api
        for part in filter(None, path.split("/")):
            node = node[part]
        return node

    def get_if_allowed(self, path, **params):
        """As ``get``; None where this client may not know, or the server does not."""
        try:
            return self.get(path, **params)
        except Exception as exc:
            if status_of(exc) in _NOT_ALLOWED:
                return None
            raise

    def do(self, method, path, *, json=None, headers=None, **params):
        """Change something below /1.0 and await it: the operation's own ``metadata``, or None."""
        answer = getattr(self._at(path), method)(json=json, params=_without_none(params), headers=headers).json()
        if not answer.get("operation"):
            return answer.get("metadata")
        operation = self.client.api.operations[answer["operation"].rpartition("/")[2]]
        result = operation.wait.get().json()["metadata"]
        if result["status_code"] != _SUCCESS:
            raise _Failed(result.get("err") or result["status"])
        return result.get("metadata")

    def read_file(self, url):
        """The content of a file that an operation has left, by its path on the server."""
        return self._at(url.partition("/1.0/")[2]).get(is_api=False).content


def _without_none(params):
    return {name: value for name, value in params.items() if value is not None}


class _Failed(Exception):
    """An operation that the server began, and that failed; the text is the server's."""

    status_code = 500


def _url(options):
    """The server's URL: the option, the snap's where only that is there, else the first socket that exists."""
    if options["url"]:
        return options["url"].rstrip("/")
    if options["snap_url"] and os.path.exists(_socket(options["snap_url"])):
        return options["snap_url"]
    for path in SOCKETS:
        if os.path.exists(path):
            return f"unix:{path}"
    return f"unix:{SOCKETS[0]}"


def _socket(url):
    """``unix:/path`` and ``unix:///path`` -> the path. Raises FileNotFoundError, which pylxd would not."""
    path = "/" + url[len("unix:") :].lstrip("/")
    if not os.path.exists(path):
        raise FileNotFoundError(path)
    return path


def _client_certificate(options):
    """(certificate, key): the options, or what the lxc command uses; None without either."""
    pair = tuple(
        options[name] or to_path(default)
        for name, default in (("client_cert", _DEFAULT_CERTIFICATE), ("client_key", _DEFAULT_KEY))
    )
    return pair if all(map(os.path.isfile, pair)) else None
