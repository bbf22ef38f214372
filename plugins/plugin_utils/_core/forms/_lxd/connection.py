# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Ansible, and a person, get into a container: by way of its server."""

from __future__ import annotations

import typing as t

from ...model import Instance, Target

_URL = "unix:/var/lib/lxd/unix.socket"
_CLIENTS = {
    _URL: "lxd",
    "unix:/var/snap/lxd/common/lxd/unix.socket": "lxd",
    "unix:/var/lib/incus/unix.socket": "incus",
}
"""Where the command line client of each looks by itself."""


def connection_variables(target: Target, instance: Instance) -> dict[str, t.Any]:
    """
    By way of the server, which asks neither an address nor an sshd of the guest.

    The plugins of community.general run the client, which finds a server at its own place, or one that somebody made
    known to it. For all others there is one of ours, which asks the API.
    """
    options = target.options
    url = options.get("url") or _URL
    client = _CLIENTS.get(url)
    if client:
        variables = {"ansible_connection": f"community.general.{client}", "ansible_host": instance.name}
        return variables | ({f"ansible_{client}_project": options["project"]} if options.get("project") else {})
    variables = {"ansible_connection": "rightscope.deploy.lxd_api", "ansible_host": instance.name}
    return variables | {
        f"ansible_lxd_api_{name}": options[name]
        for name in ("url", "client_cert", "client_key", "server_cert", "project")
        if options.get(name)
    }


def exec_command(target: Target, instance: Instance) -> list[str]:
    """``lxc exec`` or ``incus exec``; nothing where the client would have to be made known to a server first."""
    url = str(target.options.get("url") or _URL)
    if not url.startswith("unix:"):
        return []
    incus = "incus" in url
    # Neither client has an argument for it.
    socket = f"{'INCUS' if incus else 'LXD'}_SOCKET={url.removeprefix('unix:')}"
    environment = [] if url in _CLIENTS else ["env", socket]
    project = [f"--project={target.options['project']}"] if target.options.get("project") else []
    return [*environment, "incus" if incus else "lxc", "exec", *project, instance.name, "--"]
