# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all parts of provisioning are given."""

from __future__ import annotations

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.arguments import SERVICE
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.job import (
    ProvisioningOptions,
    of_form,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from tests.unit.core.builders import service

from .. import toy


def arguments(**given):
    result = ArgumentSpecValidator(SERVICE).validate({"name": "web", **given})
    assert not result.error_messages
    return result.validated_parameters


def test_the_defaults_are_those_of_the_task():
    assert ProvisioningOptions.from_arguments(arguments()) == ProvisioningOptions()


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"wait_timeout": 7}, "wait_timeout", 7.0),
        ({"min_uptime": 3}, "min_uptime", 3.0),
        ({"discovery_timeout": 4}, "call_timeout", 4.0),
        ({"max_attempts": 1}, "max_attempts", 1),
        ({"replace": "never"}, "replace", "never"),
        ({"restart": "when_needed"}, "may_restart", True),
        ({"wait_for": "started"}, "awaits_address", False),
    ],
)
def test_each_option_is_read(given, field, value):
    assert getattr(ProvisioningOptions.from_arguments(arguments(**given)), field) == value


def test_only_what_is_the_services_in_the_form_counts(clock):
    own, stranger = toy.toy(), toy.toy("91", service=None)
    other = toy.toy("92", "db", service="db")
    assert toy.job(clock).instances_of(FORMS[toy.NAME], (own, stranger, other)) == (own,)
    assert of_form(FORMS["lxd_container"], (own, stranger)) == ()


def test_an_optional_need_that_comes_true_there_is_as_good_as_a_must(clock):
    wants = service(ports=[{"port": 80, "host": 8080, "optional": True}])
    job = toy.job(clock, of=wants)
    assert job.service.requirements.ports == ()
    on_site = job.service_on(toy.candidate(met=wants.requirements.wishes))
    assert [port.number for port in on_site.requirements.ports] == [80]
