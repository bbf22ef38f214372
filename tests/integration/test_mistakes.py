# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input and broken targets: one clear sentence each, no traceback, nothing half made."""

from __future__ import annotations

import socket

import pytest

from .conftest import DOCKER_IMAGE

WEB = {"name": "web", "as": {"docker_container": {"image": DOCKER_IMAGE}}}


def _with(**requirements) -> dict:
    return {**WEB, "requirements": requirements}


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        pytest.param(
            _with(memroy="1 GiB"), "requirements.memroy is not known; did you mean 'memory'?", id="requirement"
        ),
        pytest.param(
            _with(kernel={"module": ["nbd"]}),
            "requirements.kernel.module is not known; did you mean 'modules'?",
            id="nested requirement",
        ),
        pytest.param(_with(processes="many"), "requirements.processes must be a whole number of 1 or more", id="type"),
        pytest.param(_with(memory="-1 GiB"), "requirements.memory must be a size of 0 or more", id="negative size"),
        pytest.param(
            _with(kernel={"version": ">=6.12,<6.1"}),
            "requirements.kernel.version is a range that no version can be in",
            id="impossible range",
        ),
        pytest.param({**WEB, "name": "Web_1"}, "name must be a DNS label", id="no DNS label"),
        pytest.param(
            {"name": "web", "as": {"docker_container": {"image": "x", "published_port": ["80"]}}},
            "as.docker_container.published_port is not an option of community.docker.docker_container; "
            "did you mean 'published_ports'?",
            id="delegate's option",
        ),
        pytest.param(
            {"name": "web", "as": {"docker": {"image": "x"}}},
            "as.docker is not known; did you mean 'docker_container'?",
            id="form",
        ),
        pytest.param(
            {"name": "web", "as": {"docker_container": {"image": "x", "name": "other"}}},
            "as.docker_container.name is set by the collection itself and cannot be given",
            id="reserved option",
        ),
        pytest.param(
            {"name": "web", "as": {"lxd_container": {"devices": ["eth0"]}}},
            "as.lxd_container.devices is not what community.general.lxd_container takes: a mapping",
            id="delegate's type",
        ),
        pytest.param(
            {"name": "web", "as": {"docker_container": {"image": "x", "memory": "lots"}}},
            "as.docker_container.memory is not what community.docker.docker_container takes",
            id="delegate's size",
        ),
        pytest.param(
            {**WEB, "requirement": {}},
            "requirement is not an option of rightscope.deploy.service; did you mean 'requirements'?",
            id="task's option",
        ),
        pytest.param({**WEB, "targets": ["dock"]}, "did you mean 'dock1'?", id="unknown target"),
        pytest.param({**WEB, "weights": {"headrom": 2}}, "did you mean 'headroom'?", id="scorer"),
        pytest.param(_with(architecture="x86_65"), "did you mean 'x86_64'?", id="one value for a list"),
        pytest.param(
            {"name": "web", "as": {"docker_container": {"image": "x", "docker_host": "tcp://elsewhere"}}},
            "as.docker_container.docker_host is a connection option, and belongs in the target's 'rightscope_options'.",
            id="connection option",
        ),
        pytest.param(
            {"name": "web", "as": {"docker_container": {"image": "x", "labels": {"rightscope.service": "db"}}}},
            "as.docker_container.labels must not have a name that begins with 'rightscope.'",
            id="mark of the collection",
        ),
        pytest.param(
            {"name": "web", "as": {"docker_container": {"image": "x", "volumes": ["~:/data"]}}},
            "as.docker_container.volumes must name each path on the host in full, from '/' on.",
            id="path in short",
        ),
        pytest.param({**WEB, "wait_timeout": -1}, "wait_timeout must be 0 or more.", id="negative time"),
        pytest.param({**WEB, "discovery_timeout": 0}, "discovery_timeout must be 0.1 or more.", id="no time"),
        pytest.param({**WEB, "max_attempts": 0}, "max_attempts must be 1 or more.", id="no attempt"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(play, docker_eyes, args, sentence):
    outcome = play.service(**args)

    assert outcome["failed"] is True
    assert sentence in outcome["msg"]
    assert "?." not in outcome["msg"]
    assert "Traceback" not in outcome.output
    origins = [part.splitlines()[0] for part in outcome.output.split("Origin:")[1:]]
    assert all(".yml:" in origin for origin in origins)
    assert origins
    assert docker_eyes.names() == []


def test_all_mistakes_are_told_at_once(play):
    outcome = play.service(**_with(memory="lots", cpus=0, processes=-1))
    for path in ("memory", "cpus", "processes"):
        assert f"requirements.{path} must be" in outcome["msg"]


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        pytest.param({"rightscope_kind": "dokcer"}, "did you mean 'docker'?", id="unknown kind"),
        pytest.param({}, "has no 'rightscope_kind'", id="no kind"),
        pytest.param({"rightscope_kind": "docker", "rightscope_facts": {"cpu": 4}}, "did you mean 'cpus'?", id="fact"),
        pytest.param(
            {"rightscope_kind": "docker", "rightscope_options": {"docker_hots": "x"}},
            "did you mean 'docker_host'?",
            id="connection option",
        ),
        pytest.param(
            {"rightscope_kind": "docker", "rightscope_options": {"docker_host": "{{ nowhere_defined }}"}},
            "The variable 'rightscope_options' of host 'dock9' cannot be used",
            id="undefined variable",
        ),
        pytest.param(
            {"rightscope_kind": "docker", "rightscope_labels": ["zone"]},
            "The variable 'rightscope_labels' of host 'dock9' must be a mapping.",
            id="labels",
        ),
    ],
)
def test_a_target_that_is_declared_wrongly_is_named_beside_others_that_are_right(play, docker_eyes, host, sentence):
    base = {"rightscope_facts": {}, "rightscope_options": play.hosts["dock1"]["rightscope_options"]}
    hosts = {**play.hosts, "dock9": {**base, "ansible_connection": "local", **host}}
    outcome = play.service(**WEB, hosts=hosts, targets=["dock1"])
    assert outcome["failed"] is True
    assert "dock9" in outcome["msg"]
    assert sentence in outcome["msg"]
    assert "Traceback" not in outcome.output
    assert docker_eyes.names() == []


