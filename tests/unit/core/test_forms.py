# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all forms have in common."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS, KINDS, OptionError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms.common import MASK, differences, masked
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import SCOPES

from .builders import planned


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_form_has_all_that_a_form_has(form):
    for name in ("name", "title", "scope", "kind", "runtime", "module", "reserved"):
        assert getattr(form, name)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param({"DB_PASSWORD": "x"}, {"DB_PASSWORD": MASK}, id="by its name"),
        pytest.param({"a": {"Api_Token": "x", "b": 1}}, {"a": {"Api_Token": MASK, "b": 1}}, id="at any depth"),
        pytest.param({"labels": ["KEY=x=y", "A=1"]}, {"labels": [f"KEY={MASK}", "A=1"]}, id="NAME=value"),
        pytest.param({"list": [{"secret": 1}]}, {"list": [{"secret": MASK}]}, id="in a list"),
        pytest.param({"passwords": ["x"]}, {"passwords": MASK}, id="a whole list"),
        pytest.param({"credentials": {"user": "x"}}, {"credentials": MASK}, id="a whole mapping"),
        pytest.param(
            {"DATABASE_URL": "postgres://ops:x@db/app?a=b"},
            {"DATABASE_URL": f"postgres://{MASK}@db/app?a=b"},
            id="a login in a URL",
        ),
        pytest.param(["URL=amqp://:x@mq"], [f"URL=amqp://{MASK}@mq"], id="a login in an item"),
        pytest.param(
            {"command": ["app", "--password", "x", "-v"]}, {"command": ["app", "--password", MASK, "-v"]}, id="word"
        ),
        pytest.param(
            {"command": ["app", "--password=x"]}, {"command": ["app", f"--password={MASK}"]}, id="part of a word"
        ),
        pytest.param(
            {"command": ["app", "--no-auth", "-v"]}, {"command": ["app", "--no-auth", "-v"]}, id="a switch alone"
        ),
        pytest.param(
            {"command": "app --api-token x --port 80"},
            {"command": f"app --api-token {MASK} --port 80"},
            id="in a command",
        ),
        pytest.param(
            {"description": "Search\nadmin password: x"},
            {"description": f"Search\nadmin password: {MASK}"},
            id="in a text",
        ),
        pytest.param({"env": {"PIN": "x", "A": 1}}, {"env": {"PIN": MASK, "A": MASK}}, id="any variable"),
        pytest.param({"config.environment.CONN": "x"}, {"config.environment.CONN": MASK}, id="a key of a difference"),
        pytest.param({"environment.CONN": "a=x"}, {"environment.CONN": MASK}, id="any variable of LXD"),
        pytest.param(
            {"command": "curl -H 'Authorization: Bearer x'"},
            {"command": f"curl -H 'Authorization: {MASK}"},
            id="a token of a header",
        ),
        pytest.param(
            {"url": "https://x@sentry.io/1"}, {"url": f"https://{MASK}@sentry.io/1"}, id="a login of one word"
        ),
        pytest.param({"args": "-vnc password=x"}, {"args": f"-vnc password={MASK}"}, id="arguments of a machine"),
        pytest.param(
            {"volume_options": {"o": "username=u,password=x,uid=0"}},
            {"volume_options": {"o": f"username=u,password={MASK}"}},
            id="options of a mounted share",
        ),
        pytest.param(
            {"raw.mount.options": "user=u,pass=x"}, {"raw.mount.options": f"user=u,pass={MASK}"}, id="and LXD's"
        ),
        pytest.param({"image": "authelia:4.38"}, {"image": "authelia:4.38"}, id="an image is no secret"),
        pytest.param({"published_ports": ["80:80"]}, {"published_ports": ["80:80"]}, id="a port is no login"),
        pytest.param({"user.user-data": "x"}, {"user.user-data": MASK}, id="what cloud-init runs"),
        pytest.param({"password": None}, {"password": None}, id="that there is none is no secret"),
        pytest.param({"memory": 1, "user": "x"}, {"memory": 1, "user": "x"}, id="all else is shown"),
    ],
)
def test_whatever_is_named_like_a_secret_is_masked(value, shown):
    assert masked(value) == shown


