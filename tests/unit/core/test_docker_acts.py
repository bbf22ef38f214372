# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What options ask for beside what the container is: acts, comparisons, content, and what there is once."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import acted, candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS, OptionError, RefusedError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._docker.acts import ACTS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._docker.contradictions import contradictions
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Content, Sought

from .builders import instance, service, target

DOCKER_CONTAINER = FORMS["docker_container"]
HELD, NEWER = "sha256:aa", "sha256:bb"
GIVEN = {"rightscope.service": "web", "rightscope.options": "none", "rightscope.given": "none"}


def container(given="none", options="none", env=("PATH=/bin", "A=1"), labels=None, state="started", **host):
    config = {
        "Image": "sha256:1",
        "_image_id": "sha256:1",
        "_image_digests": [f"web@{HELD}"],
        "_image": {"platform": "linux/amd64", "env": ["PATH=/bin"], "labels": {"maintainer": "image"}},
        "Config": {
            "Image": "web:1",
            "Env": list(env),
            "Labels": {
                **GIVEN,
                "rightscope.given": given,
                "rightscope.options": options,
                "maintainer": "image",
                **(labels or {}),
            },
        },
        "HostConfig": {"RestartPolicy": {"Name": "no"}, **host},
        "NetworkSettings": {"Networks": {"bridge": {}}},
    }
    return instance("docker", state=state, config=config)


def planned(there=(), content=None, state="started", needs=None, image_id="sha256:1", **options):
    there = there if isinstance(there, tuple) else (there,)
    of = service(made_as={"docker_container": {"image": "web:1", **options}}, **(needs or {}))
    place = target("docker", instances=there)
    (one,) = candidates(of, [place])
    one = dataclasses.replace(one, content=content or Content(), grants=())
    return DOCKER_CONTAINER.plan(of, one, place, there, state)


# --- acts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("cleanup", True, "can only be false"),
        ("command_handling", "compatibility", "can only be 'correct'"),
        ("container_default_behavior", "compatibility", "can only be 'no_defaults'"),
        ("detach", False, "can only be true"),
        ("healthy_wait_timeout", 10.0, "'wait_timeout'"),
        ("image_label_mismatch", "fail", "can only be 'ignore'"),
        ("output_logs", True, "can only be false"),
        ("pull_check_mode_behavior", "always", "check mode asks the registry"),
        ("pull_check_mode_behavior", "image_not_present", "check mode asks the registry"),
        ("comparisons", {"env": "sometimes"}, "not one of ignore, strict and allow_more_present"),
        ("comparisons", {"envv": "ignore"}, "'envv', which is not an option that can be compared"),
        ("comparisons", {"pull": "ignore"}, "'pull', which is not an option that can be compared"),
        ("comparisons", {"memory": "allow_more_present"}, "'memory', which is not a list or a mapping"),
        ("comparisons", {"*": "allow_more_present"}, "'*', which is not a list or a mapping"),
    ],
)
def test_an_act_that_is_not_done_is_refused_with_the_reason(option, value, why):
    with pytest.raises(OptionError) as error:
        DOCKER_CONTAINER.check(option, value)
    assert why in str(error.value)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *((name, value) for name, act in ACTS.items() for value in act.takes or ()),
        ("comparisons", {"*": "strict", "env": "ignore", "ports": "allow_more_present", "stop_timeout": "strict"}),
        ("pull", "always"),
        ("force_kill", True),
    ],
)
def test_an_act_that_is_done_is_taken(option, value):
    DOCKER_CONTAINER.check(option, value)


HANDED_ON = {"force_kill": True, "kill_signal": "SIGINT", "stop_timeout": 3, "removal_wait_timeout": 9.0, "debug": True}


@pytest.mark.parametrize(
    ("there", "state"), [((), "started"), (container(state="stopped"), "started"), (container(), "stopped")]
)
def test_an_act_is_handed_on_to_each_call(there, state):
    (call,) = planned(there, state=state, networks_cli_compatible=False, keep_volumes=False, **HANDED_ON).calls
    assert {**HANDED_ON, "networks_cli_compatible": False, "keep_volumes": False}.items() <= call.args.items()


