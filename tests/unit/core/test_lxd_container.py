# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An LXC container: all texts, devices merged, one call."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS, OptionError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms.common import RefusedError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Part

from .builders import instance, planned, service, target


def system(state="started", given="none", **changes):
    config = {
        "config": {
            "user.rightscope.service": "web",
            "user.rightscope.given": given,
            "limits.memory": "64MiB",
            "volatile.x": "1",
        },
        "devices": {"data": {"type": "disk", "path": "/data", "pool": "default"}},
        "expanded_devices": {"root": {"type": "disk", "path": "/", "pool": "fast"}},
        "profiles": ["default"],
    }
    return instance("lxd", state=state, config={**config, **changes})


def test_a_system_is_made_of_texts_with_its_mark():
    (call,) = planned(
        "lxd", memory=64, cpus=1.5, options={"config": {"boot.autostart": True, "limits.processes": 9}}
    ).calls
    assert call.args["config"] == {
        "boot.autostart": "true",
        "limits.processes": "9",
        "limits.cpu": "2",
        "limits.cpu.allowance": "150ms/100ms",
        "limits.memory": "64MiB",
        "user.rightscope.service": "web",
        "user.rightscope.given": "boot.autostart limits.cpu limits.cpu.allowance limits.memory limits.processes",
    }
    assert call.args["source"] == {"type": "image", "fingerprint": "f" * 64}
    assert call.args["wait_for_container"] is True


def test_a_system_that_is_as_wanted_needs_no_call():
    there = system(given="limits.memory profiles")
    assert planned("lxd", there, memory=64, options={"profiles": ["default"]}).calls == ()


def test_what_nobody_wants_any_more_is_taken_away_in_place():
    config = {
        "user.rightscope.service": "web",
        "user.rightscope.given": "security.nesting limits.memory device.kvm",
        "security.nesting": "true",
        "limits.memory": "64MiB",
        "user.note": "somebody else's",
    }
    devices = {"kvm": {"type": "unix-char", "source": "/dev/kvm"}, "eth1": {"type": "nic"}}

    plan = planned("lxd", system(config=config, devices=devices), memory=64)

    (call,) = plan.calls
    assert call.does == "change config.security.nesting, devices.kvm of LXC container 'web' in place"
    assert call.args["config"]["security.nesting"] == ""
    assert call.args["config"]["user.rightscope.given"] == "limits.memory"
    assert "user.note" not in call.args["config"]
    # An empty one goes, those of others are not even named.
    assert call.args["devices"] == {"kvm": {}}
    assert plan.after == {"web": {"config.security.nesting": None, "devices.kvm": None}}


def test_the_root_disk_stays_though_its_size_is_wanted_no_more():
    root = {"type": "disk", "path": "/", "pool": "fast", "size": "2048MiB"}
    (call,) = planned("lxd", system(given="device.root", devices={"root": root})).calls
    assert "devices" not in call.args


def test_the_mark_of_what_was_given_has_names_alone():
    (call,) = planned("lxd", options={"config": {"environment.TOKEN": "S3NT"}, "devices": {"a": {"type": "nic"}}}).calls
    assert call.args["config"]["user.rightscope.given"] == "device.a environment.TOKEN"


def test_a_device_is_added_to_those_that_are_there():
    (call,) = planned("lxd", system(), options={"devices": {"eth1": {"type": "nic", "nictype": "bridged"}}}).calls
    assert set(call.args["devices"]) == {"eth1"}
    assert call.does == "change devices.eth1 of LXC container 'web' in place"


def test_to_have_no_profile_is_said():
    (call,) = planned("lxd", system(), options={"profiles": []}).calls
    assert call.args["profiles"] == []
    assert "devices" not in call.args


def test_a_disk_sizes_the_root_that_its_profile_gives():
    (call,) = planned("lxd", system(), disk="2 GiB").calls
    assert call.args["devices"]["root"] == {"type": "disk", "path": "/", "pool": "fast", "size": "2048MiB"}


