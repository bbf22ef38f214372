# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an image is made for, what a registry has by its name, and what a container was made from."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import discover, find
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._docker.images import _ask_registry
from tests.unit.discovery.kinds.docker.engine import DockerClient, container

SECRET = "S3NT1NEL"


@pytest.mark.parametrize(
    ("platform", "told"),
    [
        pytest.param({"Architecture": "arm64", "Os": "linux"}, {"architecture": "aarch64"}, id="Linux"),
        pytest.param(
            {"Architecture": "amd64", "Os": "windows", "OsVersion": "10.0.20348.2340"},
            {"architecture": "x86_64", "os": "windows", "os_version": "10.0.20348.2340"},
            id="Windows",
        ),
        pytest.param({}, {}, id="an engine that does not say"),
    ],
)
def test_tells_what_a_named_image_is_made_for(engine, monkeypatch, platform, told):
    monkeypatch.setattr(DockerClient, "platform", platform)
    found = discover("docker", engine(), None, "dock1", images=["web:1", "not-there:2"])
    first, second = found["nodes"][0]["facts"]["images"]
    assert first == {"id": "sha256:1", "names": ["web:1", "web@sha256:2"], **told}
    assert second == {"id": "sha256:3", "names": []}


def test_an_image_that_is_gone_has_no_id(engine):
    (found,) = find("docker", engine(container("web", image="old:1")), "web")
    assert "_image_id" not in found["config"]


# --- registries -----------------------------------------------------------------------------------


class Said(Exception):
    """An error as the SDK raises it."""

    def __init__(self, status_code: int, explanation: str) -> None:
        super().__init__(explanation)
        self.status_code = status_code
        self.explanation = explanation


class Engine:
    """An engine whose registries are played."""

    by_ssh = True

    def __init__(self, registries) -> None:
        self.client = self
        self._registries = registries

    def inspect_distribution(self, name):
        return self._registries(name)


def in_registry(found) -> dict:
    def answer(_name):
        if isinstance(found, Exception):
            raise found
        return found() if callable(found) else found

    return _ask_registry(Engine(answer), "web:1", 0.2)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        pytest.param({"Descriptor": {"digest": "sha256:a"}}, {"digest": "sha256:a"}, id="a digest"),
        pytest.param({"Descriptor": {}}, {"trouble": "it told no digest"}, id="none"),
        pytest.param({}, {"trouble": "it told no digest"}, id="nothing"),
        pytest.param(Said(404, "manifest\nunknown"), {"trouble": "manifest unknown"}, id="an image that it has not"),
        pytest.param(Said(500, "dial tcp: refused."), {"trouble": "dial tcp: refused"}, id="no connection"),
        pytest.param(ValueError(SECRET), {"trouble": "ValueError"}, id="what nobody foresaw"),
    ],
)
def test_what_a_registry_has_or_why_nobody_knows(found, told):
    assert in_registry(found) == told


def test_a_registry_that_hangs_is_not_waited_for():
    ended = threading.Event()
    try:
        assert in_registry(ended.wait) == {"trouble": "it did not answer within 0.2 s"}
    finally:
        ended.set()
