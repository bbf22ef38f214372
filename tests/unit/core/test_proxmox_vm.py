# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VM: cloned once, then only what differs, each by its id."""

from __future__ import annotations

import dataclasses
from urllib.parse import quote

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._proxmox.comparison import compare_settings

from .builders import TEMPLATE, instance, needed, planned, service, target

MARKED = "rightscope.service: web"


MADE = {**TEMPLATE, "cpu": "host", "tags": "debian-12;rightscope", "description": MARKED + "\n"}


def machine(state="started", **changes):
    return instance("proxmox", state=state, config={"config": {**MADE, **changes}})


def test_a_machine_is_cloned_configured_grown_and_started_each_by_its_id():
    plan = planned("proxmox", memory=2048, cpus=1.5, disk="20 GiB", options={"clone": "debian-12-cloud"})
    assert [call.does for call in plan.calls] == [
        "clone template 'debian-12-cloud' to VM 100 'web'",
        "configure cores, cpu, memory, tags of VM 100",
        "grow scsi0 of VM 100 to 20 GiB",
        "start VM 100",
    ]
    clone, configure, grow, start = (call.args for call in plan.calls)
    assert (clone["vmid"], clone["newid"], clone["name"], clone["node"]) == (900, 100, "web", "pve1")
    assert plan.calls[0].module == "rightscope.deploy.proxmox_clone"
    assert clone["description"] == f"{MARKED}\nrightscope.given: cores memory"
    assert (configure["cores"], configure["memory"], configure["cpu"]) == (2, 2048, "x86-64-v2-AES")
    assert configure["tags"] == ["debian-12", "rightscope"]
    assert "update_unsafe" not in configure
    assert (grow["disk"], grow["size"], grow["state"]) == ("scsi0", "20G", "resized")
    assert (start["vmid"], start["state"]) == (100, "started")


def test_a_machine_that_is_as_wanted_needs_no_call():
    assert planned("proxmox", machine(memory="2048"), memory=2048, disk="8 GiB").calls == ()


def test_only_what_differs_is_sent():
    plan = planned("proxmox", machine(memory="2048", cores=2), memory=4096, cpus=2)
    (call,) = plan.calls
    assert {key for key in call.args if key not in ("vmid", "node", "timeout", "state", "update", "description")} == {
        "memory"
    }
    assert call.args["description"].endswith("\nrightscope.given: cores memory")
    assert (plan.before, plan.after) == ({"web": {"memory": "2048"}}, {"web": {"memory": "4096"}})


def test_a_disk_never_shrinks():
    assert planned("proxmox", machine(scsi0="local-lvm:vm-100-disk-0,size=30G"), disk="20 GiB").calls == ()


def test_a_cloud_init_drive_is_added_where_there_is_none():
    bare = {key: value for key, value in MADE.items() if key != "ide2"}
    there = instance("proxmox", config={"config": bare})
    (call,) = planned("proxmox", there, options={"ciuser": "x"}).calls
    assert call.args["ide"] == {"ide2": "local-lvm:cloudinit"}
    assert call.args["update_unsafe"] is True


def test_a_password_is_set_once_and_shown_never():
    made = planned("proxmox", options={"clone": "debian-12-cloud", "cipassword": "S3NTINEL"})
    assert made.calls[1].args["cipassword"] == "S3NTINEL"
    assert "S3NTINEL" not in str((made.before, made.after, [call.does for call in made.calls], made))
    assert planned("proxmox", machine(), options={"cipassword": "S3NTINEL"}).calls == ()


@pytest.mark.parametrize(
    ("option", "value", "there"),
    [
        pytest.param("tags", ["Shop"], {"tags": "a;shop"}, id="tags in lower case, others stay"),
        pytest.param("agent", True, {"agent": "enabled=1"}, id="agent"),
        pytest.param("agent", "enabled=1,type=virtio", {"agent": "1,type=virtio"}, id="agent with more"),
        pytest.param("onboot", True, {"onboot": 1}, id="a switch"),
        pytest.param("onboot", False, {}, id="a switch that is off is not there"),
        pytest.param("memory", 2048, {"memory": "2048"}, id="a number as a text"),
        pytest.param("sshkeys", "ssh-rsa A b\n", {"sshkeys": "ssh-rsa%20A%20b%0A"}, id="keys"),
        pytest.param("nameservers", ["1.1.1.1", "9.9.9.9"], {"nameserver": "1.1.1.1 9.9.9.9"}, id="servers"),
        pytest.param(
            "net", {"net0": "bridge=vmbr0,virtio"}, {"net0": "virtio=AA:BB,bridge=vmbr0"}, id="a network with its MAC"
        ),
        pytest.param("ipconfig", {"ipconfig0": "gw=1,ip=2"}, {"ipconfig0": "ip=2,gw=1"}, id="another order"),
        pytest.param("description", "x", {"description": "x\n"}, id="a line end"),
    ],
)
def test_a_setting_equals_what_the_api_makes_of_it(option, value, there):
    assert compare_settings({option: value}, there).changes == {}


