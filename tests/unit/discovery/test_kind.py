# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seam of a kind: what it says of itself where it does not say otherwise, and the delegate's connection."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import (
    DiscoveryError,
    discover,
    find,
    kind_of,
    kinds,
)
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kind import Kind
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.options import Option, to_file


@pytest.mark.parametrize(
    ("kind", "options", "arguments", "environment"),
    [
        pytest.param("docker", {"docker_host": "x"}, {"docker_host": "x"}, {}, id="as they are"),
        pytest.param(
            "docker",
            {"tls": True, "ca_path": "c", "validate_certs": True},
            {"tls": True, "ca_path": "c", "validate_certs": True},
            {"REQUESTS_CA_BUNDLE": "c", "CURL_CA_BUNDLE": ""},
            id="Docker's CA wins over the environment's",
        ),
        pytest.param(
            "docker",
            {"tls": True},
            {"tls": True},
            {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""},
            id="nothing is verified where that is not asked for",
        ),
        pytest.param("docker", {"validate_certs": True}, {"validate_certs": True}, {}, id="the system's bundle"),
        pytest.param("proxmox", {"ca_path": "c"}, {"validate_certs": True}, {"REQUESTS_CA_BUNDLE": "c"}, id="our CA"),
        pytest.param("proxmox", {"validate_certs": False}, {"validate_certs": False}, {}, id="the user's word"),
        pytest.param("lxd", {"server_cert": "c", "trust_password": "p"}, {}, {"SSL_CERT_FILE": "c"}, id="LXD"),
    ],
)
def test_a_delegate_gets_the_connection_that_discovery_had(kind, options, arguments, environment):
    assert kind_of(kind).delegate_connection(options) == (arguments, environment)


class Toy(Kind):
    """A kind that says no more of itself than it must."""

    name = "toy"
    options = {
        "address": Option(env="TOY_ADDRESS", required=True),
        "key": Option(secret=True, for_delegate=False, variable="TOY_KEY"),
        "file": Option(to_file),
    }

    def connect(self, options, timeout):
        return self.read_options(options)

    def discover(self, options, question):
        return {"nodes": [question.target], "instances": [], "asked": question, "options": options}

    def find(self, options, question):
        return [question.service]


@pytest.fixture
def toy(monkeypatch):
    """A kind is added by one definition and an entry in the table."""
    made = Toy()
    monkeypatch.setitem(kinds._TABLE, "toy", lambda: made)
    return made


def test_a_new_kind_is_asked_as_the_others_are(toy):
    answer = discover("toy", {"address": "a"}, "web", "t1", timeout=3, images=["i"], pulled=["p"], paths=["/x"])
    asked = answer["asked"]
    assert (asked.service, asked.target, asked.timeout) == ("web", "t1", 3)
    assert (asked.images, asked.pulled, asked.paths, asked.probe) == (["i"], ["p"], ["/x"], None)
    assert answer["time"].endswith("Z")
    assert find("toy", None, "web") == ["web"]


def test_what_a_kind_cannot_know_is_not_in_its_answer(toy):
    assert discover("toy", {}, pulled=["p"])["content"] == {"files": {}}
    assert "content" not in discover("toy", {})


def test_a_kind_that_says_no_more_has_no_probe_no_tasks_and_nothing_to_tell_a_delegate(toy):
    with pytest.raises(DiscoveryError, match="cannot be probed"):
        discover("toy", {}, probe="")
    assert toy.failed_task({}, {"node": "n", "vmid": 1}, 0.0) is None
    assert toy.discovered_options({"server": {"url": "u"}}) == {}


def test_a_kinds_options_say_all_of_its_connection(toy, monkeypatch):
    monkeypatch.setenv("TOY_ADDRESS", "from-the-environment")
    assert toy.connect({"key": "k"}, 1) == {"address": "from-the-environment", "key": "k", "file": None}
    assert toy.resolve_options({}) == {"address": "from-the-environment"}
    assert toy.secrets({"address": "a", "key": "k"}) == ["k"]
    assert toy.delegate_connection({"address": "a", "key": "k", "file": None}) == ({"address": "a"}, {"TOY_KEY": "k"})
    assert toy.module_arguments() == {
        "address": {"type": "str", "no_log": False},
        "key": {"type": "str", "no_log": True},
        "file": {"type": "path", "no_log": False},
    }


def test_a_kind_must_say_how_it_is_asked():
    assert Kind.__abstractmethods__ == {"connect", "discover", "find"}


@pytest.mark.parametrize(
    ("kind", "answer", "options"),
    [
        pytest.param(
            "lxd",
            {"server": {"url": "unix:/var/lib/incus/unix.socket"}},
            {"url": "unix:/var/lib/incus/unix.socket"},
            id="LXD",
        ),
        pytest.param("lxd", {}, {}, id="LXD, from a record"),
        pytest.param("docker", {"server": {"url": "u"}}, {}, id="Docker"),
    ],
)
def test_a_delegate_is_told_what_discovery_found(kind, answer, options):
    assert kind_of(kind).discovered_options(answer) == options


def test_a_call_without_a_vm_has_no_task():
    assert kind_of("proxmox").failed_task({}, {"name": "web"}, 0.0) is None
