# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The stand-in for Proxmox VE answers as a real server did.

Each row of ``BEHAVIOURS`` is one exchange that a real Proxmox VE 8.4 or 9.2 had, by its transcript's name and number:
the request, the answer, and how the task ended that it began. They are those that this collection and its tests rely
on. The stand-in is brought into the state that the real server was in, with the same ids, and is asked the same.
Where the transcripts themselves are at hand, each row is held against its own.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

REPOSITORY = Path(__file__).resolve().parents[2]
TRANSCRIPTS = Path(os.environ.get("RIGHTSCOPE_PVE_TRANSCRIPTS") or REPOSITORY.parent / "shared" / "pve" / "transcripts")
NEWER = "9.2"
"""Transcripts of a Proxmox VE 9.2 are beside those, in a directory with this in its name, and so in a row's source."""
API = "/api2/json"
NODE = "/nodes/pve1"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

# --- who asks -------------------------------------------------------------------------------------

ADMIN, VIEWER, NOBODY, STRANGER, UNNAMED = "admin", "viewer", "nobody", "stranger", "unnamed"
LIMITED = "limited"
TOKENS = {
    VIEWER: "contract-viewer@pve!test",
    NOBODY: "contract-nobody@pve!test",
    LIMITED: "contract-limited@pve!ansible",
}
SECRET = "00000000-0000-0000-0000-00000000c0de"

# --- what an answer is like -----------------------------------------------------------------------

MAC = r"BC:24:11(?::[0-9A-F]{2}){3}"
OLD_MAC = "BC:24:11:0A:C3:BE"
EMPTY = "an empty body"
FAILS = "anything but OK"
"""How a task ends that is known to fail, and of which no transcript has the end."""
GONE = "a key that is not there"


class Each(dict):
    """A list, not empty, each entry of which has these keys and more."""


def no_vm(vmid: int) -> str:
    return f"Configuration file 'nodes/pve1/qemu-server/{vmid}.conf' does not exist"


def unlike(found: Any, wanted: Any, where: str = "data") -> list[str]:
    """Where an answer is not as wanted: what it has beside that does not matter."""
    if isinstance(wanted, Each):
        if not isinstance(found, list) or not found:
            return [f"{where} is no list of some: {found!r}"]
        return [one for place, item in enumerate(found) for one in unlike(item, dict(wanted), f"{where}[{place}]")]
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return [f"{where} is no object: {found!r}"]
        missing = [f"{where}.{key} is missing" for key in wanted if wanted[key] is not GONE and key not in found]
        there = [(key, wanted[key]) for key in wanted if key in found]
        return missing + [one for key, value in there for one in unlike(found[key], value, f"{where}.{key}")]
    if isinstance(wanted, list):
        if not isinstance(found, list) or bool(found) != bool(wanted):
            return [f"{where} is not {wanted!r}: {found!r}"]
        return [f"{where} has no {one!r}" for one in wanted if all(unlike(item, one) for item in found)]
    if isinstance(wanted, re.Pattern):
        good = isinstance(found, str) and wanted.fullmatch(found)
    elif isinstance(wanted, type):
        good = isinstance(found, wanted)
    else:
        good = type(found) is type(wanted) and found == wanted
    return [] if good else [f"{where} is not {wanted!r}: {found!r}"]


# --- the state that a server is in ----------------------------------------------------------------


def does(call: str, **arguments) -> tuple[str, dict]:
    """A command to the stand-in."""
    return call, arguments


def _config(vmid: int, disk: str, size: str, **more) -> dict[str, Any]:
    return {
        "ostype": "l26",
        "memory": "256",
        "cores": 1,
        "agent": "1",
        "scsihw": "virtio-scsi-pci",
        "scsi0": f"{disk},size={size}",
        "ide2": f"local:{vmid}/vm-{vmid}-cloudinit.qcow2,media=cdrom,size=4M",
        "net0": f"virtio={OLD_MAC},bridge=vmbr0",
        "serial0": "socket",
        "boot": "order=scsi0",
        **more,
    }


TEMPLATE_DISK = "local:900/base-900-disk-0.qcow2"
LINKED_DISK = f"{TEMPLATE_DISK}/970/vm-970-disk-0.qcow2"

REAL = (
    *(does("remove_vm", vmid=vmid) for vmid in (900, 901)),
    does("set_node", node="pve1", cpus=2),
    does("set_storage", name="local", content="images,import,backup,rootdir,snippets,vztmpl,iso"),
    does("set_storage", name="second", content="images,rootdir", path="/srv/second"),
    does("add_template", vmid=900, name="tpl", config=_config(900, TEMPLATE_DISK, "64M", description="golden")),
    does("add_vm", vmid=901, name="web1", config=_config(901, "local:901/vm-901-disk-0.qcow2", "80M", cores=2)),
)
"""What each of the recordings began with: the template 900 'tpl' and its full clone 901 'web1'."""

