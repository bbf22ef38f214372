# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker engines, by the docker SDK for Python: low-level calls only, for speed."""

from __future__ import annotations

import importlib
import os
import re
import time

from ..._shared.marks import PROCESS_MARK, SERVICE_MARK, SIGNATURE_MARK
from ..._shared.masks import MASK
from ..._shared.sizes import MIB
from ..._shared.wording import plain
from ..calls import Bounded, call_within, keep_tls_settings, side_by_side
from ..common import Findings, ordered_addresses, ordered_ports
from ..errors import DiscoveryError, explained, missing_library, status_of, words_of
from ..host import kernel
from ..host.probe import of_docker
from ..host.systems import architecture, architectures
from ..options import Option, need_scheme, read_options, to_bool, to_file

DEFAULT_HOST = "unix:///var/run/docker.sock"

OPTIONS = {
    "docker_host": Option(env="DOCKER_HOST", default=DEFAULT_HOST),
    "tls": Option(to_bool, "DOCKER_TLS", False),
    "validate_certs": Option(to_bool, "DOCKER_TLS_VERIFY", False),
    "tls_hostname": Option(env="DOCKER_TLS_HOSTNAME"),
    "ca_path": Option(to_file),
    "client_cert": Option(to_file),
    "client_key": Option(to_file),
    "api_version": Option(env="DOCKER_API_VERSION", default="auto"),
    "timeout": Option(float, "DOCKER_TIMEOUT"),
    "use_ssh_client": Option(to_bool, default=False),
}
"""As in ``community.docker.docker_container``, with the same environment variables behind them."""

# What DOCKER_CERT_PATH holds, by the option that it stands in for.
_CERTIFICATES = {"ca_path": "ca.pem", "client_cert": "cert.pem", "client_key": "key.pem"}

_REMEDIES = {
    "no_socket": "Start Docker there, or set docker_host to where it listens.",
    "refused": "Start Docker there, or set docker_host to where it listens.",
    "socket_rights": "Use become, or add the user to the group that owns the socket (docker).",
    "certificate": "Set ca_path to the CA that signed it, and tls_hostname if it was made for another name.",
    "tls": "Set client_cert and client_key to a certificate that the engine trusts.",
    "credentials": "Set client_cert and client_key to a certificate that the engine trusts.",
    "plain_http": "Set tls: true, or validate_certs: true with ca_path.",
}

_STATES = {"running": "started", "exited": "stopped", "created": "stopped"}

# https://docs.docker.com/engine/security/userns-remap/ and .../rootless/
_USER_NAMESPACE = ("name=userns", "name=rootless")

_LOGIN = re.compile(r"//[^/@]*@")
"""A user, and perhaps a password, in an address."""

_SCHEMES = ("unix://", "tcp://", "https://", "http://", "ssh://", "npipe://")


def discover(options, service, target, timeout, images=(), probe=None, pulled=(), paths=()):
    """See the package."""
    began = time.monotonic()
    engine = _Engine(options, timeout)
    with engine.explained():
        calls = (
            engine.client.info,
            engine.containers,
            engine.client.images,
            engine.networks,
            engine.volumes,
            engine.plugins,
        )
        info, containers, listed, networks, volumes, plugins = engine.in_parallel(lambda call: call(), calls)
        found = _facts(engine, info, containers, listed, probe, paths)
        found.add(
            "api", **_of_the_engine(engine, info, plugins or ()), containers=_names(containers), volumes=_bound(volumes)
        )
        platforms = engine.in_parallel(lambda name: _platform(engine, name), images)
        found.add("api", images=_images(listed, dict(filter(None, platforms))), networks=_networks(networks))
        answer = {
            "facts_version": 1,
            "kind": "docker",
            "server": _server(info),
            "nodes": [found.node(target)],
            "instances": _instances(engine, containers, service, target),
        }
        if pulled:
            # A registry that does not answer is no trouble of the engine's, so it has less time than the whole.
            left = max(_LEAST, _SHARE * timeout - (time.monotonic() - began))
            asked = engine.in_parallel(lambda name: _in_registry(engine, name, left), pulled)
            answer["content"] = {"images": dict(zip(pulled, asked))}
        return answer


