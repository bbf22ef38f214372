# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may use this fragment.

"""How a server of LXD or Incus is reached: the connection options of its target."""

from __future__ import annotations


class ModuleDocFragment:
    """What ``module_utils/_delegates/lxd.CONNECTION`` holds."""

    DOCUMENTATION = r"""
options:
  url:
    description: The address of the server. If not set, the first of the usual sockets that is there.
    type: str
  snap_url:
    description: The address to use where O(url) is not set and its socket is there.
    type: str
  client_cert:
    description: File with the client's certificate.
    type: path
  client_key:
    description: File with the key of O(client_cert).
    type: path
  server_cert:
    description: File with the server's own certificate, to pin it.
    type: path
  trust_password:
    description: The password by which a server trusts a client that it does not know yet.
    type: str
  project:
    description: The project of the instance.
    type: str
"""
