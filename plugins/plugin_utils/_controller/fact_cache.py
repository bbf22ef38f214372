# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts that were learned a moment ago: the items of a loop run one after the other, in one process."""

from __future__ import annotations

import threading
import time
import typing as t
from collections.abc import Hashable


class FactCache:
    """Values by key, each with its age; the caller says how old one may be. Threads may share it."""

    def __init__(self) -> None:
        self._values: dict[Hashable, tuple[float, t.Any]] = {}
        self._lock = threading.Lock()
        self.generation = 0

    def recall(self, key: Hashable, seconds: float) -> t.Any:
        """What was kept under the key less than ``seconds`` ago, or None."""
        with self._lock:
            kept, value = self._values.get(key, (0.0, None))
        return value if value is not None and time.monotonic() - kept < seconds else None

    def keep(self, key: Hashable, value: t.Any, generation: int) -> None:
        """``generation`` is that of the cache when the value was asked for; a value of an earlier one is not kept."""
        with self._lock:
            if generation == self.generation:
                self._values[key] = time.monotonic(), value

    def forget(self) -> None:
        """Drop all values: after a change none of them need be true."""
        with self._lock:
            self._values.clear()
            self.generation += 1
