# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans: from what is there to what is wanted, with no call where nothing differs."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._candidates import candidates, present, strangers
from ansible_collections.rightscope.deploy.plugins.plugin_utils._connections import delegate_connection
from ansible_collections.rightscope.deploy.plugins.plugin_utils._forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._forms._docker_options import COMPARED
from ansible_collections.rightscope.deploy.plugins.plugin_utils._forms._proxmox_config import settings

from .builders import FORM_OF, TEMPLATE, instance, service, target

MARKED = "rightscope.service: web"


def planned(kind, *there, state="started", options=None, **needs):
    """The plan for a service of one form, and the form."""
    form = FORMS[FORM_OF[kind]]
    of = service(made_as={form.NAME: options or {}}, **needs)
    place = target(kind, instances=tuple(there))
    (candidate,) = candidates(of, [place])
    return form.plan(of, candidate, place, present(of, place), state)


# --- Docker ---------------------------------------------------------------------------------------


def container(state="started", **host):
    config = {
        "Image": "sha256:1",
        "_image_id": "sha256:1",
        "Config": {
            "Image": "web:1",
            "Env": ["PATH=/bin", "A=1"],
            "Cmd": ["/bin/httpd", "-f"],
            "Labels": {"rightscope.service": "web", "rightscope.options": "none", "maintainer": "image"},
        },
        "HostConfig": {"Memory": 64 * 2**20, "MemorySwap": 128 * 2**20, "RestartPolicy": {"Name": "no"}, **host},
        "NetworkSettings": {"Networks": {"bridge": {}}},
    }
    return instance("docker", state=state, config=config)


IMAGE = {"image": "web:1"}


def test_a_container_is_made_with_its_mark_and_limits():
    (call,) = planned("docker", options={**IMAGE, "env": {"N": 1, "S": True}}, memory=64, cpus=0.5).calls
    assert call.module == "community.docker.docker_container"
    assert call.args["labels"] == {"rightscope.service": "web", "rightscope.options": "none"}
    assert (call.args["memory"], call.args["memory_swap"]) == ("64M", "128M")
    assert (call.args["cpu_quota"], call.args["cpu_period"]) == (50000, 100000)
    assert call.args["env"] == {"N": "1", "S": "true"}
    assert (call.args["name"], call.args["state"], call.creates) == ("web", "started", "web")


def test_a_container_that_is_as_wanted_needs_no_call():
    plan = planned("docker", container(), options={**IMAGE, "env": {"A": 1}, "command": "/bin/httpd -f"}, memory=64)
    assert (plan.calls, plan.before, plan.after) == ((), {}, {})


@pytest.mark.parametrize(
    ("options", "does"),
    [
        pytest.param(
            {"memory": "128M", "memory_swap": "256M"}, "change memory, memory_swap of container", id="in place"
        ),
        pytest.param({"restart_policy": "always"}, "change restart_policy of container", id="policy in place"),
        pytest.param({"env": {"A": "2"}}, "recreate container 'web' for env", id="environment"),
        pytest.param({"image": "web:2"}, "recreate container 'web' for image", id="image"),
        pytest.param({"published_ports": ["80:80"]}, "recreate container 'web' for published_ports", id="ports"),
        pytest.param(
            {"healthcheck": {"test": "true"}}, "recreate container 'web' for labels", id="what none can compare"
        ),
    ],
)
def test_a_difference_says_whether_the_container_is_recreated(options, does):
    (call,) = planned("docker", container(), options={**IMAGE, "memory": "64M", **options}).calls
    assert does in call.does
    assert call.creates is None


def test_an_image_that_was_built_anew_is_another_image():
    there = container()
    there.config["_image_id"] = "sha256:2"
    (call,) = planned("docker", there, options=IMAGE).calls
    assert call.does == "recreate container 'web' for image"


