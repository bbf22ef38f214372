# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which privilege of Proxmox VE each call and each setting of a VM takes: a table of docs/tables.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge import proxmox_privileges as rights
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Permit

from .markdown import joined, table, text

PERMISSIONS = "Privileges of Proxmox VE"

_CALLS = tuple(dict.fromkeys(row.name for row in rights.CALLS))
_VM = {"vmid": "VMID"}
_DISKS = (
    ("add a disk", "scsi1", "STORAGE:8"),
    ("add a cloud-init drive", "ide2", "STORAGE:cloudinit"),
    ("add the image of a CD", "ide2", "STORAGE:iso/NAME.iso,media=cdrom"),
    ("add a device by its mapping", "hostpci0", "mapping=NAME"),
)
"""What a setting does that takes more than its own privilege, with an example of it."""

_ABOUT = """
`VMID` is a VM's own path below `/vms`. An ACL on `/vms` covers it, and one on `/` covers everything; an ACL on a path
replaces what comes from above it. A virtual network of SDN is in its own zone, not in `localnetwork`. One with a VLAN
takes the privilege on `BRIDGE/VLAN`, which an ACL on the bridge or the zone covers. In a pool, a VM has the pool's
privileges too.
"""


def permissions() -> str:
    """The table with its introduction."""
    return "\n".join((text(_ABOUT), table(("what", "privilege", "on"), [*map(_call_row, _CALLS), *_setting_rows()])))


def sources() -> Iterator[str]:
    """The sources of its rows."""
    return (row.source for row in (*rights.CALLS, *rights.SETTINGS))


def _call_row(name: str) -> tuple[str, str, str]:
    permits = list(rights.permits_of(name, 9, template="TEMPLATE", node="NODE", storage="STORAGE", **_VM))
    if name == "clone":
        permits += rights.permits_of_clone_config({"net0": "bridge=BRIDGE", "scsi0": "STORAGE:x"}, None, {})
    return _permit_row(name, permits)


def _setting_rows() -> Iterator[tuple[str, str, str]]:
    for row in rights.SETTINGS:
        words = _words(row.settings)
        key = words[0].replace("N", "0")
        value = "bridge=BRIDGE" if key.startswith("net") else "1"
        what = f"set {joined([f'`{word}`' for word in words])}"
        yield _permit_row(what, rights.permits_of_setting(key, value, _VM))
    for what, key, value in _DISKS:
        yield _permit_row(what, rights.permits_of_setting(key, value, _VM))


def _words(pattern: str) -> list[str]:
    """The settings that a pattern is of: ``ci(custom|type)|numa\\d*`` -> cicustom, citype, numaN."""
    opened = re.sub(r"(\w+)\(([^)]*)\)", lambda group: "|".join(group[1] + end for end in group[2].split("|")), pattern)
    return re.sub(r"\\d[+*]", "N", opened).split("|")


def _permit_row(what: str, permits: Iterable[Permit]) -> tuple[str, str, str]:
    """A row for each path would be long: a call that takes several has them in the order of its privileges."""
    names: dict[str, list[str]] = {}
    for permit in permits:
        either = " or ".join(f"`{name}`" for name in permit.privileges)
        names[f"`{permit.paths[0]}`"] = [*names.get(f"`{permit.paths[0]}`", ()), either]
    return what, "; ".join(map(joined, names.values())), "; ".join(names)
