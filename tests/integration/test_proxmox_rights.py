# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""With the documented role a VM of Proxmox VE can be placed; with less, that is said before anything is done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Playbook

PAGE = Path(__file__).resolve().parents[2] / "docs" / "targets.md"
SECRET = "00000000-0000-0000-0000-00000000c0de"
PLACES = {"STORAGE": "local-lvm", "NODE": "pve1"}


def documented() -> tuple[list[str], list[str]]:
    """(the privileges of the role, the paths that it is given on), as the page for users has them."""
    text = PAGE.read_text(encoding="utf-8")
    (role,) = re.findall(r'^pveum role add \w+ --privs "([^"]+)"$', text, re.MULTILINE)
    paths = re.findall(r"^pveum acl modify (\S+) --users \S+ --tokens \S+ --roles \w+$", text, re.MULTILINE)
    return role.split(), [re.sub("STORAGE|NODE", lambda name: PLACES[name[0]], path) for path in paths]


ROLE, PATHS = documented()
NEEDS = {"isolation": "machine", "disk": "12 GiB"}
OPTIONS = {
    "clone": "debian-12-cloud",
    "cores": 1,
    "memory": 1024,
    "onboot": True,
    "vga": "serial0",
    "boot": "order=scsi0",
    "net": {"net1": "virtio,bridge=vmbr0"},
    "scsi": {"scsi1": "local-lvm:1"},
    "ide": {"ide0": "none,media=cdrom"},
    "ciuser": "ops",
    "ipconfig": {"ipconfig0": "ip=dhcp"},
}
"""Of each sort of settings one: each takes another privilege."""

ALONE = [name for name in ROLE if name != "VM.Config.Cloudinit"]
"""Without the one that is left out cloud-init's settings are still had by that of networks."""


@pytest.fixture
def token(pve) -> Iterator:
    """Makes a user with a token of its own that has these privileges, on the documented paths; and its options."""
    before = {name: pve.control("get", name) for name in ("apitokens", "acl")}
    known = dict(before["apitokens"])

    def make(name: str, rights: list[str], paths: list[str] = PATHS) -> dict:
        user = f"{name}@pve"
        known[f"{user}!ansible"] = SECRET
        pve.control("set", "apitokens", known)
        pve.control("acl", user, dict.fromkeys(paths, rights))
        options = {**pve.options, "api_user": user, "api_token_secret": SECRET}
        return {"ansible_connection": "local", "rightscope_kind": "proxmox", "rightscope_options": options}

    yield make
    for name, value in before.items():
        pve.control("set", name, value)


@pytest.fixture
def plays(tmp_path, collections):
    return lambda **hosts: Playbook(tmp_path, collections, hosts)


def service(state: str = "started", *, needs: dict | None = None, **options) -> dict:
    return {
        "name": "rights",
        "requirements": NEEDS if needs is None else needs,
        "as": {"proxmox_vm": {**OPTIONS, **options}},
        "state": state,
        "wait_timeout": 30,
    }


def acts(pve) -> list[str]:
    """All that was asked of the server but to look."""
    return [f"{method} {path}" for method, path, _body in pve.control("requests") if method != "GET"]


def reasons(outcome, place: str) -> str:
    """What is said against a node of a target."""
    target, _slash, node = place.partition("/")
    verdicts = [
        one for one in outcome["decision"]["verdicts"] if one["target"] == target and one["node"] in (target, node)
    ]
    return "; ".join(f"{one['rule']}: {one['reason']}" for verdict in verdicts for one in verdict["failures"])


def test_with_the_documented_role_the_whole_life_passes(plays, token, pve_eyes):
    play = plays(pve=token("documented", ROLE))
    grown = service(needs={**NEEDS, "disk": "14 GiB"}, memory=1536)
    made, again, changed, unchanged, stopped, removed, gone = play.tasks(
        ("service", service()),
        ("service", service()),
        ("service", {**grown, "restart": "when_needed"}),
        ("service", {**grown, "restart": "when_needed"}),
        ("service", {**grown, "state": "stopped"}),
        ("service", {"name": "rights", "state": "absent"}),
        ("service", {"name": "rights", "state": "absent"}),
    )
    assert made["changed"], made.get("msg")
    assert made["placement"]["addresses"]
    assert changed["changed"], changed.get("msg")
    assert stopped["changed"], stopped.get("msg")
    assert removed["changed"], removed.get("msg")
    assert [one["changed"] for one in (again, unchanged, gone)] == [False] * 3
    assert pve_eyes.names() == []


