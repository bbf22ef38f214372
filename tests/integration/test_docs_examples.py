# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples in docs/, run as they stand there, but for the names of images that are not ours."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.documents.examples import Example, examples

from .conftest import DOCKER_IMAGE, LXD_IMAGE, SCRIPTS, _environment

IMAGES = {"nginx:1.29": DOCKER_IMAGE, "elasticsearch:9.1.0": DOCKER_IMAGE, "alias: debian/12": f"alias: {LXD_IMAGE}"}
LABELS = {"zone": "fra1", "tier": "silver"}


def _data(example: Example):
    text = example.text
    for theirs, ours in IMAGES.items():
        text = text.replace(theirs, ours)
    return yaml.safe_load(text)


def _block(example: Example) -> dict:
    """Its tasks; a failure of one is kept, and the next example goes on."""
    told = f"{{{{ failed_examples | default({{}}) | combine({{'{example.place}': ansible_failed_result.msg}}) }}}}"
    return {
        "name": example.place,
        "check_mode": example.more == "check",
        "block": _data(example),
        "rescue": [{"name": "Keep it", "ansible.builtin.set_fact": {"failed_examples": told}}],
    }


def _plays(answer: Path) -> list[dict]:
    """All examples of all pages, in the order in which they stand there."""
    plays: list[dict] = []
    for example in examples("tasks", "play"):
        if example.way == "play":
            plays += _data(example)
            continue
        if not plays or plays[-1]["name"] != example.page:
            plays.append({"name": example.page, "hosts": "localhost", "gather_facts": False, "tasks": []})
        plays[-1]["tasks"].append(_block(example))
    content = "{{ failed_examples | default({}) | ansible.builtin.to_json }}"
    keep = {"content": content, "dest": str(answer), "mode": "0600"}
    task = {"name": "Which have failed", "ansible.builtin.copy": keep}
    return [*plays, {"name": "The end", "hosts": "localhost", "gather_facts": False, "tasks": [task]}]


def _run(program: str, *arguments: str, directory: Path, collections: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPTS / program), *arguments],
        capture_output=True,
        text=True,
        env=_environment(collections),
        cwd=directory,
        timeout=240,
        check=False,
    )


@pytest.fixture
def targets(docker_target, lxd_target, pve_target) -> dict:
    hosts = {"dock1": docker_target, "lab": lxd_target, "pve": pve_target}
    return {"rightscope_targets": {"hosts": hosts, "vars": {"rightscope_labels": LABELS}}}


def test_the_examples_of_all_pages_do_what_the_pages_say(
    tmp_path, collections, targets, docker_eyes, lxd_eyes, pve_eyes
):
    answer = tmp_path / "failed.json"
    (tmp_path / "hosts.json").write_text(json.dumps(targets), encoding="utf-8")
    (tmp_path / "book.yml").write_text(yaml.safe_dump(_plays(answer), sort_keys=False), encoding="utf-8")

    done = _run("ansible-playbook", "-i", "hosts.json", "book.yml", directory=tmp_path, collections=collections)

    assert answer.exists(), done.stdout + done.stderr
    failed = json.loads(answer.read_text(encoding="utf-8"))
    wanted = {one.place: one.says for one in examples("tasks") if one.more == "fails"}
    assert failed.keys() == wanted.keys(), failed
    assert all(says and says in failed[place] for place, says in wanted.items()), failed
    warned = [line for line in done.stderr.splitlines() if line.startswith("[WARNING]")]
    assert all("take effect at its next restart" in line for line in warned), done.stderr


def test_the_inventory_plugin_does_what_its_page_says(tmp_path, collections, targets, docker_eyes):
    (plugin,) = [one for one in examples("inventory") if one.more == "plugin"]
    inventory = tmp_path / "inventory"
    inventory.mkdir()
    (inventory / "hosts.yml").write_text(yaml.safe_dump(targets), encoding="utf-8")
    (inventory / "rightscope.yml").write_text(plugin.text, encoding="utf-8")
    service = {"name": "web", "as": {"docker_container": {"image": DOCKER_IMAGE}}, "targets": ["dock1"]}
    task = {"name": "Place it", "rightscope.deploy.service": service}
    play = [{"name": "Place one", "hosts": "localhost", "gather_facts": False, "tasks": [task]}]
    (tmp_path / "place.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
    where = {"directory": tmp_path, "collections": collections}

    placed = _run("ansible-playbook", "-i", "inventory/hosts.yml", "place.yml", **where)
    found = _run("ansible-inventory", "-i", "inventory", "--list", **where)

    assert placed.returncode == 0, placed.stdout + placed.stderr
    told = json.loads(found.stdout)
    assert told["zone_fra1"]["hosts"] == ["web"], found.stdout
    assert {"rightscope_services", "rightscope_docker_container", "rightscope_target_dock1"} <= set(told)
    assert {"rightscope_state_started", "rightscope_label_zone_fra1", "rightscope_label_tier_silver"} <= set(told)
    assert (
        told["_meta"]["hostvars"]["web"]["address"]
        in told["_meta"]["hostvars"]["web"]["rightscope_placement"]["addresses"]
    )