def test_a_stopped_system_is_changed_as_it_is():
    (call,) = planned("lxd", system("stopped"), memory=128, state="stopped").calls
    assert call.module == "rightscope.deploy.lxd_config"
    assert call.args["config"]["limits.memory"] == "128MiB"
    assert "state" not in call.args


@pytest.mark.parametrize(
    ("was", "state", "sent"),
    [("stopped", "restarted", "started"), ("started", "restarted", "restarted"), ("started", "stopped", "stopped")],
)
def test_a_stopped_system_is_not_restarted_but_started(was, state, sent):
    (call,) = planned("lxd", system(was), state=state).calls
    assert call.args["state"] == sent


def test_a_running_system_may_shut_down_before_it_is_removed():
    plan = FORMS["lxd_container"].remove(service(), target("lxd"), (system(),))
    assert [(call.args["state"], call.args.get("force_stop", False)) for call in plan.calls] == [
        ("stopped", False),
        ("absent", True),
    ]


@pytest.mark.parametrize(
    ("options", "does"),
    [
        pytest.param({"config": {"boot.autostart": True}}, "change config.boot.autostart of", id="a key that is new"),
        pytest.param({"config": {"limits.memory": "1GiB"}}, "change config.limits.memory of", id="a key that differs"),
        pytest.param({"profiles": ["fast"]}, "change profiles of", id="its profiles"),
        pytest.param({"devices": {"data": {"type": "disk", "path": "/x"}}}, "change devices.data of", id="a device"),
        pytest.param({"description": "x"}, None, id="what the delegate does not change"),
        pytest.param({"config": {"volatile.x": 1}}, None, id="a number that is there as a text"),
    ],
)
def test_only_what_differs_is_changed_and_in_place(options, does):
    given = " ".join(options.get("config", {})) or "none"
    calls = planned("lxd", system(given="none" if does else given), options=options).calls
    assert [call.does for call in calls] == ([f"{does} LXC container 'web' in place"] if does else [])


@pytest.mark.parametrize(
    ("was", "state", "does", "sent"),
    [
        ("started", "started", None, None),
        ("started", "present", None, None),
        ("stopped", "present", None, None),
        ("stopped", "stopped", None, None),
        ("stopped", "started", "start LXC container 'web'", "started"),
        ("started", "stopped", "stop LXC container 'web'", "stopped"),
        ("started", "restarted", "restart LXC container 'web'", "restarted"),
        ("stopped", "restarted", "start LXC container 'web'", "started"),
    ],
)
def test_a_system_is_brought_into_the_state(was, state, does, sent):
    plan = planned("lxd", system(was), state=state)
    assert [(call.does, call.args["state"]) for call in plan.calls] == ([(does, sent)] if does else [])
    assert plan.state == {"restarted": "started", "present": was}.get(state, state)


@pytest.mark.parametrize(
    ("state", "sent"),
    [("started", "started"), ("restarted", "started"), ("stopped", "stopped"), ("present", "stopped")],
)
def test_a_system_is_made_in_the_state(state, sent):
    plan = planned("lxd", state=state)
    (call,) = plan.calls
    assert (call.args["state"], call.creates, plan.state) == (sent, "web", sent)
    assert call.does == "create LXC container 'web' from debian/12"
    assert plan.before == {"web": {"state": "absent"}}


def test_a_change_comes_before_the_start():
    plan = planned("lxd", system("stopped"), memory=128)
    assert [call.does for call in plan.calls] == [
        "change config.limits.memory of LXC container 'web' in place",
        "start LXC container 'web'",
    ]
    assert plan.before == {"web": {"state": "stopped", "config.limits.memory": "64MiB"}}
    assert plan.after == {"web": {"state": "started", "config.limits.memory": "128MiB"}}
    assert plan.warnings == ()


