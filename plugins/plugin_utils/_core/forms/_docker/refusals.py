# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Docker engine would refuse, or leave out without a word: said before anything is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ...failures import never, not_now, unknown
from ...knowledge.distributions import ARCHITECTURES
from ...knowledge.docker_options import API_VERSIONS, EXCLUSIONS, LIMITS, excluded, said, values_at
from ...model import UNKNOWN, Candidate, Failure, Requirements, device_of
from ...reading.quantities import mebibytes
from ...reading.versions import VersionRange, is_release
from ...wording import listed
from ..host_files import host_path
from ..taken_back import TakenBack, is_size_below, must_grants, number, sysctls_taken_back, taken_back
from .devices import device_missing

Options = Mapping[str, Any]
Found = Iterator[Failure]
_NAME = "docker_container"


def options_refused(requirements: Requirements, candidate: Candidate) -> Iterable[Failure]:
    """What takes back a need, and what the engine would not take."""
    options = candidate.options or {}
    if _WORDS.isdisjoint(options) and _JUDGED.isdisjoint(options) and not requirements.host_network:
        return ()
    refused = taken_back(candidate, needs_taken_back(requirements, candidate, options))
    return (*refused, *cannot_be(requirements, candidate))


def needs_taken_back(needs: Requirements, candidate: Candidate, given: Options) -> TakenBack:
    """What the options take back of the needs."""
    if _WORDS.isdisjoint(given):
        return
    dropped = {str(name).upper().removeprefix("CAP_") for name in given.get("cap_drop") or ()}
    for grant in must_grants(candidate) if dropped or given.get("privileged") is False else ():
        # To drop ALL and add some by name is how to have these alone.
        if grant.kind == "capability" and grant.why and grant.value in dropped:
            yield "cap_drop", grant.why
        if grant.kind == "privileged" and given.get("privileged") is False:
            yield "privileged", grant.why
    if needs.host_network and (given.get("network_mode") not in (None, "host") or given.get("networks")):
        yield ("networks" if given.get("networks") else "network_mode"), "host_network"
    if needs.host_view and given.get("pid_mode") not in (None, "host"):
        yield "pid_mode", "host_view"
    if needs.ports and given.get("network_mode") == "none":
        yield "network_mode", "ports"
    if needs.shm and given.get("ipc_mode") == "host":
        yield "ipc_mode", "shm"
    if needs.memory and is_size_below(given.get("memory"), needs.memory):
        yield "memory", "memory"
    if needs.cpus and number(given.get("cpus")) < needs.cpus:
        yield "cpus", "cpus"
    if needs.shm and is_size_below(given.get("shm_size"), needs.shm):
        yield "shm_size", "shm"
    yield from sysctls_taken_back(needs, given.get("sysctls") or {}, "sysctls")


_WORDS = frozenset(
    ("cap_drop", "privileged", "network_mode", "networks", "pid_mode", "ipc_mode", "memory", "shm_size", "sysctls")
    + ("cpus",)
)
"""The options that are looked at: most services have none of them, and there are many candidates."""


def cannot_be(requirements: Requirements, candidate: Candidate) -> Found:
    """Each reason for which the engine would not take the options as they are."""
    options = candidate.options or {}
    if _JUDGED.isdisjoint(options):
        return
    for check in _CHECKS:
        yield from check(requirements, candidate, options)


def _named(option: str) -> str:
    return f"'as.{_NAME}.{option}'"


def _out(option: str) -> str:
    return f"take {_named(option)} out, or change it"


# --- options that exclude each other -------------------------------------------------------------


def _exclusive(needs: Requirements, _candidate: Candidate, options: Options) -> Found:
    by_need = needs.host_network and options.get("network_mode") is None
    for row in excluded({**options, "network_mode": "host"} if by_need else options):
        if by_need and row.option == "network_mode":
            # That one takes back the need is said already.
            if row.other != "networks":
                yield never(
                    f"the need 'host_network' and {_named(row.other)} exclude each other: {row.because}",
                    _out(row.other),
                )
            continue
        reason = f"{_named(row.option)} and {_named(row.other)} exclude each other: {row.because}"
        yield never(reason, "take one of them out")


def _doubled(_needs: Requirements, _candidate: Candidate, options: Options) -> Found:
    """Two mounts at one place: https://github.com/moby/moby/blob/v20.10.24/volume/mounts (Duplicate mount point)."""
    seen: set[str] = set()
    for path in _mount_points(options):
        if path in seen:
            yield never(f"two mounts are at '{path}'", f"mount one thing at '{path}'")
        seen.add(path)


def _mount_points(options: Options) -> Iterator[str]:
    for item in options.get("volumes") or ():
        source, sign, rest = str(item).partition(":")
        if source.startswith("/") or (sign and not re.fullmatch("[A-Za-z]", source)):
            yield (rest.partition(":")[0] if sign else source).rstrip("/") or "/"
    for mount in options.get("mounts") or ():
        if isinstance(mount, Mapping) and mount.get("target"):
            yield str(mount["target"]).rstrip("/") or "/"
    for item in options.get("tmpfs") or ():
        yield str(item).partition(":")[0].rstrip("/") or "/"


