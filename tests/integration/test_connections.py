# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way to a target: over TLS, https and ssh, as a managed node, with become, templates and vaulted secrets."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests.engines import certificates

from .conftest import DOCKER_IMAGE, LXD_IMAGE, SCRIPTS, Playbook

WEB = {"name": "web", "requirements": {"memory": "64 MiB"}, "as": {"docker_container": {"image": DOCKER_IMAGE}}}
SYSTEM = {
    "name": "sys",
    "requirements": {"memory": "64 MiB", "init": True},
    "as": {"lxd_container": {"source": {"type": "image", "alias": LXD_IMAGE}}},
}
VM = {
    "name": "db",
    "requirements": {"isolation": "machine", "memory": "1 GiB"},
    "as": {"proxmox_vm": {"clone": "debian-12-cloud"}},
}
# Whoever runs the tests may have some of them.
NO_BUNDLE = dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"))


@dataclass
class Way:
    """A target, what is put there, how its engine is asked, and what Ansible's own environment has to be."""

    host: dict
    service: dict
    eyes: object
    environment: dict[str, str | None] = field(default_factory=lambda: dict(NO_BUNDLE))


def _over_tls(request) -> Way:
    return Way(request.getfixturevalue("tls_target"), WEB, request.getfixturevalue("tls_eyes"))


def _over_https(request) -> Way:
    return Way(request.getfixturevalue("https_target"), SYSTEM, request.getfixturevalue("https_eyes"))


def _incus(request) -> Way:
    return Way(request.getfixturevalue("incus_target"), SYSTEM, request.getfixturevalue("incus_eyes"))


def _by_ssh(request, **options) -> Way:
    """The Docker SDK's own ssh, for which the controller's user has a home directory with what it takes."""
    server, home = request.getfixturevalue("ssh_server"), request.getfixturevalue("tmp_path") / "home"
    request.getfixturevalue("docker_target")
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "known_hosts").symlink_to(server.known_hosts)
    (home / ".ssh" / "id_ed25519").symlink_to(server.key)
    options = {"docker_host": f"ssh://root@{certificates.ADDRESS}:{server.port}", **options}
    host = {"ansible_connection": "local", "rightscope_kind": "docker", "rightscope_options": options}
    environment = {"HOME": str(home), "SSH_AUTH_SOCK": None, "PYTHONPATH": request.getfixturevalue("paramiko")}
    return Way(host, WEB, request.getfixturevalue("docker_eyes"), {**NO_BUNDLE, **environment})


def _by_the_ssh_command(request) -> Way:
    """It looks for nothing in $HOME, so it is told where things are by a command of that name that comes first."""
    server, way = request.getfixturevalue("ssh_server"), _by_ssh(request, use_ssh_client=True)
    command = Path(way.environment["HOME"], "bin", "ssh")
    command.parent.mkdir()
    options = f"-F /dev/null -o UserKnownHostsFile={server.known_hosts} -o IdentitiesOnly=yes -i {server.key}"
    command.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} {options} "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    way.environment["PATH"] = f"{command.parent}:{os.environ['PATH']}"
    return way


def _docker_on_a_node(request) -> Way:
    """Without options: the node's own environment names the engine's socket."""
    request.getfixturevalue("docker_target")
    host = {**request.getfixturevalue("node"), "ansible_pipelining": True, "rightscope_kind": "docker"}
    return Way(host, WEB, request.getfixturevalue("docker_eyes"))


def _without_sudo(request) -> Way:
    """Whose root becomes root, as plays for all hosts want it: a Proxmox server, a minimal Debian."""
    way = _docker_on_a_node(request)
    way.host.update(ansible_become=True, ansible_become_exe="/nowhere/sudo")
    return way


def _lxd_on_a_node(request) -> Way:
    """With become, and with variables that are made of others."""
    server, engine = request.getfixturevalue("ssh_server"), request.getfixturevalue("lxd_engine")
    request.getfixturevalue("lxd_target")
    host = {
        **request.getfixturevalue("node"),
        "my_port": server.port,
        "my_socket": engine.socket,
        "ansible_port": "{{ my_port }}",
        "ansible_become": True,
        # Every Debian system has it.
        "ansible_become_method": "su",
        "rightscope_kind": "{{ 'lxd' }}",
        "rightscope_options": {"url": "unix:{{ my_socket }}"},
    }
    return Way(host, SYSTEM, request.getfixturevalue("lxd_eyes"))


WAYS = {
    "Docker over TLS": _over_tls,
    "LXD over https": _over_https,
    "Incus": _incus,
    "Docker by ssh": _by_ssh,
    "Docker on a managed node": _docker_on_a_node,
    "Docker on a managed node without sudo": _without_sudo,
    "LXD on a managed node, with become and templates": _lxd_on_a_node,
}


