# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a service is and how the next play reaches it; what of that becomes a host of the playbook."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleActionFail
from ansible.template import is_trusted_as_template, trust_as_template

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import inventory_host as _joining
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import placement as _placement
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core import candidates as _candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Instance, Target

KEY = "ssh-ed25519 AAAAC3Nza"


def one(name: str = "web", form: str = "docker_container", **more) -> Instance:
    return Instance(form=form, name=name, id="1", node="n", state="started", **more)


def test_where_only_the_target_itself_reaches_its_engine_it_is_by_way_of_it():
    target = Target(name="dock1", kind="docker", local=False)
    assert _placement.connection_to(target, one()) == {
        "ansible_connection": "rightscope.deploy.through",
        "ansible_host": "web",
        "ansible_rightscope_target": "dock1",
        "ansible_rightscope_command": ["docker", "exec", "--interactive", "web"],
    }


def test_where_nothing_leads_into_it_there_is_no_connection():
    target = Target(name="lab", kind="lxd", local=False, options={"url": "https://lab:8443"})
    assert _placement.connection_to(target, one(form="lxd_container")) == {}


def test_a_machine_is_reached_over_its_network_wherever_its_api_is():
    vm = one(form="proxmox_vm", addresses=("10.0.0.2",), config={"config": {"ciuser": "ops"}})
    target = Target(name="pve", kind="proxmox", local=False)
    wanted = {"ansible_connection": "ssh", "ansible_host": "10.0.0.2", "ansible_user": "ops"}
    assert _placement.connection_to(target, vm) == wanted


