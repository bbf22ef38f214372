# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/decision.md: how the choice is made, every rule, every preference, and all that the tables know."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision import constraints as rules
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision import scorers
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge import (
    distributions,
    docker_options,
    features,
    host_paths,
    modules,
    privileges,
    processors,
    storages,
    sysctls,
    systems,
    windows,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import PRIVILEGES

from .markdown import head, table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "decision.md"
_FORMS = {"docker_container": "Docker", "lxd_container": "LXC", "proxmox_vm": "VM"}


_INTRODUCTION = """
Every target's every node offers one candidate for each form it can make. Every candidate is judged by every rule below,
so you get all reasons at once and never the first one only. Then:

1. A candidate fits when no rule fails. A rule fails as `never` (the candidate is of the wrong sort), `not_now` (it
would fit after a change of its present state) or `unknown` (nobody knows: unknown is not yes). `unknown: accept` lets
the last pass, with a warning.

2. The narrowest scope that fits wins: a Docker container (one application) before an LXC container (an instance of
Linux) before a virtual machine (a whole computer).

3. Within a scope fewer grants win, then the higher score, then the order in which the targets are declared.

4. A service that has a place keeps it while it still fits there. Nothing depends on chance.

A kernel version, module, setting or feature is judged against the kernel that the service would run on: the host's own
for a container, the guest's for a virtual machine. An optional need (`optional: true`) is a wish: it counts in the
score, rejects nothing, and is worth a device or a single capability at most.

For the form that is chosen the explanation ends with its proof: for each need that had a part in it one line.

What a service can need is in [requirements.md](requirements.md), what is known of a target in [facts.md](facts.md), and
what becomes of a need in the form that is chosen in [forms.md](forms.md).
"""


def page() -> str:
    """The whole page."""
    parts = [
        head("How the decision is made"),
        _text(*_INTRODUCTION.strip().split("\n\n")),
        _rules(),
        _preferences(),
        _grants(),
        _host_paths(),
        _docker_options(),
        _features(),
        _settings(),
        _systems(),
        _processors(),
        _windows(),
        _storages(),
        _sources(),
    ]
    return "\n".join(parts)


# --- rules and preferences ------------------------------------------------------------------------


def _rules() -> str:
    lines = [
        "## The rules",
        "",
        "In the order in which their failures are told; the name is what stands in brackets.",
        "",
    ]
    for rule in rules.CONSTRAINTS:
        lines += [f"### `{rule.__name__}`", "", _prose(rule), ""]
    return "\n".join(lines)


def _preferences() -> str:
    rows = []
    for scorer in scorers.SCORERS:
        weight = scorers.DEFAULT_WEIGHTS.get(scorer.__name__, 1)
        rows.append((f"`{scorer.__name__}`", str(weight), _first_line(scorer)))
    text = (
        "Among candidates of the same scope with as many grants, the weighted mean of these decides. Each is absolute, "
        "0 to 100; the weight is yours to set with `weights`."
    )
    return "\n".join(("## The preferences", "", _text(text), table(("preference", "weight", "what it measures"), rows)))


def _prose(function: Callable) -> str:
    """A docstring as Markdown, with single backquotes."""
    return _text(*inspect.getdoc(function).replace("``", "`").split("\n\n")).rstrip("\n")


def _text(*paragraphs: str) -> str:
    """Paragraphs and entries of a numbered list, filled, with an empty line after each but between entries."""
    lines = []
    for paragraph in paragraphs:
        entry = paragraph[:1].isdigit()
        text = textwrap.fill(
            " ".join(paragraph.split()), 120, subsequent_indent="   " if entry else "", break_on_hyphens=False
        )
        if lines and entry and lines[-1] == "" and lines[-2][:1].isdigit():
            lines.pop()
        lines += [text, ""]
    return "\n".join(lines)


def _first_line(function: Callable) -> str:
    return inspect.getdoc(function).replace("``", "`").split("\n", 1)[0]


# --- what the tables know -------------------------------------------------------------------------


def _grants() -> str:
    capabilities = [
        (
            f"`{row.name}`",
            "given anyway" if row.default else row.level,
            "its own" if row.owned else "as a privileged one" if row.lxc else "never",
            row.means,
        )
        for row in privileges.CAPABILITIES.values()
    ]
    others = [
        (f"`{row.name}`", row.level, "its own" if row.owned else "") for row in privileges.OTHER_PRIVILEGES.values()
    ]
    text = (
        f"`max_privilege` bounds all that a form is granted: {', '.join(f'`{name}`' for name in PRIVILEGES)}, each "
        "with those before it. `capabilities` holds where nothing is said. The second column is how far a grant goes "
        "in Docker, the third whether an LXC container has it: of its own in its user namespace, only as a privileged "
        "one, or never."
    )
    return "\n".join(
        (
            "## Grants, and how far they go",
            "",
            _text(text),
            table(("capability", "Docker", "LXC", "it is to"), capabilities),
            table(("other privilege", "Docker", "LXC"), others),
        )
    )


_GIVES = {
    host_paths.SOCKET: "an engine's socket, or one of what starts programs as root",
    host_paths.DATA: "the files of all that an engine runs",
    host_paths.SECRET: "secrets",
    host_paths.WRITTEN: "what root runs, or what says who is root",
}


def _host_paths() -> str:
    groups: dict[tuple[str, str, str, bool], list[str]] = {}
    for row in host_paths.HOST_PATHS:
        groups.setdefault((row.gives, row.write, row.read, row.inside), []).append(f"`{row.path}`")
    rows = [
        (" ".join(paths), _GIVES[gives], write, "nothing" if read == PRIVILEGES[0] else read, "too" if inside else "no")
        for (gives, write, read, inside), paths in groups.items()
    ]
    text = (
        "A path of the host that is mounted is judged by what lies below it and above it: a directory that holds one "
        "of these gives the same, and read-only keeps nobody from a socket. The target's own sockets and its data root "
        "(fact `engine_paths`) are among them, wherever they are; links are followed where the host's files can be "
        "seen (fact `paths`), and so are volumes that stand for a directory (fact `volumes`, and the options of a "
        "volume's driver). A path that no row knows, and that is above none, such as `/srv/data`, gives nothing."
    )
    head = ("path of the host", "it is", "writable", "read-only", "what is below it")
    devices = " ".join(f"`{path}`" for path in host_paths.DEVICES_OF_ALL)
    rest = f"A device is `capabilities`, and `privileged` where it reaches everything on the host: {devices}."
    return "\n".join(("## What a mount grants", "", _text(text), table(head, rows), _text(rest)))


def _docker_options() -> str:
    exclusions = [
        (_option(row.option, row.value), _option(row.other, row.other_value), row.because)
        for row in docker_options.EXCLUSIONS
    ]
    newer = [(_option(row.option, row.value), row.api) for row in docker_options.API_VERSIONS]
    limits = [(f"`{option}`", f"`{limit}`") for option, limit in docker_options.LIMITS.items()]
    return "\n".join(
        (
            "## Options of a Docker container",
            "",
            "Which of them exclude each other:",
            "",
            table(("option", "and", "because"), exclusions),
            "Which version of the engine's API brought an option (fact `api_version`):",
            "",
            table(("option", "API"), newer),
            "What the engine must be able to limit for an option (fact `limits`); else it would leave that out:",
            "",
            table(("option", "limit"), limits),
        )
    )


def _option(name: str, value: str) -> str:
    return f"`{name}`" if value == "*" else f"`{name}: {value}`"


def _features() -> str:
    rows = [
        (f"`{row.feature}`", _FORMS[row.form], _takes(row), row.reason)
        for row in features.FEATURES
        # Of a machine there is only to say what its own kernel must have.
        if row.form != features.VM or row.conditions
    ]
    text = (
        "What each of `kernel.features` takes. A machine has them all in its own kernel, unless it says something else "
        "here."
    )
    return "\n".join(
        ("## Features of the kernel", "", _text(text), table(("feature", "form", "takes", "because"), rows))
    )


def _takes(row: features.FeatureRow) -> str:
    if not row.possible:
        return "cannot be had"
    parts = [f"grant {grant} ({grant.level})" for grant in row.grants]
    parts += [_condition(condition) for condition in row.conditions]
    if row.engine:
        parts.append(f"engine {row.engine}")
    return "; ".join(parts) or "nothing"


def _condition(condition: features.Condition) -> str:
    words = {
        "module": "module {} loaded",
        "kernel": "kernel {}",
        "device": "{} on the host",
        "at_least": "{} or more",
        "at_most": "{} or less",
        "cgroup": "cgroup v{}",
        "btf": "type information",
        "nested": "nested virtualisation",
    }
    return words[condition.kind].format(condition.value)


def _settings() -> str:
    rows = [
        (
            f"`{row.pattern}`",
            row.namespace or "none: the host's",
            "yes" if row.docker else "no",
            "yes" if row.lxc else "no",
            str(row.kernel or ""),
        )
        for row in sysctls.SYSCTLS
    ]
    text = (
        "The first row that matches a name holds. What an engine cannot set for one container must have its value on "
        "the host."
    )
    head = ("sysctl", "namespace", "Docker sets it", "LXC sets it", "on kernels")
    return "\n".join(("## Settings of the kernel", "", _text(text), table(head, rows)))


def _systems() -> str:
    bounds = [(f"`{row.systemd}`", _bound(row), row.reason) for row in systems.INIT_BOUNDS]
    runtimes = [(f"{row.system} {row.version}", f"Docker {row.docker}", row.reason) for row in systems.RUNTIMES]
    releases = [(f"{row.system} {row.version}", row.systemd) for row in systems.SYSTEMD]
    kernels = [
        (f"{name} {version}", kernel) for (name, version), (kernel, _source) in distributions.DEFAULT_KERNELS.items()
    ]
    built_in = [(f"`{row.module}`", f"`{row.release}`") for row in modules.BUILT_IN]
    return "\n".join(
        (
            "## Systems inside of containers",
            "",
            "What an init asks of the host:",
            "",
            table(("systemd", "needs", "because it"), bounds),
            "What a C library asks of Docker:",
            "",
            table(("system", "needs", "because"), runtimes),
            "Which systemd a release has:",
            "",
            table(("system", "systemd"), releases),
            "Which kernel a template of a release boots, where discovery does not know better:",
            "",
            table(("system", "kernel"), kernels),
            "Modules that are built into kernels with this in their release:",
            "",
            table(("module", "in"), built_in),
        )
    )


def _bound(row: systems.InitBound) -> str:
    parts = [f"cgroup v{row.cgroup}" if row.cgroup else "", f"kernel {row.kernel}" if row.kernel else ""]
    return ", ".join(filter(None, parts))


def _processors() -> str:
    levels = [(f"`{row.level}`", " ".join(sorted(row.flags))) for row in processors.LEVEL_FLAGS]
    models = [(row.name, row.level, " ".join(sorted(row.flags))) for row in processors.MODELS.values()]
    baselines = [(f"{row.system} {row.version}", f"`{row.level}`") for row in processors.BASELINES]
    return "\n".join(
        (
            "## Processors",
            "",
            "What each level adds to the one before it, by the names of `/proc/cpuinfo`:",
            "",
            table(("level", "flags"), levels),
            "What a release is built for:",
            "",
            table(("system", "level"), baselines),
            "What the CPU models of a VM show; `host` and `max` show the physical processor:",
            "",
            table(("model", "level", "and"), models),
        )
    )


def _windows() -> str:
    rows = [(" ".join(row.names), str(row.build)) for row in windows.BUILDS]
    return "## Windows containers\n\n" + _prose(windows.runs_on) + "\n\n" + table(("release", "build"), rows)


def _storages() -> str:
    rows = [(f"`{row.type}`", "yes" if row.snapshots else "no") for row in storages.STORAGES.values()]
    return "## Storages of Proxmox VE\n\n" + table(("type", "snapshots of a VM"), rows)


# --- sources ------------------------------------------------------------------------------------


def _sources() -> str:
    tables = (
        ("paths of the host", host_paths.HOST_PATHS),
        ("options of Docker that exclude each other", docker_options.EXCLUSIONS),
        ("versions of Docker's API", docker_options.API_VERSIONS),
        ("features", features.FEATURES),
        ("settings", sysctls.SYSCTLS),
        ("capabilities", privileges.CAPABILITIES.values()),
        ("other privileges", privileges.OTHER_PRIVILEGES.values()),
        ("systemd", systems.SYSTEMD),
        ("inits", systems.INIT_BOUNDS),
        ("C libraries", systems.RUNTIMES),
        ("levels", processors.LEVEL_FLAGS),
        ("CPU models", processors.MODELS.values()),
        ("what a release is built for", processors.BASELINES),
        ("Windows", windows.BUILDS),
        ("storages", storages.STORAGES.values()),
        ("modules that are built in", modules.BUILT_IN),
        ("systems", distributions.OPERATING_SYSTEMS.values()),
    )
    lines = ["## Where the tables have it from", ""]
    for name, rows in tables:
        lines.append(f"- {name}:")
        lines += [f"  - {source}" for source in dict.fromkeys(row.source for row in rows)]
    kernels = dict.fromkeys(source for _kernel, source in distributions.DEFAULT_KERNELS.values())
    lines += ["- kernels of releases:", *(f"  - {source}" for source in kernels), ""]
    return "\n".join(lines)
