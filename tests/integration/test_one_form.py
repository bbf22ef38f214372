# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only one form has: a VM's whole way from its template, several containers of one service."""

from __future__ import annotations

from urllib.parse import unquote

from .conftest import DOCKER_IMAGE

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOQ7DdGXgISdkbWP+IHxmHJ8GJCG7pfMClXDo6QwX5AV deploy@example"
VM = {
    "name": "db",
    "requirements": {"os_family": "debian", "os_version": "12", "cpus": 2, "memory": "2 GiB", "disk": "20 GiB"}
    | {"isolation": "machine"},
    "as": {
        "proxmox_vm": {
            "clone": "debian-12-cloud",
            "ciuser": "deploy",
            "sshkeys": KEY,
            "ipconfig": {"ipconfig0": "ip=dhcp"},
            "net": {"net0": "virtio,bridge=vmbr0,firewall=1"},
            "tags": ["Shop", "db"],
            "description": "The shop's database.\nAsk the shop's team.",
            "onboot": True,
        }
    },
}


def _with(**options) -> dict:
    return {**VM, "as": {"proxmox_vm": {**VM["as"]["proxmox_vm"], **options}}}


def test_a_vm_goes_the_whole_way_from_its_template(play, pve_eyes):
    made = play.service(**VM)
    seen = pve_eyes.inspect("db")
    config = seen["config"]

    assert made["changed"] is True
    assert seen["status"] == "running"
    assert (seen["node"], str(seen["vmid"])) == (made["placement"]["node"], made["placement"]["id"])
    assert (int(config["cores"]), int(config["memory"])) == (2, 2048)
    assert config["cpu"] == "x86-64-v2-AES"
    assert "size=20G" in config["scsi0"]
    assert config["tags"] == "db;debian-12;linux;rightscope;shop"
    words, _line, names = config["description"].strip().rpartition("\nrightscope.given: ")
    assert words == "The shop's database.\nAsk the shop's team.\n\nrightscope.service: db"
    assert "memory" in names.split()
    assert (config["ciuser"], unquote(config["sshkeys"]).strip()) == ("deploy", KEY)
    assert config["ipconfig0"] == "ip=dhcp"
    assert "firewall=1" in config["net0"]
    template = pve_eyes.engine.control("vm", 900)["config"]
    assert config["net0"].split(",")[0] != template["net0"].split(",")[0]
    assert str(config["onboot"]) == "1"
    assert made["placement"]["addresses"][0] in pve_eyes.addresses("db")
    assert made["placement"]["connection"]["ansible_user"] == "deploy"

    assert play.service(**VM)["changed"] is False
    assert pve_eyes.names() == ["db"]


def test_a_vm_keeps_its_mac_when_its_network_changes(play, pve_eyes):
    play.service(**VM)
    mac = pve_eyes.inspect("db")["config"]["net0"].split("virtio=")[1].split(",")[0]

    changed = play.service(**_with(net={"net0": "virtio,bridge=vmbr0"}))

    assert changed["changed"] is True
    assert list(changed["diff"]["after"]["db"]) == ["net0"]
    seen = pve_eyes.inspect("db")
    assert mac in (seen["pending"].get("net0") or seen["config"]["net0"])


def test_settings_that_wait_for_a_restart_are_named(play, pve_eyes):
    play.service(**VM)

    changed = play.service(**{**VM, "requirements": {**VM["requirements"], "memory": "3 GiB"}})

    assert changed["restart_required"] == ["memory"]
    assert int(pve_eyes.inspect("db")["config"]["memory"]) == 2048
    play.service(**{**VM, "requirements": {**VM["requirements"], "memory": "3 GiB"}}, state="restarted")
    assert int(pve_eyes.inspect("db")["config"]["memory"]) == 3072


def _reboots(pve_eyes) -> int:
    return sum("/status/reboot" in str(request) for request in pve_eyes.engine.control("requests", "POST"))


def test_settings_that_wait_are_applied_by_a_restart_where_that_is_allowed(play, pve_eyes):
    bigger = {**VM, "requirements": {**VM["requirements"], "memory": "3 GiB"}}
    allowed = {**bigger, "restart": "when_needed"}
    (made,) = play.tasks(("service", VM))
    assert _reboots(pve_eyes) == 0

    (foreseen,) = play.tasks(("service", allowed), flags=("--check",))
    done, again = play.tasks(("service", allowed), ("service", allowed))

    said = [("change", "change memory of VM 100"), ("restart", "restart VM 100 for memory")]
    assert [(call["action"], call["does"]) for call in done["calls"]] == said, done.get("msg")
    assert foreseen["calls"] == done["calls"]
    assert foreseen["diff"] == done["diff"]
    assert "restart_required" not in done.result
    assert again["changed"] is False
    seen = pve_eyes.inspect("db")
    assert (seen["config"]["memory"], seen["pending"], seen["status"]) == ("3072", {}, "running")
    assert _reboots(pve_eyes) == 1
    assert made["placement"]["id"] == done["placement"]["id"]


