# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The options of docker_container: where the engine tells each, and how it is held against that.

Beside that a label holds a digest of the option as it was written when the container was made. Nothing of a container
changes after that but what is IN_PLACE, its networks, and what its names stand for. So an option that is still written
the same is no difference, however the engine spells it, and a spelling that nobody foresaw costs one new container at
most. What the engine does not tell has the digest alone.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable

from ..common import OptionError, need_no_marks
from . import values
from .acts import refuse
from .compare_mounts import HEALTH_KEYS, MOUNT_PATHS, compare_healthcheck, compare_mounts
from .compare_networks import NETWORK_KEYS, compare_networks
from .compare_references import by_mode, compare_links, compare_network_mode, compare_volumes_from
from .compare_values import (
    Comparison,
    by_list,
    by_number,
    by_rates,
    by_set,
    by_size,
    by_subset,
    by_table,
    by_value,
    compare_device_requests,
    compare_devices,
    compare_env,
    compare_exposed_ports,
    compare_hosts,
    compare_image,
    compare_mac_address,
    compare_platform,
    compare_ports,
    compare_restart_policy,
    compare_security_options,
    compare_tmpfs,
    compare_ulimits,
    compare_volumes,
)

IN_PLACE = frozenset(
    ("cpu_period", "cpu_quota", "cpu_shares", "cpuset_cpus", "cpuset_mems", "memory", "memory_reservation")
    + ("memory_swap", "blkio_weight", "restart_policy", "restart_retries")
)
"""What the delegate changes without recreating: community.docker, module_container/docker_api.py."""


def check_option(option: str, value: t.Any) -> None:
    """Raises OptionError for the collection's own marks, paths in short, acts that are not done; else for no value."""
    refuse(option, value)
    if option == "labels":
        need_no_marks(value)
    if option == "volumes":
        _need_full_paths(value)
    if option in COMPARED:
        COMPARED[option](value, {}, {})


def _need_full_paths(volumes: Iterable[t.Any]) -> None:
    """The delegate makes them whole on the node, out of our sight."""
    if any(str(volume).startswith(("~", ".")) for volume in volumes):
        raise OptionError("must name each path on the host in full, from '/' on")


def _pids(value: t.Any) -> int:
    return max(0, int(value))


