# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Needs that change, better places, plans that are held to, and things that somebody else made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import DOCKER_IMAGE, LXD_IMAGE, Playbook

AS = {
    "docker_container": {"image": DOCKER_IMAGE, "volumes": ["kept:/data"]},
    "lxd_container": {"source": {"type": "image", "alias": LXD_IMAGE}},
}
HERE = ["dock1", "lab"]


def service(**more) -> dict:
    return {"name": "shop", "targets": HERE, "as": AS, **more}


PVE = {"kind": "proxmox", "target": "pve"}
WANTS_INIT = {"requirements": {"init": True, "processes": 2}}


@pytest.fixture
def placed(play, docker_eyes, lxd_eyes):
    """The service in a Docker container, with a volume."""
    assert play.service(**service())["placement"]["target"] == "dock1"
    return docker_eyes, lxd_eyes


def test_needs_that_no_longer_fit_are_an_error_or_a_report_and_change_nothing(play, placed):
    docker_eyes, lxd_eyes = placed
    before = docker_eyes.everything("shop")

    failed = play.service(**service(**WANTS_INIT))
    told = play.service(**service(**WANTS_INIT, on_form_change="report"))

    assert failed["failed"] is True
    assert "[init: never]" in failed["msg"]
    assert (told["failed"], told["changed"], told["fits"]) == (False, False, False)
    assert told["placement"]["target"] == "dock1"
    assert "which no longer fits it" in told["explanation"]
    assert (docker_eyes.everything("shop"), lxd_eyes.names()) == (before, [])


def test_needs_that_no_longer_fit_move_it_where_that_is_allowed(play, placed):
    docker_eyes, lxd_eyes = placed
    moving = service(**WANTS_INIT, on_form_change="replace")

    foreseen = play.service("--check", **moving)
    assert (docker_eyes.names(), lxd_eyes.names()) == (["shop"], [])
    done = play.service(**moving)

    assert (done["failed"], done["changed"], foreseen["changed"]) == (False, True, True)
    assert done["diff"] == foreseen["diff"]
    assert [call["does"] for call in done["calls"]] == [call["does"] for call in foreseen["calls"]]
    assert done["calls"][-1]["does"] == "remove container 'shop'; its volume 'kept' stays"
    assert "moves from 'dock1' to 'lab'" in done["explanation"]
    assert (docker_eyes.names(), lxd_eyes.names()) == ([], ["shop"])
    assert (lxd_eyes.state("shop"), lxd_eyes.mark("shop")) == ("started", "shop")
    again = play.service(**moving)
    assert (again["changed"], again["placement"]["target"]) == (False, "lab")


def test_where_the_new_one_fails_the_old_one_stays(play, placed):
    docker_eyes, lxd_eyes = placed
    wrong = {**AS, "lxd_container": {**AS["lxd_container"], "profiles": ["none-such"]}}

    outcome = play.service(**{**service(**WANTS_INIT, on_form_change="replace"), "as": wrong})

    assert outcome["failed"] is True
    assert (docker_eyes.names(), docker_eyes.state("shop"), lxd_eyes.names()) == (["shop"], "started", [])


def test_a_move_that_was_interrupted_is_finished_by_the_next_run(play, placed):
    docker_eyes, lxd_eyes = placed
    play.service(**service(**WANTS_INIT, targets=["lab"], on_form_change="replace"), hosts={"lab": play.hosts["lab"]})
    assert (docker_eyes.names(), lxd_eyes.names()) == (["shop"], ["shop"])
    twice = play.service(**service(**WANTS_INIT))
    assert "was found 2 times" in twice["msg"]

    done = play.service(**service(**WANTS_INIT, on_form_change="replace"))

    assert (done["failed"], done["changed"]) == (False, True)
    assert (docker_eyes.names(), lxd_eyes.names()) == ([], ["shop"])


