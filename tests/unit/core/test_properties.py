# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every decision, whatever the service and the targets."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as some

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.constraints import CONSTRAINTS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import decide, judge
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.explanation.explain import as_data, explain
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.features import known_features
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.privileges import known_privileges
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import (
    PRIVILEGES,
    SCOPES,
    Decision,
    Facts,
    Image,
    Service,
    Target,
    Verdict,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.needs import asked
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.facts import FactsError, read_facts
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.nodes import read_nodes
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.requirements import (
    RequirementsError,
    parse_service,
    requirement_names,
)

from .builders import instance, service, target


def _some_of(*values, most: int = 2):
    return some.lists(some.sampled_from(values), min_size=1, max_size=most, unique_by=str)


MODULES = ("overlay", "nbd", {"name": "zfs", "version": ">=2"}, {"name": "nbd", "parameters": {"max_part": 16}})
SYSCTLS = {
    "vm.max_map_count": some.sampled_from([1, 262144, "==65530"]),
    "net.core.somaxconn": some.just(1024),
    "kernel.pid_max": some.just(99999),
    "kernel.core_pattern": some.just("core"),
}
DEVICES = ("/dev/fuse", "/dev/dri/card0", {"pci": "0000:01:00.0"}, {"usb": "046d:c52b"}, {"gpu": 1}, {"gpu": 2})
KERNEL = {
    "version": some.sampled_from([">=5.15", "<5", ">=6.1,<6.2"]),
    "own": some.booleans(),
    "flavour": some.sampled_from(["preempt-rt", "generic"]),
    "modules": _some_of(*MODULES),
    "sysctls": some.fixed_dictionaries({}, optional=SYSCTLS),
    "parameters": _some_of("quiet", "iommu=pt"),
    "features": _some_of(*known_features()),
}
FURTHER = {
    "cpu_level": some.sampled_from(["x86-64-v1", "x86-64-v3"]),
    "cpu_features": _some_of("avx", "aes"),
    "os_version": some.sampled_from(["9", "12", "13"]),
    "processes": some.integers(1, 3) | some.just([{"name": "a", "image": "web:1"}, {"name": "b", "image": "web:1"}]),
    "init": some.booleans(),
    "privileges": _some_of(*known_privileges()),
    "devices": _some_of(*DEVICES),
    "host_view": some.booleans(),
    "host_network": some.booleans(),
    "isolation": some.sampled_from(["process", "user_namespace", "machine"]),
    "cpus": some.sampled_from([0.5, 2, 8]),
    "memory": some.sampled_from([128, 4096, 6000, 20000]),
    "disk": some.sampled_from([1, 50, 500]),
    "shm": some.sampled_from([64, 10000]),
    "address": some.sampled_from(["shared", "own"]),
    "nics": some.integers(1, 2),
    "ports": _some_of(80, "53/udp", "8080:81", "22:22"),
    "snapshots": some.booleans(),
    "live_migration": some.booleans(),
    "labels": some.just({"zone": "a"}),
    "forms": _some_of(*FORMS),
}
RELAXING = {
    "os_family": some.sampled_from(["any", "linux", "debian", "rocky", "freebsd", "windows"]),
    "architecture": some.sampled_from(["x86_64", "aarch64", ["x86_64", "aarch64"]]),
    "max_privilege": some.sampled_from(PRIVILEGES),
    "init": some.booleans() | some.just({"supervised": True}),
}
"""
What may widen what fits: ``any`` for a family, another architecture beside a level of x86_64, a higher bound of
privileges, an image with its own supervisor.
"""


@some.composite
def need_sets(draw, names: dict, least: int = 0):
    """Some needs, by their names and what each may be."""
    chosen = draw(some.lists(some.sampled_from([*names, "kernel"]), min_size=least, max_size=4, unique=True))
    needs = {name: draw(names[name]) for name in chosen if name != "kernel"}
    if "kernel" in chosen:
        parts = draw(some.lists(some.sampled_from(list(KERNEL)), min_size=1, max_size=3, unique=True))
        needs["kernel"] = {name: draw(KERNEL[name]) for name in parts}
    return needs


NEED_SETS = need_sets({**FURTHER, **RELAXING})
AS = {"docker_container": {"image": "web:1"}}
OPTIONS = some.sampled_from(
    [
        AS,
        {"docker_container": {"image": "web:1", "privileged": True}},
        {"docker_container": {"image": "new:1", "network_mode": "host", "capabilities": ["NET_ADMIN"]}},
        {**AS, "lxd_container": {"config": {"security.privileged": True}}},
        {**AS, "proxmox_vm": {"cpu": "kvm64", "storage": "fast"}},
        {},
    ]
)
FACTS: dict[str, Any] = {
    "os_type": ["linux", "windows"],
    "os_name": ["Debian"],
    "os_version": ["12", "10.0.20348"],
    "engine_version": ["19.03", "28.1", "dev"],
    "architectures": [["x86_64"], ["arm64"], []],
    "cpu_flags": [["sse"], ["avx", "aes"]],
    "kernel_version": ["4.19", "6.12-rt", "custom", "6.1.0-13-amd64"],
    "kernel_flavour": ["preempt-rt", "generic"],
    "kernel_modules": [[], ["nbd", "zfs"]],
    "kernel_modules_complete": [True, False],
    "module_versions": [{"zfs": "2.1"}, {"zfs": "0.8"}],
    "module_parameters": [{"nbd": {"max_part": 16}}, {"nbd": {"max_part": "8"}}],
    "kernel_sysctls": [{}, {"vm.max_map_count": 65530, "kernel.pid_max": "many"}, {"vm.max_map_count": 1048576}],
    "unprivileged_sysctls": [[], ["net.core.somaxconn"]],
    "kernel_parameters": [[], ["quiet", "iommu=pt"]],
    "kernel_btf": [True, False],
    "cgroup_version": [1, 2],
    "nested_virtualization": [True, False],
    "devices": [[], ["/dev/fuse", "/dev/net/tun", "/dev/kvm"]],
    "pci_devices": [[], ["0000:01:00.0 10de:1b80"]],
    "usb_devices": [[], ["1-2 046d:c52b"]],
    "gpus": [0, 2],
    "isolation": ["process", "user_namespace", "machine"],
    "cpus": [1, 64],
    "memory": [512, 65536],
    "memory_free": [64, 8000],
    "memory_reserved": [0, 70000],
    "storages": [{}, {"default": 10}, {"fast": 10**6}],
    "storage_types": [{"default": "dir"}, {"fast": "lvm", "local-lvm": "lvmthin"}],
    "networks": [{}, {"lan": "macvlan"}],
    "profiles": [{}, {"default": {"config": {"security.privileged": "true"}, "devices": {"eth0": {"type": "nic"}}}}],
    "ports_taken": [[], [22, "8080/tcp"]],
    "peers": [0, 2],
    "swap_limit": [True],
    "device_links": [{}, {"/dev/fuse": "/dev/sda"}],
    "limits": [[], ["memory", "cpu_quota", "swap"]],
    "api_version": ["1.24", "1.41"],
    "rootless": [True, False],
    "authorization": [[], ["opa"]],
    "runtimes": [["runc"]],
    "volume_drivers": [["local"]],
    "log_drivers": [["json-file"]],
    "containers": [[], ["web"]],
    "volumes": [{}, {"data": "/"}],
    "engine_paths": [{}, {"/e/docker.sock": "socket", "/e": "data"}],
    "paths": [{}, {"/srv": "", "/data": "/"}],
    "images": [
        [],
        [{"id": "1", "names": ["web:1"], "os": "debian", "os_version": "12"}],
        [{"id": "2", "os": "rocky", "os_version": 9.4, "requirements": {"cgroup": "v1", "nesting": True}}],
    ],
    "project": [{}, {"limits.memory": "512MiB", "restricted": "true"}],
    "project_used": [{}, {"containers": 1, "memory": 256}],
    "option_keys": [[], ["limits.memory", "security.nesting"]],
}
KNOWN = some.dictionaries(some.sampled_from(list(FACTS)), some.integers(0, 3), max_size=6)


@some.composite
def targets(draw, least: int = 0):
    """Some targets of any kind, each of which knows some things otherwise, or not at all."""
    made = []
    for number in range(draw(some.integers(least, 3))):
        kind = draw(some.sampled_from(["docker", "lxd", "proxmox"]))
        written = {name: ([*FACTS[name], None])[which % (len(FACTS[name]) + 1)] for name, which in draw(KNOWN).items()}
        read = read_facts(written)
        changes = {name: getattr(read, name) if written[name] is not None else None for name in written}
        if written.get("images", 1) is None or "kernel_modules_complete" in changes:
            changes = {name: value for name, value in changes.items() if value is not None}
        made.append(target(kind, name=f"t{number}", node=f"t{number}", **changes))
    return made


def _service(made_as: dict, needs: dict) -> Service:
    """The service, if its needs go together."""
    try:
        return service(made_as=made_as, **needs)
    except RequirementsError as error:
        assume(not error.problems)
        raise


def _with(needs: dict, more: dict) -> dict:
    """The needs and more; what was there already is kept, for to replace a need might loosen it."""
    both = {**more, **needs}
    if "kernel" in needs and "kernel" in more:
        both["kernel"] = {**more["kernel"], **needs["kernel"]}
    return both


def _by_place(decision: Decision) -> dict[tuple[str, str], Verdict]:
    return {(verdict.candidate.place, verdict.candidate.form.name): verdict for verdict in decision.verdicts}


def _decided(of: Service, places):
    return decide(of, candidates(of, places))


@given(NEED_SETS, OPTIONS, targets())
def test_the_same_input_gives_the_same_decision(needs, made_as, places):
    of = _service(made_as, needs)
    assert explain(_decided(of, places)) == explain(_decided(of, places))


@given(NEED_SETS, OPTIONS, targets(least=1), some.randoms(use_true_random=False))
def test_order_matters_only_between_equals(needs, made_as, places, chance):
    of = _service(made_as, needs)
    first = _decided(of, places)
    shuffled = list(places)
    chance.shuffle(shuffled)
    second = _decided(of, shuffled)

    def worth(verdict):
        return verdict and (verdict.candidate.scope, verdict.grants_taken, verdict.total)

    assert worth(first.chosen) == worth(second.chosen)
    equals = [one for one in first.verdicts if one.fits and worth(one) == worth(first.chosen)]
    assert len(equals) != 1 or first.chosen == second.chosen


@settings(max_examples=150)
@given(NEED_SETS, need_sets(FURTHER, 1), OPTIONS, targets(least=1), some.booleans())
def test_a_further_need_never_widens_what_fits(needs, more, made_as, places, accept):
    few, many = _service(made_as, needs), _service(made_as, _with(needs, more))
    for one, other in zip(candidates(few, places), candidates(many, places), strict=True):
        # Another release or architecture may find another image, which is another thing to judge.
        same = dataclasses.replace(one, held=0) == dataclasses.replace(other, held=0)
        if same and not judge(few, one, accept_unknown=accept).fits:
            assert not judge(many, other, accept_unknown=accept).fits


@settings(max_examples=150)
@given(NEED_SETS, OPTIONS, targets(least=1))
def test_a_rule_that_is_not_asked_would_hold(needs, made_as, places):
    of = _service(made_as, needs)
    silent = set(CONSTRAINTS) - set(asked(of.requirements))
    for one in candidates(of, places):
        assert [rule.__name__ for rule in silent if rule(of.requirements, one) is not None] == []


@given(NEED_SETS, OPTIONS, targets(), targets())
def test_another_target_never_changes_a_verdict(needs, made_as, places, others):
    of = _service(made_as, needs)
    moved = [dataclasses.replace(one, name=f"other-{one.name}") for one in others]
    alone = {verdict.candidate.target: verdict for verdict in _decided(of, places).verdicts}
    together = {verdict.candidate.target: verdict for verdict in _decided(of, [*moved, *places]).verdicts}
    assert all(together[name] == verdict for name, verdict in alone.items())


MORE_OR_LESS = {
    "memory_reserved",  # where nobody knows what is promised, what is free counts
    "memory",  # and all of it, what is promised
    "architectures",  # levels of a processor are x86_64's alone
    "engine_version",  # an unknown engine is taken for today's
    "kernel_flavour",  # the release's name tells it too
    "kernel_modules_complete",
    "images",
}
"""Facts without which a candidate may be judged otherwise than by 'unknown'. The others are asked for, or no matter."""


@settings(max_examples=120)
@given(NEED_SETS, OPTIONS, targets(least=1), some.sampled_from(sorted(set(FACTS) - MORE_OR_LESS)))
def test_nothing_is_won_by_silence(needs, made_as, places, fact):
    of = _service(made_as, needs)
    for one in candidates(of, places):
        silent = dataclasses.replace(one, facts=dataclasses.replace(one.facts, **{fact: None}))
        before, after = judge(of, one), judge(of, silent)
        assert before.fits or not after.fits
        if before.fits and not after.fits:
            assert "unknown" in {failure.when for failure in after.failures}


WISHES = some.sampled_from(
    [
        {"cpu_features": [{"name": "avx512f", "optional": True}]},
        {"kernel": {"modules": [{"name": "dreamfs", "optional": True}]}},
        {"kernel": {"sysctls": {"vm.swappiness": {"value": "==1", "optional": True}}}},
        {"kernel": {"parameters": [{"name": "quiet", "optional": True}]}},
        {"kernel": {"features": [{"name": "nested_containers", "optional": True}]}},
        {"privileges": [{"name": "privileged", "optional": True}]},
        {"devices": [{"path": "/dev/kvm", "optional": True}]},
        {"ports": [{"port": 22, "host": 2222, "optional": True}]},
        {"labels": {"zone": {"value": "b", "optional": True}}},
    ]
)


@given(NEED_SETS, WISHES, OPTIONS, targets(least=1))
def test_a_wish_never_changes_what_fits_nor_the_scope(needs, wish, made_as, places):
    of, wishing = _service(made_as, needs), _service(made_as, _with(needs, wish))
    first, second = _decided(of, places), _decided(wishing, places)
    before, after = _by_place(first), _by_place(second)
    for name, verdict in after.items():
        assert verdict.failures == before[name].failures
        assert [grant for grant in verdict.grants if not grant.wish] == list(before[name].grants)
        assert all(grant.level == "capabilities" for grant in verdict.grants if grant.wish)
    assert (first.chosen and first.chosen.candidate.scope) == (second.chosen and second.chosen.candidate.scope)


@given(NEED_SETS, OPTIONS, targets())
def test_each_failure_has_a_rule_a_sentence_and_a_when(needs, made_as, places):
    names = [rule.__name__ for rule in CONSTRAINTS]
    for verdict in _decided(_service(made_as, needs), places).verdicts:
        # In the order in which they are told, each rule once.
        assert [failure.rule for failure in verdict.failures] == [
            name for name in names if name in {failure.rule for failure in verdict.failures}
        ]
        for failure in verdict.failures:
            assert failure.reason.strip() == failure.reason != ""
            assert not failure.reason.endswith(".")
            assert "None" not in failure.reason
            assert failure.when in ("never", "not_now", "unknown")
            assert failure.remedy or failure.when == "never"


@given(NEED_SETS, OPTIONS, targets())
def test_no_grant_goes_further_than_is_allowed(needs, made_as, places):
    of = _service(made_as, needs)
    allowed = PRIVILEGES.index(of.requirements.max_privilege)
    for verdict in _decided(of, places).verdicts:
        furthest = max((PRIVILEGES.index(grant.level) for grant in verdict.grants), default=0)
        assert not verdict.fits or furthest <= allowed
        assert len({(grant.kind, grant.value) for grant in verdict.grants}) == len(verdict.grants)


@given(NEED_SETS, OPTIONS, targets())
def test_what_is_chosen_fits_and_has_the_narrowest_scope(needs, made_as, places):
    decision = _decided(_service(made_as, needs), places)
    fitting = [SCOPES.index(verdict.candidate.scope) for verdict in decision.verdicts if verdict.fits]
    assert bool(fitting) == (decision.chosen is not None)
    assert decision.chosen or not decision.proof
    if decision.chosen:
        assert decision.chosen.fits
        assert SCOPES.index(decision.chosen.candidate.scope) == min(fitting)


@given(NEED_SETS, OPTIONS, targets())
def test_what_is_unknown_is_accepted_only_by_choice_and_then_said(needs, made_as, places):
    of = _service(made_as, needs)
    strict = _by_place(_decided(of, places))
    for name, verdict in _by_place(decide(of, candidates(of, places), accept_unknown=True)).items():
        told = strict[name]
        assert not told.accepted
        assert list(verdict.accepted) == [failure for failure in told.failures if failure.when == "unknown"]
        assert list(verdict.failures) == [failure for failure in told.failures if failure.when != "unknown"]


@given(NEED_SETS, OPTIONS, targets(least=1), some.integers(0, 3))
def test_a_service_stays_where_it_is_or_nowhere_is_chosen(needs, made_as, places, number):
    of = _service(made_as, needs)
    home = places[number % len(places)]
    there = dataclasses.replace(instance(home.kind, node=home.name), service="web")
    moved = [dataclasses.replace(one, instances=(there,)) if one is home else one for one in places]
    decision = _decided(of, moved)
    assert decision.stays
    assert decision.chosen is None or decision.chosen.candidate.target == home.name


@given(NEED_SETS, OPTIONS, targets())
def test_every_score_is_from_0_to_100_and_so_is_the_total(needs, made_as, places):
    for verdict in _decided(_service(made_as, needs), places).verdicts:
        assert all(0 <= points <= 100 for points in [*verdict.scores.values(), verdict.total])


@given(NEED_SETS, OPTIONS, targets(), some.booleans())
def test_the_explanation_has_each_candidate_each_reason_and_the_proof(needs, made_as, places, accept):
    of = _service(made_as, needs)
    decision = decide(of, candidates(of, places), accept_unknown=accept)
    text = " ".join(explain(decision).split())
    for verdict in decision.verdicts:
        assert f"{verdict.candidate.place}: {'' if verdict.fits else 'rejected, '}" in text
        for failure in verdict.failures:
            assert f"{failure.reason} [{failure.rule}" in text
            # Needs to relax are told in one breath.
            assert not failure.remedy or str(failure.remedy).removeprefix("relax ") in text
    for line in decision.proof:
        assert line in text
        assert "None" not in line
    assert [len(one["failures"]) for one in as_data(decision)["verdicts"]] == [
        len(verdict.failures) for verdict in decision.verdicts
    ]


@given(NEED_SETS, targets(), some.sampled_from(["started", "stopped", "restarted", "present"]))
def test_whatever_is_chosen_can_be_planned(needs, places, state):
    of = _service(AS, needs)
    decision = _decided(of, places)
    if decision.chosen:
        one = decision.chosen.candidate
        place = next(place for place in places if place.name == one.target)
        plan = one.form.plan(of, one, place, (), state)
        assert plan.changed
        assert any(call.creates for call in plan.calls)
        assert plan.state == ("started" if state in ("started", "restarted") else "stopped")


ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=True) | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = some.sampled_from(
    [
        *(name.rpartition(".")[2] for name in requirement_names()),
        *(
            "kernel",
            "name",
            "image",
            "command",
            "wanted",
            "supervised",
            "optional",
            "value",
            "path",
            "pci",
            "usb",
            "gpu",
        ),
        *("port", "host", "protocol", "process", "parameters", "a.b", "nonsense"),
    ]
)
NESTED = some.recursive(
    ANYTHING, lambda inner: some.dictionaries(KEYS, inner, max_size=3) | some.lists(inner, max_size=2), max_leaves=12
)
SECRET = "S3NTINEL-value"
HIDDEN = some.recursive(
    some.just(SECRET),
    lambda inner: some.dictionaries(KEYS, inner, min_size=1, max_size=3) | some.lists(inner, min_size=1, max_size=2),
    max_leaves=8,
)


