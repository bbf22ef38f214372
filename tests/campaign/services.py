# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Services as tables: what may be said of each form, and how its engine says the same in its own words.

An option is a row: values that a user may write, and what is to be found of each afterwards. It is looked for
in what the engine answers to others than the collection.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml
from hypothesis import strategies as st

from tests.integration import options
from tests.integration.options import lxd_container

SENTINEL = "S3NTINEL-of-the-campaign"
"""A secret, which nothing but the engine's own place for it may ever show."""

DOCKER, LXD, PROXMOX = "docker_container", "lxd_container", "proxmox_vm"
Seen = Mapping[str, t.Any]


@dataclass(frozen=True)
class Option:
    """
    One thing that can be said of a form; ``found`` takes a value out of what the engine tells of an instance.

    Without it the engine's own words are not known here: that a second run changes nothing has to do.
    """

    name: str
    values: tuple[t.Any, ...]
    found: Callable[[Seen], t.Any] | None = None
    wanted: Callable[[t.Any], t.Any] = lambda value: value
    group: str = ""
    """The option that it is a key of, such as ``env``."""


@dataclass(frozen=True)
class Description:
    """What a user says of a service: its form, its memory in MiB, and some options by the names of their rows."""

    form: str
    memory: int
    options: Mapping[str, t.Any] = field(default_factory=dict)
    pair: bool = False
    """Two processes with an image each: two containers on a network."""

    def instances(self, name: str) -> set[str]:
        """The names that it has on its engine."""
        return {f"{name}-one", f"{name}-two"} if self.pair else {name}

    def without(self, *names: str) -> Description:
        """The same with fewer options."""
        return replace(self, options={name: value for name, value in self.options.items() if name not in names})


def _env(name: str) -> Callable[[Seen], t.Any]:
    return lambda seen: dict(line.partition("=")[::2] for line in seen["Config"]["Env"]).get(name)


def _host(*names: str) -> Callable[[Seen], t.Any]:
    def found(seen: Seen) -> t.Any:
        for name in ("HostConfig", *names):
            seen = (seen or {}).get(name)
        return seen

    return found


def _own(name: str) -> Callable[[Seen], t.Any]:
    return lambda seen: seen["Config"].get(name)


def _config(name: str) -> Callable[[Seen], t.Any]:
    return lambda seen: seen["config"].get(name)


def _vm(name: str) -> Callable[[Seen], t.Any]:
    return lambda seen: seen["pending"].get(name) or seen["config"].get(name)


def _switch(value: t.Any) -> str:
    return str(value).lower()


def _bit(value: t.Any) -> str:
    return str(int(value))


