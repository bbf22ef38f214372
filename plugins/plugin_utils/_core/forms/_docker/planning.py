# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A Docker container, or for several processes with an image each, that many on one network of their own.

Delegate: ``community.docker.docker_container``. It recreates a container for nearly every difference, a
stranger's too, so the difference is computed here first, from what the engine says of the container.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .....module_utils._shared.marks import PROCESS_MARK
from .....module_utils._shared.masks import MASK
from ...knowledge.runtimes import DOCKER
from ...knowledge.sysctls import is_settable
from ...model import (
    Call,
    Candidate,
    Facts,
    Grant,
    Image,
    Instance,
    Part,
    Plan,
    Port,
    Process,
    Requirements,
    Run,
    Service,
    Sought,
    Target,
    device_of,
)
from ...reading.marks import SIGNATURE, signed
from ..common import (
    ABSENT,
    MARK,
    STARTED,
    STOPPED,
    AdoptionError,
    RefusedError,
    Source,
    differences,
    image_named,
    masked,
    need_no_marks,
    removal,
    run_state,
    text,
)
from .acts import (
    ACTS,
    ALL,
    BEHAVIOUR,
    IGNORE,
    MORE,
    STRICT,
    all_that_is_there,
    comparison,
    given_to_several,
    handed_to_removals,
    held_against,
    images_of,
    may_move,
    pulls_always,
    refuse,
)
from .options import (
    CERTAIN,
    COMPARED,
    IN_PLACE,
    LEFT,
    compared,
    digests,
    given_no_more,
    image_reference,
    names_given,
    need_full_paths,
)

NAME = "docker_container"
MODULE = "community.docker.docker_container"
NETWORK_MODULE = "community.docker.docker_network"

# A port is none of them: YAML reads 22:22 as 1342.

OPTIONS_MARK = "rightscope.options"
GIVEN_MARK = "rightscope.given"
CPU_PERIOD = 100_000
"""Microseconds; the kernel's own default, Documentation/scheduler/sched-bwc.rst."""


def image(requirements: Requirements, options: Mapping[str, t.Any], facts: Facts) -> Source:
    """The image the user names; Docker has no other way to know what is in one. A missing one is pulled."""
    wanted = [process.image for process in requirements.processes if process.image] or [options.get("image")]
    if not all(wanted):
        return Source()
    found = [image_named(facts, *image_reference(name)) for name in wanted]
    missing = [name for name, there in zip(wanted, found, strict=True) if there is None]
    if missing:
        return Source(wanted=missing[0], fetched=options.get("pull") not in ("never", False))
    return Source(image=_odd_one(found, facts) or found[0], wanted=wanted[0])


def _odd_one(images: list[Image], facts: Facts) -> Image | None:
    """Of several the one that is made for another processor: it decides whether all can run."""
    known = facts.architectures or ()
    return next((one for one in images if known and one.architecture and one.architecture not in known), None)


def check(option: str, value: t.Any) -> None:
    """Raises OptionError for the collection's own marks, paths in short, acts that are not done; else for no value."""
    refuse(option, value)
    if option == "labels":
        need_no_marks(value)
    if option == "volumes":
        need_full_paths(value)
    if option in COMPARED:
        COMPARED[option](value, {}, {})


def ended(instances: tuple[Instance, ...]) -> str | None:
    """A container that has ended is not started again, unless its policy says so: then it is restarting."""
    for one in instances:
        state = one.config.get("State") or {}
        if state.get("Status") == "exited":
            code = f"with exit code {state.get('ExitCode')}"
            return f"container '{one.name}' ended as soon as it was started, {code}{last_words(one)}"
    return None


def last_words(instance: Instance) -> str:
    """As masked as a command is, and without what it was given in variables: a program may well print that."""
    if not instance.log:
        return ""
    text = instance.log
    variables = (instance.config.get("Config") or {}).get("Env") or ()
    for value in sorted((str(item).partition("=")[2] for item in variables), key=len, reverse=True):
        text = text.replace(value, MASK) if len(value) >= _TELLING else text
    return f"; its last words: {masked(text, 'command')}"


