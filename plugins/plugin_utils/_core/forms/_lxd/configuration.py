# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a container shall be: its configuration, its devices, and the options that are compared whole."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from ...knowledge.lxd_options import limits_of
from ...knowledge.runtimes import LXC
from ...knowledge.sysctls import is_settable
from ...model import Candidate, Requirements, Service, Target
from .devices import wanted_devices
from .marks import GIVEN_KEY, marks, names_of_given, withdrawn_devices, withdrawn_keys
from .options import config_texts, defaults_of_withdrawn, plain_options


@dataclass(frozen=True)
class Configuration:
    """
    ``settings`` are ``config``, ``devices`` and the plain options, in the delegate's words; an empty value takes a key
    of ``config`` away. ``defaults`` are plain options that are given no more, and go back to what a new one has.
    """

    settings: Mapping[str, t.Any]
    defaults: Mapping[str, t.Any]


def wanted_configuration(
    service: Service,
    candidate: Candidate,
    target: Target,
    options: Mapping[str, t.Any],
    current: Mapping[str, t.Any],
) -> Configuration:
    """What is to be, of a container that the server describes as ``current``."""
    devices = wanted_devices(service.requirements, candidate, options, current)
    config = {**_config(service, candidate, options), **marks(service, target, service.name)}
    plain = plain_options(options)
    config[GIVEN_KEY] = names_of_given(config, devices, plain)
    leaving = withdrawn_devices(current, devices)
    present = {name: device for name, device in (current.get("devices") or {}).items() if name not in leaving}
    all_devices = {**present, **devices}
    return Configuration(
        settings={
            "config": {**config, **dict.fromkeys(withdrawn_keys(current, config), "")},
            **({"devices": all_devices} if all_devices or leaving else {}),
            **plain,
        },
        defaults=defaults_of_withdrawn(current, plain),
    )


def _config(service: Service, candidate: Candidate, options: Mapping[str, t.Any]) -> dict[str, str]:
    needs = service.requirements
    own = {**limits_of(needs), **_sysctls(needs, candidate), **_granted_config(candidate)}
    given = {**own, **(options.get("config") or {})}
    return config_texts({key: value for key, value in given.items() if value is not None})


def _sysctls(needs: Requirements, candidate: Candidate) -> dict[str, str]:
    """Those that can be the container's own. The others have their value on the host, or it would not fit there."""
    return {
        f"linux.sysctl.{sysctl.name}": sysctl.value
        for sysctl in needs.kernel_sysctls
        if is_settable(sysctl.name, LXC, candidate.facts.kernel_version, candidate.facts.unprivileged_sysctls)
    }


def _granted_config(candidate: Candidate) -> dict[str, t.Any]:
    """The keys by which the needs are granted what they take: the decision has judged all of it."""
    config: dict[str, t.Any] = {}
    for grant in candidate.grants or ():
        if grant.kind in ("nesting", "privileged"):
            config[f"security.{grant.kind}"] = True
        elif grant.kind == "config":
            key, _sign, value = grant.value.partition("=")
            config[key] = value
    return config