def test_each_privilege_that_is_missing_is_said_before_anything_is_done(plays, token, pve, pve_eyes):
    hosts = {
        f"lacks-{number}": token(f"lacks{number}", [one for one in ROLE if one != name])
        for number, name in enumerate(ALONE)
    }
    play = plays(**hosts)
    pve.control("clear_requests")
    wanted = {**service(), "unreachable": "ignore"}
    foreseen, done = play.service("--check", **wanted), play.service(**wanted)
    for outcome in (foreseen, done):
        assert outcome.get("failed"), outcome["decision"]["chosen"]
        for number, name in enumerate(ALONE):
            said = reasons(outcome, f"lacks-{number}/pve1")
            assert re.search(rf"lacks {re.escape(name)} on /|lacks the privileges {re.escape(name)}\b", said), (
                name,
                said,
            )
            assert not re.search(rf"lacks (?!the |{re.escape(name)} )", said), (name, said)
    assert foreseen["decision"] == done["decision"]
    assert acts(pve) == []
    assert pve_eyes.names() == []
    assert SECRET not in foreseen.output + done.output


def test_a_change_takes_the_privilege_of_what_changes_alone(plays, token, pve, pve_eyes):
    full, few = token("full", ROLE), token("few", [one for one in ROLE if one not in ("VM.Config.Memory", "VM.Clone")])
    (made,) = plays(pve=full).tasks(("service", service("stopped")))
    assert made["changed"], made.get("msg")
    pve.control("clear_requests")
    play, before = plays(pve=few), pve_eyes.everything("rights")
    same, more, foreseen = play.tasks(
        ("service", service("stopped")),
        ("service", service("stopped", memory=2048)),
        (
            "service_info",
            {key: value for key, value in service(memory=2048).items() if key in ("name", "requirements", "as")},
        ),
    )
    assert (same.get("msg"), same["changed"]) == (None, False)
    assert more["failed"]
    assert "few@pve!ansible lacks VM.Config.Memory on /vms" in " ".join(more["msg"].split())
    assert "pveum role modify Rightscope --append 1 --privs" in reasons_and_remedies(foreseen)
    assert (acts(pve), pve_eyes.everything("rights")) == ([], before)


def reasons_and_remedies(outcome) -> str:
    verdicts = outcome["decision"]["verdicts"]
    return "; ".join(f"{one['reason']} {one['remedy']}" for verdict in verdicts for one in verdict["failures"])


@pytest.mark.parametrize(
    ("options", "name"),
    [
        pytest.param({"startup": "order=1"}, "Sys.Modify on /", id="what changes the host"),
        pytest.param({"net": {"net0": "virtio,bridge=vmbr7"}}, "", id="another bridge of the zone is covered by it"),
        pytest.param({"args": "-no-reboot"}, "only root@pam itself may set 'args'", id="what is for root alone"),
        pytest.param({"hostpci": {"hostpci0": "0000:01:00.0"}}, "set 'hostpci0'", id="a device of the host"),
        pytest.param({"hostpci": {"hostpci0": "mapping=gpu"}}, "Mapping.Use on /mapping/pci/gpu", id="a mapping"),
        pytest.param({"scsi": {"scsi1": "fast:1"}}, "Datastore.AllocateSpace on /storage/fast", id="another storage"),
    ],
)
def test_what_takes_more_than_the_role_is_said(plays, token, pve, pve_eyes, options, name):
    pve.control("set_storage", "fast")
    pve.control("set", "bridges", ["vmbr0", "vmbr7"])
    pve.control("clear_requests")
    foreseen = plays(pve=token("documented", ROLE)).service("--check", **service(**options))
    assert bool(foreseen.get("failed")) is bool(name), foreseen.get("msg")
    assert name in reasons(foreseen, "pve/pve1")
    assert acts(pve) == []


@pytest.mark.parametrize("name", ["VM.Allocate", "VM.PowerMgmt"])
def test_a_removal_that_would_be_refused_stops_nothing(plays, token, pve, pve_eyes, name):
    (made,) = plays(pve=token("full", ROLE)).tasks(("service", service()))
    assert made["changed"], made.get("msg")
    before = pve_eyes.everything("rights")
    play = plays(pve=token("few", [one for one in ROLE if one != name]))
    pve.control("clear_requests")
    absent = {"name": "rights", "state": "absent"}
    for outcome in (play.service("--check", **absent), play.service(**absent)):
        assert outcome["failed"]
        assert f"lacks {name} on /vms/" in " ".join(outcome["msg"].split())
    assert (acts(pve), pve_eyes.everything("rights")) == ([], before)