RUNNING = (does("set_vm", vmid=901, status="running"),)
LINKED = (does("add_vm", vmid=970, name="linked", config=_config(970, LINKED_DISK, "64M")),)
LINKED_RUNNING = (
    does("add_vm", vmid=970, name="evil", config=_config(970, LINKED_DISK, "64M", cores=2, tags="a;b;c;d", onboot=1)),
    does("set_vm", vmid=970, status="running"),
)
LOCKED = (*LINKED, does("snapshot_lock", vmid=970, lock="backup"))
LATE = (does("set", name="resources_lag", value=3600),)
NEW = (*LATE, does("add_vm", vmid=100, name="race1", config={"memory": "64"}))
TALKING = (*RUNNING, does("set_vm", vmid=901, agent={}))
PARTS = ("CDROM", "CPU", "Cloudinit", "Disk", "HWType", "Memory", "Network", "Options")
NO_NETWORK = (
    *("Datastore.AllocateSpace", "Sys.Audit", "VM.Allocate", "VM.Audit", "VM.Clone", "VM.GuestAgent.Audit"),
    *("VM.PowerMgmt", *(f"VM.Config.{part}" for part in PARTS)),
)
"""What the token of the recordings had that could not clone, on the path ``/``."""
MINI = (
    does("add_template", vmid=902, name="mini", config=_config(902, "local:902/base-902-disk-1.qcow2", "64M")),
    does("acl", user=TOKENS[LIMITED].partition("!")[0], rights={"/": NO_NETWORK}),
)
SILENT = (
    does("add_vm", vmid=101, name="hp-change", config=_config(101, "local:101/vm-101-disk-0.qcow2", "128M")),
    does("set_vm", vmid=101, status="running", agent=None),
)
CONTAINER = (
    does(
        "add_ct",
        vmid=200,
        name="ct1",
        config={
            "arch": "amd64",
            "hostname": "ct1",
            "memory": 256,
            "swap": 512,
            "ostype": "debian",
            "unprivileged": 1,
            "rootfs": "local:200/vm-200-disk-0.raw,size=1G",
            "net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:FE:09:47,ip=dhcp,type=veth",
        },
    ),
)
CONTAINER_RUNS = (
    does("add_ct", vmid=200, name="ct1", status="running", config={"net0": "name=eth0,bridge=vmbr0,ip=10.77.0.6/24"}),
)


# --- the rows -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """What an answer is to be, and how the task is to end that it begins; None where nobody has seen that."""

    status: int
    reason: str
    body: Any
    exitstatus: str | None = None


def good(data: Any = None) -> Told:
    return Told(200, "OK", {"data": data})


def task(kind: str, guest: int, exitstatus: str | None) -> Told:
    begun = rf"UPID:pve1:[0-9A-F]{{8}}:[0-9A-F]{{8}}:[0-9A-F]{{8}}:{kind}:{guest}:[^:]+:"
    return Told(200, "OK", {"data": re.compile(begun)}, exitstatus)


def failure(reason: str, status: int = 500, body: Any = None, **more: Any) -> Told:
    # An unknown path is the one error whose message has no line end.
    message = re.compile(re.escape(reason) + r"\n?")
    return Told(status, reason, body or {"data": None, "message": message, **more})


def invalid(**errors: str) -> Told:
    return failure("Parameter verification failed.", 400, errors=errors)


@dataclass(frozen=True)
class Behaviour:
    """One exchange. ``after`` names those that come before it, from the state of the first of them."""

    name: str
    source: str
    request: str
    told: Told
    form: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None
    state: tuple = ()
    after: tuple[str, ...] = ()
    user: str = ADMIN
    unencoded: bool = False


KEY = "ssh-ed25519%20AAAAC3NzaC1lZDI1NTE5AAAAINnzdmtD6jgYRZvLYYEC2%2FrqWKYVoR78H10YTMUNfKGd%20a%40b"
UPDATE = {
    "name": "web1",
    "memory": "320",
    "cores": "2",
    "cipassword": "********",
    "ciuser": "admin",
    "description": "web server",
    "sshkeys": KEY,
    "tags": "web,lab",
    "ipconfig0": "ip=10.77.0.50/24,gw=10.77.0.1",
    "net0": "virtio,bridge=vmbr0,firewall=1",
    "nameserver": "10.77.0.1",
    "searchdomain": "lab.local",
}
LOCK = "VM is locked (backup)"
NO_HOST = "hostname lookup 'nosuch' failed - failed to get address info for: nosuch: Name or service not known"
CHANGES = ("Disk", "CDROM", "CPU", "Memory", "Network", "HWType", "Options", "Cloudinit")
NO_CHANGES = f"Permission check failed (/vms/901, {'|'.join(f'VM.Config.{part}' for part in CHANGES)})"
UNKNOWN = "property is not defined in schema and the schema does not allow additional properties"
AS_LISTED = {"vmid": int, "name": str, "status": str, "maxmem": int}
AS_TASK = {"status": "stopped", "exitstatus": "OK", "type": "qmclone", "id": "900", "node": "pve1"}