_TELLING = 4
"""Characters from which on a variable's value can be a secret, and is not just part of any text."""


def runs(instances: tuple[Instance, ...]) -> dict[str, Run]:
    """When each was started, and how often its policy did that since."""
    return {one.name: _run_of(one) for one in instances}


def _run_of(instance: Instance) -> Run:
    state = instance.config.get("State") or {}
    return Run(
        started=state.get("StartedAt"),
        uptime=instance.uptime,
        restarts=int(instance.config.get("RestartCount") or 0),
        has_healthcheck=(state.get("Health") or {}).get("Status") not in (None, "", "none"),
    )


def identity(instance: Instance) -> str:
    """The engine's own id of the container."""
    return instance.id


def sought(requirements: Requirements, options: Mapping[str, t.Any]) -> Sought:
    """What the registries have by the names of images that are always to be pulled, and what is in the env_file."""
    images = images_of(requirements, options) if pulls_always(options) else ()
    return Sought(
        images=tuple(name for name in images if may_move(name)),
        files=(options["env_file"],) if options.get("env_file") else (),
    )


def contradictions(requirements: Requirements, options: Mapping[str, t.Any]) -> list[tuple[tuple[t.Any, ...], str]]:
    """What there is once is not given to several containers."""
    return given_to_several(requirements, options)


def plan(service: Service, candidate: Candidate, target: Target, instances: tuple[Instance, ...], state: str) -> Plan:
    """
    A call for each container that differs, and for the network of several.

    Raises RefusedError where the content of a file that is a part of it is not known.
    """
    parts = _parts(service, candidate)
    _need_files(candidate)
    there = {instance.name: instance for instance in instances}
    parts = [_signed(part, service, target, there.get(part.name)) for part in parts]
    calls, before, after = [], {}, {}
    for part in parts:
        agreed = candidate.agreed.get(part.name, frozenset())
        steps, was, shall = _steps(part, there.get(part.name), state, agreed, candidate)
        calls += steps
        if was or shall:
            before[part.name], after[part.name] = was, shall
    for name in sorted(set(there) - {part.name for part in parts}):
        calls.append(_removal(there[name], candidate.options or {}))
        before[name], after[name] = {"state": there[name].state}, {"state": ABSENT}
    if any(call.creates for call in calls) and any(_joins(part, service) for part in parts):
        calls.insert(0, _network(service, "present"))
    if len(parts) == 1 and any(instance.process for instance in instances):
        # What were several is one now, and nothing would ever find their network again.
        calls.append(_network(service, ABSENT))
    return Plan(
        calls=tuple(calls),
        before=before,
        after=after,
        state=run_state(state, instances[0].state if instances else STOPPED),
        warnings=tuple(_not_asked(part, there, candidate) for part in parts if _is_not_asked(part, there, candidate)),
    )


def _need_files(candidate: Candidate) -> None:
    path = (candidate.options or {}).get("env_file")
    trouble = candidate.content.unreadable.get(path) if path else None
    if trouble:
        raise RefusedError(f"its env_file '{path}' cannot be read where the module runs ({trouble}); put it there")


def _is_not_asked(part: _Part, there: Mapping[str, Instance], candidate: Candidate) -> bool:
    return part.name in there and _is_pulled(part) and part.options["image"] in candidate.content.silent


def _not_asked(part: _Part, there: Mapping[str, Instance], candidate: Candidate) -> str:
    image = part.options["image"]
    return (
        f"Whether there is a newer '{image}' for container '{there[part.name].name}' is not known, for its registry "
        f"could not be asked ({candidate.content.silent[image]}); the one that is there was taken."
    )