_SHARE, _LEAST = 0.8, 0.5
"""Of all time what may have gone when the registries have answered, and the least that they are given, in seconds."""


def _in_registry(engine, name, seconds):
    """
    The digest that the image's registry has by this name now. The engine asks it, with the login that a pull takes.

    What the engine keeps of a pulled image, its RepoDigests, is the same digest.
    """
    try:
        found = call_within(seconds, engine.client.inspect_distribution, name)
    except TimeoutError:
        return {"trouble": f"it did not answer within {seconds:.1f} s"}
    except Exception as exc:
        return {"trouble": words_of(exc)}
    digest = (found.get("Descriptor") or {}).get("digest")
    return {"digest": digest} if digest else {"trouble": "it told no digest"}


def _server(info):
    """What the engine says of itself, for people: what of it decides anything is among the facts."""
    about = {
        "name": "podman" if "BuildahVersion" in info else "docker",
        "version": info.get("ServerVersion"),
        "security_options": info.get("SecurityOptions"),
        "runtimes": sorted(info.get("Runtimes") or ()),
        "default_runtime": info.get("DefaultRuntime"),
        "cdi_devices": [one["ID"] for one in info.get("DiscoveredDevices") or () if one.get("Source") == "cdi"],
        "swarm_role": _swarm_role(info.get("Swarm") or {}),
    }
    return {key: value for key, value in about.items() if value}


def _swarm_role(swarm):
    if swarm.get("LocalNodeState") != "active":
        return None
    return "manager" if swarm.get("ControlAvailable") else "worker"


def find(options, service, target, timeout):
    """See the package."""
    engine = _Engine(options, timeout)
    with engine.explained():
        return _instances(engine, engine.containers(), service, target)


class _Engine:
    """A connected engine: ``client`` is the SDK's low-level client, each call of which ends in time."""

    def __init__(self, options, timeout):
        self.options = settled(options)
        self.host = self.options["docker_host"]
        self.timeout = min(timeout, self.options["timeout"] or timeout)
        self.by_ssh = self.host.startswith("ssh://")
        need_scheme("docker_host", self.host, _SCHEMES)
        with self.explained():
            self.client = self._connect()

    @property
    def name(self):
        """In sentences, without the user that a URL may name."""
        return f"The Docker engine at {_LOGIN.sub(f'//{MASK}@', self.host)}"

    def explained(self):
        hidden = [self.host] if _LOGIN.search(self.host) else []
        return explained(self.name, self.timeout, _REMEDIES, hidden)

    @property
    def is_local(self):
        return self.host.startswith("unix://")

    @property
    def socket(self):
        """The path of the engine's socket, None where it is reached otherwise."""
        return self.host[len("unix://") :] if self.is_local else None

    def _connect(self):
        try:
            from docker import APIClient
        except ImportError:
            raise missing_library("docker", "python3-docker") from None
        arguments = {
            "base_url": self.host,
            "timeout": self.timeout,
            "version": self.options["api_version"],
            "tls": self._tls(),
            "use_ssh_client": self.options["use_ssh_client"],
        }
        if not self.by_ssh:
            return APIClient(**arguments)
        _need_paramiko()
        # Neither paramiko's connection nor the ssh client's pipe has a time-out in the SDK.
        return Bounded(Bounded(_Maker(APIClient, arguments), self.timeout).make(), self.timeout)

    def _tls(self):
        if not (self.options["tls"] or self.options["validate_certs"]) or self.is_local or self.by_ssh:
            return False
        pair = (self.options["client_cert"], self.options["client_key"])
        if any(pair) and not all(pair):
            raise DiscoveryError("Only one of client_cert and client_key is set.", "Set both.")
        return _tls_config(
            client_cert=pair if all(pair) else None,
            ca_cert=self.options["ca_path"],
            verify=self.options["validate_certs"],
            hostname=self.options["tls_hostname"],
        )

    def containers(self):
        """All of them, in brief."""
        return self.client.containers(all=True)

    def networks(self):
        """All of them; None where a proxy before the engine does not let them be asked for."""
        return self._if_allowed(self.client.networks)

    def volumes(self):
        """As ``networks``."""
        return self._if_allowed(self.client.volumes)

    def plugins(self):
        """Those that the engine manages; as ``networks``."""
        return self._if_allowed(self.client.plugins)

    def _if_allowed(self, call):
        try:
            return call()
        except Exception as exc:
            if status_of(exc) in (403, 404, 405, 501):
                return None
            raise

    def in_parallel(self, function, items):
        """Several calls at a time, but over ssh, where each would be a process or channel of its own."""
        return [function(item) for item in items] if self.by_ssh else side_by_side(function, items)


