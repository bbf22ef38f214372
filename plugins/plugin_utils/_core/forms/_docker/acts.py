# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The options of docker_container that say how it works, or ask for an act, and not what the container is.

None of them is swallowed: each is done here, handed on to each call of the delegate, or refused with the reason.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...knowledge.distributions import ARCHITECTURES
from ...model import Requirements
from ..common import OptionError


@dataclass(frozen=True)
class Act:
    """
    What becomes of an option.

    ``how`` says it for people. ``takes`` are the values that are taken, None for all; ``why`` the others are not.
    ``removes`` says that a removal is told of it too.
    """

    how: str
    takes: tuple[t.Any, ...] | None = None
    why: str = ""
    removes: bool = False


_HANDED_ON = "handed on to each call"

ACTS: dict[str, Act] = {
    "cleanup": Act(
        "only `false`: nothing is removed but by `state: absent`",
        takes=(False,),
        why="can only be false: a service is there until 'state: absent' removes it",
    ),
    "command_handling": Act(
        "only `correct`: a list is the words as they are",
        takes=("correct",),
        why="can only be 'correct': otherwise the module splits the words of a list again",
    ),
    "comparisons": Act("decides here which differences count, as below"),
    "container_default_behavior": Act(
        "only `no_defaults`: what is not given is not set",
        takes=("no_defaults",),
        why="can only be 'no_defaults': write the options that are to have a value",
    ),
    "debug": Act(f"{_HANDED_ON}, removals too", removes=True),
    "default_host_ip": Act(f"{_HANDED_ON}; the address of published ports that name none"),
    "detach": Act(
        "only `true`: what ends by itself is not a service",
        takes=(True,),
        why="can only be true: a service keeps running; run what ends by itself with the module",
    ),
    "force_kill": Act(f"{_HANDED_ON}, removals too", removes=True),
    "healthy_wait_timeout": Act(
        "refused: the task's `wait_timeout` is for a healthcheck too",
        takes=(),
        why="is not taken: the task's 'wait_timeout' says how long a healthcheck is waited for",
    ),
    "image_comparison": Act(
        "both are the same here: `strict` goes by the container's own image, and one of another image is made anew"
    ),
    "image_label_mismatch": Act(
        "only `ignore`: labels that the image brings are not a difference",
        takes=("ignore",),
        why="can only be 'ignore': the module would find out about labels of the image only after the work has begun",
    ),
    "image_name_mismatch": Act("with `ignore` another name of the same image is not a difference"),
    "keep_volumes": Act(f"{_HANDED_ON}; a removal takes the volumes without a name with it unless it is `true`"),
    "kill_signal": Act(f"{_HANDED_ON}, removals too", removes=True),
    "networks_cli_compatible": Act(_HANDED_ON),
    "output_logs": Act(
        "only `false`: a service that keeps running has no output to wait for",
        takes=(False,),
        why="can only be false: the output of a service is in the engine's log",
    ),
    "pull": Act("with `always` the registry is asked in each run, as below"),
    "pull_check_mode_behavior": Act(
        "refused: check mode asks the registry itself",
        takes=(),
        why="is not taken: check mode asks the registry, and knows what a run would do",
    ),
    "removal_wait_timeout": Act(f"{_HANDED_ON}, removals too", removes=True),
    "stop_timeout": Act(f"{_HANDED_ON}, removals too; compared only where `comparisons` says so", removes=True),
}
"""Each with what becomes of it. A test holds that no option of the installed delegate is missing from all tables."""

BEHAVIOUR = frozenset(ACTS)


def refuse(option: str, value: t.Any) -> None:
    """Raises OptionError for what an act must not be told."""
    act = ACTS.get(option)
    if act is not None and act.takes is not None and value not in act.takes:
        raise OptionError(act.why)
    if option == "comparisons":
        for name, how in value.items():
            _refuse_comparison(name, how)


