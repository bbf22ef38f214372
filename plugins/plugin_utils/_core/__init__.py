# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The pure part: from what a user wrote and what was found to a decision, its explanation and a plan.

Nothing here imports Ansible, a network or a clock, nor anything of the controller's side. Private to the collection:
nothing outside of it may import from this folder.
"""
