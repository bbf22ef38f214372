# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever is told that something is wrong finds the very text in docs/troubleshooting.md."""

from __future__ import annotations

import re

import pytest

from tests.documents import texts

TOLD = {**texts.texts_of_plugins(), **texts.texts_of_roles()}


def _core(text: str) -> str:
    """A text without what may follow it."""
    return text.rstrip(texts.HOLE)


def test_texts_are_found_at_all():
    assert len(TOLD) > 200


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("must be in quotes, or YAML turns 3.20 into 3.2", id="raised as it is"),
        pytest.param("weights.\0 must be a number from 0 to", id="by way of a name"),
        pytest.param(
            "'targets' names '\0', which is not a host, group or pattern of the inventory\0", id="put together"
        ),
        pytest.param("it is not there afterwards", id="kept until it is said"),
        pytest.param("VM \0 is locked (\0)", id="returned"),
        pytest.param("Service '\0': \0 take effect at its next restart", id="warned of"),
        pytest.param("is not an option of \0", id="collected, with a hint or without"),
        pytest.param("Preparing '\0' takes root, but tasks run there as uid \0: set become to true", id="by a role"),
    ],
)
def test_a_text_is_found_however_it_is_said(text):
    assert any(text in found for found in TOLD), [texts.readable(one) for one in TOLD]


def test_every_text_is_on_the_page():
    listed = {_core(text) for text in texts.texts_of_page()}
    missing = [f"{texts.readable(text)}  ({where})" for text, where in TOLD.items() if _core(text) not in listed]
    assert not missing, "not in docs/troubleshooting.md:\n" + "\n".join(missing)


def test_no_text_is_on_the_page_that_nobody_says():
    """Of each table's first column, in which a test finds what is no longer said."""
    page = texts.PAGE.read_text(encoding="utf-8")
    first = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    listed = {_core(texts.normal(re.sub(r"<[^<>]*>", texts.HOLE, text))) for text in first}
    gone = [texts.readable(text) for text in listed if text not in set(map(_core, TOLD))]
    assert not gone, "no longer said:\n" + "\n".join(gone)