@pytest.fixture
def way(request) -> Way:
    return WAYS[request.param](request)


def _through(way: Way, tmp_path, collections) -> Playbook:
    return Playbook(tmp_path, collections, {"there": way.host})


@pytest.mark.parametrize("way", WAYS, indirect=True)
def test_a_service_is_made_found_again_and_removed(way, tmp_path, collections):
    play, name = _through(way, tmp_path, collections), way.service["name"]

    foreseen, made, again = play.tasks(
        ("service_info", way.service), ("service", way.service), ("service", way.service), environment=way.environment
    )

    assert foreseen["failed"] is False, foreseen.get("msg")
    assert foreseen["decision"]["chosen"]["target"] == "there", foreseen["explanation"]
    assert (made["failed"], made["changed"]) == (False, True), made.get("msg")
    assert way.eyes.names() == [name]
    assert (way.eyes.mark(name), way.eyes.state(name)) == (name, "started")
    assert way.eyes.memory_mib(name) == 64
    assert (made["placement"]["target"], made["placement"]["id"]) == ("there", way.eyes.id(name))
    assert made["placement"]["addresses"][:1] == way.eyes.addresses(name)[:1] != []
    assert (again["changed"], again["placement"]) == (False, made["placement"])

    (removed,) = play.tasks(("service", {**way.service, "state": "absent"}), environment=way.environment)
    assert (removed["failed"], removed["changed"]) == (False, True), removed.get("msg")
    assert removed["placement"] is None
    assert way.eyes.names() == []


@pytest.fixture
def foreign(tmp_path) -> certificates.Pair:
    """An authority that has nothing to do with any target."""
    return certificates.authority(tmp_path / "foreign")


@pytest.mark.parametrize("way", ["Docker over TLS", "LXD over https"], indirect=True)
def test_another_bundle_of_authorities_in_the_environment_is_no_hindrance(way, foreign, tmp_path, collections):
    play = _through(way, tmp_path, collections)
    bundle = dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"), foreign.certificate)

    (made,) = play.tasks(("service", way.service), environment={**way.environment, **bundle})

    assert (made["failed"], made["changed"]) == (False, True), made.get("msg")
    assert way.eyes.state(way.service["name"]) == "started"


def test_files_may_be_named_from_the_home_directory(
    https_target, pve_target, https_eyes, pve_eyes, tmp_path, collections
):
    home = tmp_path / "home"
    home.mkdir()
    hosts = {}
    for name, host, option in (("https", https_target, "server_cert"), ("pve", pve_target, "ca_path")):
        (home / name).symlink_to(host["rightscope_options"][option])
        hosts[name] = {**host, "rightscope_options": {**host["rightscope_options"], option: f"~/{name}"}}

    system, machine = Playbook(tmp_path, collections, hosts).tasks(
        ("service", {**SYSTEM, "state": "present"}),
        ("service", {**VM, "state": "present"}),
        environment={**NO_BUNDLE, "HOME": str(home)},
    )

    assert (system["failed"], system["changed"]) == (False, True), system.get("msg")
    assert (machine["failed"], machine["changed"]) == (False, True), machine.get("msg")
    assert (https_eyes.names(), pve_eyes.names()) == (["sys"], ["db"])


@pytest.fixture
def silent():
    """A port that accepts a connection and never says a word."""
    with socket.create_server((certificates.ADDRESS, 0), backlog=16) as server:
        yield server.getsockname()[1]


# What is said of a target of which one thing is wrong: the cause, and what helps.
SAID = {
    "docker-ca": ("showed a certificate that could not be verified: unable to get local issuer", "set ca_path to"),
    "docker-name": ("showed a certificate that could not be verified", "tls_hostname"),
    "docker-stranger": ("broke off the TLS handshake", "a certificate that the engine trusts"),
    "docker-no-client": ("broke off the TLS handshake", "set client_cert and client_key"),
    "docker-plain": ("requires TLS, and was asked without it", "set tls: true, or validate_certs: true"),
    "docker-silent": ("did not answer within 1 s", "check its address"),
    "lxd-server": ("showed a certificate other than the expected one", "set server_cert to"),
    "lxd-no-server": ("showed a certificate that could not be verified: self-signed", "set server_cert to"),
    "lxd-stranger": ("does not trust this client's certificate", "or add it there: lxc config trust add"),
    "lxd-silent": ("did not answer within 1 s", "check its address"),
    "pve-ca": ("showed a certificate that could not be verified: self-signed", "set ca_path to"),
    "node-key": ("Permission denied (publickey)", "check that 'ansible -m ping node-key' works"),
    "node-unknown": ("host key is known for [127.0.0.1]", "check that 'ansible -m ping node-unknown' works"),
    "node-silent": ("did not answer within 1 s", "check that 'ansible -m ping node-silent' works"),
    "node-python": ("interpreter '/no/python' was not found", "check that 'ansible -m ping node-python' works"),
    "node-broken": (
        "the module ended with status 127 and without an answer, and printed 'python3.9: error while loading",
        "check that 'ansible -m ping node-broken' works",
    ),
    "node-mute": ("ended with status 1 and without an answer, and printed nothing", "'ansible -m ping node-mute'"),
}


