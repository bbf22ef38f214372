# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of an engine that is played."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._docker.connection import Engine
from tests.unit.discovery.kinds.docker.engine import DockerClient


@pytest.fixture
def engine(monkeypatch):
    def make(*containers, host="tcp://dock1:2375"):
        monkeypatch.setattr(Engine, "_connect", lambda self: DockerClient(*containers))
        return {"docker_host": host}

    return make
