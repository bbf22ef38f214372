# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a decision promises is given, several are explained at once, and saved facts decide like live ones."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml

from .conftest import DOCKER_IMAGE, LXD_IMAGE, SCRIPTS, _environment

WEB = {"name": "web", "as": {"docker_container": {"image": DOCKER_IMAGE}}}
SYSTEM = {"as": {"lxd_container": {"source": {"type": "image", "alias": LXD_IMAGE}}}}


# --- needs become what the engine has -------------------------------------------------------------


def test_a_container_has_what_its_needs_take(play, docker_eyes):
    web = {
        **WEB,
        "requirements": {
            "kernel": {"sysctls": {"net.core.somaxconn": 4096}},
            "privileges": ["NET_ADMIN"],
            "shm": "128 MiB",
            "ports": ["18090:80"],
        },
    }

    foreseen = play.service("--check", **web)
    outcome = play.service(**web)

    assert (outcome["failed"], outcome["changed"]) == (False, True)
    assert foreseen["diff"] == outcome["diff"]
    host = docker_eyes.inspect("web")["HostConfig"]
    assert host["Sysctls"] == {"net.core.somaxconn": "4096"}
    assert [name.removeprefix("CAP_") for name in host["CapAdd"]] == ["NET_ADMIN"]
    assert host["ShmSize"] == 128 * 2**20
    assert host["PortBindings"]["80/tcp"][0]["HostPort"] == "18090"
    assert outcome["decision"]["verdicts"][0]["grants"] == ["capability NET_ADMIN"]
    assert (
        "net.core.somaxconn>=4096 is namespaced (network), and set for this container alone."
        in (outcome["decision"]["proof"])
    )
    # Its own port is taken by itself, which is no reason to leave.
    assert play.service(**web)["changed"] is False


def test_a_host_port_that_somebody_else_has_rejects_the_candidate(play, docker_eyes):
    play.service(**{**WEB, "requirements": {"ports": ["18090:80"]}})

    other = {**WEB, "name": "other", "requirements": {"ports": ["18090:80"], "forms": ["docker_container"]}}
    outcome = play.service(**other)

    assert outcome["failed"] is True
    assert "its port 18090/tcp is taken [ports]" in " ".join(outcome["msg"].split())
    assert docker_eyes.names() == ["web"]


def test_a_system_container_has_what_its_needs_take(play, lxd_eyes):
    box = {
        "name": "box",
        "requirements": {
            "init": True,
            "kernel": {"features": ["nested_containers"], "sysctls": {"net.core.somaxconn": 4096}},
            "max_privilege": "nesting",
        },
        **SYSTEM,
    }

    outcome = play.service(**box)

    assert (outcome["failed"], outcome["changed"]) == (False, True)
    assert outcome["placement"]["form"] == "lxd_container"
    config = lxd_eyes.inspect("box")["config"]
    assert config["security.nesting"] == "true"
    assert config["linux.sysctl.net.core.somaxconn"] == "4096"
    assert outcome["decision"]["verdicts"][0]["grants"] == ["nesting"]
    assert play.service(**box)["changed"] is False


def test_an_agent_sees_the_host(play, docker_eyes):
    agent = {**WEB, "requirements": {"host_view": True}}

    outcome = play.service(**agent)

    assert (outcome["failed"], outcome["changed"]) == (False, True)
    assert docker_eyes.inspect("web")["HostConfig"]["PidMode"] == "host"
    assert play.service(**agent)["changed"] is False


def test_a_wish_that_comes_true_is_there(play, docker_eyes):
    wishes = {
        "kernel": {"sysctls": {"net.core.somaxconn": {"value": 4097, "optional": True}}},
        "ports": [{"port": 80, "host": 18091, "optional": True}],
        "devices": [{"path": "/dev/surely-not-there", "optional": True}],
    }
    web = {**WEB, "requirements": wishes}

    outcome = play.service(**web)

    assert (outcome["failed"], outcome["changed"]) == (False, True)
    host = docker_eyes.inspect("web")["HostConfig"]
    assert host["Sysctls"] == {"net.core.somaxconn": "4097"}
    assert host["PortBindings"]["80/tcp"][0]["HostPort"] == "18091"
    assert not host["Devices"]
    assert outcome["decision"]["verdicts"][0]["scores"]["wishes"] == 67
    assert play.service(**web)["changed"] is False


