# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every option of proxmox_kvm, in each spelling that it may have: set once, found again, and never a VM lost for it."""

from __future__ import annotations

import json
import re
import subprocess
from itertools import zip_longest
from pathlib import Path

import pytest
import yaml

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import kind_of
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._proxmox.options import DRIVES, NO_SETTINGS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._proxmox.settings import COMPARED

from .conftest import SCRIPTS, Playbook

TABLE = yaml.safe_load((Path(__file__).parent / "options" / "proxmox_vm.yml").read_text(encoding="utf-8"))
TOGETHER = {name: row for name, row in TABLE.items() if not {"made", "root", "alone"} & set(row)}


def documented() -> set[str]:
    """The options that the installed module documents."""
    ask = [str(SCRIPTS / "ansible-doc"), "--type", "module", "--json", FORMS["proxmox_vm"].module]
    told = subprocess.run(ask, capture_output=True, text=True, check=True).stdout
    return set(json.loads(told)[FORMS["proxmox_vm"].module]["doc"]["options"])


def test_every_documented_option_is_in_a_table():
    ours = {*FORMS["proxmox_vm"].reserved, *NO_SETTINGS, *kind_of("proxmox").options}
    assert documented() - {*TABLE, *ours} == set()
    assert set(TABLE) - documented() == set()


def test_every_option_is_compared_or_said_to_be_for_the_making():
    made = {name for name, row in TABLE.items() if row.get("made")}
    assert set(TABLE) - COMPARED - made == set()


@pytest.fixture
def root_play(tmp_path, play, pve) -> Playbook:
    """Plays that ask as root itself: devices of the host, and more, are for it alone."""
    host = {**play.hosts["pve"], "rightscope_options": pve.root_options}
    return Playbook(tmp_path, play.collections, {"pve": host})


def spelled(number: int, name: str = "options", *, of: dict = TOGETHER, **args) -> dict:
    """All options at once, each in its spelling of this number, or its first where it has no more."""
    options = {option: row["same"][number if number < len(row["same"]) else 0] for option, row in of.items()}
    return service(options, name, **args)


def service(options: dict, name: str = "options", **args) -> dict:
    needs = {"kernel": {"own": True}}
    return {
        "name": name,
        "targets": ["pve"],
        "requirements": needs,
        "as": {"proxmox_vm": {"clone": "debian-12-cloud", **options}},
        "state": "stopped",
        "wait_timeout": 20,
        **args,
    }


def changed(outcome) -> dict:
    """What a run says that it changes, but for the secrets."""
    assert not outcome.get("failed"), outcome.get("msg")
    return (outcome.get("diff") or {}).get("after", {}).get("options", {})


def test_each_spelling_of_each_option_is_the_same(root_play, pve_eyes):
    most = max(len(row["same"]) for row in TOGETHER.values())
    made, *found = root_play.tasks(*[("service", spelled(number)) for number in (0, 0, *range(1, most))])
    assert made["changed"], made.get("msg")
    id, seen = pve_eyes.id("options"), pve_eyes.inspect("options")["config"]
    for outcome in found:
        assert (outcome["changed"], changed(outcome)) == (False, {})
    assert pve_eyes.inspect("options")["config"] == seen
    assert pve_eyes.id("options") == id
    foreseen = root_play.service("--check", **spelled(1))
    assert (foreseen["changed"], changed(foreseen)) == (False, {})
    assert "S3NTINEL" not in made.output


def test_each_other_value_is_a_change_that_check_mode_foresees(root_play, pve_eyes):
    (made,) = root_play.tasks(("service", spelled(0)))
    assert made["changed"], made.get("msg")
    id = pve_eyes.id("options")
    wanted = service({option: row["other"] for option, row in TOGETHER.items()})
    foreseen = root_play.service("--check", "--diff", **wanted)
    before = pve_eyes.inspect("options")["config"]
    done, again = root_play.tasks(("service", wanted), ("service", wanted), flags=("--diff",))
    assert changed(foreseen) == changed(done)
    assert foreseen["calls"] == done["calls"]
    assert (again["changed"], changed(again)) == (False, {})
    assert pve_eyes.id("options") == id
    after = pve_eyes.inspect("options")["config"]
    for option, row in TOGETHER.items():
        for key in keys_of(option, row["other"]):
            assert (after.get(key) != before.get(key)) is not bool(row.get("stays")), (option, key)
    stays = [option for option, row in TOGETHER.items() if row.get("stays")]
    assert [option for option in stays if not any(option in warning for warning in again["warnings"])] == []