@pytest.mark.parametrize(("given", "keeps"), [({}, False), ({"keep_volumes": True}, True)])
def test_a_removal_is_told_of_what_concerns_it(given, keeps):
    of = service(made_as={"docker_container": {"image": "web:1", **HANDED_ON, **given, "env": {"A": "1"}}})
    (call,) = DOCKER_CONTAINER.remove(of, target(), (container(),)).calls
    assert call.args == {**HANDED_ON, "name": "web", "state": "absent", "keep_volumes": keeps}


def test_what_the_engine_would_remove_as_it_stops_is_not_stopped():
    with pytest.raises(RefusedError, match="auto_remove"):
        planned(container(), state="stopped", auto_remove=True)
    planned(container(), state="restarted", auto_remove=True)


# --- pull: always ---------------------------------------------------------------------------------


@pytest.mark.parametrize("pull", ["always", True])
@pytest.mark.parametrize("state", ["started", "present", "stopped", "restarted"])
def test_a_tag_that_moved_takes_a_new_container_that_is_pulled_for(pull, state):
    plan = planned(container(), Content(images={"web:1": NEWER}), state=state, pull=pull)
    (call,) = plan.calls
    assert (call.action, call.args["pull"], call.args["recreate"]) == ("replace", pull, True)
    assert plan.before["web"]["image_digest"] == HELD
    assert plan.after["web"]["image_digest"] == NEWER


@pytest.mark.parametrize(
    ("content", "options"),
    [
        pytest.param({"images": {"web:1": HELD}}, {"pull": "always"}, id="the tag is where it was"),
        pytest.param({"images": {"web:1": NEWER}}, {"pull": "missing"}, id="only a missing one is pulled"),
        pytest.param({"images": {"web:1": NEWER}}, {"pull": "never"}, id="none is pulled"),
        pytest.param({"images": {"web:1": NEWER}}, {"pull": False}, id="none is pulled, by its old name"),
        pytest.param({"images": {"web:1": NEWER}}, {}, id="nothing is said"),
        pytest.param(
            {"images": {"web:1": NEWER}},
            {"pull": "always", "comparisons": {"image": "ignore"}},
            id="which image it is is to be ignored",
        ),
    ],
)
def test_otherwise_what_the_registry_has_changes_nothing(content, options):
    assert planned(container(), Content(**content), **options).calls == ()


def test_a_registry_that_does_not_answer_is_told_and_the_service_goes_on():
    plan = planned(container(), Content(silent={"web:1": "connection refused"}), pull="always")
    assert plan.calls == ()
    (warning,) = plan.warnings
    assert warning.startswith("Whether there is a newer 'web:1' for container 'web' is not known")
    assert "(connection refused)" in warning
    assert planned(container(), Content(silent={"web:1": "x"}), pull="missing").warnings == ()


def test_what_was_pulled_is_not_pulled_once_more():
    of = service(made_as={"docker_container": {"image": "web:1", "pull": "always"}})
    (one,) = candidates(of, [dataclasses.replace(target(), content=Content(images={"web:1": NEWER}))])
    one = dataclasses.replace(one, grants=())
    assert DOCKER_CONTAINER.plan(of, one, target(), (container(),), "started").calls
    assert DOCKER_CONTAINER.plan(of, acted(one), target(), (container(),), "started").calls == ()


@pytest.mark.parametrize(
    ("options", "needs", "images"),
    [
        ({"image": "web:1", "pull": "always"}, {}, ("web:1",)),
        ({"image": "web:1", "pull": True}, {}, ("web:1",)),
        ({"image": "web:1", "pull": "missing"}, {}, ()),
        ({"image": "web:1"}, {}, ()),
        ({"image": f"web@sha256:{'a' * 64}", "pull": "always"}, {}, ()),
        ({"image": "0123456789ab", "pull": "always"}, {}, ()),
        ({"image": f"sha256:{'a' * 64}", "pull": "always"}, {}, ()),
        (
            {"pull": "always"},
            {
                "processes": [
                    {"name": "a", "image": "a:1"},
                    {"name": "b", "image": "b:1"},
                    {"name": "c", "image": "a:1"},
                ]
            },
            ("a:1", "b:1"),
        ),
    ],
)
def test_only_what_can_move_is_asked_of_a_registry(options, needs, images):
    assert DOCKER_CONTAINER.sought(service(**needs).requirements, options) == Sought(images=images)


