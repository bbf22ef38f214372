# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""
An LXC container on an LXD or Incus server.

Delegate: ``community.general.lxd_container``, to create, start, stop and remove. It adopts whatever has the name,
differs for ever over a number where LXD keeps a text, and starts a stopped instance to change it: so what there is is
compared here, and changed by ``lxd_config``.
"""

from __future__ import annotations

import dataclasses
import math
import re
import typing as t
from collections.abc import Mapping, Sequence

from .._knowledge.sysctls import is_settable
from .._marks import SIGNATURE, signed
from .._model import Call, Candidate, Facts, Instance, Plan, Requirements, Service, Target
from ._common import (
    ABSENT,
    MARK,
    MARKS,
    STARTED,
    STOPPED,
    Source,
    differences,
    image_named,
    masked,
    need_no_marks,
    picked,
    removal,
    run_state,
    source_of_system,
    text,
)

NAME = "lxd_container"
TITLE = "an LXC container"
SCOPE = "system"
KIND = "lxd"
MODULE = "community.general.lxd_container"
CONFIG_MODULE = "rightscope.deploy.lxd_config"
STATE_MODULE = "rightscope.deploy.lxd_state"
RESERVED = ("name", "state", "type", "target", "wait_for_ipv4_addresses", "wait_for_container")

_OWN_WORDS = (
    *("!config.environment.*", "!config.user.*", "!config.cloud-init.*", "!config.raw.*"),
    *("!devices.*.mode", "!devices.*.hwaddr", "!source.alias"),
)
# The mode of a device is octal, and YAML has made 420 of 0644 by then; of 10:16:30:11:22:33 it makes a number too.
NUMBERS = ("config.*", "devices.*.*", *_OWN_WORDS)
SWITCHES = ("config.*", "devices.*.*", "source.*", *_OWN_WORDS)
MAPPINGS = ("devices.*", "source.properties", "source.secrets")

SHUTDOWN = 30
"""Seconds that a guest has to shut down before it is removed."""

KEY = f"user.{MARK}"
"""LXD keeps ``user.*`` for its users: https://documentation.ubuntu.com/lxd/en/latest/reference/instance_options/"""

SIGNATURE_KEY = f"user.{SIGNATURE}"

GIVEN_KEY = "user.rightscope.given"
"""The names of what the plan set, keys of the configuration and devices, so that what is wanted no more can go."""


def image(requirements: Requirements, options: Mapping[str, t.Any], facts: Facts) -> Source:
    """The image in the user's ``source``, else one there of the wanted system. A server's image is fetched."""
    source = options.get("source")
    if not source:
        return source_of_system(requirements, facts)
    names = [str(source[key]) for key in ("alias", "fingerprint") if source.get(key)]
    if source.get("type", "image") != "image" or not names:
        return Source(fetched=True)
    return Source(image=image_named(facts, *names), wanted=names[0], fetched=bool(source.get("server")))


def check(option: str, value: t.Any) -> None:
    """Raises OptionError for the collection's own marks, TypeError for devices that are no mappings."""
    if option == "config":
        need_no_marks(value, "user.")
    if option == "devices" and not all(isinstance(device, Mapping) for device in value.values()):
        raise TypeError(option)


def busy(_instances: tuple[Instance, ...]) -> None:
    """Nothing is locked here: the engine lets one change after the other wait."""


def ended(_instances: tuple[Instance, ...]) -> None:
    """A guest that stops was stopped by somebody, and is waited for."""


def runs(_instances: tuple[Instance, ...]) -> None:
    """A guest that restarts is one that somebody restarts."""


def identity(instance: Instance) -> str:
    """LXD gives each instance one when it is made; the name is another's on another server."""
    config = instance.config.get("config") or {}
    return str(config.get("volatile.uuid") or config.get("volatile.cloud-init.instance-id") or "")


def last_words(_instance: Instance) -> str:
    """What a guest says is in its own logs."""
    return ""


def pending(_instances: tuple[Instance, ...]) -> tuple[str, ...]:
    """Nothing waits: LXD applies at once what it takes from a running container."""
    return ()


def will_wait(_instances: tuple[Instance, ...], _changes: Mapping[str, tuple[t.Any, t.Any]]) -> tuple[str, ...]:
    """Nothing waits."""
    return ()


def restart(_instances: tuple[Instance, ...], _waiting: tuple[str, ...]) -> tuple[Call, ...]:
    """Nothing waits for one."""
    return ()


def storage(options: Mapping[str, t.Any]) -> str | None:
    """The pool of the root disk, where the user gives it one."""
    return _root_of(options.get("devices") or {}).get("pool")