B = Behaviour
BEHAVIOURS = (
    # 200 and a task, which fails.
    B("start of no VM", "error_missing_vm:174", "POST qemu/999/status/start", task("qmstart", 999, FAILS)),
    B("stop of no VM", "error_missing_vm:175", "POST qemu/999/status/stop", task("qmstop", 999, FAILS)),
    B(
        "resize of no VM",
        "error_missing_vm:178",
        "PUT qemu/999/resize",
        task("resize", 999, FAILS),
        {"disk": "scsi0", "size": "+1G"},
    ),
    B(
        "start of a running VM",
        "concurrency:330",
        "POST qemu/970/status/start",
        task("qmstart", 970, FAILS),
        state=LINKED_RUNNING,
    ),
    B(
        "start of a template",
        "error_template:234",
        "POST qemu/900/status/start",
        task("qmstart", 900, "you can't start a vm if it's a template"),
    ),
    B("start of a locked VM", "locked:255", "POST qemu/970/status/start", task("qmstart", 970, LOCK), state=LOCKED),
    B(
        "resize of a locked VM",
        "locked:260",
        "PUT qemu/970/resize",
        task("resize", 970, LOCK),
        {"disk": "scsi0", "size": "+1M"},
        state=LOCKED,
    ),
    B("delete of a locked VM", "locked:261", "DELETE qemu/970", task("qmdestroy", 970, LOCK), state=LOCKED),
    B(
        "delete of a template that has linked clones",
        "template_linked_clone:249",
        "DELETE qemu/900",
        task("qmdestroy", 900, f"base volume '{TEMPLATE_DISK}' is still in use by linked cloned"),
        state=LINKED,
    ),
    B(
        "resize to less",
        "ansible_disk_resize_shrink:151",
        "PUT qemu/901/resize",
        task("resize", 901, "shrinking disks is not supported"),
        {"disk": "scsi0", "size": "32M"},
    ),
    B(
        "create with more cores than there are",
        "task_error:318",
        "POST qemu",
        task("qmcreate", 980, "OK"),
        {"vmid": "980", "name": "big", "cores": "64", "memory": "16"},
    ),
    B(
        "start with more cores than there are",
        "task_error:319",
        "POST qemu/980/status/start",
        task("qmstart", 980, "MAX 2 vcpus allowed per VM on this node"),
        after=("create with more cores than there are",),
    ),
    B(
        "the tasks of a VM that failed",
        "task_error:325",
        "GET tasks",
        good(Each(status="MAX 2 vcpus allowed per VM on this node", starttime=int, endtime=int, type="qmstart")),
        query={"errors": "1", "vmid": "980"},
        after=("create with more cores than there are", "start with more cores than there are"),
    ),
    B(
        "create on a bridge that is not there",
        "error_unknown_bridge:168",
        "POST qemu",
        task("qmcreate", 955, None),
        {"vmid": "955", "name": "nobr", "net0": "virtio,bridge=vmbr77"},
    ),
    B(
        "start on a bridge that is not there",
        "error_unknown_bridge:169",
        "POST qemu/955/status/start",
        task("qmstart", 955, FAILS),
        after=("create on a bridge that is not there",),
    ),
    # 200 and a task, which does what it is to do.
    B("stop of a stopped VM", "encoding:290", "POST qemu/970/status/stop", task("qmstop", 970, "OK"), state=LINKED),
    B(
        "stop of a stopped VM that is locked",
        "locked:256",
        "POST qemu/970/status/stop",
        task("qmstop", 970, "OK"),
        state=LOCKED,
    ),
    B(
        "shutdown of a stopped VM that is locked",
        "locked:257",
        "POST qemu/970/status/shutdown",
        task("qmshutdown", 970, "OK"),
        state=LOCKED,
    ),
    B(
        "a full clone",
        "proxmoxer_flow:380",
        "POST qemu/900/clone",
        task("qmclone", 900, "OK"),
        {"newid": "901", "name": "web1", "full": "1"},
        state=(does("remove_vm", vmid=901),),
    ),
    B("start", "proxmoxer_flow:384", "POST qemu/901/status/start", task("qmstart", 901, "OK")),
    B(
        "a linked clone",
        "template_linked_clone:247",
        "POST qemu/900/clone",
        task("qmclone", 900, "OK"),
        {"newid": "970", "name": "linked"},
    ),
    B(
        "the configuration of a linked clone",
        "template_linked_clone:248",
        "GET qemu/970/config",
        good(
            {
                "name": "linked",
                "scsi0": f"{LINKED_DISK},size=64M",
                "net0": re.compile(f"virtio={MAC},bridge=vmbr0"),
                "ide2": "local:970/vm-970-cloudinit.qcow2,media=cdrom,size=4M",
                "memory": "256",
                "template": GONE,
            }
        ),
        after=("a linked clone",),
    ),
    B(
        "delete, with parameters in the query",
        "proxmoxer_errors:378",
        "DELETE qemu/901",
        task("qmdestroy", 901, None),
        query={"purge": "1", "destroy-unreferenced-disks": "1"},
    ),
    # What is refused at once.
    B(
        "delete of a running VM",
        "error_delete_running:219",
        "DELETE qemu/901",
        failure("VM 901 is running - destroy failed"),
        state=RUNNING,
    ),
    B(
        "delete of a protected VM",
        "protection:268",
        "DELETE qemu/970",
        failure("can't remove VM 970 - protection mode enabled"),
        state=(*LINKED, does("set_vm", vmid=970, config={"protection": 1})),
    ),
    B("change of a locked VM", "locked:258", "PUT qemu/970/config", failure(LOCK), {"cores": "2"}, state=LOCKED),
    B(
        "change of a locked VM by a task",
        "locked:259",
        "POST qemu/970/config",
        failure(LOCK),
        {"cores": "2"},
        state=LOCKED,
    ),
    B("clone of a locked VM", "locked:262", "POST qemu/970/clone", failure(LOCK), {"newid": "972"}, state=LOCKED),
    B(
        "a linked clone of what is no template",
        "template_linked_clone:251",
        "POST qemu/970/clone",
        failure(f"Linked clone feature is not supported for '{LINKED_DISK}' (scsi0)"),
        {"newid": "971", "full": "0"},
        state=LINKED,
    ),
    B(
        "a clone of a snapshot that is not there",
        "error_template:238",
        "POST qemu/900/clone",
        failure("snapshot 'nope' does not exist"),
        {"newid": "971", "snapname": "nope"},
    ),
    B(
        "a linked clone on another storage",
        "error_template:239",
        "POST qemu/900/clone",
        failure("parameter 'storage' not allowed for linked clones"),
        {"newid": "971", "full": "0", "storage": "second"},
    ),
    B(
        "a clone with a name that is none",
        "error_template:240",
        "POST qemu/900/clone",
        invalid(name="invalid format - value does not look like a valid DNS name\n"),
        {"newid": "971", "name": "bad_name"},
    ),
    # /cluster/resources lags behind, the node does not.
    B(
        "a new VM in the cluster's list",
        "ansible_race_create_byname:645",
        "GET /cluster/resources",
        good(
            [
                {"id": "qemu/100", "vmid": 100, "node": "pve1", "type": "qemu", "status": "unknown"}
                | dict.fromkeys(("name", "template", "maxmem"), GONE),
                {"vmid": 900, "name": "tpl", "template": 1, "status": "stopped"},
            ]
        ),
        query={"type": "vm"},
        state=NEW,
    ),
    B(
        "the VMs of a node",
        "ansible_vm_info_one:430",
        "GET qemu",
        good(
            [
                {**AS_LISTED, "vmid": 900, "name": "tpl", "template": 1, "status": "stopped", "maxmem": 268435456},
                {**AS_LISTED, "vmid": 901, "name": "web1", "template": GONE, "status": "running"},
            ]
        ),
        state=(*LATE, *RUNNING),
    ),
    # Ids that are somebody's.
    B(
        "create with an id that is taken",
        "error_vmid_taken:145",
        "POST qemu",
        failure("unable to create VM 901 - VM 901 already exists on node 'pve1'"),
        {"vmid": "901", "name": "x"},
    ),
    B(
        "clone to an id that is taken",
        "error_vmid_taken:146",
        "POST qemu/900/clone",
        failure("unable to create VM 901: config file already exists"),
        {"newid": "901"},
    ),
    B(
        "whether an id is free that is not",
        "error_vmid_taken:147",
        "GET /cluster/nextid",
        invalid(vmid="VM 901 already exists"),
        query={"vmid": "901"},
    ),
    B("whether an id is free", "error_vmid_taken:148", "GET /cluster/nextid", good("950"), query={"vmid": "950"}),
    B("the next id", "error_vmid_taken:149", "GET /cluster/nextid", good("100")),
    # Forms and bodies.
    B(
        "a boolean that is a word",
        "encoding:280",
        "PUT qemu/970/config",
        invalid(onboot="type check ('boolean') failed - got 'true'"),
        {"onboot": "true"},
        state=LINKED,
    ),
    B(
        "a boolean as Python writes it",
        "encoding:282",
        "PUT qemu/970/config",
        invalid(onboot="type check ('boolean') failed - got 'True'"),
        {"onboot": "True"},
        state=LINKED,
    ),
    B(
        "delete, with parameters in a body",
        "encoding:288",
        "DELETE qemu/970",
        failure("Unexpected content for method 'DELETE'", 501, "Unexpected content for method 'DELETE'"),
        {"purge": "1"},
        state=LINKED,
    ),
    B(
        "a second = that is not encoded",
        "encoding:270",
        "PUT qemu/970/config",
        invalid(net1="invalid format - duplicate key in comma-separated list property: model\n"),
        {"net1": "virtio,bridge=vmbr0"},
        unencoded=True,
        state=LINKED,
    ),
    B(
        "a second = that is encoded",
        "encoding:271",
        "PUT qemu/970/config",
        good(),
        {"net1": "virtio,bridge=vmbr0"},
        state=LINKED,
    ),
    B(
        "a ; that is not encoded",
        "encoding:272",
        "PUT qemu/970/config",
        good(),
        {"description": "a;name=evil"},
        unencoded=True,
        state=LINKED,
    ),
    B("a + that is encoded", "encoding:273", "PUT qemu/970/config", good(), {"description": "a b+c"}, state=LINKED),
    B(
        "what became of them",
        "encoding:274",
        "GET qemu/970/config",
        good({"name": "evil", "description": "a b+c", "net1": re.compile(f"virtio={MAC},bridge=vmbr0")}),
        after=("a second = that is encoded", "a ; that is not encoded", "a + that is encoded"),
    ),
    B(
        "a ; in tags that is not encoded",
        "encoding:284",
        "PUT qemu/970/config",
        invalid(c=UNKNOWN),
        {"tags": "b,a;c"},
        unencoded=True,
        state=LINKED,
    ),
    # Settings come back as the server writes them.
    B("tags in any order and case", "encoding:285", "PUT qemu/970/config", good(), {"tags": "B,a;c d"}, state=LINKED),
    B(
        "settings that are taken out",
        "encoding:286",
        "PUT qemu/970/config",
        good(),
        {"delete": "net1,description"},
        state=(
            *LINKED,
            does("set_vm", vmid=970, config={"net1": "virtio=BC:24:11:00:00:01,bridge=vmbr0", "description": "x"}),
        ),
    ),
    B(
        "tags as they come back",
        "encoding:287",
        "GET qemu/970/config",
        good({"tags": "a;b;c;d", "net1": GONE, "description": GONE}),
        after=("settings that are taken out", "tags in any order and case"),
    ),
    B("an update, as proxmox_kvm sends it", "ansible_kvm_update:116", "PUT qemu/901/config", good(), UPDATE),
    B(
        "the configuration after it",
        "ansible_kvm_update:117",
        "GET qemu/901/config",
        good(
            {
                "name": "web1",
                "memory": "320",
                "cores": 2,
                "agent": "1",
                "sshkeys": KEY,
                "tags": "lab;web",
                "cipassword": "********",
                "description": "web server",
                "nameserver": "10.77.0.1",
                "net0": re.compile(f"virtio={MAC},bridge=vmbr0,firewall=1"),
                "ipconfig0": "ip=10.77.0.50/24,gw=10.77.0.1",
                "digest": re.compile("[0-9a-f]{40}"),
                "template": GONE,
            }
        ),
        after=("an update, as proxmox_kvm sends it",),
    ),
    B(
        "a key that is none",
        "ansible_kvm_update:90",
        "PUT qemu/901/config",
        failure("SSH public key validation error"),
        {**UPDATE, "sshkeys": KEY.replace("INnzdmtD6jgYRZvLYYEC2%2FrqWKYVoR78H10YTMUNfKGd", "IJ" + "0" * 43)},
    ),
    B(
        "a new disk, by a task",
        "ansible_disk_add:157",
        "POST qemu/901/config",
        task("qmconfig", 901, "OK"),
        {"scsi1": "local:1,format=qcow2"},
    ),
    B(
        "unlink",
        "ansible_disk_detach:178",
        "PUT qemu/901/unlink",
        good(),
        {"idlist": "scsi1", "force": "0"},
        state=(does("set_vm", vmid=901, config={"scsi1": "local:901/vm-901-disk-1.qcow2,size=1G"}),),
    ),
    # What is refused of a change.
    B(
        "a digest that is old",
        "error_bad_parameter:157",
        "PUT qemu/901/config",
        failure("checksum mismatch (file change by other user?)"),
        {"digest": "0" * 40, "name": "y"},
    ),
    B("a change of nothing", "error_bad_parameter:160", "PUT qemu/901/config", failure("no options specified")),
    B(
        "a setting that is taken out and none",
        "error_bad_parameter:158",
        "PUT qemu/901/config",
        invalid(delete="unknown option 'nosuchkey'"),
        {"delete": "nosuchkey"},
    ),
    B(
        "what root alone may set",
        "error_bad_parameter:161",
        "PUT qemu/901/config",
        failure("only root can set 'args' config"),
        {"args": "-nographic"},
    ),
    B(
        "a lock that is taken away",
        "locked:264",
        "PUT qemu/970/config",
        failure("only root can set 'lock' config"),
        {"delete": "lock"},
        state=LOCKED,
    ),
    B(
        "a lock that is passed by",
        "locked:265",
        "PUT qemu/970/config",
        invalid(skiplock="Only root may use this option."),
        {"delete": "lock", "skiplock": "1"},
        state=LOCKED,
    ),
    # What waits for a restart.
    B(
        "a change of a running VM",
        "pending:298",
        "PUT qemu/970/config",
        good(),
        {"cores": "1", "memory": "300", "description": "live", "delete": "tags"},
        state=LINKED_RUNNING,
    ),
    B(
        "its configuration as it will be",
        "pending:299",
        "GET qemu/970/config",
        good({"cores": 1, "memory": "300", "description": "live", "tags": GONE}),
        after=("a change of a running VM",),
    ),
    B(
        "its configuration as it is",
        "pending:300",
        "GET qemu/970/config",
        good({"cores": 2, "memory": "256", "description": "live", "tags": GONE}),
        query={"current": "1"},
        after=("a change of a running VM",),
    ),
    B(
        "what waits",
        "pending:301",
        "GET qemu/970/pending",
        good(
            [
                {"key": "cores", "value": 2, "pending": 1},
                {"key": "memory", "value": "256", "pending": "300"},
                {"key": "description", "value": "live", "pending": GONE, "delete": GONE},
                {"key": "agent", "value": "1", "pending": GONE},
            ]
        ),
        after=("a change of a running VM",),
    ),
    B(
        "a network for a running VM",
        "pending:302",
        "PUT qemu/970/config",
        good(),
        {"net1": "e1000,bridge=vmbr0"},
        state=LINKED_RUNNING,
    ),
    B(
        "a disk for a running VM",
        "pending:303",
        "PUT qemu/970/config",
        good(),
        {"scsi1": "local:1"},
        state=LINKED_RUNNING,
    ),
    B(
        "what does not wait",
        "pending:304",
        "GET qemu/970/pending",
        good(
            [
                {"key": "net1", "value": re.compile(f"e1000={MAC},bridge=vmbr0"), "pending": GONE},
                {"key": "scsi1", "value": "local:970/vm-970-disk-1.raw,size=1G", "pending": GONE},
            ]
        ),
        after=("a network for a running VM", "a disk for a running VM"),
    ),
    B(
        "a disk that is taken out",
        "pending:308",
        "PUT qemu/970/config",
        good(),
        {"delete": "scsi1"},
        after=("a disk for a running VM",),
    ),
    B(
        "the configuration without it",
        "pending:309",
        "GET qemu/970/config",
        good({"unused0": "local:970/vm-970-disk-1.raw", "scsi1": GONE}),
        after=("a disk for a running VM", "a disk that is taken out"),
    ),
    # States, and what a guest tells.
    B(
        "the state of a locked VM",
        "locked:252",
        "GET qemu/970/status/current",
        good(
            {
                "status": "stopped",
                "qmpstatus": "stopped",
                "lock": "backup",
                "agent": 1,
                "uptime": 0,
                "maxmem": 268435456,
                "cpus": 1,
                "ha": {"managed": 0},
            }
        ),
        state=LOCKED,
    ),
    B("pause", "error_state:221", "POST qemu/901/status/suspend", task("qmpause", 901, None), state=RUNNING),
    B(
        "the state of a paused VM",
        "error_state:223",
        "GET qemu/901/status/current",
        good({"status": "running", "qmpstatus": "paused"}),
        after=("pause",),
    ),
    B(
        "the agent of a stopped VM",
        "error_stop_stopped:233",
        "GET qemu/901/agent/network-get-interfaces",
        failure("VM 901 is not running"),
    ),
    B(
        "what an agent tells",
        "ansible_vm_info_one:432",
        "GET qemu/901/agent/network-get-interfaces",
        good(
            {
                "result": [
                    {
                        "name": "lo",
                        "ip-addresses": [{"ip-address": "127.0.0.1", "ip-address-type": "ipv4", "prefix": 8}],
                    },
                    {
                        "name": "eth0",
                        "hardware-address": re.compile(MAC.lower()),
                        "ip-addresses": [{"ip-address": str, "ip-address-type": "ipv4", "prefix": 24}],
                    },
                ]
            }
        ),
        state=TALKING,
    ),
    B("a task that has ended", "proxmoxer_flow:383", "GET tasks/UPID/status", good(AS_TASK), after=("a full clone",)),
    # What is not there.
    B("the configuration of no VM", "error_missing_vm:172", "GET qemu/999/config", failure(no_vm(999))),
    B("delete of no VM", "error_missing_vm:177", "DELETE qemu/999", failure(no_vm(999))),
    B(
        "clone of no VM",
        "error_missing_vm:179",
        "POST qemu/999/clone",
        failure("unable to find configuration file for VM 999 on node 'pve1'"),
        {"newid": "990"},
    ),
    B("the VMs of no node", "error_missing_vm:181", "GET /nodes/nosuch/qemu", failure(NO_HOST)),
    B("no path", "error_missing_vm:184", "GET /nosuch", failure("Method 'GET /nosuch' not implemented", 501)),
    B(
        "no task",
        "error_missing_vm:186",
        "GET tasks/UPID:pve1:00000FF2:00049D02:6B045C11:qmclone:777:root@pam!lab:/status",
        invalid(upid="no such task"),
    ),
    B(
        "clone to no storage",
        "error_unknown_storage:163",
        "POST qemu/900/clone",
        failure("storage 'nosuch' does not exist"),
        {"newid": "951", "full": "1", "storage": "nosuch"},
    ),
    # Who may not.
    B(
        "a token that is wrong",
        "error_wrong_token:205",
        "GET /version",
        failure("Authentication failed!", 401, EMPTY),
        user=STRANGER,
    ),
    B("nobody's request", "error_wrong_token:210", "GET /version", failure("No ticket", 401, EMPTY), user=UNNAMED),
    B(
        "a password that is wrong",
        "error_wrong_token:212",
        "POST /access/ticket",
        failure("authentication failure", 401),
        {"username": "root@pam", "password": "********"},
        user=UNNAMED,
    ),
    B(
        "start without the right to",
        "error_no_permission:191",
        "POST qemu/901/status/start",
        failure("Permission check failed (/vms/901, VM.PowerMgmt)", 403),
        user=VIEWER,
    ),
    B(
        "a change without the right to",
        "error_no_permission:192",
        "PUT qemu/901/config",
        failure(NO_CHANGES, 403),
        {"cores": "1"},
        user=VIEWER,
    ),
    B(
        "a VM that may not be seen",
        "error_no_permission:197",
        "GET qemu/901/config",
        failure("Permission check failed (/vms/901, VM.Audit)", 403),
        user=NOBODY,
    ),
    B("the VMs that may be seen: none", "error_no_permission:198", "GET qemu", good([]), user=NOBODY),
    B("the storages that may be seen: none", "error_no_permission:202", "GET storage", good([]), user=NOBODY),
    B(
        "the nodes are told to all",
        "error_no_permission:200",
        "GET /nodes",
        good(Each(node=str, status="online", maxmem=GONE, maxcpu=GONE)),
        user=NOBODY,
    ),
    B(
        "a node without the right to",
        "error_no_permission:201",
        "GET status",
        failure("Permission check failed (/nodes/pve1, Sys.Audit)", 403),
        user=NOBODY,
    ),
    # What discovery reads of a cluster.
    B("the nodes", "proxmoxer_token:348", "GET /nodes", good(Each(node=str, status="online", type="node"))),
    B(
        "a node",
        "proxmoxer_token:350",
        "GET status",
        good(
            {
                "memory": {"total": int, "used": int},
                "current-kernel": {"machine": "x86_64", "release": str},
                "cpuinfo": {"cpus": 2, "flags": str},
                "kversion": re.compile(r"Linux \S+ .*"),
            }
        ),
    ),
    B(
        "its storages",
        "proxmoxer_token:351",
        "GET storage",
        good(Each(storage=str, type=str, avail=int, active=1, enabled=1, content=str)),
    ),
    B(
        "its networks",
        "proxmoxer_token:352",
        "GET network",
        good([{"iface": "vmbr0", "type": "bridge"}, {"type": "eth"}]),
    ),
    B(
        "the cluster's members",
        "proxmoxer_token:354",
        "GET /cluster/status",
        good([{"type": "node", "name": "pve1", "online": 1}]),
    ),
    B(
        "rights: all",
        "proxmoxer_token:355",
        "GET /access/permissions",
        good({"/": {"VM.Clone": 1, "VM.Monitor": 1, "Sys.Audit": 1}}),
    ),
    B(
        "rights: by path, of a token that may not use a network",
        "9.2/documented_privileges:1502",
        "GET /access/permissions",
        good({path: {**dict.fromkeys(NO_NETWORK, 1), "SDN.Use": GONE} for path in ("/", "/vms", "/storage", "/sdn")}),
        state=MINI,
        user=LIMITED,
    ),
    B(
        "networks that the token may not use are left out",
        "9.2/documented_privileges:1509",
        "GET network",
        good([]),
        query={"type": "any_bridge"},
        state=MINI,
        user=LIMITED,
    ),
    B(
        "a clone onto a network that the token may not use",
        "9.2/documented_privileges:1517",
        "POST qemu/902/clone",
        failure("Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)", 403),
        {"newid": "102", "name": "hp-limited", "description": "rightscope.service: hp-limited"},
        state=MINI,
        user=LIMITED,
    ),
    B(
        "USB devices, which take more than to look",
        "9.2/documented_privileges:1507",
        "GET hardware/usb",
        failure("Permission check failed (/, Sys.Modify)", 403),
        state=MINI,
        user=LIMITED,
    ),
    B(
        "PCI devices, which take no more than to look",
        "9.2/documented_privileges:1508",
        "GET hardware/pci",
        good(Each(id=str, vendor=str, device=str)),
        state=MINI,
        user=LIMITED,
    ),
    B(
        "an agent that does not answer",
        "9.2/awkward_states:2901",
        "GET qemu/101/agent/network-get-interfaces",
        failure("QEMU guest agent is not running"),
        state=SILENT,
    ),
    B(
        "a reboot",
        "9.2/change_of_a_running_vm:865",
        "POST qemu/101/status/reboot",
        task("qmreboot", 101, "OK"),
        state=SILENT,
    ),
    B(
        "the end of its task, which is not its start",
        "9.2/change_of_a_running_vm:867",
        "GET tasks/UPID/status",
        good({"type": "qmreboot", "status": "stopped", "exitstatus": "OK"}),
        after=("a reboot",),
    ),
    # Containers, which are found and never made.
    B(
        "a change of a container",
        "lxc_raw:407",
        "PUT lxc/200/config",
        good(),
        {"memory": "300", "cores": "1", "description": "hi", "tags": "b,a"},
        state=CONTAINER,
    ),
    B(
        "its configuration then",
        "lxc_raw:408",
        "GET lxc/200/config",
        good({"memory": 300, "cores": 1, "description": "hi\n", "tags": "a;b"}),
        after=("a change of a container",),
    ),
    B(
        "the addresses of a container",
        "lxc_raw:400",
        "GET lxc/200/interfaces",
        good(Each(name=str, inet=str, hwaddr=str)),
        state=CONTAINER_RUNS,
    ),
)
ROWS = {row.name: row for row in BEHAVIOURS}
each_row = pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in BEHAVIOURS])

