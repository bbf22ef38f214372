# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the targets and what is on them to the candidates of a service, and to where it is now."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .forms import FORMS, Form
from .forms.host_files import host_path
from .model import NOTHING, Candidate, Facts, Instance, Node, Permit, Service, Target


def candidates(service: Service, targets: Iterable[Target], state: str = "started") -> tuple[Candidate, ...]:
    """
    Every form that every node of every eligible target offers, in the order of declaration.

    ``state`` is what the service shall be, as far as that takes privileges.
    """
    return tuple(one for target in targets if target.eligible for one in _of_target(service, target, state))


def _of_target(service: Service, target: Target, state: str) -> Iterator[Candidate]:
    forms = [form for form in FORMS.values() if target.kind == form.kind]
    there, stranger = present(service, target), _stranger(service, target)
    for node in target.nodes or (Node(name=target.name, facts=Facts()),):
        for form in forms:
            yield _candidate(service, target, node, form, there, stranger, state)


def _candidate(
    service: Service,
    target: Target,
    node: Node,
    form: Form,
    there: tuple[Instance, ...],
    stranger: str | None,
    state: str,
) -> Candidate:
    options = service.made_as.get(form.name)
    source = form.image(service.requirements, options or {}, node.facts)
    held = [one for one in there if one.form == form.name and one.node == node.name]
    trouble, remedy = target.trouble, target.remedy
    if not trouble and not node.online:
        trouble, remedy = f"its node '{node.name}' is offline", f"bring '{node.name}' back"
    return Candidate(
        target=target.name,
        node=node.name,
        form=form,
        facts=node.facts,
        labels=target.labels,
        options=options,
        image=source.image,
        image_wanted=source.wanted,
        # What it was made from may have gone since: a service that is there needs no image.
        fetches_image=source.fetched or bool(held),
        other_images=source.others,
        storage=form.storage(options or {}),
        stranger=stranger,
        # What is stopped neither uses its memory nor is promised it.
        held=sum(one.memory for one in held if one.state not in ("stopped", "hibernated")),
        held_ports=frozenset(_host_port(port) for one in held for port in one.ports),
        kept_options=next((form.kept_options(one) for one in held), NOTHING),
        held_config=held[0].config if held else NOTHING,
        is_present=bool(held),
        content=target.content.of(form.sought(service.requirements, options or {})),
        held_system=next((form.system(one, options or {}) for one in held), None),
        recorded=target.recorded,
        permissions=target.permissions,
        permits=_permits(form, service, target, tuple(held), state) if target.permissions else None,
        trouble=trouble,
        remedy=remedy,
    )


def _permits(
    form: Form, service: Service, target: Target, there: tuple[Instance, ...], state: str
) -> Callable[[Candidate], tuple[Permit, ...]]:
    """What the plan for a candidate takes: only a candidate that is judged has its image and its grants."""
    return lambda candidate: form.permits(service, candidate, target, there, state)


def acted(candidate: Candidate) -> Candidate:
    """
    The candidate once what its options ask for is done: of an image that was pulled a newer one is no difference.

    Its tag may have moved on meanwhile, and to pull once more would never come to an end.
    """
    return dataclasses.replace(candidate, content=dataclasses.replace(candidate.content, images={}))


def _host_port(port: Mapping[str, Any]) -> str:
    """A published port of the host as facts write it: ``8080/tcp``."""
    return f"{port.get('host_port')}/{str(port.get('container', '')).partition('/')[2] or 'tcp'}"


def members_of(service: str, instances: Iterable[Instance]) -> tuple[tuple[Instance, ...], tuple[Instance, ...]]:
    """
    (the instances of a service, what has its mark besides).

    One that was renamed by hand is the service's for as long as nothing has the name that it was given. Of two that
    could be it nobody knows which it is. What has a form that is none of ours was marked by hand.
    """
    marked = [one for one in instances if one.service == service]
    known = [one for one in marked if one.form in FORMS]
    named = [one for one in known if _has_name_of(service, one)]
    mine = named or (known if len(known) == 1 else [])
    if len({one.name for one in mine}) < len(mine):
        mine = []
    return tuple(mine), tuple(one for one in marked if one not in mine)


def _has_name_of(service: str, one: Instance) -> bool:
    """The service's own, or of several containers one that is called by the process that it says it is."""
    if one.name == service:
        return one.process is None
    several = FORMS[one.form].has_processes and one.name.startswith(f"{service}-")
    return several and one.process in (None, one.name.removeprefix(f"{service}-"))


def present(service: Service, target: Target) -> tuple[Instance, ...]:
    """What is on the target of this service."""
    return members_of(service.name, target.instances)[0]


def unclear(service: Service, target: Target) -> tuple[Instance, ...]:
    """Those of which nobody knows which one is the service."""
    mine, others = members_of(service.name, target.instances)
    return () if mine else tuple(one for one in others if one.form in FORMS)


def strangers(service: Service, target: Target) -> tuple[Instance, ...]:
    """What is on the target, has the name of the service or of one of its containers, and is not marked as its."""
    names = {service.name, *(f"{service.name}-{process.name}" for process in service.requirements.processes)}
    mine = present(service, target)
    return tuple(one for one in target.instances if one.name in names and one not in mine)


def _stranger(service: Service, target: Target) -> str | None:
    found = strangers(service, target)
    if not found:
        return None
    form, number = FORMS.get(found[0].form), found[0].id
    # Of several guests of one name, which Proxmox VE allows, a person has to know the number.
    which = f" ({number})" if number.isdigit() and number != found[0].name else ""
    return f"{form.title if form else found[0].form.replace('_', ' ')} '{found[0].name}'{which}"


def places(service: Service, targets: Iterable[Target]) -> Iterator[tuple[Target, str, str]]:
    """Everywhere the service is: (target, node, form), each once."""
    for target in targets:
        seen = {(instance.node, instance.form): None for instance in present(service, target)}
        for node, form in seen:
            yield target, node, form


def is_described(form: Form, service: Service) -> bool:
    """Whether a form is one that the user described, or none is described."""
    return form.is_described(service) or not any(other.is_described(service) for other in FORMS.values())


def host_paths(services: Iterable[Service]) -> list[str]:
    """All paths of the host that services would have mounted, each once."""
    sources = (
        source
        for service in services
        for form in FORMS.values()
        for source in form.host_sources(service.made_as.get(form.name) or {})
    )
    return list(dict.fromkeys(host_path(source) for source in sources if source.startswith("/")))


def image_names(services: Iterable[Service]) -> list[str]:
    """The images that needs and options name and of which the engine's list does not tell enough, each once."""
    names = (
        name
        for service in services
        for form in FORMS.values()
        for name in form.images_named(service.requirements, service.made_as.get(form.name) or {})
    )
    return list(dict.fromkeys(names))