# --- comparisons ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"env": "ignore"}, id="the one"),
        pytest.param({"*": "ignore"}, id="all"),
        pytest.param({"*": "ignore", "image": "strict"}, id="all but another"),
    ],
)
@pytest.mark.parametrize(
    "env",
    [
        pytest.param({"A": "2"}, id="another value"),
        pytest.param({"A": "1", "B": "1"}, id="one more"),
        pytest.param({"PATH": "/bin"}, id="another name of the same value"),
        pytest.param(None, id="none"),
    ],
)
def test_an_option_that_is_to_be_ignored_makes_no_difference(how, env):
    there = container(given="env.A")
    assert planned(there, env=env).calls
    assert planned(there, env=env, comparisons=how).calls == ()


ULIMITS = [{"Name": "nofile", "Soft": 2, "Hard": 2}]


@pytest.mark.parametrize(
    ("there", "options"),
    [
        pytest.param(container(options="ulimits=0123"), {"ulimits": ["nofile:1:1"]}, id="known by a digest"),
        pytest.param(container(options="ulimits=0123", Ulimits=ULIMITS), {}, id="given no more"),
        pytest.param(container(Memory=2**26), {"memory": "128M"}, id="changed in place"),
        pytest.param(container(Binds=["/etc:/etc:rw"]), {}, id="a mount that is left"),
        pytest.param(container(), {"image": "web:2"}, id="the image"),
        pytest.param(container(), {"networks": [{"name": "other"}]}, id="networks"),
    ],
)
def test_whatever_is_to_be_ignored_makes_no_difference(there, options):
    assert planned(there, **options).calls
    assert planned(there, **options, comparisons={"*": "ignore"}).calls == ()


def test_variables_of_a_file_go_by_the_comparison_of_variables():
    there, content = container(options="env_file=0123"), Content(files={"/e": "new"})
    assert planned(there, content, env_file="/e").calls
    assert planned(there, content, env_file="/e", comparisons={"env": "ignore"}).calls == ()


def test_to_leave_an_option_out_takes_back_no_need():
    there = container(Memory=2**26, MemorySwap=2**27)
    (call,) = planned(there, needs={"memory": 128}, comparisons={"*": "ignore"}).calls
    assert "memory" in call.does
    assert planned(there, needs={"memory": 64}, comparisons={"*": "ignore"}).calls == ()


@pytest.mark.parametrize(
    ("options", "host"),
    [
        pytest.param({"capabilities": ["NET_ADMIN"]}, {"CapAdd": ["CAP_NET_ADMIN", "CAP_SYS_TIME"]}, id="a set"),
        pytest.param({"volumes": ["/a:/a"]}, {"Binds": ["/a:/a", "/b:/b"]}, id="volumes"),
        pytest.param(
            {"published_ports": ["80:80"]},
            {"PortBindings": {"80/tcp": [{"HostPort": "80"}], "81/tcp": [{"HostPort": "81"}]}},
            id="ports",
        ),
    ],
)
def test_more_may_be_present_where_that_is_allowed(options, host):
    (name,) = options
    there = container(**host)
    assert planned(there, **options).calls
    assert planned(there, **options, comparisons={name: "allow_more_present"}).calls == ()
    assert planned(container(), **options, comparisons={name: "allow_more_present"}).calls


