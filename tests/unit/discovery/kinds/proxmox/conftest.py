# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster that is played."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._proxmox.connection import Cluster
from tests.unit.discovery.kinds.proxmox.cluster import PVE, PveApi


@pytest.fixture
def cluster(monkeypatch):
    def make(**changes):
        api = PveApi({**PVE, **changes})
        monkeypatch.setattr(Cluster, "_connect", lambda self: api)
        return api

    return make
