# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the two actions. A unit test holds them against what their documentation says."""

from __future__ import annotations

STATES = ("started", "stopped", "restarted", "present", "absent")

DECISION = {
    # No type: a name that is not a text gets our own error, and is not turned into one.
    "name": {"type": "raw", "required": True},
    "requirements": {"type": "raw"},
    "as": {"type": "raw"},
    "targets": {"type": "list", "elements": "str"},
    "weights": {"type": "dict", "default": {}},
    "unknown": {"type": "str", "choices": ["reject", "accept"], "default": "reject"},
    "discovery_timeout": {"type": "float", "default": 10.0},
    "facts_ttl": {"type": "float", "default": 5.0},
}
"""The options that both actions have: those that decide."""

INFO = {
    **DECISION,
    "name": {"type": "raw"},
    # Elements of no type: what is not a mapping gets our own error.
    "services": {"type": "list"},
    "report": {"type": "path"},
}

SERVICE = {
    **DECISION,
    "state": {"type": "str", "choices": list(STATES), "default": "started"},
    "unreachable": {"type": "str", "choices": ["hold", "ignore"], "default": "hold"},
    "on_form_change": {"type": "str", "choices": ["fail", "report", "replace"], "default": "fail"},
    "replace": {"type": "str", "choices": ["never", "when_needed"]},
    "restart": {"type": "str", "choices": ["never", "when_needed"], "default": "never"},
    "relocate": {"type": "bool", "default": False},
    "adopt": {"type": "bool", "default": False},
    "add_to_inventory": {"type": "bool", "default": True},
    "expect_plan": {"type": "str"},
    "max_attempts": {"type": "int", "default": 3},
    "wait_timeout": {"type": "float", "default": 120.0},
    "wait_for": {"type": "str", "choices": ["address", "started"], "default": "address"},
    "min_uptime": {"type": "float"},
}

MINIMUMS = {"discovery_timeout": 0.1, "facts_ttl": 0, "max_attempts": 1, "min_uptime": 0, "wait_timeout": 0}
"""The least value of each number."""