class _Maker:
    """Makes the client in a call of its own, for it connects while it is made."""

    def __init__(self, kind, arguments):
        self._kind = kind
        self._arguments = arguments

    def make(self):
        return self._kind(**self._arguments)


def settled(options):
    """All options, with what the environment says where the user says nothing."""
    options = read_options("docker", OPTIONS, options)
    directory = os.environ.get("DOCKER_CERT_PATH")
    for name, file in _CERTIFICATES.items() if directory else ():
        path = os.path.join(directory, file)
        if options[name] is None and os.path.isfile(path):
            options[name] = path
    return options


def _need_paramiko():
    """The SDK imports it for ``use_ssh_client`` too."""
    try:
        importlib.import_module("paramiko")
    except ImportError:
        raise missing_library("paramiko", "python3-paramiko") from None


def _tls_config(client_cert, ca_cert, verify, hostname):
    """The SDK's TLS settings, made to win over the environment's, with the host name that SDK 7 no longer takes."""
    import urllib3
    from docker.tls import TLSConfig
    from requests.adapters import HTTPAdapter

    class NamedAdapter(HTTPAdapter):
        def init_poolmanager(self, *args, **kwargs):
            super().init_poolmanager(*args, assert_hostname=hostname, **kwargs)

    class Settings(TLSConfig):
        def configure_client(self, client):
            super().configure_client(client)
            keep_tls_settings(client)
            if hostname and verify:
                client.mount("https://", NamedAdapter())

    if not verify:
        # The user asked for it: 'tls' without 'validate_certs'.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return Settings(client_cert=client_cert, ca_cert=ca_cert, verify=verify)


# --- facts --------------------------------------------------------------------------------------


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


def _of_the_engine(engine, info, managed):
    """
    What the engine can do, beside the kernel that it runs on.

    ``managed`` are the plugins that it manages, which are not among the others:
    https://docs.docker.com/reference/api/engine/version/v1.41/#tag/System/operation/SystemInfo (Plugins).
    """
    plugins = info.get("Plugins") or {}
    on_linux = info.get("OSType") == "linux"
    return {
        "api_version": getattr(engine.client, "api_version", None),
        "limits": [name for name, key in _LIMITS.items() if info[key]] if on_linux and _tells_limits(info) else None,
        "rootless": _is_rootless(info),
        "authorization": list(plugins.get("Authorization") or ()) if plugins else None,
        "runtimes": sorted(info["Runtimes"]) if info.get("Runtimes") else None,
        "volume_drivers": sorted({*plugins["Volume"], *_of_sort(managed, "volumedriver")})
        if plugins.get("Volume")
        else None,
        "log_drivers": sorted({*plugins["Log"], *_of_sort(managed, "logdriver")}) if plugins.get("Log") else None,
    }