def test_a_network_that_changes_keeps_its_mac():
    changed = compare_settings({"net": {"net0": "virtio,bridge=vmbr1"}}, {"net0": "virtio=AA:BB,bridge=vmbr0"})
    assert changed.arguments == {"net": {"net0": "virtio=AA:BB,bridge=vmbr1"}}


def test_a_running_machine_is_stopped_before_it_is_removed():
    form = FORMS["proxmox_vm"]
    plan = form.remove(service(), target("proxmox"), (machine(),))
    assert [call.args["state"] for call in plan.calls] == ["stopped", "absent"]


@pytest.mark.parametrize(
    ("option", "value", "there"),
    [
        pytest.param("tags", ["shop"], {"tags": "a"}, id="a tag that is new"),
        pytest.param("agent", True, {}, id="agent"),
        pytest.param("agent", "enabled=1,type=isa", {"agent": "1"}, id="agent with more"),
        pytest.param("onboot", True, {}, id="a switch that is off where nothing is said"),
        pytest.param("tablet", False, {}, id="a switch that is on where nothing is said"),
        pytest.param("memory", 2048, {"memory": "1024"}, id="a number"),
        pytest.param("memory", 2048, {}, id="nothing there"),
        pytest.param("sshkeys", "ssh-rsa A b", {"sshkeys": "ssh-rsa%20A%20c"}, id="keys"),
        pytest.param("nameservers", ["9.9.9.9", "1.1.1.1"], {"nameserver": "1.1.1.1 9.9.9.9"}, id="servers, in order"),
        pytest.param("net", {"net0": "virtio,bridge=vmbr0"}, {"net0": "e1000=AA:BB,bridge=vmbr0"}, id="another card"),
        pytest.param(
            "net", {"net0": "virtio=CC:DD,bridge=b"}, {"net0": "virtio=AA:BB,bridge=b"}, id="a MAC of one's own"
        ),
        pytest.param("net", {"net1": "virtio,bridge=b"}, {"net0": "virtio=AA:BB,bridge=b"}, id="a second network"),
        pytest.param("ipconfig", {"ipconfig0": "ip=dhcp"}, {"ipconfig0": "ip=2,gw=1"}, id="an address"),
        pytest.param("description", "x", {"description": "y\n"}, id="a description"),
        pytest.param("scsi", {"scsi1": "local:8"}, {"scsi0": "local:vm-1-disk-0,size=8G"}, id="a second disk"),
        pytest.param("ciuser", "ops", {"ciuser": "root"}, id="a text"),
        pytest.param("balloon", 512, {"balloon": 0}, id="a plain number"),
    ],
)
def test_a_setting_differs_from_anything_else(option, value, there):
    assert compare_settings({option: value}, there).changes


@pytest.mark.parametrize("switch", ["acpi", "kvm", "reboot", "tablet"])
def test_a_switch_that_is_on_by_itself_needs_nothing_to_be_on(switch):
    assert compare_settings({switch: True}, {}).changes == {}
    assert compare_settings({switch: False}, {}).arguments == {switch: False}
    assert compare_settings({switch: False}, {switch: 0}).changes == {}


def test_each_clone_gets_a_mac_of_its_own():
    plan = planned("proxmox", options={"clone": "debian-12-cloud", "net": {"net0": "virtio,bridge=vmbr1,tag=7"}})
    assert plan.calls[1].args["net"] == {"net0": "virtio,bridge=vmbr1,tag=7"}
    assert TEMPLATE["net0"].split(",")[0].split("=")[1] not in str(plan)


def test_a_network_that_the_template_has_already_is_not_sent_to_its_clone():
    plan = planned("proxmox", options={"clone": "debian-12-cloud", "net": {"net0": "bridge=vmbr0,virtio"}})
    assert "net" not in plan.calls[1].args


def test_a_mac_that_the_user_gives_is_given():
    plan = planned("proxmox", options={"net": {"net0": "virtio=02:00:00:00:00:01,bridge=vmbr0"}})
    assert plan.calls[1].args["net"] == {"net0": "virtio=02:00:00:00:00:01,bridge=vmbr0"}