def test_what_it_was_made_from_is_not_said_again():
    (call,) = planned("lxd", system(), memory=128, options={"source": {"alias": "gone"}, "timeout": 60}).calls
    assert not {"source", "timeout"} & set(call.args)


def test_whole_processors_after_a_part_of_one_lift_the_share():
    given = {"user.rightscope.service": "web", "user.rightscope.given": "limits.cpu limits.cpu.allowance"}
    shared = {**given, "limits.cpu": "2", "limits.cpu.allowance": "150ms/100ms"}
    plan = planned("lxd", system(config=shared), cpus=2)
    assert plan.after == {"web": {"config.limits.cpu.allowance": None}}
    lifted = {**given, "user.rightscope.given": "limits.cpu", "limits.cpu": "2"}
    assert planned("lxd", system(config=lifted), cpus=2).calls == ()


def test_what_the_user_says_wins_over_the_limit_of_a_need():
    (call,) = planned("lxd", memory=64, options={"config": {"limits.memory": "1GiB"}}).calls
    assert call.args["config"]["limits.memory"] == "1GiB"


def test_nobody_can_take_the_mark_away():
    (call,) = planned("lxd", options={"config": {"user.rightscope.service": "other"}}).calls
    assert call.args["config"]["user.rightscope.service"] == "web"


def test_a_disk_sizes_the_root_that_the_user_gives_and_leaves_a_size_alone():
    (sized,) = planned(
        "lxd", disk="2 GiB", options={"devices": {"r": {"path": "/", "type": "disk", "pool": "p"}}}
    ).calls
    assert sized.args["devices"] == {"r": {"type": "disk", "path": "/", "pool": "p", "size": "2048MiB"}}
    own = {"r": {"path": "/", "type": "disk", "pool": "p", "size": "9GiB"}}
    (kept,) = planned("lxd", disk="2 GiB", options={"devices": own}).calls
    assert kept.args["devices"] == own


def test_a_system_is_made_on_the_member_that_was_chosen():
    form, of = FORMS["lxd_container"], service()
    place = target("lxd", node="member2")
    (one,) = candidates(of, [place])
    (call,) = form.plan(of, one, place, (), "started").calls
    assert call.args["target"] == "member2"
    assert "target" not in planned("lxd").calls[0].args


@pytest.mark.parametrize(
    ("needs", "options"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"memory": "1 GiB", "cpus": 2, "disk": "4 GiB"}, {}, id="limits"),
        pytest.param({"cpus": 0.5}, {"config": {"boot.autostart": True, "security.nesting": "true"}}, id="switches"),
        pytest.param({"disk": 1}, {"devices": {"e": {"type": "nic", "mtu": 1500}}, "profiles": ["a"]}, id="devices"),
    ],
)
def test_a_second_run_finds_what_the_first_made(needs, options):
    (made,) = planned("lxd", options=options, **needs).calls
    config = {
        "config": {**made.args["config"], "volatile.uuid": "1"},
        "devices": made.args.get("devices", {}),
        "expanded_devices": {"root": {"type": "disk", "path": "/", "pool": "default"}, **made.args.get("devices", {})},
        "profiles": made.args.get("profiles", ["default"]),
    }
    assert planned("lxd", instance("lxd", config=config), options=options, **needs).calls == ()


def test_secrets_are_masked_on_both_sides():
    data = {"environment.DB_PASSWORD": "S3NT-old", "cloud-init.user-data": "password: S3NT", "user.vendor-data": "S3NT"}
    there = system(config={"user.rightscope.service": "web", **data})
    new = {key: f"{value} new" for key, value in data.items()}
    plan = planned("lxd", there, options={"config": new})
    assert plan.before["web"] == plan.after["web"] == dict.fromkeys([f"config.{key}" for key in data], "********")
    assert "S3NT" not in str((plan, planned("lxd", options={"config": new})))
    assert plan.calls[0].args["config"]["environment.DB_PASSWORD"] == "S3NT-old new"