def _problems(name, requirements, made_as) -> tuple:
    try:
        parse_service(name, requirements, made_as, forms=tuple(FORMS))
    except RequirementsError as error:
        return error.problems
    return ()


@settings(max_examples=120)
@given(ANYTHING | some.dictionaries(KEYS, NESTED, max_size=5), ANYTHING, ANYTHING)
def test_any_input_is_read_or_refused_in_words(requirements, name, made_as):
    for problem in _problems(name, requirements, made_as):
        assert problem.path[0] in ("name", "requirements", "as")
        assert problem.message.startswith(("must ", "is ", "has ", "cannot "))


@given(some.dictionaries(KEYS, HIDDEN, min_size=1, max_size=5))
def test_no_value_is_ever_in_an_error(requirements):
    problems = _problems(SECRET, requirements, {"docker_container": SECRET})
    assert len(problems) >= 2
    assert SECRET.lower() not in " ".join(map(str, problems)).lower()


EVERYTHING = {
    "os_version": "12",
    "architecture": "amd64",
    "cpu_level": "x86-64-v2",
    "cpu_features": "avx",
    "kernel": {
        "version": ">=5",
        "flavour": "preempt-rt",
        "modules": list(MODULES),
        "sysctls": {"vm.max_map_count": 262144, "kernel.pid_max": 1, "net.core.somaxconn": 1, "kernel.sem": "1 2 3 4"},
        "parameters": "quiet",
        "features": list(known_features()),
    },
    "privileges": list(known_privileges()),
    "devices": list(DEVICES),
    "isolation": "machine",
    "cpus": 1,
    "memory": 1,
    "disk": 1,
    "shm": 1,
    "address": "own",
    "nics": 2,
    "ports": [80, "8080:80"],
    "snapshots": True,
    "live_migration": True,
    "labels": {"a": "b"},
}
WANTED = [service(made_as=AS, os_family=name, **EVERYTHING) for name in ("linux", "windows")]
IMAGES = some.lists(
    some.dictionaries(some.sampled_from([field.name for field in dataclasses.fields(Image)]), ANYTHING, max_size=4).map(
        lambda image: {"id": "1", **image}
    ),
    max_size=2,
)
DECLARATIONS = some.fixed_dictionaries({}, optional={**dict.fromkeys(FACTS, ANYTHING), "images": IMAGES | ANYTHING})
ODD_TEXTS = some.sampled_from(["9" * 5000, "²", "--5", "", " ", "1.2.3.4.5.6", "٣", "1" * 30, "10.0.99999", "v"])


def _judged_everywhere(declared: dict) -> None:
    with suppress(FactsError):
        (node,) = read_nodes({"nodes": [{"name": "a"}]}, declared)
        for of in WANTED:
            places = [Target(name=kind, kind=kind, nodes=(node,)) for kind in ("docker", "lxd", "proxmox")]
            explain(_decided(of, places))


def test_every_fact_has_values_to_be_judged_by():
    assert set(FACTS) == {field.name for field in dataclasses.fields(Facts)} - {"origins", "time"}


@settings(max_examples=100)
@given(some.dictionaries(some.sampled_from(list(FACTS)), ANYTHING, max_size=3) | DECLARATIONS)
def test_any_declaration_is_read_and_judged_or_refused_in_a_sentence(declared):
    _judged_everywhere(declared)


@given(some.sampled_from(sorted(FACTS)), ODD_TEXTS, ODD_TEXTS)
def test_odd_words_in_facts_are_judged_too(name, word, other):
    shapes = (word, [word], {word: other}, {"vm.max_map_count": word, "kernel.sem": other}, {"zfs": word})
    for shape in (*shapes, {"nbd": {"max_part": word}}, [{"id": word, "os": other, "os_version": word}]):
        _judged_everywhere({name: shape})
