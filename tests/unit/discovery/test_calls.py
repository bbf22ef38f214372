# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls: several at a time, in time, and with their own TLS settings."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import calls


def test_calls_in_parallel_keep_their_order_and_raise():
    assert calls.map_in_parallel(lambda number: number * 2, range(20)) == [number * 2 for number in range(20)]
    with pytest.raises(ZeroDivisionError):
        calls.map_in_parallel(lambda number: 1 // number, [1, 0])


def test_a_call_without_a_time_out_of_its_own_ends_in_time():
    never = threading.Event()
    with pytest.raises(TimeoutError):
        calls.call_within(0.01, never.wait)
    assert calls.call_within(5, lambda: "done") == "done"
    with pytest.raises(KeyError):
        calls.call_within(5, lambda: {}["missing"])


def test_the_environments_ca_does_not_win_over_an_explicit_one():
    class Session:
        verify = "/explicit/ca.pem"

        def merge_environment_settings(self, url, proxies, stream, verify, cert):
            return {"verify": "/environment/ca.pem" if verify in (None, True) else verify, "proxies": {"http": "p"}}

    session = Session()
    calls.keep_tls_settings(session)
    assert session.merge_environment_settings("u", {}, False, None, None) == {
        "verify": "/explicit/ca.pem",
        "proxies": {"http": "p"},
    }
