# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Targets that fail while they are asked: each is told with what to do, in time, and the others are judged all the same.

A wrong token, one without rights, a server that accepts and never answers, and what ``unreachable: hold`` does with
targets that are not there, are in test_mistakes.py.
"""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.engines import _common, certificates, docker, lxd, proxy
from tests.engines.proxy import Address, Exchange, Fault, Proxy

from .conftest import DOCKER_IMAGE, LXD_IMAGE, Outcome, Playbook

# It can go to any of the three targets, and to none that fails.
WEB = {
    "name": "web",
    "requirements": {"memory": "64 MiB"},
    "as": {
        "docker_container": {"image": DOCKER_IMAGE},
        "lxd_container": {"source": {"type": "image", "alias": LXD_IMAGE}},
        "proxmox_vm": {"clone": "debian-12-cloud"},
    },
}
KINDS = ("docker", "lxd", "proxmox")
TITLES = {"docker": "the Docker engine at ", "lxd": "the LXD or Incus server at ", "proxmox": "the Proxmox VE API at "}
# Seconds: those that discovery is given, those for all else on a machine that does other things too, and how long
# faults last. What ends in time has waited for none of them.
GIVEN = 3
ALL_THE_REST = 25
LATE = 30
FOR_EVER = 60
# A request in the middle of discovery, which comes beside others: the first one was answered.
MIDDLE = {"docker": "/info", "lxd": "/1.0/storage-pools", "proxmox": "/nodes/pve1/status"}
PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>"


@dataclass
class Front:
    """Puts proxies in front of the engines, each as a target."""

    ways: dict[str, Address]
    hosts: dict[str, dict]
    sockets: Path
    authority: str
    tls: ssl.SSLContext
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    made: list[Proxy] = field(default_factory=list)

    def of(self, kind: str, fault: Fault, *paths: str, engine: Address | None = None) -> dict:
        """A target of this kind that has the fault wherever one of ``paths`` is asked for; everywhere without them."""
        way, host = engine or self.ways[kind], self.hosts[kind]
        where: dict = {"tls": self.tls} if kind == "proxmox" else {}
        if kind == "lxd":
            where["socket"] = self.sockets / f"proxy{len(list(self.sockets.glob('proxy*')))}.socket"
        made = self.stack.enter_context(Proxy(way, fault, *paths, **where))
        self.made.append(made)
        options = {
            "docker": {"docker_host": f"tcp://{proxy.HOST}:{made.port}"},
            "lxd": {"url": f"unix:{made.socket}"},
            "proxmox": {**host["rightscope_options"], "api_port": made.port, "ca_path": self.authority},
        }
        return {**host, "rightscope_options": options[kind]}


@pytest.fixture(scope="module")
def ways(docker_engine, lxd_engine, pve) -> dict[str, Address]:
    trusted = ssl.create_default_context(cafile=pve.ready["ca_path"])
    return {
        "docker": Address(docker_engine.socket),
        "lxd": Address(lxd_engine.socket),
        "proxmox": Address((pve.ready["host"], pve.ready["port"]), trusted),
    }


@pytest.fixture(scope="module")
def shared_front(ways, docker_target, lxd_target, pve_target, engines_directory, tmp_path_factory) -> Front:
    directory = tmp_path_factory.mktemp("authority")
    authority = certificates.authority(directory)
    pair = certificates.server(directory, authority)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pair.certificate, pair.key)
    hosts = dict(zip(KINDS, (docker_target, lxd_target, pve_target), strict=True))
    return Front(ways, hosts, engines_directory, authority.certificate, tls)


@pytest.fixture
def front(shared_front) -> Iterator[Front]:
    """For one test: its proxies are gone after it."""
    with contextlib.ExitStack() as stack:
        yield replace(shared_front, stack=stack, made=[])


def _failures(outcome: Outcome, target: str) -> list[dict]:
    """What is said of a target that cannot be asked."""
    verdicts = [one for one in outcome["decision"]["verdicts"] if one["target"] == target]
    assert verdicts, f"nothing is said of {target}"
    return [failure for one in verdicts for failure in one["failures"] if failure["rule"] == "reachable"]


def _words(text: str) -> str:
    """A text without the breaks that wrapping puts into it."""
    return "".join(text.split())


def _assert_told(outcome: Outcome, target: str, said: str, remedy: str) -> None:
    """The target is rejected for now, with a sentence for people and with what they can do."""
    (failure,) = _failures(outcome, target)
    assert failure["when"] == "not_now"
    assert re.search(said, failure["reason"]), failure
    assert remedy in failure["remedy"], failure
    assert _words(f"{target}: rejected, {failure['reason']}") in _words(outcome["explanation"])
    # A page's mark-up tells nobody anything.
    assert not re.search("<|\n", failure["reason"]), failure


def _assert_judged(outcome: Outcome, *targets: str) -> None:
    """The service fits on each of these and nowhere else; it goes to the first of them."""
    fitting = {one["target"] for one in outcome["decision"]["verdicts"] if not one["failures"]}
    assert fitting == set(targets), outcome["explanation"]
    assert outcome["decision"]["chosen"]["target"] == targets[0]
    assert "Traceback" not in outcome.output


@contextlib.contextmanager
def _in_time() -> Iterator[None]:
    """Nothing waits for what never comes: neither the task, nor what Ansible does after it."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took < GIVEN + ALL_THE_REST < LATE, f"it took {took:.1f} s"


