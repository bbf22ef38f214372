# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker: engines, and Podman's where it answers as one."""

from __future__ import annotations

import os

from ..kind import PROBES, Kind
from ..options import Option, to_bool, to_file

_CERTIFICATES = {"ca_path": "ca.pem", "client_cert": "cert.pem", "client_key": "key.pem"}
"""What DOCKER_CERT_PATH holds, by the option that it stands in for."""


class Docker(Kind):
    """An engine is a single node."""

    name = "docker"
    probes = PROBES
    # As in community.docker.docker_container, with the same environment variables behind them.
    options = {
        "docker_host": Option(env="DOCKER_HOST", default="unix:///var/run/docker.sock"),
        "tls": Option(to_bool, "DOCKER_TLS", False),
        "validate_certs": Option(to_bool, "DOCKER_TLS_VERIFY", False),
        "tls_hostname": Option(env="DOCKER_TLS_HOSTNAME"),
        "ca_path": Option(to_file),
        "client_cert": Option(to_file),
        "client_key": Option(to_file),
        "api_version": Option(env="DOCKER_API_VERSION", default="auto"),
        "timeout": Option(float, "DOCKER_TIMEOUT"),
        "use_ssh_client": Option(to_bool, default=False),
    }

    def connect(self, options, timeout):
        from ._docker.connection import Engine

        return Engine(options, timeout)

    def discover(self, options, question):
        from ._docker import discovery

        return discovery.discover(self.connect(options, question.timeout), question)

    def find(self, options, question):
        from ._docker import instances

        engine = self.connect(options, question.timeout)
        with engine.translate_errors():
            return instances.read_instances(engine, engine.containers(), question)

    def read_options(self, options):
        """All options, with what the environment says where the user says nothing."""
        values = super().read_options(options)
        directory = os.environ.get("DOCKER_CERT_PATH")
        for name, file in _CERTIFICATES.items() if directory else ():
            path = os.path.join(directory, file)
            if values[name] is None and os.path.isfile(path):
                values[name] = path
        return values

    def delegate_connection(self, options):
        arguments, environment = super().delegate_connection(options)
        return arguments, {**environment, **_certificate_bundle(options)}


def _certificate_bundle(options):
    """
    requests lets the environment's bundle win over the one that a module asks for (psf/requests#3829).

    Where nothing is to be verified an empty one says so: with another the module would verify all the same.
    """
    if options.get("ca_path"):
        return {"REQUESTS_CA_BUNDLE": str(options["ca_path"]), "CURL_CA_BUNDLE": ""}
    is_blind = options.get("tls") and not options.get("validate_certs")
    return {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""} if is_blind else {}


KIND = Docker()