def test_no_targets_at_all_is_said(play):
    outcome = play.service(**WEB, hosts={})
    assert outcome["failed"] is True
    assert "There are no targets: the inventory has no host in the group 'rightscope_targets'" in outcome["msg"]


def _one_line(outcome) -> str:
    """All that was printed, without the line breaks that Ansible puts into warnings."""
    return " ".join(outcome.output.split())


@pytest.fixture
def silent():
    """A server that accepts a connection and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        yield server.getsockname()[1]


def _dead(kind: str, **options) -> dict:
    return {"ansible_connection": "local", "rightscope_kind": kind, "rightscope_options": options}


def test_a_target_that_does_not_answer_is_a_rejected_candidate(play, docker_eyes, silent):
    token = {"api_user": "deploy@pve", "api_token_id": "ansible", "api_token_secret": "S3NTINEL-token"}
    hosts = {
        "gone": _dead("docker", docker_host="unix:///nowhere/docker.sock"),
        "closed": _dead("lxd", url="unix:/nowhere/lxd.socket"),
        "silent": _dead("proxmox", api_host="127.0.0.1", api_port=silent, **token),
        **play.hosts,
    }

    outcome = play.service(**WEB, hosts=hosts, discovery_timeout=1, unreachable="ignore")

    assert outcome["changed"] is True
    assert "Not asked: gone: the Docker engine at unix:///nowhere/docker.sock does not answer" in _one_line(outcome)
    assert outcome["placement"]["target"] == "dock1"
    assert docker_eyes.names() == ["web"]
    reasons = {one["target"]: one["failures"] for one in outcome["decision"]["verdicts"] if one["target"] in hosts}
    for name in ("gone", "closed", "silent"):
        assert [failure["rule"] for failure in reasons[name]] == ["reachable"]
        assert reasons[name][0]["when"] == "not_now"
    assert "S3NTINEL" not in outcome.output


def test_what_is_the_same_for_each_item_of_a_loop_is_warned_of_once(play):
    args = {"name": "{{ item }}", "state": "absent", "unreachable": "ignore"}
    hosts = {"gone": _dead("docker", docker_host="unix:///nowhere/docker.sock"), **play.hosts}

    outcome = play.run("rightscope.deploy.service", args, hosts=hosts, keywords={"loop": ["web", "db", "web", "mail"]})

    assert [one["failed"] for one in outcome["results"]] == [False] * 4
    assert outcome.output.count("Not asked: ") == 1


@pytest.mark.parametrize("in_the_way", ["rightscope", "rightscope/locks", "rightscope/claims.json/"])
def test_where_runs_cannot_tell_each_other_what_they_are_at_work_on_it_is_said(play, tmp_path, docker_eyes, in_the_way):
    home = tmp_path / "home"
    path = home / in_the_way
    path.mkdir(parents=True) if in_the_way.endswith("/") else (path.parent.mkdir(parents=True), path.touch())
    environment = {"ANSIBLE_HOME": str(home), "ANSIBLE_LOCAL_TEMP": str(tmp_path / "tmp")}

    outcome = play.run("rightscope.deploy.service", WEB, environment=environment)

    assert outcome["failed"] is True
    assert f"'{home}/rightscope/" in outcome["msg"]
    assert "on the controller cannot be written: " in outcome["msg"]
    assert "set ANSIBLE_HOME to a writable directory" in outcome["msg"]
    assert "Traceback" not in outcome.output
    assert docker_eyes.names() == []


def test_nothing_is_made_where_a_silent_target_may_hold_it(play, docker_eyes):
    hosts = {"gone": _dead("docker", docker_host="unix:///nowhere/docker.sock"), **play.hosts}

    outcome = play.service(**WEB, hosts=hosts)

    assert outcome["failed"] is True
    assert "It may be on gone, which does not answer" in outcome["msg"]
    assert "set 'unreachable: ignore'" in outcome["msg"]
    assert docker_eyes.names() == []


def test_a_silent_target_is_no_hindrance_to_a_service_that_has_its_place(play, docker_eyes):
    play.service(**WEB)
    hosts = {"gone": _dead("docker", docker_host="unix:///nowhere/docker.sock"), **play.hosts}

    again = play.service(**WEB, hosts=hosts)
    assert (again["failed"], again["changed"]) == (False, False)
    assert again["placement"]["target"] == "dock1"

    removed = play.service(**WEB, hosts=hosts, state="absent")
    assert (removed["failed"], removed["changed"]) == (False, True)
    assert docker_eyes.names() == []


def test_a_service_is_not_called_absent_from_a_target_that_does_not_answer(play):
    hosts = {"gone": _dead("docker", docker_host="unix:///nowhere/docker.sock"), **play.hosts}

    held = play.service(**WEB, hosts=hosts, state="absent")
    assert held["failed"] is True
    assert "It may be on gone, which does not answer" in held["msg"]

    ignored = play.service(**WEB, hosts=hosts, state="absent", unreachable="ignore")
    assert ignored["failed"] is False
    assert ignored["explanation"] == "Service 'web' is on none of the 3 targets that answered."


def test_a_connection_plugin_that_is_not_there_is_a_rejected_candidate(play):
    hosts = {"odd": {"ansible_connection": "no.such.plugin", "rightscope_kind": "docker"}, **play.hosts}

    outcome = play.info(**WEB, hosts=hosts)

    (verdict,) = [one for one in outcome["decision"]["verdicts"] if one["target"] == "odd"]
    (failure,) = verdict["failures"]
    assert failure["rule"] == "reachable"
    assert "connection plugin 'no.such.plugin' of host 'odd' was not found" in failure["reason"]
    assert "Traceback" not in outcome.output


def test_when_no_target_answers_the_task_says_why_of_each(play, pve, silent):
    hosts = {
        "gone": _dead("docker", docker_host="unix:///nowhere/docker.sock"),
        "wrong": _dead("proxmox", **{**pve.options, "api_token_secret": "S3NTINEL-token"}),
        "poor": _dead("proxmox", **pve.poor_options),
    }

    outcome = play.service(**WEB, hosts=hosts)

    assert outcome["failed"] is True
    assert "gone: the Docker engine at unix:///nowhere/docker.sock does not answer" in outcome["msg"]
    assert "(401)" in outcome["msg"]
    assert "lacks the privileges" in outcome["msg"]
    assert "S3NTINEL" not in outcome.output
    assert "Traceback" not in outcome.output


def test_a_login_in_an_address_is_not_told(play):
    hosts = {"gone": _dead("docker", docker_host="tcp://ops:S3NTINEL@127.0.0.1:1")}
    outcome = play.service("-vvv", **WEB, hosts=hosts)
    assert "gone: the Docker engine at tcp://********@127.0.0.1:1" in outcome["msg"]
    assert "S3NTINEL" not in outcome.output


def test_where_nothing_fits_every_reason_of_every_candidate_is_told(play):
    outcome = play.service(name="huge", requirements={"memory": "900 TiB", "processes": 2, "init": True})

    assert outcome["failed"] is True
    assert "No candidate fits service 'huge'" in outcome["msg"]
    for place in ("dock1", "lab", "pve/pve1", "pve/pve2"):
        assert f"    {place}: rejected" in outcome["msg"]
    rules = {one["target"]: {failure["rule"] for failure in one["failures"]} for one in outcome["decision"]["verdicts"]}
    assert {"processes", "init", "memory", "image"} <= rules["dock1"]


@pytest.mark.parametrize(
    ("form", "target", "options"),
    [
        pytest.param("docker_container", "dock1", {"image": "rightscope-test/none:1", "pull": "never"}, id="docker"),
        pytest.param("lxd_container", "lab", {"source": {"type": "image", "alias": "none"}}, id="lxd"),
        pytest.param("proxmox_vm", "pve", {"clone": "none"}, id="proxmox"),
    ],
)
def test_an_image_that_does_not_exist_is_named(play, form, target, options):
    outcome = play.service(name="web", requirements={"forms": [form]}, targets=[target], **{"as": {form: options}})
    wanted = options.get("image") or options.get("clone") or options["source"]["alias"]
    assert outcome["failed"] is True
    assert f"'{wanted}' [image]" in outcome["msg"]


def test_an_image_that_no_registry_has_leaves_nothing_behind(play, docker_eyes):
    args = {"docker_container": {"image": "127.0.0.1:9/none:1"}}
    outcome = play.service(name="web", targets=["dock1"], **{"as": args})
    assert outcome["failed"] is True
    assert "create container 'web'" in outcome["msg"]
    assert "Traceback" not in outcome.output
    assert docker_eyes.names() == []


def test_a_missing_library_is_named_with_how_to_install_it(play, tmp_path, docker_eyes):
    (tmp_path / "voluptuous.py").write_text("raise ImportError('not here')", encoding="utf-8")

    outcome = play.run("rightscope.deploy.service", WEB, environment={"PYTHONPATH": str(tmp_path)})

    assert outcome["failed"] is True
    assert "'voluptuous' is not installed on the controller; run 'pip install voluptuous'" in outcome["msg"]
    assert "Traceback" not in outcome.output


def test_a_library_that_only_some_targets_need_rejects_those(play, tmp_path, docker_eyes, lxd_eyes):
    (tmp_path / "docker.py").write_text("raise ImportError('not here')", encoding="utf-8")

    outcome = play.run("rightscope.deploy.service_info", WEB, environment={"PYTHONPATH": str(tmp_path)})

    reasons = {one["target"]: one["failures"] for one in outcome["decision"]["verdicts"]}
    assert "the Python library 'docker' is not installed on" in reasons["dock1"][0]["reason"]
    assert "pip install docker" in reasons["dock1"][0]["remedy"]
    assert not [failure for failure in reasons["lab"] if failure["rule"] == "reachable"]


@pytest.mark.parametrize("module", ["service", "service_info"])
def test_a_task_that_is_to_be_tried_again_is(play, tmp_path, module):
    """To Ansible an exception is the end of all attempts; an answer that says 'failed' is the end of one."""
    gone = {**play.hosts["dock1"], "rightscope_options": {"docker_host": f"unix://{tmp_path}/none.sock"}}
    args = {"name": "web", "as": {"docker_container": {"image": DOCKER_IMAGE}}}
    again = {"until": "answer is success", "retries": 2, "delay": 0}

    outcome = play.run(f"rightscope.deploy.{module}", args, hosts={"dock1": gone}, keywords=again)

    assert (outcome["failed"], outcome["changed"], outcome["attempts"]) == (True, False, 2)
    assert "there is no such socket" in outcome["msg"]