def test_what_a_container_needs_no_more_is_taken_from_it(play, docker_eyes):
    needs = {"memory": "64 MiB", "privileges": ["NET_ADMIN"], "kernel": {"sysctls": {"net.core.somaxconn": 4096}}}
    with_env = {"docker_container": {"image": DOCKER_IMAGE, "env": {"GREETING": "hello"}, "volumes": ["data:/data"]}}
    play.service(name="web", requirements=needs, **{"as": with_env})

    foreseen = play.service("--check", **WEB, replace="when_needed")
    outcome = play.service(**WEB, replace="when_needed")

    assert (outcome["failed"], outcome["changed"]) == (False, True)
    assert foreseen["diff"] == outcome["diff"]
    seen = docker_eyes.inspect("web")
    host = seen["HostConfig"]
    assert not any(host.get(name) for name in ("CapAdd", "Sysctls", "Binds", "Memory"))
    assert not [entry for entry in seen["Config"]["Env"] if entry.startswith("GREETING")]
    assert outcome["decision"]["verdicts"][0]["grants"] == []
    assert play.service(**WEB)["changed"] is False


def test_what_a_system_container_needs_no_more_is_taken_from_it(play, lxd_eyes):
    needs = {
        "init": True,
        "memory": "96 MiB",
        "kernel": {"features": ["nested_containers"]},
        "max_privilege": "nesting",
    }
    play.service(name="box", requirements=needs, **SYSTEM)
    plain = {"name": "box", "requirements": {"init": True}, **SYSTEM}

    outcome = play.service(**plain)

    assert (outcome["failed"], outcome["changed"]) == (False, True)
    config = lxd_eyes.inspect("box")["config"]
    assert not {"security.nesting", "limits.memory"} & set(config)
    assert lxd_eyes.state("box") == "started"
    assert play.service(**plain)["changed"] is False


def test_what_the_user_did_not_allow_is_not_granted(play, lxd_eyes, docker_eyes):
    box = {"name": "box", "requirements": {"kernel": {"features": ["nested_containers"]}}, **SYSTEM}

    outcome = play.service(targets=["dock1", "lab"], **box)

    assert outcome["failed"] is True
    text = " ".join(outcome["msg"].split())
    assert "must be granted nesting for nested_containers, which is more than max_privilege 'capabilities'" in text
    assert "say 'max_privilege: nesting'" in text
    assert lxd_eyes.names() == docker_eyes.names() == []


def test_a_guest_is_shown_the_processor_that_its_system_is_built_for(play, pve_eyes):
    vm = {
        "name": "db",
        "requirements": {"isolation": "machine", "cpu_features": ["aes", "avx2"]},
        "as": {"proxmox_vm": {"clone": "debian-12-cloud"}},
    }

    outcome = play.service(**vm)

    assert (outcome["failed"], outcome["changed"]) == (False, True)
    assert pve_eyes.inspect("db")["config"]["cpu"] == "x86-64-v3"
    assert play.service(**vm)["changed"] is False


# --- several at once, and as a table ----------------------------------------------------------------

LIST = [
    WEB,
    {"name": "mail", "requirements": {"init": True, "processes": 3}, **SYSTEM},
    {"name": "huge", "requirements": {"memory": "900 TiB"}},
]


def test_several_services_are_decided_at_once_and_nothing_is_made(play, docker_eyes, lxd_eyes, pve_eyes):
    outcome = play.info(services=LIST)

    assert (outcome["failed"], outcome["changed"]) == (False, False)
    chosen = {one["name"]: one["decision"]["chosen"] for one in outcome["services"]}
    assert {name: place and place["form"] for name, place in chosen.items()} == {
        "web": "docker_container",
        "mail": "lxd_container",
        "huge": None,
    }
    for one in outcome["services"]:
        assert one["explanation"] in outcome["explanation"]
    assert docker_eyes.names() == lxd_eyes.names() == pve_eyes.names() == []