OPTIONS: dict[str, tuple[Option, ...]] = {
    DOCKER: (
        Option(
            "GREETING", ("hello", "two words", "a=b", "", "1.10", "$HOME", "'quoted'"), _env("GREETING"), group="env"
        ),
        Option("PASSWORD", (SENTINEL,), _env("PASSWORD"), group="env"),
        Option("team", ("shop", "a team"), lambda seen: seen["Config"]["Labels"].get("team"), group="labels"),
        Option("hostname", ("inside", "in.example.com"), lambda seen: seen["Config"]["Hostname"]),
        Option("working_dir", ("/tmp", "/tmp/", "/var/www"), _own("WorkingDir"), lambda value: value.rstrip("/")),
        Option(
            "command",
            ("/bin/httpd -f -p 80 -h /var/www", ["/bin/httpd", "-f", "-p", "81"]),
            _own("Cmd"),
            lambda value: value.split() if isinstance(value, str) else value,
        ),
        Option("restart_policy", ("no", "always", "unless-stopped"), _host("RestartPolicy", "Name")),
        Option(
            "capabilities",
            (["net_admin"], ["SYS_PTRACE", "net_admin"]),
            lambda seen: {name.removeprefix("CAP_").lower() for name in seen["HostConfig"]["CapAdd"] or ()},
            lambda value: {name.lower() for name in value},
        ),
        Option("shm_size", ("32M", "67108864"), _host("ShmSize"), {"32M": 2**25, "67108864": 2**26}.get),
        Option("read_only", (True, False), _host("ReadonlyRootfs")),
        Option("oom_score_adj", (0, 100), _host("OomScoreAdj")),
        Option("pids_limit", (50, 200), _host("PidsLimit")),
        Option("cpu_shares", (512, 1024), _host("CpuShares")),
        Option("init", (True, False), lambda seen: bool(seen["HostConfig"].get("Init"))),
        Option("user", ("0", "0:0", "root"), _own("User")),
        Option("dns_servers", (["192.0.2.1"], ["192.0.2.2", "192.0.2.1"]), _host("Dns")),
        Option(
            "ulimits",
            (["nofile:512:1024"], ["nofile:512:512", "core:0:0"]),
            lambda seen: {f"{one['Name']}:{one['Soft']}:{one['Hard']}" for one in seen["HostConfig"]["Ulimits"] or ()},
            set,
        ),
        Option("stop_timeout", (1, 3), _own("StopTimeout")),
        Option("sysctls", ({"net.core.somaxconn": "128"}, {"net.core.somaxconn": "256"}), _host("Sysctls")),
        Option(
            "etc_hosts",
            ({"db": "192.0.2.7"}, {"db": "192.0.2.8", "mail": "192.0.2.9"}),
            lambda seen: set(seen["HostConfig"]["ExtraHosts"] or ()),
            lambda value: {f"{name}:{address}" for name, address in value.items()},
        ),
        Option(
            "tmpfs",
            (["/scratch:size=1m"], ["/scratch"]),
            lambda seen: set(seen["HostConfig"]["Tmpfs"] or ()),
            lambda _value: {"/scratch"},
        ),
        Option(
            "volumes",
            (["campaign-data:/data"], ["campaign-data:/data:ro"]),
            _host("Binds"),
            lambda value: [one if one.count(":") == 2 else f"{one}:rw" for one in value],
        ),
    ),
    LXD: (
        Option(
            "environment.GREETING",
            ("hello", "two words", "a=b", "1.10"),
            _config("environment.GREETING"),
            group="config",
        ),
        Option("environment.PASSWORD", (SENTINEL,), _config("environment.PASSWORD"), group="config"),
        Option("user.team", ("shop", "a team"), _config("user.team"), group="config"),
        Option("boot.autostart", (True, False, "true"), _config("boot.autostart"), _switch, group="config"),
        Option("boot.autostart.priority", (0, 10, "5"), _config("boot.autostart.priority"), str, group="config"),
        Option("limits.processes", (100, "200"), _config("limits.processes"), str, group="config"),
        Option("limits.cpu.priority", (5, 10), _config("limits.cpu.priority"), str, group="config"),
        Option("limits.memory.enforce", ("hard", "soft"), _config("limits.memory.enforce"), group="config"),
        Option("security.nesting", (False,), _config("security.nesting"), _switch, group="config"),
        Option("snapshots.expiry", ("1d", "2w"), _config("snapshots.expiry"), group="config"),
        Option(
            "devices",
            (
                {"nothing": {"type": "none"}},
                {"null": {"type": "unix-char", "source": "/dev/null", "path": "/dev/nought"}},
            ),
            lambda seen: {name: one["type"] for name, one in seen["devices"].items()},
            lambda value: {name: one["type"] for name, one in value.items()},
        ),
        Option("profiles", (["default"],), lambda seen: seen["profiles"]),
    ),
    PROXMOX: (
        Option("ciuser", ("deploy", "root"), _vm("ciuser")),
        Option("cipassword", (SENTINEL,), lambda seen: bool(seen["config"].get("cipassword")), lambda _value: True),
        Option("onboot", (True, False), lambda seen: str(_vm("onboot")(seen) or "0"), _bit),
        Option(
            "tags",
            (["shop"], ["Shop", "paid"]),
            lambda seen: set((_vm("tags")(seen) or "").split(";")),
            lambda value: {one.lower() for one in value},
        ),
        Option(
            "description",
            ("The shop's.", "Two\nlines: of it"),
            _vm("description"),
            lambda value: value,
        ),
        Option(
            "ipconfig",
            ({"ipconfig0": "ip=dhcp"}, {"ipconfig0": "ip=192.0.2.50/24,gw=192.0.2.1"}),
            _vm("ipconfig0"),
            lambda value: value["ipconfig0"],
        ),
        Option("nameservers", (["192.0.2.1"], ["192.0.2.1", "192.0.2.2"]), _vm("nameserver"), " ".join),
        Option("searchdomains", (["example.com"],), _vm("searchdomain"), " ".join),
        Option("startup", ("order=2", "order=3,up=5"), _vm("startup")),
        Option("cpu", ("host", "x86-64-v2-AES"), _vm("cpu")),
    ),
}