def test_a_system_that_is_stopped_is_removed_in_one_call():
    plan = FORMS["lxd_container"].remove(service(), target("lxd"), (system("stopped"),))
    assert [call.does for call in plan.calls] == ["remove LXC container 'web' and its root disk"]
    assert plan.before == {"web": {"state": "stopped"}}


def test_only_a_shutdown_that_is_ignored_may_fail():
    stop, remove = FORMS["lxd_container"].remove(service(), target("lxd"), (system(),)).calls
    assert (stop.may_fail, remove.may_fail) == (True, False)


# --- states that the delegate does not know -------------------------------------------------------


@pytest.mark.parametrize("status", ["Ready", "Error"])
@pytest.mark.parametrize("state", ["stopped", "restarted"])
def test_what_the_delegate_does_not_know_is_brought_there_by_a_module_of_ours(status, state):
    there = system("started" if status == "Ready" else "error", status=status)
    (call,) = planned("lxd", there, state=state, options={"timeout": 9, "force_stop": True}).calls
    assert call.module == "rightscope.deploy.lxd_state"
    ends = "started" if (status, state) == ("Error", "restarted") else state
    assert call.args == {"name": "web", "state": ends, "timeout": 9, "force": True}


def test_what_cannot_shut_down_is_not_asked_to():
    ready, wrong = (
        planned("lxd", system(state, status=status), state="stopped").calls[0].args["force"]
        for state, status in (("started", "Ready"), ("error", "Error"))
    )
    assert (ready, wrong) == (False, True)


def test_what_is_ready_is_ended_by_force_before_the_delegate_removes_it():
    calls = FORMS["lxd_container"].remove(service(), target("lxd"), (system(status="Ready"),)).calls
    assert [(call.module.rpartition(".")[2], call.args.get("force"), call.may_fail) for call in calls] == [
        ("lxd_state", None, True),
        ("lxd_state", True, True),
        ("lxd_container", None, False),
    ]


# --- made of another system -----------------------------------------------------------------------


def of(os, version, fingerprint="e" * 64, **changes):
    return system(image={"fingerprint": fingerprint, "os": os, "os_version": version}, **changes)


def test_a_system_of_another_release_is_made_anew_with_its_volumes():
    data = {"type": "disk", "path": "/data", "pool": "default", "source": "shop-data"}
    held = {"user.theirs": "kept", "volatile.x": "1", "image.os": "Debian", "limits.memory": "64MiB"}
    there = of("debian", "11", devices={"data": data}, config=held, profiles=["default", "fast"])
    plan = planned("lxd", there, memory=128)
    assert [(call.module, call.action) for call in plan.calls] == [
        ("community.general.lxd_container", "stop"),
        ("community.general.lxd_container", "remove"),
        ("community.general.lxd_container", "replace"),
    ]
    made = plan.calls[-1]
    assert made.does == "replace LXC container 'web', of debian 11, by one of debian 12"
    assert (made.keeps, made.loses) == ((Part("volume shop-data"),), (Part("its root disk"),))
    assert made.args["devices"]["data"] == data
    assert made.args["profiles"] == ["default", "fast"]
    assert made.args["config"] == {
        "user.theirs": "kept",
        "limits.memory": "128MiB",
        "user.rightscope.service": "web",
        "user.rightscope.given": "limits.memory",
    }
    changes = {"image": ("e" * 64, "f" * 64), "config.limits.memory": ("64MiB", "128MiB")}
    for side, told in enumerate((plan.before["web"], plan.after["web"])):
        assert {key: told[key] for key in changes} == {key: change[side] for key, change in changes.items()}
        assert "state" not in told


@pytest.mark.parametrize(
    "there",
    [
        pytest.param(of("debian", "12"), id="a newer build"),
        pytest.param(of("debian", "11", "f" * 64), id="the very image"),
        pytest.param(of(None, None), id="of which nobody knows"),
        pytest.param(of("debian", "11", None), id="made of none"),
        pytest.param(system(), id="recorded before that was looked at"),
    ],
)
def test_a_system_lives_on_though_its_image_does_not(there):
    assert not any(call.action == "replace" for call in planned("lxd", there).calls)


