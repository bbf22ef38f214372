# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
A virtual machine on Proxmox VE, cloned from a template.

Delegates: ``community.proxmox.proxmox_kvm`` and ``proxmox_disk``. The first has no check mode, says changed
at every update (community.proxmox#24), ignores everything but a name when it clones (community.proxmox#50)
and clones again where it should find (community.proxmox#97). So what to do is found out here, and it is
only ever told to do one thing to one VM, by id.
"""

from __future__ import annotations

import math
import re
import typing as t
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from .._knowledge.processors import PHYSICAL, flags_of, model_for, model_name, shown_by, wanted_level
from .._model import Call, Candidate, Facts, Instance, Plan, Requirements, Service, Target
from .._quantities import readable
from ._common import (
    ABSENT,
    MARK,
    STARTED,
    STOPPED,
    Source,
    image_named,
    masked,
    need_no_marks,
    picked,
    removal,
    run_state,
    source_of_system,
)
from ._proxmox_config import Settings, boot_disk, disk_mib, free_slot, has_cloud_init, settings, without_macs

NAME = "proxmox_vm"
TITLE = "a Proxmox VM"
SCOPE = "machine"
KIND = "proxmox"
MODULE = "community.proxmox.proxmox_kvm"
DISK_MODULE = "community.proxmox.proxmox_disk"
CLONE_MODULE = "rightscope.deploy.proxmox_clone"
RESERVED = (
    *("name", "state", "vmid", "newid", "node", "target", "template"),
    *("update", "update_unsafe", "delete", "revert", "migrate", "force"),
)

NUMBERS = ("agent", "clone", "startup")
SWITCHES = ("agent",)
MAPPINGS = ()

TAG = "rightscope"
TIMEOUT = 300
"""Seconds for one task; the delegate's own 30 are too few for a full clone (community.proxmox#67)."""

POWER_TIMEOUT = 60
"""Seconds to start, stop or restart: the delegate waits all of it where the task fails, so not longer than needed."""

_CLONE_OPTIONS = ("full", "format", "storage", "pool", "snapname")
_BUSES = ("ide", "sata", "scsi")
_CLOUD_INIT = ("cicustom", "cipassword", "ciuser", "ipconfig", "nameservers", "searchdomains", "sshkeys")


def image(requirements: Requirements, options: Mapping[str, t.Any], facts: Facts) -> Source:
    """The template in ``clone``, by name or id, else one there of the wanted system."""
    wanted = options.get("clone")
    if wanted:
        return Source(image=image_named(facts, str(wanted)), wanted=str(wanted))
    return source_of_system(requirements, facts)


def check(option: str, value: t.Any) -> None:
    """Raises OptionError for the collection's own mark, or its like for a value that could never be compared."""
    if option == "description":
        need_no_marks(line.strip() for line in str(value).splitlines())
    settings({option: value}, {})


def storage(options: Mapping[str, t.Any]) -> str | None:
    """The storage that the clone's disks are to be on."""
    return options.get("storage")


def plan(service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str) -> Plan:
    """Clone, configure, grow the disk, start: each only where something differs."""
    options = {key: value for key, value in (candidate.options or {}).items() if value is not None}
    if instances:
        return _change(service, candidate, options, instances[0], state)
    base = candidate.image
    vmid = target.next_id
    config = without_macs(base.config) if base else {}
    config["description"] = _description(service, options)
    wanted = _wanted(service, candidate, options, config, fresh=True)
    where = {"vmid": vmid, "node": candidate.node, "timeout": options.get("timeout", TIMEOUT)}
    calls = [_clone(service, candidate, options, vmid), *_configure(where, wanted, fresh=True)]
    calls += _grow(service, candidate, where, config)
    end = run_state(state)
    if end == STARTED:
        calls.append(_power(where, STARTED, f"start VM {vmid}"))
    disk = {"disk": readable(service.requirements.disk)} if service.requirements.disk else {}
    made = {"clone": candidate.image_wanted or base.id, "description": config["description"]}
    after = {"state": end, **made, **wanted.shown(), **disk}
    return Plan(
        calls=tuple(calls), before={service.name: {"state": ABSENT}}, after={service.name: masked(after)}, state=end
    )


def doubtful(_candidate: Candidate, _plan: Plan) -> dict[str, tuple[str, ...]]:
    """The delegate has no check mode."""
    return {}


def question(_service: Service, _candidate: Candidate, _instance: Instance, _options: Sequence[str]) -> Call:
    """Nothing is asked."""
    raise NotImplementedError


def adopt(service: Service, instance: Instance) -> Plan:
    """A tag, and a line of the description below what is there."""
    config = _config(instance)
    words, tags = str(config.get("description") or "").strip(), _tags(config)
    marked = settings({"description": f"{words}\n\n{MARK}: {service.name}".strip(), "tags": [*tags, TAG]}, config)
    where = {"vmid": int(instance.id), "node": instance.node, "timeout": TIMEOUT}
    args = {**where, **marked.arguments, "state": "present", "update": True}
    does = f"mark VM {instance.id} as service '{service.name}'"
    return Plan(
        calls=(Call(module=MODULE, does=does, args=args),),
        before={instance.name: masked(marked.before())},
        after={instance.name: masked(marked.shown())},
        state=instance.state,
    )


def _tags(config: Mapping[str, t.Any]) -> list[str]:
    return [tag for tag in re.split(r"[;,\s]+", str(config.get("tags") or "")) if tag]


def remove(_service: Service, _target: Target, instances: tuple[Instance, ...]) -> Plan:
    """Stopped first, by force after its shutdown's time: the delegate leaves a running VM there and says ok."""
    calls = []
    for instance in instances:
        where = {"vmid": int(instance.id), "node": instance.node, "timeout": TIMEOUT}
        if instance.state != STOPPED:
            calls.append(_power(where, STOPPED, f"stop VM {instance.id}", force=True))
        calls.append(_power(where, ABSENT, f"remove VM {instance.id} and its disks", force=True))
    return removal(calls, instances)


def removal_refused(_target: Target, _instances: tuple[Instance, ...]) -> str | None:
    """Nothing is known here that forbids it."""
    return None


def connection(_target: Target, instance: Instance) -> dict[str, t.Any]:
    """Reached by ssh, as the user that cloud-init made."""
    variables: dict[str, t.Any] = {"ansible_connection": "ssh"}
    if instance.addresses:
        variables["ansible_host"] = instance.addresses[0]
    user = _config(instance).get("ciuser")
    return variables | ({"ansible_user": user} if user else {})


def command(_target: Target, _instance: Instance) -> list[str]:
    """A machine is reached over its network, not by a command on a node."""
    return []


def public_keys(instance: Instance) -> tuple[str, ...]:
    """Those that cloud-init lets in."""
    return tuple(filter(None, unquote(str(_config(instance).get("sshkeys") or "")).splitlines()))


def _config(instance: Instance) -> Mapping[str, t.Any]:
    return instance.config.get("config") or {}


def busy(instances: tuple[Instance, ...]) -> str | None:
    """What the VM is locked for, such as a clone that was begun by a run that is no more."""
    locks = [str((one.config.get("status") or {}).get("lock") or "") for one in instances]
    return next((f"VM {one.id} is locked ({lock})" for one, lock in zip(instances, locks, strict=True) if lock), None)


def ended(_instances: tuple[Instance, ...]) -> None:
    """A guest that stops was stopped by somebody, and is waited for."""


def runs(_instances: tuple[Instance, ...]) -> None:
    """A guest that restarts is one that somebody restarts."""


def identity(instance: Instance) -> str:
    """Proxmox VE gives each VM one when it is made; the id is another's in another cluster."""
    config = _config(instance)
    return str(config.get("vmgenid") or config.get("smbios1") or "")


def last_words(_instance: Instance) -> str:
    """What a guest says is in its own logs."""
    return ""


def pending(instances: tuple[Instance, ...]) -> tuple[str, ...]:
    """The settings that are written and wait for a restart of the VM."""
    return tuple(sorted(str(entry["key"]) for one in instances for entry in one.config.get("pending") or ()))


_AT_ONCE = re.compile(
    r"description|hookscript|name|onboot|protection|shares|startup|tags|disk|state|cpulimit|cpuunits"
    r"|(net|scsi|virtio|sata|ide|usb)\d*"
)
"""
What a running VM takes at once, as long as its ``hotplug`` is the default (network, disk, usb): all else waits.
qemu-server's ``vmconfig_hotplug_pending`` and its ``fast_plug_option``; cores and memory waiting were recorded.
"""


def will_wait(instances: tuple[Instance, ...], changes: Mapping[str, tuple[t.Any, t.Any]]) -> tuple[str, ...]:
    """What waits already, and what of the changes no running VM takes."""
    if not any(one.state == STARTED for one in instances):
        return ()
    hot = {plug for one in instances for plug in str(_config(one).get("hotplug") or "").split(",")}
    waiting = {key for key, change in changes.items() if not _is_taken_at_once(key, change, hot)}
    return tuple(sorted({*pending(instances), *waiting}))


def _is_taken_at_once(key: str, change: tuple[t.Any, t.Any], hot: set[str]) -> bool:
    if key == "balloon":
        # Its size is, the device itself is not: https://pve.proxmox.com/wiki/Dynamic_Memory_Management.
        return "0" not in (str(change[0]), str(change[1]))
    return bool(_AT_ONCE.fullmatch(key)) or (key == "memory" and "memory" in hot)


def restart(instances: tuple[Instance, ...], waiting: tuple[str, ...]) -> tuple[Call, ...]:
    """What makes it take the settings that wait."""
    return tuple(
        _power(
            {"vmid": int(one.id), "node": one.node, "timeout": TIMEOUT},
            "restarted",
            f"restart VM {one.id} for {', '.join(waiting)}",
        )
        for one in instances
    )


# --- what is wanted -----------------------------------------------------------------------------


def _wanted(
    service: Service, candidate: Candidate, options: Mapping[str, t.Any], there: Mapping[str, t.Any], *, fresh: bool
) -> Settings:
    """
    The settings that differ from what is there, or from what the clone will bring along.

    A cloud-init password comes back masked and cannot be compared, so it is set when the VM is made.
    """
    needs = service.requirements
    wanted: dict[str, t.Any] = {}
    if needs.cpus:
        wanted["cores"] = math.ceil(needs.cpus)
    if needs.memory:
        wanted["memory"] = needs.memory
    model = _cpu_model(service, candidate, there)
    if model:
        wanted["cpu"] = model
    wanted |= _passed_through(candidate, there)
    given = {key: value for key, value in options.items() if key not in (*_CLONE_OPTIONS, "clone", "timeout")}
    if not fresh:
        given.pop("cipassword", None)
    wanted |= given
    wanted["description"] = _description(service, options)
    wanted["tags"] = [*(options.get("tags") or ()), TAG]
    drives = {key: drive for bus in _BUSES for key, drive in (options.get(bus) or {}).items()}
    if any(options.get(name) for name in _CLOUD_INIT) and not has_cloud_init({**there, **drives}):
        slot = free_slot({**there, **drives})
        wanted["ide"] = {slot: f"{_disk_storage(candidate)}:cloudinit", **(options.get("ide") or {})}
    return settings(wanted, there)


def _cpu_model(service: Service, candidate: Candidate, there: Mapping[str, t.Any]) -> str | None:
    """The CPU model to be set: none where the one that is there shows all that is needed."""
    needs = service.requirements
    found = model_name(there.get("cpu"))
    if found in PHYSICAL:
        return None
    if "kvm" in needs.kernel_features:
        return PHYSICAL[0]
    inside = candidate.image if candidate.image is not None and candidate.image.os else None
    system = (inside.os, inside.os_version) if inside else (needs.os_family, needs.os_version)
    level, _why = wanted_level(needs.cpu_level, *system)
    flags = frozenset(needs.cpu_features) | (flags_of(level) if level else frozenset())
    if found and flags <= (shown_by(found) or frozenset()):
        return None
    return model_for(flags)


def _passed_through(candidate: Candidate, there: Mapping[str, t.Any]) -> dict[str, dict[str, str]]:
    """PCI and USB devices that it does not have yet, each in a free slot; one that it has stays as it is."""
    found: dict[str, dict[str, str]] = {}
    for option, kind, prefix in (("hostpci", "pci", ""), ("usb", "usb", "host=")):
        held = {str(value).split(",", 1)[0] for key, value in there.items() if key.startswith(option)}
        free = (f"{option}{number}" for number in range(16) if f"{option}{number}" not in there)
        wanted: list[str] = []
        for grant in candidate.grants or ():
            if grant.kind == kind:
                wanted.append(prefix + _address(candidate, grant.value, wanted))
        missing = {next(free): value for value in wanted if value not in held}
        if missing:
            found[option] = missing
    return found


def _left_over(candidate: Candidate, options: Mapping[str, t.Any], there: Mapping[str, t.Any]) -> list[str]:
    """Devices of the host that it holds and nobody asks for. Somebody may have given them by hand, so they stay."""
    prefixes = {"pci": ("hostpci", ""), "usb": ("usb", "host=")}
    asked = {
        prefixes[one.kind][1] + _address(candidate, one.value) for one in candidate.grants or () if one.kind in prefixes
    }
    named = {key for option in ("hostpci", "usb") for key in options.get(option) or ()}
    template = candidate.image.config if candidate.image else {}
    return sorted(
        key
        for key, value in there.items()
        if re.fullmatch(r"(hostpci|usb)\d+", key)
        and (key.startswith("hostpci") or str(value).startswith("host="))
        and key not in {*named, *template}
        and str(value).split(",", 1)[0] not in asked
    )


def _address(candidate: Candidate, value: str, taken: Sequence[str] = ()) -> str:
    """Where a device is that is named by what it is, and not taken: of a PCI device Proxmox wants the address."""
    known = [words.split() for words in candidate.facts.pci_devices or ()]
    return next((words[0] for words in known if value in words[1:] and words[0] not in taken), value)


def _disk_storage(candidate: Candidate) -> str:
    named = candidate.storage or (candidate.image.storage if candidate.image else None)
    return named or next(iter(candidate.facts.storages or {"local": 0}))


# --- the calls ----------------------------------------------------------------------------------


def _clone(service: Service, candidate: Candidate, options: Mapping[str, t.Any], vmid: int | None) -> Call:
    """The description has the mark from the first moment on: an interrupted run leaves nothing that is nobody's."""
    base = candidate.image
    name = base.names[0] if base.names else base.id
    args = {
        **picked(options, _CLONE_OPTIONS),
        "vmid": int(base.id),
        "newid": vmid,
        "name": service.name,
        "description": _description(service, options),
        "node": candidate.node,
        "timeout": options.get("timeout", TIMEOUT),
    }
    does = f"clone template '{name}' to VM {vmid} '{service.name}'"
    return Call(module=CLONE_MODULE, does=does, args=args, creates=str(vmid), claims=True, action="create")


def _description(service: Service, options: Mapping[str, t.Any]) -> str:
    return f"{str(options.get('description', '')).strip()}\n\n{MARK}: {service.name}".strip()


def _configure(where: Mapping[str, t.Any], wanted: Settings, *, fresh: bool = False) -> list[Call]:
    """Only what differs is sent: an update that is sent is a change to the delegate, whatever is in it."""
    if not wanted.changes:
        return []
    args = {**where, **wanted.arguments, "state": "present", "update": True}
    if wanted.devices:
        # Networks and drives count as unsafe: they are sent whole, a network with the MAC it has.
        args["update_unsafe"] = True
    names = ", ".join(sorted(wanted.changes))
    verb = "configure" if fresh else "change"
    return [Call(module=MODULE, does=f"{verb} {names} of VM {where['vmid']}", args=args)]


def _grow(
    service: Service, candidate: Candidate, where: Mapping[str, t.Any], config: Mapping[str, t.Any]
) -> list[Call]:
    """A disk only ever grows: to shrink one loses what is in it, and Proxmox refuses."""
    wanted, disk = service.requirements.disk, boot_disk(config)
    if not wanted or disk is None or (disk_mib(config, disk) or 0) >= wanted:
        return []
    size = f"{wanted // 1024}G" if wanted % 1024 == 0 else f"{wanted}M"
    args = {"vmid": where["vmid"], "disk": disk, "size": size, "state": "resized"}
    return [Call(module=DISK_MODULE, does=f"grow {disk} of VM {where['vmid']} to {readable(wanted)}", args=args)]


def _power(where: Mapping[str, t.Any], state: str, does: str, *, force: bool = False) -> Call:
    timeout = min(where["timeout"], POWER_TIMEOUT)
    args = {**where, "state": state, "timeout": timeout, **({"force": True} if force else {})}
    verbs = {STARTED: "start", STOPPED: "stop", "restarted": "restart", ABSENT: "remove"}
    return Call(module=MODULE, does=does, args=args, action=verbs[state])


def _change(service: Service, candidate: Candidate, options: Mapping[str, t.Any], there: Instance, state: str) -> Plan:
    config = _config(there)
    # One without the tag is half made: its run was interrupted between its clone and its configuration.
    half_made = TAG not in _tags(config)
    wanted = _wanted(service, candidate, options, config, fresh=half_made)
    where = {"vmid": int(there.id), "node": there.node, "timeout": options.get("timeout", TIMEOUT)}
    calls = [*_configure(where, wanted), *_grow(service, candidate, where, config)]
    before, after = dict(wanted.before()), dict(wanted.shown())
    disk = boot_disk(config)
    if calls and calls[-1].module == DISK_MODULE:
        before["disk"], after["disk"] = readable(disk_mib(config, disk) or 0), readable(service.requirements.disk)
    end = run_state(state, there.state)
    if end != there.state:
        verb = "start" if end == STARTED else "stop"
        calls.append(_power(where, end, f"{verb} VM {there.id}", force=end == STOPPED))
        before["state"], after["state"] = there.state, end
    elif state == "restarted":
        calls.append(_power(where, "restarted", f"restart VM {there.id}"))
    left = _left_over(candidate, options, config)
    return Plan(
        calls=tuple(calls),
        before={service.name: masked(before)} if before else {},
        after={service.name: masked(after)} if after else {},
        state=end,
        warnings=(f"VM {there.id} still has {', '.join(left)}, which nobody asks for; take it out by hand.",)
        if left
        else (),
    )
