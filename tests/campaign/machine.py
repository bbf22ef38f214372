# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The state machine: what may happen to services, and what has to be true after each quiet run.

A quiet run is one with no fault in flight. It is foreseen in check mode, run, and run again, all in one play. Then the
engines themselves are asked.
"""

from __future__ import annotations

import re
import sys
import traceback
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from .services import DOCKER, PROXMOX, Description, described, descriptions, differences
from .world import PATIENCE, Ground, Played, World, after, end, wait

NAMES = ("sm-a", "sm-b", "sm-c")
STATES = ("started", "stopped", "present", "restarted")
LONGEST_HANG = 4.0


class Over(BaseException):
    """As many steps have been made as were asked for; Hypothesis takes no such thing for a failure."""


@dataclass(frozen=True)
class Life:
    """A service as it should be: where, as what, whether it runs, and whether its mark was taken away."""

    ground: str
    description: Description
    runs: bool
    stranger: bool = False


class Campaign(RuleBasedStateMachine):
    """Services that live, on engines that break."""

    world: t.ClassVar[World]
    budget: t.ClassVar[int] = 0
    """How many steps may still be made."""

    spare: t.ClassVar[int] = 0
    """How many of those that are made again, to find fewer that fail."""

    simplest: t.ClassVar[bool] = True
    """Whether the next example is Hypothesis' first one, which is the same simple step again and again."""

    def __init__(self) -> None:
        super().__init__()
        self._idle = False
        self.lives: dict[str, Life] = {}
        self.strangers: dict[str, dict[str, str]] = {}

    @initialize()
    def begin(self) -> None:
        self._need_steps()
        self._idle, Campaign.simplest = Campaign.simplest, False
        self.world.clear()
        self._look_at_strangers()

    def teardown(self) -> None:
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, HypothesisException):
            self.world.keep("".join(traceback.format_exception(error)))

    # --- what users do ----------------------------------------------------------------------------

    @rule(data=st.data(), state=st.sampled_from(("started", "started", "present", "stopped")))
    def place(self, data: st.DataObject, state: str) -> None:
        """Make a service, or describe it anew where it is."""
        name = data.draw(st.sampled_from(NAMES), "name")
        there = self.lives.get(name)
        where = there.ground if there else data.draw(st.sampled_from(sorted(self.world.grounds)), "where")
        description = data.draw(descriptions(self.world.grounds[where].form), "description")
        if there and there.description.pair != description.pair:
            # Several processes become one, or one several: that is another service.
            description = there.description
        self._step(f"place {name} on {where}, {state}: {description}")
        if there and there.stranger:
            self._refused(name, where, description, r"\[name_taken\]|has the name")
            return
        self._bring(name, where, description, state)

    @precondition(lambda self: self._mine())
    @rule(data=st.data(), state=st.sampled_from(STATES))
    def set_state(self, data: st.DataObject, state: str) -> None:
        """Start, stop or restart it, with what was said of it before."""
        name = data.draw(st.sampled_from(self._mine()), "name")
        life = self.lives[name]
        self._step(f"bring {name} to {state}")
        self._bring(name, life.ground, life.description, state)

    @precondition(lambda self: self.lives)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        """Remove it; what is nobody's stays."""
        name = data.draw(st.sampled_from(sorted(self.lives)), "name")
        self._step(f"remove {name}")
        self._quiet({"name": name, "state": "absent"}, changes=None)
        if not self.lives[name].stranger:
            del self.lives[name]
        self._agree()

    @precondition(lambda self: self._mine())
    @rule(data=st.data(), how=st.sampled_from(("on_form_change", "relocate")))
    def move(self, data: st.DataObject, how: str) -> None:
        """Let it go to another target, in another form perhaps."""
        name = data.draw(st.sampled_from(self._mine()), "name")
        life = self.lives[name]
        where = data.draw(st.sampled_from([one for one in sorted(self.world.grounds) if one != life.ground]), "where")
        form = self.world.grounds[where].form
        same = form == life.description.form
        description = life.description if same else data.draw(descriptions(form), "description")
        self._step(f"move {name} from {life.ground} to {where} by {how}: {description}")
        self._bring(name, where, description, "started", on_form_change="replace", relocate=how == "relocate")

    @precondition(lambda self: [name for name, life in self.lives.items() if life.stranger])
    @rule(data=st.data())
    def adopt(self, data: st.DataObject) -> None:
        """Take over what had its mark taken away."""
        taken = [name for name, life in sorted(self.lives.items()) if life.stranger]
        name = data.draw(st.sampled_from(taken), "name")
        life = self.lives[name]
        self._step(f"adopt {name} on {life.ground}")
        args = described(life.description, name, life.ground)
        task = {"rightscope.deploy.service": {**args, "adopt": True}}
        foreseen, done = self._play([{**task, "check_mode": True}, task]).results
        _same(foreseen, done)
        assert done["failed"] is False, done["msg"]
        self.lives[name] = replace(life, stranger=False)
        self._look_at_strangers()
        self._bring(name, life.ground, life.description, "started")

    # --- what others do -----------------------------------------------------------------------------

    @precondition(lambda self: self._mine())
    @rule(data=st.data(), how=st.sampled_from(("run", "memory", "gone")))
    def drift(self, data: st.DataObject, how: str) -> None:
        """Somebody changes it by the engine's own client; the next run makes that good."""
        name = data.draw(st.sampled_from(self._mine()), "name")
        life = self.lives[name]
        ground = self.world.grounds[life.ground]
        instance = sorted(life.description.instances(name))[0]
        self._step(f"drift of {instance} on {ground.name}: {how}")
        ground.drift(instance, how)
        self._bring(name, life.ground, life.description, "started" if life.runs else "stopped")

    @precondition(lambda self: [n for n in self._mine() if self.lives[n].description.form != DOCKER])
    @rule(data=st.data())
    def unmark(self, data: st.DataObject) -> None:
        """Somebody takes its mark away: from then on it is nobody's."""
        names = [name for name in self._mine() if self.lives[name].description.form != DOCKER]
        name = data.draw(st.sampled_from(names), "name")
        life = self.lives[name]
        self._step(f"unmark {name} on {life.ground}")
        self.world.grounds[life.ground].unmark(name)
        self.lives[name] = replace(life, stranger=True)
        self._look_at_strangers()

    @rule(data=st.data())
    def stranger(self, data: st.DataObject) -> None:
        """Somebody else makes something that has the name of a service to come."""
        free = [name for name in NAMES if name not in self.lives]
        if not free:
            return
        name = data.draw(st.sampled_from(free), "name")
        where = data.draw(st.sampled_from(sorted(self.world.grounds)), "where")
        ground = self.world.grounds[where]
        if name in ground.eyes.names():
            return
        self._step(f"a stranger {name} on {where}")
        description = data.draw(descriptions(ground.form), "description")
        ground.put_stranger(name)
        self._look_at_strangers()
        # A pair has other names.
        self._refused(name, where, replace(description, pair=False), r"\[name_taken\]", absent=True)
        ground.drift(name, "gone")
        self._look_at_strangers()

    # --- what breaks --------------------------------------------------------------------------------

    @rule(data=st.data(), delay=st.integers(5, 60), state=st.sampled_from(("started", "started", "absent")))
    def kill_the_controller(self, data: st.DataObject, delay: int, state: str) -> None:
        """The next run ends as wanted, whatever the one before had done by then."""
        name, where, description = self._some(data)
        self._step(
            f"kill the controller {delay / 10} s after it began to bring {name} on {where} to {state}: {description}"
        )
        _number, begun = self.world.begun(_task(name, where, description, state))
        wait(delay / 10, begun)
        end(begun)
        self._recover(name, where, description)

    @rule(
        data=st.data(),
        delay=st.integers(5, 50),
        fault=st.sampled_from(("kill", "hang", "full")),
        state=st.sampled_from(("started", "started", "absent")),
    )
    def break_the_engine(self, data: st.DataObject, delay: int, fault: str, state: str) -> None:
        """An engine ends, hangs or is full in the midst of a run; mended, it comes to be as wanted."""
        name, where, description = self._some(data)
        ground = self.world.grounds[where]
        may = {"kill": ground.lasts and self.world.may_kill, "full": ground.can_be_full, "hang": True}
        fault = fault if may[fault] else "hang"
        self._step(f"{fault} {where} {delay / 10} s after a run began to bring {name} to {state}: {description}")
        number, begun = self.world.begun(_task(name, where, description, state))
        wait(delay / 10, begun)
        try:
            {"kill": ground.kill, "hang": ground.hang, "full": ground.fill}[fault]()
            if fault == "hang":
                after(LONGEST_HANG, ground.resume)
            played = self.world.ended(number, begun)
        finally:
            end(begun)
            ground.empty()
            ground.revive()
        self._clean(played)
        # Its containers may have ended with it: strangers too.
        self._look_at_strangers({where: description.instances(name)})
        self._recover(name, where, description)
        for other in self._mine():
            if other != name and self.lives[other].ground == where:
                life = self.lives[other]
                self._bring(other, where, life.description, "started" if life.runs else "stopped")

    @rule(
        data=st.data(),
        states=st.sampled_from((("started", "started"), ("started", "absent"), ("restarted", "started"))),
    )
    def two_controllers(self, data: st.DataObject, states: tuple[str, str]) -> None:
        """They know nothing of each other, and work on the same service at once."""
        name, where, description = self._some(data)
        if self.world.grounds[where].form == PROXMOX and name not in self.lives:
            # A name is nothing unique there: two controllers can make two, and the next run says so.
            return
        self._step(f"two controllers bring {name} on {where} to {' and '.join(states)}: {description}")
        tasks = [_task(name, where, description, state) for state in states]
        both = [self.world.begun(task, home=f"home{number}") for number, task in enumerate(tasks)]
        for number, begun in both:
            self._clean(self.world.ended(number, begun))
        self._recover(name, where, description)

    # --- what has to be true --------------------------------------------------------------------------

    def _mine(self) -> list[str]:
        """The services that have their mark."""
        return sorted(name for name, life in self.lives.items() if not life.stranger)

    def _some(self, data: st.DataObject) -> tuple[str, str, Description]:
        """A service that is there, with another description perhaps, or one to come."""
        names = [name for name in NAMES if name not in self.lives or not self.lives[name].stranger]
        if not names:
            self.world.clear()
            self.lives.clear()
            self._look_at_strangers()
            names = list(NAMES)
        name = data.draw(st.sampled_from(names), "name")
        life = self.lives.get(name)
        where = life.ground if life else data.draw(st.sampled_from(sorted(self.world.grounds)), "where")
        description = data.draw(descriptions(self.world.grounds[where].form), "description")
        if life and life.description.pair != description.pair:
            description = life.description
        return name, where, description

    def _step(self, text: str) -> None:
        """Note a step, and stop where there were enough."""
        if self._idle:
            reject()
        self._need_steps()
        if self.world.failed:
            Campaign.spare -= 1
        else:
            Campaign.budget -= 1
        self.world.tell(text)

    def _need_steps(self) -> None:
        if (Campaign.spare if self.world.failed else Campaign.budget) <= 0:
            raise Over

    def _bring(self, name: str, where: str, description: Description, state: str, **more: t.Any) -> None:
        """A quiet run, after which it is there as it was described."""
        life = self.lives.get(name)
        runs = {"stopped": False, "present": bool(life and life.runs)}.get(state, True)
        args = {**described(description, name, where), "state": state, **more}
        once = state == "restarted"
        self._quiet(args, changes=None, again={**args, "state": "started"} if once else args)
        self.lives[name] = Life(where, description, runs)
        self._agree()

    def _recover(self, name: str, where: str, description: Description) -> None:
        """What a fault left is finished by a quiet run."""
        self._bring(name, where, description, "started")

    def _refused(self, name: str, where: str, description: Description, why: str, *, absent: bool = False) -> None:
        """A run that must fail, foreseen, and touches nothing; nor does a removal, which has nothing to do."""
        args = described(description, name, where)
        gone = [{"rightscope.deploy.service": {"name": name, "state": "absent"}}] if absent else []
        before = self._everything()
        foreseen, done, *removed = self._play([*_foreseen_and_done(args), *gone]).results
        assert (foreseen["failed"], done["failed"]) == (True, True), done
        assert re.search(why, done["msg"]), done["msg"]
        assert foreseen["msg"] == done["msg"], f"foreseen: {foreseen['msg']}; done: {done['msg']}"
        assert [(one["failed"], one["changed"]) for one in removed] == [(False, False)] * absent, removed
        assert self._everything() == before, "a run that was refused changed something"
        self._agree()

    def _quiet(self, args: dict[str, t.Any], *, changes: bool | None, again: dict[str, t.Any] | None = None) -> None:
        before, foreseen = {}, {}
        tasks = [*_foreseen_and_done(args), {"rightscope.deploy.service": again or args}]
        looks = {0: lambda: before.update(self._everything()), 1: lambda: foreseen.update(self._everything())}
        played = self._play(tasks, looks=looks)
        predicted, done, once_more = played.results
        assert done["failed"] is False, f"failed: {done.get('msg')}"
        assert before == foreseen, "check mode changed something"
        _same(predicted, done)
        assert changes in (None, done["changed"]), f"changed is {done['changed']}"
        assert once_more["failed"] is False, f"the second run failed: {once_more.get('msg')}"
        said = [call["does"] for call in once_more["calls"]]
        assert once_more["changed"] is False, f"the second run changed: {said}, {once_more.get('diff')}"

    def _play(self, tasks: list[dict[str, t.Any]], **more: t.Any) -> Played:
        played = self.world.play(tasks, **more)
        self._clean(played)
        return played

    def _clean(self, played: Played | None) -> None:
        """No traceback is shown, and no secret."""
        if played is None:
            return
        shown = self.world.secrets_shown(played.output)
        assert not shown, f"the sentinel is in {', '.join(shown)}"
        assert "Traceback (most recent call last)" not in played.output, "a traceback is shown"

    def _everything(self) -> dict[str, dict[str, str]]:
        return {name: ground.snapshot() for name, ground in self.world.grounds.items()}

    def _expected(self, ground: Ground) -> set[str]:
        lives = (life.description.instances(name) for name, life in self.lives.items() if life.ground == ground.name)
        return {instance for instances in lives for instance in instances} | set(self.strangers.get(ground.name, ()))

    def _look_at_strangers(self, made: dict[str, set[str]] | None = None) -> None:
        """What is nobody's by now, as it is; not what a run that was disturbed may have ``made``, by its target."""
        mine = made or {}
        for name in self._mine():
            life = self.lives[name]
            mine.setdefault(life.ground, set()).update(life.description.instances(name))
        self.strangers = {
            name: {one: seen for one, seen in ground.snapshot().items() if one not in mine.get(name, ())}
            for name, ground in self.world.grounds.items()
        }

    def _agree(self) -> None:
        """The engines say what is wanted, and nothing more is there."""
        faults = list(self._faults())
        assert not faults, "; ".join(faults)

    def _faults(self) -> Iterator[str]:
        for ground in self.world.grounds.values():
            names = ground.eyes.names()
            if sorted(names) != sorted(self._expected(ground)):
                yield f"{ground.name} has {names} and not {sorted(self._expected(ground))}"
            now = ground.snapshot()
            for name, seen in self.strangers[ground.name].items():
                if now.get(name) != seen:
                    yield f"the stranger {name} on {ground.name} is another one"
        for name in self._mine():
            life = self.lives[name]
            eyes = self.world.grounds[life.ground].eyes
            for instance in sorted(life.description.instances(name) & set(eyes.names())):
                state = "started" if life.runs else "stopped"
                if eyes.state(instance) != state:
                    yield f"{instance} is {eyes.state(instance)} and not {state}"
                if eyes.mark(instance) != name:
                    yield f"{instance} has the mark {eyes.mark(instance)}"
                yield from (f"{instance}: {one}" for one in differences(life.description, eyes.inspect(instance)))


def _task(name: str, where: str, description: Description, state: str) -> dict[str, t.Any]:
    args = described(description, name, where)
    return {
        "rightscope.deploy.service": {**args, "state": state, "discovery_timeout": PATIENCE, "wait_timeout": PATIENCE}
    }


def _foreseen_and_done(args: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    return [{"rightscope.deploy.service": args, "check_mode": check} for check in (True, False)]


def _same(predicted: dict[str, t.Any], done: dict[str, t.Any]) -> None:
    """Check mode says what the run then does."""
    assert predicted["failed"] is done["failed"], f"foreseen: {predicted.get('msg')}; done: {done.get('msg')}"
    for key in ("changed", "calls"):
        assert predicted.get(key) == done.get(key), (
            f"{key} was foreseen as {predicted.get(key)}, and is {done.get(key)}"
        )
    for side in ("before", "after"):
        foreseen, real = (_keys(one.get("diff", {}).get(side)) for one in (predicted, done))
        assert foreseen == real, f"the difference was foreseen in {foreseen}, and is in {real}"


def _keys(side: t.Any) -> set[str]:
    return {
        f"{name}.{key}"
        for name, changed in (side or {}).items()
        for key in (changed if isinstance(changed, dict) else ())
    }