INCUS = "unix:/var/lib/incus/unix.socket"


@pytest.mark.parametrize(
    ("options", "variables", "command"),
    [
        pytest.param({}, {"ansible_connection": "community.general.lxd"}, ["lxc", "exec", "web", "--"], id="LXD"),
        pytest.param(
            {"url": "unix:/var/snap/lxd/common/lxd/unix.socket", "project": "shop"},
            {"ansible_connection": "community.general.lxd", "ansible_lxd_project": "shop"},
            ["lxc", "exec", "--project=shop", "web", "--"],
            id="the snap, a project",
        ),
        pytest.param(
            {"url": INCUS, "project": "shop"},
            {"ansible_connection": "community.general.incus", "ansible_incus_project": "shop"},
            ["incus", "exec", "--project=shop", "web", "--"],
            id="Incus",
        ),
        pytest.param(
            {"url": "unix:/s", "project": "shop"},
            {
                "ansible_connection": "rightscope.deploy.lxd_api",
                "ansible_lxd_api_url": "unix:/s",
                "ansible_lxd_api_project": "shop",
            },
            ["env", "LXD_SOCKET=/s", "lxc", "exec", "--project=shop", "web", "--"],
            id="elsewhere",
        ),
        pytest.param(
            {"url": "unix:/x/incus.socket"},
            {"ansible_connection": "rightscope.deploy.lxd_api", "ansible_lxd_api_url": "unix:/x/incus.socket"},
            ["env", "INCUS_SOCKET=/x/incus.socket", "incus", "exec", "web", "--"],
            id="Incus elsewhere",
        ),
        pytest.param(
            {"url": "https://lab:8443", "client_cert": "/c", "client_key": "/k", "trust_password": "sentinel"},
            {
                "ansible_connection": "rightscope.deploy.lxd_api",
                "ansible_lxd_api_url": "https://lab:8443",
                "ansible_lxd_api_client_cert": "/c",
                "ansible_lxd_api_client_key": "/k",
            },
            [],
            id="over https",
        ),
    ],
)
def test_a_system_is_reached_by_its_server(options, variables, command):
    form, place = FORMS["lxd_container"], dataclasses.replace(target("lxd"), options=options)
    assert form.connection(place, system()) == {"ansible_host": "web", **variables}
    assert form.command(place, system()) == command
    assert form.public_keys(system()) == ()


def test_a_device_that_is_no_mapping_is_found_before_the_work():
    with pytest.raises(TypeError):
        FORMS["lxd_container"].check("devices", {"root": "pool"})
    FORMS["lxd_container"].check("devices", {"root": {"pool": "default"}})


@pytest.mark.parametrize(
    ("needs", "config"),
    [
        pytest.param({"kernel": {"features": ["nested_containers"]}}, {"security.nesting": "true"}, id="nesting"),
        pytest.param({"privileges": ["privileged"]}, {"security.privileged": "true"}, id="privileged"),
        pytest.param({"kernel": {"features": ["lock_memory"]}}, {"limits.kernel.memlock": "unlimited"}, id="a key"),
        pytest.param(
            {"kernel": {"sysctls": {"net.ipv4.ip_forward": 1}}}, {"linux.sysctl.net.ipv4.ip_forward": "1"}, id="own"
        ),
        pytest.param({"kernel": {"sysctls": {"vm.swappiness": 1}}}, {"linux.sysctl.vm.swappiness": None}, id="host's"),
    ],
)
def test_a_need_becomes_a_key_of_the_configuration(needs, config):
    (call,) = planned("lxd", **needs).calls
    assert {key: call.args["config"].get(key) for key in config} == config


