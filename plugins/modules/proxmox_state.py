#!/usr/bin/python
#
# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run state and the removal of a VM of Proxmox VE: thin over module_utils/_delegates."""

from __future__ import annotations

DOCUMENTATION = r"""
module: proxmox_state
short_description: Start, resume, stop, restart or remove a VM of Proxmox VE, and see it done
version_added: 0.3.0
author:
  - rightscope.deploy contributors (@rightscope)
description:
  - Brings a VM into a run state, or removes it, and ends when the task has ended, with the task's words if it failed.
  - It is what P(rightscope.deploy.service#module) uses, because P(community.proxmox.proxmox_kvm#module) waits out its
    whole time-out where a task fails, resumes no paused VM, and gives up where the API is silent for five seconds.
options:
  node:
    description: The node that the VM is on.
    type: str
    required: true
  vmid:
    description: The VM's id.
    type: int
    required: true
  state:
    description:
      - The state to bring it to.
      - V(started) resumes a VM that is paused or hibernated. V(restarted) starts one that is stopped.
      - V(absent) stops it first, and removes its disks and snapshots with it.
    type: str
    choices:
      - started
      - stopped
      - restarted
      - absent
    default: started
  timeout:
    description:
      - How long all of it may take, in seconds.
      - A guest has all but the last ten of them to shut down, at most sixty, or to reboot. Then it is ended.
    type: float
    default: 300.0
extends_documentation_fragment:
  - rightscope.deploy.proxmox
  - rightscope.deploy.attributes
  - rightscope.deploy.attributes.delegate
  - rightscope.deploy.attributes.platform
  - rightscope.deploy.attributes.run_state
requirements:
  - proxmoxer
"""

EXAMPLES = r"""
- name: Have it run, though it is paused
  rightscope.deploy.proxmox_state:
    api_host: pve.example.com
    api_user: deploy@pve
    api_token_id: ansible
    api_token_secret: "{{ vault_pve_token }}"
    node: pve1
    vmid: 123
    state: started
"""

RETURN = r"""
vmid:
  description: The VM's id.
  type: int
  returned: success
  sample: 123
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._delegates.proxmox import CONNECTION
from ..module_utils._delegates.proxmox_state import bring_to
from ..module_utils._discovery import DiscoveryError


def main():
    module = AnsibleModule(
        argument_spec={
            **CONNECTION,
            "node": {"type": "str", "required": True},
            "vmid": {"type": "int", "required": True},
            "state": {"type": "str", "choices": ["started", "stopped", "restarted", "absent"], "default": "started"},
            "timeout": {"type": "float", "default": 300.0},
        },
        supports_check_mode=True,
    )
    params = module.params
    connection = {name: params[name] for name in CONNECTION if params[name] is not None}
    wanted = (params["node"], params["vmid"], params["state"], params["timeout"])
    try:
        changed = bring_to(connection, *wanted, write=not module.check_mode)
    except DiscoveryError as exc:
        module.fail_json(msg=exc.message)
    module.exit_json(changed=changed, vmid=params["vmid"])


if __name__ == "__main__":
    main()
