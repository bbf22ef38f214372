# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which call to Proxmox VE takes which privilege, who has it, and what a decision says before the API would refuse."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import judge
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS, AdoptionError
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._proxmox import calls
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._proxmox.permits import PERMITS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge import proxmox_privileges as rights
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Permissions

from .builders import TEMPLATE, case, holds, instance, service, target

TOKEN = "deploy@pve!ansible"
AGENT = "VM.GuestAgent.Audit"
ROLE = (*rights.PRIVILEGES, AGENT)
SCOPED = ("/vms", "/storage/local-lvm", "/nodes/pve1", "/sdn/zones/localnetwork")


def may(paths=("/",), *, without=(), more=(), user=TOKEN, goes_down=True) -> Permissions:
    """A user who has the documented role on these paths."""
    names = [name for name in (*ROLE, *more) if name not in without]
    return Permissions(user=user, paths={path: dict.fromkeys(names, goes_down) for path in paths})


def judged(permissions, options=None, instances=(), state="started", version="9.2.11", **needs):
    """The failure of the rule, or None."""
    of = service(made_as={"proxmox_vm": options or {"clone": "debian-12-cloud"}}, **needs)
    place = target("proxmox", instances=tuple(instances), permissions=permissions, engine_version=version)
    (one,) = candidates(of, [place], state)
    return next((failure for failure in judge(of, one).failures if failure.rule == "permissions"), None)


def give(*privileges: str, path: str) -> str:
    """The remedy."""
    return (
        f"run 'pveum role modify Rightscope --append 1 --privs \"{' '.join(privileges)}\"' ('role add' and no "
        f"'--append 1' where there is no such role), and 'pveum acl modify {path} --users deploy@pve --tokens "
        f"'{TOKEN}' --roles Rightscope'"
    )


def lacking(name: str, **changes) -> dict:
    return {"permissions": may(**{"without": (name,), **changes})}


TABLE = [
    holds("permissions", "docker", {}, {}, "no kind but Proxmox VE has such privileges"),
    holds("permissions", "proxmox", {}, {}, "nothing is held against a record that does not tell them"),
    holds("permissions", "proxmox", {}, {"permissions": may()}, "the role on all paths"),
    holds("permissions", "proxmox", {"disk": "20 GiB"}, {"permissions": may(SCOPED)}, "the role on the scoped paths"),
    holds("permissions", "proxmox", {}, {"permissions": Permissions(user="root@pam")}, "root itself is asked nothing"),
    case(
        "permissions",
        "proxmox",
        {},
        {"permissions": Permissions(user=TOKEN)},
        "unknown",
        f"cannot tell the privileges of {TOKEN}",
        "asked and refused",
        f"let {TOKEN} read /access/permissions, or set 'unknown: accept'",
    ),
    case(
        "permissions",
        "proxmox",
        {},
        lacking("SDN.Use"),
        "not_now",
        f"{TOKEN} lacks SDN.Use on /sdn/zones/localnetwork/vmbr0",
        "a network of the template",
        give("SDN.Use", path="/sdn/zones/localnetwork"),
    ),
    case(
        "permissions",
        "proxmox",
        {},
        {"permissions": may(SCOPED, without=("VM.Clone", "Datastore.AllocateSpace"))},
        "not_now",
        f"{TOKEN} lacks VM.Clone on /vms/900, and Datastore.AllocateSpace on /storage/local-lvm",
        "several at once",
        give("Datastore.AllocateSpace", "VM.Clone", path="/vms")
        + " and 'pveum acl modify /storage/local-lvm --users deploy@pve --tokens "
        f"'{TOKEN}' --roles Rightscope'",
    ),
    case(
        "permissions",
        "proxmox",
        {},
        {"permissions": may(), "options": {"startup": "order=1"}},
        "not_now",
        f"{TOKEN} lacks Sys.Modify on /",
        "what changes the host",
        give("Sys.Modify", path="/"),
    ),
    case(
        "permissions",
        "proxmox",
        {},
        {"permissions": may(more=("Sys.Modify",)), "options": {"args": "-x", "hookscript": "local:snippets/a"}},
        "not_now",
        f"only root@pam itself may set 'args' and 'hookscript', which {TOKEN} is not",
        "what is for root alone",
        "take them out, or connect as root@pam with its password",
    ),
    case(
        "permissions",
        "proxmox",
        {"devices": [{"pci": "0000:01:00.0"}]},
        {"permissions": may(), "pci_devices": ("0000:01:00.0 10de:1eb8",)},
        "not_now",
        f"only root@pam itself may set 'hostpci0', which {TOKEN} is not",
        "a device of the host that a need asks for",
        "make a resource mapping of the device and name that ('mapping=NAME'), or connect as root@pam with its "
        "password",
    ),
]


