# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A setting is shown as it is compared: only a number is a minimum."""

from __future__ import annotations

import pytest

from .builders import rule_says, service


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        pytest.param("vm.max_map_count", 262144, "vm.max_map_count>=262144", id="a number"),
        pytest.param("vm.max_map_count", "262144", "vm.max_map_count>=262144", id="a number as a text"),
        pytest.param("vm.max_map_count", "==262144", "vm.max_map_count=262144", id="exactly"),
        pytest.param("net.ipv4.tcp_congestion_control", "bbr", "net.ipv4.tcp_congestion_control=bbr", id="a text"),
        pytest.param("kernel.core_pattern", "core.%p", "kernel.core_pattern=core.%p", id="a pattern"),
        pytest.param("kernel.sem", "250 32000 100 128", "kernel.sem=250 32000 100 128 or more each", id="several"),
        pytest.param("net.ipv4.tcp_rmem", "4096 87380 62", "net.ipv4.tcp_rmem=4096 87380 62 or more each", id="sizes"),
        pytest.param("net.ipv4.ip_local_port_range", "1 65000", "net.ipv4.ip_local_port_range=1 65000", id="a range"),
        pytest.param("net.ipv4.ping_group_range", "0 100", "net.ipv4.ping_group_range=0 100", id="another range"),
    ],
)  # fmt: skip
def test_a_setting_is_shown_as_it_is_compared(name, value, shown):
    (sysctl,) = service(kernel={"sysctls": {name: value}}).requirements.kernel_sysctls
    assert str(sysctl) == shown


@pytest.mark.parametrize(
    ("found", "when"),
    [
        pytest.param("1024 65000", None, id="the same"),
        pytest.param("1024 65535", "not_now", id="wider"),
        pytest.param("32768 60999", "not_now", id="with a higher beginning"),
    ],
)
def test_a_range_is_not_better_for_higher_bounds(found, when):
    needs = {"kernel": {"sysctls": {"net.ipv4.ip_local_port_range": "1024 65000"}}, "host_network": True}
    changes = {"kernel_sysctls": {"net.ipv4.ip_local_port_range": found}}
    assert rule_says("kernel_sysctls", "docker", needs, changes)[0] == when
