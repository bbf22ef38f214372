# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Proxmox VE clusters, by proxmoxer.

Guests are listed node by node: /cluster/resources lags behind by up to ten seconds.
"""

from __future__ import annotations

import re

from ..._shared.marks import SERVICE_MARK, SIGNATURE_MARK
from ..._shared.proxmox import TAG, boot_disk, disk_mib, read_mark
from ..._shared.sizes import MIB
from ..calls import side_by_side
from ..common import Findings, ordered_addresses, outside_interface
from ..errors import DiscoveryError, NoJson, explained, missing_library, status_of
from ..host.systems import architecture, guest_system, parse_system
from ..options import Option, read_options, to_bool, to_file

OPTIONS = {
    "api_host": Option(env="PROXMOX_HOST", required=True),
    "api_port": Option(int, "PROXMOX_PORT", 8006),
    "api_user": Option(env="PROXMOX_USER", required=True),
    "api_password": Option(env="PROXMOX_PASSWORD"),
    "api_token_id": Option(env="PROXMOX_TOKEN_ID"),
    "api_token_secret": Option(env="PROXMOX_TOKEN_SECRET"),
    "validate_certs": Option(to_bool, "PROXMOX_VALIDATE_CERTS", True),
    "ca_path": Option(to_file),
}
"""As in ``community.proxmox.proxmox_kvm``, but certificates are verified, and ``ca_path`` says against which CA."""

_SECRETS = ("api_password", "api_token_secret")

_REMEDIES = {
    "refused": "Check api_host and api_port, and that pveproxy runs there.",
    "certificate": "Set ca_path to the cluster's CA (/etc/pve/pve-root-ca.pem), and api_host to a name in the "
    "certificate; validate_certs: false trusts anybody.",
    "tls": "Check that api_host and api_port are those of the Proxmox VE API.",
    "credentials": "Check api_user with its realm (deploy@pve), and the password, or the token's id and secret.",
    "forbidden": "Give the user, and its token if that has privileges of its own, a role with that privilege.",
}

# What discovery itself needs, on some path. Listings are filtered, not refused: without these it would look as if
# there were no guest and no node. What a plan takes beside is known from the privileges, for a decision to judge.
_PRIVILEGES = ("VM.Audit", "Sys.Audit")

_UNUSED_PATHS = ("/access",)
"""No call of a plan takes a privilege on what is below these."""

_PAUSED = ("paused", "suspended", "prelaunch", "io-error", "watchdog")
"""QEMU's own states in which a VM that Proxmox VE calls running stands still until it is resumed."""

_FORMS = {"qemu": "proxmox_vm", "lxc": "proxmox_container"}
_STATUS_KEYS = ("status", "qmpstatus", "lock", "uptime", "maxmem", "cpus", "agent", "ha", "running-machine")

# Never in a result: the digest changes with each write, the password is masked by the API already.
_NEVER_SHOWN = ("digest", "cipassword")

_DISK = re.compile(r"(?:scsi|virtio|sata|ide)\d+")
_SEPARATORS = re.compile(r"[;,\s]+")

_ROOT = "root@pam"
_CLOCKS = 5

_NODE_GONE = (595, 596)
"""A node that the one which was asked cannot reach."""


def discover(options, service, target, timeout, images=()):
    """See the package."""
    cluster = Cluster(options, timeout)
    with cluster.explained():
        version = cluster.get("version")["version"]
        _need_quorum(cluster)
        permissions = _permissions(cluster)
        names, offline = _node_names(cluster)
        guests = _guests_by_node(cluster, names)
        offline += [name for name in names if guests[name] is None]
        reached = [name for name in names if guests[name] is not None]
        peers = len(reached) - 1
        nodes = side_by_side(lambda name: _node(cluster, name, version, guests[name], peers), reached)
        nodes += [Findings().node(name, online=False) for name in offline]
        return {
            "facts_version": 1,
            "kind": "proxmox",
            "server": {"name": "proxmox", "version": version, "quorate": True},
            "nodes": sorted(nodes, key=lambda node: node["name"]),
            "instances": _instances(cluster, _everything(guests), service),
            "next_id": int(cluster.get("cluster/nextid")),
            **({} if permissions is None else {"permissions": permissions}),
        }


