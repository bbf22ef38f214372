# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to a VM from outside: paused, locked, protected; tasks that fail; a VM that no template was made for."""

from __future__ import annotations

import pytest

NEEDS = {"kernel": {"own": True}, "memory": "1 GiB"}


def vm(state: str = "started", *, wait: int = 20, options: dict | None = None, **args) -> dict:
    form = {"clone": "debian-12-cloud", **(options or {})}
    return {
        "name": "web",
        "targets": ["pve"],
        "requirements": NEEDS,
        "as": {"proxmox_vm": form},
        "state": state,
        "wait_timeout": wait,
        **args,
    }


def gone(**args) -> dict:
    return {"name": "web", "targets": ["pve"], "state": "absent", "wait_timeout": 10, **args}


@pytest.fixture
def made(play, pve_eyes):
    """A VM that runs, and a play that has made it."""
    (done,) = play.tasks(("service", vm()))
    assert done["changed"], done.get("msg")
    return play


def number(pve_eyes) -> int:
    return pve_eyes.inspect("web")["vmid"]


def tasks(pve, since: int = 0) -> list[str]:
    return [task["type"] for task in pve.control("tasks")[since:]]


PAUSE = {"qmpstatus": "paused"}
HIBERNATE = {"status": "stopped", "qmpstatus": "stopped", "lock": "suspended"}


def put(pve, id: int, attributes: dict) -> None:
    """As somebody does it by hand."""
    config = {"lock": attributes["lock"]} if "lock" in attributes else {}
    pve.control("set_vm", id, config=config, **attributes)
    if "qmpstatus" in attributes:
        pve.control("set_vm", id, qmpstatus=attributes["qmpstatus"])


@pytest.mark.parametrize(
    ("attributes", "word", "task"),
    [
        pytest.param(PAUSE, "paused", "qmresume", id="paused"),
        pytest.param({"qmpstatus": "suspended"}, "paused", "qmresume", id="suspended"),
        pytest.param({"qmpstatus": "prelaunch"}, "paused", "qmresume", id="prelaunch"),
        pytest.param(HIBERNATE, "hibernated", "qmstart", id="hibernated"),
    ],
)
def test_a_vm_that_stands_still_is_resumed(made, pve, pve_eyes, attributes, word, task):
    id = number(pve_eyes)
    put(pve, id, attributes)
    before = len(pve.control("tasks"))
    foreseen = made.service("--check", "--diff", **vm())
    assert tasks(pve, before) == []
    done, again = made.tasks(("service", vm()), ("service", vm()), flags=("--diff",))
    assert (
        foreseen["diff"] == done["diff"] == {"before": {"web": {"state": word}}, "after": {"web": {"state": "started"}}}
    )
    assert [call["does"] for call in done["calls"]] == [f"resume VM {id}"]
    assert tasks(pve, before) == [task]
    now = pve_eyes.inspect("web")
    assert (now["vmid"], now["status"], now["qmpstatus"], now["lock"]) == (id, "running", "running", None)
    assert (done["changed"], again["changed"]) == (True, False)


@pytest.mark.parametrize("attributes", [PAUSE, HIBERNATE], ids=["paused", "hibernated"])
def test_a_vm_that_stands_still_can_be_removed(made, pve, pve_eyes, attributes):
    put(pve, number(pve_eyes), attributes)
    done, again = made.tasks(("service", gone()), ("service", gone()))
    assert (done["changed"], again["changed"]) == (True, False), done.get("msg")
    assert pve_eyes.names() == []


@pytest.mark.parametrize(
    ("forbid", "said"),
    [
        pytest.param(lambda pve, id: pve.control("set_vm", id, config={"protection": 1}), "protection", id="protected"),
        pytest.param(lambda pve, id: pve.control("set_vm", id, ha_state="started"), "ha-manager remove", id="HA"),
        pytest.param(
            lambda pve, id: pve.control("set", "replications", [{"id": f"{id}-0", "guest": id, "target": "pve2"}]),
            "pvesr delete",
            id="replicated",
        ),
        pytest.param(
            lambda pve, id: (
                pve.control("set_vm", id, config={"scsi0": f"local-lvm:base-{id}-disk-0,size=8G"}),
                pve.control(
                    "add_vm", 160, "clone", node="pve1",
                    config={"scsi0": f"local-lvm:base-{id}-disk-0/vm-160-disk-0,size=8G"},
                ),
            ),
            "VM 160",
            id="linked clone",
        ),
    ],
)  # fmt: skip
def test_what_will_not_be_removed_goes_on_running(made, pve, pve_eyes, forbid, said):
    id = number(pve_eyes)
    forbid(pve, id)
    before = len(pve.control("tasks"))
    foreseen = made.service("--check", **gone())
    (refused,) = made.tasks(("service", gone()))
    assert foreseen["failed"]
    assert refused["failed"]
    assert foreseen["msg"] == refused["msg"]
    assert said in refused["msg"]
    assert (refused["changed"], tasks(pve, before)) == (False, [])
    assert (pve_eyes.state("web"), number(pve_eyes)) == ("started", id)