RENAMED = {"nameservers": "nameserver", "searchdomains": "searchdomain", "smbios": "smbios1", "numa_enabled": "numa"}


def keys_of(option: str, value) -> list[str]:
    """The keys of the API's configuration that an option sets."""
    if isinstance(value, dict) and option not in ("efidisk0", "tpmstate0"):
        return list(value)
    return [RENAMED.get(option, option)]


def test_each_option_can_be_given_to_a_vm_that_is_there(root_play, pve_eyes):
    """Each in its last spelling, to a VM that was cloned without any: set once, and the same as in the first one."""
    last = {option: row["same"][-1] for option, row in TOGETHER.items()}
    bare, put, again, first = root_play.tasks(
        ("service", service({})), ("service", service(last)), ("service", service(last)), ("service", spelled(0))
    )
    assert bare["changed"], bare.get("msg")
    assert put["changed"], put.get("msg")
    id = pve_eyes.id("options")
    assert id
    for outcome in (again, first):
        assert (outcome["changed"], changed(outcome)) == (False, {})


OWN = re.compile(r"[0-9A-Fa-f:]{17}|(?<=uuid=)[0-9A-Fa-f-]+")


def test_what_is_given_no_more_is_as_in_a_new_clone(root_play, pve_eyes):
    """Once, foreseen by check mode; a disk alone is never taken away, and that is told."""
    other, made = root_play.tasks(("service", service({}, "bare")), ("service", spelled(0)))
    assert made["changed"], made.get("msg")
    id, bare = pve_eyes.id("options"), pve_eyes.inspect("bare")["config"]
    foreseen = root_play.service("--check", "--diff", **service({}))
    less, again = root_play.tasks(("service", service({})), ("service", service({})), flags=("--diff",))
    assert (less.get("failed"), less["changed"]) == (False, True), less.get("msg")
    assert (changed(foreseen), foreseen["calls"]) == (changed(less), less["calls"])
    assert (again["changed"], changed(again)) == (False, {})
    after = pve_eyes.inspect("options")["config"]
    keys = {key for option, row in TOGETHER.items() for key in keys_of(option, row["same"][0])} - {"description"}
    disks = {key for key in keys if re.fullmatch(r"(scsi|virtio|sata|ide)\d+|efidisk0|tpmstate0", key)}
    drives = {option: row["same"][0] for option, row in TOGETHER.items() if option in DRIVES}
    disks -= {key for texts in drives.values() for key, text in texts.items() if "media=cdrom" in str(text)}
    wrong = {key: after.get(key) for key in keys - disks if _plain(after.get(key)) != _plain(bare.get(key))}
    assert wrong == {}
    assert [key for key in disks if key in bare or key not in after] == [key for key in disks if key in bare]
    told = " ".join(less["warnings"])
    assert [key for key in disks if key not in bare and key not in told] == []
    assert pve_eyes.id("options") == id
    assert other["changed"]


def _plain(value) -> str | None:
    """A clone has MACs of its own, and an UUID, which goes where somebody writes settings of its BIOS without one."""
    text = None if value is None else OWN.sub("OWN", str(value))
    return None if text == "uuid=OWN" else text


@pytest.mark.parametrize("option", sorted(name for name, row in TABLE.items() if row.get("alone")))
def test_an_option_that_wants_a_vm_of_its_own(play, pve_eyes, option):
    row = TABLE[option]
    runs = [service({option: value}) for pair in zip_longest(row["same"], row["same"]) for value in pair]
    made, *found = play.tasks(*[("service", one) for one in runs])
    assert made["changed"], made.get("msg")
    for outcome in found:
        assert (outcome["changed"], changed(outcome)) == (False, {})
    (other,) = play.tasks(("service", service({option: row["other"]})))
    assert other["changed"], other.get("msg")
    assert str(pve_eyes.inspect("options")["config"][option]) == str(row["other"])


@pytest.mark.parametrize("option", sorted(name for name, row in TABLE.items() if row.get("root")))
def test_an_option_for_root_alone_is_told_and_nothing_is_lost(play, pve_eyes, option):
    made, refused = play.tasks(("service", service({})), ("service", service({option: TABLE[option]["same"][0]})))
    assert made["changed"], made.get("msg")
    assert refused["failed"]
    assert option in refused["msg"] or "root" in refused["msg"]
    assert pve_eyes.names() == ["options"]
