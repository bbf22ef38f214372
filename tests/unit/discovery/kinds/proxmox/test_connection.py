# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection to a cluster: its credentials, and answers that are none."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError, discover, kind_of
from tests.unit.discovery.kinds.proxmox.cluster import OPTIONS


def test_what_is_not_json_is_said(cluster):
    cluster(version={"errors": b"<html>hunter2</html>"})
    with pytest.raises(DiscoveryError, match="gave no usable answer: it is not JSON") as failure:
        discover("proxmox", OPTIONS)
    assert "hunter2" not in failure.value.message


@pytest.mark.parametrize(
    ("options", "user"),
    [
        pytest.param(OPTIONS, "deploy@pve", id="a password"),
        pytest.param(
            {"api_host": "pve", "api_user": "deploy@pve", "api_token_id": "ansible", "api_token_secret": "s"},
            "deploy@pve!ansible",
            id="a token",
        ),
    ],
)
def test_who_asks(cluster, options, user):
    cluster()
    assert kind_of("proxmox").connect(options, 1.0).user == user


def test_what_may_not_be_known_is_none(cluster):
    cluster()
    connected = kind_of("proxmox").connect(OPTIONS, 1.0)
    assert connected.get_if_allowed("nodes/pve9/status") is None
    assert connected.get("version") == {"version": "8.4.21"}
