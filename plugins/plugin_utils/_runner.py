# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""Runs things where the targets are: discovery, the delegates, and the reading back. The only part that waits."""

from __future__ import annotations

import contextvars
import dataclasses
import re
import threading
import time
import typing as t
from collections.abc import Callable

from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ..module_utils._discovery import DiscoveryError, discover, failed_task, find
from ._connections import delegate_connection
from ._facts import FactsError, read_instances, read_nodes
from ._hosts import Host, TargetsError
from ._model import Call, Instance, Target

TARGET_INFO = "rightscope.deploy.target_info"
GRACE = 0.5
"""Seconds beyond its time in which a target's own words may still arrive: a call that ends says more than we can."""

POLL = 0.25
"""Seconds between two looks at a service that is not ready yet."""


class DelegateFailed(Exception):
    """A delegate refused; the text is a sentence without secrets."""


def discover_all(
    hosts: list[Host], services: list[str], timeout: float, images: t.Sequence[str] = ()
) -> dict[str, list[Target]]:
    """
    Ask all targets at once: for each service the targets, with what is there of it.

    ``images`` are the names of the container images that the services would be made from.

    One that does not answer comes back with its ``trouble`` and no nodes. Each has a thread of its own, left
    behind at the deadline: a hung engine costs no more than that.
    """
    found: dict[str, dict[str, Target]] = {}

    def ask(host: Host) -> None:
        try:
            found[host.name] = _discover_one(host, services, timeout, images)
        except (TargetsError, AnsibleError) as error:
            trouble = _troubled(host, _clause(_first_line(str(error))), "mend its variables")
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
    answers = {host.name: found.get(host.name) or dict.fromkeys(services, _late(host, timeout)) for host in hosts}
    return {service: [answers[host.name][service] for host in hosts] for service in services}


def _late(host: Host, timeout: float) -> Target:
    return _troubled(host, f"it did not answer within {timeout:g} s", "check that its engine is not stuck")


def _troubled(host: Host, trouble: str, remedy: str | None) -> Target:
    return Target(
        name=host.name,
        kind=host.kind,
        labels=host.labels,
        eligible=host.eligible,
        trouble=trouble,
        remedy=_imperative(remedy),
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


def _discover_one(host: Host, services: list[str], timeout: float, images: t.Sequence[str]) -> dict[str, Target]:
    """The target for each service: the same facts, and that service's instances."""
    try:
        if host.recorded is not None:
            return {service: _recorded(host, service) for service in services}
        first, *others = services
        reply = _ask(host, first, timeout, images=images)
        if host.kind == "lxd" and reply.get("server", {}).get("url"):
            # The delegate knows LXD's default sockets only; where Incus' was found, it has to be told.
            host.options.setdefault("url", reply["server"]["url"])
        target = _target(host, reply)
        return {first: target} | {
            service: dataclasses.replace(target, instances=find_instances(host, service, timeout)) for service in others
        }
    except DiscoveryError as error:
        return dict.fromkeys(services, _troubled(host, _clause(error.message), error.remedy))


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
        labels=host.labels,
        eligible=host.eligible,
        options=host.options,
        nodes=nodes,
        instances=read_instances(reply.get("instances") or ()),
        next_id=reply.get("next_id"),
    )


def find_instances(host: Host, service: str, timeout: float) -> tuple[Instance, ...]:
    """
    What is there of the service now.

    Raises DiscoveryError where the target does not answer.
    """
    return read_instances(_ask(host, service, timeout))


def _ask(host: Host, service: str, timeout: float, *, images: t.Sequence[str] | None = None) -> t.Any:
    """
    In the controller's own process where the target's connection is local, else as a module on its node.

    Without ``images``, be they none, for the instances alone.
    """
    only_instances = images is None
    if host.is_local:
        if only_instances:
            return find(host.kind, host.options, service, target=host.name, timeout=timeout)
        return discover(
            host.kind, host.options, service, target=host.name, timeout=timeout, images=images, probe=host.probe
        )
    arguments = {
        "kind": host.kind,
        "options": dict(host.options),
        "service": service,
        "target": host.name,
        "timeout": timeout,
        "only_instances": only_instances,
        "images": list(images or ()),
        "probe": None if host.probe is None else "container",
        "probe_image": host.probe or None,
    }
    try:
        reply = host.execute(TARGET_INFO, arguments, {})
    except (AnsibleConnectionFailure, AnsibleError) as error:
        remedy = f"check that 'ansible -m ping {host.name}' works"
        raise DiscoveryError(f"Ansible cannot run a module there: {_first_line(str(error))}", remedy) from error
    if reply.get("failed"):
        raise DiscoveryError(_first_line(str(reply.get("msg", "no reason was given"))), reply.get("remedy"))
    return reply["instances"] if only_instances else reply["target_facts"]


def run_call(host: Host, call: Call) -> None:
    """
    Run one delegate on the target's own connection.

    Raises DelegateFailed where it fails, and where it answers other than the plan expects.
    """
    began = time.time()
    connection, environment = delegate_connection(host.kind, host.options)
    arguments = {**call.args, **connection}
    try:
        reply = host.execute(call.module, arguments, {**environment, **call.environment})
    except AnsibleError as error:
        raise DelegateFailed(f"{call.module} could not {call.does}: {_first_line(host.scrub(str(error)))}") from None
    if reply.get("failed") or reply.get("skipped"):
        said = _first_line(host.scrub(str(reply.get("msg") or "it gave no reason")))
        raise DelegateFailed(f"{call.module} could not {call.does}: {_task_error(host, call, began) or said}")
    for key, wanted in call.expect.items():
        if reply.get(key) is not None and str(reply[key]) != str(wanted):
            raise DelegateFailed(f"{call.module} could not {call.does}: the {key} {wanted} is taken by now")


def _task_error(host: Host, call: Call, began: float) -> str | None:
    """
    What the API's own task ended with.

    proxmox_kvm waits for a task that failed as if it still ran, and then quotes the first line of its log.
    """
    if not host.is_local or "node" not in call.args or "vmid" not in call.args:
        return None
    try:
        error = failed_task(host.kind, host.options, call.args["node"], call.args["vmid"], began)
    except DiscoveryError:
        return None
    return _first_line(host.scrub(error)) if error else None


def wait_until(
    host: Host, service: str, settled: Callable[[tuple[Instance, ...]], bool], *, timeout: float, call_timeout: float
) -> tuple[tuple[Instance, ...], bool]:
    """Look until what is there is settled, or the time is over: (what is there, whether it is settled)."""
    deadline = time.monotonic() + timeout
    while True:
        instances = find_instances(host, service, call_timeout)
        if settled(instances):
            return instances, True
        if time.monotonic() >= deadline:
            return instances, False
        time.sleep(POLL)


_NOISE = (
    # The SDK names the address of each request, and an id in full: the cause comes after them.
    (re.compile(r" for (url: )?http\+?[a-z]*://\S+"), ""),
    (re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b"), r"\1"),
)


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "it gave no reason")
    for pattern, instead in _NOISE:
        line = pattern.sub(instead, line)
    return line if len(line) <= 400 else line[:400] + "…"
