# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP sessions and calls: TLS settings that stay in force, several calls at a time, calls that end in time."""

from __future__ import annotations

import collections
import threading

WORKERS = 6


def keep_tls_settings(session):
    """
    Let a requests session's own ``verify`` win over REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.

    requests asks the environment first (psf/requests#3829); its proxy settings stay in force.
    """
    merge = session.merge_environment_settings

    def merge_environment_settings(url, proxies, stream, verify, cert):
        return merge(url, proxies, stream, session.verify if verify is None else verify, cert)

    session.merge_environment_settings = merge_environment_settings


def map_in_parallel(function, items):
    """``[function(item) for item in items]``, a few at a time: network calls wait rather than work."""
    items = list(items)
    if len(items) < 2:
        return [function(item) for item in items]
    waiting, results, errors = collections.deque(enumerate(items)), {}, []

    def work():
        while not errors:
            try:
                index, item = waiting.popleft()
            except IndexError:
                return
            try:
                results[index] = function(item)
            except BaseException as exc:
                errors.append(exc)

    # Daemons, unlike those of an executor: at its end Python would wait for a call that hangs.
    threads = [threading.Thread(target=work, daemon=True) for _number in range(min(WORKERS, len(items)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [results[index] for index in range(len(items))]


def call_in_parallel(functions):
    """What each of the functions returns, in their order."""
    return map_in_parallel(lambda function: function(), functions)


def call_within(seconds, function, *args, **kwargs):
    """``function(...)`` or TimeoutError, for a transport that knows no time-out. A late call is left behind."""
    outcome = {}

    def run():
        try:
            outcome["value"] = function(*args, **kwargs)
        except BaseException as exc:
            outcome["error"] = exc

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError()
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]


class Bounded:
    """A client each of whose methods is called within ``seconds``; what is not a method is as it is."""

    def __init__(self, client, seconds):
        self._client = client
        self._seconds = seconds

    def __getattr__(self, name):
        method = getattr(self._client, name)
        if not callable(method):
            return method
        return lambda *args, **kwargs: call_within(self._seconds, method, *args, **kwargs)