def doubtful(candidate: Candidate, plan: Plan) -> dict[str, tuple[str, ...]]:
    """
    Options that the user wrote, and that differ from what the container has.

    Of what it would change in place the delegate says in check mode that nothing changes: module_container/module.py,
    update_limits. Of acts it makes no difference.
    """
    given = candidate.options or {}
    found = {
        name: tuple(
            option
            for option, value in changed.items()
            if value is not None
            and given.get(option) is not None
            and option not in (*ACTS, *IN_PLACE, *CERTAIN)
            # What is only taken away is known by our marks, and the delegate is content with more than was asked for.
            and not _is_within(value, plan.before.get(name, {}).get(option))
        )
        for name, changed in plan.after.items()
        if plan.before.get(name, {}).get("state") != ABSENT
    }
    return {name: options for name, options in found.items() if options}


def _is_within(value: t.Any, whole: t.Any) -> bool:
    """Whether a value is found in another one, beside which that has more."""
    if isinstance(value, Mapping) and isinstance(whole, Mapping):
        return all(key in whole and _is_within(item, whole[key]) for key, item in value.items())
    if isinstance(value, (list, tuple)) and isinstance(whole, (list, tuple)):
        return all(any(_is_within(item, other) for other in whole) for item in value)
    return value == whole


def named(names: frozenset[str]) -> frozenset[str]:
    """The options that the delegate's diff names."""
    return frozenset({"volume_binds": "volumes"}.get(name, name) for name in names)


_SUBSETS = ("env", "labels", "networks", "sysctls")
"""Options in which a container may have more than was asked for: what was taken away we see by the marks."""


def question(service: Service, candidate: Candidate, instance: Instance, options: Sequence[str]) -> Call:
    """Every other option is left out of its comparison; the user's own comparisons hold."""
    part = next(part for part in _parts(service, candidate) if part.name == instance.name)
    said = {option: comparison(part.options, option) for option in options}
    # What is to be ignored and differs all the same is what a need comes to.
    comparisons = {
        option: how if how in (STRICT, MORE) else MORE if option in _SUBSETS else STRICT for option, how in said.items()
    }
    args = {
        **part.options,
        "name": part.name,
        "state": "present",
        "pull": "never",
        "comparisons": {ALL: IGNORE, **comparisons},
    }
    return Call(module=MODULE, does=f"compare {', '.join(options)} of container '{part.name}'", args=args)


def _parts(service: Service, candidate: Candidate) -> list[_Part]:
    processes = service.requirements.processes or (None,)
    return [_part(service, candidate, process, several=len(processes) > 1) for process in processes]


def adopt(_service: Service, _target: Target, instance: Instance) -> Plan:
    """Labels are given to a container when it is made, and never after."""
    raise AdoptionError(
        f"Container '{instance.name}' cannot be taken over as it is: Docker gives no label to a container that exists. "
        "Remove it by hand, its volumes aside, and let it be made anew."
    )


def remove(service: Service, _target: Target, instances: tuple[Instance, ...]) -> Plan:
    """A call for each container, and for the network that several had."""
    options = service.made_as.get(NAME) or {}
    calls = [_removal(instance, options) for instance in instances]
    if len(service.requirements.processes) > 1 or any(instance.process for instance in instances):
        calls.append(_network(service, ABSENT))
    return removal(calls, instances)


def connection(target: Target, instance: Instance) -> dict[str, t.Any]:
    """Reached through the engine's API: an image of one application has neither sshd nor an address to trust."""
    options = target.options
    if _needs_client(options):
        arguments = " ".join(_client(options))
        return {
            "ansible_connection": "community.docker.docker",
            "ansible_host": instance.name,
            "ansible_docker_extra_args": arguments,
        }
    variables = {"ansible_connection": "community.docker.docker_api", "ansible_host": instance.name}
    return variables | {
        f"ansible_docker_{name}": options[name] for name in ("docker_host", "api_version") if options.get(name)
    }


def command(target: Target, instance: Instance) -> list[str]:
    """``docker exec``."""
    return ["docker", *_client(target.options), "exec", "--interactive", instance.name]


def _needs_client(options: Mapping[str, t.Any]) -> bool:
    """
    Whether docker_api cannot do it, and Docker's own client has to be here.

    The plugin says itself that it does not work with TLS (community.docker#605), and has no variable for ssh's client.
    """
    address = str(options.get("docker_host") or "")
    over_tls = address.startswith(("tcp:", "https:")) and (options.get("tls") or options.get("validate_certs"))
    return bool(over_tls or (address.startswith("ssh:") and options.get("use_ssh_client")))