@pytest.mark.parametrize(
    ("was", "state", "calls"),
    [
        ("started", "started", []),
        ("started", "present", []),
        ("stopped", "present", []),
        ("stopped", "stopped", []),
        ("stopped", "started", [("start VM 100", "started")]),
        ("started", "stopped", [("stop VM 100", "stopped")]),
        ("started", "restarted", [("restart VM 100", "restarted")]),
        ("stopped", "restarted", [("start VM 100", "started")]),
    ],
)
def test_a_machine_is_brought_into_the_state(was, state, calls):
    plan = planned("proxmox", machine(was), state=state)
    assert [(call.does, call.args["state"]) for call in plan.calls] == calls
    assert plan.state == {"restarted": "started", "present": was}.get(state, state)


@pytest.mark.parametrize(("state", "started"), [("started", 1), ("restarted", 1), ("stopped", 0), ("present", 0)])
def test_a_machine_is_made_in_the_state(state, started):
    plan = planned("proxmox", state=state)
    assert [call.args["state"] for call in plan.calls if call.does.startswith("start")] == ["started"] * started
    assert plan.state == plan.after["web"]["state"] == ("started" if started else "stopped")
    assert [call.creates for call in plan.calls if call.creates] == ["100"]


def test_a_change_comes_before_a_growth_and_that_before_a_start():
    plan = planned("proxmox", machine("stopped", memory="1024"), memory=2048, disk="9000 MiB")
    assert [call.does for call in plan.calls] == [
        "change memory of VM 100",
        "grow scsi0 of VM 100 to 8.8 GiB",
        "start VM 100",
    ]
    assert plan.calls[1].args["size"] == "9000M"
    assert plan.before == {"web": {"memory": "1024", "disk": "8 GiB", "state": "stopped"}}
    assert plan.after == {"web": {"memory": "2048", "disk": "8.8 GiB", "state": "started"}}


@pytest.mark.parametrize(
    ("needs", "options"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"memory": "1 GiB", "cpus": 1.5}, {"cpu": "host", "onboot": True, "kvm": False}, id="settings"),
        pytest.param({}, {"tags": ["Shop", "b"], "description": "The shop.", "balloon": 0}, id="words"),
        pytest.param(
            {}, {"ciuser": "ops", "sshkeys": "ssh-rsa A b", "ipconfig": {"ipconfig0": "ip=dhcp"}}, id="cloud-init"
        ),
        pytest.param({}, {"net": {"net0": "virtio,bridge=vmbr1", "net1": "e1000,bridge=vmbr0"}}, id="networks"),
        pytest.param({}, {"nameservers": ["1.1.1.1"], "searchdomains": ["a.b"], "agent": "enabled=1"}, id="lists"),
    ],
)
def test_a_second_run_finds_what_the_first_made(needs, options):
    plan = planned("proxmox", options=options, **needs)
    there = dict(TEMPLATE)
    for key, value in settings_of(plan).items():
        there[key] = value
    assert planned("proxmox", instance("proxmox", config={"config": there}), options=options, **needs).calls == ()


def settings_of(plan) -> dict:
    """The configuration as the API tells it after the plan's clone and update."""
    (update,) = [call.args for call in plan.calls if call.args.get("update")]
    told = {"description": f"{plan.calls[0].args['description']}\n"}
    for key, value in update.items():
        if key in ("net", "ipconfig", "ide"):
            told |= {
                name: item.replace("virtio,", "virtio=BC:24:11:00:00:02,").replace("e1000,", "e1000=BC:24:11:00:00:03,")
                for name, item in value.items()
            }
        elif key in ("nameservers", "searchdomains"):
            told[key.removesuffix("s")] = " ".join(value)
        elif key == "tags":
            told[key] = ";".join(sorted(value))
        elif key == "sshkeys":
            told[key] = quote(value)
        elif key not in ("vmid", "node", "timeout", "state", "update", "update_unsafe"):
            told[key] = int(value) if isinstance(value, bool) else str(value)
    return told


def test_a_description_keeps_the_words_of_the_user_beside_the_mark():
    plan = planned("proxmox", options={"description": " The shop. "})
    assert plan.calls[0].args["description"] == f"The shop.\n\n{MARKED}"


def test_a_machine_that_is_half_made_is_finished_as_a_new_one_is():
    """Its run was interrupted after the clone: it has the mark, and neither tag nor password."""
    options = {"clone": "debian-12-cloud", "ciuser": "x", "cipassword": "S3NTINEL"}
    half = instance("proxmox", config={"config": {**TEMPLATE, "description": MARKED}}, state="stopped")
    configure, start = planned("proxmox", half, options=options, memory=2048).calls
    assert configure.args["cipassword"] == "S3NTINEL"
    assert "rightscope" in configure.args["tags"]
    assert start.args["state"] == "started"


