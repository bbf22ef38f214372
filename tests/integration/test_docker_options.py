# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Every option of docker_container against the real engine: each spelling, another value, and given no more.

The table is in ``options/docker_container.py``. A group of options makes one container; what a task says of each of
them by name is held against what the engine shows.
"""

from __future__ import annotations

import copy
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import find, kind_of
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import options as _options
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._docker import acts as _docker_acts
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._docker import options as _docker_options
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._docker.digests import digests
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.instances import read_instances
from tests.engines import docker
from tests.unit.core import builders

from .conftest import SCRIPTS, Playbook
from .options import docker_container as table
from .options.docker_container import GROUPS, Group, Trial, With

FORM = FORMS["docker_container"]
NAME = "web"
OTHER_IMAGE = "rightscope-test/web:2"
OUT_OF_VIEW = ("id", "since", "Config.Labels.rightscope.service")


def _documented() -> dict[str, dict]:
    """The delegate's options, as ansible-doc has them of the release that is installed."""
    command = [sys.executable, str(SCRIPTS / "ansible-doc"), "--json", FORM.module]
    told = subprocess.run(command, capture_output=True, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    return json.loads(told.stdout)[FORM.module]["doc"]["options"]


@pytest.fixture(scope="module")
def specification() -> Iterator[dict[str, dict]]:
    """
    Each option as an argument, also for what reads options in this process.

    Ansible's loader of collections cannot be set up any more in a process that has imported from one.
    """
    options = _documented()
    aliases = {alias: name for name, option in options.items() for alias in option.get("aliases") or ()}
    spec = {name: _options._as_argument(option) for name, option in options.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_options, "_specification", lambda _module: (spec, aliases))
        yield spec


pytestmark = pytest.mark.usefixtures("specification")


@pytest.fixture
def play(tmp_path, collections, docker_target) -> Playbook:
    return Playbook(tmp_path, collections, {"dock1": docker_target})


@pytest.fixture(scope="module")
def other_image(docker_engine):
    docker.busybox_image(docker_engine.docker_host, OTHER_IMAGE, text="another page")


@pytest.fixture
def helper(docker_eyes, other_image) -> str:
    """What the options refer to: a container, its id, and two networks."""
    for name, subnet in table.NETWORKS.items():
        docker_eyes.do("network", "create", "--subnet", subnet, name)
    networks = ("--network", "options-a", "--ip", "10.213.77.2")
    docker_eyes.do("run", "--detach", "--name", table.HELPER, "--ipc", "shareable", *networks, table.IMAGE)
    docker_eyes.do("network", "connect", "bridge", table.HELPER)
    return docker_eyes.id(table.HELPER)


def _filled(value, helper: str):
    """A value of the table with what only this machine knows."""
    if isinstance(value, Mapping):
        return {key: _filled(item, helper) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, helper) for item in value]
    if isinstance(value, str):
        architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
        return value.replace(table.HELPER_ID, helper).replace("ARCHITECTURE", architecture)
    return value


def _options_of(group: Group, helper: str, pick) -> dict:
    """The options of a group, each with the value that ``pick`` takes of its trial."""
    options = {"image": table.IMAGE, "force_kill": True, **group.beside}
    for trial in group.trials:
        value = pick(trial)
        value, more = (value.value, value.options) if isinstance(value, With) else (value, {})
        options |= {trial.option: value, **more}
    return {name: value for name, value in _filled(options, helper).items() if value is not None}


def _first(trial: Trial):
    return trial.spellings[0]


def _last(trial: Trial):
    return trial.spellings[-1]


def _other(trial: Trial):
    return _first(trial) if trial.other is None else trial.other


def _asked(options: Mapping, state: str) -> dict:
    return {
        "name": NAME,
        "targets": ["dock1"],
        "state": state,
        "requirements": {"max_privilege": "privileged"},
        "as": {"docker_container": dict(options)},
        "replace": "when_needed",
        "wait_timeout": 20,
    }


def _differing(outcome) -> set[str]:
    """What a task says to have changed, by option."""
    return set(((outcome.get("diff") or {}).get("after") or {}).get(NAME) or ())


