# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of a VM, each in all of its spellings, beside what the API keeps of one of them."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision import constraints
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._proxmox.comparison import compare_settings
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._proxmox.drives import (
    boot_order,
    describes_disks,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._proxmox.options import NO_SETTINGS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms.common import OptionError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Instance

from .builders import TEMPLATE, candidate, instance, planned, rule_says, service, target

PATH = Path(__file__).parents[2] / "integration" / "options" / "proxmox_vm.yml"
TABLE = {
    option: row
    for option, row in yaml.safe_load(PATH.read_text(encoding="utf-8")).items()
    if not row.get("made") and option != "cipassword"
}
PAIRS = [
    pytest.param(option, one, other, id=f"{option}-{first}-{second}")
    for option, row in TABLE.items()
    for (first, one), (second, other) in itertools.product(enumerate(row["same"]), repeat=2)
]


def read(option: str, value):
    """In the delegate's type: what an option's table cannot say of lists."""
    listed = option in ("nameservers", "searchdomains", "tags") and isinstance(value, str)
    return value.split(",") if listed else value


def kept(option: str, value) -> dict:
    """The API's configuration once the option is set: disks become volumes, networks get a MAC, keys are encoded."""
    changes = compare_settings({option: read(option, value)}, {}).changes
    config = {key: after for key, (_before, after) in changes.items()}
    for key, text in config.items():
        made = re.match(r"(?:file=|volume=)?([\w-]+):(\d+(?:\.\d+)?)(?=,|$)", str(text))
        if option in ("ide", "sata", "scsi", "virtio", "efidisk0", "tpmstate0") and made:
            size = f"{float(made.group(2)):g}G"
            rest = re.sub(r",format=\w+", "", text[made.end() :])
            config[key] = f"{made.group(1)}:vm-100-disk-0{rest},size={size}"
        elif option == "net":
            config[key] = text.replace("virtio,", "virtio=BC:24:11:00:00:01,").replace(
                "e1000,", "e1000=BC:24:11:00:00:02,"
            )
        elif option == "sshkeys":
            config[key] = quote(text, safe="")
        elif isinstance(value, bool):
            config[key] = int(text)
    return config


@pytest.mark.parametrize(("option", "one", "other"), PAIRS)
def test_each_spelling_is_what_the_api_keeps_of_each_other(option, one, other):
    found = compare_settings({option: read(option, other)}, kept(option, one))
    assert (found.changes, found.growth, found.warnings) == ({}, {}, ())


@pytest.mark.parametrize("option", TABLE)
def test_another_value_is_a_difference_or_told(option):
    row = TABLE[option]
    found = compare_settings({option: read(option, row["other"])}, kept(option, row["same"][0]))
    told = bool(found.warnings)
    assert (bool(found.changes) or bool(found.growth), told) == (not row.get("stays"), bool(row.get("stays")))


@pytest.mark.parametrize(("option", "why"), NO_SETTINGS.items())
def test_an_option_that_describes_no_vm_is_refused_with_a_reason(option, why):
    with pytest.raises(OptionError, match=re.escape(why)):
        FORMS["proxmox_vm"].check(option, "x")


DISK = "local-lvm:vm-100-disk-0,cache=none,discard=on,size=8G"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        pytest.param("local-lvm:8", None, id="no option"),
        pytest.param("local-lvm:8,discard=on", None, id="as it is"),
        pytest.param("local-lvm:4", None, id="smaller"),
        pytest.param("local-lvm:8,cache=writeback", "local-lvm:vm-100-disk-0,cache=writeback,discard=on", id="another"),
        pytest.param("local-lvm:8,ssd=1", "local-lvm:vm-100-disk-0,cache=none,discard=on,ssd=1", id="one more"),
    ],
)
def test_a_disk_keeps_its_volume_and_what_others_gave_it(text, after):
    found = compare_settings({"scsi": {"scsi0": text}}, {"scsi0": DISK})
    assert found.arguments == ({"scsi": {"scsi0": after}} if after else {})
    assert (found.growth, found.warnings) == ({}, ())