def _wrong_targets(tls, https, node, pve, foreign, silent) -> dict[str, dict]:
    """The right targets, with one thing wrong in each."""
    stranger = {"client_cert": foreign.certificate, "client_key": foreign.key}
    mute = f"{certificates.ADDRESS}:{silent}"
    without_client = {name: value for name, value in tls["rightscope_options"].items() if not name.startswith("client")}
    without_server = {name: value for name, value in https["rightscope_options"].items() if name != "server_cert"}

    def changed(host: dict, **options) -> dict:
        return {**host, "rightscope_options": {**host["rightscope_options"], **options}}

    # Else a connection that is kept open would do for the wrong one, too.
    on_node = {**node, "rightscope_kind": "docker", "ansible_ssh_args": "-o ControlPath=none"}
    return {
        "docker-ca": changed(tls, ca_path=foreign.certificate),
        "docker-name": changed(tls, tls_hostname="dock1.example.com"),
        "docker-stranger": changed(tls, **stranger),
        "docker-no-client": {**tls, "rightscope_options": without_client},
        "docker-plain": {**tls, "rightscope_options": {"docker_host": tls["rightscope_options"]["docker_host"]}},
        "docker-silent": changed(tls, docker_host=f"tcp://{mute}"),
        "lxd-server": changed(https, server_cert=foreign.certificate),
        "lxd-no-server": {**https, "rightscope_options": without_server},
        "lxd-stranger": changed(https, **stranger),
        "lxd-silent": changed(https, url=f"https://{mute}"),
        "pve-ca": changed(pve, ca_path=foreign.certificate),
        "node-key": {**on_node, "ansible_ssh_private_key_file": foreign.key},
        "node-unknown": {
            **on_node,
            "ansible_ssh_common_args": "-F /dev/null -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes",
        },
        "node-silent": {**on_node, "ansible_port": silent},
        "node-python": {**on_node, "ansible_python_interpreter": "/no/python"},
        "node-broken": {**on_node, "ansible_python_interpreter": "{{ inventory_dir }}/broken"},
        "node-mute": {**on_node, "ansible_python_interpreter": "/bin/false"},
    }


def test_what_is_wrong_with_a_connection_is_one_sentence_in_time(
    docker_target, tls_target, https_target, node, pve_target, foreign, silent, tmp_path, collections
):
    broken = "python3.9: error while loading shared libraries: libpython3.9.so.1.0: cannot open shared object file"
    (tmp_path / "broken").write_text(f"#!/bin/sh\necho {broken} >&2\nexit 127\n", encoding="ascii")
    (tmp_path / "broken").chmod(0o755)
    hosts = _wrong_targets(tls_target, https_target, node, pve_target, foreign, silent)
    groups = {"silent": {}, "wrong": {}}
    for name, host in hosts.items():
        groups["silent" if name.endswith("silent") else "wrong"][name] = host
    inventory = {"rightscope_targets": {"right": docker_target}, **groups}

    # That the deadline was kept is what the silent ones' sentences say: ssh itself would have waited for ten seconds.
    outcomes = Playbook(tmp_path, collections, {}).tasks(
        ("service_info", {**WEB, "targets": ["right", "wrong"]}),
        ("service_info", {**WEB, "targets": ["right", "silent"], "discovery_timeout": 1}),
        environment=NO_BUNDLE,
        inventory=json.dumps({group: {"hosts": members} for group, members in inventory.items()}),
    )

    assert [outcome["decision"]["chosen"]["target"] for outcome in outcomes] == ["right", "right"]
    told = {one["target"]: one["failures"] for outcome in outcomes for one in outcome["decision"]["verdicts"]}
    assert {name: [failure["rule"] for failure in told[name]] for name in hosts} == dict.fromkeys(hosts, ["reachable"])
    wrong = {}
    for name, (cause, remedy) in SAID.items():
        (failure,) = told[name]
        if cause not in failure["reason"] or "\n" in failure["reason"] or remedy not in (failure["remedy"] or ""):
            wrong[name] = failure
    assert wrong == {}
    assert set(SAID) == set(hosts)
    assert "Traceback" not in outcomes[0].output


ON_THE_MACHINE = ("kernel_sysctls", "kernel_modules", "module_parameters", "kernel_parameters", "devices")