# --- each privilege of the role -------------------------------------------------------------------

LIFE = {
    "clone": "debian-12-cloud",
    "cores": 2,
    "memory": 2048,
    "onboot": True,
    "vga": "serial0",
    "boot": "order=scsi0",
    "net": {"net1": "virtio,bridge=vmbr0"},
    "scsi": {"scsi1": "local-lvm:8"},
    "ide": {"ide0": "local:iso/seed.iso,media=cdrom"},
    "sata": {"sata0": "local-lvm:cloudinit"},
    "ciuser": "ops",
}
"""Options of a VM of every sort that its own role is enough for."""


def missed(permissions, options=None, **more) -> list[str]:
    failure = judged(permissions, LIFE if options is None else options, **{"disk": "20 GiB", **more})
    return re.findall(r"[A-Z][A-Za-z]+\.[A-Z][A-Za-z.]+", failure.reason) if failure else []


def test_the_role_of_the_documentation_is_enough_for_the_whole_life():
    assert missed(may(SCOPED)) == ["Datastore.AllocateSpace"]
    assert missed(may((*SCOPED, "/storage/local"))) == []


@pytest.mark.parametrize("name", [one for one in ROLE if one != "VM.Config.Cloudinit"])
def test_each_privilege_of_the_role_is_missed_where_it_lacks(name):
    assert set(missed(may((*SCOPED, "/storage/local"), without=(name,)))) == {name}


def test_the_role_has_what_the_tables_take_for_it_and_no_more():
    names = {"vmid": 100, "template": 900, "node": "pve1", "storage": "s", "pool": None}
    calls = ("see", "look at the node", "clone", "create", "resize", "start", "stop", "restart", "remove")
    taken = {one.privileges[0] for call in calls for one in rights.permits_of(call, 9, **names)}
    taken |= {one.privileges[0] for one in rights.permits_of_clone_config(TEMPLATE, None, names)}
    keys = ("cores", "memory", "vga", "onboot", "boot", "net0", "ciuser", "freeze")
    taken |= {one.privileges[0] for key in keys for one in rights.permits_of_setting(key, "x", names)}
    taken |= {one.privileges[0] for one in rights.permits_of_setting("ide2", "local:cloudinit", names)}
    assert taken == set(rights.PRIVILEGES)


def test_the_role_that_prepares_targets_asks_for_the_same():
    path = Path(__file__).resolve().parents[3] / "roles" / "target" / "vars" / "main.yml"
    needs = yaml.safe_load(path.read_text(encoding="utf-8"))["__target_privileges"]
    asked = {name for need in needs for name in need["privileges"]}
    agents = rights.agent_privileges()
    assert asked == {*rights.PRIVILEGES, *(name for _since, name in agents)}
    assert {need["since"]: need["privileges"] for need in needs if "since" in need} == {9: [AGENT], 8: ["SDN.Use"]}


def test_settings_of_cloud_init_are_had_by_either_of_two_privileges():
    options = {"clone": "debian-12-cloud", "ciuser": "ops"}
    assert missed(may(without=("VM.Config.Cloudinit",)), options) == []
    assert "VM.Config.Cloudinit" in missed(may(without=("VM.Config.Cloudinit", "VM.Config.Network")), options)


# --- what a call takes ----------------------------------------------------------------------------