@pytest.mark.parametrize(
    ("text", "there", "said"),
    [
        ("other:8", DISK, "scsi0 is on 'local-lvm', and 'other' is wanted"),
        (
            "local:8,format=raw",
            "local:100/vm-100-disk-0.qcow2,size=8G",
            "scsi0 has the format qcow2, and raw is wanted",
        ),
        ("local-lvm:8", "none,media=cdrom", "scsi0 is a CD-ROM, and a disk is wanted"),
        ("local:iso/a.iso,media=cdrom", DISK, "scsi0 is a disk, and a CD-ROM is wanted"),
        (
            "local-lvm:vm-100-disk-7",
            DISK,
            "scsi0 is 'local-lvm:vm-100-disk-0', and 'local-lvm:vm-100-disk-7' is wanted",
        ),
        ("local:cloudinit", DISK, "scsi0 is 'local-lvm:vm-100-disk-0', and 'local:cloudinit' is wanted"),
    ],
)
def test_what_a_disk_cannot_become_is_told_and_left(text, there, said):
    found = compare_settings({"scsi": {"scsi0": text}}, {"scsi0": there})
    assert (found.arguments, found.growth) == ({}, {})
    (warning,) = found.warnings
    assert warning.startswith(said)


def test_another_image_is_put_into_a_cd_rom():
    present = {"ide2": "local:iso/a.iso,media=cdrom,size=4M"}
    found = compare_settings({"ide": {"ide2": "local:iso/b.iso,media=cdrom"}}, present)
    assert found.arguments == {"ide": {"ide2": "local:iso/b.iso,media=cdrom"}}


def test_a_disk_of_the_template_gets_its_options_once_its_volume_is_there():
    plan = planned("proxmox", options={"clone": "debian-12-cloud", "scsi": {"scsi0": "local-lvm:9,cache=writeback"}})
    disk = {call.args["state"]: call.args for call in plan.calls if call.module.endswith("proxmox_disk")}
    assert (disk["present"]["cache"], disk["present"]["create"]) == ("writeback", "disabled")
    assert disk["resized"]["size"] == "9G"
    assert not any("scsi" in call.args for call in plan.calls)


def test_the_identity_of_a_machine_stays_where_its_smbios_changes():
    there = {"smbios1": "uuid=6f2f1f3c-0000-4000-8000-000000000001"}
    found = compare_settings({"smbios": "family=c2hvcA==,base64=1"}, there)
    assert found.arguments["smbios"].startswith(f"{there['smbios1']},")


# --- from nothing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "described"),
    [
        ({}, False),
        ({"clone": "x", "ide": {"ide2": "local:cloudinit"}}, False),
        ({"ide": {"ide2": "none,media=cdrom"}}, False),
        ({"net": {"net0": "virtio,bridge=vmbr0"}}, False),
        ({"scsi": {"scsi0": "local:1"}}, True),
        ({"virtio": {"virtio0": "local:1,format=raw"}}, True),
        ({"sata": {"sata0": "local:100/vm-100-disk-0.raw"}}, True),
        ({"ide": {"ide2": "local:iso/a.iso,media=cdrom"}}, True),
        ({"efidisk0": {"storage": "local"}}, True),
        ({"tpmstate0": {"storage": "local"}}, True),
    ],
)
def test_what_describes_disks(options, described):
    assert describes_disks(options) is described


@pytest.mark.parametrize(
    ("options", "order"),
    [
        ({"scsi": {"scsi1": "a:1", "scsi0": "a:1"}, "net": {"net0": "virtio"}}, "order=scsi0;net0"),
        ({"virtio": {"virtio0": "a:1"}, "ide": {"ide2": "a:iso/x.iso,media=cdrom"}}, "order=virtio0;ide2"),
        ({"ide": {"ide2": "a:cloudinit"}, "efidisk0": {"storage": "a"}}, None),
    ],
)
def test_the_order_in_which_a_vm_from_nothing_boots(options, order):
    assert boot_order(options) == order


@pytest.mark.parametrize("disk", ["scsi", "virtio", "sata", "ide"])
def test_no_template_is_assumed_beside_disks(disk):
    plan = planned("proxmox", options={disk: {f"{disk}0": "local-lvm:1"}})
    create, configure, _start = plan.calls
    assert (create.module, "vmid" in create.args, create.args["newid"]) == (
        "rightscope.deploy.proxmox_clone",
        False,
        100,
    )
    assert create.args["description"] == f"rightscope.service: web\nrightscope.given: {disk}0"
    assert configure.args[disk] == {f"{disk}0": "local-lvm:1"}
    assert configure.args["boot"] == f"order={disk}0"
    assert "clone" not in plan.after["web"]


