# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What the options of a Docker container ask for beside what it is, held against the engine's own word.

Each act is predicted in check mode, done once, and then there is nothing left to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.registry import Registry

from .conftest import DOCKER_IMAGE, Outcome, Playbook

IMAGE = "team/web"
SECRET = "S3NT1NEL-of-a-file"


@pytest.fixture
def registry(docker_eyes) -> Iterator[Registry]:
    with Registry() as made:
        yield made
        docker_eyes.clear()
        for tag in ("1.0", "2.0"):
            docker_eyes.forget(f"{made.address}/{IMAGE}:{tag}")


def args(**options) -> dict:
    more = {name: options.pop(name) for name in ("replace", "requirements", "state", "unknown") if name in options}
    return {"name": "web", "targets": ["dock1"], "as": {"docker_container": options}, **more}


def told(done: Outcome) -> tuple:
    """What a task says that it changes, in a run or in check mode."""
    return done["changed"], [call["does"] for call in done.get("calls") or []], done.get("diff")


def agreed(play: Playbook, **given) -> Outcome:
    """The outcome of a run, which check mode predicted, and after which a further run changes nothing."""
    predicted = play.service("--check", "--diff", **given)
    done, again = play.tasks(("service", given), ("service", given))
    assert not done.get("failed"), done.output
    assert told(predicted) == told(done), done.output
    assert (again["changed"], again["calls"]) == (False, []), again.output
    return done


def words(outcome: Outcome) -> str:
    """A message as one line: an explanation is broken into several."""
    return " ".join(outcome["msg"].split())


# --- pull: always ---------------------------------------------------------------------------------


def test_a_tag_that_moved_in_its_registry_is_pulled_and_the_container_made_anew(play, docker_eyes, registry):
    image = f"{registry.address}/{IMAGE}:1.0"
    given = args(image=image, pull="always")
    registry.tag(IMAGE, "1.0", "one")
    agreed(play, **given)
    first = docker_eyes.inspect("web")

    newer = registry.tag(IMAGE, "1.0", "two")
    kept = play.service("--check", **args(image=image))
    assert kept["changed"] is False
    refused = play.service(**given, replace="never")
    assert refused["failed"]
    assert docker_eyes.id("web") == first["Id"]

    done = agreed(play, **given)
    assert [call["action"] for call in done["calls"]] == ["replace"]
    assert done["diff"]["after"]["web"] == {"image_digest": newer}
    second = docker_eyes.inspect("web")
    assert second["Image"] != first["Image"]
    assert docker_eyes.digests(image) == [f"{registry.address}/{IMAGE}@{newer}"]


@pytest.mark.parametrize("how", ["gone", "hanging", "without the image"])
def test_a_registry_that_does_not_answer_stops_nothing_that_runs_and_lets_nothing_be_made(
    play, docker_eyes, registry, how
):
    registry.tag(IMAGE, "1.0", "one")
    given = args(image=f"{registry.address}/{IMAGE}:1.0", pull=True)
    play.service(**given)
    before = docker_eyes.id("web")
    if how == "gone":
        registry.stop()
    elif how == "hanging":
        registry.hangs.set()
    else:
        given = args(image=f"{registry.address}/{IMAGE}:2.0", pull=True)
        docker_eyes.do("tag", f"{registry.address}/{IMAGE}:1.0", f"{registry.address}/{IMAGE}:2.0")
        play.service(**args(image=f"{registry.address}/{IMAGE}:2.0"))
        before = docker_eyes.id("web")
    for flags in ((), ("--check",)):
        done = play.service(*flags, **given, discovery_timeout=4)
        assert not done.get("failed"), done.output
        assert done["changed"] is False
        assert "[WARNING]: Whether there is a newer" in done.output
    assert docker_eyes.id("web") == before
    made = play.service(**{**given, "name": "other"}, discovery_timeout=4)
    assert made["failed"]
    assert "cannot tell what the registry has by" in words(made)
    assert docker_eyes.names() == ["web"]