def test_in_a_list_each_service_is_found_where_it_is(play, docker_eyes):
    play.service(**WEB)
    docker_eyes.put_stranger("mail")

    outcome = play.info(services=LIST)

    web, mail, _huge = outcome["services"]
    assert web["placement"]["id"] == docker_eyes.id("web")
    assert mail["placement"] is None
    rules = {one["target"]: {failure["rule"] for failure in one["failures"]} for one in mail["decision"]["verdicts"]}
    assert "name_taken" in rules["dock1"]


@pytest.mark.parametrize(("suffix", "mark"), [(".md", "| "), (".html", "<table")])
def test_a_report_is_written_once_and_not_in_check_mode(play, tmp_path, suffix, mark):
    path = tmp_path / f"placement{suffix}"

    foreseen = play.info("--check", services=LIST, report=str(path))
    assert foreseen["changed"] is True
    assert not path.exists()

    assert play.info(services=LIST, report=str(path))["changed"] is True
    text = path.read_text(encoding="utf-8")
    assert mark in text
    for name in ("web", "mail", "huge", "dock1", "lab"):
        assert name in text
    assert list(tmp_path.glob(f".{path.name}*")) == []


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        pytest.param({}, "Neither 'name' nor 'services' is given", id="neither"),
        pytest.param({**WEB, "services": LIST}, "Both 'name' and 'services' are given", id="both"),
        pytest.param({"services": []}, "services must name at least one service", id="none"),
        pytest.param({"services": ["web"]}, "services[0] must be a mapping with the keys name", id="no mapping"),
        pytest.param({"services": [{"nmae": "web"}]}, "services[0].nmae is not known; did you mean 'name'?", id="key"),
        pytest.param(
            {"services": [{"name": "db", "requirements": {"memory": "lots"}}, WEB]},
            "services[0].requirements.memory must be a size",
            id="requirement of the first",
        ),
        pytest.param(
            {"services": [WEB, WEB]}, "services[1].name is already the name of an earlier service", id="twice"
        ),
        pytest.param(
            {"services": [WEB, {"name": "db", "requirements": {"memory": "lots"}}]},
            "services[1].requirements.memory must be a size",
            id="requirement",
        ),
        pytest.param({**WEB, "report": "x.pdf"}, "report must end in .md or .html", id="report"),
        pytest.param({**WEB, "report": "/nowhere/x.md"}, "there is no directory '/nowhere'", id="directory"),
    ],
)
def test_a_mistake_in_a_list_or_a_report_is_one_sentence(play, args, sentence):
    outcome = play.info(**args)
    assert outcome["failed"] is True
    assert sentence in outcome["msg"]
    assert "Traceback" not in outcome.output


