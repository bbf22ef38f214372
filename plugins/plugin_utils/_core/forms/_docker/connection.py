# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Ansible, and a person, get into a container: through the engine's API, or by Docker's own client."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ...model import Instance, Target


def connection_variables(target: Target, instance: Instance) -> dict[str, t.Any]:
    """Reached through the engine's API: an image of one application has neither sshd nor an address to trust."""
    options = target.options
    if _needs_client(options):
        return {
            "ansible_connection": "community.docker.docker",
            "ansible_host": instance.name,
            "ansible_docker_extra_args": " ".join(client_arguments(options)),
        }
    variables = {"ansible_connection": "community.docker.docker_api", "ansible_host": instance.name}
    return variables | {
        f"ansible_docker_{name}": options[name] for name in ("docker_host", "api_version") if options.get(name)
    }


def _needs_client(options: Mapping[str, t.Any]) -> bool:
    """
    Whether docker_api cannot do it, and Docker's own client has to be here.

    The plugin says itself that it does not work with TLS (community.docker#605), and has no variable for ssh's client.
    """
    address = str(options.get("docker_host") or "")
    over_tls = address.startswith(("tcp:", "https:")) and (options.get("tls") or options.get("validate_certs"))
    return bool(over_tls or (address.startswith("ssh:") and options.get("use_ssh_client")))


def client_arguments(options: Mapping[str, t.Any]) -> list[str]:
    """How Docker's client is told of the engine."""
    if not options.get("docker_host"):
        return []
    files = {"--tlscacert": "ca_path", "--tlscert": "client_cert", "--tlskey": "client_key"}
    given = [f"{flag}={options[name]}" for flag, name in files.items() if options.get(name)]
    tls = ["--tlsverify"] if options.get("validate_certs") else ["--tls"] if options.get("tls") else []
    return [f"--host={options['docker_host']}", *tls, *given]
