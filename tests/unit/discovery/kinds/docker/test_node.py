# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of an engine's node."""

from __future__ import annotations

import json

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import discover
from tests.unit.discovery.kinds.docker.engine import PUBLISHED, DockerClient, container
from tests.unit.discovery.kinds.refusals import Forbidden


def test_facts_of_a_remote_engine(engine):
    options = engine(
        container("a", memory=1024, listed=PUBLISHED),
        container("b", memory=512, status="exited", listed=[{"PrivatePort": 80, "PublicPort": 99, "Type": "tcp"}]),
    )
    found = discover("docker", options, "web", "dock1")
    json.dumps(found)
    assert found["server"] == {
        "name": "docker",
        "version": "20.10.24",
        "security_options": ["name=seccomp,profile=default", "name=rootless"],
        "runtimes": ["crun", "runc"],
    }
    (node,) = found["nodes"]
    assert node["name"] == "dock1"
    assert node["origins"]["memory_free"] == "estimated"
    assert node["facts"] == {
        "os_type": "linux",
        "os_name": "Debian GNU/Linux 12 (bookworm)",
        "os_version": "12",
        "engine_version": "20.10.24",
        "architectures": ["x86_64"],
        "kernel_version": "0.0.1-elsewhere",
        "cgroup_version": 2,
        "cpus": 8,
        "memory": 8192,
        "memory_free": 8192 - 1024,
        "memory_reserved": 1024,
        "networks": {"none": "null", "lan": "macvlan"},
        "ports_taken": ["53/udp", "8088/tcp"],
        "isolation": "user_namespace",
        "swap_limit": True,
        "limits": ["memory", "swap", "cpu_period", "cpu_quota", "pids"],
        "rootless": True,
        "authorization": [],
        "runtimes": ["crun", "runc"],
        "volume_drivers": ["local"],
        "log_drivers": ["json-file"],
        "containers": ["a", "b", "web"],
        "volumes": {"host": "/"},
        "engine_paths": {"/mnt/docker": "data"},
        "images": [{"id": "sha256:1", "names": ["web:1", "web@sha256:2"]}, {"id": "sha256:3", "names": []}],
    }


@pytest.mark.parametrize("status", [403, 404, 501])
def test_networks_that_may_not_be_asked_for_are_left_out(engine, monkeypatch, status):
    def refuse(self):
        error = Forbidden()
        error.status_code = status
        raise error

    monkeypatch.setattr(DockerClient, "networks", refuse)
    (node,) = discover("docker", engine(), None, "dock1")["nodes"]
    assert "networks" not in node["facts"]
    assert node["facts"]["images"]


def test_on_its_own_node(engine, own_node):
    asked = own_node(ports_taken=["22/tcp", "8088/tcp"], cgroup_version=1, memory_free=100, gpus=2)
    options = engine(container("a", memory=1024, listed=PUBLISHED), host="unix:///run/docker.sock")
    (node,) = discover("docker", options, None, "dock1")["nodes"]
    facts, origins = node["facts"], node["origins"]
    assert asked == [True]
    assert (facts["ports_taken"], origins["ports_taken"]) == (["22/tcp", "53/udp", "8088/tcp"], "probed")
    assert (facts["cgroup_version"], origins["cgroup_version"]) == (2, "api")
    assert (facts["memory_free"], facts["gpus"], facts["storages"]) == (100, 2, {"docker": 4096})
    assert "memory_reserved" not in facts


def test_from_a_container_beside_it(engine, own_node):
    asked = own_node(shares_view=False, ports_taken=None, devices=None, memory_free=100)
    options = engine(container("a", listed=PUBLISHED), host="unix:///run/docker.sock")
    (node,) = discover("docker", options, None, "dock1")["nodes"]
    assert asked == [False]
    assert (node["facts"]["ports_taken"], node["origins"]["ports_taken"]) == (["53/udp", "8088/tcp"], "api")
    assert not {"storages", "devices"} & set(node["facts"])