# ------------------------------------------------------- many faults in one play


@dataclass(frozen=True)
class Told:
    """A fault in front of an engine, and what is to be said of it: a pattern, and a part of the remedy."""

    fault: Fault
    said: str
    remedy: str
    everywhere: bool = False


NO_ANSWER = "gave no usable answer"
# No name of a Python exception: that is no word for people.
NO_JSON = f"{NO_ANSWER}(?!.*[a-z](Error|Exception)\\b)"
FAULTS = {
    "cut off half-way": Told(proxy.cut_off, "broke off", "check that"),
    "no JSON": Told(proxy.instead("Welcome!", sort="text/plain"), NO_JSON, "check that"),
    "page of something else": Told(proxy.instead(PAGE, sort="text/html"), NO_JSON, "check that", everywhere=True),
    "JSON of something else": Told(
        # All that each API's first answer is asked for, and nothing that comes after it.
        proxy.instead('{"ApiVersion": "1.41", "type": "sync", "metadata": {"auth": "trusted"}, "data": {}}'),
        NO_ANSWER,
        "check that",
        everywhere=True,
    ),
    "error page of a reverse proxy": Told(
        proxy.instead(PAGE, "502 Bad Gateway", "text/html"),
        rf"{NO_ANSWER} \(502: (502 )?Bad Gateway",
        "check that this is its address",
        everywhere=True,
    ),
    "30 s late": Told(proxy.late(LATE), f"did not answer within {GIVEN} s", "check"),
    # Of the calls that are made side by side, one may meet its end, and another nobody any more.
    "killed": Told(Exchange.break_off, "(broke off the (connection|TLS handshake)|refused the connection)", ""),
}
CASES = [pytest.param(kind, name, id=f"{kind}, {name}") for name in FAULTS for kind in KINDS]


def _nobody(kind: str, port: int, token: dict) -> dict:
    """A target behind whose port nobody listens."""
    options = {
        "docker": {"docker_host": f"tcp://{proxy.HOST}:{port}"},
        "lxd": {"url": f"https://{proxy.HOST}:{port}"},
        "proxmox": {**token, "api_host": proxy.HOST, "api_port": port},
    }
    return {"ansible_connection": "local", "rightscope_kind": kind, "rightscope_options": options[kind]}


