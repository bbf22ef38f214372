# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Molecule: the scenarios of this collection, and the scenarios of a role that is tested on its targets."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.engines import with_python

from .conftest import REPOSITORY, SCRIPTS, _environment

SCENARIOS = sorted(path.parent.name for path in (REPOSITORY / "extensions/molecule").glob("*/molecule.yml"))
EXAMPLE = REPOSITORY / "examples/greeting"
IMAGE = "rightscope-test/python:1"
ALIAS = "rightscope-test/python"
TEMPLATE = "debian-12-cloud"


@dataclass(frozen=True)
class Molecule:
    """Runs molecule, with all it keeps in a directory of its own."""

    directory: Path
    environment: dict[str, str]

    def __call__(self, project: Path, *words: str, **more: str) -> str:
        """What it printed; it must have gone well."""
        # Molecule tells projects apart by the last part of their path alone.
        kept = self.directory / "kept" / str(project).strip("/").replace("/", "-") / words[-1]
        done = subprocess.run(
            [str(SCRIPTS / "molecule"), *words],
            capture_output=True,
            text=True,
            env={**self.environment, "MOLECULE_EPHEMERAL_DIRECTORY": str(kept), **more},
            cwd=project,
            timeout=300,
            check=False,
        )
        output = done.stdout + done.stderr
        assert done.returncode == 0, output
        assert "[WARNING]" not in output, output
        return output


@pytest.fixture
def eyes(docker_eyes, lxd_eyes, pve_eyes) -> tuple:
    """What is in the engines, which are empty before."""
    return docker_eyes, lxd_eyes, pve_eyes


@pytest.fixture
def molecule(tmp_path, collections, docker_engine, lxd_engine, docker_target, lxd_target, pve_target) -> Molecule:
    with_python.docker_image(docker_engine.docker_host, IMAGE)
    with_python.lxd_image(lxd_engine.lxd_dir, ALIAS)
    inventory = tmp_path / "targets.json"
    images = {"molecule_image": IMAGE, "molecule_alias": ALIAS, "molecule_template": TEMPLATE}
    targets = {"dock1": docker_target, "lab": lxd_target, "pve": pve_target}
    inventory.write_text(json.dumps({"all": {"vars": images}, "rightscope_targets": {"hosts": targets}}))
    environment = _environment(
        collections,
        PATH=f"{SCRIPTS}:{os.environ['PATH']}",
        NO_COLOR="1",
        RIGHTSCOPE_TARGETS=str(inventory),
        GREETING_TARGETS=str(inventory),
        GREETING_IMAGE=IMAGE,
        GREETING_ALIAS=ALIAS,
        GREETING_TEMPLATE=TEMPLATE,
    )
    return Molecule(tmp_path, environment)


def _steps(output: str, scenario: str) -> dict[str, str]:
    """How each step of a scenario ended, by Molecule's own report."""
    details = output.partition("\nDETAILS")[2].partition("\nSCENARIO RECAP")[0]
    return dict(re.findall(rf"^{scenario} > (\w+): Executed: (\w+)", details, re.M))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_of_the_collection_is_green_and_leaves_nothing(molecule, eyes, scenario):
    output = molecule(REPOSITORY, "test", "-s", scenario)

    steps = _steps(output, scenario)
    assert {"converge", "idempotence"} <= set(steps), output
    assert set(steps.values()) == {"Successful"}, output
    assert [one.names() for one in eyes] == [[], [], []]


def test_a_role_is_tested_where_each_platform_fits_beside_another_project_on_the_same_targets(molecule, eyes, tmp_path):
    docker_eyes, lxd_eyes, _pve_eyes = eyes
    other = tmp_path / "other" / EXAMPLE.name
    shutil.copytree(EXAMPLE, other)
    file = other / "molecule/default/molecule.yml"
    scenario = yaml.safe_load(file.read_text(encoding="utf-8"))
    scenario["platforms"] = scenario["platforms"][:1]
    file.write_text(yaml.safe_dump(scenario), encoding="utf-8")
    molecule(other, "create", "-s", "default")
    (theirs,) = docker_eyes.names()
    assert re.fullmatch(r"one-process-[0-9a-f]{8}", theirs)

    output = molecule(EXAMPLE, "test", "-s", "default")

    steps = _steps(output, "default")
    assert {"create", "converge", "idempotence", "verify", "destroy"} <= set(steps), output
    assert set(steps.values()) == {"Successful"}, output
    assert (docker_eyes.names(), lxd_eyes.names()) == ([theirs], [])

    # Before, there was nothing to destroy.
    assert output.count("is on none of the 3 targets") == 2

    # A platform that molecule.yml no longer has is destroyed all the same.
    scenario["platforms"][0]["name"] = "another"
    file.write_text(yaml.safe_dump(scenario), encoding="utf-8")
    assert f"Service '{theirs}' was removed from 'dock1'." in molecule(other, "destroy", "-s", "default")
    assert docker_eyes.names() == []


def test_a_platform_that_wants_its_own_kernel_is_a_virtual_machine(molecule, eyes):
    _docker_eyes, _lxd_eyes, pve_eyes = eyes

    molecule(EXAMPLE, "create", "-s", "machine", RIGHTSCOPE_MOLECULE_ID="build-7")

    (name,) = pve_eyes.names()
    assert re.fullmatch(r"machine-[0-9a-f]{8}", name)
    assert pve_eyes.mark(name) == name
    # The same id, on whatever machine: what was created is found again.
    molecule(EXAMPLE, "destroy", "-s", "machine", RIGHTSCOPE_MOLECULE_ID="build-7")
    assert pve_eyes.names() == []
