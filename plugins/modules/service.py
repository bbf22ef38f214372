#!/usr/bin/python
#
# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service
short_description: Put a service where it belongs, as a container, a system container or a virtual machine
version_added: 0.1.0
author:
  - rightscope.deploy contributors (@rightscope)
description:
  - Reads what a service needs, chooses the narrowest form and the place that satisfy every need, says why, and has the
    module for that form make it.
  - The service is looked for on every target and in every form first. One that has a place keeps it while that still
    fits. A second run changes nothing.
  - What is made carries a mark. An object of the same name without the mark is never changed or removed.
options:
  state:
    description:
      - V(started) makes it, if need be, and starts it. V(stopped) makes it and has it stopped.
      - V(restarted) starts it, or restarts it where it runs. V(present) makes it and leaves its run state alone.
      - V(absent) removes it, wherever it is.
    type: str
    choices:
      - started
      - stopped
      - restarted
      - present
      - absent
    default: started
  unreachable:
    description:
      - What to do where the service was not found, and a target that may hold it does not answer.
      - V(hold) fails and does nothing, lest there are two. V(ignore) goes on with a warning.
    type: str
    choices:
      - hold
      - ignore
    default: hold
  on_form_change:
    description:
      - What to do where the needs have changed, and the service no longer fits where it is.
      - V(fail) does nothing and says why. V(report) does nothing either, and is no failure; RV(fits) is V(false) then.
      - V(replace) makes it anew where it fits, waits until it is ready, and then removes the old one, with all that is
        in it. Volumes with a name stay where they are.
      - Of the same form on the same target there is only one of a name, so it never moves between nodes of a cluster.
    type: str
    choices:
      - fail
      - report
      - replace
    default: fail
    version_added: 0.2.0
  replace:
    description:
      - Whether something that cannot be changed in place may be made anew where it is, as a container of Docker must be
        for nearly every change. RV(calls) names what is kept and what is lost.
      - If not set, V(never) for a container that has volumes, and V(when_needed) for any other.
    type: str
    choices:
      - never
      - when_needed
    version_added: 0.2.0
  restart:
    description:
      - Whether a VM that runs is restarted where settings wait for that, such as its memory, be they written now or by
        an earlier run. With V(never) they are named in RV(restart_required).
    type: str
    choices:
      - never
      - when_needed
    default: never
    version_added: 0.3.0
  relocate:
    description:
      - Move the service, as with O(on_form_change=replace), where it fits where it is and another place is better. That
        is a narrower scope, fewer privileges, or a score that is higher by 10 or more.
    type: bool
    default: false
    version_added: 0.2.0
  adopt:
    description:
      - Where the service is nowhere, take over the one thing that has its name and no mark. Only the marks are written;
        what differs from the needs is for the next run. A container of Docker cannot be taken over.
    type: bool
    default: false
    version_added: 0.2.0
  add_to_inventory:
    description:
      - Whether the service becomes a host of the running playbook, by its name, with RV(placement.connection), in the
        groups C(rightscope_services) and C(rightscope_FORM), such as C(rightscope_docker_container).
      - Of a service of several containers it is the first one by name.
      - A name that is a group's, a target's, or that of a host with a connection of its own is refused then.
      - "With ansible-core before 2.21 a task with C(loop) adds only those whose C(changed) says the same of the service
        and of the inventory, and warns of the others: what it said would not be true. The role
        P(rightscope.deploy.service#role) adds all."
    type: bool
    default: true
    version_added: 0.3.0
  expect_plan:
    description:
      - A RV(plan_digest) of an earlier run in check mode, or of M(rightscope.deploy.service_info). If it would be
        another one now, nothing is done.
    type: str
    version_added: 0.2.0
  max_attempts:
    description:
      - How many candidates to try where making it fails. What a failed attempt made is removed first.
      - Where O(as) has an entry, no form without one is tried after a failure.
    type: int
    default: 3
  wait_timeout:
    description:
      - How long to wait until the service is ready, in seconds, once the work is done. It is waited for where nothing
        had to be done as well, since somebody else may just have started it.
    type: float
    default: 120.0
  wait_for:
    description:
      - What a service that is to be started is waited for.
      - V(address) waits until it runs, its healthcheck, if it has one, is content, and it has an address, if one is to
        be expected.
      - V(started) does not wait for an address. It is for one whose address is given to it later, or by a network that
        nothing is known of.
    type: str
    choices: [address, started]
    default: address
    version_added: 0.4.0
  min_uptime:
    description:
      - Seconds that a container of Docker must run on after its start to be called started. A program with a mistake in
        its configuration ends after a moment, and its restart policy starts it again.
      - If not set, 1 where the container has no healthcheck, and 0 where it has one. V(0) turns it off.
    type: float
    version_added: 0.4.0
attributes:
  check_mode:
    support: full
    details: Targets are asked and the plan is made for real. No module that would write is run.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: With O(state=restarted), every run restarts.
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
  - module: rightscope.deploy.service_info
  - module: community.docker.docker_container
  - module: community.general.lxd_container
  - module: community.proxmox.proxmox_kvm
"""

EXAMPLES = r"""
- name: Put a web server where it belongs
  rightscope.deploy.service:
    name: web
    requirements:
      cpus: 1
      memory: 256 MiB
    as:
      docker_container:
        image: "nginx:1.29"
        published_ports: ["8080:80"]
      lxd_container:
        source: {type: image, alias: debian/12}
      proxmox_vm:
        clone: debian-12-cloud
  register: web

- name: Show where it went, and why
  ansible.builtin.debug:
    msg: "{{ web.explanation.splitlines() }}"

- name: A small system with an init of its own, on Debian 12
  rightscope.deploy.service:
    name: mail
    requirements:
      os_family: debian
      os_version: "12"
      processes: 4
      init: true
      memory: 2 GiB
      disk: 20 GiB

- name: A firewall that is no Linux
  rightscope.deploy.service:
    name: edge
    requirements:
      os_family: freebsd
      cpus: 2
      memory: 2 GiB
      disk: 16 GiB
    as:
      proxmox_vm:
        clone: opnsense
        onboot: true

- name: An application of two processes, each with an image of its own
  rightscope.deploy.service:
    name: shop
    requirements:
      processes:
        - {name: app, image: "registry.example.com/shop:3"}
        - {name: cache, image: "valkey/valkey:8"}

- name: Remove a service, wherever it is
  rightscope.deploy.service:
    name: web
    state: absent
"""

RETURN = r"""
placement:
  description: Where the service is, in the same keys for every form. V(null) where it is nowhere.
  returned: success
  type: dict
  sample:
    service: web
    target: dock1
    node: dock1
    scope: application
    form: docker_container
    id: 6a62e5835d4cb729008f04dd9c61af5f5271e71858cfbd0aebe212253045c3d5
    state: started
    addresses:
      - 172.17.0.2
    ports:
      - container: 80/tcp
        host_ip: 0.0.0.0
        host_port: 8080
    connection:
      ansible_connection: community.docker.docker_api
      ansible_host: web
  contains:
    service:
      description: The service's name.
      type: str
      returned: always
    target:
      description: The target that has it.
      type: str
      returned: always
    node:
      description: The target's node.
      type: str
      returned: always
    scope:
      description: V(application), V(system) or V(machine).
      type: str
      returned: always
    form:
      description: V(docker_container), V(lxd_container) or V(proxmox_vm).
      type: str
      returned: always
    id:
      description: What the target identifies it by. V(null) in check mode for one that is not there yet.
      type: str
      returned: always
    state:
      description: V(started), V(stopped), or the engine's own word for another state.
      type: str
      returned: always
    addresses:
      description: Its addresses, IPv4 first.
      type: list
      elements: str
      returned: always
    ports:
      description: Published ports, with the keys C(container), C(host_ip) and C(host_port).
      type: list
      elements: dict
      returned: always
    connection:
      description: Variables by which Ansible reaches it.
      type: dict
      returned: always
decision:
  description: Every candidate and everything said of it, best first.
  returned: always, unless O(state=absent)
  type: dict
  contains:
    chosen:
      description: What was chosen. V(null) where none fits.
      type: dict
      returned: always
      sample:
        target: dock1
        node: dock1
        form: docker_container
      contains:
        target:
          description: The target.
          type: str
          returned: always
        node:
          description: The target's node.
          type: str
          returned: always
        form:
          description: V(docker_container), V(lxd_container) or V(proxmox_vm).
          type: str
          returned: always
    proof:
      description: Which needs forced the chosen form, a sentence each.
      type: list
      elements: str
      returned: always
      sample:
        - "kernel.modules: the kernel of dock1 has overlay, and a Docker container shares it."
    verdicts:
      description: What is said of each candidate.
      type: list
      elements: dict
      returned: always
      sample:
        - target: dock1
          node: dock1
          form: docker_container
          scope: application
          fits: true
          failures: []
          accepted: []
          grants:
            - device /dev/net/tun
          scores:
            headroom: 50
            image_present: 100
            fewest_grants: 90
            free_ports: 100
            preferred_labels: 100
            wishes: 100
          total: 90
        - target: lab
          node: lab
          form: lxd_container
          scope: system
          fits: false
          failures:
            - rule: kernel_modules
              reason: its kernel has not loaded overlay
              when: not_now
              remedy: run 'modprobe -a overlay' on lab
          accepted: []
          grants:
            - device /dev/net/tun
          scores:
            headroom: 50
            image_present: 100
            fewest_grants: 90
            free_ports: 100
            preferred_labels: 100
            wishes: 100
          total: 90
      contains:
        target:
          description: The candidate's target.
          type: str
          returned: always
        node:
          description: The target's node.
          type: str
          returned: always
        form:
          description: V(docker_container), V(lxd_container) or V(proxmox_vm).
          type: str
          returned: always
        scope:
          description: V(application), V(system) or V(machine).
          type: str
          returned: always
        fits:
          description: Whether every need is met there.
          type: bool
          returned: always
        failures:
          description: Every reason against it.
          type: list
          elements: dict
          returned: always
          contains:
            rule:
              description: The name of the rule.
              type: str
              returned: always
            reason:
              description: What is lacking, half a sentence.
              type: str
              returned: always
            when:
              description: V(never), V(not_now), or V(unknown) where it could not be checked.
              type: str
              returned: always
            remedy:
              description: What would help. V(null) where nothing would.
              type: str
              returned: always
        accepted:
          description: What would be a failure without O(unknown=accept), in the same keys.
          type: list
          elements: dict
          returned: always
        grants:
          description: The privileges that it would be given.
          type: list
          elements: str
          returned: always
        scores:
          description: For each preference in O(weights) how far it is met, from 0 to 100.
          type: dict
          returned: always
        total:
          description: The weighted mean of RV(decision.verdicts[].scores).
          type: int
          returned: always
explanation:
  description: The decision in sentences. Also shown with C(-v).
  returned: always
  type: str
  sample: |-
    Service 'web' goes to 'dock1', a Docker container (1 of 2 candidates fits).
        dock1: chosen, the only one that fits; score 99 (headroom 97).
        lab: rejected, it has no image of linux [image]; it would fit if you make one there, or name one under
             'as.lxd_container'.
plan_digest:
  description:
    - A short name for the needs, the facts that matter and the choice. It changes where one of them does. Figures that
      never stand still, such as free memory, count only by what they come to.
  returned: always, unless O(state=absent) or O(adopt=true)
  type: str
  sample: 6d1f2c0a9be04711
  version_added: 0.2.0
fits:
  description: V(false) where the service no longer fits where it is, and O(on_form_change=report).
  returned: with O(on_form_change=report), where it does not
  type: bool
  sample: false
  version_added: 0.2.0
calls:
  description:
    - The work that was done, or would be in check mode, each with C(module), C(target), C(changed), C(does) and
      C(action), which is V(create), V(change), V(start), V(stop), V(restart), V(replace) or V(remove).
    - Of what is replaced C(keeps) and C(loses) name what outlives it and what does not.
    - Never their arguments, which may hold secrets.
  returned: success
  type: list
  elements: dict
  sample:
    - module: community.docker.docker_container
      target: dock1
      changed: true
      does: create container 'web' from nginx:1.29
      action: create
attempts:
  description:
    - Each candidate that was tried, with its C(target), C(node), C(form) and C(error). That is V(null) for the one that
      went well.
  returned: when one failed
  type: list
  elements: dict
  sample:
    - target: dock1
      node: dock1
      form: docker_container
      error: "Error starting container: port is already allocated"
    - target: lab
      node: lab
      form: lxd_container
      error: null
restart_required:
  description: Settings of a VM that are written and take effect at its next restart.
  returned: when there are any
  type: list
  elements: str
  sample:
    - memory
diff:
  description: What changed, or would, in C(before) and C(after). Secrets are masked.
  returned: when something changed
  type: dict
  sample:
    before:
      web:
        state: stopped
    after:
      web:
        state: started
"""
