# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""LXD and Incus servers, by pylxd's raw calls: its object models ask the server once more for each object."""

from __future__ import annotations

import os
import re

from . import kernel
from .calls import keep_tls_settings, side_by_side
from .common import MIB, SERVICE_MARK, Findings, ordered_addresses, outside_interface
from .errors import DiscoveryError, explained, missing_library, status_of
from .options import Option, need_scheme, read_options, to_file, to_path
from .systems import architecture, architectures, parse_system, system_name, system_version

MARK = f"user.{SERVICE_MARK}"
"""The instance's configuration key that names the service it belongs to."""

SOCKETS = (
    "/var/lib/lxd/unix.socket",
    "/var/snap/lxd/common/lxd/unix.socket",
    "/var/lib/incus/unix.socket",
)
"""Where LXD from a package, LXD from a snap, and Incus listen."""

OPTIONS = {
    "url": Option(),
    "snap_url": Option(),
    "client_cert": Option(to_file),
    "client_key": Option(to_file),
    "trust_password": Option(),
    "project": Option(),
    "server_cert": Option(to_file),
}
"""As in ``community.general.lxd_container``, and ``server_cert``: the server's own certificate, to pin it."""

_DEFAULT_CERTIFICATE = "~/.config/lxc/client.crt"
_DEFAULT_KEY = "~/.config/lxc/client.key"

_REMEDIES = {
    "no_socket": "Start the server, or set url to where it listens.",
    "refused": "Start the server, or set url to where it listens (core.https_address).",
    "socket_rights": "Use become, or add the user to the group that owns the socket (lxd, incus-admin).",
    "certificate": "Set server_cert to a copy of the server's certificate (server.crt).",
    "tls": "Set server_cert to a copy of the server's certificate (server.crt).",
    "forbidden": "Let the server trust the client's certificate, for this project too, or check trust_password.",
}

_SCHEMES = ("unix:", "https://")
# The type is empty where the instance is on a member that is offline.
_FORMS = {"container": "lxd_container", "virtual-machine": "lxd_vm", "": "lxd_container"}
_STATES = {"running": "started", "ready": "started", "stopped": "stopped"}
_SHOWN = (
    *("config", "devices", "expanded_config", "expanded_devices", "profiles", "architecture"),
    *("ephemeral", "type", "status", "description"),
)

