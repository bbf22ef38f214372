# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""LXD and Incus servers, by pylxd's raw calls: its object models ask the server once more for each object."""

from __future__ import annotations

import os
import re
import socket
from urllib.parse import quote

from ..._shared.marks import LXD_PREFIX, SERVICE_MARK, SIGNATURE_MARK
from ..._shared.sizes import LXD_UNITS, MIB
from ..calls import keep_tls_settings, side_by_side
from ..common import Findings, ordered_addresses, outside_interface
from ..errors import DiscoveryError, broke_off, explained, missing_library, status_of
from ..host import hardware, kernel, namespaces
from ..host.probe import of_lxd
from ..host.systems import architecture, architectures, parse_system, system_name, system_version
from ..options import Option, need_scheme, read_options, to_file, to_path

MARK = f"{LXD_PREFIX}{SERVICE_MARK}"
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

_SIZE = re.compile(r"(\d+)(.*)")

_REQUIREMENT = "requirements."
"""https://documentation.ubuntu.com/lxd/en/latest/reference/image_format/: ``requirements.*`` of an image."""

_TELLING = ("security.", "raw.", "linux.", "limits.")
"""Configuration of a profile that says what its instances may do. All else, such as cloud-init's, may hold secrets."""

_VM_MEMORY = 1024
"""MiB that a virtual machine has without ``limits.memory``."""

_HOLDS_NOTHING = ("stopped", "error")
_NO_NETWORK = ("loopback", "unknown")


def discover(options, service, target, timeout, images=(), probe=None, paths=()):
    """See the package."""
    server = Server(options, timeout)
    server.paths = paths
    with server.explained():
        environment = server.environment
        return {
            "facts_version": 1,
            "kind": "lxd",
            "server": {
                "name": environment.get("server", "lxd"),
                "version": environment.get("server_version"),
                "url": server.url,
                "clustered": server.is_clustered,
                "instance_types": _instance_types(environment.get("driver")),
                "kernel_features": _features(environment.get("kernel_features")),
            },
            "nodes": _nodes(server, target, probe),
            "instances": _instances(server, service, target),
        }


_DRIVERS = {"lxc": "container", "qemu": "virtual-machine"}


def _instance_types(drivers):
    """Those that work there: ``lxc | qemu``."""
    return [_DRIVERS[name] for name in _DRIVERS if name in (drivers or "").replace("|", " ").split()]


def _features(features):
    """What LXD found in the kernel for its own use, such as ``seccomp_listener``."""
    return sorted(name for name, there in (features or {}).items() if there in ("true", True))


def find(options, service, target, timeout):
    """See the package."""
    server = Server(options, timeout)
    with server.explained():
        return _instances(server, service, target)