DIFFERS = {
    "a linked clone of what is no template": "nothing but templates is ever cloned",
    "a key that is none": "the keys that tests give are none: what matters of them is how they come back",
    "pause": "nothing pauses a VM, and of one that is paused it is its state that counts",
    "its configuration then": "containers are found and never changed, and a mark is read with a line end or none",
}
"""Where the stand-in answers otherwise, each with why that does not matter to what is tested with it."""


# --- the stand-in -----------------------------------------------------------------------------------


class Server:
    """The stand-in, asked as the real server was."""

    def __init__(self, engine) -> None:
        self.engine, options = engine, engine.options
        self._base = f"https://{options['api_host']}:{options['api_port']}{API}"
        own = f"{options['api_user']}!{options['api_token_id']}"
        known = {user: f"{token}={SECRET}" for user, token in TOKENS.items()}
        self._tokens = {ADMIN: f"{own}={options['api_token_secret']}", STRANGER: f"{own}={SECRET}", **known}
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = options["ca_path"]
        self._last_task = "UPID"

    def bring_about(self, state: tuple) -> None:
        for call, arguments in (does("time_scale", value=0), *REAL, *state):
            self.engine.control(call, **arguments)

    def answer(self, row: Behaviour) -> Told:
        """What it answers, and what its task comes to."""
        method, path = row.request.split(" ", 1)
        path = path if path.startswith("/") else f"{NODE}/{path}"
        answer = self._send(method, path.replace("/UPID/", f"/{self._last_task}/"), row)
        body = answer.json() if answer.content else EMPTY
        begun = body.get("data") if isinstance(body, dict) else None
        if isinstance(begun, str) and begun.startswith("UPID:"):
            self._last_task = begun
            return Told(answer.status_code, answer.reason, body, self._end_of(begun))
        return Told(answer.status_code, answer.reason, body)

    def _send(self, method: str, path: str, row: Behaviour | None = None) -> requests.Response:
        user, form, query = (row.user, row.form, row.query) if row else (ADMIN, None, None)
        headers = {"Authorization": f"PVEAPIToken={self._tokens[user]}"} if user in self._tokens else {}
        body: dict[str, Any] = {"data": form}
        if row and row.unencoded:
            body = {"data": "&".join(f"{key}={value}" for key, value in form.items())}
            headers |= FORM
        return self._session.request(method, self._base + path, params=query, headers=headers, timeout=10, **body)

    def _end_of(self, begun: str) -> str:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            status = self._send("GET", f"{NODE}/tasks/{begun}/status").json()["data"]
            if status["status"] == "stopped":
                return status["exitstatus"]
            time.sleep(0.01)
        raise AssertionError(f"{begun} does not end")


