# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A virtual machine on Proxmox VE, cloned from a template, or made from nothing where its disks are described.

Delegates: ``community.proxmox.proxmox_kvm`` and ``proxmox_disk``. The first has no check mode, says changed
at every update (community.proxmox#24), ignores everything but a name when it clones (community.proxmox#50)
and clones again where it should find (community.proxmox#97). So what to do is found out here, and it is
only ever told to do one thing to one VM, by id. What begins a task that can fail, a module of ours does.
"""

from __future__ import annotations

import dataclasses
import math
import re
import typing as t
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from .....module_utils._shared.proxmox import TAG, boot_disk, disk_mib, mark_line
from ...knowledge.distributions import is_of_family
from ...knowledge.processors import PHYSICAL, flags_of, model_for, model_name, shown_by, wanted_level
from ...knowledge.proxmox_privileges import how_to_give, is_allowed, listed_permits, permits_of
from ...model import Call, Candidate, Facts, Image, Instance, Permit, Plan, Requirements, Service, Target
from ...reading.marks import SIGNATURE, signed
from ...reading.quantities import readable
from ..common import (
    ABSENT,
    MARK,
    MARKS,
    STARTED,
    STOPPED,
    AdoptionError,
    OptionError,
    Source,
    image_named,
    masked,
    need_no_marks,
    picked,
    removal,
    run_state,
    source_of_system,
)
from .config import (
    NO_SETTINGS,
    Settings,
    as_made,
    boot_order,
    describes_disks,
    first_storage,
    free_slot,
    has_agent,
    has_cloud_init,
    in_api_names,
    makes_volumes,
    settings,
    without_macs,
)
from .given import TakenBack, names_before, names_given, taken_back, with_names, without_names
from .permits import permits_of_calls

NAME = "proxmox_vm"
MODULE = "community.proxmox.proxmox_kvm"
DISK_MODULE = "community.proxmox.proxmox_disk"
CLONE_MODULE = "rightscope.deploy.proxmox_clone"
STATE_MODULE = "rightscope.deploy.proxmox_state"


TIMEOUT = 300
"""Seconds for one task; the delegate's own 30 are too few for a full clone (community.proxmox#67)."""

NOTHING_GONE = TakenBack()

PAUSED, HIBERNATED = "paused", "hibernated"
"""It stands still until it is resumed: with its memory, and with its memory on disk."""

_CLONE_OPTIONS = ("full", "format", "storage", "pool", "snapname")
_BUSES = ("ide", "sata", "scsi")
_CLOUD_INIT = ("cicustom", "cipassword", "ciuser", "ipconfig", "nameservers", "searchdomains", "sshkeys")


def image(requirements: Requirements, options: Mapping[str, t.Any], facts: Facts) -> Source:
    """
    The template in ``clone``, by name or id; nothing where its disks are described; else one of the wanted system.

    Of a VM from nothing its ``ostype`` is all that is known of its system.
    """
    wanted = options.get("clone")
    if wanted:
        found = image_named(facts, str(wanted))
        typed = _nothing(requirements, options)
        if found is not None and typed.os:
            # By the option it would be told that another system runs in it than is wanted.
            found = dataclasses.replace(found, names=typed.names, os=typed.os, os_version=None)
        return Source(image=found, wanted=str(wanted))
    if describes_disks(options):
        return Source(image=_nothing(requirements, options), fetched=True)
    return source_of_system(requirements, facts)


_SYSTEMS = {"l": "linux", "s": "solaris", "w": "windows"}
"""Systems by the first letter of Proxmox VE's ``ostype``."""


def _nothing(requirements: Requirements, options: Mapping[str, t.Any]) -> Image:
    """Which system of its family is installed on it nobody knows before."""
    ostype = str(options.get("ostype") or "other")
    os = _SYSTEMS.get(ostype[0])
    if os and is_of_family(requirements.os_family, os):
        os = None
    return Image(id="", names=(f"ostype {ostype}",), os=os, storage=first_storage(options))


def _is_from_nothing(options: Mapping[str, t.Any]) -> bool:
    return not options.get("clone") and describes_disks(options)


def check(option: str, value: t.Any) -> None:
    """Raises OptionError for the collection's own mark, or its like for a value that could never be compared."""
    if option in NO_SETTINGS:
        raise OptionError(NO_SETTINGS[option])
    if option == "description":
        need_no_marks(line.strip() for line in str(value).splitlines())
    settings({option: value}, {})


def plan(service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str) -> Plan:
    """Clone, configure, grow the disk, start: each only where something differs."""
    options = {key: value for key, value in (candidate.options or {}).items() if value is not None}
    vmid = int(instances[0].id) if instances else target.next_id
    options["description"] = _marked(service, target, vmid, str(options.get("description", "")))
    if instances:
        return _change(service, candidate, options, instances[0], state)
    shown = options["description"]
    options["description"] = with_names(shown, _names(service, options))
    from_nothing = _is_from_nothing(options)
    base = None if from_nothing else candidate.image
    config = without_macs(base.config) if base else {}
    config["description"] = options["description"]
    wanted = _wanted(service, candidate, options, config, fresh=True)
    where = {"vmid": vmid, "node": candidate.node, "timeout": options.get("timeout", TIMEOUT)}
    calls = [_create(service, candidate, options, vmid, base), *_configure(where, wanted, fresh=True)]
    growth = _growth(service, {**as_made(options), **config, **_told_boot(options, wanted)}, wanted)
    calls += _grow(where, growth)
    end = run_state(state)
    if end == STARTED:
        calls.append(_power(where, STARTED, f"start VM {vmid}"))
    disk = {"disk": readable(service.requirements.disk)} if service.requirements.disk else {}
    grown = {f"{key}.size": readable(size) for key, size in wanted.grows.items()}
    clone = {"clone": candidate.image_wanted or base.id} if base else {}
    after = {"state": end, **clone, **wanted.shown(), "description": shown, **grown, **disk}
    return Plan(
        calls=tuple(calls),
        before={service.name: {"state": ABSENT}},
        after={service.name: masked(after)},
        state=end,
        warnings=_of_disks(f"VM {vmid}", wanted),
    )


def _told_boot(options: Mapping[str, t.Any], wanted: Settings) -> dict[str, t.Any]:
    return {"boot": wanted.arguments["boot"]} if "boot" in wanted.arguments else {}


def _of_disks(vm: str, wanted: Settings) -> tuple[str, ...]:
    return tuple(f"{vm}: {warning}" for warning in wanted.warnings)


def adopt(service: Service, target: Target, instance: Instance) -> Plan:
    """A tag, and a line of the description below what is there."""
    config = _config(instance)
    lines, tags = str(config.get("description") or "").splitlines(), _tags(config)
    # A mark that is not believed would be read in place of this one.
    words = "\n".join(line for line in lines if not line.strip().startswith(MARKS))
    description = _marked(service, target, int(instance.id), words)
    marked = settings({"description": description, "tags": [*tags, TAG]}, config)
    where = {"vmid": int(instance.id), "node": instance.node, "timeout": TIMEOUT}
    args = {**where, **marked.arguments, "state": "present", "update": True}
    calls = [Call(module=MODULE, does=f"mark VM {instance.id} as service '{service.name}'", args=args)]
    refused = _not_permitted(target, calls, config)
    if refused:
        raise AdoptionError(f"To mark VM {instance.id}, {refused}.")
    return Plan(
        calls=tuple(calls),
        before={instance.name: masked(marked.before())},
        after={instance.name: masked(marked.shown())},
        state=instance.state,
    )


def _tags(config: Mapping[str, t.Any]) -> list[str]:
    return [tag for tag in re.split(r"[;,\s]+", str(config.get("tags") or "")) if tag]


def remove(_service: Service, _target: Target, instances: tuple[Instance, ...]) -> Plan:
    """Stopped first, by force after its shutdown's time: the delegate leaves a running VM there and says ok."""
    return removal(_removal_calls(instances), instances)


def _removal_calls(instances: tuple[Instance, ...]) -> list[Call]:
    calls = []
    for instance in instances:
        where = {"vmid": int(instance.id), "node": instance.node, "timeout": TIMEOUT}
        if instance.state not in (STOPPED, HIBERNATED):
            calls.append(_power(where, STOPPED, f"stop VM {instance.id}"))
        calls.append(_power(where, ABSENT, f"remove VM {instance.id} and its disks"))
    return calls


def permits(
    service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str
) -> tuple[Permit, ...]:
    """What its plan takes, and what it takes to see what became of it."""
    if not instances and candidate.image is None and not _is_from_nothing(candidate.options or {}):
        # Nothing can be planned, which another rule says.
        return ()
    there = _config(instances[0]) if instances else {}
    base = candidate.image.config if candidate.image and not instances else {}
    made = plan(service, candidate, target, instances, state)
    release = _release(candidate.facts.engine_version)
    names = {
        "vmid": instances[0].id if instances else target.next_id,
        "node": candidate.node,
        "pool": (candidate.options or {}).get("pool"),
    }
    found = [] if instances else [*permits_of("look at the node", **names), *permits_of("see", **names)]
    found += permits_of_calls(
        made.calls,
        there=there,
        base=base,
        pool=names["pool"],
        networks=candidate.facts.networks,
        permissions=candidate.permissions,
        release=release,
    )
    if made.state == STARTED and has_agent({**base, **there, **(candidate.options or {})}):
        found += permits_of("ask the agent", release, **names)
    return tuple(dict.fromkeys(found))


def _release(version: str | None) -> int | None:
    number = re.match(r"\d+", version or "")
    return int(number.group()) if number else None


def removal_refused(target: Target, instances: tuple[Instance, ...]) -> str | None:
    """
    What qemu-server's ``destroy_vm`` and its API look at before they remove a VM. A lock is waited for.
    """
    return next(
        filter(None, (*map(_forbids_removal, instances), _not_permitted(target, _removal_calls(instances)))), None
    )


def _not_permitted(target: Target, calls: Sequence[Call], there: Mapping[str, t.Any] | None = None) -> str | None:
    """What of the privileges that the calls take the user lacks, with how to give it; None too where nobody knows."""
    held = target.permissions
    if held is None or held.paths is None:
        return None
    missing = [one for one in permits_of_calls(calls, there=there or {}, base={}) if not is_allowed(held, one)]
    return f"{held.user} lacks {listed_permits(missing)}; {how_to_give(held, missing)}" if missing else None


def _forbids_removal(there: Instance) -> str | None:
    config, status = _config(there), there.config.get("status") or {}
    vm = f"VM {there.id}"
    if str(config.get("protection", 0)) == "1":
        remedy = f"remove the protection first, by 'qm set {there.id} --protection 0' or 'protection: false'"
        return f"{vm} is protected; {remedy}"
    if there.config.get("dependents"):
        others = ", ".join(there.config["dependents"])
        return f"the disks of VM {others} build on those of {vm}; remove these first, or move their disks"
    if (status.get("ha") or {}).get("managed"):
        return f"{vm} is managed by high availability; take it out first, by 'ha-manager remove vm:{there.id}'"
    if there.config.get("replications"):
        jobs = there.config["replications"]
        return f"{vm} is replicated (job {', '.join(jobs)}); remove the job first, by 'pvesr delete {jobs[0]}'"
    return None


def _locked(there: Instance) -> str | None:
    """What it is locked for. One that is hibernated has a lock all the time, and may be started and removed."""
    lock = str((there.config.get("status") or {}).get("lock") or "")
    return f"VM {there.id} is locked ({lock})" if lock and there.state != HIBERNATED else None


def connection(_target: Target, instance: Instance) -> dict[str, t.Any]:
    """Reached by ssh, as the user that cloud-init made."""
    variables: dict[str, t.Any] = {"ansible_connection": "ssh"}
    if instance.addresses:
        variables["ansible_host"] = instance.addresses[0]
    user = _config(instance).get("ciuser")
    return variables | ({"ansible_user": user} if user else {})


def public_keys(instance: Instance) -> tuple[str, ...]:
    """Those that cloud-init lets in."""
    return tuple(filter(None, unquote(str(_config(instance).get("sshkeys") or "")).splitlines()))


def _config(instance: Instance) -> Mapping[str, t.Any]:
    return instance.config.get("config") or {}


def busy(instances: tuple[Instance, ...]) -> str | None:
    """What the VM is locked for, such as a clone that was begun by a run that is no more."""
    return next(filter(None, map(_locked, instances)), None)


def system(instance: Instance, options: Mapping[str, t.Any]) -> str | None:
    """As Proxmox VE is told by ``ostype``, which a clone has from its template. What is given is to be set."""
    if options.get("ostype"):
        return None
    return _SYSTEMS.get(str(_config(instance).get("ostype") or "-")[0])


def identity(instance: Instance) -> str:
    """Proxmox VE gives each VM one when it is made; the id is another's in another cluster."""
    config = _config(instance)
    return str(config.get("vmgenid") or config.get("smbios1") or "")


def pending(instances: tuple[Instance, ...]) -> tuple[str, ...]:
    """The settings that are written and wait for a restart of the VM."""
    return tuple(sorted(str(entry["key"]) for one in instances for entry in one.config.get("pending") or ()))


_AT_ONCE = re.compile(
    r"description|hookscript|name|onboot|protection|shares|startup|tags|disk|state|cpulimit|cpuunits"
    r"|(net|scsi|virtio|sata|ide|usb)\d*(\.size)?"
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


def _sizes(service: Service) -> dict[str, int]:
    needs = service.requirements
    sizes = {"cores": math.ceil(needs.cpus) if needs.cpus else None, "memory": needs.memory}
    return {name: size for name, size in sizes.items() if size}


def _names(service: Service, options: Mapping[str, t.Any]) -> str:
    """What is given, by its names: sizes that are needed, and what the user wrote that can be given no more."""
    given = {name: value for name, value in options.items() if name not in (*_CLONE_OPTIONS, "clone", "timeout")}
    return names_given({**_sizes(service), **given})


def _wanted(
    service: Service,
    candidate: Candidate,
    options: Mapping[str, t.Any],
    there: Mapping[str, t.Any],
    *,
    fresh: bool,
    gone: TakenBack = NOTHING_GONE,
) -> Settings:
    """
    The settings that differ from what is there, or from what the clone will bring along.

    A cloud-init password comes back masked and cannot be compared, so it is set when the VM is made. What is given no
    more is gone by the time that the needs are looked at.
    """
    real, there = there, {key: value for key, value in there.items() if key not in gone.deleted}
    there |= in_api_names(gone.reset)
    wanted: dict[str, t.Any] = {**gone.reset, **_sizes(service)}
    model = _cpu_model(service, candidate, there)
    if model:
        wanted["cpu"] = model
    for option, keys in _passed_through(candidate, there).items():
        wanted[option] = {**wanted.get(option, {}), **keys}
    given = {key: value for key, value in options.items() if key not in (*_CLONE_OPTIONS, "clone", "timeout")}
    if not fresh:
        given.pop("cipassword", None)
    elif _is_from_nothing(options) and not options.get("boot") and not options.get("bootdisk"):
        # The API does it for the drives of a VM that is made with them, and not for those that follow.
        given["boot"] = boot_order(options)
    for option, value in given.items():
        wanted[option] = {**gone.reset.get(option, {}), **value} if isinstance(value, Mapping) else value
    wanted["tags"] = [*(options.get("tags") or ()), TAG]
    drives = {key: drive for bus in _BUSES for key, drive in (options.get(bus) or {}).items()}
    if any(options.get(name) for name in _CLOUD_INIT) and not has_cloud_init({**there, **drives}):
        slot = free_slot({**there, **drives})
        wanted["ide"] = {slot: f"{_disk_storage(candidate, options, there)}:cloudinit", **(options.get("ide") or {})}
    deleted = [key for key in gone.deleted if key not in in_api_names(wanted)]
    return settings(wanted, real, fresh=fresh, deleted=deleted, less_tags=gone.tags)


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


def _disk_storage(candidate: Candidate, options: Mapping[str, t.Any], there: Mapping[str, t.Any]) -> str:
    """Where a drive of its own goes: to the disks that the user places, else to those that it has."""
    held, _sign, _volume = str(there.get(boot_disk(there) or "", "")).partition(":")
    named = candidate.storage or first_storage(options) or held
    return named or next(iter(candidate.facts.storages or {"local": 0}))


# --- the calls ----------------------------------------------------------------------------------


def _create(
    service: Service, candidate: Candidate, options: Mapping[str, t.Any], vmid: int | None, base: Image | None
) -> Call:
    """The description has the mark from the first moment on: an interrupted run leaves nothing that is nobody's."""
    if base is None:
        made: dict[str, t.Any] = picked(options, ("pool",))
        does = f"make VM {vmid} '{service.name}' from nothing"
    else:
        made = {**picked(options, _CLONE_OPTIONS), "vmid": int(base.id)}
        does = f"clone template '{base.names[0] if base.names else base.id}' to VM {vmid} '{service.name}'"
    args = {
        **made,
        "newid": vmid,
        "name": service.name,
        "description": options["description"],
        "node": candidate.node,
        "timeout": options.get("timeout", TIMEOUT),
    }
    return Call(module=CLONE_MODULE, does=does, args=args, creates=str(vmid), claims=True, action="create")


def _marked(service: Service, target: Target, vmid: int | None, words: str) -> str:
    """A description with the mark below it, and its signature where the target has a key: the first one signs."""
    signature = signed(target, NAME, service.name, str(vmid))
    lines = [mark_line(MARK, service.name), *([mark_line(SIGNATURE, signature)] if signature else ())]
    return "\n\n".join((words.strip(), "\n".join(lines))).strip()


def _configure(
    where: Mapping[str, t.Any], wanted: Settings, *, fresh: bool = False, unsaid: tuple[str, ...] = ()
) -> list[Call]:
    """
    Only what differs is sent: an update that is sent is a change to the delegate, whatever is in it. ``unsaid`` are
    settings that nobody is told of.
    """
    verb = "configure" if fresh else "change"
    calls = []
    if wanted.deleted:
        names = ", ".join(sorted(wanted.deleted))
        args = {**where, "delete": ",".join(wanted.deleted), "state": "present"}
        does = f"take {names} away from VM {where['vmid']}"
        calls.append(Call(module=MODULE, does=does, args=args, repeatable=True))
    if wanted.arguments:
        args = {**where, **wanted.arguments, "state": "present", "update": True}
        if wanted.devices:
            # Networks and drives count as unsafe: they are sent whole, a network with the MAC it has.
            args["update_unsafe"] = True
        hidden = (*wanted.drives, *wanted.deleted, *unsaid)
        names = ", ".join(sorted(key for key in wanted.changes if key not in hidden)) or "the mark"
        does = f"{verb} {names} of VM {where['vmid']}"
        calls.append(Call(module=MODULE, does=does, args=args, repeatable=not makes_volumes(wanted.arguments)))
    for disk, parts in sorted(wanted.drives.items()):
        # The volume of a clone's disk has a name once the clone is there: this delegate keeps the volume.
        args = {"vmid": where["vmid"], "disk": disk, "state": "present", "create": "disabled", **parts}
        calls.append(Call(module=DISK_MODULE, does=f"{verb} {disk} of VM {where['vmid']}", args=args, repeatable=True))
    return calls


def _growth(service: Service, config: Mapping[str, t.Any], wanted: Settings) -> dict[str, int]:
    """
    MiB by disk that is to grow. It only ever grows: to shrink one loses what is in it, and Proxmox refuses.
    """
    growth = dict(wanted.grows)
    need, disk = service.requirements.disk, boot_disk(config)
    if need and disk is not None and max(growth.get(disk, 0), disk_mib(config, disk) or 0) < need:
        growth[disk] = need
    return growth


def _grow(where: Mapping[str, t.Any], growth: Mapping[str, int]) -> list[Call]:
    calls = []
    for disk, mib in sorted(growth.items()):
        size = f"{mib // 1024}G" if mib % 1024 == 0 else f"{mib}M"
        args = {"vmid": where["vmid"], "disk": disk, "size": size, "state": "resized"}
        does = f"grow {disk} of VM {where['vmid']} to {readable(mib)}"
        calls.append(Call(module=DISK_MODULE, does=does, args=args, repeatable=True))
    return calls


def _power(where: Mapping[str, t.Any], state: str, does: str) -> Call:
    verbs = {STARTED: "start", STOPPED: "stop", "restarted": "restart", ABSENT: "remove"}
    return Call(module=STATE_MODULE, does=does, args={**where, "state": state}, action=verbs[state], bounded=True)


def _change(service: Service, candidate: Candidate, options: Mapping[str, t.Any], there: Instance, state: str) -> Plan:
    config = _config(there)
    # One without the tag is half made: its run was interrupted between its clone and its configuration.
    half_made = TAG not in _tags(config)
    now, earlier = _names(service, options), names_before(config.get("description"))
    gone = NOTHING_GONE
    if not half_made:
        gone = taken_back(f"VM {there.id}", earlier, now, config, _base(candidate, options))
        now = " ".join(sorted({*now.split(), *gone.stays}))
    kept = {**options, "description": with_names(options["description"], earlier or "")}
    wanted = _wanted(service, candidate, kept, config, fresh=half_made, gone=gone)
    where = {"vmid": int(there.id), "node": there.node, "timeout": options.get("timeout", TIMEOUT)}
    growth = _growth(service, config, wanted)
    unsaid: tuple[str, ...] = ()
    if wanted.changes and now != (earlier or ""):
        # The names alone are no difference: they are written with the next one.
        unsaid = () if "description" in wanted.changes else ("description",)
        noted = {**options, "description": with_names(options["description"], now)}
        wanted = _wanted(service, candidate, noted, config, fresh=half_made, gone=gone)
    calls = [*_configure(where, wanted, unsaid=unsaid), *_grow(where, growth)]
    before, after = (
        {
            key: without_names(value) if key == "description" and value else value
            for key, value in side.items()
            if key not in unsaid
        }
        for side in (wanted.before(), wanted.shown())
    )
    boots = boot_disk(config)
    for disk, mib in growth.items():
        name = "disk" if disk == boots else f"{disk}.size"
        before[name], after[name] = readable(disk_mib(config, disk) or 0), readable(mib)
    end = run_state(state, there.state)
    at_rest = end == STOPPED and there.state == HIBERNATED
    if state == "restarted" and there.state in (STARTED, PAUSED):
        calls.append(_power(where, "restarted", f"restart VM {there.id}"))
    elif end != there.state and not at_rest:
        calls.append(_power(where, end, f"{_verb(end, there.state)} VM {there.id}"))
    if end != there.state and not at_rest:
        before["state"], after["state"] = there.state, end
    left = _left_over(candidate, options, config)
    return Plan(
        calls=tuple(calls),
        before={service.name: masked(before)} if before else {},
        after={service.name: masked(after)} if after else {},
        state=end,
        warnings=(
            *_of_disks(f"VM {there.id}", wanted),
            *gone.warnings,
            *((_not_asked_for(there, left),) if left else ()),
        ),
    )


def _base(candidate: Candidate, options: Mapping[str, t.Any]) -> Mapping[str, t.Any] | None:
    """What a VM that is made now would have by itself; None where the template is not there."""
    if _is_from_nothing(options):
        return {}
    return candidate.image.config if candidate.image is not None else None


def _not_asked_for(there: Instance, left: Sequence[str]) -> str:
    return f"VM {there.id} still has {', '.join(left)}, which nobody asks for; take it out by hand."


def _verb(end: str, now: str) -> str:
    if end == STOPPED:
        return "stop"
    return "resume" if now in (PAUSED, HIBERNATED) else "start"
