# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may use this fragment.

"""Attributes that the collection's modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """``rightscope.deploy.attributes`` describes them; the sections below say how far they are supported."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
  diff_mode:
    description: Returns details on what has changed, or what would change in C(check_mode), when in diff mode.
  idempotent:
    description: A second run with the same arguments reports no change, where nothing else changed in between.
  platform:
    description: What the module or action runs on.
  action:
    description: Has an action plugin, so that part of it runs on the controller.
  async:
    description: Supports being used with the C(async) keyword.
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: It changes nothing.
  diff_mode:
    support: N/A
    details: It changes nothing.
  idempotent:
    support: full
    details: It changes nothing.
"""

    DELEGATE = r"""
options: {}
attributes:
  action:
    support: none
  async:
    support: full
  check_mode:
    support: full
  diff_mode:
    support: none
"""

    RUN_STATE = r"""
options: {}
attributes:
  idempotent:
    support: partial
    details: V(restarted) restarts it each time.
"""

    PLATFORM = r"""
options: {}
requirements:
  - Python 3.9 or newer on the managed node
attributes:
  platform:
    support: full
    platforms: posix
"""

    ACTIONGROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/rightscope.deploy.deploy) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - rightscope.deploy.deploy
"""