CHECK = {"check_mode": True, "diff": True}


@pytest.mark.parametrize("group", GROUPS, ids=[group.name for group in GROUPS])
def test_each_spelling_is_one_value_and_another_value_is_a_change(play, docker_eyes, helper, docker_engine, group):
    first, last, other = (_options_of(group, helper, pick) for pick in (_first, _last, _other))
    bare = {"image": table.IMAGE, "force_kill": True, **group.beside}
    ids: list[str] = []

    def run(*steps):
        tasks = [("service", _asked(options, group.state), keywords) for options, keywords in steps]
        found = play.tasks(*tasks)
        wrong = [one["msg"] for one in found if one.result.get("failed")]
        assert not wrong, wrong
        ids.append(docker_eyes.id(NAME))
        return found

    def once(outcomes, differing: set[str]) -> None:
        """Check mode said what the run did, and the next run did nothing."""
        predicted, done, again = outcomes
        assert (predicted["changed"], done["changed"]) == (True, True)
        assert predicted["diff"] == done["diff"]
        assert (again["changed"], again["calls"]) == (False, [])
        assert _differing(done) == differing

    made = run((first, CHECK), (first, {}), (first, {}))
    assert [one["changed"] for one in made] == [True, True, False], made[2].get("diff")
    as_made = docker_eyes.view(NAME)

    again = run((last, CHECK), (last, {}))
    assert [one["changed"] for one in again] == [False, False], again[0].get("diff")
    assert ids[0] == ids[1]
    _try_all_spellings(docker_engine, group, first, helper)

    changes = {trial.option for trial in group.trials if trial.other not in (None, *trial.spellings)}
    if changes:
        once(run((other, CHECK), (other, {"diff": True}), (other, {})), changes - {"default_host_ip"} | _meant(changes))
        assert (ids[-1] == ids[0]) is group.in_place
        assert docker_eyes.view(NAME) != as_made
        back = run((first, {"diff": True}), (first, {}))
        assert [one["changed"] for one in back] == [True, False]
        assert _differing(back[0]) == changes - {"default_host_ip"} | _meant(changes)

    gone = {trial.option for trial in group.trials if trial.gone}
    if gone:
        once(run((bare, CHECK), (bare, {"diff": True}), (bare, {})), gone - {"default_host_ip"} | _meant(gone))
        assert _apart(docker_eyes.view(NAME)) == _apart(_never_given(play, docker_eyes, bare, group))


def _meant(options: set[str]) -> set[str]:
    """The option that a change of ``default_host_ip`` is a change of."""
    return {"published_ports"} & {"published_ports" for name in options if name == "default_host_ip"}


def _never_given(play, eyes, options: Mapping, group: Group) -> dict:
    """A container as it is where none of the options was ever given."""
    (made,) = play.tasks(("service", {**_asked(options, group.state), "name": "plain"}))
    assert made["changed"], made.get("msg")
    return eyes.view("plain")


def _apart(view: Mapping) -> dict:
    """A view without what tells one container from another."""
    return {key: value for key, value in view.items() if key not in OUT_OF_VIEW}


def _read(options: Mapping) -> dict:
    read, wrong = _options.read_options(FORM, options)
    assert not wrong, wrong
    return read


def _there(engine):
    return read_instances([one for one in find("docker", engine.options, NAME, "dock1", 10) if one["name"] == NAME])


def _plan(there, options: Mapping):
    return builders.planned("docker", *there, options=_read(options), max_privilege="privileged", state="present")


def _try_all_spellings(engine, group: Group, first: Mapping, helper: str) -> None:
    """The plan half for each spelling alone, on the container that the first ones made, and on one without marks."""
    there = _there(engine)
    marked = there[0].config["Config"]["Labels"]
    for trial in group.trials:
        for spelling in trial.spellings:
            value, more = (spelling.value, spelling.options) if isinstance(spelling, With) else (spelling, {})
            options = {**first, **_filled({trial.option: value, **more}, helper)}
            options = {name: value for name, value in options.items() if value is not None}
            plan = _plan(there, options)
            assert not plan.changed, (trial.option, spelling, plan.before, plan.after)
            # The engine's own words say it too, without what we wrote down of the spelling.
            if trial.option in _docker_options.COMPARED and trial.option not in UNTOLD:
                marked["rightscope.options"] = "none"
                plan = _plan(there, options)
                assert trial.option not in (plan.after.get(NAME) or {}), (
                    trial.option,
                    spelling,
                    plan.before,
                    plan.after,
                )
    _try_all_keys(there, first)


