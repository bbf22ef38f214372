# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What 'service_info' tells, and the one file that it may write."""

from __future__ import annotations

import dataclasses

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.rightscope.deploy.plugins.action import service_info
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import action_base, service_reader
from tests.unit.controller.actions import make_action
from tests.unit.core.builders import instance, target

AS = {"docker_container": {"image": "web:1"}}


@pytest.fixture
def shown(monkeypatch) -> list[str]:
    texts = []
    monkeypatch.setattr(service_info.display, "warning", texts.append)
    monkeypatch.setattr(service_info.display, "v", lambda _text: None)
    return texts


@pytest.fixture
def run(monkeypatch, shown):
    """Ask for services; the targets are those of ``run.targets``."""

    def run(args=None, **attributes):
        monkeypatch.setattr(
            action_base, "survey", lambda _hosts, services, _options, **_more: {s.name: run.targets for s in services}
        )
        monkeypatch.setattr(action_base, "target_hosts", lambda *_arguments: [])
        given = {"name": "web", "as": AS} if args is None else args
        return make_action(service_info.ActionModule, given, **attributes).run(task_vars={})

    run.targets = [target("docker")]
    # What the delegates know of their options is another test's matter.
    monkeypatch.setattr(service_reader, "read_options", lambda _form, options: (dict(options), []))
    return run


def test_it_tells_where_one_would_go_and_changes_nothing(run):
    result = run()
    assert (result["changed"], result["failed"], result["name"], result["placement"]) == (False, False, "web", None)
    assert "goes to 'dock1'" in result["explanation"]
    assert result["plan_digest"]


def test_it_tells_where_one_is(run):
    run.targets = [target("docker", instances=(instance("docker"),))]
    assert run()["placement"]["target"] == "dock1"


def test_of_several_each_has_an_entry(run):
    result = run({"services": [{"name": "web", "as": AS}, {"name": "db", "as": AS}]})
    assert [entry["name"] for entry in result["services"]] == ["web", "db"]
    assert "'web'" in result["explanation"]
    assert "'db'" in result["explanation"]


def test_a_place_that_the_task_leaves_out_is_warned_of(run, shown):
    there = target("docker", instances=(instance("docker"),))
    run.targets = [target("docker", "dock2"), dataclasses.replace(there, eligible=False)]
    run()
    assert shown == [
        "Service 'web' is on 'dock1', which 'targets' does not name; the decision is about the named targets alone."
    ]


@pytest.mark.parametrize(("name", "begins"), [("report.md", "#"), ("report.html", "<!DOCTYPE html>")])
def test_a_report_is_written_in_the_format_of_its_name(run, tmp_path, name, begins):
    path = tmp_path / name
    args = {"name": "web", "as": AS, "report": str(path)}
    assert run(args, check_mode=True)["changed"] is True
    assert not path.exists()
    assert run(args)["changed"] is True
    assert begins in path.read_text(encoding="utf-8")
    assert run(args)["changed"] is False


def test_a_report_of_no_known_format_is_not_begun(run, tmp_path):
    with pytest.raises(AnsibleActionFail, match="report must end in .md or .html"):
        run({"name": "web", "report": str(tmp_path / "report.txt")})
