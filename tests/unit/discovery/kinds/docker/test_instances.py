# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An engine's containers as instances."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import find
from tests.unit.discovery.kinds.docker.engine import container


def test_instances_by_mark_or_name(engine):
    mark = {"rightscope.service": "web", "rightscope.process": "db"}
    options = engine(
        container("web"),
        container("web-db", mark, memory=256),
        container("web-api", {"rightscope.service": "web-api"}),
        container("web-x"),
    )
    found = find("docker", options, "web", "dock1")
    assert [(one["name"], one["service"], one["process"]) for one in found] == [
        ("web", None, None),
        ("web-api", "web-api", None),
        ("web-db", "web", "db"),
        ("web-x", None, None),
    ]
    one = found[2]
    assert one["addresses"] == ["172.17.0.2", "fd00::2"]
    assert one["ports"] == [{"container": "80/tcp", "host_ip": "127.0.0.1", "host_port": 8088}]
    assert (one["memory"], one["node"], one["config"]["_image_id"]) == (256, "dock1", "sha256:1")
    marked = find("docker", options, None, "dock1")
    assert [(one["name"], one["config"]) for one in marked] == [("web-api", {}), ("web-db", {})]


@pytest.mark.parametrize(
    ("status", "health", "state", "ready"),
    [
        ("running", None, "started", True),
        ("running", "healthy", "started", True),
        ("running", "starting", "started", False),
        ("running", "unhealthy", "started", False),
        ("restarting", None, "restarting", False),
        ("paused", None, "paused", False),
        ("created", None, "stopped", False),
        ("exited", None, "stopped", False),
        ("dead", None, "dead", False),
    ],
)
def test_states(engine, status, health, state, ready):
    (found,) = find("docker", engine(container("web", status=status, health=health)), "web")
    assert (found["state"], found["ready"]) == (state, ready)
