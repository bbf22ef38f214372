# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/decision.md: the words of a decision, every rule by groups, the order of those that fit, the preferences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision import constraints as rules
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision import scorers

from . import tables
from .markdown import anchor, docstring, head, table, text

PAGE = Path(__file__).resolve().parents[2] / "docs" / "decision.md"

_INTRODUCTION = """
Every node of every target offers one candidate for each form it can make. Every rule on this page judges every
candidate, and the best of those that fit is chosen. You get all reasons at once, never only the first.

What a service can need is in [requirements.md](requirements.md), what is known of a target in [facts.md](facts.md),
and what becomes of a need in the chosen form in [forms.md](forms.md). What the rules know of kernels, systems,
processors and engines is in [tables.md](tables.md).
"""

_WORDS = {
    "candidate": "A node of a target, offering one form: `pve/pve1` as a Proxmox VM.",
    "rule": """
        Judges one need, or one condition of the place. Its name stands in brackets behind each reason: look it up
        below.""",
    "failure": """
        A rule that does not hold, with its reason and, where there is one, what would help. `never`: the candidate is
        of the wrong kind. `unknown`: a fact is missing, and unknown is not yes. Without such a word the candidate would
        fit after a change of its present state.""",
    "grant": """
        A privilege that a form must be given for a need: a capability, a device, nesting, the host's root.
        `max_privilege` is the limit.""",
    "wish": """
        A need with `optional: true`. It counts in the score and rejects nothing. It is worth a device or a single
        capability at most.""",
    "score": """
        0 to 100, the weighted mean of the [preferences](#the-preferences). An explanation names those below 100.""",
    "proof": 'The last lines of an explanation ("Why a Proxmox VM"): each need that ruled out a narrower form.',
}

_ORDER = """
1. A candidate fits when no rule fails. `unknown: accept` lets failures that are `unknown` pass, with a warning.

2. The narrowest scope wins: a Docker container (one application) before an LXC container (an instance of Linux) before
a virtual machine (a whole computer).

3. Within a scope fewer grants win, then the higher score, then the order of the targets in the inventory.

4. A service that has a place keeps it while it still fits there.

Nothing depends on chance: the same facts and needs give the same decision.
"""

_PREFERENCES = """
Among candidates of the same scope with as many grants, the weighted mean of these decides. Each is absolute, 0 to 100:
another target changes no score. The weights are yours to set: `weights: {packing: 1, headroom: 0, preferred_labels: 3}`
packs instead of spreading, and prefers the target that has the optional labels.
"""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rules that belong together, in the order of ``CONSTRAINTS``."""

    title: str
    about: str
    rules: tuple[str, ...]


GROUPS = (
    Group(
        title="Whether it can be asked and is allowed",
        about="A target that does not answer is judged by these alone.",
        rules=("reachable", "labels", "forms"),
    ),
    Group(
        title="What it is",
        about="The system, its processor, and how many processes it has.",
        rules=("os", "architecture", "cpu_level", "cpu_features", "processes", "init", "systemd", "runtime"),
    ),
    Group(
        title="Its kernel",
        about="The kernel that the service would run on: the host's own for a container, the guest's for a VM.",
        rules=(
            *("kernel_own", "kernel_version", "kernel_flavour", "kernel_modules", "kernel_sysctls"),
            *("kernel_parameters", "kernel_features"),
        ),
    ),
    Group(
        title="What it may do, and what keeps it apart",
        about="The plan grants what the needs take, as far as `max_privilege` allows.",
        rules=(
            *("privileges", "devices", "host_view", "host_network", "max_privilege", "options", "authorization"),
            "isolation",
        ),
    ),
    Group(
        title="What it has",
        about="Sizes, network, platform, and what the target's own project allows.",
        rules=(
            *("cpus", "memory", "disk", "shm", "address", "nics", "ports", "snapshots", "live_migration"),
            *("project_limits", "project_restrictions"),
        ),
    ),
    Group(title="What its options name", about="", rules=("references",)),
    Group(
        title="What it is made from",
        about="The image or template, the right to use it, and what is there already.",
        rules=("image", "os_version", "image_requirements", "permissions", "content", "name_taken"),
    ),
)

TABLES_OF_RULES: dict[str, tuple[str, ...]] = {
    "os": (tables.SYSTEMS, tables.WINDOWS),
    "cpu_level": (tables.PROCESSORS,),
    "cpu_features": (tables.PROCESSORS,),
    "systemd": (tables.RELEASES,),
    "runtime": (tables.RELEASES,),
    "kernel_own": (tables.RUNTIMES,),
    "kernel_version": (tables.KERNELS,),
    "kernel_modules": (tables.KERNELS,),
    "kernel_sysctls": (tables.SETTINGS,),
    "kernel_features": (tables.FEATURES,),
    "privileges": (tables.GRANTS,),
    "devices": (tables.MOUNTS,),
    "max_privilege": (tables.GRANTS, tables.MOUNTS),
    "options": (tables.DOCKER_OPTIONS,),
    "snapshots": (tables.STORAGES,),
    "project_limits": (tables.PROJECTS,),
    "project_restrictions": (tables.PROJECTS,),
    "os_version": (tables.SYSTEMS,),
    "permissions": (tables.PERMISSIONS,),
}
"""Which tables a rule reads, by their titles on docs/tables.md."""


def page() -> str:
    """The whole page."""
    parts = (
        head("How the decision is made"),
        text(_INTRODUCTION),
        "## The words\n",
        table(("word", "meaning"), ((word, " ".join(meaning.split())) for word, meaning in _WORDS.items())),
        "## The rules\n",
        "In the order in which an explanation lists their failures.\n",
        *(_group(group) for group in GROUPS),
        "## The order of those that fit\n",
        text(_ORDER),
        "## The preferences\n",
        text(_PREFERENCES),
        _preferences(),
    )
    return "\n".join(parts).rstrip("\n") + "\n"


def _group(group: Group) -> str:
    by_name = {rule.__name__: rule for rule in rules.CONSTRAINTS}
    about = [f"{group.about}\n"] if group.about else []
    return "\n".join((f"### {group.title}\n", *about, *(_rule(by_name[name]) for name in group.rules)))


def _rule(rule: Callable) -> str:
    links = [f"[{title}](tables.md#{anchor(title)})" for title in TABLES_OF_RULES.get(rule.__name__, ())]
    tail = f" Table{'s' if len(links) > 1 else ''}: {', '.join(links)}." if links else ""
    return "\n".join((f"#### `{rule.__name__}`\n", text(docstring(rule) + tail)))


def _preferences() -> str:
    rows = []
    for scorer in scorers.SCORERS:
        weight = scorers.DEFAULT_WEIGHTS.get(scorer.__name__, 1)
        rows.append((f"`{scorer.__name__}`", str(weight), docstring(scorer).split("\n", 1)[0]))
    return table(("preference", "weight", "what it measures"), rows)
