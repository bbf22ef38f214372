#!/usr/bin/python
#
# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A clone of a Proxmox VE template: thin over module_utils/_delegates."""

from __future__ import annotations

DOCUMENTATION = r"""
module: proxmox_clone
short_description: Make a VM of Proxmox VE of a given id, as a clone or from nothing
version_added: 0.2.0
author:
  - rightscope.deploy contributors (@rightscope)
description:
  - Clones a VM or template, with its description in the same call, and waits for the end of the task.
  - Without O(vmid), makes a VM that has neither disk nor network yet.
  - It is what P(rightscope.deploy.service#module) makes VMs with, because P(community.proxmox.proxmox_kvm#module)
    cannot give a clone a description, answers with the template's id where the new one is taken, and does not see that
    a task has failed.
  - It does not look for a VM that is there already. An id that is taken is an error.
options:
  node:
    description: The node that the template is on, or that the VM is to be on.
    type: str
    required: true
  vmid:
    description: The template's id. If not set, the VM is made from nothing (since 0.3.0).
    type: int
  newid:
    description: The new VM's id.
    type: int
    required: true
  name:
    description: The new VM's name.
    type: str
    required: true
  description:
    description: The new VM's description.
    type: str
  full:
    description: Copy the disks, rather than link to the template's. If not set, a template is linked to.
    type: bool
  storage:
    description: The storage of a full clone.
    type: str
  format:
    description: The format of a full clone's disks.
    type: str
    choices:
      - qcow2
      - raw
      - vmdk
  pool:
    description: The resource pool to put it into.
    type: str
  snapname:
    description: The snapshot to clone.
    type: str
  target:
    description: The node that it is to be on, which takes shared storage.
    type: str
  timeout:
    description: How long the clone may take, in seconds.
    type: float
    default: 300.0
attributes:
  check_mode:
    details: Nothing is asked of the API then.
  idempotent:
    support: none
    details: An id that is taken is an error, whatever has it.
extends_documentation_fragment:
  - rightscope.deploy.proxmox
  - rightscope.deploy.attributes
  - rightscope.deploy.attributes.delegate
  - rightscope.deploy.attributes.platform
requirements:
  - proxmoxer
"""

EXAMPLES = r"""
- name: Clone a template
  rightscope.deploy.proxmox_clone:
    api_host: pve.example.com
    api_user: deploy@pve
    api_token_id: ansible
    api_token_secret: "{{ vault_pve_token }}"
    node: pve1
    vmid: 900
    newid: 123
    name: search

- name: Make a VM from nothing
  rightscope.deploy.proxmox_clone:
    api_host: pve.example.com
    api_user: deploy@pve
    api_token_id: ansible
    api_token_secret: "{{ vault_pve_token }}"
    node: pve1
    newid: 124
    name: install
"""

RETURN = r"""
vmid:
  description: The new VM's id.
  type: int
  returned: success
  sample: 123
claimed:
  description: Whether the id was this call's own when it failed, so that what is there of it was made by this call.
  type: bool
  returned: failure
  sample: false
next_id:
  description: Another id, where O(newid) is taken.
  type: int
  returned: failure, if the id is taken
  sample: 124
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._delegates.proxmox import CONNECTION
from ..module_utils._delegates.proxmox_clone import CloningError, clone, create
from ..module_utils._discovery import DiscoveryError

_SETTINGS = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "full": {"type": "bool"},
    "storage": {"type": "str"},
    "format": {"type": "str", "choices": ["qcow2", "raw", "vmdk"]},
    "pool": {"type": "str"},
    "snapname": {"type": "str"},
    "target": {"type": "str"},
}


def main():
    module = AnsibleModule(
        argument_spec={
            **CONNECTION,
            **_SETTINGS,
            "node": {"type": "str", "required": True},
            "vmid": {"type": "int"},
            "newid": {"type": "int", "required": True},
            "timeout": {"type": "float", "default": 300.0},
        },
        supports_check_mode=True,
    )
    given = {name: value for name, value in module.params.items() if value is not None}
    connection, settings = ({name: given[name] for name in names if name in given} for names in (CONNECTION, _SETTINGS))
    if not module.check_mode:
        try:
            if "vmid" in given:
                clone(connection, given["node"], given["vmid"], given["newid"], settings, given["timeout"])
            else:
                create(connection, given["node"], given["newid"], settings, given["timeout"])
        except CloningError as exc:
            next_id = {} if exc.next_id is None else {"next_id": exc.next_id}
            module.fail_json(msg=exc.message, claimed=exc.claimed, **next_id)
        except DiscoveryError as exc:
            module.fail_json(msg=exc.message, claimed=False)
    module.exit_json(changed=True, vmid=given["newid"])


if __name__ == "__main__":
    main()
