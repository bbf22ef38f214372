# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Which call to the API of Proxmox VE takes which privilege on which path, and whether a user has it.

The API checks twice: by the rule that its schema tells of a method, and in the method by what it is to do. Both are
in these tables. A listing is filtered where an act is refused.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..model import Permissions, Permit

_SCHEMA = "https://pve.proxmox.com/pve-docs/api-viewer/ (Required permissions)"
_QEMU = "https://git.proxmox.com/?p=qemu-server.git;f=src/PVE/API2/Qemu.pm"
_STORAGE = "https://git.proxmox.com/?p=pve-storage.git;f=src/PVE/Storage.pm (check_volume_access)"
_TRIED = "recorded: Proxmox VE 9.2"

ROOT = "root@pam"
"""The one user that may do all: with its password. A token of it is another user."""


# --- calls ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class CallRow:
    """
    What a call takes: any of ``privileges`` on any of ``paths``, templates as in the API's schema.

    ``method`` and ``path`` are the API's. ``since`` and ``until`` are the releases that it holds for, the last one
    excluded.
    """

    name: str
    privileges: tuple[str, ...]
    paths: tuple[str, ...]
    method: str
    path: str
    source: str = _SCHEMA
    since: int = 0
    until: int = 10**6


_GUEST = "/nodes/{node}/qemu/{vmid}"
_OF_VM = ("/vms/{vmid}", "/pool/{pool}")
"""A VM in a pool has the pool's privileges beside its own."""


def _power(action: str) -> CallRow:
    name = {"shutdown": "stop", "reboot": "restart"}.get(action, action)
    return CallRow(
        name=name, privileges=("VM.PowerMgmt",), paths=_OF_VM, method="POST", path=f"{_GUEST}/status/{action}"
    )


CALLS: tuple[CallRow, ...] = (
    CallRow(name="see", privileges=("VM.Audit",), paths=_OF_VM, method="GET", path=f"{_GUEST}/config"),
    CallRow(name="clone", privileges=("VM.Clone",), paths=("/vms/{template}",), method="POST", path=f"{_GUEST}/clone"),
    CallRow(name="clone", privileges=("VM.Allocate",), paths=_OF_VM, method="POST", path=f"{_GUEST}/clone"),
    CallRow(
        name="create", privileges=("VM.Allocate",), paths=_OF_VM, method="POST", path="/nodes/{node}/qemu", source=_QEMU
    ),
    CallRow(name="resize", privileges=("VM.Config.Disk",), paths=_OF_VM, method="PUT", path=f"{_GUEST}/resize"),
    CallRow(
        name="resize",
        privileges=("Datastore.AllocateSpace",),
        paths=("/storage/{storage}",),
        method="PUT",
        path=f"{_GUEST}/resize",
        source=_QEMU,
    ),
    _power("start"),
    _power("shutdown"),
    _power("reboot"),
    _power("suspend"),
    _power("resume"),
    CallRow(name="remove", privileges=("VM.Allocate",), paths=_OF_VM, method="DELETE", path=_GUEST),
    CallRow(
        name="ask the agent",
        privileges=("VM.Monitor",),
        paths=_OF_VM,
        method="GET",
        path=f"{_GUEST}/agent/network-get-interfaces",
        until=9,
    ),
    CallRow(
        name="ask the agent",
        privileges=("VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"),
        paths=_OF_VM,
        method="GET",
        path=f"{_GUEST}/agent/network-get-interfaces",
        since=9,
    ),
    CallRow(name="snapshot", privileges=("VM.Snapshot",), paths=_OF_VM, method="POST", path=f"{_GUEST}/snapshot"),
    CallRow(name="migrate", privileges=("VM.Migrate",), paths=_OF_VM, method="POST", path=f"{_GUEST}/migrate"),
    CallRow(
        name="make a template", privileges=("VM.Allocate",), paths=_OF_VM, method="POST", path=f"{_GUEST}/template"
    ),
    CallRow(
        name="look at the node",
        privileges=("Sys.Audit",),
        paths=("/nodes/{node}",),
        method="GET",
        path="/nodes/{node}/status",
    ),
    CallRow(
        name="list its PCI devices",
        privileges=("Sys.Audit", "Sys.Modify"),
        paths=("/",),
        method="GET",
        path="/nodes/{node}/hardware/pci",
    ),
    CallRow(
        name="list its USB devices",
        privileges=("Sys.Modify",),
        paths=("/",),
        method="GET",
        path="/nodes/{node}/hardware/usb",
        source=f"{_SCHEMA}; {_TRIED}",
    ),
)


