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
  - Asks all targets and decides, as M(rightscope.deploy.service) does, and changes nothing.
  - It does not fail where no candidate fits. RV(decision.chosen) is V(null) then, and RV(explanation) says why.
options: {}
attributes:
  action:
    support: full
  async:
    support: none
extends_documentation_fragment:
  - rightscope.deploy.attributes
  - rightscope.deploy.attributes.info_module
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

- name: Show every reason, of every candidate
  ansible.builtin.debug:
    msg: "{{ search.explanation }}"
"""

RETURN = r"""
placement:
  description: Where the service is now, as M(rightscope.deploy.service) returns it. V(null) where it is nowhere.
  returned: success
  type: dict
decision:
  description: Every candidate and everything said of it, as M(rightscope.deploy.service) returns it.
  returned: success
  type: dict
  contains:
    chosen:
      description: The C(target), C(node) and C(form) that would be chosen. V(null) where none fits.
      type: dict
      returned: always
    verdicts:
      description: One for each candidate, best first.
      type: list
      elements: dict
      returned: always
explanation:
  description: The decision in sentences. Also shown with C(-v).
  returned: success
  type: str
"""