@pytest.fixture(scope="module")
def many(shared_front, collections, pve, tmp_path_factory) -> Outcome:
    """What one task says where most of its targets have a fault."""
    directory = tmp_path_factory.mktemp("many")
    with contextlib.ExitStack() as stack:
        front = replace(shared_front, stack=stack)
        faulty = {
            f"{kind}, {name}": front.of(kind, told.fault, *([] if told.everywhere else [MIDDLE[kind]]))
            for name, told in FAULTS.items()
            for kind in KINDS
        }
        # Bound, so that nobody else can take the port; it does not listen.
        bound = stack.enter_context(socket.socket())
        bound.bind((proxy.HOST, 0))
        for kind in KINDS:
            faulty[f"{kind}, port"] = _nobody(kind, bound.getsockname()[1], pve.options)
        for kind, option in (("docker", "docker_host"), ("lxd", "url")):
            path = front.sockets / f"left-{kind}.socket"
            with socket.socket(socket.AF_UNIX) as left:
                left.bind(str(path))
            stack.callback(path.unlink)
            scheme = {"docker": "unix://", "lxd": "unix:"}[kind]
            faulty[f"{kind}, socket"] = {**front.hosts[kind], "rightscope_options": {option: f"{scheme}{path}"}}
        other = certificates.authority(directory / "other").certificate
        faulty["proxmox, authority"] = {
            **front.hosts["proxmox"],
            "rightscope_options": {**pve.options, "ca_path": other},
        }
        healthy = dict(zip(("dock1", "lab", "pve"), front.hosts.values(), strict=True))
        play = Playbook(directory, collections, {**faulty, **healthy})
        with _in_time():
            return play.info(**WEB, discovery_timeout=GIVEN)


def test_many_faults_at_once_spoil_nothing_else(many):
    _assert_judged(many, "dock1", "lab", "pve")


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_broken_answer_is_told_with_what_to_do(many, kind, name):
    told = FAULTS[name]
    said = told.said if "within" in told.said else f"^{TITLES[kind]}.* {told.said}"
    _assert_told(many, f"{kind}, {name}", said, told.remedy)


@pytest.mark.parametrize(
    ("target", "remedy"),
    [
        pytest.param("docker, socket", "start Docker there", id="Docker's socket"),
        pytest.param("docker, port", "start Docker there", id="Docker's port"),
        pytest.param("lxd, socket", "start the server", id="LXD's socket"),
        pytest.param("lxd, port", "core.https_address", id="LXD's port"),
        pytest.param("proxmox, port", "pveproxy", id="Proxmox VE's port"),
    ],
)
def test_where_nobody_listens_it_is_said_what_to_start(many, target, remedy):
    said = f"^{TITLES[target.split(',')[0]]}.* refused the connection: nothing listens there$"
    _assert_told(many, target, said, remedy)


def test_another_authority_than_the_one_that_signed_is_named(many):
    said = "^the Proxmox VE API at .* showed a certificate that could not be verified: self.signed certificate"
    _assert_told(many, "proxmox, authority", said, "set ca_path to the cluster's CA (/etc/pve/pve-root-ca.pem)")


# ------------------------------------------------------------- answers without end


def test_an_answer_that_drips_for_ever_ends_neither_later_nor_the_play(play, front, docker_eyes, lxd_eyes):
    """Each read succeeds, so that no time-out of a read ends it; nor may Ansible wait for it at its own end."""
    drip = proxy.drip(0.2, FOR_EVER)
    dripping = {f"dripping-{kind}": front.of(kind, drip, MIDDLE[kind]) for kind in KINDS}

    with _in_time():
        outcome = play.service(**WEB, hosts={**dripping, **play.hosts}, discovery_timeout=GIVEN, unreachable="ignore")

    assert (outcome["failed"], outcome["changed"]) == (False, True)
    assert docker_eyes.names() == ["web"]
    _assert_judged(outcome, "dock1", "lab", "pve")
    for target in dripping:
        _assert_told(outcome, target, f"^it did not answer within {GIVEN} s$", "check that its engine is not stuck")