def permits_of(call: str, release: int | None = None, **names: t.Any) -> Iterator[Permit]:
    """
    What the call takes in this release; any of what it takes in some release, where the release is not known.

    ``names`` fill the paths: vmid, template, node, storage, pool. An alternative whose name is None is none.
    """
    for privileges, paths in _rows_of(call, release):
        filled = (_filled(path, names) for path in paths)
        yield Permit(privileges=privileges, paths=tuple(path for path in filled if path is not None), why=call)


def _rows_of(call: str, release: int | None) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    rows = [row for row in CALLS if row.name == call]
    if release is not None:
        yield from ((row.privileges, row.paths) for row in rows if row.since <= release < row.until)
        return
    always = [row for row in rows if (row.since, row.until) == (CallRow.since, CallRow.until)]
    yield from ((row.privileges, row.paths) for row in always)
    by_release = [row for row in rows if row not in always]
    if by_release:
        yield tuple(name for row in by_release for name in row.privileges), by_release[0].paths


def _filled(path: str, names: Mapping[str, t.Any]) -> str | None:
    """The path with its name; of a VM whose id is not known yet the path that is above all of them."""
    name = re.search(r"\{(\w+)\}", path)
    if name is None:
        return path
    value = names.get(name[1])
    if value is not None:
        return path.replace(name[0], str(value))
    return "/vms" if name[1] == "vmid" else None


# --- settings of a VM -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class SettingRow:
    """
    The settings, by the API's names, that take all of ``privileges`` on the VM, or ``any`` of them.

    ``beside`` is what they take on another path.
    """

    settings: str
    privileges: tuple[str, ...]
    any: bool = False
    beside: tuple[tuple[str, str], ...] = ()
    source: str = f"{_QEMU} (check_vm_modify_config_perm)"


SETTINGS: tuple[SettingRow, ...] = (
    SettingRow(settings=r"cores|cpu|cpulimit|cpuunits|numa\d*|sockets|vcpus", privileges=("VM.Config.CPU",)),
    SettingRow(settings=r"allow-ksm|balloon|memory|shares", privileges=("VM.Config.Memory",)),
    SettingRow(
        settings=r"acpi|audio0|hotplug|kvm|machine|rng0|scsihw|smbios1|tablet|vga|watchdog",
        privileges=("VM.Config.HWType",),
    ),
    SettingRow(
        settings=r"agent|autostart|bios|description|keyboard|localtime|migrate_downtime|migrate_speed|name|onboot"
        r"|ostype|protection|reboot|startdate|tags|tdf|template",
        privileges=("VM.Config.Options",),
    ),
    SettingRow(
        settings="startup",
        privileges=("VM.Config.Options",),
        beside=(("Sys.Modify", "/"),),
        source=f"{_QEMU} (it changes what the host does); {_TRIED}",
    ),
    SettingRow(settings="freeze", privileges=("VM.PowerMgmt",)),
    SettingRow(settings=r"boot|bootdisk|vmstatestorage", privileges=("VM.Config.Disk",)),
    SettingRow(settings=r"net\d+", privileges=("VM.Config.Network",)),
    SettingRow(
        settings=r"ci(custom|password|type|upgrade|user)|ipconfig\d+|nameserver|searchdomain|sshkeys",
        privileges=("VM.Config.Cloudinit", "VM.Config.Network"),
        any=True,
    ),
)
"""What is in no row, no drive and no device is root's alone: ``args``, ``hookscript``, ``parallel0`` and the like."""

_COMPILED = tuple((re.compile(row.settings), row) for row in SETTINGS)

_BRIDGES_SINCE = 8
"""The first release that asks for a privilege on a bridge: https://pve.proxmox.com/wiki/Roadmap#Proxmox_VE_8.0."""

