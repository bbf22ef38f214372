# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked again, and what is known from the item of a loop before."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import discovery


class Host:
    """As much of a host as asking takes."""

    def __init__(self, name="dock1", options=None):
        self.name, self.kind, self.options = name, "docker", options or {}
        self.labels, self.declared = {}, {}
        self.eligible = self.is_local = self.is_here = True
        self.recorded = self.probe = None
        self.mark_keys = ()


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The calls that reach the engine, in their order."""
    calls = []

    def discover(kind, options, service, target, timeout, images, paths, probe, pulled, files):
        calls.append(f"facts for {service}")
        return {"nodes": [{"name": target, "facts": {"cpus": len(calls)}}], "instances": []}

    def find(kind, options, service, target, timeout):
        calls.append(f"where {service} is")
        return []

    monkeypatch.setattr(discovery, "discover", discover)
    monkeypatch.setattr(discovery, "find", find)
    discovery.forget_facts()
    return calls


def ask(service, host=None, ttl=60.0, images=(), paths=()):
    (target,) = discovery.discover_all([host or Host()], [service], 5, images, paths, ttl=ttl)[service]
    return target


def test_the_next_item_asks_only_where_its_service_is(asked):
    assert [ask(name).nodes[0].facts.cpus for name in ("a", "b", "a")] == [1, 1, 1]
    assert asked == ["facts for a", "where b is", "where a is"]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"ttl": 0}, id="nothing is to be kept"),
        pytest.param({"host": Host("dock2")}, id="another target"),
        pytest.param({"host": Host(options={"docker_host": "tcp://other"})}, id="reached otherwise"),
        pytest.param({"images": ["new:1"]}, id="an image nobody asked of"),
        pytest.param({"paths": ["/srv"]}, id="a path nobody asked of"),
    ],
)
def test_what_is_not_known_is_asked(asked, more):
    ask("a", images=["old:1"])
    ask("b", **more)
    assert asked == ["facts for a", "facts for b"]


def test_after_a_change_everything_is_asked_again(asked):
    ask("a")
    discovery.forget_facts()
    assert ask("b").nodes[0].facts.cpus == 2
    assert asked == ["facts for a", "facts for b"]


def test_a_target_that_did_not_answer_is_not_waited_for_again(asked, monkeypatch):
    def refuse(*_arguments, **_more):
        asked.append("refused")
        raise DiscoveryError("The Docker engine is gone.", "Start it.")

    monkeypatch.setattr(discovery, "discover", refuse)
    assert [ask(name).trouble for name in ("a", "b")] == ["the Docker engine is gone"] * 2
    assert asked == ["refused"]


def test_what_was_asked_for_before_a_change_and_told_after_it_is_not_kept(asked, monkeypatch):
    tell = discovery.discover

    def late(*arguments, **more):
        discovery.forget_facts()
        return tell(*arguments, **more)

    monkeypatch.setattr(discovery, "discover", late)
    ask("a")
    monkeypatch.setattr(discovery, "discover", tell)
    ask("b")
    assert asked == ["facts for a", "facts for b"]
