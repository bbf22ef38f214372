# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The connection options of a target, as its delegates take them: discovery and delegates must agree.

Some options are ours, because a delegate has none for them; those become variables of its environment.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

_OURS = {
    # community.proxmox has ca_path from 2.0 on only.
    "proxmox": {"ca_path": "REQUESTS_CA_BUNDLE"},
    # lxd_container has no option for the server's certificate (community.general#7393).
    "lxd": {"server_cert": "SSL_CERT_FILE"},
}
_DISCOVERY_ONLY = {
    # Discovery has made the server trust the client, and to be told once more is an error to LXD 5.0.
    "lxd": ("trust_password",),
}
_DEFAULTS = {
    # The delegate's own default is false: whoever is in the middle would be given the token.
    "proxmox": {"validate_certs": True},
}


def delegate_connection(kind: str, options: Mapping[str, t.Any]) -> tuple[dict[str, t.Any], dict[str, str]]:
    """(the delegate's connection arguments, the variables of its environment)."""
    ours = _OURS.get(kind, {})
    left_out = {*ours, *_DISCOVERY_ONLY.get(kind, ())}
    arguments = {name: value for name, value in options.items() if name not in left_out and value is not None}
    environment = {variable: str(options[name]) for name, variable in ours.items() if options.get(name)}
    if kind == "docker":
        environment |= _own_bundle(options)
    return {**_DEFAULTS.get(kind, {}), **arguments}, environment


def _own_bundle(options: Mapping[str, t.Any]) -> dict[str, str]:
    """
    requests lets the environment's bundle win over the one that a module asks for (psf/requests#3829).

    Where nothing is to be verified an empty one says so: with another the module would verify all the same.
    """
    if options.get("ca_path"):
        return {"REQUESTS_CA_BUNDLE": str(options["ca_path"]), "CURL_CA_BUNDLE": ""}
    blind = options.get("tls") and not options.get("validate_certs")
    return {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""} if blind else {}
