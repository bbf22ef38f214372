# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server's instances."""

from __future__ import annotations

from ...._shared.marks import LXD_PREFIX, SERVICE_MARK, SIGNATURE_MARK
from ...addresses import leads_outside, sort_addresses
from ...calls import map_in_parallel
from ...host.systems import system_name, system_version
from .networks import awaits_address
from .nodes import memory_limit

_SERVICE_KEY = f"{LXD_PREFIX}{SERVICE_MARK}"
_SIGNATURE_KEY = f"{LXD_PREFIX}{SIGNATURE_MARK}"

# The type is empty where the instance is on a member that is offline.
_FORMS = {"container": "lxd_container", "virtual-machine": "lxd_vm", "": "lxd_container"}
_STATES = {"running": "started", "ready": "started", "stopped": "stopped"}
_SHOWN = (
    *("config", "devices", "expanded_config", "expanded_devices", "profiles", "architecture"),
    *("ephemeral", "type", "status", "description"),
)


def read_instances(server, question):
    """Those that have the service's name or mark; with no service all that have a mark."""
    # Of an instance on a member that is offline the cluster knows its name and place: no configuration.
    listed = [dict(entry, config=entry.get("config") or {}) for entry in server.get("instances", recursion=1)]
    entries = [entry for entry in listed if _belongs(entry, question.service)]
    instances = map_in_parallel(lambda entry: _instance(server, entry, question), entries)
    return sorted(instances, key=lambda instance: instance["name"])


def _belongs(entry, service):
    mark = entry["config"].get(_SERVICE_KEY)
    if service is None:
        return mark is not None
    return service in (mark, entry["name"])


def _instance(server, entry, question):
    status = entry["status"].lower()
    state = _STATES.get(status, status)
    addresses = _addresses(server, entry["name"]) if state == "started" else []
    location = entry.get("location")
    return {
        "form": _FORMS.get(entry["type"], entry["type"]),
        "name": entry["name"],
        "id": entry["name"],
        # LXD says 'none' where there is no cluster.
        "node": location if location and location != "none" else question.target,
        "state": state,
        "service": entry["config"].get(_SERVICE_KEY),
        "process": None,
        "signature": entry["config"].get(_SIGNATURE_KEY),
        "addresses": addresses,
        "ports": [],
        "up": state == "started",
        "ready": state == "started" and (bool(addresses) or not awaits_address(server, entry)),
        "memory": memory_limit((entry.get("expanded_config") or entry["config"]).get("limits.memory")),
        "config": _config(server, entry) if question.service else {},
    }


def _addresses(server, name):
    """Global addresses of the instance's interfaces that lead outside."""
    network = (server.get_if_allowed(f"instances/{name}/state") or {}).get("network") or {}
    return sort_addresses(
        address["address"]
        for interface, state in network.items()
        if leads_outside(interface)
        for address in state.get("addresses") or ()
        if address.get("scope") == "global"
    )


# --- what the plan compares with ------------------------------------------------------------------


def _config(server, entry):
    """Its configuration, the image that it was made from, and the operations that are at work on it."""
    shown = {key: entry[key] for key in _SHOWN if key in entry}
    return {**shown, "image": _base_image(entry["config"]), "operations": _operations(server, entry["name"])}


def _base_image(config):
    """The image that an instance was made from: LXD writes its properties down with the instance."""
    os_name = system_name(config.get("image.os"))
    version = system_version(os_name, config.get("image.version"), config.get("image.release"))
    return {"fingerprint": config.get("volatile.base_image"), "os": os_name, "os_version": version}


def _operations(server, name):
    """
    What each is, in the server's words, such as 'Backing up instance'.

    A command that runs in the instance, or a console of it, is one of the class ``websocket``, and hinders nothing.
    """
    operations = (server.get_if_allowed("operations", recursion=1) or {}).get("running") or ()
    return [
        str(operation.get("description"))
        for operation in operations
        if operation.get("class") == "task" and name in _instances_of(operation)
    ]


def _instances_of(operation):
    """The names in its URLs, such as ``/1.0/instances/web?project=x``."""
    resources = operation.get("resources") or {}
    urls = [url for key in ("instances", "containers") for url in resources.get(key) or ()]
    return [url.partition("?")[0].rpartition("/")[2] for url in urls]
