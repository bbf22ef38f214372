# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An explanation on a page is word by word what the collection says of that service on such targets."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import decide
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.explanation.explain import explain
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.requirements import parse_service
from tests.documents.examples import ROOT

from . import builders
from .test_cases import target

WEB = {"memory": "128 MiB", "ports": [{"port": 80, "host": 8080}], "kernel": {"features": ["fuse"]}}
NGINX = {"docker_container": {"image": "nginx:1.29"}}
SEARCH = {
    "cpus": 1,
    "memory": "1 GiB",
    "disk": "20 GiB",
    "kernel": {"version": ">=5.15", "sysctls": {"vm.max_map_count": 262144}},
    "ports": [9200],
}


def _dock1():
    """The recorded Docker engine, by the name that the pages have for it."""
    found = target("docker-debian12", {})
    (node,) = found.nodes
    return dataclasses.replace(found, name="dock1", nodes=(dataclasses.replace(node, name="dock1"),))


def _of_the_quick_start():
    """Docker, LXD and two nodes of Proxmox VE, of which one has the template."""
    untuned = {"kernel_sysctls": {"vm.max_map_count": "65530"}}
    pve = builders.target("proxmox", memory=64 * 1024, memory_free=57 * 1024 + 512, cpus=16)
    pve2 = dataclasses.replace(pve.nodes[0], name="pve2", facts=builders.facts("proxmox", images=(), cpus=16))
    return (
        builders.target("docker", **untuned),
        builders.target("lxd", **untuned, images=(dataclasses.replace(builders.IMAGES["lxd"], names=("small",)),)),
        dataclasses.replace(pve, nodes=(*pve.nodes, pve2)),
    )


@pytest.mark.parametrize(
    ("page", "name", "needs", "made_as", "targets"),
    [
        pytest.param(
            "README.md",
            "search",
            SEARCH,
            {
                "docker_container": {"image": "elasticsearch:9.1.0"},
                "lxd_container": {"source": {"type": "image", "alias": "small"}},
                "proxmox_vm": {"clone": "debian-12-cloud"},
            },
            _of_the_quick_start,
            id="what the collection says, as its first page shows it",
        ),
        pytest.param("docs/quickstart.md", "web", WEB, NGINX, lambda: (_dock1(),), id="a first need, refused"),
        pytest.param(
            "docs/quickstart.md",
            "web",
            {**WEB, "max_privilege": "nesting"},
            NGINX,
            lambda: (_dock1(),),
            id="and granted",
        ),
        pytest.param(
            "docs/troubleshooting.md",
            "web",
            {"memory": "128 GiB", "init": True, "kernel": {"modules": ["zfs"]}},
            NGINX,
            lambda: (_dock1(),),
            id="a refusal with several reasons",
        ),
    ],
)
def test_an_explanation_on_a_page_is_what_is_said(page, name, needs, made_as, targets):
    service = parse_service(name, needs, made_as, forms=tuple(FORMS))
    explanation = explain(decide(service, candidates(service, targets())))
    assert f"```text\n{explanation}\n```" in (ROOT / page).read_text(encoding="utf-8"), explanation