def find(options, service, target, timeout):
    """See the package. Guests of another name are looked into only where none has the service's name."""
    cluster = Cluster(options, timeout)
    with cluster.explained():
        names, _offline = _node_names(cluster)
        guests = _everything(_guests_by_node(cluster, names))
        named = [guest for guest in guests if guest.get("name") == service]
        return _instances(cluster, named or guests, service)


def failed_task(options, node, vmid, since, timeout):
    """See the package."""
    cluster = Cluster(options, timeout)
    with cluster.explained():
        tasks = cluster.ask(f"nodes/{node}/tasks", vmid=vmid, limit=10) or ()
        # A clock here and a clock there: a few seconds between them are usual.
        ended = [task for task in tasks if task.get("status") and task["starttime"] >= since - _CLOCKS]
        newest = max(ended, key=lambda task: task["starttime"], default=None)
        return newest["status"] if newest and not is_good(newest["status"]) else None


def run_state(status):
    """started, paused, hibernated or stopped, of what ``status/current`` tells; else Proxmox VE's own word."""
    state = status.get("status") or "unknown"
    if state == "running":
        return "paused" if status.get("qmpstatus") in _PAUSED else "started"
    return "hibernated" if state == "stopped" and status.get("lock") == "suspended" else state


def is_good(status):
    """Whether a task's ``exitstatus`` is that of one that did what it was to do."""
    return status == "OK" or status.startswith("WARNINGS")


class Cluster:
    """A connected cluster: ``get`` and ``ask`` only read, and ``api`` is proxmoxer's own."""

    def __init__(self, options, timeout):
        self.options = read_options("proxmox", OPTIONS, options)
        self.timeout = timeout
        with self.explained():
            self.api = self._connect()

    @property
    def user(self):
        """Who asks, as the API's own lists name it."""
        token = "" if self.options["api_password"] else f"!{self.options['api_token_id']}"
        return f"{self.options['api_user']}{token}"

    def explained(self):
        where = f"The Proxmox VE API at {self.options['api_host']}:{self.options['api_port']}"
        return explained(where, self.timeout, _REMEDIES, [self.options[name] for name in _SECRETS])

    def _connect(self):
        credentials = _credentials(self.options)
        try:
            from proxmoxer import AuthenticationError, ProxmoxAPI
        except ImportError:
            raise missing_library("proxmoxer", "python3-proxmoxer") from None
        verify = self.options["validate_certs"] and (self.options["ca_path"] or True)
        try:
            return ProxmoxAPI(
                self.options["api_host"],
                port=self.options["api_port"],
                user=self.options["api_user"],
                verify_ssl=verify,
                timeout=self.timeout,
                **credentials,
            )
        except AuthenticationError:
            raise _Refused() from None
        except SystemExit:
            # proxmoxer ends the whole program where it has no requests.
            raise missing_library("requests", "python3-requests") from None

    def get(self, path, **params):
        answer = self.api.get(path, **params)
        # proxmoxer hands on what is no JSON, as if it were an answer.
        if isinstance(answer, dict) and isinstance(answer.get("errors"), bytes):
            raise NoJson()
        return answer

    def ask(self, path, **params):
        """As ``get``; None where this user may not know, or the release has no such thing."""
        try:
            return self.get(path, **params)
        except Exception as exc:
            if status_of(exc) in (400, 403, 404, 500, 501):
                return None
            raise


class _Refused(Exception):
    """The log-in failed: proxmoxer's own error has no status, and quotes the user."""

    status_code = 401


def _credentials(options):
    token = {"token_name": options["api_token_id"], "token_value": options["api_token_secret"]}
    if options["api_password"]:
        return {"password": options["api_password"]}
    if all(token.values()):
        return token
    raise DiscoveryError(
        "A proxmox target needs the connection option 'api_password', or 'api_token_id' with 'api_token_secret'.",
        "Set one of them; a token is the better choice.",
    )


# --- what must hold before anything is believed -------------------------------------------------


def _need_quorum(cluster):
    for entry in cluster.ask("cluster/status") or ():
        if entry.get("type") == "cluster" and not entry.get("quorate", 1):
            raise DiscoveryError(
                f"The Proxmox VE cluster '{entry.get('name')}' has no quorum: nothing can be changed there now.",
                "Bring back enough of its nodes (pvecm status).",
            )


