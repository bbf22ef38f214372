# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connected engine."""

from __future__ import annotations

import importlib
import re

from ...._shared.masks import MASK
from ...calls import Bounded, keep_tls_settings, map_in_parallel
from ...errors import DiscoveryError, missing_library, status_of, translate_errors
from ...options import need_scheme
from ..docker import KIND

_REMEDIES = {
    "no_socket": "Start Docker there, or set docker_host to where it listens.",
    "refused": "Start Docker there, or set docker_host to where it listens.",
    "socket_rights": "Use become, or add the user to the group that owns the socket (docker).",
    "certificate": "Set ca_path to the CA that signed it, and tls_hostname if it was made for another name.",
    "tls": "Set client_cert and client_key to a certificate that the engine trusts.",
    "credentials": "Set client_cert and client_key to a certificate that the engine trusts.",
    "plain_http": "Set tls: true, or validate_certs: true with ca_path.",
}

_LOGIN = re.compile(r"//[^/@]*@")
"""A user, and perhaps a password, in an address."""

_SCHEMES = ("unix://", "tcp://", "https://", "http://", "ssh://", "npipe://")
_NOT_ALLOWED = (403, 404, 405, 501)
"""What a proxy before the engine answers, or a release that does not know the call."""


class Engine:
    """A connected engine: ``client`` is the SDK's low-level client, each call of which ends in time."""

    def __init__(self, options, timeout):
        self.options = KIND.read_options(options)
        self.host = self.options["docker_host"]
        self.timeout = min(timeout, self.options["timeout"] or timeout)
        self.by_ssh = self.host.startswith("ssh://")
        need_scheme("docker_host", self.host, _SCHEMES)
        with self.translate_errors():
            self.client = self._connect()

    @property
    def name(self):
        """In sentences, without the user that a URL may name."""
        return f"The Docker engine at {_LOGIN.sub(f'//{MASK}@', self.host)}"

    def translate_errors(self):
        hidden = [self.host] if _LOGIN.search(self.host) else []
        return translate_errors(self.name, self.timeout, _REMEDIES, hidden)

    @property
    def is_local(self):
        return self.host.startswith("unix://")

    @property
    def socket(self):
        """The path of the engine's socket, None where it is reached otherwise."""
        return self.host[len("unix://") :] if self.is_local else None

    def _connect(self):
        try:
            from docker import APIClient
        except ImportError:
            raise missing_library("docker", "python3-docker") from None
        arguments = {
            "base_url": self.host,
            "timeout": self.timeout,
            "version": self.options["api_version"],
            "tls": self._tls(),
            "use_ssh_client": self.options["use_ssh_client"],
        }
        if not self.by_ssh:
            return APIClient(**arguments)
        _need_paramiko()
        # Neither paramiko's connection nor the ssh client's pipe has a time-out in the SDK.
        return Bounded(Bounded(_Maker(APIClient, arguments), self.timeout).make(), self.timeout)

    def _tls(self):
        if not (self.options["tls"] or self.options["validate_certs"]) or self.is_local or self.by_ssh:
            return False
        pair = (self.options["client_cert"], self.options["client_key"])
        if any(pair) and not all(pair):
            raise DiscoveryError("Only one of client_cert and client_key is set.", "Set both.")
        return _make_tls_config(
            client_cert=pair if all(pair) else None,
            ca_cert=self.options["ca_path"],
            verify=self.options["validate_certs"],
            hostname=self.options["tls_hostname"],
        )

    def containers(self):
        """All of them, in brief."""
        return self.client.containers(all=True)

    def networks(self):
        """All of them; None where a proxy before the engine does not let them be asked for."""
        return self._get_if_allowed(self.client.networks)

    def volumes(self):
        """As ``networks``."""
        return self._get_if_allowed(self.client.volumes)

    def plugins(self):
        """Those that the engine manages; as ``networks``."""
        return self._get_if_allowed(self.client.plugins)

    def _get_if_allowed(self, call):
        try:
            return call()
        except Exception as exc:
            if status_of(exc) in _NOT_ALLOWED:
                return None
            raise

    def inspect_container(self, id):
        """A container as the engine tells it, or None where it went away meanwhile."""
        try:
            return self.client.inspect_container(id)
        except Exception as exc:
            if status_of(exc) == 404:
                return None
            raise

    def inspect_image(self, name):
        """An image as the engine tells it, or None where it has none of that name."""
        try:
            return self.client.inspect_image(name)
        except Exception as exc:
            if status_of(exc) in (400, 404):
                return None
            raise

    def map_in_parallel(self, function, items):
        """Several calls at a time, but over ssh, where each would be a process or channel of its own."""
        return [function(item) for item in items] if self.by_ssh else map_in_parallel(function, items)

    def call_in_parallel(self, functions):
        """As ``map_in_parallel``: what each of the functions returns."""
        return self.map_in_parallel(lambda function: function(), functions)


class _Maker:
    """Makes the client in a call of its own, for it connects while it is made."""

    def __init__(self, kind, arguments):
        self._kind = kind
        self._arguments = arguments

    def make(self):
        return self._kind(**self._arguments)


def _need_paramiko():
    """The SDK imports it for ``use_ssh_client`` too."""
    try:
        importlib.import_module("paramiko")
    except ImportError:
        raise missing_library("paramiko", "python3-paramiko") from None


def _make_tls_config(client_cert, ca_cert, verify, hostname):
    """The SDK's TLS settings, made to win over the environment's, with the host name that SDK 7 no longer takes."""
    import urllib3
    from docker.tls import TLSConfig
    from requests.adapters import HTTPAdapter

    class NamedAdapter(HTTPAdapter):
        def init_poolmanager(self, *args, **kwargs):
            super().init_poolmanager(*args, assert_hostname=hostname, **kwargs)

    class Settings(TLSConfig):
        def configure_client(self, client):
            super().configure_client(client)
            keep_tls_settings(client)
            if hostname and verify:
                client.mount("https://", NamedAdapter())

    if not verify:
        # The user asked for it: 'tls' without 'validate_certs'.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return Settings(client_cert=client_cert, ca_cert=ca_cert, verify=verify)
