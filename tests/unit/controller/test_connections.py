# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection to another host by its own variables."""

from __future__ import annotations

import typing as t

import pytest
from ansible.playbook.play_context import PlayContext

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.connections import (
    UnknownPluginError,
    becomes,
    changes_user,
    connect,
    connection_name,
)


class Host:
    """A host of these variables."""

    name = "dock1"

    def __init__(self, **variables: t.Any) -> None:
        self._variables = variables

    def has(self, name: str) -> bool:
        return name in self._variables

    def variable(self, name: str) -> t.Any:
        return self._variables.get(name)


def test_the_connection_is_the_hosts_or_the_usual_one():
    assert connection_name(Host(ansible_connection="local")) == "local"
    assert connection_name(Host()) == "ssh"


@pytest.mark.parametrize(
    ("variables", "default", "wanted"),
    [
        ({}, False, False),
        ({}, True, True),
        ({"ansible_become": "yes"}, False, True),
        ({"ansible_become": 0}, True, False),
    ],
)
def test_the_host_says_whether_it_becomes_another_user(variables, default, wanted):
    assert becomes(Host(**variables), default) is wanted


def test_it_has_the_options_that_the_host_names():
    connection = connect(Host(ansible_connection="ssh", ansible_host="10.0.0.9", ansible_port=2222), PlayContext())
    assert (connection.get_option("host"), connection.get_option("port")) == ("10.0.0.9", 2222)
    assert connection.become is None


def test_without_an_address_its_name_is_the_address():
    context = PlayContext()
    connect(Host(ansible_connection="local"), context)
    assert context.remote_addr == "dock1"


def test_it_becomes_whom_the_host_names():
    host = Host(ansible_connection="local", ansible_become=True, ansible_become_user="deploy")
    connection = connect(host, PlayContext())
    assert connection.become.get_option("become_user") == "deploy"
    assert changes_user(connection)


def test_the_caller_may_say_whether_it_becomes_another_user():
    host = Host(ansible_connection="local", ansible_become=True)
    assert connect(host, PlayContext(), become=False).become is None


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"ansible_connection": "a.b.none"}, "The connection plugin 'a.b.none' of host 'dock1' was not found."),
        (
            {"ansible_connection": "local", "ansible_become": True, "ansible_become_method": "a.b.none"},
            "The become plugin 'a.b.none' of host 'dock1' was not found.",
        ),
    ],
)
def test_a_plugin_that_is_not_installed_is_told(variables, text):
    with pytest.raises(UnknownPluginError) as caught:
        connect(Host(**variables), PlayContext())
    assert str(caught.value) == text