def _permissions(cluster):
    """
    The user with what it has on each path; without paths where it may not ask for that, None where no such thing is.

    Raises DiscoveryError where it may see nothing at all.
    """
    try:
        granted = cluster.get("access/permissions")
    except Exception as exc:
        if status_of(exc) in (400, 404, 501):
            return None
        if status_of(exc) in (403, 500):
            return {"user": cluster.user, "paths": None}
        raise
    held = {privilege for privileges in granted.values() for privilege in privileges}
    missing = [privilege for privilege in _PRIVILEGES if privilege not in held]
    if missing and cluster.user != _ROOT:
        raise DiscoveryError(
            f"The Proxmox VE user {cluster.user} lacks the privileges {', '.join(missing)}.",
            "Give it, and its token if that has privileges of its own, a role with these (pveum acl modify).",
        )
    return {"user": cluster.user, "paths": _told_apart(granted)}


def _told_apart(granted):
    """
    Privileges by path, each with whether it goes further down, without the paths that only repeat what is above them.

    The API lists each path that has an ACL of anybody, and each guest in a pool.
    """
    paths = {
        path: {name: bool(goes_down) for name, goes_down in sorted(held.items())}
        for path, held in sorted(granted.items())
        if not path.startswith(_UNUSED_PATHS)
    }
    return {path: held for path, held in paths.items() if path == "/" or held != _from_above(paths, path)}


def _from_above(paths, path):
    """What would come down to a path that is not listed."""
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        found = {name: True for name, goes_down in paths.get(path, {}).items() if goes_down}
        if found:
            return found
    return None


def _node_names(cluster):
    """(online, offline) names of the cluster's nodes."""
    nodes = cluster.get("nodes")
    online = sorted(node["node"] for node in nodes if node.get("status") == "online")
    return online, sorted(node["node"] for node in nodes if node["node"] not in online)


# --- facts --------------------------------------------------------------------------------------


def _node(cluster, name, version, guests, peers):
    """The node with its facts; as offline where it went away meanwhile."""
    try:
        return _facts(cluster, name, version, guests, peers).node(name)
    except Exception as exc:
        if status_of(exc) in _NODE_GONE:
            return Findings().node(name, online=False)
        raise


def _facts(cluster, node, version, guests, peers):
    found = Findings()
    calls = (
        lambda: _status(cluster, node),
        lambda: cluster.get(f"nodes/{node}/storage", content="images", enabled=1),
        lambda: cluster.ask(f"nodes/{node}/network", type="any_bridge"),
        lambda: cluster.ask(f"nodes/{node}/hardware/pci"),
        lambda: cluster.ask(f"nodes/{node}/hardware/usb"),
    )
    status, storages, bridges, pci, usb = side_by_side(lambda call: call(), calls)
    memory = status.get("memory") or {}
    running = status.get("current-kernel") or {}
    processor = status.get("cpuinfo") or {}
    templates = [guest for guest in guests if guest["kind"] == "qemu" and guest.get("template")]
    found.add(
        "api",
        os_type="linux",
        os_name=f"Proxmox VE {version}",
        engine_version=version,
        architectures=[architecture(running.get("machine")) or "x86_64"],
        kernel_version=running.get("release") or _release(status.get("kversion")),
        cpus=processor.get("cpus"),
        cpu_flags=sorted(set((processor.get("flags") or "").split())) or None,
        memory=_mib(memory.get("total")),
        memory_free=_mib(memory["total"] - memory["used"]) if {"total", "used"} <= set(memory) else None,
        memory_reserved=_promised(guests),
        storages={one["storage"]: _mib(one["avail"]) for one in storages if one.get("active", 1) and "avail" in one},
        storage_types={one["storage"]: one["type"] for one in storages if one.get("type")},
        # Those that this user may not use are filtered, not refused: none is no answer.
        networks={one["iface"]: one.get("type", "bridge") for one in bridges or ()} or None,
        peers=peers,
        pci_devices=None if pci is None else [_pci_device(one) for one in pci],
        usb_devices=None if usb is None else [_usb_device(one) for one in usb if one.get("usbpath")],
        isolation="machine",
        images=[image for image in side_by_side(lambda guest: _image(cluster, guest), templates) if image],
    )
    return found