_DRIVE = re.compile(r"(?:ide|sata|scsi|virtio)\d+|efidisk0|tpmstate0")
_NEW_VOLUME = re.compile(r"(?P<storage>[^:/]+):\d+(?:\.\d+)?")
_MAPPED = {"hostpci": "pci", "usb": "usb"}


def permits_of_setting(
    key: str, value: t.Any, names: Mapping[str, t.Any], *, is_there: bool = False
) -> Iterator[Permit]:
    """
    What it takes to give a VM this value, or to change or take away one that ``is_there``.

    ``names`` are the VM's vmid and pool, the ``release`` of Proxmox VE, and ``zones``: of networks that are no bridges
    of a node, where they may be.
    """
    text = str(value)
    if _DRIVE.fullmatch(key):
        yield from _permits_of_drive(key, text, names, is_there=is_there)
    elif re.fullmatch(r"(hostpci|usb)\d+", key):
        yield from _permits_of_device(key, text, names)
    elif re.fullmatch(r"serial\d+", key):
        yield _on_vm("VM.Config.HWType", key, names) if text == "socket" else _root_alone(key)
    else:
        yield from _permits_of_row(key, text, names, is_there=is_there)


def _permits_of_row(key: str, text: str, names: Mapping[str, t.Any], *, is_there: bool) -> Iterator[Permit]:
    row = next((row for pattern, row in _COMPILED if pattern.fullmatch(key)), None)
    if row is None:
        yield _root_alone(key)
        return
    if row.any:
        yield Permit(privileges=row.privileges, paths=_vm_paths(names), why=key)
    else:
        yield from (_on_vm(privilege, key, names) for privilege in row.privileges)
    yield from (Permit(privileges=(privilege,), paths=(path,), why=key) for privilege, path in row.beside)
    if key.startswith("net"):
        yield from permits_of_network(key, text, names)
    if is_there:
        return
    if key == "cicustom":
        # Snippets: https://git.proxmox.com/?p=pve-storage.git;f=src/PVE/Storage.pm (check_volume_access).
        for volume in re.findall(r"=([^,]+)", text):
            yield _on_storage(("Datastore.AllocateSpace", "Datastore.Audit", "Datastore.Allocate"), volume, key)
    if key == "vmstatestorage":
        yield _on_storage(("Datastore.AllocateSpace",), text, key)
    if key == "rng0" and "/dev/hwrng" in text:
        yield Permit(privileges=("Mapping.Use",), paths=("/mapping/hwrng",), why=key)


def permits_of_network(key: str, text: str, names: Mapping[str, t.Any]) -> Iterator[Permit]:
    """
    SDN.Use on the bridge, or on each of its VLANs that are named: a bridge of the node is in the zone localnetwork.

    Recorded of a clone, and of a setting, of Proxmox VE 9.2: https://pve.proxmox.com/pve-docs/chapter-pvesdn.html.
    """
    parts = dict(part.partition("=")[::2] for part in text.split(","))
    bridge, release = parts.get("bridge"), names.get("release")
    if not bridge or (release is not None and release < _BRIDGES_SINCE):
        return
    vlans = [tag for tag in (parts.get("tag"), *(parts.get("trunks") or "").split(";")) if tag]
    for below in [f"/{vlan}" for vlan in vlans] or [""]:
        zones = names.get("zones", {}).get(bridge) or ("localnetwork",)
        paths = tuple(f"/sdn/zones/{zone}/{bridge}{below}" for zone in zones)
        yield Permit(privileges=("SDN.Use",), paths=paths, why=key)


def permits_of_clone_config(
    config: Mapping[str, t.Any], storage: str | None, names: Mapping[str, t.Any]
) -> Iterator[Permit]:
    """What a clone takes beside for what it brings along: its networks, devices, and the space for its disks."""
    for key, value in config.items():
        text = str(value)
        if re.fullmatch(r"net\d+", key):
            yield from permits_of_network(key, text, names)
        elif re.fullmatch(r"(hostpci|usb)\d+", key):
            yield from _permits_of_device(key, text, {}, on_vm=False)
        elif _DRIVE.fullmatch(key):
            if text.partition(",")[0] == "cdrom":
                yield Permit(privileges=("Sys.Console",), paths=("/",), why=key)
            elif not _is_cdrom(text) and text.partition(",")[0] != "none":
                yield _on_storage(("Datastore.AllocateSpace",), storage or text, key)