@pytest.mark.parametrize(
    ("status", "said"),
    [({"lock": "clone"}, "VM 100 is locked (clone)"), ({"status": "running"}, None), ({}, None)],
)
def test_a_machine_that_is_locked_is_busy(status, said):
    assert FORMS["proxmox_vm"].busy((instance("proxmox", config={"config": MADE, "status": status}),)) == said


@pytest.mark.parametrize(
    ("there", "options", "drives"),
    [
        pytest.param({"ide2": "none,media=cdrom"}, {}, {"ide0": "local-lvm:cloudinit"}, id="ide2 is taken"),
        pytest.param({"sata3": "local-lvm:vm-100-cloudinit"}, {}, None, id="there is one on another bus"),
        pytest.param({}, {"ide": {"ide2": "fast:cloudinit"}}, {"ide2": "fast:cloudinit"}, id="the user gives one"),
        pytest.param({}, {"storage": "fast"}, {"ide2": "fast:cloudinit"}, id="beside the disks that the user places"),
        pytest.param({}, {"ide": {"ide2": "iso:a.iso,media=cdrom"}},
                     {"ide2": "iso:a.iso,media=cdrom", "ide0": "local-lvm:cloudinit"}, id="the user takes ide2"),
    ],
)  # fmt: skip
def test_a_cloud_init_drive_goes_where_there_is_room(there, options, drives):
    bare = {key: value for key, value in MADE.items() if key != "ide2"}
    calls = planned(
        "proxmox",
        instance("proxmox", config={"config": {**bare, "ciuser": "x", **there}}),
        options={"ciuser": "x", **options},
    ).calls
    assert [call.args["ide"] for call in calls] == ([drives] if drives else [])


def test_what_needs_no_cloud_init_adds_no_drive():
    bare = {key: value for key, value in MADE.items() if key != "ide2"}
    assert planned("proxmox", instance("proxmox", config={"config": bare})).calls == ()


def test_a_run_state_is_a_matter_of_our_own_module_and_of_the_time_that_the_user_has():
    (call,) = planned("proxmox", machine(), state="stopped").calls
    assert (call.module, call.bounded, call.args["timeout"]) == ("rightscope.deploy.proxmox_state", True, 300)


def test_the_patience_of_the_user_is_kept():
    plan = planned("proxmox", options={"timeout": 9})
    assert {call.args["timeout"] for call in plan.calls} == {9}


@pytest.mark.parametrize(
    ("config", "addresses", "variables"),
    [
        pytest.param({}, (), {}, id="nothing known"),
        pytest.param({"ciuser": "ops"}, (), {"ansible_user": "ops"}, id="the user that is there"),
        pytest.param({}, ("10.0.0.2", "10.0.0.3"), {"ansible_host": "10.0.0.2"}, id="the first address"),
    ],
)
def test_a_machine_is_reached_by_ssh(config, addresses, variables):
    there, form = instance("proxmox", addresses=addresses, config={"config": config}), FORMS["proxmox_vm"]
    assert form.connection(target("proxmox"), there) == {"ansible_connection": "ssh", **variables}
    assert form.command(target("proxmox"), there) == []


def test_the_keys_that_a_machine_lets_in_are_read_as_they_are_kept():
    there = instance("proxmox", config={"config": {"sshkeys": "ssh-ed25519%20AAAAone%20me%0Assh-rsa%20AAAAtwo"}})
    assert FORMS["proxmox_vm"].public_keys(there) == ("ssh-ed25519 AAAAone me", "ssh-rsa AAAAtwo")


@pytest.mark.parametrize(
    ("option", "there", "same", "other"),
    [
        ("startup", "order=1,up=5", "up=5,order=1", "order=2,up=5"),
        ("startup", "order=1", "1", "2"),
        ("watchdog", "model=i6300esb,action=reset", "i6300esb,action=reset", "i6300esb,action=pause"),
        ("vga", "type=std,memory=32", "std,memory=32", "qxl,memory=32"),
        ("cpu", "cputype=host,flags=+aes", "host,flags=+aes", "host"),
    ],
)
def test_a_setting_of_several_parts_is_compared_part_by_part(option, there, same, other):
    vm = machine(**{option: there})
    assert planned("proxmox", vm, options={option: same}).calls == ()
    assert [call.does for call in planned("proxmox", vm, options={option: other}).calls] == [
        f"change {option} of VM 100"
    ]