PATHS: dict[str, str] = {
    "image": "Config.Image",
    "command": "Config.Cmd",
    "entrypoint": "Config.Entrypoint",
    "env": "Config.Env",
    "labels": "Config.Labels",
    "hostname": "Config.Hostname",
    "domainname": "Config.Domainname",
    "user": "Config.User",
    "working_dir": "Config.WorkingDir",
    "stop_signal": "Config.StopSignal",
    "healthcheck": "Config.Healthcheck",
    "exposed_ports": "Config.ExposedPorts",
    "interactive": "Config.OpenStdin",
    "tty": "Config.Tty",
    "mac_address": "Config.MacAddress",
    "cpu_period": "HostConfig.CpuPeriod",
    "cpu_quota": "HostConfig.CpuQuota",
    "cpu_shares": "HostConfig.CpuShares",
    "cpus": "HostConfig.NanoCpus",
    "cpuset_cpus": "HostConfig.CpusetCpus",
    "cpuset_mems": "HostConfig.CpusetMems",
    "blkio_weight": "HostConfig.BlkioWeight",
    "device_read_bps": "HostConfig.BlkioDeviceReadBps",
    "device_write_bps": "HostConfig.BlkioDeviceWriteBps",
    "device_read_iops": "HostConfig.BlkioDeviceReadIOps",
    "device_write_iops": "HostConfig.BlkioDeviceWriteIOps",
    "memory": "HostConfig.Memory",
    "memory_swap": "HostConfig.MemorySwap",
    "memory_reservation": "HostConfig.MemoryReservation",
    "memory_swappiness": "HostConfig.MemorySwappiness",
    "kernel_memory": "HostConfig.KernelMemory",
    "oom_killer": "HostConfig.OomKillDisable",
    "oom_score_adj": "HostConfig.OomScoreAdj",
    "pids_limit": "HostConfig.PidsLimit",
    "shm_size": "HostConfig.ShmSize",
    "ulimits": "HostConfig.Ulimits",
    "restart_policy": "HostConfig.RestartPolicy.Name",
    "restart_retries": "HostConfig.RestartPolicy.MaximumRetryCount",
    "auto_remove": "HostConfig.AutoRemove",
    "privileged": "HostConfig.Privileged",
    "read_only": "HostConfig.ReadonlyRootfs",
    "init": "HostConfig.Init",
    "runtime": "HostConfig.Runtime",
    "pid_mode": "HostConfig.PidMode",
    "ipc_mode": "HostConfig.IpcMode",
    "uts": "HostConfig.UTSMode",
    "userns_mode": "HostConfig.UsernsMode",
    "cgroupns_mode": "HostConfig.CgroupnsMode",
    "cgroup_parent": "HostConfig.CgroupParent",
    "network_mode": "HostConfig.NetworkMode",
    "networks": "NetworkSettings.Networks",
    "links": "HostConfig.Links",
    "etc_hosts": "HostConfig.ExtraHosts",
    "dns_servers": "HostConfig.Dns",
    "dns_opts": "HostConfig.DnsOptions",
    "dns_search_domains": "HostConfig.DnsSearch",
    "capabilities": "HostConfig.CapAdd",
    "cap_drop": "HostConfig.CapDrop",
    "security_opts": "HostConfig.SecurityOpt",
    "groups": "HostConfig.GroupAdd",
    "sysctls": "HostConfig.Sysctls",
    "devices": "HostConfig.Devices",
    "device_requests": "HostConfig.DeviceRequests",
    "device_cgroup_rules": "HostConfig.DeviceCgroupRules",
    "volumes": "HostConfig.Binds",
    "volume_driver": "HostConfig.VolumeDriver",
    "volumes_from": "HostConfig.VolumesFrom",
    "mounts": "HostConfig.Mounts",
    "tmpfs": "HostConfig.Tmpfs",
    "storage_opts": "HostConfig.StorageOpt",
    "log_driver": "HostConfig.LogConfig.Type",
    "log_options": "HostConfig.LogConfig.Config",
    "published_ports": "HostConfig.PortBindings",
    "ports": "HostConfig.PortBindings",
    "publish_all_ports": "HostConfig.PublishAllPorts",
    "platform": "Image",
}
"""Where the engine tells an option."""

_OF_THEIR_OWN: dict[str, Comparison] = {
    "image": compare_image,
    "env": compare_env,
    "labels": by_subset(PATHS["labels"]),
    "log_options": by_subset(PATHS["log_options"]),
    "healthcheck": compare_healthcheck,
    "exposed_ports": compare_exposed_ports,
    "mac_address": compare_mac_address,
    "restart_policy": compare_restart_policy,
    "cpus": by_number(PATHS["cpus"], 1e9),
    "memory_swap": by_size(PATHS["memory_swap"], may_be_unlimited=True),
    "ulimits": compare_ulimits,
    "pid_mode": by_mode(PATHS["pid_mode"]),
    "ipc_mode": by_mode(PATHS["ipc_mode"]),
    "network_mode": compare_network_mode,
    "networks": compare_networks,
    "links": compare_links,
    "etc_hosts": compare_hosts,
    "security_opts": compare_security_options,
    "devices": compare_devices,
    "device_requests": compare_device_requests,
    "volumes": compare_volumes,
    "volumes_from": compare_volumes_from,
    "mounts": compare_mounts,
    "tmpfs": compare_tmpfs,
    "published_ports": compare_ports,
    "ports": compare_ports,
    "platform": compare_platform,
    **{f"device_{way}_bps": by_rates(PATHS[f"device_{way}_bps"], values.size) for way in ("read", "write")},
    **{f"device_{way}_iops": by_rates(PATHS[f"device_{way}_iops"], int) for way in ("read", "write")},
}