def _permits_of_drive(key: str, text: str, names: Mapping[str, t.Any], *, is_there: bool) -> Iterator[Permit]:
    volume = text.partition(",")[0].removeprefix("file=")
    cloud_init = volume.rpartition(":")[2] == "cloudinit" or "cloudinit" in volume
    if cloud_init or _is_cdrom(text):
        parts = ("VM.Config.Cloudinit", "VM.Config.CDROM") if cloud_init else ("VM.Config.CDROM",)
        yield from (_on_vm(privilege, key, names) for privilege in parts)
    else:
        yield _on_vm("VM.Config.Disk", key, names)
    if is_there:
        return
    if volume == "cdrom":
        yield Permit(privileges=("Sys.Console",), paths=("/",), why=key)
    elif volume == "none" or cloud_init:
        return
    elif _NEW_VOLUME.fullmatch(volume):
        yield _on_storage(("Datastore.AllocateSpace",), volume, key)
    elif volume.startswith("/"):
        # A file or device of the host.
        yield _root_alone(key)
    elif ":" in volume and not _is_its_own(volume, names):
        many = ("Datastore.Allocate",)
        if re.search(r":(?:iso|vztmpl|import)/", volume):
            many = ("Datastore.AllocateSpace", "Datastore.Audit", *many)
        yield _on_storage(many, volume, key)
    source = re.search(r"(?:^|,)import-from=([^,]+)", text)
    if source and source[1].startswith("/"):
        yield _root_alone(key)
    elif source:
        yield _on_storage(("Datastore.AllocateSpace", "Datastore.Audit", "Datastore.Allocate"), source[1], key)


def _is_its_own(volume: str, names: Mapping[str, t.Any]) -> bool:
    """Whether the volume's name says that it is this VM's."""
    return f"vm-{names.get('vmid')}-" in volume


def _permits_of_device(key: str, text: str, names: Mapping[str, t.Any], *, on_vm: bool = True) -> Iterator[Permit]:
    """One of the host is root's alone, unless an administrator made a mapping of it."""
    kind = _MAPPED[re.sub(r"\d", "", key)]
    mapped = re.search(r"(?:^|,)mapping=([^,]+)", text)
    spice = kind == "usb" and re.search(r"(?:^|=)spice(?:,|$)", text, re.IGNORECASE)
    if not mapped and not spice:
        yield _root_alone(key)
        return
    if mapped:
        yield Permit(privileges=("Mapping.Use",), paths=(f"/mapping/{kind}/{mapped[1]}",), why=key)
    if on_vm:
        yield _on_vm("VM.Config.HWType", key, names)


def _is_cdrom(text: str) -> bool:
    return bool(re.search(r"(?:^|,)media=cdrom(?:,|$)", text)) or text.partition(",")[0] in ("cdrom", "none")


def _on_vm(privilege: str, why: str, names: Mapping[str, t.Any]) -> Permit:
    return Permit(privileges=(privilege,), paths=_vm_paths(names), why=why)


def _vm_paths(names: Mapping[str, t.Any]) -> tuple[str, ...]:
    return tuple(path for path in (_filled(template, names) for template in _OF_VM) if path is not None)


def _on_storage(privileges: tuple[str, ...], volume: str, why: str) -> Permit:
    return Permit(privileges=privileges, paths=(f"/storage/{volume.partition(':')[0]}",), why=why)


def _root_alone(why: str) -> Permit:
    return Permit(privileges=(), paths=(), why=why)


# --- what a user has ------------------------------------------------------------------------------


def is_allowed(permissions: Permissions, permit: Permit) -> bool:
    """Whether the user has any of the privileges on any of the paths; an administrator's own login has all."""
    if permissions.user == ROOT:
        return True
    return any(name in privileges_on(permissions, path) for path in permit.paths for name in permit.privileges)


