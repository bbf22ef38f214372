# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Units of sizes, in bytes."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._shared.sizes import (
    LXD_UNITS,
    PROXMOX_UNITS,
    WRITTEN_UNITS,
)


@pytest.mark.parametrize(
    ("units", "unit", "size"),
    [
        pytest.param(WRITTEN_UNITS, "g", 2**30, id="one letter of a person is binary"),
        pytest.param(WRITTEN_UNITS, "gib", 2**30, id="GiB is binary"),
        pytest.param(WRITTEN_UNITS, "gb", 10**9, id="GB is decimal"),
        pytest.param(LXD_UNITS, "", 1, id="LXD counts bytes"),
        pytest.param(LXD_UNITS, " bytes", 1, id="and may say so"),
        pytest.param(LXD_UNITS, "kB", 1000, id="its kB"),
        pytest.param(LXD_UNITS, "KiB", 1024, id="its KiB"),
        pytest.param(LXD_UNITS, "EiB", 2**60, id="its largest"),
        pytest.param(LXD_UNITS, "KB", None, id="it takes no other case"),
        pytest.param(PROXMOX_UNITS, "", 1, id="Proxmox VE counts bytes"),
        pytest.param(PROXMOX_UNITS, "T", 2**40, id="its T is binary"),
    ],
)
def test_a_unit_in_bytes(units, unit, size):
    assert units.get(unit) == size