def test_no_secret_is_in_a_connection():
    options = {"url": "https://lab:8443", "client_key": "/key", "trust_password": "sentinel"}
    found = _placement.connection_to(Target(name="lab", kind="lxd", options=options), one(form="lxd_container"))
    assert found["ansible_lxd_api_client_key"] == "/key"
    assert "sentinel" not in str(found)


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        pytest.param(
            {"id_ed25519": "", "id_ed25519.pub": f"{KEY} other comment\n"}, "id_ed25519", id="of the same key"
        ),
        pytest.param({"id_rsa": "", "id_rsa.pub": "ssh-rsa AAAAother"}, None, id="of another key"),
        pytest.param({"gone.pub": KEY}, None, id="the private one is not here"),
        pytest.param({"odd.pub": b"\xff\xfe", "odd": ""}, None, id="no text"),
        pytest.param({}, None, id="none"),
    ],
)
def test_the_private_key_of_a_machine_is_the_one_whose_public_one_it_lets_in(monkeypatch, tmp_path, there, wanted):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    for name, content in there.items():
        (tmp_path / ".ssh" / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    vm = one(form="proxmox_vm", config={"config": {"sshkeys": KEY.replace(" ", "%20")}})

    found = _placement.connection_to(Target(name="pve", kind="proxmox"), vm)

    assert found.get("ansible_ssh_private_key_file") == (str(tmp_path / ".ssh" / wanted) if wanted else None)


def test_the_key_that_the_configuration_names_comes_first(monkeypatch, tmp_path):
    (tmp_path / "mine").touch()
    (tmp_path / "mine.pub").write_text(KEY, encoding="utf-8")
    monkeypatch.setattr(_placement.C, "DEFAULT_PRIVATE_KEY_FILE", str(tmp_path / "mine"), raising=False)
    vm = one(form="proxmox_vm", config={"config": {"sshkeys": KEY}})
    found = _placement.connection_to(Target(name="pve", kind="proxmox"), vm)
    assert found["ansible_ssh_private_key_file"] == str(tmp_path / "mine")


def test_of_several_containers_the_first_by_name_speaks_for_all():
    several = (one("shop-web"), one("shop-app"))
    for order in (several, several[::-1]):
        placed = _placement.placement("shop", Target(name="dock1", kind="docker"), order)
        assert (placed["id"], placed["connection"]["ansible_host"]) == ("shop", "shop-app")


# --- joining the inventory ------------------------------------------------------------------------


class Action:
    """An action as ansible-core before 2.21 has it."""

    def __init__(self, loop=None, changed_when=()) -> None:
        self._task = SimpleNamespace(loop=loop, loop_with=None, changed_when=list(changed_when))


class Newer(Action):
    """An action that can say it itself."""

    def __init__(self) -> None:
        super().__init__()
        self.added = []

    def add_host(self, **host) -> bool:
        self.added.append(host)
        return True


@pytest.fixture
def warned(monkeypatch) -> list[str]:
    warnings = []
    monkeypatch.setattr(_joining.display, "warning", warnings.append)
    return warnings


def answer(changed=False, **more) -> dict:
    placed = _placement.placement("web", Target(name="dock1", kind="docker"), (one(),))
    return {"changed": changed, "placement": placed | more}


@pytest.mark.parametrize("changed", [True, False])
def test_what_became_of_the_service_is_said_whatever_became_of_the_inventory(changed, warned):
    action = Action()
    joined = _joining.join(action, answer(changed), {})
    assert joined["add_host"]["host_name"] == "web"
    assert joined["add_host"]["groups"] == ["rightscope_services", "rightscope_docker_container"]
    assert joined["add_host"]["host_vars"]["ansible_host"] == "web"
    assert joined["add_host"]["host_vars"]["rightscope_placement"]["target"] == "dock1"
    assert action._task.changed_when == [changed]
    assert warned == []


def test_the_users_own_word_on_what_is_changed_stands():
    action = Action(changed_when=["false"])
    _joining.join(action, answer(True), {})
    assert action._task.changed_when == ["false"]


def test_a_newer_ansible_is_told_by_its_own_way():
    action, given = Newer(), answer()
    assert _joining.join(action, given, {}) == given
    (host,) = action.added
    assert (host["host_name"], action._task.changed_when) == ("web", [])
    assert host["parent_group_names"] == ["rightscope_services", "rightscope_docker_container"]


@pytest.mark.parametrize(
    ("placed", "said"),
    [
        pytest.param(None, [], id="nowhere"),
        pytest.param({"id": None}, [], id="only foreseen"),
        pytest.param({"connection": {}}, ["Nothing on 'dock1' runs a command in service 'web'"], id="no way in"),
    ],
)
def test_what_cannot_be_reached_is_no_host(placed, said, warned):
    given = {"changed": True, "placement": None} if placed is None else answer(True, **placed)
    assert _joining.join(Action(), given, {}) == given
    assert [text[: len(begin)] for text, begin in zip(warned, said, strict=True)] == said


@pytest.mark.parametrize(
    ("name", "there", "said"),
    [
        pytest.param("web", {"group_names": ["mine"], "ansible_host": "10.0.0.9"}, "own", id="with its own connection"),
        pytest.param("web", {"group_names": ["mine"], "colour": "red"}, None, id="a mere name"),
        pytest.param("web", {"group_names": ["rightscope_services"], "ansible_host": "web"}, None, id="itself"),
        pytest.param("web", None, None, id="nothing"),
        pytest.param("mine", None, "a group of that name", id="a group"),
        pytest.param("dock1", {"group_names": ["rightscope_targets"]}, "the name of a target", id="a target"),
        pytest.param("localhost", None, "Ansible keeps", id="the controller"),
        pytest.param("all", None, "Ansible keeps", id="all groups"),
    ],
)
def test_a_service_never_takes_the_place_of_something_else(name, there, said):
    hostvars = {} if there is None else {name: there}
    groups = {"all": [], "ungrouped": [], "mine": ["lab"]}
    given = (name, {"groups": groups, "hostvars": hostvars}, ["dock1"])
    if said is None:
        _joining.need_own_name(*given)
    else:
        with pytest.raises(AnsibleActionFail, match=said):
            _joining.need_own_name(*given)


def test_no_template_is_rendered_that_an_engine_tells():
    placed = answer(addresses=["{{ 7 * 7 }}"], node=trust_as_template("{{ 7 * 7 }}"))
    joined = _joining.join(Action(), placed, {})
    found = joined["add_host"]["host_vars"]["rightscope_placement"]
    assert not any(map(is_trusted_as_template, (found["node"], *found["addresses"])))


@pytest.mark.parametrize(
    ("name", "process", "mine"),
    [
        pytest.param("web", None, True, id="of one container"),
        pytest.param("web-app", "app", True, id="of one of several"),
        pytest.param("aaa", None, False, id="of another name"),
        pytest.param("web-app", "db", False, id="of another process"),
        pytest.param("webdb", None, False, id="that only begins the same"),
    ],
)
def test_what_has_a_services_mark_is_the_service_only_where_it_has_its_name_too(name, process, mine):
    real, other = one("web-first", service="web", process="first"), one(name, service="web", process=process)
    found, odd = _candidates.members_of("web", (other, real, one("db", service="db")))
    assert (other in found, other in odd, real in found) == (mine, not mine, True)


def test_what_was_renamed_by_hand_is_the_service_while_nothing_else_is():
    renamed = one("old", service="web")
    assert _candidates.members_of("web", (renamed,)) == ((renamed,), ())
    both = (renamed, one("older", service="web"))
    assert _candidates.members_of("web", both) == ((), both)
    twins = (one("web", service="web"), one("web", service="web", memory=1))
    assert _candidates.members_of("web", twins) == ((), twins)
    foreign = one("web", form="lxd_vm", service="web")
    assert _candidates.members_of("web", (foreign,)) == ((), (foreign,))


@pytest.mark.parametrize(
    "told",
    [
        {"addresses": ("-oProxyCommand=touch /tmp/x",)},
        {"addresses": ("10.0.0.2",), "config": {"config": {"ciuser": "-oProxyCommand=x"}}},
        {"addresses": ("10.0.0.2",), "config": {"config": {"ciuser": "x y"}}},
        {"addresses": ("{{ 7*7 }}",)},
    ],
)
def test_what_would_be_an_option_of_ssh_makes_no_connection(told):
    assert _placement.connection_to(Target(name="pve", kind="proxmox"), one(form="proxmox_vm", **told)) == {}


@pytest.mark.parametrize(
    ("changed", "there", "joins", "warns"),
    [
        pytest.param(True, False, True, False, id="made, and new to the inventory"),
        pytest.param(False, True, True, False, id="neither"),
        pytest.param(False, False, False, True, id="there already, and new to the inventory"),
        pytest.param(True, True, False, False, id="changed, and known as it is"),
    ],
)
def test_in_a_loop_of_an_older_ansible_the_truth_comes_first(changed, there, joins, warns, warned):
    given = answer(changed)
    known = _joining.join(Action(), given, {})["add_host"]["host_vars"] | {"group_names": ["rightscope_services"]}
    joined = _joining.join(Action(loop=["a"]), given, {"web": known} if there else {})
    assert ("add_host" in joined, bool(warned)) == (joins, warns)