@pytest.fixture(scope="module")
def known(pve) -> Iterator[Server]:
    """The stand-in with a token that may look and one that may nothing."""
    before = {name: pve.control("get", name) for name in ("apitokens", "acl")}
    pve.control("set", "apitokens", {**before["apitokens"], **dict.fromkeys(TOKENS.values(), SECRET)})
    yield Server(pve)
    for name, value in before.items():
        pve.control("set", name, value)


@pytest.fixture
def server(known) -> Iterator[Server]:
    """The same, as it was when it began, before and after."""
    lag = known.engine.control("get", "resources_lag")
    known.engine.control("reset")
    for user in (TOKENS[VIEWER], TOKENS[VIEWER].partition("!")[0]):
        known.engine.control("grant", user, "/", "VM.Audit", "Sys.Audit", "Datastore.Audit")
    yield known
    known.engine.control("set", "resources_lag", lag)
    known.engine.control("reset")


# --- the recordings ---------------------------------------------------------------------------------


@cache
def exchanges() -> dict[str, dict[str, Any]]:
    """Every exchange that was recorded, by its transcript and number."""
    found = {}
    newer = TRANSCRIPTS.with_name(f"{TRANSCRIPTS.name}-{NEWER}")
    for path in sorted([*TRANSCRIPTS.glob("*.jsonl"), *newer.glob("*.jsonl")]):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        name = path.stem if path.parent == TRANSCRIPTS else f"{NEWER}/{path.stem}"
        # Those of the newer one have an empty mapping where there is no form and no query.
        found |= {
            f"{name}:{line['seq']}": {**line, "form": line.get("form") or None, "query": line.get("query") or None}
            for line in lines
            if "seq" in line
        }
    return found


