# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of an LXC container name, and whether it is there."""

from __future__ import annotations

import pytest

from .builders import COLUMNS, case, holds, rule_says

RULE = "references"
FACTS = {
    "profiles": {"default": {}, "web": {}},
    "networks": {"lxdbr0": "nat", "br0": "bridge"},
    "storage_types": {"default": "dir"},
    "option_keys": ["limits.memory", "linux.sysctl.*", "user.*", "volatile.<name>.hwaddr"],
    "kernel_version": "6.1.0-13-amd64",
}
OTHER = "make it there, or name another"


def _given(facts: dict | None = None, **options) -> dict:
    facts = {**FACTS, **(facts or {})}
    keys = facts["option_keys"]
    return {**facts, "option_keys": None if keys is None else frozenset(keys), "options": options}


def _nic(**keys: str) -> dict:
    return {"devices": {"eth0": {"type": "nic", **keys}}}


def _disk(**keys: str) -> dict:
    return {"devices": {"root": {"type": "disk", "path": "/", **keys}}}


IN_SLOW = {
    "is_present": True,
    "held_config": {"expanded_devices": {"root": {"type": "disk", "path": "/", "pool": "slow"}}},
}


TABLE = [
    holds(RULE, "lxd", {}, _given(profiles=["default", "web"]), "profiles that are there"),
    case(RULE, "lxd", {}, _given(profiles=["wbe"]), "not_now", "it has no profile 'wbe'", "a profile", OTHER),
    holds(RULE, "lxd", {}, _given({"profiles": None}, profiles=["wbe"]), "nobody knows its profiles"),
    holds(RULE, "lxd", {}, _given(**_nic(network="lxdbr0")), "a network that is there"),
    case(RULE, "lxd", {}, _given(**_nic(network="shop")), "not_now", "it has no network 'shop'", "a network", OTHER),
    holds(RULE, "lxd", {}, _given({"networks": None}, **_nic(network="shop")), "nobody knows its networks"),
    case(
        RULE,
        "lxd",
        {},
        _given(**_nic(nictype="bridged", parent="br1")),
        "not_now",
        "it has no bridge 'br1'",
        "a bridge",
        OTHER,
    ),
    holds(RULE, "lxd", {}, _given({"peers": 2}, **_nic(nictype="bridged", parent="br1")), "a bridge in a cluster"),
    holds(RULE, "lxd", {}, _given(**_nic(nictype="macvlan", parent="dummy0")), "an interface that is not told"),
    case(RULE, "lxd", {}, _given(**_disk(pool="x")), "not_now", "it has no storage pool 'x'", "a pool", OTHER),
    case(
        RULE,
        "lxd",
        {},
        {**_given({"storage_types": {"slow": "dir", "fast": "zfs"}}, **_disk(pool="fast")), **IN_SLOW},
        "not_now",
        "its root disk is in the storage pool 'slow', 'fast' wanted",
        "another pool",
        "move it by hand, 'lxc move NAME --storage fast', or name 'slow'",
    ),
    holds(RULE, "lxd", {}, _given(config={"user.x": "1", "volatile.eth0.hwaddr": "x"}), "keys that are known"),
    case(
        RULE,
        "lxd",
        {},
        _given(config={"limits.memori": "1"}),
        "never",
        "its server does not know the key 'limits.memori'",
        "a key",
        "take 'as.lxd_container.config.limits.memori' out, or change it",
    ),
    holds(RULE, "lxd", {}, _given({"option_keys": None}, config={"limits.memori": "1"}), "nobody knows its keys"),
]


@pytest.mark.parametrize(COLUMNS, TABLE)
def test_what_is_named_must_be_there(rule, kind, needs, changes, when, reason, remedy):
    assert rule_says(rule, kind, needs, changes) == (when, reason, remedy)