def _of_sort(managed, sort):
    """The names of the managed plugins of a sort that are enabled: ``docker.volumedriver/1.0``."""
    return [
        one["Name"]
        for one in managed
        if one.get("Enabled") and any(f".{sort}/" in str(kind) for kind in _kinds_of(one))
    ]


def _kinds_of(plugin):
    kinds = ((plugin.get("Config") or {}).get("Interface") or {}).get("Types") or ()
    return [
        ".".join((kind["Prefix"], f"{kind['Capability']}/{kind['Version']}")) if isinstance(kind, dict) else kind
        for kind in kinds
    ]


def _tells_limits(info):
    return all(key in info for key in _LIMITS.values())


def _is_rootless(info):
    if "Rootless" in info:
        return bool(info["Rootless"])
    options = info.get("SecurityOptions")
    return None if options is None else any(option.split(",")[0] == "name=rootless" for option in options)


def _names(containers):
    """The names of all containers; one that is linked to another has a second name below that one's."""
    names = [name.lstrip("/") for one in containers for name in one.get("Names") or ()]
    return sorted(name for name in names if "/" not in name)


def _bound(volumes):
    """The directory or device of the host by the name of each volume that stands for one."""
    listed = None if volumes is None else volumes.get("Volumes") or ()
    if listed is None:
        return None
    found = {one["Name"]: (one.get("Options") or {}).get("device") for one in listed}
    return {name: device for name, device in sorted(found.items()) if str(device or "").startswith("/")}


def _facts(engine, info, containers, images, probe, paths=()):
    found = Findings()
    found.add(
        "api",
        os_type=info.get("OSType"),
        os_name=info.get("OperatingSystem"),
        os_version=info.get("OSVersion") or None,
        # Podman answers as Docker does, and tells its own version: none that a release of Docker can be compared with.
        engine_version=None if "BuildahVersion" in info else info.get("ServerVersion"),
        architectures=architectures([info.get("Architecture")]),
        kernel_version=None if _has_own_kernels(info) else info.get("KernelVersion"),
        cgroup_version=_whole(info.get("CgroupVersion")),
        cpus=info.get("NCPU"),
        memory=_mib(info.get("MemTotal")),
        isolation=_isolation(info),
        swap_limit=info.get("SwapLimit"),
        ports_taken=_published(containers),
    )
    if _has_own_kernels(info):
        # Nothing that the node could tell is true inside.
        _add_promised(found, engine, containers)
        return found
    root = info.get("DockerRootDir")
    if engine.is_local and kernel.is_kernel_of(info.get("KernelVersion")):
        found.add("probed", **_of_this_node(engine, info, found.facts["ports_taken"], paths))
        return found
    found.add("api", engine_paths=kernel.engine_paths([engine.socket], [root], shares_view=False))
    _add_promised(found, engine, containers)
    if probe is not None and info.get("OSType") == "linux":
        facts = of_docker(engine.client, images, probe, engine.name, engine.timeout)
        found.add("probed", **_less_the_engines(facts, info))
    return found


def _of_this_node(engine, info, published, paths):
    """What the node itself tells."""
    shares_view = kernel.sees_listener(engine.socket, engine.timeout)
    facts = _less_the_engines(kernel.of_this_node(shares_view=shares_view), info)
    free = kernel.free_space(info.get("DockerRootDir") or "/var/lib/docker") if shares_view else None
    facts["storages"] = None if free is None else {"docker": free}
    facts["engine_paths"] = kernel.engine_paths([engine.socket], [info.get("DockerRootDir")], shares_view)
    facts["paths"] = kernel.leads_to(paths) if shares_view and paths else None
    if facts["ports_taken"] is not None:
        # Without its proxy the engine publishes by rules of the firewall, and nothing listens.
        facts["ports_taken"] = ordered_ports([*facts["ports_taken"], *published])
    return facts