def taken(key, value, **names):
    """(any of these, on any of these) of each; root alone is empty."""
    found = rights.permits_of_setting(key, value, {"vmid": 100, **names})
    return [(" ".join(one.privileges), " ".join(one.paths)) for one in found]


@pytest.mark.parametrize(
    ("key", "value", "names", "wanted"),
    [
        pytest.param("cores", 2, {}, [("VM.Config.CPU", "/vms/100")], id="processors"),
        pytest.param("numa0", "cpus=0", {}, [("VM.Config.CPU", "/vms/100")], id="a numbered one"),
        pytest.param("shares", 1000, {}, [("VM.Config.Memory", "/vms/100")], id="memory"),
        pytest.param("machine", "q35", {}, [("VM.Config.HWType", "/vms/100")], id="hardware"),
        pytest.param("freeze", 1, {}, [("VM.PowerMgmt", "/vms/100")], id="freeze"),
        pytest.param("onboot", 1, {"pool": "shop"}, [("VM.Config.Options", "/vms/100 /pool/shop")], id="in a pool"),
        pytest.param("startup", "1", {}, [("VM.Config.Options", "/vms/100"), ("Sys.Modify", "/")], id="startup"),
        pytest.param("args", "-x", {}, [("", "")], id="root alone"),
        pytest.param("parallel0", "/dev/parport0", {}, [("", "")], id="a parallel port"),
        pytest.param("a_new_one", 1, {}, [("", "")], id="what is not known is root's, as the API has it"),
        pytest.param("serial0", "socket", {}, [("VM.Config.HWType", "/vms/100")], id="a socket"),
        pytest.param("serial0", "/dev/ttyS0", {}, [("", "")], id="a serial port of the host"),
        pytest.param("usb0", "host=1-2", {}, [("", "")], id="a USB device"),
        pytest.param("usb0", "spice", {}, [("VM.Config.HWType", "/vms/100")], id="SPICE is no device"),
        pytest.param(
            "usb1",
            "mapping=stick,usb3=1",
            {},
            [("Mapping.Use", "/mapping/usb/stick"), ("VM.Config.HWType", "/vms/100")],
            id="a mapping",
        ),
        pytest.param(
            "net1",
            "virtio,bridge=vmbr1",
            {},
            [("VM.Config.Network", "/vms/100"), ("SDN.Use", "/sdn/zones/localnetwork/vmbr1")],
            id="a bridge",
        ),
        pytest.param(
            "net1",
            "virtio,bridge=vmbr1,tag=30,trunks=5;6",
            {},
            [
                ("VM.Config.Network", "/vms/100"),
                *(("SDN.Use", f"/sdn/zones/localnetwork/vmbr1/{vlan}") for vlan in (30, 5, 6)),
            ],
            id="VLANs",
        ),
        pytest.param("net1", "virtio", {}, [("VM.Config.Network", "/vms/100")], id="a network without a bridge"),
        pytest.param("net1", "bridge=vmbr1", {"release": 7}, [("VM.Config.Network", "/vms/100")], id="before 8"),
        pytest.param(
            "net1",
            "virtio,bridge=shop",
            {"zones": {"shop": ("blue", "ZONE")}},
            [("VM.Config.Network", "/vms/100"), ("SDN.Use", "/sdn/zones/blue/shop /sdn/zones/ZONE/shop")],
            id="a virtual network",
        ),
        pytest.param(
            "scsi1",
            "fast:8",
            {},
            [("VM.Config.Disk", "/vms/100"), ("Datastore.AllocateSpace", "/storage/fast")],
            id="disk",
        ),
        pytest.param(
            "efidisk0",
            "fast:1,efitype=4m",
            {},
            [("VM.Config.Disk", "/vms/100"), ("Datastore.AllocateSpace", "/storage/fast")],
            id="firmware",
        ),
        pytest.param(
            "ide2",
            "fast:cloudinit",
            {},
            [("VM.Config.Cloudinit", "/vms/100"), ("VM.Config.CDROM", "/vms/100")],
            id="a cloud-init drive",
        ),
        pytest.param("ide2", "none,media=cdrom", {}, [("VM.Config.CDROM", "/vms/100")], id="an empty drive"),
        pytest.param(
            "ide2", "cdrom", {}, [("VM.Config.CDROM", "/vms/100"), ("Sys.Console", "/")], id="the drive of the host"
        ),
        pytest.param(
            "ide2",
            "local:iso/a.iso,media=cdrom",
            {},
            [
                ("VM.Config.CDROM", "/vms/100"),
                ("Datastore.AllocateSpace Datastore.Audit Datastore.Allocate", "/storage/local"),
            ],
            id="an image of a CD",
        ),
        pytest.param("scsi1", "fast:vm-100-disk-1", {}, [("VM.Config.Disk", "/vms/100")], id="a volume of its own"),
        pytest.param(
            "scsi1",
            "fast:vm-7-disk-1",
            {},
            [("VM.Config.Disk", "/vms/100"), ("Datastore.Allocate", "/storage/fast")],
            id="one of another's",
        ),
        pytest.param("scsi1", "/dev/sdb", {}, [("VM.Config.Disk", "/vms/100"), ("", "")], id="a disk of the host"),
        pytest.param("rng0", "source=/dev/urandom", {}, [("VM.Config.HWType", "/vms/100")], id="random numbers"),
    ],
)
def test_what_a_setting_takes(key, value, names, wanted):
    assert taken(key, value, **names) == wanted


