# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/tables.md: all that the rules know of privileges, kernels, systems, processors and engines, with its sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge import (
    distributions,
    docker_options,
    features,
    host_paths,
    lxd_projects,
    modules,
    privileges,
    processors,
    runtimes,
    storages,
    sysctls,
    systems,
    windows,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import PRIVILEGES

from .markdown import anchor, docstring, head, table, text
from .permissions import PERMISSIONS, permissions
from .permissions import sources as sources_of_permissions

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tables.md"

GRANTS = "Grants, and how far they go"
MOUNTS = "What a mount grants"
DOCKER_OPTIONS = "Options of a Docker container"
RUNTIMES = "Runtimes"
FEATURES = "Features of the kernel"
SETTINGS = "Settings of the kernel"
KERNELS = "Kernels of releases"
SYSTEMS = "Systems and their families"
RELEASES = "Releases inside containers"
PROCESSORS = "Processors"
WINDOWS = "Windows containers"
STORAGES = "Storages of Proxmox VE"
PROJECTS = "Projects of LXD and Incus"

_RUNTIMES = {runtimes.DOCKER: "Docker", runtimes.LXC: "LXC", runtimes.QEMU: "VM"}

_INTRODUCTION = """
What the rules of [decision.md](decision.md) look up. Each row has its source: below each table stand those of all its
rows.
"""


def page() -> str:
    """The whole page."""
    contents = "".join(f"- [{title}](#{anchor(title)})\n" for title in _SECTIONS)
    sections = (f"## {title}\n\n{section()}" for title, section in _SECTIONS.items())
    return "\n".join((head("Tables"), text(_INTRODUCTION), contents, *sections)).rstrip("\n") + "\n"


def _sources(*texts: str) -> str:
    """The sources of a section, each once."""
    return "\n".join(("Sources:", "", *(f"- {source}" for source in dict.fromkeys(texts)), ""))


def _of(rows: Iterable) -> list[str]:
    return [row.source for row in rows]


# --- privileges -----------------------------------------------------------------------------------


def _runtimes() -> str:
    rows = [
        (runtime.title, ", ".join(f"`{form.name}`" for form in FORMS.values() if form.runtime == runtime), kernel)
        for runtime in runtimes.RUNTIMES.values()
        for kernel in ("its own" if runtime.own_kernel else "the host's",)
    ]
    about = "Features, settings and capabilities of a kernel are known of what runs a form, whoever drives it."
    sources = _sources(*_of(runtimes.RUNTIMES.values()))
    return "\n".join((text(about), table(("runtime", "forms", "kernel"), rows), sources))


def _grants() -> str:
    capabilities = [
        (
            f"`{row.name}`",
            "given anyway" if row.default else row.level,
            "its own" if row.owned else "as a privileged one" if runtimes.LXC not in row.refused_by else "never",
            row.means,
        )
        for row in privileges.CAPABILITIES.values()
    ]
    others = [
        (f"`{row.name}`", row.level, "its own" if row.owned else "") for row in privileges.OTHER_PRIVILEGES.values()
    ]
    about = (
        f"`max_privilege` is the limit of all that a form is granted: {', '.join(f'`{name}`' for name in PRIVILEGES)}. "
        "Each level includes those before it, and `capabilities` is the default. The second column is the level that "
        "a grant takes in Docker. The third says how an LXC container has it: as its own, in its user namespace; only "
        "as a privileged container; or never."
    )
    return "\n".join(
        (
            text(about),
            table(("capability", "Docker", "LXC", "it is to"), capabilities),
            table(("other privilege", "Docker", "LXC"), others),
            _sources(*_of(privileges.CAPABILITIES.values()), *_of(privileges.OTHER_PRIVILEGES.values())),
        )
    )


_GIVES = {
    host_paths.SOCKET: "an engine's socket, or one of what starts programs as root",
    host_paths.DATA: "the files of all that an engine runs",
    host_paths.SECRET: "secrets",
    host_paths.WRITTEN: "what root runs, or what says who is root",
}


