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
    """Where the service is; ``state`` is what it will be, where it was not done yet."""
    first = first_of(instances)
    form = FORMS[first.form]
    states = {instance.state for instance in instances}
    return {
        "service": service,
        "target": target.name,
        "node": first.node,
        "scope": form.SCOPE,
        "form": form.NAME,
        "id": first.id if len(instances) == 1 else service,
        "state": state or (states.pop() if len(states) == 1 else "partly started"),
        "addresses": list(dict.fromkeys(address for instance in instances for address in instance.addresses)),
        "ports": [dict(port) for instance in instances for port in instance.ports],
        "connection": connection_to(target, first),
    }


def first_of(instances: Iterable[Instance]) -> Instance:
    """The one that speaks for a service of several: whatever order they were found in, it is the same."""
    return min(instances, key=lambda instance: instance.name)


def connection_to(target: Target, instance: Instance) -> dict[str, t.Any]:
    """
    The variables by which Ansible reaches an instance from the controller; empty where there is no way.

    No secret is among them. Where only the target's own host reaches its API, it is by way of that host: its variables
    stay where they are. What a name or a user looks like is somebody else's choice, and both become words of a command.
    """
    found = _connection_to(target, instance)
    good = all(_WORD.fullmatch(str(found[key])) or _is_address(found[key]) for key in _WORDS if key in found)
    return found if good else {}


_WORDS = ("ansible_host", "ansible_user")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def _is_address(text: t.Any) -> bool:
    try:
        return bool(ipaddress.ip_address(str(text)))
    except ValueError:
        return False


def _connection_to(target: Target, instance: Instance) -> dict[str, t.Any]:
    form = FORMS[instance.form]
    if target.local or form.SCOPE == "machine":
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
    """The private key here whose public one is among those that the guest lets in; ssh itself tries its usual ones."""
    wanted = {_blob(line) for line in public} - {None}
    if not wanted:
        return None
    named = [Path(str(C.DEFAULT_PRIVATE_KEY_FILE)).expanduser()] if C.DEFAULT_PRIVATE_KEY_FILE else []
    beside = sorted(Path("~/.ssh").expanduser().glob("*.pub"))
    for private in [*named, *(path.with_suffix("") for path in beside)]:
        try:
            line = private.with_name(f"{private.name}.pub").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if _blob(line) in wanted and private.is_file():
            return str(private)
    return None


def _blob(line: str) -> str | None:
    """The key itself, without its type, its options and its comment."""
    return next((word for word in line.split() if word.startswith("AAAA")), None)


def without_connection(placed: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What a service's own host is told of its placement: its connection it has as variables."""
    return {key: value for key, value in placed.items() if key != "connection"}


def has_own_connection(variables: Mapping[str, t.Any], groups: Iterable[str]) -> bool:
    """Whether a host of the inventory, which has a service's name, is another one, or is reached in its own way."""
    return SERVICES not in groups and any(key in variables for key in ("ansible_connection", "ansible_host"))


def groups_of(placed: Mapping[str, t.Any]) -> list[str]:
    """The inventory groups that a placed service belongs to."""
    return [SERVICES, f"rightscope_{placed['form']}"]