@pytest.mark.parametrize(
    ("release", "wanted"),
    [
        (8, ("VM.Monitor",)),
        (9, ("VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted")),
        (None, ("VM.Monitor", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted")),
    ],
)
def test_the_agents_privilege_goes_by_the_release(release, wanted):
    (permit,) = rights.permits_of("ask the agent", release, vmid=100)
    assert permit.privileges == wanted


def test_where_no_agent_is_its_privilege_is_not_taken():
    assert missed(may(without=(AGENT,)), {"clone": "debian-12-cloud", "agent": "0"}) == []
    assert missed(may(without=(AGENT,)), {"clone": "debian-12-cloud"}, state="stopped") == []
    assert missed(may(without=(AGENT,)), {"clone": "debian-12-cloud"}, version="8.4.1") == ["VM.Monitor"]


def test_each_module_that_a_vm_is_made_with_is_known():
    modules = {getattr(calls, name) for name in dir(calls) if name.endswith("MODULE")}
    assert modules <= set(PERMITS)


# --- who has it -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paths", "path", "wanted"),
    [
        pytest.param({"/": {"A": True}}, "/vms/100", {"A"}, id="an ACL covers what is below it"),
        pytest.param(
            {"/": {"A": True}, "/vms": {"B": True}}, "/vms/100", {"B"}, id="the nearest replaces what is above"
        ),
        pytest.param({"/vms": {"A": True}, "/vms/100": {"B": False}}, "/vms/100", {"B"}, id="on the very path"),
        pytest.param({"/": {"A": True}, "/vms": {"B": False}}, "/vms/100", {"A"}, id="one that does not go down"),
        pytest.param({"/": {"A": True}, "/vms": {"B": False, "C": True}}, "/vms/100", {"C"}, id="only what goes down"),
        pytest.param({"/vms/1": {"A": True}}, "/vms/100", set(), id="a path is no beginning of a text"),
        pytest.param({"/vms": {"A": True}}, "/storage/local", set(), id="another branch"),
        pytest.param({}, "/", set(), id="nothing at all"),
    ],
)
def test_what_a_user_has_on_a_path(paths, path, wanted):
    assert rights.privileges_on(Permissions(user=TOKEN, paths=paths), path) == wanted


def test_a_vm_in_a_pool_has_the_pools_privileges():
    options = {"clone": "debian-12-cloud", "pool": "shop", "memory": 2048}
    paths = ("/pool/shop", "/vms/900", *SCOPED[1:])
    assert missed(may(paths), options) == []
    assert "VM.Allocate" in missed(may(paths), {**options, "pool": "other"})


def test_a_virtual_network_is_in_a_zone_that_the_user_has():
    options = {"clone": "debian-12-cloud", "net": {"net0": "virtio,bridge=shop"}}
    of = service(made_as={"proxmox_vm": options})
    for zone, fits in (("blue", True), ("localnetwork", False)):
        held = Permissions(user=TOKEN, paths={**may(SCOPED).paths, f"/sdn/zones/{zone}": {"SDN.Use": True}})
        place = target("proxmox", permissions=held, networks={"vmbr0": "bridge", "shop": "vnet"}, engine_version="9")
        (one,) = candidates(of, [place])
        failed = [failure.rule for failure in judge(of, one).failures]
        assert ("permissions" not in failed) is fits


# --- what is there already ------------------------------------------------------------------------

CONFIG = {
    **TEMPLATE,
    "scsi0": "local-lvm:vm-100-disk-0,size=8G",
    "description": "rightscope.service: web",
    "tags": "rightscope",
    "memory": "2048",
    "cpu": "x86-64-v2-AES",
}
HERE = instance("proxmox", config={"config": CONFIG})


def test_a_vm_that_is_as_wanted_takes_no_privilege_to_make_one():
    few = may(without=("VM.Clone", "VM.Allocate", "SDN.Use", "VM.Config.Memory", "Datastore.AllocateSpace"))
    assert judged(few, {"memory": 2048}, [HERE]) is None


def test_only_what_differs_takes_its_privilege():
    few = may(without=("VM.Config.Memory", "VM.Config.CPU"))
    assert missed(few, {"memory": 4096}, instances=[HERE], disk=None) == ["VM.Config.Memory"]


def test_a_network_that_changes_takes_the_old_bridge_too():
    held = Permissions(user=TOKEN, paths={**may(SCOPED[:3]).paths, "/sdn/zones/localnetwork/vmbr1": {"SDN.Use": True}})
    failure = judged(held, {"net": {"net0": "virtio,bridge=vmbr1"}}, [HERE])
    assert failure.reason == f"{TOKEN} lacks SDN.Use on /sdn/zones/localnetwork/vmbr0"


@pytest.mark.parametrize("name", ["VM.Allocate", "VM.PowerMgmt"])
def test_a_removal_that_takes_what_is_missing_is_refused_before_it_is_begun(name):
    place = target("proxmox", permissions=may(SCOPED, without=(name,)))
    refused = FORMS["proxmox_vm"].removal_refused(place, (HERE,))
    assert refused == (f"{TOKEN} lacks {name} on /vms/100; {give(name, path='/vms')}")
    assert FORMS["proxmox_vm"].removal_refused(target("proxmox", permissions=may(SCOPED)), (HERE,)) is None
    assert FORMS["proxmox_vm"].removal_refused(target("proxmox"), (HERE,)) is None


def test_a_vm_that_is_stopped_takes_no_power_to_remove():
    place = target("proxmox", permissions=may(SCOPED, without=("VM.PowerMgmt",)))
    assert FORMS["proxmox_vm"].removal_refused(place, (dataclasses.replace(HERE, state="stopped"),)) is None


def test_a_vm_is_taken_over_only_where_it_may_be_marked():
    few, full = (target("proxmox", permissions=may(SCOPED, without=names)) for names in (("VM.Config.Options",), ()))
    theirs = dataclasses.replace(HERE, service=None, config={"config": {**CONFIG, "description": "", "tags": ""}})
    with pytest.raises(AdoptionError, match=r"To mark VM 100, .* lacks VM\.Config\.Options on /vms/100; run 'pveum"):
        FORMS["proxmox_vm"].adopt(service(), few, theirs)
    assert len(FORMS["proxmox_vm"].adopt(service(), full, theirs).calls) == 1


def test_the_remedy_adds_to_an_acl_that_is_there_and_does_not_replace_it():
    assert "acl modify / " in judged(may(("/",), without=("VM.Clone",))).remedy.text
    assert "acl modify /vms " in judged(may(SCOPED, without=("VM.Clone",))).remedy.text


def test_a_user_with_a_password_has_no_token_in_the_remedy():
    remedy = judged(may(without=("VM.Clone",), user="deploy@pve")).remedy.text
    assert "--users deploy@pve --roles" in remedy
    assert "--tokens" not in remedy