def test_one_engine_by_two_names_is_nothing_to_move_between(play, placed):
    """Both say that they have it: to retire it on one would be to lose it on both."""
    docker_eyes, _lxd_eyes = placed
    before = docker_eyes.everything("shop")
    hosts = {"dock1": play.hosts["dock1"], "dock2": play.hosts["dock1"]}

    for moving in ({"on_form_change": "replace"}, {"relocate": True}):
        outcome = play.service(name="shop", **{"as": AS}, **moving, hosts=hosts)
        assert outcome["failed"] is True
        assert "'dock1' and 'dock2' are the same engine: both have the same 'shop'" in outcome["msg"]
        assert docker_eyes.everything("shop") == before


def test_of_two_of_it_none_is_removed_as_if_it_were_the_only_one(play, placed):
    docker_eyes, lxd_eyes = placed
    play.service(**service(**WANTS_INIT, targets=["lab"]), hosts={"lab": play.hosts["lab"]})

    outcome = play.service(name="shop", state="absent", relocate=True, **{"as": AS})

    assert "was found 2 times" in outcome["msg"]
    assert (docker_eyes.names(), lxd_eyes.names()) == (["shop"], ["shop"])
    left_out = play.service(**service(**WANTS_INIT, targets=["lab"], on_form_change="replace"))
    assert left_out["failed"] is True
    assert (docker_eyes.names(), lxd_eyes.names()) == (["shop"], ["shop"])


@pytest.mark.parametrize("state", ["started", "stopped"])
def test_a_move_leaves_the_run_state_alone_where_only_presence_is_asked_for(play, docker_eyes, lxd_eyes, state):
    play.service(**service(**WANTS_INIT, state=state))

    moved = play.service(**service(state="present", relocate=True))

    assert (moved["changed"], lxd_eyes.names(), docker_eyes.state("shop")) == (True, [], state)


def test_what_has_a_volume_is_made_anew_only_where_that_is_allowed(play, placed):
    docker_eyes, _lxd_eyes = placed
    before = docker_eyes.everything("shop")
    changed = {"name": "shop", "targets": HERE}
    changed["as"] = {"docker_container": {**AS["docker_container"], "env": {"A": "1"}}}

    refused = play.service(**changed)
    foreseen = play.service("--check", **changed)
    for outcome in (refused, foreseen):
        assert (outcome["failed"], outcome["changed"]) == (True, False)
        assert "recreate container 'shop' for env needs 'replace: when_needed'; volume 'kept'" in outcome["msg"]
        assert "what was written inside of it would be lost" in outcome["msg"]
    assert docker_eyes.everything("shop") == before

    done = play.service(**changed, replace="when_needed")
    assert (done["failed"], done["changed"]) == (False, True)
    (call,) = done["calls"]
    assert (call["action"], call["keeps"]) == ("replace", ["volume 'kept'"])
    assert play.service(**changed)["changed"] is False


def test_what_has_no_volume_is_made_anew_unless_that_is_forbidden(play, docker_eyes):
    plain = {"name": "web", "targets": ["dock1"], "as": {"docker_container": {"image": DOCKER_IMAGE}}}
    changed = {**plain, "as": {"docker_container": {"image": DOCKER_IMAGE, "env": {"A": "1"}}}}
    play.service(**plain)
    before = docker_eyes.everything("web")

    assert play.service(**changed, replace="never")["failed"] is True
    assert docker_eyes.everything("web") == before
    assert play.service(**changed)["calls"][0]["action"] == "replace"


def test_a_better_place_is_moved_to_only_where_that_is_asked_for(play, docker_eyes, lxd_eyes):
    play.service(**service(**WANTS_INIT))
    assert play.service(**service())["placement"]["target"] == "lab"

    moved = play.service(**service(relocate=True))

    assert (moved["changed"], moved["placement"]["target"]) == (True, "dock1")
    assert "better than 'lab', which it leaves" in " ".join(moved["explanation"].split())
    assert (docker_eyes.names(), lxd_eyes.names()) == (["shop"], [])
    assert play.service(**service(relocate=True))["changed"] is False


