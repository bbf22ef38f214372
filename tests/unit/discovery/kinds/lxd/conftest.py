# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a server that is played."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._lxd.connection import Server
from tests.unit.discovery.kinds.lxd.server import ANSWERS, LxdClient


@pytest.fixture
def server(monkeypatch):
    def make(answers=None, **more):
        monkeypatch.setattr(Server, "_connect", lambda self: LxdClient(answers or ANSWERS, **more))
        return {"url": "https://lab:8443"}

    return make