_BY_SORT: dict[Callable[[str], Comparison], tuple[str, ...]] = {
    by_number: ("cpu_period", "cpu_quota", "cpu_shares", "blkio_weight", "restart_retries", "oom_score_adj"),
    by_size: ("memory", "memory_reservation", "kernel_memory", "shm_size"),
    by_table: ("sysctls", "storage_opts"),
    by_list: ("dns_search_domains",),
    by_set: ("dns_opts", "groups"),
    by_value: ("hostname",),
}

_BY_FORM: dict[str, tuple[Callable[..., Comparison], Callable[[t.Any], t.Any], t.Any]] = {
    "command": (by_value, values.words, None),
    "entrypoint": (by_value, values.words, None),
    "domainname": (by_value, str, ""),
    "user": (by_value, str, ""),
    "working_dir": (by_value, values.path, ""),
    "stop_signal": (by_value, values.signal, ""),
    "cpuset_cpus": (by_value, values.numbers, ""),
    "cpuset_mems": (by_value, values.numbers, ""),
    "memory_swappiness": (by_value, int, -1),
    "pids_limit": (by_value, _pids, 0),
    "uts": (by_value, str, ""),
    "userns_mode": (by_value, str, ""),
    "cgroupns_mode": (by_value, str, ""),
    "cgroup_parent": (by_value, values.path, ""),
    "runtime": (by_value, str, ""),
    "volume_driver": (by_value, str, ""),
    "log_driver": (by_value, str, ""),
    **dict.fromkeys(
        ("interactive", "tty", "oom_killer", "auto_remove", "privileged", "read_only", "init", "publish_all_ports"),
        (by_value, bool, False),
    ),
}

_IN_LISTS: dict[str, tuple[Callable[..., Comparison], Callable[[t.Any], t.Any]]] = {
    "capabilities": (by_set, values.capability),
    "cap_drop": (by_set, values.capability),
    "dns_servers": (by_list, values.address),
    "device_cgroup_rules": (by_list, values.cgroup_rule),
}

COMPARED: dict[str, Comparison] = {
    **{name: sort(PATHS[name]) for sort, names in _BY_SORT.items() for name in names},
    **{name: sort(PATHS[name], normal=normal, default=none) for name, (sort, normal, none) in _BY_FORM.items()},
    **{name: sort(PATHS[name], normal) for name, (sort, normal) in _IN_LISTS.items()},
    **_OF_THEIR_OWN,
}
COMPARED = {name: COMPARED[name] for name in PATHS}

CERTAIN = frozenset(
    ("image", "command", "entrypoint", "env", "labels", "hostname", "domainname", "user", "networks", "links")
    + ("privileged", "read_only", "capabilities", "cap_drop", "tty", "interactive", "auto_remove", "init")
    + ("publish_all_ports",)
)
"""What the engine keeps as it is sent, or what may change without us: the comparison alone decides."""

KEYS: dict[str, frozenset[str]] = {
    "healthcheck": frozenset((*(name for name, _key in HEALTH_KEYS), "test_cli_compatible")),
    "mounts": frozenset((*MOUNT_PATHS, "subpath", "tmpfs_mode")),
    "networks": frozenset(("name", *NETWORK_KEYS)),
    "device_requests": frozenset(("capabilities", "count", "device_ids", "driver", "options")),
    **dict.fromkeys(
        ("device_read_bps", "device_write_bps", "device_read_iops", "device_write_iops"), frozenset(("path", "rate"))
    ),
}
"""Of options that have suboptions, those that the comparison knows. A later release has more: they have a digest."""


def unknown_keys(name: str, value: t.Any) -> t.Any:
    """Of an option, the suboptions that no comparison knows; nothing where it knows all."""
    if name not in KEYS:
        return None
    items = value if isinstance(value, (list, tuple)) else [value]
    rest = [{key: item[key] for key in item if key not in KEYS[name]} for item in items]
    return rest if any(rest) else None