def _status(cluster, node):
    """The node's status; nothing where this user may not look at it: what it takes for that is a decision's to say."""
    try:
        return cluster.get(f"nodes/{node}/status")
    except Exception as exc:
        if status_of(exc) == 403:
            return {}
        raise


def _promised(guests):
    """
    MiB that what runs on the node may take, this service's own guest as well: the decision gives that back.

    ``maxmem`` is what a guest was started with; a change that waits for its restart does not count yet.
    """
    return sum(_mib(guest.get("maxmem") or 0) for guest in guests if guest.get("status") == "running")


def _pci_device(device):
    """``0000:01:00.0 10de:1eb8``; the API writes ``0x10de``."""
    return f"{device['id']} {device['vendor'].removeprefix('0x')}:{device['device'].removeprefix('0x')}"


def _usb_device(device):
    """``1-2.4 1a6e:089a``: what ``usb0: host=`` takes. A bus itself has no ``usbpath``."""
    return f"{device['busnum']}-{device['usbpath']} {device['vendid']}:{device['prodid']}"


def _release(kversion):
    """``Linux 6.8.12-4-pve #1 SMP ...`` -> the release."""
    words = (kversion or "").split()
    return words[1] if len(words) > 1 else None


def _image(cluster, template):
    """A template, or None where it went away meanwhile."""
    config = cluster.ask(_path(template, "config"))
    if config is None:
        return None
    key = boot_disk(config)
    volume = str(config.get(key, ""))
    name = config.get("name") or template.get("name") or ""
    os_name, os_version = parse_system(*_tags(config), name)
    return {
        "id": str(template["vmid"]),
        "names": [name] if name else [],
        "os": os_name or guest_system(config.get("ostype")),
        "os_version": os_version,
        "disk": disk_mib(config, key),
        "disk_key": key,
        "storage": volume.split(":", 1)[0] if ":" in volume else None,
        "config": {name: value for name, value in config.items() if name not in _NEVER_SHOWN},
    }


# --- instances ----------------------------------------------------------------------------------


def _guests_by_node(cluster, names):
    return dict(zip(names, side_by_side(lambda name: _guests(cluster, name), names)))


def _guests(cluster, node):
    """The node's guests, templates too, with ``kind`` and ``node``; None where the node cannot be reached."""
    try:
        return [
            dict(guest, kind=kind, node=node) for kind in _FORMS for guest in cluster.get(f"nodes/{node}/{kind}") or ()
        ]
    except Exception as exc:
        if status_of(exc) in _NODE_GONE:
            return None
        raise


def _everything(guests):
    return [guest for name in sorted(guests) for guest in guests[name] or () if not guest.get("template")]


def _path(guest, *rest):
    return "/".join(("nodes", guest["node"], guest["kind"], str(guest["vmid"]), *rest))


def _instances(cluster, guests, service):
    """Those of ``guests`` that have the service's name or mark; with no service all that have a mark."""
    likely = [guest for guest in guests if TAG in _tags(guest) or (service and guest.get("name") == service)]
    found = side_by_side(lambda guest: _instance(cluster, guest, service), likely)
    return sorted((one for one in found if one), key=lambda instance: int(instance["id"]))


def _instance(cluster, guest, service):
    """An instance; None for a guest that is another service's or went away meanwhile."""
    config = cluster.ask(_path(guest, "config"))
    if config is None:
        return None
    # One that has the line and not the tag yet is half made: a clone has the line, and the tag comes a call later.
    name, mark = guest.get("name", ""), read_mark(config.get("description"), SERVICE_MARK)
    if service is None and mark is None or service is not None and service not in (name, mark):
        return None
    now = cluster.ask(_path(guest, "status", "current")) or {}
    state = run_state({"status": guest.get("status"), **now})
    agent = guest["kind"] == "qemu" and _has_agent(config)
    addresses = _addresses(cluster, guest, agent) if state == "started" else []
    return {
        "form": _FORMS[guest["kind"]],
        "name": name,
        "id": str(guest["vmid"]),
        "node": guest["node"],
        "state": state,
        "service": mark,
        "process": None,
        "signature": read_mark(config.get("description"), SIGNATURE_MARK),
        "addresses": addresses,
        "ports": [],
        "up": state == "started",
        "ready": state == "started" and (bool(addresses) or not _tells_addresses(guest, config, agent)),
        "memory": _mib(guest["maxmem"]) if guest.get("maxmem") else _memory(config),
        "config": _config(cluster, guest, config, now, agent) if service else {"config": _logins(config)},
    }


