# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
From a decision to a service that runs: plan, call, read back, compare; and clean up after a failure.

What is said to have changed comes from the plan. Then the plan is made again from what the engine says afterwards, and
only when nothing is left to do is the task a success. The engine and the clock are given to all parts, which know no
Ansible themselves.
"""
