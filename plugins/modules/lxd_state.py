#!/usr/bin/python
#
# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run state of an instance of LXD or Incus: thin over module_utils/_lxd_config."""

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
attributes:
  action:
    support: none
  async:
    support: full
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: partial
    details: V(restarted) restarts it each time.
extends_documentation_fragment:
  - rightscope.deploy.lxd
  - rightscope.deploy.attributes
  - rightscope.deploy.attributes.platform
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

from ..module_utils._lxd_config import CONNECTION, bring_to, carry_out


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
    carry_out(module, bring_to, ("state", "timeout", "force"))


if __name__ == "__main__":
    main()
