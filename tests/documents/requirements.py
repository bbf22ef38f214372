# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/requirements.md: every need with its type, default, meaning, unit, an example, and the rules that judge it."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from ansible_collections.rightscope.deploy.plugins.doc_fragments.decision import ModuleDocFragment
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.grants import need_grants
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.distributions import (
    ARCHITECTURES,
    known_os_names,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.features import known_features
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.privileges import OTHER_PRIVILEGES
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Requirements
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.needs import NEEDS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading import requirements as _requirements
from tests.unit.core import builders

from .markdown import head, prose, table, text

PAGE = Path(__file__).resolve().parents[2] / "docs" / "requirements.md"

_INTRODUCTION = """
What a service needs stands below `requirements` of `rightscope.deploy.service` and `service_info`. A need that is left
out, or null, constrains nothing; only `os_family` (`linux`) and `processes` (1) count in any case. An unknown key is an
error, and so are needs that contradict each other. All errors are reported at once, before any target is asked.

A need is a minimum: the place must have that much. Where the form can limit it, it is also the limit that is set.
Which option a need becomes in which form is in [forms.md](forms.md), what each rule says in [decision.md](decision.md).

A single value may stand for a list of one. An entry of a list is a plain value, or a mapping with the keys that are
named here.
"""

_UNITS = """
A size is a number with a unit: `KiB`, `MiB`, `GiB`, `TiB`, or one letter for them (`4G`), or the decimal `KB`, `MB`,
`GB`, `TB`; `B` is a byte. It is rounded up to whole MiB. A plain number is in MiB for `memory` and `shm`, in GiB for
`disk`.

A range of versions is one or several comparisons with `>=`, `<=`, `>`, `<`, `==` or `!=`, joined by commas. All of
them must hold. `6.1` alone and `==6.1` mean any 6.1.x. Quote versions: YAML reads 6.10 as 6.1.
"""

_WISHES = """
An entry with `optional: true` is a wish: it counts in the score and rejects nothing. What it is granted is a device or
a single capability at most. The values of `labels` and `kernel.sysctls` become wishes with the keys `value` and
`optional`. A size or another single value cannot be a wish.
"""

_WISHED = """\
<!-- test: requirements -->
```yaml
requirements:
  labels: {tier: gold, zone: {value: fra1, optional: true}}
  cpu_features: [aes, {name: avx, optional: true}]
  devices: [{path: /dev/fuse, optional: true}]
  ports: [{port: 80, host: 80, optional: true}]
  kernel:
    features: [{name: tun, optional: true}]
    sysctls: {vm.swappiness: {value: 10, optional: true}}
```

How much wishes count is set by [`weights`](decision.md#the-preferences).
"""

_RULES = """
A need is judged by the rules that it names. `max_privilege` is among them where one of the forms must be granted
something for the need. Two rules judge every need: [`options`](decision.md#options), whether an option under `as` takes
back what the need asks for, and [`image`](decision.md#image), whether there is something to make the service from.
"""

_GROUPS = {
    "The system": ("os_family", "os_version", "architecture", "processes", "init"),
    "The processor": ("cpu_level", "cpu_features"),
    "The kernel": tuple(need.key for need in NEEDS if need.key.startswith("kernel.")),
    "What it may do, and what keeps it apart": (
        *("privileges", "devices", "host_view", "host_network", "isolation", "max_privilege"),
    ),
    "Sizes": ("cpus", "memory", "disk", "shm"),
    "The network": ("address", "nics", "ports"),
    "The platform and the place": ("snapshots", "live_migration", "labels", "forms"),
}

_SIZES = {"memory": "MiB", "shm": "MiB", "disk": "GiB"}
_COUNTED = {"cpus": "processors; parts of one are possible, 0.01 at least", "nics": "network interfaces"}

EXAMPLES = {
    "os_family": "os_family: debian",
    "os_version": 'os_version: "12"',
    "architecture": "architecture: [x86_64, aarch64]",
    "processes": """\
processes:
  - {name: app, image: "registry.example.com/shop:3", command: [serve, --port, "8000"]}
  - {name: cache, image: "valkey/valkey:8"}""",
    "init": "init: {supervised: true}",
    "cpu_level": "cpu_level: x86-64-v3",
    "cpu_features": "cpu_features: [aes, {name: avx, optional: true}]",
    "kernel.version": 'version: ">=5.15,<6.12"',
    "kernel.own": "own: true",
    "kernel.flavour": "flavour: preempt-rt",
    "kernel.modules": """\
modules:
  - overlay
  - {name: zfs, version: ">=2.1"}
  - {name: kvm_intel, parameters: {nested: true}, optional: true}""",
    "kernel.sysctls": """\
sysctls:
  vm.max_map_count: 262144                           # at least
  net.ipv4.ip_forward: "==1"                         # exactly
  vm.swappiness: {value: "==10", optional: true}     # if it can be had""",
    "kernel.parameters": "parameters: [intel_iommu=on]",
    "kernel.features": "features: [fuse, {name: io_uring, optional: true}]",
    "privileges": "privileges: [NET_ADMIN]",
    "devices": """\
devices:
  - /dev/net/tun
  - {pci: "0000:01:00.0"}
  - {usb: "1a6e:089a", optional: true}
  - {gpu: 1}""",
    "host_view": "host_view: true",
    "host_network": "host_network: true",
    "isolation": "isolation: user_namespace",
    "max_privilege": "max_privilege: nesting",
    "cpus": "cpus: 0.5",
    "memory": "memory: 512 MiB",
    "disk": "disk: 20 GiB",
    "shm": "shm: 256 MiB",
    "address": "address: own",
    "nics": "nics: 2",
    "ports": """\
ports:
  - 53/udp                                           # published at a port that the engine picks
  - "8080:80"                                        # published at the host's 8080
  - {port: 443, host: 8443, optional: true}          # if the host's 8443 is free""",
    "snapshots": "snapshots: true",
    "live_migration": "live_migration: true",
    "labels": "labels: {zone: fra1, tier: {value: gold, optional: true}}",
    "forms": "forms: [lxd_container, proxmox_vm]",
}
"""A need each, as a user writes it. A test reads them all."""

_MORE = {
    "os_family": lambda: (
        f"Known are {_codes(known_os_names())}. A family is met by each of its systems: `debian` by Ubuntu."
    ),
    "architecture": lambda: (
        f"Known are {_codes(sorted(set(ARCHITECTURES.values())))}; "
        + ", ".join(f"`{name}` is `{means}`" for name, means in ARCHITECTURES.items() if name != means)
        + ". Any one of several will do."
    ),
    "processes": lambda: (
        "`command` is a text or a list. A port belongs to a process by its `process`, else to the first."
    ),
    "kernel.sysctls": lambda: (
        "`net/ipv4/ip_forward` is `net.ipv4.ip_forward`. Which of them a container can have for itself is in "
        "[tables.md](tables.md#settings-of-the-kernel)."
    ),
    "kernel.features": lambda: (
        f"Known are {_codes(known_features())}. What each takes in which form is in "
        "[tables.md](tables.md#features-of-the-kernel)."
    ),
    "privileges": lambda: (
        f"Known are the kernel's capabilities, with or without `CAP_`, and {_codes(OTHER_PRIVILEGES)}. How far each "
        "goes is in [tables.md](tables.md#grants-and-how-far-they-go)."
    ),
    "devices": lambda: (
        "A PCI device is named by its address or by `vendor:device`, a USB device by `vendor:product` or by its bus "
        "and port, `gpu` is how many."
    ),
    "ports": lambda: "As a text: `[HOST:]PORT[/PROTOCOL]`; the protocol is `tcp`, `udp` or `sctp`.",
}


def page() -> str:
    """The whole page."""
    return (
        "\n".join(
            (
                head("Requirements"),
                text(_INTRODUCTION),
                "## Sizes and versions\n",
                text(_UNITS),
                "## Wishes\n",
                text(_WISHES),
                _WISHED,
                "## All of them\n",
                text(_RULES),
                _overview(),
                *_sections(),
            )
        ).rstrip("\n")
        + "\n"
    )


def documented() -> dict[str, Mapping[str, t.Any]]:
    """What the documentation says of each need, by its path."""
    needs = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]["requirements"]["suboptions"]
    kernel = needs.pop("kernel")["suboptions"]
    return {**needs, **{f"kernel.{name}": option for name, option in kernel.items()}}


