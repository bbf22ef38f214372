# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deployments of toys: what they show, and the claims that they make, in a directory of the test's own."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import decisions, lock
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.decisions import DecisionOptions
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.deployment import checks, existing, flow
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.deployment.deployment import (
    Deployment,
    DeploymentOptions,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.job import ProvisioningOptions
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Target
from tests.unit.core.builders import service, target

from .. import toy

IMAGE = {"image": "web:1"}
WEB = service(made_as={toy.NAME: IMAGE}, memory="64 MiB")


class Screen:
    """What is shown to the user."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.verbose: list[str] = []

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def v(self, text: str) -> None:
        self.verbose.append(text)


@pytest.fixture(autouse=True)
def screen(monkeypatch) -> Screen:
    shown = Screen()
    for module in (decisions, checks, existing, flow):
        monkeypatch.setattr(module, "display", shown)
    return shown


@pytest.fixture(autouse=True)
def claims(monkeypatch, tmp_path):
    """The claims as they are written now."""
    monkeypatch.setattr(lock.C.config, "get_config_value", lambda _name: str(tmp_path))

    def read() -> list[dict]:
        path = tmp_path / "rightscope" / "claims.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []

    return read


def fields(noun: type) -> set[str]:
    return {field.name for field in dataclasses.fields(noun)}


class Place:
    """A target with an engine, as discovery has found it."""

    def __init__(self, name: str, clock: toy.ToyClock, *toys, **more) -> None:
        own = fields(Target) & set(more)
        self.engine = toy.ToyEngine(clock, *(dataclasses.replace(one, node=name) for one in toys))
        found = target("docker", name, tuple(self.engine.toys.values()), **{k: more[k] for k in set(more) - own})
        self.target = dataclasses.replace(found, **{"next_id": 100, **{key: more[key] for key in own}})
        self.name = name


@pytest.fixture
def place(form, clock):
    """Make a target with these toys on it."""
    return lambda name="a", *toys, **more: Place(name, clock, *toys, **more)


@pytest.fixture
def deployment(clock):
    """Make a deployment on these places; options are those of the deployment, of the decision and of provisioning."""

    def make(*places: Place, check_mode: bool = False, of=WEB, **options) -> Deployment:
        parts = {"decision": DecisionOptions, "provisioning": ProvisioningOptions}
        given = {part: {} for part in parts}
        for part, kind in parts.items():
            for name in [
                field.name for field in dataclasses.fields(kind) if field.name in options and field.name != "state"
            ]:
                given[part][name] = options.pop(name)
        state = options.get("state", "started")
        return Deployment(
            service=of,
            options=DeploymentOptions(
                decision=DecisionOptions(state=state, **given["decision"]),
                provisioning=ProvisioningOptions(**{"min_uptime": 0, "wait_timeout": 20.0, **given["provisioning"]}),
                **options,
            ),
            targets=[one.target for one in places],
            engines={one.name: one.engine for one in places},
            check_mode=check_mode,
            clock=clock,
        )

    return make
