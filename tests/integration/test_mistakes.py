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
            "as.docker_container.published_port is no option of community.docker.docker_container; "
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
            "requirement is no option of rightscope.deploy.service; did you mean 'requirements'?",
            id="task's option",
        ),
        pytest.param({**WEB, "targets": ["dock"]}, "did you mean 'dock1'?", id="unknown target"),
        pytest.param({**WEB, "weights": {"headrom": 2}}, "did you mean 'headroom'?", id="scorer"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(play, docker_eyes, args, sentence):
    outcome = play.service(**args)

    assert outcome["failed"] is True
    assert sentence in outcome["msg"]
    assert "Traceback" not in outcome.output
    assert ".yml:" in outcome.output.split("Origin:")[1].splitlines()[0]
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
    ],
)
def test_a_target_that_is_declared_wrongly_is_named(play, docker_target, host, sentence):
    base = {"rightscope_facts": {}, "rightscope_options": docker_target["rightscope_options"]}
    outcome = play.service(**WEB, hosts={"dock9": {**base, "ansible_connection": "local", **host}})
    assert outcome["failed"] is True
    assert "dock9" in outcome["msg"]
    assert sentence in outcome["msg"]
    assert "Traceback" not in outcome.output


def test_no_targets_at_all_is_said(play):
    outcome = play.service(**WEB, hosts={})
    assert outcome["failed"] is True
    assert "There are no targets: the inventory has no host in the group 'rightscope_targets'" in outcome["msg"]


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

    outcome = play.service(**WEB, hosts=hosts, discovery_timeout=1)

    assert outcome["changed"] is True
    assert outcome["placement"]["target"] == "dock1"
    assert docker_eyes.names() == ["web"]
    reasons = {one["target"]: one["failures"] for one in outcome["decision"]["verdicts"] if one["target"] in hosts}
    for name in ("gone", "closed", "silent"):
        assert [failure["rule"] for failure in reasons[name]] == ["reachable"]
        assert reasons[name][0]["when"] == "not_now"
    assert "S3NTINEL" not in outcome.output


def test_nothing_is_made_where_a_silent_target_may_hold_it_and_the_user_says_so(play, docker_eyes):
    hosts = {"gone": _dead("docker", docker_host="unix:///nowhere/docker.sock"), **play.hosts}

    outcome = play.service(**WEB, hosts=hosts, unreachable="hold")

    assert outcome["failed"] is True
    assert "gone may hold it and does not answer" in outcome["msg"]
    assert docker_eyes.names() == []


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
