# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks targets, wherever each is asked from: what they offer, and what is there of a service."""

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
from .._core.reading.answers import AnswerError, read_content
from .._core.reading.facts import FactsError
from .._core.reading.instances import read_instances
from .._core.reading.nodes import read_nodes
from .._core.reading.permissions import read_permissions
from .._core.wording import first_line, plain, reason_of
from .fact_cache import FactCache
from .hosts import Host, TargetsError

TARGET_INFO = "rightscope.deploy.target_info"
GRACE = 0.5
"""Seconds beyond its time in which a target's own error may still arrive: it says more than we can."""

_CACHE = FactCache()
_NO_NAMES = Sought()


def discover_services(hosts: list[Host], timeout: float) -> list[Target]:
    """Ask all targets at once for all of their services, each in brief; as ``discover_all`` otherwise."""
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

    ``timeout`` are the seconds in which a target is to answer. ``images`` are the names of the container images that
    the services would be made from, ``paths`` those of the host that they would mount. ``sought`` are by kind of target
    the names whose content is to be found out: it may change at any moment, so it is asked for each time. So is where a
    service is. Other facts are asked for again only if they are older than ``ttl`` seconds, or something was changed.

    A target that does not answer comes back with its ``trouble`` and no nodes. Each target has a thread of its own,
    left behind at the deadline: a hung engine costs no more than that.
    """
    asked = {"images": images, "paths": paths}
    answers: dict[str, dict[str | None, Target]] = {}

    def ask(host: Host) -> None:
        names = sought.get(host.kind, _NO_NAMES)
        answers[host.name] = _discover_or_explain(host, services, timeout, asked, ttl, names)

    _run_for_each(hosts, ask, timeout + GRACE)
    # Read once: a thread that was left behind may answer at any moment.
    targets = [answers.get(host.name) or dict.fromkeys(services, _late_target(host, timeout)) for host in hosts]
    return {service: [by_service[service] for by_service in targets] for service in services}


def _run_for_each(hosts: list[Host], function: t.Callable[[Host], None], timeout: float) -> None:
    """Run the function for all hosts at once, each in a thread; those that take longer are left behind."""
    threads = []
    for host in hosts:
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(function, host), daemon=True)
        thread.start()
        threads.append(thread)
    deadline = time.monotonic() + timeout
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def forget_facts() -> None:
    """Something was changed: what was learned of the targets need not be true any more."""
    _CACHE.forget()


def _late_target(host: Host, timeout: float) -> Target:
    remedy = "check that its engine is not stuck" if host.is_local else _ping(host)
    error = DiscoveryError(f"it did not answer within {timeout:g} s", remedy)
    _CACHE.keep(_key(host), error, _CACHE.generation)
    return _unreachable_target(host, error.message, error.remedy)


def _ping(host: Host) -> str:
    return f"check that 'ansible -m ping {host.name}' works"


def _unreachable_target(host: Host, trouble: str, remedy: str | None) -> Target:
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


def _discover_or_explain(
    host: Host, services: list[str], timeout: float, asked: Asked, ttl: float, sought: Sought
) -> dict[str, Target]:
    """The target for each service; whatever goes wrong is the ``trouble`` of this target alone."""
    try:
        return _discover_one(host, services, timeout, asked, ttl, sought)
    except (TargetsError, AnsibleError) as error:
        target = _unreachable_target(host, _clause(first_line(str(error))), "mend its variables")
    except AnswerError as error:
        target = _unreachable_target(host, f"its answer cannot be read: {error}", "check what answers there")
    except Exception as error:
        # An answer that nobody foresaw.
        trouble = f"its answer cannot be read ({type(error).__name__})"
        target = _unreachable_target(host, trouble, "check what answers there")
    return dict.fromkeys(services, target)


def _discover_one(
    host: Host, services: list[str], timeout: float, asked: Asked, ttl: float, sought: Sought
) -> dict[str, Target]:
    """The target for each service: the same facts, and that service's instances."""
    try:
        if host.recorded is not None:
            return {service: _recorded_target(host, service) for service in services}
        first, *others = services
        reply = _recall(host, asked, 0 if sought.images or sought.files else ttl)
        if reply is None:
            reply = _ask_and_remember(host, first, timeout, asked, sought)
        else:
            others = services
        if not isinstance(reply, t.Mapping):
            raise AnswerError("it has no facts")
        host.options = {**kind_of(host.kind).discovered_options(reply), **host.options}
        target = _read_target(host, reply)
        return {first: target} | {
            service: dataclasses.replace(target, instances=find_instances(host, service, timeout)) for service in others
        }
    except DiscoveryError as error:
        return dict.fromkeys(services, _unreachable_target(host, _clause(error.message), error.remedy))


