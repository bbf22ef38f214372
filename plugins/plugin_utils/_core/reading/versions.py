# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kernel releases, and the ranges of them that a service may ask for."""

from __future__ import annotations

import functools
import operator
import re
from dataclasses import dataclass

_COMPARISON = re.compile(r"^\s*(>=|<=|==|!=|>|<)?\s*(\d{1,9}(?:\.\d{1,9}){0,3})\s*$")
_NUMBERS = re.compile(r"^\D{0,2}?(\d{1,9}(?:\.\d{1,9})*)")
_ORDER = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_LENGTH = 4


def release(text: str) -> tuple[int, ...]:
    """
    The numbers that a kernel release starts with: ``6.1.0-13-amd64`` is (6, 1, 0).

    Raises ValueError where it starts with none.
    """
    found = _NUMBERS.match(text.strip())
    if not found:
        raise ValueError(f"'{text}' does not start with a version number")
    return tuple(int(part) for part in found.group(1).split("."))


@functools.lru_cache(maxsize=4096)
def is_release(text: str | None) -> bool:
    """Whether it is known and starts with a number: nothing else can be compared."""
    return text is not None and _NUMBERS.match(text.strip()) is not None


def _padded(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return (numbers + (0,) * _LENGTH)[:_LENGTH]


@dataclass(frozen=True)
class VersionRange:
    """
    A range such as ``>=5.15,<6.12``; all of its comparisons must hold.

    ``==6.1`` and ``!=6.1`` mean any 6.1.x, as people say it.
    """

    comparisons: tuple[tuple[str, tuple[int, ...]], ...]

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """Raises ValueError, in words, where the text is no range or nothing can be in it."""
        comparisons = []
        for part in text.split(","):
            found = _COMPARISON.match(part)
            if not found:
                raise ValueError("must be a range of versions such as '>=5.15,<6.12'")
            numbers = tuple(int(number) for number in found.group(2).split("."))
            comparisons.append((found.group(1) or "==", numbers))
        made = cls(tuple(comparisons))
        if made._is_empty():
            raise ValueError("is a range that no version can be in")
        return made

    def __contains__(self, version: str) -> bool:
        return _is_in(self.comparisons, version)

    @staticmethod
    def _holds(sign: str, bound: tuple[int, ...], numbers: tuple[int, ...]) -> bool:
        if sign in ("==", "!="):
            return (_padded(numbers)[: len(bound)] == bound) == (sign == "==")
        return _ORDER[sign](_padded(numbers), _padded(bound))

    def _is_empty(self) -> bool:
        """Whether no version can satisfy all: judged at every bound, and just beside it."""
        probes = set()
        for _sign, bound in self.comparisons:
            last = len(bound) - 1
            probes |= {bound, (*bound, 1) if len(bound) < _LENGTH else bound}
            probes.add((*bound[:last], bound[last] + 1))
            if bound[last]:
                probes.add((*bound[:last], bound[last] - 1, *(10**6,) * (_LENGTH - len(bound))))
            elif any(bound):
                probes.add(_before(bound))
        return not any(all(self._holds(sign, bound, probe) for sign, bound in self.comparisons) for probe in probes)

    def __str__(self) -> str:
        return _text(self.comparisons)


# What follows is remembered: a large cluster runs few releases, and each is asked of by many rules and candidates.
_Comparisons = tuple[tuple[str, tuple[int, ...]], ...]


@functools.lru_cache(maxsize=4096)
def _text(comparisons: _Comparisons) -> str:
    return ",".join(f"{sign}{'.'.join(map(str, bound))}" for sign, bound in comparisons)


@functools.lru_cache(maxsize=4096)
def _is_in(comparisons: _Comparisons, version: str) -> bool:
    numbers = release(version)
    return all(VersionRange._holds(sign, bound, numbers) for sign, bound in comparisons)


def _before(bound: tuple[int, ...]) -> tuple[int, ...]:
    """The largest version we care about below a bound that ends in zeros."""
    last = max(index for index, number in enumerate(bound) if number)
    return (*bound[:last], bound[last] - 1, *(10**6,) * (_LENGTH - last - 1))