def test_protection_can_be_taken_off_by_the_service_itself(play, pve_eyes):
    on, off = ({"protection": flag} for flag in (True, False))
    made, refused, changed, removed = play.tasks(
        ("service", vm(options=on)), ("service", gone()), ("service", vm(options=off)), ("service", gone())
    )
    assert [one.get("failed", False) for one in (made, refused, changed, removed)] == [False, True, False, False]
    assert pve_eyes.names() == []


def test_a_removal_waits_for_a_lock_and_stops_nothing_for_one_that_stays(made, pve, pve_eyes):
    id = number(pve_eyes)
    put(pve, id, {"lock": "backup"})
    before = len(pve.control("tasks"))
    foreseen = made.service("--check", **gone())
    (refused,) = made.tasks(("service", gone(wait_timeout=2)))
    assert any("locked (backup)" in warning for warning in foreseen["warnings"])
    assert refused["failed"]
    assert "locked (backup)" in refused["msg"]
    assert (tasks(pve, before), pve_eyes.state("web")) == ([], "started")


def looks(pve, id: int) -> int:
    """How often a task of the VM was looked at."""
    return sum(
        "/tasks/UPID" in path and f":{id}:" in path.replace("%3A", ":") for _m, path, _b in pve.control("requests")
    )


def test_a_start_that_fails_ends_with_the_tasks_own_words_at_once(play, pve, pve_eyes):
    (made,) = play.tasks(("service", vm("stopped")))
    assert made["changed"], made.get("msg")
    id = number(pve_eyes)
    pve.control("set_vm", id, start_error="bridge 'vmbr9' does not exist")
    pve.control("clear_requests")
    (failed,) = play.tasks(("service", vm()))
    assert failed["failed"]
    assert "bridge 'vmbr9' does not exist" in failed["msg"]
    # One task, looked at until its end, and not for as long as the time-out goes.
    assert tasks(pve).count("qmstart") == 1
    assert looks(pve, id) <= 6
    assert pve_eyes.names() == ["web"]


def test_a_new_vm_that_cannot_start_is_removed_and_told_in_the_tasks_own_words(play, pve, pve_eyes):
    needs = {**NEEDS, "cpus": 2}
    pve.control("set_node", "pve1", cpus=8)
    wanted = vm(options={"sockets": 8}, requirements=needs)
    (failed,) = play.tasks(("service", wanted))
    assert failed["failed"]
    assert "vcpus allowed" in failed["msg"]
    assert pve_eyes.names() == []


@pytest.mark.parametrize("state", ["stopped", "absent", "restarted"])
def test_a_guest_that_ignores_its_shutdown_is_ended_in_the_time_that_the_user_has(made, pve, pve_eyes, state):
    id = number(pve_eyes)
    pve.control("set_vm", id, acpi=False)
    before = len(pve.control("tasks"))
    (done,) = made.tasks(("service", vm(state, wait=30) if state != "absent" else gone(wait_timeout=30)))
    assert (done["changed"], done.get("failed", False)) == (True, False), done.get("msg")
    kinds = tasks(pve, before)
    assert kinds[0] == {"restarted": "qmreboot"}.get(state, "qmshutdown")
    asked = [body for method, path, body in pve.control("requests") if method == "POST" and "/status/" in path]
    given = [int(part.partition("=")[2]) for body in asked for part in body.split("&") if part.startswith("timeout=")]
    # Ten of the thirty seconds are for its end.
    assert given
    assert max(given) <= 20
    assert pve_eyes.names() == ([] if state == "absent" else ["web"])


def test_an_api_that_is_silent_for_a_while_ends_neither_a_call_nor_a_cleanup(play, pve, pve_eyes):
    """Its first answers to a change and to the removal of what failed are lost."""
    (made,) = play.tasks(("service", vm("stopped")))
    assert made["changed"], made.get("msg")
    id = number(pve_eyes)
    pve.control("fail", "POST", f"/nodes/pve1/qemu/{id}/status/start", 596, "Broken pipe", times=2)
    (done,) = play.tasks(("service", vm()))
    assert (done["changed"], done.get("failed", False)) == (True, False), done.get("msg")
    assert pve_eyes.state("web") == "started"


NOTHING = {
    "name": "web",
    "targets": ["pve"],
    "requirements": {"kernel": {"own": True}, "memory": "1 GiB", "disk": "3 GiB"},
    "wait_timeout": 20,
    "state": "started",
}
UEFI = {
    "bios": "ovmf",
    "machine": "q35",
    "ostype": "l26",
    "efidisk0": {"storage": "local-lvm", "efitype": "4m", "pre_enrolled_keys": True},
    "tpmstate0": {"storage": "local-lvm"},
    "scsi": {"scsi0": "local-lvm:2,discard=on"},
    "net": {"net0": "virtio,bridge=vmbr0"},
}