def test_the_playbook_explains_a_list_of_services(play, tmp_path, collections):
    (tmp_path / "services.yml").write_text(yaml.safe_dump({"rightscope_services": LIST}), encoding="utf-8")
    inventory = {"rightscope_targets": {"hosts": play.hosts}}
    (tmp_path / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")

    done = subprocess.run(
        [
            *(str(SCRIPTS / "ansible-playbook"), "rightscope.deploy.explain", "-i", "hosts.json"),
            *("-e", "@services.yml", "-e", "rightscope_report=placement.html"),
        ],
        capture_output=True,
        text=True,
        env=_environment(collections),
        cwd=tmp_path,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Service 'web' goes to 'dock1', a Docker container" in done.stdout
    assert "No candidate fits service 'huge'" in done.stdout
    assert "<table" in (tmp_path / "placement.html").read_text(encoding="utf-8")


# --- saved facts ------------------------------------------------------------------------------------


def _record(play, directory, name: str = "dock1"):
    """The facts of a live target, as anybody would save them."""
    target = play.hosts[name]
    args = {"kind": target["rightscope_kind"], "options": target["rightscope_options"]}
    outcome = play.run("rightscope.deploy.target_info", args)
    (directory / "dock.yml").write_text(yaml.safe_dump(outcome["target_facts"]), encoding="utf-8")
    return {"saved": {"rightscope_recorded": "dock.yml"}}


def test_a_decision_on_saved_facts_is_that_on_live_ones_and_nothing_is_made(play, tmp_path, docker_eyes):
    hosts = _record(play, tmp_path)
    live = play.info(**WEB, targets=["dock1"])

    saved = play.info(**WEB, hosts=hosts)

    assert saved["decision"]["chosen"]["form"] == "docker_container"
    found, wanted = saved["decision"]["verdicts"][0], live["decision"]["verdicts"][0]
    assert (found["fits"], found["failures"], found["grants"]) == (wanted["fits"], [], [])
    for flags in (("--check",), ()):
        refused = play.service(*flags, **WEB, hosts=hosts)
        assert refused["failed"] is True
        assert "'saved' is a recorded target: a decision on it is real" in refused["msg"]
        assert refused["decision"]["chosen"]["target"] == "saved"
    assert docker_eyes.names() == []


def test_facts_that_are_written_by_hand_decide(play, tmp_path):
    facts = {
        "kind": "proxmox",
        "nodes": [{"name": "pve1", "facts": {"cpus": 8, "memory": 65536, "memory_free": 40000}}],
    }
    facts["nodes"][0]["facts"] |= {
        "storages": {"local-zfs": 500000},
        "images": [{"id": 900, "names": ["bsd"], "os": "freebsd"}],
    }
    (tmp_path / "facts.json").write_text(json.dumps(facts), encoding="utf-8")

    outcome = play.info(
        name="edge",
        requirements={"os_family": "freebsd", "memory": "4 GiB"},
        hosts={"what-if": {"rightscope_recorded": "facts.json"}},
    )

    assert outcome["decision"]["chosen"] == {"target": "what-if", "node": "pve1", "form": "proxmox_vm"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(None, "was not found; looked for", id="no file"),
        pytest.param("- a", "It must be a mapping that has a list of 'nodes'", id="no mapping"),
        pytest.param(
            "kind: docker\nnodes: [{facts: {}}]", "nodes[0] must be a mapping that has a 'name'", id="no name"
        ),
        pytest.param(
            "kind: docker\nnodes: [{name: a, facts: {cpu: 1}}]", "'cpu' is not a fact; did you mean 'cpus'?", id="fact"
        ),
        pytest.param("nodes: [{name: a}]", "Host 'saved' is a target and has no 'rightscope_kind'", id="no kind"),
    ],
)
def test_saved_facts_that_are_none_are_named(play, tmp_path, content, sentence):
    if content is not None:
        (tmp_path / "dock.yml").write_text(content, encoding="utf-8")
    outcome = play.info(**WEB, hosts={"saved": {"rightscope_recorded": "dock.yml"}})
    assert outcome["failed"] is True
    assert sentence in outcome["msg"]
    assert "Traceback" not in outcome.output


def test_the_playbook_records_every_target_so_that_it_decides_as_before(play, tmp_path, collections, pve):
    # The target's own connection is local: the interpreter that has the libraries is the one that runs Ansible.
    variables = {"ansible_python_interpreter": sys.executable}
    inventory = {"rightscope_targets": {"hosts": play.hosts, "vars": variables}}
    (tmp_path / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    services = [WEB, {"name": "db", "requirements": {"kernel": {"own": True}}}]
    live = play.info(services=services)

    done = subprocess.run(
        [str(SCRIPTS / "ansible-playbook"), "rightscope.deploy.record", "-i", "hosts.json"],
        capture_output=True,
        text=True,
        env=_environment(collections, PWD=str(tmp_path)),
        cwd=tmp_path,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    files = sorted((tmp_path / "recorded").iterdir())
    assert [path.name for path in files] == ["dock1.yml", "lab.yml", "pve.yml"]
    assert not [path for path in files if pve.options["api_token_secret"] in path.read_text(encoding="utf-8")]
    saved = play.info(
        services=services, hosts={name: {"rightscope_recorded": f"recorded/{name}.yml"} for name in play.hosts}
    )
    for before, after in zip(live["services"], saved["services"], strict=True):
        assert after["decision"]["chosen"] == before["decision"]["chosen"]
        assert [one["failures"] for one in after["decision"]["verdicts"]] == [
            one["failures"] for one in before["decision"]["verdicts"]
        ]