def plan(service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str) -> Plan:
    """One call: the delegate creates, changes and starts in one go."""
    there = instances[0] if instances else None
    config = there.config if there else {}
    options = {key: value for key, value in (candidate.options or {}).items() if value is not None}
    given = _devices(service.requirements, candidate, options, config)
    wanted_config = {**_config(service, candidate, options), **_marks(service, target, service.name)}
    wanted_config[GIVEN_KEY] = _names(wanted_config, given)
    gone_keys, gone_devices = _gone(config, wanted_config, given)
    devices = {name: device for name, device in (config.get("devices") or {}).items() if name not in gone_devices}
    devices |= given
    wanted = {
        # An empty value takes a key away.
        "config": {**wanted_config, **dict.fromkeys(gone_keys, "")},
        **({"devices": devices} if devices or gone_devices else {}),
        **({"profiles": list(options["profiles"])} if options.get("profiles") is not None else {}),
    }
    args = {**options, **wanted, "name": service.name, "type": "container"}
    args.setdefault("source", _source(candidate))
    if there is None:
        return _creation(service, candidate, args, wanted, state)
    before, after = _less_agreed(candidate, there, *_difference(wanted, config))
    if _is_of_another_system(there, candidate):
        return _replacement(service, candidate, there, args, before, after, state)
    changed = {**given, **dict.fromkeys(gone_devices, {})}
    return _change(service, there, {**args, "devices": changed}, before, after, state)


def doubtful(candidate: Candidate, plan: Plan) -> dict[str, tuple[str, ...]]:
    """Keys of the configuration, devices and profiles that the user wrote."""
    options = candidate.options or {}
    given = {"profiles"} & options.keys()
    given |= {f"{part}.{key}" for part in ("config", "devices") for key in options.get(part) or ()}
    found = {
        name: tuple(option for option, value in changed.items() if option in given and value is not None)
        for name, changed in plan.after.items()
        if plan.before.get(name, {}).get("state") != ABSENT
    }
    return {name: names for name, names in found.items() if names}


def question(_service: Service, candidate: Candidate, instance: Instance, options: Sequence[str]) -> Call:
    """The delegate compares single keys of the configuration, and the devices and profiles whole."""
    given = candidate.options or {}
    args: dict[str, t.Any] = {"name": instance.name, "type": "container", "state": instance.state}
    for option in options:
        part, _dot, key = option.partition(".")
        if part == "config":
            args.setdefault("config", {})[key] = text(given["config"][key])
        elif part == "devices":
            args.setdefault("devices", dict(instance.config.get("devices") or {}))
            args["devices"][key] = {name: text(value) for name, value in given["devices"][key].items()}
        else:
            args["profiles"] = list(given["profiles"])
    return Call(module=MODULE, does=f"compare {', '.join(options)} of LXC container '{instance.name}'", args=args)


def adopt(service: Service, target: Target, instance: Instance) -> Plan:
    """Keys that LXD keeps for its users. Somebody else set the rest, so none of that counts as given."""
    marks = {**_marks(service, target, instance.name), GIVEN_KEY: "none"}
    does = f"mark LXC container '{instance.name}' as service '{service.name}'"
    args = {"name": instance.name, "config": marks}
    return Plan(
        calls=(Call(module=CONFIG_MODULE, does=does, args=args),),
        before={instance.name: {f"config.{KEY}": None}},
        after={instance.name: {f"config.{KEY}": service.name}},
        state=instance.state,
    )


def remove(_service: Service, _target: Target, instances: tuple[Instance, ...]) -> Plan:
    """Asked to shut down first, for what it may yet have to write; a guest that ignores that is then ended by force."""
    return removal([call for instance in instances for call in _removal(instance)], instances)


def permits(_service: Service, _candidate: Candidate, _target: Target, _instances: tuple, _state: str) -> tuple:
    """Its API knows no privileges of single calls."""
    return ()


def removal_refused(_target: Target, _instances: tuple[Instance, ...]) -> str | None:
    """Nothing is known here that forbids it."""
    return None


def _removal(instance: Instance) -> list[Call]:
    calls = []
    if instance.state != STOPPED:
        args = {"name": instance.name, "state": STOPPED, "timeout": SHUTDOWN}
        does = f"stop LXC container '{instance.name}'"
        call = Call(module=_power_module(instance), does=does, args=args, may_fail=True, action="stop")
        calls.append(call)
        if call.module == STATE_MODULE:
            # The delegate, which comes next, does not know the state that this one leaves.
            calls.append(dataclasses.replace(call, args={**args, "force": True}))
    args = {"name": instance.name, "state": ABSENT, "force_stop": True}
    does = f"remove LXC container '{instance.name}' and its root disk"
    return [*calls, Call(module=MODULE, does=does, args=args, action="remove")]


