# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody else's word can do, on the engines themselves: forged marks, signed ones, and whose variables count."""

from __future__ import annotations

import json
import socket
import subprocess

import pytest

from .conftest import DOCKER_IMAGE, LXD_IMAGE, SCRIPTS, _environment
from .test_inventory import PLUGIN, Inventory

FORGED = [
    *("localhost", "all", "ungrouped", "dock1", "x y", "a;b", "{{7*7}}", "127.0.0.1", "::1", "ansible_limit", "*"),
    *("dockers", "db1", "\x1b[31mred\x1b[0m", "web\x1b]0;title\x07", "\u202egnp", "../web", "-oProxyCommand=x"),
]
"""The controller, a target, a group and a host of the inventory, and what is no name at all."""

REFUSED = ["localhost", "all", "ungrouped", "dock1", "dockers", "db1"]
KEY = "sentinel-key-of-the-marks"
WEB = {"name": "web", "as": {"docker_container": {"image": DOCKER_IMAGE}}, "targets": ["dock1"]}


def _flat(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def inventory(tmp_path, collections, docker_target) -> Inventory:
    made = Inventory(tmp_path, collections)
    there = {"db1": {"ansible_host": "192.0.2.7"}, "plain": {}, "declared": {"colour": "red"}}
    made.write(
        "hosts.yml",
        {
            "rightscope_targets": {"children": {"dockers": {"hosts": {"dock1": docker_target}}}},
            "others": {"hosts": {"db1": there["db1"], "plain": {}}},
            "rightscope_services": {"hosts": {"declared": there["declared"]}},
        },
    )
    made.write("rightscope.yml", PLUGIN)
    return made


def _forge(eyes, name: str, **labels: str) -> None:
    words = [word for key, value in labels.items() for word in ("--label", f"rightscope.{key}={value}")]
    eyes.do("run", "--detach", "--name", name, *words, DOCKER_IMAGE)


def test_a_forged_mark_takes_over_nothing(inventory, docker_eyes):
    """Whoever may start a container on the engine can write any name into its label."""
    for number, name in enumerate(FORGED):
        _forge(docker_eyes, f"evil{number}", service=name)
    _forge(docker_eyes, "evil-plain", service="plain")
    _forge(docker_eyes, "declared", service="declared")
    _forge(docker_eyes, "good", service="good")

    groups, hosts, said = inventory.list()

    assert sorted(groups["rightscope_services"]) == ["declared", "good"]
    assert {name for group in groups.values() for name in group} == {"db1", "declared", "dock1", "good", "plain"}
    assert hosts["dock1"]["ansible_connection"] == "local"
    assert (hosts["db1"]["ansible_host"], "ansible_host" in hosts.get("plain", {})) == ("192.0.2.7", False)
    assert (hosts["declared"]["colour"], hosts["declared"]["ansible_host"]) == ("red", "declared")
    assert not {"\x1b", "\x07", "\u202e"} & set(said)
    assert "49" not in hosts
    assert "its name is not the name of a service" in _flat(said)
    for name in ("dockers", "dock1", "db1", "plain"):
        assert f"No host was made of service '{name}' on 'dock1'" in _flat(said)
    assert "Traceback" not in said
    assert socket.gethostname() in inventory.ask("localhost", "hostname").splitlines()
    asked = inventory.ask("rightscope_services", "hostname")
    assert sorted(line.split()[0] for line in asked.splitlines() if "|" in line) == ["declared", "good"]
    assert socket.gethostname() not in asked.splitlines()


@pytest.mark.parametrize("name", REFUSED)
def test_no_task_gives_a_service_such_a_name(inventory, docker_eyes, name):
    done = _place(inventory, {**WEB, "name": name})
    assert done.returncode != 0
    said = _flat(done.stdout)
    assert "must not b" in said or "cannot become a host" in said
    assert docker_eyes.names() == []


def _place(inventory: Inventory, service: dict, *flags: str) -> subprocess.CompletedProcess:
    tasks = [{"name": "Place it", "rightscope.deploy.service": service}]
    play = {"name": "Place it", "hosts": "localhost", "gather_facts": False, "tasks": tasks}
    book = inventory.directory.parent / "book.yml"
    book.write_text(json.dumps([play]), encoding="utf-8")
    return subprocess.run(
        [str(SCRIPTS / "ansible-playbook"), "-i", "inventory", book.name, *flags],
        capture_output=True,
        text=True,
        env=_environment(inventory.collections),
        cwd=inventory.directory.parent,
        timeout=240,
        check=False,
    )


def test_a_group_of_the_services_name_stays_what_it_is(inventory, docker_target, docker_eyes):
    """The group's hosts are no services, and a play on all services is not on them."""
    lab = {"ansible_connection": "local", "mine": "untouched"}
    inventory.write(
        "hosts.yml", {"rightscope_targets": {"hosts": {"dock1": docker_target}}, "web": {"hosts": {"lab": lab}}}
    )
    done = _place(inventory, {**WEB, "add_to_inventory": False})
    assert done.returncode == 0, done.stdout
    assert docker_eyes.names() == ["web"]

    groups, hosts, said = inventory.list()

    assert hosts["lab"] == lab
    assert [name for name, group in groups.items() if "lab" in group] == ["web"]
    assert "rightscope_services" not in groups
    assert "the inventory has a group of that name" in _flat(said)
    assert "lab |" not in inventory.ask("rightscope_services:rightscope_docker_container", "hostname")


def test_several_with_one_mark_are_the_service_only_where_they_have_its_names(inventory, docker_eyes):
    _forge(docker_eyes, "aaa", service="web")
    _forge(docker_eyes, "web", service="web")
    _forge(docker_eyes, "web-x", service="web", process="{{7*7}}")

    groups, hosts, said = inventory.list()

    assert groups["rightscope_services"] == ["declared", "web"]
    assert hosts["web"]["ansible_host"] == "web"
    assert "what has it is not a part of service 'web'" in _flat(said)
    assert "its process is not the name of a process" in _flat(said)


# --- the variables of a target --------------------------------------------------------------------

VAULT = "a password of the vault"


def _encrypted(inventory: Inventory, name: str) -> None:
    (inventory.directory.parent / "password").write_text(VAULT, encoding="utf-8")
    subprocess.run(
        [str(SCRIPTS / "ansible-vault"), "encrypt", "--vault-password-file", "password", f"inventory/{name}"],
        check=True,
        capture_output=True,
        env=_environment(inventory.collections),
        cwd=inventory.directory.parent,
    )


@pytest.mark.parametrize(
    ("files", "flags"),
    [
        pytest.param({"inventory/group_vars/all.yml": "RIGHT"}, (), id="a file"),
        pytest.param({"inventory/group_vars/all/one.yml": "RIGHT"}, (), id="a directory"),
        pytest.param({"inventory/group_vars/all/vault.yml": "RIGHT"}, ("vault",), id="a vault"),
        pytest.param(
            {"inventory/group_vars/all.yml": "wrong", "inventory/group_vars/dockers.yml": "RIGHT"},
            (),
            id="a group wins",
        ),
        pytest.param(
            {"inventory/group_vars/outer.yml": "wrong", "inventory/group_vars/dockers.yml": "RIGHT"},
            (),
            id="a child wins",
        ),
        pytest.param({"inventory/group_vars/outer.yml": "RIGHT"}, (), id="an outer group"),
        pytest.param(
            {"inventory/group_vars/dockers.yml": "wrong", "inventory/host_vars/dock1.yml": "RIGHT"},
            (),
            id="a host wins",
        ),
        pytest.param({"inventory/a_vars.yml": "RIGHT"}, (), id="of the group all itself"),
        pytest.param({"inventory/group_vars/ungrouped.yml": "RIGHT"}, ("alone",), id="ungrouped"),
        pytest.param({"group_vars/all.yml": "RIGHT"}, ("playbook",), id="beside the playbook"),
        pytest.param(
            {"inventory/group_vars/all.yml": "wrong", "group_vars/all.yml": "RIGHT"},
            ("playbook",),
            id="the playbook wins",
        ),
        pytest.param(
            {"inventory/deep/group_vars/all.yml": "wrong", "inventory/group_vars/all.yml": "RIGHT"}, (), id="deep"
        ),
    ],
)
def test_a_target_has_the_variables_that_a_play_would_have(inventory, docker_target, docker_eyes, files, flags):
    address = docker_target["rightscope_options"]["docker_host"]
    target = {**docker_target, "rightscope_options": {"docker_host": "{{ where }}"}}
    alone = {"all": {"hosts": {"dock1": target}}}
    grouped = {
        "outer": {"children": {"dockers": {"hosts": {"dock1": target}}}},
        "rightscope_targets": {"hosts": {"dock1": {}}},
    }
    inventory.write("hosts.yml", alone if "alone" in flags else grouped)
    inventory.write("deep/none.yml", {"none": {}})
    inventory.write("rightscope.yml", {**PLUGIN, "targets": ["dock1"]})
    for name, value in files.items():
        content = {"where": address if value == "RIGHT" else "unix:///wrong"}
        if name.endswith("a_vars.yml"):
            content = {"all": {"vars": content}}
        inventory.write(f"../{name}", content)
        if "vault" in flags:
            _encrypted(inventory, name.removeprefix("inventory/"))
    _forge(docker_eyes, "web", service="web")
    words = ["--playbook-dir", "."] if "playbook" in flags else []
    words += ["--vault-password-file", "password"] if "vault" in flags else []

    told = inventory._run("ansible-inventory", "--graph", "rightscope_services", *words)

    assert "|--web" in told.stdout, told.stderr


# --- signed marks ---------------------------------------------------------------------------------


def _signed(case, play, key=KEY) -> None:
    target = play.hosts[case.target]
    play.hosts = {case.target: {**target, "rightscope_mark_key": key}}


def test_a_signed_service_lives_as_any_other_and_the_key_goes_nowhere(case, play):
    _signed(case, play)

    foreseen = play.service("--check", "--diff", "-vvvv", name="web", **case.args)
    first = play.service("--diff", "-vvvv", name="web", **case.args)
    before = case.eyes.view("web")
    second = play.service("--diff", "-vvvv", name="web", **case.args)

    assert first["failed"] is False, first["msg"]
    assert (foreseen["changed"], first["changed"], second["changed"]) == (True, True, False)
    assert foreseen["diff"] == first["diff"]
    assert case.eyes.view("web") == before
    inspected = json.dumps(case.eyes.inspect("web"))
    assert "rightscope.signature" in inspected
    assert KEY not in inspected
    for one in (foreseen, first, second):
        assert KEY not in one.output
        assert KEY not in json.dumps(one.result)
    assert play.service(name="web", state="absent", **case.args)["changed"] is True
    assert case.eyes.names() == []


def test_a_key_that_is_put_before_the_old_one_ends_nothing(case, play):
    _signed(case, play, "the key of last year")
    play.service(name="web", **case.args)
    began = case.eyes.view("web")
    _signed(case, play, [KEY, "the key of last year"])

    play.service(name="web", **case.args)
    again = play.service(name="web", **case.args)

    assert again["changed"] is False
    after = case.eyes.view("web")
    assert (after["id"], after["since"]) == (began["id"], began["since"])
    if case.form != "docker_container":
        # What can be signed anew in place is, so that the old key can go.
        _signed(case, play)
        assert play.service(name="web", **case.args)["changed"] is False


@pytest.mark.parametrize("mark", ["unsigned", "of another key"])
def test_what_is_not_signed_is_a_stranger_and_stays_untouched(case, play, mark):
    if mark == "of another key":
        _signed(case, play, "a key of another team")
    assert play.service(name="web", **case.args)["failed"] is False
    seen = case.eyes.everything("web")
    _signed(case, play)

    again = play.service(name="web", **case.args)
    gone = play.service(name="web", state="absent", **case.args)

    assert again["failed"] is True
    assert "name_taken" in again["msg"]
    assert (gone["failed"], gone["changed"]) == (False, False)
    assert "Something on" in gone.output
    assert case.eyes.everything("web") == seen
    if case.form != "docker_container":
        assert play.service(name="web", adopt=True, **case.args)["changed"] is True
        assert play.service(name="web", **case.args)["failed"] is False
        assert play.service(name="web", state="absent", **case.args)["changed"] is True


def test_the_inventory_knows_a_signed_service_and_warns_of_a_forged_one(inventory, docker_target, docker_eyes):
    inventory.write(
        "hosts.yml", {"rightscope_targets": {"hosts": {"dock1": {**docker_target, "rightscope_mark_key": KEY}}}}
    )
    assert _place(inventory, WEB).returncode == 0
    label = docker_eyes.inspect("web")["Config"]["Labels"]["rightscope.signature"]
    _forge(docker_eyes, "other", service="other")
    _forge(docker_eyes, "copy", service="web", signature=label)

    groups, _hosts, said = inventory.list()

    assert groups["rightscope_services"] == ["web"]
    assert "the mark of 'other' on 'dock1': it is not signed" in _flat(said)
    wrong = "it is signed with a key other than 'rightscope_mark_key', or for another instance"
    assert f"the mark of 'web' on 'dock1': {wrong}" in _flat(said)
    assert KEY not in said
    assert docker_eyes.id("web")[:12] in inventory.ask("web", "hostname")


# --- other words of somebody else -----------------------------------------------------------------


def test_no_template_is_rendered_in_what_an_engine_tells(inventory, lxd_target, lxd_eyes):
    inventory.write("hosts.yml", {"rightscope_targets": {"hosts": {"lab": lxd_target}}})
    body = {
        "name": "web",
        "description": "{{ 7*7 }}",
        "config": {"user.rightscope.service": "web", "user.more": "{{ 7*7 }}"},
        "source": {"type": "image", "alias": LXD_IMAGE},
    }
    lxd_eyes.do("POST", "/1.0/instances", body)
    lxd_eyes.do("POST", "/1.0/instances", {**body, "name": "b", "config": {"user.rightscope.service": "{{ 7*7 }}"}})

    groups, hosts, said = inventory.list()

    assert groups["rightscope_services"] == ["web"]
    assert "49" not in json.dumps(hosts) + said
    assert "the mark of '{{ 7*7 }}' on 'lab'" in _flat(said)


def test_a_forged_line_in_a_description_makes_no_host(inventory, pve_target, pve_eyes):
    inventory.write("hosts.yml", {"rightscope_targets": {"hosts": {"pve": pve_target}}})
    for vmid, name in enumerate(("localhost", "x y", "pve", "{{7*7}}", "\x1b[31mred"), start=150):
        config = {"memory": "512", "cores": 1, "tags": "rightscope", "description": f"rightscope.service: {name}"}
        pve_eyes.engine.control("add_vm", vmid, f"vm{vmid}", node="pve1", status="running", config=config)

    groups, _hosts, said = inventory.list()

    assert "rightscope_services" not in groups
    assert "\x1b" not in said
    assert "No host was made of service 'pve' on 'pve': that is the name of a target" in _flat(said)