def _mounts() -> str:
    groups: dict[tuple[str, str, str, bool], list[str]] = {}
    for row in host_paths.HOST_PATHS:
        groups.setdefault((row.gives, row.write, row.read, row.inside), []).append(f"`{row.path}`")
    rows = [
        (" ".join(paths), _GIVES[gives], write, "nothing" if read == PRIVILEGES[0] else read, "too" if inside else "no")
        for (gives, write, read, inside), paths in groups.items()
    ]
    about = """
A mounted path of the host is judged by what lies below it and above it: a directory that holds one of these paths gives
the same as the path itself, and a socket can be used through a read-only mount too. The target's own sockets and its
data root (fact `engine_paths`) count as well, wherever they are.

Links are followed where the host's files can be seen (fact `paths`). So are volumes that stand for a directory (fact
`volumes`, and the options of a volume's driver). A path that no row knows and that is above none, such as `/srv/data`,
gives nothing.
"""
    columns = ("path of the host", "it is", "writable", "read-only", "what is below it")
    devices = " ".join(f"`{path}`" for path in host_paths.DEVICES_OF_ALL)
    rest = f"A device takes `capabilities`, and `privileged` where it reaches everything on the host: {devices}."
    return "\n".join((text(about), table(columns, rows), text(rest), _sources(*_of(host_paths.HOST_PATHS))))


# --- engines --------------------------------------------------------------------------------------


def _docker_options() -> str:
    exclusions = [
        (_option(row.option, row.value), _option(row.other, row.other_value), row.because)
        for row in docker_options.EXCLUSIONS
    ]
    newer = [(_option(row.option, row.value), row.api) for row in docker_options.API_VERSIONS]
    limits = [(f"`{option}`", f"`{limit}`") for option, limit in docker_options.LIMITS.items()]
    return "\n".join(
        (
            "Which of them exclude each other:\n",
            table(("option", "and", "because"), exclusions),
            "Which version of the engine's API brought an option (fact `api_version`):\n",
            table(("option", "API"), newer),
            "What the engine must be able to limit for an option (fact `limits`), or it would leave the option out:\n",
            table(("option", "limit"), limits),
            _sources(*_of(docker_options.EXCLUSIONS), *_of(docker_options.API_VERSIONS)),
        )
    )


def _option(name: str, value: str) -> str:
    return f"`{name}`" if value == "*" else f"`{name}: {value}`"


def _storages() -> str:
    rows = [(f"`{row.type}`", "yes" if row.snapshots else "no") for row in storages.STORAGES.values()]
    return "\n".join((table(("type", "snapshots of a VM"), rows), _sources(*_of(storages.STORAGES.values()))))


def _projects() -> str:
    summed = [
        (f"`{key}`", f"the {row.noun} of all its instances", row.give) for key, row in lxd_projects.SUMMED.items()
    ]
    counted = [(f"`{key}`", f"how many {what} it has", "") for key, what in lxd_projects.COUNTED.items()]
    restrictions = [(f"`{key}`", f"`{value}`") for key, value in lxd_projects.RESTRICTIONS.items()]
    return "\n".join(
        (
            "Limits of a project. Where it limits a sum, each of its instances must have a limit of its own:\n",
            table(("limit", "of", "how an instance comes by its own"), [*summed, *counted]),
            "What a restricted project forbids, and the value that holds where the project does not set it:\n",
            table(("restriction", "if not set"), restrictions),
            _sources(*re.findall(r"https://\S+(?=[,.](?:\s|$))", lxd_projects.__doc__)),
        )
    )


def _permissions() -> str:
    return "\n".join((permissions(), _sources(*sources_of_permissions())))


# --- kernels --------------------------------------------------------------------------------------


