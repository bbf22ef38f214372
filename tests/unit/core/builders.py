# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nouns with everything in order, to change the one thing that a test is about."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates, present
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision import constraints
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.grants import (
    each_once,
    grants,
    need_grants,
    with_grants,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import (
    Candidate,
    Facts,
    Grant,
    Image,
    Instance,
    Node,
    Plan,
    Requirements,
    Service,
    Target,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.requirements import parse_service

FORM_OF = {"docker": "docker_container", "lxd": "lxd_container", "proxmox": "proxmox_vm"}
ISOLATION = {"docker": "process", "lxd": "user_namespace", "proxmox": "machine"}
TEMPLATE = {
    "name": "debian-12-cloud",
    "boot": "order=scsi0",
    "scsi0": "local-lvm:base-900-disk-0,size=8G",
    "ide2": "local-lvm:vm-900-cloudinit,media=cdrom",
    "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0",
    "agent": "1",
    "tags": "debian-12",
}
IMAGES = {
    "docker": Image(id="sha256:1", names=("web:1",)),
    "lxd": Image(id="f" * 64, names=("debian/12",), os="debian", os_version="12", architecture="x86_64"),
    "proxmox": Image(
        id="900",
        names=("debian-12-cloud",),
        os="debian",
        os_version="12",
        disk=8192,
        disk_key="scsi0",
        storage="local-lvm",
        config=TEMPLATE,
    ),
}


def service(name: str = "web", made_as: dict | None = None, **requirements) -> Service:
    """A service of these requirements."""
    return parse_service(name, requirements, made_as or {}, forms=tuple(FORMS))


def facts(kind: str = "docker", **changes) -> Facts:
    """A healthy Debian 12 host with room to spare."""
    base = Facts(
        os_type="linux",
        os_name="Debian GNU/Linux 12",
        architectures=("x86_64",),
        kernel_version="6.1.0-13-amd64",
        kernel_modules=frozenset({"overlay", "br_netfilter"}),
        isolation=ISOLATION[kind],
        cpus=4,
        memory=8192,
        memory_free=4096,
        storages={"default": 100_000},
        swap_limit=True,
        images=(IMAGES[kind],),
    )
    return dataclasses.replace(base, **changes)


def target(kind: str = "docker", name: str | None = None, instances: tuple = (), **changes) -> Target:
    """A target of one node."""
    name = name or {"docker": "dock1", "lxd": "lab", "proxmox": "pve"}[kind]
    node = changes.pop("node", "pve1" if kind == "proxmox" else name)
    permissions = changes.pop("permissions", None)
    return Target(
        name=name,
        kind=kind,
        nodes=(Node(name=node, facts=facts(kind, **changes)),),
        instances=instances,
        next_id=100 if kind == "proxmox" else None,
        permissions=permissions,
    )


def candidate(kind: str = "docker", of: Service | None = None, **changes) -> Candidate:
    """The one candidate of a target, for a Docker container with an image of its own."""
    of = of or service(made_as={"docker_container": {"image": "web:1"}})
    own = {field.name for field in dataclasses.fields(Candidate)} & set(changes) - {"permissions"}
    (made,) = candidates(of, [target(kind, **{key: value for key, value in changes.items() if key not in own})])
    return dataclasses.replace(made, **{key: changes[key] for key in own})


def instance(kind: str = "docker", name: str = "web", **changes) -> Instance:
    """What is there of a service."""
    base = Instance(
        form=FORM_OF[kind],
        name=name,
        id={"docker": "c" * 64, "lxd": name, "proxmox": "100"}[kind],
        node={"docker": "dock1", "lxd": "lab", "proxmox": "pve1"}[kind],
        state="started",
        service=name,
        addresses=("10.0.0.2",),
    )
    return dataclasses.replace(base, **changes)


def planned(kind: str, *there: Instance, state: str = "started", options: dict | None = None, **needs) -> Plan:
    """The plan of a service in one form, from what is there."""
    form = FORMS[FORM_OF[kind]]
    of = service(made_as={form.name: options or {}}, **needs)
    place = target(kind, instances=tuple(there))
    (one,) = candidates(of, [place])
    one = dataclasses.replace(one, grants=tuple(grant for grant in grants(of.requirements, one) if grant.why))
    return form.plan(of, one, place, present(of, place), state)


def needed(requirements: Requirements, candidate: Candidate) -> tuple[Grant, ...]:
    """What the needs and the image take in a form, whether the user wrote it or not."""
    return each_once((*candidate.form.image_grants(candidate), *need_grants(requirements, candidate)))


COLUMNS = ("rule", "kind", "needs", "changes", "when", "reason", "remedy")
"""What a row of a table of rules has; ``rule_says`` makes its last three."""


def case(rule: str, kind: str, needs: dict, changes: dict, when: str | None, reason: str | None, id: str, remedy=None):
    """A row of a table of rules: what it says of these needs on a candidate with these changes."""
    return pytest.param(rule, kind, needs, changes, when, reason, remedy, id=f"{rule}: {id}")


def holds(rule: str, kind: str, needs: dict, changes: dict, id: str):
    """A row for where the rule holds."""
    return case(rule, kind, needs, changes, None, None, id)


def rule_says(rule: str, kind: str, needs: dict, changes: dict) -> tuple[str | None, str | None, str | None]:
    """What a rule says: (when, reason, remedy), all None where it holds."""
    of = service(made_as={"docker_container": {"image": "web:1"}}, **needs)
    judged = with_grants(of.requirements, candidate(kind, of, **changes))
    failure = getattr(constraints, rule)(of.requirements, judged)
    remedy = failure and failure.remedy and str(failure.remedy)
    return (failure.when, failure.reason, remedy) if failure else (None, None, None)


def declare(fact: str) -> str:
    """The remedy for what nobody knows."""
    return f"declare '{fact}' in the target's rightscope_facts"