def _logins(config):
    """Whom cloud-init lets in."""
    return {key: config[key] for key in ("ciuser", "sshkeys") if key in config}


def _config(cluster, guest, config, now, agent):
    """What the plan compares with. ``pending`` are the changes that wait for a restart."""
    pending = cluster.ask(_path(guest, "pending")) or ()
    return {
        "config": {key: value for key, value in config.items() if key not in _NEVER_SHOWN},
        "pending": [
            entry for entry in pending if entry["key"] not in _NEVER_SHOWN and ("pending" in entry or "delete" in entry)
        ],
        "status": {key: now[key] for key in _STATUS_KEYS if now.get(key) is not None},
        "agent": agent,
        "dependents": _linked_clones(cluster, guest, config),
        "replications": [one["id"] for one in _replications(cluster, guest) if one.get("id")],
    }


def _replications(cluster, guest):
    return cluster.ask(f"nodes/{guest['node']}/replication", guest=guest["vmid"]) or ()


def _linked_clones(cluster, guest, config):
    """
    The ids of the guests whose disks build on this one's. Only what was a template once has such base volumes, so
    hardly ever another guest is looked into.
    """
    bases = [
        str(value).split(",", 1)[0]
        for key, value in config.items()
        if _DISK.fullmatch(key) and re.search(rf"[:/]base-{guest['vmid']}-disk-\d+[^/]*$", str(value).split(",", 1)[0])
    ]
    if not bases:
        return []
    names, _offline = _node_names(cluster)
    there = _guests_by_node(cluster, names)
    others = [one for name in names for one in there[name] or () if one["vmid"] != guest["vmid"]]
    configs = side_by_side(lambda one: cluster.ask(_path(one, "config")) or {}, others)
    return sorted(
        str(one["vmid"])
        for one, its in zip(others, configs)
        if any(f"{base}/" in str(value) for base in bases for value in its.values())
    )


def _tags(settings):
    return [tag for tag in _SEPARATORS.split(settings.get("tags") or "") if tag]


def _has_agent(config):
    """``1``, ``enabled=1,fstrim_cloned_disks=1`` and the like."""
    first = str(config.get("agent", "0")).split(",", maxsplit=1)[0]
    return first.split("=")[-1] in ("1", "on", "yes", "true")


def _tells_addresses(guest, config, agent):
    """Whether an address is to be expected: of a VM only its agent knows one, of a container its interfaces."""
    return agent if guest["kind"] == "qemu" else any(re.fullmatch(r"net\d+", key) for key in config)


def _addresses(cluster, guest, agent):
    """Addresses as the guest tells them."""
    return ordered_addresses(
        address
        for interface in _interfaces(cluster, guest, agent)
        if outside_interface(interface.get("name", ""))
        for address in _addresses_of(interface)
    )


def _addresses_of(interface):
    """The addresses of an interface; of a container's some releases tell ``inet`` and ``inet6``, and no list."""
    listed = [one.get("ip-address", "") for one in interface.get("ip-addresses") or ()]
    return listed or [(interface.get(key) or "").partition("/")[0] for key in ("inet", "inet6")]


def _interfaces(cluster, guest, agent):
    """The guest's network interfaces; none while it does not answer, which may take the whole time-out."""
    if guest["kind"] == "qemu" and not agent:
        return []
    try:
        if guest["kind"] == "lxc":
            return cluster.get(_path(guest, "interfaces")) or []
        return (cluster.get(_path(guest, "agent", "network-get-interfaces")) or {}).get("result") or []
    except Exception:
        return []


def _memory(config):
    """Memory in MiB; newer releases may write ``current=4096``."""
    text = str(config.get("memory", 0 if "hostname" in config else 512)).rsplit("=", maxsplit=1)[-1]
    return int(text) if text.isdigit() else 0


def _mib(bytes_):
    return None if bytes_ is None else max(0, int(bytes_)) // MIB
