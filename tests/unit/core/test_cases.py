# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Where real services belong, by what their vendors ask for.

A file in ``cases`` is a list of cases; ``cases/targets`` has the recorded facts that they are decided on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import decide
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Decision, Target, Verdict
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.facts import read_facts
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.instances import read_instances
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.nodes import read_nodes
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.permissions import read_permissions
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.requirements import parse_service

CASES = Path(__file__).resolve().parents[1] / "cases"
TARGETS = CASES / "targets"

NEEDED = {"service", "title", "source", "because", "targets", "expect"}
ALLOWED = NEEDED | {"requirements", "as", "labels", "accept_unknown"}
EXPECTED = {"chosen", "rejected", "grants", "proof", "remedies"}
CHOSEN = {"target", "node", "form"}
RECORDED = {"facts_version", "kind", "server", "nodes", "instances", "next_id", "permissions"}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def complaints(case: Mapping[str, Any]) -> list[str]:
    """What is wrong with the keys of a case."""
    expect = case.get("expect") or {}
    found = [f"'{key}' is missing" for key in sorted(NEEDED - set(case))]
    found += _strangers("", case, ALLOWED) + _strangers("expect.", expect, EXPECTED)
    found += _strangers("expect.chosen.", expect.get("chosen") or {}, CHOSEN)
    if "chosen" not in expect:
        found.append("'expect.chosen' is missing")
    named = {str(place).partition("/")[0] for key in ("rejected", "remedies") for place in expect.get(key) or {}}
    named |= set(case.get("labels") or {}) | {(expect.get("chosen") or {}).get("target")} - {None}
    found += [f"'{name}' is not among its targets" for name in sorted(named - set(case.get("targets") or ()))]
    return found


def _strangers(prefix: str, given: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    return [f"'{prefix}{key}' is not known" for key in sorted(set(given) - set(known))]


FILES = sorted(CASES.glob("*.yml"))
FOUND = [(path.stem, case) for path in FILES for case in load(path)]
ALL = [pytest.param(case, id=f"{name}: {case.get('service')}: {case.get('title')}") for name, case in FOUND]


@cache
def recorded(name: str) -> Mapping[str, Any]:
    reply = load(TARGETS / f"{name}.yml")
    assert not _strangers("", reply, RECORDED), name
    return reply


def target(name: str, labels: Mapping[str, str]) -> Target:
    """As the runner makes one from what discovery returned."""
    reply = recorded(name)
    return Target(
        name=name,
        kind=reply["kind"],
        labels=labels,
        nodes=read_nodes(reply, {}),
        instances=read_instances(reply["instances"], numbered=reply["kind"] == "proxmox"),
        next_id=reply.get("next_id"),
        permissions=read_permissions(reply.get("permissions")),
    )


def decided(case: Mapping[str, Any]) -> Decision:
    service = parse_service(case["service"], case.get("requirements"), case.get("as"), forms=tuple(FORMS))
    labels = case.get("labels") or {}
    targets = [target(name, labels.get(name, {})) for name in case["targets"]]
    return decide(service, candidates(service, targets), accept_unknown=case.get("accept_unknown", False))


def at(decision: Decision, place: str) -> list[Verdict]:
    """The verdicts on a target, or on one node of it."""
    name, _slash, node = place.partition("/")
    found = [one for one in decision.verdicts if one.candidate.target == name and node in ("", one.candidate.node)]
    assert found, f"nothing is said of {place}"
    return found


def told(verdicts: Iterable[Verdict]) -> str:
    """Every verdict on a line, for whoever reads that a case does not hold."""
    return "\n".join(
        f"{one.candidate.place} {one.candidate.form.name}: "
        + ("; ".join(f"[{failure.rule}: {failure.when}] {failure.reason}" for failure in one.failures) or "fits")
        for one in verdicts
    )


@pytest.mark.parametrize("case", ALL)
def test_a_service_lands_where_it_belongs(case):
    decision, expect = decided(case), case["expect"]
    wanted, chosen = expect["chosen"], decision.chosen
    where = chosen and {
        "target": chosen.candidate.target,
        "node": chosen.candidate.node,
        "form": chosen.candidate.form.name,
    }
    found = where and {key: where[key] for key in (wanted or CHOSEN)}
    assert found == wanted, told(decision.verdicts)
    for place, rules in (expect.get("rejected") or {}).items():
        for verdict in at(decision, place):
            missing = set(rules) - {failure.rule for failure in verdict.failures}
            assert not missing, f"{place} is not rejected by {sorted(missing)}:\n{told([verdict])}"
    if "grants" in expect:
        assert sorted(map(str, chosen.grants)) == sorted(expect["grants"])
    for words in expect.get("proof") or ():
        assert words in "\n".join(decision.proof)
    for place, remedies in (expect.get("remedies") or {}).items():
        for verdict in at(decision, place):
            said = "\n".join(str(failure.remedy or "") for failure in verdict.failures)
            assert all(words in said for words in remedies), f"{place}: {said}"


@pytest.mark.parametrize("case", ALL)
def test_a_case_is_whole(case):
    assert complaints(case) == []
    assert case["source"].startswith("https://")
    assert case["because"].strip()


def test_unknown_keys_are_an_error():
    case = {**FOUND[0][1], "expects": 1, "expect": {"chosen": {"targt": "a"}, "reject": 1}}
    wrong = ["'expects' is not known", "'expect.reject' is not known", "'expect.chosen.targt' is not known"]
    assert complaints(case) == wrong


def test_a_place_that_is_no_target_is_an_error():
    case = {**FOUND[0][1], "targets": ["a"], "expect": {"chosen": None, "rejected": {"b/c": ["os"]}}}
    assert complaints(case) == ["'b' is not among its targets"]


def test_there_are_many_services():
    assert len({case["service"] for _name, case in FOUND}) >= 60


def test_no_case_is_told_twice():
    names = [(case["service"], case["title"]) for _name, case in FOUND]
    assert len(names) == len(set(names))


def test_many_services_fit_nowhere_and_many_change_their_form():
    nowhere = [case for _name, case in FOUND if case["expect"]["chosen"] is None]
    forms: dict[str, set[str]] = {}
    for _name, case in FOUND:
        forms.setdefault(case["service"], set()).add((case["expect"]["chosen"] or {}).get("form"))
    assert len(nowhere) >= 8
    assert sum(len(found - {None}) > 1 for found in forms.values()) >= 10


@pytest.mark.parametrize("path", sorted(TARGETS.glob("*.yml")), ids=lambda path: path.stem)
def test_recorded_facts_are_facts_with_an_origin_each(path):
    for node in recorded(path.stem)["nodes"]:
        read_facts(node["facts"])
        assert set(node["origins"]) == set(node["facts"])
