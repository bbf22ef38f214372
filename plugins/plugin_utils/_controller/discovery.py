# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks targets, wherever each is asked from: what it offers, and what is there of a service."""

from __future__ import annotations

import contextvars
import dataclasses
import json
import threading
import time
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ...module_utils._discovery import DiscoveryError, discover, find, kind_of
from ...module_utils._discovery.calls import call_within
from .._core.model import NOTHING, Instance, Sought, Target
from .._core.reading.facts import AnswerError, FactsError, read_content, read_instances, read_nodes, read_permissions
from .._core.wording import first_line, plain, reason_of
from .fact_cache import Memory
from .hosts import Host, TargetsError

TARGET_INFO = "rightscope.deploy.target_info"
GRACE = 0.5
"""Seconds beyond its time in which a target's own words may still arrive: a call that ends says more than we can."""

_MEMORY = Memory()
_NOTHING = Sought()


def services_on(hosts: list[Host], timeout: float) -> list[Target]:
    """Ask all targets at once for every service that is there, each in brief; as ``discover_all`` otherwise."""
    return discover_all(hosts, [None], timeout)[None]


def discover_all(
    hosts: list[Host],
    services: t.Sequence[str | None],
    timeout: float,
    images: t.Sequence[str] = (),
    paths: t.Sequence[str] = (),
    *,
    ttl: float = 0,
    sought: t.Mapping[str, Sought] = NOTHING,
) -> dict[str | None, list[Target]]:
    """
    Ask all targets at once: for each service the targets, with what is there of it.

    ``images`` are the names of the container images that the services would be made from, ``paths`` those of the host
    that they would mount, ``sought`` by kind of target what is to be found out behind names: that may be another at any
    moment, so it is asked for each time. Other facts that are no older than ``ttl`` seconds need not be asked for
    again, unless something was changed since; where a service is always is.

    One that does not answer comes back with its ``trouble`` and no nodes. Each has a thread of its own, left
    behind at the deadline: a hung engine costs no more than that.
    """
    found: dict[str, dict[str | None, Target]] = {}
    asked = {"images": images, "paths": paths}

    def ask(host: Host) -> None:
        try:
            found[host.name] = _discover_one(host, services, timeout, asked, ttl, sought.get(host.kind, _NOTHING))
        except (TargetsError, AnsibleError) as error:
            trouble = _troubled(host, _clause(first_line(str(error))), "mend its variables")
            found[host.name] = dict.fromkeys(services, trouble)
        except AnswerError as error:
            trouble = _troubled(host, f"its answer cannot be read: {error}", "check what answers there")
            found[host.name] = dict.fromkeys(services, trouble)
        except Exception as error:
            # An answer that nobody foresaw spoils this target alone.
            trouble = _troubled(host, f"its answer cannot be read ({type(error).__name__})", "check what answers there")
            found[host.name] = dict.fromkeys(services, trouble)

    threads = []
    for host in hosts:
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(ask, host), daemon=True)
        thread.start()
        threads.append(thread)
    deadline = time.monotonic() + timeout + GRACE
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    answers = {host.name: found.get(host.name) or _late(host, services, timeout) for host in hosts}
    return {service: [answers[host.name][service] for host in hosts] for service in services}


def forget() -> None:
    """Something was changed: what was learned of the targets need not be true any more."""
    _MEMORY.forget()


def _late(host: Host, services: list[str], timeout: float) -> dict[str, Target]:
    stuck = "check that its engine is not stuck" if host.is_local else _ping(host)
    late = DiscoveryError(f"it did not answer within {timeout:g} s", stuck)
    _MEMORY.keep(_key(host), late, _MEMORY.generation)
    return dict.fromkeys(services, _troubled(host, late.message, late.remedy))


def _ping(host: Host) -> str:
    return f"check that 'ansible -m ping {host.name}' works"


def _troubled(host: Host, trouble: str, remedy: str | None) -> Target:
    return Target(
        name=host.name,
        kind=host.kind,
        labels=host.labels,
        eligible=host.eligible,
        trouble=plain(trouble),
        remedy=_imperative(remedy and plain(remedy)),
    )


def _clause(sentence: str) -> str:
    """A sentence as a part of ours: 'The engine ... .' -> 'the engine ...'."""
    text = sentence.rstrip(".")
    return f"t{text[1:]}" if text.startswith("The ") else text


def _imperative(remedy: str | None) -> str | None:
    """As a part of our sentence: 'Check the port.' -> 'check the port'."""
    if not remedy:
        return None
    text = remedy.rstrip(".")
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


Asked = t.Mapping[str, t.Sequence[str]]
"""The names of images and the paths that the facts are to tell of."""


def _discover_one(
    host: Host, services: list[str], timeout: float, asked: Asked, ttl: float, sought: Sought
) -> dict[str, Target]:
    """The target for each service: the same facts, and that service's instances."""
    try:
        if host.recorded is not None:
            return {service: _recorded(host, service) for service in services}
        first, *others = services
        reply = _remembered(host, asked, 0 if sought.images or sought.files else ttl)
        if reply is None:
            reply = _ask_and_remember(host, first, timeout, asked, sought)
        else:
            others = services
        if not isinstance(reply, t.Mapping):
            raise AnswerError("it has no facts")
        host.options = {**kind_of(host.kind).found_options(reply), **host.options}
        target = _target(host, reply)
        return {first: target} | {
            service: dataclasses.replace(target, instances=find_instances(host, service, timeout)) for service in others
        }
    except DiscoveryError as error:
        return dict.fromkeys(services, _troubled(host, _clause(error.message), error.remedy))