def test_what_is_masked_is_a_copy():
    value = {"env": ["KEY=x"], "a": {"token": "x"}}
    masked(value)
    assert value == {"env": ["KEY=x"], "a": {"token": "x"}}


@pytest.mark.parametrize(
    ("form", "option", "value", "words"),
    [
        pytest.param("docker_container", "labels", {"rightscope.x": "1"}, "'rightscope.'", id="label"),
        pytest.param("docker_container", "volumes", ["/a:/a", "~/b:/b"], "in full", id="home directory"),
        pytest.param("docker_container", "volumes", ["./b:/b"], "in full", id="relative path"),
        pytest.param("lxd_container", "config", {"user.rightscope.service": "db"}, "'user.rightscope.'", id="LXD key"),
        pytest.param("proxmox_vm", "description", "Search\n rightscope.service: db", "'rightscope.'", id="description"),
    ],
)
def test_what_the_collection_keeps_for_itself_is_refused(form, option, value, words):
    with pytest.raises(OptionError, match=words):
        FORMS[form].check(option, value)


@pytest.mark.parametrize(
    ("form", "option", "value"),
    [
        pytest.param("docker_container", "labels", {"my.rightscope.x": "1"}, id="label"),
        pytest.param("docker_container", "volumes", ["/a:/a:ro", "data:/b", "/cache"], id="volumes"),
        pytest.param("lxd_container", "config", {"user.note": "rightscope.service"}, id="LXD key"),
        pytest.param("proxmox_vm", "description", "see rightscope.service: the mark", id="description"),
    ],
)
def test_what_only_looks_like_a_mark_is_fine(form, option, value):
    FORMS[form].check(option, value)


def test_of_a_difference_only_what_is_wanted_is_said():
    assert differences({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 1, "d": 4}) == ({"b": 1, "c": None}, {"b": 2, "c": 3})


OPTIONS = {
    "docker": {"image": "web:1", "env": {"TOKEN": "S3NT"}, "log_options": {"splunk-token": "S3NT"}},
    "lxd": {"config": {"environment.TOKEN": "S3NT", "user.user-data": "S3NT"}},
    "proxmox": {"cipassword": "S3NT", "ciuser": "ops"},
}


@pytest.mark.parametrize("kind", OPTIONS)
def test_no_secret_is_in_anything_of_a_plan_but_the_arguments(kind):
    plan = planned(kind, options=OPTIONS[kind])
    assert "S3NT" in str([dict(call.args) for call in plan.calls])
    assert "S3NT" not in f"{plan} {plan.before} {plan.after} {[call.does for call in plan.calls]}"


@pytest.mark.parametrize("kind", OPTIONS)
def test_a_plan_is_the_same_each_time_and_changes_nothing_that_it_is_given(kind):
    options = copy.deepcopy(OPTIONS[kind])
    first, second = planned(kind, options=options, memory=64), planned(kind, options=options, memory=64)
    assert first == second
    assert options == OPTIONS[kind]


@pytest.mark.parametrize("kind", OPTIONS)
def test_a_creation_has_one_call_after_which_there_is_something_to_clean_up(kind):
    plan = planned(kind, options=OPTIONS[kind])
    assert [bool(call.creates) for call in plan.calls] == [True, *[False] * (len(plan.calls) - 1)]
    assert plan.before == {"web": {"state": "absent"}}


@pytest.mark.parametrize("kind", OPTIONS)
def test_an_option_that_is_none_is_no_option(kind):
    nothing = dict.fromkeys(("volumes", "profiles", "devices", "onboot", "tags"))
    assert planned(kind, options={**OPTIONS[kind], **nothing}) == planned(kind, options=OPTIONS[kind])


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_no_delegate_is_given_what_the_collection_reserves_by_the_user(form):
    assert {"name", "state"} <= set(form.reserved)
    assert form.scope in SCOPES
    assert form.kind in KINDS