def example(path: str) -> dict[str, t.Any]:
    """The requirements in which the need alone is given."""
    return yaml.safe_load(written(path))["requirements"]


def written(path: str) -> str:
    """The same, as a user writes it."""
    lines = EXAMPLES[path].splitlines()
    if "." in path:
        lines = ["kernel:", *(f"  {line}" for line in lines)]
    return "\n".join(["requirements:", *(f"  {line}" for line in lines)])


def _overview() -> str:
    options = documented()
    rows = [
        (
            f"[`{path}`](#{_anchor(path)})",
            _type(path, options[path]).partition(" with ")[0],
            _default(options[path]),
            _first(options[path]),
        )
        for paths in _GROUPS.values()
        for path in paths
    ]
    return table(("need", "type", "default", "meaning"), rows)


def _sections() -> Iterator[str]:
    options = documented()
    for title, paths in _GROUPS.items():
        yield f"## {title}\n"
        for path in paths:
            yield _section(path, options[path])


def _section(path: str, option: Mapping[str, t.Any]) -> str:
    facts = [("type", _type(path, option)), ("default", _default(option) or "not set")]
    if path in _SIZES or path in _COUNTED:
        facts.append(("unit", f"a plain number is in {_SIZES[path]}" if path in _SIZES else _COUNTED[path]))
    facts.append(("judged by", ", ".join(f"[`{rule}`](decision.md#{rule})" for rule in _rules(path))))
    lines = [f"### `{path}`", "", *(f"- {name}: {value}" for name, value in facts), ""]
    lines += [text(prose(" ".join(_list(option["description"]))))]
    if path in _MORE:
        lines += [text(_MORE[path]())]
    lines += ["<!-- test: requirements -->", "```yaml", written(path), "```", ""]
    return "\n".join(lines)