def _less_the_engines(facts, info):
    """The engine's own word for its cgroup version stands: a node can have both hierarchies."""
    return {**facts, "cgroup_version": None} if _whole(info.get("CgroupVersion")) else facts


def _published(containers):
    """The ports of the host that running containers are published at, as ``8080/tcp``."""
    ports = [port for one in containers if one.get("State") == "running" for port in one.get("Ports") or ()]
    return ordered_ports(f"{port['PublicPort']}/{port.get('Type', 'tcp')}" for port in ports if port.get("PublicPort"))


def _add_promised(found, engine, containers):
    """What running containers may take, and what of all memory is left then: an engine's API knows no free memory."""
    running = [one["Id"] for one in containers if one.get("State") == "running"]
    reserved = sum(_memory(one) for one in engine.in_parallel(lambda id: _inspect(engine, id), running) if one)
    found.add("api", memory_reserved=reserved)
    if found.facts.get("memory"):
        found.add("estimated", memory_free=max(0, found.facts["memory"] - reserved))


_KATA, _GVISOR = "kata", "runsc"


def _default_runtime(info):
    return str(info.get("DefaultRuntime") or "")


def _has_own_kernels(info):
    """
    Whether containers run on another kernel than the node's: Kata boots one for each, and gVisor is one.

    https://github.com/kata-containers/kata-containers, https://gvisor.dev/docs/architecture_guide/intro/
    """
    return any(name in _default_runtime(info) for name in (_KATA, _GVISOR))


def _isolation(info):
    """Of containers for which nothing else is asked. Behind Hyper-V each has a kernel of its own."""
    if info.get("Isolation") == "hyperv" or _KATA in _default_runtime(info):
        return "machine"
    # Podman before 4.6 has a key of its own instead of the security option.
    apart = any(option.split(",")[0] in _USER_NAMESPACE for option in info.get("SecurityOptions") or ())
    return "user_namespace" if apart or info.get("Rootless") else "process"


def _images(images, platforms):
    """Docker does not say which distribution is inside of an image: ``os`` only for Windows, which is a kernel too."""
    return [{"id": image["Id"], "names": _image_names(image), **platforms.get(image["Id"], {})} for image in images]


def _platform(engine, name):
    """(id, what it is made for) of an image by one of its names; None where it is not there."""
    try:
        image = engine.client.inspect_image(name)
    except Exception as exc:
        if status_of(exc) in (400, 404):
            return None
        raise
    found = {"architecture": architecture(image.get("Architecture"))}
    if image.get("Os") == "windows":
        found.update(os="windows", os_version=image.get("OsVersion"))
    return image["Id"], {key: value for key, value in found.items() if value}


def _networks(networks):
    """The driver of each network."""
    return None if networks is None else {one["Name"]: one["Driver"] for one in networks}


def _image_names(image):
    names = [*(image.get("RepoTags") or ()), *(image.get("RepoDigests") or ())]
    return [name for name in names if "<none>" not in name]


# --- instances ----------------------------------------------------------------------------------


def _instances(engine, containers, service, target):
    uptimes = {one["Id"]: _uptime(one) for one in containers if _belongs(one, service)}
    inspected = [one for one in engine.in_parallel(lambda id: _inspect(engine, id), uptimes) if one]
    instances = [dict(_instance(one, target), uptime=uptimes[one["Id"]]) for one in inspected]
    for instance in instances:
        if service and instance["service"] == service and _has_ended(instance["config"]):
            instance["log"] = _last_words(engine, instance["id"])
        instance["config"] = _with_meaning(engine, instance["config"], containers) if service else {}
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
    found = _UP.match(status)
    if found:
        return float(found.group(2) or 0)
    return _A_MINUTE if status.startswith("Up ") and container.get("State") == "running" else None


def _inspect(engine, id):
    """A container as the engine tells it, or None where it went away meanwhile."""
    try:
        return engine.client.inspect_container(id)
    except Exception as exc:
        if status_of(exc) == 404:
            return None
        raise


