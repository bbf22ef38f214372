# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of one node, and what is behind the names in a service's options."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from .scales import nothing


@dataclass(frozen=True, kw_only=True)
class Image:
    """
    A container image, LXD image or Proxmox template that a node can make a service from.

    ``os`` and ``os_version`` are those inside of the image; None where nobody said. ``disk`` is the size
    of a template's first disk in MiB, ``disk_key`` its name, ``config`` all its settings: a clone has them too.
    ``requirements`` are an LXD image's own (its properties ``requirements.*``), without that prefix.
    """

    id: str
    names: tuple[str, ...] = ()
    os: str | None = None
    os_version: str | None = None
    architecture: str | None = None
    kernel_version: str | None = None
    kernel_flavour: str | None = None
    requirements: Mapping[str, str] = field(default_factory=nothing)
    disk: int | None = None
    disk_key: str | None = None
    storage: str | None = None
    config: Mapping[str, t.Any] = field(default_factory=nothing, repr=False)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """
    What is known of one node. None means that it is not known, which is never taken for a yes.

    ``origins`` says for each fact where it comes from: ``declared``, ``api``, ``probed`` or ``estimated``; ``time``
    when all but the declared ones were found, in UTC.
    """

    os_type: str | None = None
    os_name: str | None = None
    os_version: str | None = None
    engine_version: str | None = None
    architectures: tuple[str, ...] | None = None
    cpu_flags: frozenset[str] | None = None
    kernel_version: str | None = None
    kernel_flavour: str | None = None
    kernel_modules: frozenset[str] | None = None
    kernel_modules_complete: bool = True
    module_versions: Mapping[str, str] | None = None
    module_parameters: Mapping[str, Mapping[str, str]] | None = None
    kernel_sysctls: Mapping[str, str] | None = None
    unprivileged_sysctls: frozenset[str] | None = None
    kernel_parameters: tuple[str, ...] | None = None
    kernel_btf: bool | None = None
    cgroup_version: int | None = None
    nested_virtualization: bool | None = None
    devices: frozenset[str] | None = None
    device_links: Mapping[str, str] | None = None
    pci_devices: tuple[str, ...] | None = None
    usb_devices: tuple[str, ...] | None = None
    gpus: int | None = None
    isolation: str | None = None
    cpus: float | None = None
    memory: int | None = None
    memory_free: int | None = None
    memory_reserved: int | None = None
    storages: Mapping[str, int] | None = None
    storage_types: Mapping[str, str] | None = None
    networks: Mapping[str, str] | None = None
    profiles: Mapping[str, Mapping[str, Mapping[str, t.Any]]] | None = None
    project: Mapping[str, str] | None = None
    project_used: Mapping[str, int] | None = None
    option_keys: frozenset[str] | None = None
    ports_taken: frozenset[str] | None = None
    peers: int | None = None
    swap_limit: bool | None = None
    limits: frozenset[str] | None = None
    api_version: str | None = None
    rootless: bool | None = None
    authorization: tuple[str, ...] | None = None
    runtimes: frozenset[str] | None = None
    volume_drivers: frozenset[str] | None = None
    log_drivers: frozenset[str] | None = None
    containers: frozenset[str] | None = None
    volumes: Mapping[str, str] | None = None
    engine_paths: Mapping[str, str] | None = None
    paths: Mapping[str, str] | None = None
    images: tuple[Image, ...] = ()
    origins: Mapping[str, str] = field(default_factory=nothing)
    time: str | None = None

    def origin(self, name: str) -> str:
        """Where the fact ``name`` comes from; ``unknown`` if it is not known."""
        return self.origins.get(name, "api") if getattr(self, name) is not None else "unknown"


@dataclass(frozen=True, kw_only=True)
class Content:
    """
    What is behind the names in a service's options, each by its name.

    ``images`` are the digests that registries have by those names now, ``files`` those of what is in files on the
    delegate's own machine. ``silent`` and ``unreadable`` are the names of both of which there is none, with half a
    sentence that says why.
    """

    images: Mapping[str, str] = field(default_factory=nothing)
    files: Mapping[str, str] = field(default_factory=nothing)
    silent: Mapping[str, str] = field(default_factory=nothing)
    unreadable: Mapping[str, str] = field(default_factory=nothing)

    def of(self, sought: Sought) -> Content:
        """What was found of these names alone."""
        parts = {"images": sought.images, "files": sought.files, "silent": sought.images, "unreadable": sought.files}
        return Content(
            **{
                part: {name: getattr(self, part)[name] for name in names if name in getattr(self, part)}
                for part, names in parts.items()
            }
        )


@dataclass(frozen=True, kw_only=True)
class Sought:
    """The names of which the content is to be found out: see Content."""

    images: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