@pytest.mark.parametrize(
    ("options", "keys", "boot"),
    [
        pytest.param(UEFI, {"efidisk0", "tpmstate0", "scsi0", "net0"}, "order=scsi0;net0", id="UEFI and TPM"),
        pytest.param({"scsi": {"scsi0": "local-lvm:1"}}, {"scsi0"}, "order=scsi0", id="a disk"),
        pytest.param(
            {"virtio": {"virtio0": "local-lvm:1"}, "boot": "order=virtio0"}, {"virtio0"}, "order=virtio0", id="boot"
        ),
    ],
)
def test_a_vm_whose_disks_are_described_is_made_from_nothing(play, pve_eyes, options, keys, boot):
    wanted = {**NOTHING, "as": {"proxmox_vm": options}}
    foreseen = play.service("--check", **wanted)
    assert pve_eyes.names() == []
    done, again = play.tasks(("service", wanted), ("service", wanted))
    assert not done.get("failed"), done.get("msg")
    assert (foreseen["calls"], foreseen["diff"]) == (done["calls"], done["diff"])
    assert again["changed"] is False
    seen = pve_eyes.inspect("web")["config"]
    drives = {
        key
        for key in seen
        if key.startswith(("scsi", "virtio", "sata", "ide", "net", "efi", "tpm")) and key != "scsihw"
    }
    assert (drives, seen["boot"]) == (keys, boot)
    assert pve_eyes.mark("web") == "web"
    disk = next(seen[key] for key in ("scsi0", "virtio0") if key in seen)
    assert "size=3G" in disk


def test_a_disk_beside_a_clone_is_added_and_one_of_the_template_is_told(play, pve_eyes):
    wanted = vm(options={"scsi": {"scsi0": "other:4,cache=writeback", "scsi1": "local-lvm:1"}})
    done, again = play.tasks(("service", wanted), ("service", wanted))
    assert not done.get("failed"), done.get("msg")
    seen = pve_eyes.inspect("web")["config"]
    assert "cache=writeback" in seen["scsi0"]
    assert "size=8G" in seen["scsi0"]
    assert "size=1G" in seen["scsi1"]
    for outcome in (done, again):
        assert any("scsi0 is on 'local-lvm', and 'other' is wanted" in warning for warning in outcome["warnings"])
    assert again["changed"] is False


def test_a_disk_grows_to_the_size_of_its_option_and_never_shrinks(play, pve_eyes):
    sizes = [
        vm("stopped", options={"scsi": {"scsi0": f"local-lvm:{size}", "scsi1": f"local-lvm:{size}"}})
        for size in (9, 10, 4)
    ]
    first, second, third = play.tasks(*[("service", one) for one in sizes])
    assert not any(one.get("failed") for one in (first, second, third)), [
        one.get("msg") for one in (first, second, third)
    ]
    seen = pve_eyes.inspect("web")["config"]
    assert ("size=10G" in seen["scsi0"], "size=10G" in seen["scsi1"]) == (True, True)
    assert (second["changed"], third["changed"]) == (True, False)


@pytest.mark.parametrize("ostype", ["win11", "solaris"])
def test_a_service_of_another_system_than_what_is_there_is_told(made, pve, pve_eyes, ostype):
    pve.control("set_vm", number(pve_eyes), config={"ostype": ostype})
    (refused,) = made.tasks(("service", vm()))
    assert refused["failed"]
    assert {"win11": "windows", "solaris": "solaris"}[ostype] in refused["msg"]
    assert pve_eyes.state("web") == "started"


def test_a_stranger_is_named_by_its_number_with_the_way_to_take_it_over(play, pve_eyes):
    pve_eyes.put_stranger("web")
    (refused,) = play.tasks(("service", vm()))
    assert refused["failed"]
    for text in (refused["msg"], refused["explanation"]):
        assert "150" in text
        assert "adopt: true" in text


def test_a_diff_has_both_sides_in_the_same_form(play, pve_eyes):
    before, after = (
        vm("stopped", options={"nameservers": servers, "cores": cores}, requirements={**NEEDS, "memory": memory})
        for servers, cores, memory in ((["9.9.9.9"], 1, "1 GiB"), (["1.1.1.1", "9.9.9.9"], 2, "2 GiB"))
    )
    _made, done = play.tasks(("service", before), ("service", after), flags=("--diff",))
    assert done["diff"] == {
        "before": {"web": {"cores": 1, "memory": "1024", "nameserver": "9.9.9.9"}},
        "after": {"web": {"cores": 2, "memory": "2048", "nameserver": "1.1.1.1 9.9.9.9"}},
    }
