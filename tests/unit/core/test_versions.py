# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kernel releases as kernels say them, ranges as people write them."""

from __future__ import annotations

import itertools
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.versions import (
    VersionRange,
    is_release,
    release,
)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        pytest.param("6.1.0-13-amd64", (6, 1, 0), id="Debian"),
        pytest.param("5.15.0-1051-aws", (5, 15, 0), id="Ubuntu on AWS"),
        pytest.param("4.18.0-553.el8_10.x86_64", (4, 18, 0), id="RHEL"),
        pytest.param("6.8.12-4-pve", (6, 8, 12), id="Proxmox VE"),
        pytest.param("10.0 17763 (17763.1.amd64fre.rs5_release.180914-1434)", (10, 0), id="Windows"),
        pytest.param("v6.12", (6, 12), id="a tag"),
        pytest.param(" 6 ", (6,), id="one number"),
    ],
)
def test_a_release_starts_with_its_numbers(text, numbers):
    assert is_release(text)
    assert release(text) == numbers


@pytest.mark.parametrize("text", ["", "custom", "linux-6.1"])
def test_what_does_not_start_with_a_number_is_no_release(text):
    assert not is_release(text)
    with pytest.raises(ValueError, match="does not start with a version number"):
        release(text)


def test_a_release_that_nobody_knows_is_none():
    assert not is_release(None)


@pytest.mark.parametrize(
    ("wanted", "version", "holds"),
    [
        pytest.param(">=5.15", "5.15", True, id="the lower end is in"),
        pytest.param(">=5.15", "5.14.21", False, id="just below is not"),
        pytest.param(">=5.15", "6.0", True, id="a higher major"),
        pytest.param(">=5.9", "5.10", True, id="numbers, not texts"),
        pytest.param("<6.12", "6.12.0-1-amd64", False, id="the upper end is out"),
        pytest.param("<=6.12", "6.12.0", True, id="a trailing zero is nothing"),
        pytest.param("<=6.12", "6.12.1", False, id="at most is at most"),
        pytest.param(">6.1", "6.1.1", True, id="more than is the next"),
        pytest.param(">=5.15,<6.12", "6.1.0-13-amd64", True, id="between"),
        pytest.param(">=5.15,<6.12", "6.12", False, id="all must hold"),
        pytest.param("==6.1", "6.1.99", True, id="equal means any point release"),
        pytest.param("6.1", "6.1.0", True, id="a bare version is equal"),
        pytest.param("==6.1", "6.10", False, id="but not another minor"),
        pytest.param("==6.1.0", "6.1", True, id="a missing number is a zero"),
        pytest.param("!=6.1", "6.1.5", False, id="unequal excludes all point releases"),
        pytest.param("!=6.1", "6.2", True, id="and nothing else"),
        pytest.param(" >= 5 , < 7 ", "6.1", True, id="spaces"),
    ],
)
def test_a_version_is_in_a_range(wanted, version, holds):
    assert (version in VersionRange.parse(wanted)) is holds


NO_RANGES = ["", "new", ">=", "=>5", "5.x", ">=5;<6", ">=5,", "1.2.3.4.5", "~=5", ">=-5", "9" * 5000]


@pytest.mark.parametrize("text", NO_RANGES, ids=lambda text: f"'{text[:10]}'")
def test_what_is_no_range_is_refused_in_words(text):
    with pytest.raises(ValueError, match="^must be a range of versions such as '>=5.15,<6.12'$"):
        VersionRange.parse(text)


@pytest.mark.parametrize(
    "text", [">6,<5", ">=6,<6", "<0", "==6.1,==6.2", "==6,!=6", ">6.1,<6.1", ">=6.2,==6.1", ">6.1.1.1,<6.1.1.2"]
)
def test_a_range_that_nothing_can_be_in_is_refused(text):
    with pytest.raises(ValueError, match="^is a range that no version can be in$"):
        VersionRange.parse(text)


def test_a_range_is_shown_without_spaces():
    assert str(VersionRange.parse(" >= 5.15 ,  <6.12, 6.1")) == ">=5.15,<6.12,==6.1"


BOUNDS = some.lists(some.integers(0, 2), min_size=1, max_size=3).map(tuple)
COMPARISONS = some.tuples(some.sampled_from([">=", "<=", ">", "<", "==", "!="]), BOUNDS)
VERSIONS = tuple(itertools.product((0, 1, 2, 3), repeat=4))
PLAIN = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


def holds(sign, bound, version) -> bool:
    """The meaning of a comparison, said another way than the code does."""
    if sign in PLAIN:
        return PLAIN[sign](version, bound + (0,) * (4 - len(bound)))
    return all(a == b for a, b in zip(bound, version, strict=False)) == (sign == "==")


@given(some.lists(COMPARISONS, min_size=1, max_size=3))
def test_a_range_is_refused_just_where_no_version_is_in_it(comparisons):
    inside = {version for version in VERSIONS if all(holds(sign, bound, version) for sign, bound in comparisons)}
    text = ",".join(sign + ".".join(map(str, bound)) for sign, bound in comparisons)
    if inside:
        made = VersionRange.parse(text)
        assert {version for version in VERSIONS if ".".join(map(str, version)) in made} == inside
    else:
        with pytest.raises(ValueError, match="no version can be in"):
            VersionRange.parse(text)
