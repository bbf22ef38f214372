# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be made anew, and what a form refuses to plan."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import AttemptError, Cause
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.planning import (
    check_may_replace,
    make_plan,
    touches_data,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Call, Part

from .. import toy

VOLUME = (Part("volume data"),)
LAYER = (Part("what is in the container itself", is_data=False),)
DISK = (Part("its root disk"),)


@pytest.mark.parametrize(
    ("replace", "keeps", "loses", "refused"),
    [
        pytest.param(None, (), LAYER, False, id="nothing holds data"),
        pytest.param(None, VOLUME, LAYER, True, id="a volume is kept"),
        pytest.param(None, (), DISK, True, id="the disk is lost"),
        pytest.param("when_needed", VOLUME, DISK, False, id="the user says so"),
        pytest.param("never", (), LAYER, True, id="the user forbids it"),
    ],
)
def test_what_holds_data_is_made_anew_only_with_leave(form, clock, engine, replace, keeps, loses, refused):
    engine.toys["90"] = toy.toy()
    form.replaces = {"image": (keeps, loses)}
    job, site = toy.job(clock, replace=replace), toy.site(engine, {"image": 2})
    plan = make_plan(job, site, tuple(engine.toys.values()), "started")
    if not refused:
        check_may_replace(job, site, plan, tuple(engine.toys.values()))
        return
    with pytest.raises(AttemptError) as caught:
        check_may_replace(job, site, plan, tuple(engine.toys.values()))
    kept = "volume data would be kept, " if keeps else ""
    assert str(caught.value) == (
        f"recreate toy 'web' (90) needs 'replace: when_needed'; {kept}{', '.join(map(str, loses))} would be lost"
    )
    assert (caught.value.cause, caught.value.remains, caught.value.changed) == (Cause.REFUSAL, False, False)


def test_what_the_engine_would_not_remove_is_not_made_anew(form, clock, engine):
    engine.toys["90"] = toy.toy()
    form.replaces, form.removal_refusal = {"image": ((), LAYER)}, "it is protected"
    job, site = toy.job(clock, replace="when_needed"), toy.site(engine, {"image": 2})
    plan = make_plan(job, site, tuple(engine.toys.values()), "started")
    with pytest.raises(AttemptError, match=r"^recreate toy 'web' \(90\) would remove it first, and it is protected$"):
        check_may_replace(job, site, plan, tuple(engine.toys.values()))


def test_what_is_changed_in_place_takes_no_leave(form, clock, engine):
    engine.toys["90"] = toy.toy()
    form.removal_refusal = "it is protected"
    job, site = toy.job(clock, replace="never"), toy.site(engine, {"size": 2})
    check_may_replace(job, site, make_plan(job, site, tuple(engine.toys.values()), "started"), ())


@pytest.mark.parametrize(
    ("parts", "has_data"),
    [
        pytest.param({"keeps": VOLUME, "loses": LAYER}, True, id="kept"),
        pytest.param({"loses": DISK}, True, id="lost"),
        pytest.param({"loses": (Part("what a new form calls otherwise"),)}, True, id="of which nobody says what it is"),
        pytest.param({"loses": LAYER}, False, id="none"),
        pytest.param({}, True, id="a form that says nothing of what is lost"),
    ],
)
def test_what_holds_data_is_known_by_what_is_kept_and_lost(parts, has_data):
    assert touches_data(Call(module="m", does="x", args={}, **parts)) is has_data


def test_what_a_form_refuses_to_plan_is_a_refusal(form, clock, engine):
    form.plan_refusal = "it would be lost"
    with pytest.raises(AttemptError, match="it would be lost") as caught:
        make_plan(toy.job(clock), toy.site(engine), (), "stopped")
    assert caught.value.cause is Cause.REFUSAL