# --- comparisons ----------------------------------------------------------------------------------


def test_a_difference_that_is_to_be_ignored_changes_nothing(play, docker_eyes):
    how = {"comparisons": {"env": "ignore"}}
    agreed(play, **args(image=DOCKER_IMAGE, env={"A": "1"}, **how))
    before = docker_eyes.id("web")
    others = [args(image=DOCKER_IMAGE, env=env, **how) for env in ({"A": "2"}, {"A": "1", "B": "1"}, {})]
    for done in play.tasks(*(("service", one) for one in others)):
        assert done["changed"] is False, done.output
    assert docker_eyes.id("web") == before
    # In place, and the variables that are to be ignored stay as they are.
    done = agreed(play, **args(image=DOCKER_IMAGE, env={"A": "2"}, memory="64M", memory_swap="128M", **how))
    assert done["changed"] is True
    assert docker_eyes.id("web") == before
    assert docker_eyes.memory_mib("web") == 64
    assert "A=1" in docker_eyes.inspect("web")["Config"]["Env"]


def test_more_may_be_there_or_nothing_more(play, docker_eyes):
    ports = ["127.0.0.1::80", "127.0.0.1::81"]
    agreed(play, **args(image=DOCKER_IMAGE, published_ports=ports, labels={"a": "1"}))
    before = docker_eyes.id("web")
    more = {"comparisons": {"published_ports": "allow_more_present"}, "labels": {"a": "1"}}
    assert agreed(play, **args(image=DOCKER_IMAGE, published_ports=ports[:1], **more))["changed"] is False
    strict = {"comparisons": {"*": "strict"}, "labels": {"a": "1"}, "published_ports": ports}
    assert agreed(play, **args(image=DOCKER_IMAGE, **strict))["changed"] is False
    assert docker_eyes.id("web") == before


# --- what is behind a path ------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["here", "on a node"])
def test_what_is_in_an_env_file_is_a_part_of_the_container(play, docker_eyes, node, tmp_path, where):
    if where == "on a node":
        play.hosts["dock1"] = {**play.hosts["dock1"], **node}
    file = tmp_path / "web.env"
    given = args(image=DOCKER_IMAGE, env_file=str(file))

    missing = play.service("--check", **given)
    assert missing["failed"]
    assert f"'{file}' cannot be read where the module runs (no such file or directory)" in words(missing)

    file.write_text(f"A={SECRET}\n", encoding="utf-8")
    agreed(play, **given)
    first = docker_eyes.inspect("web")
    assert f"A={SECRET}" in first["Config"]["Env"]
    assert SECRET not in str(first["Config"]["Labels"])

    file.write_text(f"# A comment\n\nA={SECRET}\n", encoding="utf-8")
    assert agreed(play, **given)["changed"] is False

    file.write_text("A=two\n", encoding="utf-8")
    done = agreed(play, **given)
    assert [call["action"] for call in done["calls"]] == ["replace"]
    assert SECRET not in done.output + str(done.result)
    assert "A=two" in docker_eyes.inspect("web")["Config"]["Env"]

    second = docker_eyes.id("web")
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    for flags in ((), ("--check",)):
        broken = play.service(*flags, **given)
        assert broken["failed"]
        assert "its line 1 is no NAME=VALUE" in words(broken)
        assert SECRET not in broken.output + str(broken.result)
    assert docker_eyes.id("web") == second


# --- what is told before anything is done ---------------------------------------------------------


