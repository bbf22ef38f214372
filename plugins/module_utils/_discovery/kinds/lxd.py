# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""LXD and Incus: servers and clusters of them."""

from __future__ import annotations

from ..kind import PROBES, Kind
from ..options import Option, to_file


class Lxd(Kind):
    """A server is a single node, or each member of its cluster is one."""

    name = "lxd"
    probes = PROBES
    # As in community.general.lxd_container, and server_cert: the server's own certificate, to pin it.
    options = {
        "url": Option(),
        "snap_url": Option(),
        "client_cert": Option(to_file),
        "client_key": Option(to_file),
        # Discovery has made the server trust the client, and to be told once more is an error to LXD 5.0.
        "trust_password": Option(secret=True, for_delegate=False),
        "project": Option(),
        # The delegate has no option for it (community.general#7393).
        "server_cert": Option(to_file, for_delegate=False, variable="SSL_CERT_FILE"),
    }

    def connect(self, options, timeout):
        from ._lxd.connection import Server

        return Server(options, timeout)

    def discover(self, options, question):
        from ._lxd import discovery

        return discovery.discover(self.connect(options, question.timeout), question)

    def find(self, options, question):
        from ._lxd import instances

        server = self.connect(options, question.timeout)
        with server.translate_errors():
            return instances.read_instances(server, question)

    def discovered_options(self, answer):
        """The delegate knows LXD's default sockets only; where Incus' was found, it has to be told."""
        url = (answer.get("server") or {}).get("url")
        return {"url": url} if url else {}


KIND = Lxd()
