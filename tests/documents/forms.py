# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made in docs/forms.md and docs/targets.md: the tables of the forms, and the options of the kinds."""

from __future__ import annotations

import ast
import typing as t
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import yaml

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds import KINDS, kind_of
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._docker import acts as _docker_acts
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._docker import (
    leftovers as _docker_leftovers,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._docker import options as _docker_options
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._proxmox import spelling
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._proxmox.options import (
    DRIVES,
    FIXED_DISKS,
    HANDLED,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._proxmox.parts import SETTING_PARTS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._proxmox.settings import SETTINGS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge import proxmox_privileges as rights
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.requirements import requirement_names
from tests.unit.core import builders

from .markdown import anchor, joined, prose, table, text
from .permissions import PERMISSIONS

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = (DOCS / "forms.md", DOCS / "targets.md")

_TITLES = {"docker": "Docker", "lxd": "LXC", "proxmox": "VM"}


# --- needs and options ----------------------------------------------------------------------------

_GIVEN = {"docker": {"image": "web:1"}, "lxd": {}, "proxmox": {"clone": "debian-12-cloud"}}
_OF_A_CALL = ("name", "vmid", "newid", "node", "state", "timeout", "update", "update_unsafe", "source", "type")
_MARKS = ("rightscope.", "user.rightscope.")
_SHOWN = (
    "cpus: 0.5",
    "memory: 512 MiB",
    "disk: 20 GiB",
    "shm: 256 MiB",
    "ports: ['8080:80', 53/udp]",
    "cpu_level: x86-64-v3",
    "kernel: {sysctls: {net.ipv4.ip_forward: 1}}",
    "kernel: {features: [tun]}",
    "kernel: {features: [fuse]}",
    "kernel: {features: [kvm]}",
    "kernel: {features: [nested_containers]}",
    "privileges: [NET_ADMIN]",
    "privileges: [SYS_PTRACE, IPC_LOCK]",
    "privileges: [seccomp_unconfined]",
    "devices: [/dev/kvm]",
    "devices: [{pci: '0000:01:00.0'}]",
    "devices: [{usb: '1a6e:089a'}]",
    "devices: [{gpu: 1}]",
    "host_view: true",
    "host_network: true",
)
"""Needs that become something; 'processes' are told of in words."""


def needs() -> str:
    """What each need becomes in each form: the plan with it, less the plan without."""
    rows = [("none", *(_all_of(_arguments(kind, {})) for kind in KINDS))]
    for written in _SHOWN:
        rows.append((f"`{written}`", *(_becomes(kind, yaml.safe_load(written)) for kind in KINDS)))
    judged = [f"`{path}`" for path in requirement_names() if path != "processes" and not _is_set(path)]
    made = table(("need", *_TITLES.values()), rows)
    return f"{made}\n{text(f'Nothing is set for {joined(judged)}: they decide where it goes.')}"


def _is_set(path: str) -> bool:
    names = path.split(".")
    return any(yaml.safe_load(one).get(names[0], {}) and names[-1] in one for one in _SHOWN) or path == "cpu_features"


def _becomes(kind: str, wanted: Mapping[str, t.Any]) -> str:
    without = _arguments(kind, {})
    return _all_of({name: value for name, value in _arguments(kind, wanted).items() if without.get(name) != value})


def _all_of(found: Mapping[str, t.Any]) -> str:
    return ", ".join(f"`{name}: {_short(value)}`" for name, value in sorted(found.items()) if name not in _NAMED)


_NAMED = ("image", "clone", "description", "wait_for_container")
"""What the user names, or everybody has."""


def _arguments(kind: str, wanted: Mapping[str, t.Any]) -> dict[str, t.Any]:
    plan = builders.planned(kind, options=_GIVEN[kind], **wanted)
    found: dict[str, t.Any] = {}
    for call in plan.calls:
        for name, value in call.args.items():
            if name in _OF_A_CALL:
                continue
            parts = value if isinstance(value, Mapping) and name != "sysctls" else {"": value}
            found |= {f"{name}.{key}".rstrip("."): one for key, one in parts.items() if not key.startswith(_MARKS)}
    return found


def _short(value: t.Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_short(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_short, value)) + "]"
    return str(value)


# --- Docker ---------------------------------------------------------------------------------------

_MORE_PATHS = {"image": "Config.Image, Image", "volumes": "HostConfig.Binds, Config.Volumes"}
"""Options that are compared with two keys."""


def docker_compared() -> str:
    """What is compared with what, and what a difference takes."""
    rows = []
    for name, path in _docker_options.PATHS.items():
        if name == "ports":
            # Another name of published_ports.
            continue
        change = "in place" if name in _docker_options.IN_PLACE else "a new container"
        rows.append((f"`{name}`", f"`{_MORE_PATHS.get(name, path)}`", change, _when_left_out(name)))
    return table(("option", "of `docker inspect`", "a change is made", "no longer given"), rows)


def _when_left_out(name: str) -> str:
    if name == "image":
        return "cannot be"
    if name in _docker_leftovers.LEFT and name not in _docker_leftovers.MODES:
        return "taken away: a new container"
    return "known by its name in a label: a new container"


def _codes(names: Iterable[str]) -> str:
    return joined([f"`{name}`" for name in sorted(names)])


def docker_behaviour() -> str:
    rows = [(f"`{name}`", act.how) for name, act in sorted(_docker_acts.ACTS.items())]
    return table(("option", "what becomes of it"), rows)


def texts() -> str:
    """Of each form the options whose texts may be given as numbers or as switches."""

    def named(patterns: tuple[str, ...]) -> str:
        but = [f"`{one[1:]}`" for one in patterns if one.startswith("!")]
        but = f", but not {', '.join(but)}" if but else ""
        return (", ".join(f"`{one}`" for one in patterns if not one.startswith("!")) + but) or "nowhere"

    rows = [(f"`{name}`", named(form.numbers), named(form.switches)) for name, form in FORMS.items()]
    return table(("form", "whole numbers", "switches"), rows)


def reserved(form: str) -> str:
    return text(f"{_codes(FORMS[form].reserved)}.")


# --- Proxmox --------------------------------------------------------------------------------------

_HOW = {
    spelling.switch: "as a switch",
    spelling.whole_number: "as a whole number",
    spelling.number: "as a number",
    spelling.lines: "line by line, whatever ends a line",
    spelling.words: "as a list of words, in order",
    spelling.decoded_keys: "key by key, decoded",
    spelling.tags: "in lower case; tags that somebody else gave it stay",
    spelling.features: "as a set of features; `1` and `0` stand for the default ones and for none",
    spelling.boot_devices: "as devices, in order",
    spelling.text: "as a text",
}
_BY_PARTS = "by its parts, in any order; one that is left out counts as its default"


def proxmox_compared() -> str:
    """Of each option how it is read before it is compared; the table itself is the form's own."""
    read = {name: setting.read for name, setting in SETTINGS.items()}
    defaults = {name: setting.default for name, setting in SETTINGS.items()}
    by_parts = [name for name in read if name in SETTING_PARTS and name not in FIXED_DISKS] + ["net"]
    rows = [(_listing(by_parts), f"{_BY_PARTS}; a network keeps the MAC that it has")]
    for how, words in _HOW.items():
        by_default: dict[str | None, list[str]] = {}
        for name in (name for name in read if read[name] is how):
            by_default.setdefault(defaults[name] or None, []).append(name)
        rows += [
            (_listing(names), words + (f"; `{default}` if the VM has none" if default else ""))
            for default, names in by_default.items()
        ]
    rows.append(
        (_listing(DRIVES), "a disk that exists stays, and grows to its size; its other parts are compared as above")
    )
    rows.append((_listing(FIXED_DISKS), "a disk that exists stays; a warning says what it was not made with"))
    rows.append(("`cipassword`", "never: it comes back masked, so it is set when the VM is made"))
    return table(("option", "how it is compared with the VM's configuration"), rows)


def _listing(names) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def proxmox_clone() -> str:
    return text(f"{_codes(HANDLED)}.")


# --- targets --------------------------------------------------------------------------------------


def options(kind: str) -> str:
    """The connection options of a kind, with what stands in for each."""
    documented = _documented_options()
    rows = []
    for name, option in kind_of(kind).options.items():
        default = "" if option.default is None else f"`{_short(option.default)}`"
        rows.append((f"`{name}`", prose(_about(documented[name])), default, f"`{option.env}`" if option.env else ""))
    return table(("option", "meaning", "default", "environment"), rows)


def _documented_options() -> dict[str, str]:
    found = yaml.safe_load(_documentation())["options"]["options"]["suboptions"]
    return {
        name: " ".join([one["description"]] if isinstance(one["description"], str) else one["description"])
        for name, one in found.items()
    }


def _documentation() -> str:
    """Read and not imported: the module imports Ansible, and the core is tested without."""
    file = DOCS.parent / "plugins" / "modules" / "target_info.py"
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION"
    )


def _about(description: str) -> str:
    """Without the words that say of which kinds an option is, and without the default, which has a column."""
    sentence, stop, rest = description.partition(". ")
    return (rest if stop and sentence.startswith("For O(kind=") else description).partition(" The default is")[0]


def privileges() -> str:
    """The smallest role for Proxmox VE, and where it has to be given."""
    (_since, agent), (_before, old_agent) = rights.agent_privileges()
    who = "--users deploy@pve --tokens 'deploy@pve!ansible'"
    lines = [
        f'pveum role add {rights.ROLE} --privs "{" ".join([*rights.PRIVILEGES, agent])}"',
        *(f"pveum acl modify {path} {who} --roles {rights.ROLE}" for path in rights.PATHS),
    ]
    block = "\n".join(("<!-- test: none -->", "```sh", *lines, "```"))
    words = text(
        f"Before Proxmox VE 9 write `{old_agent}` for `{agent}`; before Proxmox VE 8 a bridge takes no privilege. "
        f"[tables.md](tables.md#{anchor(PERMISSIONS)}) has what each call takes."
    )
    return "\n".join((block, "", words))


def passed_on() -> str:
    """What the delegate is given in another way than by its option of that name."""
    rows = []
    for kind, options in (
        ("docker", {"ca_path": "/x/ca.pem"}),
        ("lxd", {"server_cert": "/x/server.crt"}),
        ("proxmox", {"ca_path": "/x/ca.pem"}),
    ):
        arguments, environment = kind_of(kind).delegate_connection(options)
        (option,) = options
        also = "the option, and " if option in arguments else ""
        named = [name for name, value in environment.items() if value]
        rows.append((f"`{kind}`", f"`{option}`", f"{also}the variable {joined([f'`{name}`' for name in named])}"))
    return table(("kind", "option", "the module that does the work gets"), rows)


PARTS: dict[str, t.Callable[[], str]] = {
    "needs": needs,
    "docker compared": docker_compared,
    "docker behaviour": docker_behaviour,
    "texts": texts,
    "proxmox compared": proxmox_compared,
    "proxmox clone": proxmox_clone,
    "proxmox privileges": privileges,
    "passed on": passed_on,
    **{f"reserved {form}": partial(reserved, form) for form in FORMS},
    **{f"options {kind}": partial(options, kind) for kind in KINDS},
}
"""What can be made, by the name that a page has for it."""
