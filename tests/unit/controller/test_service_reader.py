# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services that a task declares, and where a mistake in them is shown."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import service_reader
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.service_reader import ServiceReader

USUAL = {"name": None, "requirements": None, "as": None, "services": None, "weights": {}}


@pytest.fixture(autouse=True)
def plain_options(monkeypatch):
    """The options of a form as they are; what the delegates know of them is another test's matter."""

    def read(_form, options):
        return dict(options), [(("detatch",), "is not an option of it")] if "detatch" in options else []

    monkeypatch.setattr(service_reader, "read_options", read)


def read(many: bool = False, **given):
    args = {**USUAL, **given}
    reader = ServiceReader(given)
    return reader.read_services(args) if many else reader.read_service(args)


def fail(many: bool = False, **given) -> AnsibleActionFail:
    with pytest.raises(AnsibleActionFail) as caught:
        read(many, **given)
    return caught.value


def test_a_service_is_read_with_its_options():
    service = read(name="web", requirements={"memory": "1 GiB"}, **{"as": {"docker_container": {"image": "web:1"}}})
    assert (service.name, service.requirements.memory) == ("web", 1024)
    assert service.made_as == {"docker_container": {"image": "web:1"}}


def test_every_mistake_is_told_at_once():
    error = fail(name="web", requirements={"memory": "x"}, **{"as": {"docker_container": {"detatch": True}}})
    assert error.message.startswith("The service is not valid: requirements.memory ")
    assert "as.docker_container.detatch is not an option of it" in error.message


def test_a_mistake_is_shown_where_it_was_written():
    needs = {"ports": [80, "eighty"]}
    assert fail(name="web", requirements=needs).obj == "eighty"


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        pytest.param({"requirements": {"ports": [{"host": 80}]}}, {"host": 80}, id="what lacks a key"),
        pytest.param({"requirements": {"ports": "eighty"}}, "eighty", id="one value in place of a list"),
        pytest.param({"requirements": {"init": "yes please"}}, "yes please", id="a value"),
    ],
)
def test_what_is_nearest_to_it_is_shown(given, origin):
    assert fail(name="web", **given).obj == origin


@pytest.mark.parametrize("value", [True, None])
def test_what_remembers_no_place_is_shown_by_the_whole_task(value):
    given = {"name": value, "requirements": {}}
    assert fail(**given).obj == given


def test_what_needs_and_options_cannot_be_together_is_told():
    options = {"docker_container": {"image": "a:1", "published_ports": ["80:80", "80:81"]}}
    error = fail(name="web", **{"as": options})
    assert "as.docker_container.published_ports[1] is a port of the host that an earlier entry has" in error.message
    assert error.obj == "80:81"


# --- lists ----------------------------------------------------------------------------------------


def test_the_task_may_declare_one_by_itself():
    assert [one.name for one in read(True, name="web")] == ["web"]


def test_a_list_is_read_in_its_order():
    assert [one.name for one in read(True, services=[{"name": "web"}, {"name": "db"}])] == ["web", "db"]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        pytest.param({}, "Neither 'name' nor 'services' is given", id="neither"),
        pytest.param({"name": "web", "services": []}, "Both 'name' and 'services' are given", id="both"),
        pytest.param({"services": []}, "services must name at least one service", id="an empty list"),
        pytest.param({"services": ["web"]}, r"services\[0\] must be a mapping with the keys name", id="no mapping"),
        pytest.param(
            {"services": [{"nam": "web"}]}, r"services\[0\].nam is not known; did you mean 'name'", id="a key"
        ),
        pytest.param(
            {"services": [{"name": "web"}, {"name": "web"}]},
            r"services\[1\].name is already the name of an earlier service",
            id="a name twice",
        ),
        pytest.param(
            {"services": [{"name": "a", "requirements": {"cpus": "x"}}, {"name": "b", "requirements": {"disk": "y"}}]},
            r"services\[0\].requirements.cpus .*; services\[1\].requirements.disk ",
            id="the mistakes of all",
        ),
    ],
)
def test_a_wrong_list_is_told(given, text):
    assert re.search(text, fail(True, **given).message)


# --- preferences ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        pytest.param({"headrom": 1}, "weights.headrom is not a preference; did you mean 'headroom'", id="unknown"),
        pytest.param({"zzz": 1}, "weights.zzz is not a preference; known: ", id="far"),
        pytest.param({"headroom": -1}, "weights.headroom must be a number from 0 to 1000000", id="negative"),
        pytest.param({"headroom": True}, "weights.headroom must be a number", id="a switch"),
        pytest.param({"headroom": "1"}, "weights.headroom must be a number", id="a text"),
        pytest.param({"headroom": float("nan")}, "weights.headroom must be a number", id="not a number"),
    ],
)
@pytest.mark.parametrize("given", [{"name": "web"}, {"services": [{"name": "web"}]}], ids=["one", "several"])
def test_a_wrong_weight_is_told(weights, text, given):
    assert fail(True, weights=weights, **given).message.startswith(text)


def test_good_weights_are_taken():
    assert read(name="web", weights={"headroom": 0, "packing": 2.5}).name == "web"


def test_without_its_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(service_reader, "VOLUPTUOUS_ERROR", ImportError("no module"))
    assert "run 'pip install voluptuous'" in fail(name="web").message


def test_without_its_library_it_can_be_imported():
    """In a process of its own, for which the library is not there."""
    code = (
        "import sys; sys.modules['voluptuous'] = None\n"
        f"from {service_reader.__name__} import VOLUPTUOUS_ERROR\n"
        "print(type(VOLUPTUOUS_ERROR).__name__)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.returncode) == ("ModuleNotFoundError\n", 0), ran.stderr
