# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The containers that a service becomes: what each is given."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from .....module_utils._shared.marks import PROCESS_MARK
from ...model import Candidate, Instance, Process, Service, Target
from ...reading.marks import SIGNATURE, signed
from ..common import MARK, text
from .digests import digests
from .leftovers import names_given
from .needs import limit_options, port_options, sysctl_options, with_grants

NAME = "docker_container"
"""The form, as it is signed."""

OPTIONS_MARK = "rightscope.options"
GIVEN_MARK = "rightscope.given"
OWN_MARKS = (MARK, PROCESS_MARK, OPTIONS_MARK, GIVEN_MARK, SIGNATURE)
"""The labels of the collection."""


@dataclass(frozen=True)
class Container:
    """
    One container of the service, as it is wanted.

    ``options`` are all that the delegate is given, ``needed`` those that needs come to.
    """

    name: str
    options: Mapping[str, t.Any]
    needed: Mapping[str, t.Any]
    counts_swap: bool | None = None


def network_name(service: Service) -> str:
    """A name that nobody else would give: the delegate makes a network of its name anew where its labels differ."""
    return f"rightscope-{service.name}"


def joins_network(container: Container, service: Service) -> bool:
    """Whether the container is to be on the service's own network."""
    networks = container.options.get("networks") or ()
    return any(network.get("name") == network_name(service) for network in networks)


def wanted_containers(service: Service, candidate: Candidate) -> list[Container]:
    """A container for each process, or a single one."""
    processes = service.requirements.processes or (None,)
    return [_container(service, candidate, process, several=len(processes) > 1) for process in processes]


def _container(service: Service, candidate: Candidate, process: Process | None, *, several: bool) -> Container:
    needs, facts = service.requirements, candidate.facts
    first = process is None or process is needs.processes[0]
    process_name = process.name if process else None
    options = {key: value for key, value in (candidate.options or {}).items() if value is not None}
    options = {**limit_options(needs, facts, options), **with_grants(candidate, options)}
    options |= sysctl_options(needs, candidate, options)
    options |= port_options(needs, options, process_name, first=first)
    if options.get("env"):
        # The delegate refuses what YAML took for a number or a switch; the engine knows texts only.
        options["env"] = {key: text(value) for key, value in options["env"].items()}
    labels = {**(options.get("labels") or {}), MARK: service.name}
    if process and process.image:
        options["image"] = process.image
    if process and process.command:
        options["command"] = process.command
    name = service.name
    if process and several:
        name = f"{service.name}-{process.name}"
        labels[PROCESS_MARK] = process.name
        if not options.get("network_mode"):
            options.setdefault("networks", [{"name": network_name(service), "aliases": [process.name]}])
    needed = {**limit_options(needs, facts, {}), **with_grants(candidate, {})}
    needed |= sysctl_options(needs, candidate, options if options.get("network_mode") == "host" else {})
    needed |= port_options(needs, candidate.options or {}, process_name, first=first)
    labels[OPTIONS_MARK] = digests({**options, **_file_contents(candidate, options)})
    labels[GIVEN_MARK] = names_given(options)
    options["labels"] = {key: text(value) for key, value in labels.items()}
    return Container(name, options, needed, facts.swap_limit)


def _file_contents(candidate: Candidate, options: Mapping[str, t.Any]) -> dict[str, str]:
    """In place of a path what is behind it: the same variables in another file make no other container."""
    digest = candidate.content.files.get(options.get("env_file") or "")
    return {"env_file": digest} if digest else {}


def with_signature(container: Container, service: Service, target: Target, instance: Instance | None) -> Container:
    """A label cannot change: one that an older key has signed stands for as long as the container does."""
    labels = container.options["labels"]
    signature = signed(target, NAME, service.name, container.name, labels.get(PROCESS_MARK), there=instance)
    if signature is None:
        return container
    options = {**container.options, "labels": {**labels, SIGNATURE: signature}}
    return dataclasses.replace(container, options=options)