@pytest.mark.parametrize(
    ("was", "state", "does"),
    [
        ("started", "started", None),
        ("started", "present", None),
        ("stopped", "present", None),
        ("stopped", "started", "start container 'web'"),
        ("started", "stopped", "stop container 'web'"),
        ("started", "restarted", "restart container 'web'"),
        ("stopped", "restarted", "start container 'web'"),
    ],
)
def test_a_container_is_brought_into_the_state(was, state, does):
    calls = planned("docker", container(state=was), options=IMAGE, state=state).calls
    assert [call.does for call in calls] == ([does] if does else [])


@pytest.mark.parametrize(
    ("option", "value", "config"),
    [
        ("published_ports", ["80"], {"HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "4915"}]}}}),
        ("published_ports", ["127.0.0.1:8080:80/udp"],
         {"HostConfig": {"PortBindings": {"80/udp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}}}),
        ("published_ports", ["[::1]:8080:80"],
         {"HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "::1", "HostPort": "8080"}]}}}),
        ("volumes", ["data:/data", "/etc/x:/x:ro"], {"HostConfig": {"Binds": ["/etc/x:/x:ro", "data:/data:rw"]}}),
        ("capabilities", ["net_admin"], {"HostConfig": {"CapAdd": ["CAP_NET_ADMIN"]}}),
        ("network_mode", "default", {"HostConfig": {"NetworkMode": "bridge"}}),
        ("memory", "1g", {"HostConfig": {"Memory": 2**30}}),
        ("cpus", 1.5, {"HostConfig": {"NanoCpus": 1500000000}}),
        ("sysctls", {"net.core.somaxconn": 1024}, {"HostConfig": {"Sysctls": {"net.core.somaxconn": "1024"}}}),
    ],
)  # fmt: skip
def test_an_option_equals_what_the_engine_makes_of_it(option, value, config):
    wanted, found = COMPARED[option](value, config)
    assert wanted == found


def test_several_processes_with_images_are_containers_on_a_network_of_their_own():
    processes = [{"name": "app", "image": "web:1", "command": "run"}, {"name": "db", "image": "web:1"}]
    plan = planned("docker", processes=processes)
    assert [call.does for call in plan.calls] == [
        "create network 'rightscope-web'",
        "create container 'web-app' from web:1",
        "create container 'web-db' from web:1",
    ]
    assert plan.calls[1].args["networks"] == [{"name": "rightscope-web", "aliases": ["app"]}]
    assert plan.calls[1].args["command"] == "run"


def test_a_stranger_with_the_name_of_one_of_its_containers_is_seen():
    of = service(processes=[{"name": "app", "image": "a"}, {"name": "db", "image": "b"}])
    there = [instance("docker", "web-db", service=None), instance("docker", "web-x", service=None)]
    assert [one.name for one in strangers(of, target("docker", instances=tuple(there)))] == ["web-db"]


# --- LXC ------------------------------------------------------------------------------------------


def system(state="started", **changes):
    config = {
        "config": {"user.rightscope.service": "web", "limits.memory": "64MiB", "volatile.x": "1"},
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
    }
    assert call.args["source"] == {"type": "image", "fingerprint": "f" * 64}
    assert call.args["wait_for_container"] is True


def test_a_system_that_is_as_wanted_needs_no_call():
    assert planned("lxd", system(), memory=64, options={"profiles": ["default"]}).calls == ()


def test_a_device_is_added_to_those_that_are_there():
    (call,) = planned("lxd", system(), options={"devices": {"eth1": {"type": "nic", "nictype": "bridged"}}}).calls
    assert set(call.args["devices"]) == {"data", "eth1"}
    assert call.does == "change devices.eth1 of LXC container 'web' in place"


def test_a_disk_sizes_the_root_that_its_profile_gives():
    (call,) = planned("lxd", system(), disk="2 GiB").calls
    assert call.args["devices"]["root"] == {"type": "disk", "path": "/", "pool": "fast", "size": "2048MiB"}


def test_a_stopped_system_that_is_changed_is_said_to_start_for_a_moment():
    plan = planned("lxd", system("stopped"), memory=128, state="stopped")
    assert "started for a moment" in plan.warnings[0]


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


# --- Proxmox VE -----------------------------------------------------------------------------------

MADE = {**TEMPLATE, "cpu": "host", "tags": "debian-12;rightscope", "description": MARKED + "\n"}


def machine(state="started", **changes):
    return instance("proxmox", state=state, config={"config": {**MADE, **changes}})


def test_a_machine_is_cloned_configured_grown_and_started_each_by_its_id():
    plan = planned("proxmox", memory=2048, cpus=1.5, disk="20 GiB", options={"clone": "debian-12-cloud"})
    assert [call.does for call in plan.calls] == [
        "clone template 'debian-12-cloud' to VM 100 'web'",
        "configure cores, cpu, description, memory, tags of VM 100",
        "grow scsi0 of VM 100 to 20 GiB",
        "start VM 100",
    ]
    clone, configure, grow, start = (call.args for call in plan.calls)
    assert (clone["vmid"], clone["newid"], clone["name"], clone["node"]) == (900, 100, "web", "pve1")
    assert plan.calls[0].expect == {"vmid": 100}
    assert (configure["cores"], configure["memory"], configure["cpu"]) == (2, 2048, "x86-64-v2-AES")
    assert configure["tags"] == ["debian-12", "rightscope"]
    assert configure["description"] == MARKED
    assert "update_unsafe" not in configure
    assert (grow["disk"], grow["size"], grow["state"]) == ("scsi0", "20G", "resized")
    assert (start["vmid"], start["state"]) == (100, "started")


def test_a_machine_that_is_as_wanted_needs_no_call():
    assert planned("proxmox", machine(memory="2048"), memory=2048, disk="8 GiB").calls == ()


def test_only_what_differs_is_sent():
    plan = planned("proxmox", machine(memory="2048", cores=2), memory=4096, cpus=2)
    (call,) = plan.calls
    assert {key for key in call.args if key not in ("vmid", "node", "timeout", "state", "update")} == {"memory"}
    assert (plan.before, plan.after) == ({"web": {"memory": "2048"}}, {"web": {"memory": 4096}})


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
    assert settings({option: value}, there).changes == {}


def test_a_network_that_changes_keeps_its_mac():
    changed = settings({"net": {"net0": "virtio,bridge=vmbr1"}}, {"net0": "virtio=AA:BB,bridge=vmbr0"})
    assert changed.arguments == {"net": {"net0": "virtio=AA:BB,bridge=vmbr1"}}


def test_a_running_machine_is_stopped_before_it_is_removed():
    form = FORMS["proxmox_vm"]
    plan = form.remove(service(), target("proxmox"), (machine(),))
    assert [call.args["state"] for call in plan.calls] == ["stopped", "absent"]


# --- all ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_form_has_all_that_a_form_has(form):
    for name in ("NAME", "TITLE", "SCOPE", "KIND", "MODULE", "RESERVED"):
        assert getattr(form, name)
    for name in ("image", "check", "storage", "plan", "remove", "connection"):
        assert getattr(form, name).__doc__


def test_secrets_in_a_difference_are_masked():
    plan = planned("docker", container(), options={**IMAGE, "env": {"DB_PASSWORD": "S3NTINEL", "A": "2"}})
    assert "S3NTINEL" not in str((plan.before, plan.after, plan))


@pytest.mark.parametrize(
    ("kind", "options", "arguments", "environment"),
    [
        pytest.param("docker", {"docker_host": "x"}, {"docker_host": "x"}, {}, id="as they are"),
        pytest.param("proxmox", {"ca_path": "c"}, {"validate_certs": True}, {"REQUESTS_CA_BUNDLE": "c"}, id="our CA"),
        pytest.param("proxmox", {"validate_certs": False}, {"validate_certs": False}, {}, id="the user's word"),
        pytest.param("lxd", {"server_cert": "c", "trust_password": "p"}, {}, {"SSL_CERT_FILE": "c"}, id="LXD"),
    ],
)
def test_a_delegate_gets_the_connection_that_discovery_had(kind, options, arguments, environment):
    assert delegate_connection(kind, options) == (arguments, environment)