def test_a_module_that_asks_where_the_target_is_ends_with_the_task(play, front):
    """Not in Ansible's own process but in another one: that one must not be left behind, asking."""
    host = front.of("docker", proxy.drip(0.2, FOR_EVER))
    hosts = {"dripping": {**host, "ansible_become": True, "ansible_become_method": "su"}, **play.hosts}

    with _in_time():
        outcome = play.info(**WEB, hosts=hosts, discovery_timeout=GIVEN)
        assert _common.poll_until(lambda: not front.made[-1].links, 5), "somebody is still asking"

    _assert_judged(outcome, "dock1", "lab", "pve")
    _assert_told(outcome, "dripping", f"did not answer within {GIVEN} s", "check")


# --------------------------------------------------------- engines that stop or end


@pytest.fixture
def engine(request) -> object:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(
    ("engine", "others"),
    [
        pytest.param("docker_engine", ("lab", "pve"), id="Docker"),
        pytest.param("lxd_engine", ("dock1", "pve"), id="LXD"),
    ],
    indirect=["engine"],
)
def test_an_engine_that_is_stopped_while_it_is_asked(play, front, engine, others):
    def stop(exchange: Exchange) -> None:
        engine.process.signal(signal.SIGSTOP)
        proxy.pass_on(exchange)

    target = {"docker": "dock1", "lxd": "lab"}[engine.kind]
    hosts = {**play.hosts, target: front.of(engine.kind, stop, MIDDLE[engine.kind])}
    try:
        with _in_time():
            outcome = play.info(**WEB, hosts=hosts, discovery_timeout=GIVEN)
    finally:
        engine.process.signal(signal.SIGCONT)

    _assert_judged(outcome, *others)
    _assert_told(outcome, target, f"did not answer within {GIVEN} s", "check")
    assert _common.poll_until(lambda: _answers(engine), 20), "it does not go on"


def _answers(engine) -> bool:
    path = {"docker": "/version", "lxd": "/1.0"}[engine.kind]
    try:
        return _common.call(engine.socket, "GET", path, timeout=5)[0] == 200
    except _common.EngineError:
        return False


@pytest.mark.parametrize(
    ("kind", "start", "others"),
    [
        pytest.param("docker", docker.start, ("lab", "pve"), id="Docker"),
        pytest.param("lxd", lxd.launch, ("dock1", "pve"), id="LXD"),
    ],
)
def test_an_engine_that_is_killed_while_it_is_asked(play, front, engines_directory, kind, start, others):
    target = {"docker": "dock1", "lxd": "lab"}[kind]
    engine = start(engines_directory / "victim")
    try:

        def kill(exchange: Exchange) -> None:
            engine.process.signal(signal.SIGKILL)
            proxy.pass_on(exchange)

        hosts = {**play.hosts, target: front.of(kind, kill, MIDDLE[kind], engine=Address(engine.socket))}
        outcome = play.info(**WEB, hosts=hosts, discovery_timeout=GIVEN)
    finally:
        engine.stop()

    _assert_judged(outcome, *others)
    said = f"^{TITLES[kind]}.* (broke off the connection|refused the connection: nothing listens there)$"
    _assert_told(outcome, target, said, "")


# ------------------------------------------------------------------ Proxmox clusters


def test_a_node_that_is_offline_is_rejected_and_the_other_one_is_judged(play, pve_eyes):
    pve_eyes.engine.control("set_node", "pve2", online=False)
    machine = {**WEB, "requirements": {"isolation": "machine", "memory": "64 MiB"}}
    ignoring = {**machine, "unreachable": "ignore"}

    held, ignored = play.tasks(("service", machine), ("service", ignoring), flags=("--check",))

    assert held["failed"] is True
    assert "It may be on pve/pve2, which does not answer (pve/pve2: it is offline)" in held["msg"]
    assert "bring it back, or set 'unreachable: ignore'" in held["msg"]
    assert (ignored["failed"], ignored["placement"]["node"]) == (False, "pve1")
    (offline,) = [one for one in ignored["decision"]["verdicts"] if one["node"] == "pve2"]
    (failure,) = [one for one in offline["failures"] if one["rule"] == "reachable"]
    assert (failure["reason"], failure["remedy"]) == ("its node 'pve2' is offline", "bring 'pve2' back")