def privileges_on(permissions: Permissions, path: str) -> frozenset[str]:
    """
    What the user has on a path: what the API says of the very path, else what comes down from the nearest above.

    An ACL on a path replaces what comes from above it, unless nothing of that ACL goes further down; groups, pools and
    a token's own privileges are worked in by the API. A path where the user has lost all (the role NoAccess) is not in
    its answer, so it looks as those above: https://pve.proxmox.com/pve-docs/chapter-pveum.html#pveum_permission_management.
    """
    held = permissions.paths or {}
    if path in held:
        return frozenset(held[path])
    for above in parents(path):
        found = frozenset(name for name, goes_down in held.get(above, {}).items() if goes_down)
        if found:
            return found
    return frozenset()


def parents(path: str) -> Iterator[str]:
    """The paths above, nearest first: of ``/vms/100`` they are ``/vms`` and ``/``."""
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        yield path


# --- how to give it -------------------------------------------------------------------------------

ROLE = "Rightscope"
"""The role's name in the documentation and in remedies."""

PRIVILEGES = (
    *("VM.Audit", "VM.Clone", "VM.Allocate", "VM.PowerMgmt"),
    *(f"VM.Config.{part}" for part in ("CDROM", "CPU", "Cloudinit", "Disk", "HWType", "Memory", "Network", "Options")),
    *("Datastore.AllocateSpace", "SDN.Use", "Sys.Audit"),
)
"""What the whole life of a VM takes, but for the agent's, which goes by the release. A test holds it to the tables."""

PATHS = ("/vms", "/storage/STORAGE", "/nodes/NODE", "/sdn/zones/localnetwork")
"""Where the role is enough: each storage, node and zone that services may use."""


def agent_privileges() -> tuple[tuple[int, str], ...]:
    """(the first release, the privilege by which the agent is asked) of each, the newest first."""
    rows = [row for row in CALLS if row.name == "ask the agent"]
    return tuple(sorted(((row.since, row.privileges[0]) for row in rows), reverse=True))


def listed_permits(permits: Iterable[Permit]) -> str:
    """``VM.Clone on /vms/900, and VM.Allocate and VM.PowerMgmt on /vms/100``: of alternatives the first."""
    by_path: dict[str, list[str]] = {}
    for permit in permits:
        names = by_path.setdefault(permit.paths[0], [])
        names += [name for name in permit.privileges[:1] if name not in names]
    return ", and ".join(f"{' and '.join(sorted(names))} on {path}" for path, names in by_path.items())


def how_to_give(permissions: Permissions, permits: Iterable[Permit]) -> str:
    """The lines for a shell on a node that give what is missing, as a part of a sentence."""
    wanted: dict[str, list[str]] = {}
    for permit in permits:
        names = wanted.setdefault(_acl_path(permissions, permit.paths[0]), [])
        names += [name for name in permit.privileges[:1] if name not in names]
    names = sorted({name for privileges in wanted.values() for name in privileges})
    who = _of_acl(permissions.user)
    role = f"'pveum role modify {ROLE} --append 1 --privs \"{' '.join(names)}\"'"
    lines = [f"'pveum acl modify {path} {who} --roles {ROLE}'" for path in wanted]
    return f"run {role} ('role add' and no '--append 1' where there is no such role), and {' and '.join(lines)}"


def _acl_path(permissions: Permissions, path: str) -> str:
    """
    Where to give it: an ACL replaces what comes from above, so for a VM it is where the user's others are from.

    A storage and a network take one privilege alone, and have an ACL of their own.
    """
    if path.startswith("/sdn/zones/"):
        return "/".join(path.split("/")[:4])
    if not path.startswith(("/vms", "/nodes", "/pool")):
        return path
    held = permissions.paths or {}
    own = next((one for one in (path, *parents(path)) if held.get(one)), None)
    if own is not None:
        return own
    return "/vms" if path.startswith("/vms") else path


def _of_acl(user: str) -> str:
    """A token that is separated from its user has only what both of them have."""
    owner, _sign, token = user.partition("!")
    return f"--users {owner}" + (f" --tokens '{user}'" if token else "")
