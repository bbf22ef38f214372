#!/usr/bin/python
#
# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run state of an instance of LXD or Incus: thin over module_utils/_delegates."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lxd_state
short_description: Start, stop or restart an instance of LXD or Incus, whatever state it is in
version_added: 0.3.0
author:
  - rightscope.deploy contributors (@rightscope)
description:
  - Brings an instance that is there into a run state, and changes nothing else of it.
  - It is what P(rightscope.deploy.service#module) uses where an instance is ready or in error, which
    P(community.general.lxd_container#module) does not know.
options:
  name:
    description: The instance's name.
    type: str
    required: true
  state:
    description: The state to bring it to. What is frozen goes on; V(restarted) starts one that is stopped.
    type: str
    choices:
      - started
      - stopped
      - restarted
    default: started
  timeout:
    description: Seconds that the guest has to shut down.
    type: int
    default: 30
  force:
    description: Whether the guest is ended without being asked to shut down.
    type: bool
    default: false
extends_documentation_fragment:
  - rightscope.deploy.lxd
  - rightscope.deploy.attributes
  - rightscope.deploy.attributes.delegate
  - rightscope.deploy.attributes.platform
  - rightscope.deploy.attributes.run_state
requirements:
  - pylxd
"""

EXAMPLES = r"""
- name: Have it run, though it is frozen
  rightscope.deploy.lxd_state:
    name: search
    state: started
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
from ..module_utils._delegates.lxd_state import bring_to


def main():
    module = AnsibleModule(
        argument_spec={
            **CONNECTION,
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["started", "stopped", "restarted"], "default": "started"},
            "timeout": {"type": "int", "default": 30},
            "force": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    run_module(module, bring_to, ("state", "timeout", "force"))


if __name__ == "__main__":
    main()