def handed_to_removals(options: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What a removal is told of the options."""
    return {name: options[name] for name, act in ACTS.items() if act.removes and options.get(name) is not None}


# --- comparisons ----------------------------------------------------------------------------------

IGNORE, STRICT, MORE = "ignore", "strict", "allow_more_present"
ALL = "*"

SEVERAL = frozenset(
    ("capabilities", "cap_drop", "command", "device_cgroup_rules", "device_read_bps", "device_read_iops")
    + ("device_requests", "device_write_bps", "device_write_iops", "devices", "dns_opts", "dns_search_domains")
    + ("dns_servers", "entrypoint", "env", "etc_hosts", "exposed_ports", "groups", "healthcheck", "labels", "links")
    + ("log_options", "mounts", "networks", "published_ports", "security_opts", "storage_opts", "sysctls", "tmpfs")
    + ("ulimits", "volumes", "volumes_from")
)
"""Options that are several things, of which more may be present: community.docker, module_container/base.py."""

SINGLE = frozenset(
    ("auto_remove", "blkio_weight", "cgroup_parent", "cgroupns_mode", "cpu_period", "cpu_quota", "cpu_shares", "cpus")
    + ("cpuset_cpus", "cpuset_mems", "domainname", "hostname", "image", "init", "interactive", "ipc_mode")
    + ("kernel_memory", "log_driver", "mac_address", "memory", "memory_reservation", "memory_swap", "memory_swappiness")
    + ("network_mode", "oom_killer", "oom_score_adj", "pid_mode", "pids_limit", "platform", "privileged")
    + ("publish_all_ports", "read_only", "restart_policy", "restart_retries", "runtime", "shm_size", "stop_signal")
    + ("stop_timeout", "tty", "user", "userns_mode", "uts", "volume_driver", "working_dir")
)
"""Options of one value."""

_FOLLOWS = {"env_file": "env"}
"""Options without a comparison of their own."""

_ALIASES = {"ports": "published_ports", "exposed": "exposed_ports", "expose": "exposed_ports", "log_opt": "log_options"}


def _refuse_comparison(name: str, how: t.Any) -> None:
    option = _ALIASES.get(name, name)
    if how not in (IGNORE, STRICT, MORE):
        raise OptionError(f"says of '{name}' what is not one of ignore, strict and allow_more_present")
    if option != ALL and option not in SEVERAL | SINGLE:
        raise OptionError(f"names '{name}', which is not an option that can be compared")
    if how == MORE and option not in SEVERAL:
        raise OptionError(f"says allow_more_present of '{name}', which is not a list or a mapping")


def comparison(options: Mapping[str, t.Any], option: str) -> str | None:
    """How the user wants an option to be compared; None where nothing is said of it."""
    said = {_ALIASES.get(name, name): how for name, how in (options.get("comparisons") or {}).items()}
    return said.get(_FOLLOWS.get(option, option), said.get(ALL))


def held_against(wanted: t.Any, found: t.Any) -> bool:
    """Whether all that is wanted is there, whatever more is."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(key in found and found[key] == item for key, item in wanted.items())
    if isinstance(wanted, (list, tuple)):
        return isinstance(found, (list, tuple)) and all(item in found for item in wanted)
    return wanted == found


def all_that_is_there(option: str, config: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """
    Of a mapping all that the container has, less what its image brings.

    Only of those of which less is compared otherwise: of all others the whole is compared anyway.
    """
    image = config.get("_image") or {}
    if option == "env":
        brought = set(image.get("env") or ())
        held = (config.get("Config") or {}).get("Env") or ()
        return dict(item.partition("=")[::2] for item in held if item not in brought)
    if option == "labels":
        brought = image.get("labels") or {}
        held = (config.get("Config") or {}).get("Labels") or {}
        return {key: item for key, item in held.items() if brought.get(key) != item}
    if option == "networks":
        return dict.fromkeys((config.get("NetworkSettings") or {}).get("Networks") or {}, {})
    if option == "sysctls":
        return dict((config.get("HostConfig") or {}).get("Sysctls") or {})
    return {}


# --- what there is once ---------------------------------------------------------------------------

_ONCE_OF_A_NETWORK = ("ipv4_address", "ipv6_address", "mac_address")
Contradiction = tuple[tuple[t.Any, ...], str]


def given_to_several(requirements: Requirements, options: Mapping[str, t.Any]) -> list[Contradiction]:
    """What there is once, a port of the host, an address or a name, and each of several containers is given."""
    found = list(_twice_in_one(options.get("published_ports") or ()))
    if len(requirements.processes) < 2:
        return found
    for index, one in enumerate(options.get("published_ports") or ()):
        if _host_ports(str(one)):
            found.append(
                (
                    ("published_ports", index),
                    (
                        "is a single port of the host, but each process' container would be given it; name ports with "
                        "a 'process' instead"
                    ),
                )
            )
    for name in ("hostname", "mac_address"):
        if options.get(name) is not None:
            found.append(((name,), "can be used once, but each process' container would be given it; leave it out"))
    for index, network in enumerate(options.get("networks") or ()):
        found += [
            (
                ("networks", index, name),
                "can be used once, but each process' container would be given it; leave it out",
            )
            for name in _ONCE_OF_A_NETWORK
            if network.get(name) is not None
        ]
    return found


def _twice_in_one(ports: Iterable[t.Any]) -> Iterable[Contradiction]:
    seen: set[tuple[str, int, str]] = set()
    for index, one in enumerate(ports):
        mine = _host_ports(str(one))
        if any(_is_taken(port, seen) for port in mine):
            yield ("published_ports", index), "is a port of the host that an earlier entry has; take another"
        seen |= mine


def _is_taken(port: tuple[str, int, str], seen: set[tuple[str, int, str]]) -> bool:
    """A port without an address is one on every address."""
    address, number, protocol = port
    return any(
        (number, protocol) == (other, kind) and (not address or not where or address == where)
        for where, other, kind in seen
    )


_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_EVERY = ("", "0.0.0.0", "::")


def _host_ports(text: str) -> set[tuple[str, int, str]]:
    """(address, port, protocol) of each port of the host that an entry names; a range for one port leaves a choice."""
    text, _sign, protocol = text.partition("/")
    address, _sign, rest = text.rpartition("]:") if text.startswith("[") else ("", "", text)
    parts = rest.split(":")
    if not address and len(parts) == 3:
        address = parts.pop(0)
    if len(parts) != 2:
        return set()
    host, inside = (_RANGE.fullmatch(part) for part in parts)
    if not host or not inside or (host[2] and not inside[2]):
        return set()
    address = address.lstrip("[")
    numbers = range(int(host[1]), int(host[2] or host[1]) + 1)
    return {("" if address in _EVERY else address, number, protocol or "tcp") for number in numbers}


# --- platform -------------------------------------------------------------------------------------

_SYSTEMS = ("linux", "windows", "freebsd", "darwin")


def compare_platform(value: t.Any, config: Mapping[str, t.Any], _options: t.Any = None) -> tuple[str, str]:
    """What is said of ``os[/arch[/variant]]``, or of an architecture alone; an image that is gone is not compared."""
    found = (config.get("_image") or {}).get("platform")
    wanted, held = _platform(value), _platform(found or value)
    same = all(key not in held or held[key] == part for key, part in wanted.items())
    return str(value), str(value) if same else str(found)


def _platform(value: t.Any) -> dict[str, str]:
    parts = str(value).lower().split("/")
    if len(parts) == 1 and parts[0] not in _SYSTEMS:
        parts.insert(0, "")
    found = dict(zip(("os", "architecture", "variant"), parts, strict=False))
    if found.get("architecture"):
        found["architecture"] = ARCHITECTURES.get(found["architecture"], found["architecture"])
    return {key: part for key, part in found.items() if part}