@pytest.mark.parametrize(
    ("options", "there", "more"),
    [
        pytest.param({"env": {"A": "1"}}, container("env.A", env=("PATH=/bin", "A=1", "B=1")), "env", id="env"),
        pytest.param({"labels": {"a": "1"}}, container("labels.a", labels={"a": "1", "b": "1"}), "labels", id="labels"),
    ],
)
def test_strict_is_no_more_than_what_is_given_and_the_image_brings(options, there, more):
    assert planned(there, **options).calls == ()
    (call,) = planned(there, **options, comparisons={more: "strict"}).calls
    assert call.action == "replace"
    assert planned(there, **options, comparisons={"*": "strict"}).calls


def test_strict_is_content_with_what_the_image_brings():
    there = container("env.A labels.a", labels={"a": "1"})
    assert planned(there, env={"A": "1"}, labels={"a": "1"}, comparisons={"*": "strict"}).calls == ()


def test_the_time_to_stop_is_compared_where_that_is_asked_for():
    assert planned(container(), stop_timeout=9).calls == ()
    assert planned(container(), stop_timeout=9, comparisons={"stop_timeout": "strict"}).calls


def test_another_name_of_the_same_image_is_ignored_where_that_is_asked_for():
    there = container()
    there.config["Config"]["Image"] = "other:1"
    assert planned(there).calls
    assert planned(there, image_name_mismatch="ignore").calls == ()
    there.config["Image"] = "sha256:2"
    assert planned(there, image_name_mismatch="ignore").calls


def test_a_call_in_place_lets_the_delegate_change_nothing_else():
    there = container(env=("A=old",), Memory=2**26)
    options = {"env": {"A": "new"}, "memory": "128M", "pull": "always", "comparisons": {"env": "ignore"}}
    (call,) = planned(there, **options).calls
    assert call.args["comparisons"] == {"*": "ignore", "memory": "strict"}
    assert call.args["pull"] == "missing"
    there = container(env=("A=old",), state="stopped")
    (call,) = planned(there, env={"A": "new"}, comparisons={"env": "ignore"}).calls
    assert (call.action, call.args["comparisons"]) == ("start", {"*": "ignore"})


# --- what is behind a path ------------------------------------------------------------------------


def test_the_content_of_a_file_makes_the_container_and_its_name_does_not():
    def mark(path, digest):
        (call,) = planned((), Content(files={path: digest}), env_file=path).calls
        assert call.args["env_file"] == path
        return call.args["labels"]["rightscope.options"]

    assert mark("/a", "one") == mark("/b", "one")
    assert mark("/a", "one") != mark("/a", "two")


def test_a_file_that_cannot_be_read_is_told_before_anything_is_done():
    content = Content(unreadable={"/a": "no such file or directory"})
    with pytest.raises(RefusedError, match=r"'/a' cannot be read where the module runs \(no such file or directory\)"):
        planned(container(), content, env_file="/a")


# --- what there is once ---------------------------------------------------------------------------

TWO = {"processes": [{"name": "app", "image": "a:1"}, {"name": "db", "image": "b:1"}]}


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"published_ports": ["80", "8080:80"]}, ("published_ports", 1)),
        ({"published_ports": ["127.0.0.1:8080:80/udp"]}, ("published_ports", 0)),
        ({"published_ports": ["[::1]:8080:80"]}, ("published_ports", 0)),
        ({"published_ports": ["8080-8081:80-81"]}, ("published_ports", 0)),
        ({"hostname": "web"}, ("hostname",)),
        ({"mac_address": "02:00:00:00:00:01"}, ("mac_address",)),
        ({"networks": [{"name": "n"}, {"name": "m", "ipv4_address": "10.0.0.9"}]}, ("networks", 1, "ipv4_address")),
        ({"networks": [{"name": "n", "ipv6_address": "fd00::9"}]}, ("networks", 0, "ipv6_address")),
        ({"networks": [{"name": "n", "mac_address": "02:00:00:00:00:01"}]}, ("networks", 0, "mac_address")),
    ],
)
def test_what_there_is_once_is_not_contradictions(options, path):
    ((found, message),) = contradictions(service(**TWO).requirements, options)
    assert found == path
    assert "each process' container" in message
    assert "name ports with a 'process' instead" in message or path[0] != "published_ports"
    assert contradictions(service().requirements, options) == []