@cache
def ends() -> dict[str, str]:
    """How the tasks ended of which any transcript tells."""
    found = {}
    for exchange in exchanges().values():
        data = (exchange["response"] or {}).get("data") if isinstance(exchange["response"], dict) else None
        for one in data if isinstance(data, list) else [data]:
            if isinstance(one, dict) and "upid" in one:
                # One task has it as "exitstatus", a list of them as "status".
                end = one.get("exitstatus") or one.get("status")
                found |= {one["upid"]: end} if end not in (None, "running", "stopped") else {}
    return found


def recorded(row: Behaviour) -> Told:
    exchange = exchanges()[row.source]
    body = EMPTY if exchange["response"] is None else exchange["response"]
    begun = body.get("data") if isinstance(body, dict) else None
    return Told(exchange["status"], exchange["reason"], body, ends().get(begun) if isinstance(begun, str) else None)


# --- the tests --------------------------------------------------------------------------------------


def disagreements(row: Behaviour, answer: Told) -> list[str]:
    """Where an answer is not the row's."""
    told = row.told
    found = unlike(answer.status, told.status, "status") + unlike(answer.reason, told.reason, "reason")
    found += unlike(answer.body, told.body, "body")
    if told.exitstatus not in (None, FAILS):
        found += unlike(answer.exitstatus, told.exitstatus, "exitstatus")
    elif told.exitstatus == FAILS and answer.exitstatus == "OK":
        found.append("the task did not fail")
    return found


