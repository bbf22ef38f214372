# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
There will always be another option that an engine writes otherwise than the collection foresees.

So the collection is made blind here: a comparison of it never finds what it wants, whatever the engine says. What the
delegate's check mode says of it decides then, and nothing that works is removed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .conftest import DOCKER_IMAGE, LXD_IMAGE, Playbook

FORMS = Path("ansible_collections/rightscope/deploy/plugins/plugin_utils/_core/forms")
BLIND = {
    "_docker/digests.py": """

_seeing = compare_option


def compare_option(name, *args, **digests):
    wanted, present = _seeing(name, *args, **digests)
    return (f"{wanted}, and never the same" if name in ("working_dir", "memory") else wanted), present
""",
    "_lxd/comparison.py": """

_seeing = _differences


def _differences(wanted, current):
    before, after = _seeing(wanted, current)
    key = "config.user.note"
    if "user.note" in wanted["config"]:
        before[key], after[key] = current["config"].get("user.note"), "never the same"
    return before, after
""",
}


@pytest.fixture(scope="module")
def blind_collections(collections, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("blind")
    shutil.copytree(collections, path, dirs_exist_ok=True, symlinks=True)
    for name, code in BLIND.items():
        file = path / FORMS / name
        file.write_text(file.read_text(encoding="utf-8") + code, encoding="utf-8")
    return path


@pytest.fixture
def blind(tmp_path, blind_collections, docker_target, lxd_target) -> Playbook:
    return Playbook(tmp_path, blind_collections, {"dock1": docker_target, "lab": lxd_target})


def _docker(**options) -> dict:
    options = {"image": DOCKER_IMAGE, "working_dir": "/tmp", "init": True, **options}
    return {"name": "web", "targets": ["dock1"], "as": {"docker_container": options}}


def _lxd(**config) -> dict:
    options = {"source": {"type": "image", "alias": LXD_IMAGE}, "config": {"user.note": "one", **config}}
    return {"name": "web", "targets": ["lab"], "requirements": {"init": True}, "as": {"lxd_container": options}}


@pytest.mark.parametrize(
    ("service", "option", "eyes"),
    [
        pytest.param(_docker, "working_dir", "docker_eyes", id="docker"),
        pytest.param(_lxd, "config.user.note", "lxd_eyes", id="lxd"),
    ],
)
def test_a_difference_that_the_delegate_does_not_see_is_none(blind, request, service, option, eyes):
    eyes = request.getfixturevalue(eyes)

    made = blind.service(**service())
    view = eyes.view("web")
    foreseen, again = blind.service("--check", **service()), blind.service(**service())

    assert (made["failed"], made["changed"]) == (False, True)
    for outcome in (foreseen, again):
        assert (outcome["failed"], outcome["changed"], outcome["calls"]) == (False, False, [])
    for outcome in (made, foreseen, again):
        assert outcome.output.count("The delegate sees no difference") == 1
        assert f"Service 'web': {option} is" in " ".join(outcome.output.split())
    assert eyes.view("web") == view


def test_beside_it_a_difference_is_made_and_nothing_is_made_for_the_other(blind, docker_eyes):
    blind.service(**_docker(env={"A": "1"}))

    foreseen = blind.service("--check", **_docker(env={"A": "2"}))
    changed = blind.service(**_docker(env={"A": "2"}))

    for outcome in (foreseen, changed):
        assert outcome["changed"] is True
        assert set(outcome["diff"]["after"]["web"]) == {"env"}
    assert "A=2" in docker_eyes.inspect("web")["Config"]["Env"]
    assert blind.service(**_docker(env={"A": "2"}))["changed"] is False


def test_a_difference_that_the_delegate_sees_is_one(blind, docker_eyes):
    blind.service(**_docker())

    changed = blind.service(**_docker(working_dir="/"))

    assert (changed["failed"], changed["changed"]) == (False, True)
    assert docker_eyes.inspect("web")["Config"]["WorkingDir"] == "/"


def test_a_list_that_became_shorter_is_a_difference(blind, docker_eyes):
    """The delegate by itself is content with more than it was asked for."""
    blind.service(**_docker(capabilities=["NET_ADMIN", "SYS_PTRACE"]))

    blind.service(**_docker(capabilities=["NET_ADMIN"]))

    assert docker_eyes.inspect("web")["HostConfig"]["CapAdd"] in (["NET_ADMIN"], ["CAP_NET_ADMIN"])


def test_a_difference_that_stays_is_told_at_once_and_what_was_made_is_left(blind, docker_eyes):
    """A need is not an option of the user's, so the delegate is not asked."""
    wanted = {**_docker(), "requirements": {"memory": "64 MiB"}}

    outcome = blind.service(**wanted, wait_timeout=100)

    assert (outcome["failed"], outcome["changed"]) == (True, True)
    assert "a Docker container was made and is left there; it still differs afterwards: memory is 64" in outcome["msg"]
    assert "wanted is 64, and never the same" in outcome["msg"]
    assert "100 s" not in outcome["msg"]
    assert docker_eyes.state("web") == "started"


def test_what_is_there_stays_where_it_is_over_such_a_difference(blind, docker_eyes):
    blind.service(**_docker())

    outcome = blind.service(**_docker(), requirements={"memory": "64 MiB"})

    assert outcome["failed"] is True
    assert docker_eyes.state("web") == "started"
    assert docker_eyes.memory_mib("web") == 64
