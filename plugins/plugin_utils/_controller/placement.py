# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a service is, in the same keys for every form, and how the next play reaches it."""

from __future__ import annotations

import ipaddress
import re
import typing as t
from collections.abc import Iterable, Mapping
from pathlib import Path

from ansible import constants as C

from .._core.forms import FORMS
from .._core.model import Instance, Target

SERVICES = "rightscope_services"
"""The group of all hosts that are services."""

THROUGH = "rightscope.deploy.through"


def placement(
    service: str, target: Target, instances: tuple[Instance, ...], *, state: str | None = None
) -> dict[str, t.Any]:
    """Where the service is; ``state`` is the one that it will have, where that is only foreseen."""
    first = first_of(instances)
    form = FORMS[first.form]
    states = {instance.state for instance in instances}
    return {
        "service": service,
        "target": target.name,
        "node": first.node,
        "scope": form.scope,
        "form": form.name,
        "id": first.id if len(instances) == 1 else service,
        "state": state or (states.pop() if len(states) == 1 else "partly started"),
        "addresses": list(dict.fromkeys(address for instance in instances for address in instance.addresses)),
        "ports": [dict(port) for instance in instances for port in instance.ports],
        "connection": connection_to(target, first),
    }


def first_of(instances: Iterable[Instance]) -> Instance:
    """The instance that stands for a service of several, the same whatever their order is."""
    return min(instances, key=lambda instance: instance.name)


def connection_to(target: Target, instance: Instance) -> dict[str, t.Any]:
    """
    The variables by which Ansible reaches an instance from the controller; empty where there is no way.

    No secret is among them. Where only the target's own host reaches its API, the connection goes through that host,
    whose variables stay where they are. Others choose the names and users of instances, and both become words of a
    command: what does not look like such a word makes no connection.
    """
    variables = _connection_variables(target, instance)
    words = [variables[key] for key in _WORDS if key in variables]
    return variables if all(_WORD.fullmatch(str(word)) or _is_address(word) for word in words) else {}


_WORDS = ("ansible_host", "ansible_user")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def _is_address(text: t.Any) -> bool:
    try:
        return bool(ipaddress.ip_address(str(text)))
    except ValueError:
        return False


def _connection_variables(target: Target, instance: Instance) -> dict[str, t.Any]:
    form = FORMS[instance.form]
    if target.local or form.is_reached_by_network:
        variables = form.connection(target, instance)
        key = _private_key(form.public_keys(instance))
        return variables | ({"ansible_ssh_private_key_file": key} if key else {})
    command = form.command(target, instance)
    if not command:
        return {}
    return {
        "ansible_connection": THROUGH,
        "ansible_host": instance.name,
        "ansible_rightscope_target": target.name,
        "ansible_rightscope_command": command,
    }


def _private_key(public: Iterable[str]) -> str | None:
    """The private key on the controller that belongs to one of the public ones; ssh itself tries its usual ones."""
    accepted = {_key_material(line) for line in public} - {None}
    if not accepted:
        return None
    configured = [Path(str(C.DEFAULT_PRIVATE_KEY_FILE)).expanduser()] if C.DEFAULT_PRIVATE_KEY_FILE else []
    usual = [path.with_suffix("") for path in sorted(Path("~/.ssh").expanduser().glob("*.pub"))]
    for private in [*configured, *usual]:
        try:
            line = private.with_name(f"{private.name}.pub").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if _key_material(line) in accepted and private.is_file():
            return str(private)
    return None


def _key_material(line: str) -> str | None:
    """The key itself, without its type, its options and its comment."""
    return next((word for word in line.split() if word.startswith("AAAA")), None)


def without_connection(placed: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The placement as a service's own host has it: the connection is in its variables."""
    return {key: value for key, value in placed.items() if key != "connection"}


def has_own_connection(variables: Mapping[str, t.Any], groups: Iterable[str]) -> bool:
    """Whether a host of the inventory that has a service's name is something else, or is reached in its own way."""
    return SERVICES not in groups and any(key in variables for key in ("ansible_connection", "ansible_host"))


def groups_of(placed: Mapping[str, t.Any]) -> list[str]:
    """The inventory groups that a placed service belongs to."""
    return [SERVICES, f"rightscope_{placed['form']}"]
