# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine's containers as instances."""

from __future__ import annotations

import re

from ...._shared.marks import PROCESS_MARK, SERVICE_MARK, SIGNATURE_MARK
from ...._shared.wording import plain
from ...addresses import sort_addresses
from ...errors import status_of
from ...node_facts import to_mib
from . import images

_STATES = {"running": "started", "exited": "stopped", "created": "stopped"}


def read_instances(engine, containers, question):
    """Those of the listed containers that have the service's name or mark; with no service all that have a mark."""
    service = question.service
    uptimes = {container["Id"]: _uptime(container) for container in containers if _belongs(container, service)}
    inspected = [container for container in engine.map_in_parallel(engine.inspect_container, uptimes) if container]
    instances = [
        dict(_instance(container, question.target), uptime=uptimes[container["Id"]]) for container in inspected
    ]
    for instance in instances:
        if service and instance["service"] == service and _has_exited(instance["config"]):
            instance["log"] = _log_tail(engine, instance["id"])
        instance["config"] = _config(engine, instance["config"], containers) if service else {}
    return sorted(instances, key=lambda instance: instance["name"])


def _belongs(container, service):
    """
    Whether a listed container has the service's mark or name; any mark where no service is asked for.

    ``NAME-anything`` counts as its name: a service of several processes has such containers, and a stranger
    that has the name of one has to be seen before it is in the way.
    """
    mark = (container.get("Labels") or {}).get(SERVICE_MARK)
    if service is None:
        return mark is not None
    names = container.get("Names") or ()
    return mark == service or any(name == f"/{service}" or name.startswith(f"/{service}-") for name in names)


_UP = re.compile(r"Up (Less than a second|(\d+) seconds?)\b")
_A_MINUTE = 60.0


def _uptime(container):
    """
    For how many seconds a listed container has run on, by the engine's own clock, which need not be ours.

    In words, exact below a minute: https://github.com/docker/go-units/blob/master/duration.go. None where it is other.
    """
    status = container.get("Status") or ""
    seconds = _UP.match(status)
    if seconds:
        return float(seconds.group(2) or 0)
    return _A_MINUTE if status.startswith("Up ") and container.get("State") == "running" else None


def _has_exited(container):
    """Whether its program came to an end, now or before its policy started it again."""
    return container["State"]["Status"] in ("exited", "dead", "restarting") or container.get("RestartCount", 0) > 0


_LOG_LINES = 5
_LOG_CHARACTERS = 500


def _log_tail(engine, id):
    """The end of its log, in one line; empty where the logging driver cannot be read."""
    try:
        text = engine.client.logs(id, stdout=True, stderr=True, tail=_LOG_LINES).decode("utf-8", "replace")
    except Exception as exc:
        if status_of(exc) is None:
            raise
        return ""
    return " ".join(plain(text).split())[-_LOG_CHARACTERS:]


# --- what the plan compares with ------------------------------------------------------------------


def _config(engine, config, containers):
    """
    A container's configuration with what the names in it stand for now.

    ``_names`` are those of the containers that it refers to, by their ids; for the others see ``with_image``.
    """
    return images.with_image(engine, {**config, "_names": _references(config, containers)})


_NAMESPACES = ("NetworkMode", "PidMode", "IpcMode")


def _references(config, containers):
    """The names of the containers that one refers to, by their ids, as it is listed now."""
    host = config.get("HostConfig") or {}
    modes = [str(host.get(mode) or "").partition("container:")[2] for mode in _NAMESPACES]
    others = [
        str(item).strip("/").partition(":")[0] for key in ("VolumesFrom", "Links") for item in host.get(key) or ()
    ]
    words = {word for word in (*modes, *others) if word}
    references = {}
    for container in containers:
        # A link of another container to it is a name too: /other/alias.
        names = [name.lstrip("/") for name in container.get("Names") or () if name.count("/") == 1]
        if words & {container["Id"], container["Id"][:12], *names}:
            references[container["Id"]] = names
    return references


# --- one container --------------------------------------------------------------------------------


def _instance(container, target):
    state = container["State"]
    labels = container["Config"].get("Labels") or {}
    return {
        "form": "docker_container",
        "name": container["Name"].lstrip("/"),
        "id": container["Id"],
        "node": target,
        "state": _STATES.get(state["Status"], state["Status"]),
        "service": labels.get(SERVICE_MARK),
        "process": labels.get(PROCESS_MARK),
        "signature": labels.get(SIGNATURE_MARK),
        "addresses": _addresses(container),
        "ports": _ports(container),
        "ready": _is_ready(state),
        "up": _is_ready(state),
        "memory": memory_limit(container),
        "config": container,
    }


def _is_ready(state):
    health = (state.get("Health") or {}).get("Status", "none")
    return state["Status"] == "running" and health in ("none", "healthy")


def _addresses(container):
    networks = (container["NetworkSettings"].get("Networks") or {}).values()
    return sort_addresses(network.get(key) for network in networks for key in ("IPAddress", "GlobalIPv6Address"))


def _ports(container):
    published = container["NetworkSettings"].get("Ports") or {}
    return [
        {"container": port, "host_ip": binding.get("HostIp", ""), "host_port": to_int(binding.get("HostPort"))}
        for port, bindings in published.items()
        for binding in bindings or ()
    ]


def memory_limit(container):
    """The container's memory limit in MiB, 0 without one."""
    return to_mib((container.get("HostConfig") or {}).get("Memory")) or 0


def to_int(text):
    """A whole number that the engine may write as a text; None for what is none."""
    return int(text) if str(text or "").isdigit() else None