def test_a_vm_from_nothing_grows_to_what_is_needed():
    plan = planned("proxmox", options={"scsi": {"scsi0": "local-lvm:1"}}, disk="3 GiB")
    assert [call.does for call in plan.calls if "grow" in call.does] == ["grow scsi0 of VM 100 to 3 GiB"]


@pytest.mark.parametrize(
    ("ostype", "wanted", "fits"),
    [("win11", "linux", False), ("win11", "windows", True), ("l26", "debian", True), ("l26", "windows", False)],
)
def test_the_system_of_a_vm_from_nothing_is_that_of_its_ostype(ostype, wanted, fits):
    of = service(made_as={"proxmox_vm": {"scsi": {"scsi0": "local:1"}, "ostype": ostype}}, os_family=wanted)
    failure = constraints.os_version(of.requirements, candidate("proxmox", of))
    assert (failure is None) is fits


@pytest.mark.parametrize(("ostype", "fits"), [("win11", False), ("l26", True), ("l24", True), ("other", True)])
def test_an_ostype_of_another_system_than_is_wanted_is_told_beside_a_clone_too(ostype, fits):
    of = service(made_as={"proxmox_vm": {"clone": "debian-12-cloud", "ostype": ostype}})
    assert (constraints.os_version(of.requirements, candidate("proxmox", of)) is None) is fits


@pytest.mark.parametrize(("options", "found"), [({}, "windows"), ({"ostype": "l26"}, None)])
def test_the_system_of_what_is_there_is_judged_where_it_is_not_to_be_set(options, found):
    there = instance("proxmox", config={"config": {**TEMPLATE, "ostype": "win11"}})
    assert FORMS["proxmox_vm"].system(there, options) == found


# --- what is there --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "wanted", "said"),
    [
        ("windows", {"os_family": "linux"}, "the instance that is there runs windows, linux wanted"),
        ("linux", {"os_family": "windows"}, "the instance that is there runs linux, windows wanted"),
        ("linux", {"os_family": "debian"}, None),
        ("linux", {}, None),
        (None, {"os_family": "windows"}, None),
    ],
)
def test_what_is_there_must_be_of_the_wanted_system(there, wanted, said):
    _when, reason, _remedy = rule_says("os_version", "proxmox", wanted, {"held_system": there, "image": None})
    assert reason == said


def machine(state: str = "started", **config) -> Instance:
    return instance("proxmox", state=state, config={"config": {**TEMPLATE}, **config})


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, None),
        ({"config": {"protection": 1}}, "qm set 100 --protection 0"),
        ({"config": {"protection": "1"}}, "VM 100 is protected"),
        ({"config": {"protection": 0}}, None),
        ({"status": {"ha": {"managed": 1}}}, "ha-manager remove vm:100"),
        ({"status": {"ha": {"managed": 0}}}, None),
        ({"replications": ["100-0"]}, "pvesr delete 100-0"),
        ({"dependents": ["101", "102"]}, "the disks of VM 101, 102 build on those of VM 100"),
        ({"status": {"lock": "backup"}}, None),
    ],
)
def test_what_forbids_a_removal_is_known_before(config, said):
    refused = FORMS["proxmox_vm"].removal_refused(target("proxmox"), (machine(**config),))
    assert (refused is None) if said is None else (said in refused)


@pytest.mark.parametrize(
    ("was", "state", "does"),
    [
        ("paused", "started", ["resume VM 100"]),
        ("hibernated", "started", ["resume VM 100"]),
        ("paused", "stopped", ["stop VM 100"]),
        ("hibernated", "stopped", []),
        ("paused", "restarted", ["restart VM 100"]),
        ("paused", "present", []),
    ],
)
def test_a_machine_that_stands_still_is_brought_into_the_state(was, state, does):
    there = instance("proxmox", state=was, config={"config": {**TEMPLATE, "tags": "rightscope", "cpu": "host",
                                                              "description": "rightscope.service: web"}})  # fmt: skip
    assert [call.does for call in planned("proxmox", there, state=state).calls] == does


def test_one_that_is_hibernated_is_not_busy_for_its_lock():
    there = machine("hibernated", status={"lock": "suspended"})
    assert FORMS["proxmox_vm"].busy((there,)) is None
