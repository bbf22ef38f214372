# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A form that says nothing of itself: what it does not say is unknown, and unknown is never a yes."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import judge
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS, Form
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import SCOPES, UNKNOWN
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.needs import NEEDS

from .builders import facts, service, target

WITH_ROOM = {
    "devices": frozenset({"/dev/net/tun", "/dev/dri/renderD128"}),
    "pci_devices": ("0000:01:00.0 10de:1eb8",),
    "usb_devices": ("001:004 046d:c52b",),
    "gpus": 2,
    "kernel_modules": frozenset({"overlay", "zfs"}),
    "kernel_sysctls": {"vm.max_map_count": "262144", "net.ipv4.ip_forward": "1"},
    "kernel_parameters": ("quiet",),
    "kernel_flavour": "preempt-rt",
    "isolation": "machine",
    "peers": 3,
    "networks": {"wan": "macvlan"},
    "ports_taken": frozenset(),
    "storage_types": {"default": "zfs"},
}
"""A node that has all that any of the needs asks for: what keeps them from being met is the form alone."""

RESTRICTED = {
    "os_family": {"os_family": "debian"},
    "kernel.own": {"kernel": {"own": True}},
    "kernel.version": {"kernel": {"version": ">=5"}},
    "kernel.flavour": {"kernel": {"flavour": "preempt-rt"}},
    "kernel.modules": {"kernel": {"modules": ["zfs"]}},
    "kernel.sysctls": {"kernel": {"sysctls": {"vm.max_map_count": 262144}}},
    "kernel.parameters": {"kernel": {"parameters": ["quiet"]}},
    "kernel.features": {"kernel": {"features": ["tun"]}},
    "privileges": {"privileges": ["SYS_ADMIN"]},
    "devices": {"devices": ["/dev/net/tun"]},
    "host_view": {"host_view": True},
    "host_network": {"host_network": True},
    "isolation": {"isolation": "machine"},
    "cpus": {"cpus": 1},
    "memory": {"memory": "64 MiB"},
    "disk": {"disk": "1 GiB"},
    "shm": {"shm": "64 MiB"},
    "address": {"address": "own"},
    "nics": {"nics": 2},
    "ports": {"ports": ["80:80"]},
    "snapshots": {"snapshots": True},
    "live_migration": {"live_migration": True},
}
"""A value of each need that a form must answer for."""

SAID_BY_THE_SCOPE = {"processes", "init"}
SAID_BY_THE_NODE = {"labels", "forms", "os_version", "architecture", "cpu_level", "cpu_features", "max_privilege"}


class Silent(Form):
    """It has a name, and a place where it is offered."""

    name = "silent"
    title = "a silent form"
    kind = "docker"

    def __init__(self, scope: str) -> None:
        self.scope = scope


@pytest.fixture(params=SCOPES)
def silent(request, monkeypatch):
    """The form, among the others: it takes an entry in their table, and nothing else."""
    form = Silent(request.param)
    monkeypatch.setitem(FORMS, form.name, form)
    return form


def judged(form: Form, made_as: dict | None = None, **needs):
    of = service(made_as=made_as or {}, **needs)
    place = target("docker", **WITH_ROOM)
    (one,) = [one for one in candidates(of, [place]) if one.form is form]
    # An image is there, so that it is not for want of one that the form does not fit.
    return judge(of, dataclasses.replace(one, image=facts().images[0]))


@pytest.mark.parametrize("need", RESTRICTED)
def test_it_never_fits_a_need_that_a_form_must_answer(silent, need):
    verdict = judged(silent, os_family="any", **RESTRICTED[need]) if need != "os_family" else judged(silent)
    assert not verdict.fits
    assert all(failure.reason and failure.remedy for failure in verdict.failures)
    assert {failure.when for failure in verdict.failures} & {UNKNOWN, "never"}


def test_every_need_is_among_those_that_are_tried():
    assert {need.key for need in NEEDS} == {*RESTRICTED, *SAID_BY_THE_SCOPE, *SAID_BY_THE_NODE}


def test_without_any_need_it_fits(silent):
    assert judged(silent, os_family="any").fits


@pytest.mark.parametrize("level", ["none", "capabilities", "nesting"])
def test_an_option_that_it_does_not_explain_counts_as_privileged(silent, level):
    verdict = judged(silent, {"silent": {"open": "wide"}}, os_family="any", max_privilege=level)
    assert [str(grant) for grant in verdict.grants] == ["option open"]
    assert "max_privilege" in {failure.rule for failure in verdict.failures}


def test_an_option_may_take_back_any_need(silent):
    verdict = judged(silent, {"silent": {"open": "wide"}}, os_family="any", max_privilege="privileged")
    assert "options" in {failure.rule for failure in verdict.failures}


def test_a_privilege_is_granted_as_far_as_it_could_go(silent):
    verdict = judged(silent, os_family="any", privileges=["SYS_ADMIN"], max_privilege="none")
    assert [(str(grant), grant.level) for grant in verdict.grants] == [("privilege SYS_ADMIN", "privileged")]
    assert {"privileges", "max_privilege"} <= {failure.rule for failure in verdict.failures}