def _power_module(instance: Instance) -> str:
    """lxd_container ends with a KeyError for an instance that is ready, or in error (community.general#7438)."""
    return STATE_MODULE if str(instance.config.get("status") or "").lower() in ("ready", "error") else MODULE


_URL = "unix:/var/lib/lxd/unix.socket"
_CLIENTS = {
    _URL: "lxd",
    "unix:/var/snap/lxd/common/lxd/unix.socket": "lxd",
    "unix:/var/lib/incus/unix.socket": "incus",
}
"""Where the command line client of each looks by itself."""


def connection(target: Target, instance: Instance) -> dict[str, t.Any]:
    """
    Reached by way of the server, which asks neither an address nor an sshd of the guest.

    The plugins of community.general run the client, which finds a server at its own place, or one that somebody made
    known to it. For all others there is one of ours, which asks the API.
    """
    options = target.options
    url = options.get("url") or _URL
    client = _CLIENTS.get(url)
    if client:
        variables = {"ansible_connection": f"community.general.{client}", "ansible_host": instance.name}
        return variables | ({f"ansible_{client}_project": options["project"]} if options.get("project") else {})
    variables = {"ansible_connection": "rightscope.deploy.lxd_api", "ansible_host": instance.name}
    return variables | {
        f"ansible_lxd_api_{name}": options[name]
        for name in ("url", "client_cert", "client_key", "server_cert", "project")
        if options.get(name)
    }


def command(target: Target, instance: Instance) -> list[str]:
    """``lxc exec`` or ``incus exec``; nothing where the client would have to be made known to a server first."""
    url = str(target.options.get("url") or _URL)
    if not url.startswith("unix:"):
        return []
    incus = "incus" in url
    # Neither client has an argument for it.
    socket = f"{'INCUS' if incus else 'LXD'}_SOCKET={url.removeprefix('unix:')}"
    elsewhere = [] if url in _CLIENTS else ["env", socket]
    project = [f"--project={target.options['project']}"] if target.options.get("project") else []
    return [*elsewhere, "incus" if incus else "lxc", "exec", *project, instance.name, "--"]


def public_keys(_instance: Instance) -> tuple[str, ...]:
    """Nobody logs in."""
    return ()


# --- what is wanted -----------------------------------------------------------------------------


_DEVICE = "device."


def _names(config: Mapping[str, str], devices: Mapping[str, t.Any]) -> str:
    """Names alone, for a value may be a secret; those of the marks go without saying."""
    keys = [key for key in config if not key.startswith(f"user.{MARKS}")]
    # LXD forgets a key without a value.
    return " ".join(sorted([*keys, *(f"{_DEVICE}{name}" for name in devices)])) or "none"


def _gone(
    there: Mapping[str, t.Any], config: Mapping[str, str], devices: Mapping[str, t.Any]
) -> tuple[list[str], list[str]]:
    """(keys, devices) that an earlier plan set, that are still there, and that this one does not want."""
    before = (there.get("config") or {}).get(GIVEN_KEY, "").split()
    keys = [name for name in before if name in there["config"] and name not in config]
    names = [name.removeprefix(_DEVICE) for name in before if name.startswith(_DEVICE)]
    held = there.get("devices") or {}
    # The root disk stays as it is: without its own it would be the profile's, which may be smaller than what is on it.
    return keys, [name for name in names if name in held and name not in devices and held[name].get("path") != "/"]


def _config(service: Service, candidate: Candidate, options: Mapping[str, t.Any]) -> dict[str, str]:
    """Every value is a text, as LXD keeps it: the delegate compares with ``!=``, and 2 is not ``"2"``."""
    needs = service.requirements
    limits: dict[str, t.Any] = {}
    if needs.cpus:
        limits["limits.cpu"] = math.ceil(needs.cpus)
        if needs.cpus != math.ceil(needs.cpus):
            # A share of time over whole processors: half of one is 50 ms of every 100.
            limits["limits.cpu.allowance"] = f"{round(needs.cpus * 100)}ms/100ms"
    if needs.memory:
        limits["limits.memory"] = f"{needs.memory}MiB"
    own = {**limits, **_sysctls(needs, candidate), **_granted_config(candidate)}
    given = {**own, **(options.get("config") or {})}
    return {str(key): text(value) for key, value in given.items() if value is not None}