def test_what_waits_for_a_restart_is_named():
    there = instance("proxmox", config={"pending": [{"key": "memory"}, {"key": "cores"}]})
    assert FORMS["proxmox_vm"].pending((there, machine())) == ("cores", "memory")


def test_a_machine_that_is_stopped_is_removed_in_one_call():
    plan = FORMS["proxmox_vm"].remove(service(), target("proxmox"), (machine("stopped"),))
    assert [(call.does, call.args["vmid"]) for call in plan.calls] == [("remove VM 100 and its disks", 100)]


@pytest.mark.parametrize(("option", "value"), [("memory", "2 GiB"), ("cores", "two"), ("tags", 7)])
def test_a_value_that_could_never_be_compared_is_found_before_the_work(option, value):
    with pytest.raises((ValueError, TypeError)):
        FORMS["proxmox_vm"].check(option, value)


def test_settings_show_a_password_to_nobody():
    changed = compare_settings({"cipassword": "S3NT", "ciuser": "ops"}, {"cipassword": "S3NT-old"})
    assert changed.before == {"cipassword": "********", "ciuser": None}
    assert changed.after == {"cipassword": "********", "ciuser": "ops"}
    assert changed.arguments["cipassword"] == "S3NT"


@pytest.mark.parametrize(
    ("needs", "model"),
    [
        pytest.param({}, "x86-64-v2-AES", id="the default"),
        pytest.param({"cpu_level": "x86-64-v3"}, "x86-64-v3", id="a level"),
        pytest.param({"cpu_features": ["avx2"]}, "x86-64-v3", id="a flag of a level"),
        pytest.param({"cpu_features": ["amx_tile"]}, "host", id="a flag of no level"),
        pytest.param({"kernel": {"features": ["kvm"]}}, "host", id="a hypervisor inside"),
    ],
)
def test_the_guest_is_shown_the_most_general_processor_that_has_all_it_needs(needs, model):
    configure = next(call for call in planned("proxmox", **needs).calls if "cpu" in call.args)
    assert configure.args["cpu"] == model


def test_a_processor_that_the_user_names_is_left():
    configure = next(call for call in planned("proxmox", options={"cpu": "EPYC"}).calls if "cpu" in call.args)
    assert configure.args["cpu"] == "EPYC"


def test_a_device_is_passed_by_its_address_and_keeps_its_slot():
    needs = {"devices": [{"pci": "10de:1eb8"}, {"usb": "1a6e:089a"}]}
    facts = {"pci_devices": ("0000:01:00.0 10de:1eb8",)}
    of = service(made_as={"proxmox_vm": {}}, **needs)
    place = target("proxmox", **facts)
    (one,) = candidates(of, [place])
    one = dataclasses.replace(one, grants=needed(of.requirements, one))
    form = FORMS["proxmox_vm"]
    args = {key: value for call in form.plan(of, one, place, (), "started").calls for key, value in call.args.items()}
    assert args["hostpci"] == {"hostpci0": "0000:01:00.0"}
    assert args["usb"] == {"usb0": "host=1a6e:089a"}

    held = {"hostpci0": "0000:02:00.0", "hostpci1": "0000:01:00.0,pcie=1", "usb2": "host=1a6e:089a"}
    assert form.plan(of, one, place, (machine(**held),), "started").calls == ()


def test_a_device_that_nobody_asks_for_any_more_is_told_and_left():
    plan = planned("proxmox", machine(hostpci0="0000:01:00.0", usb1="host=1a6e:089a", usb2="spice"))
    assert plan.calls == ()
    assert plan.warnings == ("VM 100 still has hostpci0, usb1, which nobody asks for; take it out by hand.",)


def test_each_of_two_devices_of_one_sort_is_asked_for():
    of = service(made_as={"proxmox_vm": {}}, devices=[{"pci": "0000:01:00.0"}, {"pci": "10de:1eb8"}])
    place = target("proxmox", pci_devices=("0000:01:00.0 10de:1eb8", "0000:02:00.0 10de:1eb8"))
    (one,) = candidates(of, [place])
    one = dataclasses.replace(one, grants=needed(of.requirements, one))
    both = machine(hostpci0="0000:01:00.0", hostpci1="0000:02:00.0")
    plan = FORMS["proxmox_vm"].plan(of, one, place, (both,), "started")
    assert (plan.calls, plan.warnings) == ((), ())


def test_a_device_that_the_user_names_is_asked_for():
    options = {"hostpci": {"hostpci0": "0000:01:00.0"}}
    assert planned("proxmox", machine(hostpci0="0000:01:00.0"), options=options).warnings == ()