@pytest.mark.parametrize(
    "ports",
    [
        ["80"],
        ["127.0.0.1::80"],
        ["8000-8009:80"],
        ["8000-8009:80", "8000-8009:81"],
        ["all"],
        ["53:53/udp", "53:53/tcp"],
    ],
)
def test_a_port_that_the_engine_picks_may_be_contradictions(ports):
    several = service(**TWO).requirements
    assert [
        path for path, _text in contradictions(several, {"published_ports": ports}) if ports[0] != "53:53/udp"
    ] == []


@pytest.mark.parametrize(
    ("ports", "clashes"),
    [
        (["80:80", "80:81"], [1]),
        (["80:80", "127.0.0.1:80:81"], [1]),
        (["127.0.0.2:80:80", "127.0.0.1:80:81"], []),
        (["80:80/udp", "80:80"], []),
        (["8000-8010:8000-8010", "8005:80", "8011:80"], [1]),
    ],
)
def test_a_port_of_the_host_is_given_once(ports, clashes):
    found = contradictions(service().requirements, {"published_ports": ports})
    assert [path for path, _text in found] == [("published_ports", index) for index in clashes]


@pytest.mark.parametrize(("host", "changes"), [("8080", False), ("8081", True)])
def test_a_port_that_a_need_asks_for_is_seen_to_whatever_is_ignored(host, changes):
    there = container(PortBindings={"80/tcp": [{"HostPort": host}]})
    needs = {"ports": ["8080:80"]}
    assert planned(there, needs=needs, comparisons={"*": "ignore"}).changed is changes


def test_strict_is_no_network_more():
    there = container("networks")
    there.config["NetworkSettings"]["Networks"] = {"a": {}, "b": {}}
    options = {"networks": [{"name": "a"}]}
    assert planned(there, **options).calls == ()
    (call,) = planned(there, **options, comparisons={"networks": "strict"}).calls
    assert "networks" in call.does


# --- the second opinion ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "doubtful"),
    [
        pytest.param({"working_dir": "/a"}, ("working_dir",), id="what is made anew"),
        pytest.param({"memory": "128M", "memory_swap": "256M", "cpu_shares": 9}, (), id="what is changed in place"),
        pytest.param({"working_dir": "/a", "memory": "128M", "memory_swap": "256M"}, ("working_dir",), id="both"),
        pytest.param({"stop_timeout": 9, "comparisons": {"stop_timeout": "strict"}}, (), id="an act"),
        pytest.param({"pull": "always"}, (), id="what the registry has"),
    ],
)
def test_the_delegate_is_only_asked_of_what_it_tells_the_truth_of(options, doubtful):
    of = service(made_as={"docker_container": {"image": "web:1", **options}})
    place = target(instances=(container(),))
    (one,) = candidates(of, [place])
    one = dataclasses.replace(one, content=Content(images={"web:1": NEWER}), grants=())
    plan = DOCKER_CONTAINER.plan(of, one, place, place.instances, "started")
    assert plan.changed
    assert DOCKER_CONTAINER.doubtful(one, plan) == ({"web": doubtful} if doubtful else {})


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        pytest.param({}, {"env": "allow_more_present", "user": "strict"}, id="nothing is said"),
        pytest.param({"*": "strict"}, {"env": "strict", "user": "strict"}, id="all is compared strictly"),
        pytest.param({"env": "strict"}, {"env": "strict", "user": "strict"}, id="one is"),
        pytest.param({"*": "ignore"}, {"env": "allow_more_present", "user": "strict"}, id="a need differs"),
    ],
)
def test_the_delegate_is_asked_as_the_user_wants_it_compared(said, asked):
    options = {"image": "web:1", "env": {"A": "1"}, "user": "web", "comparisons": said}
    of = service(made_as={"docker_container": options})
    (one,) = candidates(of, [target()])
    one = dataclasses.replace(one, grants=())
    call = DOCKER_CONTAINER.question(of, one, container(), ("env", "user"))
    assert call.args["comparisons"] == {"*": "ignore", **asked}
