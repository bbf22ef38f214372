# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may use this fragment.

"""How the API of Proxmox VE is reached: the connection options of its target."""

from __future__ import annotations


class ModuleDocFragment:
    """What ``module_utils/_delegates/proxmox.CONNECTION`` holds."""

    DOCUMENTATION = r"""
options:
  api_host:
    description: The host of the API. If not set, the environment variable E(PROXMOX_HOST).
    type: str
  api_port:
    description: Its port. If not set, the environment variable E(PROXMOX_PORT), else V(8006).
    type: int
  api_user:
    description: The user, with its realm. If not set, the environment variable E(PROXMOX_USER).
    type: str
  api_password:
    description: Its password. If not set, the environment variable E(PROXMOX_PASSWORD).
    type: str
  api_token_id:
    description: The token's id. If not set, the environment variable E(PROXMOX_TOKEN_ID).
    type: str
  api_token_secret:
    description: The token's secret. If not set, the environment variable E(PROXMOX_TOKEN_SECRET).
    type: str
  validate_certs:
    description: Verify the certificate. If not set, the environment variable E(PROXMOX_VALIDATE_CERTS), else V(true).
    type: bool
  ca_path:
    description: File with the CA certificate to verify against.
    type: path
"""