def test_a_plan_that_was_looked_at_is_held_to(play, docker_eyes, lxd_eyes):
    looked_at = play.info(**service())
    foreseen = play.service("--check", **service())
    assert looked_at["plan_digest"] == foreseen["plan_digest"]

    other = play.service(**service(requirements={"memory": "64 MiB"}, expect_plan=foreseen["plan_digest"]))
    assert (other["failed"], other["changed"]) == (True, False)
    assert "as in 'expect_plan', so nothing was done" in other["msg"]
    assert docker_eyes.names() == lxd_eyes.names() == []

    done = play.service(**service(expect_plan=foreseen["plan_digest"]))
    assert (done["failed"], done["changed"], docker_eyes.names()) == (False, True, ["shop"])
    for other in ({"state": "absent"}, {"adopt": True}):
        refused = play.service(**service(expect_plan="0123456789abcdef", **other))
        assert "'expect_plan' is for a decision" in refused["msg"]
    assert docker_eyes.names() == ["shop"]
    # Now it is there, which is another plan.
    assert play.service(**service(expect_plan=foreseen["plan_digest"]))["failed"] is True


def test_a_stranger_is_taken_over_where_that_is_asked_for_and_nothing_of_it_changes(play, case):
    case.eyes.put_stranger("svc")
    before = case.eyes.everything("svc")
    args = {**case.args, "name": "svc", "targets": [case.target]}

    foreseen = play.service("--check", "--diff", **args, adopt=True)
    assert case.eyes.mark("svc") is None
    taken = play.service("--diff", **args, adopt=True)

    if case.form == "docker_container":
        assert taken["failed"] is foreseen["failed"] is True
        assert "Docker gives no label to a container that exists" in taken["msg"]
        assert case.eyes.everything("svc") == before
        return
    assert (taken["failed"], taken["changed"]) == (False, True), taken.get("msg")
    assert taken["diff"] == foreseen["diff"]
    assert case.eyes.mark("svc") == "svc"
    assert case.eyes.id("svc") == taken["placement"]["id"]
    differs = play.service("--check", **args)
    assert differs["changed"] is True
    assert play.service(**args, state="absent")["changed"] is True
    assert case.eyes.names() == []


def test_what_is_marked_or_not_there_is_not_taken_over(play, docker_eyes, lxd_eyes):
    nothing = play.service(**service(adopt=True))
    assert "Nothing was taken over: nothing has the name" in nothing["msg"]
    docker_eyes.put_stranger("shop")
    lxd_eyes.put_stranger("shop")
    one = play.service("--check", **service(adopt=True, targets=["lab"]))
    assert (one["failed"], one["placement"]["target"]) == (False, "lab")
    several = play.service(**service(adopt=True))
    assert "and no mark, on 'dock1' (docker_container), 'lab' (lxd_container)" in several["msg"]


def test_two_services_at_once_are_never_promised_the_same_memory(tmp_path, play, pve_eyes):
    """Each asks before the other has made anything: only by the ledger do they know of one another."""
    told = play.run("rightscope.deploy.target_info", {**PVE, "options": play.hosts["pve"]["rightscope_options"]})
    free = {node["name"]: node["facts"]["memory_free"] for node in told["target_facts"]["nodes"]}
    most = free["pve1"] * 6 // 10
    needs = {"requirements": {"isolation": "machine", "memory": f"{most} MiB"}, "targets": ["pve"]}
    made_as = {"as": {"proxmox_vm": {"clone": "debian-12-cloud"}}}

    def place(name: str):
        (tmp_path / name).mkdir()
        own = Playbook(tmp_path / name, play.collections, {"pve": play.hosts["pve"]})
        return own.service(name=name, **needs, **made_as)

    with ThreadPoolExecutor() as pool:
        outcomes = list(pool.map(place, ("one", "two")))

    assert sorted(outcome["failed"] for outcome in outcomes) == [False, True]
    (refused,) = [outcome["msg"] for outcome in outcomes if outcome["failed"]]
    assert "[memory]" in refused
    assert len(pve_eyes.names()) == 1
