# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What the delegate is asked in check mode: whether a difference is another spelling alone.

It compares each text as it is written, so of anything else it says the same as we do.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ...model import Call, Candidate, Instance, Plan
from .calls import MODULE
from .options import config_texts, device_texts, plain_options


def doubtful_options(candidate: Candidate, plan: Plan) -> dict[str, tuple[str, ...]]:
    """By instance, what the user wrote as the server has it, and what differs all the same."""
    written = _as_written(candidate.options or {})
    doubtful = {
        name: tuple(option for option in changes if option in written and before.get(option) == written[option])
        for name, changes in plan.after.items()
        for before in (plan.before.get(name, {}),)
    }
    return {name: options for name, options in doubtful.items() if options}


def question(candidate: Candidate, instance: Instance, options: Sequence[str]) -> Call:
    """Single keys of the configuration; the delegate compares devices and profiles whole."""
    written = _as_written(candidate.options or {})
    args: dict[str, t.Any] = {"name": instance.name, "type": "container", "state": instance.state}
    for option in options:
        part, _dot, key = option.partition(".")
        if key and part not in args:
            args[part] = dict(instance.config.get(part) or {}) if part == "devices" else {}
        if key:
            args[part][key] = written[option]
        else:
            args[part] = written[option]
    return Call(module=MODULE, does=f"compare {', '.join(options)} of LXC container '{instance.name}'", args=args)


def _as_written(options: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The user's options by the names that a difference has, each as the delegate compares it."""
    config = {f"config.{key}": value for key, value in config_texts(options.get("config")).items()}
    devices = {f"devices.{name}": device for name, device in device_texts(options).items()}
    return {**plain_options(options), **config, **devices}