@pytest.mark.parametrize(
    ("device", "name", "made"),
    [
        pytest.param("/dev/kvm", "dev-kvm", {"type": "unix-char", "source": "/dev/kvm", "path": "/dev/kvm"}, id="char"),
        pytest.param(
            "/dev/sdb", "dev-sdb", {"type": "unix-block", "source": "/dev/sdb", "path": "/dev/sdb"}, id="block"
        ),
        pytest.param("/dev/fuse", "dev-fuse", None, id="given anyway"),
        pytest.param(
            {"usb": "1a6e:089a"}, "usb-1a6e-089a", {"type": "usb", "vendorid": "1a6e", "productid": "089a"}, id="USB"
        ),
        pytest.param({"gpu": 1}, "gpu", {"type": "gpu"}, id="GPU"),
    ],
)
def test_a_device_that_is_needed_is_passed(device, name, made):
    (call,) = planned("lxd", devices=[device]).calls
    assert (call.args.get("devices") or {}).get(name) == made


def test_a_size_under_as_does_not_shrink_the_root_disk_either():
    root = {"type": "disk", "path": "/", "pool": "fast", "size": "2048MiB"}
    there = system(given="device.root", devices={"root": root}, expanded_devices={"root": root})
    for size in ("1GiB", "2GiB", "512MiB"):
        plan = planned("lxd", there, options={"devices": {"root": {**root, "size": size}}})
        assert plan.calls == (), size
    assert planned("lxd", there, disk="1 GiB").calls == ()
    (grown,) = planned("lxd", there, options={"devices": {"root": {**root, "size": "3GiB"}}}).calls
    assert grown.args["devices"]["root"]["size"] == "3GiB"


def test_the_root_disk_that_a_profile_gives_does_not_shrink():
    inherited = {"root": {"type": "disk", "path": "/", "pool": "fast", "size": "4GiB"}}
    (call,) = planned("lxd", system(expanded_devices=inherited), disk="2 GiB").calls
    assert call.args["devices"]["root"]["size"] == "4GiB"


@pytest.mark.parametrize(
    ("held", "options", "changed"),
    [
        ({"architecture": "x86_64"}, {"architecture": "amd64"}, set()),
        ({"architecture": "x86_64"}, {"architecture": "i386"}, {"architecture"}),
        ({"ephemeral": False}, {"ephemeral": True}, {"ephemeral"}),
        ({"ephemeral": True}, {"ephemeral": True}, set()),
        ({"profiles": ["a", "b"]}, {"profiles": ["b", "a"]}, {"profiles"}),
    ],
)
def test_options_that_are_compared_whole(held, options, changed):
    plan = planned("lxd", system(given=" ".join(options), **held), options=options)
    assert set(plan.after.get("web", {})) == changed
    for call in plan.calls:
        assert set(call.args) == {"name", "config", *changed}


@pytest.mark.parametrize(
    ("held", "becomes"),
    [
        ({"ephemeral": True}, {"ephemeral": False}),
        ({"profiles": ["a"]}, {"profiles": ["default"]}),
        ({"architecture": "i686"}, {"architecture": "x86_64"}),
    ],
)
def test_what_was_given_whole_and_is_no_more_becomes_what_a_new_one_has(held, becomes):
    (name,) = held
    config = {"user.rightscope.service": "web", "user.rightscope.given": name, "image.architecture": "x86_64"}
    plan = planned("lxd", system(config=config, **held))
    assert plan.after == {"web": becomes}
    assert plan.calls[0].args["config"] == {"user.rightscope.given": "none"}
    kept = {**config, "user.rightscope.given": "none"}
    assert planned("lxd", system(config=kept, **held)).calls == (), "what nobody gave stays"


def test_one_that_is_to_run_as_another_architecture_is_made_in_three_calls():
    calls = planned("lxd", options={"architecture": "i386"}).calls
    assert [call.module.rpartition(".")[2] for call in calls] == ["lxd_container", "lxd_config", "lxd_container"]
    assert [call.args.get("state") for call in calls] == ["stopped", None, "started"]
    assert calls[1].args["architecture"] == "i686"
    assert calls[0].creates == "web"
    assert len(planned("lxd", options={"architecture": "amd64"}).calls) == 1


