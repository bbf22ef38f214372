# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of the engine's node."""

from __future__ import annotations

from ...addresses import sort_ports
from ...host import kernel
from ...host.systems import architectures
from ...node_facts import NodeFacts, to_mib
from .instances import memory_limit, to_int
from .probe import probe_kernel

# https://docs.docker.com/engine/security/userns-remap/ and .../rootless/
_USER_NAMESPACE = ("name=userns", "name=rootless")
_KATA, _GVISOR = "kata", "runsc"


def read_facts(engine, info, containers, image_list, question):
    """What the node and the engine on it say, as far as ``info`` and the list of containers go."""
    facts = NodeFacts()
    facts.add(
        "api",
        os_type=info.get("OSType"),
        os_name=info.get("OperatingSystem"),
        os_version=info.get("OSVersion") or None,
        # Podman answers as Docker does, and tells its own version: none that a release of Docker can be compared with.
        engine_version=None if "BuildahVersion" in info else info.get("ServerVersion"),
        architectures=architectures([info.get("Architecture")]),
        kernel_version=None if _has_own_kernels(info) else info.get("KernelVersion"),
        cgroup_version=to_int(info.get("CgroupVersion")),
        cpus=info.get("NCPU"),
        memory=to_mib(info.get("MemTotal")),
        isolation=_isolation(info),
        swap_limit=info.get("SwapLimit"),
        ports_taken=_published_ports(containers),
    )
    if _has_own_kernels(info):
        # Nothing that the node could tell is true inside.
        _add_memory_reserved(facts, engine, containers)
        return facts
    if engine.is_local and kernel.is_kernel_of(info.get("KernelVersion")):
        facts.add("probed", **_facts_of_this_node(engine, info, facts.facts["ports_taken"], question.paths))
        return facts
    data = info.get("DockerRootDir")
    facts.add("api", engine_paths=kernel.engine_paths([engine.socket], [data], shares_view=False))
    _add_memory_reserved(facts, engine, containers)
    if question.probe is not None and info.get("OSType") == "linux":
        probed = probe_kernel(engine.client, image_list, question.probe, engine.name, engine.timeout)
        facts.add("probed", **_without_engines_own(probed, info))
    return facts


def _facts_of_this_node(engine, info, published_ports, paths):
    """What the node itself tells."""
    shares_view = kernel.sees_listener(engine.socket, engine.timeout)
    facts = _without_engines_own(kernel.facts_of_this_node(shares_view=shares_view), info)
    free = kernel.free_space(info.get("DockerRootDir") or "/var/lib/docker") if shares_view else None
    facts["storages"] = None if free is None else {"docker": free}
    facts["engine_paths"] = kernel.engine_paths([engine.socket], [info.get("DockerRootDir")], shares_view)
    facts["paths"] = kernel.link_targets(paths) if shares_view and paths else None
    if facts["ports_taken"] is not None:
        # Without its proxy the engine publishes by rules of the firewall, and nothing listens.
        facts["ports_taken"] = sort_ports([*facts["ports_taken"], *published_ports])
    return facts


def _without_engines_own(facts, info):
    """The engine's own word for its cgroup version stands: a node can have both hierarchies."""
    return {**facts, "cgroup_version": None} if to_int(info.get("CgroupVersion")) else facts


def _published_ports(containers):
    """The ports of the host that running containers are published at, as ``8080/tcp``."""
    running = [container for container in containers if container.get("State") == "running"]
    ports = [port for container in running for port in container.get("Ports") or ()]
    return sort_ports(f"{port['PublicPort']}/{port.get('Type', 'tcp')}" for port in ports if port.get("PublicPort"))


def _add_memory_reserved(facts, engine, containers):
    """What running containers may take, and what of all memory is left then: an engine's API knows no free memory."""
    ids = [container["Id"] for container in containers if container.get("State") == "running"]
    running = engine.map_in_parallel(engine.inspect_container, ids)
    reserved = sum(memory_limit(container) for container in running if container)
    facts.add("api", memory_reserved=reserved)
    if facts.facts.get("memory"):
        facts.add("estimated", memory_free=max(0, facts.facts["memory"] - reserved))


# --- isolation ------------------------------------------------------------------------------------


