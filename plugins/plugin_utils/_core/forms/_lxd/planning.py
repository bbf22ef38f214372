# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
An LXC container on an LXD or Incus server.

Delegate: ``community.general.lxd_container``, to create, start, stop and remove. It adopts whatever has the name,
differs for ever over a number where LXD keeps a text, and starts a stopped instance to change it: so what there is is
compared here, and changed by ``lxd_config``.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Mapping, Sequence

from .....module_utils._shared.marks import LXD_PREFIX
from ...knowledge.distributions import ARCHITECTURES
from ...knowledge.lxd_options import device_meaning, in_bytes, is_on, limits_of, meaning
from ...knowledge.runtimes import LXC
from ...knowledge.sysctls import is_settable
from ...model import Call, Candidate, Facts, Instance, Part, Plan, Requirements, Service, Target, device_of
from ...reading.marks import SIGNATURE, signed
from ..common import (
    ABSENT,
    MARK,
    MARKS,
    STARTED,
    STOPPED,
    OptionError,
    RefusedError,
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
MODULE = "community.general.lxd_container"
CONFIG_MODULE = "rightscope.deploy.lxd_config"
STATE_MODULE = "rightscope.deploy.lxd_state"

# The mode of a device is octal, and YAML has made 420 of 0644 by then; of 10:16:30:11:22:33 it makes a number too.
FROZEN = "frozen"
"""The state of a container that is paused: it holds its memory, and does nothing."""

SHUTDOWN = 30
"""Seconds that a guest has to shut down before it is removed."""

KEY = f"{LXD_PREFIX}{MARK}"
"""LXD keeps ``user.*`` for its users: https://documentation.ubuntu.com/lxd/en/latest/reference/instance_options/"""

SIGNATURE_KEY = f"{LXD_PREFIX}{SIGNATURE}"

GIVEN_KEY = "user.rightscope.given"
"""
The names of what the plan set, so that what is wanted no more can go: keys of the configuration, devices, and those of
``_PLAIN`` that the user gave.
"""

_PLAIN = ("architecture", "ephemeral", "profiles")
"""Options that are compared whole, beside the keys of ``config`` and ``devices``."""

_BEHAVIOUR = ("force_stop", "ignore_volatile_options", "timeout")
"""Options that say how the delegate works, and not what the container is."""

_AT_FIRST = ("source",)
"""Options that are looked at when it is made alone; of ``source`` the system that it led to is compared."""


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
    """
    Raises OptionError for the collection's own marks, and for what the server would refuse or never keep.

    TypeError for devices that are no mappings.
    """
    if option == "config":
        need_no_marks(value, "user.")
        _need_no_state(value)
    elif option == "devices":
        if not all(isinstance(device, Mapping) for device in value.values()):
            raise TypeError(option)
        for name, device in value.items():
            _need_one_network(name, device)
    elif option == "architecture" and _architecture(value) is None:
        # The server would keep its own, and say nothing.
        raise OptionError(f"must be one of {', '.join(sorted(set(ARCHITECTURES.values())))}, which LXD and Incus know")
    elif option == "profiles" and len(set(value)) < len(value):
        raise OptionError("must name each profile once")


_STATE = re.compile(r"volatile\.(?!.*\.hwaddr$)")


def _need_no_state(config: Mapping[str, t.Any]) -> None:
    """What the server writes down for itself, but for the address of a network card, it changes as it likes."""
    for key in config:
        if _STATE.match(str(key)):
            raise OptionError(f"must not have '{key}': it is the server's own state, which changes by itself")


def _need_one_network(name: str, device: Mapping[str, t.Any]) -> None:
    """A managed network says itself what sort of card it is and what it leads to."""
    if device.get("type") != "nic" or not device.get("network"):
        return
    beside = [key for key in ("nictype", "parent") if device.get(key)]
    if beside:
        raise OptionError(f"must not have '{name}.{beside[0]}' beside '{name}.network': the network says it")


def _architecture(name: t.Any) -> str | None:
    """By the name that the server keeps; None for what is none that it knows."""
    return ARCHITECTURES.get(str(name).lower())


def busy(instances: tuple[Instance, ...]) -> str | None:
    """An operation that the server refuses every other one for: a backup, a move."""
    for instance in instances:
        at_work = instance.config.get("operations")
        if at_work:
            return f"LXC container '{instance.name}' is busy with: {', '.join(at_work)}"
    return None


def identity(instance: Instance) -> str:
    """LXD gives each instance one when it is made; the name is another's on another server."""
    config = instance.config.get("config") or {}
    return str(config.get("volatile.uuid") or config.get("volatile.cloud-init.instance-id") or "")


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
    plain = _plain(options)
    wanted_config[GIVEN_KEY] = _names(wanted_config, given, plain)
    gone_keys, gone_devices = _gone(config, wanted_config, given)
    devices = {name: device for name, device in (config.get("devices") or {}).items() if name not in gone_devices}
    devices |= given
    wanted = {
        # An empty value takes a key away.
        "config": {**wanted_config, **dict.fromkeys(gone_keys, "")},
        **({"devices": devices} if devices or gone_devices else {}),
        **plain,
    }
    args = {**options, **wanted, "name": service.name, "type": "container"}
    args.setdefault("source", _source(candidate))
    if there is None:
        return _creation(service, candidate, args, wanted, state)
    _need_not_vanish(there, state)
    wanted |= _gone_plain(config, plain)
    before, after = _less_agreed(candidate, there, *_difference(wanted, config))
    if _is_of_another_system(there, candidate):
        return _replacement(service, candidate, there, args, before, after, state)
    return _change(service, there, {**args, **wanted}, before, after, state)


def _plain(options: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The options of _PLAIN that are given, as the server keeps them."""
    found = picked(options, _PLAIN)
    if "architecture" in found:
        found["architecture"] = _architecture(found["architecture"]) or found["architecture"]
    if "profiles" in found:
        found["profiles"] = list(found["profiles"])
    return found


def _gone_plain(there: Mapping[str, t.Any], plain: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What becomes of those that an earlier plan set and this one does not: what a new container would have."""
    made_of = _architecture((there.get("config") or {}).get("image.architecture"))
    fresh = {"architecture": made_of, "ephemeral": False, "profiles": ["default"]}
    given = _given_before(there)
    return {key: fresh[key] for key in _PLAIN if key in given and key not in plain and fresh[key] is not None}


def kept_profiles(there: Mapping[str, t.Any]) -> tuple[str, ...] | None:
    """The profiles that it keeps where none are given: those that an earlier plan gave it, it does not keep."""
    return None if "profiles" in _given_before(there) or there.get("profiles") is None else tuple(there["profiles"])


def _need_not_vanish(there: Instance, state: str) -> None:
    """Raises RefusedError where an ephemeral container would be stopped: the server removes it then."""
    if there.config.get("ephemeral") and state == STOPPED and there.state != STOPPED:
        raise RefusedError(
            f"LXC container '{there.name}' is ephemeral: stopped, it would be removed with its root disk. Say 'state: "
            "absent', or set 'as.lxd_container.ephemeral' to false first"
        )


def doubtful(candidate: Candidate, plan: Plan) -> dict[str, tuple[str, ...]]:
    """
    What the user wrote as the server has it, and what differs all the same.

    The delegate compares each text as it is written, so of anything else it says the same as we do.
    """
    written = _as_written(candidate.options or {})
    found = {
        name: tuple(option for option in changed if option in written and before.get(option) == written[option])
        for name, changed in plan.after.items()
        for before in (plan.before.get(name, {}),)
    }
    return {name: options for name, options in found.items() if options}


def question(_service: Service, candidate: Candidate, instance: Instance, options: Sequence[str]) -> Call:
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
    config = {f"config.{key}": text(value) for key, value in (options.get("config") or {}).items()}
    devices = {
        f"devices.{name}": {str(key): text(value) for key, value in device.items()}
        for name, device in (options.get("devices") or {}).items()
    }
    return {**_plain(options), **config, **devices}


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


def removal_refused(target: Target, instances: tuple[Instance, ...]) -> str | None:
    """A container that is protected, be it by a profile, is stopped and then not removed."""
    for instance in instances:
        if not is_on((instance.config.get("expanded_config") or {}).get(_PROTECTED)):
            continue
        if is_on((instance.config.get("config") or {}).get(_PROTECTED)):
            client = (command(target, instance) or ["lxc"])[0].replace("env", "lxc")
            help_ = f"run '{client} config set {instance.name} {_PROTECTED}=false' first"
        else:
            help_ = f"take it out of its profiles first ({', '.join(instance.config.get('profiles') or ())})"
        return (
            f"LXC container '{instance.name}' is protected ({_PROTECTED}), so the server would not remove it; {help_}"
        )
    return None


_PROTECTED = "security.protection.delete"
"""https://documentation.ubuntu.com/lxd/en/latest/reference/instance_options/#instance-security"""


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


# --- what is wanted -----------------------------------------------------------------------------


_DEVICE = "device."


def _names(config: Mapping[str, str], devices: Mapping[str, t.Any], plain: Mapping[str, t.Any]) -> str:
    """Names alone, for a value may be a secret; those of the marks go without saying."""
    keys = [key for key in config if not key.startswith(f"user.{MARKS}")]
    # LXD forgets a key without a value.
    return " ".join(sorted([*keys, *plain, *(f"{_DEVICE}{name}" for name in devices)])) or "none"


def _given_before(there: Mapping[str, t.Any]) -> list[str]:
    return (there.get("config") or {}).get(GIVEN_KEY, "").split()


def _gone(
    there: Mapping[str, t.Any], config: Mapping[str, str], devices: Mapping[str, t.Any]
) -> tuple[list[str], list[str]]:
    """(keys, devices) that an earlier plan set, that are still there, and that this one does not want."""
    before = _given_before(there)
    keys = [name for name in before if name in there["config"] and name not in config]
    names = [name.removeprefix(_DEVICE) for name in before if name.startswith(_DEVICE)]
    held = there.get("devices") or {}
    # The root disk stays as it is: without its own it would be the profile's, which may be smaller than what is on it.
    return keys, [name for name in names if name in held and name not in devices and held[name].get("path") != "/"]


def _config(service: Service, candidate: Candidate, options: Mapping[str, t.Any]) -> dict[str, str]:
    """Every value is a text, as LXD keeps it: the delegate compares with ``!=``, and 2 is not ``"2"``."""
    needs = service.requirements
    own = {**limits_of(needs), **_sysctls(needs, candidate), **_granted_config(candidate)}
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


_GIVEN_ANYWAY = ("/dev/fuse", "/dev/net/tun")
"""Every container has them: https://linuxcontainers.org/incus/docs/main/container-environment/"""

_BLOCK = ("/dev/sd", "/dev/vd", "/dev/xvd", "/dev/nvme", "/dev/loop", "/dev/dm-", "/dev/mapper/", "/dev/md", "/dev/rbd")


def _granted_devices(candidate: Candidate) -> dict[str, dict[str, str]]:
    devices = {}
    for grant in candidate.grants or ():
        if grant.kind == "device" and grant.value not in _GIVEN_ANYWAY:
            source, path, access = device_of(grant.value)
            leads_to = (candidate.facts.device_links or {}).get(source, source)
            kind = "unix-block" if leads_to.startswith(_BLOCK) else "unix-char"
            devices[_device_name(source)] = {"type": kind, "source": source, "path": path}
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
    inherited = _root_of(config.get("expanded_devices") or {})
    name = next((name for name, device in given.items() if device.get("path") == "/"), "root")
    if needs.disk and not _root_of(given).get("size"):
        root = {"type": "disk", "path": "/", "pool": _pool(candidate), **inherited, **given.get(name, {})}
        given = {**given, name: {**root, "size": f"{needs.disk}MiB"}}
    if _is_less(_root_of(given).get("size"), inherited.get("size")):
        # No disk shrinks: what is on it might not fit.
        given = {**given, name: {**given[name], "size": inherited["size"]}}
    return given


def _is_less(wanted: str | None, held: str | None) -> bool:
    sizes = in_bytes(wanted), in_bytes(held)
    return None not in sizes and sizes[0] < sizes[1]


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
        differing = {key: value for key, value in new.items() if not _is_same(part, key, value, held.get(key))}
        before |= {f"{part}.{key}": held.get(key) for key in differing}
        after |= {f"{part}.{key}": value for key, value in differing.items()}
    was, shall = differences({key: wanted[key] for key in _PLAIN if key in wanted}, config)
    before, after = {**before, **was}, {**after, **shall}
    if len(after) > 1:
        # The mark follows from the rest.
        before.pop(f"config.{GIVEN_KEY}", None)
        after.pop(f"config.{GIVEN_KEY}", None)
    return before, after


def _is_same(part: str, key: str, wanted: t.Any, held: t.Any) -> bool:
    """Whether two values mean the same to the server, which keeps each text as it was written."""
    if wanted is None or held is None:
        return wanted is held
    if part == "devices":
        return device_meaning(wanted) == device_meaning(held)
    return meaning(key, wanted) == meaning(key, held)


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
        calls=_run_as(call, candidate),
        before={service.name: {"state": ABSENT}},
        after={service.name: masked(after)},
        state=args["state"],
    )


def _run_as(create: Call, candidate: Candidate) -> tuple[Call, ...]:
    """
    The calls that make it, for another architecture than its image's too.

    The server makes it of its image's own, whatever it is told, and takes another one afterwards.
    """
    wanted = create.args.get("architecture")
    made_of = candidate.image.architecture if candidate.image else None
    if wanted is None or wanted == (made_of or next(iter(candidate.facts.architectures or ()), wanted)):
        return (create,)
    name, state = create.args["name"], create.args["state"]
    does = f"have LXC container '{name}' run as {wanted}"
    calls = (
        dataclasses.replace(create, args={**create.args, "state": STOPPED}),
        Call(module=CONFIG_MODULE, does=does, args={"name": name, "architecture": wanted}),
    )
    if state == STOPPED:
        return calls
    power = {"name": name, "type": "container", "state": state, **picked(create.args, ("timeout",))}
    return (*calls, Call(module=MODULE, does=f"start LXC container '{name}'", args=power, action="start"))


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
        calls.append(Call(module=CONFIG_MODULE, does=does, args={"name": name, **_sent(args, after)}))
    restart = state == "restarted" and there.state in (STARTED, FROZEN)
    if end != there.state or restart:
        verb = "restart" if restart else _verb(there, end)
        calls.append(_power(there, args, verb, "restarted" if restart else end))
    if end != there.state:
        before, after = {"state": there.state, **before}, {"state": end, **after}
    return Plan(
        calls=tuple(calls),
        before={name: masked(before)} if before else {},
        after={name: masked(after)} if after else {},
        state=end,
    )


def _verb(there: Instance, end: str) -> str:
    return "stop" if end != STARTED else "resume" if there.state == FROZEN else "start"


def _sent(args: Mapping[str, t.Any], after: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What is sent of all that is wanted: what differs, and the mark that follows from it. An empty one takes away."""
    sent: dict[str, t.Any] = {"config": {GIVEN_KEY: args["config"][GIVEN_KEY]}}
    for name in after:
        part, _dot, key = name.partition(".")
        if key:
            sent.setdefault(part, {})[key] = (args.get(part) or {}).get(key, {} if part == "devices" else "")
        else:
            sent[part] = args[part]
    return sent


def _power(there: Instance, args: Mapping[str, t.Any], verb: str, state: str) -> Call:
    does, module = f"{verb} LXC container '{there.name}'", _power_module(there)
    power = {"name": there.name, "state": state, **picked(args, ("timeout",))}
    if module == STATE_MODULE:
        # In error there is nothing that could shut down.
        power["force"] = bool(args.get("force_stop")) or there.state != STARTED
    else:
        power |= {"type": "container", **picked(args, ("force_stop",))}
    return Call(module=module, does=does, args=power, action=_ACTIONS.get(verb, verb))


_ACTIONS = {"resume": "start"}
"""What a verb is among the actions, where it is none itself."""


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
        **picked(args, _PLAIN),
    }
    made = _creation(service, candidate, args, {}, run_state(state, there.state))
    volumes = [
        Part(f"volume {device['source']}")
        for device in (there.config.get("devices") or {}).values()
        if device.get("type") == "disk" and device.get("pool") and device.get("source")
    ]
    had = there.config["image"]
    create = dataclasses.replace(
        made.calls[0],
        does=f"replace LXC container '{there.name}', of {_system(had)}, by one of {_system(vars(candidate.image))}",
        action="replace",
        keeps=tuple(volumes),
        loses=(Part("its root disk"),),
    )
    before, after = {"image": had["fingerprint"], **before}, {"image": candidate.image.id, **after}
    if made.state != there.state:
        before, after = {"state": there.state, **before}, {"state": made.state, **after}
    return dataclasses.replace(
        made,
        calls=(*_removal(there), create, *made.calls[1:]),
        before={there.name: masked(before)},
        after={there.name: masked(after)},
    )


def _system(image: Mapping[str, t.Any]) -> str:
    return " ".join(filter(None, (image.get("os"), image.get("os_version"))))