def _client(options: Mapping[str, t.Any]) -> list[str]:
    """How Docker's client is told of the engine."""
    if not options.get("docker_host"):
        return []
    files = {"--tlscacert": "ca_path", "--tlscert": "client_cert", "--tlskey": "client_key"}
    given = [f"{flag}={options[name]}" for flag, name in files.items() if options.get(name)]
    tls = ["--tlsverify"] if options.get("validate_certs") else ["--tls"] if options.get("tls") else []
    return [f"--host={options['docker_host']}", *tls, *given]


# --- one container ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """One container of the service: its name, all options the delegate is given, and those that needs come to."""

    name: str
    options: Mapping[str, t.Any]
    needed: Mapping[str, t.Any]
    counts_swap: bool | None = None


def _part(service: Service, candidate: Candidate, process: Process | None, *, several: bool) -> _Part:
    options = {key: value for key, value in (candidate.options or {}).items() if value is not None}
    options = {**_limits(service.requirements, candidate.facts, options), **_granted(candidate, options)}
    options |= _sysctls(service.requirements, candidate, options)
    first = process is None or process is service.requirements.processes[0]
    options |= _published(service.requirements, options, process.name if process else None, first=first)
    if options.get("env"):
        # The delegate refuses what YAML took for a number or a switch; the engine knows texts only.
        options["env"] = {key: text(value) for key, value in options["env"].items()}
    labels = {**(options.get("labels") or {}), MARK: service.name}
    if process and process.image:
        options["image"] = process.image
    if process and process.command:
        options["command"] = process.command
    name = service.name
    if process and several:
        name = f"{service.name}-{process.name}"
        labels[PROCESS_MARK] = process.name
        if not options.get("network_mode"):
            options.setdefault("networks", [{"name": network_name(service), "aliases": [process.name]}])
    needed = {**_limits(service.requirements, candidate.facts, {}), **_granted(candidate, {})}
    needed |= _sysctls(service.requirements, candidate, options if options.get("network_mode") == "host" else {})
    needed |= _published(service.requirements, candidate.options or {}, process.name if process else None, first=first)
    labels[OPTIONS_MARK] = digests({**options, **_contents(candidate, options)})
    labels[GIVEN_MARK] = names_given(options)
    options["labels"] = {key: text(value) for key, value in labels.items()}
    return _Part(name, options, needed, candidate.facts.swap_limit)


def _contents(candidate: Candidate, options: Mapping[str, t.Any]) -> dict[str, str]:
    """In place of a path what is behind it: the same variables in another file make no other container."""
    digest = candidate.content.files.get(options.get("env_file") or "")
    return {"env_file": digest} if digest else {}


def _signed(part: _Part, service: Service, target: Target, there: Instance | None) -> _Part:
    """A label cannot change: one that an older key has signed stands for as long as the container does."""
    labels = part.options["labels"]
    mark = signed(target, NAME, service.name, part.name, labels.get(PROCESS_MARK), there=there)
    if mark is None:
        return part
    return dataclasses.replace(part, options={**part.options, "labels": {**labels, SIGNATURE: mark}})


def _joins(part: _Part, service: Service) -> bool:
    """Whether the container is to be on the service's own network."""
    return any(network.get("name") == network_name(service) for network in part.options.get("networks") or ())