# --- sizes and limits ----------------------------------------------------------------------------

_LEAST = 6
"""MiB: https://docs.docker.com/engine/containers/resource_constraints/"""


def _sizes(needs: Requirements, candidate: Candidate, options: Options) -> Found:
    own, swap, reserved = (_mib(options.get(name)) for name in ("memory", "memory_swap", "memory_reservation"))
    memory, whose = (own, _named("memory")) if own else (needs.memory, "the need 'memory'")
    if own and own < _LEAST:
        yield never(f"{_named('memory')} is less than the {_LEAST} MiB that Docker takes", _out("memory"))
    if swap and not memory:
        yield never(
            f"{_named('memory_swap')} is memory and swap together, but nothing says how much memory", "name 'memory'"
        )
    if swap and memory and swap < memory:
        reason = f"{_named('memory_swap')} is memory and swap together, and less than {whose}"
        yield never(reason, _out("memory_swap"))
    if reserved and memory and reserved > memory:
        yield never(f"{_named('memory_reservation')} is more than {whose}", _out("memory_reservation"))
    found = candidate.facts.cpus
    wanted = _number(options.get("cpus"))
    if found is not None and wanted and wanted > found:
        yield never(f"{_named('cpus')} asks for {wanted:g} processors, it has {found:g}", _out("cpus"))
    last = max(map(int, re.findall(r"\d+", str(options.get("cpuset_cpus") or ""))), default=-1)
    if found is not None and last >= found:
        yield never(
            f"{_named('cpuset_cpus')} names processor {last}, it has {found:g}, counted from 0", _out("cpuset_cpus")
        )
    score = _number(options.get("oom_score_adj"))
    if score is not None and not -1000 <= score <= 1000:
        yield never(f"{_named('oom_score_adj')} must be from -1000 to 1000", _out("oom_score_adj"))


def _mib(value: Any) -> float | None:
    """In MiB; None for none, for no limit, and for what is no size, which the engine judges."""
    try:
        return None if value is None else mebibytes(value, plain="B") or None
    except ValueError:
        return None


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _limits(_needs: Requirements, candidate: Candidate, options: Options) -> Found:
    known = candidate.facts.limits
    if known is None:
        return
    for option, limit in LIMITS.items():
        if said(options.get(option)) and limit not in known:
            yield not_now(
                f"its engine cannot limit by {_named(option)}, and would leave it out", limit_remedy(candidate)
            )


def limit_remedy(candidate: Candidate) -> str:
    """What lets an engine limit: https://docs.docker.com/engine/security/rootless/#limiting-resources"""
    if candidate.facts.rootless:
        return f"boot {candidate.place} with cgroup v2 and delegate the controllers to the engine's user"
    return f"switch the cgroup controller on in the kernel of {candidate.place}"


# --- what the engine is too old for, or not made for ---------------------------------------------


def _too_new(_needs: Requirements, candidate: Candidate, options: Options) -> Found:
    found = candidate.facts.api_version
    for row in API_VERSIONS:
        if not any(said(value, row.value) for value in values_at(options, row.option)):
            continue
        what = _named(row.option) if row.value == "*" else f"{_named(row.option)} '{row.value}'"
        if is_release(found) and found not in VersionRange.parse(f">={row.api}"):
            yield not_now(f"{what} takes version {row.api} of the engine's API, it has {found}", "upgrade Docker there")


def _platform(_needs: Requirements, candidate: Candidate, options: Options) -> Found:
    wanted = str(options.get("platform") or "").lower()
    if not wanted:
        return
    facts, parts = candidate.facts, wanted.split("/")
    system = parts[0] if parts[0] in ("linux", "windows", "darwin", "freebsd") else None
    names = parts[1:] if system else parts
    if system and facts.os_type and system != facts.os_type:
        yield never(f"{_named('platform')} is {wanted}, and its engine runs {facts.os_type}", _out("platform"))
    name = names[0] if names else ""
    # Of 32 bits there are several, told apart by their variant.
    architecture = ARCHITECTURES.get(f"{name}{names[1]}l" if len(names) > 1 and name == "arm" else name)
    runs = {*(facts.architectures or ()), *(("i686",) if "x86_64" in (facts.architectures or ()) else ())}
    if architecture and runs and architecture not in runs:
        reason = f"runs {' and '.join(facts.architectures)}, and cannot tell whether it emulates {architecture}, which"
        yield unknown(f"{reason} {_named('platform')} asks for", "architectures")