# https://documentation.ubuntu.com/lxd/en/latest/reference/instance_units/
_UNITS = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS.update({"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40})
_SIZE = re.compile(r"(\d+)\s*([A-Za-z]*)")


def discover(options, service, target, timeout):
    """See the package."""
    server = _Server(options, timeout)
    with server.explained():
        environment = server.environment
        return {
            "facts_version": 1,
            "kind": "lxd",
            "server": {
                "name": environment.get("server", "lxd"),
                "version": environment.get("server_version"),
                "url": server.url,
            },
            "nodes": _nodes(server, target),
            "instances": _instances(server, service, target),
        }


def find(options, service, target, timeout):
    """See the package."""
    server = _Server(options, timeout)
    with server.explained():
        return _instances(server, service, target)


class _Server:
    """A connected server that trusts us. ``url`` is the one that was found where none was given."""

    def __init__(self, options, timeout):
        self.options = read_options("lxd", OPTIONS, options)
        self.timeout = timeout
        self.url = _url(self.options)
        need_scheme("url", self.url, _SCHEMES)
        with self.explained():
            self.client = self._connect()
            self._need_trust()
            self._need_project()
        self.environment = self.client.host_info["environment"]

    def explained(self):
        secrets = [self.options["trust_password"]]
        return explained(f"The LXD or Incus server at {self.url}", self.timeout, _REMEDIES, secrets)

    @property
    def is_local(self):
        return self.url.startswith("unix:")

    def _connect(self):
        try:
            from pylxd import Client
            from pylxd.client import get_session_for_url
        except ImportError:
            raise missing_library("pylxd", "python3-pylxd") from None
        common = {"timeout": self.timeout, "project": self.options["project"]}
        if self.is_local:
            return Client(endpoint=_socket(self.url), **common)
        certificate = _client_certificate(self.options)
        session = get_session_for_url(self.url, verify=self.options["server_cert"] or True, cert=certificate)
        keep_tls_settings(session)
        return Client(endpoint=self.url, cert=certificate, session=session, **common)

    def _need_trust(self):
        if self.client.trusted:
            return
        if not self.options["trust_password"]:
            raise DiscoveryError(
                f"The LXD or Incus server at {self.url} does not trust this client's certificate.",
                "Set client_cert and client_key to a pair that it trusts, or add it there: lxc config trust add.",
            )
        self.client.authenticate(self.options["trust_password"])

    def _need_project(self):
        """A server lists nothing for a project that is not there, rather than say so."""
        project = self.options["project"]
        if project and self.ask(f"projects/{project}") is None:
            raise DiscoveryError(
                f"The LXD or Incus server at {self.url} has no project '{project}' that this client may see.",
                "Check the option project, or create it: lxc project create.",
            )

    def get(self, path, **params):
        """The answer's ``metadata``. ``path`` is below /1.0; parameters that are None are not sent."""
        node = self.client.api
        for part in filter(None, path.split("/")):
            node = node[part]
        params = {name: value for name, value in params.items() if value is not None}
        return node.get(params=params).json()["metadata"]

    def ask(self, path, **params):
        """As ``get``; None where this client may not know, or the server does not."""
        try:
            return self.get(path, **params)
        except Exception as exc:
            if status_of(exc) in (403, 404, 500, 501, 503):
                return None
            raise


def _url(options):
    """The server's URL: the option, the snap's where only that is there, else the first socket that exists."""
    if options["url"]:
        return options["url"].rstrip("/")
    if options["snap_url"] and os.path.exists(_socket(options["snap_url"])):
        return options["snap_url"]
    for path in SOCKETS:
        if os.path.exists(path):
            return f"unix:{path}"
    return f"unix:{SOCKETS[0]}"


def _socket(url):
    """``unix:/path`` and ``unix:///path`` -> the path. Raises FileNotFoundError, which pylxd would not."""
    path = "/" + url[len("unix:") :].lstrip("/")
    if not os.path.exists(path):
        raise FileNotFoundError(path)
    return path


def _client_certificate(options):
    """(certificate, key): the options, or what the lxc command uses; None without either."""
    pair = tuple(
        options[name] or to_path(default)
        for name, default in (("client_cert", _DEFAULT_CERTIFICATE), ("client_key", _DEFAULT_KEY))
    )
    return pair if all(map(os.path.isfile, pair)) else None


# --- facts --------------------------------------------------------------------------------------


def _nodes(server, target):
    pools = [pool["name"] for pool in server.ask("storage-pools", recursion=1) or ()]
    images = _images(server.ask("images", recursion=1) or ())
    if not server.client.server_clustered:
        return [_facts(server, server.environment, None, pools, images).node(target)]
    members = server.get("cluster/members", recursion=1)
    return side_by_side(lambda member: _member(server, member, pools, images), members)


def _member(server, member, pools, images):
    """A cluster member. Only an ``Online`` one takes instances: one that is evacuated or blocked does not."""
    name = member["server_name"]
    about = server.ask("", target=name) if member.get("status") == "Online" else None
    if about is None:
        return Findings().node(name, online=False)
    return _facts(server, about["environment"], name, pools, images).node(name)


def _facts(server, environment, member, pools, images):
    found = Findings()
    resources = server.ask("resources", target=member) or {}
    memory = resources.get("memory") or {}
    found.add(
        "api",
        os_type="linux",
        os_name=" ".join(filter(None, (environment.get("os_name"), environment.get("os_version")))) or None,
        architectures=architectures(environment.get("architectures")),
        kernel_version=environment.get("kernel_version"),
        cpus=(resources.get("cpu") or {}).get("total"),
        memory=_mib(memory.get("total")),
        memory_free=_mib(memory["total"] - memory["used"]) if {"total", "used"} <= set(memory) else None,
        storages=_storages(server, member, pools),
        # Containers are unprivileged unless security.privileged says otherwise.
        isolation="user_namespace",
        images=images,
    )
    if server.is_local and _is_own_node(server, member, environment):
        found.add("probed", **kernel.of_this_node())
    return found


def _is_own_node(server, member, environment):
    """Whether the facts are of the member that the local socket belongs to."""
    own = member in (None, server.environment.get("server_name"))
    return own and kernel.is_kernel_of(environment.get("kernel_version"))


def _storages(server, member, pools):
    """Free MiB of each pool, as far as the server tells: {} where there is none."""
    answers = {pool: server.ask(f"storage-pools/{pool}/resources", target=member) for pool in pools}
    spaces = {pool: answer["space"] for pool, answer in answers.items() if answer and answer.get("space")}
    return {pool: _mib(space.get("total", 0) - space.get("used", 0)) for pool, space in spaces.items()}


def _images(images):
    """Images for containers; those for virtual machines cannot make one."""
    return [_image(image) for image in images if image.get("type", "container") == "container"]


def _image(image):
    names = [alias["name"] for alias in image.get("aliases") or ()]
    properties = image.get("properties") or {}
    os_name = system_name(properties.get("os"))
    version = system_version(os_name, properties.get("version"), properties.get("release"))
    if os_name is None:
        os_name, version = parse_system(*names)
    return {
        "id": image["fingerprint"],
        "names": names,
        "os": os_name,
        "os_version": version,
        "architecture": architecture(image.get("architecture")),
    }


# --- instances ----------------------------------------------------------------------------------


def _instances(server, service, target):
    # Of an instance on a member that is offline the cluster knows its name and place: no configuration.
    listed = [dict(one, config=one.get("config") or {}) for one in server.get("instances", recursion=1)]
    mine = [one for one in listed if _belongs(one, service)]
    found = side_by_side(lambda one: _instance(server, one, service, target), mine)
    return sorted(found, key=lambda instance: instance["name"])


def _belongs(instance, service):
    mark = instance["config"].get(MARK)
    if service is None:
        return mark is not None
    return service in (mark, instance["name"])


def _instance(server, instance, service, target):
    status = instance["status"].lower()
    state = _STATES.get(status, status)
    addresses = _addresses(server, instance["name"]) if state == "started" else []
    location = instance.get("location")
    return {
        "form": _FORMS.get(instance["type"], instance["type"]),
        "name": instance["name"],
        "id": instance["name"],
        # LXD says 'none' where there is no cluster.
        "node": location if location and location != "none" else target,
        "state": state,
        "service": instance["config"].get(MARK),
        "process": None,
        "addresses": addresses,
        "ports": [],
        "ready": state == "started" and (bool(addresses) or not _has_nic(instance)),
        "memory": _limit((instance.get("expanded_config") or instance["config"]).get("limits.memory")),
        "config": {key: instance[key] for key in _SHOWN if key in instance} if service else {},
    }


def _addresses(server, name):
    """Global addresses of the instance's interfaces that lead outside."""
    network = (server.ask(f"instances/{name}/state") or {}).get("network") or {}
    return ordered_addresses(
        address["address"]
        for interface, state in network.items()
        if outside_interface(interface)
        for address in state.get("addresses") or ()
        if address.get("scope") == "global"
    )


def _has_nic(instance):
    return any(device.get("type") == "nic" for device in (instance.get("expanded_devices") or {}).values())


def _limit(text):
    """``limits.memory`` in MiB; 0 for none, and for a percentage of a total that is not asked for here."""
    match = _SIZE.fullmatch(str(text or "").strip())
    return int(match.group(1)) * _UNITS.get(match.group(2), 0) // MIB if match else 0


def _mib(bytes_):
    return None if bytes_ is None else max(0, int(bytes_)) // MIB