def _has_ended(container):
    """Whether its program came to an end, now or before its policy started it again."""
    return container["State"]["Status"] in ("exited", "dead", "restarting") or container.get("RestartCount", 0) > 0


_LOG_LINES = 5
_LOG_CHARACTERS = 500


def _last_words(engine, id):
    """The end of its log, in one line; empty where the logging driver cannot be read."""
    try:
        text = engine.client.logs(id, stdout=True, stderr=True, tail=_LOG_LINES).decode("utf-8", "replace")
    except Exception as exc:
        if status_of(exc) is None:
            raise
        return ""
    return " ".join(plain(text).split())[-_LOG_CHARACTERS:]


def _with_meaning(engine, config, containers):
    """
    A container's configuration with what the names in it stand for now.

    ``_image_id`` is what its image's name stands for now, another one after a retag, and ``_image_digests`` what
    registries call that. ``_image`` is what the container was made from: its platform, its variables, its labels, and
    all of its configuration. ``_names`` are those of the containers that it refers to, by their ids.
    """
    config = {**config, "_names": _referred_to(config, containers)}
    named = _image_of(engine, config["Config"]["Image"])
    if named is not None:
        config = {**config, "_image_id": named["Id"], "_image_digests": named.get("RepoDigests") or []}
    made_from = config.get("Image")
    own = named if named is not None and named["Id"] == made_from else _image_of(engine, made_from)
    if own is None:
        return config
    platform = [own.get("Os") or "linux", own.get("Architecture"), own.get("Variant")]
    about = own.get("Config") or {}
    return {
        **config,
        "_image": {
            "platform": "/".join(filter(None, platform)),
            "env": about.get("Env") or [],
            "labels": about.get("Labels") or {},
            "config": about,
        },
    }


_NAMESPACES = ("NetworkMode", "PidMode", "IpcMode")


def _referred_to(config, containers):
    """The names of the containers that one refers to, by their ids, as it is listed now."""
    host = config.get("HostConfig") or {}
    modes = [str(host.get(mode) or "").partition("container:")[2] for mode in _NAMESPACES]
    others = [
        str(item).strip("/").partition(":")[0] for key in ("VolumesFrom", "Links") for item in host.get(key) or ()
    ]
    words = {word for word in (*modes, *others) if word}
    found = {}
    for one in containers:
        # A link of another container to it is a name too: /other/alias.
        names = [name.lstrip("/") for name in one.get("Names") or () if name.count("/") == 1]
        if words & {one["Id"], one["Id"][:12], *names}:
            found[one["Id"]] = names
    return found


def _image_of(engine, name):
    """An image as the engine tells it, or None where it has none of that name."""
    try:
        return engine.client.inspect_image(name)
    except Exception as exc:
        if status_of(exc) not in (400, 404):
            raise
        return None


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
        "memory": _memory(container),
        "config": container,
    }


def _is_ready(state):
    health = (state.get("Health") or {}).get("Status", "none")
    return state["Status"] == "running" and health in ("none", "healthy")


def _addresses(container):
    networks = (container["NetworkSettings"].get("Networks") or {}).values()
    return ordered_addresses(net.get(key) for net in networks for key in ("IPAddress", "GlobalIPv6Address"))


def _ports(container):
    published = container["NetworkSettings"].get("Ports") or {}
    return [
        {"container": port, "host_ip": binding.get("HostIp", ""), "host_port": _whole(binding.get("HostPort"))}
        for port, bindings in published.items()
        for binding in bindings or ()
    ]


def _memory(container):
    """The container's memory limit in MiB, 0 without one."""
    return _mib((container.get("HostConfig") or {}).get("Memory")) or 0


def _mib(bytes_):
    return None if bytes_ is None else int(bytes_) // MIB


def _whole(text):
    return int(text) if str(text or "").isdigit() else None
