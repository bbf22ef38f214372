# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of a Docker container that exclude each other, that are newer than an engine, and that it may not know."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, kw_only=True)
class ExclusionRow:
    """
    Two options of ``docker_container`` that do not go together, and ``because`` of what, as a part of a sentence.

    ``value`` and ``other_value`` are patterns of their values; ``*`` is any that says something.
    """

    option: str
    value: str = "*"
    other: str
    other_value: str = "*"
    because: str
    source: str


_NETWORK = (
    "https://github.com/moby/moby/blob/v20.10.24/runconfig/hostconfig_unix.go (validateNetMode); tried, Docker 20.10"
)
_CONNECT = "https://github.com/moby/moby/blob/v20.10.24/daemon/container_operations.go; tried, Docker 20.10"
_DISCARDED = "https://docs.docker.com/engine/network/drivers/host/ (published ports are discarded)"
_SIZES = "https://github.com/moby/moby/blob/v20.10.24/daemon/daemon_unix.go (verifyPlatformContainerResources); tried"
_REMOVE = "https://github.com/moby/moby/blob/v20.10.24/daemon/create.go, .../daemon/container.go; tried, Docker 20.10"
_CAPABILITIES = "https://github.com/moby/moby/blob/v20.10.24/oci/caps/utils.go (TweakCapabilities: privileged has all)"

_ANOTHERS = "the network of another container is used as that one has it"


def _anothers(other: str) -> ExclusionRow:
    return ExclusionRow(option="network_mode", value="container:*", other=other, because=_ANOTHERS, source=_NETWORK)


EXCLUSIONS: tuple[ExclusionRow, ...] = (
    *map(
        _anothers, ("published_ports", "exposed_ports", "hostname", "mac_address", "dns_servers", "etc_hosts", "links")
    ),
    ExclusionRow(option="network_mode", value="container:*", other="networks", because=_ANOTHERS, source=_CONNECT),
    ExclusionRow(
        option="network_mode",
        value="host",
        other="published_ports",
        because="nothing is published on the host's own network",
        source=_DISCARDED,
    ),
    *(
        ExclusionRow(
            option="network_mode", value="host", other=other, because="the host's own network is used", source=source
        )
        for other, source in (("networks", _CONNECT), ("links", _NETWORK), ("mac_address", _NETWORK))
    ),
    *(
        ExclusionRow(option="network_mode", value="none", other=other, because="there is no network", source=_CONNECT)
        for other in ("networks", "published_ports")
    ),
    ExclusionRow(option="uts", value="host", other="hostname", because="the host's own name is used", source=_NETWORK),
    *(
        ExclusionRow(option="cpus", other=other, because="both limit the processors", source=_SIZES)
        for other in ("cpu_quota", "cpu_period")
    ),
    *(
        ExclusionRow(
            option="auto_remove",
            other="restart_policy",
            other_value=policy,
            because="what is removed when it ends is not started again",
            source=_REMOVE,
        )
        for policy in ("always", "unless-stopped", "on-failure")
    ),
    *(
        ExclusionRow(
            option="restart_retries",
            other="restart_policy",
            other_value=policy,
            because="only 'on-failure' counts them",
            source=_REMOVE,
        )
        for policy in ("always", "unless-stopped", "no")
    ),
    ExclusionRow(
        option="privileged",
        other="cap_drop",
        because="a privileged container has every capability",
        source=_CAPABILITIES,
    ),
)
"""What the engine refuses together, or leaves out of account without a word."""


def said(value: t.Any, pattern: str = "*") -> bool:
    """Whether an option's value says something, and what the pattern is for."""
    if value is None or value is False or value == 0 or (isinstance(value, (str, list, tuple, dict)) and not value):
        return False
    return pattern == "*" or (isinstance(value, str) and fnmatchcase(value, pattern))


def excluded(options: Mapping[str, t.Any]) -> Iterator[ExclusionRow]:
    """The rows of which both options are given."""
    return (
        row
        for row in EXCLUSIONS
        if said(options.get(row.option), row.value) and said(options.get(row.other), row.other_value)
    )


@dataclass(frozen=True, kw_only=True)
class ApiRow:
    """An option, the keys below it behind dots, and the version of the engine's API that brought it."""

    option: str
    value: str = "*"
    api: str
    source: str


_MODULE = "https://docs.ansible.com/projects/ansible/latest/collections/community/docker/docker_container_module.html"
_HISTORY = "https://docs.docker.com/reference/api/engine/version-history/"

API_VERSIONS: tuple[ApiRow, ...] = tuple(
    ApiRow(option=option, value=value, api=api, source=source)
    for option, value, api, source in (
        ("device_cgroup_rules", "*", "1.28", _HISTORY),
        ("runtime", "*", "1.25", _HISTORY),
        ("device_requests", "*", "1.40", _MODULE),
        ("mounts.non_recursive", "*", "1.40", _MODULE),
        ("cgroupns_mode", "*", "1.41", _MODULE),
        ("platform", "*", "1.41", _MODULE),
        ("mounts.type", "cluster", "1.42", _MODULE),
        ("mounts.create_mountpoint", "*", "1.42", _MODULE),
        ("healthcheck.start_interval", "*", "1.44", _MODULE),
        ("networks.mac_address", "*", "1.44", _MODULE),
        ("mounts.read_only_non_recursive", "*", "1.44", _MODULE),
        ("mounts.read_only_force_recursive", "*", "1.44", _MODULE),
        ("mounts.subpath", "*", "1.45", _MODULE),
        ("mounts.tmpfs_options", "*", "1.46", _MODULE),
        ("mounts.type", "image", "1.47", _MODULE),
    )
)


def values_at(options: Mapping[str, t.Any], path: str) -> Iterator[t.Any]:
    """Every value at a path such as ``mounts.type``, in each entry of a list."""
    name, _dot, rest = path.partition(".")
    value = options.get(name)
    if not rest:
        yield value
        return
    for entry in value if isinstance(value, (list, tuple)) else (value,):
        if isinstance(entry, Mapping):
            yield from values_at(entry, rest)


LIMITS = {
    "memory": "memory",
    "memory_reservation": "memory",
    "memory_swap": "swap",
    "cpus": "cpu_quota",
    "cpu_quota": "cpu_quota",
    "cpu_period": "cpu_period",
    "cpu_shares": "cpu_shares",
    "cpuset_cpus": "cpuset",
    "cpuset_mems": "cpuset",
    "pids_limit": "pids",
    "oom_killer": "oom_kill",
}
"""By the option the limit that the engine must support (fact ``limits``): else it leaves the option out, and warns."""