def test_what_waits_since_an_earlier_run_is_applied_too_and_what_needs_none_restarts_nothing(play, pve_eyes):
    bigger = {**VM, "requirements": {**VM["requirements"], "memory": "3 GiB"}}
    _made, waits, applied, described = play.tasks(
        ("service", VM),
        ("service", bigger),
        ("service", {**bigger, "restart": "when_needed"}),
        ("service", {**_with(description="words"), "requirements": bigger["requirements"], "restart": "when_needed"}),
    )
    assert waits["restart_required"] == ["memory"]
    assert [call["does"] for call in applied["calls"]] == ["restart VM 100 for memory"]
    assert [call["action"] for call in described["calls"]] == ["change"], described.get("msg")
    assert pve_eyes.inspect("db")["config"]["memory"] == "3072"


def test_a_disk_is_grown_and_never_shrunk(play, pve_eyes):
    play.service(**VM)

    grown = play.service(**{**VM, "requirements": {**VM["requirements"], "disk": "30 GiB"}})
    assert grown["changed"] is True
    assert "size=30G" in pve_eyes.inspect("db")["config"]["scsi0"]

    smaller = play.service(**VM)
    assert smaller["changed"] is False
    assert "size=30G" in pve_eyes.inspect("db")["config"]["scsi0"]


def test_a_tag_that_somebody_added_stays(play, pve_eyes):
    play.service(**VM)
    vmid = int(pve_eyes.id("db"))
    pve_eyes.engine.control("set_vm", vmid, config={"tags": "backup;db;debian-12;linux;rightscope;shop"})

    assert play.service(**VM)["changed"] is False
    play.service(**_with(tags=["shop", "db", "paid"]))
    assert pve_eyes.inspect("db")["config"]["tags"] == "backup;db;debian-12;linux;paid;rightscope;shop"


def test_an_lxc_guest_of_the_same_name_is_not_taken_for_the_vm(play, pve_eyes):
    pve_eyes.engine.control("add_ct", 160, "db", node="pve2", status="running")

    refused = play.service(**VM, targets=["pve"])

    assert refused["failed"] is True
    assert "proxmox container 'db'" in refused["msg"]
    assert pve_eyes.names() == []


def test_several_processes_with_images_are_several_containers_on_one_network(play, docker_eyes):
    shop = {
        "name": "shop",
        "requirements": {
            "processes": [{"name": "app", "image": DOCKER_IMAGE}, {"name": "cache", "image": DOCKER_IMAGE}],
            "memory": "64 MiB",
        },
    }

    made = play.service(**shop)
    assert made["changed"] is True
    assert docker_eyes.names() == ["shop-app", "shop-cache"]
    assert {docker_eyes.mark(name) for name in docker_eyes.names()} == {"shop"}
    for name in docker_eyes.names():
        assert list(docker_eyes.inspect(name)["NetworkSettings"]["Networks"]) == ["rightscope-shop"]
    assert len(made["placement"]["addresses"]) == 2
    assert play.service(**shop)["changed"] is False

    assert play.service(name="shop", state="absent")["changed"] is True
    assert docker_eyes.names() == []
    assert "rightscope-shop" not in docker_eyes.networks()


def test_a_list_that_got_shorter_takes_effect(play, docker_eyes):
    web = {
        "name": "web",
        "as": {"docker_container": {"image": DOCKER_IMAGE, "capabilities": ["net_admin", "sys_ptrace"]}},
    }
    play.service(**web)
    web["as"]["docker_container"]["capabilities"] = ["net_admin"]

    assert play.service(**web)["changed"] is True
    granted = docker_eyes.inspect("web")["HostConfig"]["CapAdd"]
    assert [name.removeprefix("CAP_").lower() for name in granted] == ["net_admin"]
    assert play.service(**web)["changed"] is False


def test_a_published_port_and_all_its_kin_stay_as_they_are(play, docker_eyes):
    web = {
        "name": "web",
        "as": {
            "docker_container": {
                "image": DOCKER_IMAGE,
                "published_ports": ["127.0.0.1:18088:80", "127.0.0.1:18089:90/udp"],
                "env": {"ANSWER": "42", "SWITCH": "true"},
                "volumes": ["web-data:/data"],
                "restart_policy": "unless-stopped",
                "capabilities": ["net_admin"],
                "hostname": "web",
            }
        },
    }

    made = play.service(**web)
    assert made["changed"] is True
    assert {"container": "80/tcp", "host_ip": "127.0.0.1", "host_port": 18088} in made["placement"]["ports"]
    assert made["decision"]["verdicts"][0]["grants"] == ["capability NET_ADMIN"]
    identity = docker_eyes.id("web")
    assert play.service(**web)["changed"] is False

    web["as"]["docker_container"]["env"]["ANSWER"] = "43"
    changed = play.service(**web, replace="when_needed")
    assert changed["calls"][0]["does"] == "recreate container 'web' for env"
    assert docker_eyes.id("web") != identity
    assert "ANSWER=43" in docker_eyes.inspect("web")["Config"]["Env"]
    assert docker_eyes.state("web") == "started"
