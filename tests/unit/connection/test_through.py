# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection by way of another host, with this machine as that host and ``env`` as what leads into a container."""

from __future__ import annotations

import getpass
import os
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError, AnsibleFileNotFound
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import become_loader

from ansible_collections.rightscope.deploy.plugins.connection.through import Connection
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.connections import changes_user

BYTES = bytes(range(256)) * 300 + b"\r\n\n"


@pytest.fixture
def connection(monkeypatch):
    def make(variables: dict | None = None, target: str = "dock1") -> Connection:
        made = Connection(PlayContext())
        options = {"remote_addr": "web", "target": target, "command": ["env", "INSIDE=two words"]}
        monkeypatch.setattr(made, "get_option", options.get)
        monkeypatch.setattr(made, "update_vars", lambda known: setattr(made, "_hostvars", known["hostvars"]))
        made.update_vars({"hostvars": {"dock1": {"ansible_connection": "local", **(variables or {})}}})
        return made

    return make


def test_a_command_runs_inside_with_its_input_and_its_status(connection):
    way = connection()
    assert way.exec_command('echo "$INSIDE"; cat; exit 3', in_data=b"said\n") == (3, b"two words\nsaid\n", b"")
    assert way.exec_command("echo wrong >&2")[2] == b"wrong\n"
    way.reset()
    assert way.exec_command("echo again")[1] == b"again\n"


@pytest.mark.parametrize("content", [BYTES, b""])
def test_a_file_comes_back_as_it_went(connection, tmp_path, content):
    source, inside, back = tmp_path / "source", tmp_path / "in side", tmp_path / "back"
    source.write_bytes(content)
    way = connection()
    way.put_file(str(source), str(inside))
    way.fetch_file(str(inside), str(back))
    assert inside.read_bytes() == back.read_bytes() == content


def test_what_cannot_be_copied_is_told(connection, tmp_path):
    way = connection()
    with pytest.raises(AnsibleFileNotFound, match="cannot be read: No such file"):
        way.put_file(str(tmp_path / "none"), str(tmp_path / "x"))
    (tmp_path / "source").touch()
    with pytest.raises(AnsibleError, match="Cannot write '.*/none/x' in 'web': .*none/x"):
        way.put_file(str(tmp_path / "source"), str(tmp_path / "none" / "x"))
    with pytest.raises(AnsibleError, match="Cannot read '.*/none' in 'web'"):
        way.fetch_file(str(tmp_path / "none"), str(tmp_path / "x"))


@pytest.mark.parametrize(
    ("variables", "target", "error", "said"),
    [
        ({}, "dokc1", AnsibleError, "The host 'dokc1', through which a container is reached, is not known"),
        ({"ansible_connection": "no.such"}, "dock1", AnsibleConnectionFailure, "plugin 'no.such' of host 'dock1'"),
        (
            {"ansible_become": True, "ansible_become_method": "no.such"},
            "dock1",
            AnsibleConnectionFailure,
            "become plugin 'no.such' of host 'dock1'",
        ),
    ],
)
def test_a_way_that_leads_nowhere_is_told(connection, variables, target, error, said):
    with pytest.raises(error, match=said):
        connection(variables, target).exec_command("true")


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root may become anybody unasked.")
def test_the_target_is_another_user_where_its_variables_say_so(connection):
    become = {"ansible_become": True, "ansible_become_method": "su", "ansible_become_user": "nobody"}
    way = connection({**become, "ansible_become_flags": "-s /bin/sh"})
    assert way.exec_command("id -un")[1].splitlines()[-1] == b"nobody"


NO_SUDO = {"ansible_become": True, "ansible_become_exe": "/nowhere/sudo"}


@pytest.mark.skipif(os.geteuid() != 0, reason="Who becomes root is somebody else.")
@pytest.mark.parametrize("named", [{}, {"ansible_become_user": "root"}, {"ansible_become_method": "su"}])
def test_root_becomes_root_without_any_program_for_it(connection, named):
    assert connection({**NO_SUDO, **named}).exec_command("id -un") == (0, b"root\n", b"")


@pytest.mark.skipif(os.geteuid() != 0, reason="Who becomes root is somebody else.")
def test_root_becomes_another_by_the_program_for_it(connection):
    with pytest.raises(AnsibleError, match="/nowhere/sudo"):
        connection({**NO_SUDO, "ansible_become_user": "nobody"}).exec_command("id -un")


@pytest.mark.parametrize(
    ("user", "wanted", "allowed", "changes"),
    [
        pytest.param("root", "root", False, False, id="root is root"),
        pytest.param("deploy", "deploy", False, False, id="any user is that user"),
        pytest.param("root", "root", True, True, id="where the configuration allows the same user"),
        pytest.param("deploy", "root", False, True, id="another user"),
        pytest.param(None, "root", False, True, id="nobody knows who logs in"),
        pytest.param("root", None, False, True, id="the method has a user of its own"),
        pytest.param(None, None, False, True, id="nobody knows anything"),
    ],
)
def test_a_become_is_left_out_by_the_rule_of_ansible(monkeypatch, user, wanted, allowed, changes):
    monkeypatch.setattr("ansible.constants.BECOME_ALLOW_SAME_USER", allowed)
    become = SimpleNamespace(get_option={"become_user": wanted}.get)
    way = SimpleNamespace(become=become, get_option={"remote_user": user}.__getitem__)
    assert changes_user(way) is changes
    assert not changes_user(SimpleNamespace(become=None))


def test_who_is_inside_is_asked_only_where_somebody_is_to_be_another(connection):
    way = connection()
    assert way.default_user is None
    way.set_become_plugin(become_loader.get("sudo"))
    assert way.default_user == getpass.getuser()