@each_row
def test_the_stand_in_answers_as_the_real_server_did(server, row):
    before = [ROWS[name] for name in row.after]
    server.bring_about(tuple(call for one in (*before[:1], row) for call in one.state))
    for one in before:
        server.answer(one)
    found = disagreements(row, server.answer(row))
    if row.name in DIFFERS:
        assert found, f"It does not differ any more from {row.source}: {DIFFERS[row.name]}"
    else:
        assert not found, f"{row.source} has it otherwise"


def test_a_guest_that_reboots_is_started_again_by_root_a_moment_later(server):
    server.bring_about(SILENT)
    server.engine.control("time_scale", 0.2)
    assert server.answer(ROWS["a reboot"]).exitstatus == "OK"
    assert server.engine.control("vm", 101)["status"] == "stopped"
    deadline = time.monotonic() + 10
    while server.engine.control("vm", 101)["status"] != "running":
        assert time.monotonic() < deadline, "it is not started again"
        time.sleep(0.02)
    tasks = server._send("GET", f"{NODE}/tasks?vmid=101").json()["data"]
    assert {one["type"]: one["user"] for one in tasks} == {"qmreboot": "deploy@pve!ansible", "qmstart": "root@pam"}


def test_an_agent_that_does_not_answer_takes_its_time(server):
    server.bring_about(SILENT)
    server.engine.control("time_scale", 0.1)
    began = time.monotonic()
    server.answer(ROWS["an agent that does not answer"])
    assert time.monotonic() - began >= 0.3


@pytest.mark.skipif(not TRANSCRIPTS.is_dir(), reason="the recordings of a real server are not here")
@each_row
def test_the_table_says_what_was_recorded(row):
    exchange = exchanges()[row.source]
    path = re.sub(r"/UPID:[^/]+:(?:qmclone:900|qmreboot:101):[^/]+/", "/UPID/", exchange["path"].removeprefix(API))
    request = f"{exchange['method']} {path.removeprefix(f'{NODE}/')}"
    assert (request, exchange["form"], exchange["query"]) == (row.request, row.form, row.query)
    answer = recorded(row)
    assert not disagreements(row, answer)
    end = None if row.told.exitstatus == FAILS else row.told.exitstatus
    assert answer.exitstatus == end, "the transcripts tell how the task ended"


def test_what_differs_is_in_the_table():
    assert len(ROWS) == len(BEHAVIOURS)
    assert not set(DIFFERS) - set(ROWS)
    assert not {name for row in BEHAVIOURS for name in row.after} - set(ROWS)
