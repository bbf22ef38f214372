# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
How long it takes to judge 1,000 candidates with all reasons, beside a loop that calls as many empty functions.

On one core, the best of many rounds, because the rest of a machine only ever adds.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable, Iterable

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.constraints import CONSTRAINTS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import decide, judging
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.scorers import SCORERS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import (
    Candidate,
    Facts,
    Image,
    Node,
    Service,
    Target,
    Verdict,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.requirements import parse_service

COUNT = 1000
ROUNDS = 30

_IMAGES = {
    "docker": Image(id="sha256:1", names=("search:1",)),
    "lxd": Image(id="f" * 64, names=("debian/12",), os="debian", os_version="12"),
    "proxmox": Image(id="900", names=("debian-12",), os="debian", os_version="12", disk=8192, storage="local-lvm"),
}
_FACTS = Facts(
    os_type="linux",
    engine_version="26.1.0",
    architectures=("x86_64",),
    cpu_flags=frozenset(["sse2", "ssse3", "sse4_1", "sse4_2", "popcnt", "cx16", "lahf_lm", "avx", "avx2", "aes"]),
    kernel_version="6.1.0-13-amd64",
    kernel_modules=frozenset(("overlay", "br_netfilter")),
    kernel_sysctls={"vm.max_map_count": "65530", "fs.file-max": "1000000"},
    cgroup_version=2,
    devices=frozenset(("/dev/net/tun", "/dev/fuse")),
    isolation="process",
    cpus=8,
    memory=32768,
    memory_free=20000,
    storages={"default": 200_000, "local-lvm": 200_000},
    ports_taken=frozenset(("80/tcp",)),
)


def _service(**needs) -> Service:
    made_as = {
        "docker_container": {"image": "search:1"},
        "lxd_container": {"source": {"alias": "debian/12"}},
        "proxmox_vm": {"clone": "debian-12"},
    }
    return parse_service("search", needs, made_as, forms=tuple(FORMS))


SERVICES = {
    "a plain service that fits nearly everywhere": _service(cpus=2, memory="2 GiB"),
    "one with a few needs that a third fails": _service(
        cpus=2,
        memory="4 GiB",
        disk="20 GiB",
        kernel={"version": ">=5.15", "sysctls": {"vm.max_map_count": 262144}},
        ports=["9200:9200"],
    ),
    "a demanding one that fits nearly nowhere": _service(
        os_family="debian",
        processes=3,
        init=True,
        kernel={
            "version": ">=6.6",
            "modules": ["nbd", "drbd"],
            "sysctls": {"vm.max_map_count": 262144, "net.core.somaxconn": 4096},
            "features": ["tun", "io_uring"],
        },
        isolation="machine",
        cpus=16,
        memory="64 GiB",
        disk="500 GiB",
        snapshots=True,
        ports=["80:80"],
    ),
}


def _targets() -> list[Target]:
    kinds = ("docker", "lxd", "proxmox")
    return [
        Target(
            name=f"t{number}",
            kind=kinds[number % 3],
            nodes=(Node(name=f"t{number}", facts=dataclasses.replace(_FACTS, images=(_IMAGES[kinds[number % 3]],))),),
        )
        for number in range(COUNT)
    ]


def _best(work: Callable[[], object]) -> float:
    """The shortest of many rounds, in milliseconds."""
    times = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return 1000 * min(times)


def _empty(_requirements: object, _candidate: object) -> None:
    return None


def _plain_loop() -> None:
    """As many calls as judging makes, of a function that does nothing."""
    calls = len(CONSTRAINTS) + len(SCORERS)
    for _candidate in range(COUNT):
        for _rule in range(calls):
            _empty(None, None)


def _judge(service: Service, found: Iterable[Candidate]) -> list[Verdict]:
    return list(map(judging(service), found))


def main() -> None:
    targets = _targets()
    plain = _best(_plain_loop)
    print(f"{COUNT} candidates, {len(CONSTRAINTS)} rules, {len(SCORERS)} preferences; best of {ROUNDS} rounds")
    print(f"{'a loop of empty functions':<50} {plain:6.1f} ms")
    for title, service in SERVICES.items():
        found = candidates(service, targets)
        for what, work in (
            ("judge", functools.partial(_judge, service, found)),
            ("find candidates", functools.partial(candidates, service, targets)),
            ("decide, whole", functools.partial(decide, service, found)),
        ):
            took = _best(work)
            print(f"{title + ': ' + what:<50} {took:6.1f} ms, {took / plain:4.1f} times the plain loop")
