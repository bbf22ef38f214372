# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes as people write them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.quantities import mebibytes, readable


@pytest.mark.parametrize(
    ("written", "mib"),
    [
        pytest.param("512 MiB", 512, id="MiB"),
        pytest.param("4 GiB", 4096, id="GiB"),
        pytest.param("1 TiB", 1048576, id="TiB"),
        pytest.param("2048 KiB", 2, id="KiB"),
        pytest.param("1.5G", 1536, id="one letter is binary"),
        pytest.param("1g", 1024, id="in either case"),
        pytest.param("1 GB", 954, id="GB is decimal, rounded up"),
        pytest.param("1 B", 1, id="a byte is a MiB, rounded up"),
        pytest.param(512, 512, id="a number"),
        pytest.param(0.5, 1, id="half of one, rounded up"),
        pytest.param("  4GiB ", 4096, id="spaces"),
        pytest.param(0, 0, id="nothing"),
    ],
)
def test_a_size_is_read_in_whole_mib(written, mib):
    assert mebibytes(written) == mib


def test_a_plain_number_is_in_the_unit_of_its_key():
    assert mebibytes("20", plain="GiB") == mebibytes(20, plain="GiB") == 20480


@pytest.mark.parametrize(
    ("written", "message"),
    [
        pytest.param("-1 GiB", "must be a size of 0 or more, such as '512 MiB' or '4 GiB'", id="negative"),
        pytest.param(-1, "must be a size of 0 or more, such as '512 MiB' or '4 GiB'", id="a negative number"),
        pytest.param("much", "must be a size of 0 or more, such as '512 MiB' or '4 GiB'", id="no number"),
        pytest.param(float("nan"), "must be a size of 0 or more, such as '512 MiB' or '4 GiB'", id="not a number"),
        pytest.param("4 XiB", "has a unit that is not known; use KiB, MiB, GiB or TiB", id="unit"),
        pytest.param(True, "must be a size such as '512 MiB' or '4 GiB'", id="a switch"),
        pytest.param(None, "must be a size such as '512 MiB' or '4 GiB'", id="None"),
        pytest.param([4], "must be a size such as '512 MiB' or '4 GiB'", id="a list"),
        pytest.param("9" * 400, "must be a size that a computer can have", id="beyond all numbers"),
    ],
)
def test_what_is_no_size_is_refused_in_words(written, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        mebibytes(written)


@pytest.mark.parametrize(
    ("mib", "text"),
    [
        (0, "0 MiB"),
        (512, "512 MiB"),
        (1023, "1023 MiB"),
        (1024, "1 GiB"),
        (1536, "1.5 GiB"),
        (9000, "8.8 GiB"),
        (1048576, "1 TiB"),
    ],
)
def test_a_size_is_shown_in_the_largest_unit(mib, text):
    assert readable(mib) == text


@given(some.integers(1, 10**7))
def test_what_is_shown_is_near_to_what_it_is(mib):
    assert mebibytes(readable(mib)) == pytest.approx(mib, rel=0.06)


@given(some.integers(0, 10**6), some.sampled_from(["KiB", "MiB", "GiB", "kB", "MB", "GB"]))
def test_a_size_never_loses_a_byte(number, unit):
    factor = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "kB": 10**3, "MB": 10**6, "GB": 10**9}[unit]
    assert 0 <= mebibytes(f"{number} {unit}") * 2**20 - number * factor < 2**20
