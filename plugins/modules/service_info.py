#!/usr/bin/python
#
# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_info
short_description: Say where a service would go and why, and where it is now
version_added: 0.1.0
author:
  - rightscope.deploy contributors (@rightscope)
description:
  - Asks all targets and decides, as M(rightscope.deploy.service) does, and changes nothing on them.
  - It does not fail where no candidate fits. RV(decision.chosen) is V(null) then, and RV(explanation) says why.
options:
  name:
    description:
      - The service's name.
      - A DNS label, that is lower-case letters, digits and C(-), at most 63 of them, a letter first.
      - Either this or O(services) is required.
    type: str
    required: false
  services:
    description:
      - Several services, each a mapping with the keys C(name), C(requirements) and C(as).
      - Each is decided on its own. What one would take is not taken from what the next one finds.
    type: list
    elements: dict
  report:
    description:
      - A file on the controller to write the decisions into, as tables of candidates and needs. Its name ends in C(.md)
        or C(.html).
      - A relative path starts where Ansible was started. The task is changed where the file's content is.
    type: path
attributes:
  check_mode:
    support: full
    details: The report is not written.
  diff_mode:
    support: none
  idempotent:
    support: full
  action:
    support: full
  async:
    support: none
extends_documentation_fragment:
  - rightscope.deploy.attributes
  - rightscope.deploy.attributes.platform
  - rightscope.deploy.attributes.actiongroup
  - rightscope.deploy.decision
seealso:
  - module: rightscope.deploy.service
"""

EXAMPLES = r"""
- name: Where would the search service go?
  rightscope.deploy.service_info:
    name: search
    requirements:
      memory: 4 GiB
      kernel:
        version: ">=5.15"
    as:
      docker_container:
        image: "elasticsearch:9.1.0"
  register: search

- name: Where would all of them go? As a table to look at
  rightscope.deploy.service_info:
    services:
      - name: web
        as: {docker_container: {image: "nginx:1.29"}}
      - name: mail
        requirements: {os_family: debian, processes: 4, init: true}
    report: placement.html

- name: Show every reason, of every candidate
  ansible.builtin.debug:
    msg: "{{ search.explanation.splitlines() }}"
"""

RETURN = r"""
placement:
  description: Where the service is now, as M(rightscope.deploy.service) returns it. V(null) where it is nowhere.
  returned: success, with O(name)
  type: dict
  sample:
    service: search
    target: pve
    node: pve1
    scope: machine
    form: proxmox_vm
    id: "103"
    state: started
    addresses:
      - 192.0.2.103
    ports: []
    connection:
      ansible_connection: ssh
      ansible_host: 192.0.2.103
      ansible_user: debian
decision:
  description: Every candidate and everything said of it, as M(rightscope.deploy.service) returns it.
  returned: success, with O(name)
  type: dict
  contains:
    chosen:
      description: The C(target), C(node) and C(form) that would be chosen. V(null) where none fits.
      type: dict
      returned: always
      sample:
        target: pve
        node: pve1
        form: proxmox_vm
    proof:
      description: Which needs forced the chosen form, a sentence each.
      type: list
      elements: str
      returned: always
      sample:
        - "vm.max_map_count>=262144 is not namespaced; dock1 has 65530; so it takes a Proxmox VM, whose kernel is its
          own."
    verdicts:
      description: One for each candidate, best first, in the keys that M(rightscope.deploy.service) returns.
      type: list
      elements: dict
      returned: always
      sample:
        - target: pve
          node: pve1
          form: proxmox_vm
          scope: machine
          fits: true
          failures: []
          accepted: []
          grants: []
          scores:
            headroom: 88
            image_present: 100
            fewest_grants: 100
            free_ports: 100
            preferred_labels: 100
            wishes: 100
          total: 98
name:
  description: The service's name.
  returned: success, with O(name)
  type: str
  sample: search
services:
  description:
    - For each service its RV(name), RV(decision), RV(explanation), RV(plan_digest) and RV(placement), as they are
      returned with O(name).
  returned: success, with O(services)
  type: list
  elements: dict
  sample:
    - name: web
      decision:
        chosen: null
        proof: []
        verdicts: []
      explanation: "Service 'web' has no candidates: no target offers any form."
      plan_digest: 6d1f2c0a9be04711
      placement: null
plan_digest:
  description: What O(rightscope.deploy.service#module:expect_plan) is compared with.
  returned: success, with O(name)
  type: str
  sample: 6d1f2c0a9be04711
  version_added: 0.2.0
explanation:
  description: The decision in sentences, of several services one after the other. Also shown with C(-v).
  returned: success
  type: str
  sample: |-
    Service 'search' goes to 'pve/pve1', a Proxmox VM (1 of 2 candidates fits).
        pve/pve1: chosen, the only one that fits; score 98 (headroom 88).
        dock1: rejected, vm.max_map_count is 65530 here and is not namespaced, 262144 wanted [kernel_sysctls]; it
               would fit if you run 'sysctl -w vm.max_map_count=262144' on dock1.
"""