def _limits(requirements: Requirements, facts: Facts, said: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """
    The requirements as limits, in options that the engine changes in place: ``cpus`` would recreate.

    Memory needs its swap beside it, or raising it fails (moby#25460); an engine without swap accounting
    forgets that option, and would differ for ever. What is ``said`` of the same sort stands alone: the engine refuses
    ``cpus`` beside a quota, and a swap below the memory.
    """
    limits: dict[str, t.Any] = {}
    if requirements.cpus and not said.get("cpus"):
        limits["cpu_period"] = CPU_PERIOD
        limits["cpu_quota"] = round(requirements.cpus * CPU_PERIOD)
    if requirements.memory:
        limits["memory"] = f"{requirements.memory}M"
        if facts.swap_limit and said.get("memory") is None:
            limits["memory_swap"] = f"{2 * requirements.memory}M"
    if requirements.shm:
        limits["shm_size"] = f"{requirements.shm}M"
    return limits


_GRANT_LISTS = {
    "capability": "capabilities",
    "device": "devices",
    "seccomp": "security_opts",
    "apparmor": "security_opts",
}


def _granted(candidate: Candidate, options: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The user's options, and in them what the needs must be granted: the decision has judged all of it."""
    given = dict(options)
    for grant in candidate.grants or ():
        if grant.kind in _GRANT_LISTS:
            option = _GRANT_LISTS[grant.kind]
            given[option] = [*(given.get(option) or ()), _granted_item(grant)]
        elif grant.kind == "gpu":
            request = {"count": int(grant.value), "capabilities": [["gpu"]]}
            given["device_requests"] = [*(given.get("device_requests") or ()), request]
        elif grant.kind == "host":
            given.setdefault({"pid": "pid_mode", "network": "network_mode"}[grant.value], "host")
        elif grant.kind == "privileged":
            given["privileged"] = True
    return given


def _granted_item(grant: Grant) -> str:
    if grant.kind == "device":
        return ":".join(device_of(grant.value))
    forms = {"capability": "{}", "seccomp": "seccomp={}", "apparmor": "apparmor={}"}
    return forms[grant.kind].format(grant.value)


def _sysctls(requirements: Requirements, candidate: Candidate, options: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Those that can be the container's own. The others have their value on the host, or it would not fit there."""
    shared = {
        namespace
        for namespace, option in (("network", "network_mode"), ("ipc", "ipc_mode"))
        if options.get(option) == "host"
    }
    own = {
        sysctl.name: sysctl.value
        for sysctl in requirements.kernel_sysctls
        if is_settable(sysctl.name, DOCKER, candidate.facts.kernel_version, host_namespaces=frozenset(shared))
    }
    # The kernel knows no true and false.
    given = {
        key: str(int(value)) if isinstance(value, bool) else str(value)
        for key, value in (options.get("sysctls") or {}).items()
    }
    return {"sysctls": {**own, **given}} if own or given else {}


def _published(
    requirements: Requirements, options: Mapping[str, t.Any], process: str | None, *, first: bool
) -> dict[str, t.Any]:
    """The ports it listens on, unless the user says how: of several processes the first has those that name none."""
    said = any(options.get(name) is not None for name in ("published_ports", "ports", "network_mode"))
    mine = [port for port in requirements.ports if port.process == process or (port.process is None and first)]
    if said or not mine:
        return {}
    return {"published_ports": [_port(port) for port in mine]}


def _port(port: Port) -> str:
    host = f"{port.host}:" if port.host else ""
    return f"{host}{port.number}{'' if port.protocol == 'tcp' else f'/{port.protocol}'}"


def _steps(
    part: _Part, there: Instance | None, state: str, agreed: frozenset[str], candidate: Candidate
) -> tuple[list[Call], dict[str, t.Any], dict[str, t.Any]]:
    """(what is to be done with one container, its before, its after), of ``agreed`` options nothing."""
    if there is None:
        after = {"state": run_state(state), **_shown(part)}
        does = f"create container '{part.name}' from {part.options.get('image')}"
        return [_call(part, state, does, creates=part.name)], {"state": ABSENT}, after
    if part.options.get("auto_remove") and _running(there, state)[1].get("state") == STOPPED:
        raise RefusedError(
            f"with 'auto_remove' the engine would remove container '{part.name}' as soon as it stops; say "
            "'state: absent', or leave 'auto_remove' out"
        )
    before, after = (
        {name: value for name, value in side.items() if name not in agreed}
        for side in _as_compared(part, there, candidate, *_compare(part, there))
    )
    run_before, run_after = _running(there, state)
    power, calls = _state_words(part, there, state), []
    restart = state == "restarted" and not run_after
    wakes = there.state == "paused" and run_after.get("state") == STARTED
    if any(_takes_a_new_one(name, value) for name, value in after.items()):
        does = ", ".join((_change_words(part, after), *power))
        call = _call(part, _kept_state(there, state), does, restart=restart, recreate=True, wakes=wakes)
        calls.append(dataclasses.replace(call, action="replace", keeps=_kept(there), loses=_lost(there)))
    else:
        if after:
            calls.append(_call(part, "present", _change_words(part, after), changes=after))
        if power:
            call = _call(part, _kept_state(there, state), ", ".join(power), restart=restart, wakes=wakes, changes=())
            verb = "restart" if restart else _VERBS.get(run_after.get("state"), "change")
            calls.append(dataclasses.replace(call, action=verb))
    return calls, masked({**run_before, **before}), masked({**run_after, **after})


# --- what the user has said of comparisons ----------------------------------------------------------


Sides = tuple[dict[str, t.Any], dict[str, t.Any]]


def _as_compared(
    part: _Part, there: Instance, candidate: Candidate, before: dict[str, t.Any], after: dict[str, t.Any]
) -> Sides:
    """(before, after), less what the user does not want to be compared, and with what is compared on demand."""
    for name in list(after):
        how = comparison(part.options, name)
        ignored = how == IGNORE and _is_as_needed(part, name, there)
        if ignored or (how == MORE and (after[name] is None or held_against(after[name], before[name]))):
            del before[name], after[name]
    if _is_same_image(part, there, candidate):
        before.pop("image", None)
        after.pop("image", None)
    for name in _SUBSETS:
        if comparison(part.options, name) == STRICT and part.options.get(name) is not None:
            _add_what_is_more(part, name, there, before, after)
    if comparison(part.options, "stop_timeout") == STRICT and part.options.get("stop_timeout") is not None:
        held = (there.config.get("Config") or {}).get("StopTimeout")
        if held != part.options["stop_timeout"]:
            before["stop_timeout"], after["stop_timeout"] = held, part.options["stop_timeout"]
    newer = _newer(part, there, candidate)
    return (before | newer[0], after | newer[1]) if newer else (before, after)


def _is_as_needed(part: _Part, name: str, there: Instance) -> bool:
    """Whether what needs come to is there: to leave an option out of its comparison takes back no need."""
    if name not in part.needed or name not in COMPARED:
        return True
    return held_against(*COMPARED[name](part.needed[name], there.config, part.options))


def _is_same_image(part: _Part, there: Instance, candidate: Candidate) -> bool:
    """Whether the names differ alone, and that is to be ignored."""
    if part.options.get("image_name_mismatch") != "ignore":
        return False
    found = image_named(candidate.facts, *image_reference(str(part.options.get("image"))))
    return found is not None and found.id == there.config.get("Image")


def _add_what_is_more(
    part: _Part, name: str, there: Instance, before: dict[str, t.Any], after: dict[str, t.Any]
) -> None:
    wanted, _found = COMPARED[name](part.options[name], there.config, part.options)
    more = {
        key: item
        for key, item in all_that_is_there(name, there.config).items()
        if key not in wanted and key not in _OUR_MARKS
    }
    if more:
        before[name] = {**(before.get(name) or {}), **more}
        after.setdefault(name, {})


# --- whether the registry has a newer one -----------------------------------------------------------

NEWER = "image_digest"
"""What a difference is called that is the registry's: the name of no option, for no delegate sees it without a pull."""


def _is_pulled(part: _Part) -> bool:
    image = part.options.get("image")
    return pulls_always(part.options) and may_move(image) and comparison(part.options, "image") != IGNORE


def _newer(part: _Part, there: Instance, candidate: Candidate) -> Sides | None:
    """What the registry has by the image's name now, where that is not what the engine has by it."""
    digest = candidate.content.images.get(part.options["image"]) if _is_pulled(part) else None
    held = [str(one).rpartition("@")[2] for one in there.config.get("_image_digests") or ()]
    if digest is None or digest in held:
        return None
    return {NEWER: ", ".join(sorted(held)) or None}, {NEWER: digest}


_VERBS = {STARTED: "start", STOPPED: "stop"}


def _kept(there: Instance) -> tuple[Part, ...]:
    """What a new container is given again: volumes that have a name, and directories of the host."""
    mounts = there.config.get("Mounts") or ()
    binds = sorted(str(mount.get("Source")) for mount in mounts if mount.get("Type") == "bind")
    volumes = (Part(f"volume '{name}'") for name in _named_volumes(there))
    return (*volumes, *(Part(f"'{path}'", is_data=False) for path in binds))


def _lost(there: Instance) -> tuple[Part, ...]:
    """A volume without a name stays on the engine, where nothing finds it any more."""
    mounts = there.config.get("Mounts") or ()
    volumes = [
        mount for mount in mounts if mount.get("Type") == "volume" and _ANONYMOUS.fullmatch(str(mount.get("Name")))
    ]
    written = Part("what was written inside of it", is_data=False)
    return (written, *(Part(f"the volume of '{volume.get('Destination')}'") for volume in volumes))


def _running(there: Instance, state: str) -> tuple[dict[str, str], dict[str, str]]:
    wanted = run_state(state, there.state)
    if there.state == wanted:
        return {}, {}
    return {"state": there.state}, {"state": wanted}


def _kept_state(there: Instance, state: str) -> str:
    """``present`` leaves the run state alone; a container that is recreated must be given it again."""
    return "present" if state == "present" and there.state != STARTED else run_state(state, there.state)


def _state_words(part: _Part, there: Instance, state: str) -> list[str]:
    if state == "restarted":
        return [f"{'restart' if there.state == STARTED else 'start'} container '{part.name}'"]
    if _running(there, state)[1]:
        return [f"{'start' if state == STARTED else 'stop'} container '{part.name}'"]
    return []


def _change_words(part: _Part, after: Mapping[str, t.Any]) -> str:
    names = ", ".join(sorted(after))
    if not any(_takes_a_new_one(name, value) for name, value in after.items()):
        return f"change {names} of container '{part.name}' in place"
    return f"recreate container '{part.name}' for {names}"


def _takes_a_new_one(name: str, value: t.Any) -> bool:
    """Whether a change makes the container anew; so does each that takes a setting away, for no update can."""
    return name not in IN_PLACE or value is None


_OUR_MARKS = (MARK, PROCESS_MARK, OPTIONS_MARK, GIVEN_MARK, SIGNATURE)


def _compare(part: _Part, there: Instance) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """
    What differs: (before, after), each by option.

    Our marks of the options follow from the rest. They alone are no difference: an earlier release may have made them.
    """
    wanted: dict[str, t.Any] = {}
    found: dict[str, t.Any] = {}
    config = {**there.config, "_counts_swap": part.counts_swap}
    marks = _at_labels(there)
    was, shall = (_by_name(mark) for mark in (marks.get(OPTIONS_MARK, ""), part.options["labels"][OPTIONS_MARK]))
    given = marks.get(GIVEN_MARK, "").split()
    options = {name: value for name, value in part.options.items() if value is not None}
    options["labels"] = {key: value for key, value in options["labels"].items() if key not in _MARKS_OF_OPTIONS}
    for name, value in options.items():
        if name not in BEHAVIOUR:
            wanted[name], found[name] = compared(
                name, value, config, options, was=was.get(name), shall=shall.get(name), given=given
            )
    for name in LEFT:
        if name not in options and not _said_otherwise(name, options):
            left = LEFT[name](config)
            if left is not None:
                wanted[name], found[name] = None, left
    gone, items = given_no_more(given, was, part.options, config)
    for name, value in gone.items():
        wanted[name], found[name] = None, value
    for name, values in items.items():
        held = found.get(name) or {}
        wanted.setdefault(name, {})
        found[name] = sorted([*held, *values]) if isinstance(held, list) else {**held, **values}
    return _without_marks(*differences(wanted, found))


_MARKS_OF_OPTIONS = (OPTIONS_MARK, GIVEN_MARK)


def _at_labels(there: Instance) -> Mapping[str, str]:
    return (there.config.get("Config") or {}).get("Labels") or {}


def _by_name(mark: str) -> dict[str, str]:
    return dict(item.partition("=")[::2] for item in mark.split() if "=" in item)


def _without_marks(before: dict[str, t.Any], after: dict[str, t.Any]) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Our marks follow from the rest: they are shown where nothing else differs."""
    labels = [
        {key: value for key, value in side["labels"].items() if key not in _OUR_MARKS} if "labels" in side else {}
        for side in (before, after)
    ]
    if labels[0] != labels[1]:
        return {**before, "labels": labels[0]}, {**after, "labels": labels[1]}
    if len(after) > 1:
        before.pop("labels", None)
        after.pop("labels", None)
    return before, after


_SAME_AS = {"published_ports": "ports", "cpus": "cpu_quota", "cpu_quota": "cpus", "cpu_period": "cpus"}


def _said_otherwise(name: str, options: Mapping[str, t.Any]) -> bool:
    """Whether another option, given in its place, accounts for what is there."""
    return options.get(_SAME_AS.get(name, "")) is not None


def _shown(part: _Part) -> dict[str, t.Any]:
    return masked({key: value for key, value in part.options.items() if key not in BEHAVIOUR})


def _call(
    part: _Part,
    state: str,
    does: str,
    *,
    creates: str | None = None,
    restart: bool = False,
    recreate: bool = False,
    wakes: bool = False,
    changes: Iterable[str] | None = None,
) -> Call:
    args = {**part.options, "name": part.name, "state": STARTED if state == "restarted" else state}
    if changes is not None:
        # What is not to be changed is not compared: the delegate would make the container anew for it.
        args["comparisons"] = {ALL: IGNORE, **dict.fromkeys(changes, STRICT)}
        if pulls_always(part.options):
            # A tag that moved meanwhile is for the next run.
            args["pull"] = "missing"
    if wakes:
        # To the delegate a paused container is a started one.
        args["paused"] = False
    if restart:
        args["restart"] = True
    if recreate:
        # The delegate is content with more than was asked for (comparisons: allow_more_present), a plan is not.
        args["recreate"] = True
    return Call(module=MODULE, does=does, args=args, creates=creates, action="create" if creates else "change")


def _removal(instance: Instance, options: Mapping[str, t.Any]) -> Call:
    # Anonymous volumes belong to the container, and nothing else could ever find them again.
    keeps = bool(options.get("keep_volumes"))
    args = {**handed_to_removals(options), "name": instance.name, "state": ABSENT, "keep_volumes": keeps}
    kept = ", ".join(f"'{name}'" for name in _named_volumes(instance))
    stays = f"; its volume {kept} stays" if kept else ""
    return Call(module=MODULE, does=f"remove container '{instance.name}'{stays}", args=args, action="remove")


_ANONYMOUS = re.compile(r"[0-9a-f]{64}")


def _named_volumes(instance: Instance) -> list[str]:
    """The volumes that outlive the container."""
    mounts = instance.config.get("Mounts") or ()
    names = [str(mount.get("Name")) for mount in mounts if mount.get("Type") == "volume"]
    return sorted(name for name in names if not _ANONYMOUS.fullmatch(name))


def network_name(service: Service) -> str:
    """A name that nobody else would give: the delegate makes a network of its name anew where its labels differ."""
    return f"rightscope-{service.name}"


def _network(service: Service, state: str) -> Call:
    name = network_name(service)
    args: dict[str, t.Any] = {"name": name, "state": state}
    if state == "present":
        args["labels"] = {MARK: service.name}
    does = f"{'create' if state == 'present' else 'remove'} network '{name}'"
    return Call(module=NETWORK_MODULE, does=does, args=args, action="create" if state == "present" else "remove")
