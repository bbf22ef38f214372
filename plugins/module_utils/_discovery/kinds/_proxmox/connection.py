# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connected cluster."""

from __future__ import annotations

from ...errors import DiscoveryError, NoJson, missing_library, status_of, translate_errors
from ..proxmox import KIND

_REMEDIES = {
    "refused": "Check api_host and api_port, and that pveproxy runs there.",
    "certificate": "Set ca_path to the cluster's CA (/etc/pve/pve-root-ca.pem), and api_host to a name in the "
    "certificate; validate_certs: false trusts anybody.",
    "tls": "Check that api_host and api_port are those of the Proxmox VE API.",
    "credentials": "Check api_user with its realm (deploy@pve), and the password, or the token's id and secret.",
    "forbidden": "Give the user, and its token if that has privileges of its own, a role with that privilege.",
}

_NOT_ALLOWED = (400, 403, 404, 500, 501)
"""Where this user may not know, or the release has no such thing."""


class Cluster:
    """A connected cluster: ``get`` and ``get_if_allowed`` only read, and ``api`` is proxmoxer's own."""

    def __init__(self, options, timeout):
        self.options = KIND.read_options(options)
        self.timeout = timeout
        with self.translate_errors():
            self.api = self._connect()

    @property
    def user(self):
        """Who asks, as the API's own lists name it."""
        token = "" if self.options["api_password"] else f"!{self.options['api_token_id']}"
        return f"{self.options['api_user']}{token}"

    def translate_errors(self):
        where = f"The Proxmox VE API at {self.options['api_host']}:{self.options['api_port']}"
        return translate_errors(where, self.timeout, _REMEDIES, KIND.secrets(self.options))

    def _connect(self):
        credentials = _credentials(self.options)
        try:
            from proxmoxer import AuthenticationError, ProxmoxAPI
        except ImportError:
            raise missing_library("proxmoxer", "python3-proxmoxer") from None
        verify = self.options["validate_certs"] and (self.options["ca_path"] or True)
        try:
            return ProxmoxAPI(
                self.options["api_host"],
                port=self.options["api_port"],
                user=self.options["api_user"],
                verify_ssl=verify,
                timeout=self.timeout,
                **credentials,
            )
        except AuthenticationError:
            raise _Refused() from None
        except SystemExit:
            # proxmoxer ends the whole program where it has no requests.
            raise missing_library("requests", "python3-requests") from None

    def get(self, path, **params):
        answer = self.api.get(path, **params)
        # proxmoxer hands on what is not JSON, as if it were an answer.
        if isinstance(answer, dict) and isinstance(answer.get("errors"), bytes):
            raise NoJson()
        return answer

    def get_if_allowed(self, path, **params):
        """As ``get``; None where this user may not know, or the release has no such thing."""
        try:
            return self.get(path, **params)
        except Exception as exc:
            if status_of(exc) in _NOT_ALLOWED:
                return None
            raise


class _Refused(Exception):
    """The log-in failed: proxmoxer's own error has no status, and quotes the user."""

    status_code = 401


def _credentials(options):
    token = {"token_name": options["api_token_id"], "token_value": options["api_token_secret"]}
    if options["api_password"]:
        return {"password": options["api_password"]}
    if all(token.values()):
        return token
    raise DiscoveryError(
        "A proxmox target needs the connection option 'api_password', or 'api_token_id' with 'api_token_secret'.",
        "Set one of them; a token is the better choice.",
    )