def _marks(service: Service, target: Target, name: str) -> dict[str, str]:
    """The mark, and its signature where the target has a key: here the first key signs anew what an older one has."""
    signature = signed(target, NAME, service.name, name)
    return {KEY: service.name, **({SIGNATURE_KEY: signature} if signature else {})}


def _sysctls(needs: Requirements, candidate: Candidate) -> dict[str, str]:
    """Those that can be the container's own. The others have their value on the host, or it would not fit there."""
    return {
        f"linux.sysctl.{sysctl.name}": sysctl.value
        for sysctl in needs.kernel_sysctls
        if is_settable(sysctl.name, KIND, candidate.facts.kernel_version, candidate.facts.unprivileged_sysctls)
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


_GIVEN_ANYWAY = ("/dev/fuse", "/dev/net/tun")
"""Every container has them: https://linuxcontainers.org/incus/docs/main/container-environment/"""

_BLOCK = ("/dev/sd", "/dev/vd", "/dev/xvd", "/dev/nvme", "/dev/loop", "/dev/dm-", "/dev/mapper/", "/dev/md", "/dev/rbd")


def _granted_devices(candidate: Candidate) -> dict[str, dict[str, str]]:
    devices = {}
    for grant in candidate.grants or ():
        if grant.kind == "device" and grant.value not in _GIVEN_ANYWAY:
            kind = "unix-block" if grant.value.startswith(_BLOCK) else "unix-char"
            devices[_device_name(grant.value)] = {"type": kind, "source": grant.value, "path": grant.value}
        elif grant.kind == "usb":
            vendor, _sign, product = grant.value.partition(":")
            devices[_device_name(f"usb-{vendor}-{product}")] = {"type": "usb", "vendorid": vendor, "productid": product}
        elif grant.kind == "gpu":
            devices["gpu"] = {"type": "gpu"}
    return devices


def _device_name(path: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")


def _devices(
    needs: Requirements, candidate: Candidate, options: Mapping[str, t.Any], config: Mapping[str, t.Any]
) -> dict[str, dict[str, str]]:
    given = _granted_devices(candidate) | {
        str(name): {str(key): text(value) for key, value in device.items()}
        for name, device in (options.get("devices") or {}).items()
    }
    if not needs.disk or _root_of(given).get("size"):
        return given
    name = next((name for name, device in given.items() if device.get("path") == "/"), "root")
    inherited = _root_of(config.get("expanded_devices") or {})
    root = {"type": "disk", "path": "/", "pool": _pool(candidate), **inherited, **given.get(name, {})}
    return {**given, name: {**root, "size": f"{needs.disk}MiB"}}


def _root_of(devices: Mapping[str, t.Any]) -> Mapping[str, t.Any]:
    return next((device for device in devices.values() if device.get("path") == "/"), {})


def _pool(candidate: Candidate) -> str:
    pools = candidate.facts.storages or {}
    if candidate.storage:
        return candidate.storage
    return "default" if "default" in pools or not pools else sorted(pools)[0]


def _source(candidate: Candidate) -> dict[str, str]:
    return {"type": "image", "fingerprint": candidate.image.id} if candidate.image else {"type": "none"}


# --- the calls ----------------------------------------------------------------------------------


def _difference(wanted: Mapping[str, t.Any], config: Mapping[str, t.Any]) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """What differs, key by key; keys of the engine's own stay out of sight."""
    before, after = {}, {}
    for part in ("config", "devices"):
        held, new = config.get(part) or {}, wanted.get(part) or {}
        if part == "config":
            # LXD keeps no key without a value.
            new = {key: value if value != "" else None for key, value in new.items()}
        if part == "devices" and part in wanted:
            new = {**dict.fromkeys(held), **new}
        was, shall = differences(new, held)
        before |= {f"{part}.{key}": value for key, value in was.items()}
        after |= {f"{part}.{key}": value for key, value in shall.items()}
    was, shall = differences({key: wanted[key] for key in ("profiles",) if key in wanted}, config)
    before, after = {**before, **was}, {**after, **shall}
    if len(after) > 1:
        # The mark follows from the rest.
        before.pop(f"config.{GIVEN_KEY}", None)
        after.pop(f"config.{GIVEN_KEY}", None)
    return before, after


def _less_agreed(
    candidate: Candidate, there: Instance, before: dict[str, t.Any], after: dict[str, t.Any]
) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    agreed = candidate.agreed.get(there.name, frozenset())
    sides = ({key: value for key, value in side.items() if key not in agreed} for side in (before, after))
    return tuple(sides)


def _creation(
    service: Service, candidate: Candidate, args: dict[str, t.Any], wanted: Mapping[str, t.Any], state: str
) -> Plan:
    args["state"] = run_state(state)
    # Without this the delegate starts before an image that is still on its way has arrived.
    args["wait_for_container"] = True
    if candidate.node != candidate.target:
        args["target"] = candidate.node
    origin = candidate.image_wanted or (candidate.image.names[0] if candidate.image and candidate.image.names else "")
    call = Call(
        module=MODULE,
        does=f"create LXC container '{service.name}'{f' from {origin}' if origin else ''}",
        args=args,
        creates=service.name,
        action="create",
    )
    after = {"state": args["state"], "source": args["source"], **wanted}
    return Plan(
        calls=(call,),
        before={service.name: {"state": ABSENT}},
        after={service.name: masked(after)},
        state=args["state"],
    )


def _change(
    service: Service,
    there: Instance,
    args: dict[str, t.Any],
    before: dict[str, t.Any],
    after: dict[str, t.Any],
    state: str,
) -> Plan:
    """What differs, in the state in which it is; then that."""
    name, end, calls = service.name, run_state(state, there.state), []
    if after:
        does = f"change {', '.join(sorted(after))} of LXC container '{name}' in place"
        # No device is none to change, no profile is to have none.
        wanted = {
            key: args[key]
            for key in ("config", "devices", "profiles")
            if args.get(key) or (key == "profiles" and key in args)
        }
        calls.append(Call(module=CONFIG_MODULE, does=does, args={"name": name, **wanted}))
    restart = state == "restarted" and there.state == STARTED
    if end != there.state or restart:
        verb = "restart" if restart else "start" if end == STARTED else "stop"
        calls.append(_power(there, args, verb, "restarted" if restart else end))
    if end != there.state:
        before, after = {"state": there.state, **before}, {"state": end, **after}
    return Plan(
        calls=tuple(calls),
        before={name: masked(before)} if before else {},
        after={name: masked(after)} if after else {},
        state=end,
    )


def _power(there: Instance, args: Mapping[str, t.Any], verb: str, state: str) -> Call:
    does, module = f"{verb} LXC container '{there.name}'", _power_module(there)
    power = {"name": there.name, "state": state, **picked(args, ("timeout",))}
    if module == STATE_MODULE:
        # In error there is nothing that could shut down.
        power["force"] = bool(args.get("force_stop")) or there.state != STARTED
    else:
        power |= {"type": "container", **picked(args, ("force_stop",))}
    return Call(module=module, does=does, args=power, action=verb)


def _is_of_another_system(there: Instance, candidate: Candidate) -> bool:
    """
    Whether it was made from an image of another system, or of another version of it, than the one that is wanted.

    A newer build of the same is none: a system lives on, and updates itself.
    """
    made_of, wanted = there.config.get("image") or {}, candidate.image
    if wanted is None or made_of.get("fingerprint") in (None, wanted.id):
        return False
    pairs = ((made_of.get("os"), wanted.os), (made_of.get("os_version"), wanted.os_version))
    return any(had and wants and had != wants for had, wants in pairs)


def _replacement(
    service: Service,
    candidate: Candidate,
    there: Instance,
    args: dict[str, t.Any],
    before: dict[str, t.Any],
    after: dict[str, t.Any],
    state: str,
) -> Plan:
    """Made anew from another image, with all that it is configured with; its root disk goes, its volumes stay."""
    held = there.config.get("config") or {}
    config = {key: value for key, value in held.items() if not key.startswith(("volatile.", "image."))} | args["config"]
    args = {
        **args,
        "config": {key: value for key, value in config.items() if value != ""},
        **picked(there.config, ("profiles",)),
        **picked(args, ("profiles",)),
    }
    made = _creation(service, candidate, args, {}, run_state(state, there.state))
    volumes = [
        f"volume {device['source']}"
        for device in (there.config.get("devices") or {}).values()
        if device.get("type") == "disk" and device.get("pool") and device.get("source")
    ]
    had = there.config["image"]
    create = dataclasses.replace(
        made.calls[0],
        does=f"replace LXC container '{there.name}', of {_system(had)}, by one of {_system(vars(candidate.image))}",
        action="replace",
        keeps=tuple(volumes),
        loses=("its root disk",),
    )
    before, after = {"image": had["fingerprint"], **before}, {"image": candidate.image.id, **after}
    if made.state != there.state:
        before, after = {"state": there.state, **before}, {"state": made.state, **after}
    return dataclasses.replace(
        made,
        calls=(*_removal(there), create),
        before={there.name: masked(before)},
        after={there.name: masked(after)},
    )


def _system(image: Mapping[str, t.Any]) -> str:
    return " ".join(filter(None, (image.get("os"), image.get("os_version"))))
