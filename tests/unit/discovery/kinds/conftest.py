# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node that an engine runs on."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.host import kernel


@pytest.fixture
def own_node(monkeypatch):
    """The engine runs here, on a node that tells this; whether it shares our view of it is to be said."""

    def make(shares_view=True, **facts):
        asked = []

        def facts_of_this_node(shares_view):
            asked.append(shares_view)
            return dict(facts)

        monkeypatch.setattr(kernel, "is_kernel_of", lambda release: True)
        monkeypatch.setattr(kernel, "sees_listener", lambda path, timeout: shares_view)
        monkeypatch.setattr(kernel, "facts_of_this_node", facts_of_this_node)
        monkeypatch.setattr(kernel, "free_space", lambda path: 4096)
        return asked

    return make