def _features() -> str:
    rows = [
        (f"`{row.feature}`", _RUNTIMES[row.runtime], _takes(row), row.reason)
        for row in features.FEATURES
        # Of a machine there is only to say what its own kernel must have.
        if row.runtime != runtimes.QEMU or row.conditions
    ]
    about = (
        "What each of `kernel.features` takes. A machine has them all in its own kernel, unless a row says otherwise."
    )
    columns = ("feature", "form", "takes", "because")
    return "\n".join((text(about), table(columns, rows), _sources(*_of(features.FEATURES))))


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
            "yes" if row.is_set_by(runtimes.DOCKER) else "no",
            "yes" if row.is_set_by(runtimes.LXC) else "no",
            str(row.kernel or ""),
        )
        for row in sysctls.SYSCTLS
    ]
    about = (
        "The first row that matches a name holds. A setting that an engine cannot set for one container must have its "
        "value on the host."
    )
    columns = ("sysctl", "namespace", "Docker sets it", "LXC sets it", "on kernels")
    return "\n".join((text(about), table(columns, rows), _sources(*_of(sysctls.SYSCTLS))))


def _kernels() -> str:
    kernels = [
        (f"{name} {version}", kernel) for (name, version), (kernel, _source) in distributions.DEFAULT_KERNELS.items()
    ]
    built_in = [(f"`{row.module}`", f"`{row.release}`") for row in modules.BUILT_IN]
    sources = (source for _kernel, source in distributions.DEFAULT_KERNELS.values())
    return "\n".join(
        (
            "Which kernel a template of a release boots, where discovery does not know better:\n",
            table(("system", "kernel"), kernels),
            "Modules that are built into the kernels whose release (`uname -r`) has this in it:\n",
            table(("module", "in"), built_in),
            _sources(*sources, *_of(modules.BUILT_IN)),
        )
    )


# --- systems and processors -----------------------------------------------------------------------


def _systems() -> str:
    rows = [(f"`{row.name}`", f"`{row.family}`", row.kernel) for row in distributions.OPERATING_SYSTEMS.values()]
    about = (
        "`os_family` names a system, its family, `linux` for any system with a Linux kernel, or `any`. A family is met "
        "by each of its systems."
    )
    sources = _sources(*_of(distributions.OPERATING_SYSTEMS.values()))
    return "\n".join((text(about), table(("system", "family", "kernel"), rows), sources))


def _releases() -> str:
    bounds = [(f"`{row.systemd}`", _bound(row), row.reason) for row in systems.INIT_BOUNDS]
    calls = [
        (f"{row.system} {row.version}", f"{row.runtime.title} {row.engine}", row.reason) for row in systems.SYSCALLS
    ]
    releases = [(f"{row.system} {row.version}", row.systemd) for row in systems.SYSTEMD]
    return "\n".join(
        (
            "What an init needs of the host:\n",
            table(("systemd", "needs", "because it"), bounds),
            "Which systemd a release has:\n",
            table(("system", "systemd"), releases),
            "What a C library needs of Docker:\n",
            table(("system", "needs", "because"), calls),
            _sources(*_of(systems.INIT_BOUNDS), *_of(systems.SYSTEMD), *_of(systems.SYSCALLS)),
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
            "What each level adds to the one before it, by the names of `/proc/cpuinfo`:\n",
            table(("level", "flags"), levels),
            "What a release is built for:\n",
            table(("system", "level"), baselines),
            "What the CPU models of a VM show; `host` and `max` show the physical processor:\n",
            table(("model", "level", "and"), models),
            _sources(*_of(processors.LEVEL_FLAGS), *_of(processors.BASELINES), *_of(processors.MODELS.values())),
        )
    )


def _windows() -> str:
    rows = [(" ".join(row.names), str(row.build)) for row in windows.BUILDS]
    about = text(docstring(windows.runs_on))
    return "\n".join((about, table(("release", "build"), rows), _sources(*_of(windows.BUILDS))))


_SECTIONS: dict[str, Callable[[], str]] = {
    RUNTIMES: _runtimes,
    GRANTS: _grants,
    MOUNTS: _mounts,
    FEATURES: _features,
    SETTINGS: _settings,
    KERNELS: _kernels,
    SYSTEMS: _systems,
    RELEASES: _releases,
    WINDOWS: _windows,
    PROCESSORS: _processors,
    DOCKER_OPTIONS: _docker_options,
    PROJECTS: _projects,
    STORAGES: _storages,
    PERMISSIONS: _permissions,
}