def test_what_yaml_has_rewritten_is_told_by_its_key(play, docker_eyes, tmp_path):
    task = tmp_path / "given.yml"
    task.write_text(
        """
        image: rightscope-test/web:1
        env: {VER: 1.10, MODE: 0644, SWITCH: yes, T: 12:30:00, LIST: [1, 2], MAP: {a: b}, FINE: "1.10"}
        labels: {LIST: [1, 2], D: 2026-01-31}
        command: [chmod, 0644, /tmp]
        networks: [{name: n, driver_opts: {a: b}}]
        """,
        encoding="utf-8",
    )
    for flags in ((), ("--check",)):
        done = run_from(play, task, *flags)
        assert done["failed"]
        for path in ("env.VER", "env.MODE", "env.SWITCH", "env.T", "env.LIST", "env.MAP", "labels.LIST", "labels.D"):
            assert f"as.docker_container.{path} must be a text, but YAML has read it as a" in done["msg"], done["msg"]
        assert "as.docker_container.command[1] must be a text" in done["msg"]
        assert "as.docker_container.networks[0].driver_opts is not an option of" in done["msg"]
        assert "quotes" in done["msg"]
        assert "420" not in done["msg"]
        assert "FINE" not in done["msg"]
    assert docker_eyes.names() == []


def run_from(play: Playbook, file: Path, *flags: str) -> Outcome:
    """The options as YAML reads them in a file, a template's native value among them."""
    options = f"{{{{ lookup('ansible.builtin.file', '{file}') | from_yaml }}}}"
    return play.service(*flags, **{**args(), "as": {"docker_container": options}})


def test_a_template_of_another_type_is_told_as_clearly(play, docker_eyes):
    for value, fine in (("{{ 80 }}", False), ("{{ 80 | string }}", True), ("{{ [80] }}", False)):
        done = play.service("--check", **args(image=DOCKER_IMAGE, env={"PORT": value}))
        assert bool(done.get("failed")) is not fine, done.output
        if not fine:
            assert "as.docker_container.env.PORT must be a text" in done["msg"]
            assert "the filter 'string'" in done["msg"]
    assert docker_eyes.names() == []


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"published_ports": ["127.0.0.1:18602:80"]}, "published_ports[0]"),
        ({"hostname": "web"}, "hostname"),
        ({"networks": [{"name": "bridge", "ipv4_address": "172.17.0.9"}]}, "networks[0].ipv4_address"),
    ],
)
def test_what_there_is_once_is_not_given_to_each_of_several(play, docker_eyes, options, path):
    processes = [{"name": "app", "image": DOCKER_IMAGE}, {"name": "db", "image": DOCKER_IMAGE}]
    given = args(**options, requirements={"processes": processes})
    for flags in ((), ("--check",)):
        done = play.service(*flags, **given)
        assert done["failed"]
        assert f"as.docker_container.{path} " in done["msg"]
        assert "each process' container would be given it" in done["msg"]
    assert docker_eyes.names() == []
    assert docker_eyes.networks() == ["bridge", "host", "none"]


def test_an_act_that_is_not_done_is_refused(play, docker_eyes):
    given = args(image=DOCKER_IMAGE, detach=False, cleanup=True, output_logs=True, pull_check_mode_behavior="always")
    done = play.service(**given)
    assert done["failed"]
    for name in ("detach", "cleanup", "output_logs", "pull_check_mode_behavior"):
        assert f"as.docker_container.{name} " in done["msg"]
    assert docker_eyes.names() == []


def test_switches_are_taken_as_texts(play, docker_eyes):
    texts = args(
        image=DOCKER_IMAGE, init="yes", requirements={"host_view": "no", "init": {"supervised": "off"}, "cpus": "0.5"}
    )
    switches = args(
        image=DOCKER_IMAGE, init=True, requirements={"host_view": False, "init": {"supervised": False}, "cpus": 0.5}
    )
    agreed(play, **texts)
    assert agreed(play, **switches)["changed"] is False
    assert docker_eyes.inspect("web")["HostConfig"]["Init"] is True


def test_what_the_engine_would_remove_as_it_stops_is_not_stopped(play, docker_eyes):
    given = args(image=DOCKER_IMAGE, auto_remove=True)
    agreed(play, **given)
    done = play.service(**given, state="stopped")
    assert done["failed"]
    assert "with 'auto_remove' the engine would remove container 'web' as soon as it stops" in done["msg"]
    assert docker_eyes.state("web") == "started"