def test_a_cluster_without_quorum_is_rejected_with_how_to_look(play, pve_eyes):
    pve_eyes.engine.control("set", "quorate", False)

    outcome = play.info(**WEB)

    _assert_judged(outcome, "dock1", "lab")
    said = "^the Proxmox VE cluster '.*' has no quorum: nothing can be changed there now$"
    _assert_told(outcome, "pve", said, "bring back enough of its nodes (pvecm status)")


# ---------------------------------------------------------------- an engine that is full


CONTAINERS = 2000
EACH_MIB, LEFT_MIB = 8, 100


def _crowd(engine, name: str) -> Fault:
    """
    An engine with very many containers: what it answers of one, that many times. Every fourth one does not run.

    Its kernel is another one, as it is where an engine is asked over the network: then it alone knows what its
    containers were promised, and has to be asked for each.
    """
    (listed,) = _get(engine, "/containers/json?all=1")
    inspected = _get(engine, f"/containers/{listed['Id']}/json")
    running = [number % 4 != 3 for number in range(CONTAINERS)]
    ids = [f"{number:064x}" for number in range(CONTAINERS)]
    containers = [
        {
            **listed,
            "Id": id,
            "Names": [f"/{name}{number}"],
            "State": "running" if runs else "exited",
            "Status": "Up 3 hours" if runs else "Exited (0) 3 hours ago",
        }
        for number, (id, runs) in enumerate(zip(ids, running, strict=True))
    ]
    memory = (EACH_MIB * sum(running) + LEFT_MIB) * 2**20
    info = {
        **_get(engine, "/info"),
        "KernelVersion": "6.1.0-of-another-machine",
        "Containers": CONTAINERS,
        "ContainersRunning": sum(running),
        "MemTotal": memory,
    }
    listing, about = json.dumps(containers).encode(), json.dumps(info).encode()
    whole = json.dumps({**inspected, "HostConfig": {**inspected["HostConfig"], "Memory": EACH_MIB * 2**20}}).encode()

    def answer(exchange: Exchange) -> None:
        path = exchange.path.partition("?")[0]
        if path.endswith("/containers/json"):
            exchange.reply(listing)
        elif path.endswith("/info"):
            exchange.reply(about)
        elif found := re.search(r"/containers/([0-9a-f]{64})/json$", path):
            exchange.reply(whole.replace(listed["Id"].encode(), found[1].encode()))
        else:
            proxy.pass_on(exchange)

    return answer


def _get(engine, path: str):
    status, answer = _common.call(engine.socket, "GET", path)
    assert status == 200
    return answer


def test_an_engine_with_two_thousand_containers_is_judged_in_the_usual_time(play, front, docker_engine, docker_eyes):
    docker_eyes.put_stranger("one-of-many")
    crowd = front.of("docker", _crowd(docker_engine, "one-of-many"))
    services = [
        {"name": name, "requirements": {"memory": f"{memory} MiB"}, "as": WEB["as"]}
        for name, memory in (("fits", LEFT_MIB), ("large", LEFT_MIB + 1))
    ]

    outcome = play.info(services=services, hosts={"crowd": crowd, **play.hosts})

    (fits,), (large,) = (
        [verdict["failures"] for verdict in one["decision"]["verdicts"] if verdict["target"] == "crowd"]
        for one in outcome["services"]
    )
    assert fits == []
    assert [(one["rule"], one["reason"]) for one in large] == [
        ("memory", f"needs {LEFT_MIB + 1} MiB of memory, has {LEFT_MIB} MiB free")
    ]