def test_of_a_target_behind_an_api_nothing_is_known_that_its_machine_alone_can_tell(request, tmp_path, collections):
    """The controller's kernel is another one, though here it has the very release that these engines tell."""
    by_ssh, on_node = _by_the_ssh_command(request), _docker_on_a_node(request)
    behind = {"tls": _over_tls(request).host, "https": _over_https(request).host, "ssh": by_ssh.host}
    local = {"docker": request.getfixturevalue("docker_target"), "lxd": request.getfixturevalue("lxd_target")}
    play = Playbook(tmp_path, collections, {**behind, **local, "node": on_node.host})
    asked = ("tls", "https", "docker", "lxd")
    questions = [
        (
            "target_info",
            {"kind": play.hosts[name]["rightscope_kind"], "options": play.hosts[name]["rightscope_options"]},
        )
        for name in asked
    ]
    tuned = {
        "name": "tuned",
        "requirements": {"kernel": {"sysctls": {"vm.max_map_count": 1}}},
        "as": {**WEB["as"], **SYSTEM["as"]},
    }

    *answers, decided = play.tasks(*questions, ("service_info", tuned), environment=by_ssh.environment)

    facts = {name: answer["target_facts"]["nodes"][0] for name, answer in zip(asked, answers, strict=True)}
    origins = {name: found["origins"] for name, found in facts.items()}
    for name in ("tls", "https"):
        assert "probed" not in origins[name].values(), name
        assert not set(ON_THE_MACHINE) & {*origins[name], *facts[name]["facts"]}, name
    for name in ("docker", "lxd"):
        assert {origins[name].get(fact) for fact in ON_THE_MACHINE} == {"probed"}, name
    memory = {name: found["memory_free"] for name, found in origins.items()}
    assert memory == {"tls": "estimated", "https": "api", "docker": "probed", "lxd": "probed"}
    reasons = {
        one["target"]: [(failure["rule"], failure["when"]) for failure in one["failures"]]
        for one in decided["decision"]["verdicts"]
    }
    assert reasons == {
        **dict.fromkeys(behind, [("kernel_sysctls", "unknown")]),
        **dict.fromkeys((*local, "node"), []),
    }


class Vaulted(str):
    """A text that goes into the inventory encrypted."""


def _inventory(hosts: dict[str, dict], vault: Path) -> str:
    """The inventory with its vaulted variables as people write them."""

    class Dumper(yaml.SafeDumper):
        pass

    def encrypted(dumper, text):
        encrypt = [str(SCRIPTS / "ansible-vault"), "encrypt_string", "--vault-password-file", str(vault), text]
        done = subprocess.run(encrypt, check=True, capture_output=True, text=True)
        lines = [line.strip() for line in done.stdout.splitlines()[1:]]
        return dumper.represent_scalar("!vault", "\n".join(lines) + "\n", style="|")

    Dumper.add_representer(Vaulted, encrypted)
    return yaml.dump({"rightscope_targets": {"hosts": hosts}}, Dumper=Dumper)


def test_vaulted_variables_open_targets_and_are_told_to_nobody(
    tls_target, https_target, pve_target, node, docker_target, pve_eyes, tmp_path, collections
):
    vault = tmp_path / "vault-password"
    vault.write_text("open sesame\n", encoding="utf-8")

    def vaulted(host: dict, *names: str) -> dict:
        options = host["rightscope_options"]
        return {**host, "rightscope_options": {**options, **{name: Vaulted(options[name]) for name in names}}}

    hosts = {
        "tls": vaulted(tls_target, "client_key"),
        "https": vaulted(https_target, "client_key"),
        "pve": vaulted(pve_target, "api_token_secret"),
        "node": {
            **node,
            "ansible_ssh_private_key_file": Vaulted(node["ansible_ssh_private_key_file"]),
            "rightscope_kind": "docker",
        },
    }
    secret = pve_target["rightscope_options"]["api_token_secret"]
    flags = ("--vault-password-file", str(vault), "--diff", "-vvv")

    seen, machine = Playbook(tmp_path, collections, hosts).tasks(
        ("service_info", {"name": "any", "as": {**WEB["as"], **SYSTEM["as"], **VM["as"]}}),
        ("service", {**VM, "state": "present"}),
        flags=flags,
        environment=NO_BUNDLE,
        inventory=_inventory(hosts, vault),
    )

    fits = {one["target"]: one["fits"] for one in seen["decision"]["verdicts"] if one["node"] != "pve2"}
    assert fits == dict.fromkeys(hosts, True), seen["explanation"]
    assert (machine["failed"], machine["changed"]) == (False, True), machine.get("msg")
    assert pve_eyes.names() == ["db"]
    results = str([outcome.result for outcome in (seen, machine)])
    assert secret not in results + machine.output
    assert "$ANSIBLE_VAULT" not in results + machine.output