UNTOLD = ("blkio_weight",)
"""What this kernel cannot do, and the engine forgets."""


def _try_all_keys(there, first: Mapping) -> None:
    """Another value of each suboption is a change, and so is one that is left out."""
    for name, others in table.KEYS.items():
        if name not in first:
            continue
        for key, other in others.items():
            if other is None:
                continue
            items = copy.deepcopy(first[name])
            one = items[0] if isinstance(items, list) else items
            one[key] = other
            assert name in (_raw_plan(there, {**first, name: items}).after.get(NAME) or {}), (name, key)
            given = [at for at, item in enumerate(first[name]) if key in item] if isinstance(items, list) else [None]
            if (
                given
                and key not in ("target", "name", "path", "rate", "type", "test")
                and _given(first[name], given[0], key)
            ):
                items = copy.deepcopy(first[name])
                (items if given[0] is None else items[given[0]]).pop(key)
                assert name in (_raw_plan(there, {**first, name: items}).after.get(NAME) or {}), (name, key, "left out")


def _given(value, at, key: str) -> bool:
    return (value if at is None else value[at]).get(key) not in (None, "0s")


def _raw_plan(there, options: Mapping):
    """Of options that this release of the delegate may not have yet."""
    known = {name: value for name, value in options.items() if name not in table.KEYS}
    read = {**_read(known), **{name: options[name] for name in table.KEYS if name in options}}
    return builders.planned("docker", *there, options=read, max_privilege="privileged", state="present")


@pytest.mark.parametrize("option", sorted(table.INSPECTED))
def test_what_this_engine_cannot_do_is_compared_in_the_engines_words(play, docker_eyes, docker_engine, option):
    path, told, same, others = table.INSPECTED[option]
    (made,) = play.tasks(("service", _asked({"image": table.IMAGE}, "present")))
    assert made["changed"], made.get("msg")
    there = _there(docker_engine)
    *parents, last = path.split(".")
    at = there[0].config
    for parent in parents:
        at = at[parent]
    at[last] = told
    for spelling in same:
        plan = _raw_plan(there, {"image": table.IMAGE, option: spelling})
        assert not plan.changed, (spelling, plan.before, plan.after)
    for other in others:
        assert option in _raw_plan(there, {"image": table.IMAGE, option: other}).after[NAME], other


def test_no_option_of_the_delegate_falls_between(specification):
    """Each is tried, or there is a reason; and each is compared or digested, or says how the delegate works."""
    connection = set(kind_of(FORM.kind).options)
    options = set(specification) - connection
    assert len(options) > 50
    tried = {*table.TRIALS, *table.INSPECTED}
    assert options - tried - set(table.NOT_TRIED) == set()
    assert tried & set(table.NOT_TRIED) == set()
    for trials in table.TRIALS.values():
        for trial in trials:
            assert len(trial.spellings) > 1 or trial.only, trial.option
            assert trial.other is not None or trial.only, trial.option
    for name in options - {"image"} - set(FORM.reserved) - _docker_acts.BEHAVIOUR:
        certain = name in _docker_options.CERTAIN | _docker_options.IN_PLACE
        assert certain or digests({name: ["x"]}) != "none", name
        assert not certain or name in _docker_options.COMPARED, name


def test_no_suboption_of_the_delegate_falls_between(specification):
    nested = {name: set(option["options"]) for name, option in specification.items() if option.get("options")}
    assert nested
    for name, keys in nested.items():
        assert keys <= set(table.KEYS[name]), name
        # One that no comparison knows has a digest, which is another one with it.
        for key in keys - _docker_options.KEYS[name]:
            assert digests({name: [{key: "x"}]}) != digests({name: [{}]}), (name, key)
