# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an engine of the inventory is given to run, and what its answers come to."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleError

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import runner
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.errors import EngineError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.provisioning.job import Opinion
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.runner import HostEngine
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Call

CALL = Call(module="a.b.delegate", does="make it", args={"name": "web"}, environment={"OWN": "1"})


def _returned_or_raised(answer: dict | Exception) -> dict:
    if isinstance(answer, Exception):
        raise answer
    return answer


class Host:
    """A host whose module answers as a test says."""

    name, kind, is_local, mark_keys = "dock1", "toy", True, ()

    def __init__(self) -> None:
        self.options = {"api_password": "S3NTINEL"}
        self.answer: dict | Exception = {}
        self.calls: list[tuple] = []

    def scrub(self, text: str) -> str:
        return text.replace("S3NTINEL", "***")

    def execute(self, module, arguments, environment, *, check_mode=None):
        self.calls.append((module, arguments, environment, check_mode))
        return _returned_or_raised(self.answer)


@pytest.fixture
def host(monkeypatch) -> Host:
    kind = SimpleNamespace(
        delegate_connection=lambda options: ({"host": options["api_password"]}, {"BUNDLE": "$WHERE/ca.pem"}),
        failed_task=lambda _options, _args, _began: None,
    )
    monkeypatch.setattr(runner, "kind_of", lambda _name: kind)
    monkeypatch.setenv("WHERE", "/etc")
    made = Host()
    made.kind_object = kind
    return made


@pytest.fixture
def engine(host) -> HostEngine:
    return HostEngine(host, "web", 10)


def fail(engine, call=CALL) -> EngineError:
    with pytest.raises(EngineError) as caught:
        engine.run(call)
    return caught.value


def test_a_delegate_is_given_its_own_connection_and_whole_paths(engine, host):
    engine.run(CALL)
    arguments, environment = {"name": "web", "host": "S3NTINEL"}, {"BUNDLE": "/etc/ca.pem", "OWN": "1"}
    assert host.calls == [("a.b.delegate", arguments, environment, None)]


def test_a_module_of_ours_is_given_the_options_as_discovery_has_them(engine, host):
    engine.run(Call(module="rightscope.deploy.proxmox_clone", does="clone it", args={"name": "web"}))
    assert host.calls[0][1:3] == ({"name": "web", "api_password": "S3NTINEL"}, {})


def test_what_was_learned_is_forgotten_before_a_change_and_not_for_a_question(engine, monkeypatch):
    forgotten = []
    monkeypatch.setattr(runner, "forget_facts", lambda: forgotten.append(True))
    engine.ask(CALL)
    assert not forgotten
    engine.run(CALL)
    assert forgotten


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param({"failed": True, "msg": "no space left"}, "no space left", id="its own words"),
        pytest.param({"failed": True, "msg": "no S3NTINEL\nmore"}, "no ***", id="in a line, without secrets"),
        pytest.param({"failed": True, "msg": "It cannot."}, "It cannot", id="without its full stop"),
        pytest.param({"failed": True}, "it gave no reason", id="without any"),
        pytest.param({"skipped": True, "msg": "check mode"}, "check mode", id="a call that was skipped was not done"),
        pytest.param(AnsibleError("no S3NTINEL"), "no ***", id="the host cannot be reached"),
    ],
)
def test_a_failure_is_told_by_the_module_and_what_it_was_to_do(engine, host, answer, text):
    host.answer = answer
    assert str(fail(engine)) == f"a.b.delegate could not make it: {text}"


def test_what_the_engines_own_task_says_goes_before_the_modules_words(engine, host):
    host.answer = {"failed": True, "msg": "it still runs"}
    host.kind_object.failed_task = lambda options, args, _began: (
        f"no space for {args['name']}: {options['api_password']}"
    )
    assert str(fail(engine)) == "a.b.delegate could not make it: no space for web: ***"


def test_where_the_task_cannot_be_asked_for_the_modules_words_stand(engine, host):
    def gone(*_arguments):
        raise DiscoveryError("gone")

    host.answer, host.kind_object.failed_task = {"failed": True, "msg": "it still runs"}, gone
    assert str(fail(engine)) == "a.b.delegate could not make it: it still runs"


def test_an_engine_that_is_asked_from_elsewhere_is_not_asked_for_its_task(engine, host):
    host.answer, host.is_local = {"failed": True, "msg": "it still runs"}, False
    host.kind_object.failed_task = lambda *_arguments: pytest.fail("it is not reached from here")
    assert str(fail(engine)) == "a.b.delegate could not make it: it still runs"


@pytest.mark.parametrize(
    ("reason", "is_silent"),
    [
        ("HTTPSConnectionPool(host='pve'): Read timed out. (read timeout=5)", True),
        ("Connection refused", True),
        ("('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))", True),
        ("Max retries exceeded with url: /api2/json", True),
        ("no space left", False),
        ("", False),
    ],
)
def test_it_is_known_whether_there_was_an_answer_at_all(engine, host, reason, is_silent):
    host.answer = {"failed": True, "msg": reason}
    assert fail(engine).is_silent is is_silent


@pytest.mark.parametrize(
    ("answer", "is_claimed", "next_id"),
    [({}, False, None), ({"claimed": True}, True, None), ({"next_id": 7}, False, 7)],
)
def test_what_our_own_modules_say_of_a_failure_is_data(engine, host, answer, is_claimed, next_id):
    host.answer = {"failed": True, "msg": "no", **answer}
    error = fail(engine)
    assert (error.is_claimed, error.next_id) == (is_claimed, next_id)


@pytest.mark.parametrize(
    ("answer", "opinion"),
    [
        pytest.param({"changed": False}, Opinion(False), id="no difference"),
        pytest.param({"changed": True}, Opinion(True), id="a difference, without a diff"),
        pytest.param(
            {"changed": True, "diff": {"before": {"env": 1}, "after": {"env": 2, "image": 3}}},
            Opinion(True, frozenset({"env", "image"})),
            id="a diff that names what differs",
        ),
        pytest.param({"changed": True, "diff": {"before": "a", "after": "b"}}, Opinion(True), id="a diff of texts"),
        pytest.param({"changed": True, "diff": [{"before": {}}]}, Opinion(True), id="a list of diffs"),
        pytest.param({"failed": True, "msg": "no"}, None, id="it fails"),
        pytest.param({"skipped": True}, None, id="it has no check mode"),
        pytest.param(AnsibleError("no"), None, id="it cannot be run"),
    ],
)
def test_the_delegates_own_check_mode_is_an_opinion(engine, host, answer, opinion):
    host.answer = answer
    assert engine.ask(CALL) == opinion
    assert host.calls[0][3] is True


def test_where_it_is_looked_is_by_discovery_and_in_its_time(engine, host, monkeypatch):
    asked = []
    monkeypatch.setattr(runner, "find_instances", lambda *arguments: asked.append(arguments) or ("it",))
    assert engine.find() == ("it",)
    assert asked == [(host, "web", 10)]


def test_a_target_that_does_not_answer_is_an_engine_that_failed(engine, monkeypatch):
    def silent(*_arguments):
        raise DiscoveryError("It did not answer within 10 s.", "Check that its engine is not stuck.")

    monkeypatch.setattr(runner, "find_instances", silent)
    with pytest.raises(EngineError, match="^It did not answer within 10 s$"):
        engine.find()
