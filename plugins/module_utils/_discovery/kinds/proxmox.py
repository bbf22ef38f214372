# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxmox VE: clusters, and single nodes as clusters of one."""

from __future__ import annotations

from ..kind import Kind
from ..options import Option, to_bool, to_file


class Proxmox(Kind):
    """Each member of the cluster is a node."""

    name = "proxmox"
    is_numbered = True
    # As in community.proxmox.proxmox_kvm, but certificates are verified, and ca_path says against which CA.
    options = {
        "api_host": Option(env="PROXMOX_HOST", required=True),
        "api_port": Option(int, "PROXMOX_PORT", 8006),
        "api_user": Option(env="PROXMOX_USER", required=True),
        "api_password": Option(env="PROXMOX_PASSWORD", secret=True),
        "api_token_id": Option(env="PROXMOX_TOKEN_ID"),
        "api_token_secret": Option(env="PROXMOX_TOKEN_SECRET", secret=True),
        "validate_certs": Option(to_bool, "PROXMOX_VALIDATE_CERTS", True),
        # The delegate has it from community.proxmox 2.0 on only.
        "ca_path": Option(to_file, for_delegate=False, variable="REQUESTS_CA_BUNDLE"),
    }
    # The delegate's own default is false: whoever is in the middle would be given the token.
    delegate_defaults = {"validate_certs": True}

    def connect(self, options, timeout):
        from ._proxmox.connection import Cluster

        return Cluster(options, timeout)

    def discover(self, options, question):
        from ._proxmox import discovery

        return discovery.discover(self.connect(options, question.timeout), question)

    def find(self, options, question):
        from ._proxmox import discovery

        return discovery.find(self.connect(options, question.timeout), question)

    def failed_task(self, options, call, since, timeout=10.0):
        """proxmox_kvm waits for a task that failed as if it still ran, and then quotes the first line of its log."""
        from ._proxmox import tasks

        if "node" not in call or "vmid" not in call:
            return None
        return tasks.failed_task(self.connect(options, timeout), call["node"], call["vmid"], since)


KIND = Proxmox()