def _remembered(host: Host, asked: Asked, ttl: float) -> t.Mapping[str, t.Any] | None:
    """What the target answered a moment ago, if that tells of all that is asked. Raises what it raised then."""
    known = _MEMORY.recall(_key(host), ttl)
    if isinstance(known, DiscoveryError):
        raise known
    if known is None or not _each(asked) <= known[0]:
        return None
    return known[1]


def _each(asked: Asked) -> frozenset[tuple[str, str]]:
    return frozenset((sort, name) for sort, names in asked.items() for name in names)


def _ask_and_remember(host: Host, service: str, timeout: float, asked: Asked, sought: Sought) -> t.Mapping[str, t.Any]:
    generation = _MEMORY.generation
    try:
        reply = _ask(host, service, timeout, asked, sought)
    except DiscoveryError as error:
        _MEMORY.keep(_key(host), error, generation)
        raise
    _MEMORY.keep(_key(host), (_each(asked), reply), generation)
    return reply


def _key(host: Host) -> tuple[str, ...]:
    """The same host can be reached otherwise in the next item, for its variables may be templates."""
    return host.name, host.kind, str(host.is_local), str(host.probe), json.dumps(host.options, default=str)


def _recorded(host: Host, service: str) -> Target:
    target = _target(host, host.recorded)
    mine = tuple(one for one in target.instances if service in (one.service, one.name))
    return dataclasses.replace(target, instances=mine, recorded=True)


def _target(host: Host, reply: t.Mapping[str, t.Any]) -> Target:
    try:
        nodes = read_nodes(reply, host.declared)
    except FactsError as error:
        raise TargetsError(f"The 'rightscope_facts' of host '{host.name}' cannot be used. {error}") from None
    return Target(
        name=host.name,
        kind=host.kind,
        local=host.is_here,
        labels=host.labels,
        eligible=host.eligible,
        options=kind_of(host.kind).resolve_options(host.options) if host.is_here else host.options,
        nodes=nodes,
        instances=read_instances(reply.get("instances") or (), host.mark_keys),
        next_id=_next_id(reply),
        mark_keys=host.mark_keys,
        permissions=read_permissions(reply.get("permissions")),
        content=read_content(reply.get("content")),
    )


def _next_id(reply: t.Mapping[str, t.Any]) -> int | None:
    found = reply.get("next_id")
    if found is not None and (isinstance(found, bool) or not isinstance(found, int)):
        raise AnswerError("its next free id is not a number")
    return found


def find_instances(host: Host, service: str, timeout: float) -> tuple[Instance, ...]:
    """
    What is there of the service now.

    Raises DiscoveryError where the target does not answer, or says what cannot be read.
    """
    reply = _ask(host, service, timeout)
    try:
        return read_instances(reply, host.mark_keys)
    except AnswerError as error:
        raise DiscoveryError(f"Its answer cannot be read: {error}.", "Check what answers there.") from None


def _in_time(seconds: float, function: t.Callable[..., t.Any], *args: t.Any, **kwargs: t.Any) -> t.Any:
    """Each read can be in time and the whole never end: an answer that comes byte by byte."""
    try:
        return call_within(seconds, function, *args, **kwargs)
    except TimeoutError:
        raise DiscoveryError(
            f"It did not answer within {seconds:g} s.", "Check that its engine is not stuck."
        ) from None


def _ask(host: Host, service: str, timeout: float, asked: Asked | None = None, sought: Sought = _NOTHING) -> t.Any:
    """
    In the controller's own process where the target's connection is local, else as a module on its node.

    Without ``asked``, be it for nothing, for the instances alone.
    """
    only_instances = asked is None
    if host.is_local:
        if only_instances:
            return _in_time(timeout, find, host.kind, host.options, service, target=host.name, timeout=timeout)
        return discover(
            host.kind,
            host.options,
            service,
            target=host.name,
            timeout=timeout,
            probe=host.probe,
            pulled=sought.images,
            files=sought.files,
            **asked,
        )
    arguments = {
        "kind": host.kind,
        "options": dict(host.options),
        "service": service,
        "target": host.name,
        "timeout": timeout,
        "only_instances": only_instances,
        **{sort: list(names) for sort, names in (asked or {}).items()},
        "pulled": list(sought.images),
        "files": list(sought.files),
    }
    if host.probe is not None:
        arguments.update(probe="container", probe_image=host.probe or None)
    try:
        reply = host.execute(TARGET_INFO, arguments, {})
    except (AnsibleConnectionFailure, AnsibleError) as error:
        raise DiscoveryError(f"Ansible cannot run a module there: {first_line(str(error))}", _ping(host)) from error
    if reply.get("failed"):
        said = first_line(reason_of(reply) or "no reason was given")
        raise DiscoveryError(said, reply.get("remedy") or _ping(host))
    return reply.get("instances") if only_instances else reply.get("target_facts")
