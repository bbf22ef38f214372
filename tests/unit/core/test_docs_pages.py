# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made from the code on the pages is current, and a link leads to something."""

from __future__ import annotations

import dataclasses
import re

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._delegates import proxmox_state
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import _CLEARLY
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._lxd.calls import SHUTDOWN
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._proxmox.calls import TIMEOUT
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Facts, Image, Instance
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.needs import NEEDS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.readers import _LEAST_CPUS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.requirements import (
    parse_service,
    requirement_names,
)
from tests.documents import forms, requirements
from tests.documents.examples import PAGES, ROOT
from tests.documents.markdown import made_in, with_made

each_page = pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in PAGES])
OTHERS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "examples/README.md", *ROOT.glob("roles/*/README.md")]


def test_the_page_of_the_requirements_is_current():
    found = requirements.PAGE.read_text(encoding="utf-8")
    assert found == requirements.page(), "run 'python -m tests.documents'"


def test_every_need_is_on_it():
    assert requirements.names_that_are_missing() == set()
    text = requirements.page()
    for need in NEEDS:
        assert f"### `{need.key}`" in text
        assert all(f"(decision.md#{rule})" in text for rule in need.rule_names)


@pytest.mark.parametrize("path", requirement_names())
def test_the_example_of_a_need_is_of_that_need(path):
    wanted = requirements.example(path)
    assert parse_service("web", wanted, {}, forms=tuple(FORMS)).requirements
    outer, _dot, inner = path.partition(".")
    assert list(wanted) == [outer]
    assert not inner or list(wanted[outer]) == [inner]


@pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in forms.PAGES])
def test_what_is_made_in_a_page_is_current(page):
    found = page.read_text(encoding="utf-8")
    assert found == with_made(found, forms.PARTS), "run 'python -m tests.documents'"


def test_all_that_can_be_made_is_somewhere():
    made = [name for page in forms.PAGES for name in made_in(page.read_text(encoding="utf-8"))]
    assert sorted(made) == sorted(forms.PARTS)


# --- links ----------------------------------------------------------------------------------------


def _anchors(text: str) -> set[str]:
    """As the forges make them of headings."""
    titles = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in (*PAGES, *OTHERS)])
def test_a_link_leads_to_something(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        name, _sign, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        assert file == ROOT or ROOT in file.parents
        assert not anchor or anchor in _anchors(file.read_text(encoding="utf-8")), target


def test_every_page_can_be_found_from_the_first():
    text = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in PAGES:
        assert page.name == "README.md" or f"({page.name})" in text


@each_page
def test_a_page_says_whose_it_is_and_names_no_place_of_its_writer(page):
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!--\nCopyright (c) 2026, rightscope.deploy contributors\n")
    assert "-License-Identifier: GPL-3.0-or-later\n" in text[:400]
    assert str(ROOT) not in text


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/architecture.md", "docs/security.md"])
def test_a_folder_that_a_page_names_exists(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    paths = set(re.findall(r"`((?:plugins|tests|roles|playbooks)/[\w./]+?)`", text))
    # In the tree a name stands below its parent's, and in the table behind the folder that has it.
    folders = set(re.findall(r"^ +(\w+)/ ", text, re.M)) | set(re.findall(r"`_core/(\w+)/", text))
    known = {path.name for path in (ROOT / "plugins").rglob("*") if path.is_dir()}
    assert paths | folders
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert folders - known == set()


# --- what must be there ---------------------------------------------------------------------------


@pytest.mark.parametrize("noun", [Facts, Image, Instance], ids=lambda noun: noun.__name__)
def test_every_part_of_the_facts_is_on_their_page(noun):
    text = (ROOT / "docs" / "facts.md").read_text(encoding="utf-8")
    # They are said of all facts together.
    names = {field.name for field in dataclasses.fields(noun)} - {"origins", "time"}
    assert [name for name in names if not re.search(rf"^\|[^|]*`{name}`", text, re.M)] == []


def test_every_variable_of_a_target_is_on_their_page():
    code = (ROOT / "plugins" / "plugin_utils" / "_controller" / "hosts.py").read_text(encoding="utf-8")
    names = set(re.findall(r"""(?:variable|_mapping)\("(rightscope_\w+)"\)""", code))
    text = (ROOT / "docs" / "targets.md").read_text(encoding="utf-8")
    assert len(names) >= 7
    assert [name for name in names if f"| `{name}` |" not in text] == []


# --- figures --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "words", "figure"),
    [
        pytest.param("forms.md", "has {} seconds for", SHUTDOWN, id="a container's shutdown"),
        pytest.param("life_cycle.md", "after {} s in which to shut down", SHUTDOWN, id="and once more"),
        pytest.param("forms.md", "shut down within {} seconds", proxmox_state.SHUTDOWN, id="a machine's shutdown"),
        pytest.param("life_cycle.md", "shut down within {} s", proxmox_state.SHUTDOWN, id="and once more"),
        pytest.param("troubleshooting.md", "in seconds; {} if not set", TIMEOUT, id="a task of Proxmox VE"),
        pytest.param("comparison.md", "{}, or `timeout`", TIMEOUT, id="and once more"),
        pytest.param("life_cycle.md", "higher by {} or", _CLEARLY, id="a better score"),
        pytest.param("troubleshooting.md", "below {}, the least", _LEAST_CPUS, id="the least of a processor"),
    ],
)
def test_a_figure_is_what_the_code_has(page, words, figure):
    text = " ".join((ROOT / "docs" / page).read_text(encoding="utf-8").split())
    assert words.format(figure) in text
