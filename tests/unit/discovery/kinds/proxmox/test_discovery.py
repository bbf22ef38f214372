# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What makes a cluster useless."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError, discover
from tests.unit.discovery.kinds.proxmox.cluster import OPTIONS
from tests.unit.discovery.kinds.refusals import Forbidden


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"cluster/status": [{"type": "cluster", "name": "lab", "quorate": 0}]},
            "The Proxmox VE cluster 'lab' has no quorum",
        ),
        (
            {"access/permissions": {"/vms/900": {"VM.Audit": 1}}},
            "The Proxmox VE user deploy@pve lacks the privileges Sys.Audit.",
        ),
        ({"access/permissions": {}}, "The Proxmox VE user deploy@pve lacks the privileges VM.Audit, Sys.Audit."),
        ({"nodes/pve1/qemu": Forbidden()}, "does not allow this user to ask (403): Permission check failed (/nodes"),
        ({"nodes": ConnectionRefusedError()}, "The Proxmox VE API at pve:8006 refused the connection"),
    ],
)
def test_what_makes_it_useless_is_told(cluster, changes, sentence):
    cluster(**changes)
    with pytest.raises(DiscoveryError) as found:
        discover("proxmox", OPTIONS, "web")
    assert sentence in found.value.message
    assert found.value.remedy