def test_what_means_the_same_is_not_sent_beside_what_differs():
    config = {"user.rightscope.service": "web", "security.nesting": "1", "limits.memory": "64MiB"}
    plan = planned(
        "lxd", system(config=config), options={"config": {"security.nesting": True, "limits.memory": "1GiB"}}
    )
    assert plan.after == {"web": {"config.limits.memory": "1GiB"}}
    assert set(plan.calls[0].args["config"]) == {"limits.memory", "user.rightscope.given"}


def test_an_ephemeral_one_is_not_stopped():
    there = system(ephemeral=True)
    with pytest.raises(RefusedError, match="is ephemeral: stopped, it would be removed"):
        planned("lxd", there, state="stopped")
    assert planned("lxd", there, state="started").calls == ()
    assert FORMS["lxd_container"].remove(service(), target("lxd"), (there,)).calls


@pytest.mark.parametrize(
    ("own", "by_profile", "help_"),
    [
        ("true", None, "run 'lxc config set web security.protection.delete=false' first"),
        ("YES", None, "run 'lxc config set web security.protection.delete=false' first"),
        (None, "1", "take it out of its profiles first (default)"),
        ("false", None, None),
        (None, None, None),
    ],
)
def test_what_is_protected_is_told_before_it_is_stopped(own, by_profile, help_):
    config = {"security.protection.delete": own} if own else {}
    expanded = {"security.protection.delete": own or by_profile} if own or by_profile else {}
    there = system(config=config, expanded_config=expanded)
    said = FORMS["lxd_container"].removal_refused(target("lxd"), (there,))
    assert (said is None) if help_ is None else said.endswith(help_)


def test_an_operation_is_waited_for():
    form = FORMS["lxd_container"]
    assert form.busy((system(operations=[]),)) is None
    at_work = form.busy((system(operations=["Backing up instance"]),))
    assert at_work == "LXC container 'web' is busy with: Backing up instance"


@pytest.mark.parametrize(
    ("state", "does", "sent"),
    [
        ("started", "resume", "started"),
        ("restarted", "restart", "restarted"),
        ("stopped", "stop", "stopped"),
        ("present", None, None),
    ],
)
def test_a_frozen_one_is_resumed(state, does, sent):
    plan = planned("lxd", system("frozen"), state=state)
    power = [call for call in plan.calls if call.action != "change"]
    assert [(call.does, call.args["state"]) for call in power] == (
        [(f"{does} LXC container 'web'", sent)] if does else []
    )
    if does:
        assert plan.before["web"]["state"] == "frozen"


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("architecture", "vax", "which LXD and Incus know"),
        ("config", {"volatile.last_state.power": "RUNNING"}, "it is the server's own state"),
        ("config", {"user.rightscope.x": "1"}, "are this collection's marks"),
        ("devices", {"e": {"type": "nic", "network": "a", "nictype": "bridged"}}, "must not have 'e.nictype' beside"),
        ("devices", {"e": {"type": "nic", "network": "a", "parent": "b"}}, "must not have 'e.parent' beside"),
        ("profiles", ["a", "b", "a"], "must name each profile once"),
    ],
)
def test_what_can_never_be_is_said_before(option, value, says):
    with pytest.raises(OptionError, match=says):
        FORMS["lxd_container"].check(option, value)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("architecture", "ARM64"),
        ("config", {"volatile.eth0.hwaddr": "00:16:3e:11:22:33"}),
        ("devices", {"e": {"type": "nic", "network": "a"}, "f": {"type": "nic", "nictype": "bridged", "parent": "b"}}),
        ("profiles", []),
    ],
)
def test_what_can_be_is_taken(option, value):
    FORMS["lxd_container"].check(option, value)