class Server:
    """A connected server that trusts us. ``url`` is the one that was found where none was given."""

    def __init__(self, options, timeout):
        self.options = read_options("lxd", OPTIONS, options)
        self.timeout = timeout
        self.paths = ()
        self.url = _url(self.options)
        need_scheme("url", self.url, _SCHEMES)
        with self.explained():
            self.client = self._connect()
            self._need_trust()
            self._need_project()
            self.environment = self.client.host_info["environment"]

    def explained(self):
        secrets = [self.options["trust_password"]]
        return explained(self.name, self.timeout, _REMEDIES, secrets)

    @property
    def name(self):
        return f"The LXD or Incus server at {self.url}"

    @property
    def is_local(self):
        return self.url.startswith("unix:")

    @property
    def is_clustered(self):
        return bool(self.environment.get("server_clustered"))

    def _connect(self):
        try:
            from pylxd import Client
        except ImportError:
            raise missing_library("pylxd", "python3-pylxd") from None
        common = {"timeout": self.timeout}
        if self.options["project"]:
            common["project"] = self.options["project"]
        try:
            if self.is_local:
                # As a URL: before 2.3 pylxd takes a path for a socket only where it is a regular file.
                return Client(endpoint=f"http+unix://{quote(_socket(self.url), safe='')}", **common)
            return self._connect_by_https(Client, common)
        except (ImportError, TypeError):
            # Debian 12's and Ubuntu's 2.2.10 knows neither projects nor sessions, and does for a socket.
            raise DiscoveryError(
                f"The Python library 'pylxd' on {socket.gethostname()} is too old for https and for projects.",
                "Install pylxd 2.3 or newer there, in a virtual environment if the system has none.",
            ) from None

    def _connect_by_https(self, client, common):
        from pylxd.client import get_session_for_url

        certificate = _client_certificate(self.options)
        session = get_session_for_url(self.url, verify=self.options["server_cert"] or True, cert=certificate)
        keep_tls_settings(session)
        return client(endpoint=self.url, cert=certificate, session=session, **common)

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
        for _attempt in range(_ATTEMPTS - 1):
            try:
                return self._read(path, params)
            except Exception as exc:
                if status_of(exc) != _FAILED_INSIDE and not broke_off(exc):
                    raise
        return self._read(path, params)

    def _read(self, path, params):
        return self._at(path).get(params=_given(params)).json()["metadata"]

    def _at(self, path):
        """pylxd's handle of what is at a path below /1.0."""
        node = self.client.api
        for part in filter(None, path.split("/")):
            node = node[part]
        return node

    def ask(self, path, **params):
        """As ``get``; None where this client may not know, or the server does not."""
        try:
            return self.get(path, **params)
        except Exception as exc:
            if status_of(exc) in (403, 404, 500, 501, 503):
                return None
            raise

    def do(self, method, path, *, json=None, headers=None, **params):
        """Change something below /1.0 and await it: the operation's own ``metadata``, or None."""
        answer = getattr(self._at(path), method)(json=json, params=_given(params), headers=headers).json()
        if not answer.get("operation"):
            return answer.get("metadata")
        done = self.client.api.operations[answer["operation"].rpartition("/")[2]].wait.get().json()["metadata"]
        if done["status_code"] != _SUCCESS:
            raise _Failed(done.get("err") or done["status"])
        return done.get("metadata")

    def raw(self, url):
        """The content of a file that an operation has left, by its path on the server."""
        return self._at(url.partition("/1.0/")[2]).get(is_api=False).content


def _given(params):
    return {name: value for name, value in params.items() if value is not None}


_ATTEMPTS = 3
"""
How often something is read. LXD reads its machine's /sys without care for what goes meanwhile: a network interface
that is removed by somebody else ends ``/1.0/resources`` in a panic (no answer at all) or in an internal error.
"""
_FAILED_INSIDE = 500
_SUCCESS = 200
"""The status of an operation that came to its end: https://documentation.ubuntu.com/lxd/latest/rest-api/."""


class _Failed(Exception):
    """An operation that the server began, and that failed; the text is the server's."""

    status_code = 500


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


class _Shared:
    """What is asked once for all members: as much as this client may know."""

    def __init__(self, server):
        paths = ("storage-pools", "images", "networks", "profiles")
        project = server.options["project"] or "default"
        asked = [
            *(lambda path=path: server.ask(path, recursion=1) for path in paths),
            lambda: _all_instances(server),
            lambda: server.ask(f"projects/{project}"),
            lambda: server.ask(f"projects/{project}/state"),
            lambda: server.ask("metadata/configuration"),
        ]
        found = side_by_side(lambda ask: ask(), asked)
        pools, images, networks, profiles, self.instances, about, used, keys = found
        self.project = None if about is None else _project(project, about.get("config") or {})
        self.project_used = None if used is None else _used(used.get("resources") or {})
        self.option_keys = None if keys is None else _option_keys(keys.get("configs") or {})
        self.pools = None if pools is None else {pool["name"]: pool.get("driver") for pool in pools}
        self.images = _images(images or ())
        self.networks = _networks(networks, server.is_clustered)
        self.profiles = None if profiles is None else {one["name"]: _profile(one) for one in profiles}