def _type(path: str, option: Mapping[str, t.Any]) -> str:
    inner = next(need.entry_keys for need in NEEDS if need.key == path)
    if option.get("choices"):
        several = "list of " if option["type"] == "list" else ""
        return several + " or ".join(f"`{choice}`" for choice in option["choices"])
    words = {"str": "text", "bool": "switch", "int": "whole number", "float": "number", "dict": "mapping"}
    if path in _SIZES:
        return "size"
    if path == "kernel.version":
        return "range of versions"
    keys = f" or mappings with the keys {', '.join(f'`{key}`' for key in inner)}" if inner else ""
    if path in ("kernel.sysctls", "labels"):
        return f"mapping of names to values,{keys.replace(' or', ' or to', 1)}"
    if path == "processes":
        return f"whole number, or list of{keys.replace(' or', '', 1)}"
    if path == "init":
        return f"switch,{keys.replace('mappings', 'a mapping')}"
    if option["type"] == "list":
        return f"list of {'texts' if path != 'ports' else 'texts, numbers'}{keys}"
    return words[option["type"]]


def _default(option: Mapping[str, t.Any]) -> str:
    value = option.get("default")
    return "" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _first(option: Mapping[str, t.Any]) -> str:
    return prose(_list(option["description"])[0])


def _rules(path: str) -> tuple[str, ...]:
    rules = next(need.rule_names for need in NEEDS if need.key == path)
    return tuple(dict.fromkeys((*rules, *(("max_privilege",) if _is_granted(path) else ()))))


def _is_granted(path: str) -> bool:
    """Whether the need takes a privilege in one of the forms."""
    needs = builders.service(**example(path)).requirements
    without = Requirements(os_family="any")
    return any(
        need_grants(needs, one) != need_grants(without, one)
        for one in (builders.candidate(kind) for kind in builders.FORM_OF)
    )


def _codes(words: t.Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _list(value: t.Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _anchor(path: str) -> str:
    """As the forges make it of a heading."""
    return re.sub(r"[^a-z0-9_-]", "", path)


def names_that_are_missing() -> set[str]:
    """Needs that the schema has and the page has not."""
    known = set(_requirements.requirement_names())
    return known ^ {path for paths in _GROUPS.values() for path in paths} | known ^ set(EXAMPLES)
