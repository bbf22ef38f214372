# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection by way of another host, with this machine as that host and ``env`` as what leads into a container."""

from __future__ import annotations

import os

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError, AnsibleFileNotFound
from ansible.playbook.play_context import PlayContext

from ansible_collections.rightscope.deploy.plugins.connection.through import Connection

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
        ({}, "dokc1", AnsibleError, "The host 'dokc1', by way of which a container is reached, is not known"),
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