# Of the tables of all options, in tests/integration/options: what stands for itself, and can be changed while it runs.
_NOT_ALONE = (
    *("agent", "balloon", "bios", "boot", "cores", "freeze", "hostpci", "hugepages", "ide", "machine", "memory", "net"),
    *("numa", "parallel", "protection", "reboot", "sata", "scsi", "serial", "sockets", "usb", "vcpus", "virtio"),
)
_PROXMOX_ROWS = yaml.safe_load((Path(options.__file__).parent / "proxmox_vm.yml").read_text(encoding="utf-8"))


def _more(form: str, rows: t.Iterable[tuple[str, list[t.Any], str]]) -> tuple[Option, ...]:
    known = {row.name for row in OPTIONS[form]}
    return tuple(Option(name, tuple(values), group=group) for name, values, group in rows if name not in known)


OPTIONS[PROXMOX] += _more(
    PROXMOX,
    (
        (name, [*row["same"], row["other"]], "")
        for name, row in _PROXMOX_ROWS.items()
        if set(row) == {"same", "other"} and name not in _NOT_ALONE
    ),
)
OPTIONS[LXD] += _more(
    LXD,
    (
        (row.path[1], [*row.spellings, row.other], "config")
        for row in lxd_container.CONFIG
        if row.live and not row.path[1].startswith("limits.memory")
    ),
)

_AS_MARKED = {"description", "tags", "devices"}
"""Options to which the collection, or a user, may have added more: what was written is to be among what is there."""

MEMORY = {DOCKER: (32, 64, 96), LXD: (64, 96), PROXMOX: (512, 1024)}
_IMAGES = {"docker_container": "rightscope-test/web:1", "lxd_container": "rightscope-test/system"}


def described(description: Description, name: str, place: str) -> dict[str, t.Any]:
    """The arguments of a task for it, on the target that has this label."""
    needs: dict[str, t.Any] = {"memory": f"{description.memory} MiB", "labels": {"place": place}}
    options: dict[str, t.Any] = {}
    for row in OPTIONS[description.form]:
        if row.name in description.options:
            where = options.setdefault(row.group, {}) if row.group else options
            where[row.name] = description.options[row.name]
    if description.form == DOCKER and description.pair:
        needs["processes"] = [{"name": one, "image": _IMAGES[DOCKER]} for one in ("one", "two")]
    elif description.form == DOCKER:
        options["image"] = _IMAGES[DOCKER]
    elif description.form == LXD:
        needs.update(init=True, processes=2)
        options["source"] = {"type": "image", "alias": _IMAGES[LXD]}
    else:
        needs.update(isolation="machine", disk="20 GiB")
        options["clone"] = "debian-12-cloud"
    return {"name": name, "requirements": needs, "as": {description.form: options}, "replace": "when_needed"}


def differences(description: Description, seen: Seen) -> list[str]:
    """In what an instance, as its engine tells of it, is not as it was described."""
    told = []
    for row in OPTIONS[description.form]:
        if row.found and row.name in description.options:
            wanted, found = row.wanted(description.options[row.name]), row.found(seen)
            if not _holds(row, wanted, found):
                told.append(f"{row.name} is {found!r} and not {wanted!r}")
    memory = _memory(description.form, seen)
    if memory != description.memory:
        told.append(f"memory is {memory} MiB and not {description.memory}")
    return told


def _holds(row: Option, wanted: t.Any, found: t.Any) -> bool:
    if row.name not in _AS_MARKED:
        return wanted == found
    if isinstance(wanted, str):
        return wanted in (found or "")
    if isinstance(wanted, dict):
        return wanted.items() <= found.items()
    return wanted <= found


def _memory(form: str, seen: Seen) -> int:
    if form == DOCKER:
        return seen["HostConfig"]["Memory"] // 2**20
    if form == LXD:
        return int(seen["config"]["limits.memory"].removesuffix("MiB"))
    return int(_vm("memory")(seen))


def descriptions(form: str) -> st.SearchStrategy[Description]:
    """A description of the form, with at most five options."""
    rows = {row.name: st.sampled_from(row.values) for row in OPTIONS[form]}
    chosen = st.lists(st.sampled_from(sorted(rows)), unique=True, max_size=5)
    options = chosen.flatmap(lambda names: st.fixed_dictionaries({name: rows[name] for name in sorted(names)}))
    pair = st.booleans() if form == DOCKER else st.just(False)
    return st.builds(Description, st.just(form), st.sampled_from(MEMORY[form]), options, pair).map(_possible)


def _possible(description: Description) -> Description:
    """Two containers on a network cannot both have what there is only one of."""
    if not description.pair:
        return description
    return description.without("hostname", "volumes")