def _recall(host: Host, asked: Asked, ttl: float) -> t.Mapping[str, t.Any] | None:
    """What the target answered a moment ago, if that covers all that is asked. Raises what it raised then."""
    known = _CACHE.recall(_key(host), ttl)
    if isinstance(known, DiscoveryError):
        raise known
    if known is None or not _names_in(asked) <= known[0]:
        return None
    return known[1]


def _names_in(asked: Asked) -> frozenset[tuple[str, str]]:
    return frozenset((key, name) for key, names in asked.items() for name in names)


def _ask_and_remember(host: Host, service: str, timeout: float, asked: Asked, sought: Sought) -> t.Mapping[str, t.Any]:
    generation = _CACHE.generation
    try:
        reply = _ask(host, service, timeout, asked, sought)
    except DiscoveryError as error:
        _CACHE.keep(_key(host), error, generation)
        raise
    _CACHE.keep(_key(host), (_names_in(asked), reply), generation)
    return reply


def _key(host: Host) -> tuple[str, ...]:
    """The same host can be reached otherwise in the next item, for its variables may be templates."""
    return host.name, host.kind, str(host.is_local), str(host.probe), json.dumps(host.options, default=str)


def _recorded_target(host: Host, service: str) -> Target:
    target = _read_target(host, host.recorded)
    instances = tuple(known for known in target.instances if service in (known.service, known.name))
    return dataclasses.replace(target, instances=instances, recorded=True)


def _read_target(host: Host, reply: t.Mapping[str, t.Any]) -> Target:
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
        instances=read_instances(reply.get("instances") or (), host.mark_keys, numbered=kind_of(host.kind).is_numbered),
        next_id=_read_next_id(reply),
        mark_keys=host.mark_keys,
        permissions=read_permissions(reply.get("permissions")),
        content=read_content(reply.get("content")),
    )


def _read_next_id(reply: t.Mapping[str, t.Any]) -> int | None:
    next_id = reply.get("next_id")
    if next_id is not None and (isinstance(next_id, bool) or not isinstance(next_id, int)):
        raise AnswerError("its next free id is not a number")
    return next_id


def find_instances(host: Host, service: str, timeout: float) -> tuple[Instance, ...]:
    """
    All instances that have the service's name or its mark now.

    Raises DiscoveryError where the target does not answer, or says what cannot be read.
    """
    reply = _ask(host, service, timeout)
    try:
        return read_instances(reply, host.mark_keys, numbered=kind_of(host.kind).is_numbered)
    except AnswerError as error:
        raise DiscoveryError(f"Its answer cannot be read: {error}.", "Check what answers there.") from None


def _call_in_time(seconds: float, function: t.Callable[..., t.Any], *args: t.Any, **kwargs: t.Any) -> t.Any:
    """The whole call within a time: of an answer that comes byte by byte, each read is in time."""
    try:
        return call_within(seconds, function, *args, **kwargs)
    except TimeoutError:
        raise DiscoveryError(
            f"It did not answer within {seconds:g} s.", "Check that its engine is not stuck."
        ) from None


def _ask(host: Host, service: str, timeout: float, asked: Asked | None = None, sought: Sought = _NO_NAMES) -> t.Any:
    """
    Ask in the controller's own process where the target's connection is local, else by a module on its node.

    ``asked`` None asks for the instances alone.
    """
    only_instances = asked is None
    if host.is_local:
        if only_instances:
            return _call_in_time(timeout, find, host.kind, host.options, service, target=host.name, timeout=timeout)
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
        **{key: list(names) for key, names in (asked or {}).items()},
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
        reason = first_line(reason_of(reply) or "no reason was given")
        raise DiscoveryError(reason, reply.get("remedy") or _ping(host))
    return reply.get("instances") if only_instances else reply.get("target_facts")
