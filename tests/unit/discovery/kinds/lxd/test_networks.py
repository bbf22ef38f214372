# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an address is awaited."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import find
from tests.unit.discovery.kinds.lxd.server import ANSWERS, lxd_instance
from tests.unit.discovery.kinds.refusals import Forbidden


def _network(type="bridge", managed=True, **config):
    return {"name": "net", "type": type, "managed": managed, "config": config}


V4, NO_V4 = {"ipv4.address": "10.1.0.1/24"}, {"ipv4.address": "none"}
V6, NO_V6 = {"ipv6.address": "fd00::1/64"}, {"ipv6.address": "none"}
ON_NET = {"type": "nic", "network": "net"}


@pytest.mark.parametrize(
    ("network", "nics", "ready"),
    [
        pytest.param(_network(**V4, **NO_V6), [ON_NET], False, id="a bridge that gives addresses"),
        pytest.param(_network(**NO_V4, **NO_V6), [ON_NET], True, id="a bridge that has none"),
        pytest.param(_network(), [ON_NET], True, id="a bridge of which nothing is said"),
        pytest.param(_network(**V4, **{"ipv4.dhcp": "false"}), [ON_NET], True, id="a bridge without DHCP"),
        pytest.param(_network(**V4, **{"ipv4.dhcp": "no"}), [ON_NET], True, id="the same, otherwise written"),
        pytest.param(_network(**NO_V4, **V6), [ON_NET], False, id="a bridge that is announced"),
        pytest.param(_network(**NO_V4, **V6, **{"ipv6.dhcp": "false"}), [ON_NET], False, id="announced, without DHCP"),
        pytest.param(_network("ovn", **NO_V4, **NO_V6), [ON_NET], True, id="an OVN network that has none"),
        pytest.param(
            _network(**NO_V4, **NO_V6, **{"bridge.external_interfaces": "eth1"}),
            [ON_NET],
            False,
            id="one with a way out",
        ),
        pytest.param(_network("macvlan"), [ON_NET], False, id="a network that is not the server's to fill"),
        pytest.param(_network(managed=False), [ON_NET], False, id="a bridge that it does not manage"),
        pytest.param(
            _network(**NO_V4, **NO_V6),
            [{"type": "nic", "nictype": "bridged", "parent": "net"}],
            True,
            id="by its bridge",
        ),
        pytest.param(_network(**V4), [{**ON_NET, "ipv4.address": "none"}], True, id="one that may have none"),
        pytest.param(
            _network(**NO_V4),
            [ON_NET, {"type": "nic", "nictype": "physical", "parent": "eth1"}],
            False,
            id="one of two",
        ),
        pytest.param(_network(), [{"type": "nic", "nictype": "routed"}], True, id="routed, without an address"),
        pytest.param(
            _network(), [{"type": "nic", "nictype": "routed", "ipv4.address": "10.1.0.9"}], False, id="routed, with one"
        ),
        pytest.param(_network(), [{"type": "nic", "nictype": "p2p"}], True, id="from point to point"),
        pytest.param(_network(), [], True, id="no interface"),
    ],
)
def test_an_address_is_awaited_where_the_network_gives_one(server, network, nics, ready):
    devices = {f"eth{number}": nic for number, nic in enumerate(nics)}
    answers = {"networks": [network], "instances": [lxd_instance("web", "web", expanded_devices=devices)]}
    (found,) = find("lxd", server({**ANSWERS, **answers, "instances/web/state": {}}), "web", "lab")
    assert (found["up"], found["ready"]) == (True, ready)


def test_an_address_is_awaited_where_networks_may_not_be_asked_for(server):
    answers = {"networks": Forbidden(), "instances": [lxd_instance("web", "web")], "instances/web/state": {}}
    (found,) = find("lxd", server({**ANSWERS, **answers}), "web", "lab")
    assert (found["up"], found["ready"]) == (True, False)
