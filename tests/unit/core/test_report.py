# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of decisions: whole, well formed, and harmless whatever it tells."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.constraints import CONSTRAINTS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import decide
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.explanation.report import FORMS_OF_REPORT, report
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.explanation.report_table import sheet
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import Form
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import (
    ACT,
    Candidate,
    Decision,
    Facts,
    Failure,
    Grant,
    Remedy,
    Service,
    Target,
    Verdict,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.needs import NEEDS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.requirements import requirement_names

from .builders import instance, service, target

WEB = {"docker_container": {"image": "web:1"}}
DEBIAN = {"lxd_container": {"source": {"type": "image", "alias": "debian/12"}}}
HOSTILE = "<script>alert(\"1\")</script> & 'x' | `y` *z* [a](b) _c_ \\ # ~d~\n| e | \u202e\x07"
VOID = {"meta", "link", "img", "br", "hr", "input", "base", "source", "embed"}


def decided(*targets, name="web", made_as=None, accept_unknown=False, **needs) -> tuple[Service, Decision]:
    of = service(name, made_as=WEB if made_as is None else made_as, **needs)
    return of, decide(of, candidates(of, targets), accept_unknown=accept_unknown)


def fleet() -> list[Target]:
    return [
        target("docker", kernel_sysctls={"vm.max_map_count": "65530"}, origins={"memory_free": "estimated"}),
        target("docker", "blind", kernel_modules=None, kernel_sysctls=None, memory_free=None),
        target("lxd", kernel_sysctls={"vm.max_map_count": "65530"}, memory_free=100),
        target("proxmox"),
        Target(name="gone", kind="docker", trouble="it does not answer", remedy="start its dockerd"),
    ]


HEAVY = {
    "kernel": {"modules": ["nbd"], "sysctls": {"vm.max_map_count": 262144}, "features": ["tun"]},
    "memory": "4 GiB",
    "os_family": "debian",
    "os_version": 12,
    "processes": [{"name": "a"}, {"name": "b"}],
    "ports": ["8080:80"],
    "init": True,
}
CASES = {
    "one is chosen": [decided(*fleet(), **HEAVY)],
    "none fits": [decided(*fleet(), **HEAVY, isolation="machine", cpus=64)],
    "it stays": [decided(target("docker"), target("lxd", instances=(instance("lxd"),)))],
    "it no longer fits": [decided(target("docker", instances=(instance(),)), target("proxmox"), kernel={"own": True})],
    "no candidates": [decided()],
    "one candidate": [decided(target("docker"))],
    "forty candidates": [decided(*(target("docker", f"d{number}") for number in range(40)), memory=5000)],
    "unknown is accepted": [decided(*fleet(), accept_unknown=True, **HEAVY)],
    "wishes": [decided(*fleet(), labels={"zone": {"value": "a", "optional": True}}, devices=[{"gpu": 1}])],
    "several services": [decided(*fleet(), name="a", memory=64), decided(*fleet(), name="b", kernel={"own": True})],
    "twice the same": [decided(*fleet()), decided(*fleet())],
    "no services": [],
}
of_every_case = pytest.mark.parametrize("decisions", CASES.values(), ids=CASES)
in_every_form = pytest.mark.parametrize("form", FORMS_OF_REPORT)


class HostileForm(Form):
    """One that calls itself what nobody should."""

    name, title, scope, kind = "docker_container", f"a {HOSTILE}", "application", "docker"


def hostile() -> list[tuple[Service, Decision]]:
    """What no validation lets through, as it could come from an engine or from a caller that does not validate."""
    of, _decision = decided(labels={"zone": HOSTILE})
    of = dataclasses.replace(of, name=HOSTILE)
    one = Candidate(
        target=HOSTILE,
        node="n",
        form=HostileForm(),
        facts=Facts(),
        image_wanted=HOSTILE,
    )
    failure = Failure(reason=HOSTILE, when="never", remedy=Remedy(ACT, HOSTILE), rule=HOSTILE)
    fits = Verdict(candidate=one, grants=(Grant(kind=HOSTILE, value=HOSTILE, why=HOSTILE),), scores={HOSTILE: 50})
    fails = Verdict(candidate=one, failures=(failure, dataclasses.replace(failure, when="unknown")))
    return [(of, Decision(service=HOSTILE, verdicts=(fits, fails), chosen=fits, proof=(HOSTILE,)))] * 2


# --- reading what was written -------------------------------------------------------------------


class Page(HTMLParser):
    """Fails where a tag is not closed, and keeps what there is to look at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.tags, self.words = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), f"<{tag}> has an attribute twice"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def attributes(self, name: str) -> list[str]:
        return [attrs[name] for _tag, attrs in self.tags if name in attrs]


def markdown_text(text: str) -> str:
    """Markdown as it is read: without its own marks and escapes."""
    for entity, letter in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, letter)
    return " ".join(re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", text).split())


def visible(decisions, form: str) -> str:
    made = report(decisions, form)
    return Page(made).text if form == "html" else markdown_text(made)


def tables(markdown: str) -> list[list[int]]:
    """Of each table the number of cells in each row."""
    found: list[list[int]] = [[]]
    for line in markdown.splitlines():
        if line.startswith("|"):
            found[-1].append(len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) - 1)
        elif found[-1]:
            found.append([])
    return [rows for rows in found if rows]


def row_of(decision: tuple[Service, Decision], name: str):
    (found,) = [row for group in sheet(*decision).groups for row in group.rows if row.name == name]
    return found


# --- what it says -------------------------------------------------------------------------------


@in_every_form
@of_every_case
def test_each_failure_of_each_candidate_is_told_with_its_remedy(decisions, form):
    said = visible(decisions, form)
    for _service, decision in decisions:
        for verdict in decision.verdicts:
            for failure in (*verdict.failures, *verdict.accepted):
                assert failure.reason in said
                assert failure.remedy is None or str(failure.remedy) in said


@in_every_form
@of_every_case
def test_headline_candidates_grants_and_proof_are_told(decisions, form):
    said = visible(decisions, form)
    for _service, decision in decisions:
        assert sheet(_service, decision).headline in said
        assert all(" ".join(line.split()) in said for line in decision.proof)
        assert all(verdict.candidate.place in said for verdict in decision.verdicts)
        assert all(str(grant) in said for verdict in decision.verdicts for grant in verdict.grants)


@of_every_case
def test_the_chosen_column_alone_is_marked(decisions):
    page, text = Page(report(decisions, "html")), report(decisions, "markdown")
    chosen = sum(decision.chosen is not None for _service, decision in decisions)
    heads = [attrs for tag, attrs in page.tags if tag == "th" and attrs.get("scope") == "col"]
    assert sum(attrs.get("class") == "chosen" for attrs in heads) == page.text.count("★") == chosen
    assert text.count("★") == chosen


@pytest.mark.parametrize(
    ("needs", "name", "values"),
    [
        pytest.param({}, "os_family", ("linux",), id="Linux, which nobody wrote, keeps it out of the rest"),
        pytest.param({"os_version": 12}, "os_version", ("12",), id="version"),
        pytest.param(
            {"architecture": ["x86_64", "arm64"]}, "architecture", ("x86_64 or aarch64",), id="one of several"
        ),
        pytest.param({"memory": 4096}, "memory", ("4 GiB",), id="size"),
        pytest.param({"cpus": 1.5}, "cpus", ("1.5",), id="number"),
        pytest.param({"init": True}, "init", ("true",), id="switch"),
        pytest.param({"processes": 3}, "processes", ("3",), id="count"),
        pytest.param({"processes": [{"name": "a"}, {"name": "b"}]}, "processes", ("2: a, b",), id="named processes"),
        pytest.param({"kernel": {"version": ">=5.15,<6.12"}}, "kernel.version", (">=5.15,<6.12",), id="range"),
        pytest.param(
            {"kernel": {"sysctls": {"vm.max_map_count": 262144, "kernel.pid_max": "==7"}}},
            "kernel.sysctls",
            ("vm.max_map_count >= 262144", "kernel.pid_max == 7"),
            id="settings",
        ),
        pytest.param(
            {"kernel": {"modules": [{"name": "zfs", "version": ">=2.1", "parameters": {"zfs_arc_max": 1}}, "nbd"]}},
            "kernel.modules",
            ("zfs >=2.1 zfs_arc_max=1", "nbd"),
            id="modules",
        ),
        pytest.param({"devices": ["/dev/fuse", {"gpu": 1}]}, "devices", ("/dev/fuse", "gpu 1"), id="devices"),
        pytest.param({"ports": ["8080:80", "53/udp"]}, "ports", ("8080:80/tcp", "53/udp"), id="ports"),
        pytest.param({"labels": {"zone": "a"}}, "labels", ("zone=a",), id="labels"),
        pytest.param({"labels": {"zone": {"value": "a", "optional": True}}}, "labels", ("zone=a",), id="a wish"),
    ],
)
def test_a_need_has_a_row_as_it_was_written(needs, name, values):
    assert row_of(decided(target("docker"), **needs), name).values == values


@pytest.mark.parametrize(
    ("places", "needs", "name"),
    [
        pytest.param([Target(name="gone", kind="docker", trouble="no answer")], {}, "reachable", id="no answer"),
        pytest.param([target("lxd", images=())], {}, "image", id="no image"),
        pytest.param([target("docker", instances=(instance(service=None),))], {}, "name_taken", id="a stranger"),
        pytest.param([target("lxd")], {"os_family": "alpine", "made_as": DEBIAN}, "os_version", id="another system"),
        pytest.param([target("docker")], {"kernel": {"features": ["nested_containers"]}}, "max_privilege", id="grants"),
    ],
)
def test_a_rule_that_fails_though_nobody_asked_has_a_row(places, needs, name):
    row = row_of(decided(*places, **needs), name)
    assert any(item.text for cell in row.cells for item in cell)


def test_what_nobody_asked_for_and_holds_has_no_row():
    names = [
        row.name for group in sheet(*decided(target("docker"))).groups if group.kind == "needs" for row in group.rows
    ]
    assert names == ["os_family"]


def test_a_candidate_that_does_not_answer_is_not_said_to_fit_what_nobody_looked_at():
    case = decided(Target(name="gone", kind="docker", trouble="no answer"), memory=64, forms=["docker_container"])
    marks = {name: [item.mark for item in row_of(case, name).cells[0]] for name in ("memory", "forms", "reachable")}
    assert marks == {"memory": ["not_judged"], "forms": ["fits"], "reachable": ["not_now"]}


def test_what_was_accepted_is_not_said_to_fit():
    case = decided(target("docker", kernel_version=None), accept_unknown=True, kernel={"version": ">=5"})
    assert [item.mark for item in row_of(case, "kernel.version").cells[0]] == ["accepted"]


def test_every_key_of_the_requirements_can_have_a_row():
    assert {need.key for need in NEEDS} == set(requirement_names())


def test_every_rule_that_judges_a_need_exists():
    assert {rule for need in NEEDS for rule in need.rule_names} <= {rule.__name__ for rule in CONSTRAINTS}


def test_how_it_is_made_is_not_told():
    secret = {"docker_container": {"image": "web:1", "env": {"TOKEN": "hunter2"}, "command": "run --key hunter2"}}
    case = decided(*fleet(), made_as=secret, processes=[{"name": "a", "image": "web:1", "command": "x --key hunter2"}])
    assert not any("hunter2" in report([case], form) for form in FORMS_OF_REPORT)


# --- how it says it -----------------------------------------------------------------------------


@in_every_form
@of_every_case
def test_the_same_decisions_make_the_same_bytes(decisions, form):
    assert report(decisions, form) == report(list(decisions), form)
    assert report(decisions, form).encode("utf-8").endswith(b"\n")


def test_there_are_no_other_forms():
    with pytest.raises(ValueError, match=r"^a report is html or markdown, not 'pdf'$"):
        report([], "pdf")


@pytest.mark.parametrize("decisions", [*CASES.values(), hostile()], ids=[*CASES, "hostile"])
def test_the_page_is_well_formed_and_loads_nothing(decisions):
    text = report(decisions, "html")
    page = Page(text)
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert {tag for tag, _attrs in page.tags}.isdisjoint({"script", "link", "img", "iframe", "object", "base", "form"})
    assert not page.attributes("src")
    assert all(href.startswith("#") for href in page.attributes("href"))
    assert not re.search(r"@import|url\(|https?:|//", text)
    assert not [name for _tag, attrs in page.tags for name in attrs if name.startswith("on")]


@pytest.mark.parametrize("decisions", [*CASES.values(), hostile()], ids=[*CASES, "hostile"])
def test_the_page_can_be_read_aloud(decisions):
    page = Page(report(decisions, "html"))
    tags = [tag for tag, _attrs in page.tags]
    assert tags.count("title") == tags.count("h1") == tags.count("main") == 1
    assert tags.count("caption") == tags.count("table")
    assert all(attrs.get("scope") in ("col", "row", "rowgroup") for tag, attrs in page.tags if tag == "th")


@pytest.mark.parametrize("decisions", [*CASES.values(), hostile()], ids=[*CASES, "hostile"])
def test_every_link_of_the_page_leads_to_a_service(decisions):
    page = Page(report(decisions, "html"))
    ids = page.attributes("id")
    assert len(ids) == len(set(ids)) == len(decisions)
    assert page.attributes("href") == ([f"#{one}" for one in ids] if len(decisions) > 1 else [])


@pytest.mark.parametrize("decisions", [*CASES.values(), hostile()], ids=[*CASES, "hostile"])
def test_the_tables_of_markdown_have_as_many_cells_in_each_row(decisions):
    found = tables(report(decisions, "markdown"))
    assert all(len(set(rows)) == 1 for rows in found)
    assert len(found) == sum(bool(made.verdicts) for _service, made in decisions) + (len(decisions) > 1)


@in_every_form
def test_hostile_words_are_read_and_not_obeyed(form):
    text = report(hostile(), form)
    assert "<script" not in text
    assert not {"\u202e", "\x07"} & set(text)
    assert "<script>alert(\"1\")</script> & 'x' | `y` *z* [a](b) _c_ \\ # ~d~ | e | \ufffd" in visible(hostile(), form)


@pytest.mark.parametrize(
    ("line", "written"),
    [
        pytest.param("1. first", "- 1\\. first", id="no list of numbers"),
        pytest.param("- second", "- \\- second", id="no list"),
        pytest.param("# third", "- \\# third", id="no heading"),
        pytest.param("vm.max_map_count and _x_", "- vm.max_map_count and \\_x\\_", id="no emphasis"),
    ],
)
def test_a_line_of_markdown_begins_nothing_of_its_own(line, written):
    of, decision = decided(target("docker"))
    assert written in report([(of, dataclasses.replace(decision, proof=(line,)))], "markdown").splitlines()


def test_each_service_has_an_anchor_in_markdown():
    text = report([*CASES["several services"], *CASES["twice the same"]], "markdown")
    assert re.findall(r"\]\((#.*?)\)", text) == ["#a", "#b", "#web", "#web-1"]
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["a", "b", "web", "web"]


def test_candidates_with_the_same_reason_share_its_number():
    text = report([decided(target("docker"), target("docker", "dock2"), kernel={"own": True})], "markdown")
    assert (
        "1. dock1, dock2; `kernel.own`, never: it shares the host's kernel, but a kernel of its own is wanted." in text
    )
    assert "2. " not in text


def test_the_whole_of_a_small_report():
    lines = report([decided(target("docker"), target("lxd", memory_free=32), memory=64)], "markdown").splitlines()
    told = [re.sub(" +", " ", line) for line in lines[: lines.index("---")] if line]
    assert [line for line in told if not re.match(r"\| (score|total|---)", line)] == [
        "# Placement of web",
        "Service 'web' goes to 'dock1', a Docker container (1 of 2 candidates fits). Chosen: the only one that fits.",
        "| | **dock1** ★ | **lab** |",
        "| form | Docker container | LXC container |",
        "| scope | application | system |",
        "| verdict | **chosen** | rejected, 1 reason |",
        "| `os_family linux` | ✓ fits | ✓ fits |",
        "| `memory 64 MiB` | ✓ fits | ! not now (1) |",
        "| grants | none | none |",
        "| made from | web:1 | debian/12 alone: 'as' does not describe it |",
        "1. lab; `memory`, not now: needs 64 MiB of memory, has 32 MiB free. What would help: free 32 MiB.",
    ]
