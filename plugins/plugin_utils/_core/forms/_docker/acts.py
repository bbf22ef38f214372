# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The options of docker_container that say how it works, or ask for an act, and not what the container is.

None of them is swallowed: each is done here, handed on to each call of the delegate, or refused with the reason.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

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


def removal_options(options: Mapping[str, t.Any]) -> dict[str, t.Any]:
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


def way_to_compare(options: Mapping[str, t.Any], option: str) -> str | None:
    """How the user wants an option to be compared; None where nothing is said of it."""
    said = {_ALIASES.get(name, name): how for name, how in (options.get("comparisons") or {}).items()}
    return said.get(_FOLLOWS.get(option, option), said.get(ALL))


def is_within(wanted: t.Any, present: t.Any) -> bool:
    """Whether all that is wanted is there, whatever more is."""
    if isinstance(wanted, Mapping):
        items = wanted.items()
        return isinstance(present, Mapping) and all(key in present and present[key] == item for key, item in items)
    if isinstance(wanted, (list, tuple)):
        return isinstance(present, (list, tuple)) and all(item in present for item in wanted)
    return wanted == present


def items_beside_image(option: str, config: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """
    Of a mapping all that the container has, less what its image brings.

    Only of those of which less is compared otherwise: of all others the whole is compared anyway.
    """
    image = config.get("_image") or {}
    if option == "env":
        brought = set(image.get("env") or ())
        variables = (config.get("Config") or {}).get("Env") or ()
        return dict(item.partition("=")[::2] for item in variables if item not in brought)
    if option == "labels":
        brought = image.get("labels") or {}
        labels = (config.get("Config") or {}).get("Labels") or {}
        return {key: item for key, item in labels.items() if brought.get(key) != item}
    if option == "networks":
        return dict.fromkeys((config.get("NetworkSettings") or {}).get("Networks") or {}, {})
    if option == "sysctls":
        return dict((config.get("HostConfig") or {}).get("Sysctls") or {})
    return {}
