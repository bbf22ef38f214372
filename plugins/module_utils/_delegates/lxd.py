# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules for LXD and Incus have in common."""

from __future__ import annotations

from .._discovery.errors import DiscoveryError
from .._discovery.kinds.lxd import KIND

CONNECTION = KIND.module_arguments()
"""The connection options as arguments of a module."""

CALL = 30.0
"""Seconds that one call may take."""


def run_module(module, change, names):
    """
    Have ``change`` called with a module's connection, its ``name`` and its parameters of these ``names``.

    Ends the module with whether something differed, or with the error.
    """
    params = module.params
    options = {name: params[name] for name in CONNECTION if params[name] is not None}
    try:
        changed = change(options, params["name"], **{name: params[name] for name in names}, write=not module.check_mode)
    except DiscoveryError as exc:
        module.fail_json(msg=exc.message)
    module.exit_json(changed=changed, name=params["name"])
