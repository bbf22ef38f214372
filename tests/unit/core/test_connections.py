# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A delegate is given the connection that discovery had."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.delegate_connection import (
    delegate_connection,
)


@pytest.mark.parametrize(
    ("kind", "options", "arguments", "environment"),
    [
        pytest.param("docker", {"docker_host": "x"}, {"docker_host": "x"}, {}, id="as they are"),
        pytest.param(
            "docker",
            {"tls": True, "ca_path": "c", "validate_certs": True},
            {"tls": True, "ca_path": "c", "validate_certs": True},
            {"REQUESTS_CA_BUNDLE": "c", "CURL_CA_BUNDLE": ""},
            id="Docker's CA wins over the environment's",
        ),
        pytest.param(
            "docker",
            {"tls": True},
            {"tls": True},
            {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""},
            id="nothing is verified where that is not asked for",
        ),
        pytest.param("docker", {"validate_certs": True}, {"validate_certs": True}, {}, id="the system's bundle"),
        pytest.param("proxmox", {"ca_path": "c"}, {"validate_certs": True}, {"REQUESTS_CA_BUNDLE": "c"}, id="our CA"),
        pytest.param("proxmox", {"validate_certs": False}, {"validate_certs": False}, {}, id="the user's word"),
        pytest.param("lxd", {"server_cert": "c", "trust_password": "p"}, {}, {"SSL_CERT_FILE": "c"}, id="LXD"),
    ],
)
def test_a_delegate_gets_the_connection_that_discovery_had(kind, options, arguments, environment):
    assert delegate_connection(kind, options) == (arguments, environment)
