# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody else made is taken over by its marks alone."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import ProvisioningError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.adoption import adopt
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import AdoptionError

from .. import toy


@pytest.fixture
def run(clock, engine):
    engine.toys["90"] = toy.toy(service=None, options={"size": 1})
    return lambda **more: adopt(toy.job(clock, **more), engine, toy.target(engine), engine.toys["90"])


def test_the_mark_is_written_and_nothing_else_is_changed(run, engine):
    result = run()
    assert (engine.calls, engine.toys["90"].service) == (["mark 90"], "web")
    assert engine.toys["90"].config["options"] == {"size": 1}
    assert (result["changed"], result["placement"]["id"]) == (True, "90")
    assert result["diff"]["after"] == {"web": {"mark": "web"}}


def test_check_mode_says_the_same_and_writes_nothing(run, engine):
    foreseen = run(check_mode=True)
    assert (engine.calls, engine.looks, engine.toys["90"].service) == ([], 0, None)
    assert foreseen == run()


def test_a_mark_that_the_engine_shows_late_is_waited_for(run, engine, clock):
    engine.failures["mark"] = []
    engine._mark = lambda number, _options: clock.events.append((5, lambda: engine.change(number, service="web")))
    assert run()["placement"]["id"] == "90"
    assert clock.now >= 5


@pytest.mark.parametrize(
    ("breaks", "reason", "changed"),
    [
        pytest.param("call", "toy could not mark it: no", False, id="the call fails"),
        pytest.param("mark", "toy 'web' has no mark afterwards", True, id="there is no mark afterwards"),
        pytest.param("look", "it did not answer within 10 s", True, id="nobody can say"),
    ],
)
def test_what_goes_wrong_is_told(run, engine, breaks, reason, changed):
    if breaks == "call":
        engine.failures["mark"] = [toy.failure("mark it")]
    elif breaks == "mark":
        engine._mark = lambda _number, _options: None
    else:
        engine.silences = 1
    with pytest.raises(ProvisioningError) as caught:
        run()
    assert str(caught.value) == f"Service 'web' could not be taken over on 'dock1': {reason}."
    assert caught.value.result == {"changed": changed}


def test_what_cannot_be_taken_over_says_so_itself(run, engine, form):
    form.adoption_refusal = "It cannot be taken over as it is."
    with pytest.raises(AdoptionError, match="as it is"):
        run()
    assert engine.calls == []
