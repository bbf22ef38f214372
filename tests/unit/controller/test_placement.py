# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a service is, and how the next play reaches it."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import placement as placements
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Instance, Target

KEY = "ssh-ed25519 AAAAC3Nza"


def one(name: str = "web", form: str = "docker_container", **more) -> Instance:
    return Instance(form=form, name=name, id="1", node="n", state="started", **more)


def test_where_only_the_target_itself_reaches_its_engine_it_is_by_way_of_it():
    target = Target(name="dock1", kind="docker", local=False)
    assert placements.connection_to(target, one()) == {
        "ansible_connection": "rightscope.deploy.through",
        "ansible_host": "web",
        "ansible_rightscope_target": "dock1",
        "ansible_rightscope_command": ["docker", "exec", "--interactive", "web"],
    }


def test_where_nothing_leads_into_it_there_is_no_connection():
    target = Target(name="lab", kind="lxd", local=False, options={"url": "https://lab:8443"})
    assert placements.connection_to(target, one(form="lxd_container")) == {}


def test_a_machine_is_reached_over_its_network_wherever_its_api_is():
    vm = one(form="proxmox_vm", addresses=("10.0.0.2",), config={"config": {"ciuser": "ops"}})
    target = Target(name="pve", kind="proxmox", local=False)
    wanted = {"ansible_connection": "ssh", "ansible_host": "10.0.0.2", "ansible_user": "ops"}
    assert placements.connection_to(target, vm) == wanted


def test_no_secret_is_in_a_connection():
    options = {"url": "https://lab:8443", "client_key": "/key", "trust_password": "sentinel"}
    found = placements.connection_to(Target(name="lab", kind="lxd", options=options), one(form="lxd_container"))
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

    found = placements.connection_to(Target(name="pve", kind="proxmox"), vm)

    assert found.get("ansible_ssh_private_key_file") == (str(tmp_path / ".ssh" / wanted) if wanted else None)


def test_the_key_that_the_configuration_names_comes_first(monkeypatch, tmp_path):
    (tmp_path / "mine").touch()
    (tmp_path / "mine.pub").write_text(KEY, encoding="utf-8")
    monkeypatch.setattr(placements.C, "DEFAULT_PRIVATE_KEY_FILE", str(tmp_path / "mine"), raising=False)
    vm = one(form="proxmox_vm", config={"config": {"sshkeys": KEY}})
    found = placements.connection_to(Target(name="pve", kind="proxmox"), vm)
    assert found["ansible_ssh_private_key_file"] == str(tmp_path / "mine")


def test_of_several_containers_the_first_by_name_speaks_for_all():
    several = (one("shop-web"), one("shop-app"))
    for order in (several, several[::-1]):
        placed = placements.placement("shop", Target(name="dock1", kind="docker"), order)
        assert (placed["id"], placed["connection"]["ansible_host"]) == ("shop", "shop-app")


# --- joining the inventory ------------------------------------------------------------------------


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
    assert placements.connection_to(Target(name="pve", kind="proxmox"), one(form="proxmox_vm", **told)) == {}
