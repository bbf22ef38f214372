# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which addresses and ports of instances count."""

from __future__ import annotations

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import addresses


def test_addresses_are_unique_ipv4_first_and_lead_outside():
    given = ["fd00::7", "fe80::1", "10.0.0.7", "", None, "10.0.0.7", "169.254.1.1"]
    assert addresses.sort_addresses(given) == ["10.0.0.7", "fd00::7"]
    names = ["lo", "eth0", "docker0", "veth12", "br-1f", "enp1s0", "br0"]
    assert [name for name in names if addresses.leads_outside(name)] == ["eth0", "enp1s0", "br0"]