def _has_own_kernels(info):
    """
    Whether containers run on another kernel than the node's: Kata boots one for each, and gVisor is one.

    https://github.com/kata-containers/kata-containers, https://gvisor.dev/docs/architecture_guide/intro/
    """
    return any(name in _default_runtime(info) for name in (_KATA, _GVISOR))


def _default_runtime(info):
    return str(info.get("DefaultRuntime") or "")


def _isolation(info):
    """Of containers for which nothing else is asked. Behind Hyper-V each has a kernel of its own."""
    if info.get("Isolation") == "hyperv" or _KATA in _default_runtime(info):
        return "machine"
    options = [option.split(",")[0] for option in info.get("SecurityOptions") or ()]
    # Podman before 4.6 has a key of its own instead of the security option.
    has_namespace = any(option in _USER_NAMESPACE for option in options) or info.get("Rootless")
    return "user_namespace" if has_namespace else "process"


# --- what the engine can do -----------------------------------------------------------------------

_LIMITS = {
    "memory": "MemoryLimit",
    "swap": "SwapLimit",
    "cpu_period": "CpuCfsPeriod",
    "cpu_quota": "CpuCfsQuota",
    "cpu_shares": "CPUShares",
    "cpuset": "CPUSet",
    "pids": "PidsLimit",
    "oom_kill": "OomKillDisable",
}
"""What can be limited, and where the engine says whether it can: not without the cgroup's controller."""


def describe_engine(engine, info, managed_plugins):
    """
    What the engine can do, beside the kernel that it runs on.

    ``managed_plugins`` are those that it manages, which are not among the others:
    https://docs.docker.com/reference/api/engine/version/v1.41/#tag/System/operation/SystemInfo (Plugins).
    """
    plugins = info.get("Plugins") or {}
    return {
        "api_version": getattr(engine.client, "api_version", None),
        "limits": _limits(info),
        "rootless": _is_rootless(info),
        "authorization": list(plugins.get("Authorization") or ()) if plugins else None,
        "runtimes": sorted(info["Runtimes"]) if info.get("Runtimes") else None,
        "volume_drivers": _drivers(plugins.get("Volume"), managed_plugins, "volumedriver"),
        "log_drivers": _drivers(plugins.get("Log"), managed_plugins, "logdriver"),
    }


def _limits(info):
    """What can be limited; None where the engine does not say it of all."""
    if info.get("OSType") != "linux" or not all(key in info for key in _LIMITS.values()):
        return None
    return [name for name, key in _LIMITS.items() if info[key]]


def _is_rootless(info):
    if "Rootless" in info:
        return bool(info["Rootless"])
    options = info.get("SecurityOptions")
    return None if options is None else any(option.split(",")[0] == "name=rootless" for option in options)


def _drivers(own, managed_plugins, interface):
    """All drivers of an interface: the engine's own, and the managed plugins that are enabled."""
    if not own:
        return None
    managed = [
        plugin["Name"]
        for plugin in managed_plugins
        # As docker.volumedriver/1.0.
        if plugin.get("Enabled") and any(f".{interface}/" in str(name) for name in _interfaces(plugin))
    ]
    return sorted({*own, *managed})


def _interfaces(plugin):
    types = ((plugin.get("Config") or {}).get("Interface") or {}).get("Types") or ()
    return [
        ".".join((type["Prefix"], f"{type['Capability']}/{type['Version']}")) if isinstance(type, dict) else type
        for type in types
    ]


# --- lists ----------------------------------------------------------------------------------------


def container_names(containers):
    """The names of all containers; one that is linked to another has a second name below that one's."""
    names = [name.lstrip("/") for container in containers for name in container.get("Names") or ()]
    return sorted(name for name in names if "/" not in name)


def host_volumes(volumes):
    """The directory or device of the host by the name of each volume that stands for one; None where not known."""
    if volumes is None:
        return None
    volume_list = volumes.get("Volumes") or ()
    devices = {volume["Name"]: (volume.get("Options") or {}).get("device") for volume in volume_list}
    return {name: device for name, device in sorted(devices.items()) if str(device or "").startswith("/")}


def network_drivers(networks):
    """The driver of each network; None where not known."""
    return None if networks is None else {network["Name"]: network["Driver"] for network in networks}
