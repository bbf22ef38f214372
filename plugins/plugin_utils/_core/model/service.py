# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user declares: a service and what it needs."""

from __future__ import annotations

import functools
import posixpath
import re
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..reading.versions import VersionRange
from .scales import nothing


@dataclass(frozen=True, kw_only=True)
class Process:
    """One long-running process of a service."""

    name: str
    image: str | None = None
    command: str | list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class KernelModule:
    """A kernel module that must be loaded, in a range of its own versions and with these parameters, if any."""

    name: str
    version: VersionRange | None = None
    parameters: Mapping[str, str] = field(default_factory=nothing)


@dataclass(frozen=True, kw_only=True)
class Sysctl:
    """A kernel setting: ``at_least`` compares numbers, else the value must be the very same."""

    name: str
    value: str
    at_least: bool = False

    def __str__(self) -> str:
        if self.at_least and " " in self.value:
            return f"{self.name}={self.value} or more each"
        return f"{self.name}{'>=' if self.at_least else '='}{self.value}"

    def holds(self, found: str) -> bool:
        """Whether a value that was found is enough. Of several numbers, as in ``kernel.sem``, each must be."""
        return _is_enough(str(found), self.value, self.at_least)


@functools.lru_cache(maxsize=4096)
def _is_enough(found: str, wanted: str, at_least: bool) -> bool:
    have, want = found.split(), wanted.split()
    if not at_least:
        return have == want
    if len(have) != len(want) or not all(_NUMBER.fullmatch(word) for word in have + want):
        return have == want
    return all(int(a) >= int(b) for a, b in zip(have, want, strict=True))


_NUMBER = re.compile(r"-?[0-9]{1,40}")


@dataclass(frozen=True, kw_only=True)
class Device:
    """
    A device of the host: ``kind`` is ``path``, ``pci``, ``usb`` or ``gpu``.

    ``value`` is the path, the PCI address or ``vendor:device``, the USB ``vendor:product``, or how many GPUs. Of a path
    ``inside`` is the one that it has in the container, None for the same, and ``access`` what of reading, writing and
    making device files (``rwm``) is allowed.
    """

    kind: str
    value: str
    inside: str | None = None
    access: str = "rwm"

    def __str__(self) -> str:
        return self.spelled if self.kind == "path" else f"{self.kind} {self.value}"

    @property
    def spelled(self) -> str:
        """A path with what is said of it, as Docker writes it: ``/dev/a:/dev/b:r``; the rest by its value."""
        if self.inside is None and self.access == "rwm":
            return self.value
        return f"{self.value}:{self.inside or self.value}:{self.access}"


_DEVICE = re.compile(r"(/\S*?[^/\s])/*(?::(/\S+?))?(?::([rwm]{1,3}))?")


def _normal_path(path: str) -> str:
    """``//dev/null`` and ``/dev/./null`` are ``/dev/null``; what does not begin with a slash is not a path."""
    return posixpath.normpath(f"/{path.lstrip('/')}") if path.startswith("/") else path


def device_of(text: str) -> tuple[str, str, str]:
    """
    A device as Docker writes it, ``PATH[:PATH INSIDE][:rwm]``: (path, path inside, access), each path in one spelling.

    The names that udev makes below by-path have colons in them.
    """
    found = _DEVICE.fullmatch(text)
    path, inside, access = found.groups() if found else (text, None, None)
    path, inside = _normal_path(path), _normal_path(inside or path)
    return path, inside, "".join(letter for letter in "rwm" if letter in (access or "rwm"))


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port that the service listens on, and the one of the host it is published at: None where any will do."""

    number: int
    protocol: str = "tcp"
    host: int | None = None
    process: str | None = None

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """
    A need that is optional: it counts in the score and never rejects anything.

    ``needs`` holds it alone, as if it were a must; ``name`` is its path in the requirements.
    """

    name: str
    needs: Requirements


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """
    What a service needs. Each default constrains nothing, but for ``os_family`` and ``process_count``.

    ``max_privilege`` bounds what its form may be granted, whoever asks for it. ``others`` are the values of needs that
    have no field of their own.
    """

    os_family: str = "linux"
    os_version: str | None = None
    architectures: tuple[str, ...] = ()
    cpu_level: str | None = None
    cpu_features: tuple[str, ...] = ()
    process_count: int = 1
    processes: tuple[Process, ...] = ()
    init: bool = False
    supervised: bool = False
    kernel_version: VersionRange | None = None
    kernel_own: bool = False
    kernel_flavour: str | None = None
    kernel_modules: tuple[KernelModule, ...] = ()
    kernel_sysctls: tuple[Sysctl, ...] = ()
    kernel_parameters: tuple[str, ...] = ()
    kernel_features: tuple[str, ...] = ()
    privileges: tuple[str, ...] = ()
    devices: tuple[Device, ...] = ()
    host_view: bool = False
    host_network: bool = False
    isolation: str = "process"
    cpus: float | None = None
    memory: int | None = None
    disk: int | None = None
    shm: int | None = None
    address: str = "shared"
    nics: int | None = None
    ports: tuple[Port, ...] = ()
    snapshots: bool = False
    live_migration: bool = False
    labels: Mapping[str, str] = field(default_factory=nothing)
    forms: tuple[str, ...] = ()
    max_privilege: str = "capabilities"
    wishes: tuple[Wish, ...] = ()
    others: Mapping[str, t.Any] = field(default_factory=nothing)

    def value_of(self, field: str) -> t.Any:
        """The value of a field, be it one of its own or among the others; None where it is not given."""
        return getattr(self, field) if field in self.__dataclass_fields__ else self.others.get(field)

    @property
    def each_process_has_an_image(self) -> bool:
        """Whether the processes are several applications, rather than one system."""
        return bool(self.processes) and all(process.image for process in self.processes)


@dataclass(frozen=True, kw_only=True)
class Service:
    """A name, what it needs, and how it is made in each form (the delegate modules' own options)."""

    name: str
    requirements: Requirements
    made_as: Mapping[str, Mapping[str, t.Any]] = field(default_factory=nothing)
