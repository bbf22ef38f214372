# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of a service, the same story for every form, each chapter told by the engine itself."""

from __future__ import annotations

NAME = "story"


def _agree(case, outcome) -> None:
    """What the task says of the service's place is what its engine says."""
    placement = outcome["placement"]
    assert (placement["service"], placement["target"]) == (NAME, case.target)
    assert (placement["form"], placement["scope"]) == (case.form, case.scope)
    assert placement["id"] == case.eyes.id(NAME)
    assert placement["state"] == case.eyes.state(NAME)
    if placement["state"] == "started":
        assert placement["addresses"][:1] == case.eyes.addresses(NAME)[:1] != []


def _run(play, case, *flags, **args):
    return play.service(*flags, name=NAME, **{**case.args, **args})


def _predicted_then_done(play, case, **args):
    """Check mode writes nothing, and says what the run after it then does."""
    before = case.eyes.everything(NAME) if NAME in case.eyes.names() else None
    predicted = _run(play, case, "--check", "--diff", **args)
    assert (case.eyes.everything(NAME) if NAME in case.eyes.names() else None) == before
    done = _run(play, case, "--diff", **args)
    for key in ("changed", "diff", "calls"):
        assert predicted.get(key) == done.get(key), key
    for key in ("target", "node", "form", "scope", "state"):
        assert (predicted["placement"] or {}).get(key) == (done["placement"] or {}).get(key), key
    return done


def test_a_service_is_made_found_changed_stopped_restarted_and_removed(play, case):
    made = _predicted_then_done(play, case)
    assert made["changed"] is True
    assert case.eyes.names() == [NAME]
    assert case.eyes.mark(NAME) == NAME
    assert case.eyes.state(NAME) == "started"
    _agree(case, made)
    first = case.eyes.id(NAME)

    again = _run(play, case)
    assert (again["changed"], again["calls"]) == (False, [])
    assert "diff" not in again.result
    _agree(case, again)

    seen = play.info(name=NAME, **case.args)
    assert seen["changed"] is False
    assert seen["placement"] == again["placement"]
    assert seen["decision"]["chosen"]["target"] == case.target

    bigger = {**case.args["requirements"], "memory": "2 GiB"}
    assert _predicted_then_done(play, case, requirements=bigger)["changed"] is True
    assert case.eyes.memory_mib(NAME) == 2048
    assert case.eyes.id(NAME) == first
    assert _run(play, case, requirements=bigger)["changed"] is False

    stopped = _predicted_then_done(play, case, state="stopped", requirements=bigger)
    assert stopped["changed"] is True
    assert case.eyes.state(NAME) == "stopped"
    _agree(case, stopped)
    assert _run(play, case, state="stopped", requirements=bigger)["changed"] is False
    assert _run(play, case, state="present", requirements=bigger)["changed"] is False
    assert case.eyes.state(NAME) == "stopped"

    assert _predicted_then_done(play, case, state="restarted", requirements=bigger)["changed"] is True
    assert case.eyes.state(NAME) == "started"
    assert _run(play, case, state="restarted", requirements=bigger)["changed"] is True
    assert case.eyes.state(NAME) == "started"
    assert case.eyes.id(NAME) == first
    assert _run(play, case, state="started", requirements=bigger)["changed"] is False

    removed = _predicted_then_done(play, case, state="absent")
    assert removed["changed"] is True
    assert removed["placement"] is None
    assert case.eyes.names() == []
    gone = _run(play, case, state="absent")
    assert (gone["changed"], gone["placement"]) == (False, None)


def test_a_service_can_be_made_without_starting_it(play, case):
    made = _predicted_then_done(play, case, state="present")
    assert made["changed"] is True
    assert case.eyes.state(NAME) == "stopped"
    _agree(case, made)
    assert _run(play, case, state="present")["changed"] is False
    assert _predicted_then_done(play, case, state="started")["changed"] is True
    assert case.eyes.state(NAME) == "started"


def test_a_stranger_of_the_same_name_is_never_touched(play, case):
    case.eyes.put_stranger(NAME)
    before = case.eyes.everything(NAME)

    for state in ("started", "stopped", "restarted", "present"):
        refused = _run(play, case, state=state, targets=[case.target])
        assert refused["failed"] is True
        assert "[name_taken]" in refused["msg"]
        assert case.eyes.everything(NAME) == before
    left = _run(play, case, state="absent")
    assert (left["failed"], left["changed"]) == (False, False)
    assert case.eyes.everything(NAME) == before
    assert case.eyes.names() == [NAME]
