#!/usr/bin/python
#
# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of an instance of LXD or Incus: thin over module_utils/_delegates."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lxd_config
short_description: Change what an instance of LXD or Incus is configured with, as it is
version_added: 0.2.0
author:
  - rightscope.deploy contributors (@rightscope)
description:
  - Sets keys, devices and profiles of an instance that is there, whether it runs or not, and leaves it in its state.
  - It is what P(rightscope.deploy.service#module) changes system containers with, because
    P(community.general.lxd_container#module) starts a stopped one to change it.
  - What somebody else changes at the same time is not overwritten.
options:
  name:
    description: The instance's name.
    type: str
    required: true
  config:
    description: Keys to set. An empty text takes a key away; keys that are not named stay.
    type: dict
    default: {}
  devices:
    description: Devices to set, each whole. An empty one takes a device away; devices that are not named stay.
    type: dict
    default: {}
  profiles:
    description: All its profiles, in their order. If not set, they stay.
    type: list
    elements: str
  architecture:
    description: The architecture that it runs as, by the server's own name for it, as V(x86_64). If not set, it stays.
    type: str
    version_added: 0.4.0
  ephemeral:
    description: Whether it is removed as soon as it is stopped. If not set, it stays as it is.
    type: bool
    version_added: 0.4.0
attributes:
  idempotent:
    support: full
extends_documentation_fragment:
  - rightscope.deploy.lxd
  - rightscope.deploy.attributes
  - rightscope.deploy.attributes.delegate
  - rightscope.deploy.attributes.platform
requirements:
  - pylxd
"""

EXAMPLES = r"""
- name: Limit the memory of an instance, and leave it stopped
  rightscope.deploy.lxd_config:
    name: search
    config:
      limits.memory: 2GiB
"""

RETURN = r"""
name:
  description: The instance's name.
  type: str
  returned: success
  sample: search
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._delegates.lxd import CONNECTION, run_module
from ..module_utils._delegates.lxd_config import configure


def main():
    module = AnsibleModule(
        argument_spec={
            **CONNECTION,
            "name": {"type": "str", "required": True},
            "config": {"type": "dict", "default": {}},
            "devices": {"type": "dict", "default": {}},
            "profiles": {"type": "list", "elements": "str"},
            "architecture": {"type": "str"},
            "ephemeral": {"type": "bool"},
        },
        supports_check_mode=True,
    )
    run_module(module, configure, ("config", "devices", "profiles", "architecture", "ephemeral"))


if __name__ == "__main__":
    main()