def _all_instances(server):
    """
    The instances of all projects, for all of them take memory; None where this client may not list them.

    pylxd names the client's project in each call, and the server takes either that or all: with the option
    ``project`` it is that one's alone.
    """
    everything = {} if server.options["project"] else {"all-projects": "true"}
    return server.ask("instances", recursion=1, **everything)


def _networks(networks, clustered):
    """
    The type of each network; ``nat`` for a bridge of the server's own behind which no instance is seen outside.

    Of a cluster only its own: the interfaces of the member that answers are not all's.
    """
    if networks is None:
        return None
    return {
        one["name"]: "nat" if (one.get("config") or {}).get("ipv4.nat") == "true" else one["type"]
        for one in networks
        if one.get("type") and one["type"] not in _NO_NETWORK and (one.get("managed") or not clustered)
    }


_BOUNDS = ("limits.", "restricted")
"""How the keys of a project begin that say what its instances may have and be."""

_IN_BYTES = ("memory", "disk")


def _project(name, config):
    return {"name": name, **{key: value for key, value in config.items() if key.startswith(_BOUNDS)}}


def _used(resources):
    """What a project's instances have of each sort: sizes in MiB, rounded up."""
    used = {name: one.get("Usage", one.get("usage", 0)) for name, one in resources.items()}
    return {name: -(-amount // MIB) if name in _IN_BYTES else amount for name, amount in used.items()}


def _option_keys(configs):
    """
    The keys of an instance's configuration that the server knows; one of a ``*`` stands for many.

    https://documentation.ubuntu.com/lxd/en/latest/api/#/metadata/metadata_configuration_get
    """
    groups = (configs.get("instance") or {}).values()
    keys = {key for group in groups for one in group.get("keys") or () for key in one}
    return sorted({*keys, *_UNLISTED}) if keys else None


_UNLISTED = ("image.*", "limits.kernel.*", "security.syscalls.*")
"""Keys that servers take and do not list: of the last the names that they had before."""


def _profile(profile):
    config = {key: value for key, value in (profile.get("config") or {}).items() if key.startswith(_TELLING)}
    return {"config": config, "devices": profile.get("devices") or {}}


def _nodes(server, target, probe):
    shared = _Shared(server)
    if not server.is_clustered:
        return [_facts(server, server.environment, None, shared, 0, probe).node(target)]
    members = server.get("cluster/members", recursion=1)
    online = [member["server_name"] for member in members if member.get("status") == "Online"]
    return side_by_side(lambda member: _member(server, member["server_name"], online, shared, probe), members)


def _member(server, name, online, shared, probe):
    """A cluster member. Only an ``Online`` one takes instances: one that is evacuated or blocked does not."""
    about = server.ask("", target=name) if name in online else None
    if about is None:
        return Findings().node(name, online=False)
    return _facts(server, about["environment"], name, shared, len(online) - 1, probe).node(name)


def _facts(server, environment, member, shared, peers, probe):
    found = Findings()
    asked = ("resources", *(f"storage-pools/{pool}/resources" for pool in shared.pools or ()))
    resources, *spaces = side_by_side(lambda path: server.ask(path, target=member), asked)
    resources = resources or {}
    memory = resources.get("memory") or {}
    found.add(
        "api",
        os_type="linux",
        os_name=" ".join(filter(None, (environment.get("os_name"), environment.get("os_version")))) or None,
        engine_version=environment.get("server_version"),
        architectures=architectures(environment.get("architectures")),
        kernel_version=environment.get("kernel_version"),
        cpus=(resources.get("cpu") or {}).get("total"),
        cpu_flags=_cpu_flags(resources.get("cpu") or {}),
        memory=_mib(memory.get("total")),
        memory_free=_mib(memory["total"] - memory["used"]) if {"total", "used"} <= set(memory) else None,
        memory_reserved=_promised(shared.instances, member),
        storages=None if shared.pools is None else _storages(shared.pools, spaces),
        storage_types=shared.pools,
        networks=shared.networks,
        profiles=shared.profiles,
        project=shared.project,
        project_used=shared.project_used,
        option_keys=shared.option_keys,
        peers=peers,
        pci_devices=_pci_devices(resources.get("pci")),
        usb_devices=_usb_devices(resources.get("usb")),
        gpus=_gpus(resources.get("gpu")),
        # Containers are unprivileged unless security.privileged says otherwise.
        isolation="user_namespace",
        images=shared.images,
    )
    if server.is_local and _is_own_node(server, member, environment):
        found.add("probed", **_of_this_node(server, found.facts))
    elif probe is not None:
        where = f"{server.name}, member '{member}'" if member else server.name
        pool = next(iter(shared.pools or {}), "default")
        found.add("probed", **of_lxd(server, shared.images, probe, member, pool, where, server.timeout))
    return found


def _of_this_node(server, told):
    """What the node itself tells; what the server told of its hardware stands."""
    socket = _socket(server.url)
    shares_view = kernel.sees_listener(socket, server.timeout)
    facts = kernel.of_this_node(shares_view=shares_view)
    # The socket is in LXD_DIR, beside all that the server has.
    facts["engine_paths"] = kernel.engine_paths([socket], [os.path.dirname(socket)], shares_view)
    facts["paths"] = kernel.leads_to(server.paths) if shares_view and server.paths else None
    facts["unprivileged_sysctls"] = namespaces.settable()
    for name in ("pci_devices", "usb_devices", "gpus"):
        if name in told:
            facts[name] = None
    return facts


def _is_own_node(server, member, environment):
    """Whether the facts are of the member that the local socket belongs to."""
    own = member in (None, server.environment.get("server_name"))
    return own and kernel.is_kernel_of(environment.get("kernel_version"))


def _storages(pools, answers):
    """Free MiB of each pool, as far as the server tells: {} where there is none."""
    spaces = {pool: answer["space"] for pool, answer in zip(pools, answers) if answer and answer.get("space")}
    return {pool: _mib(space.get("total", 0) - space.get("used", 0)) for pool, space in spaces.items()}


def _promised(instances, member):
    """
    MiB that what runs on the member may take, this service's own instance as well: the decision gives that back.

    A container without a limit in sizes, or with one in per cent, is promised nothing that could be told.
    """
    if instances is None:
        return None
    here = [one for one in instances if member in (None, one.get("location"))]
    return sum(_may_take(one) for one in here if one.get("status", "").lower() not in _HOLDS_NOTHING)


def _may_take(instance):
    limit = _limit((instance.get("expanded_config") or instance.get("config") or {}).get("limits.memory"))
    return limit or (_VM_MEMORY if instance.get("type") == "virtual-machine" else 0)


def _cpu_flags(cpu):
    """What all cores can do; None on servers that do not tell flags."""
    cores = [core.get("flags") for socket in cpu.get("sockets") or () for core in socket.get("cores") or ()]
    return sorted(set.intersection(*map(set, cores))) if cores and all(cores) else None


def _pci_devices(pci):
    if pci is None:
        return None
    return [f"{one['pci_address']} {one['vendor_id']}:{one['product_id']}" for one in pci.get("devices") or ()]


def _usb_devices(usb):
    """``001:004 1a6e:089a``, as lsusb writes it: the server tells a device's number on its bus, and not the port."""
    if usb is None:
        return None
    return [
        f"{one['bus_address']:03}:{one['device_address']:03} {one['vendor_id']}:{one['product_id']}"
        for one in usb.get("devices") or ()
    ]


def _gpus(gpu):
    if gpu is None:
        return None
    return sum(hardware.is_gpu_driver(card.get("driver")) for card in gpu.get("cards") or ())


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
        "requirements": {
            name[len(_REQUIREMENT) :]: value for name, value in properties.items() if name.startswith(_REQUIREMENT)
        },
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
        "signature": instance["config"].get(f"{LXD_PREFIX}{SIGNATURE_MARK}"),
        "addresses": addresses,
        "ports": [],
        "up": state == "started",
        "ready": state == "started" and (bool(addresses) or not _awaits_address(server, instance)),
        "memory": _limit((instance.get("expanded_config") or instance["config"]).get("limits.memory")),
        "config": _config(server, instance) if service else {},
    }


def _config(server, instance):
    """What the plan compares with, the image that it was made from, and the operations that are at work on it."""
    shown = {key: instance[key] for key in _SHOWN if key in instance}
    return {**shown, "image": _made_of(instance["config"]), "operations": _operations(server, instance["name"])}


def _operations(server, name):
    """
    What each is, in the server's words, such as 'Backing up instance'.

    A command that runs in the instance, or a console of it, is one of the class ``websocket``, and hinders nothing.
    """
    listed = server.ask("operations", recursion=1) or {}
    return [
        str(one.get("description"))
        for one in listed.get("running") or ()
        if one.get("class") == "task" and name in map(_last, _of_instances(one.get("resources") or {}))
    ]


def _of_instances(resources):
    return [url for kind in ("instances", "containers") for url in resources.get(kind) or ()]


def _last(url):
    """``/1.0/instances/web?project=x`` -> ``web``."""
    return url.partition("?")[0].rpartition("/")[2]


def _made_of(config):
    """The image that an instance was made from: LXD writes its properties down with the instance."""
    os_name = system_name(config.get("image.os"))
    version = system_version(os_name, config.get("image.version"), config.get("image.release"))
    return {"fingerprint": config.get("volatile.base_image"), "os": os_name, "os_version": version}


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


def _awaits_address(server, instance):
    """Whether one of its interfaces is to be given an address, as far as its server knows; else it may be."""
    nics = [one for one in (instance.get("expanded_devices") or {}).values() if one.get("type") == "nic"]
    if not nics or all(_gives_none(nic, {}) for nic in nics):
        return False
    networks = {one["name"]: one for one in server.ask("networks", recursion=1) or ()}
    return not all(_gives_none(nic, networks) for nic in nics)


_OF_ITSELF = ("routed", "ipvlan")
"""Sorts of interfaces that have the addresses which they are configured with, and never another."""

_FAMILIES = ("ipv4", "ipv6")


def _gives_none(nic, networks):
    """
    Whether nothing gives the interface an address: its network is one of the server's own that has none to give.

    Of what the server does not manage nobody knows: there may be a DHCP server behind it.
    https://documentation.ubuntu.com/lxd/en/latest/reference/devices_nic/
    """
    if nic.get("nictype") in _OF_ITSELF:
        return not any(nic.get(f"{family}.address") for family in _FAMILIES)
    if nic.get("nictype") == "p2p":
        return True
    network = networks.get(nic.get("network") or nic.get("parent")) or {}
    config = network.get("config") or {}
    if not network.get("managed") or network.get("type") not in _GIVING or config.get("bridge.external_interfaces"):
        return False
    return not any(_gives(config, nic, family) for family in _FAMILIES)


_GIVING = ("bridge", "ovn")
"""Types of networks whose addresses the server itself gives out."""


def _gives(config, nic, family):
    """
    Of IPv4 by DHCP. Of IPv6 also without it: the network is announced, and the guest makes an address of its own.

    https://documentation.ubuntu.com/lxd/en/latest/reference/network_bridge/
    """
    if config.get(f"{family}.address") in (None, "", "none") or nic.get(f"{family}.address") == "none":
        return False
    return family == "ipv6" or str(config.get("ipv4.dhcp", "true")).lower() in _ON


_ON = ("true", "1", "yes", "on")
"""How the server reads a switch that is on."""


def _limit(text):
    """``limits.memory`` in MiB; 0 for none, and for a percentage of a total that is not asked for here."""
    match = _SIZE.fullmatch(str(text or "").strip())
    return int(match.group(1)) * LXD_UNITS.get(match.group(2), 0) // MIB if match else 0


def _mib(bytes_):
    return None if bytes_ is None else max(0, int(bytes_)) // MIB