def _shared_with_mapped_users(_needs: Requirements, candidate: Candidate, options: Options) -> Found:
    """https://docs.docker.com/engine/security/userns-remap/#user-namespace-known-limitations"""
    facts = candidate.facts
    if facts.isolation != "user_namespace" or facts.rootless or options.get("userns_mode") == "host":
        return
    hosts = [name for name in ("network_mode", "pid_mode") if options.get(name) == "host"]
    for option in [*hosts, *(["privileged"] if options.get("privileged") is True else [])]:
        reason = f"its engine maps users, and does not take {_named(option)} with such a container"
        yield not_now(reason, f"set 'userns_mode: host' under 'as.{_NAME}'")


Check = Callable[[Requirements, Candidate, Options], Found]
_CHECKS: tuple[Check, ...] = (_exclusive, _doubled, _sizes, _limits, _too_new, _platform, _shared_with_mapped_users)


_JUDGED = frozenset(
    (
        *(name for row in EXCLUSIONS for name in (row.option, row.other)),
        *(row.option.partition(".")[0] for row in API_VERSIONS),
        *LIMITS,
        *("volumes", "mounts", "tmpfs", "oom_score_adj", "platform", "pid_mode"),
    )
)
NAMING = frozenset(
    ("networks", "network_mode", "pid_mode", "ipc_mode", "links", "volumes_from", "mounts", "devices")
    + ("runtime", "log_driver", "volume_driver")
)
"""The options that are looked at: most services have none of them, and there are many candidates."""


# --- what must be there --------------------------------------------------------------------------


def missing(candidate: Candidate, options: Options) -> Found:
    """What the options name and is not there. What nobody knows of is left to the engine."""
    facts = candidate.facts
    names = [one.get("name") for one in options.get("networks") or () if isinstance(one, Mapping)]
    mode = str(options.get("network_mode") or "")
    if mode and mode not in _MODES and ":" not in mode:
        names.append(mode)
    for name in dict.fromkeys(str(name) for name in names if name):
        if facts.networks is not None and name not in facts.networks and not _ID.fullmatch(name):
            if "overlay" in facts.networks.values():
                # A worker of a swarm knows an overlay network only once something there is on it.
                yield unknown(f"cannot tell whether it has the network '{name}'", f"networks: {{{name}: overlay}}")
            else:
                yield not_now(f"it has no network '{name}'", f"make the network '{name}' there first")
    for option, name in _containers(options):
        if facts.containers is not None and name not in facts.containers and not _ID.fullmatch(name):
            reason = f"it has no container '{name}', which {_named(option)} names"
            yield not_now(reason, f"make '{name}' there first")
    for item in options.get("devices") or ():
        lack = device_missing(device_of(str(item))[0], candidate)
        # Where nobody knows the engine is asked.
        if lack is not None and lack.when != UNKNOWN:
            yield lack
    yield from _unknown_names(candidate, options)
    for mount in options.get("mounts") or ():
        if isinstance(mount, Mapping) and mount.get("type") == "bind" and not mount.get("create_mountpoint"):
            source = str(mount.get("source") or "")
            if source.startswith("/") and (facts.paths or {}).get(host_path(source)) == "":
                yield not_now(f"it has no '{source}' to bind", f"make '{source}' on {candidate.place}")


_MODES = ("default", "bridge", "host", "none", "private", "shareable")
_ID = re.compile(r"[0-9a-f]{12,64}")


def _containers(options: Options) -> Iterator[tuple[str, str]]:
    for option in ("network_mode", "pid_mode", "ipc_mode"):
        kind, sign, name = str(options.get(option) or "").partition(":")
        if sign and kind == "container":
            yield option, name
    for option in ("links", "volumes_from"):
        for item in options.get(option) or ():
            yield option, str(item).partition(":")[0]


def _unknown_names(candidate: Candidate, options: Options) -> Found:
    facts = candidate.facts
    runtime, driver = options.get("runtime"), options.get("log_driver")
    # The engine finds a shim by its long name without being told of it.
    if runtime and facts.runtimes and runtime not in facts.runtimes and not str(runtime).startswith("io.containerd."):
        yield not_now(f"it has no runtime '{runtime}', but {listed(sorted(facts.runtimes))}", _out("runtime"))
    if driver and driver != "none" and facts.log_drivers and not _has_plugin(driver, facts.log_drivers):
        yield not_now(f"it has no log driver '{driver}'", f"install its plugin on {candidate.place}")
    drivers = [options.get("volume_driver"), *values_at(options, "mounts.volume_driver")]
    for name in dict.fromkeys(str(name) for name in drivers if name and name != "local"):
        if facts.volume_drivers is not None and not _has_plugin(name, facts.volume_drivers):
            # The engine tells an old plugin only once it was used.
            yield unknown(f"cannot tell whether it has the volume driver '{name}'", "volume_drivers")


def _has_plugin(name: Any, known: frozenset[str]) -> bool:
    return str(name).removesuffix(":latest") in {one.removesuffix(":latest") for one in known}
